#include "unit/base/base.h"

#include <math.h>

#include <msgpack.h>

#include "base/json.h"
#include "base/pack.h"

#define assert_bytes(b, bytes)                                                 \
    do {                                                                       \
        assert_int_equal((b)->len, sizeof(bytes) - 1);                         \
        assert_memory_equal((b)->data, (bytes), sizeof(bytes));                \
        buf_clear(b);                                                          \
    } while (0)

/* The smallest form of every number, at each border. */
static void
integers(void **state)
{
    static const int64_t borders[] = {
        0,          127,        128,       255,         256,         65535,
        65536,      -1,         -32,       -33,         -128,        -129,
        -32768,     -32769,     32767,     32768,       2147483647,  2147483648,
        4294967295, 4294967296, INT64_MAX, -2147483648, -2147483649, INT64_MIN};
    static const size_t sizes[] = {1, 1, 2, 2, 3, 3, 5, 1, 1, 2, 2, 3,
                                   3, 5, 3, 3, 5, 5, 5, 9, 9, 5, 9, 9};
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(borders); i++) {
        msgpack_unpacked u;

        pack_int(&b, borders[i]);
        assert_int_equal(b.len, sizes[i]);
        assert_int_equal(b.data[b.len], 0);
        msgpack_unpacked_init(&u);
        assert_int_equal(msgpack_unpack_next(&u, b.data, b.len, NULL),
                         MSGPACK_UNPACK_SUCCESS);
        assert_true(u.data.via.i64 == borders[i]);
        assert_int_equal(u.data.type, borders[i] < 0
                                          ? MSGPACK_OBJECT_NEGATIVE_INTEGER
                                          : MSGPACK_OBJECT_POSITIVE_INTEGER);
        msgpack_unpacked_destroy(&u);
        buf_clear(&b);
    }
    buf_free(&b);
}

static void
scalars(void **state)
{
    struct buf b = {0};

    (void)state;
    pack_nil(&b);
    pack_bool(&b, true);
    pack_bool(&b, false);
    pack_num(&b, 1.5);
    pack_cstr(&b, "abc");
    pack_cstr(&b, "");
    pack_cstr(&b, NULL);
    pack_str(&b, NULL, 0);
    assert_bytes(&b, "\xC0\xC3\xC2\xCB\x3F\xF8\0\0\0\0\0\0\xA3"
                     "abc\xA0\xC0\xA0");
    pack_map(&b, 2);
    pack_map(&b, 16);
    pack_map(&b, 70000);
    pack_array(&b, 15);
    pack_array(&b, 300);
    pack_array(&b, 70000);
    assert_bytes(&b, "\x82\xDE\0\x10\xDF\0\1\x11\x70\x9F\xDC\1\x2C\xDD\0\1"
                     "\x11\x70");
    buf_free(&b);
}

static void
strings_of_each_length(void **state)
{
    static const size_t lengths[] = {31, 32, 255, 256, 65535, 65536};
    static const size_t heads[] = {1, 2, 2, 3, 3, 5};
    struct buf b = {0};
    char *text = calloc(1, 65536);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memset(text, 'x', lengths[i]);
        pack_str(&b, text, lengths[i]);
        assert_int_equal(b.len, heads[i] + lengths[i]);
        assert_memory_equal(b.data + heads[i], text, lengths[i]);
        buf_clear(&b);
    }
    free(text);
    buf_free(&b);
}

static void
pack_text(struct buf *b, const char *text)
{
    json_t *value = json_read(text, strlen(text), NULL);

    assert_non_null(value);
    pack_json(b, value);
    json_decref(value);
}

