#include <string.h>

#include "base/clock.h"
#include "base/pack.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/rows.h"
#include "model/conversation.h"
#include "store/db.h"

/* --- the journal --- */

static int
take_old(void *arg, const struct db_row *r, struct err *e)
{
    struct job *j = arg;
    struct str answer = db_row_text(r, 0), state = db_row_text(r, 1);
    struct buf *out = str_is(state, "IGNORED") ? &j->old_answer : &j->said;

    (void)e;
    buf_clear(&j->old_answer);
    buf_clear(&j->said);
    buf_add(out, answer.p != NULL ? answer.p : "", answer.len);
    return 0;
}

static const char *
tenant_of(const struct job *j)
{
    return j->engine->config->tenant;
}

static int
take_one(void *arg, const struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)arg = true;
    return 0;
}

/* Most conversations' first event would be followed by reading what is not
 * there. */
static int
look_for_conversation(struct db *d, struct job *j, struct err *e)
{
    bool there = false;

    if (db_run(d, "SELECT 1 FROM conversation WHERE tenant = $1 AND conv = $2",
               DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->conv_id)), take_one,
               &there, NULL, e) != 0)
        return -1;
    j->conv_new = !there;
    return 0;
}

int
run_keep(struct db *d, void *arg, struct err *e)
{
    struct job *j = arg;
    int64_t inserted = 0;

    if (db_run(d,
               "INSERT INTO inbound_event (tenant, source, ekey, shard, conv,"
               " native, recv_at, headers, body, state, tries)"
               " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'NEW', 1)"
               " ON CONFLICT (tenant, source, ekey) DO NOTHING",
               DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->source->part->name),
                         DB_T(j->ekey), DB_I(j->shard), DB_T(j->conv_id),
                         DB_T(j->native), DB_I(j->received_ms),
                         DB_B(j->headers.data, j->headers.len),
                         DB_B(j->sealed.data, j->sealed.len)),
               NULL, NULL, &inserted, e) != 0)
        return -1;
    j->row_repeated = inserted == 0;
    if (inserted > 0)
        return look_for_conversation(d, j, e);
    return db_run(
        d,
        "SELECT answer, state FROM inbound_event WHERE tenant = $1 AND"
        " source = $2 AND ekey = $3",
        DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->source->part->name),
                  DB_T(j->ekey)),
        take_old, j, NULL, e);
}

static int
settle(struct db *d, const struct job *j, const char *state, const char *answer,
       bool keep_body, struct err *e)
{
    return db_run(
        d,
        keep_body ? "UPDATE inbound_event SET state = $4, err = $5,"
                    " answer = $6 WHERE tenant = $1 AND source = $2 AND"
                    " ekey = $3"
                  : "UPDATE inbound_event SET state = $4, err = $5,"
                    " answer = $6, body = NULL, headers = NULL"
                    " WHERE tenant = $1 AND source = $2 AND ekey = $3",
        DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->source->part->name),
                  DB_T(j->ekey), DB_T(state),
                  DB_T(j->error.text[0] != '\0' ? j->error.text : NULL),
                  DB_T(answer)),
        NULL, NULL, NULL, e);
}

int
run_ignore(struct db *d, void *arg, struct err *e)
{
    struct job *j = arg;

    return settle(d, j, "IGNORED", j->refused ? j->error.text : NULL, false, e);
}

int
rows_settle_event(struct db *d, const struct job *j, struct err *e)
{
    return settle(d, j, j->failed ? "POISON" : "APPLIED",
                  j->said.len > 0 ? buf_str(&j->said) : NULL, j->failed, e);
}

static int
take_sealed(void *arg, const struct db_row *r, struct err *e)
{
    struct job *j = arg;
    struct str headers = db_row_bytes(r, 0), body = db_row_bytes(r, 1);

    (void)e;
    buf_clear(&j->headers);
    buf_clear(&j->sealed);
    buf_add(&j->headers, headers.p, headers.len);
    buf_add(&j->sealed, body.p, body.len);
    return 0;
}

int
run_reload(struct db *d, void *arg, struct err *e)
{
    struct job *j = arg;

    /* Counted as it is taken up, not at the start: what never had its turn
     * was not tried. */
    if (db_run(d,
               "UPDATE inbound_event SET tries = $4, state = 'RETRY' WHERE"
               " tenant = $1 AND source = $2 AND ekey = $3",
               DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->source->part->name),
                         DB_T(j->ekey), DB_I(j->tries)),
               NULL, NULL, NULL, e) != 0)
        return -1;
    return db_run(d,
                  "SELECT headers, body FROM inbound_event WHERE tenant = $1"
                  " AND source = $2 AND ekey = $3",
                  DB_PARAMS(DB_T(tenant_of(j)), DB_T(j->source->part->name),
                            DB_T(j->ekey)),
                  take_sealed, j, NULL, e);
}

