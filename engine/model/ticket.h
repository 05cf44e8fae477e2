/*
 * ticket: the record in a helpdesk, its canonical life cycle, and the
 * hand-over that makes it: the state machine of a delivery's way.
 */
#ifndef MODEL_TICKET_H
#define MODEL_TICKET_H

#include <stdbool.h>
#include <stddef.h>

enum ticket_status {
    TICKET_OPEN,
    TICKET_IN_PROGRESS,
    TICKET_WAITING,
    TICKET_RESOLVED,
    TICKET_CLOSED,
    TICKET_STATUS_COUNT
};
const char *ticket_status_name(enum ticket_status s);
bool ticket_status_from_name(const char *s, size_t n, enum ticket_status *out);

/* True for the expected moves (data-model E7); any other move is accepted
 * from the helpdesk and counted as unexpected. */
bool ticket_move_expected(enum ticket_status from, enum ticket_status to);

enum handoff_state {
    HANDOFF_OPENING,
    HANDOFF_TICKETED,
    HANDOFF_NOTIFIED,
    HANDOFF_AI_CLOSED,
    HANDOFF_RESOLVED,
    HANDOFF_CSAT_SENT,
    HANDOFF_DONE,
    HANDOFF_HELD,
    HANDOFF_ABANDONED,
    HANDOFF_STATE_COUNT
};
const char *handoff_state_name(enum handoff_state s);
bool handoff_state_from_name(const char *s, size_t n, enum handoff_state *out);
bool handoff_move_allowed(enum handoff_state from, enum handoff_state to);

enum delivery_state {
    DELIVERY_READY,
    DELIVERY_LEASED,
    DELIVERY_UNCERTAIN,
    DELIVERY_RECONCILING,
    DELIVERY_DONE,
    DELIVERY_HELD,
    DELIVERY_DEAD,
    DELIVERY_STATE_COUNT
};
const char *delivery_state_name(enum delivery_state s); /* "READY", ... */
bool delivery_state_from_name(const char *s, size_t n,
                              enum delivery_state *out);

/* The only arcs (reliability §5). LEASED -> READY is not one of them after
 * the bytes were sent: the caller says whether first_sent is set. */
bool delivery_move_allowed(enum delivery_state from, enum delivery_state to,
                           bool sent);

/* What a delivery is for. */
enum delivery_kind {
    DELIVER_PAUSE,   /* tell the source's AI to stop; unchained */
    DELIVER_TICKET,  /* a helpdesk step: "create", "note", ... */
    DELIVER_NOTICE,  /* tell the customer */
    DELIVER_CLOSE,   /* close the AI session */
    DELIVER_NOTIFY,  /* tell the team */
    DELIVER_UPDATE,  /* a later change of the ticket (append) */
    DELIVER_MESSAGE, /* an offer, a question, an information to the customer */
    DELIVER_KINDS
};
const char *delivery_kind_name(enum delivery_kind k); /* "ticket", ... */
bool delivery_kind_from_name(const char *s, size_t n, enum delivery_kind *out);

#endif
