#include "flow/backtest_budget.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "flow/walk.h"
#include "model/conversation.h"

/* A hand-over of one policy (or the offer of one), at its time: a claim, or one
 * that asks nobody. */
struct spending {
    int64_t at_ms;
    size_t number;       /* of the conversation: who is first of two */
    const char *group;   /* or NULL */
    struct claim *claim; /* or NULL */
    struct pair *pair;
};

/* Spendings of one policy. sorted: those that are known from the beginning;
 * heap: what comes of refused ones while they are gone through. */
struct account {
    struct spending *list, *heap;
    size_t count, room, heap_count, heap_room;
};

struct held {
    struct pair *pair;
    size_t number;
    int label;
};

struct ledger {
    const struct walk_ground *ground;
    struct arena *arena;
    struct map *words, *by_name;
    struct account accounts[SIDES];
    int64_t *begun; /* when conversations began */
    size_t begun_count, begun_room;
    struct held *held;
    size_t held_count, held_room;
    struct budget_use *use;
    size_t use_count, use_room;
    size_t left; /* refused claims that are asked about, and who asks */
    void (*done)(void *arg);
    void *arg;
    bool stopped; /* nobody wants to know any more */
};

/* Asked about at once, so that their frames do not fill the memory. */
#define ASKED_MOST 4096

#define ROOM(list, count, room)                                                \
    do {                                                                       \
        if ((count) == (room)) {                                               \
            (room) = (room)*2 + 64;                                            \
            (list) = mem_grow((list), (room) * sizeof *(list));                \
        }                                                                      \
    } while (0)

struct ledger *
ledger_new(const struct walk_ground *ground)
{
    struct ledger *l = mem_zero(sizeof *l);

    l->ground = ground;
    l->arena = arena_new(0);
    l->words = map_new();
    l->by_name = map_new();
    return l;
}

void
ledger_free(struct ledger *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->held_count; i++)
        pair_free(l->held[i].pair);
    for (size_t s = 0; s < SIDES; s++) {
        free(l->accounts[s].list);
        free(l->accounts[s].heap);
    }
    free(l->begun);
    free(l->held);
    free(l->use);
    map_free(l->words);
    map_free(l->by_name);
    arena_free(l->arena);
    free(l);
}

/* --- adding --- */

static size_t
sides_of(const struct ledger *l)
{
    return l->ground->same ? 1 : SIDES;
}

static const char *
word(struct ledger *l, const char *s)
{
    char *own;

    if (s == NULL)
        return NULL;
    own = map_get(l->words, s);
    if (own == NULL) {
        own = arena_str(l->arena, s);
        map_put(l->words, s, own);
    }
    return own;
}

static void
add_spending(struct ledger *l, struct account *a, const struct verdict *v,
             size_t number, struct pair *p, struct claim *claim)
{
    if ((claim == NULL && v->decision.action != ACTION_ESCALATE) ||
        v->at_ms <= 0)
        return; /* nobody knows when: it takes from nobody */
    ROOM(a->list, a->count, a->room);
    a->list[a->count++] = (struct spending){
        v->at_ms, number, word(l, v->decision.group), claim, p};
}

bool
ledger_add(struct ledger *l, struct pair *p, size_t number, int label)
{
    int64_t began = p->conv->started_at;
    bool holds = false;

    if (began <= 0 && p->conv->message_count > 0)
        began = walk_time_at(p->conv, 1);
    if (began > 0) {
        ROOM(l->begun, l->begun_count, l->begun_room);
        l->begun[l->begun_count++] = began;
    }
    for (size_t s = 0; s < sides_of(l); s++) {
        struct claim *c = pair_claim(p, (enum side)s);
        const struct verdict *v =
            c != NULL ? &c->verdict : pair_verdict(p, (enum side)s);

        holds |= c != NULL;
        add_spending(l, &l->accounts[s], v, number, p, c);
    }
    if (!holds)
        return false;
    pair_shelve(p);
    ROOM(l->held, l->held_count, l->held_room);
    l->held[l->held_count++] = (struct held){p, number, label};
    return true;
}

/* --- in the order of time --- */

