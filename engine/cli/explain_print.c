#include "cli/explain_print.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/condition.h"
#include "cli/explain_need.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "model/decision.h"
#include "script/nearest.h"

static bool
is(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

static void
print_scalar(const json_t *v)
{
    struct buf out = {0};

    condition_put_value(v, &out);
    printf("%s", buf_str(&out));
    buf_free(&out);
}

static void
print_condition(const json_t *c)
{
    struct buf out = {0};

    condition_put(c, 4, CONDITION_FULL, &out);
    printf("%s", buf_str(&out));
    buf_free(&out);
}

/* --- rules --- */

/* The one that decided, if it stands before this one. */
static const char *
decided_before(const json_t *trace, const json_t *rule)
{
    const json_t *one;
    size_t i;

    json_array_foreach(trace, i, one)
    {
        if (one == rule)
            return NULL;
        if (is(one, "decided"))
            return json_str_or(one, "rule", "");
    }
    return NULL;
}

static void
print_needs(const json_t *trace, const json_t *rule)
{
    const json_t *needs = json_object_get(rule, "to_match"), *one;
    const char *before = decided_before(trace, rule);
    size_t i;

    if (json_array_size(needs) == 0)
        return;
    printf("    %sto match:%s\n", out_colour(COLOUR_YELLOW),
           out_colour(COLOUR_NONE));
    json_array_foreach(needs, i, one)
    {
        struct buf words = {0};

        need_words(one, &words);
        printf("      %s\n", buf_str(&words));
        buf_free(&words);
    }
    if (before != NULL)
        printf("      (\"%s\" stands before it and would still decide)\n",
               before);
}

static void
print_rule(const json_t *trace, const json_t *rule)
{
    bool fired = is(rule, "fired"), decided = is(rule, "decided");
    const char *before = decided_before(trace, rule);
    const json_t *c;
    size_t i;

    printf("  %s%s%s  %s  %s%s%s\n",
           out_colour(decided ? COLOUR_GREEN
                      : fired ? COLOUR_YELLOW
                              : COLOUR_DIM),
           fired ? "matches" : "no match", out_colour(COLOUR_NONE),
           json_str_or(rule, "rule", ""), out_colour(COLOUR_DIM),
           json_str_or(rule, "where", ""), out_colour(COLOUR_NONE));
    if (decided)
        printf("    it decides\n");
    else if (fired && before != NULL)
        printf("    it would have decided, but \"%s\" stands before it\n",
               before);
    else if (fired)
        printf("    it would have decided\n");
    json_array_foreach(json_object_get(rule, "conditions"), i, c)
        print_condition(c);
    print_needs(trace, rule);
}

static void
print_change(const json_t *change)
{
    printf("    %s: was ", json_str_or(change, "member", ""));
    print_scalar(json_object_get(change, "was"));
    printf(", is ");
    print_scalar(json_object_get(change, "is"));
    printf("\n");
}

static void
print_modifier(const json_t *modifier)
{
    bool fired = is(modifier, "fired");
    const json_t *changes = json_object_get(modifier, "changes"), *one;
    size_t i;

    printf("  %s%s%s  %s  %s%s%s\n",
           out_colour(fired ? COLOUR_GREEN : COLOUR_DIM),
           fired ? "modifies" : "modifies nothing", out_colour(COLOUR_NONE),
           json_str_or(modifier, "modifier", ""), out_colour(COLOUR_DIM),
           json_str_or(modifier, "where", ""), out_colour(COLOUR_NONE));
    json_array_foreach(changes, i, one) print_change(one);
    if (fired && changes != NULL && json_array_size(changes) == 0)
        printf("    and yet nothing is different\n");
}

static void
print_trace(const struct explained *x)
{
    const json_t *one;
    size_t i;

    json_array_foreach(x->trace, i, one)
    {
        if (json_object_get(one, "modifier") != NULL)
            print_modifier(one);
        else
            print_rule(x->trace, one);
    }
}

/* --- one rule --- */

static int
no_such_rule(const struct explained *x, const char *name)
{
    struct nearest near;
    const json_t *one;
    size_t i;

    nearest_begin(&near, name, strlen(name));
    json_array_foreach(x->trace, i, one)
    {
        const char *rule = json_str_or(one, "rule", "");

        nearest_try(&near, rule, strlen(rule));
    }
    fprintf(stderr, "usher explain: no rule is named \"%s\"", name);
    if (near.best != NULL)
        fprintf(stderr, "; did you mean \"%.*s\"?", (int)near.best_n,
                near.best);
    fprintf(stderr, "\n");
    return EXIT_FAILED;
}

static int
print_named(const struct explained *x, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(x->trace, i, one)
    {
        if (strcmp(json_str_or(one, "rule", ""), name) != 0)
            continue;
        print_rule(x->trace, one);
        return EXIT_DONE;
    }
    return no_such_rule(x, name);
}

/* --- the decision --- */

static void
print_from(const char *what, const char *value, const char *from)
{
    if (value == NULL)
        return;
    printf("  %s %s", what, value);
    if (from != NULL)
        printf(" (by %s)", from);
    printf("\n");
}

static void
print_decision(const struct explained *x)
{
    const struct decision *d = x->decision;

    printf("%s at message %lld%s: %s%s%s", x->id, (long long)x->at, x->moment,
           out_colour(COLOUR_GREEN), action_name(d->action),
           out_colour(COLOUR_NONE));
    printf("%s%s%s%s\n", d->rule != NULL ? " by rule " : "",
           d->rule != NULL ? d->rule : "", d->reason != NULL ? ", reason " : "",
           d->reason != NULL ? d->reason : "");
    if (d->rule == NULL)
        printf("  no rule matched; without a match the AI keeps the "
               "conversation\n");
    print_from("group", d->group, d->group_from);
    print_from("priority", priority_name(d->priority), d->priority_from);
    print_from("timing", d->timing, NULL);
    if (d->final)
        printf("  final: no modifier may change it\n");
}

int
explain_print(const struct explained *x, const char *why_not)
{
    print_decision(x);
    if (why_not != NULL)
        return print_named(x, why_not);
    print_trace(x);
    return EXIT_DONE;
}

void
explain_print_json(const struct explained *x)
{
    struct decision d = *x->decision;
    struct buf trace = {0}, out = {0};

    if (x->trace != NULL) {
        json_write(&trace, x->trace);
        d.trace = trace.data;
        d.trace_n = trace.len;
    }
    decision_json(&d, true, &out);
    printf("%s\n", out.data);
    buf_free(&trace);
    buf_free(&out);
}
