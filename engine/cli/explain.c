#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/recordings.h"
#include "cli/verbs.h"
#include "cli/walk.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"

struct explaining {
    struct opened opened;
    const char *why_not;
    bool json;
    size_t left;
    struct walk *walk;
};

static const char *
text_of(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s != NULL ? s : "";
}

static void
print_scalar(const json_t *v)
{
    struct buf out = {0};

    if (json_is_string(v))
        buf_adds(&out, json_string_value(v));
    else
        json_write(&out, v);
    printf("%s", buf_str(&out));
    buf_free(&out);
}

static void
print_condition(const json_t *c, int depth)
{
    bool pass = json_is_true(json_object_get(c, "pass"));
    const json_t *value = json_object_get(c, "value");
    const json_t *threshold = json_object_get(c, "threshold");
    const json_t *inner;
    size_t i;

    printf("    %*s%s%s%s %s", depth * 2, "",
           out_colour(pass ? COLOUR_GREEN : COLOUR_RED), pass ? "yes" : "no ",
           out_colour(COLOUR_NONE), text_of(c, "expr"));
    if (json_is_true(json_object_get(c, "missing")))
        printf("  (missing)");
    else if (value != NULL) {
        printf("  is ");
        print_scalar(value);
    }
    if (threshold != NULL) {
        printf(", wants %s ", text_of(c, "op"));
        print_scalar(threshold);
    }
    if (json_object_get(c, "distance") != NULL && !pass) {
        printf(", off by ");
        print_scalar(json_object_get(c, "distance"));
    }
    printf("\n");
    json_array_foreach(json_object_get(c, "conditions"), i, inner)
        print_condition(inner, depth + 1);
}

static void
print_rule(const json_t *rule)
{
    bool fired = json_is_true(json_object_get(rule, "fired"));
    const json_t *c;
    size_t i;

    printf("  %s%s%s  %s  %s\n", out_colour(fired ? COLOUR_GREEN : COLOUR_DIM),
           fired ? "matches" : "no match", out_colour(COLOUR_NONE),
           text_of(rule, "rule"), text_of(rule, "where"));
    json_array_foreach(json_object_get(rule, "conditions"), i, c)
        print_condition(c, 0);
}

static bool
print_trace(const struct explaining *ex, const json_t *trace)
{
    const json_t *rule;
    bool shown = false;
    size_t i;

    json_array_foreach(trace, i, rule)
    {
        if (ex->why_not != NULL &&
            strcmp(text_of(rule, "rule"), ex->why_not) != 0)
            continue;
        print_rule(rule);
        shown = true;
    }
    return shown;
}

static int
print_walk(const struct explaining *ex)
{
    const struct walk *w = ex->walk;
    const struct decision *d = &w->decision;
    json_t *trace =
        d->trace != NULL ? json_read(d->trace, d->trace_n, NULL) : NULL;
    int code = EXIT_DONE;

    if (ex->json) {
        struct buf out = {0};

        decision_json(d, true, &out);
        printf("%s\n", out.data);
        buf_free(&out);
    } else {
        printf("%s at message %lld%s: %s%s%s", w->conv->id, (long long)w->at,
               w->ended ? " (the end)" : "", out_colour(COLOUR_GREEN),
               action_name(d->action), out_colour(COLOUR_NONE));
        printf("%s%s%s%s\n", d->rule != NULL ? " by rule " : "",
               d->rule != NULL ? d->rule : "",
               d->reason != NULL ? ", reason " : "",
               d->reason != NULL ? d->reason : "");
        if (d->rule == NULL)
            printf("  no rule matched; without a match the AI keeps the "
                   "conversation\n");
        if (!print_trace(ex, trace) && ex->why_not != NULL) {
            fprintf(stderr, "usher explain: no rule is named \"%s\"\n",
                    ex->why_not);
            code = EXIT_FAILED;
        }
    }
    if (w->failure[0] != '\0') {
        fprintf(stderr, "usher explain: %s\n", w->failure);
        code = EXIT_FAILED;
    }
    json_decref(trace);
    return code;
}

static void
on_walked(void *arg, struct walk *w)
{
    struct explaining *ex = arg;

    ex->walk = w;
    ex->left = 0;
}

static struct conversation *
find(const char *const *file, const char *id, struct err *e)
{
    struct recordings *r = recordings_open(file, 1);
    struct conversation *c = NULL;
    json_t *recording;
    bool broken = false;

    while (c == NULL && (recording = recordings_next(r, &broken, e)) != NULL) {
        const char *this = json_string_value(json_object_get(recording, "id"));

        if (id == NULL || (this != NULL && strcmp(this, id) == 0))
            c = conversation_from_recording(recording, e);
        json_decref(recording);
        if (c == NULL && e->class != ERR_NONE)
            break;
    }
    if (c == NULL && e->class == ERR_NONE)
        err_set(e, ERR_INPUT, "%s holds no conversation%s%s", file[0],
                id != NULL ? " " : "", id != NULL ? id : "");
    recordings_close(r);
    return c;
}

static int
explain(struct explaining *ex, const struct args *args, const char *at)
{
    struct err e = {0};
    struct conversation *c =
        find(args->operands, args->count > 1 ? args->operands[1] : NULL, &e);
    int64_t seq = at != NULL ? strtoll(at, NULL, 10) : 0;
    int code;

    if (c == NULL) {
        fprintf(stderr, "usher explain: %s\n", e.text);
        return EXIT_FAILED;
    }
    if (seq < 0 || (size_t)seq > c->message_count) {
        fprintf(stderr, "usher explain: --at is 1 to %zu\n", c->message_count);
        conversation_free(c);
        return EXIT_USAGE;
    }
    ex->left = 1;
    walk_start(ex->opened.pool, ex->opened.policy, ex->opened.config, c, true,
               seq, on_walked, ex);
    if (pool_wait(ex->opened.pool, &ex->left, -1, &e) != 0) {
        fprintf(stderr, "usher explain: %s\n", e.text);
        return EXIT_FAILED;
    }
    code = print_walk(ex);
    walk_free(ex->walk);
    return code;
}

int
verb_explain(int argc, char **argv)
{
    struct option_spec specs[] = {
        {"policy", 0, true, NULL}, {"config", 'c', true, NULL},
        {"at", 0, true, NULL},     {"why-not", 0, true, NULL},
        {"json", 0, false, NULL},  {0}};
    struct args args;
    struct explaining ex = {0};
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args.count < 1 || args.count > 2) {
        fputs("usage: usher explain --policy DIR [--at N] [--why-not RULE] "
              "[--json] FILE [ID]\n",
              stderr);
        return EXIT_USAGE;
    }
    ex.why_not = args_value(specs, "why-not");
    ex.json = args_given(specs, "json");
    code = open_policy(&ex.opened, "explain", args_value(specs, "config"),
                       args_value(specs, "policy"), false, NULL);
    if (code != EXIT_DONE)
        return code;
    code = explain(&ex, &args, args_value(specs, "at"));
    open_close(&ex.opened);
    return code;
}
