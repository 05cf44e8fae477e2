/*
 * Values in and out of scripts: exact integers, sorted keys, lists that stay
 * lists, limits, and hostile bytes and tables (corpus 32, 33).
 */
#include "try.h"

#include <math.h>

/* Bytes in, bytes out through a function that returns its argument. */
static struct sandbox_image *echo;

static int
open_echo(void **state)
{
    static const struct try_file file = {
        "std.lua",
        "local function kind(v) return math.type(v) or type(v) end\n"
        "return { run = function(x) return x end,\n"
        "  count = function(...) return select('#', ...) end,\n"
        "  list = function(...) return { ... } end,\n"
        "  change = function(t) t.a = 9 t.list[1].n = 9 t.list[5] = 9 return t "
        "end,\n"
        "  kind = kind, keys = function(t) local o = {} for k in pairs(t) do "
        "o[#o + 1] = k end return o end }",
        true};

    try_setup(state);
    echo = try_load(&file, 1, NULL);
    assert_non_null(echo);
    return 0;
}

static int
close_echo(void **state)
{
    sandbox_image_free(echo);
    return try_teardown(state);
}

static void
call_raw(const char *function, const void *bytes, size_t n)
{
    buf_clear(&try_packed);
    sandbox_call(try_sandbox, echo, function, bytes, n, &try_limits,
                 &try_packed, &try_outcome);
}

static void
integers_are_exact(void **state)
{
    static const int64_t numbers[] = {0,
                                      1,
                                      -1,
                                      31,
                                      -32,
                                      -33,
                                      127,
                                      128,
                                      -128,
                                      -129,
                                      255,
                                      256,
                                      32767,
                                      -32768,
                                      -32769,
                                      65535,
                                      65536,
                                      2147483647,
                                      INT64_C(-2147483648),
                                      INT64_C(-2147483649),
                                      INT64_C(4294967295),
                                      INT64_C(4294967296),
                                      INT64_C(9007199254740993),
                                      INT64_C(-9007199254740993),
                                      INT64_MAX,
                                      INT64_MIN};
    struct buf args = {0};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_clear(&args);
        pack_array(&args, 1);
        pack_int(&args, numbers[i]);
        call_raw("run", args.data, args.len);
        assert_int_equal(try_packed.len, args.len - 1);
        assert_memory_equal(try_packed.data, args.data + 1, try_packed.len);
        call_raw("kind", args.data, args.len);
        assert_string_equal(try_say(), "\"integer\"");
    }
    buf_free(&args);
}

static void
floats_stay_floats(void **state)
{
    static const double numbers[] = {0.5, 5.0, -1e300, 2.2250738585072014e-308,
                                     0.1};
    struct buf args = {0};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_clear(&args);
        pack_array(&args, 1);
        pack_num(&args, numbers[i]);
        call_raw("run", args.data, args.len);
        assert_int_equal(try_packed.len, args.len - 1);
        assert_memory_equal(try_packed.data, args.data + 1, try_packed.len);
        call_raw("kind", args.data, args.len);
        assert_string_equal(try_say(), "\"float\"");
    }
    buf_free(&args);
    call_raw("run", "\x91\xca\x3f\x00\x00\x00", 6);
    assert_string_equal(try_say(), "0.5");
    call_raw("kind", "\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    assert_string_equal(try_say(), "\"float\"");
}

static void
values_come_back_as_they_went(void **state)
{
    static const char *const values[] = {
        "null",
        "true",
        "false",
        "\"\"",
        "\"text\"",
        "[]",
        "{}",
        "[[],{},[[]]]",
        "[1,null,3]",
        "[null]",
        "[null,null,1,null]",
        "{\"a\":1,\"b\":[1,2,{\"c\":\"d\"}]}",
        "[\"0123456789012345678901234567890123456789\"]",
        "{\"\":1,\"A\":2,\"B\":3,\"a\":4,\"\xc3\xa4\":5}",
        "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]",
    };
    char args[512];

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        snprintf(args, sizeof args, "[%s]", values[i]);
        assert_string_equal(try_call(echo, "run", args), values[i]);
    }
    assert_string_equal(try_call(echo, "run", "[{\"a\":null,\"b\":1}]"),
                        "{\"b\":1}");
}

