#include "flow/plan.h"
#include "flow/rows.h"
#include "store/db.h"

/* A conversation has one timer: two can never both fire. */
#define NAME "wait"

int
rows_fire_timer(struct db *d, struct plan *p, struct err *e)
{
    int64_t changed = 0;

    if (db_run(d,
               "UPDATE timer SET state = 'FIRED' WHERE tenant = $1 AND"
               " conv = $2 AND name = $3 AND gen = $4 AND state = 'SET'",
               DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_T(NAME),
                         DB_I(p->timer_fired)),
               NULL, NULL, &changed, e) != 0)
        return -1;
    p->stale = changed == 0;
    return 0;
}

static int
cancel(struct db *d, const struct plan *p, struct err *e)
{
    return db_run(d,
                  "UPDATE timer SET state = 'CANCELLED' WHERE tenant = $1 AND"
                  " conv = $2 AND name = $3 AND state = 'SET'",
                  DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_T(NAME)),
                  NULL, NULL, NULL, e);
}

int
rows_set_timer(struct db *d, const struct plan *p, struct err *e)
{
    if (!p->timer_armed)
        return cancel(d, p, e);
    return db_run(
        d,
        "INSERT INTO timer (tenant, conv, name, shard, due_at, gen, arg,"
        " state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'SET')"
        " ON CONFLICT (tenant, conv, name) DO UPDATE SET"
        " due_at = excluded.due_at, gen = excluded.gen, arg = excluded.arg,"
        " state = 'SET'",
        DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_T(NAME), DB_I(p->shard),
                  DB_I(p->timer_due), DB_I(p->timer_number),
                  DB_T(p->timer_rule)),
        NULL, NULL, NULL, e);
}

static int
take_timer(void *arg, const struct db_row *r, struct err *e)
{
    struct row_timers *page = arg;
    struct row_timer *row = arena_alloc(page->arena, sizeof *row);

    (void)e;
    row->conv = rows_copy(page->arena, db_row_text(r, 0));
    row->source = rows_copy(page->arena, db_row_text(r, 1));
    row->native = rows_copy(page->arena, db_row_text(r, 2));
    row->number = db_row_int(r, 3);
    row->due_at = db_row_int(r, 4);
    row->shard = (int)db_row_int(r, 5);
    row->next = NULL;
    *page->end = row;
    page->end = &row->next;
    return 0;
}

static int
take_ticket(void *arg, const struct db_row *r, struct err *e)
{
    struct row_timers *page = arg;
    struct arena *a = page->arena;
    struct row_ticket_due *row = arena_alloc(a, sizeof *row);

    (void)e;
    row->hid = rows_copy(a, db_row_text(r, 0));
    row->conv = rows_copy(a, db_row_text(r, 1));
    row->source = rows_copy(a, db_row_text(r, 2));
    row->native = rows_copy(a, db_row_text(r, 3));
    row->helpdesk = rows_copy(a, db_row_text(r, 4));
    row->ticket = rows_copy(a, db_row_text(r, 5));
    row->group = db_row_null(r, 6) ? NULL : rows_copy(a, db_row_text(r, 6));
    row->shard = (int)db_row_int(r, 7);
    row->decision = db_row_int(r, 8);
    row->due_at = db_row_int(r, 9);
    row->since = db_row_int(r, 10);
    row->alarm = db_row_int(r, 11) != 0;
    row->priority =
        db_row_null(r, 12) ? NULL : rows_copy(a, db_row_text(r, 12));
    row->url = db_row_null(r, 13) ? NULL : rows_copy(a, db_row_text(r, 13));
    row->next = NULL;
    *page->tickets_end = row;
    page->tickets_end = &row->next;
    return 0;
}

/* What a helpdesk keeps is acted on only when it was asked since: somebody may
 * have taken the ticket a minute ago. */
static int
due_tickets(struct db *d, struct row_timers *page, struct err *e)
{
    page->tickets = NULL;
    page->tickets_end = &page->tickets;
    return db_run(
        d,
        "SELECT t.hid, t.conv, c.source, c.ext_id, t.helpdesk, t.display_id,"
        " t.grp, c.shard, h.n, t.due_at, t.created_at, CASE WHEN"
        " t.state = 'open' THEN 1 ELSE 0 END, t.priority, t.url FROM"
        " ticket t JOIN conversation c ON c.tenant = t.tenant AND c.conv ="
        " t.conv JOIN handoff h ON h.tenant = t.tenant AND h.hid = t.hid WHERE"
        " t.tenant = $1 AND t.due_at <= $2 AND (t.look_at IS NULL OR"
        " t.looked_at >= t.due_at OR $3 NOT LIKE '%|' || t.helpdesk || '|%')"
        " ORDER BY t.due_at LIMIT $4",
        DB_PARAMS(DB_T(page->tenant), DB_I(page->now_ms), DB_T(page->followed),
                  DB_I(page->limit)),
        take_ticket, page, NULL, e);
}

static int
take_next(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

int
run_due_timers(struct db *d, void *arg, struct err *e)
{
    struct row_timers *page = arg;

    page->first = NULL;
    page->end = &page->first;
    page->next_due = 0;
    if (db_run(d,
               "SELECT t.conv, c.source, c.ext_id, t.gen, t.due_at, t.shard"
               " FROM timer t JOIN conversation c ON c.tenant = t.tenant AND"
               " c.conv = t.conv WHERE t.tenant = $1 AND t.state = 'SET' AND"
               " t.due_at <= $2 ORDER BY t.due_at LIMIT $3",
               DB_PARAMS(DB_T(page->tenant), DB_I(page->now_ms),
                         DB_I(page->limit)),
               take_timer, page, NULL, e) != 0)
        return -1;
    if (due_tickets(d, page, e) != 0)
        return -1;
    return db_run(d,
                  "SELECT min(at) FROM (SELECT min(due_at) AS at FROM timer"
                  " WHERE tenant = $1 AND state = 'SET' AND due_at > $2 UNION"
                  " ALL SELECT min(due_at) FROM ticket WHERE tenant = $1 AND"
                  " due_at > $2) AS due",
                  DB_PARAMS(DB_T(page->tenant), DB_I(page->now_ms)), take_next,
                  &page->next_due, NULL, e);
}
