/*
 * sla: by when a human is promised, by the customer's tier and by the
 * priority of the hand-over, in business time. Pure.
 */
#ifndef MODEL_SLA_H
#define MODEL_SLA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/decision.h"

struct calendar;

/* What is kept back of the time that is left before a human must take over,
 * beside the time the customer waits in the group's queue: the hand-over
 * itself takes a moment. */
#define SLA_BUFFER_MS 60000

/* A promised time: business time, or the closing time of a business day
 * ("1 business day": the end of the next day with hours). Both 0: none. */
struct sla_span {
    int64_t ms;
    int days;
};

struct sla_row {
    const char *name;               /* tier or priority */
    struct sla_span first_response; /* from the hand-over on */
    struct sla_span escalate; /* from the customer's first message on: the AI
                                 has it no longer than that; tiers only */
    const struct calendar *calendar; /* NULL: the group's */
};

struct sla {
    struct sla_row *tiers;
    size_t tier_count;
    struct sla_row priorities[PRIORITY_URGENT + 1];
};

/* NULL when nothing is promised to the tier (or tier is NULL). */
const struct sla_row *sla_tier(const struct sla *s, const char *tier);

bool sla_span_given(const struct sla_span *s);

/* When a span from from_ms on is over, on the calendar (NULL: always open). 0
 * when there is none, or the calendar never gets so far. */
int64_t sla_due(const struct sla_span *span, const struct calendar *c,
                int64_t from_ms);

/* By when a human must have answered a hand-over made at from_ms: the sooner
 * of what is promised to the tier and to the priority (PRIORITY_NONE counts
 * as normal). A row without a calendar counts on the group's (NULL: always
 * open). 0: nothing is promised. */
int64_t sla_response_due(const struct sla *s, const char *tier,
                         enum priority priority, const struct calendar *group,
                         int64_t from_ms);

/* When the AI must give up: the escalation limit of the row from asked_ms on,
 * less the wait in the queue and SLA_BUFFER_MS of business time; not before
 * asked_ms. 0: the row has no limit. */
int64_t sla_escalate_at(const struct sla_row *row, const struct calendar *group,
                        int64_t asked_ms, int64_t wait_ms);

#endif
