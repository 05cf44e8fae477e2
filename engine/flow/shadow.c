#include "flow/shadow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/draft_inside.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/plan.h"
#include "flow/policy.h"
#include "http/loop.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

/* Asked and not kept yet, at most: some 10 KB each. */
#define OUT_MAX 512

/* --- its worker --- */

static void
on_pool(void *arg)
{
    pool_poll(arg);
}

static void
free_pool(void *p)
{
    pool_free(p);
}

int
shadow_open(struct draft *d, struct err *e)
{
    struct pool_options o = {.workers = 1};

    d->pool = pool_new(&o, e);
    if (d->pool == NULL)
        return -1;
    pool_limit(d->pool, d->engine->config->limits);
    d->watch = loop_watch(d->engine->loop, pool_fd(d->pool), on_pool, d->pool);
    return 0;
}

void
shadow_close(struct draft *d)
{
    struct pool *pool = d->pool;

    if (pool == NULL)
        return;
    loop_unwatch(d->watch);
    d->watch = NULL;
    d->pool = NULL; /* what is out comes back to nobody */
    if (d->stopped)
        pool_free(pool);
    else /* perhaps inside one of its callbacks */
        loop_at_end(d->engine->loop, free_pool, pool);
}

/* --- what it sees --- */

/* What the rules in force did in the conversation. */
struct done {
    const char *handoff_id, *ticket_id, *ticket_url;
    json_t *rule_state;
    enum conversation_state state;
    enum control control;
    enum outcome outcome;
};

static struct done
hide(struct conversation *c)
{
    struct done was = {c->handoff_id, c->ticket_id, c->ticket_url,
                       c->rule_state, c->state,     c->control,
                       c->outcome};

    c->rule_state = json_object();
    if (c->handoff_id == NULL)
        return was;
    c->handoff_id = c->ticket_id = c->ticket_url = NULL;
    c->state = STATE_AI_ACTIVE;
    c->control = CONTROL_AI;
    if (c->outcome == OUTCOME_ESCALATED)
        c->outcome = OUTCOME_OPEN;
    return was;
}

static void
put_back(struct conversation *c, const struct done *was)
{
    json_decref(c->rule_state);
    c->handoff_id = was->handoff_id;
    c->ticket_id = was->ticket_id;
    c->ticket_url = was->ticket_url;
    c->rule_state = was->rule_state;
    c->state = was->state;
    c->control = was->control;
    c->outcome = was->outcome;
}

static void
forget_seen(struct job *j)
{
    policy_release(j->shadow);
    j->shadow = NULL;
    buf_clear(&j->shadow_args);
    buf_clear(&j->shadow_facts);
}

void
shadow_see(struct job *j, const struct policy_moment *m)
{
    struct draft *d = j->engine->draft;
    struct buf seen = {0};
    struct done was;

    if (d->pool == NULL || m->budget != NULL) /* they are asked once more */
        return;
    forget_seen(j); /* of an earlier try */
    if (d->out >= OUT_MAX) {
        d->skipped++;
        j->engine->count.shadow_skipped++;
        return;
    }
    was = hide(j->conv);
    policy_pack_call(d->policy, j->conv, m, POLICY_LIVE, &j->shadow_args);
    policy_facts(d->policy, j->conv, m, &j->shadow_facts);
    conversation_seen(j->conv, &seen);
    policy_facts_seen(&seen, &j->shadow_facts);
    buf_free(&seen);
    put_back(j->conv, &was);
    j->shadow = policy_hold(d->policy);
    j->shadow_messages = (int64_t)j->conv->message_count;
    j->shadow_event = event_type_name(m->event);
}

/* --- asking --- */

/* One question and the row that comes of it. */
struct asked {
    struct draft *draft;
    const struct pool *pool; /* that was asked */
    struct policy *policy;
    struct arena *arena;
    struct buf facts, outcome, counts;
    char failure[ERR_TEXT_MAX];
    struct sql_shadow row;
};

static void
asked_free(struct asked *a)
{
    policy_release(a->policy);
    buf_free(&a->facts);
    buf_free(&a->outcome);
    buf_free(&a->counts);
    arena_free(a->arena);
}

static int
run_put(struct db *d, void *arg, struct err *e)
{
    const struct asked *a = arg;
    const char *tenant = a->draft->engine->config->tenant;

    if (sql_shadow_put(d, tenant, &a->row, e) != 0)
        return -1;
    if (a->counts.len == 0)
        return 0;
    return sql_draft_count(d, tenant, a->row.policy_hash, buf_str(&a->counts),
                           e);
}

static void
on_put(void *arg, const struct err *e)
{
    struct asked *a = arg;
    struct draft *d = a->draft;
    bool same = d->policy == a->policy;

    d->out--;
    if (e != NULL) {
        log_failure(LOG_WARN, "shadow.lost", "conversation",
                    a->row.conversation, e);
        d->skipped += same;
        d->engine->count.shadow_skipped++;
    } else {
        d->decided += same;
        d->engine->count.shadow_decisions++;
    }
    asked_free(a);
}

/* The same words for a failure as those of a back-test. */
static void
read_decision(struct asked *a, const struct script_result *r)
{
    struct decision decision = {0};
    struct err e = {0};

    if (r->class != SCRIPT_OK) {
        snprintf(a->failure, sizeof a->failure, "%s: %s",
                 script_class_name(r->class), r->text);
        decision_failsafe(a->arena, script_class_name(r->class), r->text,
                          &decision);
    } else if (decision_read(a->arena, r->value, true, &decision, &e) != 0) {
        snprintf(a->failure, sizeof a->failure, "%s", e.text);
        decision_failsafe(a->arena, "bad_result", e.text, &decision);
    }
    decision_json(&decision, true, &a->outcome);
    a->row.action = action_name(decision.action);
    decision_clear(&decision);
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct asked *a = arg;
    struct draft *d = a->draft;

    if (d->pool != a->pool) { /* the draft is gone */
        d->out--;
        asked_free(a);
        return;
    }
    read_decision(a, r);
    a->row.cpu_us = r->cpu_us;
    a->row.failure = a->failure[0] != '\0' ? a->failure : NULL;
    a->row.facts = (struct str){a->facts.data, a->facts.len};
    a->row.outcome = (struct str){a->outcome.data, a->outcome.len};
    if (d->skipped > 0)
        draft_counts(d, &a->counts);
    store_submit(d->engine->store, run_put, on_put, a);
}

void
shadow_ask(struct job *j)
{
    struct draft *d = j->engine->draft;
    struct arena *arena;
    struct asked *a;

    if (j->shadow == NULL || d->pool == NULL || d->policy != j->shadow)
        return;
    arena = arena_new(1024);
    a = arena_alloc(arena, sizeof *a);
    a->arena = arena;
    a->draft = d;
    a->pool = d->pool;
    a->policy = policy_hold(j->shadow);
    a->facts = j->shadow_facts;
    j->shadow_facts = (struct buf){0};
    a->row = (struct sql_shadow){.policy_hash = a->policy->hash,
                                 .conversation = arena_str(arena, j->conv_id),
                                 .episode = j->plan->episode,
                                 .n = j->plan->n,
                                 .messages = j->shadow_messages,
                                 .event = j->shadow_event,
                                 .at_ms = j->decided_at_ms};
    d->out++;
    pool_call(d->pool, a->policy->set, "decide", SCRIPT_DECIDE, &j->shadow_args,
              on_decided, a);
}
