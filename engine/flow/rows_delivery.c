#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/fail.h"
#include "flow/rows.h"
#include "store/db.h"

#define LEASE_MS 60000

int
run_expire_leases(struct db *d, void *arg, struct err *e)
{
    struct row_deliveries *page = arg;

#ifdef MUTATE_LEASE_READY
    return db_run(d,
                  "UPDATE delivery SET state = 'READY', first_sent = NULL WHERE"
                  " tenant = $1 AND state <> 'DONE' AND"
                  " state IN ('LEASED', 'RECONCILING',"
                  " 'UNCERTAIN')",
                  DB_PARAMS(DB_T(page->tenant)), NULL, NULL, NULL, e);
#else
    return db_run(
        d,
        "UPDATE delivery SET state = CASE WHEN first_sent IS NULL THEN"
        " 'READY' ELSE 'UNCERTAIN' END, owner = NULL WHERE"
        " tenant = $1 AND state <> 'DONE' AND"
        " state IN ('LEASED', 'RECONCILING')",
        DB_PARAMS(DB_T(page->tenant)), NULL, NULL, NULL, e);
#endif
}

static int
take_delivery(void *arg, const struct db_row *r, struct err *e)
{
    struct row_deliveries *page = arg;
    struct arena *a = page->arena;
    struct row_delivery *x = arena_alloc(a, sizeof *x);
    struct str kind = db_row_text(r, 7), state = db_row_text(r, 8);

    x->did = rows_copy(a, db_row_text(r, 0));
    x->hid = rows_copy(a, db_row_text(r, 1));
    x->conv = rows_copy(a, db_row_text(r, 2));
    x->dest = rows_copy(a, db_row_text(r, 3));
    x->step = rows_copy(a, db_row_text(r, 4));
    x->dkey = rows_copy(a, db_row_text(r, 5));
    x->after = rows_copy(a, db_row_text(r, 6));
    x->priority = (int)db_row_int(r, 9);
    x->tries = (int)db_row_int(r, 10);
    x->next_at = db_row_int(r, 11);
    x->expire_at = db_row_int(r, 12);
    x->first_sent = db_row_int(r, 13);
    x->created_at = db_row_int(r, 14);
    x->fence = db_row_int(r, 15);
    x->payload = rows_copy(a, db_row_text(r, 16));
    if (!delivery_kind_from_name(kind.p, kind.len, &x->kind) ||
        !delivery_state_from_name(state.p, state.len, &x->state))
        return err_set(e, ERR_INPUT,
                       "delivery %s is of a kind or state that this version "
                       "does not know: %.*s %.*s",
                       x->did, (int)kind.len, kind.p, (int)state.len, state.p);
    *page->end = x;
    page->end = &x->next;
    page->count++;
    return 0;
}

int
run_open_deliveries(struct db *d, void *arg, struct err *e)
{
    struct row_deliveries *page = arg;

    page->count = 0;
    page->first = NULL;
    page->end = &page->first;
    return db_run(
        d,
        "SELECT did, hid, conv, dest, step, dkey, after_dkey, kind, state,"
        " prio, try, next_at, expire_at, first_sent, created_at, fence, payload"
        " FROM delivery x WHERE tenant = $1 AND state <> 'DONE' AND"
        " state IN ('READY', 'UNCERTAIN', 'LEASED', 'RECONCILING') AND"
        " did > $2 AND NOT EXISTS (WITH RECURSIVE up (state, after_dkey) AS"
        " (SELECT b.state, b.after_dkey FROM delivery b WHERE"
        " b.tenant = x.tenant AND b.dkey = x.after_dkey UNION ALL"
        " SELECT c.state, c.after_dkey FROM up JOIN delivery c ON"
        " c.tenant = x.tenant AND c.dkey = up.after_dkey WHERE"
        " up.state NOT IN ('DONE', 'DEAD'))"
        " SELECT 1 FROM up WHERE state = 'HELD') ORDER BY did LIMIT $3",
        DB_PARAMS(DB_T(page->tenant), DB_T(page->after_did), DB_I(page->limit)),
        take_delivery, page, NULL, e);
}

int
rows_add_delivery(struct db *d, const char *tenant, int shard,
                  struct row_delivery *x, struct err *e)
{
    bool follows = x->after != NULL && x->after[0] != '\0';
    int64_t changed = 0;

