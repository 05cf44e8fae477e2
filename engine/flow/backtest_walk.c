#include "flow/backtest_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "flow/policy.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

/* Moments that travel to a worker together. Most conversations fit; a longer
 * one that is handed over early is not packed to its end. */
#define SERIES_MOMENTS 16
#define SERIES_BYTES   (256u << 10)

struct walk_moments {
    size_t count;
    struct {
        int64_t seq, at_ms;
        bool ended;
    } list[];
};

/* What a policy remembered of its decisions from a moment on. */
struct memory {
    size_t from;
    json_t *state, *fields; /* the conversation's from there on */
    struct memory *older;
};

struct pair_side {
    struct pair *pair;
    enum side side;
    size_t first, count; /* of the series in flight */
    size_t single_until; /* moments to ask for one by one: a worker was lost */
    struct memory *memory;
};

static void ask(struct pair_side *s);

/* --- moments --- */

static struct walk_moments *
find_moments(struct arena *a, const struct conversation *c, bool running)
{
    size_t most = c->message_count + 1;
    struct walk_moments *all =
        arena_alloc(a, sizeof *all + most * sizeof all->list[0]);
    int64_t at = 0;

    while ((at = walk_next_moment(c, at)) > 0)
        all->list[all->count++].seq = at;
    /* The end; of one that still runs, what was said so far. */
    if (!running || all->count == 0 ||
        all->list[all->count - 1].seq < (int64_t)c->message_count) {
        all->list[all->count].ended = !running;
        all->list[all->count++].seq = (int64_t)c->message_count;
    }
    for (size_t i = 0; i < all->count; i++)
        all->list[i].at_ms = walk_time_at(c, all->list[i].seq);
    return all;
}

/* What this policy knew of its earlier decisions; NULL: nothing new. */
static const struct memory *
memory_at(const struct pair_side *s, size_t moment)
{
    const struct memory *m = s->memory;

    while (m != NULL && m->from > moment)
        m = m->older;
    return m;
}

/* As conversation_remember does for one policy; here there are two. */
static void
remember(struct pair_side *s, const struct decision *d, size_t moment)
{
    const struct conversation *c = s->pair->conv;
    const struct memory *before = s->memory;
    json_t *collected = json_object_get(d->collect, "values");
    struct memory *m;

    if (d->rule_state == NULL && collected == NULL)
        return;
    m = arena_alloc(s->pair->arena, sizeof *m);
    m->from = moment + 1;
    m->state = json_copy(before != NULL ? before->state : c->rule_state);
    m->fields = json_copy(before != NULL ? before->fields : c->fields);
    if (d->rule_state != NULL)
        json_object_update(m->state, d->rule_state);
    if (collected != NULL)
        json_object_update_missing(m->fields, collected);
    m->older = s->memory;
    s->memory = m;
}

/* The conversation as this policy finds it: put back right afterwards. */
static void
pack_moment(const struct pair_side *s, size_t moment, enum policy_mode mode,
            struct buf *args)
{
    struct conversation *c = s->pair->conv;
    const struct memory *m = memory_at(s, moment);
    json_t *state = c->rule_state, *fields = c->fields;
    enum outcome outcome = c->outcome;
    bool ended = s->pair->moments->list[moment].ended;
    int64_t at_ms = s->pair->moments->list[moment].at_ms;
    struct policy_moment facts = {
        .event = ended ? EVENT_ENDED : EVENT_MESSAGE,
        .at_ms = at_ms,
        .now_ms = at_ms,
        .upto_seq = s->pair->moments->list[moment].seq,
    };

    if (m != NULL) {
        c->rule_state = m->state;
        c->fields = m->fields;
    }
    if (ended && outcome == OUTCOME_OPEN)
        c->outcome = OUTCOME_UNRESOLVED;
    buf_clear(args);
    policy_pack_call(s->pair->ground->policy[s->side], c, &facts, mode, args);
    c->rule_state = state;
    c->fields = fields;
    c->outcome = outcome;
}

/* --- walking --- */

static void
step_done(struct pair *p)
{
    if (--p->busy == 0)
        p->done(p->arg, p);
}

static void
set_verdict(struct pair_side *s, size_t moment)
{
    struct pair *p = s->pair;
    struct verdict *v = &p->verdict[s->side];

    v->moment = moment;
    v->at = p->moments->list[moment].seq;
    v->at_ms = p->moments->list[moment].at_ms;
    v->ended = p->moments->list[moment].ended;
}

/* True when the worker was lost somewhere in a series: asked for one by one,
 * the moment that loses it is found. */
static bool
must_ask_again(struct pair_side *s, const struct script_result *r)
{
    if (s->count == 1 || (r->class != SCRIPT_WALL && r->class != SCRIPT_CRASH))
        return false;
    s->single_until = s->first + s->count;
    s->count = 0;
    ask(s);
    return true;
}

