#include "flow/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "flow/adapter.h"
#include "flow/availability.h"
#include "flow/budgets.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/draft.h"
#include "flow/engine.h"
#include "flow/escalate.h"
#include "flow/handoff.h"
#include "flow/intake.h"
#include "flow/job.h"
#include "flow/lane.h"
#include "flow/lifecycle.h"
#include "flow/plan.h"
#include "flow/policy.h"
#include "flow/returns.h"
#include "flow/rows.h"
#include "flow/shadow.h"
#include "flow/timers.h"
#include "flow/turn.h"
#include "flow/versions.h"
#include "flow/wait.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

#define TRIES_MAX      3
#define STORE_AGAIN_MS 500

struct job *
job_new(struct engine *en)
{
    struct arena *a = arena_new(1024);
    struct job *j = arena_alloc(a, sizeof *j);

    j->engine = en;
    j->arena = a;
    j->tries = 1;
    return j;
}

void
job_free(struct job *j)
{
    if (j == NULL)
        return;
    event_clear(j->events, j->event_count);
    decision_clear(&j->decision);
    policy_release(j->policy);
    policy_release(j->shadow);
    buf_free(&j->shadow_args);
    buf_free(&j->shadow_facts);
    buf_free(&j->event);
    buf_free(&j->headers);
    buf_free(&j->sealed);
    buf_free(&j->old_answer);
    buf_free(&j->seen);
    buf_free(&j->said);
    json_decref(j->availability);
    turn_drop(j->turn);
    arena_free(j->arena);
}

/* --- the end of a job's way --- */

static void
finish(struct job *j)
{
    struct engine *en = j->engine;

    escalation_answer(j);
    turn_end(j);
    if (j->conv != NULL) {
        cache_unpin(en->cache, j->conv);
        j->conv = NULL;
    }
    if (job_is_own(j))
        timers_over(en->timers, j->due != NULL ? j->due->hid : j->conv_id);
    lane_done(en->lanes, j);
}

/* What was merged in memory is not true. */
static void
forget(struct job *j)
{
    if (j->conv == NULL)
        return;
    cache_drop(j->engine->cache, j->conv);
    cache_unpin(j->engine->cache, j->conv);
    j->conv = NULL;
    memset(&j->change, 0, sizeof j->change);
}

/* The store could not take it (disk full): forget what was made of it, and
 * try the event again from its row. */
static void
start_over(struct job *j, const struct err *e)
{
    struct engine *en = j->engine;

    log_failure(LOG_WARN, "event.delayed", "conversation", j->conv_id, e);
    budgets_undo(en->budgets, j);
    forget(j);
    j->conv_new = false; /* perhaps no longer: read it */
    decision_clear(&j->decision);
    memset(&j->decision, 0, sizeof j->decision);
    memset(&j->change, 0, sizeof j->change);
    j->decided = false;
    j->knows_returns = false;
    if (!job_is_own(j)) {
        event_clear(j->events, j->event_count);
        j->events = NULL;
        j->event_count = 0;
        j->read = j->reading = false;
    }
    j->at_head = false;
    lane_again(en->lanes, j, STORE_AGAIN_MS);
}

static void
on_ignored(void *arg, const struct err *e)
{
    struct job *j = arg;

    if (e != NULL) {
        start_over(j, e);
        return;
    }
    j->engine->count.events_ignored++;
    finish(j);
}

static void
ignore(struct job *j, const char *why)
{
    if (why != NULL)
        err_set(&j->error, ERR_NONE, "%s", why);
    store_submit(j->engine->store, run_ignore, on_ignored, j);
}

