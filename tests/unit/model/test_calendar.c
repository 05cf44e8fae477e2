/* Calendars: the table of opening hours (lunch, half days, holidays, both
 * changes of the clock, zones of others), and the arithmetic of business
 * time. S79 S80 S87 */
#include "unit/model/zones.h"

#include "base/date.h"
#include "model/calendar.h"

#define H(hour, minute) ((hour)*3600 + (minute)*60)

static const struct calendar_interval nine_to_six[] = {{H(9, 0), H(12, 0)},
                                                       {H(13, 30), H(18, 0)}};
static const struct calendar_interval eight_to_five[] = {{H(8, 0), H(17, 0)}};
static const struct calendar_interval nine_to_one[] = {{H(9, 0), H(13, 0)}};
static const struct calendar_interval ten_to_four[] = {{H(10, 0), H(16, 0)}};
static const struct calendar_interval whole_day[] = {{0, H(24, 0)}};
static const struct calendar_interval nights[] = {{0, H(6, 0)},
                                                  {H(22, 0), H(24, 0)}};
static const struct calendar_interval half_past_two[] = {{H(2, 15), H(2, 45)},
                                                         {H(9, 0), H(10, 0)}};
static const struct calendar_interval two_to_three[] = {{H(2, 0), H(3, 0)}};

/* What a test asks of: calendars by name, made once for all. */
struct shop {
    struct arena *arena;
    struct zone *zones[16];
    struct calendar *calendars[16];
    size_t zone_count, count;
};

static const struct zone *
zone_for(struct shop *s, const char *name)
{
    for (size_t i = 0; i < s->zone_count; i++)
        if (strcmp(zone_name(s->zones[i]), name) == 0)
            return s->zones[i];
    return s->zones[s->zone_count++] = zone_of(name);
}

static int64_t
day(const char *text)
{
    int64_t days;

    assert_true(date_parse(text, strlen(text), &days));
    return days;
}

static struct calendar *
begin(struct shop *s, const char *name, const char *zone)
{
    return s->calendars[s->count++] =
               calendar_new(s->arena, name, zone_for(s, zone));
}

static void
set_days(struct calendar *c, int from, int to,
         const struct calendar_interval *v, size_t n)
{
    for (int weekday = from; weekday <= to; weekday++)
        assert_int_equal(calendar_set_weekday(c, weekday, v, n, NULL), 0);
}

static void
add_day(struct calendar *c, enum calendar_layer layer, int64_t d,
        const char *name, const struct calendar_interval *v, size_t n)
{
    assert_int_equal(calendar_add_day(c, layer, d, name, v, n, NULL), 0);
}

static void
seal(struct calendar *c)
{
    struct err e = {0};

    if (calendar_seal(c, &e) != 0)
        fail_msg("%s", e.text);
}

/* Berlin with lunch, holidays and exceptions. */
static void
make_support(struct shop *s)
{
    struct calendar *c = begin(s, "support", "Europe/Berlin");

    set_days(c, 1, 5, nine_to_six, 2);
    add_day(c, CALENDAR_HOLIDAY, day("2026-12-24"), "Christmas Eve",
            nine_to_one, 1);
    add_day(c, CALENDAR_YEARLY, 1225, "Christmas", NULL, 0);
    add_day(c, CALENDAR_YEARLY, 1226, NULL, NULL, 0);
    add_day(c, CALENDAR_YEARLY, 229, "Leap day", NULL, 0);
    add_day(c, CALENDAR_IMPORTED, day("2027-01-01"), "New Year", NULL, 0);
    /* declared a half day before a file closes it */
    add_day(c, CALENDAR_IMPORTED, day("2026-12-24"), "closed", NULL, 0);
    add_day(c, CALENDAR_EXCEPTION, day("2026-12-19"), "Saturday before",
            ten_to_four, 1);
    add_day(c, CALENDAR_EXCEPTION, day("2028-12-25"), "open all the same",
            ten_to_four, 1);
    seal(c);
}

