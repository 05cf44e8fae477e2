#include "cli/replay.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "cli/condition.h"
#include "cli/past.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

static const char *const words[REPLAY_WORDS] = {
    [REPLAY_IDENTICAL] = "identical",
    [REPLAY_DIFFERS] = "differs",
    [REPLAY_AS_RECORDED] = "as recorded",
    [REPLAY_IMPOSSIBLE] = "cannot be replayed",
};

const char *
replay_word_name(enum replay_word w)
{
    return words[w];
}

void
replays_end(struct replays *r)
{
    struct policy *p;
    const char *hash;

    for (size_t at = 0; (p = map_next(r->policies, &at, &hash)) != NULL;)
        policy_release(p);
    map_free(r->policies);
    policy_release(r->other);
    past_close(r->past);
    pool_free(r->pool);
    config_free(r->config);
}

static int64_t
number_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void
note(struct replay *r, const char *text)
{
    buf_addf(&r->note, "%s\n", text);
}

/* --- the rules --- */

static struct policy *
build_policy(struct replay *r, const json_t *kept, const char *hash)
{
    struct err e = {0};
    struct policy *p = policy_exactly(kept, NULL, &e);

    if (p == NULL) {
        buf_addf(&r->note, "the rules that decided: %s\n", e.text);
        return NULL;
    }
    if (strcmp(p->hash, hash) == 0)
        return p;
    buf_addf(&r->note, "what is kept as the rules %.12s is not what decided\n",
             hash);
    policy_release(p);
    return NULL;
}

/* Leaves a note and no policy when it is not kept. */
static int
find_policy(struct replays *all, struct replay *r, struct err *e)
{
    const char *hash = json_str_or(r->inputs, "policy_hash", "");
    struct policy *p = map_get(all->policies, hash);
    json_t *kept;

    if (p == NULL) {
        kept = past_thing(all->past, PAST_POLICY, hash, e);
        if (kept == NULL && e->class != ERR_INPUT)
            return -1;
        if (kept == NULL)
            buf_addf(&r->note,
                     "it was decided by the rules %.12s, which are not kept\n",
                     hash);
        else
            p = build_policy(r, kept, hash);
        err_clear(e);
        json_decref(kept);
        if (p == NULL)
            return 0;
        map_put(all->policies, hash, p);
    }
    r->policy = policy_hold(p);
    return 0;
}

/* --- the conversation --- */

static struct conversation *
from_row(const json_t *inputs, const json_t *row, struct err *e)
{
    struct buf text = {0};
    struct conversation *c;

    json_write(&text, row);
    c = conversation_from_row(
        json_str_or(inputs, "tenant", ""), json_str_or(inputs, "source", ""),
        json_str_or(inputs, "conversation", ""), buf_str(&text), text.len, e);
    buf_free(&text);
    return c;
}

static enum conversation_state
state_after(const char *action)
{
    static const struct {
        const char *action;
        enum conversation_state state;
    } left[] = {{"offer", STATE_OFFERED},
                {"collect", STATE_COLLECTING},
                {"wait", STATE_WAITING}};

    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (strcmp(action, left[i].action) == 0)
            return left[i].state;
    return STATE_AI_ACTIVE;
}

/* What the rules remembered then: of their decisions before this one. */
static void
remember_earlier(struct replay *r)
{
    const json_t *one;
    size_t i;

    json_object_clear(r->conv->rule_state);
    json_array_foreach(json_object_get(r->inputs, "earlier"), i, one)
    {
        conversation_remember(
            r->conv, json_object_get(one, "rule_state"),
            json_object_get(json_object_get(one, "collect"), "values"));
        r->conv->state = state_after(json_str_or(one, "action", ""));
    }
}

/* Before the decision that handed it over nobody had; what else the row says
 * is of later. */
static void
wind_back(struct replay *r)
{
    struct conversation *c = r->conv;
    const json_t *by = json_object_get(r->inputs, "handed_over_n");
    const char *event = json_str_or(
        json_object_get(json_object_get(r->inputs, "facts"), "event"), "type",
        "");
    enum conversation_state now = c->state;

    c->state = STATE_AI_ACTIVE;
    if (c->episode != number_of(r->inputs, "episode"))
        note(r, "the conversation is in another episode by now: its signals "
                "are of that one");
    remember_earlier(r);
    if (by != NULL && number_of(r->inputs, "n") > json_integer_value(by)) {
        c->state = now;
        return;
    }
    c->handoff_id = c->ticket_id = c->ticket_url = NULL;
    c->control = CONTROL_AI;
    c->outcome = OUTCOME_OPEN;
    if (strcmp(event, event_type_name(EVENT_ENDED)) == 0)
        c->outcome = OUTCOME_UNRESOLVED;
}

static int
add_message(struct replay *r, const json_t *one, struct err *e)
{
    struct buf text = {0};
    struct message *m;

    json_write(&text, json_object_get(one, "row"));
    m = message_from_row(r->conv, json_str_or(one, "key", ""),
                         number_of(one, "ord"), buf_str(&text), text.len, e);
    buf_free(&text);
    if (m == NULL)
        return -1;
    conversation_add_loaded(r->conv, m);
    return 0;
}

/* Recorded as it was seen, what came later is not needed; else it is there to
 * be told apart: what the row counts, it counts to the end. */
