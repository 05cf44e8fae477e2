#include "store/sql_audit.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/digest.h"
#include "store/db.h"

#define PAGE_ROWS 1000

static void
add_number(struct digest *hash, uint64_t n)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(n >> (56 - 8 * i));
    digest_add(hash, bytes, sizeof bytes);
}

/* Length first, so that no two rows give the same bytes. */
static void
add_text(struct digest *hash, struct str s)
{
    add_number(hash, s.len);
    digest_add(hash, s.p != NULL ? s.p : "", s.len);
}

/* The row's number, its columns as they are kept and the hash before it. */
static void
hash_row(const struct db_row *r, struct buf *out)
{
    struct digest *hash = digest_new();
    uint8_t sum[SHA256_SIZE];

    add_number(hash, (uint64_t)db_row_int(r, 0));
    add_number(hash, (uint64_t)db_row_int(r, 1));
    for (int column = 2; column < 8; column++) {
        add_number(hash, db_row_null(r, column));
        add_text(hash, db_row_text(r, column));
    }
    add_number(hash, db_row_null(r, 8));
    add_text(hash, db_row_text(r, 8));
    digest_end(hash, sum);
    buf_clear(out);
    digest_hex(out, sum, sizeof sum);
}

struct last {
    int64_t n;
    struct buf hash;
};

static int
take_last(void *arg, const struct db_row *r, struct err *e)
{
    struct last *last = arg;

    (void)e;
    last->n = db_row_int(r, 0);
    hash_row(r, &last->hash);
    return 0;
}

int
sql_audit_add(struct db *d, const struct sql_audit *row, struct err *e)
{
    struct last last = {0};
    int rc =
        db_run(d,
               "SELECT n, at, actor, verb, obj, before_sha, after_sha,"
               " prev_hash, detail FROM audit WHERE tenant = $1 ORDER BY n DESC"
               " LIMIT 1",
               DB_PARAMS(DB_T(row->tenant)), take_last, &last, NULL, e);

    if (rc == 0)
        rc = db_run(d,
                    "INSERT INTO audit (tenant, n, at, actor, verb, obj,"
                    " before_sha, after_sha, prev_hash, detail) VALUES ($1, $2,"
                    " $3, $4, $5, $6, $7, $8, $9, $10)",
                    DB_PARAMS(DB_T(row->tenant), DB_I(last.n + 1),
                              DB_I(row->at_ms), DB_T(row->actor),
                              DB_T(row->verb), DB_T(row->object),
                              DB_T(row->before_sha), DB_T(row->after_sha),
                              DB_T(buf_str(&last.hash)), DB_T(row->detail)),
                    NULL, NULL, NULL, e);
    buf_free(&last.hash);
    return rc;
}

struct verifying {
    struct last last;
    int64_t bad;
    int rows; /* of this page */
};

static int
take_link(void *arg, const struct db_row *r, struct err *e)
{
    struct verifying *v = arg;

    (void)e;
    v->rows++;
    if (v->bad != 0)
        return 0;
    if (db_row_int(r, 0) != v->last.n + 1)
        v->bad = v->last.n + 1; /* taken out */
    else if (!str_is(db_row_text(r, 7), buf_str(&v->last.hash)))
        v->bad = v->last.n > 0 ? v->last.n : 1;
    v->last.n = db_row_int(r, 0);
    hash_row(r, &v->last.hash);
    return 0;
}

int
sql_audit_verify(struct db *d, const char *tenant, int64_t *bad, int64_t *count,
                 struct err *e)
{
    struct verifying v = {0};
    int rc;

    *count = 0;
    do {
        v.rows = 0;
        rc = db_run(d,
                    "SELECT n, at, actor, verb, obj, before_sha, after_sha,"
                    " prev_hash, detail FROM audit WHERE tenant = $1 AND n > $2"
                    " ORDER BY n LIMIT $3",
                    DB_PARAMS(DB_T(tenant), DB_I(v.last.n), DB_I(PAGE_ROWS)),
                    take_link, &v, NULL, e);
        *count += v.rows;
    } while (rc == 0 && v.bad == 0 && v.rows == PAGE_ROWS);
    *bad = v.bad;
    buf_free(&v.last.hash);
    return rc;
}
