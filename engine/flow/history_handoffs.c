#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "flow/history.h"
#include "flow/rows.h"
#include "model/conversation.h"
#include "model/ticket.h"
#include "store/db.h"

#define SAID_MOST 3  /* of the customer, after a hand-over */
#define LOOKED_AT 50 /* messages behind it */

/* One of a page, while the others are read. */
struct handoff {
    const char *hid, *conv, *label;
    struct str outcome;
    int64_t episode, n, at, seen_ord, closed_at;
    int64_t human_at, reopens, told_at; /* of its ticket; 0: not, or unknown */
    struct handoff *next;
};

struct page {
    struct arena *arena;
    struct handoff *first, **end;
    int count;
};

static const char *
text_of(struct page *page, const struct db_row *r, int column)
{
    return db_row_null(r, column)
               ? NULL
               : rows_copy(page->arena, db_row_text(r, column));
}

static bool
is_one_of(struct str s, const char *a, const char *b)
{
    return str_is(s, a) || str_is(s, b);
}

/* The helpdesk says when the ticket was closed, or the source that the
 * conversation was; 0: neither did. */
static int64_t
closed_at(const struct db_row *r)
{
    if (is_one_of(db_row_text(r, 8), ticket_status_name(TICKET_RESOLVED),
                  ticket_status_name(TICKET_CLOSED)))
        return db_row_int(r, 9);
    if (is_one_of(db_row_text(r, 10), conversation_state_name(STATE_RESOLVED),
                  conversation_state_name(STATE_CLOSED)))
        return db_row_int(r, 11);
    return 0;
}

static int
take_handoff(void *arg, const struct db_row *r, struct err *e)
{
    struct page *page = arg;
    struct handoff *h = arena_alloc(page->arena, sizeof *h);
    struct str outcome = db_row_text(r, 6);

    (void)e;
    h->hid = text_of(page, r, 0);
    h->conv = text_of(page, r, 1);
    h->episode = db_row_int(r, 2);
    h->n = db_row_int(r, 3);
    h->at = db_row_int(r, 4);
    h->seen_ord = db_row_int(r, 5);
    h->outcome.p =
        arena_dup(page->arena, outcome.p != NULL ? outcome.p : "", outcome.len);
    h->outcome.len = outcome.len;
    h->label = text_of(page, r, 7);
    h->closed_at = closed_at(r);
    h->human_at = db_row_int(r, 12);
    h->reopens = db_row_int(r, 13);
    h->told_at = db_row_int(r, 14);
    *page->end = h;
    page->end = &h->next;
    page->count++;
    return 0;
}

/* --- what was said since --- */

struct after {
    struct buf said; /* items of an array */
    size_t count;
    bool human;
};

static int
take_after(void *arg, const struct db_row *r, struct err *e)
{
    struct after *a = arg;
    struct str role = db_row_text(r, 0), body = db_row_text(r, 1);
    json_t *row;
    const char *text;

    (void)e;
    a->human |= str_is(role, role_name(ROLE_HUMAN_AGENT));
    if (a->human || !str_is(role, role_name(ROLE_CUSTOMER)) ||
        a->count == SAID_MOST)
        return 0;
    row = json_read(body.p, body.len, NULL);
    text = json_string_value(json_object_get(row, "text"));
    if (text != NULL) {
        if (a->count++ > 0)
            buf_addc(&a->said, ',');
        json_put_str(&a->said, text, strlen(text));
    }
    json_decref(row);
    return 0;
}

/* --- writing --- */

static void
put_outcome(struct buf *out, struct str outcome)
{
    static const char *const members[] = {"rule", "reason", "group",
                                          "priority"};
    json_t *d = json_read(outcome.p, outcome.len, NULL);
    const json_t *tags = json_object_get(d, "tags");

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_put_member(out, members[i],
                        json_string_value(json_object_get(d, members[i])));
    if (tags != NULL) {
        json_put_key(out, "tags");
        json_write(out, tags);
    }
    json_decref(d);
}

static int
put_handoff(struct db *d, struct history_query *q, const struct handoff *h,
            struct err *e)
{
    struct buf *out = &q->json;
    struct after after = {0};
    int rc = db_run(d,
                    "SELECT role, body FROM message WHERE tenant = $1 AND"
                    " conv = $2 AND ord > $3 ORDER BY ord, mkey LIMIT $4",
                    DB_PARAMS(DB_T(q->tenant), DB_T(h->conv), DB_I(h->seen_ord),
                              DB_I(LOOKED_AT)),
                    take_after, &after, NULL, e);

    if (out->len > 0)
        buf_addc(out, ',');
    buf_addc(out, '{');
    json_put_member(out, "id", h->hid);
    json_put_member(out, "conversation", h->conv);
    json_put_member_int(out, "episode", h->episode);
    json_put_member_int(out, "n", h->n);
    json_put_member_time(out, "at", h->at);
    put_outcome(out, h->outcome);
    json_put_member(out, "label", h->label);
    if (h->closed_at > 0)
        json_put_member_time(out, "closed_at", h->closed_at);
    json_put_member_time(out, "first_human_at", h->human_at);
    if (h->reopens > 0)
        json_put_member_int(out, "reopens", h->reopens);
    json_put_member_time(out, "unassigned_at", h->told_at);
    json_put_key(out, "human_replied");
    buf_adds(out, after.human || h->human_at > 0 ? "true" : "false");
    json_put_key(out, "said_after");
    buf_addf(out, "[%s]}", buf_str(&after.said));
    buf_free(&after.said);
    return rc;
}

int
run_history_handoffs(struct db *d, void *arg, struct err *e)
{
    struct history_query *q = arg;
    struct page page = {.arena = arena_new(0)};
    int limit = q->limit > 0 && q->limit < HISTORY_HANDOFFS ? q->limit
                                                            : HISTORY_HANDOFFS;
    const char *last = NULL;
    int rc;

    page.end = &page.first;
    buf_clear(&q->json);
    buf_clear(&q->behind);
    q->found = true;
    rc = db_run(
        d,
        "SELECT h.hid, h.conv, h.episode, h.n, h.opened_at, d.in_hwm,"
        " d.outcome, l.label, t.state, coalesce(t.resolved_at, t.closed_at,"
        " t.remote_at), c.state, c.last_at, t.human_at, t.reopens, t.told_at"
        " FROM handoff h JOIN decision d ON d.tenant = h.tenant AND d.conv ="
        " h.conv AND d.episode = h.episode AND d.n = h.n LEFT JOIN label l ON"
        " l.tenant = h.tenant AND l.hid = h.hid LEFT JOIN ticket t ON"
        " t.tenant = h.tenant AND t.hid = h.hid LEFT JOIN conversation c ON"
        " c.tenant = h.tenant AND c.conv = h.conv WHERE h.tenant = $1 AND"
        " h.hid > $2 AND h.opened_at >= $3 ORDER BY h.hid LIMIT $4",
        DB_PARAMS(DB_T(q->tenant), DB_T(q->key), DB_I(q->since_ms),
                  DB_I(limit)),
        take_handoff, &page, NULL, e);
    for (struct handoff *h = page.first; h != NULL && rc == 0; h = h->next) {
        rc = put_handoff(d, q, h, e);
        last = h->hid;
    }
    if (last != NULL && page.count == limit)
        buf_adds(&q->behind, last);
    arena_free(page.arena);
    return rc;
}
