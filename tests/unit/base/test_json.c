#include "unit/base/base.h"

#include <float.h>
#include <math.h>

#include "base/json.h"

static json_t *
parsed(const char *text)
{
    struct err e;
    json_t *value = json_read(text, strlen(text), &e);

    if (value == NULL)
        fail_msg("%s: %s", text, e.text);
    return value;
}

static void
good_text_is_read(void **state)
{
    static const char *const cases[] = {
        "{}",
        "[]",
        "null",
        "true",
        "\"\"",
        "0",
        "-1.5",
        "{\"a\":[1,2,{\"b\":null}]}",
        "9223372036854775807",
        "-9223372036854775808",
        " [ 1 ] \n",
        "\"\\ud83d\\ude00\"",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        json_decref(parsed(cases[i]));
}

static void
bad_text_is_refused(void **state)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"", "ends too early"},
        {"{", "ends too early"},
        {"{\"a\":1}x", "behind"},
        {"{} {}", "behind"},
        {"{\"a\":1,\"a\":1}", "twice"},
        {"{\"a\":{\"b\":1,\"b\":2}}", "twice"},
        {"\"\xC3\"", "UTF-8"},
        {"\"\xED\xA0\x80\"", "UTF-8"},
        {"\"\\ud800\"", "JSON"},
        {"\"a\\u0000b\"", "NUL"},
        {"{\"a\\u0000b\":1}", "NUL"},
        {"9223372036854775808", "too large"},
        {"-9223372036854775809", "too large"},
        {"1e999", "too large"},
        {"[1,]", "not valid"},
        {"{a:1}", "not valid"},
        {"'a'", "not valid"},
        {"NaN", "not valid"},
        {"01", "JSON"},
        {"\xEF\xBB\xBF{}", "JSON"},
        {"\"a\nb\"", "not valid"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (json_read(cases[i].text, strlen(cases[i].text), &e) != NULL)
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(e.class, ERR_INPUT);
        if (strstr(e.text, cases[i].word) == NULL)
            fail_msg("%s: %s", cases[i].text, e.text);
    }
    assert_null(json_read(NULL, 0, &e));
    assert_null(json_read("{}\0", 3, &e));
    assert_null(json_read("{", 1, NULL));
}

static void
errors_name_the_place_and_not_the_text(void **state)
{
    static const char text[] = "{\n  \"card\": 4111111111111111 4711secret\n}";
    struct err e;

    (void)state;
    assert_null(json_read(text, sizeof(text) - 1, &e));
    assert_non_null(strstr(e.text, "line 2, column"));
    assert_null(strstr(e.text, "4111"));
    assert_null(strstr(e.text, "secret"));
}

static json_t *
nested(const char *open, const char *close, int depth)
{
    struct buf b = {0};
    struct err e;
    json_t *value;

    for (int i = 0; i < depth; i++)
        buf_adds(&b, open);
    buf_adds(&b, "1");
    for (int i = 0; i < depth; i++)
        buf_adds(&b, close);
    value = json_read(b.data, b.len, &e);
    if (value == NULL)
        assert_int_equal(e.class, ERR_INPUT);
    buf_free(&b);
    return value;
}

static void
depth_is_limited(void **state)
{
    json_t *value;

    (void)state;
    for (int depth = 60; depth <= 64; depth++) {
        json_decref(nested("[", "]", depth));
        value = nested("{\"a\":", "}", depth);
        assert_non_null(value);
        json_decref(value);
    }
    assert_null(nested("[", "]", 65));
    assert_null(nested("{\"a\":", "}", 65));
    assert_null(nested("[", "]", 1000000));
    assert_null(nested("[", "", 1000000));
    /* Brackets in strings are text. */
    value = nested("[\"[[[[[{{{{{\\\"[[[[\\\\\",", "]", 64);
    assert_non_null(value);
    json_decref(value);
    /* A quote that is no string's beginning cannot hide depth. */
    assert_null(nested("\"\\\"\"[", "]", 65));
}

/* Any bytes: read or refused, never more. */
static void
any_bytes_are_survived(void **state)
{
    static const char alphabet[] = "{}[]\",:\\u0019eE+-.truefalsnl \n\xC3\xA4";
    uint64_t seed = 23;
    char text[64];
    int read = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t n = next_random(&seed) % 12;
        char *exact = malloc(n == 0 ? 1 : n);
        json_t *value;

        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
        memcpy(exact, text, n);
        value = json_read(exact, n, NULL);
        read += value != NULL;
        json_decref(value);
        free(exact);
    }
    assert_true(read > 100);
}

