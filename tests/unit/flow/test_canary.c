/* The guard of a canary: exact chances, how soon it trips, and how seldom it
 * is wrong. N6 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "flow/canary.h"

/* splitmix64: the same numbers in every run. */
static double
chance(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Conversations of one to four decisions, dealt by the hash; each side hands
 * over with its own rate. Decisions of the canary until it trips; 0: never. */
static int64_t
run(uint64_t seed, const double rate[CANARY_SIDES], int conversations,
    int64_t share, const struct canary_expected *x, struct canary_finding *why)
{
    struct canary_counts c = {0};

    for (int i = 0; i < conversations; i++) {
        char id[32];
        int side, moments = 1 + (int)(chance(&seed) * 4);
        bool hands_over;

        snprintf(id, sizeof id, "%llx-%d", (unsigned long long)seed, i);
        side = canary_takes("t", id, "hash", share) ? CANARY_NEW : CANARY_LIVE;
        hands_over = chance(&seed) < rate[side];
        c.side[side].conversations++;
        for (int m = 0; m < moments; m++) {
            c.side[side].decisions++;
            c.side[side].handed_over += hands_over && m == 0;
            if (side == CANARY_NEW && canary_trips(&c, x, why))
                return c.side[side].decisions;
        }
    }
    return 0;
}

/* By hand: 3 of 10 against 0 of 90, C(10,3)/C(100,3). */
static void
test_the_chance_is_the_exact_one(void **state)
{
    int64_t whole[] = {90, 10}, three[] = {0, 3}, none[] = {5, 0};
    int64_t all[] = {90, 10}, tea[] = {1, 3}, four[] = {4, 4};

    (void)state;
    assert_true(fabs(canary_chance(three, whole) - 120.0 / 161700) < 1e-12);
    assert_true(fabs(canary_chance(none, whole) - 1) < 1e-9);
    assert_true(fabs(canary_chance(all, whole) - 1) < 1e-9);
    /* Fisher's own: the lady tasting tea, 17/70. */
    assert_true(fabs(canary_chance(tea, four) - 17.0 / 70) < 1e-12);
}

/* N6: within 50 decisions of the canary, up to a live rate of 40 %. */
static void
test_it_trips_within_50_decisions(void **state)
{
    static const double live[] = {0.0, 0.05, 0.2, 0.4};
    struct canary_expected none = {0};
    struct canary_finding why = {0};

    (void)state;
    for (size_t r = 0; r < sizeof live / sizeof *live; r++)
        for (uint64_t seed = 1; seed <= 200; seed++) {
            double rate[] = {live[r], 1.0};
            int64_t at = run(seed * 7919, rate, 3000, 1000, &none, &why);

            assert_in_range(at, 1, 50);
            assert_string_equal(why.what, "hands over more");
        }
}

/* 3,000 canaries that do what the live rules do, each until 300 conversations
 * were its own: with CANARY_ERROR 0.001, three false alarms are to be expected
 * at most; the exact test errs less. */
static void
test_equal_rules_are_left_alone(void **state)
{
    static const double both[] = {0.02, 0.2, 0.5, 0.9};
    struct canary_expected none = {0};
    struct canary_finding why = {0};
    int alarms = 0, runs = 0;

    (void)state;
    for (size_t r = 0; r < sizeof both / sizeof *both; r++)
        for (uint64_t seed = 1; seed <= 750; seed++, runs++) {
            double rate[] = {both[r], both[r]};

            alarms += run(seed * 104729, rate, 3000, 1000, &none, &why) > 0;
        }
    print_message("false alarms: %d of %d canaries\n", alarms, runs);
    assert_in_range(alarms, 0, 6);
}

static void
test_what_is_expected_is_no_reason(void **state)
{
    struct canary_expected more = {.more = true}, fewer = {.fewer = true};
    struct canary_finding why = {0};
    double all[] = {0.3, 1.0}, none[] = {0.3, 0.0};

    (void)state;
    assert_int_equal(run(1, all, 3000, 1000, &more, &why), 0);
    assert_true(run(1, all, 3000, 1000, &fewer, &why) > 0);
    assert_int_equal(run(1, none, 3000, 1000, &fewer, &why), 0);
    assert_true(run(1, none, 3000, 1000, &more, &why) > 0);
    assert_string_equal(why.what, "hands over fewer");
}

static void
test_failures_and_slowness_trip(void **state)
{
    struct canary_counts c = {
        .side = {{.conversations = 90, .decisions = 90},
                 {.conversations = 10, .decisions = 10, .failed = 5}}};
    struct canary_expected none = {0};
    struct canary_finding why = {0};
    struct buf text = {0};

    (void)state;
    assert_true(canary_trips(&c, &none, &why));
    canary_tell(&why, &text);
    assert_string_equal(buf_str(&text),
                        "its rules fail: 5 of 10 against 0 of 90 (chance "
                        "3e-06)");
    buf_free(&text);
    c.looks = 0;
    c.side[CANARY_NEW].failed = 0;
    c.side[CANARY_NEW].slow = 6;
    assert_true(canary_trips(&c, &none, &why));
    assert_string_equal(why.what, "is slower");
    c.looks = 1;
    assert_false(canary_trips(&c, &none, &why)); /* not before the next ten */
}

static void
test_a_conversation_stays_on_its_side(void **state)
{
    int taken = 0, moved = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        char id[32];
        bool first;

        snprintf(id, sizeof id, "web:%d", i);
        first = canary_takes("t", id, "a", 1000);
        taken += first;
        moved += first != canary_takes("t", id, "b", 1000);
        assert_int_equal(first, canary_takes("t", id, "a", 1000));
        assert_true(!first || canary_takes("t", id, "a", 2000));
        assert_false(canary_takes("t", id, "a", 0));
    }
    assert_in_range(taken, 900, 1100);
    assert_in_range(moved, 1500, 2100); /* of others: 2 * 10 % * 90 % */
}

static void
test_counts_survive(void **state)
{
    struct canary_counts c = {.side = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}},
                              .looks = 11},
                         back;
    struct buf json = {0};

    (void)state;
    canary_json(&c, &json);
    canary_from_json(&back, buf_str(&json));
    assert_memory_equal(&c, &back, sizeof c);
    canary_from_json(&back, "{\"looks\":-3,\"live\":7}");
    assert_int_equal(back.looks, 0);
    buf_free(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_chance_is_the_exact_one),
        cmocka_unit_test(test_it_trips_within_50_decisions),
        cmocka_unit_test(test_equal_rules_are_left_alone),
        cmocka_unit_test(test_what_is_expected_is_no_reason),
        cmocka_unit_test(test_failures_and_slowness_trip),
        cmocka_unit_test(test_a_conversation_stays_on_its_side),
        cmocka_unit_test(test_counts_survive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