static void
arguments_keep_their_places(void **state)
{
    (void)state;
    assert_string_equal(try_call(echo, "count", "[]"), "0");
    assert_string_equal(try_call(echo, "count", "[null,1,null]"), "3");
    assert_string_equal(
        try_call(echo, "count", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"),
        "17");
}

/* Short strings that come again, among others of the same length and ends. */
static void
many_arguments_keep_their_order(void **state)
{
    struct buf json = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        buf_addf(&json, "%s\"a%03db\",{\"key%d\":\"a%03db\"}",
                 i > 0 ? "," : "[", i * 7 % 50, i % 90, i * 3 % 50);
    buf_addc(&json, ']');
    assert_string_equal(try_call(echo, "list", buf_str(&json)), buf_str(&json));
    buf_free(&json);
}

/* The same table, whatever order its keys came in: the same bytes. */
static void
keys_are_sorted(void **state)
{
    struct buf first = {0};

    (void)state;
    try_body("local t = {} for i = 1, 40 do t['k' .. i] = i end return t");
    buf_add(&first, try_packed.data, try_packed.len);
    try_body("local t = {} for i = 40, 1, -1 do t['k' .. i] = i end return t");
    assert_int_equal(try_packed.len, first.len);
    assert_memory_equal(try_packed.data, first.data, first.len);
    assert_body("return { b = 1, a = 2, ab = 3, [''] = 4, B = 5 }",
                "{\"\":4,\"B\":5,\"a\":2,\"ab\":3,\"b\":1}");
    assert_memory_equal(try_packed.data,
                        "\x85\xa0\x04\xa1"
                        "B\x05\xa1"
                        "a\x02\xa2"
                        "ab\x03\xa1"
                        "b\x01",
                        16);
    buf_free(&first);
}

static void
results_that_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"return function() end", "bad_result: the result: a function"},
        {"return { a = { function() end } }",
         "bad_result: the result.a[1]: a function"},
        {"return { a = setmetatable({}, {}) }",
         "bad_result: the result.a: a table with a metatable"},
        {"return { 1, nil, 3 }", "bad_result: the result: a table that is"},
        {"return { 1, x = 2 }", "bad_result: the result: a table that is"},
        {"return { [{}] = 2 }", "bad_result: the result: a table that is"},
        {"return { [true] = 2 }", "bad_result: the result: a table that is"},
        {"return { [1.5] = 2 }", "bad_result: the result: a table that is"},
        {"return { [2] = 2 }", "bad_result: the result: a table that is"},
        {"return { [0] = 1, 2 }", "bad_result: the result: a table that is"},
        {"return { x = 0 / 0 }", "bad_result: the result.x: a number that is"},
        {"return { x = 1 / 0 }", "bad_result: the result.x: a number that is"},
        {"return { x = 'a\\xffb' }", "bad_result: the result.x: text that is "
                                     "not UTF-8"},
        {"return { ['a\\xff'] = 1 }", "bad_result: the result."},
        {"return {{{{{{{}}}}}}}", "bad_result: the result[1][1][1][1][1][1]: "
                                  "nested too deeply"},
        {"local t = {} for i = 1, 501 do t[i] = i end return t",
         "bad_result: the result: too many values"},
        {"local t = {} for i = 1, 499 do t['k' .. i] = { 1 } end return t",
         "bad_result: the result."},
        {"return ('x'):rep(65536)", "bad_result: the result: too long"},
        {"return { ('x'):rep(40000), ('x'):rep(40000) }",
         "bad_result: the result[2]: too long"},
        {"local d = {} d.self = d return d",
         "bad_result: the result.self.self.self.self.self.self: nested too "
         "deeply"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_body_begins(cases[i][0], cases[i][1]);
}

static void
results_at_the_limit(void **state)
{
    (void)state;
    assert_body("return {{{{{{}}}}}}", "[[[[[{}]]]]]");
    assert_body_begins("local t = {} for i = 1, 499 do t[i] = i end return t",
                       "[1,2,3");
    assert_body_begins("return ('x'):rep(65000)", "\"xxx");
}

static void
metamethods_are_never_asked(void **state)
{
    (void)state;
    assert_body_begins("local function spin() while true do end end "
                       "local mt = { __index = spin, __len = spin, __pairs = "
                       "spin, __eq = spin } return setmetatable({ 1 }, mt)",
                       "bad_result: the result: a table with a metatable");
    assert_body_begins("local function spin() while true do end end "
                       "return { a = setmetatable({}, { __index = spin }) }",
                       "bad_result: ");
}

/* The trace has a cap of its own; a limit of 0 makes it a member like any
 * other. */
static void
the_trace_has_its_own_cap(void **state)
{
    static const char many[] = "local t = {} for i = 1, 5000 do t[i] = i end "
                               "return { action = 'keep', trace = t }";

    (void)state;
    assert_body_begins(many, "{\"action\":\"keep\",\"trace\":[1,2,3");
    assert_body_begins("local t = {} for i = 1, 5000 do t[i] = i end "
                       "return { x = { trace = t } }",
                       "bad_result: the result.x.trace: too many");
    assert_body_begins("local t = {} for i = 1, 30 do t = { t } end "
                       "return { trace = t }",
                       "{\"trace\":[[[[");
    assert_body_begins("local t = {} for i = 1, 60 do t = { t } end "
                       "return { trace = t }",
                       "bad_result: the result.trace[1][1]");
    assert_body_begins("local t = {} for i = 1, 20001 do t[i] = i end "
                       "return { trace = t }",
                       "bad_result: the result.trace: too many values");
    try_limits.trace_nodes = 0;
    assert_body_begins(many, "bad_result: the result.trace: too many values");
    try_limits = script_limits_default[SCRIPT_DECIDE];
}

