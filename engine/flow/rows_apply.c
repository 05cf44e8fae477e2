#include <string.h>

#include "base/clock.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/budgets.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/plan.h"
#include "flow/rows.h"
#include "store/db.h"

static int
put_conversation(struct db *d, const struct plan *p, int64_t *changed,
                 struct err *e)
{
    if (p->new_conversation)
        return db_run(
            d,
            "INSERT INTO conversation (tenant, conv, shard, source, ext_id,"
            " channel, state, ver, ord_hwm, decided_hwm, episode, policy_sha,"
            " slots, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
            " $11, $12, $13, $14) ON CONFLICT (tenant, conv) DO NOTHING",
            DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_I(p->shard),
                      DB_T(p->source), DB_T(p->native), DB_T(p->channel),
                      DB_T(p->state), DB_I(p->revision + 1), DB_I(p->high_ord),
                      DB_I(p->decided ? p->in_ord : 0), DB_I(p->episode),
                      DB_T(p->policy_hash), DB_TN(p->row.p, p->row.len),
                      DB_I(p->last_at)),
            NULL, NULL, changed, e);
    return db_run(
        d,
        "UPDATE conversation SET channel = $4, state = $5, ver = $6,"
        " ord_hwm = $7, decided_hwm = max(decided_hwm, $8), episode = $9,"
        " policy_sha = coalesce($10, policy_sha), slots = $11, last_at = $12"
        " WHERE tenant = $1 AND conv = $2 AND ver = $3",
        DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_I(p->revision),
                  DB_T(p->channel), DB_T(p->state), DB_I(p->revision + 1),
                  DB_I(p->high_ord), DB_I(p->decided ? p->in_ord : 0),
                  DB_I(p->episode), DB_T(p->policy_hash),
                  DB_TN(p->row.p, p->row.len), DB_I(p->last_at)),
        NULL, NULL, changed, e);
}

static int
put_messages(struct db *d, const struct plan *p, struct err *e)
{
    for (size_t i = 0; i < p->message_count; i++) {
        const struct plan_message *m = &p->messages[i];

        if (db_run(d,
                   "INSERT INTO message (tenant, conv, mkey, ord, at, role,"
                   " body) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                   " ON CONFLICT (tenant, conv, mkey) DO NOTHING",
                   DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_T(m->key),
                             DB_I(m->ord), DB_I(m->at_ms), DB_T(m->role),
                             DB_TN(m->body.p, m->body.len)),
                   NULL, NULL, NULL, e) != 0)
            return -1;
    }
    return 0;
}

static int
put_decision(struct db *d, const struct plan *p, struct err *e)
{
    return db_run(
        d,
        "INSERT INTO decision (tenant, conv, episode, n, policy_sha, in_hwm,"
        " prefix_sha, facts, action, outcome, why, cpu_us, at) VALUES ($1, $2,"
        " $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        DB_PARAMS(DB_T(p->tenant), DB_T(p->conv_id), DB_I(p->episode),
                  DB_I(p->n), DB_T(p->policy_hash), DB_I(p->in_ord),
                  DB_T(p->prefix_hash), DB_TN(p->facts.p, p->facts.len),
                  DB_T(p->action), DB_TN(p->outcome.p, p->outcome.len),
                  DB_T(p->why), DB_I(p->cpu_us), DB_I(p->at_ms)),
        NULL, NULL, NULL, e);
}

static int
put_handoff(struct db *d, const struct plan *p, struct err *e)
{
    return db_run(d,
                  "INSERT INTO handoff (tenant, hid, conv, episode, n, shard,"
                  " state, ver, helpdesk, opened_at, sla_at, owner_kind, owner)"
                  " VALUES ($1, $2, $3, $4, $5, $6, 'OPENING', 1, $7, $8,"
                  " nullif($9, 0), $10, $11)",
                  DB_PARAMS(DB_T(p->tenant), DB_T(p->hid), DB_T(p->conv_id),
                            DB_I(p->episode), DB_I(p->n), DB_I(p->shard),
                            DB_T(p->helpdesk), DB_I(p->at_ms),
                            DB_I(p->due_at_ms), DB_T(p->owner_kind),
                            DB_T(p->owner)),
                  NULL, NULL, NULL, e);
}

/* Once an episode, however often the rule matches. */
static int
put_link(struct db *d, const struct plan *p, struct err *e)
{
    return db_run(d,
                  "INSERT INTO link (tenant, helpdesk, ticket, conv, episode,"
                  " at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant,"
                  " helpdesk, ticket, conv, episode) DO NOTHING",
                  DB_PARAMS(DB_T(p->tenant), DB_T(p->helpdesk),
                            DB_T(p->links_to), DB_T(p->conv_id),
                            DB_I(p->episode), DB_I(p->at_ms)),
                  NULL, NULL, NULL, e);
}

static int
put_delivery(struct db *d, const struct plan *p, const struct plan_delivery *x,
             struct err *e)
{
    struct row_delivery row = {.did = x->did,
                               .hid = p->hid,
                               .conv = p->conv_id,
                               .dest = x->dest,
                               .kind = x->kind,
                               .step = x->step,
                               .dkey = x->dkey,
                               .after = x->after_dkey,
                               .priority = x->priority,
                               .next_at = x->next_at,
                               .created_at = p->at_ms,
                               .expire_at = x->expire_at,
                               .payload = x->payload};

    return rows_add_delivery(d, p->tenant, p->shard, &row, e);
}

/* Conversation, messages, decision, hand-over, deliveries and the journal
 * mark: all of it or none. */
int
run_apply(struct db *d, void *arg, struct err *e)
{
    struct job *j = arg;
    struct plan *p = j->plan;
    int64_t changed = 0;

    p->conflict = p->stale = false;
    if (p->timer_fired != 0 && rows_fire_timer(d, p, e) != 0)
        return -1;
    if (p->due != NULL && rows_ticket_due(d, p, e) != 0)
        return -1;
    if (p->stale)
        return 0;
    if (put_conversation(d, p, &changed, e) != 0)
        return -1;
    if (changed == 0) {
        p->conflict = true;
        return 0;
    }
    if (put_messages(d, p, e) != 0 ||
        (p->decided && put_decision(d, p, e) != 0) ||
        (p->opens_handoff && put_handoff(d, p, e) != 0) ||
        (p->links_to != NULL && put_link(d, p, e) != 0))
        return -1;
    for (size_t i = 0; i < p->delivery_count; i++)
        if (put_delivery(d, p, p->deliveries[i], e) != 0)
            return -1;
    if (announce_write(d, p->tenant, p->announced, e) != 0)
        return -1;
    if (rows_put_budget(d, p, e) != 0 || rows_ticket_said(d, p, e) != 0)
        return -1;
    if ((p->timer_armed || p->timer_cancelled) && rows_set_timer(d, p, e) != 0)
        return -1;
    return job_is_own(j) ? 0 : rows_settle_event(d, j, e);
}
