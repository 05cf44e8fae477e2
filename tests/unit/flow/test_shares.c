/* When too many hand-overs are urgent. S183 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/backtest_shares.h"

static void
more_than_one_in_twenty_is_too_many(void **state)
{
    (void)state;
    assert_false(shares_urgent_too_often(1, 20));
    assert_true(shares_urgent_too_often(2, 20));
    assert_false(shares_urgent_too_often(2, 40));
    assert_true(shares_urgent_too_often(3, 40));
    assert_true(shares_urgent_too_often(3, 59));
    assert_false(shares_urgent_too_often(3, 60));
}

static void
of_a_few_nobody_can_say(void **state)
{
    (void)state;
    assert_false(shares_urgent_too_often(0, 0));
    assert_false(shares_urgent_too_often(19, 19));
    assert_true(shares_urgent_too_often(20, 20));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_one_in_twenty_is_too_many),
        cmocka_unit_test(of_a_few_nobody_can_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
