#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "flow/shadow.h"
#include "model/event.h"
#include "store/db.h"

/* Decisions that one page reads at most. */
#define ROWS_MAX 4000

enum {
    OLD,
    NEW,
    BOTH
};

/* The decision of one side that counts: the first other than keep, else the
 * last. */
struct side {
    bool settled;
    int64_t n, at_ms, messages;
    bool ended;
    struct buf outcome, failure;
};

struct diff {
    struct shadow_query *query;
    struct buf conversation; /* in hand; empty: none yet */
    int64_t began_ms, moments;
    struct side side[BOTH];
    int rows, conversations;
    bool full;
};

/* Without its trace, which is long and of one side only. */
static void
put_outcome(const struct buf *outcome, struct buf *out)
{
    json_t *json = json_read(buf_str(outcome), outcome->len, NULL);

    json_object_del(json, "trace");
    if (json != NULL)
        json_write(out, json);
    else
        buf_adds(out, "{}");
    json_decref(json);
}

static void
put_side(const struct side *s, const char *key, struct buf *out)
{
    json_put_key(out, key);
    buf_addc(out, '{');
    json_put_member_int(out, "n", s->n);
    json_put_member_int(out, "at_ms", s->at_ms);
    json_put_member_int(out, "messages", s->messages);
    json_put_key(out, "ended");
    buf_adds(out, s->ended ? "true" : "false");
    if (s->failure.len > 0)
        json_put_member(out, "failure", buf_str(&s->failure));
    json_put_key(out, "decision");
    put_outcome(&s->outcome, out);
    buf_addc(out, '}');
}

/* The conversation in hand is complete. */
static void
put_conversation(struct diff *d)
{
    struct buf *out = &d->query->json;

    if (d->conversation.len == 0)
        return;
    if (d->conversations++ > 0)
        buf_addc(out, ',');
    buf_addc(out, '{');
    json_put_member(out, "conversation", buf_str(&d->conversation));
    json_put_member_int(out, "started_at_ms", d->began_ms);
    json_put_member_int(out, "moments", d->moments);
    put_side(&d->side[OLD], "old", out);
    put_side(&d->side[NEW], "new", out);
    buf_addc(out, '}');
    buf_clear(&d->query->behind);
    buf_add(&d->query->behind, d->conversation.data, d->conversation.len);
}

static void
begin(struct diff *d, const struct db_row *r)
{
    struct str id = db_row_text(r, 0);

    if (d->conversation.len == id.len &&
        memcmp(d->conversation.data, id.p, id.len) == 0)
        return;
    put_conversation(d);
    d->full |= d->conversations >= SHADOW_PAGE;
    buf_clear(&d->conversation);
    buf_add(&d->conversation, id.p, id.len);
    d->began_ms = db_row_int(r, 2);
    d->moments = 0;
    for (int i = 0; i < BOTH; i++) {
        d->side[i].settled = false;
        d->side[i].n = 0;
    }
}

static void
take_side(struct side *s, const struct db_row *r, int column)
{
    struct str outcome = db_row_text(r, column + 1);
    struct str failure = db_row_text(r, column + 2);

    if (s->settled)
        return;
    s->settled = !str_is(db_row_text(r, column), "keep");
    s->n = db_row_int(r, 1);
    s->at_ms = db_row_int(r, 2);
    s->messages = db_row_int(r, 9);
    s->ended = str_is(db_row_text(r, 10), event_type_name(EVENT_ENDED));
    buf_clear(&s->outcome);
    buf_add(&s->outcome, outcome.p, outcome.len);
    buf_clear(&s->failure);
    buf_add(&s->failure, failure.p, failure.len);
}

static int
take_row(void *arg, const struct db_row *r, struct err *e)
{
    struct diff *d = arg;

    (void)e;
    d->rows++;
    if (d->full)
        return 0;
    begin(d, r);
    if (d->full) { /* this one is the next page's */
        buf_clear(&d->conversation);
        return 0;
    }
    d->moments++;
    take_side(&d->side[OLD], r, 3);
    take_side(&d->side[NEW], r, 6);
    return 0;
}

/* A conversation with so many decisions is cut there. */
static void
end(struct diff *d)
{
    bool more = d->full || d->rows == ROWS_MAX;

    if (!d->full && (d->rows < ROWS_MAX || d->conversations == 0))
        put_conversation(d);
    if (!more)
        buf_clear(&d->query->behind);
}

int
run_shadow_diff(struct db *db, void *arg, struct err *e)
{
    struct shadow_query *q = arg;
    struct diff d = {.query = q};
    int rc;

    buf_clear(&q->json);
    buf_clear(&q->behind);
    rc = db_run(
        db,
        "SELECT s.conv, s.n, s.at, d.action, d.outcome, CASE WHEN"
        " d.why = 'error' THEN 'failed' END, s.action, s.outcome, s.failure,"
        " s.messages, s.event FROM shadow s JOIN decision d ON d.tenant = "
        "s.tenant AND d.conv ="
        " s.conv AND d.episode = s.episode AND d.n = s.n WHERE s.tenant = $1"
        " AND s.policy_sha = $2 AND s.conv > $3"
        " ORDER BY s.conv, s.episode, s.n LIMIT $4",
        DB_PARAMS(DB_T(q->tenant), DB_T(q->policy_hash), DB_T(q->key),
                  DB_I(ROWS_MAX)),
        take_row, &d, NULL, e);
    if (rc == 0)
        end(&d);
    for (int i = 0; i < BOTH; i++) {
        buf_free(&d.side[i].outcome);
        buf_free(&d.side[i].failure);
    }
    buf_free(&d.conversation);
    return rc;
}
