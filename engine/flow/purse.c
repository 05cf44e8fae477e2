#include "flow/purse.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"

#define HOUR_MS     3600000.0
#define MINUTE_MS   60000LL
#define DAY_MINUTES (PURSE_WITHIN_MAX_MS / MINUTE_MS)
/* After so long without, it is over. */
#define GAP_MINUTES 60

/* A bucket that is filled by the millisecond is never quite full. */
#define NEARLY 1e-6

struct bucket {
    double level;
    int64_t at;
};

/* How often in each minute of the last day. */
struct series {
    int64_t newest; /* minutes since 1970 */
    int32_t n[DAY_MINUTES];
};

struct purse {
    struct map *buckets;
    struct map *counts[PURSE_COUNTS];
};

static const char *const names[PURSE_COUNTS] = {
    [PURSE_BEGUN] = "begun",     [PURSE_HANDED] = "group",
    [PURSE_BY_RULE] = "rule",    [PURSE_ALERTED] = "alert",
    [PURSE_REFUSED] = "refused",
};

const char *
purse_count_name(enum purse_count what)
{
    return names[what];
}

enum purse_count
purse_count_from_name(const char *name)
{
    enum purse_count what = PURSE_BEGUN;

    while (what < PURSE_COUNTS && strcmp(names[what], name) != 0)
        what++;
    return what;
}

struct purse *
purse_new(void)
{
    struct purse *p = mem_zero(sizeof *p);

    p->buckets = map_new();
    for (size_t i = 0; i < PURSE_COUNTS; i++)
        p->counts[i] = map_new();
    return p;
}

static void
free_all(struct map *m)
{
    size_t at = 0;
    const char *name;
    void *one;

    while ((one = map_next(m, &at, &name)) != NULL)
        free(one);
    map_free(m);
}

void
purse_free(struct purse *p)
{
    if (p == NULL)
        return;
    free_all(p->buckets);
    for (size_t i = 0; i < PURSE_COUNTS; i++)
        free_all(p->counts[i]);
    free(p);
}

/* --- counting --- */

static int32_t *
minute_of(struct series *s, int64_t minute)
{
    return &s->n[minute % DAY_MINUTES];
}

static void
move_on(struct series *s, int64_t minute)
{
    int64_t first = (s->newest + 1) % DAY_MINUTES, count = minute - s->newest;
    int64_t to_end = DAY_MINUTES - first;

    if (count > DAY_MINUTES)
        count = DAY_MINUTES;
    if (to_end > count)
        to_end = count;
    memset(&s->n[first], 0, (size_t)to_end * sizeof s->n[0]);
    memset(s->n, 0, (size_t)(count - to_end) * sizeof s->n[0]);
    s->newest = minute;
}

void
purse_add(struct purse *p, enum purse_count what, const char *name,
          int64_t at_ms, int64_t n)
{
    const char *key = name != NULL ? name : "";
    struct series *s = map_get(p->counts[what], key);
    int64_t minute = at_ms / MINUTE_MS;

    if (at_ms <= 0)
        return;
    if (s == NULL) {
        s = mem_zero(sizeof *s);
        s->newest = minute;
        map_put(p->counts[what], key, s);
    }
    if (minute > s->newest)
        move_on(s, minute);
    if (minute > s->newest - DAY_MINUTES)
        *minute_of(s, minute) += (int32_t)n;
}

static int64_t
sum(struct series *s, int64_t now_ms, int64_t within_ms)
{
    int64_t last = now_ms / MINUTE_MS, first = last - within_ms / MINUTE_MS + 1;
    int64_t all = 0;

    if (first <= s->newest - DAY_MINUTES)
        first = s->newest - DAY_MINUTES + 1;
    if (last > s->newest)
        last = s->newest;
    for (int64_t m = first; m <= last; m++)
        all += *minute_of(s, m);
    return all;
}

int64_t
purse_sum(const struct purse *p, enum purse_count what, const char *name,
          int64_t now_ms, int64_t within_ms)
{
    struct series *s = map_get(p->counts[what], name);

    return s != NULL ? sum(s, now_ms, within_ms) : 0;
}

int64_t
purse_since(const struct purse *p, enum purse_count what, const char *name,
            int64_t now_ms, int64_t *n)
{
    struct series *s = map_get(p->counts[what], name);
    int64_t now = now_ms / MINUTE_MS, since = now + 1;

    *n = 0;
    if (s == NULL)
        return 0;
    for (int64_t m = s->newest < now ? s->newest : now;
         m > s->newest - DAY_MINUTES && since - m < GAP_MINUTES; m--) {
        if (*minute_of(s, m) == 0)
            continue;
        *n += *minute_of(s, m);
        since = m;
    }
    return *n > 0 ? since * MINUTE_MS : 0;
}

