#include "flow/walk.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/pack.h"
#include "flow/crowd.h"
#include "flow/policy.h"
#include "flow/wait.h"
#include "script/set.h"

/* Rules that wait for each other would go on for ever. */
#define FIRES_MAX 100

static void step(struct walk *w);
static void call(struct walk *w);

/* --- asking --- */

static void
fail(struct walk *w, const char *class, const char *text)
{
    decision_clear(&w->decision);
    decision_failsafe(w->arena, class, text, &w->decision);
}

static void
take_decision(struct walk *w, const struct script_result *r)
{
    struct err e = {0};

    w->class = r->class;
    decision_clear(&w->decision);
    memset(&w->decision, 0, sizeof w->decision);
    if (r->class != SCRIPT_OK) {
        snprintf(w->failure, sizeof w->failure, "%s: %s",
                 script_class_name(r->class), r->text);
        fail(w, script_class_name(r->class), r->text);
    } else if (decision_read(w->arena, r->value, true, &w->decision, &e) != 0) {
        snprintf(w->failure, sizeof w->failure, "%s", e.text);
        fail(w, "bad_result", e.text);
    }
}

/* What the engine does with the decision when it commits. */
static void
keep(struct walk *w)
{
    struct conversation *c = w->conv;

    conversation_remember(c, w->decision.rule_state,
                          json_object_get(w->decision.collect, "values"));
    if (w->fired || wait_is_ended(c, &w->now.change))
        conversation_wait_over(c);
    if (w->decision.action == ACTION_WAIT ||
        (w->decision.action == ACTION_COLLECT && w->decision.wait_s > 0))
        (void)wait_begin(c, &w->decision, &w->now.change, w->now.upto,
                         w->now.at_ms);
    else if (decision_hands_over(&w->decision))
        conversation_wait_over(c);
}

/* The decision in hand stands. */
static void
go_on(struct walk *w)
{
    bool on;

    keep(w);
    on = w->way->decided(w);
    if (on && w->failure[0] == '\0')
        step(w);
    else
        w->done(w->arg, w);
}

static bool
asks_budget(const struct walk *w)
{
    return decision_spends(&w->decision) && w->conv->handoff_id == NULL &&
           w->asked.budget == NULL;
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct walk *w = arg;

    take_decision(w, r);
    if (asks_budget(w) && w->way->spend != NULL)
        w->way->spend(w);
    else
        go_on(w);
}

static void
call_one(struct walk *w)
{
    struct buf args = {0};

    policy_pack_call(
        w->policy, w->conv, &w->asked,
        (w->how & WALK_EXPLAIN) != 0 ? POLICY_EXPLAIN : POLICY_LIVE, &args);
    pool_call(w->pool, w->policy->set, "decide", SCRIPT_DECIDE, &args,
              on_decided, w);
    buf_free(&args);
}

void
walk_spent(struct walk *w, const char *refused, double level)
{
    if (refused == NULL) {
        go_on(w);
        return;
    }
    w->asked.budget = arena_str(w->arena, refused);
    w->asked.budget_level = level;
    call(w);
}

static struct policy_moment
moment_of(const struct walk *w, const struct happening *h)
{
    struct policy_moment m = {.event = h->event,
                              .at_ms = h->at_ms,
                              .now_ms = h->at_ms,
                              .upto_seq = h->upto};

    if (h->event == EVENT_TIMER) {
        m.wait_rule = arena_str(w->arena, w->conv->wait_rule);
        m.wait_since = w->conv->wait_since;
        m.wait_due = w->conv->wait_due;
    }
    m.mutant = w->policy->mutant;
    m.availability = w->availability;
    return m;
}

static void
prepare(struct walk *w)
{
    w->at = w->now.upto;
    w->ended = w->now.event == EVENT_ENDED;
    w->fired = w->now.event == EVENT_TIMER;
    w->asked = moment_of(w, &w->now);
}

static void
ask_now(struct walk *w)
{
    prepare(w);
    call(w);
}

static struct happening
timer_of(const struct walk *w)
{
    return (struct happening){.event = EVENT_TIMER,
                              .at_ms = w->conv->wait_due,
                              .upto = w->seen,
                              .asks = true};
}

/* --- the end and the timer behind it in one call --- */

void
walk_nothing(struct buf *out)
{
    pack_map(out, 1);
    pack_member(out, "action", "keep");
}

/* A rule waits that the end does not stop: its time is next when nothing is
 * done there, and finds the conversation as the end did. */
static bool
timer_is_behind(const struct walk *w)
{
    return (w->how & WALK_SERIES) != 0 && !w->one_by_one &&
           w->conv->packed.len <= SCRIPT_SERIES_BYTES &&
           w->now.event == EVENT_ENDED && w->asked.budget == NULL &&
           w->conv->wait_rule != NULL && w->fires < FIRES_MAX &&
           !wait_is_ended(w->conv, &w->now.change);
}