    if (db_run(
            d,
            "INSERT INTO delivery (tenant, did, shard, hid, conv, dest, kind,"
            " step, dkey, after_dkey, prio, state, try, next_at, fence,"
            " created_at, expire_at, payload) VALUES ($1, $2, $3, $4, $5, $6,"
            " $7, $8, $9, $10, $11, 'READY', 0, $12, 0, $13, $14, $15)"
            " ON CONFLICT (tenant, dkey) DO NOTHING",
            DB_PARAMS(DB_T(tenant), DB_T(x->did), DB_I(shard), DB_T(x->hid),
                      DB_T(x->conv), DB_T(x->dest),
                      DB_T(delivery_kind_name(x->kind)), DB_T(x->step),
                      DB_T(x->dkey), DB_T(follows ? x->after : NULL),
                      DB_I(x->priority), DB_I(x->next_at), DB_I(x->created_at),
                      DB_I(x->expire_at), DB_T(x->payload)),
            NULL, NULL, &changed, e) != 0)
        return -1;
    x->there = changed == 0;
    return 0;
}

/* --- the arcs of the state machine; each checks the fence --- */

/* What worked at the first try is told by the delivery's own row. */
static int
note_attempt(struct db *d, const struct row_step *s, struct err *e)
{
    if (s->class == NULL || s->at_once)
        return 0;
    return db_run(d,
                  "INSERT INTO attempt (tenant, did, try, t0, t1, class, http,"
                  " note) SELECT $1, $2, coalesce(max(try), 0) + 1, $3, $4, $5,"
                  " $6, $7 FROM attempt WHERE tenant = $1 AND did = $2",
                  DB_PARAMS(DB_T(s->tenant), DB_T(s->did), DB_I(s->started_ms),
                            DB_I(s->now_ms), DB_T(s->class), DB_I(s->http),
                            DB_T(s->why)),
                  NULL, NULL, NULL, e);
}

static int
fenced(struct row_step *s, int64_t changed, struct err *e)
{
    s->lost_lease = changed == 0;
    if (changed > 0)
        return 0;
    return err_set(e, ERR_CONFLICT,
                   "delivery %s has moved on without this sender", s->did);
}

int
run_lease(struct db *d, void *arg, struct err *e)
{
    struct row_step *s = arg;
    int64_t changed = 0;
    struct db_param bytes = {.type = DB_NULL};

    if (!s->keep_bytes)
        bytes = DB_B(s->bytes.p, s->bytes.len);
    if (db_run(d,
               "UPDATE delivery SET state = 'LEASED', owner = 'engine',"
               " lease_until = $4, fence = fence + 1,"
               " first_sent = coalesce(first_sent, $5),"
               " bytes = coalesce($6, bytes) WHERE tenant = $1 AND did = $2"
               " AND fence = $3 AND state IN ('READY', 'UNCERTAIN',"
               " 'RECONCILING', 'LEASED')",
               DB_PARAMS(DB_T(s->tenant), DB_T(s->did), DB_I(s->fence),
                         DB_I(s->now_ms + LEASE_MS), DB_I(s->now_ms), bytes),
               NULL, NULL, &changed, e) != 0)
        return -1;
    return fenced(s, changed, e);
}

/* One statement per target state: what it may come from is in its text. */
static int
move(struct db *d, const char *sql, struct row_step *s, struct err *e)
{
    int64_t changed = 0;

    if (db_run(d, sql,
               DB_PARAMS(DB_T(s->tenant), DB_T(s->did), DB_I(s->fence),
                         DB_I(s->tries), DB_I(s->next_at), DB_I(s->http),
                         DB_T(s->why)),
               NULL, NULL, &changed, e) != 0)
        return -1;
    if (fenced(s, changed, e) != 0)
        return -1;
    return note_attempt(d, s, e);
}

int
run_ready_again(struct db *d, void *arg, struct err *e)
{
    return move(d,
                "UPDATE delivery SET state = 'READY', owner = NULL, try = $4,"
                " next_at = $5, status = $6, err = $7 WHERE tenant = $1 AND"
                " did = $2 AND fence = $3 AND state IN ('READY', 'LEASED',"
                " 'UNCERTAIN', 'RECONCILING')",
                arg, e);
}

int
run_uncertain(struct db *d, void *arg, struct err *e)
{
    return move(d,
                "UPDATE delivery SET state = 'UNCERTAIN', owner = NULL,"
                " try = $4, next_at = $5, status = $6, err = $7 WHERE"
                " tenant = $1 AND did = $2 AND fence = $3 AND"
                " state IN ('LEASED', 'UNCERTAIN', 'RECONCILING')",
                arg, e);
}

int
run_reconciling(struct db *d, void *arg, struct err *e)
{
    return move(d,
                "UPDATE delivery SET state = 'RECONCILING', try = $4,"
                " next_at = $5, status = $6, err = $7 WHERE tenant = $1 AND"
                " did = $2 AND fence = $3 AND state = 'UNCERTAIN'",
                arg, e);
}

