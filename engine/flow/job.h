/*
 * job: one event on its way from the request to the commit that applies it.
 * Everything derived from the event lives in the job's arena and dies with
 * it.
 */
#ifndef FLOW_JOB_H
#define FLOW_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "flow/purse.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/event.h"

struct adapter;
struct batch;
struct engine;
struct plan;
struct policy;
struct row_ticket_due;
struct turn;

struct job {
    struct engine *engine;
    struct arena *arena;
    struct job *next; /* in its lane */
    const struct adapter *source;
    const char *ekey;    /* unique with the source */
    const char *native;  /* the conversation's native id */
    const char *conv_id; /* "<source>:<native>" */
    const char *key_id;  /* which secret verified it */
    int shard;
    int64_t received_ms;
    int tries;           /* from 1; more after a crash or a failure */
    struct buf event;    /* the event's JSON as MessagePack; empty when it
                            has to be read from the journal again */
    struct buf headers;  /* packed map of the request's headers */
    struct buf sealed;   /* body for the journal row, until it is kept */
    struct batch *batch; /* the request that waits for this event, or NULL */
    struct turn *turn;   /* the request whose answer is what is said; or NULL */
    struct buf said;     /* in that answer, as JSON; empty: nothing */
    uint64_t asker;      /* POST /v1/escalations that waits for the outcome */
    int64_t wait_ms;     /* how long it waits for the ticket */
    /* timer.fired: which arming of the conversation's timer; 0: an event from
     * outside. It has no row in the journal: the timer's own stays SET until
     * what came of it is committed. */
    int64_t timer;
    const char *timer_rule; /* that waited, since when, until when */
    int64_t timer_since, timer_due;
    /* A ticket whose time has come (lifecycle.h), or NULL: the same. */
    const struct row_ticket_due *due;
    bool in_turn;       /* somebody waited as the rules were asked */
    bool urgent;        /* ahead of what waits in its lane */
    bool journaled;     /* its row is on disk */
    bool reading, read; /* the adapter is asked; has answered */
    bool at_head;       /* of its lane: waits for nothing but the adapter */
    bool failed;        /* set aside: error says why; handed to a human */
    bool lost;          /* the store could not take it: answered 503 */
    bool repeated;      /* the row was there already */
    bool knows_returns; /* the customer's tickets were looked up */
    bool begins;        /* its conversation is compared from here on */
    /* Written by the store's thread, read once the row is kept: */
    bool row_repeated;
    bool conv_new;         /* the store had no such conversation then */
    struct buf seen;       /* the conversation as the rules were asked */
    struct buf old_answer; /* why the first one was refused; or empty */
    bool refused;          /* the adapter refused the body: text in error */
    struct err error;
    struct event *events;
    size_t event_count;
    struct conversation *conv; /* pinned while the job applies */
    struct conversation_change change;
    int64_t decided_at_ms;
    json_t *availability; /* of teams, as the rules were told; or NULL */
    const char *token;    /* the bucket that gave it one; or NULL */
    const char *budget;   /* that had no token for it; or NULL */
    struct purse_answer budget_said;
    double budget_level;
    struct policy *policy; /* that was asked: held; or NULL */
    int64_t cpu_us;        /* what the asking cost */
    /* What a draft in shadow will be asked: held, and packed; or NULL. */
    struct policy *shadow;
    struct buf shadow_args, shadow_facts;
    int64_t shadow_messages;
    const char *shadow_event;
    struct decision decision;
    bool decided;
    bool begun; /* counted as a conversation that begins: budgets.h */
    struct plan *plan;
};

/* Made by the engine itself: no row in the journal. */
static inline bool
job_is_own(const struct job *j)
{
    return j->timer != 0 || j->due != NULL;
}

/* A job with its own arena, tries = 1. Defined in decide.c. */
struct job *job_new(struct engine *en);
void job_free(struct job *j); /* NULL is fine */

#endif
