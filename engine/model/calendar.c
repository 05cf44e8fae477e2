#include "model/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "model/zone.h"

#define DAY_S  INT64_C(86400)
#define DAY_MS (DAY_S * 1000)

/* The years 1 to 9999. */
#define AT_MIN INT64_C(-62135596800000)
#define AT_MAX INT64_C(253402300799999)

struct hours {
    const struct calendar_interval *intervals;
    size_t count;
};

struct dated {
    int64_t day;
    size_t order; /* in which it was added */
    const char *name;
    struct hours hours;
};

struct layer {
    struct dated *days; /* ascending once sealed */
    size_t count, room;
};

struct calendar {
    struct arena *arena;
    const char *name;
    const struct zone *zone; /* NULL: always open */
    struct hours week[8];    /* by weekday, from 1 */
    struct layer layers[CALENDAR_LAYERS];
};

const struct calendar calendar_always = {.name = CALENDAR_ALWAYS_NAME};

/* --- making --- */

struct calendar *
calendar_new(struct arena *a, const char *name, const struct zone *zone)
{
    struct calendar *c = arena_alloc(a, sizeof *c);

    c->arena = a;
    c->name = arena_str(a, name);
    c->zone = zone;
    return c;
}

static int
copy_hours(struct calendar *c, const struct calendar_interval *intervals,
           size_t n, struct hours *out, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct calendar_interval *v = &intervals[i];

        if (v->from_s < 0 || v->to_s > DAY_S || v->from_s >= v->to_s)
            return err_set(e, ERR_INPUT,
                           "an interval is no part of a day, from 00:00 to "
                           "24:00");
        if (i > 0 && v->from_s <= intervals[i - 1].to_s)
            return err_set(e, ERR_INPUT,
                           "the intervals of a day are in order and apart");
    }
    out->count = n;
    out->intervals = n > 0 ? (const struct calendar_interval *)arena_dup(
                                 c->arena, intervals, n * sizeof *intervals)
                           : NULL;
    return 0;
}

int
calendar_set_weekday(struct calendar *c, int weekday,
                     const struct calendar_interval *intervals, size_t n,
                     struct err *e)
{
    if (weekday < 1 || weekday > 7)
        return err_set(e, ERR_INPUT, "a week has seven days");
    return copy_hours(c, intervals, n, &c->week[weekday], e);
}

static void
make_room(struct calendar *c, struct layer *l)
{
    size_t room = l->room * 2 + 16;
    struct dated *more;

    if (l->count < l->room)
        return;
    more = arena_array(c->arena, room, sizeof *more);
    if (l->count > 0)
        memcpy(more, l->days, l->count * sizeof *more);
    l->days = more;
    l->room = room;
}

int
calendar_add_day(struct calendar *c, enum calendar_layer layer, int64_t day,
                 const char *name, const struct calendar_interval *intervals,
                 size_t n, struct err *e)
{
    struct layer *l = &c->layers[layer];
    struct dated *d;

    if (l->count >= CALENDAR_DATES_MAX)
        return err_set(e, ERR_INPUT, "more than %d days", CALENDAR_DATES_MAX);
    make_room(c, l);
    d = &l->days[l->count];
    d->day = day;
    d->order = l->count;
    d->name = arena_str(c->arena, name);
    if (copy_hours(c, intervals, n, &d->hours, e) != 0)
        return -1;
    l->count++;
    return 0;
}

