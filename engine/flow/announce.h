/*
 * announce: what the team is told besides hand-overs: that rules took
 * themselves back, that a budget is spent. The row of such a delivery carries
 * its whole notice, so that nothing has to be read to send it; it is kept,
 * tried again and sent once like any other.
 */
#ifndef FLOW_ANNOUNCE_H
#define FLOW_ANNOUNCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct db;
struct deliver;
struct engine;
struct row_delivery;

struct announcement {
    const char *type; /* "usher.policy.rolled_back" */
    /* Of what happened: of one key it is told once, whoever comes again. */
    const char *key;
    const char *hid, *conv; /* the hand-over it is about; NULL: none */
    /* As adapters are given it, beside `type` and `key`. For people: subject,
     * reason, group, priority, next_step, brief, ticket_id, ticket_url,
     * handoff_id, conversation_id, customer. For programs: details, whose
     * members are those of the event's data. */
    json_t *notice; /* borrowed */
};

/* A row for each notifier, in a, but for those that are told on request only
 * (when all are: for each, since somebody has to know); NULL: there is none. */
struct row_delivery *announce_rows(const struct engine *en, struct arena *a,
                                   const struct announcement *what,
                                   int64_t now_ms);

/* In the transaction of what happened, on the store's thread; and, when it is
 * committed, on the loop. */
int announce_write(struct db *d, const char *tenant, struct row_delivery *rows,
                   struct err *e) MUST_CHECK;
void announce_send(struct deliver *d, const struct row_delivery *rows);

/* The notice that a delivery's payload carries, borrowed; NULL: it is one of a
 * hand-over. */
json_t *announce_of(const json_t *payload);

/* Append it packed, as an adapter is given it; key: the delivery's. */
void announce_pack(json_t *notice, const char *key, struct buf *out);

#endif
