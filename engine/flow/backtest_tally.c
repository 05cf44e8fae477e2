#include "flow/backtest_tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "model/conversation.h"
#include "model/zone.h"

#define DAY_MS  86400000LL
#define HOUR_MS 3600000LL

/* A place among the weightiest. */
struct rank {
    int weight;
    size_t number;
};

struct tally_inside {
    struct map *words; /* every text once */
    struct map *flows, *groups, *days, *group_days, *failures, *rules;
    struct rank *best;
    size_t best_count;
    struct buf key;
};

struct group_day {
    size_t tickets[SIDES];
};

static const char *const aspects[ASPECTS] = {
    [ASPECT_ACTION] = "action", [ASPECT_RULE] = "rule",
    [ASPECT_GROUP] = "group",   [ASPECT_PRIORITY] = "priority",
    [ASPECT_TIMING] = "timing",
};

/* What it weighs that a conversation went that way, before what else of it
 * changed: a customer who is left alone most. */
static const struct {
    const char *name, *title;
    int weight;
} kinds[CHANGE_KINDS] = {
    [CHANGE_NEW] = {"newly_handed_over", "newly handed over", 400},
    [CHANGE_LOST] = {"no_longer_handed_over", "no longer handed over", 500},
    [CHANGE_MOVED] = {"moved", "moved", 300},
    [CHANGE_OTHER] = {"other_action", "other action", 200},
    [CHANGE_DETAILS] = {"details", "other details", 100},
};

const char *
aspect_name(enum aspect a)
{
    return aspects[a];
}

const char *
change_kind_name(enum change_kind k)
{
    return kinds[k].name;
}

const char *
change_kind_title(enum change_kind k)
{
    return kinds[k].title;
}

