/*
 * deliver: carries what was committed to the outside, once. A request is
 * built by the adapter, its bytes are kept together with the lease, and only
 * then it is sent. An outcome that is not known is looked up before anything
 * is sent again. Each destination has its own window, so that one that is
 * slow or down delays nobody else.
 */
#ifndef FLOW_DELIVER_H
#define FLOW_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
struct conversation;
struct deliver;
struct engine;
struct plan;
struct row_delivery;

struct deliver *deliver_new(struct engine *en);
struct engine *deliver_engine(const struct deliver *d);

/* The rows of this plan are on disk: carry them. */
void deliver_planned(struct deliver *d, const struct plan *p,
                     const struct conversation *c);

/* This row is on disk, and new: carry it. */
void deliver_row(struct deliver *d, const struct row_delivery *row);

/* Queue what the store holds open (start-up): what was being sent when the
 * process ended is uncertain, everything else is ready. */
int deliver_recover(struct deliver *d, struct err *e) MUST_CHECK;

/* A row was changed by an operator (retry): look at the store again. */
void deliver_refresh(struct deliver *d);

/* Run when a ticket for the hand-over is known, or with NULL when `ms` passed
 * first; once. For requests that wait for their ticket. */
void deliver_await(struct deliver *d, const char *hid, int64_t ms,
                   void (*fn)(void *arg, const char *ticket, const char *url),
                   void *arg);

/* A slot of a place's window for a request that is no delivery (follow.h), or
 * NULL: what is to be delivered needs them all, or the place is left alone for
 * now. Given back with what the answer meant. */
struct destination;
struct result;
struct destination *deliver_borrow(struct deliver *d, const char *name);
void deliver_give_back(struct destination *t, const struct result *r);

size_t deliver_running(const struct deliver *d); /* requests in flight */
size_t deliver_waiting(const struct deliver *d); /* known and not done */

/* Append {"name", "window", "running", "waiting", "open_until"} of each
 * destination as JSON members of an array. */
void deliver_destinations(const struct deliver *d, struct buf *out);

/* No new sends; what runs may end. */
void deliver_stop(struct deliver *d);

void deliver_free(struct deliver *d); /* NULL is fine */

#endif
