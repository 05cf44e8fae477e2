/*
 * backtest_walk: one recorded conversation under two policies, message by
 * message as `usher decide` walks it (walk.h): neither sees anything later
 * than its moment, each remembers only its own decisions, every moment is
 * decided in a fresh state. Policies of one hash are asked once.
 */
#ifndef FLOW_BACKTEST_WALK_H
#define FLOW_BACKTEST_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/decision.h"

struct arena;
struct config;
struct conversation;
struct policy;
struct pool;

enum side {
    SIDE_OLD,
    SIDE_NEW,
    SIDES
};

/* What all walks share. */
struct walk_ground {
    struct pool *pool;
    const struct config *config; /* or NULL */
    const struct policy *policy[SIDES];
    bool same; /* the two are one */
};

struct walk_moments;

/* How the walk ended under one policy: the first decision other than keep,
 * else the last. */
struct verdict {
    struct decision decision;
    int64_t at;    /* the message it was made at; 0: there is none */
    int64_t at_ms; /* 0: unknown */
    size_t moment; /* its number */
    bool ended;    /* at the end of the conversation */
    char failure[ERR_TEXT_MAX]; /* why the fail-safe decided; or empty */
};

struct pair;
typedef void pair_done(void *arg, struct pair *p);

struct pair {
    const struct walk_ground *ground;
    struct arena *arena;
    struct conversation *conv; /* owned */
    struct walk_moments *moments;
    struct pair_side *sides[SIDES];
    struct verdict verdict[SIDES]; /* see pair_verdict */
    json_t *trace[SIDES];          /* what pair_explain found, or NULL */
    size_t busy;
    pair_done *done;
    void *arg;
};

/* Takes over the conversation (running: it has no end yet). done runs inside
 * pool_poll, exactly once. */
struct pair *pair_start(const struct walk_ground *ground,
                        struct conversation *conversation, bool running,
                        pair_done *done, void *arg);

const struct verdict *pair_verdict(const struct pair *p, enum side side);

/* The message where the two first part: that of the earlier verdict. */
int64_t pair_parting_at(const struct pair *p);

/* Ask both to explain that moment; done runs inside pool_poll, exactly once,
 * with the traces in p. */
void pair_explain(struct pair *p, pair_done *done, void *arg);

void pair_free(struct pair *p); /* NULL is fine */

#endif