int
run_held(struct db *d, void *arg, struct err *e)
{
    return move(d,
                "UPDATE delivery SET state = 'HELD', owner = NULL, try = $4,"
                " next_at = $5, status = $6, err = $7 WHERE tenant = $1 AND"
                " did = $2 AND fence = $3 AND state NOT IN ('DONE', 'DEAD')",
                arg, e);
}

int
run_dead(struct db *d, void *arg, struct err *e)
{
    return move(d,
                "UPDATE delivery SET state = 'DEAD', owner = NULL, try = $4,"
                " next_at = $5, status = $6, err = $7 WHERE tenant = $1 AND"
                " did = $2 AND fence = $3 AND state NOT IN ('DONE', 'HELD')",
                arg, e);
}

/* One ticket may have been made for an earlier hand-over: of a conversation
 * that is handed over once more, say. */
static int
put_ticket(struct db *d, const struct row_step *s, struct err *e)
{
    return db_run(
        d,
        "INSERT INTO ticket (tenant, helpdesk, remote_id, hid, conv,"
        " display_id, url, state, title, priority, grp, assignee, created_at,"
        " ver, relation, linked_to, look_at, alarm_at, due_at, who_id,"
        " who_mail, intent) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open',"
        " $8, $9, $10, $11, $12, 1, coalesce($13, (SELECT 'appended' FROM"
        " ticket t WHERE t.tenant = $1 AND t.helpdesk = $2 AND"
        " t.remote_id = $3 AND t.relation IS NULL AND t.hid <> $4)), $14,"
        " nullif($15, 0), nullif($16, 0), nullif($16, 0), $17, $18, $19)"
        " ON CONFLICT (tenant, hid) DO NOTHING",
        DB_PARAMS(DB_T(s->tenant), DB_T(s->helpdesk), DB_T(s->remote_id),
                  DB_T(s->hid), DB_T(s->conv), DB_T(s->display_id),
                  DB_T(s->url), DB_T(s->title), DB_T(s->priority),
                  DB_T(s->group), DB_T(s->assignee), DB_I(s->now_ms),
                  DB_T(s->relation), DB_T(s->linked_to), DB_I(s->look_at),
                  DB_I(s->alarm_at), DB_T(s->who_id), DB_T(s->who_mail),
                  DB_T(s->intent)),
        NULL, NULL, NULL, e);
}

static int
move_handoff(struct db *d, const struct row_step *s, struct err *e)
{
    const char *state = s->is_ticket && s->last_step ? "TICKETED"
                        : s->is_notice               ? "NOTIFIED"
                        : s->is_close                ? "AI_CLOSED"
                                                     : NULL;

    if (s->saved != NULL &&
        db_run(d,
               "UPDATE handoff SET saved = $3 WHERE tenant = $1 AND hid = $2",
               DB_PARAMS(DB_T(s->tenant), DB_T(s->hid), DB_T(s->saved)), NULL,
               NULL, NULL, e) != 0)
        return -1;
    if (state == NULL)
        return 0;
    return db_run(d,
                  "UPDATE handoff SET state = $3, ver = ver + 1,"
                  " ticket = coalesce($4, ticket) WHERE tenant = $1 AND"
                  " hid = $2 AND state IN ('OPENING', 'TICKETED', 'NOTIFIED',"
                  " 'HELD')",
                  DB_PARAMS(DB_T(s->tenant), DB_T(s->hid), DB_T(state),
                            DB_T(s->display_id)),
                  NULL, NULL, NULL, e);
}

int
run_done(struct db *d, void *arg, struct err *e)
{
    struct row_step *s = arg;
    int64_t changed = 0;

    if (db_run(d,
               "UPDATE delivery SET state = 'DONE', owner = NULL, status = $4,"
               " err = NULL, remote_id = $5, bytes = NULL, done_at = $7,"
               " first_sent = coalesce(first_sent, $6) WHERE tenant = $1 AND"
               " did = $2 AND fence = $3 AND state NOT IN ('DONE', 'DEAD')",
               DB_PARAMS(DB_T(s->tenant), DB_T(s->did), DB_I(s->fence),
                         DB_I(s->http), DB_T(s->remote_id), DB_I(s->started_ms),
                         DB_I(s->now_ms)),
               NULL, NULL, &changed, e) != 0)
        return -1;
    if (fenced(s, changed, e) != 0)
        return -1;
    if (s->is_ticket && s->last_step && put_ticket(d, s, e) != 0)
        return -1;
    if ((s->relation != NULL || s->there) &&
        rows_reopen_ticket(d, s->tenant, s->helpdesk, s->remote_id, s->now_ms,
                           e) != 0)
        return -1;
    if (move_handoff(d, s, e) != 0)
        return -1;
    return note_attempt(d, s, e);
}

