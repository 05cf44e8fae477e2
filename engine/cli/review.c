#include "cli/review.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "flow/backtest_shares.h"
#include "flow/backtest_tally.h"
#include "model/zone.h"

#define DAY_MS    86400000LL
#define MINUTE_MS 60000LL

static const char *const dimensions[DIMENSIONS] = {
    [BY_RULE] = "rule",         [BY_REASON] = "reason", [BY_GROUP] = "group",
    [BY_PRIORITY] = "priority", [BY_TAG] = "tag",
};

const char *
dimension_name(enum dimension d)
{
    return dimensions[d];
}

struct review *
review_new(const char *since, int64_t soon_ms, size_t top,
           const struct zone *zone)
{
    struct review *r = mem_zero(sizeof *r);

    r->arena = arena_new(0);
    r->since = since;
    r->soon_ms = soon_ms;
    r->top = top;
    r->zone = zone;
    r->words = map_new();
    r->by_value = map_new();
    r->acted = map_new();
    return r;
}

void
review_free(struct review *r)
{
    if (r == NULL)
        return;
    free(r->followed.waits);
    free(r->slices);
    free(r->handed);
    free(r->silent);
    map_free(r->words);
    map_free(r->by_value);
    map_free(r->acted);
    arena_free(r->arena);
    free(r);
}

/* Every text once. */
static const char *
word(struct review *r, const char *s)
{
    char *own;

    if (s == NULL)
        return NULL;
    own = map_get(r->words, s);
    if (own == NULL) {
        own = arena_str(r->arena, s);
        map_put(r->words, s, own);
    }
    return own;
}

static struct slice *
slice_of(struct review *r, enum dimension d, const char *value)
{
    struct buf key = {0};
    struct slice *s;

    buf_addf(&key, "%d %s", (int)d, value);
    s = map_get(r->by_value, buf_str(&key));
    if (s == NULL) {
        s = arena_alloc(r->arena, sizeof *s);
        s->dimension = d;
        s->value = word(r, value);
        map_put(r->by_value, buf_str(&key), s);
        MEM_ROOM(r->slices, r->slice_count);
        r->slices[r->slice_count++] = s;
    }
    buf_free(&key);
    return s;
}

/* --- decisions --- */

static bool
same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

void
review_add_decision(struct review *r, const json_t *decision)
{
    const char *conversation = json_str_or(decision, "conversation", "");
    const char *rule = json_string_value(json_object_get(decision, "rule"));
    const char *action = json_str_or(decision, "action", "keep");
    bool held_back = json_object_get(decision, "held_back_by") != NULL;
    struct slice *s;

    if (!same(r->conversation, conversation)) {
        r->conversation = arena_str(r->arena, conversation);
        r->conversations++;
    }
    r->held_back += held_back;
    if (rule == NULL)
        return;
    map_put(r->acted, rule, r);
    /* What it does not do, and what follows a hand-over, is no match. */
    if (strcmp(action, "keep") == 0 || strcmp(action, "append") == 0)
        return;
    s = slice_of(r, BY_RULE, rule);
    s->held_back += held_back;
    if (s->last == r->conversation)
        return;
    s->last = r->conversation;
    s->decided++;
}

/* --- hand-overs --- */

static void
count(struct counts *c, unsigned marks, bool urgent)
{
    c->handed_over++;
    c->urgent += urgent;
    c->needless += (marks & MARK_NEEDLESS) != 0;
    c->needed += (marks & MARK_NEEDED) != 0;
    c->closed += (marks & MARK_CLOSED) != 0;
    c->thanked += (marks & MARK_THANKED) != 0;
}

static int64_t
time_of(const json_t *handoff, const char *member)
{
    const char *text = json_string_value(json_object_get(handoff, member));
    int64_t ms;

    return text != NULL && clock_parse(text, strlen(text), &ms) ? ms : 0;
}

static void
mark_label(struct handed *h, const json_t *handoff)
{
    const char *label = json_str_or(handoff, "label", "");

    if (strcmp(label, "needless") == 0)
        h->marks |= MARK_NEEDLESS;
    else if (strcmp(label, "needed") == 0)
        h->marks |= MARK_NEEDED;
}

static void
mark_closed(const struct review *r, struct handed *h, const json_t *handoff)
{
    int64_t closed = time_of(handoff, "closed_at"), at = time_of(handoff, "at");

    h->closed_after_ms = closed - at;
    if (closed > 0 && closed >= at && h->closed_after_ms <= r->soon_ms &&
        !json_is_true(json_object_get(handoff, "human_replied")))
        h->marks |= MARK_CLOSED;
}

