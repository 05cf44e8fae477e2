#include "cli/condition.h"

#include <stdbool.h>

#include "base/json.h"
#include "cli/out.h"

void
condition_put_value(const json_t *v, struct buf *out)
{
    if (v == NULL)
        buf_adds(out, "nothing");
    else if (json_is_string(v))
        buf_adds(out, json_string_value(v));
    else
        json_write(out, v);
}

static void
put_answer(bool pass, enum condition_style style, struct buf *out)
{
    const char *answer = pass ? "yes" : "no ";

    if (style == CONDITION_PLAIN)
        buf_adds(out, answer);
    else
        buf_addf(out, "%s%s%s", out_colour(pass ? COLOUR_GREEN : COLOUR_RED),
                 answer, out_colour(COLOUR_NONE));
}

void
condition_put(const json_t *c, int indent, enum condition_style style,
              struct buf *out)
{
    bool pass = json_is_true(json_object_get(c, "pass"));
    const json_t *value = json_object_get(c, "value"), *inner;
    const json_t *threshold = json_object_get(c, "threshold");
    const json_t *distance = json_object_get(c, "distance");
    size_t i;

    buf_addf(out, "%*s", indent, "");
    put_answer(pass, style, out);
    buf_addf(out, " %s", json_str_or(c, "expr", ""));
    if (json_is_true(json_object_get(c, "missing"))) {
        buf_adds(out, "  (missing)");
    } else if (value != NULL) {
        buf_adds(out, "  is ");
        condition_put_value(value, out);
    }
    if (threshold != NULL) {
        buf_addf(out, ", wants %s ", json_str_or(c, "op", ""));
        condition_put_value(threshold, out);
    }
    if (style == CONDITION_FULL && distance != NULL && !pass) {
        buf_adds(out, ", off by ");
        condition_put_value(distance, out);
    }
    buf_addc(out, '\n');
    json_array_foreach(json_object_get(c, "conditions"), i, inner)
        condition_put(inner, indent + 2, style, out);
}