static void
nothing_is_written_on_failure(void **state)
{
    struct buf out = {0}, args = {0};

    (void)state;
    buf_adds(&out, "kept");
    try_pack(&args, "[[1,2,3,[4,[5,[6,[7,[8,[9]]]]]]]]");
    sandbox_call(try_sandbox, echo, "run", args.data, args.len, &try_limits,
                 &out, &try_outcome);
    assert_int_equal(try_outcome.class, SCRIPT_BAD_RESULT);
    assert_string_equal(buf_str(&out), "kept");
    buf_free(&out);
    buf_free(&args);
}

/* Every prefix and every changed byte of an argument is read or refused. */
static void
malformed_arguments_are_errors(void **state)
{
    static const char *const wrong[] = {"\x92\x01",
                                        "\x81\x01\x02",
                                        "\x91\xc1",
                                        "\x91\xc7\x01\x01x",
                                        "\x91\xd4\x01x",
                                        "\x91\xdd\xff\xff\xff\xff",
                                        "\x91\xdf\xff\xff\xff\xff",
                                        "\x91\xdb\xff\xff\xff\xff",
                                        "\x91\x81\xc0\x01",
                                        "\x91\x01\x01",
                                        "\xdd\xff\xff\xff\xff",
                                        "\x01"};
    struct buf args = {0};
    uint32_t seed = 7;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        call_raw("count", wrong[i], strlen(wrong[i]));
        assert_int_equal(try_outcome.class, SCRIPT_ERROR);
    }
    try_pack(&args, "[{\"a\":[1,2.5,\"text\",null,true,{\"b\":70000}],\"c\":"
                    "-70000,\"d\":\"0123456789012345678901234567890123456789"
                    "\"}]");
    for (size_t n = 0; n < args.len; n++) {
        call_raw("count", args.data, n);
        assert_int_equal(try_outcome.class, SCRIPT_ERROR);
    }
    for (int i = 0; i < 20000; i++) {
        size_t at = (seed = seed * 1664525u + 1013904223u) % args.len;
        char kept = args.data[at];

        args.data[at] = (char)(seed >> 13);
        call_raw("run", args.data, args.len);
        args.data[at] = kept;
    }
    call_raw("count", args.data, args.len);
    assert_string_equal(try_say(), "1");
    buf_free(&args);
}

static void
deep_arguments_are_refused(void **state)
{
    struct buf args = {0};

    (void)state;
    for (int i = 0; i < 64; i++)
        pack_array(&args, 1);
    pack_array(&args, 0);
    call_raw("count", args.data, args.len);
    assert_string_equal(try_say(), "1");
    buf_clear(&args);
    for (int i = 0; i < 100000; i++)
        pack_array(&args, 1);
    pack_array(&args, 0);
    call_raw("count", args.data, args.len);
    assert_int_equal(try_outcome.class, SCRIPT_ERROR);
    buf_free(&args);
}

static void
long_conversations_fit(void **state)
{
    struct buf json = {0};

    (void)state;
    buf_adds(&json, "[[");
    for (int i = 0; i < 500; i++)
        buf_addf(&json, "%s{\"seq\":%d,\"text\":\"%0200d\"}", i ? "," : "", i,
                 i);
    buf_adds(&json, "]]");
    assert_string_equal(try_call(echo, "count", buf_str(&json)), "1");
    assert_in_range(try_outcome.peak, 100000, 1000000);
    buf_free(&json);
}

/* --- what calls share --- */

/* What is shared: { a = 1, list of its own } and three items. */
static void
share(const char *json)
{
    struct buf packed = {0};

    try_pack(&packed, json);
    sandbox_share(try_sandbox, echo, packed.data, packed.len, &try_limits,
                  &try_outcome);
    buf_free(&packed);
}

/* The function of the shared map with the members of the JSON object, and as
 * its `list` so many of the shared items. */
static const char *
call_shared(const char *function, const char *key, size_t first, size_t count)
{
    struct buf args = {0};

    pack_array(&args, 1);
    pack_shared_map(&args);
    pack_map(&args, 2);
    pack_member_int(&args, key, 2);
    pack_cstr(&args, "list");
    pack_shared_list(&args, first, count);
    call_raw(function, args.data, args.len);
    buf_free(&args);
    return try_say();
}

