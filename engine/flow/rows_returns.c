#include <string.h>

#include "flow/rows.h"
#include "store/db.h"

#define TICKETS_MAX 20  /* of one customer, the newest */
#define RETURNS_MAX 100 /* counted */

static int
take_return(void *arg, const struct db_row *r, struct err *e)
{
    struct row_returns *rows = arg;
    struct arena *a = rows->arena;
    struct row_return *t = arena_alloc(a, sizeof *t), **at = &rows->first;
    struct str status = db_row_text(r, 4);

    (void)e;
    t->helpdesk = rows_copy(a, db_row_text(r, 0));
    t->remote_id = rows_copy(a, db_row_text(r, 1));
    t->ticket = rows_copy(a, db_row_text(r, 2));
    t->intent = db_row_null(r, 3) ? NULL : rows_copy(a, db_row_text(r, 3));
    (void)ticket_status_from_name(status.p != NULL ? status.p : "", status.len,
                                  &t->status);
    t->created_at = db_row_int(r, 5);
    t->done_at = db_row_int(r, 6);
    t->changed_at = db_row_int(r, 7);
    while (*at != NULL && (*at)->created_at > t->created_at)
        at = &(*at)->next;
    for (const struct row_return *x = rows->first; x != NULL; x = x->next)
        if (strcmp(x->remote_id, t->remote_id) == 0 &&
            strcmp(x->helpdesk, t->helpdesk) == 0)
            return 0; /* by the other way already */
    t->next = *at;
    *at = t;
    return 0;
}

#define RETURN_COLUMNS                                                         \
    "SELECT helpdesk, remote_id, display_id, intent, state, created_at,"       \
    " coalesce(resolved_at, closed_at), coalesce(remote_at, created_at) FROM"  \
    " ticket WHERE tenant = $1 AND relation IS NULL AND"

static int
count_returns(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

/* The newest about the same matter, else the newest. */
static const struct row_return *
choose(const struct row_returns *rows)
{
    for (const struct row_return *t = rows->first; t != NULL; t = t->next)
        if (rows->intent != NULL && t->intent != NULL &&
            strcmp(rows->intent, t->intent) == 0)
            return t;
    return rows->first;
}

int
run_returns(struct db *d, void *arg, struct err *e)
{
    struct row_returns *rows = arg;

    rows->first = NULL;
    rows->last = NULL;
    rows->returns = 0;
    if (rows->who_id != NULL &&
        db_run(d,
               RETURN_COLUMNS " who_id = $2 ORDER BY created_at DESC LIMIT $3",
               DB_PARAMS(DB_T(rows->tenant), DB_T(rows->who_id),
                         DB_I(TICKETS_MAX)),
               take_return, rows, NULL, e) != 0)
        return -1;
    if (rows->who_mail != NULL &&
        db_run(d,
               RETURN_COLUMNS
               " who_mail = $2 ORDER BY created_at DESC LIMIT $3",
               DB_PARAMS(DB_T(rows->tenant), DB_T(rows->who_mail),
                         DB_I(TICKETS_MAX)),
               take_return, rows, NULL, e) != 0)
        return -1;
    rows->last = choose(rows);
    if (rows->last == NULL)
        return 0;
    return db_run(d,
                  "SELECT count(*) FROM (SELECT hid FROM ticket WHERE"
                  " tenant = $1 AND helpdesk = $2 AND remote_id = $3 AND"
                  " relation IS NOT NULL ORDER BY created_at LIMIT $4) AS x",
                  DB_PARAMS(DB_T(rows->tenant), DB_T(rows->last->helpdesk),
                            DB_T(rows->last->remote_id), DB_I(RETURNS_MAX)),
                  count_returns, &rows->returns, NULL, e);
}
