/*
 * backtest_walk: one recorded conversation under two policies, message by
 * message as `usher decide` walks it (walk.h): neither sees anything later
 * than its moment, each remembers only its own decisions, a rule that waits
 * comes when its time has run out, every moment is decided in a fresh state.
 * Policies of one hash are asked once.
 *
 * What budgets have left depends on the other conversations: a hand-over that
 * asks for it is a claim, and the walk ends there until somebody who knows
 * them all (backtest_budget.h) says what became of it.
 */
#ifndef FLOW_BACKTEST_WALK_H
#define FLOW_BACKTEST_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "flow/policy.h"
#include "flow/purse.h"
#include "model/decision.h"

struct arena;
struct config;
struct conversation;
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
struct pair_side;

/* How the walk ended under one policy: the first decision other than keep and
 * wait, else the last. */
struct verdict {
    struct decision decision;
    int64_t at;       /* the message it was made at; 0: there is none */
    int64_t at_ms;    /* 0: unknown */
    bool ended;       /* at the end of the conversation */
    bool waited;      /* when the time of a rule that waits had run out */
    int64_t position; /* of its moment: which of two comes first */
    struct policy_moment moment;
    const char *failure; /* why the fail-safe decided; or NULL */
};

/* A hand-over that asks for what budgets have left. */
struct claim {
    struct verdict verdict;    /* when it is granted */
    struct purse_answer is;    /* so far as is known; names of the decision's */
    bool asked;                /* what is decided when it is refused: */
    struct verdict *otherwise; /* this (NULL: nobody refused yet), or */
    struct claim *next;        /* later another claim; or NULL */
};

struct pair {
    const struct walk_ground *ground;
    struct arena *arena;
    const char *id;            /* of the conversation */
    int64_t started_at;        /* 0: unknown */
    bool running;              /* it has no end yet */
    struct conversation *conv; /* owned; NULL: shelved */
    char *text;                /* of the recording, owned; or NULL: */
    size_t text_n;
    json_t *recording; /* held as long as the text may be wanted */
    struct walk_moments *moments;
    struct pair_side *sides[SIDES];
    struct verdict verdict[SIDES]; /* see pair_verdict */
    bool explained;                /* pair_explain was called */
    json_t *trace[SIDES];          /* what it found, or NULL: */
    const char *untold[SIDES];     /* why it found nothing */
    size_t busy;
    void (*done)(void *arg, struct pair *p);
    void *arg;
};

typedef void pair_done(void *arg, struct pair *p);

/* Takes over the conversation that was made of the recording (text: the same as
 * it was read, where that is known; else it is held). done runs inside
 * pool_poll, exactly once. */
struct pair *pair_start(const struct walk_ground *ground, json_t *recording,
                        struct str text, struct conversation *conversation,
                        pair_done *done, void *arg);

/* Of a pair without claims, or that was settled. */
const struct verdict *pair_verdict(const struct pair *p, enum side side);

/* It has to wait for the others: as little of it as can be, until somebody
 * refuses a claim of it or wants to explain it. */
void pair_shelve(struct pair *p);
void pair_take_down(struct pair *p);

/* --- claims --- */

/* The first of this policy, or NULL. */
struct claim *pair_claim(const struct pair *p, enum side side);

/* claim->is refuses: ask what is decided then; done (pair_start's kind) runs
 * when nothing of the pair is out any more: then claim->asked is true. */
void pair_refuse(struct pair *p, enum side side, struct claim *claim,
                 pair_done *done, void *arg);

/* All claims are answered: what is in claim->is counts. */
void pair_settle(struct pair *p, enum side side);

/* --- why --- */

/* The message where the two first part: that of the earlier verdict. */
int64_t pair_parting_at(const struct pair *p);

/* Ask both to explain that moment; done runs inside pool_poll, exactly once,
 * with the traces in p. */
void pair_explain(struct pair *p, pair_done *done, void *arg);

void pair_free(struct pair *p); /* NULL is fine */

#endif