double
tally_percent(size_t part, size_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static const char *
word(struct tally *t, const char *s)
{
    char *own;

    if (s == NULL)
        return "-";
    own = map_get(t->inside->words, s);
    if (own == NULL) {
        own = arena_str(t->arena, s);
        map_put(t->inside->words, s, own);
    }
    return own;
}

struct tally *
tally_new(bool same, size_t top, const char *label, const struct zone *zone)
{
    struct tally *t = mem_zero(sizeof *t);
    struct tally_inside *in = mem_zero(sizeof *in);

    t->arena = arena_new(0);
    t->same = same;
    t->top = top;
    t->label = label;
    t->shares = shares_new();
    t->zone = zone;
    t->inside = in;
    in->words = map_new();
    in->flows = map_new();
    in->groups = map_new();
    in->days = map_new();
    in->group_days = map_new();
    in->failures = map_new();
    in->rules = map_new();
    in->best = mem_zero((top + 1) * sizeof *in->best);
    return t;
}

const char *
tally_zone(const struct tally *t)
{
    return t->zone != NULL ? zone_name(t->zone) : "UTC";
}

/* --- one verdict, one change --- */

static const char *
timing_of(const struct decision *d)
{
    if (d->timing != NULL)
        return d->timing;
    return d->action == ACTION_ESCALATE ? "immediate" : NULL;
}

static void
row_of(struct tally *t, const struct verdict *v, struct outcome_row *row)
{
    const struct decision *d = &v->decision;

    row->value[ASPECT_ACTION] = action_name(d->action);
    row->value[ASPECT_RULE] = word(t, d->rule);
    row->value[ASPECT_GROUP] = word(t, d->group);
    row->value[ASPECT_PRIORITY] = word(t, priority_name(d->priority));
    row->value[ASPECT_TIMING] = word(t, timing_of(d));
    row->budget = v->moment.budget != NULL ? word(t, v->moment.budget) : NULL;
    row->reason = d->reason != NULL ? word(t, d->reason) : NULL;
    row->at = v->at;
    row->ended = v->ended;
    row->waited = v->waited;
    row->handed_over = d->action == ACTION_ESCALATE;
    row->failed = v->failure != NULL;
}

static bool
differs(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static int
priority_rank(const struct decision *d)
{
    return (int)d->priority;
}

/* What of the two verdicts differs, as a weight within its kind; 0: nothing
 * that is counted by its values. */
static int
difference(const struct verdict *a, const struct verdict *b)
{
    const struct decision *x = &a->decision, *y = &b->decision;
    int apart = priority_rank(x) - priority_rank(y), weight = 0;

    weight += x->action != y->action ? 20 : 0;
    weight += differs(x->group, y->group) ? 16 : 0;
    weight += differs(x->rule, y->rule) ? 8 : 0;
    weight += 4 * (apart < 0 ? -apart : apart);
    weight +=
        differs(timing_of(x), timing_of(y)) || x->wait_s != y->wait_s ? 2 : 0;
    weight += a->position != b->position ? 1 : 0;
    return weight;
}

static bool
says_nothing(const struct decision *d)
{
    return d->action == ACTION_KEEP && d->rule == NULL && d->rule_state == NULL;
}

/* What is done, in full. The evidence only tells why, and the budget what it
 * was taken from: with another threshold in the rule they read differently, and
 * nothing happens otherwise. */
static void
put_done(const struct decision *d, struct buf *out)
{
    struct decision done = *d;

    done.evidence_count = 0;
    done.budget = NULL;
    decision_json(&done, false, out);
}

static bool
same_words(const struct decision *a, const struct decision *b)
{
    struct buf x = {0}, y = {0};
    bool same;

    if (says_nothing(a) && says_nothing(b))
        return true;
    put_done(a, &x);
    put_done(b, &y);
    same = x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* 0 when nothing changed. */
static int
weigh(const struct pair *p, enum change_kind *kind)
{
    const struct verdict *old = pair_verdict(p, SIDE_OLD);
    const struct verdict *new = pair_verdict(p, SIDE_NEW);
    bool was = old->decision.action == ACTION_ESCALATE;
    bool is = new->decision.action == ACTION_ESCALATE;
    int weight;

    if (old == new)
        return 0;
    weight = difference(old, new);
    if (weight == 0 && same_words(&old->decision, &new->decision))
        return 0;
    if (was != is)
        *kind = is ? CHANGE_NEW : CHANGE_LOST;
    else if (weight == 0)
        *kind = CHANGE_DETAILS;
    else
        *kind = is ? CHANGE_MOVED : CHANGE_OTHER;
    return kinds[*kind].weight + weight;
}

/* The members in which the two differ: "subject, tags". */
static const char *
details(struct tally *t, const struct pair *p)
{
    struct buf text[SIDES] = {{0}}, names = {0};
    json_t *json[SIDES], *value;
    const char *key, *all;

    for (size_t i = 0; i < SIDES; i++) {
        put_done(&pair_verdict(p, (enum side)i)->decision, &text[i]);
        json[i] = json_read(text[i].data, text[i].len, NULL);
        buf_free(&text[i]);
    }
    json_object_foreach(json[SIDE_OLD], key, value)
    {
        if (json_equal(value, json_object_get(json[SIDE_NEW], key)) == 0)
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", key);
    }
    json_object_foreach(json[SIDE_NEW], key, value)
    {
        if (json_object_get(json[SIDE_OLD], key) == NULL)
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", key);
    }
    all = word(t, buf_str(&names));
    json_decref(json[SIDE_OLD]);
    json_decref(json[SIDE_NEW]);
    buf_free(&names);
    return all;
}

/* --- the weightiest --- */

static bool
goes_before(struct rank a, struct rank b)
{
    return a.weight != b.weight ? a.weight > b.weight : a.number < b.number;
}

/* Whoever is among the weightiest of all is among those of any part, so that
 * what is explained in the end does not depend on who was done first. */
bool
tally_wants_why(struct tally *t, const struct pair *p, size_t number)
{
    struct tally_inside *in = t->inside;
    enum change_kind kind;
    struct rank one = {weigh(p, &kind), number};
    size_t at = in->best_count;

    if (one.weight == 0)
        return false;
    while (at > 0 && goes_before(one, in->best[at - 1]))
        at--;
    if (at >= t->top)
        return false;
    if (in->best_count == t->top)
        in->best_count--;
    memmove(&in->best[at + 1], &in->best[at],
            (in->best_count - at) * sizeof *in->best);
    in->best[at] = one;
    in->best_count++;
    return true;
}

static bool
is_among_best(const struct tally *t, struct rank one)
{
    const struct tally_inside *in = t->inside;

    return in->best_count > 0 &&
           !goes_before(in->best[in->best_count - 1], one);
}

static void
add_change(struct tally *t, const struct pair *p, size_t number, json_t *why)
{
    enum change_kind kind = CHANGE_DETAILS;
    struct change *c;
    int weight = weigh(p, &kind);

    if (weight == 0) {
        json_decref(why);
        return;
    }
    c = arena_alloc(t->arena, sizeof *c);
    c->id = arena_str(t->arena, p->id);
    c->number = number;
    c->kind = kind;
    c->weight = weight;
    c->details = kind == CHANGE_DETAILS ? details(t, p) : NULL;
    for (size_t i = 0; i < SIDES; i++)
        row_of(t, pair_verdict(p, (enum side)i), &c->row[i]);
    if (is_among_best(t, (struct rank){weight, number}))
        c->why = why;
    else
        json_decref(why);
    t->kinds[kind]++;
    MEM_ROOM(t->changes, t->changed);
    t->changes[t->changed++] = c;
}

/* --- counting --- */

/* What a map has for the key in hand, or NULL; keys are joined by a byte that
 * no name holds. */
static void
key_begin(struct tally *t)
{
    buf_clear(&t->inside->key);
}

static void
key_add(struct tally *t, const char *s)
{
    buf_adds(&t->inside->key, s);
    buf_addc(&t->inside->key, '\x1f');
}

static const char *
key_of(const struct tally *t)
{
    return buf_str(&t->inside->key);
}

static void
count_flow(struct tally *t, enum aspect a, const char *old, const char *new)
{
    struct flow *f;

    key_begin(t);
    buf_addc(&t->inside->key, (char)('a' + a));
    key_add(t, old);
    key_add(t, new);
    f = map_get(t->inside->flows, key_of(t));
    if (f == NULL) {
        f = arena_alloc(t->arena, sizeof *f);
        f->aspect = a;
        f->value[SIDE_OLD] = old;
        f->value[SIDE_NEW] = new;
        map_put(t->inside->flows, key_of(t), f);
        MEM_ROOM(t->flows, t->flow_count);
        t->flows[t->flow_count++] = f;
    }
    f->count++;
}

static struct group_load *
group_of(struct tally *t, const char *name)
{
    struct group_load *g = map_get(t->inside->groups, name);

    if (g != NULL)
        return g;
    g = arena_alloc(t->arena, sizeof *g);
    g->name = name;
    map_put(t->inside->groups, name, g);
    MEM_ROOM(t->groups, t->group_count);
    t->groups[t->group_count++] = g;
    return g;
}

static struct day_load *
day_of(struct tally *t, int64_t day)
{
    char key[24];
    struct day_load *d;

    snprintf(key, sizeof key, "%lld", (long long)day);
    d = map_get(t->inside->days, key);
    if (d != NULL)
        return d;
    d = arena_alloc(t->arena, sizeof *d);
    d->day = day;
    map_put(t->inside->days, key, d);
    MEM_ROOM(t->days, t->day_count);
    t->days[t->day_count++] = d;
    return d;
}

/* The group's tickets of one day, for its peak. */
static size_t
count_group_day(struct tally *t, const char *group, int64_t day, enum side side)
{
    char number[24];
    struct group_day *d;

    snprintf(number, sizeof number, "%lld", (long long)day);
    key_begin(t);
    key_add(t, group);
    key_add(t, number);
    d = map_get(t->inside->group_days, key_of(t));
    if (d == NULL) {
        d = arena_alloc(t->arena, sizeof *d);
        map_put(t->inside->group_days, key_of(t), d);
    }
    return ++d->tickets[side];
}

/* What the clock of the tally's zone shows then. */
static int64_t
local_ms(const struct tally *t, int64_t at_ms)
{
    return t->zone != NULL ? zone_local(t->zone, at_ms / 1000) * 1000 : at_ms;
}

static void
count_ticket(struct tally *t, const struct verdict *v, const char *group,
             enum side side)
{
    struct group_load *g = group_of(t, group);
    int64_t shown_ms = local_ms(t, v->at_ms);
    size_t that_day;

    t->handed_over[side]++;
    shares_add(t->shares, &v->decision, side);
    g->tickets[side]++;
    if (v->at_ms <= 0)
        return;
    g->hour[shown_ms % DAY_MS / HOUR_MS][side]++;
    day_of(t, shown_ms / DAY_MS)->tickets[side]++;
    that_day = count_group_day(t, group, shown_ms / DAY_MS, side);
    if (that_day > g->peak[side])
        g->peak[side] = that_day;
}

static void
count_day(struct tally *t, int64_t at_ms)
{
    int64_t day = local_ms(t, at_ms) / DAY_MS;

    if (at_ms <= 0)
        return;
    if (!t->timed || day < t->first_day)
        t->first_day = day;
    if (!t->timed || day > t->last_day)
        t->last_day = day;
    t->timed = true;
}

static struct rule_score *
rule_of(struct tally *t, const char *rule)
{
    struct rule_score *r = map_get(t->inside->rules, rule);

    if (r != NULL)
        return r;
    r = arena_alloc(t->arena, sizeof *r);
    r->rule = rule;
    map_put(t->inside->rules, rule, r);
    MEM_ROOM(t->rules, t->rule_count);
    t->rules[t->rule_count++] = r;
    return r;
}

static void
count_label(struct tally *t, const struct outcome_row *row, enum side side,
            bool needed)
{
    struct score *s = &t->score[side];

    if (!row->handed_over) {
        *(needed ? &s->missed : &s->left) += 1;
        return;
    }
    *(needed ? &s->right : &s->wrong) += 1;
    if (needed)
        rule_of(t, row->value[ASPECT_RULE])->right[side]++;
    else
        rule_of(t, row->value[ASPECT_RULE])->wrong[side]++;
}

static void
count_failure(struct tally *t, const struct pair *p, enum side side)
{
    const char *text = pair_verdict(p, side)->failure;
    struct failure *f;

    if (text == NULL)
        return;
    key_begin(t);
    key_add(t, side == SIDE_OLD ? "old" : "new");
    key_add(t, text);
    f = map_get(t->inside->failures, key_of(t));
    if (f == NULL) {
        f = arena_alloc(t->arena, sizeof *f);
        f->side = side;
        f->text = arena_str(t->arena, text);
        f->first = arena_str(t->arena, p->id);
        map_put(t->inside->failures, key_of(t), f);
        MEM_ROOM(t->failures, t->failure_count);
        t->failures[t->failure_count++] = f;
    }
    f->count++;
}

static void
count_side(struct tally *t, const struct pair *p, enum side side, int label,
           struct outcome_row *row)
{
    const struct verdict *v = pair_verdict(p, side);

    row_of(t, v, row);
    count_day(t, v->at_ms);
    if (row->handed_over)
        count_ticket(t, v, row->value[ASPECT_GROUP], side);
    if (label >= 0)
        count_label(t, row, side, label == 1);
    count_failure(t, p, side);
}

void
tally_add(struct tally *t, const struct pair *p, size_t number, int label,
          json_t *why)
{
    struct outcome_row row[SIDES];

    t->conversations++;
    t->labelled += label >= 0;
    count_day(t, p->started_at);
    t->untimed += p->started_at <= 0;
    for (size_t i = 0; i < SIDES; i++)
        count_side(t, p, (enum side)i, label, &row[i]);
    for (size_t a = 0; a < ASPECTS; a++)
        count_flow(t, (enum aspect)a, row[SIDE_OLD].value[a],
                   row[SIDE_NEW].value[a]);
    add_change(t, p, number, why);
}

void
tally_add_unreadable(struct tally *t, const char *place, const char *why)
{
    if (t->unreadable_count < UNREADABLE_NAMED) {
        MEM_ROOM(t->unreadables, t->unreadable_count);
        t->unreadables[t->unreadable_count] = (struct unreadable){
            arena_str(t->arena, place), arena_str(t->arena, why)};
    }
    t->unreadable_count++;
}

/* --- labels --- */

static int
truth(const json_t *v)
{
    if (json_is_boolean(v))
        return json_is_true(v);
    if (json_is_integer(v))
        return json_integer_value(v) != 0;
    return -1;
}

int
tally_label(struct tally *t, const json_t *recording)
{
    static const char *const usual[] = {"ai_transferred", "escalate"};
    const json_t *labels = json_object_get(recording, "labels");
    int found;

    if (t->label != NULL) {
        found = truth(json_at(labels, t->label));
        if (found >= 0)
            t->label_found[0] = t->label;
        return found;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        found = truth(json_object_get(labels, usual[i]));
        if (found < 0)
            continue;
        t->label_found[i] = usual[i];
        return found;
    }
    return -1;
}

/* --- the end --- */

static int
by_weight(const void *a, const void *b)
{
    const struct change *const *x = a, *const *y = b;

    return goes_before((struct rank){(*x)->weight, (*x)->number},
                       (struct rank){(*y)->weight, (*y)->number})
               ? -1
               : 1;
}

/* Within an aspect what changed first, then by how many, then by name. */
static int
by_count(const void *a, const void *b)
{
    const struct flow *x = *(const struct flow *const *)a;
    const struct flow *y = *(const struct flow *const *)b;
    bool moved_x = strcmp(x->value[0], x->value[1]) != 0;
    bool moved_y = strcmp(y->value[0], y->value[1]) != 0;
    int order;

    if (x->aspect != y->aspect)
        return x->aspect < y->aspect ? -1 : 1;
    if (moved_x != moved_y)
        return moved_x ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    order = strcmp(x->value[0], y->value[0]);
    return order != 0 ? order : strcmp(x->value[1], y->value[1]);
}

static int
by_group(const void *a, const void *b)
{
    const struct group_load *x = *(const struct group_load *const *)a;
    const struct group_load *y = *(const struct group_load *const *)b;

    return strcmp(x->name, y->name);
}

static int
by_day(const void *a, const void *b)
{
    const struct day_load *x = *(const struct day_load *const *)a;
    const struct day_load *y = *(const struct day_load *const *)b;

    return x->day < y->day ? -1 : x->day > y->day;
}

static int
by_failures(const void *a, const void *b)
{
    const struct failure *x = *(const struct failure *const *)a;
    const struct failure *y = *(const struct failure *const *)b;

    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

static int
by_rule(const void *a, const void *b)
{
    const struct rule_score *x = *(const struct rule_score *const *)a;
    const struct rule_score *y = *(const struct rule_score *const *)b;

    if (x->wrong[SIDE_NEW] != y->wrong[SIDE_NEW])
        return x->wrong[SIDE_NEW] > y->wrong[SIDE_NEW] ? -1 : 1;
    return strcmp(x->rule, y->rule);
}

#define SORT(list, count, order)                                               \
    do {                                                                       \
        if ((count) > 1)                                                       \
            qsort((list), (count), sizeof *(list), (order));                   \
    } while (0)

void
tally_end(struct tally *t)
{
    SORT(t->changes, t->changed, by_weight);
    SORT(t->flows, t->flow_count, by_count);
    SORT(t->groups, t->group_count, by_group);
    SORT(t->days, t->day_count, by_day);
    SORT(t->failures, t->failure_count, by_failures);
    SORT(t->rules, t->rule_count, by_rule);
    shares_end(t->shares);
}

int64_t
tally_days(const struct tally *t)
{
    return t->timed ? t->last_day - t->first_day + 1 : 0;
}

void
tally_free(struct tally *t)
{
    struct tally_inside *in;

    if (t == NULL)
        return;
    in = t->inside;
    for (size_t i = 0; i < t->changed; i++)
        json_decref(t->changes[i]->why);
    free(t->changes);
    free(t->flows);
    free(t->groups);
    free(t->days);
    free(t->failures);
    free(t->rules);
    free(t->unreadables);
    shares_free(t->shares);
    map_free(in->words);
    map_free(in->flows);
    map_free(in->groups);
    map_free(in->days);
    map_free(in->group_days);
    map_free(in->failures);
    map_free(in->rules);
    free(in->best);
    buf_free(&in->key);
    free(in);
    arena_free(t->arena);
    free(t);
}