static void
on_applied(void *arg, const struct err *e)
{
    struct job *j = arg;
    struct plan *p = j->plan;

    if (e != NULL) {
        start_over(j, e);
        return;
    }
    FAIL_POINT("decide.after_commit");
    if (p->stale) {
        budgets_undo(j->engine->budgets, j);
        forget(j);
        finish(j);
        return;
    }
    if (p->conflict) {
        /* Somebody else wrote this conversation: read it and merge again. */
        struct err lost;

        err_set(&lost, ERR_CONFLICT, "the conversation changed meanwhile");
        start_over(j, &lost);
        return;
    }
    if (j->failed)
        j->engine->count.events_poisoned++;
    if (j->decided) {
        draft_decided(j->engine->draft, j);
        shadow_ask(j);
    }
    handoff_applied(j, p);
    if (j->due != NULL)
        lifecycle_applied(j, p);
    if (p->timer_armed)
        timers_armed(j->engine->timers, p->timer_due);
    finish(j);
}

static void
plan_messages(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;

    p->messages =
        arena_array(j->arena, c->unsaved_count + 1, sizeof *p->messages);
    for (size_t i = 0; i < c->unsaved_count; i++) {
        const struct message *m = c->unsaved[i];
        struct plan_message *row = &p->messages[p->message_count++];
        struct buf body = {0};

        message_row(m, &body);
        row->key = m->key;
        row->role = role_name(m->role);
        row->ord = m->ord;
        row->at_ms = m->at_ms;
        row->body.p = arena_dup(j->arena, body.data, body.len);
        row->body.len = body.len;
        buf_free(&body);
    }
    conversation_saved(c);
}

static void
plan_conversation(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;
    struct buf row = {0};

    p->tenant = c->tenant;
    p->conv_id = c->id;
    p->source = c->source;
    p->native = j->native;
    p->channel = c->channel;
    p->shard = j->shard;
    p->new_conversation = c->revision == 0;
    p->revision = c->revision++;
    p->episode = c->episode;
    p->state = conversation_state_name(c->state);
    p->last_at = j->received_ms;
    if (c->message_count > 0)
        p->high_ord = c->messages[c->message_count - 1]->ord;
    p->handoff_ref = c->handoff_id;
    conversation_row(c, &row);
    p->row.p = arena_dup(j->arena, row.data, row.len);
    p->row.len = row.len;
    buf_free(&row);
}

static void
moment_of(const struct job *j, struct policy_moment *m)
{
    const struct event *last =
        j->event_count > 0 ? &j->events[j->event_count - 1] : NULL;

    memset(m, 0, sizeof *m);
    m->event = last != NULL ? last->type : EVENT_MANUAL;
    m->event_id = j->ekey;
    m->at_ms = last != NULL && last->at_ms > 0 ? last->at_ms : j->received_ms;
    m->now_ms = j->decided_at_ms;
    m->cannot_ask = !j->source->has_reply && !j->in_turn;
    m->availability = j->availability;
    m->budget = j->budget;
    m->budget_level = j->budget_level;
    if (j->timer != 0) {
        m->wait_rule = j->timer_rule;
        m->wait_since = j->timer_since;
        m->wait_due = j->timer_due;
    }
}

static void
plan_decision(struct job *j, struct plan *p)
{
    struct policy_moment m;
    struct buf facts = {0}, outcome = {0};

    moment_of(j, &m);
    policy_facts(j->policy, j->conv, &m, &facts);
    policy_facts_seen(&j->seen, &facts);
    decision_json(&j->decision, true, &outcome);
    conversation_prefix_hash(j->conv, 0, p->prefix_hash);
    p->decided = true;
    p->n = p->revision;
    p->in_ord = p->high_ord;
    p->at_ms = j->decided_at_ms;
    p->cpu_us = j->cpu_us;
    p->policy_hash = j->policy->hash;
    p->action = action_name(j->decision.action);
    p->why = j->decision.reason;
    p->facts.p = arena_dup(j->arena, facts.data, facts.len);
    p->facts.len = facts.len;
    p->outcome.p = arena_dup(j->arena, outcome.data, outcome.len);
    p->outcome.len = outcome.len;
    buf_free(&facts);
    buf_free(&outcome);
}

