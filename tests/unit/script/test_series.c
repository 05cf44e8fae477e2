/* A series: calls one after the other, each in a fresh state, until one has
 * something to say. */
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pack.h"
#include "script/pool.h"
#include "script/set.h"

static const char rules[] =
    "local seen = 0\n"
    "return { say = function(n)\n"
    "  seen = seen + 1\n"
    "  if seen ~= 1 then error('not a fresh state') end\n"
    "  if n == 1 then return { n = n } end\n"
    "  if n == 2 then error('two') end\n"
    "  if n == 3 then while true do end end\n"
    "  if n == 4 then local s = ('x'):rep(200000)\n"
    "    local a, b = s .. 'a', s .. 'b' while a ~= b do end end\n"
    "  return { skip = true }\n"
    "end }\n";

/* Where the customer asks for their money, in so many of their messages. */
static const char words[] =
    "local asks = text.phrases { 'money back', 'refund' }\n"
    "local all = { 'Where is it?', 'My money!', 'BACK to the shop',\n"
    "  'I want a refund', 'refund' }\n"
    "return { say = function(n)\n"
    "  local list = {}\n"
    "  for i = 1, n do list[i] = all[i] end\n"
    "  local _, at = text.find(text.tokens(list), asks)\n"
    "  if at then return { n = at } end\n"
    "  return { skip = true }\n"
    "end }\n";

/* Looks at what is shared, and writes into it. */
static const char shares[] =
    "return { say = function(n, list)\n"
    "  if #list ~= n then error('not all') end\n"
    "  for i = 1, n do\n"
    "    if list[i].seen then error('not as it was') end\n"
    "    list[i].seen = true\n"
    "  end\n"
    "  if n == 3 then return { n = list[3].n } end\n"
    "  return { skip = true }\n"
    "end }\n";

struct said {
    size_t left;
    enum script_class class;
    uint32_t index;
    int64_t n;
    bool skipped;
};

static struct pool *pool;
static struct script_set *set, *words_set, *shares_set;

static void
on_said(void *arg, const struct script_result *r)
{
    struct said *s = arg;

    s->left--;
    s->class = r->class;
    s->index = r->index;
    if (r->class != SCRIPT_OK)
        return;
    s->n = value_get_int(r->value, "n", 0);
    s->skipped = value_get_bool(r->value, "skip", false);
}

/* What the next series share; or nothing. */
static struct str shared;

static void
begin_of(struct script_set *of, const int *numbers, size_t count,
         struct said *s)
{
    struct script_series series = {0};

    buf_add(&series.shared, shared.p, shared.len);
    pack_map(&series.skip, 1);
    pack_member_bool(&series.skip, "skip", true);
    for (size_t i = 0; i < count; i++) {
        size_t at = script_series_open(&series);

        pack_array(&series.frames, shared.len > 0 ? 2 : 1);
        pack_int(&series.frames, numbers[i]);
        if (shared.len > 0)
            pack_shared_list(&series.frames, 0, (size_t)numbers[i]);
        script_series_close(&series, at);
    }
    *s = (struct said){.left = 1};
    pool_call_series(pool, of, "say", SCRIPT_DECIDE, &series, on_said, s);
    script_series_free(&series);
}

static void
begin(const int *numbers, size_t count, struct said *s)
{
    begin_of(set, numbers, count, s);
}

static void
run(const int *numbers, size_t count, struct said *s)
{
    struct err e = {0};

    begin(numbers, count, s);
    assert_int_equal(pool_wait(pool, &s->left, 60000, &e), 0);
}

static void
test_all_skipped(void **state)
{
    struct said s;

    (void)state;
    run((int[]){0, 0, 0}, 3, &s);
    assert_int_equal(s.class, SCRIPT_OK);
    assert_int_equal(s.index, 2);
    assert_true(s.skipped);
}

static void
test_ends_at_the_first_that_says_something(void **state)
{
    struct said s;

    (void)state;
    run((int[]){0, 0, 1, 2}, 4, &s);
    assert_int_equal(s.class, SCRIPT_OK);
    assert_int_equal(s.index, 2);
    assert_int_equal(s.n, 1);
    run((int[]){1}, 1, &s);
    assert_int_equal(s.index, 0);
    assert_int_equal(s.n, 1);
}

static void
test_ends_at_a_failure(void **state)
{
    struct said s;

    (void)state;
    run((int[]){0, 2, 1}, 3, &s);
    assert_int_equal(s.class, SCRIPT_ERROR);
    assert_int_equal(s.index, 1);
    /* The endless loop ends by its own budget, whatever stood before it. */
    run((int[]){0, 0, 0, 3, 1}, 5, &s);
    assert_int_equal(s.class, SCRIPT_BUDGET);
    assert_int_equal(s.index, 3);
}

