#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "flow/rows.h"
#include "store/db.h"
#include "store/sql_audit.h"

/* A column of a listing: its JSON name and how it is written. */
struct column {
    const char *name;
    enum {
        TEXT,
        INT,
        TIME,
        JSON
    } kind;
};

static void
put_column(struct buf *out, const struct column *c, const struct db_row *r,
           int i)
{
    struct str s;

    if (db_row_null(r, i))
        return;
    switch (c->kind) {
    case TEXT:
        s = db_row_text(r, i);
        json_put_key(out, c->name);
        json_put_str(out, s.p, s.len);
        return;
    case INT:
        json_put_member_int(out, c->name, db_row_int(r, i));
        return;
    case TIME:
        if (db_row_int(r, i) > 0)
            json_put_member_time(out, c->name, db_row_int(r, i));
        return;
    case JSON:
        s = db_row_text(r, i);
        if (s.len == 0)
            return;
        json_put_key(out, c->name);
        buf_add(out, s.p, s.len);
        return;
    }
}

static void
put_row(struct buf *out, const struct column *columns, size_t count,
        const struct db_row *r)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < count; i++)
        put_column(out, &columns[i], r, (int)i);
    buf_addc(out, '}');
}

struct listing {
    struct row_query *query;
    const struct column *columns;
    size_t count;
};

static int
take_row(void *arg, const struct db_row *r, struct err *e)
{
    struct listing *l = arg;
    struct buf *out = &l->query->json;

    (void)e;
    if (out->len > 0 && out->data[out->len - 1] == '}')
        buf_addc(out, ',');
    put_row(out, l->columns, l->count, r);
    l->query->found = true;
    return 0;
}

#define LISTING(q, columns)                                                    \
    &(struct listing)                                                          \
    {                                                                          \
        (q), (columns), sizeof(columns) / sizeof(columns)[0]                   \
    }

static const struct column conversation_columns[] = {
    {"id", TEXT},     {"source", TEXT},  {"channel", TEXT},    {"state", TEXT},
    {"episode", INT}, {"last_at", TIME}, {"handoff_id", TEXT}, {"ticket", TEXT},
};

int
run_list_conversations(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    return db_run(
        d,
        "SELECT c.conv, c.source, c.channel, c.state, c.episode, c.last_at,"
        " h.hid, t.display_id FROM conversation c LEFT JOIN handoff h ON"
        " h.tenant = c.tenant AND h.conv = c.conv AND h.episode = c.episode"
        " LEFT JOIN ticket t ON t.tenant = h.tenant AND t.hid = h.hid WHERE"
        " c.tenant = $1 AND ($2 IS NULL OR c.state = $2)"
        " ORDER BY c.last_at DESC, c.conv LIMIT $3",
        DB_PARAMS(DB_T(q->tenant), DB_T(q->state), DB_I(q->limit)), take_row,
        LISTING(q, conversation_columns), NULL, e);
}

static const struct column ticket_columns[] = {
    {"id", TEXT},
    {"helpdesk", TEXT},
    {"native_id", TEXT},
    {"handoff_id", TEXT},
    {"conversation", TEXT},
    {"url", TEXT},
    {"status", TEXT},
    {"native_status", TEXT},
    {"title", TEXT},
    {"priority", TEXT},
    {"group", TEXT},
    {"assignee", TEXT},
    {"created_at", TIME},
    {"due_at", TIME},
    {"relation", TEXT},
    {"linked_to", TEXT},
    {"owner_kind", TEXT},
    {"owner", TEXT},
    {"first_human_reply_at", TIME},
    {"resolved_at", TIME},
    {"closed_at", TIME},
    {"reopened_at", TIME},
    {"reopens", INT},
    {"unassigned_at", TIME},
    {"episode_ended_at", TIME},
    {"looked_at", TIME},
    {"note", TEXT},
    {"added_tags", JSON},
};
#define TICKET_COLUMNS                                                         \
    "SELECT t.display_id, t.helpdesk, t.remote_id, t.hid, t.conv, t.url,"      \
    " t.state, t.native, t.title, t.priority, t.grp, t.assignee,"              \
    " t.created_at, h.sla_at, t.relation, t.linked_to, h.owner_kind, h.owner," \
    " t.human_at, t.resolved_at, t.closed_at, t.reopened_at, t.reopens,"       \
    " t.told_at, t.ended_at, t.looked_at, t.note, h.added_tags FROM ticket t"  \
    " LEFT JOIN handoff h ON h.tenant = t.tenant AND h.hid = t.hid WHERE"

int
run_list_tickets(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    return db_run(d,
                  TICKET_COLUMNS
                  " t.tenant = $1 AND ($2 IS NULL OR t.state = $2)"
                  " ORDER BY t.created_at DESC, t.hid LIMIT $3",
                  DB_PARAMS(DB_T(q->tenant), DB_T(q->state), DB_I(q->limit)),
                  take_row, LISTING(q, ticket_columns), NULL, e);
}