/* Against what people say of the same hand-over. */
static void
judge_signs(struct review *r, const struct handed *h)
{
    bool sign = (h->marks & MARK_SIGNS) != 0;

    if ((h->marks & MARK_NEEDLESS) != 0)
        *(sign ? &r->sign_right : &r->sign_missed) += 1;
    else if ((h->marks & MARK_NEEDED) != 0 && sign)
        r->sign_wrong++;
}

static void
note_day(struct review *r, int64_t at_ms)
{
    int64_t shown =
        r->zone != NULL ? zone_local(r->zone, at_ms / 1000) * 1000 : at_ms;
    int64_t day = shown / DAY_MS;

    if (r->handed_count == 0 || day < r->first_day)
        r->first_day = day;
    if (r->handed_count == 0 || day > r->last_day)
        r->last_day = day;
}

/* What every hand-over has, or what another dimension tells. */
static bool
is_own_tag(const char *tag)
{
    static const char *const of_engine[] = {"reason:", "rule:", "event:"};

    for (size_t i = 0; i < sizeof of_engine / sizeof *of_engine; i++)
        if (strncmp(tag, of_engine[i], strlen(of_engine[i])) == 0)
            return false;
    return true;
}

static void
count_slices(struct review *r, const json_t *handoff, const struct handed *h,
             bool urgent)
{
    const json_t *tag;
    size_t i;

    for (int d = BY_RULE; d < BY_TAG; d++)
        count(&slice_of(r, (enum dimension)d,
                        json_str_or(handoff, dimensions[d], "-"))
                   ->counts,
              h->marks, urgent);
    json_array_foreach(json_object_get(handoff, "tags"), i, tag)
    {
        const char *name = json_string_value(tag);

        if (name != NULL && is_own_tag(name))
            count(&slice_of(r, BY_TAG, name)->counts, h->marks, urgent);
    }
}

static void
follow(struct review *r, const json_t *handoff)
{
    struct followed *f = &r->followed;
    int64_t at = time_of(handoff, "at");
    int64_t human = time_of(handoff, "first_human_at");

    f->done += json_object_get(handoff, "closed_at") != NULL;
    f->reopened += json_object_get(handoff, "reopens") != NULL;
    f->unassigned += json_object_get(handoff, "unassigned_at") != NULL;
    if (human < at || human == 0)
        return;
    MEM_ROOM(f->waits, f->wait_count);
    f->waits[f->wait_count++] = human - at;
}

void
review_add_handoff(struct review *r, const json_t *handoff, bool thanked)
{
    struct handed *h = arena_alloc(r->arena, sizeof *h);
    bool urgent = strcmp(json_str_or(handoff, "priority", ""), "urgent") == 0;

    h->id = arena_str(r->arena, json_str_or(handoff, "id", ""));
    h->conversation =
        arena_str(r->arena, json_str_or(handoff, "conversation", ""));
    h->rule = word(r, json_str_or(handoff, "rule", "-"));
    h->at = arena_str(r->arena, json_str_or(handoff, "at", ""));
    h->marks = thanked ? MARK_THANKED : 0;
    mark_label(h, handoff);
    mark_closed(r, h, handoff);
    judge_signs(r, h);
    follow(r, handoff);
    note_day(r, time_of(handoff, "at"));
    count(&r->all, h->marks, urgent);
    count_slices(r, handoff, h, urgent);
    MEM_ROOM(r->handed, r->handed_count);
    r->handed[r->handed_count++] = h;
}

/* --- rules --- */

void
review_add_rules(struct review *r, const json_t *description)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(description, "rules"), i, rule)
    {
        const char *name = json_str_or(rule, "name", "");

        r->rules++;
        if (map_get(r->acted, name) != NULL)
            continue;
        MEM_ROOM(r->silent, r->silent_count);
        r->silent[r->silent_count++] = (struct silent_rule){
            word(r, name),
            word(r, json_string_value(json_object_get(rule, "owner")))};
    }
}

/* --- the end --- */

/* Within a dimension: most hand-overs, then by name. */
static int
by_count(const void *a, const void *b)
{
    const struct slice *x = *(const struct slice *const *)a;
    const struct slice *y = *(const struct slice *const *)b;

    if (x->dimension != y->dimension)
        return x->dimension < y->dimension ? -1 : 1;
    if (x->counts.handed_over != y->counts.handed_over)
        return x->counts.handed_over > y->counts.handed_over ? -1 : 1;
    return strcmp(x->value, y->value);
}

