/* Which policies may look at a wait that is under way: their walk takes every
 * turn of its own (N1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/policy.h"
#include "script/set.h"

static bool
sees(const char *name, const char *text)
{
    struct script_set *set = script_set_new("policy");
    struct err e = {0};
    bool may;

    assert_int_equal(script_set_prelude(set, "rules/std", &e), 0);
    assert_int_equal(script_set_add(set, name, text, strlen(text), &e), 0);
    script_set_seal(set);
    may = policy_may_see_waits(set);
    script_set_release(set);
    return may;
}

static void
told_by_their_text(void **state)
{
    static const struct {
        const char *text;
        bool may;
    } cases[] = {
        {"", false},
        {"-- waiting, state", false},
        {"--[[ c.waiting\n c.state ]] local x = 1", false},
        {"--[==[ ]] c.waiting ]==] local x = 1", false},
        {"--[[ open for ever: c.waiting", false},
        {"--[[ a ]] return c.waiting", true},
        {"--[ no block\nreturn c.waiting", true},
        {"return c.waiting_room, c.estate, c.states", false},
        {"return c.waiting", true},
        {"return c[\"state\"]", true},
        {"for k in pairs(c) do end", true},
        {"for k in pairs (c) do end", true},
        {"for k in pairs(c or {}) do end", true},
        {"for i in ipairs(c) do end", false},
        {"for k in pairs(team.beside[group] or {}) do end", false},
        {"return rawget(c, name)", true},
        {"return json.encode(c)", true},
        {"local key = 'wait' .. 'ing' return c[key]", true},
        {"return c [ ('wait' .. 'ing') ]", true},
        {"return c.customer[key]", false},
        {"return c.messages[#c.messages], c[1]", false},
        {"local by = { a = 1 } return by[c.channel]", false},
        {"local by = 1, bye = { a = 1 } return by[c.channel]", true},
        {"by={} by[c.channel] = 1", false},
        {"return next(c)", true},
        {"for k, v in next, c do end", true},
        {"return c.next_step .. 'do the next step'", false},
        {"return f[[text]], f[=[text]=]", false},
        {"return c[", false},
        {"return 1 - - 1 -- state", false},
        {"x = a-", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (sees("a.lua", cases[i].text) != cases[i].may)
            fail_msg("%s", cases[i].text);
    assert_false(sees("names.txt", "waiting"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told_by_their_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
