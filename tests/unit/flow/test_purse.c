/* What budgets have left: buckets of tokens, shares of the conversations.
 * N11 (P12), S117 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/purse.h"

#define START  1767261600000LL /* 2026-01-01T10:00:00Z */
#define MINUTE 60000LL
#define HOUR   (60 * MINUTE)

static json_t *
tokens(const char *name, double per_hour, int burst)
{
    return json_pack("{s:s,s:f,s:i}", "name", name, "per_hour", per_hour,
                     "burst", burst);
}

static json_t *
share(double percent, int sessions, json_t *groups)
{
    return json_pack("{s:{s:s,s:f,s:i,s:i,s:o*}}", "share", "name", "a third",
                     "percent", percent, "sessions", sessions, "within_s", 7200,
                     "groups", groups);
}

static void
a_bucket_gives_its_burst_and_its_rate(void **state)
{
    struct purse *p = purse_new();
    json_t *asked = tokens("billing", 30, 10);
    struct purse_answer a;

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_non_null(purse_take(p, asked, START).token);
    a = purse_take(p, asked, START + 1000);
    assert_null(a.token);
    assert_string_equal(a.refused, "billing");
    assert_true(a.level < 1.0);
    assert_non_null(purse_take(p, asked, START + 2 * MINUTE).token);
    assert_null(purse_take(p, asked, START + 2 * MINUTE).token);
    json_decref(asked);
    purse_free(p);
}

/* P12: thirty an hour and ten at once are forty evenly in an hour, the last at
 * its end, however that is divided; the next one is too many. */
static void
forty_evenly_in_an_hour(void **state)
{
    struct purse *p = purse_new();
    json_t *asked = tokens("billing", 30, 10);

    (void)state;
    for (int i = 0; i < 40; i++)
        assert_non_null(purse_take(p, asked, START + HOUR * i / 39).token);
    assert_null(purse_take(p, asked, START + HOUR).token);
    json_decref(asked);
    purse_free(p);
}

static void
a_clock_set_back_fills_nothing_and_a_token_comes_back(void **state)
{
    struct purse *p = purse_new();
    json_t *asked = tokens("billing", 60, 1);

    (void)state;
    assert_non_null(purse_take(p, asked, START).token);
    assert_null(purse_take(p, asked, START - HOUR).token);
    purse_give(p, "billing");
    assert_non_null(purse_take(p, asked, START - HOUR).token);
    purse_put_bucket(p, "billing", 0.5, START);
    assert_null(purse_take(p, asked, START + MINUTE / 3).token);
    assert_non_null(purse_take(p, asked, START + MINUTE / 2).token);
    json_decref(asked);
    purse_free(p);
}

static struct purse *
busy(int begun, int billing, int support)
{
    struct purse *p = purse_new();

    purse_add(p, PURSE_BEGUN, "", START, begun);
    purse_add(p, PURSE_HANDED, "billing", START, billing);
    purse_add(p, PURSE_HANDED, "support", START + MINUTE, support);
    return p;
}

static bool
passes(struct purse *p, json_t *asked, int64_t at)
{
    struct purse_answer a = purse_take(p, asked, at);

    json_decref(asked);
    return a.refused == NULL;
}

static void
a_share_is_of_enough_conversations_lately(void **state)
{
    struct purse *p = busy(49, 10, 8);

    (void)state;
    assert_true(passes(p, share(35, 50, NULL), START + MINUTE));
    purse_add(p, PURSE_BEGUN, "", START + MINUTE, 1);
    assert_false(passes(p, share(35, 50, NULL), START + MINUTE));
    assert_true(passes(p, share(36, 50, NULL), START + MINUTE));
    assert_true(
        passes(p, share(35, 50, json_pack("[s]", "billing")), START + MINUTE));
    assert_false(passes(p,
                        share(35, 50, json_pack("[s,s]", "billing", "support")),
                        START + MINUTE));
    /* The minute in which they began is two hours ago. */
    assert_false(passes(p, share(35, 50, NULL), START + 2 * HOUR - MINUTE));
    assert_true(passes(p, share(35, 50, NULL), START + 2 * HOUR));
    purse_free(p);
}

static void
a_refused_share_takes_no_token(void **state)
{
    struct purse *p = busy(50, 18, 0);
    json_t *asked = tokens("billing", 1, 1), *both = share(35, 50, NULL);
    struct purse_answer a;

    (void)state;
    json_object_update(both, asked);
    a = purse_take(p, both, START);
    assert_string_equal(a.refused, "a third");
    assert_null(a.token);
    assert_int_equal(a.begun, 50);
    assert_int_equal(a.handed, 18);
    assert_true(a.level > 35.99 && a.level < 36.01);
    assert_non_null(purse_take(p, asked, START).token);
    json_decref(asked);
    json_decref(both);
    purse_free(p);
}

