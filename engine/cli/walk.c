#include "cli/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

static void step(struct walk *w);

static bool
is_moment(const struct walk *w, const struct message *m)
{
    (void)w;
    return m->role == ROLE_CUSTOMER && !m->auto_reply;
}

/* The next message to decide at, or 0: the end is next. */
static int64_t
next_moment(const struct walk *w)
{
    for (size_t i = (size_t)w->at; i < w->conv->message_count; i++)
        if (is_moment(w, w->conv->messages[i]))
            return (int64_t)i + 1;
    return 0;
}

static void
finish(struct walk *w)
{
    w->done(w->arg, w);
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct walk *w = arg;
    struct err e = {0};

    decision_clear(&w->decision);
    memset(&w->decision, 0, sizeof w->decision);
    if (r->class != SCRIPT_OK) {
        snprintf(w->failure, sizeof w->failure, "%s: %s",
                 script_class_name(r->class), r->text);
        decision_failsafe(w->arena, script_class_name(r->class), r->text,
                          &w->decision);
    } else if (decision_read(w->arena, r->value, true, &w->decision, &e) != 0) {
        snprintf(w->failure, sizeof w->failure, "%s", e.text);
        decision_failsafe(w->arena, "bad_result", e.text, &w->decision);
    }
    conversation_remember(w->conv, w->decision.rule_state,
                          json_object_get(w->decision.collect, "values"));
    if (w->decision.action != ACTION_KEEP || w->last)
        finish(w);
    else
        step(w);
}

static void
ask(struct walk *w, struct policy_moment *m)
{
    struct buf args = {0};

    policy_pack_call(
        w->policy, w->conv, m,
        (w->how & WALK_EXPLAIN) != 0 ? POLICY_EXPLAIN : POLICY_LIVE, &args);
    pool_call(w->pool, w->policy->set, "decide", SCRIPT_DECIDE, &args,
              on_decided, w);
    buf_free(&args);
}

static int64_t
time_at(const struct walk *w, int64_t seq)
{
    while (seq > 0 && w->conv->messages[seq - 1]->at_ms == 0)
        seq--;
    return seq > 0 ? w->conv->messages[seq - 1]->at_ms : w->conv->started_at;
}

static void
step(struct walk *w)
{
    struct policy_moment m = {0};
    int64_t next = w->only_at > 0 ? w->only_at : next_moment(w);
    int64_t count = (int64_t)w->conv->message_count;
    bool running = (w->how & WALK_RUNNING) != 0;

    w->ended = next == 0 && !running;
    w->last = next == 0 || w->only_at > 0 || (running && next == count);
    if (next == 0)
        next = count;
    w->at = next;
    m.event = w->ended ? EVENT_ENDED : EVENT_MESSAGE;
    if (w->ended && w->conv->outcome == OUTCOME_OPEN)
        w->conv->outcome = OUTCOME_UNRESOLVED;
    m.at_ms = time_at(w, next);
    m.now_ms = m.at_ms;
    m.upto_seq = next;
    ask(w, &m);
}

static struct walk *
walk_new(struct pool *pool, const struct policy *policy,
         const struct config *config, struct conversation *conversation,
         walk_done *done, void *arg)
{
    struct arena *a = arena_new(1024);
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

struct walk *
walk_moment(struct pool *pool, const struct policy *policy,
            const struct config *config, struct conversation *conversation,
            const char *event, int64_t now_ms, walk_done *done, void *arg)
{
    struct walk *w = walk_new(pool, policy, config, conversation, done, arg);
    struct policy_moment m = {0};

    w->how = WALK_EXPLAIN;
    w->last = true;
    w->at = (int64_t)conversation->message_count;
    if (!event_type_from_name(event, strlen(event), &m.event))
        m.event = EVENT_MESSAGE;
    w->ended = m.event == EVENT_ENDED;
    if (w->ended && conversation->outcome == OUTCOME_OPEN)
        conversation->outcome = OUTCOME_UNRESOLVED;
    m.at_ms = time_at(w, w->at);
    m.now_ms = now_ms > 0 ? now_ms : m.at_ms;
    ask(w, &m);
    return w;
}

struct walk *
walk_start(struct pool *pool, const struct policy *policy,
           const struct config *config, struct conversation *conversation,
           unsigned how, int64_t only_at, walk_done *done, void *arg)
{
    struct walk *w = walk_new(pool, policy, config, conversation, done, arg);

    w->how = how;
    w->only_at = only_at;
    step(w);
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
    struct walk w = {.conv = (struct conversation *)(uintptr_t)c, .at = at};

    return next_moment(&w);
}

int64_t
walk_time_at(const struct conversation *c, int64_t seq)
{
    struct walk w = {.conv = (struct conversation *)(uintptr_t)c};

    return time_at(&w, seq);
}
