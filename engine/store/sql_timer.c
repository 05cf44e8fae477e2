#include "store/sql_timer.h"

#include <stddef.h>

#include "base/buf.h"
#include "store/db.h"

static int
take_int(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

int
sql_timer_set(struct db *d, const struct sql_timer *t, int64_t *gen,
              struct err *e)
{
    return db_run(
        d,
        "INSERT INTO timer (tenant, conv, name, shard, due_at, gen, arg, state)"
        " VALUES ($1, $2, $3, $4, $5, 1, $6, 'SET')"
        " ON CONFLICT (tenant, conv, name) DO UPDATE SET"
        " due_at = excluded.due_at, gen = timer.gen + 1, arg = excluded.arg,"
        " state = 'SET' RETURNING gen",
        DB_PARAMS(DB_T(t->tenant), DB_T(t->conv), DB_T(t->name), DB_I(t->shard),
                  DB_I(t->due_ms), DB_T(t->arg)),
        take_int, gen, NULL, e);
}

int
sql_timer_cancel(struct db *d, const char *tenant, const char *conv,
                 const char *name, struct err *e)
{
    return db_run(d,
                  "UPDATE timer SET state = 'CANCELLED' WHERE tenant = $1 AND"
                  " conv = $2 AND name = $3 AND state = 'SET'",
                  DB_PARAMS(DB_T(tenant), DB_T(conv), DB_T(name)), NULL, NULL,
                  NULL, e);
}

int
sql_timer_cancel_all(struct db *d, const char *tenant, const char *conv,
                     struct err *e)
{
    return db_run(d,
                  "UPDATE timer SET state = 'CANCELLED' WHERE tenant = $1 AND"
                  " conv = $2 AND state = 'SET'",
                  DB_PARAMS(DB_T(tenant), DB_T(conv)), NULL, NULL, NULL, e);
}

int
sql_timer_fire(struct db *d, const struct sql_timer *t, bool *fired,
               struct err *e)
{
    int64_t changed = 0;
    int rc = db_run(
        d,
        "UPDATE timer SET state = 'FIRED' WHERE tenant = $1 AND"
        " conv = $2 AND name = $3 AND gen = $4 AND state = 'SET'",
        DB_PARAMS(DB_T(t->tenant), DB_T(t->conv), DB_T(t->name), DB_I(t->gen)),
        NULL, NULL, &changed, e);

    *fired = changed > 0;
    return rc;
}

struct walk {
    const char *tenant;
    sql_timer_fn *fn;
    void *arg;
    struct buf conv, name, text;
};

static const char *
text_of(struct buf *b, const struct db_row *r, int column)
{
    struct str s = db_row_text(r, column);

    buf_clear(b);
    buf_add(b, s.p, s.len);
    return buf_str(b);
}

static int
take_timer(void *arg, const struct db_row *r, struct err *e)
{
    struct walk *w = arg;
    struct sql_timer t = {
        .tenant = w->tenant,
        .conv = text_of(&w->conv, r, 0),
        .name = text_of(&w->name, r, 1),
        .shard = (int)db_row_int(r, 2),
        .due_ms = db_row_int(r, 3),
        .gen = db_row_int(r, 4),
        .arg = db_row_null(r, 5) ? NULL : text_of(&w->text, r, 5),
    };

    return w->fn(w->arg, &t, e);
}

int
sql_timer_due(struct db *d, const char *tenant, int64_t now_ms, int limit,
              sql_timer_fn *fn, void *arg, struct err *e)
{
    struct walk w = {.tenant = tenant, .fn = fn, .arg = arg};
    int rc = db_run(d,
                    "SELECT conv, name, shard, due_at, gen, arg FROM timer"
                    " WHERE tenant = $1 AND state = 'SET' AND due_at <= $2"
                    " ORDER BY due_at, conv, name LIMIT $3",
                    DB_PARAMS(DB_T(tenant), DB_I(now_ms), DB_I(limit)),
                    take_timer, &w, NULL, e);

    buf_free(&w.conv);
    buf_free(&w.name);
    buf_free(&w.text);
    return rc;
}

int
sql_timer_next(struct db *d, const char *tenant, int64_t *due_ms, struct err *e)
{
    *due_ms = 0;
    return db_run(d,
                  "SELECT due_at FROM timer WHERE tenant = $1 AND"
                  " state = 'SET' ORDER BY due_at LIMIT 1",
                  DB_PARAMS(DB_T(tenant)), take_int, due_ms, NULL, e);
}