const char *
rows_copy(struct arena *a, struct str s)
{
    return arena_dup(a, s.p != NULL ? s.p : "", s.len);
}

static int
take_event(void *arg, const struct db_row *r, struct err *e)
{
    struct row_events *page = arg;
    struct row_event *row = arena_alloc(page->arena, sizeof *row);

    (void)e;
    row->source = rows_copy(page->arena, db_row_text(r, 0));
    row->ekey = rows_copy(page->arena, db_row_text(r, 1));
    row->conv = rows_copy(page->arena, db_row_text(r, 2));
    row->native = rows_copy(page->arena, db_row_text(r, 3));
    row->recv_at = db_row_int(r, 4);
    row->shard = (int)db_row_int(r, 5);
    row->tries = (int)db_row_int(r, 6);
    *page->end = row;
    page->end = &row->next;
    page->count++;
    return 0;
}

int
run_open_events(struct db *d, void *arg, struct err *e)
{
    struct row_events *page = arg;

    page->count = 0;
    page->first = NULL;
    page->end = &page->first;
    return db_run(
        d,
        "SELECT source, ekey, conv, native, recv_at, shard, tries"
        " FROM inbound_event WHERE tenant = $1 AND"
        " state IN ('NEW', 'RETRY') ORDER BY recv_at, source, ekey"
        " LIMIT $2 OFFSET $3",
        DB_PARAMS(DB_T(page->tenant), DB_I(page->limit), DB_I(page->skip)),
        take_event, page, NULL, e);
}

/* --- a conversation and its messages --- */

struct loading {
    struct row_load *load;
    struct conversation *c;
};

static int
take_conversation(void *arg, const struct db_row *r, struct err *e)
{
    struct loading *l = arg;
    struct str source = db_row_text(r, 0), json = db_row_text(r, 2);
    struct arena *a = arena_new(256);

    l->c = conversation_from_row(l->load->tenant, rows_copy(a, source),
                                 l->load->id, json.p, json.len, e);
    if (l->c != NULL)
        l->c->revision = db_row_int(r, 1);
    arena_free(a);
    return l->c == NULL ? -1 : 0;
}

static int
take_message(void *arg, const struct db_row *r, struct err *e)
{
    struct loading *l = arg;
    struct str key = db_row_text(r, 0), json = db_row_text(r, 2);
    struct message *m = message_from_row(l->c, rows_copy(l->c->arena, key),
                                         db_row_int(r, 1), json.p, json.len, e);

    if (m == NULL)
        return -1;
    conversation_add_loaded(l->c, m);
    return 0;
}

/* What the deliveries made true since the row was written. */
static int
take_handoff(void *arg, const struct db_row *r, struct err *e)
{
    struct loading *l = arg;
    struct str hid = db_row_text(r, 0), ticket = db_row_text(r, 1);
    struct str url = db_row_text(r, 2);

    (void)e;
    l->c->handoff_id = rows_copy(l->c->arena, hid);
    if (ticket.len == 0)
        return 0;
    l->c->ticket_id = rows_copy(l->c->arena, ticket);
    l->c->ticket_url = url.len > 0 ? rows_copy(l->c->arena, url) : NULL;
    if (l->c->state == STATE_HANDOFF_PENDING) {
        l->c->control = CONTROL_HUMAN;
        l->c->state = STATE_HUMAN_ACTIVE;
    }
    return 0;
}

int
run_load(struct db *d, void *arg, struct err *e)
{
    struct row_load *load = arg;
    struct loading l = {load, NULL};

    load->loaded = NULL;
    if (db_run(d,
               "SELECT source, ver, slots FROM conversation WHERE tenant = $1"
               " AND conv = $2",
               DB_PARAMS(DB_T(load->tenant), DB_T(load->id)), take_conversation,
               &l, NULL, e) != 0)
        goto fail;
    if (l.c == NULL)
        return 0;
    if (db_run(d,
               "SELECT mkey, ord, body FROM message WHERE tenant = $1 AND"
               " conv = $2 ORDER BY ord, mkey LIMIT 5000",
               DB_PARAMS(DB_T(load->tenant), DB_T(load->id)), take_message, &l,
               NULL, e) != 0 ||
        db_run(
            d,
            "SELECT h.hid, t.display_id, t.url FROM handoff h LEFT JOIN"
            " ticket t ON t.tenant = h.tenant AND t.hid = h.hid WHERE"
            " h.tenant = $1 AND h.conv = $2 AND h.episode = $3",
            DB_PARAMS(DB_T(load->tenant), DB_T(load->id), DB_I(l.c->episode)),
            take_handoff, &l, NULL, e) != 0)
        goto fail;
    load->loaded = l.c;
    return 0;
fail:
    conversation_free(l.c);
    return -1;
}
