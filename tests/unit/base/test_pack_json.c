/* JSON text to MessagePack, and to a tree, agree with jansson in what they
 * take, what they refuse and what they say (S1, sec S5). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/pack_json.h"

/* But for the depth, which is ours. */
static void
as_jansson_alone(const char *text, const json_t *tree, const struct err *e)
{
    json_t *alone =
        json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    if (tree == NULL ? alone != NULL && strstr(e->text, "deeper") == NULL
                     : !json_equal(tree, alone))
        fail_msg("not as jansson alone: %s", text);
    json_decref(alone);
}

static void
same_both_ways(const char *text)
{
    struct buf fast = {0}, slow = {0}, a_text = {0}, b_text = {0};
    struct err e = {0}, f = {0};
    json_t *tree = json_read(text, strlen(text), &f);
    int rc = pack_json_text(&fast, text, strlen(text), &e);
    struct arena *a = arena_new(0);

    as_jansson_alone(text, tree, &f);
    if (tree == NULL) {
        assert_int_equal(rc, -1);
        assert_int_equal(fast.len, 0);
        assert_string_equal(e.text, f.text);
    } else {
        assert_int_equal(rc, 0);
        pack_json(&slow, tree);
        value_to_json(&a_text, value_read(a, fast.data, fast.len, 10000, &e));
        value_to_json(&b_text, value_read(a, slow.data, slow.len, 10000, &e));
        assert_string_equal(buf_str(&a_text), buf_str(&b_text));
    }
    json_decref(tree);
    arena_free(a);
    buf_free(&fast);
    buf_free(&slow);
    buf_free(&a_text);
    buf_free(&b_text);
}

static void
taken_and_refused_alike(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        " { \"a\" : [ 1 , -2.5, 1.0, 1e3, true, null, \"x\" ] } ",
        "{\"id\":9007199254740993,\"big\":9223372036854775807,"
        "\"low\":-9223372036854775808}",
        "9223372036854775808",
        "\v1",
        "[1,\f2]",
        "3\"",
        "{}\"a",
        "[] \"}",
        "{}\"\\",
        "{}\"\\u1",
        "\"a\"\"",
        "{} 1",
        "{}tr",
        "1e400",
        "-0.0",
        "0.1",
        "\"\\u00e9\\ud83d\\ude00 \\n\\\"\"",
        "\"a\\u0000b\"",
        "{\"a\\u0000b\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"c\":{\"b\":1},\"b\":2}}",
        "{\"a\":{\"b\":1},\"b\":{\"b\":1}}",
        "{\"a\":1",
        "",
        "   ",
        "{} x",
        "nul",
        "[1,]",
        "{'a':1}",
        "\"\xff\"",
        "\"\xc0\xa4\"",
        "\"\xc3\xa9\"",
        "[\"\x01\"]",
        "/* c */ {}",
        "{\"a\":01}",
        "[1 2]",
        "{\"a\" 1}",
        "true",
        "\"x\"",
        "{\"\":{\"\":{}}}",
        "\"\\ud83d\"",
        "\"\\uDddd\"",
        "\"\\ude00\\ud83d\"",
        "[[[[[]]]]]"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        same_both_ways(texts[i]);
}

static void
depth_is_limited(void **state)
{
    char text[200];

    (void)state;
    for (int depth = 60; depth < 70; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        same_both_ways(text);
    }
}

/* More keys than are compared in pairs, one of them twice. */
static void
repeated_keys_are_found_among_many(void **state)
{
    struct buf text = {0};

    (void)state;
    for (int repeated = 0; repeated < 2; repeated++) {
        buf_clear(&text);
        buf_adds(&text, "{\"k0\":0");
        for (int i = 1; i < 3000; i++)
            buf_addf(&text, ",\"k%d\":{\"k%d\":1}", i, i);
        buf_adds(&text, repeated ? ",\"k1234\":1}" : "}");
        same_both_ways(buf_str(&text));
    }
    buf_free(&text);
}

static void
what_was_there_stays(void **state)
{
    struct buf out = {0};
    struct err e = {0};

    (void)state;
    buf_adds(&out, "before");
    assert_int_equal(pack_json_text(&out, "{\"a\":[1,", 8, &e), -1);
    assert_string_equal(buf_str(&out), "before");
    buf_free(&out);
}

static void
paths(void **state)
{
    static const char text[] =
        "{\"data\":{\"items\":[{\"id\":\"a\"},{\"id\":9007199254740993}],"
        "\"on\":true}}";
    struct buf packed = {0}, out = {0};
    struct arena *a = arena_new(0);
    const struct value *v;
    struct err e = {0};

    (void)state;
    assert_int_equal(pack_json_text(&packed, text, sizeof text - 1, &e), 0);
    v = value_read(a, packed.data, packed.len, 100, &e);
    assert_true(value_text_at(v, "data.items.0.id", &out));
    assert_true(value_text_at(v, "data.items.1.id", &out));
    assert_string_equal(buf_str(&out), "a9007199254740993");
    assert_false(value_text_at(v, "data.on", &out));
    assert_false(value_text_at(v, "data.items.2.id", &out));
    assert_false(value_text_at(v, "data.items.x", &out));
    assert_false(value_text_at(v, "nothing.here", &out));
    arena_free(a);
    buf_free(&packed);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_and_refused_alike),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(repeated_keys_are_found_among_many),
        cmocka_unit_test(what_was_there_stays),
        cmocka_unit_test(paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
