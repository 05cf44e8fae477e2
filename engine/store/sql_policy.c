#include "store/sql_policy.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "store/db.h"

int
sql_policy_keep(struct db *d, const char *hash, struct str files,
                int64_t now_ms, struct err *e)
{
    return db_run(
        d,
        "INSERT INTO policy (hash, files, first_seen) VALUES ($1, $2,"
        " $3) ON CONFLICT (hash) DO NOTHING",
        DB_PARAMS(DB_T(hash), DB_TN(files.p, files.len), DB_I(now_ms)), NULL,
        NULL, NULL, e);
}

struct loading {
    struct buf *files;
    bool found;
};

static int
take_files(void *arg, const struct db_row *r, struct err *e)
{
    struct loading *l = arg;
    struct str files = db_row_text(r, 0);

    (void)e;
    buf_add(l->files, files.p, files.len);
    l->found = true;
    return 0;
}

int
sql_policy_load(struct db *d, const char *hash, struct buf *files, bool *found,
                struct err *e)
{
    struct loading l = {files, false};
    int rc = db_run(d, "SELECT files FROM policy WHERE hash = $1",
                    DB_PARAMS(DB_T(hash)), take_files, &l, NULL, e);

    *found = l.found;
    return rc;
}

int
sql_policy_load_enabled(struct db *d, const char *hash, struct buf *files,
                        bool *found, struct err *e)
{
    struct loading l = {files, false};
    int rc = db_run(d,
                    "SELECT files FROM policy WHERE hash = $1 AND disabled_at"
                    " IS NULL",
                    DB_PARAMS(DB_T(hash)), take_files, &l, NULL, e);

    *found = l.found;
    return rc;
}

int
sql_policy_in_force(struct db *d, const char *hash, int64_t now_ms,
                    struct err *e)
{
    return db_run(d,
                  "UPDATE policy SET in_force_at = $2, withdrawn_at = NULL,"
                  " disabled_at = NULL WHERE hash = $1",
                  DB_PARAMS(DB_T(hash), DB_I(now_ms)), NULL, NULL, NULL, e);
}

int
sql_policy_withdraw(struct db *d, const char *hash, int64_t now_ms,
                    struct err *e)
{
    return db_run(d, "UPDATE policy SET withdrawn_at = $2 WHERE hash = $1",
                  DB_PARAMS(DB_T(hash), DB_I(now_ms)), NULL, NULL, NULL, e);
}

int
sql_policy_disable(struct db *d, const char *hash, int64_t now_ms,
                   struct err *e)
{
    return db_run(
        d, "UPDATE policy SET disabled_at = nullif($2, 0) WHERE hash = $1",
        DB_PARAMS(DB_T(hash), DB_I(now_ms)), NULL, NULL, NULL, e);
}

static int
take_yes(void *arg, const struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)arg = true;
    return 0;
}

int
sql_policy_withdrawn(struct db *d, const char *hash, bool *yes, struct err *e)
{
    *yes = false;
    return db_run(d,
                  "SELECT 1 FROM policy WHERE hash = $1 AND"
                  " withdrawn_at IS NOT NULL",
                  DB_PARAMS(DB_T(hash)), take_yes, yes, NULL, e);
}

struct finding {
    struct buf *hash, *files;
    int count;
};

static int
take_found(void *arg, const struct db_row *r, struct err *e)
{
    struct finding *f = arg;
    struct str hash = db_row_text(r, 0), files = db_row_text(r, 1);

    (void)e;
    if (f->count++ > 0)
        return 0;
    buf_add(f->hash, hash.p, hash.len);
    buf_add(f->files, files.p, files.len);
    return 0;
}

int
sql_policy_find(struct db *d, const char *beginning, const char *but,
                struct buf *hash, struct buf *files, int *count, struct err *e)
{
    struct finding f = {hash, files, 0};
    int rc;

    if (beginning[0] != '\0')
        rc = db_run(d,
                    "SELECT hash, files FROM policy WHERE"
                    " substr(hash, 1, $2) = $1 LIMIT 2",
                    DB_PARAMS(DB_T(beginning), DB_I(strlen(beginning))),
                    take_found, &f, NULL, e);
    else
        rc = db_run(d,
                    "SELECT hash, files FROM policy WHERE in_force_at IS NOT"
                    " NULL AND disabled_at IS NULL AND hash <> $1"
                    " ORDER BY in_force_at DESC, hash LIMIT 1",
                    DB_PARAMS(DB_T(but)), take_found, &f, NULL, e);
    *count = f.count;
    return rc;
}

struct listing {
    void (*fn)(void *arg, const struct sql_policy *row);
    void *arg;
};

static int
take_listed(void *arg, const struct db_row *r, struct err *e)
{
    const struct listing *l = arg;
    struct str hash = db_row_text(r, 0);
    char text[129];
    struct sql_policy row = {.hash = text,
                             .first_seen = db_row_int(r, 1),
                             .in_force_at = db_row_int(r, 2),
                             .withdrawn_at = db_row_int(r, 3),
                             .disabled_at = db_row_int(r, 4)};

    (void)e;
    snprintf(text, sizeof text, "%.*s", (int)hash.len, hash.p);
    l->fn(l->arg, &row);
    return 0;
}

int
sql_policy_list(struct db *d, int limit,
                void (*fn)(void *arg, const struct sql_policy *row), void *arg,
                struct err *e)
{
    struct listing l = {fn, arg};

    return db_run(d,
                  "SELECT hash, first_seen, in_force_at, withdrawn_at,"
                  " disabled_at FROM policy WHERE in_force_at IS NOT NULL"
                  " ORDER BY in_force_at DESC, hash LIMIT $1",
                  DB_PARAMS(DB_I(limit)), take_listed, &l, NULL, e);
}

struct sparing {
    void (*fn)(void *arg, struct str hash);
    void *arg;
};

static int
take_spare(void *arg, const struct db_row *r, struct err *e)
{
    const struct sparing *s = arg;

    (void)e;
    s->fn(s->arg, db_row_text(r, 0));
    return 0;
}

int
sql_policy_spare(struct db *d, const char *tenant, int keep, int64_t since_ms,
                 void (*fn)(void *arg, struct str hash), void *arg,
                 struct err *e)
{
    struct sparing s = {fn, arg};

    return db_run(d,
                  "SELECT hash FROM policy WHERE first_seen < $3 AND"
                  " coalesce(in_force_at, 0) < $3 AND hash NOT IN (SELECT hash"
                  " FROM policy WHERE in_force_at IS NOT NULL ORDER BY"
                  " in_force_at DESC, hash LIMIT $2) AND hash NOT IN (SELECT"
                  " hash FROM draft WHERE tenant = $1) ORDER BY hash",
                  DB_PARAMS(DB_T(tenant), DB_I(keep), DB_I(since_ms)),
                  take_spare, &s, NULL, e);
}

int
sql_policy_forget(struct db *d, const char *hash, struct err *e)
{
    return db_run(d, "DELETE FROM policy WHERE hash = $1",
                  DB_PARAMS(DB_T(hash)), NULL, NULL, NULL, e);
}
