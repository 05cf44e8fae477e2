#include "unit/base/base.h"

static void
all_zeros_is_empty(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_string_equal(buf_str(&b), "");
    buf_cut(&b, 0);
    buf_clear(&b);
    buf_free(&b);
    buf_free(NULL);
    buf_add(&b, NULL, 0);
    assert_string_equal(b.data, "");
    buf_free(&b);
}

static void
bytes_are_joined_and_terminated(void **state)
{
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        buf_addc(&b, (char)('a' + i % 26));
        assert_int_equal(b.len, i + 1);
        assert_int_equal(b.data[b.len], 0);
        assert_true(b.cap > b.len);
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_cut(&b, 3);
    buf_cut(&b, 10);
    buf_adds(&b, "-x");
    buf_add(&b, "\0y", 2);
    assert_int_equal(b.len, 7);
    assert_memory_equal(b.data, "abc-x\0y", 8);
    buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len + b.cap, 0);
}

static void
formats_have_no_limit(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int width = 1; width < 300; width++) {
        buf_addc(&b, '|');
        buf_addf(&b, "%*d", width, 5);
        assert_int_equal(b.len, width + 1);
        assert_int_equal(b.data[width], '5');
        assert_int_equal(b.data[b.len], 0);
        buf_clear(&b);
    }
    buf_addf(&b, "%s", "");
    assert_text(&b, "");
    buf_free(&b);
}

static void
reserve_makes_room_and_adds_nothing(void **state)
{
    struct buf b = {0};
    char *to;

    (void)state;
    buf_adds(&b, "ab");
    to = buf_reserve(&b, 100000);
    assert_ptr_equal(to, b.data + 2);
    assert_true(b.cap - b.len > 100000);
    memset(to, 'x', 100000);
    to[100000] = '\0';
    assert_int_equal(b.len, 2);
    /* What fits moves nothing. */
    assert_ptr_equal(buf_reserve(&b, 100000), to);
    buf_free(&b);
}

static void
taken_memory_is_the_callers(void **state)
{
    struct buf b = {0};
    size_t n;
    char *s;

    (void)state;
    buf_adds(&b, "mine");
    s = buf_take(&b, &n);
    assert_string_equal(s, "mine");
    assert_int_equal(n, 4);
    assert_int_equal(b.len + b.cap, 0);
    free(s);
    s = buf_take(&b, NULL);
    assert_string_equal(s, "");
    free(s);
}

static void
add_too_much(void)
{
    struct buf b = {0};

    buf_addc(&b, 'x');
    buf_reserve(&b, SIZE_MAX - 1);
}

static void
an_impossible_size_ends_the_process(void **state)
{
    (void)state;
    assert_int_not_equal(status_of_child(add_too_much), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_zeros_is_empty),
        cmocka_unit_test(bytes_are_joined_and_terminated),
        cmocka_unit_test(formats_have_no_limit),
        cmocka_unit_test(reserve_makes_room_and_adds_nothing),
        cmocka_unit_test(taken_memory_is_the_callers),
        cmocka_unit_test(an_impossible_size_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
