/* When to try again: full jitter up to a cap, hourly after a day, Retry-After
 * first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/backoff.h"

#define HOUR_MS INT64_C(3600000)

/* Each try's delay reaches from 0 to its whole span, never beyond. */
static void
test_full_jitter(void **state)
{
    static const int64_t spans[] = {1000,   2000,   4000,   8000,
                                    16000,  32000,  64000,  128000,
                                    256000, 512000, 900000, 900000};

    (void)state;
    for (unsigned i = 0; i < sizeof spans / sizeof *spans; i++) {
        assert_int_equal(backoff_delay_ms(i, 0, 0), 0);
        assert_int_equal(backoff_delay_ms(i, 0, (uint64_t)spans[i]), spans[i]);
        assert_int_equal(backoff_delay_ms(i, 0, (uint64_t)spans[i] + 1), 0);
        for (uint64_t r = 1; r != 0; r = r << 7 | 1) {
            int64_t ms = backoff_delay_ms(i, 0, r);

            assert_true(ms >= 0 && ms <= spans[i]);
            if (r >> 56 != 0)
                break;
        }
    }
    assert_true(backoff_delay_ms(UINT32_MAX, 0, UINT64_MAX) <= 900000);
}

static void
test_hourly_after_a_day(void **state)
{
    (void)state;
    assert_true(backoff_delay_ms(90, 24 * HOUR_MS - 1, 5) <= 900000);
    assert_int_equal(backoff_delay_ms(0, 24 * HOUR_MS, 5), HOUR_MS);
    assert_int_equal(backoff_delay_ms(90, BACKOFF_HORIZON_MS, 5), HOUR_MS);
}

/* At least what was asked for, at most a tenth more; an hour at most. */
static void
test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(backoff_retry_after_ms(30, 0), 30000);
    assert_int_equal(backoff_retry_after_ms(30, 3000), 33000);
    assert_int_equal(backoff_retry_after_ms(30, 3001), 30000);
    assert_int_equal(backoff_retry_after_ms(0, UINT64_MAX), 0);
    assert_int_equal(backoff_retry_after_ms(-5, 7), 0);
    assert_int_equal(backoff_retry_after_ms(INT64_MAX, 0), HOUR_MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_jitter),
        cmocka_unit_test(test_hourly_after_a_day),
        cmocka_unit_test(test_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