static void
read_decision(struct pair_side *s, const struct script_result *r)
{
    struct verdict *v = &s->pair->verdict[s->side];
    struct err e = {0};

    decision_clear(&v->decision);
    memset(&v->decision, 0, sizeof v->decision);
    if (r->class != SCRIPT_OK) {
        snprintf(v->failure, sizeof v->failure, "%s: %s",
                 script_class_name(r->class), r->text);
        decision_failsafe(s->pair->arena, script_class_name(r->class), r->text,
                          &v->decision);
    } else if (decision_read(s->pair->arena, r->value, false, &v->decision,
                             &e) != 0) {
        snprintf(v->failure, sizeof v->failure, "%s", e.text);
        decision_failsafe(s->pair->arena, "bad_result", e.text, &v->decision);
    }
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct pair_side *s = arg;
    struct pair *p = s->pair;
    const struct decision *d = &p->verdict[s->side].decision;
    size_t moment = s->first + r->index;

    if (must_ask_again(s, r))
        return;
    read_decision(s, r);
    set_verdict(s, moment);
    remember(s, d, moment);
    if (d->action == ACTION_KEEP && moment + 1 < p->moments->count) {
        s->first = moment + 1;
        ask(s);
        return;
    }
    step_done(p);
}

/* A keep of no rule says nothing else: the walk goes on. */
static struct str
nothing_to_do(struct buf *out)
{
    pack_map(out, 1);
    pack_member(out, "action", "keep");
    return (struct str){out->data, out->len};
}

static void
make_series(struct pair_side *s, struct script_series *series)
{
    struct buf args = {0};
    size_t most = s->first < s->single_until ? 1 : SERIES_MOMENTS;

    for (size_t i = s->first;
         i < s->pair->moments->count && series->count < most &&
         series->frames.len < SERIES_BYTES;
         i++) {
        pack_moment(s, i, POLICY_LIVE, &args);
        script_series_add(series, &args);
    }
    buf_free(&args);
}

static void
send_series(struct pair_side *s, const struct script_series *series)
{
    const struct walk_ground *g = s->pair->ground;

    s->count = series->count;
    pool_call_series(g->pool, g->policy[s->side]->set, "decide", SCRIPT_DECIDE,
                     series, on_decided, s);
}

static void
ask(struct pair_side *s)
{
    struct script_series series = {0};
    struct buf skip = {0};

    series.skip = nothing_to_do(&skip);
    make_series(s, &series);
    send_series(s, &series);
    buf_free(&series.frames);
    buf_free(&skip);
}

/* At the beginning both are asked the same. */
static void
ask_both(struct pair *p)
{
    struct script_series series = {0};
    struct buf skip = {0};

    series.skip = nothing_to_do(&skip);
    make_series(p->sides[SIDE_OLD], &series);
    p->busy = p->ground->same ? 1 : SIDES;
    for (size_t i = 0, sides = p->busy; i < sides; i++)
        send_series(p->sides[i], &series);
    buf_free(&series.frames);
    buf_free(&skip);
}

struct pair *
pair_start(const struct walk_ground *ground, struct conversation *conversation,
           bool running, pair_done *done, void *arg)
{
    struct arena *a = arena_new(2048);
    struct pair *p = arena_alloc(a, sizeof *p);

    p->ground = ground;
    p->arena = a;
    p->conv = conversation;
    p->done = done;
    p->arg = arg;
    p->moments = find_moments(a, conversation, running);
    for (size_t i = 0; i < SIDES; i++) {
        p->sides[i] = arena_alloc(a, sizeof *p->sides[i]);
        p->sides[i]->pair = p;
        p->sides[i]->side = (enum side)i;
    }
    ask_both(p);
    return p;
}

const struct verdict *
pair_verdict(const struct pair *p, enum side side)
{
    return &p->verdict[p->ground->same ? SIDE_OLD : side];
}

/* --- explaining --- */

/* The moment where the two first part: the earlier of the two verdicts. */
static size_t
parting(const struct pair *p)
{
    size_t old = pair_verdict(p, SIDE_OLD)->moment;
    size_t new = pair_verdict(p, SIDE_NEW)->moment;

    return old < new ? old : new;
}

int64_t
pair_parting_at(const struct pair *p)
{
    return p->moments->list[parting(p)].seq;
}

static void
on_explained(void *arg, const struct script_result *r)
{
    struct pair_side *s = arg;
    struct pair *p = s->pair;

    if (r->class == SCRIPT_OK)
        p->trace[s->side] = value_json(value_get(r->value, "trace"));
    step_done(p);
}

void
pair_explain(struct pair *p, pair_done *done, void *arg)
{
    const struct walk_ground *g = p->ground;
    struct buf args = {0};

    p->done = done;
    p->arg = arg;
    p->busy = SIDES;
    for (size_t i = 0; i < SIDES; i++) {
        pack_moment(p->sides[i], parting(p), POLICY_EXPLAIN, &args);
        pool_call(g->pool, g->policy[i]->set, "decide", SCRIPT_DECIDE, &args,
                  on_explained, p->sides[i]);
    }
    buf_free(&args);
}

void
pair_free(struct pair *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < SIDES; i++) {
        decision_clear(&p->verdict[i].decision);
        json_decref(p->trace[i]);
        for (struct memory *m = p->sides[i]->memory; m != NULL; m = m->older) {
            json_decref(m->state);
            json_decref(m->fields);
        }
    }
    conversation_free(p->conv);
    arena_free(p->arena);
}
