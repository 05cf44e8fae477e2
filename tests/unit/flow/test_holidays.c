/* Holidays from iCalendar files: which days are closed, and which files are
 * refused. S80 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/date.h"
#include "flow/holidays.h"
#include "flow/zones.h"
#include "model/calendar.h"

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))
#define EVENT(lines)                                                           \
    "BEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20260101T000000Z\r\n" lines            \
    "END:VEVENT\r\n"
#define CALENDAR(events)                                                       \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n" events             \
    "END:VCALENDAR\r\n"

struct reading {
    struct arena *arena;
    struct zones *zones;
    struct calendar *calendar;
    size_t left_out;
    struct err e;
    int rc;
};

/* Read the text as a file into a calendar that is open on every day. */
static struct reading
read_bytes(const char *text, size_t n)
{
    static const struct calendar_interval whole[] = {{0, 86400}};
    char path[] = "/tmp/usher-holidays.XXXXXX";
    int fd = mkstemp(path);
    struct reading r = {.arena = arena_new(0), .zones = zones_new()};

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    r.calendar = calendar_new(r.arena, "x", zones_find(r.zones, "Asia/Tokyo"));
    for (int weekday = 1; weekday <= 7; weekday++)
        assert_int_equal(
            calendar_set_weekday(r.calendar, weekday, whole, 1, NULL), 0);
    r.rc = holidays_read(path, r.calendar, &r.left_out, &r.e);
    assert_int_equal(calendar_seal(r.calendar, NULL), 0);
    unlink(path);
    return r;
}

static struct reading
read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void
done(struct reading *r)
{
    zones_free(r->zones);
    arena_free(r->arena);
}

/* "2026-12-25 2026-12-26": the closed days from 2026 to 2030. */
static void
assert_days(const char *text, const char *want)
{
    struct reading r = read_text(text);
    char got[4096] = "", date[DATE_TEXT_MAX];

    if (r.rc != 0)
        fail_msg("%s", r.e.text);
    for (int64_t d = date_to_days(2026, 1, 1); d < date_to_days(2031, 1, 1);
         d++) {
        /* noon in Tokyo */
        if (calendar_is_open(r.calendar, (d * 86400 + 3 * 3600) * 1000))
            continue;
        date_format(d, date);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
                 got[0] != '\0' ? " " : "", date);
    }
    assert_string_equal(got, want);
    done(&r);
}

static void
test_days(void **state)
{
    (void)state;
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n")),
                "2026-12-25");
    /* DTEND is the first day after it */
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "DTEND;VALUE=DATE:20261227\r\n")),
                "2026-12-25 2026-12-26");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "DTEND;VALUE=DATE:20261225\r\n")),
                "2026-12-25");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "DURATION:P3D\r\n")),
                "2026-12-25 2026-12-26 2026-12-27");
    /* lines as some programs write them */
    assert_days("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n"
                "DTSTART;VALUE=DA\n TE:20261225\nEND:VEVENT\nEND:VCALENDAR\n",
                "2026-12-25");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"))
                    CALENDAR(EVENT("DTSTART;VALUE=DATE:20270101\r\n")),
                "2026-12-25 2027-01-01");
}

static void
test_every_year(void **state)
{
    (void)state;
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20251225\r\n"
                               "RRULE:FREQ=YEARLY\r\n")),
                "2026-12-25 2027-12-25 2028-12-25 2029-12-25 2030-12-25");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "RRULE:FREQ=YEARLY;COUNT=2\r\n")),
                "2026-12-25 2027-12-25");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "RRULE:FREQ=YEARLY;UNTIL=20280101\r\n")),
                "2026-12-25 2027-12-25");
    /* 29 February is in leap years only */
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20240229\r\n"
                               "RRULE:FREQ=YEARLY\r\n")),
                "2028-02-29");
    /* Thanksgiving: the fourth Thursday of November */
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261126\r\n"
                               "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n")),
                "2026-11-26 2027-11-25 2028-11-23 2029-11-22 2030-11-28");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "DTEND;VALUE=DATE:20261227\r\n"
                               "RRULE:FREQ=YEARLY;COUNT=3\r\n"
                               "EXDATE;VALUE=DATE:20271225\r\n")),
                "2026-12-25 2026-12-26 2028-12-25 2028-12-26");
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "RDATE;VALUE=DATE:20270405\r\n")),
                "2026-12-25 2027-04-05");
}

static void
test_what_is_no_holiday(void **state)
{
    struct reading r;

    (void)state;
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n")
                             EVENT("DTSTART;VALUE=DATE:20261224\r\n"
                                   "STATUS:CANCELLED\r\n")),
                "2026-12-25");
    r = read_text(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n") EVENT(
        "DTSTART:20261224T100000Z\r\n") EVENT("DTSTART;TZID=Europe/Berlin:"
                                              "20261224T100000\r\n")));
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.left_out, 2);
    assert_int_equal(calendar_day_count(r.calendar, CALENDAR_IMPORTED), 1);
    done(&r);
}

