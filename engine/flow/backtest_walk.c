#include "flow/backtest_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

/* Moments that travel to a worker together. Most conversations fit; a longer
 * one that is handed over early is not packed to its end. */
#define SERIES_MOMENTS 16

struct walk_moments {
    size_t count;
    struct {
        int64_t seq, at_ms;
        bool ended;
    } list[];
};

/* Which moment comes first: the moments of the recording by their number, and
 * behind each those at which the time of a rule that waits had run out. */
#define POSITION(number, fires) ((int64_t)(number) << 16 | (int64_t)(fires))

/* What a policy remembered of its decisions from a moment on. */
struct memory {
    int64_t from;           /* position */
    json_t *state, *fields; /* the conversation's from there on */
    enum conversation_state is;
    struct memory *older;
};

struct pair_side {
    struct pair *pair;
    enum side side;
    size_t first, count; /* of the series in flight */
    size_t single_until; /* moments to ask for one by one: a worker was lost */
    struct memory *memory;
    /* Once a rule waits: the walk from there on. */
    struct walk *walk;
    size_t number, fires;              /* where it is */
    struct claim *first_claim, *claim; /* claim: that is being refused */
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
memory_at(const struct pair_side *s, int64_t position)
{
    const struct memory *m = s->memory;

    while (m != NULL && m->from > position)
        m = m->older;
    return m;
}

static struct memory *
remember(struct pair_side *s, int64_t position)
{
    struct memory *m = arena_alloc(s->pair->arena, sizeof *m);

    m->from = position + 1;
    m->older = s->memory;
    s->memory = m;
    return m;
}

/* As conversation_remember does for one policy; here there are two. */
static void
remember_decision(struct pair_side *s, const struct decision *d, size_t moment)
{
    const struct conversation *c = s->pair->conv;
    const struct memory *before = s->memory;
    json_t *collected = json_object_get(d->collect, "values");
    struct memory *m;

    if (d->rule_state == NULL && collected == NULL)
        return;
    m = remember(s, POSITION(moment, 0));
    m->is = c->state;
    m->state = json_copy(before != NULL ? before->state : c->rule_state);
    m->fields = json_copy(before != NULL ? before->fields : c->fields);
    if (d->rule_state != NULL)
        json_object_update(m->state, d->rule_state);
    if (collected != NULL)
        json_object_update_missing(m->fields, collected);
}

static struct policy_moment
moment_of(const struct pair *p, size_t moment)
{
    int64_t at_ms = p->moments->list[moment].at_ms;
    bool ended = p->moments->list[moment].ended;

    return (struct policy_moment){
        .event = ended ? EVENT_ENDED : EVENT_MESSAGE,
        .at_ms = at_ms,
        .now_ms = at_ms,
        .upto_seq = p->moments->list[moment].seq,
    };
}

/* The conversation as this policy finds it, and as it was: to be put right. */
struct found {
    json_t *state, *fields;
    enum conversation_state is;
};

static struct found
find_as_known(const struct pair_side *s, int64_t position)
{
    struct conversation *c = s->pair->conv;
    struct found was = {c->rule_state, c->fields, c->state};
    const struct memory *m = memory_at(s, position);

    if (m != NULL) {
        c->rule_state = m->state;
        c->fields = m->fields;
        c->state = m->is;
    }
    return was;
}

static void
put_right(const struct pair_side *s, struct found was)
{
    struct conversation *c = s->pair->conv;

    c->rule_state = was.state;
    c->fields = was.fields;
    c->state = was.is;
}

static void
pack_moment(const struct pair_side *s, const struct policy_moment *moment,
            int64_t position, enum policy_mode mode, struct buf *args)
{
    struct found was = find_as_known(s, position);
    struct conversation *c = s->pair->conv;
    enum outcome outcome = c->outcome;

    if (moment->event == EVENT_ENDED && outcome == OUTCOME_OPEN)
        c->outcome = OUTCOME_UNRESOLVED;
    policy_pack_call(s->pair->ground->policy[s->side], c, moment, mode, args);
    c->outcome = outcome;
    put_right(s, was);
}

/* --- walking --- */

static void
step_done(struct pair *p)
{
    if (--p->busy == 0)
        p->done(p->arg, p);
}

/* Where what comes next goes. */
static struct verdict *
verdict_of(const struct pair_side *s)
{
    return s->claim != NULL ? s->claim->otherwise : &s->pair->verdict[s->side];
}

static void
set_moment(struct pair_side *s, struct verdict *v, size_t moment)
{
    const struct pair *p = s->pair;

    v->position = POSITION(moment, 0);
    v->moment = moment_of(p, moment);
    v->at = p->moments->list[moment].seq;
    v->at_ms = p->moments->list[moment].at_ms;
    v->ended = p->moments->list[moment].ended;
}

/* Asked for one by one, the moment that ends a series so is found, if there is
 * one. */
static bool
must_ask_again(struct pair_side *s, const struct script_result *r)
{
    if (s->count == 1 || !script_series_alone(r->class))
        return false;
    s->single_until = s->first + s->count;
    s->count = 0;
    ask(s);
    return true;
}

static const char *
failure_text(const struct pair *p, const struct script_result *r)
{
    return arena_printf(p->arena, "%s: %s", script_class_name(r->class),
                        r->text);
}

static void
read_decision(struct pair_side *s, struct verdict *v,
              const struct script_result *r)
{
    struct arena *a = s->pair->arena;
    struct err e = {0};

    decision_clear(&v->decision);
    memset(&v->decision, 0, sizeof v->decision);
    if (r->class != SCRIPT_OK) {
        v->failure = failure_text(s->pair, r);
        decision_failsafe(a, script_class_name(r->class), r->text,
                          &v->decision);
    } else if (decision_read(a, r->value, false, &v->decision, &e) != 0) {
        v->failure = arena_str(a, e.text);
        decision_failsafe(a, "bad_result", e.text, &v->decision);
    }
}

/* --- claims, and going on behind a rule that waits --- */

static bool
asks_budget(const struct pair_side *s, const struct decision *d)
{
    return decision_spends(d) && s->pair->conv->handoff_id == NULL;
}

/* The verdict in hand is one: kept as such. */
static void
make_claim(struct pair_side *s, struct verdict *v)
{
    struct claim *c = arena_alloc(s->pair->arena, sizeof *c);

    c->verdict = *v;
    memset(v, 0, sizeof *v);
    if (s->claim != NULL) {
        s->claim->next = c;
        s->claim->asked = true;
    } else {
        s->first_claim = c;
    }
}

static void
side_done(struct pair_side *s)
{
    if (s->claim != NULL)
        s->claim->asked = true;
    s->claim = NULL;
    step_done(s->pair);
}

/* What the walk decided, where and when. */
static void
take_walked(struct pair_side *s, const struct walk *w, struct verdict *v)
{
    bool timed = walk_time_at(w->conv, w->at) > 0;

    v->position = POSITION(s->number, s->fires);
    v->moment = w->asked;
    v->at = w->at;
    v->at_ms = timed ? w->now.at_ms : 0;
    v->ended = w->ended;
    v->waited = w->fired;
    v->failure = w->failure[0] != '\0' ? w->failure : NULL;
}

static void
count_moment(struct pair_side *s, const struct walk *w)
{
    if (w->fired) {
        s->fires++;
        return;
    }
    s->number++;
    s->fires = 0;
}

static void
watch_spend(struct walk *w)
{
    struct pair_side *s = w->own;
    struct verdict *v = verdict_of(s);

    if (w->asked.budget == NULL)
        count_moment(s, w);
    take_walked(s, w, v);
    v->decision = w->decision;
    memset(&w->decision, 0, sizeof w->decision);
    make_claim(s, v);
    side_done(s);
}

static void
remember_walked(struct pair_side *s, const struct conversation *c)
{
    const struct memory *before = s->memory;
    struct memory *m;

    if (before != NULL && before->is == c->state &&
        json_equal(before->state, c->rule_state) == 1 &&
        json_equal(before->fields, c->fields) == 1)
        return;
    m = remember(s, POSITION(s->number, s->fires));
    m->is = c->state;
    m->state = json_copy(c->rule_state);
    m->fields = json_copy(c->fields);
}

static bool
watch_decided(struct walk *w)
{
    struct pair_side *s = w->own;

    if (w->asked.budget == NULL)
        count_moment(s, w);
    take_walked(s, w, verdict_of(s));
    remember_walked(s, w->conv);
    return walk_recorded_decided(w);
}

static void
on_walk_over(void *arg, struct walk *w)
{
    struct pair_side *s = arg;
    struct verdict *v = verdict_of(s);

    take_walked(s, w, v);
    v->decision = w->decision;
    memset(&w->decision, 0, sizeof w->decision);
    conversation_free(w->conv);
    w->conv = NULL;
    side_done(s);
}

static void
keep_text(struct pair *p, struct str text)
{
    p->text = mem_alloc(text.len);
    p->text_n = text.len;
    memcpy(p->text, text.p, text.len);
}

static void
write_text(struct pair *p)
{
    struct buf text = {0};

    json_write(&text, p->recording);
    keep_text(p, (struct str){text.data, text.len});
    buf_free(&text);
}

/* A walk that is over has let its fork go. */
static bool
is_walking(const struct pair_side *s)
{
    return s->walk != NULL && s->walk->conv != NULL;
}

static void
drop_recording(struct pair *p)
{
    free(p->text);
    json_decref(p->recording);
    p->text = NULL;
    p->recording = NULL;
}

/* Only the text of it stays, and what its walks found. */
void
pair_shelve(struct pair *p)
{
    if (p->conv == NULL)
        return;
    if (p->text == NULL)
        write_text(p);
    json_decref(p->recording);
    p->recording = NULL;
    for (size_t i = 0; i < SIDES; i++)
        if (is_walking(p->sides[i]))
            conversation_let_go(p->sides[i]->walk->conv);
    conversation_free(p->conv);
    p->conv = NULL;
}

void
pair_take_down(struct pair *p)
{
    json_t *recording;

    if (p->conv != NULL)
        return;
    recording = json_read(p->text, p->text_n, NULL);
    p->conv = conversation_from_recording(recording, NULL);
    json_decref(recording);
    for (size_t i = 0; i < SIDES; i++)
        if (is_walking(p->sides[i]))
            conversation_take_up(p->sides[i]->walk->conv, p->conv);
}

/* A walk of its own fork, which knows what was remembered by then. */
static void
new_walk(struct pair_side *s, size_t moment)
{
    const struct pair *p = s->pair;
    const struct walk_ground *g = p->ground;
    struct conversation *c = conversation_fork(p->conv);
    const struct memory *m = memory_at(s, POSITION(moment, 0));

    if (m != NULL) {
        json_decref(c->rule_state);
        json_decref(c->fields);
        c->rule_state = json_copy(m->state);
        c->fields = json_copy(m->fields);
    }
    s->walk =
        walk_new(g->pool, g->policy[s->side], g->config, c, on_walk_over, s);
    s->walk->how = WALK_SERIES | (p->running ? WALK_RUNNING : 0);
    s->walk->own = s;
    s->number = moment - 1; /* the next is the one it begins with */
    s->fires = 0;
}

static const struct walk_way watched = {walk_recorded_peek, walk_recorded_take,
                                        watch_decided, watch_spend};

static void
wait_from(struct pair_side *s, struct verdict *v, size_t moment)
{
    struct decision made = v->decision;

    memset(v, 0, sizeof *v);
    new_walk(s, moment);
    walk_on_from(s->walk, &watched, s->pair->moments->list[moment].seq,
                 s->pair->moments->list[moment].ended, &made);
}

void
pair_refuse(struct pair *p, enum side side, struct claim *claim,
            pair_done *done, void *arg)
{
    struct pair_side *s = p->sides[side];
    size_t moment = (size_t)(claim->verdict.position >> 16);

    p->done = done;
    p->arg = arg;
    p->busy++;
    s->claim = claim;
    claim->otherwise = arena_alloc(p->arena, sizeof *claim->otherwise);
    pair_take_down(p);
    if (s->walk != NULL) {
        walk_spent(s->walk, claim->is.refused, claim->is.level);
        return;
    }
    new_walk(s, moment);
    s->number = moment; /* it was counted when it was claimed */
    walk_refused_at(s->walk, &watched, claim->verdict.at, claim->verdict.ended,
                    claim->is.refused, claim->is.level);
}

struct claim *
pair_claim(const struct pair *p, enum side side)
{
    return p->sides[side]->first_claim;
}

void
pair_settle(struct pair *p, enum side side)
{
    struct claim *c = p->sides[side]->first_claim;
    struct verdict *stands;

    if (c == NULL)
        return;
    while (c->is.refused != NULL && c->next != NULL)
        c = c->next;
    stands = c->is.refused != NULL ? c->otherwise : &c->verdict;
    p->verdict[side] = *stands;
    memset(stands, 0, sizeof *stands);
}

/* --- in series --- */

static void
on_decided(void *arg, const struct script_result *r)
{
    struct pair_side *s = arg;
    struct pair *p = s->pair;
    struct verdict *v = &p->verdict[s->side];
    size_t moment = s->first + r->index;

    if (must_ask_again(s, r))
        return;
    read_decision(s, v, r);
    set_moment(s, v, moment);
    if (v->decision.action == ACTION_WAIT) {
        wait_from(s, v, moment);
        return;
    }
    if (asks_budget(s, &v->decision)) {
        make_claim(s, v);
        step_done(p);
        return;
    }
    remember_decision(s, &v->decision, moment);
    if (v->decision.action == ACTION_KEEP && moment + 1 < p->moments->count) {
        s->first = moment + 1;
        ask(s);
        return;
    }
    step_done(p);
}

/* Until when the customer writes again, if that comes next and would end a wait
 * that begins at the moment; else 0. The conversation must be left by such a
 * wait as it was, and rules must not see it go. */
static int64_t
patience(const struct pair_side *s, size_t moment)
{
    const struct walk_ground *ground = s->pair->ground;
    const struct walk_moments *m = s->pair->moments;
    const struct conversation *c = s->pair->conv;
    const struct memory *known = memory_at(s, POSITION(moment, 0));
    int64_t until = 1;

    /* Both are asked the same to begin with. */
    if (ground->policy[SIDE_OLD]->sees_waits ||
        ground->policy[SIDE_NEW]->sees_waits || moment + 1 >= m->count ||
        m->list[moment + 1].ended ||
        (known != NULL ? known->is : c->state) != STATE_AI_ACTIVE ||
        walk_next_moment(c, m->list[moment].seq) != m->list[moment + 1].seq)
        return 0;
    for (int64_t i = m->list[moment].seq; i < m->list[moment + 1].seq; i++)
        if (c->messages[i]->at_ms > until)
            until = c->messages[i]->at_ms;
    return until;
}

/* What a moment has besides what it shares; else half of the messages, too. */
static void
reserve(struct script_series *series, const struct conversation *c, size_t most,
        bool share)
{
    size_t bytes = most * (share ? 512 : c->packed.len / 2 + 1024);

    if (bytes > SCRIPT_SERIES_BYTES)
        bytes = SCRIPT_SERIES_BYTES;
    buf_reserve(&series->frames, bytes);
}

/* Nothing that is remembered changes within a series. */
static void
share(const struct pair_side *s, struct script_series *series, size_t most)
{
    const struct walk_moments *m = s->pair->moments;
    struct found was = find_as_known(s, POSITION(s->first, 0));

    conversation_pack_shared(s->pair->conv, m->list[s->first + most - 1].seq,
                             &series->shared);
    put_right(s, was);
}

static void
make_series(struct pair_side *s, struct script_series *series)
{
    const struct conversation *c = s->pair->conv;
    size_t left = s->pair->moments->count - s->first, at;
    size_t most = s->first < s->single_until ? 1 : SERIES_MOMENTS;
    struct policy_moment moment;
    bool shared;

    most = most < left ? most : left;
    shared = most > 1 && c->packed.len <= SCRIPT_SERIES_BYTES;
    walk_nothing(&series->skip);
    reserve(series, c, most, shared);
    if (shared)
        share(s, series, most);
    for (size_t i = s->first;
         series->count < most && series->frames.len < SCRIPT_SERIES_BYTES;
         i++) {
        moment = moment_of(s->pair, i);
        moment.until_ms = patience(s, i);
        at = script_series_open(series);
        pack_moment(s, &moment, POSITION(i, 0),
                    shared ? POLICY_SHARED : POLICY_WALK, &series->frames);
        script_series_close(series, at);
    }
}

static void
send_series(struct pair_side *s, const struct script_series *series)
{
    const struct walk_ground *g = s->pair->ground;

    s->count = series->count;
    pool_call_series(g->pool, g->policy[s->side]->set, "walk", SCRIPT_DECIDE,
                     series, on_decided, s);
}

static void
ask(struct pair_side *s)
{
    struct script_series series = {0};

    make_series(s, &series);
    send_series(s, &series);
    script_series_free(&series);
}

/* At the beginning both are asked the same. */
static void
ask_both(struct pair *p)
{
    struct script_series series = {0};

    make_series(p->sides[SIDE_OLD], &series);
    p->busy = p->ground->same ? 1 : SIDES;
    for (size_t i = 0, sides = p->busy; i < sides; i++)
        send_series(p->sides[i], &series);
    script_series_free(&series);
}

struct pair *
pair_start(const struct walk_ground *ground, json_t *recording, struct str text,
           struct conversation *conversation, pair_done *done, void *arg)
{
    struct arena *a = arena_new(4096);
    struct pair *p = arena_alloc(a, sizeof *p);

