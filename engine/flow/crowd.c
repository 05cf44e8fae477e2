#include "flow/crowd.h"

#include "model/decision.h"

struct span {
    int64_t count, from_ms, to_ms;
};

static struct span
span_of(const json_t *others, const char *member, int64_t now_ms)
{
    struct span s = {
        .count = json_integer_value(json_object_get(others, member)),
        .from_ms = json_integer_value(json_object_get(others, "from_ms")),
        .to_ms = json_integer_value(json_object_get(others, "to_ms")),
    };

    if (s.to_ms <= 0 || s.to_ms > now_ms)
        s.to_ms = now_ms;
    if (s.from_ms <= 0 || s.from_ms > s.to_ms)
        s.from_ms = s.to_ms;
    return s;
}

/* The first at the beginning, the last at the end. */
static int64_t
time_of(const struct span *s, int64_t i)
{
    return s->count > 1
               ? s->from_ms + (s->to_ms - s->from_ms) * i / (s->count - 1)
               : s->to_ms;
}

struct purse_answer
crowd_take(const json_t *others, const struct decision *d, int64_t now_ms)
{
    struct purse *p = purse_new();
    struct span handed, begun;
    struct purse_answer a;

    if (now_ms <= 0) /* nobody says when: then all is at one moment */
        now_ms = PURSE_WITHIN_MAX_MS;
    handed = span_of(others, "handed_over", now_ms);
    begun = span_of(others, "conversations", now_ms);
    /* Tokens alone: what they were a share of then, nobody says. */
    for (int64_t i = 0; i < handed.count; i++)
        (void)purse_take_token(p, d->budget, time_of(&handed, i));
    for (int64_t i = 0; i < handed.count; i++)
        purse_add(p, PURSE_HANDED, d->group, time_of(&handed, i), 1);
    for (int64_t i = 0; i < begun.count; i++)
        purse_add(p, PURSE_BEGUN, "", time_of(&begun, i), 1);
    purse_add(p, PURSE_BEGUN, "", now_ms, 1);
    a = purse_take(p, d->budget, now_ms);
    purse_free(p);
    return a;
}
