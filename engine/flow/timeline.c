#include "flow/timeline.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/decide.h"

#define EVENT_NODES_MAX 100000

struct timeline {
    const json_t *play;
    size_t next;
    json_t *decisions, *judged;
};

static json_t *
decision_value(const struct decision *d)
{
    struct buf text = {0};
    json_t *value;

    decision_json(d, true, &text);
    value = json_read(text.data, text.len, NULL);
    buf_free(&text);
    return value != NULL ? value : json_object();
}

static bool
told_peek(struct walk *w, int64_t *at_ms)
{
    const struct timeline *t = w->own;
    const json_t *item = json_array_get(t->play, t->next);

    *at_ms = json_integer_value(json_object_get(item, "at_ms"));
    return item != NULL;
}

static void
look(struct timeline *t, json_t *judge)
{
    size_t count = json_array_size(t->judged);
    const json_t *before =
        count > 0 ? json_array_get(t->judged, count - 1) : NULL;
    json_t *one = json_object();

    json_object_set(one, "judge", judge);
    json_object_set_new(
        one, "from",
        json_integer(json_integer_value(json_object_get(before, "upto"))));
    json_object_set_new(
        one, "upto", json_integer((json_int_t)json_array_size(t->decisions)));
    json_array_append_new(t->judged, one);
}

static int
merge(struct walk *w, json_t *event, struct happening *h, struct err *e)
{
    struct buf packed = {0};
    struct event *events = NULL;
    const struct value *v;
    size_t count = 0;
    int rc = -1;

    pack_json(&packed, event);
    v = value_read(w->arena, packed.data, packed.len, EVENT_NODES_MAX, e);
    if (v != NULL && event_read(w->arena, v, &events, &count, e) == 0 &&
        count == 1)
        rc = conversation_apply(w->conv, events, h->at_ms, &h->change, e);
    if (rc == 0)
        h->event = events->type;
    event_clear(events, count);
    conversation_saved(w->conv);
    buf_free(&packed);
    return rc;
}

static bool
told_take(struct walk *w, struct happening *h)
{
    struct timeline *t = w->own;
    const json_t *item = json_array_get(t->play, t->next++);
    json_t *judge = json_object_get(item, "judge");
    struct err e = {0};

    memset(h, 0, sizeof *h);
    h->at_ms = json_integer_value(json_object_get(item, "at_ms"));
    if (judge != NULL) {
        look(t, judge);
    } else if (merge(w, json_object_get(item, "event"), h, &e) != 0) {
        snprintf(w->failure, sizeof w->failure, "%s", e.text);
        return false;
    } else {
        h->asks = decide_is_asked(&h->change, h->event);
    }
    w->seen = h->upto = (int64_t)w->conv->message_count;
    return true;
}

/* From then on there is a ticket, as in the engine. */
static void
hand_over(struct conversation *c)
{
    if (c->handoff_id != NULL)
        return;
    conversation_set(c, &c->handoff_id, "test");
    c->state = STATE_HANDOFF_PENDING;
    c->control = CONTROL_USHER;
}

static bool
told_decided(struct walk *w)
{
    struct timeline *t = w->own;

    json_array_append_new(t->decisions, decision_value(&w->decision));
    if (decision_hands_over(&w->decision))
        hand_over(w->conv);
    return true;
}

static const struct walk_way told = {told_peek, told_take, told_decided,
                                     walk_spend_of_others};

struct walk *
timeline_start(struct pool *pool, const struct policy *policy,
               const struct config *config, struct conversation *conversation,
               const json_t *play, const json_t *availability, walk_done *done,
               void *arg)
{
    struct walk *w = walk_new(pool, policy, config, conversation, done, arg);
    struct timeline *t = arena_alloc(w->arena, sizeof *t);

    t->play = play;
    t->decisions = json_array();
    t->judged = json_array();
    w->own = t;
    w->availability = availability;
    /* It goes on where the test stops telling: what waits then is not run. */
    w->how = WALK_EXPLAIN | WALK_RUNNING;
    walk_begin(w, &told);
    return w;
}

json_t *
timeline_decisions(const struct walk *w)
{
    const struct timeline *t = w->own;
    json_t *one;

    if (t != NULL)
        return json_incref(t->decisions);
    one = json_array();
    json_array_append_new(one, decision_value(&w->decision));
    return one;
}

json_t *
timeline_judged(const struct walk *w)
{
    const struct timeline *t = w->own;

    if (t != NULL)
        return json_incref(t->judged);
    return json_pack("[{s:i,s:i,s:i}]", "judge", 1, "from", 0, "upto", 1);
}

void
timeline_clear(struct walk *w)
{
    struct timeline *t = w != NULL ? w->own : NULL;

    if (t == NULL)
        return;
    json_decref(t->decisions);
    json_decref(t->judged);
    w->own = NULL;
}
