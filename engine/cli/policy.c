#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/policy_diff.h"
#include "cli/verbs.h"

/* reload and policy: the rules of the running engine. */
static struct option_spec options[] = {{"config", 'c', true, NULL},
                                       {"socket", 0, true, NULL},
                                       {"force", 0, false, NULL},
                                       {"share", 0, true, NULL},
                                       {"source", 0, true, NULL},
                                       {"tier", 0, true, NULL},
                                       {"expect", 0, true, NULL},
                                       {"top", 0, true, NULL},
                                       {"html", 0, true, NULL},
                                       {"json", 0, false, NULL},
                                       {0}};

static long long
count_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void
print_outcome(const json_t *body)
{
    bool changed = strcmp(json_str_or(body, "outcome", "-"), "in force") == 0;
    long long tests = count_of(body, "tests_passed");

    printf("%s: %s is in force", changed ? "changed" : "unchanged",
           json_str_or(body, "hash", "-"));
    if (tests > 0) /* what is kept was tested when it was brought in */
        printf(" (%lld of its tests passed)", tests);
    printf("\n");
}

/* Changed rules may be the draft now, and not in force. */
static void
print_reload(const json_t *body)
{
    if (strcmp(json_str_or(body, "outcome", "-"), "draft") == 0)
        printf("draft: usher policy list says how far it is; usher policy "
               "promote puts it in force (%lld of its tests passed)\n",
               count_of(body, "tests_passed"));
    else
        print_outcome(body);
}

static void
print_policies(const json_t *body)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(body, "policies"), i, row)
    {
        printf(
            "%s  since %s%s%s\n", json_str_or(row, "hash", "-"),
            json_str_or(row, "in_force_at", "-"),
            json_is_true(json_object_get(row, "in_force")) ? "  in force" : "",
            json_object_get(row, "withdrawn_at") != NULL ? "  withdrawn" : "");
    }
}

static int
call(const char *verb, const char *method, const char *path,
     void (*print)(const json_t *body))
{
    struct buf body = {0};
    json_t *json;
    int code =
        call_for_verb(verb, args_value(options, "socket"),
                      args_value(options, "config"), method, path, NULL, &body);

    if (code == EXIT_DONE && args_given(options, "json")) {
        printf("%s\n", buf_str(&body));
    } else if (code == EXIT_DONE) {
        json = json_read(body.data, body.len, NULL);
        print(json);
        json_decref(json);
    }
    buf_free(&body);
    return code;
}

int
verb_reload(int argc, char **argv)
{
    struct args args;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    if (args.count > 0) {
        fputs("usage: usher reload [-c FILE | --socket PATH] [--force] "
              "[--json]\n",
              stderr);
        return EXIT_USAGE;
    }
    return call("reload", "POST",
                args_given(options, "force") ? "/v1/policy/reload?force=1"
                                             : "/v1/policy/reload",
                print_reload);
}

/* --- rules on their way --- */

/* "10%" or "0.5%" in 1/10000; 0: none such. */
static int
read_share(const char *given)
{
    char *end;
    double share = given != NULL ? strtod(given, &end) : 0;

    if (given == NULL || end == given || strcmp(end, "%") != 0 ||
        !(share >= 0.01 && share <= 50))
        return 0;
    return (int)(share * 100 + 0.5);
}

static void
print_counts(const json_t *draft)
{
    static const char *const sides[] = {"canary", "live"};

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const json_t *c = json_at(json_object_get(draft, "counts"), sides[i]);

        if (c != NULL)
            printf("  %s: %lld conversations, %lld handed over; %lld "
                   "decisions, %lld failed\n",
                   sides[i], count_of(c, "conversations"),
                   count_of(c, "handed_over"), count_of(c, "decisions"),
                   count_of(c, "failed"));
    }
}

static void
print_draft(const json_t *draft)
{
    const char *share = json_str_or(draft, "share", "");

    if (!json_is_object(draft))
        return;
    printf("%s  since %s  %s", json_str_or(draft, "hash", "-"),
           json_str_or(draft, "since", "-"), json_str_or(draft, "state", "-"));
    if (share[0] != '\0')
        printf(" of %s", share);
    if (json_object_get(draft, "decisions") != NULL)
        printf(": %lld decisions, %lld skipped", count_of(draft, "decisions"),
               count_of(draft, "skipped"));
    if (json_object_get(draft, "why") != NULL)
        printf(": %s", json_str_or(draft, "why", ""));
    printf("\n");
    print_counts(draft);
}

