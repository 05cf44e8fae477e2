/*
 * test_uncounted: a call that is tried without counting ends as one that is
 * counted from the start, whatever it does.
 */
#include "unit/script/try.h"

#include <signal.h>
#include <sys/time.h>

static const char *const bodies[] = {
    "return 1",
    "local n = 0 for i = 1, 5000 do n = n + #tostring(i) end return n",
    "error('no')",
    "error({ message = 'no' })",
    "return nil + 1",
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "xpcall(function() while true do end end, function() while true do end "
    "end) return 'out'",
    "local mt = { __close = function() while true do end end } "
    "local g <close> = setmetatable({}, mt) while true do end",
    "pcall(table.sort, { 1, 2 }, function() while true do end end) "
    "return 'out'",
    "local n = 0 for i = 1, 60000 do n = n + i % 7 end return n",
    "local n = 0 for i = 1, 240000 do n = n + i % 7 end return n",
    "local n = 0 for i = 1, 260000 do n = n + i % 7 end return n",
    "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end "
    "return f(6000)",
    "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end "
    "return f(4000)",
    "local function f() return f() end return f()",
    /* More memory than may be, and much that is garbage. */
    "local t = {} while true do t[#t + 1] = {} end",
    "local n = 0 for i = 1, 2000 do n = n + #('x'):rep(10000) end return n",
    "return ('x'):rep(300000)",
    "local s = ('x'):rep(200000) while true do s:find('y', 1, true) end",
    "return ('a'):rep(3000):find(('a*'):rep(20) .. 'b')",
    "return function() end",
};

#define BODIES (sizeof bodies / sizeof bodies[0])

static void
on_timer(int signal)
{
    (void)signal;
    sandbox_count(try_sandbox);
}

/* Every so often, as no single call is told apart here: early is fine. */
static void
set_timer(int64_t us)
{
    struct itimerval t = {.it_interval = {0, (suseconds_t)us},
                          .it_value = {0, (suseconds_t)us}};

    setitimer(ITIMER_REAL, &t, NULL);
}

static char counted[BODIES][2048];

static void
note_counted(void)
{
    for (size_t i = 0; i < BODIES; i++) {
        try_body(bodies[i]);
        snprintf(counted[i], sizeof counted[i], "%s at %s", try_say(),
                 try_outcome.where ? try_outcome.where : "-");
    }
}

static void
outcomes_do_not_depend_on_it(void **state)
{
    char uncounted[2048];

    (void)state;
    note_counted();
    sandbox_try_uncounted(try_sandbox);
    set_timer(sandbox_uncounted_us(&try_limits));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < BODIES; i++) {
            try_body(bodies[i]);
            snprintf(uncounted, sizeof uncounted, "%s at %s", try_say(),
                     try_outcome.where ? try_outcome.where : "-");
            assert_string_equal(uncounted, counted[i]);
        }
    }
    set_timer(0);
}

/* Or the test above would show nothing. */
static void
short_calls_are_not_counted(void **state)
{
    (void)state;
    try_body("local n = 0 for i = 1, 60000 do n = n + i % 7 end return n");
    assert_int_equal(try_outcome.class, SCRIPT_OK);
    assert_in_range(try_outcome.instructions, 0, 5000);
    /* What only counting finds is looked for by its size. */
    assert_body_begins("local function f(n) return n == 0 and 0 or 1 + f(n - 1)"
                       " end return f(6000)",
                       "error: user.lua:1: stack overflow: ");
    try_limits.instructions = 1000; /* there is no time to try it in */
    assert_body_begins("while true do end", "budget: ");
    try_limits = script_limits_default[SCRIPT_DECIDE];
}

/* Half of the budget is left when it begins to count. */
static void
the_time_fits_the_budget(void **state)
{
    struct script_limits limits = script_limits_default[SCRIPT_DECIDE];

    (void)state;
    assert_int_equal(sandbox_uncounted_us(&limits), 500);
    limits.instructions = 400000;
    assert_int_equal(sandbox_uncounted_us(&limits), 200);
    limits.instructions = 20000; /* no timer is so exact */
    assert_int_equal(sandbox_uncounted_us(&limits), 0);
    limits.instructions = INT64_C(1) << 40;
    assert_int_equal(sandbox_uncounted_us(&limits), 1000);
    limits.instructions = 1; /* it is counted from the start */
    assert_int_equal(sandbox_uncounted_us(&limits), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_fits_the_budget),
        cmocka_unit_test(outcomes_do_not_depend_on_it),
        cmocka_unit_test(short_calls_are_not_counted),
    };

    signal(SIGALRM, on_timer);
    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