/* --- what is not in memory --- */

static int
take_outcome(void *arg, const struct db_row *r, struct err *e)
{
    struct row_context *c = arg;
    struct str s = db_row_text(r, 0);

    (void)e;
    buf_clear(&c->outcome);
    buf_add(&c->outcome, s.p, s.len);
    return 0;
}

static int
take_bytes(void *arg, const struct db_row *r, struct err *e)
{
    struct row_context *c = arg;
    struct str s = db_row_bytes(r, 0);

    (void)e;
    buf_clear(&c->bytes);
    buf_add(&c->bytes, s.p, s.len);
    return 0;
}

static int
take_ticket(void *arg, const struct db_row *r, struct err *e)
{
    struct row_context *c = arg;
    struct str saved = db_row_text(r, 0), id = db_row_text(r, 1);
    struct str url = db_row_text(r, 2);

    (void)e;
    buf_clear(&c->saved);
    buf_clear(&c->ticket_id);
    buf_clear(&c->ticket_url);
    buf_add(&c->saved, saved.p, saved.len);
    buf_add(&c->ticket_id, id.p, id.len);
    buf_add(&c->ticket_url, url.p, url.len);
    c->reopened_at = db_row_int(r, 3);
    return 0;
}

struct found {
    struct buf *id, *display;
};

static int
take_found(void *arg, const struct db_row *r, struct err *e)
{
    const struct found *f = arg;
    struct str id = db_row_text(r, 0), display = db_row_text(r, 1);

    (void)e;
    buf_clear(f->id);
    buf_clear(f->display);
    buf_add(f->id, id.p, id.len);
    buf_add(f->display, display.p, display.len);
    return 0;
}

#define DESK_NUMBER "U-" /* before the first characters of an id */

/* By its id, or by the number that people read out. '{' is behind every
 * character that an id has. */
int
rows_find_in_desk(struct db *d, const char *tenant, const char *helpdesk,
                  const char *number, struct buf *id, struct buf *display,
                  struct err *e)
{
    struct found found = {id, display};
    char low[ID_SIZE];
    size_t n = 0,
           skip = strncasecmp(number, DESK_NUMBER, strlen(DESK_NUMBER)) == 0
                      ? strlen(DESK_NUMBER)
                      : 0;

    while (n + 1 < sizeof low && number[skip + n] != '\0') {
        low[n] = (char)tolower((unsigned char)number[skip + n]);
        n++;
    }
    low[n] = '\0';
    if (n < DESK_NUMBER_LENGTH)
        return 0;
    return db_run(d,
                  "SELECT remote_id, display_id FROM ticket WHERE tenant = $1"
                  " AND helpdesk = $2 AND remote_id >= $3 AND"
                  " remote_id < $3 || '{' AND relation IS NULL"
                  " ORDER BY remote_id LIMIT 1",
                  DB_PARAMS(DB_T(tenant), DB_T(helpdesk), DB_T(low)),
                  take_found, &found, NULL, e);
}

int
run_context(struct db *d, void *arg, struct err *e)
{
    struct row_context *c = arg;

    if (db_run(
            d,
            "SELECT outcome FROM decision WHERE tenant = $1 AND conv = $2 AND"
            " n = $3 ORDER BY episode DESC LIMIT 1",
            DB_PARAMS(DB_T(c->tenant), DB_T(c->conv), DB_I(c->decision)),
            take_outcome, c, NULL, e) != 0)
        return -1;
    if (c->want_bytes &&
        db_run(d, "SELECT bytes FROM delivery WHERE tenant = $1 AND did = $2",
               DB_PARAMS(DB_T(c->tenant), DB_T(c->did)), take_bytes, c, NULL,
               e) != 0)
        return -1;
    if (c->want_ticket != NULL &&
        rows_find_in_desk(d, c->tenant, c->helpdesk, c->want_ticket,
                          &c->found_id, &c->found_display, e) != 0)
        return -1;
    return db_run(d,
                  "SELECT h.saved, t.display_id, t.url, t.reopened_at FROM"
                  " handoff h LEFT JOIN"
                  " ticket t ON t.tenant = h.tenant AND t.hid = h.hid WHERE"
                  " h.tenant = $1 AND h.hid = $2",
                  DB_PARAMS(DB_T(c->tenant), DB_T(c->hid)), take_ticket, c,
                  NULL, e);
}
