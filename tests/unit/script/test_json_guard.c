/* json.decode and json.encode: whole numbers, the 2^53 border, sorted keys. */
#include "try.h"

/* A body with the JSON text in a long bracket. */
static const char *
decode(const char *json)
{
    struct buf body = {0};

    buf_addf(&body, "return json.decode [==[%s]==]", json);
    try_body(buf_str(&body));
    buf_free(&body);
    return buf_str(&try_text);
}

static const char *
again(const char *json)
{
    struct buf body = {0};

    buf_addf(&body, "return json.encode(json.decode [==[%s]==])", json);
    try_body(buf_str(&body));
    buf_free(&body);
    return buf_str(&try_text);
}

static void
whole_numbers_are_integers(void **state)
{
    (void)state;
    assert_body("local t = json.decode '[1, 1.0, -0, 1.5, 1e3, "
                "9007199254740991, -9007199254740991]' local o = {} for i, v "
                "in ipairs(t) do o[i] = math.type(v) .. ' ' .. v end return o",
                "[\"integer 1\",\"integer 1\",\"integer 0\",\"float "
                "1.5\",\"integer 1000\",\"integer "
                "9007199254740991\",\"integer -9007199254740991\"]");
    assert_body(
        "return 'tickets/' .. json.decode('{\"id\":123}').id .. '.json'",
        "\"tickets/123.json\"");
}

static void
numbers_a_float_does_not_know_are_refused(void **state)
{
    static const char *const refused[] = {
        "9007199254740992",      "9007199254740993", "-9007199254740993",
        "[9223372036854775807]", "{\"a\":1e16}",     "1e300",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_string_equal(
            decode(refused[i]),
            "error: user.lua:1: json: a number past 2^53; write it as text");
}

static void
what_is_no_json_is_refused(void **state)
{
    static const char *const refused[] = {
        "",        "nan",     "NaN",  "Infinity",   "-Infinity",   "0x10",
        "01",      "1 2",     "[1,]", "{\"a\":1,}", "{a:1}",       "'a'",
        "[1",      "{\"a\"}", "tru",  "\"\\x\"",    "\"\\ud800\"", "[1 2]",
        "// x\n1", "1e400",   "\"a",  "nul",        "-",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        decode(refused[i]);
        if (try_outcome.class != SCRIPT_ERROR)
            fail_msg("taken: %s: %s", refused[i], try_say());
    }
    assert_body_begins("return json.decode()", "error: ");
    assert_body_begins("return json.decode {}", "error: ");
    assert_body_begins("return pcall(json.decode, '[') == false", "true");
}

static void
depth_is_bounded(void **state)
{
    (void)state;
    assert_body_begins("return #json.encode(json.decode(('['):rep(64) .. "
                       "(']'):rep(64)))",
                       "128");
    assert_body_begins("json.decode(('['):rep(65) .. (']'):rep(65))",
                       "error: ");
    assert_body_begins("json.decode(('['):rep(100000))", "error: ");
    assert_body_begins("json.decode(('{\"a\":'):rep(40000))", "error: ");
    assert_body_begins("local t = {} for i = 1, 64 do t = { t } end "
                       "json.encode(t)",
                       "error: user.lua:1: json: nested too deeply");
    assert_body_begins("local t = {} t.t = t json.encode(t)",
                       "error: user.lua:1: json: nested too deeply");
}

static void
null_is_absent_or_json_null(void **state)
{
    (void)state;
    assert_string_equal(decode("{\"a\":null,\"b\":1,\"c\":{\"d\":null}}"),
                        "{\"b\":1,\"c\":{}}");
    assert_string_equal(decode("[1,null,3]"), "[1,null,3]");
    assert_string_equal(again("[1,null,3]"), "\"[1,null,3]\"");
    assert_body("return json.decode('[null]')[1] == json.null", "true");
    assert_body("return json.encode { a = json.null }", "\"{\\\"a\\\":null}\"");
}

static void
keys_are_sorted_and_lists_are_lists(void **state)
{
    (void)state;
    assert_string_equal(again("{\"b\":1,\"a\":[3,2,{\"z\":1,\"y\":2}]}"),
                        "\"{\\\"a\\\":[3,2,{\\\"y\\\":2,\\\"z\\\":1}],"
                        "\\\"b\\\":1}\"");
    assert_body("return json.encode {}", "\"{}\"");
    assert_body("return json.encode(json.list())", "\"[]\"");
    assert_body("return json.encode(json.list {})", "\"[]\"");
    assert_body("return json.encode { a = json.list() }", "\"{\\\"a\\\":[]}\"");
    /* a list that was emptied is a list still */
    assert_body("local t = json.decode '[1]' t[1] = nil return json.encode(t)",
                "\"[]\"");
    assert_body_begins("json.encode { 1, nil, 3 }", "error: user.lua:1: json:");
    assert_body_begins("json.encode { 1, a = 2 }", "error: user.lua:1: json:");
    assert_body_begins("json.encode { [{}] = 1 }", "error: user.lua:1: json:");
    assert_body_begins("json.list(setmetatable({}, {}))", "error: ");
}

static void
numbers_are_written_in_full(void **state)
{
    (void)state;
    assert_body("return json.encode { 1234567890123456, 9007199254740993, "
                "math.maxinteger, 0.1, 1.5, 1e300 }",
                "\"[1234567890123456,9007199254740993,9223372036854775807,0.1,"
                "1.5,1e+300]\"");
    assert_body_begins("json.encode(0 / 0)", "error: user.lua:1: json:");
    assert_body_begins("json.encode(1 / 0)", "error: user.lua:1: json:");
}

static void
what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    assert_body_begins("json.encode(error)",
                       "error: user.lua:1: json: a function");
    assert_body_begins("json.encode 'a\\xff'",
                       "error: user.lua:1: json: text that is not UTF-8");
    assert_body_begins("json.encode { ['\\xff'] = 1 }",
                       "error: user.lua:1: json: text that is not UTF-8");
    assert_body_begins("local t = {} for i = 1, 100 do t[i] = ('x'):rep(9999) "
                       "end json.encode(t)",
                       "error: user.lua:1: json: text too long");
}