static void
test_many_at_once(void **state)
{
    struct said s[64];
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < 64; i++)
        begin((int[]){0, 0, (int)(i % 2), 1}, 4, &s[i]);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(pool_wait(pool, &s[i].left, 60000, &e), 0);
        assert_int_equal(s[i].index, i % 2 == 1 ? 2 : 3);
        assert_int_equal(s[i].n, 1);
    }
}

/* What was answered before a call lost its worker is not lost with it. */
static void
test_answers_before_the_wall(void **state)
{
    struct said s[12];
    struct err e = {0};

    (void)state;
    for (int i = 0; i < 12; i++)
        begin((int[]){0, i % 4 == 3 ? 4 : 1, 2}, 3, &s[i]);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(pool_wait(pool, &s[i].left, 60000, &e), 0);
        assert_int_equal(s[i].class, i % 4 == 3 ? SCRIPT_WALL : SCRIPT_OK);
        if (i % 4 != 3)
            assert_int_equal(s[i].n, 1);
    }
}

/* A worker that is given as much as there is, and is lost with most of it still
 * to do. */
static void
test_more_in_flight_than_a_worker_may_have(void **state)
{
    struct pool *others = pool;
    struct said s[200];
    struct err e = {0};

    (void)state;
    pool =
        pool_new(&(struct pool_options){.workers = 1, .in_flight = 1000}, &e);
    assert_non_null(pool);
    for (int i = 0; i < 200; i++)
        begin((int[]){0, i == 20 ? 4 : 1}, 2, &s[i]);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(pool_wait(pool, &s[i].left, 60000, &e), 0);
        assert_int_equal(s[i].class, i == 20 ? SCRIPT_WALL : SCRIPT_OK);
    }
    pool_free(pool);
    pool = others;
}

/* Each call looks at messages that those before it looked at, too. */
static void
test_what_was_said_before(void **state)
{
    struct said s;
    struct err e = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        begin_of(words_set, (int[]){1, 2, 3, 4, 5}, 5, &s);
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.index, 3);
        assert_int_equal(s.n, 13);
        begin_of(words_set, (int[]){3, 2, 3, 1}, 4, &s);
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.index, 3);
        assert_true(s.skipped);
        begin_of(words_set, (int[]){5}, 1, &s);
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.n, 13);
    }
}

/* Each call finds it as it was sent, and a series that has none none. */
static void
test_what_a_series_shares(void **state)
{
    struct buf packed = {0};
    struct said s;
    struct err e = {0};

    (void)state;
    pack_array(&packed, 2);
    pack_map(&packed, 0);
    pack_array(&packed, 3);
    for (int i = 0; i < 3; i++) {
        pack_map(&packed, 1);
        pack_member_int(&packed, "n", 10 + i);
    }
    for (int i = 0; i < 6; i++) {
        shared = (struct str){packed.data, packed.len};
        begin_of(shares_set, (int[]){1, 2, 2, 3}, 4, &s);
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.class, SCRIPT_OK);
        assert_int_equal(s.index, 3);
        assert_int_equal(s.n, 12);
        begin_of(shares_set, (int[]){1, 4, 3}, 3, &s); /* there are three */
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.class, SCRIPT_ERROR);
        assert_int_equal(s.index, 1);
        shared = (struct str){"\x90", 1}; /* it must be two things */
        begin_of(shares_set, (int[]){1, 3}, 2, &s);
        assert_int_equal(pool_wait(pool, &s.left, 60000, &e), 0);
        assert_int_equal(s.class, SCRIPT_ERROR);
        assert_int_equal(s.index, 0);
        shared = (struct str){0};
        run((int[]){0, 1}, 2, &s);
        assert_int_equal(s.n, 1);
    }
    buf_free(&packed);
}

static struct script_set *
set_of(const char *text, size_t n)
{
    struct script_set *made = script_set_new("series");
    struct err e = {0};

    if (script_set_add_prelude(made, "say.lua", text, n, &e) != 0)
        fail_msg("%s", e.text);
    script_set_seal(made);
    return made;
}

static int
setup(void **state)
{
    struct err e = {0};

    (void)state;
    set = set_of(rules, sizeof rules - 1);
    words_set = set_of(words, sizeof words - 1);
    shares_set = set_of(shares, sizeof shares - 1);
    pool = pool_new(&(struct pool_options){.workers = 2}, &e);
    return pool == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    pool_free(pool);
    script_set_release(set);
    script_set_release(words_set);
    script_set_release(shares_set);
    return 0;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_skipped),
        cmocka_unit_test(test_ends_at_the_first_that_says_something),
        cmocka_unit_test(test_ends_at_a_failure),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_answers_before_the_wall),
        cmocka_unit_test(test_more_in_flight_than_a_worker_may_have),
        cmocka_unit_test(test_what_was_said_before),
        cmocka_unit_test(test_what_a_series_shares),
    };

    if (argc == 2 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    return cmocka_run_group_tests(tests, setup, teardown);
}
