#include "flow/history.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/rows.h"
#include "model/conversation.h"
#include "store/db.h"
#include "store/sql_policy.h"

#define PAGE_BYTES (4u << 20)
#define MESSAGES   5000 /* CONVERSATION_MESSAGES_MAX, as a statement wants it */

bool
history_split(const char *id, struct buf *conversation, uint64_t *episode,
              uint64_t *n)
{
    struct str key = str_of(id), part[2];

    for (int i = 0; i < 2; i++) {
        const char *slash = memrchr(key.p, '/', key.len);

        if (slash == NULL)
            return false;
        part[i] =
            (struct str){slash + 1, (size_t)(key.p + key.len - slash) - 1};
        key.len = (size_t)(slash - key.p);
    }
    buf_add(conversation, key.p, key.len);
    return key.len > 0 && str_to_u64(part[0], n) &&
           str_to_u64(part[1], episode);
}

static void
begin(struct history_query *q)
{
    buf_clear(&q->json);
    buf_clear(&q->behind);
    q->found = false;
}

static void
next_item(struct buf *out)
{
    if (out->len > 0)
        buf_addc(out, ',');
}

/* --- conversations --- */

#define PAGE_MAX HISTORY_CONVERSATIONS

struct page {
    struct arena *arena;
    const char *id[PAGE_MAX];
    size_t count;
};

static int
take_id(void *arg, const struct db_row *r, struct err *e)
{
    struct page *page = arg;
    struct str id = db_row_text(r, 0);

    (void)e;
    if (page->count < PAGE_MAX)
        page->id[page->count++] = arena_dup(page->arena, id.p, id.len);
    return 0;
}

static int
put_conversation(struct db *d, struct history_query *q, const char *id,
                 struct err *e)
{
    struct row_load load = {q->tenant, id, "", NULL};

    if (run_load(d, &load, e) != 0)
        return -1;
    if (load.loaded == NULL)
        return 0;
    next_item(&q->json);
    conversation_json(load.loaded, &q->json);
    conversation_free(load.loaded);
    return 0;
}

int
run_history_conversations(struct db *d, void *arg, struct err *e)
{
    struct history_query *q = arg;
    int limit = q->limit > 0 && q->limit < PAGE_MAX ? q->limit : PAGE_MAX;
    struct page page = {.arena = arena_new(0)};
    size_t i = 0;
    int rc;

    begin(q);
    q->found = true;
    rc = db_run(d,
                "SELECT conv FROM conversation WHERE tenant = $1 AND conv > $2"
                " AND last_at >= $3 ORDER BY conv LIMIT $4",
                DB_PARAMS(DB_T(q->tenant), DB_T(q->key), DB_I(q->since_ms),
                          DB_I(limit)),
                take_id, &page, NULL, e);
    for (; i < page.count && rc == 0 && q->json.len < PAGE_BYTES; i++)
        rc = put_conversation(d, q, page.id[i], e);
    if (i > 0 && (i < page.count || page.count == (size_t)limit))
        buf_adds(&q->behind, page.id[i - 1]);
    arena_free(page.arena);
    return rc;
}

/* --- decisions --- */

struct decision_page {
    struct history_query *query;
    int count;
};

static void
put_id(struct buf *out, struct str conversation, int64_t episode, int64_t n)
{
    buf_add(out, conversation.p, conversation.len);
    buf_addf(out, "/%lld/%lld", (long long)episode, (long long)n);
}

/* Which rule it was, and which budget held it back. */
static void
put_rule(struct buf *out, struct str outcome)
{
    json_t *d = json_read(outcome.p, outcome.len, NULL);
    const json_t *budget = json_object_get(d, "budget");

    json_put_member(out, "rule", json_string_value(json_object_get(d, "rule")));
    if (json_is_true(json_object_get(budget, "exceeded")))
        json_put_member(out, "held_back_by",
                        json_string_value(json_object_get(budget, "name")));
    json_decref(d);
}

