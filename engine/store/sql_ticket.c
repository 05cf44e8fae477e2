#include "store/sql_ticket.h"

#include <stddef.h>

#include "base/arena.h"
#include "store/db.h"

struct reading {
    const char *tenant;
    sql_ticket_fn *fn;
    void *arg;
    bool found;
};

static const char *
text_of(struct arena *a, const struct db_row *r, int column)
{
    struct str s = db_row_text(r, column);

    return db_row_null(r, column) ? NULL : arena_dup(a, s.p, s.len);
}

static int
take_ticket(void *arg, const struct db_row *r, struct err *e)
{
    struct reading *reading = arg;
    struct arena *a = arena_new(1024);
    struct str status = db_row_text(r, 6);
    struct sql_ticket t = {
        .tenant = reading->tenant,
        .helpdesk = text_of(a, r, 0),
        .remote_id = text_of(a, r, 1),
        .hid = text_of(a, r, 2),
        .conv = text_of(a, r, 3),
        .display_id = text_of(a, r, 4),
        .url = text_of(a, r, 5),
        .title = text_of(a, r, 7),
        .priority = text_of(a, r, 8),
        .group = text_of(a, r, 9),
        .assignee = text_of(a, r, 10),
        .csat = text_of(a, r, 11),
        .created_ms = db_row_int(r, 12),
        .remote_ms = db_row_int(r, 13),
        .ver = db_row_int(r, 14),
    };
    int rc;

    reading->found = true;
    if (ticket_status_from_name(status.p, status.len, &t.status))
        rc = reading->fn(reading->arg, &t, e);
    else
        rc = err_set(e, ERR_INPUT,
                     "ticket %s has a status that this version does not know: "
                     "%.*s",
                     t.remote_id, (int)status.len, status.p);
    arena_free(a);
    return rc;
}

int
sql_ticket_find(struct db *d, const char *tenant, const char *helpdesk,
                const char *remote_id, sql_ticket_fn *fn, void *arg,
                bool *found, struct err *e)
{
    struct reading reading = {tenant, fn, arg, false};
    int rc = db_run(d,
                    "SELECT helpdesk, remote_id, hid, conv, display_id, url,"
                    " state, title, priority, grp, assignee, csat, created_at,"
                    " remote_at, ver FROM ticket WHERE tenant = $1 AND"
                    " helpdesk = $2 AND remote_id = $3",
                    DB_PARAMS(DB_T(tenant), DB_T(helpdesk), DB_T(remote_id)),
                    take_ticket, &reading, NULL, e);

    *found = reading.found;
    return rc;
}

int
sql_ticket_of_handoff(struct db *d, const char *tenant, const char *hid,
                      sql_ticket_fn *fn, void *arg, bool *found, struct err *e)
{
    struct reading reading = {tenant, fn, arg, false};
    int rc = db_run(d,
                    "SELECT helpdesk, remote_id, hid, conv, display_id, url,"
                    " state, title, priority, grp, assignee, csat, created_at,"
                    " remote_at, ver FROM ticket WHERE tenant = $1 AND"
                    " hid = $2",
                    DB_PARAMS(DB_T(tenant), DB_T(hid)), take_ticket, &reading,
                    NULL, e);

    *found = reading.found;
    return rc;
}

int
sql_ticket_move(struct db *d, const struct sql_ticket *t, bool *moved,
                struct err *e)
{
    int64_t changed = 0;
    int rc = db_run(
        d,
        "UPDATE ticket SET state = $5, priority = coalesce($6, priority),"
        " grp = coalesce($7, grp), assignee = coalesce($8, assignee),"
        " remote_at = $9, ver = ver + 1 WHERE tenant = $1 AND helpdesk = $2"
        " AND remote_id = $3 AND ver = $4 AND (remote_at IS NULL OR"
        " remote_at <= $9)",
        DB_PARAMS(DB_T(t->tenant), DB_T(t->helpdesk), DB_T(t->remote_id),
                  DB_I(t->ver), DB_T(ticket_status_name(t->status)),
                  DB_T(t->priority), DB_T(t->group), DB_T(t->assignee),
                  DB_I(t->remote_ms)),
        NULL, NULL, &changed, e);

    *moved = changed > 0;
    return rc;
}

int
sql_ticket_rate(struct db *d, const char *tenant, const char *hid,
                const char *csat, bool *kept, struct err *e)
{
    int64_t changed = 0;
    int rc = db_run(d,
                    "UPDATE ticket SET csat = $3, ver = ver + 1 WHERE"
                    " tenant = $1 AND hid = $2 AND csat IS NULL",
                    DB_PARAMS(DB_T(tenant), DB_T(hid), DB_T(csat)), NULL, NULL,
                    &changed, e);

    *kept = changed > 0;
    return rc;
}
