/*
 * walk: a recorded conversation as it happened: a decision at every customer
 * message, at a hand-over signal and at the end; at each moment the rules see
 * nothing later than it. One that still runs has no end yet: its last moment
 * is all that was said so far.
 */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/decision.h"

struct arena;
struct config;
struct conversation;
struct policy;
struct pool;
struct walk;

/* How the walk ended: the first decision other than keep, else the last. */
typedef void walk_done(void *arg, struct walk *w);

/* How to walk; may be joined. */
enum {
    WALK_EXPLAIN = 1, /* with the trace of every rule and condition */
    WALK_RUNNING = 2  /* nothing has ended: see recordings_running */
};

struct walk {
    struct pool *pool;
    const struct policy *policy;
    const struct config *config; /* or NULL */
    struct conversation *conv;   /* owned */
    struct arena *arena;
    unsigned how;    /* WALK_... */
    int64_t only_at; /* decide at this message only; 0: walk */
    int64_t at;      /* message of the decision in hand; 0: before any */
    bool ended;      /* the decision in hand is the one at the end */
    bool last;       /* no moment comes behind the one in hand */
    struct decision decision;
    char failure[ERR_TEXT_MAX]; /* why the fail-safe decided; or empty */
    walk_done *done;
    void *arg;
};

/* Takes over the conversation; done runs inside pool_poll, exactly once. */
struct walk *walk_start(struct pool *pool, const struct policy *policy,
                        const struct config *config,
                        struct conversation *conversation, unsigned how,
                        int64_t only_at, walk_done *done, void *arg);

/* One decision only, with everything that the conversation holds, for an
 * event by name ("message.created") at now_ms (0: the last message's time). */
struct walk *walk_moment(struct pool *pool, const struct policy *policy,
                         const struct config *config,
                         struct conversation *conversation, const char *event,
                         int64_t now_ms, walk_done *done, void *arg);
void walk_free(struct walk *w); /* NULL is fine */

/* The next message to decide at behind message `at`; 0: the end is next. */
int64_t walk_next_moment(const struct conversation *c, int64_t at);

/* When message seq was said, or the last one before it whose time is known. */
int64_t walk_time_at(const struct conversation *c, int64_t seq);

#endif
