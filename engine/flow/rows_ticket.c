#include <string.h>

#include "base/clock.h"
#include "flow/plan.h"
#include "flow/rows.h"
#include "model/life.h"
#include "store/db.h"
#include "store/sql_audit.h"

/* More hand-overs go on in no ticket: what is told reaches these. */
#define SHARED_MAX 1000

/* --- what is told of a ticket --- */

struct known {
    const char *hid, *conv, *ticket;
    struct life life;
    bool ended; /* its episode is */
    struct known *next;
};

struct knowing {
    struct arena *arena;
    struct known *first, **end;
};

static const char *
text_or_null(struct arena *a, const struct db_row *r, int column)
{
    return db_row_null(r, column) ? NULL : rows_copy(a, db_row_text(r, column));
}

static void
take_life(struct arena *a, const struct db_row *r, struct life *l)
{
    struct str state = db_row_text(r, 3);

    (void)ticket_status_from_name(state.p != NULL ? state.p : "", state.len,
                                  &l->status);
    l->native = text_or_null(a, r, 4);
    l->group = text_or_null(a, r, 5);
    l->assignee = text_or_null(a, r, 6);
    l->told_of_at = db_row_int(r, 7);
    l->human_at = db_row_int(r, 8);
    l->resolved_at = db_row_int(r, 9);
    l->closed_at = db_row_int(r, 10);
    l->reopened_at = db_row_int(r, 11);
    l->reopens = db_row_int(r, 12);
    l->missed = db_row_int(r, 13);
    l->alarm_at = db_row_int(r, 14);
    l->alarmed_at = db_row_int(r, 15);
}

static int
take_known(void *arg, const struct db_row *r, struct err *e)
{
    struct knowing *page = arg;
    struct known *k = arena_alloc(page->arena, sizeof *k);

    (void)e;
    k->hid = rows_copy(page->arena, db_row_text(r, 0));
    k->conv = rows_copy(page->arena, db_row_text(r, 1));
    k->ticket = rows_copy(page->arena, db_row_text(r, 2));
    take_life(page->arena, r, &k->life);
    k->ended = !db_row_null(r, 16);
    *page->end = k;
    page->end = &k->next;
    return 0;
}

#define LIFE_COLUMNS                                                           \
    "SELECT hid, conv, display_id, state, native, grp, assignee, remote_at,"   \
    " human_at, resolved_at, closed_at, reopened_at, reopens, missed,"         \
    " alarm_at, told_at, ended_at FROM ticket WHERE tenant = $1 AND"           \
    " helpdesk = $2 AND remote_id = $3 AND relation"

/* Of the hand-over that made it, and of those that went on in it. */
static int
find_known(struct db *d, const struct row_follow *f, const char *id,
           struct knowing *page, struct err *e)
{
    page->first = NULL;
    page->end = &page->first;
    if (db_run(d, LIFE_COLUMNS " IS NULL LIMIT 1",
               DB_PARAMS(DB_T(f->tenant), DB_T(f->helpdesk), DB_T(id)),
               take_known, page, NULL, e) != 0)
        return -1;
    return db_run(d, LIFE_COLUMNS " IS NOT NULL ORDER BY created_at LIMIT $4",
                  DB_PARAMS(DB_T(f->tenant), DB_T(f->helpdesk), DB_T(id),
                            DB_I(SHARED_MAX)),
                  take_known, page, NULL, e);
}

static int
put_known(struct db *d, const struct row_follow *f, const struct known *k,
          const char *id, struct err *e)
{
    const struct life *l = &k->life;
    int64_t due = k->ended ? 0 : life_due_at(l, f->window_ms, f->final);
    int64_t look = k->ended || f->every_ms == 0
                       ? 0
                       : life_look_at(l, id, f->every_ms, f->now_ms);

    /* Just when it has to be known whether it is still so. */
    if (look > due && due > f->now_ms)
        look = due;
    return db_run(
        d,
        "UPDATE ticket SET state = $3, native = $4, grp = $5, assignee = $6,"
        " remote_at = nullif($7, 0), human_at = nullif($8, 0),"
        " resolved_at = nullif($9, 0), closed_at = nullif($10, 0),"
        " reopened_at = nullif($11, 0), reopens = nullif($12, 0),"
        " missed = nullif($13, 0), due_at = nullif($14, 0),"
        " look_at = nullif($15, 0), looked_at = $16, note = CASE WHEN $17 = 1 "
        "THEN"
        " 'it is not in the helpdesk any more' ELSE note END, ver = ver + 1"
        " WHERE tenant = $1 AND hid = $2",
        DB_PARAMS(DB_T(f->tenant), DB_T(k->hid),
                  DB_T(ticket_status_name(l->status)), DB_T(l->native),
                  DB_T(l->group), DB_T(l->assignee), DB_I(l->told_of_at),
                  DB_I(l->human_at), DB_I(l->resolved_at), DB_I(l->closed_at),
                  DB_I(l->reopened_at), DB_I(l->reopens), DB_I(l->missed),
                  DB_I(due), DB_I(look), DB_I(f->now_ms),
                  DB_I(l->missed >= LIFE_MISSED_MAX)),
        NULL, NULL, NULL, e);
}