static int
take_decision(void *arg, const struct db_row *r, struct err *e)
{
    struct decision_page *page = arg;
    struct buf *out = &page->query->json, *id = &page->query->behind;
    struct str conversation = db_row_text(r, 0), action = db_row_text(r, 4);
    int64_t episode = db_row_int(r, 1), n = db_row_int(r, 2);

    (void)e;
    page->count++;
    buf_clear(id);
    put_id(id, conversation, episode, n);
    next_item(out);
    buf_addc(out, '{');
    json_put_member(out, "id", buf_str(id));
    json_put_key(out, "conversation");
    json_put_str(out, conversation.p, conversation.len);
    json_put_member_int(out, "episode", episode);
    json_put_member_int(out, "n", n);
    json_put_member_time(out, "at", db_row_int(r, 3));
    json_put_key(out, "action");
    json_put_str(out, action.p, action.len);
    put_rule(out, db_row_text(r, 5));
    buf_addc(out, '}');
    return 0;
}

int
run_history_decisions(struct db *d, void *arg, struct err *e)
{
    struct history_query *q = arg;
    struct decision_page page = {q, 0};
    struct buf conversation = {0};
    uint64_t episode = 0, n = 0;
    int limit = q->limit > 0 && q->limit < HISTORY_DECISIONS
                    ? q->limit
                    : HISTORY_DECISIONS;
    int rc;

    (void)history_split(q->key, &conversation, &episode, &n);
    begin(q);
    q->found = true;
    rc = db_run(
        d,
        "SELECT conv, episode, n, at, action, outcome FROM decision WHERE"
        " tenant = $1 AND (conv, episode, n) > ($2, $3, $4) AND"
        " at >= $5 ORDER BY conv, episode, n LIMIT $6",
        DB_PARAMS(DB_T(q->tenant), DB_T(buf_str(&conversation)), DB_I(episode),
                  DB_I(n), DB_I(q->since_ms), DB_I(limit)),
        take_decision, &page, NULL, e);
    if (page.count < limit)
        buf_clear(&q->behind);
    buf_free(&conversation);
    return rc;
}

/* --- what one was made of --- */

struct inputs {
    struct history_query *query;
    struct buf *conversation;
    bool first;
    bool shadow; /* the draft's, not that of the rules in force */
};

static void
put_text(struct buf *out, const char *key, struct str s)
{
    json_put_key(out, key);
    json_put_str(out, s.p, s.len);
}

static void
put_raw(struct buf *out, const char *key, struct str s)
{
    json_put_key(out, key);
    buf_add(out, s.p, s.len);
}

static int
take_made(void *arg, const struct db_row *r, struct err *e)
{
    struct inputs *in = arg;
    struct buf *out = &in->query->json;

    (void)e;
    in->query->found = true;
    buf_addc(out, '{');
    json_put_member(out, "tenant", in->query->tenant);
    json_put_member(out, "conversation", buf_str(in->conversation));
    json_put_member_int(out, "episode", db_row_int(r, 0));
    json_put_member_int(out, "n", db_row_int(r, 1));
    json_put_member_int(out, "at_ms", db_row_int(r, 2));
    put_text(out, "policy_hash", db_row_text(r, 3));
    put_raw(out, "facts", db_row_text(r, 4));
    put_raw(out, "result", db_row_text(r, 5));
    json_put_member_int(out, "upto_ord", db_row_int(r, 6));
    put_text(out, "prefix_hash", db_row_text(r, 7));
    return 0;
}

static int
take_now(void *arg, const struct db_row *r, struct err *e)
{
    struct inputs *in = arg;
    struct buf *out = &in->query->json;

    (void)e;
    put_text(out, "source", db_row_text(r, 0));
    put_raw(out, "row", db_row_text(r, 1));
    if (!db_row_null(r, 2))
        json_put_member_int(out, "handed_over_n", db_row_int(r, 2));
    return 0;
}

static int
take_said(void *arg, const struct db_row *r, struct err *e)
{
    struct inputs *in = arg;
    struct buf *out = &in->query->json;

    (void)e;
    buf_adds(out, in->first ? "{" : ",{");
    in->first = false;
    put_text(out, "key", db_row_text(r, 0));
    json_put_member_int(out, "ord", db_row_int(r, 1));
    put_raw(out, "row", db_row_text(r, 2));
    buf_addc(out, '}');
    return 0;
}

static int
take_earlier(void *arg, const struct db_row *r, struct err *e)
{
    struct inputs *in = arg;
    struct str outcome = db_row_text(r, 0);

    (void)e;
    if (!in->first)
        buf_addc(&in->query->json, ',');
    in->first = false;
    buf_add(&in->query->json, outcome.p, outcome.len);
    return 0;
}

