/*
 * db: the seam between the statements and a database driver. Statements are
 * one text for both databases: $1 parameters, INSERT ... ON CONFLICT,
 * RETURNING, a LIMIT where they scan, tenant (and shard) named in each. The
 * driver caches a prepared form per statement text address.
 *
 * All functions run on the store's writer thread.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct db;

enum db_type {
    DB_NULL,
    DB_INT,
    DB_TEXT,
    DB_BYTES
};

struct db_param {
    enum db_type type;
    int64_t i;
    const void *p; /* borrowed until db_run returns */
    size_t n;
};

#define DB_I(v)     ((struct db_param){DB_INT, (int64_t)(v), NULL, 0})
#define DB_T(s)     db_text(s) /* a C string; NULL gives NULL */
#define DB_TN(p, n) ((struct db_param){DB_TEXT, 0, (p), (n)})
#define DB_B(p, n)  ((struct db_param){DB_BYTES, 0, (p), (n)})
struct db_param db_text(const char *s);

/* A row under the cursor; columns by position from 0; borrowed until the row
 * function returns. */
struct db_row;
int64_t db_row_int(const struct db_row *r, int column);      /* NULL: 0 */
struct str db_row_text(const struct db_row *r, int column);  /* NULL: empty */
struct str db_row_bytes(const struct db_row *r, int column); /* NULL: empty */
bool db_row_null(const struct db_row *r, int column);

/* Called for each row; a non-zero return stops the walk and is returned (of a
 * statement that changes rows, all changes are made before the first call). */
typedef int db_row_fn(void *arg, const struct db_row *r, struct err *e);

/* Run one statement. sql must be a string literal (its address is the cache
 * key). changed (may be NULL) gets the rows inserted, updated or deleted; 0
 * for a SELECT. Errors: ERR_CONFLICT (unique), ERR_RETRY (busy, full disk,
 * interrupted), ERR_SYSTEM (everything else, corruption among it). After a
 * failure that undid the whole transaction, every further statement of it is
 * refused with ERR_RETRY. */
int db_run(struct db *d, const char *sql, const struct db_param *params,
           size_t count, db_row_fn *row, void *arg, int64_t *changed,
           struct err *e) MUST_CHECK;

#define DB_PARAMS(...)                                                         \
    (const struct db_param[]){__VA_ARGS__},                                    \
        sizeof((const struct db_param[]){__VA_ARGS__}) /                       \
            sizeof(struct db_param)

/* The driver's side. commit: 0, or -1 with ERR_RETRY when it is certain that
 * nothing was committed (rolled back), ERR_SYSTEM when that is not known. */
struct db_driver {
    const char *name; /* as store_options.driver names it */
    int (*open)(struct db **d, const char *where, struct err *e);
    /* To read only, beside the engine that owns it or without one; what is
     * not of this schema is refused. Statements as everywhere; no begin. */
    int (*open_read)(struct db **d, const char *where, struct err *e);
    void (*close)(struct db *d);
    int (*begin)(struct db *d, struct err *e);
    int (*commit)(struct db *d, struct err *e);
    void (*rollback)(struct db *d);
    /* DDL, several statements in one text. The text says BLOB: a database
     * that calls bytes something else replaces the word here. */
    int (*script)(struct db *d, const char *sql, struct err *e);
    int (*run)(struct db *d, const char *sql, const struct db_param *params,
               size_t count, db_row_fn *row, void *arg, int64_t *changed,
               struct err *e);
    /* True once a read or write of the disk failed, or damage was met: what is
     * stored is known only by opening it again (D7). It stays true. */
    bool (*broken)(const struct db *d);
    /* Housekeeping between two transactions, after results were told. A
     * failure means that nothing may be written any more. */
    int (*tidy)(struct db *d, struct err *e);
};
extern const struct db_driver db_sqlite;

#endif