int
rows_get_ticket(struct db *d, struct row_query *q, const char *helpdesk,
                const char *id, struct err *e)
{
    int rc = db_run(d,
                    TICKET_COLUMNS " t.tenant = $1 AND t.helpdesk = $2 AND"
                                   " t.remote_id = $3 AND t.relation IS NULL",
                    DB_PARAMS(DB_T(q->tenant), DB_T(helpdesk), DB_T(id)),
                    take_row, LISTING(q, ticket_columns), NULL, e);

    if (rc != 0 || q->json.len > 0)
        return rc;
    return db_run(d,
                  TICKET_COLUMNS " t.tenant = $1 AND t.helpdesk = $2 AND"
                                 " t.remote_id = $3 AND t.relation IS NOT NULL"
                                 " ORDER BY t.created_at DESC LIMIT 1",
                  DB_PARAMS(DB_T(q->tenant), DB_T(helpdesk), DB_T(id)),
                  take_row, LISTING(q, ticket_columns), NULL, e);
}

static const struct column link_columns[] = {
    {"helpdesk", TEXT},
    {"ticket", TEXT},
    {"conversations", INT},
    {"newest", TIME},
};

/* How many conversations each ticket is counted with. */
int
run_list_links(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    return db_run(d,
                  "SELECT helpdesk, ticket, count(*), max(at) FROM link"
                  " WHERE tenant = $1 GROUP BY helpdesk, ticket"
                  " ORDER BY 4 DESC, ticket LIMIT $2",
                  DB_PARAMS(DB_T(q->tenant), DB_I(q->limit)), take_row,
                  LISTING(q, link_columns), NULL, e);
}

static const struct column delivery_columns[] = {
    {"id", TEXT},          {"handoff_id", TEXT}, {"conversation", TEXT},
    {"destination", TEXT}, {"kind", TEXT},       {"step", TEXT},
    {"state", TEXT},       {"tries", INT},       {"next_at", TIME},
    {"first_sent", TIME},  {"created_at", TIME}, {"status", INT},
    {"why", TEXT},         {"remote_id", TEXT},
};

int
run_list_deliveries(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    return db_run(
        d,
        "SELECT did, hid, conv, dest, kind, step, state, try, next_at,"
        " first_sent, created_at, status, err, remote_id FROM delivery WHERE"
        " tenant = $1 AND (($2 IS NULL AND state <> 'DONE') OR state = $2)"
        " ORDER BY created_at DESC, did LIMIT $3",
        DB_PARAMS(DB_T(q->tenant), DB_T(q->state), DB_I(q->limit)), take_row,
        LISTING(q, delivery_columns), NULL, e);
}

static const struct column attempt_columns[] = {
    {"try", INT},    {"started_at", TIME}, {"ended_at", TIME},
    {"class", TEXT}, {"status", INT},      {"note", TEXT},
};

/* The row, and under "attempts" what was tried: what worked at once is told by
 * the delivery's own row. */
static int
with_attempts(struct db *d, struct row_query *q, struct err *e)
{
    struct row_query attempts = {.tenant = q->tenant};
    int rc;

    if (!q->found)
        return 0;
    rc = db_run(d,
                "SELECT try, t0, t1, class, http, note FROM attempt WHERE"
                " tenant = $1 AND did = $2 UNION ALL SELECT 1, first_sent,"
                " done_at, 'done', status, NULL FROM delivery d WHERE"
                " tenant = $1 AND did = $2 AND state = 'DONE' AND NOT EXISTS"
                " (SELECT 1 FROM attempt a WHERE a.tenant = d.tenant AND"
                " a.did = d.did) ORDER BY try LIMIT 100",
                DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_row,
                LISTING(&attempts, attempt_columns), NULL, e);
    if (rc == 0) {
        buf_cut(&q->json, q->json.len - 1);
        json_put_key(&q->json, "attempts");
        buf_addc(&q->json, '[');
        buf_adds(&q->json, buf_str(&attempts.json));
        buf_adds(&q->json, "]}");
    }
    buf_free(&attempts.json);
    return rc;
}

int
run_get_delivery(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    q->found = false;
    if (db_run(d,
               "SELECT did, hid, conv, dest, kind, step, state, try, next_at,"
               " first_sent, created_at, status, err, remote_id FROM delivery"
               " WHERE tenant = $1 AND did = $2",
               DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_row,
               LISTING(q, delivery_columns), NULL, e) != 0)
        return -1;
    return with_attempts(d, q, e);
}

