#include "flow/rows.h"
#include "store/db.h"

/* More teams and people than that no helpdesk has. */
#define OWNERS_MAX 1000

static int
take_owner(void *arg, const struct db_row *r, struct err *e)
{
    struct row_owners *page = arg;
    struct row_owner *row = arena_alloc(page->arena, sizeof *row);

    (void)e;
    row->kind = rows_copy(page->arena, db_row_text(r, 0));
    row->owner = rows_copy(page->arena, db_row_text(r, 1));
    row->count = db_row_int(r, 2);
    row->oldest = rows_copy(page->arena, db_row_text(r, 3));
    row->next = NULL;
    *page->end = row;
    page->end = &row->next;
    return 0;
}

int
run_list_owners(struct db *d, void *arg, struct err *e)
{
    struct row_owners *page = arg;

    page->first = NULL;
    page->end = &page->first;
    return db_run(d,
                  "SELECT owner_kind, owner, count(*), min(hid) FROM handoff"
                  " WHERE tenant = $1 AND state NOT IN ('DONE', 'ABANDONED')"
                  " GROUP BY owner_kind, owner ORDER BY owner_kind, owner"
                  " LIMIT $2",
                  DB_PARAMS(DB_T(page->tenant), DB_I(OWNERS_MAX)), take_owner,
                  page, NULL, e);
}
