/* Regular expressions: Unicode, limits, patterns kept in the image (S-rows of
 * `matches` in rules; promise 3 for customer text that meets a bad pattern). */
#include "try.h"

static void
captures_and_matches(void **state)
{
    (void)state;
    assert_body("return regex.match('o+', 'foo bar')", "\"oo\"");
    assert_body("return { regex.match('(\\\\d+)-(\\\\d+)', 'call 12-34 now') }",
                "[\"12\",\"34\"]");
    assert_body("return regex.match('x', 'abc') == nil", "true");
    assert_body("local a, b, c = regex.match('(a)|(b)|(c)', 'b') return "
                "{ a == nil, b, c == nil }",
                "[true,\"b\",true]");
    assert_body("return regex.match('', 'abc')", "\"\"");
    assert_body("return regex.match('^$', '')", "\"\"");
    assert_body("return #regex.match('\\\\0b', 'a\\0b')", "2");
    assert_body("return select('#', regex.match(('(a?)'):rep(40), 'a'))", "31");
    assert_body("return regex.match('a\\\\Kb', 'ab')", "\"b\"");
}

static void
text_is_unicode(void **state)
{
    (void)state;
    assert_body("return regex.match('(?i)\xc3\x84RGER', 'so viel "
                "\xc3\xa4rger')",
                "\"\xc3\xa4rger\"");
    assert_body("return regex.match('^.$', '\xf0\x9f\x91\x8d')",
                "\"\xf0\x9f\x91\x8d\"");
    assert_body("return regex.match('\\\\bf\xc3\xbc\\\\w+', 'nur f\xc3\xbcr')",
                "\"f\xc3\xbcr\"");
    /* bytes that are no UTF-8 match nothing and break nothing */
    assert_body("return regex.match('b', 'a\\xff\\xfeb')", "\"b\"");
    assert_body("return regex.match('a.b', 'a\\xffb') == nil", "true");
}

static void
bad_patterns_say_why(void **state)
{
    (void)state;
    assert_body("local ok, why = regex.test '(a' return { ok == nil, why }",
                "[true,\"missing closing parenthesis (at 3)\"]");
    assert_body("return regex.test 'a+'", "true");
    assert_body("return regex.match('(a', 'a')",
                "error: user.lua:1: regular expression: missing closing "
                "parenthesis (at 3)");
    assert_body("return (regex.test('\\\\C')) == nil", "true");
    assert_body("return (regex.test('\\xff')) == nil", "true");
    assert_body("return (regex.test(('a'):rep(5000))) == nil", "true");
    assert_body("return (regex.test(('('):rep(120) .. (')'):rep(120))) == nil",
                "true");
    assert_body("return (regex.test('((a{1,999}){1,999}){1,999}')) == nil",
                "true");
}

static void
blow_ups_end_with_the_budget(void **state)
{
    static const char *const bodies[] = {
        "return regex.match('(a+)+$', ('a'):rep(40) .. 'b')",
        "return regex.match('(a|aa)+$', ('a'):rep(60) .. 'b')",
        "return regex.match('(?:a?){30}a{30}', ('a'):rep(29))",
        "return regex.match('(x+x+)+y', ('x'):rep(50))",
        "return regex.match('^(?:(\\\\w+)\\\\s?)+$', ('word '):rep(12) .. '!')",
        "while true do regex.match('a', 'b') end",
        "while true do pcall(regex.match, '(a+)+$', ('a'):rep(40) .. 'b') end",
        "return regex.match('(?:(?:(?:.*)*)*)*x', ('a'):rep(30))",
        "return regex.match('(?R)?(a|(?R))+z', ('a'):rep(50))",
        "for i = 1, 1e6 do regex.test('a' .. i) end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        try_body(bodies[i]);
        if (try_outcome.class != SCRIPT_BUDGET &&
            try_outcome.class != SCRIPT_OK &&
            try_outcome.class != SCRIPT_MEMORY)
            fail_msg("%s: %s", bodies[i], try_say());
        assert_body("return regex.match('b+', 'abb')", "\"bb\"");
    }
    assert_body_begins(bodies[0], "budget: user.lua:1: too much work: the "
                                  "budget of pattern steps");
    assert_body_begins(bodies[5], "budget: ");
    assert_body_begins(bodies[6], "budget: ");
}

static void
long_but_honest_searches_work(void **state)
{
    (void)state;
    assert_body(
        "return regex.match('refund\\\\s+(\\\\d+)', ('word '):rep(25000) "
        ".. 'refund 42')",
        "\"42\"");
    assert_body("local n = 0 for i = 1, 3000 do if regex.match('(?i)order "
                "(\\\\d+)', 'my Order 4711 is late') then n = n + 1 end end "
                "return n",
                "3000");
}

/* Patterns compiled while loading come with the image, and those of a call go
 * with it: ten thousand calls see the same work. */
static void
patterns_live_in_the_image(void **state)
{
    static const struct try_file file = {
        "std.lua",
        "assert(regex.test '(o+)(b?)')\n"
        "return { run = function(i) assert(regex.test('x' .. i)) return { "
        "regex.match('(o+)(b?)', 'foob'), regex.match('x' .. i, 'x' .. i) } "
        "end }",
        true};
    struct sandbox_image *image = try_load(&file, 1, NULL);
    int64_t work = 0;

    (void)state;
    assert_non_null(image);
    for (int i = 0; i < 10000; i++) {
        char args[32], says[64];

        snprintf(args, sizeof args, "[%d]", 10000 + i);
        snprintf(says, sizeof says, "[\"oo\",\"x%d\"]", 10000 + i);
        assert_string_equal(try_call(image, "run", args), says);
        if (i == 0)
            work = try_outcome.instructions;
        assert_int_equal(try_outcome.instructions, work);
    }
    sandbox_image_free(image);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_and_matches),
        cmocka_unit_test(text_is_unicode),
        cmocka_unit_test(bad_patterns_say_why),
        cmocka_unit_test(blow_ups_end_with_the_budget),
        cmocka_unit_test(long_but_honest_searches_work),
        cmocka_unit_test(patterns_live_in_the_image),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