/* Everything is known: render it and commit it as one. */
static void
apply(struct job *j)
{
    struct plan *p = arena_alloc(j->arena, sizeof *p);

    j->plan = p;
    p->job = j;
    wait_end(j, p);
    if (j->decided) {
        handoff_plan(j, p);
        wait_plan(j, p);
    }
    if (j->due != NULL)
        lifecycle_plan(j, p);
    lifecycle_said(j, p);
    turn_plan(j, p->opens_handoff);
    plan_messages(j, p);
    plan_conversation(j, p);
    if (j->decided)
        plan_decision(j, p);
    p->budget = j->token;
    p->budget_level = j->budget_level;
    budgets_count(j->engine->budgets, j, p);
    FAIL_POINT("decide.before_commit");
    store_submit(j->engine->store, run_apply, on_applied, j);
}

/* --- the rules --- */

static void
fail_safe(struct job *j, const char *class, const char *text)
{
    struct engine *en = j->engine;

    en->count.decisions_failed++;
    log_warn("decision.failed", LOG_STR("conversation", j->conv_id),
             LOG_STR("class", class), LOG_STR("why", text));
    decision_clear(&j->decision);
    decision_failsafe(j->arena, class, text, &j->decision);
}

static void call_rules(struct job *j);

/* A hand-over, or its offer, takes from the budgets that the rules name; when
 * one has nothing left, they are asked once more what to do instead. */
static bool
take_token(struct job *j)
{
    if (!decision_spends(&j->decision) || j->conv->handoff_id != NULL ||
        j->budget != NULL)
        return true;
    if (budgets_take(j->engine->budgets, j))
        return true;
    j->engine->count.budget_exceeded++;
    decision_clear(&j->decision);
    memset(&j->decision, 0, sizeof j->decision);
    return false;
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct job *j = arg;
    struct err e = {0};

    j->engine->count.decisions++;
    j->decided = true;
    j->cpu_us += r->cpu_us;
    if (r->class != SCRIPT_OK)
        fail_safe(j, script_class_name(r->class), r->text);
    else if (decision_read(j->arena, r->value, true, &j->decision, &e) != 0)
        fail_safe(j, "bad_result", e.text);
    else if (!take_token(j)) {
        call_rules(j);
        return;
    }
    apply(j);
}

static void
call_rules(struct job *j)
{
    struct policy_moment m;
    struct buf args = {0};

    moment_of(j, &m);
    buf_clear(&j->seen);
    conversation_seen(j->conv, &j->seen);
    policy_pack_call(j->policy, j->conv, &m, POLICY_LIVE, &args);
    shadow_see(j, &m);
    pool_call(j->engine->pool, j->policy->set, "decide", SCRIPT_DECIDE, &args,
              on_decided, j);
    buf_free(&args);
}

static void
ask_rules(struct job *j)
{
    struct policy *p = versions_for(j->engine->versions, j, ask_rules);

    if (p == NULL)
        return; /* being read: asked again then */
    if (!returns_known(j, p, ask_rules))
        return; /* being read, too */
    policy_hold(p);
    j->in_turn = j->turn != NULL;
    policy_release(j->policy); /* of an earlier try */
    j->policy = p;
    j->decided_at_ms = clock_now_ms();
    json_decref(j->availability);
    j->availability =
        availability_facts(j->engine->availability, j->decided_at_ms);
    j->cpu_us = 0;
    j->budget = NULL;
    draft_begins(j->engine->draft, j);
    if (!j->failed) {
        call_rules(j);
        return;
    }
    /* Set aside: nobody knows what it said. */
    j->decided = true;
    fail_safe(j, "error", j->error.text);
    apply(j);
}

/* --- merging --- */

static void
add_change(struct conversation_change *all,
           const struct conversation_change *one)
{
    if (all->new_count == 0)
        all->first_new = one->first_new;
    all->new_count += one->new_count;
    for (size_t i = 0; i < one->late_count && all->late_count < 16; i++)
        all->late[all->late_count++] = one->late[i];
    all->reopened |= one->reopened;
    all->customer_spoke |= one->customer_spoke;
    all->ai_spoke |= one->ai_spoke;
    all->human_spoke |= one->human_spoke;
    all->ended |= one->ended;
    all->handoff_requested |= one->handoff_requested;
    all->takeover |= one->takeover;
    all->handed_back |= one->handed_back;
}

