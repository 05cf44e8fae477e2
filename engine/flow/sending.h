/*
 * sending: the state of one attempt to deliver, shared by build.c (ask the
 * adapter for the request), send.c (send it, understand the answer), send_end.c
 * (commit what it meant), send_again.c (whether it may be repeated) and
 * lookup.c (find out what became of an earlier attempt).
 */
#ifndef FLOW_SENDING_H
#define FLOW_SENDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "flow/rows.h"
#include "http/client.h"
#include "model/outbound.h"
#include "model/ticket.h"

struct conversation;
struct delivery;
struct engine;

#define SENDING_MARKS 4

struct sending {
    struct row_step step; /* first: the store's callbacks get it as both */
    struct row_context context;
    struct engine *engine;
    struct delivery *x;
    struct arena *arena;
    struct conversation *conv; /* pinned */
    json_t *payload;
    struct buf ticket;            /* t, packed for the adapter */
    struct buf text, brief, full; /* what the marks stand for */
    struct outbound_mark marks[SENDING_MARKS];
    size_t mark_count;
    const struct value *saved; /* a rebuild's, or NULL */
    struct outbound out;
    struct buf frozen;
    int http;
    int64_t started_ms;
    bool sent;         /* bytes may have reached the other side */
    bool looking;      /* this is a look-up, not the request itself */
    bool looked_there; /* not in the ticket it was to go on in */
    int questions;     /* that the adapter asked in this look-up */
    enum delivery_state next_state;
};

/* build.c: make the request (or take the kept bytes), then send_lease. */
void build_start(struct sending *s);
/* The conversation as write-back adapters see it. */
void build_pack_conversation(const struct conversation *c, const char *group,
                             struct buf *out);
void send_rebuild(struct sending *s, const struct value *saved);
/* Fill s->ticket and the marks for the adapter. */
void build_ticket(struct sending *s);
/* A note in a ticket that its conversation is only counted with. */
bool send_is_link(const struct sending *s);
/* A hand-over that goes on in a ticket there is. */
bool send_is_append(const struct sending *s);

/* lookup.c: the outcome of an earlier attempt is not known. */
void lookup_start(struct sending *s);
void send_look_result(struct sending *s, const struct result *r);
void send_ask_look(struct sending *s, const struct client_response *r);

/* mail.c: send s->out as a mail. */
int mail_send(struct sending *s, client_done *done, struct err *e) MUST_CHECK;

/* send_again.c */
/* The other side knows the same bytes again: they may be sent once more. */
bool send_knows_again(const struct sending *s);
/* An attempt with an unknown end may be made once more without a question. */
bool send_may_repeat(const struct sending *s);
/* It can be asked what became of an attempt. */
bool send_can_look(const struct sending *s);

/* send.c */
void send_lease(struct sending *s, bool keep_bytes);
void send_transmit(struct sending *s);
void send_pack_response(const struct client_response *r, struct buf *out);
void send_pack_saved(const struct sending *s, struct buf *out);

/* --- send_end.c: how an attempt ends; each commits it and frees s --- */

void send_done(struct sending *s, const struct result *r);
/* Once more, when its time comes; or given up, when there is none left. */
void send_retry(struct sending *s, const char *class, const char *why,
                int64_t after_s);
/* Nobody knows what became of it. */
void send_unknown(struct sending *s, const char *why);
/* For good: what nobody may miss is held for a person, the rest is given up. */
void send_refused(struct sending *s, const char *class, const char *why);
/* Nothing was sent, since the adapter failed. */
void send_unready(struct sending *s, const char *class, const char *why);
void send_state(struct sending *s, enum delivery_state state, const char *class,
                const char *why, int64_t next_at);
void send_waits(struct sending *s); /* for its ticket; see deliver_waits */
/* The store could not take the result: what is true stands in the row. Come
 * back; a result that is lost makes the row uncertain, never ready. */
void send_store_failed(struct sending *s, const struct err *e);

/* What a commit has to know of it. */
void send_fill_step(struct sending *s, const char *class, const char *why);
uint64_t send_random(void);

#endif