static void
print_policies_and_draft(const json_t *body)
{
    print_draft(json_object_get(body, "draft"));
    print_policies(body);
}

static void
print_way(const json_t *body)
{
    if (json_is_object(json_object_get(body, "draft")))
        print_draft(json_object_get(body, "draft"));
    else
        print_outcome(body);
}

/* A folder is named to the engine from / on; what is none is a hash. */
static void
add_rules(struct buf *path, const char *what)
{
    char *folder = realpath(what, NULL);

    buf_addc(path, '/');
    call_path_piece(path, folder != NULL ? folder : what);
    free(folder);
}

static void
add_parameter(struct buf *path, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_addf(path, "&%s=", name);
    call_path_piece(path, value);
}

static int
send_on_its_way(const struct args *args)
{
    const char *way = args->operands[0];
    int share = read_share(args_value(options, "share"));
    struct buf path = {0};
    int code;

    if (strcmp(way, "canary") == 0 && share == 0) {
        fputs("usher policy canary: --share 10% says for how many of the "
              "conversations it decides; 0.01% to 50%\n",
              stderr);
        return EXIT_USAGE;
    }
    buf_addf(&path, "/v1/policy/%s", way);
    if (args->count == 2)
        add_rules(&path, args->operands[1]);
    buf_addf(&path, "?share=%d", share);
    add_parameter(&path, "source", args_value(options, "source"));
    add_parameter(&path, "tier", args_value(options, "tier"));
    add_parameter(&path, "expect", args_value(options, "expect"));
    code = call("policy", "POST", buf_str(&path), print_way);
    buf_free(&path);
    return code;
}

static int
go_back(const struct args *args)
{
    struct buf path = {0};
    int code;

    buf_adds(&path, "/v1/policy/back");
    if (args->count == 2) {
        buf_adds(&path, "?to=");
        call_path_piece(&path, args->operands[1]);
    }
    code = call("policy", "POST", buf_str(&path), print_outcome);
    buf_free(&path);
    return code;
}

static int
list(const struct args *args)
{
    (void)args;
    return call("policy", "GET", "/v1/policies", print_policies_and_draft);
}

static int
promote(const struct args *args)
{
    (void)args;
    return call("policy", "POST",
                args_given(options, "force") ? "/v1/policy/promote?force=1"
                                             : "/v1/policy/promote",
                print_outcome);
}

static int
stop(const struct args *args)
{
    (void)args;
    return call("policy", "POST", "/v1/policy/stop", print_way);
}

static int
diff(const struct args *args)
{
    (void)args;
    return policy_diff(options);
}

static const struct {
    const char *name;
    size_t least, most; /* operands, itself among them */
    int (*run)(const struct args *args);
} words[] = {
    {"list", 1, 1, list},
    {"back", 1, 2, go_back},
    {"draft", 2, 2, send_on_its_way},
    {"shadow", 1, 2, send_on_its_way},
    {"canary", 1, 2, send_on_its_way},
    {"diff", 1, 1, diff},
    {"promote", 1, 1, promote},
    {"stop", 1, 1, stop},
};

int
verb_policy(int argc, char **argv)
{
    struct args args;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    for (size_t i = 0; args.count > 0 && i < sizeof words / sizeof *words; i++)
        if (strcmp(args.operands[0], words[i].name) == 0 &&
            args.count >= words[i].least && args.count <= words[i].most)
            return words[i].run(&args);
    fputs("usage: usher policy list | back [HASH] | draft DIR|HASH | shadow "
          "[DIR|HASH] |\n"
          "       canary [DIR|HASH] --share 10% [--source NAME] [--tier NAME]\n"
          "       [--expect more|fewer] | diff [--top N] [--html FILE] | "
          "promote [--force] |\n"
          "       stop   [-c FILE | --socket PATH] [--json]\n",
          stderr);
    return EXIT_USAGE;
}