#define SHARED "[{\"a\":1},[{\"n\":1},{\"n\":2},{\"n\":3}]]"

static void
calls_share_what_was_pushed_once(void **state)
{
    (void)state;
    share(SHARED);
    assert_int_equal(try_outcome.class, SCRIPT_OK);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(call_shared("run", "b", 0, 2),
                            "{\"a\":1,\"b\":2,\"list\":[{\"n\":1},{\"n\":2}]}");
        assert_string_equal(call_shared("run", "a", 1, 2),
                            "{\"a\":2,\"list\":[{\"n\":2},{\"n\":3}]}");
        assert_string_equal(call_shared("run", "c", 3, 0),
                            "{\"a\":1,\"c\":2,\"list\":[]}");
        /* A call changes nothing for the next one. */
        assert_string_equal(call_shared("change", "b", 0, 1),
                            "bad_result: the result.list: a table that is "
                            "neither a list (1, 2, "
                            "3 ...) nor a map with names only");
    }
    sandbox_forget(try_sandbox);
}

static void
what_is_not_shared_cannot_be_named(void **state)
{
    static const char nothing[] = "error: malformed MessagePack";

    (void)state;
    assert_string_equal(call_shared("run", "b", 0, 1), nothing);
    share(SHARED);
    assert_string_equal(call_shared("run", "b", 0, 4), nothing);
    assert_string_equal(call_shared("run", "b", 4, 0), nothing);
    assert_string_equal(call_shared("run", "b", 0xffffffff, 0xffffffff),
                        nothing);
    assert_string_equal(call_shared("run", "b", 0, 3),
                        "{\"a\":1,\"b\":2,\"list\":[{\"n\":1},{\"n\":2},"
                        "{\"n\":3}]}");
    call_raw("run", "\x91\xc7\x00\x01", 4); /* no map behind it */
    assert_string_equal(try_say(), nothing);
    call_raw("run", "\x91\xc7\x00\x01\x05", 5);
    assert_string_equal(try_say(), nothing);
    call_raw("run", "\x91\xc7\x01\x01\x05", 5);
    assert_string_equal(try_say(), nothing);
    call_raw("run", "\x91\xd7\x03\0\0\0\0\0\0\0\0", 11);
    assert_string_equal(try_say(), nothing);
    call_raw("run", "\x91\xd7\x02\0\0\0\0", 7);
    assert_string_equal(try_say(), nothing);
    sandbox_forget(try_sandbox);
    assert_string_equal(call_shared("run", "b", 0, 1), nothing);
}

static void
what_cannot_be_shared_is_refused(void **state)
{
    static const char *const wrong[] = {"{}",     "[]",      "[{}]",
                                        "[{},5]", "[[],[]]", "[{},[],1]"};
    struct script_limits limits = try_limits;
    struct buf json = {0};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        share(wrong[i]);
        assert_int_equal(try_outcome.class, SCRIPT_ERROR);
        assert_string_equal(call_shared("run", "b", 0, 0),
                            "error: malformed MessagePack");
    }
    buf_adds(&json, "[{},[");
    for (int i = 0; i < 2000; i++)
        buf_addf(&json, "%s{\"n\":%d}", i > 0 ? "," : "", i);
    buf_adds(&json, "]]");
    try_limits.heap = sandbox_image_size(echo) + 50000;
    share(buf_str(&json));
    assert_int_equal(try_outcome.class, SCRIPT_MEMORY);
    try_limits = limits;
    assert_string_equal(try_call(echo, "run", "[7]"), "7");
    assert_in_range(try_outcome.instructions, 0, 100);
    share(buf_str(&json));
    assert_int_equal(try_outcome.class, SCRIPT_OK);
    /* Each call is charged for it. */
    call_shared("run", "b", 0, 1);
    assert_in_range(try_outcome.instructions, 500, 1000);
    sandbox_forget(try_sandbox);
    buf_free(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(floats_stay_floats),
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(arguments_keep_their_places),
        cmocka_unit_test(many_arguments_keep_their_order),
        cmocka_unit_test(keys_are_sorted),
        cmocka_unit_test(results_that_are_refused),
        cmocka_unit_test(results_at_the_limit),
        cmocka_unit_test(metamethods_are_never_asked),
        cmocka_unit_test(the_trace_has_its_own_cap),
        cmocka_unit_test(nothing_is_written_on_failure),
        cmocka_unit_test(malformed_arguments_are_errors),
        cmocka_unit_test(deep_arguments_are_refused),
        cmocka_unit_test(long_conversations_fit),
        cmocka_unit_test(calls_share_what_was_pushed_once),
        cmocka_unit_test(what_is_not_shared_cannot_be_named),
        cmocka_unit_test(what_cannot_be_shared_is_refused),
    };

    return cmocka_run_group_tests(tests, open_echo, close_echo);
}
