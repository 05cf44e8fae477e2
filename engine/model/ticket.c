#include "model/ticket.h"

#include <string.h>

static bool
find(const char *const *names, size_t count, const char *s, size_t n,
     size_t *out)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == n && memcmp(names[i], s, n) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static const char *const statuses[TICKET_STATUS_COUNT] = {
    [TICKET_OPEN] = "open",       [TICKET_IN_PROGRESS] = "in_progress",
    [TICKET_WAITING] = "waiting", [TICKET_RESOLVED] = "resolved",
    [TICKET_CLOSED] = "closed",
};

const char *
ticket_status_name(enum ticket_status s)
{
    return s < TICKET_STATUS_COUNT ? statuses[s] : "?";
}

bool
ticket_status_from_name(const char *s, size_t n, enum ticket_status *out)
{
    size_t i;

    if (!find(statuses, TICKET_STATUS_COUNT, s, n, &i))
        return false;
    *out = (enum ticket_status)i;
    return true;
}

bool
ticket_move_expected(enum ticket_status from, enum ticket_status to)
{
    static const bool arcs[TICKET_STATUS_COUNT][TICKET_STATUS_COUNT] = {
        [TICKET_OPEN] = {[TICKET_IN_PROGRESS] = true, [TICKET_CLOSED] = true},
        [TICKET_IN_PROGRESS] = {[TICKET_WAITING] = true,
                                [TICKET_RESOLVED] = true,
                                [TICKET_CLOSED] = true},
        [TICKET_WAITING] =
            {[TICKET_IN_PROGRESS] = true, [TICKET_CLOSED] = true},
        [TICKET_RESOLVED] =
            {[TICKET_IN_PROGRESS] = true, [TICKET_CLOSED] = true},
        [TICKET_CLOSED] = {[TICKET_IN_PROGRESS] = true},
    };

    return from == to || arcs[from][to];
}

static const char *const handoff_states[HANDOFF_STATE_COUNT] = {
    [HANDOFF_OPENING] = "OPENING",     [HANDOFF_TICKETED] = "TICKETED",
    [HANDOFF_NOTIFIED] = "NOTIFIED",   [HANDOFF_AI_CLOSED] = "AI_CLOSED",
    [HANDOFF_RESOLVED] = "RESOLVED",   [HANDOFF_CSAT_SENT] = "CSAT_SENT",
    [HANDOFF_DONE] = "DONE",           [HANDOFF_HELD] = "HELD",
    [HANDOFF_ABANDONED] = "ABANDONED",
};

const char *
handoff_state_name(enum handoff_state s)
{
    return s < HANDOFF_STATE_COUNT ? handoff_states[s] : "?";
}

bool
handoff_state_from_name(const char *s, size_t n, enum handoff_state *out)
{
    size_t i;

    if (!find(handoff_states, HANDOFF_STATE_COUNT, s, n, &i))
        return false;
    *out = (enum handoff_state)i;
    return true;
}

/* Forward along the way; aside to HELD or ABANDONED from any open state, and
 * from HELD back to where the way goes on. */
bool
handoff_move_allowed(enum handoff_state from, enum handoff_state to)
{
    if (from == HANDOFF_DONE || from == HANDOFF_ABANDONED)
        return false;
    if (to == HANDOFF_HELD || to == HANDOFF_ABANDONED)
        return from != to;
    return from == HANDOFF_HELD || to > from;
}

static const char *const delivery_states[DELIVERY_STATE_COUNT] = {
    [DELIVERY_READY] = "READY",         [DELIVERY_LEASED] = "LEASED",
    [DELIVERY_UNCERTAIN] = "UNCERTAIN", [DELIVERY_RECONCILING] = "RECONCILING",
    [DELIVERY_DONE] = "DONE",           [DELIVERY_HELD] = "HELD",
    [DELIVERY_DEAD] = "DEAD",
};

const char *
delivery_state_name(enum delivery_state s)
{
    return s < DELIVERY_STATE_COUNT ? delivery_states[s] : "?";
}

bool
delivery_state_from_name(const char *s, size_t n, enum delivery_state *out)
{
    size_t i;

    if (!find(delivery_states, DELIVERY_STATE_COUNT, s, n, &i))
        return false;
    *out = (enum delivery_state)i;
    return true;
}

bool
delivery_move_allowed(enum delivery_state from, enum delivery_state to,
                      bool sent)
{
    switch (from) {
    case DELIVERY_READY:
        return to == DELIVERY_LEASED || to == DELIVERY_READY ||
               to == DELIVERY_HELD || to == DELIVERY_DEAD ||
               to == DELIVERY_DONE;
    case DELIVERY_LEASED:
        return to == DELIVERY_DONE || to == DELIVERY_UNCERTAIN ||
               to == DELIVERY_HELD || to == DELIVERY_DEAD ||
               (to == DELIVERY_READY && !sent);
    case DELIVERY_UNCERTAIN:
        return to == DELIVERY_RECONCILING || to == DELIVERY_UNCERTAIN ||
               to == DELIVERY_LEASED || to == DELIVERY_DONE ||
               to == DELIVERY_READY || to == DELIVERY_HELD ||
               to == DELIVERY_DEAD;
    case DELIVERY_RECONCILING:
        return to == DELIVERY_DONE || to == DELIVERY_READY ||
               to == DELIVERY_UNCERTAIN || to == DELIVERY_HELD;
    case DELIVERY_HELD:
    case DELIVERY_DEAD:
        return to == DELIVERY_READY || to == DELIVERY_UNCERTAIN;
    case DELIVERY_DONE:
    case DELIVERY_STATE_COUNT:
        break;
    }
    return false;
}

static const char *const delivery_kinds[DELIVER_KINDS] = {
    [DELIVER_PAUSE] = "pause",     [DELIVER_TICKET] = "ticket",
    [DELIVER_NOTICE] = "notice",   [DELIVER_CLOSE] = "close",
    [DELIVER_NOTIFY] = "notify",   [DELIVER_UPDATE] = "update",
    [DELIVER_MESSAGE] = "message",
};

const char *
delivery_kind_name(enum delivery_kind k)
{
    return k < DELIVER_KINDS ? delivery_kinds[k] : "?";
}

bool
delivery_kind_from_name(const char *s, size_t n, enum delivery_kind *out)
{
    size_t i;

    if (!find(delivery_kinds, DELIVER_KINDS, s, n, &i))
        return false;
    *out = (enum delivery_kind)i;
    return true;
}
