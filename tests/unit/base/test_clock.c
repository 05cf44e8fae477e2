#include "unit/base/base.h"

#include <time.h>

#include "base/clock.h"

static int64_t
frozen(void)
{
    return 1777886127123;
}

static void
the_wall_clock_can_be_replaced(void **state)
{
    int64_t system, mono = clock_mono_ms();

    (void)state;
    clock_set_source(frozen);
    assert_int_equal(clock_now_ms(), 1777886127123);
    clock_set_source(NULL);
    system = clock_now_ms();
    assert_true(system > 1700000000000 && system != 1777886127123);
    assert_true(clock_mono_ms() >= mono);
    assert_true(clock_mono_us() / 1000 >= mono);
}

static void
known_times(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1777886127123, "2026-05-04T09:15:27.123Z"},
        {1777886127000, "2026-05-04T09:15:27Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {4107542400000, "2100-03-01T00:00:00Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-62167219200000, "0000-01-01T00:00:00Z"},
    };
    char text[CLOCK_TEXT_MAX];
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        clock_format(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(clock_parse(text, strlen(text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
    /* No value overruns the text. */
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "292278994-08-17T07:12:55.807Z");
    clock_format(INT64_MIN, text);
    assert_true(strlen(text) < CLOCK_TEXT_MAX);
}

/* The calendar agrees with the C library's over 300 years of days. */
static void
every_day_agrees_with_libc(void **state)
{
    (void)state;
    for (time_t t = -2208988800; t < 7258118400; t += 86399) {
        char ours[CLOCK_TEXT_MAX], theirs[64];
        struct tm tm;
        int64_t ms;

        gmtime_r(&t, &tm);
        strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
        clock_format((int64_t)t * 1000, ours);
        assert_string_equal(ours, theirs);
        assert_true(clock_parse(ours, strlen(ours), &ms));
        assert_int_equal(ms, (int64_t)t * 1000);
    }
}

static void
offsets_and_fractions(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2026-05-04T11:15:27+02:00", 1777886127000},
        {"2026-05-04T03:45:27-05:30", 1777886127000},
        {"2026-05-04t09:15:27.5z", 1777886127500},
        {"2026-05-04 09:15:27.1239999999999999Z", 1777886127123},
        {"2026-05-04T09:15:27.000000-00:00", 1777886127000},
        {"1990-12-31T23:59:60Z", 662688000000},
        {"1990-12-31T15:59:60-08:00", 662688000000},
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(clock_parse(cases[i].text, strlen(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void
malformed_times_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "2026",
        "2026-05-04",
        "2026-05-04T09:15:27",
        "2026-05-04T09:15Z",
        "2026-05-04T09:15:27.Z",
        "2026-05-04T09:15:27,5Z",
        "2026-5-04T09:15:27Z",
        "2026-13-04T09:15:27Z",
        "2026-00-04T09:15:27Z",
        "2026-04-31T09:15:27Z",
        "2026-02-29T09:15:27Z",
        "2100-02-29T09:15:27Z",
        "2026-05-00T09:15:27Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T09:60:27Z",
        "2026-05-04T09:15:61Z",
        "2026-05-04T09:15:27+2:00",
        "2026-05-04T09:15:27+0200",
        "2026-05-04T09:15:27+24:00",
        "2026-05-04T09:15:27+02:60",
        "2026-05-04T09:15:27ZZ",
        " 2026-05-04T09:15:27Z",
        "+026-05-04T09:15:27Z",
        "2026-05-04T09:15:27\xC2\xA0Z",
    };
    static const char whole[] = "2026-05-04T09:15:27.123+02:00";
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(clock_parse(cases[i], strlen(cases[i]), &ms));
    assert_false(clock_parse(NULL, 0, &ms));
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        char *exact = malloc(n == 0 ? 1 : n);

        memcpy(exact, whole, n);
        assert_false(clock_parse(exact, n, &ms));
        free(exact);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_can_be_replaced),
        cmocka_unit_test(known_times),
        cmocka_unit_test(every_day_agrees_with_libc),
        cmocka_unit_test(offsets_and_fractions),
        cmocka_unit_test(malformed_times_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
