#include "flow/budgets.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/plan.h"
#include "flow/policy.h"
#include "store/db.h"
#include "store/store.h"

#define MINUTE_MS 60000LL
/* Of one day: minutes by names that were handed over to, or by. */
#define COUNTS_MAX 1000000

struct budgets {
    struct engine *engine;
    struct purse *purse;
    struct arena *names; /* while they are read */
    int64_t now_ms;
};

/* --- reading --- */

static const char *
text_of(struct budgets *b, const struct db_row *r, int column)
{
    struct str s = db_row_text(r, column);

    return arena_dup(b->names, s.p != NULL ? s.p : "", s.len);
}

static int
take_bucket(void *arg, const struct db_row *r, struct err *e)
{
    struct budgets *b = arg;

    (void)e;
    purse_put_bucket(b->purse, text_of(b, r, 0),
                     (double)db_row_int(r, 1) / 1000.0, db_row_int(r, 2));
    return 0;
}

static int
take_count(void *arg, const struct db_row *r, struct err *e)
{
    struct budgets *b = arg;
    enum purse_count what = purse_count_from_name(text_of(b, r, 0));

    (void)e;
    if (what < PURSE_COUNTS)
        purse_add(b->purse, what, text_of(b, r, 1),
                  db_row_int(r, 2) * MINUTE_MS, db_row_int(r, 3));
    return 0;
}

static int
run_load(struct db *d, void *arg, struct err *e)
{
    struct budgets *b = arg;
    const char *tenant = b->engine->config->tenant;
    int64_t day_ago = (b->now_ms - PURSE_WITHIN_MAX_MS) / MINUTE_MS;

    if (db_run(d, "SELECT name, level_milli, at FROM budget WHERE tenant = $1",
               DB_PARAMS(DB_T(tenant)), take_bucket, b, NULL, e) != 0)
        return -1;
    if (db_run(d, "DELETE FROM traffic WHERE tenant = $1 AND minute < $2",
               DB_PARAMS(DB_T(tenant), DB_I(day_ago)), NULL, NULL, NULL,
               e) != 0)
        return -1;
    return db_run(d,
                  "SELECT what, name, minute, n FROM traffic WHERE tenant = $1"
                  " ORDER BY minute, what, name LIMIT $2",
                  DB_PARAMS(DB_T(tenant), DB_I(COUNTS_MAX)), take_count, b,
                  NULL, e);
}

struct budgets *
budgets_new(struct engine *en, struct err *e)
{
    struct budgets *b = mem_zero(sizeof *b);
    int rc;

    b->engine = en;
    b->purse = purse_new();
    b->names = arena_new(0);
    b->now_ms = clock_now_ms();
    rc = store_wait(en->store, run_load, b, e);
    arena_free(b->names);
    b->names = NULL;
    if (rc == 0)
        return b;
    budgets_free(b);
    return NULL;
}

void
budgets_free(struct budgets *b)
{
    if (b == NULL)
        return;
    purse_free(b->purse);
    arena_free(b->names);
    free(b);
}

struct purse *
budgets_purse(struct budgets *b)
{
    return b->purse;
}

/* --- a job's way --- */

bool
budgets_take(struct budgets *b, struct job *j)
{
    struct purse_answer a =
        purse_take(b->purse, j->decision.budget, j->decided_at_ms);

    j->budget_level = a.level;
    if (a.token != NULL)
        j->token = arena_str(j->arena, a.token);
    if (a.refused == NULL)
        return true;
    j->budget = arena_str(j->arena, a.refused);
    j->budget_said = a;
    j->budget_said.refused = j->budget;
    return false;
}

void
budgets_begin(struct budgets *b, struct job *j)
{
    j->begun = (j->conv->revision == 0 || j->change.reopened) &&
               policy_counts_sessions(j->engine->policy);
    if (j->begun)
        purse_add(b->purse, PURSE_BEGUN, "", j->received_ms, 1);
}

static void
add_counted(struct budgets *b, const struct plan *p, int64_t n)
{
    if (p->held_back_by != NULL)
        purse_add(b->purse, PURSE_REFUSED, p->held_back_by, p->counted_at_ms,
                  n);
    if (p->counts_alert)
        purse_add(b->purse, PURSE_ALERTED, p->held_back_by, p->counted_at_ms,
                  n);
    if (!p->counts_handed)
        return;
    purse_add(b->purse, PURSE_HANDED, p->counted_group, p->counted_at_ms, n);
    purse_add(b->purse, PURSE_BY_RULE, p->counted_rule, p->counted_at_ms, n);
}

void
budgets_count(struct budgets *b, struct job *j, struct plan *p)
{
    p->begun_at_ms = j->begun ? j->received_ms : 0;
    p->counts_handed = p->opens_handoff;
    p->keeps_handed = p->opens_handoff && policy_counts_sessions(j->policy);
    p->counted_at_ms = j->decided_at_ms;
    p->counted_group = j->decision.group != NULL ? j->decision.group : "";
    p->counted_rule = j->decision.rule != NULL ? j->decision.rule : "";
    add_counted(b, p, 1);
}

void
budgets_undo(struct budgets *b, struct job *j)
{
    if (j->token != NULL)
        purse_give(b->purse, j->token);
    if (j->plan != NULL)
        add_counted(b, j->plan, -1);
    if (j->begun)
        purse_add(b->purse, PURSE_BEGUN, "", j->received_ms, -1);
    j->begun = false;
    j->token = NULL;
    j->plan = NULL;
}

/* --- writing --- */

static int
count_one(struct db *d, const struct plan *p, int64_t at_ms,
          enum purse_count what, const char *name, struct err *e)
{
    return db_run(d,
                  "INSERT INTO traffic (tenant, minute, what, name, n) VALUES"
                  " ($1, $2, $3, $4, 1) ON CONFLICT (tenant, minute, what,"
                  " name) DO UPDATE SET n = traffic.n + 1",
                  DB_PARAMS(DB_T(p->tenant), DB_I(at_ms / MINUTE_MS),
                            DB_T(purse_count_name(what)), DB_T(name)),
                  NULL, NULL, NULL, e);
}

int
rows_put_budget(struct db *d, const struct plan *p, struct err *e)
{
    if (p->budget != NULL &&
        db_run(d,
               "INSERT INTO budget (tenant, name, level_milli, at) VALUES"
               " ($1, $2, $3, $4) ON CONFLICT (tenant, name) DO UPDATE SET"
               " level_milli = excluded.level_milli, at = excluded.at",
               DB_PARAMS(DB_T(p->tenant), DB_T(p->budget),
                         DB_I(llround(p->budget_level * 1000.0)),
                         DB_I(p->at_ms)),
               NULL, NULL, NULL, e) != 0)
        return -1;
    if (p->begun_at_ms > 0 &&
        count_one(d, p, p->begun_at_ms, PURSE_BEGUN, "", e) != 0)
        return -1;
    if (p->held_back_by != NULL &&
        count_one(d, p, p->counted_at_ms, PURSE_REFUSED, p->held_back_by, e) !=
            0)
        return -1;
    if (p->counts_alert && count_one(d, p, p->counted_at_ms, PURSE_ALERTED,
                                     p->held_back_by, e) != 0)
        return -1;
    if (!p->keeps_handed)
        return 0;
    if (count_one(d, p, p->counted_at_ms, PURSE_HANDED, p->counted_group, e) !=
        0)
        return -1;
    return count_one(d, p, p->counted_at_ms, PURSE_BY_RULE, p->counted_rule, e);
}
