/*
 * history: what was said and decided, read back: pages of conversations and of
 * decisions, and of one decision everything that it was made of, so that it
 * can be made again. The admin listener answers with it, and the command line
 * reads a store with it.
 *
 * The run_* functions are as those of rows.h: on the store's thread, or with a
 * database of their own that only reads (db_driver.open_read).
 */
#ifndef FLOW_HISTORY_H
#define FLOW_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct db;

#define HISTORY_CONVERSATIONS 50 /* of a page; the store's thread waits */
#define HISTORY_DECISIONS     1000
#define HISTORY_HANDOFFS      100

struct history_query {
    const char *tenant;
    const char *key;   /* inputs, policy: the id; pages: begin behind it */
    int64_t since_ms;  /* pages: what happened then or later; 0: all */
    int limit;         /* pages */
    bool found;        /* result: there is such an id */
    struct buf json;   /* result: an object, or the items of an array */
    struct buf behind; /* result: key of the next page; empty: no more */
};

/* Conversations with their messages, as conversation_json, by id. A page ends
 * early when it has become long. */
int run_history_conversations(struct db *d, void *arg, struct err *e);

/* Decisions in short: {id, conversation, episode, n, at, action, rule,
 * held_back_by (the budget)}, by id. */
int run_history_decisions(struct db *d, void *arg, struct err *e);

/* Hand-overs by id: {id, conversation, episode, n, at, rule, reason, group,
 * priority, tags, label, closed_at (the ticket, or the conversation, was; by
 * now), first_human_at, reopens, unassigned_at (of its ticket, as far as they
 * are known), human_replied (in the chat since, or there), said_after (what the
 * customer said since, up to a human's first word; the first few)}. */
int run_history_handoffs(struct db *d, void *arg, struct err *e);

/* Of the decision "<conversation>/<episode>/<n>": {tenant, conversation,
 * source, episode, n, at_ms, policy_hash, upto_ord (of the newest message it
 * saw), prefix_hash, facts, result, row (the conversation's as it is now),
 * handed_over_n (the decision that handed this episode over), earlier (results
 * before it in its episode that left something to remember), messages: [{key,
 * ord, row}], all there are now}. */
int run_history_inputs(struct db *d, void *arg, struct err *e);

/* Before a decision's id, for run_history_inputs: what the draft decided beside
 * it (shadow.h). No source's name has a slash in it. */
#define HISTORY_SHADOW "shadow/"

/* The kept files of the rules with this hash (policy_from_kept). */
int run_history_policy(struct db *d, void *arg, struct err *e);

/* Split "<conversation>/<episode>/<n>"; the conversation's id may hold slashes
 * itself. False when it is none. */
bool history_split(const char *id, struct buf *conversation, uint64_t *episode,
                   uint64_t *n);

#endif
