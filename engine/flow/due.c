#include "flow/due.h"

#include <string.h>

#include "flow/config.h"
#include "model/calendar.h"
#include "model/conversation.h"
#include "model/decision.h"

int64_t
due_asked_ms(const struct conversation *c, int64_t now_ms)
{
    size_t first = c->episode_first_seq > 0 ? (size_t)c->episode_first_seq : 1;

    for (size_t i = first - 1; i < c->message_count; i++) {
        const struct message *m = c->messages[i];
        int64_t at_ms = message_came_at(c, m);

        if (m->role == ROLE_CUSTOMER && !m->auto_reply && at_ms > 0)
            return at_ms < now_ms ? at_ms : now_ms;
    }
    return now_ms;
}

static int64_t
next_open(const struct calendar *c, int64_t now_ms)
{
    int64_t at = calendar_next_open(c != NULL ? c : &calendar_always, now_ms);

    return at != CALENDAR_NEVER ? at : 0;
}

static int64_t
give_up_at(const struct config *config, const struct conversation *c,
           const struct config_group *g, int64_t now_ms)
{
    const struct sla_row *row = sla_tier(&config->sla, c->customer.tier);

    if (row == NULL)
        return 0;
    return sla_escalate_at(row, g != NULL ? g->calendar : NULL,
                           due_asked_ms(c, now_ms),
                           g != NULL ? g->expected_wait_ms : 0);
}

void
due_set(const struct config *config, const struct conversation *c,
        int64_t now_ms, struct decision *d)
{
    const struct config_group *g = config_group(config, d->group);
    const struct calendar *calendar = g != NULL ? g->calendar : NULL;

    d->due_at_ms = sla_response_due(&config->sla, c->customer.tier, d->priority,
                                    calendar, now_ms);
    if (d->timing == NULL || d->at_ms != 0)
        return;
    if (strcmp(d->timing, "next_open") == 0)
        d->at_ms = next_open(calendar, now_ms);
    else if (strcmp(d->timing, "sla") == 0)
        d->at_ms = give_up_at(config, c, g, now_ms);
}