static void
make_others(struct shop *s)
{
    struct calendar *c;

    c = begin(s, "emea", "Europe/Berlin");
    set_days(c, 1, 5, eight_to_five, 1);
    seal(c);
    c = begin(s, "amer", "America/New_York");
    set_days(c, 1, 5, eight_to_five, 1);
    seal(c);
    c = begin(s, "apac", "Asia/Singapore");
    set_days(c, 1, 5, (struct calendar_interval[]){{H(9, 0), H(18, 0)}}, 1);
    seal(c);
    c = begin(s, "nights", "Europe/Berlin");
    set_days(c, 1, 7, nights, 2);
    seal(c);
    c = begin(s, "half past two", "Europe/Berlin");
    set_days(c, 1, 7, half_past_two, 2);
    seal(c);
    c = begin(s, "two to three", "Europe/Berlin");
    set_days(c, 1, 7, two_to_three, 1);
    seal(c);
    c = begin(s, "new york nights", "America/New_York");
    set_days(c, 1, 7, half_past_two, 2);
    seal(c);
    c = begin(s, "lord howe", "Australia/Lord_Howe");
    set_days(c, 1, 7, (struct calendar_interval[]){{H(1, 0), H(4, 0)}}, 1);
    seal(c);
    c = begin(s, "apia", "Pacific/Apia");
    set_days(c, 1, 7, ten_to_four, 1);
    seal(c);
    c = begin(s, "kathmandu", "Asia/Kathmandu");
    set_days(c, 1, 7, ten_to_four, 1);
    seal(c);
    c = begin(s, "all day", "Europe/Berlin");
    set_days(c, 1, 7, whole_day, 1);
    seal(c);
    c = begin(s, "sao paulo", "America/Sao_Paulo");
    set_days(c, 1, 7, nights, 2);
    seal(c);
}

static int
set_up(void **state)
{
    struct shop *s = calloc(1, sizeof *s);

    s->arena = arena_new(0);
    make_support(s);
    make_others(s);
    *state = s;
    return 0;
}

static int
tear_down(void **state)
{
    struct shop *s = *state;

    for (size_t i = 0; i < s->zone_count; i++)
        zone_free(s->zones[i]);
    arena_free(s->arena);
    free(s);
    return 0;
}

static const struct calendar *
calendar(const struct shop *s, const char *name)
{
    if (strcmp(name, CALENDAR_ALWAYS_NAME) == 0)
        return &calendar_always;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(calendar_name(s->calendars[i]), name) == 0)
            return s->calendars[i];
    fail_msg("no calendar %s", name);
    return NULL;
}

/* --- open or closed, until when --- */

struct open_case {
    const char *title, *calendar, *at;
    bool open;
    const char *opens, *closes; /* NULL: not asked */
};

