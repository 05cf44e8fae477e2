#include "unit/base/base.h"

#include <math.h>

#include <msgpack.h>

#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"

static struct arena *arena;

static int
setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#define READ(bytes) value_read(arena, (bytes), sizeof(bytes) - 1, 1000, NULL)

/* The value of a JSON text, by way of pack. The bytes live in the arena. */
static const struct value *
value_of_json(const char *text)
{
    json_t *json = json_read(text, strlen(text), NULL);
    const struct value *v;
    struct buf b = {0};

    assert_non_null(json);
    pack_json(&b, json);
    v = value_read(arena, arena_dup(arena, b.data, b.len), b.len, 1000000,
                   NULL);
    json_decref(json);
    buf_free(&b);
    assert_non_null(v);
    return v;
}

static void
every_form_is_read(void **state)
{
    struct str s;

    (void)state;
    assert_int_equal(value_type(READ("\xC0")), VALUE_NIL);
    assert_true(value_bool(READ("\xC3"), false));
    assert_false(value_bool(READ("\xC2"), true));
    assert_int_equal(value_int(READ("\x7F"), 0), 127);
    assert_int_equal(value_int(READ("\xE0"), 0), -32);
    assert_int_equal(value_int(READ("\xCC\xFF"), 0), 255);
    assert_int_equal(value_int(READ("\xCD\x01\x02"), 0), 258);
    assert_int_equal(value_int(READ("\xCE\xFF\xFF\xFF\xFF"), 0), 4294967295);
    assert_true(value_int(READ("\xCF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 0) ==
                INT64_MAX);
    assert_int_equal(value_int(READ("\xD0\x80"), 0), -128);
    assert_int_equal(value_int(READ("\xD0\x05"), 0), 5);
    assert_int_equal(value_int(READ("\xD1\xFF\xFE"), 0), -2);
    assert_int_equal(value_int(READ("\xD2\x80\0\0\0"), 0), -2147483648);
    assert_true(value_int(READ("\xD3\x80\0\0\0\0\0\0\0"), 0) == INT64_MIN);
    assert_true(value_num(READ("\xCA\x3F\xC0\0\0"), 0) == 1.5);
    assert_true(value_num(READ("\xCB\xBF\xF8\0\0\0\0\0\0"), 0) == -1.5);
    s = value_str(READ("\xD9\x02hi"));
    assert_true(str_is(s, "hi"));
    assert_true(str_is(value_str(READ("\xDA\0\2hi")), "hi"));
    assert_true(str_is(value_str(READ("\xDB\0\0\0\2hi")), "hi"));
    assert_int_equal(value_count(READ("\xDC\0\2\1\2")), 2);
    assert_int_equal(value_count(READ("\xDD\0\0\0\2\1\2")), 2);
    assert_int_equal(value_count(READ("\xDE\0\1\xA1k\2")), 1);
    assert_int_equal(value_count(READ("\xDF\0\0\0\1\xD9\1k\2")), 1);
    assert_int_equal(value_count(READ("\x80")), 0);
    assert_int_equal(value_count(READ("\xDD\0\0\0\0")), 0);
}

/* Beyond what a signed integer holds it is a number, never a wrapped one. */
static void
huge_integers_are_numbers(void **state)
{
    const struct value *v = READ("\xCF\x80\0\0\0\0\0\0\0");

    (void)state;
    assert_int_equal(value_type(v), VALUE_NUM);
    assert_int_equal(value_int(v, 7), 7);
    assert_true(value_num(v, 0) == 9223372036854775808.0);
}

static void
text_points_into_the_bytes(void **state)
{
    static const char bytes[] = "\x91\xA3"
                                "abc";
    struct str s = value_str(value_item(READ(bytes), 0));

    (void)state;
    assert_ptr_equal(s.p, bytes + 2);
    assert_int_equal(s.len, 3);
}

static void
refused(const char *bytes, size_t n, size_t max_nodes)
{
    struct err e;
    char *exact = malloc(n == 0 ? 1 : n);
    size_t before = arena_used(arena);

    memcpy(exact, bytes, n);
    if (value_read(arena, exact, n, max_nodes, &e) != NULL)
        fail_msg("accepted %zu bytes from %02x", n, (unsigned char)bytes[0]);
    assert_int_equal(e.class, ERR_SCRIPT);
    /* What is refused has cost no more than the bytes could justify. */
    assert_true(arena_used(arena) - before <= 24 + 24 * n);
    free(exact);
}

#define REFUSED(bytes) refused((bytes), sizeof(bytes) - 1, 1000)

static void
hostile_bytes_are_refused(void **state)
{
    (void)state;
    REFUSED("");
    REFUSED("\xC1"); /* never used */
    REFUSED("\x01\x01");
    REFUSED("\xC0\xC0");
    /* ext and bin, in each form */
    REFUSED("\xC7\0\1");
    REFUSED("\xC8\0\0\1");
    REFUSED("\xC9\0\0\0\0\1");
    REFUSED("\xD4\1\1");
    REFUSED("\xD8\1xxxxxxxxxxxxxxxx");
    REFUSED("\xC4\1a");
    REFUSED("\xC6\0\0\0\1a");
    /* lengths that promise what is not there */
    REFUSED("\xA2h");
    REFUSED("\xDB\xFF\xFF\xFF\xFFx");
    REFUSED("\xDD\xFF\xFF\xFF\xFF");
    REFUSED("\xDF\xFF\xFF\xFF\xFF");
    REFUSED("\xDF\x7F\xFF\xFF\xFF\xA1k\1");
    REFUSED("\x92\1");
    REFUSED("\x81\xA1k");
    REFUSED("\xDC\0");
    REFUSED("\xCB\0\0\0");
    REFUSED("\xCD\1");
    /* keys that are not strings */
    REFUSED("\x81\x01\x01");
    REFUSED("\x81\xC0\x01");
    REFUSED("\x81\x90\x01");
    REFUSED("\x81\x80\x01");
    REFUSED("\x81\xC4\1k\x01");
    /* strings and keys that are not UTF-8 */
    REFUSED("\xA1\xFF");
    REFUSED("\xA3\xED\xA0\x80");
    REFUSED("\x81\xA1\xC3\x01");
}

static void
depth_is_limited(void **state)
{
    char bytes[100000];

    (void)state;
    memset(bytes, '\x91', sizeof(bytes));
    bytes[64] = 1;
    assert_non_null(value_read(arena, bytes, 65, 1000, NULL));
    bytes[64] = '\x91';
    bytes[65] = 1;
    refused(bytes, 66, 1000);
    bytes[65] = '\x91';
    refused(bytes, sizeof(bytes), SIZE_MAX);
    for (size_t i = 0; i + 3 <= sizeof(bytes); i += 3)
        memcpy(bytes + i, "\x81\xA1k", 3);
    refused(bytes, sizeof(bytes), SIZE_MAX);
    /* An empty list at the border still opens one level too many. */
    memset(bytes, '\x91', 64);
    bytes[64] = '\x90';
    refused(bytes, 65, 1000);
}

/* Sixty lists, each inside the other and each promising as many items as bytes
 * follow: together they may not cost more than one of them. */
static void
promises_are_counted_once(void **state)
{
    static const char heads[][8] = {"\xDD\0\0\x60\0", "\xDF\0\0\x40\0\xA1k"};
    static const size_t sizes[] = {5, 7};
    char bytes[40000];

    (void)state;
    for (int form = 0; form < 2; form++) {
        memset(bytes, 0xC0, sizeof(bytes));
        for (size_t i = 0; i < 60; i++)
            memcpy(bytes + i * sizes[form], heads[form], sizes[form]);
        refused(bytes, sizeof(bytes), SIZE_MAX);
    }
    /* Honest lists inside lists are read to the last byte. */
    assert_non_null(READ("\x93\x92\1\x91\2\x81\xA1k\x91\3\4"));
    assert_non_null(READ("\x82\xA1"
                         "a\x82\xA0\1\xA1k\x90\xA0\xC0"));
}

/* A node is a value: a list and its items, a map and its members' values. */
static void
nodes_are_counted(void **state)
{
    static const char list[] = "\x93\1\2\3", map[] = "\x82\xA1"
                                                     "a\1\xA1"
                                                     "b\x91\2";

    (void)state;
    assert_non_null(value_read(arena, list, 4, 4, NULL));
    refused(list, 4, 3);
    assert_non_null(value_read(arena, map, 8, 4, NULL));
    refused(map, 8, 3);
    assert_non_null(value_read(arena, "\1", 1, 1, NULL));
    refused("\1", 1, 0);
}

/* Each cut of a good message, and each change of each byte: read or refused,
 * within bounds (the sanitizers watch). What is read can be used whole. */
static void
use_all(const struct value *v)
{
    struct buf b = {0};
    json_t *json = value_json(v);

    value_to_json(&b, v);
    assert_true(utf8_valid(b.data, b.len));
    value_pack(&b, v);
    json_decref(json);
    buf_free(&b);
}

static void
changed_messages_are_survived(void **state)
{
    static const char text[] =
        "{\"action\":\"escalate\",\"tags\":[\"a\",\"b\"],\"n\":[1,-1,300,"
        "-70000,1e300,0.5,true,false,null],\"deep\":{\"a\":{\"b\":[[],{}]}},"
        "\"long\":\"0123456789012345678901234567890123456789\"}";
    json_t *json = json_read(text, sizeof(text) - 1, NULL);
    struct buf b = {0};
    size_t used = 0;

    (void)state;
    pack_json(&b, json);
    json_decref(json);
    for (size_t n = 0; n < b.len; n++)
        refused(b.data, n, 1000);
    for (size_t i = 0; i < b.len; i++)
        for (int change = 1; change < 256; change++) {
            struct arena *a = arena_new(0);
            char *exact = malloc(b.len);
            const struct value *v;

            memcpy(exact, b.data, b.len);
            exact[i] = (char)(exact[i] ^ change);
            v = value_read(a, exact, b.len, 1000, NULL);
            if (v != NULL)
                use_all(v);
            used += v != NULL;
            free(exact);
            arena_free(a);
        }
    assert_true(used > 1000);
    buf_free(&b);
}

static void
random_bytes_are_survived(void **state)
{
    uint64_t seed = 41;
    char bytes[48];
    size_t used = 0;

    (void)state;
    for (int round = 0; round < 300000; round++) {
        struct arena *a = arena_new(0);
        size_t n = 1 + next_random(&seed) % sizeof(bytes);
        const struct value *v;
        char *exact;

        /* Half of them from the bytes that begin things. */
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(next_random(&seed) % 2 == 0
                                  ? 0x80 + next_random(&seed) % 0x60
                                  : next_random(&seed) % 8);
        exact = malloc(n);
        memcpy(exact, bytes, n);
        v = value_read(a, exact, n, 100, NULL);
        if (v != NULL)
            use_all(v);
        used += v != NULL;
        free(exact);
        arena_free(a);
    }
    assert_true(used > 100);
}

static void
members_are_found(void **state)
{
    const struct value *v = value_of_json(
        "{\"s\":\"text\",\"i\":-5,\"n\":0.5,\"t\":true,\"null\":null,"
        "\"list\":[1,null,\"x\"],\"\":1}");
    const struct value *list = value_get(v, "list");
    struct str key;

    (void)state;
    assert_string_equal(value_get_cstr(v, "s", arena), "text");
    assert_null(value_get_cstr(v, "i", arena));
    assert_null(value_get_cstr(v, "gone", arena));
    assert_int_equal(value_get_int(v, "i", 0), -5);
    assert_int_equal(value_get_int(v, "n", 9), 9);
    assert_int_equal(value_get_int(v, "", 0), 1);
    assert_true(value_get_num(v, "n", 0) == 0.5);
    assert_true(value_get_num(v, "i", 0) == -5);
    assert_true(value_get_num(v, "s", 3) == 3);
    assert_true(value_get_bool(v, "t", false));
    assert_true(value_get_bool(v, "s", true));
    assert_null(value_get(v, "null"));
    assert_null(value_get(v, "S"));
    assert_null(value_get(v, "st"));
    assert_null(value_get(list, "s"));
    assert_null(value_get(NULL, "s"));
    assert_int_equal(value_count(list), 3);
    assert_int_equal(value_int(value_item(list, 0), 0), 1);
    assert_null(value_item(list, 1));
    assert_null(value_item(list, 3));
    assert_null(value_item(v, 0));
    assert_non_null(value_member(v, 0, &key));
    assert_true(str_is(key, "s"));
    assert_null(value_member(v, 4, &key));
    assert_true(str_is(key, "null"));
    assert_null(value_member(v, 7, &key));
    assert_int_equal(key.len, 0);
    assert_null(value_member(list, 0, &key));
    assert_int_equal(value_count(NULL), 0);
    assert_int_equal(value_type(NULL), VALUE_NIL);
    assert_false(value_is_str(NULL));
    assert_int_equal(value_str(list).len, 0);
}

/* A worker's NaN or a hidden NUL misleads nobody. */
static void
odd_scalars(void **state)
{
    const struct value *v = READ("\x83\xA1n\xCB\x7F\xF8\0\0\0\0\0\0\xA1i\xCB"
                                 "\x7F\xF0\0\0\0\0\0\0\xA1s\xA3"
                                 "a\0b");
    struct buf b = {0};

    (void)state;
    assert_int_equal(value_type(value_get(v, "n")), VALUE_NUM);
    assert_true(value_get_num(v, "n", 5) == 5);
    assert_true(value_get_num(v, "i", 5) == 5);
    assert_null(value_get_cstr(v, "s", arena));
    assert_int_equal(value_str(value_get(v, "s")).len, 3);
    value_to_json(&b, v);
    assert_text(&b, "{\"i\":null,\"n\":null,\"s\":\"a\\u0000b\"}");
    use_all(v);
    buf_free(&b);
}

/* Of two members with one name the first counts, in every form. */
static void
double_members_have_one_meaning(void **state)
{
    const struct value *v = READ("\x83\xA1k\1\xA1"
                                 "a\2\xA1k\3");
    struct buf b = {0};
    json_t *json = value_json(v);

    (void)state;
    assert_int_equal(value_get_int(v, "k", 0), 1);
    value_to_json(&b, v);
    assert_text(&b, "{\"a\":2,\"k\":1}");
    json_write(&b, json);
    assert_text(&b, "{\"a\":2,\"k\":1}");
    json_decref(json);
    buf_free(&b);
}

static void
other_forms_agree(void **state)
{
    static const char text[] =
        "{\"z\":[1,-1,0.5,1e300,true,false,null,\"\xC3\xA4\\n\"],\"a\":{\"b\":"
        "{},\"a\":[]},\"\":\"x\"}";
    const struct value *v = value_of_json(text);
    struct buf one = {0}, two = {0}, packed = {0}, again = {0};
    json_t *json = value_json(v);
    const struct value *back;

    (void)state;
    value_to_json(&one, v);
    json_write(&two, json);
    assert_string_equal(one.data, two.data);
    assert_string_equal(one.data,
                        "{\"\":\"x\",\"a\":{\"a\":[],\"b\":{}},\"z\":[1,-1,"
                        "0.5,1e+300,true,false,null,\"\xC3\xA4\\n\"]}");
    value_pack(&packed, v);
    back = value_read(arena, packed.data, packed.len, 1000, NULL);
    assert_non_null(back);
    value_pack(&again, back);
    assert_int_equal(again.len, packed.len);
    assert_memory_equal(again.data, packed.data, packed.len);
    value_to_json(&again, NULL);
    json_decref(json);
    json = value_json(NULL);
    assert_true(json_is_null(json));
    json_decref(json);
    buf_free(&one);
    buf_free(&two);
    buf_free(&packed);
    buf_free(&again);
}

static void
many_members_are_sorted(void **state)
{
    struct buf b = {0}, out = {0};
    const char *last = "";

    (void)state;
    pack_map(&b, 500);
    for (int i = 0; i < 500; i++) {
        char key[16];

        snprintf(key, sizeof(key), "k%03d", (i * 7) % 500);
        pack_cstr(&b, key);
        pack_int(&b, i);
    }
    value_to_json(&out, value_read(arena, b.data, b.len, 1000, NULL));
    for (char *p = out.data; (p = strchr(p, 'k')) != NULL; p++) {
        char *key = arena_dup(arena, p, 4);

        assert_true(strcmp(last, key) < 0);
        last = key;
    }
    assert_string_equal(last, "k499");
    buf_free(&b);
    buf_free(&out);
}

/* Everything libmsgpack writes, this reader reads the same. */
static void
agrees_with_the_library(void **state)
{
    uint64_t seed = 43;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        msgpack_sbuffer out;
        msgpack_packer pk;
        int64_t n = (int64_t)((uint64_t)next_random(&seed) << 33 |
                              next_random(&seed)) >>
                    next_random(&seed) % 64;
        const struct value *v;

        msgpack_sbuffer_init(&out);
        msgpack_packer_init(&pk, &out, msgpack_sbuffer_write);
        msgpack_pack_array(&pk, 2);
        msgpack_pack_int64(&pk, n);
        msgpack_pack_double(&pk, (double)n / 3);
        v = value_read(arena, out.data, out.size, 3, NULL);
        assert_non_null(v);
        assert_true(value_int(value_item(v, 0), n + 1) == n);
        assert_true(value_num(value_item(v, 1), 0) == (double)n / 3);
        msgpack_sbuffer_destroy(&out);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_form_is_read),
        TEST(huge_integers_are_numbers),
        TEST(text_points_into_the_bytes),
        TEST(hostile_bytes_are_refused),
        TEST(depth_is_limited),
        TEST(promises_are_counted_once),
        TEST(nodes_are_counted),
        TEST(changed_messages_are_survived),
        TEST(random_bytes_are_survived),
        TEST(members_are_found),
        TEST(odd_scalars),
        TEST(double_members_have_one_meaning),
        TEST(other_forms_agree),
        TEST(many_members_are_sorted),
        TEST(agrees_with_the_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