static int64_t
handed_to(const struct purse *p, const json_t *groups, int64_t now_ms,
          int64_t within_ms)
{
    int64_t all = 0;
    struct series *s;
    const char *name;
    const json_t *one;
    size_t i, at = 0;

    json_array_foreach(groups, i, one)
    {
        all += purse_sum(p, PURSE_HANDED, json_string_value(one), now_ms,
                         within_ms);
    }
    while (groups == NULL &&
           (s = map_next(p->counts[PURSE_HANDED], &at, &name)) != NULL)
        all += sum(s, now_ms, within_ms);
    return all;
}

const char *
purse_top_rule(const struct purse *p, int64_t now_ms, int64_t within_ms,
               int64_t *n)
{
    const char *name, *best = NULL;
    struct series *s;
    size_t at = 0;

    *n = 0;
    while ((s = map_next(p->counts[PURSE_BY_RULE], &at, &name)) != NULL) {
        int64_t all = sum(s, now_ms, within_ms);

        if (all < *n || all == 0 || (all == *n && strcmp(name, best) > 0))
            continue;
        *n = all;
        best = name;
    }
    return best;
}

/* --- buckets --- */

void
purse_put_bucket(struct purse *p, const char *name, double level, int64_t at_ms)
{
    struct bucket *b = map_get(p->buckets, name);

    if (b == NULL) {
        b = mem_zero(sizeof *b);
        map_put(p->buckets, name, b);
    }
    b->level = level;
    b->at = at_ms;
}

static void
refill(struct bucket *b, double per_hour, double burst, int64_t now_ms)
{
    /* A clock that was set back fills nothing. */
    if (now_ms > b->at)
        b->level += (double)(now_ms - b->at) * per_hour / HOUR_MS;
    if (b->level > burst)
        b->level = burst;
    b->at = now_ms;
}

static void
take_token(struct purse *p, const json_t *asked, int64_t now_ms,
           struct purse_answer *a)
{
    const char *name = json_string_value(json_object_get(asked, "name"));
    double burst = json_number_value(json_object_get(asked, "burst"));
    double per_hour = json_number_value(json_object_get(asked, "per_hour"));
    struct bucket *b;

    if (name == NULL)
        return;
    if (map_get(p->buckets, name) == NULL)
        purse_put_bucket(p, name, burst, now_ms); /* it begins full */
    b = map_get(p->buckets, name);
    refill(b, per_hour, burst, now_ms);
    if (b->level >= 1.0 - NEARLY) {
        b->level -= b->level < 1.0 ? b->level : 1.0;
        a->token = name;
    } else {
        a->refused = name;
    }
    a->level = b->level;
}

void
purse_give(struct purse *p, const char *bucket)
{
    struct bucket *b = map_get(p->buckets, bucket);

    if (b != NULL)
        b->level += 1.0;
}

/* --- shares --- */

static void
ask_share(const struct purse *p, const json_t *share, int64_t now_ms,
          struct purse_answer *a)
{
    int64_t within =
        1000 * json_integer_value(json_object_get(share, "within_s"));
    int64_t least = json_integer_value(json_object_get(share, "sessions"));
    double most = json_number_value(json_object_get(share, "percent"));
    int64_t begun = purse_sum(p, PURSE_BEGUN, "", now_ms, within), handed;

    if (begun <= 0)
        return;
    handed = handed_to(p, json_object_get(share, "groups"), now_ms, within);
    a->share = 100.0 * (double)handed / (double)begun;
    if (begun < least || (double)handed * 100.0 <= most * (double)begun)
        return;
    a->refused = json_string_value(json_object_get(share, "name"));
    a->level = a->share;
    a->begun = begun;
    a->handed = handed;
    a->within_ms = within;
}

struct purse_answer
purse_take(struct purse *p, const json_t *asked, int64_t now_ms)
{
    struct purse_answer a = {0};
    const json_t *share = json_object_get(asked, "share");

    if (share != NULL)
        ask_share(p, share, now_ms, &a);
    if (a.refused == NULL)
        take_token(p, asked, now_ms, &a);
    return a;
}

struct purse_answer
purse_take_token(struct purse *p, const json_t *asked, int64_t now_ms)
{
    struct purse_answer a = {0};

    take_token(p, asked, now_ms, &a);
    return a;
}

/* --- in words --- */

int64_t
purse_window(const struct purse_answer *a)
{
    return a->within_ms > 0 ? a->within_ms : 60 * MINUTE_MS;
}

void
purse_tell(const struct purse *p, const struct purse_answer *a, int64_t now_ms,
           struct buf *out)
{
    int64_t within = purse_window(a), n;
    const char *top = purse_top_rule(p, now_ms, within, &n);

    buf_addf(out, "The budget \"%s\" holds hand-overs back: ", a->refused);
    if (a->within_ms > 0)
        buf_addf(out,
                 "%lld of the %lld conversations of the last %lld minutes "
                 "were handed over (%.1f %%).",
                 (long long)a->handed, (long long)a->begun,
                 (long long)(within / MINUTE_MS), a->level);
    else
        buf_adds(out, "its tokens are used up.");
    if (top != NULL)
        buf_addf(out, " Most by rule \"%s\": %lld in %lld minutes.", top,
                 (long long)n, (long long)(within / MINUTE_MS));
}