static const struct open_case open_cases[] = {
    /* P9, row by row */
    {"Tue 12:30, lunch", "support", "2026-11-24T12:30:00+01:00", false,
     "2026-11-24T12:30:00Z", "2026-11-24T17:00:00Z"},
    {"24 Dec, half day, 13:00", "support", "2026-12-24T13:00:00+01:00", false,
     "2026-12-28T08:00:00Z", NULL},
    {"spring, 02:30 does not exist: 03:00", "half past two",
     "2026-03-29T03:00:00+02:00", false, "2026-03-29T07:00:00Z", NULL},
    {"autumn, the first 02:30", "half past two", "2026-10-25T02:30:00+02:00",
     true, "2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z"},
    {"autumn, the second 02:30", "half past two", "2026-10-25T02:30:00+01:00",
     false, "2026-10-25T08:00:00Z", NULL},
    {"a customer in Tokyo, 18:00 there is 10:00 here", "support",
     "2026-11-24T18:00:00+09:00", true, NULL, "2026-11-24T11:00:00Z"},
    {"a portal in New York, 18:00 there is midnight here", "support",
     "2026-11-24T18:00:00-05:00", false, "2026-11-25T08:00:00Z", NULL},
    {"the group's holiday, a working day of the customer", "support",
     "2026-12-25T10:00:00+01:00", false, "2026-12-28T08:00:00Z", NULL},
    {"03:00 CET: not EMEA", "emea", "2026-11-24T03:00:00+01:00", false, NULL,
     NULL},
    {"03:00 CET: not AMER", "amer", "2026-11-24T03:00:00+01:00", false, NULL,
     NULL},
    {"03:00 CET: APAC", "apac", "2026-11-24T03:00:00+01:00", true, NULL, NULL},
    /* the borders of an interval */
    {"the second before nine", "support", "2026-11-24T08:59:59+01:00", false,
     "2026-11-24T08:00:00Z", "2026-11-24T11:00:00Z"},
    {"nine sharp", "support", "2026-11-24T09:00:00+01:00", true,
     "2026-11-24T08:00:00Z", "2026-11-24T11:00:00Z"},
    {"a millisecond before noon", "support", "2026-11-24T11:59:59.999+01:00",
     true, NULL, "2026-11-24T11:00:00Z"},
    {"noon sharp", "support", "2026-11-24T12:00:00+01:00", false,
     "2026-11-24T12:30:00Z", NULL},
    {"Friday evening", "support", "2026-11-20T18:00:00+01:00", false,
     "2026-11-23T08:00:00Z", NULL},
    {"summer time: nine is an hour earlier", "support",
     "2026-07-01T08:59:00+02:00", false, "2026-07-01T07:00:00Z", NULL},
    /* holidays and exceptions */
    {"24 Dec, 12:59", "support", "2026-12-24T12:59:00+01:00", true, NULL,
     "2026-12-24T12:00:00Z"},
    {"25 Dec of another year", "support", "2031-12-25T10:00:00+01:00", false,
     "2031-12-29T08:00:00Z", NULL},
    {"26 Dec, no name", "support", "2028-12-26T10:00:00+01:00", false,
     "2028-12-27T08:00:00Z", NULL},
    {"an exception opens a Saturday", "support", "2026-12-19T10:00:00+01:00",
     true, NULL, "2026-12-19T15:00:00Z"},
    {"an exception opens a holiday", "support", "2028-12-25T11:00:00+01:00",
     true, NULL, "2028-12-25T15:00:00Z"},
    {"New Year from a file", "support", "2027-01-01T10:00:00+01:00", false,
     "2027-01-04T08:00:00Z", NULL},
    {"the leap day is a holiday", "support", "2028-02-29T10:00:00+01:00", false,
     "2028-03-01T08:00:00Z", NULL},
    {"28 February is none", "support", "2028-02-28T10:00:00+01:00", true, NULL,
     NULL},
    {"nor is 1 March of other years", "support", "2027-03-01T10:00:00+01:00",
     true, NULL, NULL},
    /* when the clock changes */
    {"a night that is an hour shorter", "nights", "2026-03-28T23:30:00+01:00",
     true, NULL, "2026-03-29T04:00:00Z"},
    {"a night that is an hour longer", "nights", "2026-10-24T23:30:00+02:00",
     true, NULL, "2026-10-25T05:00:00Z"},
    {"02:00 to 03:00 is not there in spring", "two to three",
     "2026-03-29T00:30:00+01:00", false, "2026-03-30T00:00:00Z", NULL},
    {"02:00 to 03:00 is two hours in autumn", "two to three",
     "2026-10-25T02:30:00+01:00", true, NULL, "2026-10-25T02:00:00Z"},
    {"New York, spring", "new york nights", "2026-03-08T01:59:00-05:00", false,
     "2026-03-08T13:00:00Z", NULL},
    {"New York, autumn: 02:30 is there once", "new york nights",
     "2026-11-01T02:30:00-05:00", true, NULL, "2026-11-01T07:45:00Z"},
    {"Lord Howe, half an hour less", "lord howe", "2026-10-04T00:00:00+10:30",
     false, "2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z"},
    {"Lord Howe, half an hour more", "lord howe", "2026-04-05T00:00:00+11:00",
     false, "2026-04-04T14:00:00Z", "2026-04-04T17:30:00Z"},
    {"Apia, the day that was skipped", "apia", "2011-12-29T16:00:00-10:00",
     false, "2011-12-30T20:00:00Z", "2011-12-31T02:00:00Z"},
    {"Kathmandu, a quarter of an hour", "kathmandu",
     "2026-06-01T09:59:00+05:45", false, "2026-06-01T04:15:00Z",
     "2026-06-01T10:15:00Z"},
    {"the year 2040", "emea", "2040-07-02T07:59:00+02:00", false,
     "2040-07-02T06:00:00Z", "2040-07-02T15:00:00Z"},
    {"the year 2040, spring", "nights", "2040-03-24T23:30:00+01:00", true, NULL,
     "2040-03-25T04:00:00Z"},
    {"midnight twice, the first", "sao paulo", "2018-02-17T23:30:00-02:00",
     true, NULL, "2018-02-18T09:00:00Z"},
    {"midnight twice, the second", "sao paulo", "2018-02-17T23:30:00-03:00",
     true, NULL, "2018-02-18T09:00:00Z"},
    {"midnight skipped", "sao paulo", "2018-11-04T01:00:00-02:00", true, NULL,
     "2018-11-04T08:00:00Z"},
    /* without an end */
    {"day and night", "all day", "2026-10-25T02:30:00+01:00", true, NULL,
     "never"},
    {"24x7", "24x7", "2026-10-25T02:30:00+01:00", true, NULL, "never"},
};