static void
pass_the_end(struct walk *w)
{
    decision_clear(&w->decision);
    memset(&w->decision, 0, sizeof w->decision);
    decision_keep(&w->decision);
    keep(w);
    (void)w->way->decided(w); /* a keep goes on */
    w->fires++;
    w->now = timer_of(w);
    prepare(w);
}

static void
on_both_decided(void *arg, const struct script_result *r)
{
    struct walk *w = arg;

    if (script_series_alone(r->class)) {
        w->one_by_one = true;
        call(w);
        return;
    }
    if (r->index > 0)
        pass_the_end(w);
    on_decided(w, r);
}

static void
add_moment(const struct walk *w, const struct policy_moment *m,
           struct script_series *series)
{
    size_t at = script_series_open(series);

    policy_pack_call(w->policy, w->conv, m, POLICY_SHARED, &series->frames);
    script_series_close(series, at);
}

static void
call_both(struct walk *w)
{
    struct happening timer = timer_of(w);
    struct policy_moment behind = moment_of(w, &timer);
    struct script_series series = {0};

    walk_nothing(&series.skip);
    conversation_pack_shared(w->conv, w->seen, &series.shared);
    add_moment(w, &w->asked, &series);
    add_moment(w, &behind, &series);
    pool_call_series(w->pool, w->policy->set, "walk", SCRIPT_DECIDE, &series,
                     on_both_decided, w);
    script_series_free(&series);
}

static void
call(struct walk *w)
{
    if (timer_is_behind(w))
        call_both(w);
    else
        call_one(w);
}

/* --- the clock --- */

/* Its time comes before what comes next, or at the same moment; when nothing
 * comes any more it comes in the end, unless the conversation still runs. */
static bool
wait_is_next(const struct walk *w, bool more, int64_t at_ms)
{
    if (w->conv->wait_rule == NULL)
        return false;
    if (!more)
        return (w->how & WALK_RUNNING) == 0;
    return at_ms > 0 && w->conv->wait_due <= at_ms;
}

static void
fire(struct walk *w)
{
    if (++w->fires > FIRES_MAX) {
        snprintf(w->failure, sizeof w->failure,
                 "rules wait for each other without end: \"%.200s\" came for "
                 "the %dth time",
                 w->conv->wait_rule, FIRES_MAX);
        fail(w, "error", w->failure);
        w->done(w->arg, w);
        return;
    }
    w->now = timer_of(w);
    ask_now(w);
}

static void
step(struct walk *w)
{
    int64_t at_ms = 0;

    for (;;) {
        bool more = w->way->peek(w, &at_ms);

        if (wait_is_next(w, more, at_ms)) {
            fire(w);
            return;
        }
        if (!more || !w->way->take(w, &w->now)) {
            w->done(w->arg, w);
            return;
        }
        if (w->now.asks) {
            ask_now(w);
            return;
        }
        if (wait_is_ended(w->conv, &w->now.change))
            conversation_wait_over(w->conv);
    }
}

/* --- a recording's way: its messages, then the end --- */

static int64_t
time_at(const struct walk *w, int64_t seq)
{
    return walk_time_at(w->conv, seq);
}

static bool
running(const struct walk *w)
{
    return (w->how & WALK_RUNNING) != 0;
}

bool
walk_recorded_peek(struct walk *w, int64_t *at_ms)
{
    int64_t count = (int64_t)w->conv->message_count;

    if (w->over)
        return false;
    *at_ms = time_at(w, w->seen < count ? w->seen + 1 : count);
    return true;
}

/* One that still runs: its last moment is all that was said so far. */
static void
take_message(struct walk *w, struct happening *h)
{
    const struct message *m = w->conv->messages[w->seen++];
    bool last = w->seen == (int64_t)w->conv->message_count;
    bool spoken = m->role == ROLE_CUSTOMER && !m->auto_reply;

    h->event = EVENT_MESSAGE;
    h->change.customer_spoke = spoken;
    h->change.ai_spoke = m->role == ROLE_AI;
    h->change.human_spoke = m->role == ROLE_HUMAN_AGENT;
    h->asks = spoken || (running(w) && last);
    w->over = running(w) && last;
}

static void
take_end(struct walk *w, struct happening *h)
{
    h->event = running(w) ? EVENT_MESSAGE : EVENT_ENDED;
    h->change.ended = !running(w);
    h->asks = true;
    if (h->change.ended && w->conv->outcome == OUTCOME_OPEN)
        w->conv->outcome = OUTCOME_UNRESOLVED;
    w->over = true;
}

bool
walk_recorded_take(struct walk *w, struct happening *h)
{
    memset(h, 0, sizeof *h);
    if (w->seen < (int64_t)w->conv->message_count)
        take_message(w, h);
    else
        take_end(w, h);
    h->upto = w->seen;
    h->at_ms = time_at(w, w->seen);
    return true;
}