bool
decide_is_asked(const struct conversation_change *ch, enum event_type event)
{
    return ch->customer_spoke || ch->ended || ch->handoff_requested ||
           ch->takeover || event == EVENT_SIGNAL || event == EVENT_FEEDBACK ||
           event == EVENT_TIMER || event == EVENT_MANUAL;
}

static bool
asks_for_decision(const struct job *j)
{
    bool asks = j->failed || decide_is_asked(&j->change, EVENT_STARTED);

    for (size_t i = 0; i < j->event_count; i++)
        asks |= decide_is_asked(&j->change, j->events[i].type);
    return asks;
}

static int
merge(struct job *j, struct err *e)
{
    int64_t late_before = j->conv->late_ai_messages;

    for (size_t i = 0; i < j->event_count; i++) {
        struct conversation_change one = {0};

        event_redact(&j->events[i], &j->engine->config->redactor, j->arena);
        if (conversation_apply(j->conv, &j->events[i], j->received_ms, &one,
                               e) != 0)
            return -1;
        add_change(&j->change, &one);
    }
    j->engine->count.late_ai_messages +=
        (uint64_t)(j->conv->late_ai_messages - late_before);
    return 0;
}

/* Nothing but what mail robots answer: it begins no conversation (and cannot
 * go round in circles with what we write). */
static bool
is_automatic(const struct job *j)
{
    for (size_t i = 0; i < j->event_count; i++) {
        const struct event *ev = &j->events[i];

        if (ev->type != EVENT_MESSAGE || ev->message_count == 0)
            return false;
        for (size_t k = 0; k < ev->message_count; k++)
            if (!ev->messages[k].auto_reply ||
                ev->messages[k].role != ROLE_CUSTOMER)
                return false;
    }
    return j->event_count > 0;
}

static void read_in(struct job *j);

static void
on_conversation(void *arg, struct conversation *c, const struct err *e)
{
    struct job *j = arg;

    if (c == NULL && e->class == ERR_NONE) {
        ignore(j, "an automatic answer, and no conversation it belongs to");
        return;
    }
    if (c == NULL) {
        start_over(j, e);
        return;
    }
    j->conv = c;
    if (j->timer != 0 && !wait_has_come(j)) {
        finish(j);
        return;
    }
    if (!j->failed && merge(j, &j->error) != 0) {
        /* Too long to go on (5,000 messages): a human takes it from here. */
        j->failed = true;
        forget(j); /* half merged */
        read_in(j);
        return;
    }
    budgets_begin(j->engine->budgets, j);
    if (asks_for_decision(j))
        ask_rules(j);
    else
        apply(j);
}

static void
read_in(struct job *j)
{
    struct engine *en = j->engine;

    if (j->refused || (j->event_count == 0 && !j->failed)) {
        ignore(j,
               j->refused ? NULL : "the source's adapter found nothing to do");
        return;
    }
    cache_get(en->cache, j->conv_id, j->source->part->name, j->native,
              !j->failed && is_automatic(j) ? CACHE_READ
              : j->conv_new                 ? CACHE_NEW
                                            : CACHE_CREATE,
              on_conversation, j);
}

static void
on_reloaded(void *arg, const struct err *e)
{
    struct job *j = arg;

    if (e != NULL) {
        start_over(j, e);
        return;
    }
    if (intake_unseal(j, &j->error) != 0) {
        log_failure(LOG_ERROR, "event.unreadable", "conversation", j->conv_id,
                    &j->error);
        j->failed = true;
        read_in(j);
        return;
    }
    intake_read(j, read_in);
}

void
decide_event(struct job *j)
{
    j->at_head = true;
    if (j->read || j->failed)
        read_in(j);
    else if (j->reading)
        return; /* intake_read's callback comes here again */
    else if (j->event.len == 0)
        store_submit(j->engine->store, run_reload, on_reloaded, j);
    else
        intake_read(j, read_in);
}