static void
test_open_or_closed(void **state)
{
    const struct shop *s = *state;

    for (size_t i = 0; i < COUNT_OF(open_cases); i++) {
        const struct open_case *k = &open_cases[i];
        const struct calendar *c = calendar(s, k->calendar);
        int64_t t = at(k->at);

        print_message("%s\n", k->title);
        assert_int_equal(calendar_is_open(c, t), k->open);
        assert_int_equal(calendar_next_open(c, t) == t, k->open);
        if (k->opens != NULL && !k->open)
            assert_instant(calendar_next_open(c, t), k->opens);
        if (k->closes != NULL)
            assert_instant(calendar_next_close(c, t), k->closes);
    }
}

/* --- business time --- */

struct span_case {
    const char *title, *calendar, *from, *to;
    int64_t minutes;
};

static const struct span_case span_cases[] = {
    {"a morning", "support", "2026-11-24T09:00:00+01:00",
     "2026-11-24T12:00:00+01:00", 180},
    {"over lunch", "support", "2026-11-24T11:50:00+01:00",
     "2026-11-24T13:40:00+01:00", 20},
    {"over a week-end", "support", "2026-11-20T17:50:00+01:00",
     "2026-11-23T09:08:00+01:00", 18},
    {"a week", "support", "2026-11-23T00:00:00+01:00",
     "2026-11-30T00:00:00+01:00", 5 * 450},
    {"Christmas", "support", "2026-12-24T12:00:00+01:00",
     "2026-12-28T10:00:00+01:00", 120},
    {"a night in spring", "nights", "2026-03-28T22:00:00+01:00",
     "2026-03-29T06:00:00+02:00", 7 * 60},
    {"a night in autumn", "nights", "2026-10-24T22:00:00+02:00",
     "2026-10-25T06:00:00+01:00", 9 * 60},
    {"a whole day in spring", "all day", "2026-03-29T00:00:00+01:00",
     "2026-03-30T00:00:00+02:00", 23 * 60},
    {"Lord Howe, spring", "lord howe", "2026-10-04T00:00:00+10:30",
     "2026-10-04T12:00:00+11:00", 150},
    {"Lord Howe, autumn", "lord howe", "2026-04-05T00:00:00+11:00",
     "2026-04-05T12:00:00+10:30", 210},
    {"Apia without a day", "apia", "2011-12-29T00:00:00-10:00",
     "2012-01-01T00:00:00+14:00", 12 * 60},
    {"nothing before the beginning", "support", "2026-11-24T10:00:00+01:00",
     "2026-11-24T09:00:00+01:00", 0},
    {"a closed night", "support", "2026-11-24T19:00:00+01:00",
     "2026-11-25T08:00:00+01:00", 0},
    {"24x7", "24x7", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00",
     23 * 60},
};

static void
test_business_time(void **state)
{
    const struct shop *s = *state;

    for (size_t i = 0; i < COUNT_OF(span_cases); i++) {
        const struct span_case *k = &span_cases[i];
        const struct calendar *c = calendar(s, k->calendar);
        int64_t ms = k->minutes * 60000;

        print_message("%s\n", k->title);
        assert_int_equal(calendar_business_ms(c, at(k->from), at(k->to)), ms);
    }
}