bool
walk_recorded_decided(struct walk *w)
{
    return w->decision.action == ACTION_KEEP ||
           w->decision.action == ACTION_WAIT;
}

static const struct walk_way recorded = {walk_recorded_peek, walk_recorded_take,
                                         walk_recorded_decided, NULL};

/* --- the way of one moment --- */

static bool
stays(struct walk *w)
{
    (void)w;
    return false;
}

static bool
moment_peek(struct walk *w, int64_t *at_ms)
{
    (void)at_ms;
    return stays(w);
}

/* A test's: what the others left is known. */
void
walk_spend_of_others(struct walk *w)
{
    struct purse_answer a = {0};

    if (w->others != NULL)
        a = crowd_take(w->others, &w->decision, w->asked.now_ms);
    walk_spent(w, a.refused, a.level);
}

static const struct walk_way moment = {moment_peek, NULL, stays,
                                       walk_spend_of_others};

struct walk *
walk_new(struct pool *pool, const struct policy *policy,
         const struct config *config, struct conversation *conversation,
         walk_done *done, void *arg)
{
    struct arena *a = arena_new(2048);
    struct walk *w = arena_alloc(a, sizeof *w);

    w->arena = a;
    w->pool = pool;
    w->policy = policy;
    w->config = config;
    w->conv = conversation;
    w->done = done;
    w->arg = arg;
    return w;
}

void
walk_begin(struct walk *w, const struct walk_way *way)
{
    w->way = way;
    step(w);
}

struct walk *
walk_moment(struct pool *pool, const struct policy *policy,
            const struct config *config, struct conversation *conversation,
            const char *event, int64_t now_ms, const json_t *availability,
            walk_done *done, void *arg)
{
    struct walk *w = walk_new(pool, policy, config, conversation, done, arg);
    int64_t count = (int64_t)conversation->message_count;
    struct policy_moment m = {0};

    w->way = &moment;
    w->how = WALK_EXPLAIN;
    w->availability = availability;
    w->at = w->seen = count;
    if (!event_type_from_name(event, strlen(event), &m.event))
        m.event = EVENT_MESSAGE;
    w->ended = m.event == EVENT_ENDED;
    if (w->ended && conversation->outcome == OUTCOME_OPEN)
        conversation->outcome = OUTCOME_UNRESOLVED;
    m.at_ms = time_at(w, count);
    m.now_ms = now_ms > 0 ? now_ms : m.at_ms;
    w->now.at_ms = m.now_ms;
    m.mutant = policy->mutant;
    m.availability = availability;
    w->asked = m;
    call(w);
    return w;
}

/* As the recorded way comes to this moment. */
static void
come_to(struct walk *w, int64_t seq, bool ended)
{
    int64_t count = (int64_t)w->conv->message_count;

    w->seen = ended || count == 0 ? count : seq - 1;
    (void)walk_recorded_take(w, &w->now);
    prepare(w);
}

void
walk_on_from(struct walk *w, const struct walk_way *way, int64_t seq,
             bool ended, struct decision *made)
{
    w->way = way;
    come_to(w, seq, ended);
    w->decision = *made;
    memset(made, 0, sizeof *made);
    go_on(w);
}

void
walk_refused_at(struct walk *w, const struct walk_way *way, int64_t seq,
                bool ended, const char *budget, double level)
{
    w->way = way;
    come_to(w, seq, ended);
    walk_spent(w, budget, level);
}

struct walk *
walk_start(struct pool *pool, const struct policy *policy,
           const struct config *config, struct conversation *conversation,
           unsigned how, int64_t only_at, walk_done *done, void *arg)
{
    struct walk *w = walk_new(pool, policy, config, conversation, done, arg);

    w->how = how;
    w->only_at = only_at;
    if (only_at > 0) {
        w->way = &moment;
        w->seen = only_at;
        w->now = (struct happening){.event = EVENT_MESSAGE,
                                    .at_ms = time_at(w, only_at),
                                    .upto = only_at};
        ask_now(w);
    } else {
        walk_begin(w, &recorded);
    }
    return w;
}

void
walk_free(struct walk *w)
{
    if (w == NULL)
        return;
    decision_clear(&w->decision);
    conversation_free(w->conv);
    arena_free(w->arena);
}

int64_t
walk_next_moment(const struct conversation *c, int64_t at)
{
    for (size_t i = (size_t)at; i < c->message_count; i++)
        if (c->messages[i]->role == ROLE_CUSTOMER &&
            !c->messages[i]->auto_reply)
            return (int64_t)i + 1;
    return 0;
}

int64_t
walk_time_at(const struct conversation *c, int64_t seq)
{
    while (seq > 0 && c->messages[seq - 1]->at_ms == 0)
        seq--;
    return seq > 0 ? c->messages[seq - 1]->at_ms : c->started_at;
}
