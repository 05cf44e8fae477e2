/* Why a test failed: see testing.h. */
#include <string.h>

#include "base/json.h"
#include "cli/condition.h"
#include "cli/testing.h"

const json_t *
suite_decision(const struct trial_case *c)
{
    return c->judged > 0 ? json_array_get(c->decisions, c->judged - 1) : NULL;
}

/* --- what differs --- */

static void
put_differs(const struct trial_case *c, struct buf *out)
{
    const json_t *one;
    size_t i;

    json_array_foreach(c->differs, i, one)
    {
        const char *at = json_str_or(one, "at", "");

        buf_addf(out, "%s%s%s: expected %s\n", at, at[0] != '\0' ? " " : "",
                 json_str_or(one, "name", ""), json_str_or(one, "want", ""));
        buf_addf(out, "%*s got %s\n",
                 (int)(strlen(at) + (at[0] != '\0') +
                       strlen(json_str_or(one, "name", "")) + 6),
                 "", json_str_or(one, "got", ""));
    }
}

/* --- the rules that matter --- */

static bool
names(const json_t *list, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

static void
put_rule(const json_t *rule, struct buf *out)
{
    bool fired = json_is_true(json_object_get(rule, "fired"));
    const json_t *c;
    size_t i;

    buf_addf(out, "%s: rule \"%s\" %s\n", json_str_or(rule, "where", ""),
             json_str_or(rule, "rule", ""),
             json_is_true(json_object_get(rule, "decided")) ? "decides"
             : fired ? "matches, after another decided"
                     : "does not match");
    json_array_foreach(json_object_get(rule, "conditions"), i, c)
        condition_put(c, 2, CONDITION_PLAIN, out);
}

void
test_put_why(const struct trial_case *c, struct buf *out)
{
    const json_t *trace = json_object_get(suite_decision(c), "trace"), *rule;
    size_t i;

    if (c->failure[0] != '\0')
        buf_addf(out, "%s\n", c->failure);
    put_differs(c, out);
    json_array_foreach(trace, i, rule)
    {
        if (names(c->matter, json_str_or(rule, "rule", "")))
            put_rule(rule, out);
    }
}

/* --- the command --- */

static bool
is_plain(const char *s)
{
    return *s != '\0' && *s != '-' &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789_./-:,+@%")] == '\0';
}

static void
put_quoted(const char *s, struct buf *out)
{
    buf_addc(out, ' ');
    if (is_plain(s)) {
        buf_adds(out, s);
        return;
    }
    buf_addc(out, '\'');
    for (; *s != '\0'; s++)
        if (*s == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *s);
    buf_addc(out, '\'');
}

void
test_put_command(const struct suite *s, const struct trial_case *c,
                 struct buf *out)
{
    const char *colon = strrchr(c->where, ':');
    char file[4096];

    buf_adds(out, "usher test");
    if (s->wishes->config != NULL) {
        buf_adds(out, " -c");
        put_quoted(s->wishes->config, out);
    }
    buf_adds(out, " --filter");
    put_quoted(c->name, out);
    snprintf(
        file, sizeof file, "%.*s",
        (int)(colon != NULL ? colon - c->where : (ptrdiff_t)strlen(c->where)),
        c->where);
    if (file[0] == '-')
        buf_adds(out, " --");
    put_quoted(file, out);
}
