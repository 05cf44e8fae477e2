#include "cli/backtest_why.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/condition.h"

static bool
passes(const json_t *condition)
{
    return json_is_true(json_object_get(condition, "pass"));
}

/* In "none" it is the one that holds which breaks it. */
static size_t
telling(const json_t *group, const json_t *inner)
{
    bool none = strcmp(json_str_or(group, "expr", ""), "none") == 0;
    bool want = passes(group) != none;
    const json_t *one;
    size_t i;

    json_array_foreach(inner, i, one)
    {
        if (passes(one) == want)
            return i;
    }
    return 0;
}

const json_t *
why_leaf(const json_t *condition, struct why_path *path)
{
    bool follow = path->depth > 0;
    size_t depth = 0;

    for (;;) {
        const json_t *inner = json_object_get(condition, "conditions");
        size_t turn;

        if (json_array_size(inner) == 0 || depth == WHY_DEPTH_MAX)
            break;
        turn = follow && depth < path->depth ? path->turn[depth]
                                             : telling(condition, inner);
        if (turn >= json_array_size(inner))
            turn = 0;
        path->turn[depth++] = turn;
        condition = json_array_get(inner, turn);
    }
    path->depth = depth;
    return condition;
}

/* --- two policies over one rule --- */

static const json_t *
find_rule(const json_t *trace, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(trace, i, one)
    {
        if (strcmp(json_str_or(one, "rule", ""), name) == 0)
            return one;
    }
    return NULL;
}

static const char *
status_name(const json_t *rule)
{
    if (rule == NULL)
        return "no such rule";
    if (json_is_true(json_object_get(rule, "decided")))
        return "decided";
    return json_is_true(json_object_get(rule, "fired")) ? "matched"
                                                        : "no match";
}

static json_t *
not_explained(const char *failure)
{
    json_t *status = json_object();

    json_object_set_new(status, "status", json_string("not explained"));
    json_object_set_new(status, "failure", json_string(failure));
    return status;
}

static json_t *
status_of(const json_t *rule, struct why_path *path)
{
    json_t *status = json_object();
    json_t *first = json_array_get(json_object_get(rule, "conditions"), 0);
    json_t *leaf;

    json_object_set_new(status, "status", json_string(status_name(rule)));
    if (rule == NULL)
        return status;
    json_object_set(status, "where", json_object_get(rule, "where"));
    if (first == NULL)
        return status;
    leaf = json_copy((json_t *)(uintptr_t)why_leaf(first, path));
    json_object_set_new(status, "condition", leaf);
    return status;
}

static bool
fired(const json_t *rule)
{
    return json_is_true(json_object_get(rule, "fired"));
}

/* The one that does not match says which condition it is about; the other
 * shows the same. */
static json_t *
compare(const struct pair *p, const char *name)
{
    const json_t *rule[SIDES];
    json_t *both = json_object();
    struct why_path path = {0};
    bool new_first;
    json_t *status[SIDES];

    for (size_t i = 0; i < SIDES; i++)
        rule[i] = find_rule(p->trace[i], name);
    new_first = rule[SIDE_OLD] == NULL || fired(rule[SIDE_OLD]);
    for (size_t i = 0; i < SIDES; i++) {
        size_t side = (i == 0) == new_first ? SIDE_NEW : SIDE_OLD;

        status[side] = p->untold[side] != NULL ? not_explained(p->untold[side])
                                               : status_of(rule[side], &path);
    }
    json_object_set_new(both, "rule", json_string(name));
    json_object_set_new(both, "old", status[SIDE_OLD]);
    json_object_set_new(both, "new", status[SIDE_NEW]);
    return both;
}

json_t *
why_of(const struct pair *p)
{
    json_t *why = json_object(), *rules = json_array();
    int64_t at = pair_parting_at(p);
    const char *names[SIDES] = {NULL};

    for (size_t i = 0; i < SIDES; i++) {
        const struct verdict *v = pair_verdict(p, (enum side)i);

        if (v->at == at && v->decision.rule != NULL)
            names[i] = v->decision.rule;
    }
    for (size_t i = 0; i < SIDES; i++) {
        if (names[i] == NULL || (i == SIDE_NEW && names[SIDE_OLD] != NULL &&
                                 strcmp(names[0], names[1]) == 0))
            continue;
        json_array_append_new(rules, compare(p, names[i]));
    }
    json_object_set_new(why, "at_message", json_integer(at));
    json_object_set_new(why, "rules", rules);
    return why;
}

/* --- in words --- */

void
why_condition_words(const json_t *c, struct buf *out)
{
    const json_t *value = json_object_get(c, "value");
    const json_t *threshold = json_object_get(c, "threshold");
    const json_t *distance = json_object_get(c, "distance");

    buf_adds(out, json_str_or(c, "expr", ""));
    if (json_is_true(json_object_get(c, "missing"))) {
        buf_adds(out, " is not known");
    } else if (value != NULL) {
        buf_adds(out, " is ");
        condition_put_value(value, out);
    } else {
        buf_adds(out, passes(c) ? " holds" : " does not hold");
    }
    if (threshold != NULL) {
        buf_addf(out, ", wants %s ", json_str_or(c, "op", ""));
        condition_put_value(threshold, out);
    }
    if (distance != NULL && !passes(c)) {
        buf_adds(out, ", off by ");
        condition_put_value(distance, out);
    }
}

void
why_words(const json_t *status, struct buf *out)
{
    const json_t *condition = json_object_get(status, "condition");
    const char *name = json_str_or(status, "status", "");
    const char *failure = json_str_or(status, "failure", NULL);

    if (strcmp(name, "matched") == 0)
        name = "matches, but another rule decides";
    buf_adds(out, name);
    if (failure != NULL)
        buf_addf(out, " (%s)", failure);
    if (condition == NULL)
        return;
    buf_adds(out, ": ");
    why_condition_words(condition, out);
}
