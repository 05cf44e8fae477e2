#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "script/pool.h"

struct verb {
    const char *name;
    const char *usage;
    const char *summary;
    verb_fn *run;
};

static const struct verb verbs[] = {
    {"serve", "[-c FILE] [--log text|json] [--log-level LEVEL]",
     "run the engine until it is told to stop", verb_serve},
    {"check",
     "[-c FILE] [--policy DIR] [--format text|gcc|sarif|json] [--strict]\n"
     "                   [--corpus FILE...] [--list-helpdesks]\n"
     "       usher check --explain CODE|all",
     "say whether configuration and policy are sound", verb_check},
    {"test",
     "[PATH...] [--policy DIR] [-c FILE] [--filter TEXT] [--watch]\n"
     "           [--format pretty|tap|junit|json] [--coverage] [--lcov FILE]\n"
     "           [--mutate] [--seconds N] [--min N]",
     "run a policy's own tests", verb_test},
    {"decide",
     "--policy DIR [-c FILE] [--json] [--trace] FILE... | --replay "
     "CONVERSATION/EPISODE/N | --replay-all [--since 30d] [-c FILE] [--socket "
     "PATH | --store FILE] [--policy DIR] [--json]",
     "what would the rules do with recorded conversations", verb_decide},
    {"explain",
     "[--policy DIR] [-c FILE] [--socket PATH] [--at N] [--why-not RULE] "
     "[--json] FILE [ID] | ID | --decision CONVERSATION/EPISODE/N [--store "
     "FILE]",
     "why, rule by rule and condition by condition", verb_explain},
    {"backtest",
     "--new DIR [--old DIR] [-c FILE] [--label NAME] [--top N] [--html FILE] "
     "[--json] [--workers N] [--max-changed N|N%] [--max-new-escalations N|N%] "
     "[--max-lost-escalations N|N%] FILE... | [--since 30d] [--socket PATH | "
     "--store FILE]",
     "what would change with other rules", verb_backtest},
    {"deliveries", "list|show ID|retry ID [-c FILE] [--state S] [--json]",
     "what waits, what is held, and send it again", verb_deliveries},
    {"report",
     "[--since 7d] [-c FILE] [--minutes N] [--top N] [--html FILE] [--json]\n"
     "             [--socket PATH | --store FILE]",
     "what was handed over, what of it was too much, which rules never fire",
     verb_report},
    {"label", "HANDOFF needed|needless|none [-c FILE | --socket PATH] [--json]",
     "say whether a hand-over needed a human", verb_label},
    {"groups",
     "[list] | set GROUP [available|offline] [--capacity N --open N]\n"
     "             [--for 30m] | forget GROUP  [-c FILE | --socket PATH] "
     "[--json]",
     "which teams can take a conversation now", verb_groups},
    {"tickets",
     "[list] [--state S] | show ID | take ID WHO | assign ID [WHO]\n"
     "              | move ID GROUP | wait|resolve|close|reopen ID\n"
     "              [-c FILE | --socket PATH] [--json]",
     "what became of tickets, and change those that are kept here",
     verb_tickets},
    {"reload", "[-c FILE | --socket PATH] [--force] [--json]",
     "put the changed rules of the running engine in force", verb_reload},
    {"policy", "list|back [HASH] [-c FILE | --socket PATH] [--json]",
     "which rules were in force, and back to them", verb_policy},
    {"record",
     "CONVERSATION [--policy DIR] [-c FILE] [--from FILE | --socket PATH]\n"
     "                    [--names A,B] [--write NAME]",
     "a redacted conversation as a test of the policy", verb_record},
    {"docs",
     "[--policy DIR] [-c FILE] [--format markdown|html]\n"
     "                  [--socket PATH | --corpus FILE...]",
     "print the rules as a book for people", verb_docs},
    {"init", "DIR [--from starter|shop|saas]",
     "make a small working configuration with tests", verb_init},
    {"stubs", "[DIR] [-c FILE]", "definitions of the language for editors",
     verb_stubs},
    {"version", "", "print the version", verb_version},
};
#define VERBS (sizeof verbs / sizeof *verbs)

static void
print_help(FILE *to)
{
    fputs("usher hands a conversation of an AI chat to the right human, "
          "once.\n\n",
          to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  usher %-11s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\nusher help VERB tells a verb's options; usher(1) is the manual.\n",
          to);
}

static const struct verb *
find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int
unknown_verb(const char *name)
{
    const struct verb *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < VERBS; i++) {
        size_t n = 0;

        while (name[n] != '\0' && name[n] == verbs[i].name[n])
            n++;
        if (n > most) {
            most = n;
            best = &verbs[i];
        }
    }
    if (best != NULL)
        fprintf(stderr, "usher: no verb %s; did you mean usher %s?\n", name,
                best->name);
    else
        fprintf(stderr, "usher: no verb %s; see usher help\n", name);
    return EXIT_USAGE;
}

static int
help(const char *name)
{
    const struct verb *v = name != NULL ? find_verb(name) : NULL;

    if (name != NULL && v == NULL)
        return unknown_verb(name);
    if (v == NULL)
        print_help(stdout);
    else
        printf("usage: usher %s %s\n%s\n", v->name, v->usage, v->summary);
    return EXIT_DONE;
}

int
main(int argc, char **argv)
{
    const struct verb *v;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    v = find_verb(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (v == NULL)
        return unknown_verb(argv[1]);
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help(v->name);
    return v->run(argc - 1, argv + 1);
}