static void
add_moved(struct row_follow *f, const struct known *k, enum life_move move,
          enum ticket_status from, bool unexpected)
{
    struct row_moved *m = arena_alloc(f->arena, sizeof *m);

    m->hid = k->hid;
    m->conv = k->conv;
    m->ticket = k->ticket;
    m->native = k->life.native;
    m->from = ticket_status_name(from);
    m->to = k->life.status;
    m->move = (int)move;
    m->unexpected = unexpected;
    m->next = NULL;
    *f->end = m;
    f->end = &m->next;
}

static int
take_update(struct db *d, struct row_follow *f, const struct life_update *u,
            struct err *e)
{
    struct knowing page = {.arena = f->arena};

    if (find_known(d, f, u->id, &page, e) != 0)
        return -1;
    for (struct known *k = page.first; k != NULL; k = k->next) {
        enum ticket_status from = k->life.status;
        bool unexpected;
        enum life_move move = life_apply(&k->life, u, f->now_ms, &unexpected);

        if (put_known(d, f, k, u->id, e) != 0)
            return -1;
        if (move >= LIFE_MOVED)
            add_moved(f, k, move, from, unexpected);
    }
    return 0;
}

int
run_follow(struct db *d, void *arg, struct err *e)
{
    struct row_follow *f = arg;

    f->first = NULL;
    f->end = &f->first;
    for (size_t i = 0; i < f->count; i++)
        if (take_update(d, f, &f->updates[i], e) != 0)
            return -1;
    return 0;
}

/* --- which to look at --- */

