#include "unit/base/base.h"

#include "base/map.h"

static char things[20000];

static void
put_get_replace_remove(void **state)
{
    struct map *m = map_new();
    char key[] = "key";

    (void)state;
    assert_null(map_get(m, "key"));
    assert_null(map_remove(m, "key"));
    assert_null(map_put(m, key, &things[0]));
    key[0] = 'x';
    assert_ptr_equal(map_get(m, "key"), &things[0]);
    assert_ptr_equal(map_put(m, "key", &things[1]), &things[0]);
    assert_int_equal(map_count(m), 1);
    assert_ptr_equal(map_get_n(m, "keyboard", 3), &things[1]);
    assert_null(map_get_n(m, "keyboard", 4));
    assert_null(map_get_n(m, "keyboard", 0));
    assert_null(map_put(m, "", &things[2]));
    assert_ptr_equal(map_get(m, ""), &things[2]);
    assert_ptr_equal(map_remove(m, "key"), &things[1]);
    assert_null(map_get(m, "key"));
    assert_int_equal(map_count(m), 1);
    map_free(m);
    map_free(NULL);
}

static void
number_key(char key[16], int i)
{
    snprintf(key, 16, "k%d", i);
}

static void
order_is_that_of_insertion(void **state)
{
    struct map *m = map_new();
    const char *key;
    char want[16];
    size_t at = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        number_key(want, i);
        map_put(m, want, &things[i]);
    }
    for (int i = 0; i < 20000; i += 3) {
        number_key(want, i);
        assert_ptr_equal(map_remove(m, want), &things[i]);
    }
    for (int i = 0; i < 20000; i++) {
        number_key(want, i);
        assert_ptr_equal(map_get(m, want), i % 3 == 0 ? NULL : &things[i]);
        if (i % 3 == 0)
            continue;
        assert_ptr_equal(map_next(m, &at, &key), &things[i]);
        assert_string_equal(key, want);
    }
    assert_null(map_next(m, &at, &key));
    assert_null(map_next(m, &at, &key));
    map_free(m);
}

static void
removing_while_walking(void **state)
{
    struct map *m = map_new();
    const char *key;
    char name[16];
    size_t at = 0;
    int seen = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        number_key(name, i);
        map_put(m, name, &things[i]);
    }
    for (const char *thing; (thing = map_next(m, &at, &key)) != NULL; seen++) {
        assert_ptr_equal(thing, &things[seen]);
        if (seen % 2 == 0)
            assert_ptr_equal(map_remove(m, key), thing);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map_count(m), 50);
    map_free(m);
}

/* The same few keys for ever: removed entries give their room back. */
static void
churn_does_not_grow(void **state)
{
    struct map *m = map_new();
    char name[16];
    size_t at = 0;
    const char *key;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        number_key(name, i);
        assert_null(map_put(m, name, &things[i % 20000]));
        if (i >= 10) {
            number_key(name, i - 10);
            assert_ptr_equal(map_remove(m, name), &things[(i - 10) % 20000]);
        }
    }
    assert_int_equal(map_count(m), 10);
    assert_non_null(map_next(m, &at, &key));
    assert_string_equal(key, "k199990");
    /* Places walked over stay near the number of living entries. */
    assert_true(at < 64);
    map_free(m);
}

/* Against a plain list, over random operations. */
static void
agrees_with_a_list(void **state)
{
    struct map *m = map_new();
    void *list[64] = {0};
    uint64_t seed = 7;
    size_t count = 0;
    char name[16];

    (void)state;
    for (int round = 0; round < 100000; round++) {
        uint32_t k = next_random(&seed) % 64, what = next_random(&seed) % 3;

        number_key(name, (int)k);
        if (what == 0) {
            void *thing = &things[next_random(&seed) % 20000];

            count += list[k] == NULL;
            assert_ptr_equal(map_put(m, name, thing), list[k]);
            list[k] = thing;
        } else if (what == 1) {
            count -= list[k] != NULL;
            assert_ptr_equal(map_remove(m, name), list[k]);
            list[k] = NULL;
        } else {
            assert_ptr_equal(map_get(m, name), list[k]);
        }
        assert_int_equal(map_count(m), count);
    }
    map_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_replace_remove),
        cmocka_unit_test(order_is_that_of_insertion),
        cmocka_unit_test(removing_while_walking),
        cmocka_unit_test(churn_does_not_grow),
        cmocka_unit_test(agrees_with_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
