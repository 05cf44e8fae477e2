#include "cli/explain_modifiers.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "flow/policy.h"

/* One more file of the rule language: only so many modifiers are taken. */
#define ONLY_SOME                                                              \
    "local left, real = %zu, modifier\n"                                       \
    "modifier = function(name)\n"                                              \
    "  if left == 0 then return function() end end\n"                          \
    "  left = left - 1\n"                                                      \
    "  return real(name)\n"                                                    \
    "end\n"

static struct policy *
with_some(const json_t *kept, size_t count, struct err *e)
{
    struct buf extra = {0};
    struct policy *p;

    buf_addf(&extra, ONLY_SOME, count);
    p = policy_exactly(kept, buf_str(&extra), e);
    buf_free(&extra);
    return p;
}

static json_t *
decide_with(const json_t *kept, size_t count, explain_decide_fn *decide,
            void *arg, struct err *e)
{
    struct policy *p = with_some(kept, count, e);
    json_t *decision = p != NULL ? decide(arg, p, e) : NULL;

    policy_release(p);
    return decision;
}

static void
add_change(json_t *changes, const char *member, json_t *was, json_t *is)
{
    json_t *one;

    if (strcmp(member, "trace") == 0 || strcmp(member, "evidence") == 0 ||
        (was != NULL && is != NULL && json_equal(was, is) != 0))
        return;
    one = json_object();
    json_object_set_new(one, "member", json_string(member));
    if (was != NULL)
        json_object_set(one, "was", was);
    if (is != NULL)
        json_object_set(one, "is", is);
    json_array_append_new(changes, one);
}

static json_t *
compare(json_t *before, json_t *after)
{
    json_t *changes = json_array(), *value;
    const char *key;

    json_object_foreach(before, key, value)
        add_change(changes, key, value, json_object_get(after, key));
    json_object_foreach(after, key, value)
    {
        if (json_object_get(before, key) == NULL)
            add_change(changes, key, NULL, value);
    }
    return changes;
}

static int
explain_one(json_t *modifier, size_t number, const json_t *kept,
            explain_decide_fn *decide, void *arg, struct err *e)
{
    json_t *before = decide_with(kept, number, decide, arg, e);
    json_t *after =
        before != NULL ? decide_with(kept, number + 1, decide, arg, e) : NULL;

    if (after != NULL)
        json_object_set_new(modifier, "changes", compare(before, after));
    json_decref(before);
    json_decref(after);
    return after != NULL ? 0 : -1;
}

static int
explain_all(json_t *trace, const json_t *kept, explain_decide_fn *decide,
            void *arg, struct err *e)
{
    json_t *one;
    size_t i, number = 0;

    json_array_foreach(trace, i, one)
    {
        if (json_object_get(one, "modifier") == NULL)
            continue;
        if (json_is_true(json_object_get(one, "fired")) &&
            explain_one(one, number, kept, decide, arg, e) != 0)
            return -1;
        number++;
    }
    return 0;
}

static bool
any_applied(const json_t *trace)
{
    const json_t *one;
    size_t i;

    json_array_foreach(trace, i, one)
    {
        if (json_object_get(one, "modifier") != NULL &&
            json_is_true(json_object_get(one, "fired")))
            return true;
    }
    return false;
}

int
explain_modifiers(json_t *trace, const struct policy *policy,
                  explain_decide_fn *decide, void *arg, struct err *e)
{
    struct buf text = {0};
    json_t *kept;
    int rc = -1;

    if (!any_applied(trace))
        return 0;
    policy_keep(policy, &text);
    kept = json_read(buf_str(&text), text.len, e);
    if (kept != NULL)
        rc = explain_all(trace, kept, decide, arg, e);
    json_decref(kept);
    buf_free(&text);
    return rc;
}