static int
take_next(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

static int
take_id(void *arg, const struct db_row *r, struct err *e)
{
    struct row_looks *l = arg;

    (void)e;
    l->ids[l->count++] = rows_copy(l->arena, db_row_text(r, 0));
    return 0;
}

int
run_looks(struct db *d, void *arg, struct err *e)
{
    struct row_looks *l = arg;

    l->count = 0;
    l->next_at = 0;
    l->ids = arena_array(l->arena, (size_t)l->limit + 1, sizeof *l->ids);
    if (db_run(d,
               "SELECT min(look_at) FROM ticket WHERE tenant = $1 AND"
               " helpdesk = $2 AND look_at IS NOT NULL",
               DB_PARAMS(DB_T(l->tenant), DB_T(l->helpdesk)), take_next,
               &l->next_at, NULL, e) != 0)
        return -1;
    if (l->next_at == 0 || l->next_at > l->now_ms)
        return 0;
    return db_run(d,
                  "SELECT remote_id, min(look_at) FROM ticket WHERE tenant = $1"
                  " AND helpdesk = $2 AND look_at <= $3 GROUP BY remote_id"
                  " ORDER BY 2, 1 LIMIT $4",
                  DB_PARAMS(DB_T(l->tenant), DB_T(l->helpdesk),
                            DB_I(l->until_ms), DB_I(l->limit)),
                  take_id, l, NULL, e);
}

/* --- in the commit of a plan --- */

/* Nobody took it, and nobody was told so before. */
static int
tell_unassigned(struct db *d, struct plan *p, int64_t *changed, struct err *e)
{
    const struct row_ticket_due *due = p->due;

    if (db_run(d,
               "UPDATE ticket SET told_at = $3, due_at = NULL,"
               " grp = coalesce($4, grp), note = $5, ver = ver + 1 WHERE"
               " tenant = $1 AND hid = $2 AND due_at = $6 AND told_at IS NULL"
               " AND state = 'open' AND assignee IS NULL AND human_at IS NULL",
               DB_PARAMS(DB_T(p->tenant), DB_T(due->hid), DB_I(p->said_at_ms),
                         DB_T(p->then_group), DB_T(p->note), DB_I(due->due_at)),
               NULL, NULL, changed, e) != 0)
        return -1;
    if (*changed == 0 || p->then_group == NULL)
        return 0;
    return db_run(
        d,
        "UPDATE handoff SET owner_kind = 'group', owner = $3,"
        " ver = ver + 1 WHERE tenant = $1 AND hid = $2",
        DB_PARAMS(DB_T(p->tenant), DB_T(due->hid), DB_T(p->then_group)), NULL,
        NULL, NULL, e);
}

/* What was resolved so long ago is closed, also where the helpdesk has no such
 * state. */
static int
end_episode(struct db *d, struct plan *p, int64_t *changed, struct err *e)
{
    const struct row_ticket_due *due = p->due;

    if (db_run(d,
               "UPDATE ticket SET ended_at = $3, due_at = NULL, look_at = NULL,"
               " state = 'closed', closed_at = coalesce(closed_at, $3),"
               " ver = ver + 1 WHERE tenant = $1 AND hid = $2 AND due_at = $4"
               " AND state IN ('resolved', 'closed')",
               DB_PARAMS(DB_T(p->tenant), DB_T(due->hid), DB_I(p->said_at_ms),
                         DB_I(due->due_at)),
               NULL, NULL, changed, e) != 0)
        return -1;
    if (*changed == 0)
        return 0;
    return db_run(d,
                  "UPDATE handoff SET state = 'DONE', ver = ver + 1 WHERE"
                  " tenant = $1 AND hid = $2 AND state <> 'ABANDONED'",
                  DB_PARAMS(DB_T(p->tenant), DB_T(due->hid)), NULL, NULL, NULL,
                  e);
}

int
rows_ticket_due(struct db *d, struct plan *p, struct err *e)
{
    int64_t changed = 0;
    int rc = p->due->alarm ? tell_unassigned(d, p, &changed, e)
                           : end_episode(d, p, &changed, e);

    p->stale = changed == 0;
    return rc;
}

#define REOPEN                                                                 \
    "UPDATE ticket SET state = 'open', reopened_at = $4,"                      \
    " reopens = coalesce(reopens, 0) + 1, resolved_at = NULL,"                 \
    " closed_at = NULL, due_at = NULL, ver = ver + 1 WHERE tenant = $1 AND"    \
    " state IN ('resolved', 'closed') AND hid IN (SELECT hid FROM ticket"      \
    " WHERE tenant = $1 AND helpdesk = $2 AND remote_id = $3 AND relation"

int
rows_reopen_ticket(struct db *d, const char *tenant, const char *helpdesk,
                   const char *id, int64_t now_ms, struct err *e)
{
    if (db_run(d, REOPEN " IS NULL LIMIT 1)",
               DB_PARAMS(DB_T(tenant), DB_T(helpdesk), DB_T(id), DB_I(now_ms)),
               NULL, NULL, NULL, e) != 0)
        return -1;
    return db_run(d, REOPEN " IS NOT NULL ORDER BY created_at LIMIT $5)",
                  DB_PARAMS(DB_T(tenant), DB_T(helpdesk), DB_T(id),
                            DB_I(now_ms), DB_I(SHARED_MAX)),
                  NULL, NULL, NULL, e);
}

struct place {
    struct buf helpdesk, id;
};

static void
place_free(struct place *p)
{
    buf_free(&p->helpdesk);
    buf_free(&p->id);
}

static int
take_place(void *arg, const struct db_row *r, struct err *e)
{
    struct place *p = arg;
    struct str helpdesk = db_row_text(r, 0), id = db_row_text(r, 1);

    (void)e;
    buf_clear(&p->helpdesk);
    buf_clear(&p->id);
    buf_add(&p->helpdesk, helpdesk.p, helpdesk.len);
    buf_add(&p->id, id.p, id.len);
    return 0;
}

/* A customer writes to a ticket that is done: it is open again, unless its
 * episode is over in this moment. */
static int
reopen_said(struct db *d, const struct plan *p, struct err *e)
{
    struct place at = {0};
    int rc;

    rc = db_run(
        d,
        "SELECT helpdesk, remote_id FROM ticket WHERE tenant = $1 AND"
        " hid = $2 AND state IN ('resolved', 'closed') AND due_at > $3",
        DB_PARAMS(DB_T(p->tenant), DB_T(p->said_to), DB_I(p->said_at_ms)),
        take_place, &at, NULL, e);
    if (rc == 0 && at.id.len > 0)
        rc = rows_reopen_ticket(d, p->tenant, buf_str(&at.helpdesk),
                                buf_str(&at.id), p->said_at_ms, e);
    place_free(&at);
    return rc;
}

/* With the hand-over, since there may be no ticket yet. */
static int
put_added_tags(struct db *d, const struct plan *p, struct err *e)
{
    return db_run(d,
                  "UPDATE handoff SET added_tags = $3, ver = ver + 1 WHERE"
                  " tenant = $1 AND hid = $2",
                  DB_PARAMS(DB_T(p->tenant), DB_T(p->hid), DB_T(p->added_tags)),
                  NULL, NULL, NULL, e);
}

/* A human writes, or takes the chat over: the ticket is taken. */
int
rows_ticket_said(struct db *d, const struct plan *p, struct err *e)
{
    if (p->said_to != NULL && reopen_said(d, p, e) != 0)
        return -1;
    if (p->added_tags != NULL && put_added_tags(d, p, e) != 0)
        return -1;
    if (p->taken == NULL)
        return 0;
    return db_run(
        d,
        "UPDATE ticket SET human_at = $3, due_at = CASE WHEN"
        " state IN ('resolved', 'closed') THEN due_at END, ver = ver + 1"
        " WHERE tenant = $1 AND hid = $2 AND human_at IS NULL",
        DB_PARAMS(DB_T(p->tenant), DB_T(p->taken), DB_I(p->said_at_ms)), NULL,
        NULL, NULL, e);
}

/* --- a change by hand --- */

static bool
is_one_of(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static int
find_number(struct db *d, const struct row_change *c, const char *helpdesk,
            struct place *p, struct err *e)
{
    struct buf display = {0};
    int rc;

    buf_clear(&p->helpdesk);
    buf_adds(&p->helpdesk, helpdesk);
    if (is_one_of(c->builtin, helpdesk)) {
        rc = rows_find_in_desk(d, c->query->tenant, helpdesk, c->query->key,
                               &p->id, &display, e);
        buf_free(&display);
        return rc;
    }
    return db_run(
        d,
        "SELECT helpdesk, remote_id FROM ticket WHERE tenant = $1 AND"
        " helpdesk = $2 AND remote_id = $3 AND relation IS NULL",
        DB_PARAMS(DB_T(c->query->tenant), DB_T(helpdesk), DB_T(c->query->key)),
        take_place, p, NULL, e);
}

/* By the hand-over's id, else by a ticket's number. */
static int
find_place(struct db *d, const struct row_change *c, struct place *p,
           struct err *e)
{
    if (db_run(d,
               "SELECT helpdesk, remote_id FROM ticket WHERE tenant = $1 AND"
               " hid = $2",
               DB_PARAMS(DB_T(c->query->tenant), DB_T(c->query->key)),
               take_place, p, NULL, e) != 0)
        return -1;
    for (size_t i = 0; p->id.len == 0 && c->helpdesks[i] != NULL; i++)
        if (find_number(d, c, c->helpdesks[i], p, e) != 0)
            return -1;
    return 0;
}

static int
change(struct db *d, struct row_change *c, struct place *p, struct err *e)
{
    struct sql_audit row = {.tenant = c->query->tenant,
                            .at_ms = c->follow.now_ms,
                            .actor = "operator"};
    struct buf verb = {0}, object = {0};
    int rc;

    c->update->id = arena_str(c->follow.arena, buf_str(&p->id));
    c->follow.helpdesk = arena_str(c->follow.arena, buf_str(&p->helpdesk));
    c->follow.updates = c->update;
    c->follow.count = 1;
    buf_addf(&verb, "ticket.%s", c->verb);
    buf_addf(&object, "ticket/%s/%s", c->follow.helpdesk, c->update->id);
    row.verb = buf_str(&verb);
    row.object = buf_str(&object);
    rc = sql_audit_add(d, &row, e);
    buf_free(&verb);
    buf_free(&object);
    return rc == 0 ? run_follow(d, &c->follow, e) : -1;
}

int
run_change_ticket(struct db *d, void *arg, struct err *e)
{
    struct row_change *c = arg;
    struct place p = {0};
    int rc;

    c->foreign = c->query->found = false;
    c->follow.first = NULL;
    buf_clear(&c->query->json);
    rc = find_place(d, c, &p, e);
    if (rc == 0 && p.id.len > 0) {
        c->foreign =
            c->update != NULL && !is_one_of(c->builtin, buf_str(&p.helpdesk));
        c->query->found = true;
        if (c->update != NULL && !c->foreign)
            rc = change(d, c, &p, e);
        if (rc == 0)
            rc = rows_get_ticket(d, c->query, buf_str(&p.helpdesk),
                                 buf_str(&p.id), e);
    }
    place_free(&p);
    return rc;
}
