/* Promises: by tier and priority, in the business time of the tier's calendar
 * or the group's. Policy P8, row by row. S88 S139 */
#include "unit/model/zones.h"

#include "model/calendar.h"
#include "model/sla.h"

#define MINUTE          INT64_C(60000)
#define H(hour, minute) ((hour)*3600 + (minute)*60)

struct desk {
    struct arena *arena;
    struct zone *berlin;
    struct calendar *support; /* Mon to Fri, 09:00 to 18:00 */
    struct sla_row tiers[4];
    struct sla sla;
};

static int
set_up(void **state)
{
    static const struct calendar_interval hours[] = {{H(9, 0), H(18, 0)}};
    struct desk *d = calloc(1, sizeof *d);

    d->arena = arena_new(0);
    d->berlin = zone_of("Europe/Berlin");
    d->support = calendar_new(d->arena, "support", d->berlin);
    for (int weekday = 1; weekday <= 5; weekday++)
        assert_int_equal(
            calendar_set_weekday(d->support, weekday, hours, 1, NULL), 0);
    assert_int_equal(calendar_seal(d->support, NULL), 0);
    d->tiers[0] = (struct sla_row){
        "vip", {.ms = 2 * MINUTE}, {.ms = 10 * MINUTE}, &calendar_always};
    d->tiers[1] = (struct sla_row){
        "premium", {.ms = 5 * MINUTE}, {.ms = 20 * MINUTE}, NULL};
    d->tiers[2] = (struct sla_row){
        "standard", {.ms = 10 * MINUTE}, {.ms = 60 * MINUTE}, NULL};
    d->tiers[3] = (struct sla_row){"free", {.days = 1}, {0}, NULL};
    d->sla.tiers = d->tiers;
    d->sla.tier_count = 4;
    d->sla.priorities[PRIORITY_URGENT].first_response.ms = 60 * MINUTE;
    d->sla.priorities[PRIORITY_NORMAL].first_response.ms = 24 * 60 * MINUTE;
    *state = d;
    return 0;
}

static int
tear_down(void **state)
{
    struct desk *d = *state;

    zone_free(d->berlin);
    arena_free(d->arena);
    free(d);
    return 0;
}

static const char *
gives_up(const struct desk *d, const char *tier, const char *asked,
         int64_t wait_s)
{
    return shown(sla_escalate_at(sla_tier(&d->sla, tier), d->support, at(asked),
                                 wait_s * 1000));
}

static void
test_when_the_ai_gives_up(void **state)
{
    const struct desk *d = *state;

    /* vip at 10:00, a minute of queue, limit 10 min: 10:08 */
    assert_string_equal(gives_up(d, "vip", "2026-11-24T10:00:00Z", 60),
                        "2026-11-24T10:08:00Z");
    /* the vip's calendar is always open, at night too */
    assert_string_equal(gives_up(d, "vip", "2026-11-22T03:00:00Z", 60),
                        "2026-11-22T03:08:00Z");
    /* premium on Friday 17:50: ten minutes counted, the rest on Monday */
    assert_string_equal(gives_up(d, "premium", "2026-11-20T17:50:00+01:00", 60),
                        "2026-11-23T08:08:00Z");
    /* never in closed hours, though the limit ends just after them */
    assert_string_equal(gives_up(d, "premium", "2026-11-20T17:41:00+01:00", 60),
                        "2026-11-20T16:59:00Z");
    /* asked on Sunday: Monday's hours count */
    assert_string_equal(gives_up(d, "standard", "2026-11-22T15:00:00+01:00", 0),
                        "2026-11-23T08:59:00Z");
    /* a queue longer than the limit: at once */
    assert_string_equal(gives_up(d, "vip", "2026-11-24T10:00:00Z", 3600),
                        "2026-11-24T10:00:00Z");
    assert_int_equal(sla_escalate_at(sla_tier(&d->sla, "free"), d->support,
                                     at("2026-11-24T10:00:00Z"), 0),
                     0);
    assert_null(sla_tier(&d->sla, "gold"));
    assert_null(sla_tier(&d->sla, NULL));
}

static void
test_a_limit_in_days(void **state)
{
    const struct desk *d = *state;
    struct sla_row row = {"slow", {0}, {.days = 1}, NULL};

    assert_instant(sla_escalate_at(&row, d->support, at("2026-11-20T10:00:00Z"),
                                   4 * MINUTE),
                   "2026-11-23T16:55:00Z");
}

struct due_case {
    const char *title, *tier;
    enum priority priority;
    bool office; /* the group has a calendar */
    const char *from, *due;
};

static const struct due_case due_cases[] = {
    {"nobody in particular, urgent", NULL, PRIORITY_URGENT, true,
     "2026-11-20T17:30:00+01:00", "2026-11-23T08:30:00Z"},
    {"the same without a calendar", NULL, PRIORITY_URGENT, false,
     "2026-11-20T17:30:00+01:00", "2026-11-20T17:30:00Z"},
    {"no priority is normal", NULL, PRIORITY_NONE, false,
     "2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"},
    {"a day of business time is 24 open hours", NULL, PRIORITY_NORMAL, true,
     "2026-11-23T09:00:00+01:00", "2026-11-25T14:00:00Z"},
    {"vip: sooner than urgent", "vip", PRIORITY_URGENT, true,
     "2026-11-21T12:00:00Z", "2026-11-21T12:02:00Z"},
    {"standard and normal: the tier is sooner", "standard", PRIORITY_NORMAL,
     true, "2026-11-23T09:00:00+01:00", "2026-11-23T08:10:00Z"},
    {"free: the end of the next business day", "free", PRIORITY_LOW, true,
     "2026-11-20T10:00:00+01:00", "2026-11-23T17:00:00Z"},
    {"free and urgent: the priority is sooner", "free", PRIORITY_URGENT, true,
     "2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00Z"},
    {"low: nothing is promised", NULL, PRIORITY_LOW, true,
     "2026-11-23T10:00:00Z", NULL},
    {"an unknown tier: by priority", "gold", PRIORITY_URGENT, false,
     "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"},
};

static void
test_when_an_answer_is_due(void **state)
{
    const struct desk *d = *state;

    for (size_t i = 0; i < COUNT_OF(due_cases); i++) {
        const struct due_case *c = &due_cases[i];
        int64_t due =
            sla_response_due(&d->sla, c->tier, c->priority,
                             c->office ? d->support : NULL, at(c->from));

        print_message("%s\n", c->title);
        if (c->due == NULL)
            assert_int_equal(due, 0);
        else
            assert_instant(due, c->due);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_when_the_ai_gives_up, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_a_limit_in_days, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_when_an_answer_is_due, set_up,
                                    tear_down),
};

RUN_ON_ANY_HOST(tests)
