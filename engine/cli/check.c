#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "flow/when.h"
#include "model/calendar.h"
#include "script/pool.h"

struct checking {
    struct pool *pool;
    struct config *config;
    struct policy *policy;
    json_t *description;
    bool json, only_helpdesks;
};

static int
fail(const struct err *e)
{
    fprintf(stderr, "usher check: %s\n", e->text);
    return EXIT_CONFIG;
}

/* Loading an adapter checks its needs and its secrets. */
static int
check_parts(const struct checking *c, const struct config_part *parts,
            size_t count, enum adapter_kind kind, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        struct adapter *a =
            adapter_load(c->pool, c->config, &parts[i], kind, e);

        if (a == NULL)
            return -1;
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
        if (!c->json)
            printf("%s\n", part->name);
        adapter_free(a);
    }
    if (c->json) {
        json_write(&out, list);
        printf("%s\n", out.data);
    }
    buf_free(&out);
    json_decref(list);
    return code;
}

static const char *
text_of(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s != NULL ? s : "-";
}

static void
print_rules(const struct checking *c)
{
    const json_t *rule;
    size_t i;

    printf("policy %s (%.12s)\n", c->policy->dir, c->policy->hash);
    json_array_foreach(json_object_get(c->description, "rules"), i, rule)
    {
        printf("  %-44s %-9s %-14s %s\n", text_of(rule, "name"),
               text_of(rule, "action"), text_of(rule, "owner"),
               text_of(rule, "where"));
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

    json_object_set_new(root, "policy_hash", json_string(c->policy->hash));
    json_object_set(root, "policy", c->description);
    json_write(&out, root);
    printf("%s\n", out.data);
    buf_free(&out);
    json_decref(root);
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
check(struct checking *c, const char *path, const char *dir)
{
    struct err e = {0};

    if (path != NULL && check_config(c, path, &e) != 0)
        return fail(&e);
    if (c->only_helpdesks)
        return list_helpdesks(c);
    if (dir == NULL)
        dir = c->config->policy_dir;
    c->policy = policy_load(c->config, dir, false, NULL, &e);
    if (c->policy == NULL ||
        policy_check(c->pool, c->policy, &c->description, &e) != 0)
        return fail(&e);
    if (c->json) {
        print_json(c);
        return EXIT_DONE;
    }
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
    printf("%sfine%s\n", out_colour(COLOUR_GREEN), out_colour(COLOUR_NONE));
    return EXIT_DONE;
}

int
verb_check(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL},
                                  {"policy", 0, true, NULL},
                                  {"list-helpdesks", 0, false, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    struct args args;
    struct checking c = {0};
    struct err e = {0};
    const char *path, *dir;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    path = args_value(specs, "config");
    dir = args_value(specs, "policy");
    c.json = args_given(specs, "json");
    c.only_helpdesks = args_given(specs, "list-helpdesks");
    if (path == NULL && (dir == NULL || c.only_helpdesks))
        path = "usher.conf.lua";
    c.pool = pool_new(&(struct pool_options){0}, &e);
    if (c.pool == NULL) {
        fprintf(stderr, "usher check: %s\n", e.text);
        return EXIT_FAILED;
    }
    code = check(&c, path, dir);
    json_decref(c.description);
    policy_release(c.policy);
    config_free(c.config);
    pool_free(c.pool);
    return code;
}
