#include "model/sla.h"

#include <string.h>

#include "model/calendar.h"

const struct sla_row *
sla_tier(const struct sla *s, const char *tier)
{
    if (tier != NULL)
        for (size_t i = 0; i < s->tier_count; i++)
            if (strcmp(s->tiers[i].name, tier) == 0)
                return &s->tiers[i];
    return NULL;
}

bool
sla_span_given(const struct sla_span *s)
{
    return s->ms > 0 || s->days > 0;
}

int64_t
sla_due(const struct sla_span *span, const struct calendar *c, int64_t from_ms)
{
    int64_t due;

    if (!sla_span_given(span))
        return 0;
    if (c == NULL)
        c = &calendar_always;
    due = span->days > 0 ? calendar_add_days(c, from_ms, span->days)
                         : calendar_add_business(c, from_ms, span->ms);
    return due != CALENDAR_NEVER ? due : 0;
}

static const struct calendar *
calendar_of(const struct sla_row *row, const struct calendar *group)
{
    return row->calendar != NULL ? row->calendar : group;
}

static int64_t
sooner(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

int64_t
sla_response_due(const struct sla *s, const char *tier, enum priority priority,
                 const struct calendar *group, int64_t from_ms)
{
    const struct sla_row *by_tier = sla_tier(s, tier);
    const struct sla_row *by_priority =
        &s->priorities[priority != PRIORITY_NONE ? priority : PRIORITY_NORMAL];
    int64_t due = sla_due(&by_priority->first_response,
                          calendar_of(by_priority, group), from_ms);

    if (by_tier == NULL)
        return due;
    return sooner(due, sla_due(&by_tier->first_response,
                               calendar_of(by_tier, group), from_ms));
}

int64_t
sla_escalate_at(const struct sla_row *row, const struct calendar *group,
                int64_t asked_ms, int64_t wait_ms)
{
    struct sla_span span = row->escalate;
    const struct calendar *c = calendar_of(row, group);
    int64_t back = wait_ms + SLA_BUFFER_MS, at_ms;

    if (span.days == 0 && span.ms > 0) {
        /* Counted forward, so that it never falls into closed hours. */
        if (span.ms <= back)
            return asked_ms;
        span.ms -= back;
        return sla_due(&span, c, asked_ms);
    }
    at_ms = sla_due(&span, c, asked_ms);
    if (at_ms == 0)
        return 0;
    return at_ms - back > asked_ms ? at_ms - back : asked_ms;
}