static void
writing_sorts_keys(void **state)
{
    json_t *value = parsed("{\"b\":1,\"a\":{\"z\":[],\"y\":{}},\"ab\":[true,"
                           "false,null,\"x\",1.5,-3],\"\":0}");
    struct buf b = {0};

    (void)state;
    json_write(&b, value);
    assert_text(&b, "{\"\":0,\"a\":{\"y\":{},\"z\":[]},\"ab\":[true,false,"
                    "null,\"x\",1.5,-3],\"b\":1}");
    json_decref(value);
    json_write(&b, NULL);
    assert_text(&b, "null");
    value = json_object();
    for (int i = 99; i >= 0; i--) {
        char key[16];

        snprintf(key, sizeof(key), "k%02d", i);
        json_object_set_new(value, key, json_integer(i));
    }
    json_write(&b, value);
    assert_memory_equal(b.data, "{\"k00\":0,\"k01\":1,", 17);
    assert_string_equal(b.data + b.len - 10, ",\"k99\":99}");
    json_decref(value);
    buf_free(&b);
}

/* What is written is read back as the same value, and written the same. */
static void
written_text_comes_back(void **state)
{
    json_t *value = parsed(
        "{\"text\":\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\\ud83d\\ude00"
        "\\u2028\",\"n\":[0.1,1e300,-2.5e-10,9007199254740993,1e15,123456.789],"
        "\"deep\":[[[{\"a\":[]}]]]}");
    struct buf one = {0}, two = {0};
    json_t *again;

    (void)state;
    json_write(&one, value);
    again = parsed(one.data);
    json_write(&two, again);
    assert_string_equal(one.data, two.data);
    assert_true(json_equal(json_object_get(value, "text"),
                           json_object_get(again, "text")));
    json_decref(value);
    json_decref(again);
    buf_free(&one);
    buf_free(&two);
}

static void
members(void **state)
{
    json_t *o = parsed("{\"s\":\"text\",\"i\":42,\"null\":null,\"real\":1.0}");
    const char *s;
    struct err e;
    int64_t n;

    (void)state;
    assert_int_equal(json_want_str(o, "s", &s, &e), 0);
    assert_string_equal(s, "text");
    assert_int_equal(json_want_str(o, "i", &s, &e), -1);
    assert_string_equal(e.text, "i: string expected");
    assert_int_equal(e.class, ERR_INPUT);
    assert_int_equal(json_want_str(o, "gone", &s, &e), -1);
    assert_string_equal(e.text, "gone: missing, string expected");
    assert_int_equal(json_want_str(o, "null", &s, &e), -1);
    assert_int_equal(json_get_str(o, "null", &s, &e), 0);
    assert_null(s);
    assert_int_equal(json_get_str(o, "gone", &s, &e), 0);
    assert_null(s);
    assert_int_equal(json_get_str(o, "i", &s, &e), -1);

    assert_int_equal(json_want_int(o, "i", &n, &e), 0);
    assert_int_equal(n, 42);
    assert_int_equal(json_want_int(o, "s", &n, &e), -1);
    assert_string_equal(e.text, "s: integer expected");
    assert_int_equal(json_want_int(o, "real", &n, &e), -1);
    assert_int_equal(json_want_int(o, "gone", &n, &e), -1);
    assert_string_equal(e.text, "gone: missing, integer expected");
    assert_int_equal(json_get_int(o, "gone", 7, &n, &e), 0);
    assert_int_equal(n, 7);
    assert_int_equal(json_get_int(o, "null", 8, &n, &e), 0);
    assert_int_equal(n, 8);
    assert_int_equal(json_get_int(o, "s", 9, &n, &e), -1);
    /* Not an object at all. */
    assert_int_equal(json_want_str(json_object_get(o, "i"), "a", &s, &e), -1);
    assert_int_equal(json_get_int(NULL, "a", 3, &n, &e), 0);
    assert_int_equal(n, 3);
    json_decref(o);
}

