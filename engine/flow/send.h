/*
 * send: one delivery's way: build, keep bytes and lease, send, understand the
 * answer, commit what it meant.
 */
#ifndef FLOW_SEND_H
#define FLOW_SEND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/decision.h"

struct delivery;
struct plan;

/* A decision that several deliveries share. */
struct handover {
    unsigned holders;
    struct arena *arena;
    long long number; /* decision n */
    struct decision decision;
    /* The conversation as write-back adapters see it, packed while it was at
     * hand; empty: to be read. */
    struct buf conversation;
};
struct handover *handover_new(long long number, struct str outcome);
struct handover *handover_hold(struct handover *h);
void handover_release(struct handover *h); /* NULL is fine */

/* Start it; it has a slot of its destination. Ends with exactly one of the
 * deliver_* calls below. */
void send_start(struct delivery *x);

/* --- the ends (deliver.c) --- */

/* The other side is done with it; what is left is our commit, for which nobody
 * there waits: its slot of the window goes to the next. One of the calls below
 * follows. */
void deliver_settles(struct delivery *x);

/* Done: followers start, who awaits the ticket is told. x is freed. */
void deliver_finished(struct delivery *x);

/* Not now: back into the queue at next_at. */
void deliver_later(struct delivery *x);

/* Set aside (held for a person, or given up): out of memory; what comes after
 * it waits in the store. x is freed. */
void deliver_parted(struct delivery *x);

/* Nothing was sent: the ticket it belongs to is not there yet (held for a
 * person). Behind the ticket's delivery when that one is on its way, else out
 * of memory: its row waits until an operator lets the ticket go on. */
void deliver_waits(struct delivery *x);

/* The ticket of a hand-over is known. */
void deliver_ticketed(struct delivery *x, const char *ticket, const char *url);

#endif
