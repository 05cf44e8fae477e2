/* When somebody is told that nobody took a ticket: by group, in its business
 * time. S149 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/config.h"
#include "flow/lifecycle.h"
#include "flow/zones.h"
#include "model/calendar.h"

#define MINUTE 60000

static int64_t
at(const char *text)
{
    int64_t ms;

    assert_true(clock_parse(text, strlen(text), &ms));
    return ms;
}

static void
add_groups(struct config *c)
{
    static const struct calendar_interval hours[] = {{9 * 3600, 18 * 3600}};
    struct config_group *g = arena_array(c->arena, 3, sizeof *g);
    struct calendar *to =
        calendar_new(c->arena, "office", zones_find(c->zones, "Europe/Berlin"));

    for (int weekday = 1; weekday <= 5; weekday++)
        assert_int_equal(calendar_set_weekday(to, weekday, hours, 1, NULL), 0);
    assert_int_equal(calendar_seal(to, NULL), 0);
    g[0].name = "support";
    g[1].name = "billing";
    g[1].calendar = to;
    g[1].unassigned.after_ms = 15 * MINUTE;
    g[2].name = "legal";
    g[2].unassigned.then_group = "billing";
    c->group_times = g;
    c->group_count = 3;
}

static void
test_alarms(void **state)
{
    struct config *c = config_default();
    int64_t friday = at("2026-11-20T16:50:00Z"); /* 17:50 in Berlin */

    (void)state;
    add_groups(c);
    assert_int_equal(lifecycle_alarm_at(c, "support", friday), 0);
    assert_int_equal(lifecycle_alarm_at(c, "billing", friday),
                     at("2026-11-23T08:05:00Z"));
    c->tickets.unassigned.after_ms = 30 * MINUTE;
    c->tickets.unassigned.then_group = "support";
    assert_int_equal(lifecycle_alarm_at(c, "support", friday),
                     friday + 30 * MINUTE);
    assert_int_equal(lifecycle_alarm_at(c, "of nobody", friday),
                     friday + 30 * MINUTE);
    assert_int_equal(lifecycle_alarm_at(c, NULL, friday), friday + 30 * MINUTE);
    assert_int_equal(lifecycle_alarm_at(c, "billing", friday),
                     at("2026-11-23T08:05:00Z"));
    assert_string_equal(config_unassigned(c, "billing").then_group, "support");
    assert_string_equal(config_unassigned(c, "legal").then_group, "billing");
    assert_int_equal(config_unassigned(c, "legal").after_ms, 30 * MINUTE);
    config_free(c);
}

/* What holds when nothing is said. */
static void
test_defaults(void **state)
{
    struct config *c = config_default();

    (void)state;
    assert_int_equal(c->tickets.reopen_ms, 72LL * 60 * MINUTE);
    assert_int_equal(c->tickets.unassigned.after_ms, 0);
    assert_int_equal(c->helpdesks[0].follow_ms, 5 * MINUTE);
    config_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
