#include "flow/budgets.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "store/db.h"
#include "store/store.h"

#define HOUR_MS 3600000.0

struct bucket {
    double level;
    int64_t at;
};

struct budgets {
    struct engine *engine;
    struct map *by_name;
};

static struct bucket *
bucket_new(struct budgets *b, const char *name, double level, int64_t at)
{
    struct bucket *one = mem_zero(sizeof *one);

    one->level = level;
    one->at = at;
    map_put(b->by_name, name, one);
    return one;
}

static int
take_row(void *arg, const struct db_row *r, struct err *e)
{
    struct str name = db_row_text(r, 0);
    struct arena *a = arena_new(128);

    (void)e;
    bucket_new(arg, arena_dup(a, name.p, name.len),
               (double)db_row_int(r, 1) / 1000.0, db_row_int(r, 2));
    arena_free(a);
    return 0;
}

static int
run_load(struct db *d, void *arg, struct err *e)
{
    struct budgets *b = arg;

    return db_run(
        d, "SELECT name, level_milli, at FROM budget WHERE tenant = $1",
        DB_PARAMS(DB_T(b->engine->config->tenant)), take_row, b, NULL, e);
}

struct budgets *
budgets_new(struct engine *en, struct err *e)
{
    struct budgets *b = mem_zero(sizeof *b);

    b->engine = en;
    b->by_name = map_new();
    if (store_wait(en->store, run_load, b, e) == 0)
        return b;
    budgets_free(b);
    return NULL;
}

static void
refill(struct bucket *one, const struct budget *of, int64_t now_ms)
{
    /* A clock that was set back fills nothing. */
    if (now_ms > one->at)
        one->level += (double)(now_ms - one->at) * of->per_hour / HOUR_MS;
    if (one->level > of->burst)
        one->level = of->burst;
    one->at = now_ms;
}

bool
budgets_take(struct budgets *b, const struct budget *from, int64_t now_ms,
             double *level)
{
    struct bucket *one = map_get(b->by_name, from->name);
    bool enough;

    if (one == NULL)
        one = bucket_new(b, from->name, from->burst, now_ms);
    refill(one, from, now_ms);
    enough = one->level >= 1.0;
    if (enough)
        one->level -= 1.0;
    *level = one->level;
    return enough;
}

void
budgets_give(struct budgets *b, const char *name)
{
    struct bucket *one = map_get(b->by_name, name);

    if (one != NULL)
        one->level += 1.0;
}

void
budgets_free(struct budgets *b)
{
    size_t at = 0;
    const char *name;
    struct bucket *one;

    if (b == NULL)
        return;
    while ((one = map_next(b->by_name, &at, &name)) != NULL)
        free(one);
    map_free(b->by_name);
    free(b);
}

int
rows_put_budget(struct db *d, const char *tenant, const char *name,
                double level, int64_t now_ms, struct err *e)
{
    return db_run(d,
                  "INSERT INTO budget (tenant, name, level_milli, at) VALUES"
                  " ($1, $2, $3, $4) ON CONFLICT (tenant, name) DO UPDATE SET"
                  " level_milli = excluded.level_milli, at = excluded.at",
                  DB_PARAMS(DB_T(tenant), DB_T(name),
                            DB_I((int64_t)(level * 1000.0)), DB_I(now_ms)),
                  NULL, NULL, NULL, e);
}