static void
test_adding(void **state)
{
    static const struct {
        const char *calendar, *from;
        int64_t minutes;
        const char *due;
    } cases[] = {
        {"support", "2026-11-20T17:50:00+01:00", 18, "2026-11-23T08:08:00Z"},
        {"support", "2026-11-20T17:50:00+01:00", 10, "2026-11-20T17:00:00Z"},
        {"support", "2026-11-24T11:50:00+01:00", 20, "2026-11-24T12:40:00Z"},
        {"support", "2026-11-21T03:00:00+01:00", 1, "2026-11-23T08:01:00Z"},
        {"support", "2026-11-21T03:00:00+01:00", 0, "2026-11-21T02:00:00Z"},
        {"nights", "2026-03-29T01:30:00+01:00", 60, "2026-03-29T01:30:00Z"},
        {"nights", "2026-10-25T02:30:00+02:00", 120, "2026-10-25T02:30:00Z"},
        {"24x7", "2026-10-25T02:30:00+02:00", 120, "2026-10-25T02:30:00Z"},
        {"apia", "2011-12-29T15:00:00-10:00", 120, "2011-12-30T21:00:00Z"},
    };
    const struct shop *s = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_instant(calendar_add_business(calendar(s, cases[i].calendar),
                                             at(cases[i].from),
                                             cases[i].minutes * 60000),
                       cases[i].due);
    assert_instant(calendar_add_business(calendar(s, "support"),
                                         at("2026-11-24T09:00:00Z"),
                                         INT64_C(21) * 365 * 86400000),
                   "never");
}

static void
test_business_days(void **state)
{
    static const struct {
        const char *calendar, *from;
        int days;
        const char *due;
    } cases[] = {
        {"support", "2026-11-23T10:00:00+01:00", 1, "2026-11-24T17:00:00Z"},
        {"support", "2026-11-23T23:00:00+01:00", 1, "2026-11-24T17:00:00Z"},
        {"support", "2026-11-20T10:00:00+01:00", 1, "2026-11-23T17:00:00Z"},
        {"support", "2026-11-21T10:00:00+01:00", 2, "2026-11-24T17:00:00Z"},
        {"support", "2026-12-23T10:00:00+01:00", 1, "2026-12-24T12:00:00Z"},
        {"support", "2026-12-24T10:00:00+01:00", 1, "2026-12-28T17:00:00Z"},
        {"24x7", "2026-12-24T10:00:00Z", 1, "2026-12-25T10:00:00Z"},
    };
    const struct shop *s = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_instant(calendar_add_days(calendar(s, cases[i].calendar),
                                         at(cases[i].from), cases[i].days),
                       cases[i].due);
}

/* For any time and any span: what was added is what is counted, and the
 * instant is the first of which that is true. */
static void
test_what_is_added_is_counted(void **state)
{
    const struct shop *s = *state;
    uint64_t seed = 42;

    for (size_t i = 0; i < s->count; i++) {
        const struct calendar *c = s->calendars[i];

        for (int k = 0; k < 3000; k++) {
            int64_t t = chance_between(&seed, 1293840000000, 2240611200000);
            int64_t n =
                chance_between(&seed, 1, k % 2 == 0 ? 36000000 : 400000000);
            int64_t due = calendar_add_business(c, t, n);

            assert_true(due != CALENDAR_NEVER);
            assert_int_equal(calendar_business_ms(c, t, due), n);
            assert_int_equal(calendar_business_ms(c, t, due - 1), n - 1);
            assert_true(calendar_is_open(c, due - 1));
        }
    }
}

/* A border is where the answer changes, and nowhere between. */
static void
test_borders(void **state)
{
    const struct shop *s = *state;
    uint64_t seed = 4711;

    for (size_t i = 0; i < s->count; i++) {
        const struct calendar *c = s->calendars[i];

        for (int k = 0; k < 1000; k++) {
            int64_t t = chance_between(&seed, 1293840000000, 2240611200000);
            int64_t opens = calendar_next_open(c, t);
            int64_t closes = calendar_next_close(c, t);

            assert_true(calendar_is_open(c, opens));
            assert_int_equal(calendar_business_ms(c, t, opens), 0);
            if (opens > t)
                assert_false(calendar_is_open(c, opens - 1));
            if (closes == CALENDAR_NEVER)
                continue;
            assert_false(calendar_is_open(c, closes));
            assert_true(calendar_is_open(c, closes - 1));
            assert_int_equal(calendar_business_ms(c, opens, closes),
                             closes - opens);
        }
    }
}