static void
work_is_charged(void **state)
{
    (void)state;
    assert_body_begins("local s = '[' .. ('1,'):rep(50000) .. '1]' while true "
                       "do json.decode(s) end",
                       "budget: ");
    assert_body_begins("local t = {} for i = 1, 10000 do t['k' .. i] = i end "
                       "while true do json.encode(t) end",
                       "budget: ");
    assert_body_begins("local t = { [{}] = 1 } for i = 1, 2000 do t[i] = i end "
                       "while true do pcall(json.encode, t) end",
                       "budget: ");
}

/* lua-cjson's settings and memory survive being restored. */
static void
restores_are_clean(void **state)
{
    static const struct try_file file = {
        "std.lua",
        "return { run = function(s) return json.encode(json.decode(s)) end,\n"
        "  fail = function(s) return json.decode(s) end }",
        true};
    struct sandbox_image *image = try_load(&file, 1, NULL);

    (void)state;
    assert_non_null(image);
    for (int i = 0; i < 20000; i++) {
        assert_string_equal(
            try_call(image, "run",
                     "[\"{\\\"b\\\":[1,2],\\\"a\\\":\\\"x\\\"}\"]"),
            "\"{\\\"a\\\":\\\"x\\\",\\\"b\\\":[1,2]}\"");
        try_call(image, "fail", "[\"[[[1,2\"]");
        assert_int_equal(try_outcome.class, SCRIPT_ERROR);
    }
    sandbox_image_free(image);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_integers),
        cmocka_unit_test(numbers_a_float_does_not_know_are_refused),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(null_is_absent_or_json_null),
        cmocka_unit_test(keys_are_sorted_and_lists_are_lists),
        cmocka_unit_test(numbers_are_written_in_full),
        cmocka_unit_test(what_cannot_be_written_is_refused),
        cmocka_unit_test(work_is_charged),
        cmocka_unit_test(restores_are_clean),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