    p->ground = ground;
    p->arena = a;
    p->id = arena_str(a, conversation->id);
    p->started_at = conversation->started_at;
    if (text.len > 0)
        keep_text(p, text);
    else
        p->recording = json_incref(recording);
    p->running = recordings_running(recording);
    p->conv = conversation;
    p->done = done;
    p->arg = arg;
    p->moments = find_moments(a, conversation, p->running);
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
static const struct verdict *
parting(const struct pair *p)
{
    const struct verdict *old = pair_verdict(p, SIDE_OLD);
    const struct verdict *new = pair_verdict(p, SIDE_NEW);

    return new->position < old->position ? new : old;
}

int64_t
pair_parting_at(const struct pair *p)
{
    return parting(p)->at;
}

/* The moment of the earlier verdict; a timer and a budget are that policy's
 * own. */
static struct policy_moment
moment_to_explain(const struct pair *p, enum side side)
{
    const struct verdict *first = parting(p), *own = pair_verdict(p, side);
    struct policy_moment m = first->moment;

    if (own->position == first->position)
        return own->moment;
    m.wait_rule = m.budget = NULL;
    return m;
}

static void
on_explained(void *arg, const struct script_result *r)
{
    struct pair_side *s = arg;
    struct pair *p = s->pair;

    if (r->class == SCRIPT_OK)
        p->trace[s->side] = value_json(value_get(r->value, "trace"));
    else
        p->untold[s->side] = failure_text(p, r);
    step_done(p);
}

void
pair_explain(struct pair *p, pair_done *done, void *arg)
{
    const struct walk_ground *g = p->ground;
    struct policy_moment moment;
    struct buf args = {0};

    p->done = done;
    p->arg = arg;
    p->busy = SIDES;
    p->explained = true;
    for (size_t i = 0; i < SIDES; i++) {
        moment = moment_to_explain(p, (enum side)i);
        buf_clear(&args);
        pack_moment(p->sides[i], &moment, parting(p)->position, POLICY_EXPLAIN,
                    &args);
        pool_call(g->pool, g->policy[i]->set, "decide", SCRIPT_DECIDE, &args,
                  on_explained, p->sides[i]);
    }
    buf_free(&args);
}

static void
free_side(struct pair_side *s)
{
    decision_clear(&s->pair->verdict[s->side].decision);
    json_decref(s->pair->trace[s->side]);
    for (struct memory *m = s->memory; m != NULL; m = m->older) {
        json_decref(m->state);
        json_decref(m->fields);
    }
    for (struct claim *c = s->first_claim; c != NULL; c = c->next) {
        decision_clear(&c->verdict.decision);
        if (c->otherwise != NULL)
            decision_clear(&c->otherwise->decision);
    }
    walk_free(s->walk);
}

void
pair_free(struct pair *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < SIDES; i++)
        free_side(p->sides[i]);
    drop_recording(p);
    conversation_free(p->conv);
    arena_free(p->arena);
}
