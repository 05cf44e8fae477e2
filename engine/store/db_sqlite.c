#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "store/db.h"
#include "store/schema.h"

#define STATEMENTS_MAX   256
#define PAGE_BYTES       4096
#define CACHE_KIB        4096
#define CHECKPOINT_PAGES 8000 /* p99 of a commit 5.1 -> 0.44 ms (measured) */
#define START_PAGES      200  /* of the log: a start writes fewer */
#define WAL_KEEP_BYTES   (64 << 20)
#define BUSY_MS          2000
#define CHECK_MS         2000       /* what a start may cost at most */
#define APPLICATION_ID   0x75736872 /* "ushr", in the file's header */

struct cached {
    const char *sql; /* its address is the key */
    sqlite3_stmt *stmt;
};

struct db {
    sqlite3 *handle;
    int wal_pages; /* in the log after the last commit */
    bool runs;     /* it has written more than a start does */
    bool begun;    /* by begin_sqlite, and not ended by us */
    bool broken;
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

/* --- failures --- */

static enum err_class
class_of(int code)
{
    if (code == SQLITE_IOERR_SHMSIZE)
        return ERR_RETRY; /* a full disk, met where the log's index grows */
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

static bool
is_damage(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static const char *
remedy_of(int code)
{
    if ((code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE)
        return "; the disk is full: free some space";
    if (is_damage(code))
        return "; restore the file from a backup, or move it away to start "
               "empty";
    if ((code & 0xff) == SQLITE_IOERR)
        return "; look at the disk and its cables, then start again";
    if ((code & 0xff) == SQLITE_BUSY)
        return "; another program has kept it locked: end that one";
    return "";
}

static int
fail(struct db *d, int code, const char *doing, struct err *e)
{
    enum err_class class = class_of(code);

    if (class == ERR_SYSTEM &&
        (is_damage(code) || (code & 0xff) == SQLITE_IOERR))
        d->broken = true;
    return err_set(e, class, "%s: %s%s", doing,
                   d->handle != NULL ? sqlite3_errmsg(d->handle)
                                     : sqlite3_errstr(code),
                   remedy_of(code));
}

static int
exec(struct db *d, const char *sql, const char *doing, struct err *e)
{
    int code = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : fail(d, code, doing, e);
}

/* The first column of the first row, as text cut to n bytes. */
static int
ask(struct db *d, const char *sql, char *out, size_t n, const char *doing,
    struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(d->handle, sql, -1, &stmt, NULL);
    const char *said;
    int rc = 0;

    out[0] = '\0';
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        said = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(out, n, "%s", said != NULL ? said : "");
    } else if (code != SQLITE_DONE) {
        rc = fail(d, code, doing, e);
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* --- opening --- */

/* A look at the whole file finds damage before it is served, but may not keep
 * a big store from starting: after CHECK_MS it is broken off, and what was not
 * looked at is found when it is read. */
struct check_limit {
    sqlite3 *handle;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over, hit;
};

static void *
limit_check(void *arg)
{
    struct check_limit *limit = arg;
    struct timespec until;
    int code = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CHECK_MS / 1000;
    pthread_mutex_lock(&limit->lock);
    while (!limit->over && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&limit->ended, &limit->lock, &until);
    limit->hit = !limit->over;
    if (limit->hit)
        sqlite3_interrupt(limit->handle);
    pthread_mutex_unlock(&limit->lock);
    return NULL;
}

static bool
end_check(struct check_limit *limit, pthread_t thread)
{
    pthread_mutex_lock(&limit->lock);
    limit->over = true;
    pthread_cond_signal(&limit->ended);
    pthread_mutex_unlock(&limit->lock);
    pthread_join(thread, NULL);
    return limit->hit;
}

static int
quick_check(struct db *d, const char *where, struct err *e)
{
    struct check_limit limit = {.handle = d->handle,
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .ended = PTHREAD_COND_INITIALIZER};
    char said[160];
    pthread_t thread;
    int rc;

    if (pthread_create(&thread, NULL, limit_check, &limit) != 0)
        return err_set(e, ERR_SYSTEM, "cannot start a thread");
    rc = ask(d, "PRAGMA quick_check(1)", said, sizeof said, where, e);
    if (end_check(&limit, thread)) {
        err_clear(e);
        d->broken = false;
        return 0;
    }
    if (rc != 0 || strcmp(said, "ok") == 0)
        return rc;
    return err_set(e, ERR_SYSTEM,
                   "%s is damaged (%s); restore it from a backup, or move it "
                   "away to start empty",
                   where, said);
}

/* Someone else's database, named by mistake, is not to get our tables. */
static int
check_ours(struct db *d, const char *where, struct err *e)
{
    char id[24], foreign[8];

    if (ask(d, "PRAGMA application_id", id, sizeof id, where, e) != 0 ||
        ask(d,
            "SELECT count(*) > 0 AND sum(name = 'schema_version') = 0"
            " FROM sqlite_master",
            foreign, sizeof foreign, where, e) != 0)
        return -1;
    if (strtol(id, NULL, 10) == APPLICATION_ID || strcmp(foreign, "0") == 0)
        return 0;
    return err_set(e, ERR_SYSTEM,
                   "%s is a database of another program; name another file",
                   where);
}

static int
configure(struct db *d, const char *where, struct err *e)
{
    char sql[512], mode[16];

    snprintf(sql, sizeof sql,
             "PRAGMA page_size=%d; PRAGMA trusted_schema=OFF;"
             "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=OFF;"
             "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
             "PRAGMA cache_size=-%d; PRAGMA secure_delete=FAST;",
             PAGE_BYTES, CACHE_KIB);
    if (exec(d, sql, where, e) != 0 ||
        ask(d, "PRAGMA journal_mode=WAL", mode, sizeof mode, where, e) != 0)
        return -1;
    if (strcmp(mode, "wal") != 0)
        return err_set(e, ERR_SYSTEM,
                       "%s: this file system cannot keep a write-ahead log; "
                       "put the store on a local disk",
                       where);
    /* The checkpoint is ours (tidy): SQLite's own would hide its failures. */
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
             "PRAGMA journal_size_limit=%d; PRAGMA application_id=%d;",
             WAL_KEEP_BYTES, APPLICATION_ID);
    return exec(d, sql, where, e);
}

/* Made here, so that nobody but its owner may read it; the log and its index
 * get the mode of the file. */
static int
make_file(const char *where, struct err *e)
{
    int fd = open(where, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    err_sys(e, "the store %s cannot be opened", where);
    return -1;
}

static int
on_logged(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct db *d = arg;

    (void)handle, (void)name;
    d->wal_pages = pages;
    return SQLITE_OK;
}

static int
open_sqlite(struct db **out, const char *where, struct err *e)
{
    struct db *d;
    int code;

    *out = NULL;
    if (make_file(where, e) != 0)
        return -1;
    *out = d = mem_zero(sizeof *d);
    code = sqlite3_open_v2(where, &d->handle,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                               SQLITE_OPEN_EXRESCODE,
                           NULL);
    if (code != SQLITE_OK)
        return fail(d, code, where, e);
    sqlite3_busy_timeout(d->handle, BUSY_MS);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (check_ours(d, where, e) != 0 || quick_check(d, where, e) != 0 ||
        configure(d, where, e) != 0)
        return -1;
    sqlite3_wal_hook(d->handle, on_logged, d);
    return 0;
}

/* A log that an engine left behind is read as well as the file. */
static int
open_read_sqlite(struct db **out, const char *where, struct err *e)
{
    struct db *d = *out = mem_zero(sizeof *d);
    char version[24];
    int code;

    code = sqlite3_open_v2(where, &d->handle,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
                               SQLITE_OPEN_EXRESCODE,
                           NULL);
    if (code != SQLITE_OK)
        return fail(d, code, where, e);
    sqlite3_busy_timeout(d->handle, BUSY_MS);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (check_ours(d, where, e) != 0 ||
        ask(d, "SELECT max(version) FROM schema_version", version,
            sizeof version, where, e) != 0)
        return -1;
    if (strtol(version, NULL, 10) == SCHEMA_VERSION)
        return 0;
    return err_set(e, ERR_INPUT,
                   "%s has schema %s, this usher reads %d; start the engine of "
                   "this version on it once",
                   where, version, SCHEMA_VERSION);
}

static void
close_sqlite(struct db *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        sqlite3_finalize(d->cached[i].stmt);
    /* What could not be synced may not be copied into the file either. */
    if (d->broken)
        sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(d->handle);
    free(d);
}

/* --- statements --- */

/* "$2" is a name to SQLite, numbered by where it first stands; "?2" is a
 * number, which is what the statements mean. */
static char *
numbered(const char *sql)
{
    size_t n = strlen(sql) + 1;
    char *own = mem_alloc(n);

    memcpy(own, sql, n);
    for (char *p = own; *p != '\0'; p++)
        if (p[0] == '$' && p[1] >= '0' && p[1] <= '9')
            p[0] = '?';
    return own;
}

static int
prepare(struct db *d, const char *sql, sqlite3_stmt **out, struct err *e)
{
    char *own = numbered(sql);
    int code = sqlite3_prepare_v3(d->handle, own, -1, SQLITE_PREPARE_PERSISTENT,
                                  out, NULL);

    free(own);
    return code == SQLITE_OK ? 0 : fail(d, code, sql, e);
}

static sqlite3_stmt *
prepared(struct db *d, const char *sql, struct err *e)
{
    size_t at = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;

    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct cached *c = &d->cached[(at + i) % STATEMENTS_MAX];

        if (c->sql == sql)
            return c->stmt;
        if (c->sql != NULL)
            continue;
        if (prepare(d, sql, &c->stmt, e) != 0)
            return NULL;
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

/* A full disk can undo the whole transaction under a job's feet. What would
 * follow must not be kept on its own. */
static bool
undone(const struct db *d)
{
    return d->begun && sqlite3_get_autocommit(d->handle) != 0;
}

static int
refuse_undone(struct err *e)
{
    return err_set(e, ERR_RETRY,
                   "the transaction was undone by a failure "
                   "before; try again");
}

static int
run_sqlite(struct db *d, const char *sql, const struct db_param *params,
           size_t count, db_row_fn *row, void *arg, int64_t *changed,
           struct err *e)
{
    sqlite3_stmt *stmt = undone(d) ? NULL : prepared(d, sql, e);
    int code, rc = 0;

    if (changed != NULL)
        *changed = 0;
    if (stmt == NULL)
        return undone(d) ? refuse_undone(e) : -1;
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
    if (changed != NULL && rc == 0 && sqlite3_stmt_readonly(stmt) == 0)
        *changed = sqlite3_changes64(d->handle);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int
db_run(struct db *d, const char *sql, const struct db_param *params,
       size_t count, db_row_fn *row, void *arg, int64_t *changed, struct err *e)
{
    return run_sqlite(d, sql, params, count, row, arg, changed, e);
}

/* --- transactions --- */

static int
step(struct db *d, const char *sql, struct err *e)
{
    sqlite3_stmt *stmt = prepared(d, sql, e);
    int code;

    if (stmt == NULL)
        return SQLITE_ERROR;
    sqlite3_step(stmt);
    code = sqlite3_reset(stmt);
    if (code != SQLITE_OK)
        fail(d, code, sql, e);
    return code;
}

static int
begin_sqlite(struct db *d, struct err *e)
{
    d->begun = false;
    if (step(d, "BEGIN IMMEDIATE", e) != SQLITE_OK)
        return -1;
    d->begun = true;
    return 0;
}

static void
rollback_sqlite(struct db *d)
{
    struct err e;

    d->begun = false;
    if (sqlite3_get_autocommit(d->handle) == 0 &&
        step(d, "ROLLBACK", &e) != SQLITE_OK)
        d->broken = true;
}

/* A full disk and a lock are met before the last frame is in the log. Of any
 * other failure (an fsync above all, but memory for the log's index too) it is
 * open whether the frames are there when the log is next read (D7). */
static int
commit_sqlite(struct db *d, struct err *e)
{
    int code;

    if (undone(d)) {
        d->begun = false;
        return refuse_undone(e);
    }
    code = step(d, "COMMIT", e);
    if (code == SQLITE_OK) {
        d->begun = false;
        return 0;
    }
    rollback_sqlite(d);
    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_BUSY)
        return -1;
    d->broken = true;
    if (e != NULL)
        e->class = ERR_SYSTEM;
    return -1;
}

static bool
broken_sqlite(const struct db *d)
{
    return d->broken;
}

/* Copy the log into the file. A sync that fails here loses what was
 * acknowledged once the log is begun anew: as final as one in a commit. */
static int
tidy_sqlite(struct db *d, struct err *e)
{
    int code;

    if (!d->runs) { /* starting has read more than running needs */
        sqlite3_db_release_memory(d->handle);
        d->runs = d->wal_pages >= START_PAGES;
    }
    if (d->wal_pages < CHECKPOINT_PAGES)
        return 0;
    d->wal_pages = 0;
    FAIL_POINT("store.before_checkpoint");
    code = sqlite3_wal_checkpoint_v2(d->handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                     NULL, NULL);
    FAIL_POINT("store.after_checkpoint");
    if (code == SQLITE_OK || class_of(code) == ERR_RETRY)
        return 0; /* the log grows on; the next commit asks again */
    d->broken = true;
    return fail(d, code, "copying the log into the store", e);
}

static int
script_sqlite(struct db *d, const char *sql, struct err *e)
{
    return exec(d, sql, "changing the schema", e);
}

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .open = open_sqlite,
    .open_read = open_read_sqlite,
    .close = close_sqlite,
    .begin = begin_sqlite,
    .commit = commit_sqlite,
    .rollback = rollback_sqlite,
    .script = script_sqlite,
    .run = run_sqlite,
    .broken = broken_sqlite,
    .tidy = tidy_sqlite,
};
