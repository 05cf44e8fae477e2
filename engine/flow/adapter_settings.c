#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "script/nearest.h"

/*
 * A part's settings against what its adapter declares: every name is known,
 * every need is there, every type fits.
 */

const char *
adapter_word(enum adapter_kind kind)
{
    static const char *const words[] = {
        [ADAPTER_SOURCE] = "source",
        [ADAPTER_HELPDESK] = "helpdesk",
        [ADAPTER_NOTIFIER] = "notifier",
    };

    return words[kind];
}

static const char *
json_kind(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_OBJECT:
    case JSON_ARRAY:
        return "table";
    case JSON_NULL:
        break;
    }
    return "nothing";
}

static int
check_need(const struct adapter *a, const char *key, struct str type,
           const json_t *values, struct err *e)
{
    const json_t *v = json_object_get(values, key);
    bool optional = type.len > 0 && type.p[type.len - 1] == '?';

    if (optional)
        type.len--;
    if (v == NULL)
        return optional ? 0
                        : err_set(e, ERR_INPUT, "%s: %s \"%s\" needs %s = %s",
                                  a->part->where, adapter_word(a->kind),
                                  a->part->name, key,
                                  str_is(type, "secret") ? "secret \"NAME\""
                                                         : "a value");
    if (str_is(type, "secret"))
        type = STR("string");
    if (str_is(type, "any") || str_is(type, json_kind(v)))
        return 0;
    return err_set(e, ERR_INPUT, "%s: %s of \"%s\" must be a %.*s, not a %s",
                   a->part->where, key, a->part->name, (int)type.len, type.p,
                   json_kind(v));
}

/* Settings of the engine's own, in every part. */
static const char *const common_settings[] = {
    "adapter",    "allow_private", "allow_plain", "ca_file",
    "window_max", "helpdesk",      "lag_s",       "url",
    "on_request", "at_once",       "as",          "follow",
};

static bool
is_setting(const struct value *needs, const char *key)
{
    for (size_t i = 0; i < sizeof common_settings / sizeof *common_settings;
         i++)
        if (strcmp(common_settings[i], key) == 0)
            return true;
    return value_get(needs, key) != NULL;
}

static void
nearest_setting(const struct value *needs, const char *key, char *out, size_t n)
{
    struct nearest near;

    out[0] = '\0';
    nearest_begin(&near, key, strlen(key));
    for (size_t i = 0; i < value_count(needs); i++) {
        struct str name;

        (void)value_member(needs, i, &name);
        nearest_try(&near, name.p, name.len);
    }
    if (near.best != NULL)
        snprintf(out, n, "; did you mean %.*s?", (int)near.best_n, near.best);
}

static int
check_settings(const struct adapter *a, const struct value *d,
               const json_t *values, struct err *e)
{
    const struct value *needs = value_get(d, "needs");
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        char hint[160];

        if (is_setting(needs, key))
            continue;
        nearest_setting(needs, key, hint, sizeof hint);
        return err_set(e, ERR_INPUT, "%s: %s \"%s\" has no setting %s%s",
                       a->part->where, adapter_word(a->kind), a->part->name,
                       key, hint);
    }
    return 0;
}

static int
check_needs(const struct adapter *a, const struct value *d,
            const json_t *values, struct err *e)
{
    const struct value *needs = value_get(d, "needs");

    for (size_t i = 0; i < value_count(needs); i++) {
        struct str key;
        const struct value *type = value_member(needs, i, &key);
        char name[128];

        snprintf(name, sizeof name, "%.*s", (int)key.len, key.p);
        if (check_need(a, name, value_str(type), values, e) != 0)
            return -1;
    }
    return 0;
}

int
adapter_check_settings(const struct adapter *a, const struct value *d,
                       const json_t *values, struct err *e)
{
    if (check_settings(a, d, values, e) != 0)
        return -1;
    return check_needs(a, d, values, e);
}
