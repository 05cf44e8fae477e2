#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/corpus.h"
#include "cli/findings.h"
#include "cli/looking.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "flow/when.h"
#include "model/calendar.h"
#include "script/pool.h"

enum telling {
    TELL_TEXT,
    TELL_GCC,
    TELL_SARIF,
    TELL_JSON,
    TELL_COUNT
};
static const char *const telling_names[TELL_COUNT] = {"text", "gcc", "sarif",
                                                      "json"};

struct checking {
    struct pool *pool;
    struct config *config;
    struct policy *policy;
    struct looking looking;
    json_t *description, *codes;
    json_t *makes; /* helpdesk -> what it makes; or NULL */
    struct findings findings;
    enum telling format;
    bool only_helpdesks, strict;
    const char *const *corpus;
    size_t corpus_count;
};

static void
keep_makes(struct checking *c, const struct adapter *helpdesk)
{
    json_t *words = json_array();

    for (int i = 0; i < MADE_KINDS; i++)
        if (helpdesk->makes[i])
            json_array_append_new(words,
                                  json_string(made_as_name((enum made_as)i)));
    if (c->makes == NULL)
        c->makes = json_object();
    json_object_set_new(c->makes, helpdesk->part->name, words);
}

/* Loading an adapter checks its needs and its secrets. */
static int
check_parts(struct checking *c, const struct config_part *parts, size_t count,
            enum adapter_kind kind, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        struct adapter *a =
            adapter_load(c->pool, c->config, &parts[i], kind, e);

        if (a == NULL)
            return -1;
        if (kind == ADAPTER_HELPDESK)
            keep_makes(c, a);
        adapter_free(a);
    }
    return 0;
}

/* Only those whose credentials are complete are offered. */
static int
list_helpdesks(const struct checking *c)
{
    json_t *list = json_array();
    struct buf out = {0};
    int code = EXIT_DONE;

    for (size_t i = 0; i < c->config->helpdesk_count; i++) {
        const struct config_part *part = &c->config->helpdesks[i];
        struct err e = {0};
        struct adapter *a =
            adapter_load(c->pool, c->config, part, ADAPTER_HELPDESK, &e);

        if (a == NULL) {
            fprintf(stderr, "usher check: %s\n", e.text);
            code = EXIT_CONFIG;
            continue;
        }
        json_array_append_new(list, json_string(part->name));
        if (c->format != TELL_JSON)
            printf("%s\n", part->name);
        adapter_free(a);
    }
    if (c->format == TELL_JSON) {
        json_write(&out, list);
        printf("%s\n", out.data);
    }
    buf_free(&out);
    json_decref(list);
    return code;
}

static void
print_rules(const struct checking *c)
{
    const json_t *rule;
    size_t i;

    printf("policy %s (%.12s)\n", c->policy->dir, c->policy->hash);
    json_array_foreach(json_object_get(c->description, "rules"), i, rule)
    {
        printf("  %-44s %-9s %-14s %s\n", json_str_or(rule, "name", "-"),
               json_str_or(rule, "action", "-"),
               json_str_or(rule, "owner", "-"),
               json_str_or(rule, "where", "-"));
    }
}

static void
print_limits(const struct checking *c)
{
    static const char *const kinds[SCRIPT_KINDS] = {"load", "read", "decide",
                                                    "build", "test"};
    const struct script_limits *limits =
        c->config != NULL ? c->config->limits : script_limits_default;

    printf("limits of a script call\n");
    for (int k = 0; k < SCRIPT_KINDS; k++)
        printf("  %-7s %9lld instructions  %5lld ms  %5zu KiB heap  %4zu KiB "
               "string  %5zu KiB result\n",
               kinds[k], (long long)limits[k].instructions,
               (long long)limits[k].wall_ms, limits[k].heap >> 10,
               limits[k].string >> 10, limits[k].result >> 10);
}

static void
print_parts(const char *word, const struct config_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%-9s %-16s adapter %-16s %s\n", word, parts[i].name,
               parts[i].adapter, parts[i].where);
}

static size_t
holidays_of(const struct calendar *c)
{
    return calendar_day_count(c, CALENDAR_HOLIDAY) +
           calendar_day_count(c, CALENDAR_YEARLY) +
           calendar_day_count(c, CALENDAR_IMPORTED);
}

/* "open until Tuesday 24 November, 18:00 (Europe/Berlin)" */
static void
print_state(const struct calendar *c)
{
    int64_t now = clock_now_ms(), at;
    bool open = calendar_is_open(c, now);
    struct buf text = {0};

    at = open ? calendar_next_close(c, now) : calendar_next_open(c, now);
    if (at != CALENDAR_NEVER)
        when_text(WHEN_EN, calendar_zone(c), true, at, &text);
    printf("%s until %s\n", open ? "open" : "closed",
           text.len > 0 ? buf_str(&text) : "further notice");
    buf_free(&text);
}