static int
suspicion(const struct handed *h)
{
    int n = (h->marks & MARK_NEEDLESS) != 0 ? 4 : 0;

    if ((h->marks & MARK_NEEDED) != 0)
        return 0; /* a human's word counts more than a sign */
    n += (h->marks & MARK_CLOSED) != 0 ? 2 : 0;
    return n + ((h->marks & MARK_THANKED) != 0 ? 1 : 0);
}

static int
by_suspicion(const void *a, const void *b)
{
    const struct handed *x = *(const struct handed *const *)a;
    const struct handed *y = *(const struct handed *const *)b;
    int order = suspicion(y) - suspicion(x);

    if (order == 0)
        order = strcmp(x->rule, y->rule);
    if (order == 0)
        order = strcmp(x->at, y->at);
    return order != 0 ? order : strcmp(x->id, y->id);
}

static int
by_wait(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

int64_t
review_wait(const struct review *r, unsigned percent)
{
    size_t n = r->followed.wait_count;

    return n > 0 ? r->followed.waits[(n - 1) * percent / 100] : 0;
}

void
review_end(struct review *r)
{
    struct followed *f = &r->followed;

    if (f->wait_count > 1)
        qsort(f->waits, f->wait_count, sizeof *f->waits, by_wait);
    if (r->slice_count > 1)
        qsort(r->slices, r->slice_count, sizeof *r->slices, by_count);
    if (r->handed_count > 1)
        qsort(r->handed, r->handed_count, sizeof *r->handed, by_suspicion);
    while (r->suspect_count < r->handed_count &&
           suspicion(r->handed[r->suspect_count]) > 0)
        r->suspect_count++;
}

/* --- what the forms share --- */

#define NAMED(member, narrow, name)                                            \
    {                                                                          \
#member, narrow, name, offsetof(struct counts, member)                 \
    }
const struct count_name review_counts[REVIEW_COUNTS] = {
    NAMED(handed_over, "handed", "Handed over"),
    NAMED(urgent, "urgent", "Urgent"),
    NAMED(needless, "needless", "Needless"),
    NAMED(needed, "needed", "Needed"),
    {"closed_at_once", "closed", "Closed at once",
     offsetof(struct counts, closed)},
    NAMED(thanked, "thanked", "Thanked"),
};

size_t
review_count(const struct counts *c, size_t i)
{
    const char *at = (const char *)c + review_counts[i].offset;

    return *(const size_t *)(const void *)at;
}

void
review_figures(const struct review *r, struct figure out[REVIEW_FIGURES])
{
    const struct counts *c = &r->all;
    const struct followed *f = &r->followed;
    const struct figure all[REVIEW_FIGURES] = {
        {"conversations", r->conversations, 0, NULL},
        {"handed over", c->handed_over, r->conversations, "conversations"},
        {"urgent", c->urgent, c->handed_over, "hand-overs"},
        {"held back by budgets", r->held_back, 0, NULL},
        {"labelled needless", c->needless, c->needless + c->needed, "labelled"},
        {"closed at once", c->closed, c->handed_over, "hand-overs"},
        {"thanked", c->thanked, c->handed_over, "hand-overs"},
        {"done", f->done, c->handed_over, "hand-overs"},
        {"opened again", f->reopened, c->handed_over, "hand-overs"},
        {"nobody took in time", f->unassigned, c->handed_over, "hand-overs"},
    };

    memcpy(out, all, sizeof all);
}

double
figure_percent(const struct figure *f)
{
    return f->of != NULL ? tally_percent(f->n, f->whole) : -1;
}

const char *
review_remark(const struct review *r)
{
    return shares_urgent_too_often(r->all.urgent, r->all.handed_over)
               ? "more than one in twenty is urgent: what is urgent then?"
               : NULL;
}

void
review_why(const struct handed *h, struct buf *out)
{
    size_t before = out->len;

    if ((h->marks & MARK_NEEDLESS) != 0)
        buf_adds(out, "labelled needless");
    if ((h->marks & MARK_NEEDED) != 0)
        buf_adds(out, "labelled needed");
    if ((h->marks & MARK_CLOSED) != 0)
        buf_addf(out, "%sclosed after %lld minutes",
                 out->len > before ? ", " : "",
                 (long long)(h->closed_after_ms / MINUTE_MS));
    if ((h->marks & MARK_THANKED) != 0)
        buf_addf(out, "%sthanked before a human spoke",
                 out->len > before ? ", " : "");
}

void
review_signs(const struct review *r, struct buf *out)
{
    buf_addf(out,
             "Closed: the ticket or the conversation was closed within %lld "
             "minutes of the hand-over, and no human had written in the chat. "
             "Thanked: the customer thanked, or said that it is settled, "
             "before a human wrote.",
             (long long)(r->soon_ms / MINUTE_MS));
}