/* What an operator did to one thing of a kind. */
static int
note_deed(struct db *d, const struct row_query *q, const char *verb,
          const char *kind, struct err *e)
{
    struct buf object = {0};
    struct sql_audit row = {.tenant = q->tenant,
                            .at_ms = clock_now_ms(),
                            .actor = "operator",
                            .verb = verb};
    int rc;

    buf_addf(&object, "%s/%s", kind, q->key);
    row.object = buf_str(&object);
    rc = sql_audit_add(d, &row, e);
    buf_free(&object);
    return rc;
}

int
run_retry_delivery(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;
    int64_t changed = 0;

    /* Bytes that were sent may have worked: look first. */
    if (db_run(d,
               "UPDATE delivery SET state = CASE WHEN first_sent IS NULL OR"
               " status IN (400, 401, 403, 404, 413, 422) THEN 'READY' ELSE"
               " 'UNCERTAIN' END, next_at = $3, try = 0 WHERE tenant = $1 AND"
               " did = $2 AND state IN ('HELD', 'DEAD')",
               DB_PARAMS(DB_T(q->tenant), DB_T(q->key), DB_I(clock_now_ms())),
               NULL, NULL, &changed, e) != 0)
        return -1;
    if (changed == 0) {
        q->found = false;
        buf_clear(&q->json);
        return 0;
    }
    return note_deed(d, q, "retry", "delivery", e) == 0
               ? run_get_delivery(d, q, e)
               : -1;
}

static const struct column handoff_columns[] = {
    {"id", TEXT},
    {"conversation", TEXT},
    {"episode", INT},
    {"state", TEXT},
    {"helpdesk", TEXT},
    {"opened_at", TIME},
    {"due_at", TIME},
    {"ticket_id", TEXT},
    {"ticket_url", TEXT},
    {"label", TEXT},
    {"ticket_status", TEXT},
    {"ticket_assignee", TEXT},
    {"first_human_reply_at", TIME},
    {"resolved_at", TIME},
    {"closed_at", TIME},
    {"reopens", INT},
    {"episode_ended_at", TIME},
    {"added_tags", JSON},
};

int
run_get_handoff(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;
    struct row_query deliveries = {.tenant = q->tenant};
    int rc;

    buf_clear(&q->json);
    q->found = false;
    if (db_run(d,
               "SELECT h.hid, h.conv, h.episode, h.state, h.helpdesk,"
               " h.opened_at, h.sla_at, t.display_id, t.url, l.label, t.state,"
               " t.assignee, t.human_at, t.resolved_at, t.closed_at, t.reopens,"
               " t.ended_at, h.added_tags FROM"
               " handoff h LEFT JOIN ticket t ON t.tenant = h.tenant AND"
               " t.hid = h.hid LEFT JOIN label l ON l.tenant = h.tenant AND"
               " l.hid = h.hid WHERE"
               " h.tenant = $1 AND h.hid = $2",
               DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_row,
               LISTING(q, handoff_columns), NULL, e) != 0)
        return -1;
    if (!q->found)
        return 0;
    rc = db_run(d,
                "SELECT did, hid, conv, dest, kind, step, state, try, next_at,"
                " first_sent, created_at, status, err, remote_id FROM delivery"
                " WHERE tenant = $1 AND dkey >= $2 || '/' AND dkey < $2 || '0'"
                " ORDER BY prio, did LIMIT 100",
                DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_row,
                LISTING(&deliveries, delivery_columns), NULL, e);
    buf_cut(&q->json, q->json.len - 1);
    json_put_key(&q->json, "deliveries");
    buf_addc(&q->json, '[');
    buf_adds(&q->json, buf_str(&deliveries.json));
    buf_adds(&q->json, "]}");
    buf_free(&deliveries.json);
    return rc;
}

static int
write_label(struct db *d, const struct row_query *q, struct err *e)
{
    if (q->state[0] == '\0')
        return db_run(d, "DELETE FROM label WHERE tenant = $1 AND hid = $2",
                      DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), NULL, NULL,
                      NULL, e);
    return db_run(d,
                  "INSERT INTO label (tenant, hid, label, at) VALUES ($1, $2,"
                  " $3, $4) ON CONFLICT (tenant, hid) DO UPDATE SET label ="
                  " excluded.label, at = excluded.at",
                  DB_PARAMS(DB_T(q->tenant), DB_T(q->key), DB_T(q->state),
                            DB_I(clock_now_ms())),
                  NULL, NULL, NULL, e);
}

int
run_label_handoff(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;
    char verb[48];

    if (run_get_handoff(d, q, e) != 0)
        return -1;
    if (!q->found)
        return 0;
    snprintf(verb, sizeof verb, "label.%s",
             q->state[0] != '\0' ? q->state : "none");
    if (write_label(d, q, e) != 0 || note_deed(d, q, verb, "handoff", e) != 0)
        return -1;
    return run_get_handoff(d, q, e);
}