static void
print_calendars(const struct config *c)
{
    for (size_t i = 0; i < c->calendar_count; i++) {
        const struct config_calendar *one = &c->calendars[i];

        printf("calendar  %-16s holidays: %zu, exceptions: %zu, ", one->name,
               holidays_of(one->calendar),
               calendar_day_count(one->calendar, CALENDAR_EXCEPTION));
        print_state(one->calendar);
        if (one->left_out > 0)
            printf("          %-16s left out of its files, because they have a "
                   "time of day: %zu\n",
                   "", one->left_out);
    }
}

static void
print_json(const struct checking *c)
{
    json_t *root = json_object();
    struct buf out = {0};

    if (c->policy != NULL && c->description != NULL) {
        json_object_set_new(root, "policy_hash", json_string(c->policy->hash));
        json_object_set(root, "policy", c->description);
    }
    json_object_set(root, "findings", c->findings.list);
    json_write(&out, root);
    printf("%s\n", out.data);
    buf_free(&out);
    json_decref(root);
}

/* --- what is checked --- */

/* Every code's page, whatever becomes of the policy. */
static int
load_codes(struct checking *c, struct err *e)
{
    if (looking_load(&c->looking, NULL, NULL, false, false, e) != 0)
        return -1;
    c->codes = looking_ask(&c->looking, "codes", NULL, e);
    c->findings.codes = c->codes;
    c->findings.list = json_array();
    return c->codes != NULL ? 0 : -1;
}

static int
check_config(struct checking *c, const char *path, struct err *e)
{
    const struct config *config;

    c->config = config_load(c->pool, path, e);
    if (c->config == NULL)
        return -1;
    config = c->config;
    if (c->only_helpdesks)
        return 0;
    if (check_parts(c, config->sources, config->source_count, ADAPTER_SOURCE,
                    e) != 0 ||
        check_parts(c, config->helpdesks, config->helpdesk_count,
                    ADAPTER_HELPDESK, e) != 0)
        return -1;
    return check_parts(c, config->notifiers, config->notifier_count,
                       ADAPTER_NOTIFIER, e);
}

static int
load_policy(struct checking *c, const char *dir, struct err *e)
{
    c->policy = policy_load(c->config, dir, false, NULL, e);
    if (c->policy == NULL)
        return -1;
    return policy_check(c->pool, c->policy, &c->description, e);
}

/* The rules with their tests. When those do not load, the rules are still
 * worth looking at. */
static int
look_at(struct checking *c, const char *dir, struct err *e)
{
    bool corpus = c->corpus_count > 0;
    struct err why = {0};

    if (looking_load(&c->looking, c->config, dir, true, corpus, &why) == 0)
        return 0;
    findings_add_failure(&c->findings, why.text, "U0002");
    return looking_load(&c->looking, c->config, dir, false, corpus, e);
}

static int
look(struct checking *c, const char *dir, struct err *e)
{
    json_t *arguments = json_array(), *found = NULL, *corpus = NULL;

    if (look_at(c, dir, e) != 0)
        goto done;
    if (c->corpus_count > 0) {
        corpus = corpus_measure(c->pool, c->policy, &c->looking, c->config,
                                c->corpus, c->corpus_count, e);
        if (corpus == NULL)
            goto done;
    }
    json_array_append_new(arguments,
                          corpus != NULL ? json_incref(corpus) : json_null());
    json_array_append_new(arguments, c->makes != NULL ? json_incref(c->makes)
                                                      : json_null());
    found = looking_ask(&c->looking, "lint", arguments, e);
    if (found != NULL)
        findings_add(&c->findings, found);
done:
    json_decref(arguments);
    json_decref(corpus);
    if (found == NULL)
        return -1;
    json_decref(found);
    return findings_allow(&c->findings, dir, e);
}

/* --- telling --- */

static const char *
plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void
print_text(const struct checking *c)
{
    const struct findings *f = &c->findings;
    size_t errors = findings_count(f, "error");
    size_t warnings = findings_count(f, "warning");
    size_t notes = findings_count(f, "note");

    if (c->config != NULL) {
        print_parts("source", c->config->sources, c->config->source_count);
        print_parts("helpdesk", c->config->helpdesks,
                    c->config->helpdesk_count);
        print_parts("notifier", c->config->notifiers,
                    c->config->notifier_count);
        print_calendars(c->config);
    }
    print_rules(c);
    print_limits(c);
    findings_print_text(f);
    if (errors + warnings + notes == 0)
        printf("%sfine%s\n", out_colour(COLOUR_GREEN), out_colour(COLOUR_NONE));
    else
        printf("%zu error%s, %zu warning%s, %zu note%s; usher check --explain "
               "CODE says more\n",
               errors, plural(errors), warnings, plural(warnings), notes,
               plural(notes));
}

static void
tell(struct checking *c)
{
    findings_sort(&c->findings);
    if (c->format == TELL_GCC)
        findings_print_gcc(&c->findings);
    else if (c->format == TELL_SARIF)
        findings_print_sarif(&c->findings);
    else if (c->format == TELL_JSON)
        print_json(c);
    else
        print_text(c);
}