static void
test_today(void **state)
{
    static const struct {
        const char *calendar, *at, *date;
        int weekday;
        const char *holiday;
    } cases[] = {
        {"support", "2026-12-24T10:00:00+01:00", "2026-12-24", 4,
         "Christmas Eve"},
        {"support", "2026-12-24T23:30:00Z", "2026-12-25", 5, "Christmas"},
        {"support", "2026-12-26T10:00:00Z", "2026-12-26", 6, "holiday"},
        {"support", "2026-12-19T10:00:00Z", "2026-12-19", 6, NULL},
        {"support", "2028-12-25T10:00:00Z", "2028-12-25", 1, "Christmas"},
        {"kathmandu", "2026-05-31T18:15:00Z", "2026-06-01", 1, NULL},
        {"24x7", "2026-05-31T23:59:59Z", "2026-05-31", 7, NULL},
    };
    const struct shop *s = *state;
    char date[DATE_TEXT_MAX];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct calendar_today t =
            calendar_today(calendar(s, cases[i].calendar), at(cases[i].at));

        date_format(t.day, date);
        assert_string_equal(date, cases[i].date);
        assert_int_equal(t.weekday, cases[i].weekday);
        if (cases[i].holiday == NULL)
            assert_null(t.holiday);
        else
            assert_string_equal(t.holiday, cases[i].holiday);
    }
}

/* --- what is refused, and what has no end --- */

static void
test_never_open(void **state)
{
    struct shop *s = *state;
    struct calendar *c = begin(s, "never", "Europe/Berlin");
    struct err e = {0};

    add_day(c, CALENDAR_HOLIDAY, day("2026-12-24"), NULL, NULL, 0);
    assert_int_equal(calendar_seal(c, &e), -1);
    assert_string_equal(e.text, "calendar \"never\" is never open");
    s->count--;
}

/* Open on one day only: seen from 400 days before, and not from further. */
static void
test_horizon(void **state)
{
    struct shop *s = *state;
    struct calendar *c = begin(s, "one day", "Europe/Berlin");
    int64_t opens = at("2026-12-24T08:00:00Z"), day_ms = 86400000;

    add_day(c, CALENDAR_EXCEPTION, day("2026-12-24"), NULL, nine_to_one, 1);
    seal(c);
    assert_int_equal(calendar_next_open(c, opens - 399 * day_ms), opens);
    assert_instant(calendar_next_open(c, opens - 403 * day_ms), "never");
    assert_instant(calendar_next_open(c, opens + day_ms), "never");
    assert_instant(calendar_next_close(c, opens + day_ms), "never");
    assert_instant(calendar_add_business(c, opens, 5 * 3600000), "never");
    assert_instant(calendar_add_days(c, opens, 1), "never");
    assert_int_equal(calendar_business_ms(c, opens - day_ms, opens + day_ms),
                     4 * 3600000);
    s->count--;
}

static void
test_no_such_time(void **state)
{
    const struct shop *s = *state;
    const int64_t times[] = {INT64_MIN,          INT64_MIN + 1,
                             -99999999999999999, 99999999999999999,
                             INT64_MAX - 1,      INT64_MAX};

    for (size_t i = 0; i < COUNT_OF(times); i++) {
        const struct calendar *c = calendar(s, i % 2 == 0 ? "support" : "24x7");

        assert_false(calendar_is_open(c, times[i]));
        assert_instant(calendar_next_open(c, times[i]), "never");
        assert_instant(calendar_next_close(c, times[i]), "never");
        assert_instant(calendar_add_business(c, times[i], 5), "never");
        assert_instant(calendar_add_days(c, times[i], 5), "never");
        assert_int_equal(
            calendar_business_ms(c, times[i], at("2026-01-01T00:00:00Z")), 0);
        (void)calendar_today(c, times[i]);
    }
}

static void
test_bad_hours(void **state)
{
    struct shop *s = *state;
    struct calendar *c = begin(s, "bad", "UTC");
    struct err e = {0};
    static const struct calendar_interval bad[][2] = {
        {{-1, 5}, {6, 7}},   {{5, 5}, {6, 7}}, {{5, 4}, {6, 7}},
        {{0, 5}, {5, 7}},    {{0, 5}, {4, 7}}, {{6, 7}, {0, 5}},
        {{0, 5}, {6, 86401}}};

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(calendar_set_weekday(c, 1, bad[i], 2, &e), -1);
    assert_int_equal(calendar_set_weekday(c, 0, whole_day, 1, &e), -1);
    assert_int_equal(calendar_set_weekday(c, 8, whole_day, 1, &e), -1);
    s->count--;
}

static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    T(test_open_or_closed),
    T(test_business_time),
    T(test_adding),
    T(test_business_days),
    T(test_what_is_added_is_counted),
    T(test_borders),
    T(test_today),
    T(test_never_open),
    T(test_horizon),
    T(test_no_such_time),
    T(test_bad_hours),
};

RUN_ON_ANY_HOST(tests)
