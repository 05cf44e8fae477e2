#include "store/sql_policy.h"

#include <stddef.h>

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
