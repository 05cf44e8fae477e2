#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/db.h"

#define STATEMENTS_MAX 256
#define CACHE_KIB 8192
#define CHECKPOINT_PAGES 8000 /* p99 of a commit 5.1 -> 0.44 ms (measured) */

struct cached {
    const char *sql; /* its address is the key */
    sqlite3_stmt *stmt;
};

struct db {
    sqlite3 *handle;
    struct cached cached[STATEMENTS_MAX]; /* open addressing */
};

/* A row is the statement under the cursor. */
static sqlite3_stmt *
stmt_of(const struct db_row *r)
{
    return (sqlite3_stmt *)(uintptr_t)r;
}

int64_t
db_row_int(const struct db_row *r, int column)
{
    return sqlite3_column_int64(stmt_of(r), column);
}

struct str
db_row_text(const struct db_row *r, int column)
{
    const char *p = (const char *)sqlite3_column_text(stmt_of(r), column);

    return (struct str){p, (size_t)sqlite3_column_bytes(stmt_of(r), column)};
}

struct str
db_row_bytes(const struct db_row *r, int column)
{
    const char *p = sqlite3_column_blob(stmt_of(r), column);

    return (struct str){p, (size_t)sqlite3_column_bytes(stmt_of(r), column)};
}

bool
db_row_null(const struct db_row *r, int column)
{
    return sqlite3_column_type(stmt_of(r), column) == SQLITE_NULL;
}

static enum err_class
class_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
        return ERR_RETRY;
    default:
        return ERR_SYSTEM;
    }
}

static int
fail(const struct db *d, int code, const char *doing, struct err *e)
{
    const char *remedy = "";

    if ((code & 0xff) == SQLITE_FULL)
        remedy = "; the disk is full: free some space";
    else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        remedy = "; restore the file from a backup, or move it away to start "
                 "empty";
    return err_set(e, class_of(code), "%s: %s%s", doing,
                   d->handle != NULL ? sqlite3_errmsg(d->handle)
                                     : sqlite3_errstr(code),
                   remedy);
}

static int
exec(struct db *d, const char *sql, const char *doing, struct err *e)
{
    int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : fail(d, code, doing, e);
}

/* A bounded look at the whole file: corruption is found before it is served. */
static int
quick_check(struct db *d, const char *where, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(d->handle, "PRAGMA quick_check(1)", -1, &stmt,
                                  NULL);
    const char *said;
    int rc = 0;

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code != SQLITE_ROW) {
        rc = fail(d, code, where, e);
    } else {
        said = (const char *)sqlite3_column_text(stmt, 0);
        if (said == NULL || strcmp(said, "ok") != 0)
            rc = err_set(e, ERR_SYSTEM,
                         "%s is damaged (%.120s); restore it from a backup, or "
                         "move it away to start empty",
                         where, said != NULL ? said : "no answer");
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int
configure(struct db *d, struct err *e)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA wal_autocheckpoint=%d; PRAGMA temp_store=MEMORY;"
             "PRAGMA cache_size=-%d; PRAGMA foreign_keys=OFF;"
             "PRAGMA secure_delete=FAST;",
             CHECKPOINT_PAGES, CACHE_KIB);
    return exec(d, sql, "preparing the store", e);
}

static int
open_sqlite(struct db **out, const char *where, struct err *e)
{
    struct db *d = mem_zero(sizeof *d);
    int code = sqlite3_open_v2(where, &d->handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                   SQLITE_OPEN_NOMUTEX,
                               NULL);

    *out = d;
    if (code != SQLITE_OK) {
        fail(d, code, where, e);
        err_wrap(e, "opening the store");
        return -1;
    }
    sqlite3_busy_timeout(d->handle, 2000);
    sqlite3_extended_result_codes(d->handle, 1);
    if (quick_check(d, where, e) != 0)
        return -1;
    return configure(d, e);
}

static void
close_sqlite(struct db *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        sqlite3_finalize(d->cached[i].stmt);
    sqlite3_close(d->handle);
    free(d);
}

static int
begin_sqlite(struct db *d, struct err *e)
{
    return exec(d, "BEGIN IMMEDIATE", "begin", e);
}