/* What does not load is one line for a person, a finding for a program. */
static int
fail(struct checking *c, const struct err *e)
{
    if (c->format == TELL_TEXT) {
        fprintf(stderr, "usher check: %s\n", e->text);
    } else {
        findings_add_failure(&c->findings, e->text, "U0001");
        tell(c);
    }
    return EXIT_CONFIG;
}

static int
check(struct checking *c, const char *path, const char *dir)
{
    struct err e = {0};

    c->findings.config = path;
    if (load_codes(c, &e) != 0 ||
        (path != NULL && check_config(c, path, &e) != 0))
        return fail(c, &e);
    if (c->only_helpdesks)
        return list_helpdesks(c);
    if (dir == NULL)
        dir = c->config->policy_dir;
    if (load_policy(c, dir, &e) != 0)
        return fail(c, &e);
    if (look(c, dir, &e) != 0) {
        fprintf(stderr, "usher check: %s\n", e.text);
        return EXIT_FAILED;
    }
    tell(c);
    if (findings_count(&c->findings, "error") > 0 ||
        (c->strict && findings_count(&c->findings, "warning") > 0))
        return EXIT_FAILED;
    return EXIT_DONE;
}

/* --- pages --- */

static void
print_indented(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        printf("    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static const char *
member(const json_t *page, const char *key)
{
    const char *s = json_string_value(json_object_get(page, key));

    return s != NULL ? s : "";
}

static void
print_page(const json_t *page)
{
    printf("%s (%s): %s\n\n%s\n\n%s\n\n%s\n\nbefore\n", member(page, "code"),
           member(page, "severity"), member(page, "title"),
           member(page, "what"), member(page, "why"), member(page, "fix"));
    print_indented(member(page, "before"));
    printf("\nafter\n");
    print_indented(member(page, "after"));
}

static int
explain_code(struct checking *c, const char *code)
{
    bool all = strcmp(code, "all") == 0, shown = false;
    struct err e = {0};
    const json_t *page;
    size_t i;

    if (load_codes(c, &e) != 0) {
        fprintf(stderr, "usher check: %s\n", e.text);
        return EXIT_FAILED;
    }
    json_array_foreach(c->codes, i, page)
    {
        if (all)
            printf("%s  %-8s %s\n", member(page, "code"),
                   member(page, "severity"), member(page, "title"));
        else if (strcasecmp(member(page, "code"), code) == 0)
            print_page(page);
        else
            continue;
        shown = true;
    }
    if (shown)
        return EXIT_DONE;
    fprintf(stderr, "usher check: no code %s; --explain all lists them\n",
            code);
    return EXIT_USAGE;
}

static int
take_format(struct checking *c, const char *name)
{
    for (int f = 0; f < TELL_COUNT; f++)
        if (strcmp(telling_names[f], name) == 0) {
            c->format = (enum telling)f;
            return 0;
        }
    fprintf(stderr,
            "usher check: --format is text, gcc, sarif or json, not %s\n",
            name);
    return -1;
}

static int
run(struct checking *c, const struct option_spec *specs)
{
    const char *path = args_value(specs, "config");
    const char *dir = args_value(specs, "policy");
    struct err e = {0};

    if (args_given(specs, "explain"))
        return explain_code(c, args_value(specs, "explain"));
    if (path == NULL && (dir == NULL || c->only_helpdesks))
        path = "usher.conf.lua";
    c->pool = pool_new(&(struct pool_options){0}, &e);
    if (c->pool == NULL) {
        fprintf(stderr, "usher check: %s\n", e.text);
        return EXIT_FAILED;
    }
    return check(c, path, dir);
}

int
verb_check(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL},
                                  {"policy", 0, true, NULL},
                                  {"list-helpdesks", 0, false, NULL},
                                  {"json", 0, false, NULL},
                                  {"format", 0, true, NULL},
                                  {"strict", 0, false, NULL},
                                  {"explain", 0, true, NULL},
                                  {"corpus", 0, true, NULL},
                                  {0}};
    struct args args;
    struct checking c = {0};
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args_given(specs, "json"))
        c.format = TELL_JSON;
    if (args_given(specs, "format") &&
        take_format(&c, args_value(specs, "format")) != 0)
        return EXIT_USAGE;
    c.only_helpdesks = args_given(specs, "list-helpdesks");
    c.strict = args_given(specs, "strict");
    if (args_given(specs, "corpus") && args.count < ARGS_OPERANDS_MAX) {
        args.operands[args.count++] = args_value(specs, "corpus");
        c.corpus = args.operands;
        c.corpus_count = args.count;
    } else if (args.count > 0) {
        fprintf(stderr,
                "usher check: %s: say what it is: --policy DIR, -c FILE or "
                "--corpus FILE\n",
                args.operands[0]);
        return EXIT_USAGE;
    }
    code = run(&c, specs);
    findings_clear(&c.findings);
    json_decref(c.codes);
    json_decref(c.description);
    json_decref(c.makes);
    looking_close(&c.looking);
    policy_release(c.policy);
    config_free(c.config);
    pool_free(c.pool);
    return code;
}