/* --- what became of a conversation --- */

static const struct column decision_columns[] = {
    {"n", INT},
    {"episode", INT},
    {"at", TIME},
    {"policy_hash", TEXT},
    {"facts", JSON},
    {"result", JSON},
    {"message_prefix_hash", TEXT},
};

static int
take_member(void *arg, const struct db_row *r, struct err *e)
{
    struct listing *l = arg;

    (void)e;
    put_row(&l->query->json, l->columns, l->count, r);
    return 0;
}

static int
take_result(void *arg, const struct db_row *r, struct err *e)
{
    struct buf *out = arg;
    struct str s = db_row_text(r, 0);

    (void)e;
    json_put_key(out, "decision");
    buf_add(out, s.p, s.len);
    return 0;
}

static int
take_ticket(void *arg, const struct db_row *r, struct err *e)
{
    struct buf *out = arg;

    (void)e;
    json_put_key(out, "ticket");
    put_row(out, ticket_columns, sizeof ticket_columns / sizeof *ticket_columns,
            r);
    return 0;
}

int
run_get_outcome(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    buf_addc(&q->json, '{'); /* so that keys get their commas */
    if (db_run(d,
               "SELECT outcome FROM decision WHERE tenant = $1 AND conv = $2"
               " ORDER BY (CASE WHEN action = 'escalate' THEN 0 WHEN"
               " action = 'keep' THEN 2 ELSE 1 END), episode DESC, n DESC"
               " LIMIT 1",
               DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_result, &q->json,
               NULL, e) != 0)
        return -1;
    if (db_run(d,
               TICKET_COLUMNS
               " t.tenant = $1 AND t.hid = (SELECT x.hid FROM handoff x"
               " JOIN ticket y ON y.tenant = x.tenant AND y.hid = x.hid WHERE"
               " x.tenant = $1 AND x.conv = $2 ORDER BY x.episode DESC"
               " LIMIT 1)",
               DB_PARAMS(DB_T(q->tenant), DB_T(q->key)), take_ticket, &q->json,
               NULL, e) != 0)
        return -1;
    /* The caller puts the members into its own object. */
    memmove(q->json.data, q->json.data + 1, q->json.len);
    q->json.len--;
    return 0;
}

int
run_get_decision(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;
    struct str key = str_of(q->key), n = {0}, episode = {0};
    uint64_t episode_no, number;

    buf_clear(&q->json);
    q->found = false;
    /* "<conversation>/<episode>/<n>": the id may hold slashes itself. */
    for (int part = 0; part < 2; part++) {
        const char *slash = memrchr(key.p, '/', key.len);
        struct str *to = part == 0 ? &n : &episode;

        if (slash == NULL)
            return 0;
        *to = (struct str){slash + 1, (size_t)(key.p + key.len - slash - 1)};
        key.len = (size_t)(slash - key.p);
    }
    if (!str_to_u64(n, &number) || !str_to_u64(episode, &episode_no))
        return 0;
    if (db_run(d,
               "SELECT n, episode, at, policy_sha, facts, outcome, prefix_sha"
               " FROM decision WHERE tenant = $1 AND conv = $2 AND episode = $3"
               " AND n = $4",
               DB_PARAMS(DB_T(q->tenant), DB_TN(key.p, key.len),
                         DB_I(episode_no), DB_I(number)),
               take_member, LISTING(q, decision_columns), NULL, e) != 0)
        return -1;
    q->found = q->json.len > 0;
    return 0;
}

static const struct column count_columns[] = {
    {"events", INT},          {"events_set_aside", INT}, {"deliveries", INT},
    {"deliveries_held", INT}, {"oldest_delivery", TIME},
};

int
run_open_counts(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;

    buf_clear(&q->json);
    return db_run(
        d,
        "SELECT (SELECT count(*) FROM inbound_event WHERE tenant = $1 AND"
        " state IN ('NEW', 'RETRY')), (SELECT count(*) FROM inbound_event WHERE"
        " tenant = $1 AND state = 'POISON'), (SELECT count(*) FROM delivery"
        " WHERE tenant = $1 AND state <> 'DONE' AND state IN ('READY', "
        "'LEASED', 'UNCERTAIN',"
        " 'RECONCILING')), (SELECT count(*) FROM delivery WHERE tenant = $1"
        " AND state <> 'DONE' AND state = 'HELD'), (SELECT min(created_at) "
        "FROM delivery WHERE"
        " tenant = $1 AND state <> 'DONE' AND state IN ('READY', 'LEASED',"
        " 'UNCERTAIN', 'RECONCILING'))",
        DB_PARAMS(DB_T(q->tenant)), take_member, LISTING(q, count_columns),
        NULL, e);
}