/* Full and busy roll back for certain; any other failure of a commit leaves
 * open whether it is on disk (an fsync that failed, D7). */
static int
commit_sqlite(struct db *d, struct err *e)
{
    int code = sqlite3_exec(d->handle, "COMMIT", NULL, NULL, NULL);

    if (code == SQLITE_OK)
        return 0;
    fail(d, code, "commit", e);
    if (class_of(code) == ERR_RETRY && sqlite3_get_autocommit(d->handle) == 0)
        sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
    else if (class_of(code) != ERR_RETRY && e != NULL)
        e->class = ERR_SYSTEM;
    return -1;
}

static void
rollback_sqlite(struct db *d)
{
    if (sqlite3_get_autocommit(d->handle) == 0)
        sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int
script_sqlite(struct db *d, const char *sql, struct err *e)
{
    return exec(d, sql, "changing the schema", e);
}

/* "$2" is a name to SQLite, numbered by where it first stands; "?2" is a
 * number, which is what the statements mean. */
static char *
numbered(const char *sql)
{
    char *own = mem_alloc(strlen(sql) + 1);

    strcpy(own, sql);
    for (char *p = own; *p != '\0'; p++)
        if (p[0] == '$' && p[1] >= '0' && p[1] <= '9')
            p[0] = '?';
    return own;
}

static sqlite3_stmt *
prepared(struct db *d, const char *sql, struct err *e)
{
    char *own;

    size_t at = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;
    int code;

    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct cached *c = &d->cached[(at + i) % STATEMENTS_MAX];

        if (c->sql == sql)
            return c->stmt;
        if (c->sql != NULL)
            continue;
        own = numbered(sql);
        code = sqlite3_prepare_v3(d->handle, own, -1, SQLITE_PREPARE_PERSISTENT,
                                  &c->stmt, NULL);
        free(own);
        if (code != SQLITE_OK) {
            fail(d, code, sql, e);
            return NULL;
        }
        c->sql = sql;
        return c->stmt;
    }
    err_set(e, ERR_SYSTEM, "more than %d different statements", STATEMENTS_MAX);
    return NULL;
}

static int
bind(sqlite3_stmt *stmt, const struct db_param *params, size_t count)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        const struct db_param *p = &params[i];
        int at = (int)i + 1;

        switch (p->type) {
        case DB_NULL:
            code = sqlite3_bind_null(stmt, at);
            break;
        case DB_INT:
            code = sqlite3_bind_int64(stmt, at, p->i);
            break;
        case DB_TEXT:
            code = sqlite3_bind_text64(stmt, at, p->p != NULL ? p->p : "", p->n,
                                       SQLITE_STATIC, SQLITE_UTF8);
            break;
        case DB_BYTES:
            code = sqlite3_bind_blob64(stmt, at, p->p != NULL ? p->p : "", p->n,
                                       SQLITE_STATIC);
            break;
        }
    }
    return code;
}

static int
run_sqlite(struct db *d, const char *sql, const struct db_param *params,
           size_t count, db_row_fn *row, void *arg, int64_t *changed,
           struct err *e)
{
    sqlite3_stmt *stmt = prepared(d, sql, e);
    int code, rc = 0;

    if (stmt == NULL)
        return -1;
    code = bind(stmt, params, count);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    while (code == SQLITE_ROW && rc == 0) {
        if (row != NULL)
            rc = row(arg, (const struct db_row *)(const void *)stmt, e);
        if (rc == 0)
            code = sqlite3_step(stmt);
    }
    if (rc == 0 && code != SQLITE_DONE)
        rc = fail(d, code, "statement", e);
    if (changed != NULL)
        *changed = rc == 0 ? sqlite3_changes64(d->handle) : 0;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .open = open_sqlite,
    .close = close_sqlite,
    .begin = begin_sqlite,
    .commit = commit_sqlite,
    .rollback = rollback_sqlite,
    .script = script_sqlite,
    .run = run_sqlite,
};

int
db_run(struct db *d, const char *sql, const struct db_param *params,
       size_t count, db_row_fn *row, void *arg, int64_t *changed,
       struct err *e)
{
    return run_sqlite(d, sql, params, count, row, arg, changed, e);
}