static int
by_day(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void
seal_layer(struct layer *l)
{
    size_t kept = 0;

    if (l->count > 0)
        qsort(l->days, l->count, sizeof *l->days, by_day);
    for (size_t i = 0; i < l->count; i++)
        if (kept == 0 || l->days[kept - 1].day != l->days[i].day)
            l->days[kept++] = l->days[i];
    l->count = kept;
}

static bool
has_hours(const struct calendar *c)
{
    for (int weekday = 1; weekday <= 7; weekday++)
        if (c->week[weekday].count > 0)
            return true;
    for (int k = 0; k < CALENDAR_LAYERS; k++)
        for (size_t i = 0; i < c->layers[k].count; i++)
            if (c->layers[k].days[i].hours.count > 0)
                return true;
    return false;
}

int
calendar_seal(struct calendar *c, struct err *e)
{
    for (int k = 0; k < CALENDAR_LAYERS; k++)
        seal_layer(&c->layers[k]);
    if (!has_hours(c))
        return err_set(e, ERR_INPUT, "calendar \"%s\" is never open", c->name);
    return 0;
}

const char *
calendar_name(const struct calendar *c)
{
    return c->name;
}

const struct zone *
calendar_zone(const struct calendar *c)
{
    return c->zone;
}

size_t
calendar_day_count(const struct calendar *c, enum calendar_layer layer)
{
    return c->layers[layer].count;
}

/* --- days --- */

static const struct dated *
find_day(const struct layer *l, int64_t day)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (l->days[middle].day == day)
            return &l->days[middle];
        if (l->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct dated *
find_in(const struct calendar *c, int k, int64_t day)
{
    const struct layer *l = &c->layers[k];
    struct date d;

    if (l->count == 0)
        return NULL;
    if (k != CALENDAR_YEARLY)
        return find_day(l, day);
    d = date_of_days(day);
    return find_day(l, d.month * 100 + d.day);
}

static const struct hours *
hours_of(const struct calendar *c, int64_t day)
{
    for (int k = 0; k < CALENDAR_LAYERS; k++) {
        const struct dated *d = find_in(c, k, day);

        if (d != NULL)
            return &d->hours;
    }
    return &c->week[date_weekday(day)];
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t
day_of(const struct calendar *c, int64_t at_ms)
{
    int64_t s = floor_div(at_ms, 1000);

    return floor_div(c->zone != NULL ? zone_local(c->zone, s) : s, DAY_S);
}

static int64_t
instant_of(const struct calendar *c, int64_t day, int second)
{
    return zone_instant(c->zone, day * DAY_S + second, ZONE_FIRST) * 1000;
}

/* --- openings, one after the other --- */

struct opening {
    int64_t from_ms, to_ms;
};

/* Where a walk over the openings is. */
struct walk {
    const struct calendar *c;
    int64_t day, last_day;
    const struct hours *hours; /* of the day */
    size_t next;               /* of its intervals */
    int64_t closed_days;       /* since the last opening */
};

/* From the opening on that the instant lies in, or the next. The day before is
 * looked at too: midnight may lie in a fold, and the clock show it again. */
static void
walk_begin(struct walk *w, const struct calendar *c, int64_t at_ms)
{
    w->c = c;
    w->day = day_of(c, at_ms) - 1;
    w->last_day = w->day + CALENDAR_SPAN_DAYS;
    w->hours = hours_of(c, w->day);
    w->next = 0;
    w->closed_days = 0;
}

static bool
walk_day(struct walk *w)
{
    if (w->day >= w->last_day || w->closed_days > CALENDAR_HORIZON_DAYS)
        return false;
    w->day++;
    w->closed_days++;
    w->hours = hours_of(w->c, w->day);
    w->next = 0;
    return true;
}

/* The next that is not empty: an interval that the clock skips is none. */
static bool
walk_next(struct walk *w, struct opening *out)
{
    for (;;) {
        const struct calendar_interval *v;

        if (w->next == w->hours->count) {
            if (!walk_day(w))
                return false;
            continue;
        }
        v = &w->hours->intervals[w->next++];
        out->from_ms = instant_of(w->c, w->day, v->from_s);
        out->to_ms = instant_of(w->c, w->day, v->to_s);
        if (out->from_ms < out->to_ms) {
            w->closed_days = 0;
            return true;
        }
    }
}

static bool
sane(int64_t at_ms)
{
    return at_ms >= AT_MIN && at_ms <= AT_MAX;
}

/* The first opening that ends after the instant. */
static bool
find_opening(const struct calendar *c, int64_t at_ms, struct walk *w,
             struct opening *out)
{
    if (!sane(at_ms))
        return false;
    walk_begin(w, c, at_ms);
    do {
        if (!walk_next(w, out))
            return false;
    } while (out->to_ms <= at_ms);
    return true;
}

/* --- questions --- */

bool
calendar_is_open(const struct calendar *c, int64_t at_ms)
{
    struct walk w;
    struct opening o;

    if (c->zone == NULL)
        return sane(at_ms);
    return find_opening(c, at_ms, &w, &o) && o.from_ms <= at_ms;
}

int64_t
calendar_next_open(const struct calendar *c, int64_t at_ms)
{
    struct walk w;
    struct opening o;

    if (c->zone == NULL)
        return sane(at_ms) ? at_ms : CALENDAR_NEVER;
    if (!find_opening(c, at_ms, &w, &o))
        return CALENDAR_NEVER;
    return o.from_ms > at_ms ? o.from_ms : at_ms;
}

int64_t
calendar_next_close(const struct calendar *c, int64_t at_ms)
{
    struct walk w;
    struct opening o, next;
    int64_t horizon = at_ms + CALENDAR_HORIZON_DAYS * DAY_MS;

    if (c->zone == NULL || !find_opening(c, at_ms, &w, &o))
        return CALENDAR_NEVER;
    while (walk_next(&w, &next) && next.from_ms == o.to_ms) {
        o = next;
        if (o.to_ms > horizon)
            return CALENDAR_NEVER;
    }
    return o.to_ms;
}

int64_t
calendar_business_ms(const struct calendar *c, int64_t from_ms, int64_t to_ms)
{
    struct walk w;
    struct opening o;
    int64_t sum = 0;

    if (!sane(from_ms) || !sane(to_ms) || to_ms <= from_ms)
        return 0;
    if (c->zone == NULL)
        return to_ms - from_ms;
    if (!find_opening(c, from_ms, &w, &o))
        return 0;
    do {
        int64_t begins = o.from_ms > from_ms ? o.from_ms : from_ms;
        int64_t ends = o.to_ms < to_ms ? o.to_ms : to_ms;

        if (begins >= to_ms)
            break;
        sum += ends - begins;
    } while (walk_next(&w, &o));
    return sum;
}

int64_t
calendar_add_business(const struct calendar *c, int64_t from_ms,
                      int64_t business_ms)
{
    struct walk w;
    struct opening o;

    if (!sane(from_ms) || business_ms > CALENDAR_SPAN_DAYS * DAY_MS)
        return CALENDAR_NEVER;
    if (business_ms <= 0)
        return from_ms;
    if (c->zone == NULL)
        return from_ms + business_ms;
    if (!find_opening(c, from_ms, &w, &o))
        return CALENDAR_NEVER;
    do {
        int64_t begins = o.from_ms > from_ms ? o.from_ms : from_ms;

        if (o.to_ms - begins >= business_ms)
            return begins + business_ms;
        business_ms -= o.to_ms - begins;
    } while (walk_next(&w, &o));
    return CALENDAR_NEVER;
}

/* The end of the last opening of a day, or false. */
static bool
closing_of(const struct calendar *c, int64_t day, int64_t *at_ms)
{
    const struct hours *h = hours_of(c, day);

    for (size_t i = h->count; i > 0; i--) {
        const struct calendar_interval *v = &h->intervals[i - 1];

        *at_ms = instant_of(c, day, v->to_s);
        if (instant_of(c, day, v->from_s) < *at_ms)
            return true;
    }
    return false;
}

int64_t
calendar_add_days(const struct calendar *c, int64_t from_ms, int n)
{
    int64_t at_ms, day;
    int closed = 0;

    if (!sane(from_ms))
        return CALENDAR_NEVER;
    if (n <= 0)
        return from_ms;
    if (c->zone == NULL)
        return from_ms + n * DAY_MS;
    day = day_of(c, from_ms);
    while (closed++ < CALENDAR_HORIZON_DAYS) {
        if (!closing_of(c, ++day, &at_ms))
            continue;
        closed = 0;
        if (--n == 0)
            return at_ms;
    }
    return CALENDAR_NEVER;
}

struct calendar_today
calendar_today(const struct calendar *c, int64_t at_ms)
{
    int64_t at = !sane(at_ms) ? 0 : at_ms;
    struct calendar_today t = {.day = day_of(c, at)};

    t.weekday = date_weekday(t.day);
    for (int k = CALENDAR_HOLIDAY; k < CALENDAR_LAYERS; k++) {
        const struct dated *d = find_in(c, k, t.day);

        if (d == NULL)
            continue;
        t.holiday = d->name != NULL ? d->name : "holiday";
        break;
    }
    return t;
}