static void
paths(void **state)
{
    json_t *o = parsed("{\"data\":{\"item\":{\"id\":\"abc\",\"n\":-7,\"\":1}},"
                       "\"parts\":[{\"body\":\"first\"},{\"body\":2.5}]}");
    struct buf b = {0};

    (void)state;
    assert_ptr_equal(json_at(o, ""), o);
    assert_true(json_text_at(o, "data.item.id", &b));
    assert_text(&b, "abc");
    assert_true(json_text_at(o, "data.item.n", &b));
    assert_text(&b, "-7");
    assert_true(json_text_at(o, "data.item.", &b));
    assert_text(&b, "1");
    assert_true(json_text_at(o, "parts.0.body", &b));
    assert_text(&b, "first");
    assert_false(json_text_at(o, "parts.1.body", &b));
    assert_false(json_text_at(o, "parts.2.body", &b));
    assert_false(json_text_at(o, "parts.-1", &b));
    assert_false(json_text_at(o, "parts.18446744073709551616", &b));
    assert_false(json_text_at(o, "data.item", &b));
    assert_false(json_text_at(o, "data.item.id.x", &b));
    assert_false(json_text_at(o, "data..id", &b));
    assert_false(json_text_at(o, ".", &b));
    assert_null(json_at(NULL, "a"));
    assert_int_equal(b.len, 0);
    json_decref(o);
    buf_free(&b);
}

static void
strings_are_quoted(void **state)
{
    struct buf b = {0};

    (void)state;
    json_put_cstr(&b, "a\"b\\c/\n\r\t\b\f\x01\x1F\x7F\xC3\xA4");
    assert_text(&b,
                "\"a\\\"b\\\\c/\\n\\r\\t\\b\\f\\u0001\\u001f\x7F\xC3\xA4\"");
    json_put_cstr(&b, NULL);
    assert_text(&b, "null");
    json_put_str(&b, NULL, 0);
    assert_text(&b, "\"\"");
    json_put_str(&b, "a\0b", 3);
    assert_text(&b, "\"a\\u0000b\"");
    json_put_str(&b, "\xFFx\xC3", 3);
    assert_text(&b, "\"\xEF\xBF\xBDx\xEF\xBF\xBD\"");
    buf_free(&b);
}

static void
numbers_are_shortest(void **state)
{
    static const struct {
        double n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-42, "-42"},
        {0.1, "0.1"},
        {0.87, "0.87"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1000000000000000"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740992.0, "9007199254740992"},
        {1e18, "1e+18"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {(double)INFINITY, "null"},
        {-(double)INFINITY, "null"},
        {(double)NAN, "null"},
    };
    uint64_t seed = 29;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_put_num(&b, cases[i].n);
        assert_text(&b, cases[i].text);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = (uint64_t)next_random(&seed) << 33 ^
                        (uint64_t)next_random(&seed) << 11 ^ next_random(&seed);
        double n;

        memcpy(&n, &bits, sizeof(n));
        if (!isfinite(n))
            continue;
        json_put_num(&b, n);
        assert_true(strtod(b.data, NULL) == n);
        buf_clear(&b);
    }
    json_put_int(&b, INT64_MIN);
    assert_text(&b, "-9223372036854775808");
    json_put_int(&b, INT64_MAX);
    assert_text(&b, "9223372036854775807");
    json_put_int(&b, 0);
    assert_text(&b, "0");
    buf_free(&b);
}

static void
members_are_appended(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_addc(&b, '{');
    json_put_member(&b, "absent", NULL);
    json_put_member(&b, "a", "x\"");
    json_put_member_int(&b, "n", 0);
    json_put_member_time(&b, "never", 0);
    json_put_member_time(&b, "at", 1777886127123);
    json_put_key(&b, "list");
    buf_adds(&b, "[{");
    json_put_member(&b, "b", "[");
    json_put_member(&b, "c", "{");
    json_put_member_int(&b, "d", 1);
    buf_adds(&b, "}]}");
    assert_text(&b, "{\"a\":\"x\\\"\",\"n\":0,\"at\":"
                    "\"2026-05-04T09:15:27.123Z\",\"list\":[{\"b\":\"[\","
                    "\"c\":\"{\",\"d\":1}]}");
    buf_free(&b);
}

/* What is shown takes a word's place when there is none. */
static void
shown_strings_have_a_fallback(void **state)
{
    struct err e;
    json_t *v = json_read("{\"a\":\"x\",\"n\":1}", 15, &e);

    (void)state;
    assert_non_null(v);
    assert_string_equal(json_str_or(v, "a", "-"), "x");
    assert_string_equal(json_str_or(v, "n", "-"), "-");
    assert_string_equal(json_str_or(v, "absent", "-"), "-");
    assert_null(json_str_or(v, "absent", NULL));
    json_decref(v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_strings_have_a_fallback),
        cmocka_unit_test(good_text_is_read),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(errors_name_the_place_and_not_the_text),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(writing_sorts_keys),
        cmocka_unit_test(written_text_comes_back),
        cmocka_unit_test(members),
        cmocka_unit_test(paths),
        cmocka_unit_test(strings_are_quoted),
        cmocka_unit_test(numbers_are_shortest),
        cmocka_unit_test(members_are_appended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