static void
json_values(void **state)
{
    struct buf b = {0};

    (void)state;
    pack_text(&b, "{\"b\":[1,true,false,null,\"x\",{}],\"a\":[]}");
    assert_bytes(&b, "\x82\xA1"
                     "b\x96\x01\xC3\xC2\xC0\xA1x\x80\xA1"
                     "a\x90");
    pack_json(&b, NULL);
    assert_bytes(&b, "\xC0");
    pack_text(&b, "0.5");
    assert_bytes(&b, "\xCB\x3F\xE0\0\0\0\0\0\0");
    /* Whole numbers are integers however they were written. */
    pack_text(&b, "[1.0,-0.0,9007199254740992.0]");
    assert_bytes(&b, "\x93\x01\x00\xCF\x00\x20\0\0\0\0\0\0");
    pack_text(&b, "1e300");
    assert_int_equal((unsigned char)b.data[0], 0xCB);
    buf_clear(&b);
    pack_text(&b, "9007199254740993");
    assert_bytes(&b, "\xCF\x00\x20\0\0\0\0\0\x01");
    buf_free(&b);
}

static void
open_maps_are_counted(void **state)
{
    json_t *list = json_array(), *null = json_null();
    struct buf b = {0};
    size_t at, inner, n = 0;

    (void)state;
    at = pack_map_open(&b);
    n += pack_member(&b, "s", "x");
    n += pack_member(&b, "gone", NULL);
    n += pack_member_int(&b, "i", 0);
    n += pack_member_num(&b, "nan", (double)NAN);
    n += pack_member_num(&b, "n", 0.5);
    n += pack_member_bool(&b, "t", false);
    n += pack_member_json(&b, "none", NULL);
    n += pack_member_json(&b, "null", null);
    n += pack_member_json(&b, "l", list);
    assert_int_equal(n, 5);
    pack_cstr(&b, "in");
    inner = pack_array_open(&b);
    pack_int(&b, 7);
    pack_array_close(&b, inner, 1);
    pack_map_close(&b, at, n + 1);
    assert_bytes(&b, "\xDF\0\0\0\6\xA1s\xA1x\xA1i\0\xA1n\xCB\x3F\xE0\0\0\0\0"
                     "\0\0\xA1t\xC2\xA1l\x90\xA2in\xDD\0\0\0\1\7");
    at = pack_map_open(&b);
    pack_map_close(&b, at, 0x01020304);
    assert_bytes(&b, "\xDF\1\2\3\4");
    json_decref(list);
    buf_free(&b);
}

static void
frames(void **state)
{
    struct buf b = {0};
    const char *body = NULL;
    size_t at, n = 0, whole = 0;

    (void)state;
    buf_adds(&b, "before");
    at = frame_open(&b);
    buf_adds(&b, "hello");
    frame_close(&b, at);
    at = frame_open(&b);
    frame_close(&b, at);
    assert_memory_equal(b.data, "before\0\0\0\5hello\0\0\0\0", 19);
    for (size_t have = 0; have < 9; have++) {
        char *exact = malloc(have == 0 ? 1 : have);

        memcpy(exact, b.data + 6, have);
        assert_int_equal(frame_peek(exact, have, 5, &body, &n, &whole), 0);
        free(exact);
    }
    assert_int_equal(frame_peek(b.data + 6, 13, 5, &body, &n, &whole), 1);
    assert_ptr_equal(body, b.data + 10);
    assert_int_equal(n, 5);
    assert_int_equal(whole, 9);
    /* Too long is known from the length alone. */
    assert_int_equal(frame_peek(b.data + 6, 4, 4, &body, &n, &whole), -1);
    assert_int_equal(
        frame_peek("\xFF\xFF\xFF\xFF", 4, 1 << 20, &body, &n, &whole), -1);
    assert_int_equal(frame_peek(b.data + 15, 4, 0, &body, &n, &whole), 1);
    assert_int_equal(n, 0);
    assert_int_equal(whole, 4);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(scalars),
        cmocka_unit_test(strings_of_each_length),
        cmocka_unit_test(json_values),
        cmocka_unit_test(open_maps_are_counted),
        cmocka_unit_test(frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
