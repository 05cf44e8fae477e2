#include "unit/base/base.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"

struct fixed {
    const char *tenant, *conversation;
    uint64_t episode;
    const char *id;
    int shard;
};

/* Computed apart from this code, from the definition in id.h. They name
 * tickets in helpdesks and rows in stores: they can never change. */
static const struct fixed fixed[] = {
    {"main", "c-1", 1, "szkuggg4a2vqlonwiqivd2otar", 541},
    {"main", "c-1", 2, "tcreixpkqnd532dyzl4yqimqal", 541},
    {"", "", 0, "g5dqr77xogo5lf46zb25k3gsfb", 853},
    {"ab", "c", 1, "seg6y6j4iqbqtbhjenjcee4pbp", 659},
    {"a", "bc", 1, "g5qt3vgr3tce56uod3tksuqcnf", 308},
    {"tenant-\xC3\xBC", "\xE4\xBC\x9A\xE8\xA9\xB1/42", UINT64_MAX,
     "fllk2kzfjah2ebg3umrjqbogky", 11},
};

static void
handoff_ids_never_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        char id[ID_SIZE];

        id_handoff(fixed[i].tenant, fixed[i].conversation, fixed[i].episode,
                   id);
        assert_string_equal(id, fixed[i].id);
        assert_true(id_valid(id));
    }
}

static void
shards_never_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        assert_int_equal(id_shard(fixed[i].tenant, fixed[i].conversation),
                         fixed[i].shard);
}

static void
shards_are_spread(void **state)
{
    int seen[1024] = {0}, most = 0;

    (void)state;
    for (int i = 0; i < 20480; i++) {
        char name[32];
        int shard;

        snprintf(name, sizeof(name), "conversation-%d", i);
        shard = id_shard("main", name);
        assert_in_range(shard, 0, 1023);
        if (++seen[shard] > most)
            most = seen[shard];
    }
    /* 20 on average; 60 would be nine standard deviations away. */
    assert_true(most < 60);
}

static int64_t
frozen(void)
{
    return 0x0123456789AB;
}

static void
new_ids_are_time_then_random(void **state)
{
    char one[ID_SIZE], two[ID_SIZE];
    struct buf b = {0};
    uint8_t bytes[16] = {0};

    (void)state;
    clock_set_source(frozen);
    id_new(one);
    id_new(two);
    clock_set_source(NULL);
    assert_true(id_valid(one));
    assert_true(id_valid(two));
    assert_string_not_equal(one, two);
    /* 6 bytes of time are 9 characters and 3 bits. */
    assert_memory_equal(one, two, 9);
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(frozen() >> (40 - 8 * i));
    digest_base32(&b, bytes, sizeof(bytes));
    assert_int_equal(b.len, ID_LEN);
    assert_memory_equal(one, b.data, 9);
    buf_free(&b);
}

static void
valid_ids(void **state)
{
    static const char *const wrong[] = {
        "",
        "szkuggg4a2vqlonwiqivd2ota",
        "szkuggg4a2vqlonwiqivd2otarr",
        "szkuggg4a2vqlonwiqivd2otaR",
        "szkuggg4a2vqlonwiqivd2ota1",
        "szkuggg4a2vqlonwiqivd2ota8",
        "szkuggg4a2vqlonwiqivd2ota ",
        "szkuggg4a2vqlonwiqivd2ot\xC3\xA4",
    };

    (void)state;
    assert_true(id_valid("abcdefghijklmnopqrstuvwxyz"));
    assert_true(id_valid("234567abcdefghijklmnopqrst"));
    assert_false(id_valid(NULL));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(id_valid(wrong[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handoff_ids_never_change),
        cmocka_unit_test(shards_never_change),
        cmocka_unit_test(shards_are_spread),
        cmocka_unit_test(new_ids_are_time_then_random),
        cmocka_unit_test(valid_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