/* What the rules remembered by then stands in what they had decided. */
static int
read_earlier(struct db *d, struct inputs *in, uint64_t episode, uint64_t n,
             struct err *e)
{
    json_put_key(&in->query->json, "earlier");
    buf_addc(&in->query->json, '[');
    in->first = true;
    if (db_run(d,
               "SELECT outcome FROM decision WHERE tenant = $1 AND conv = $2"
               " AND episode = $3 AND n < $4 AND (action <> 'keep' OR outcome"
               " LIKE '%\"rule_state\"%') ORDER BY n LIMIT $5",
               DB_PARAMS(DB_T(in->query->tenant),
                         DB_T(buf_str(in->conversation)), DB_I(episode),
                         DB_I(n), DB_I(MESSAGES)),
               take_earlier, in, NULL, e) != 0)
        return -1;
    buf_addc(&in->query->json, ']');
    return 0;
}

/* What was decided, by the rules in force or by a draft beside it: what they
 * saw of the messages is the same. */
static const char made_live[] =
    "SELECT episode, n, at, policy_sha, facts, outcome, in_hwm, prefix_sha"
    " FROM decision WHERE tenant = $1 AND conv = $2 AND episode = $3 AND n = "
    "$4";
static const char made_in_shadow[] =
    "SELECT s.episode, s.n, s.at, s.policy_sha, s.facts, s.outcome, d.in_hwm,"
    " d.prefix_sha FROM draft f JOIN shadow s ON s.tenant = f.tenant AND"
    " s.policy_sha = f.hash JOIN decision d ON d.tenant = s.tenant AND d.conv ="
    " s.conv AND d.episode = s.episode AND d.n = s.n WHERE f.tenant = $1 AND"
    " s.conv = $2 AND s.episode = $3 AND s.n = $4";

static int
read_inputs(struct db *d, struct inputs *in, uint64_t episode, uint64_t n,
            struct err *e)
{
    const struct history_query *q = in->query;
    const char *id = buf_str(in->conversation);

    if (db_run(d, in->shadow ? made_in_shadow : made_live,
               DB_PARAMS(DB_T(q->tenant), DB_T(id), DB_I(episode), DB_I(n)),
               take_made, in, NULL, e) != 0)
        return -1;
    if (!q->found)
        return 0;
    if (db_run(d,
               "SELECT c.source, c.slots, h.n FROM conversation c LEFT JOIN"
               " handoff h ON h.tenant = c.tenant AND h.conv = c.conv AND"
               " h.episode = $3 WHERE c.tenant = $1 AND c.conv = $2",
               DB_PARAMS(DB_T(q->tenant), DB_T(id), DB_I(episode)), take_now,
               in, NULL, e) != 0)
        return -1;
    if (read_earlier(d, in, episode, n, e) != 0)
        return -1;
    json_put_key(&in->query->json, "messages");
    buf_addc(&in->query->json, '[');
    in->first = true;
    if (db_run(d,
               "SELECT mkey, ord, body FROM message WHERE tenant = $1 AND"
               " conv = $2 ORDER BY ord, mkey LIMIT $3",
               DB_PARAMS(DB_T(q->tenant), DB_T(id), DB_I(MESSAGES)), take_said,
               in, NULL, e) != 0)
        return -1;
    buf_adds(&in->query->json, "]}");
    return 0;
}

int
run_history_inputs(struct db *d, void *arg, struct err *e)
{
    struct history_query *q = arg;
    struct buf conversation = {0};
    size_t skip = strlen(HISTORY_SHADOW);
    bool shadow = strncmp(q->key, HISTORY_SHADOW, skip) == 0;
    struct inputs in = {q, &conversation, true, shadow};
    uint64_t episode = 0, n = 0;
    int rc = 0;

    begin(q);
    if (history_split(q->key + (shadow ? skip : 0), &conversation, &episode,
                      &n))
        rc = read_inputs(d, &in, episode, n, e);
    buf_free(&conversation);
    return rc;
}

int
run_history_policy(struct db *d, void *arg, struct err *e)
{
    struct history_query *q = arg;

    begin(q);
    return sql_policy_load(d, q->key, &q->json, &q->found, e);
}