static void
a_day_is_forgotten(void **state)
{
    struct purse *p = purse_new();
    int64_t n;

    (void)state;
    assert_null(purse_top_rule(p, START, HOUR, &n));
    purse_add(p, PURSE_BY_RULE, "b", START, 2);
    purse_add(p, PURSE_BY_RULE, "a", START, 2);
    purse_add(p, PURSE_BY_RULE, "c", START, 1);
    assert_string_equal(purse_top_rule(p, START, HOUR, &n), "a");
    assert_int_equal(n, 2);
    purse_add(p, PURSE_BY_RULE, "c", START + 23 * HOUR, 1);
    assert_int_equal(
        purse_sum(p, PURSE_BY_RULE, "c", START + 23 * HOUR, 24 * HOUR), 2);
    purse_add(p, PURSE_BY_RULE, "c", START + 24 * HOUR, 1);
    assert_int_equal(
        purse_sum(p, PURSE_BY_RULE, "c", START + 24 * HOUR, 24 * HOUR), 2);
    /* What comes late counts in its own minute, or is past. */
    purse_add(p, PURSE_BY_RULE, "c", START + 22 * HOUR, 5);
    purse_add(p, PURSE_BY_RULE, "c", START - HOUR, 5);
    assert_int_equal(
        purse_sum(p, PURSE_BY_RULE, "c", START + 24 * HOUR, 24 * HOUR), 7);
    purse_add(p, PURSE_BY_RULE, "c", START + 100 * HOUR, 1);
    assert_int_equal(
        purse_sum(p, PURSE_BY_RULE, "c", START + 100 * HOUR, 24 * HOUR), 1);
    purse_add(p, PURSE_BY_RULE, "c", 0, 1); /* nobody knows when */
    assert_int_equal(
        purse_sum(p, PURSE_BY_RULE, "c", START + 100 * HOUR, 24 * HOUR), 1);
    purse_free(p);
}

/* P12: since when, and how often: again and again, less than an hour apart. */
static void
it_goes_on_until_an_hour_is_without(void **state)
{
    struct purse *p = purse_new();
    int64_t n;

    (void)state;
    assert_int_equal(purse_since(p, PURSE_REFUSED, "b", START, &n), 0);
    assert_int_equal(n, 0);
    purse_add(p, PURSE_REFUSED, "b", START + 30000, 2);
    purse_add(p, PURSE_REFUSED, "b", START + 59 * MINUTE, 1);
    purse_add(p, PURSE_REFUSED, "other", START - MINUTE, 1);
    assert_int_equal(
        purse_since(p, PURSE_REFUSED, "b", START + 100 * MINUTE, &n), START);
    assert_int_equal(n, 3);
    /* An hour later it was over; and what comes then has begun anew. */
    assert_int_equal(
        purse_since(p, PURSE_REFUSED, "b", START + 119 * MINUTE, &n), 0);
    purse_add(p, PURSE_REFUSED, "b", START + 119 * MINUTE, 4);
    assert_int_equal(
        purse_since(p, PURSE_REFUSED, "b", START + 120 * MINUTE, &n),
        START + 119 * MINUTE);
    assert_int_equal(n, 4);
    purse_free(p);
}

/* Nobody looks further back than what is kept. */
/* Counts as one who remembers every moment, in steps of all sizes. */
static void
minutes_are_counted_wherever_they_stand(void **state)
{
    static const int64_t steps[] = {0, 1, 59, 700, 1439, 3, 1440, 11, 2000};
    struct purse *p = purse_new();
    int64_t at[45], minute = START / MINUTE;

    (void)state;
    for (size_t i = 0; i < 45; i++) {
        int64_t want = 0;

        minute += steps[i % (sizeof steps / sizeof steps[0])];
        at[i] = minute;
        purse_add(p, PURSE_HANDED, "g", minute * MINUTE, 1);
        for (size_t k = 0; k <= i; k++)
            want += at[k] > minute - 24 * 60;
        assert_int_equal(
            purse_sum(p, PURSE_HANDED, "g", minute * MINUTE, 24 * 60 * MINUTE),
            want);
    }
    purse_free(p);
}

static void
it_goes_on_for_a_day_at_most(void **state)
{
    struct purse *p = purse_new();
    int64_t n;

    (void)state;
    for (int64_t at = START; at < START + 30 * HOUR; at += 30 * MINUTE)
        purse_add(p, PURSE_REFUSED, "b", at, 1);
    assert_int_equal(purse_since(p, PURSE_REFUSED, "b", START + 30 * HOUR, &n),
                     START + 6 * HOUR);
    assert_int_equal(n, 48);
    purse_free(p);
}

static void
what_it_says_to_the_team(void **state)
{
    struct purse *p = busy(50, 18, 0);
    json_t *asked = share(35, 50, NULL);
    struct purse_answer a = purse_take(p, asked, START);
    struct buf text = {0};

    (void)state;
    purse_add(p, PURSE_BY_RULE, "too broad", START, 12);
    purse_tell(p, &a, START, &text);
    assert_string_equal(
        buf_str(&text),
        "The budget \"a third\" holds hand-overs back: 18 of the 50 "
        "conversations of the last 120 minutes were handed over (36.0 %). Most "
        "by rule \"too broad\": 12 in 120 minutes.");
    buf_free(&text);
    json_decref(asked);
    purse_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_its_rate),
        cmocka_unit_test(forty_evenly_in_an_hour),
        cmocka_unit_test(a_clock_set_back_fills_nothing_and_a_token_comes_back),
        cmocka_unit_test(a_share_is_of_enough_conversations_lately),
        cmocka_unit_test(a_refused_share_takes_no_token),
        cmocka_unit_test(a_day_is_forgotten),
        cmocka_unit_test(minutes_are_counted_wherever_they_stand),
        cmocka_unit_test(it_goes_on_until_an_hour_is_without),
        cmocka_unit_test(it_goes_on_for_a_day_at_most),
        cmocka_unit_test(what_it_says_to_the_team),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
