#include "cli/explain_need.h"

#include <string.h>

#include "base/json.h"
#include "cli/condition.h"

static bool
passes(const json_t *condition)
{
    return json_is_true(json_object_get(condition, "pass"));
}

/* A condition that holds no others. */
static json_t *
need_leaf(const json_t *condition, bool want)
{
    static const char *const told[] = {"expr", "op", "threshold", "value",
                                       "missing"};
    json_t *needs = json_array(), *one;

    if (passes(condition) == want)
        return needs;
    one = json_object();
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (json_object_get(condition, told[i]) != NULL)
            json_object_set(one, told[i], json_object_get(condition, told[i]));
    json_object_set_new(one, "hold", json_boolean(want));
    json_array_append_new(needs, one);
    return needs;
}

static json_t *
need_each(const json_t *inner, bool want)
{
    json_t *needs = json_array(), *of_one;
    const json_t *one;
    size_t i;

    json_array_foreach(inner, i, one)
    {
        of_one = need_of(one, want);
        json_array_extend(needs, of_one);
        json_decref(of_one);
    }
    return needs;
}

static json_t *
need_one(const json_t *inner, bool want)
{
    json_t *best = NULL, *of_one;
    const json_t *one;
    size_t i;

    json_array_foreach(inner, i, one)
    {
        of_one = need_of(one, want);
        if (best == NULL || json_array_size(of_one) < json_array_size(best)) {
            json_decref(best);
            best = of_one;
        } else {
            json_decref(of_one);
        }
    }
    return best != NULL ? best : json_array();
}

json_t *
need_of(const json_t *condition, bool want)
{
    const json_t *inner = json_object_get(condition, "conditions");
    const char *word = json_str_or(condition, "expr", "");

    if (json_array_size(inner) == 0)
        return need_leaf(condition, want);
    if (strcmp(word, "any") == 0)
        return want ? need_one(inner, true) : need_each(inner, false);
    if (strcmp(word, "none") == 0)
        return want ? need_each(inner, false) : need_one(inner, true);
    return want ? need_each(inner, true) : need_one(inner, false);
}

void
need_add(json_t *trace)
{
    json_t *rule;
    size_t i;

    json_array_foreach(trace, i, rule)
    {
        const json_t *first =
            json_array_get(json_object_get(rule, "conditions"), 0);

        if (first != NULL && !json_is_true(json_object_get(rule, "fired")))
            json_object_set_new(rule, "to_match", need_of(first, true));
    }
}

/* --- in words --- */

/* "refund_count < 3" as what must not be: ">= 3". */
static const char *
opposite(const char *op)
{
    static const char *const pairs[][2] = {
        {">=", "<"},
        {"<", ">="},
        {">", "<="},
        {"<=", ">"},
        {"is", "not"},
        {"one of", "none of"},
        {"present", "missing"},
        {"missing", "present"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(op, pairs[i][0]) == 0)
            return pairs[i][1];
    return NULL;
}

static void
put_wanted(const json_t *need, struct buf *out)
{
    const json_t *threshold = json_object_get(need, "threshold");
    const char *op = json_str_or(need, "op", "");
    bool hold = json_is_true(json_object_get(need, "hold"));
    const char *not_op = hold ? op : opposite(op);

    if (op[0] == '\0' || not_op == NULL) {
        buf_adds(out, hold ? " has to hold" : " may not hold");
        return;
    }
    buf_addf(out, " has to be %s", not_op);
    if (threshold == NULL)
        return;
    buf_addc(out, ' ');
    condition_put_value(threshold, out);
}

void
need_words(const json_t *need, struct buf *out)
{
    const json_t *value = json_object_get(need, "value");

    buf_adds(out, json_str_or(need, "expr", ""));
    put_wanted(need, out);
    if (json_is_true(json_object_get(need, "missing"))) {
        buf_adds(out, " and is not known");
    } else if (value != NULL) {
        buf_adds(out, " and is ");
        condition_put_value(value, out);
    }
}
