#include "unit/base/base.h"

#include <sysexits.h>

#include "base/arena.h"

static void
pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(0);
    unsigned char *pieces[300];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        pieces[i] = arena_alloc(a, i);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i & 0xFF), i);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], i & 0xFF);
    assert_int_equal(arena_used(a), 299 * 300 / 2);
    arena_free(a);
}

static void
big_pieces_do_not_waste_the_block(void **state)
{
    struct arena *a = arena_new(64);
    char *before = arena_alloc(a, 16), *big = arena_alloc(a, 5000000);
    char *after = arena_alloc(a, 16);

    (void)state;
    memset(big, 'x', 5000000);
    assert_int_equal(before[15], 0);
    assert_int_equal(after[0], 0);
    /* The small block is still in use behind the big piece. */
    assert_true(after > before && after < before + 64 + 64);
    arena_free(a);
}

static void
a_big_first_piece_works(void **state)
{
    struct arena *a = arena_new(16);
    char *big = arena_alloc(a, 100000), *small = arena_alloc(a, 1);

    (void)state;
    memset(big, 'x', 100000);
    assert_int_equal(*small, 0);
    arena_free(a);
}

static void
text_is_copied(void **state)
{
    struct arena *a = arena_new(0);
    char bytes[] = {'a', '\0', 'b'}, text[] = "text";
    char *copy = arena_dup(a, bytes, 3), *s = arena_str(a, text);

    (void)state;
    bytes[0] = text[0] = 'x';
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(s, "text");
    assert_null(arena_str(a, NULL));
    assert_string_equal(arena_dup(a, NULL, 0), "");
    arena_free(a);
}

static void
printf_has_no_limit(void **state)
{
    struct arena *a = arena_new(0);

    (void)state;
    for (int width = 250; width < 262; width++) {
        char *s = arena_printf(a, "%*d", width, 7);

        assert_int_equal(strlen(s), width);
        assert_int_equal(s[width - 1], '7');
    }
    assert_string_equal(arena_printf(a, "%s-%d", "a", 1), "a-1");
    arena_free(a);
}

static void
overflow_array(void)
{
    struct arena *a = arena_new(0);

    /* Multiplied without a look, this is 16. */
    arena_array(a, SIZE_MAX / 16 + 2, 16);
}

static void
overflow_size(void)
{
    struct arena *a = arena_new(0);

    arena_alloc(a, SIZE_MAX - 8);
}

static void
overflow_dup(void)
{
    struct arena *a = arena_new(0);

    arena_dup(a, "", SIZE_MAX);
}

static void
overflow_first(void)
{
    arena_new(SIZE_MAX);
}

static void
no_memory(void)
{
    /* A size that no machine has; volatile, so that nobody removes it. */
    static volatile size_t much = SIZE_MAX / 4;

    arena_alloc(arena_new(0), much);
}

static void
impossible_sizes_end_the_process(void **state)
{
    static void (*const cases[])(void) = {overflow_array, overflow_size,
                                          overflow_dup, overflow_first};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(status_of_child(cases[i]), EX_OSERR);
    /* Under a sanitizer malloc itself complains first. */
    assert_int_not_equal(status_of_child(no_memory), 0);
}

static void
mem_gives_something_for_nothing(void **state)
{
    unsigned char *p = mem_zero(64), *q = mem_alloc(0);

    (void)state;
    for (int i = 0; i < 64; i++)
        assert_int_equal(p[i], 0);
    *q = 1;
    p = mem_grow(p, 6400);
    assert_int_equal(p[63], 0);
    free(p);
    free(q);
    free(mem_grow(NULL, 0));
    arena_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(big_pieces_do_not_waste_the_block),
        cmocka_unit_test(a_big_first_piece_works),
        cmocka_unit_test(text_is_copied),
        cmocka_unit_test(printf_has_no_limit),
        cmocka_unit_test(impossible_sizes_end_the_process),
        cmocka_unit_test(mem_gives_something_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