/* One of many is moved, or falls out. */
static void
test_single_ones(void **state)
{
    (void)state;
    assert_days(CALENDAR(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                               "RRULE:FREQ=YEARLY;COUNT=3\r\n")
                             EVENT("RECURRENCE-ID;VALUE=DATE:20271225\r\n"
                                   "DTSTART;VALUE=DATE:20271227\r\n")
                                 EVENT("RECURRENCE-ID;VALUE=DATE:20281225\r\n"
                                       "DTSTART;VALUE=DATE:20281225\r\n"
                                       "STATUS:CANCELLED\r\n")),
                "2026-12-25 2027-12-27");
}

static void
test_names(void **state)
{
    struct reading r = read_text(CALENDAR(
        EVENT("DTSTART;VALUE=DATE:20261225\r\n"
              "SUMMARY:No\xc3\xabl\\, first\\nday \xe2\x80\xae!\r\n")
            EVENT("DTSTART;VALUE=DATE:20261226\r\nSUMMARY:\xff\xfe\r\n")));
    int64_t noon = date_to_days(2026, 12, 25) * 86400000 + 3 * 3600000;

    (void)state;
    assert_int_equal(r.rc, 0);
    assert_string_equal(calendar_today(r.calendar, noon).holiday,
                        "No\xc3\xabl, first day !");
    assert_string_equal(calendar_today(r.calendar, noon + 86400000).holiday,
                        "holiday");
    done(&r);
}

static void
test_refusals(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "no iCalendar file"},
        {"hello", "no iCalendar file"},
        {"BEGIN:VCARD\r\nEND:VCARD\r\n", "no iCalendar file"},
        {CALENDAR(""), "no all-day event"},
        {CALENDAR(EVENT("DTSTART:20261225T100000Z\r\n")), "no all-day event"},
        {CALENDAR(EVENT("DTSTART;VALUE=DATE:19261225\r\n")),
         "no all-day event"},
        {CALENDAR(EVENT("SUMMARY:Easter\r\n")),
         "event \"Easter\": it has no DTSTART"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:2026-12-25\r\n")),
         ":8: '2026-12-25' is no date; one is written 20261225"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20260229\r\n")),
         ":8: '20260229' is no date"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "DTEND;VALUE=DATE:2026-12-26\r\n")),
         ":9: '2026-12-26' is no date"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "RRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20271225,"
                        "\r\n 2028\r\n 125\r\n")),
         ":10: '2028125' is no date"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "RRULE:FREQ=SOMETIMES\r\n")),
         "event \"x\": a line of it is not well-formed"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "RRULE:FREQ=WEEKLY\r\n")),
         "event \"x\": a holiday repeats with FREQ=YEARLY only"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "RRULE:FREQ=YEARLY;BYHOUR=1,2;BYSECOND=1\r\n")),
         "event \"x\": a day repeats by no hour"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "DTEND;VALUE=DATE:20261220\r\n")),
         "event \"x\": it lasts no time"},
        {CALENDAR(EVENT("SUMMARY:x\r\nDTSTART;VALUE=DATE:20261225\r\n"
                        "DTEND;VALUE=DATE:20291220\r\n")),
         "more than a year"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r = read_text(cases[i].text);

        if (r.rc == 0)
            fail_msg("taken: %s", cases[i].text);
        assert_int_equal(r.e.class, ERR_INPUT);
        if (strstr(r.e.text, cases[i].words) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", r.e.text, cases[i].words);
        done(&r);
    }
}

static void
test_hostile_files(void **state)
{
    static const char many[] = EVENT("DTSTART;VALUE=DATE:20261225\r\n"
                                     "RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE\r\n");
    char *text = calloc(1, HOLIDAYS_FILE_MAX + 100);
    struct reading r;
    size_t n;

    (void)state;
    r = read_bytes(CALENDAR("X-A:\0b\r\n"),
                   sizeof(CALENDAR("X-A:\0b\r\n")) - 1);
    assert_int_equal(r.rc, -1);
    done(&r);
    memset(text, 'a', HOLIDAYS_FILE_MAX + 1);
    r = read_text(text);
    assert_non_null(strstr(r.e.text, "longer than"));
    done(&r);
    /* more days than a calendar takes, each of 100 years */
    strcpy(text, "BEGIN:VCALENDAR\r\n");
    for (int i = 0; i < 100; i++)
        strcat(text, many);
    strcat(text, "END:VCALENDAR\r\n");
    r = read_text(text);
    assert_non_null(strstr(r.e.text, "more than 20000 days"));
    done(&r);
    /* components in components */
    n = 0;
    while (n < 200000)
        n += (size_t)sprintf(text + n, "BEGIN:VCALENDAR\r\n");
    r = read_text(text);
    assert_int_equal(r.rc, -1);
    done(&r);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_every_year),
        cmocka_unit_test(test_what_is_no_holiday),
        cmocka_unit_test(test_single_ones),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hostile_files),
    };
    int failed = 0;

    for (int i = 0; i < 2; i++) {
        setenv("TZ", i == 0 ? "UTC" : "America/New_York", 1);
        tzset();
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
