#include "flow/sweep.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "http/loop.h"
#include "store/db.h"
#include "store/sql_policy.h"
#include "store/store.h"

/* Rows of a page, and the pause behind it: the store's thread reads a page in
 * a few milliseconds, and is somebody else's for ten times as long. */
#define PAGE     2000
#define PAUSE_MS 50
/* A burst of reloads is swept once. */
#define BEGIN_MS 500

/* The tables whose rows name the rules they were made by, as they are walked:
 * in the order of their keys. */
static const char *const pages[] = {
    "SELECT policy_sha, conv, episode, n FROM decision WHERE tenant = $1 AND"
    " (conv, episode, n) > ($2, $3, $4) ORDER BY conv, episode, n LIMIT $5",
    "SELECT policy_sha, conv, episode, n FROM shadow WHERE tenant = $1 AND"
    " policy_sha = $6 AND (conv, episode, n) > ($2, $3, $4)"
    " ORDER BY conv, episode, n LIMIT $5",
};
enum {
    OF_DECISIONS,
    OF_SHADOW
};

struct sweep {
    struct engine *engine;
    struct loop_timer *timer;
    bool running, again, stopped;
    int64_t began_ms;
    struct map *spare; /* hashes: nothing was found to need them yet */
    /* where the walk of the decisions is */
    struct buf conv;
    int64_t episode, n;
    int rows; /* of the page */
};

/* --- on the store's thread --- */

static void
take_spare(void *arg, struct str hash)
{
    struct sweep *s = arg;
    struct buf key = {0};

    buf_add(&key, hash.p, hash.len);
    map_put(s->spare, buf_str(&key), s);
    buf_free(&key);
}

static void
clear_spare(struct sweep *s)
{
    map_free(s->spare);
    s->spare = map_new();
}

static int
run_spare(struct db *d, void *arg, struct err *e)
{
    struct sweep *s = arg;

    clear_spare(s);
    return sql_policy_spare(d, s->engine->config->tenant, SWEEP_KEEP,
                            s->began_ms, take_spare, s, e);
}

static int
take_used(void *arg, const struct db_row *r, struct err *e)
{
    struct sweep *s = arg;
    struct str hash = db_row_text(r, 0), conv = db_row_text(r, 1);
    struct buf key = {0};

    (void)e;
    s->rows++;
    buf_add(&key, hash.p, hash.len);
    map_remove(s->spare, buf_str(&key));
    buf_free(&key);
    buf_clear(&s->conv);
    buf_add(&s->conv, conv.p, conv.len);
    s->episode = db_row_int(r, 2);
    s->n = db_row_int(r, 3);
    return 0;
}

/* Run again after a roll-back it walks on from further on: what it saw stays
 * seen. */
static int
run_page(struct db *d, void *arg, struct err *e)
{
    struct sweep *s = arg;
    struct buf conv = {0};
    int rc;

    buf_add(&conv, s->conv.data, s->conv.len);
    s->rows = 0;
    rc = db_run(d, pages[OF_DECISIONS],
                DB_PARAMS(DB_T(s->engine->config->tenant), DB_T(buf_str(&conv)),
                          DB_I(s->episode), DB_I(s->n), DB_I(PAGE)),
                take_used, s, NULL, e);
    buf_free(&conv);
    return rc;
}

static int
take_any(void *arg, const struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)arg = true;
    return 0;
}

/* Shadow decisions begin with their rules' hash: one look each. */
static int
forget(struct db *d, const struct sweep *s, const char *hash, struct err *e)
{
    bool used = false;

    if (db_run(d, pages[OF_SHADOW],
               DB_PARAMS(DB_T(s->engine->config->tenant), DB_T(""), DB_I(0),
                         DB_I(0), DB_I(1), DB_T(hash)),
               take_any, &used, NULL, e) != 0)
        return -1;
    return used ? 0 : sql_policy_forget(d, hash, e);
}

struct forgetting {
    struct db *db;
    const struct sweep *sweep;
    struct err *e;
    int rc;
};

/* Spare still, and nothing was found to need it. */
static void
forget_spare(void *arg, struct str hash)
{
    struct forgetting *f = arg;
    struct buf key = {0};

    buf_add(&key, hash.p, hash.len);
    if (f->rc == 0 && map_get(f->sweep->spare, buf_str(&key)) != NULL)
        f->rc = forget(f->db, f->sweep, buf_str(&key), f->e);
    buf_free(&key);
}

static int
run_forget(struct db *d, void *arg, struct err *e)
{
    struct sweep *s = arg;
    struct forgetting f = {d, s, e, 0};

    if (sql_policy_spare(d, s->engine->config->tenant, SWEEP_KEEP, s->began_ms,
                         forget_spare, &f, e) != 0)
        return -1;
    return f.rc;
}

/* --- on the loop --- */

static void
go_on(struct sweep *s, store_run_fn *run, store_done_fn *done)
{
    if (!s->stopped)
        store_submit(s->engine->store, run, done, s);
}

static void
over(struct sweep *s, const struct err *e)
{
    s->running = false;
    if (e != NULL)
        log_failure(LOG_WARN, "policy.sweep_failed", NULL, NULL, e);
    if (s->again)
        sweep_ask(s);
}

static void
on_forgotten(void *arg, const struct err *e)
{
    struct sweep *s = arg;

    if (e == NULL)
        log_info("policy.swept",
                 LOG_INT("looked_at", (int64_t)map_count(s->spare)));
    over(s, e);
}

static void on_page(void *arg, const struct err *e);

static void
next_page(void *arg)
{
    struct sweep *s = arg;

    s->timer = NULL;
    go_on(s, run_page, on_page);
}

static void
on_page(void *arg, const struct err *e)
{
    struct sweep *s = arg;

    if (e != NULL || s->stopped || s->again || map_count(s->spare) == 0)
        over(s, e);
    else if (s->rows == PAGE)
        s->timer = loop_after(s->engine->loop, PAUSE_MS, next_page, s);
    else
        go_on(s, run_forget, on_forgotten);
}

static void
on_spare(void *arg, const struct err *e)
{
    struct sweep *s = arg;

    if (e != NULL || map_count(s->spare) == 0)
        over(s, e);
    else
        go_on(s, run_page, on_page);
}

/* What comes into force while it walks is younger than began_ms. */
static void
begin(void *arg)
{
    struct sweep *s = arg;

    s->timer = NULL;
    s->again = false;
    s->running = true;
    s->began_ms = clock_now_ms();
    buf_clear(&s->conv);
    s->episode = s->n = 0;
    go_on(s, run_spare, on_spare);
}

void
sweep_ask(struct sweep *s)
{
    s->again = s->running;
    if (s->running || s->stopped || s->timer != NULL)
        return;
    s->timer = loop_after(s->engine->loop, BEGIN_MS, begin, s);
}

struct sweep *
sweep_new(struct engine *en)
{
    struct sweep *s = mem_zero(sizeof *s);

    s->engine = en;
    s->spare = map_new();
    sweep_ask(s);
    return s;
}

void
sweep_stop(struct sweep *s)
{
    if (s == NULL || s->stopped)
        return;
    s->stopped = true;
    loop_cancel(s->timer);
    s->timer = NULL;
}

void
sweep_free(struct sweep *s)
{
    if (s == NULL)
        return;
    sweep_stop(s);
    map_free(s->spare);
    buf_free(&s->conv);
    free(s);
}