static bool
is_before(const struct spending *a, const struct spending *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static int
by_time(const void *a, const void *b)
{
    const struct spending *x = a, *y = b;

    return is_before(x, y) ? -1 : is_before(y, x) ? 1 : 0;
}

static int
by_moment(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void
swap(struct spending *a, struct spending *b)
{
    struct spending t = *a;

    *a = *b;
    *b = t;
}

static void
heap_push(struct account *a, struct spending one)
{
    size_t i = a->heap_count;

    ROOM(a->heap, a->heap_count, a->heap_room);
    a->heap[a->heap_count++] = one;
    for (; i > 0 && is_before(&a->heap[i], &a->heap[(i - 1) / 2]);
         i = (i - 1) / 2)
        swap(&a->heap[i], &a->heap[(i - 1) / 2]);
}

static struct spending
heap_pop(struct account *a)
{
    struct spending first = a->heap[0];
    size_t i = 0;

    a->heap[0] = a->heap[--a->heap_count];
    for (;;) {
        size_t least = i;

        for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < a->heap_count; k++)
            if (is_before(&a->heap[k], &a->heap[least]))
                least = k;
        if (least == i)
            return first;
        swap(&a->heap[i], &a->heap[least]);
        i = least;
    }
}

/* The next of both; false: there is none. */
static bool
next_spending(struct account *a, size_t *at, struct spending *out)
{
    bool listed = *at < a->count;

    if (!listed && a->heap_count == 0)
        return false;
    if (listed && (a->heap_count == 0 || is_before(&a->list[*at], &a->heap[0])))
        *out = a->list[(*at)++];
    else
        *out = heap_pop(a);
    return true;
}

/* --- answering --- */

static struct budget_use *
use_of(struct ledger *l, const char *name, bool is_share)
{
    size_t *at = map_get(l->by_name, name);

    if (at == NULL) {
        at = arena_alloc(l->arena, sizeof *at);
        *at = l->use_count;
        map_put(l->by_name, name, at);
        ROOM(l->use, l->use_count, l->use_room);
        l->use[l->use_count++] = (struct budget_use){
            .name = word(l, name), .is_share = is_share, .level = {-1.0, -1.0}};
    }
    return &l->use[*at];
}

static void
note_level(struct budget_use *u, enum side side, double level)
{
    bool worse = u->is_share ? level > u->level[side] : level < u->level[side];

    if (u->level[side] < 0 || worse)
        u->level[side] = level;
}

/* A claim may ask a bucket and a share; who refuses is named in the answer. */
static void
note_use(struct ledger *l, enum side side, const json_t *asked,
         const struct purse_answer *a)
{
    const char *names[2] = {json_string_value(json_object_get(asked, "name")),
                            json_string_value(json_at(asked, "share.name"))};

    for (int i = 0; i < 2; i++) {
        struct budget_use *u;
        bool refuses = a->refused != NULL && a->refused == names[i];

        if (names[i] == NULL || (a->refused != NULL && !refuses))
            continue;
        u = use_of(l, names[i], i == 1);
        *(refuses ? &u->refused[side] : &u->granted[side]) += 1;
        if (i == 0)
            note_level(u, side, a->level);
        else
            note_level(u, side, a->share);
    }
}

struct answering {
    struct ledger *ledger;
    struct purse *purse;
    enum side side;
    bool last;    /* nothing is unknown: this time it counts */
    size_t began; /* conversations, so far */
    size_t unknown;
};

static void go_on(struct ledger *l);

static void
on_asked(void *arg, struct pair *p)
{
    struct ledger *l = arg;

    pair_shelve(p);
    if (--l->left == 0)
        go_on(l);
}

static void
ask(struct answering *an, const struct spending *one)
{
    struct ledger *l = an->ledger;

    an->unknown++;
    if (l->left >= ASKED_MOST)
        return; /* in the next round */
    l->left += one->pair->busy == 0;
    pair_refuse(one->pair, an->side, one->claim, on_asked, l);
}

static void
answer(struct answering *an, const struct spending *one)
{
    struct account *a = &an->ledger->accounts[an->side];
    struct claim *c = one->claim;
    struct spending next = *one;

    if (c != NULL)
        c->is = purse_take(an->purse, c->verdict.decision.budget, one->at_ms);
    if (c != NULL && an->last)
        note_use(an->ledger, an->side, c->verdict.decision.budget, &c->is);
    if (c == NULL || c->is.refused == NULL) {
        if (c == NULL || c->verdict.decision.action == ACTION_ESCALATE)
            purse_add(an->purse, PURSE_HANDED, one->group, one->at_ms, 1);
    } else if (!c->asked) {
        ask(an, one);
    } else if (c->next != NULL) {
        next.claim = c->next;
        next.at_ms = c->next->verdict.at_ms;
        next.group = word(an->ledger, c->next->verdict.decision.group);
        heap_push(a, next);
    } else if (c->otherwise->decision.action == ACTION_ESCALATE) {
        purse_add(an->purse, PURSE_HANDED,
                  word(an->ledger, c->otherwise->decision.group), one->at_ms,
                  1);
    }
}

/* Through the whole time once. What is decided about a claim that is refused
 * for the first time is asked meanwhile, and this round goes on without it. */
static size_t
go_through(struct ledger *l, enum side side, bool last)
{
    struct account *a = &l->accounts[side];
    struct answering an = {.ledger = l, .side = side, .last = last};
    struct spending one;
    size_t at = 0;

    an.purse = purse_new();
    a->heap_count = 0;
    while (next_spending(a, &at, &one)) {
        while (an.began < l->begun_count && l->begun[an.began] <= one.at_ms)
            purse_add(an.purse, PURSE_BEGUN, "", l->begun[an.began++], 1);
        answer(&an, &one);
    }
    purse_free(an.purse);
    return an.unknown;
}

static void
sort(struct ledger *l)
{
    if (l->begun_count > 1)
        qsort(l->begun, l->begun_count, sizeof *l->begun, by_moment);
    for (size_t s = 0; s < SIDES; s++)
        if (l->accounts[s].count > 1)
            qsort(l->accounts[s].list, l->accounts[s].count,
                  sizeof *l->accounts[s].list, by_time);
}

static int
by_name(const void *a, const void *b)
{
    const struct budget_use *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* Of one policy there is one account for both sides. */
static void
end_use(struct ledger *l)
{
    for (size_t i = 0; i < l->use_count && l->ground->same; i++) {
        struct budget_use *u = &l->use[i];

        u->granted[SIDE_NEW] = u->granted[SIDE_OLD];
        u->refused[SIDE_NEW] = u->refused[SIDE_OLD];
        u->level[SIDE_NEW] = u->level[SIDE_OLD];
    }
    if (l->use_count > 1)
        qsort(l->use, l->use_count, sizeof *l->use, by_name);
}

static void
settled(struct ledger *l)
{
    for (size_t s = 0; s < sides_of(l); s++)
        (void)go_through(l, (enum side)s, true);
    for (size_t i = 0; i < l->held_count; i++)
        for (size_t s = 0; s < sides_of(l); s++)
            pair_settle(l->held[i].pair, (enum side)s);
    end_use(l);
}

/* A round, and another when what it asked about is known. It counts among
 * those who are waited for, so that no answer begins the next one meanwhile. */
static void
go_on(struct ledger *l)
{
    size_t unknown = 0;

    while (!l->stopped) {
        unknown = 0;
        l->left = 1;
        for (size_t s = 0; s < sides_of(l); s++)
            unknown += go_through(l, (enum side)s, false);
        l->left--;
        if (l->left > 0)
            return;
        if (unknown == 0)
            break;
    }
    if (!l->stopped)
        settled(l);
    l->done(l->arg);
}

void
ledger_settle(struct ledger *l, void (*done)(void *arg), void *arg)
{
    l->done = done;
    l->arg = arg;
    if (l->held_count == 0) {
        done(arg);
        return;
    }
    sort(l);
    go_on(l);
}

void
ledger_stop(struct ledger *l)
{
    l->stopped = true;
}

struct pair *
ledger_pair(const struct ledger *l, size_t i, size_t *number, int *label)
{
    if (i >= l->held_count)
        return NULL;
    *number = l->held[i].number;
    *label = l->held[i].label;
    return l->held[i].pair;
}

const struct budget_use *
ledger_use(const struct ledger *l, size_t *count)
{
    *count = l->use_count;
    return l->use;
}
