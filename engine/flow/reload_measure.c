#include "flow/reload_measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/backtest_budget.h"
#include "flow/backtest_limits.h"
#include "flow/backtest_tally.h"
#include "flow/backtest_walk.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "model/conversation.h"

/* Walks under way at once: the worker is kept busy, and the loop reads few
 * recordings in a pass. */
#define WINDOW 8

struct measure {
    struct walk_ground ground;
    struct policy *policies[SIDES]; /* held */
    const char *path;
    struct recordings *recordings;
    struct tally *tally;
    struct ledger *ledger; /* of what budgets have left */
    struct limit limits[LIMITS];
    struct buf why;
    measure_done *done;
    void *arg;
    size_t left;    /* answers that are out */
    size_t started; /* conversations */
    bool ended;     /* nothing more to read */
    bool gone;      /* nobody wants to know any more */
};

static void go_on(struct measure *m);

/* One conversation: its number in the order of the recordings. */
struct walking {
    struct measure *measure;
    size_t number;
};

static void
on_walked(void *arg, struct pair *p)
{
    struct walking *w = arg;
    struct measure *m = w->measure;
    size_t number = w->number;

    free(w);
    m->left--;
    if (m->gone || !ledger_add(m->ledger, p, number, -1)) {
        if (!m->gone)
            tally_add(m->tally, p, number, -1, NULL);
        pair_free(p);
    }
    if (!m->gone)
        go_on(m);
    else
        measure_free(m);
}

static void
say_limits(struct measure *m)
{
    bool first = true;

    if (limits_kept(m->limits, m->tally))
        return;
    buf_addf(&m->why, "over %zu recorded conversations they change too much",
             m->tally->conversations);
    for (size_t i = 0; i < LIMITS; i++) {
        const struct limit *l = &m->limits[i];

        if (!l->exceeded)
            continue;
        buf_addf(&m->why, "%s %s %s instead of at most %s", first ? ":" : ",",
                 l->name, l->found, l->given);
        first = false;
    }
    buf_adds(&m->why, "; usher backtest shows which, usher reload --force "
                      "takes them all the same");
}

static void
finish(struct measure *m)
{
    if (m->tally->unreadable_count > 0)
        buf_addf(&m->why, "%s: %s: %s", m->path, m->tally->unreadables[0].place,
                 m->tally->unreadables[0].why);
    else if (m->tally->conversations == 0)
        buf_addf(&m->why, "%s: there is no conversation in it to test with",
                 m->path);
    else
        say_limits(m);
    m->done(m->arg, m->why.len > 0 ? buf_str(&m->why) : NULL);
}

/* Those that budgets decide about are known now. */
static void
on_settled(void *arg)
{
    struct measure *m = arg;
    struct pair *p;
    size_t number;
    int label;

    m->left--;
    if (m->gone) {
        measure_free(m);
        return;
    }
    for (size_t i = 0; (p = ledger_pair(m->ledger, i, &number, &label)) != NULL;
         i++)
        tally_add(m->tally, p, number, label, NULL);
    finish(m);
}

static void
start(struct measure *m, json_t *recording, struct conversation *c)
{
    struct walking *w = mem_zero(sizeof *w);

    w->measure = m;
    w->number = m->started++;
    m->left++;
    pair_start(&m->ground, recording, recordings_text(m->recordings), c,
               on_walked, w);
}

/* False: there is no more. */
static bool
start_next(struct measure *m)
{
    struct err e = {0};
    bool broken;
    json_t *recording = recordings_next(m->recordings, &broken, &e);
    struct conversation *c = NULL;

    if (recording == NULL && !broken)
        return false;
    if (recording != NULL)
        c = conversation_from_recording(recording, &e);
    if (c == NULL)
        tally_add_unreadable(m->tally, recordings_place(m->recordings), e.text);
    else
        start(m, recording, c);
    json_decref(recording);
    return true;
}

static void
go_on(struct measure *m)
{
    while (!m->ended && m->left < WINDOW)
        m->ended = m->started >= MEASURE_MAX || !start_next(m);
    if (m->left > 0)
        return;
    m->left++;
    ledger_settle(m->ledger, on_settled, m);
}

static void
set_limits(struct measure *m, const struct policy_options *o)
{
    m->limits[LIMIT_CHANGED].given = o->max_changed;
    m->limits[LIMIT_NEW].given = o->max_new;
    m->limits[LIMIT_LOST].given = o->max_lost;
}

struct measure *
measure_start(struct pool *pool, const struct config *config,
              struct policy *old, struct policy *next, measure_done *done,
              void *arg, struct err *e)
{
    struct measure *m = mem_zero(sizeof *m);

    m->ground = (struct walk_ground){
        .pool = pool, .config = config, .policy = {old, next}};
    m->policies[SIDE_OLD] = policy_hold(old);
    m->policies[SIDE_NEW] = policy_hold(next);
    m->path = config->policy.recordings;
    m->recordings = recordings_open(&m->path, 1);
    m->tally = tally_new(false, 0, NULL, NULL);
    m->ledger = ledger_new(&m->ground);
    m->done = done;
    m->arg = arg;
    set_limits(m, &config->policy);
    while (!m->ended && m->left < WINDOW)
        m->ended = !start_next(m);
    if (m->left > 0)
        return m;
    err_set(e, ERR_INPUT, "%s: there is no conversation in it to test with",
            m->path);
    if (m->tally->unreadable_count > 0)
        err_set(e, ERR_INPUT, "%s: %s", m->tally->unreadables[0].place,
                m->tally->unreadables[0].why);
    measure_free(m);
    return NULL;
}

void
measure_free(struct measure *m)
{
    if (m == NULL)
        return;
    m->gone = true;
    ledger_stop(m->ledger);
    if (m->left > 0)
        return;
    recordings_close(m->recordings);
    ledger_free(m->ledger);
    tally_free(m->tally);
    for (size_t i = 0; i < SIDES; i++)
        policy_release(m->policies[i]);
    buf_free(&m->why);
    free(m);
}
