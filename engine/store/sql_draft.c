#include "store/sql_draft.h"

#include <stddef.h>

#include "base/arena.h"
#include "store/db.h"

int
sql_draft_put(struct db *d, const char *tenant, const struct sql_draft *row,
              struct err *e)
{
    return db_run(
        d,
        "INSERT INTO draft (tenant, hash, state, since, share, source, tier,"
        " expect, counts, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (tenant) DO UPDATE SET hash = excluded.hash, state ="
        " excluded.state, since = excluded.since, share = excluded.share,"
        " source = excluded.source, tier = excluded.tier, expect ="
        " excluded.expect, counts = excluded.counts, why = excluded.why",
        DB_PARAMS(DB_T(tenant), DB_T(row->hash), DB_T(row->state),
                  DB_I(row->since_ms), DB_I(row->share), DB_T(row->source),
                  DB_T(row->tier), DB_T(row->expect), DB_T(row->counts),
                  DB_T(row->why)),
        NULL, NULL, NULL, e);
}

int
sql_draft_count(struct db *d, const char *tenant, const char *hash,
                const char *counts, struct err *e)
{
    return db_run(d,
                  "UPDATE draft SET counts = $3 WHERE tenant = $1 AND hash ="
                  " $2",
                  DB_PARAMS(DB_T(tenant), DB_T(hash), DB_T(counts)), NULL, NULL,
                  NULL, e);
}

struct getting {
    void (*fn)(void *arg, const struct sql_draft *row);
    void *arg;
};

static const char *
text(struct arena *a, const struct db_row *r, int column)
{
    struct str s = db_row_text(r, column);

    return db_row_null(r, column) ? NULL : arena_dup(a, s.p, s.len);
}

static int
take_draft(void *arg, const struct db_row *r, struct err *e)
{
    const struct getting *g = arg;
    struct arena *a = arena_new(512);
    struct sql_draft row = {.hash = text(a, r, 0),
                            .state = text(a, r, 1),
                            .since_ms = db_row_int(r, 2),
                            .share = db_row_int(r, 3),
                            .source = text(a, r, 4),
                            .tier = text(a, r, 5),
                            .expect = text(a, r, 6),
                            .counts = text(a, r, 7),
                            .why = text(a, r, 8)};

    (void)e;
    g->fn(g->arg, &row);
    arena_free(a);
    return 0;
}

int
sql_draft_get(struct db *d, const char *tenant,
              void (*fn)(void *arg, const struct sql_draft *row), void *arg,
              struct err *e)
{
    struct getting g = {fn, arg};

    return db_run(d,
                  "SELECT hash, state, since, share, source, tier, expect,"
                  " counts, why FROM draft WHERE tenant = $1",
                  DB_PARAMS(DB_T(tenant)), take_draft, &g, NULL, e);
}

int
sql_draft_drop(struct db *d, const char *tenant, struct err *e)
{
    return db_run(d, "DELETE FROM draft WHERE tenant = $1",
                  DB_PARAMS(DB_T(tenant)), NULL, NULL, NULL, e);
}

int
sql_shadow_put(struct db *d, const char *tenant, const struct sql_shadow *row,
               struct err *e)
{
    return db_run(
        d,
        "INSERT INTO shadow (tenant, policy_sha, conv, episode, n, facts,"
        " action, outcome, failure, messages, event, cpu_us, at) VALUES ($1, "
        "$2,"
        " $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " ON CONFLICT (tenant, policy_sha, conv, episode, n) DO NOTHING",
        DB_PARAMS(DB_T(tenant), DB_T(row->policy_hash), DB_T(row->conversation),
                  DB_I(row->episode), DB_I(row->n),
                  DB_TN(row->facts.p, row->facts.len), DB_T(row->action),
                  DB_TN(row->outcome.p, row->outcome.len), DB_T(row->failure),
                  DB_I(row->messages), DB_T(row->event), DB_I(row->cpu_us),
                  DB_I(row->at_ms)),
        NULL, NULL, NULL, e);
}