static int
add_messages(struct replay *r, struct err *e)
{
    int64_t upto = number_of(r->inputs, "upto_ord");
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(r->inputs, "messages"), i, one)
    {
        bool seen = number_of(one, "ord") <= upto;

        if (!seen && r->exact)
            continue;
        if (add_message(r, one, e) != 0)
            return -1;
        r->upto_seq += seen;
    }
    return 0;
}

static void
check_prefix(struct replay *r)
{
    const char *then = json_str_or(r->inputs, "prefix_hash", "");
    char now[65];

    if (r->upto_seq == 0)
        return;
    conversation_prefix_hash(r->conv, r->upto_seq, now);
    if (strcmp(now, then) != 0)
        note(r, "messages were added before its moment, or are gone: it saw "
                "others");
}

static int
build_conversation(struct replay *r, struct err *e)
{
    const json_t *seen =
        json_object_get(json_object_get(r->inputs, "facts"), "conversation");

    r->exact = json_is_object(seen);
    r->conv = from_row(r->inputs,
                       r->exact ? seen : json_object_get(r->inputs, "row"), e);
    if (r->conv == NULL || add_messages(r, e) != 0)
        return -1;
    if (!r->exact)
        wind_back(r);
    check_prefix(r);
    return 0;
}

int
replay_read(struct replays *all, const char *id, struct replay *r,
            struct err *e)
{
    *r = (struct replay){.id = id, .arena = arena_new(1024)};
    r->inputs = past_thing(all->past, PAST_INPUTS, id, e);
    if (r->inputs == NULL)
        return -1;
    if (find_policy(all, r, e) != 0 || build_conversation(r, e) != 0)
        return -1;
    return 0;
}

/* --- deciding --- */

struct asking {
    struct replay *replay;
    size_t left;
};

static void
on_decided(void *arg, const struct script_result *result)
{
    struct asking *a = arg;
    struct replay *r = a->replay;
    struct err e = {0};

    a->left--;
    if (result->class != SCRIPT_OK)
        decision_failsafe(r->arena, script_class_name(result->class),
                          result->text, &r->decision);
    else if (decision_read(r->arena, result->value, true, &r->decision, &e) !=
             0)
        decision_failsafe(r->arena, "bad_result", e.text, &r->decision);
}

static int
ask(struct replays *all, struct replay *r, enum policy_mode mode, struct err *e)
{
    const struct policy *p = all->other != NULL ? all->other : r->policy;
    struct asking a = {r, 1};
    struct buf args = {0};

    policy_pack_replay(r->conv, r->exact ? 0 : r->upto_seq,
                       json_object_get(r->inputs, "facts"), mode, &args);
    pool_call(all->pool, p->set, "decide", SCRIPT_DECIDE, &args, on_decided,
              &a);
    buf_free(&args);
    return pool_wait(all->pool, &a.left, -1, e);
}

/* When an answer is due, and when the team opens, was worked out behind the
 * rules. */
static void
take_made(struct replay *r)
{
    struct buf text = {0};

    r->decision.due_at_ms = number_of(r->stored, "due_at_ms");
    if (r->decision.at_ms == 0 && decision_hands_over(&r->decision))
        r->decision.at_ms = number_of(r->stored, "at_ms");
    decision_json(&r->decision, true, &text);
    r->made = json_read(text.data, text.len, NULL);
    buf_free(&text);
}

static enum replay_word
compare(struct replay *r)
{
    if (json_equal(r->stored, r->made) != 0)
        return REPLAY_IDENTICAL;
    if (!json_is_true(json_object_get(r->stored, "failed")) ||
        r->decision.failed)
        return REPLAY_DIFFERS;
    /* Time ran out, a worker was lost, the event could not be read: nothing
     * of that is in what was recorded. */
    buf_addf(&r->note, "the rules did not decide: %s\n",
             json_str_or(r->stored, "next_step", ""));
    return REPLAY_AS_RECORDED;
}

int
replay_run(struct replays *all, struct replay *r, enum policy_mode mode,
           struct err *e)
{
    r->word = REPLAY_IMPOSSIBLE;
    r->stored = json_incref(json_object_get(r->inputs, "result"));
    if (all->other == NULL && r->policy == NULL)
        return 0;
    if (ask(all, r, mode, e) != 0)
        return -1;
    take_made(r);
    r->word = compare(r);
    if (r->word == REPLAY_DIFFERS && !r->exact)
        note(r, "of the conversation only the messages were recorded with it: "
                "what was learned later may have changed it");
    return 0;
}

/* --- what differs --- */

static void
put_difference(const char *key, const json_t *was, const json_t *is,
               struct buf *out)
{
    if (was == is || (was != NULL && is != NULL && json_equal(was, is) != 0))
        return;
    buf_addf(out, "%s: was ", key);
    condition_put_value(was, out);
    buf_adds(out, ", is ");
    condition_put_value(is, out);
    buf_addc(out, '\n');
}

void
replay_differences(const struct replay *r, struct buf *out)
{
    const char *key;
    json_t *value;

    json_object_foreach(r->stored, key, value)
        put_difference(key, value, json_object_get(r->made, key), out);
    json_object_foreach(r->made, key, value)
    {
        if (json_object_get(r->stored, key) == NULL)
            put_difference(key, NULL, value, out);
    }
}

void
replay_clear(struct replay *r)
{
    decision_clear(&r->decision);
    policy_release(r->policy);
    conversation_free(r->conv);
    json_decref(r->inputs);
    json_decref(r->stored);
    json_decref(r->made);
    buf_free(&r->note);
    arena_free(r->arena);
    memset(r, 0, sizeof *r);
}
