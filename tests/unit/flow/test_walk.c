/* A walk that asks about the end and the timer behind it in one call decides
 * what it decides one by one, with one way to the worker less. */
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "flow/walk.h"
#include "script/set.h"

/* What is decided at the customer's message, at the end and when the time of
 * the wait is over stands in the conversation's fields. */
static const char rules[] =
    "local made = {\n"
    "  wait = { action = 'wait', rule = 'r', wait_s = 600 },\n"
    "  wait_remembers = { action = 'wait', rule = 'r', wait_s = 600,\n"
    "    rule_state = { asked = true } },\n"
    "  until_the_end = { action = 'wait', rule = 'r', wait_s = 600,\n"
    "    cancel_on = { 'session_ended' } },\n"
    "  keep = { action = 'keep' },\n"
    "  near = { action = 'keep', near = { 'a word' } },\n"
    "  offer = { action = 'offer', rule = 'r' },\n"
    "  escalate = { action = 'escalate', rule = 'r', reason = 'x',\n"
    "    next_step = 'Do.' },\n"
    "}\n"
    "local function decide(c, facts)\n"
    "  local type = facts.event.type\n"
    "  local what = type == 'session.ended' and c.fields.at_end\n"
    "    or type == 'timer.fired' and c.fields.then_ or c.fields.first\n"
    "  if what == 'loop' then while true do end end\n"
    "  if what == 'tell' then\n"
    "    return { action = 'offer', rule = c.outcome .. ' '\n"
    "      .. facts.timer.rule .. ' ' .. facts.now_ms .. ' '\n"
    "      .. tostring(c.rule_state.asked) .. ' ' .. c.waiting.due_at_ms }\n"
    "  end\n"
    "  return made[what]\n"
    "end\n"
    "return { decide = decide, walk = decide }\n";

static struct pool *pool;
static struct script_set *set;

struct walked {
    size_t left;
    enum action action;
    char rule[128], failure[ERR_TEXT_MAX];
    enum script_class class;
    unsigned fires;
    bool ended, fired;
    uint64_t calls;
};

/* Messages of the AI's before the customer's, each of 8 KiB. */
static int long_messages;

static void
add_long_messages(json_t *messages)
{
    char text[8193];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < long_messages; i++)
        json_array_insert_new(
            messages, 0, json_pack("{s:s, s:s}", "role", "ai", "text", text));
}

static struct conversation *
conversation_of(const char *first, const char *at_end, const char *then)
{
    struct err e = {0};
    json_t *json = json_pack("{s:s, s:[{s:s, s:s, s:s}], s:{s:s, s:s, s:s}}",
                             "id", "c", "messages", "role", "customer", "text",
                             "Hello?", "at", "2026-03-01T10:00:00Z", "fields",
                             "first", first, "at_end", at_end, "then_", then);
    struct conversation *c;

    add_long_messages(json_object_get(json, "messages"));
    c = conversation_from_recording(json, &e);
    assert_non_null(c);
    json_decref(json);
    return c;
}

static void
on_walked(void *arg, struct walk *w)
{
    struct walked *to = arg;

    to->left--;
    to->action = w->decision.action;
    to->class = w->class;
    to->fires = w->fires;
    to->ended = w->ended;
    to->fired = w->fired;
    snprintf(to->rule, sizeof to->rule, "%s",
             w->decision.rule != NULL ? w->decision.rule : "");
    snprintf(to->failure, sizeof to->failure, "%s", w->failure);
}

static struct walked
walk(unsigned how, const char *first, const char *at_end, const char *then)
{
    struct policy policy = {.set = set, .hash = "x"};
    struct walked result = {.left = 1};
    struct pool_stats before, after;
    struct err e = {0};
    struct walk *w;

    pool_stats(pool, &before);
    w = walk_start(pool, &policy, NULL, conversation_of(first, at_end, then),
                   how, 0, on_walked, &result);
    assert_int_equal(pool_wait(pool, &result.left, 60000, &e), 0);
    pool_stats(pool, &after);
    result.calls = after.calls - before.calls;
    walk_free(w);
    return result;
}

/* Both ways; returns how many calls the series saved. */
static int
compare(const char *first, const char *at_end, const char *then)
{
    struct walked one = walk(0, first, at_end, then);
    struct walked both = walk(WALK_SERIES, first, at_end, then);

    assert_int_equal(both.action, one.action);
    assert_string_equal(both.rule, one.rule);
    assert_string_equal(both.failure, one.failure);
    assert_int_equal(both.class, one.class);
    assert_int_equal(both.fires, one.fires);
    assert_int_equal(both.ended, one.ended);
    assert_int_equal(both.fired, one.fired);
    return (int)one.calls - (int)both.calls;
}

static void
test_nothing_is_done_at_the_end(void **state)
{
    struct walked w = walk(WALK_SERIES, "wait", "keep", "offer");

    (void)state;
    assert_int_equal(w.action, ACTION_OFFER);
    assert_true(w.fired);
    assert_int_equal(w.calls, 2);
    assert_int_equal(compare("wait", "keep", "offer"), 1);
    assert_int_equal(compare("wait", "keep", "keep"), 1);
    assert_int_equal(compare("wait", "keep", "escalate"), 1);
}

static void
test_the_timer_sees_what_it_would_see(void **state)
{
    struct walked w = walk(WALK_SERIES, "wait", "keep", "tell");

    (void)state;
    assert_string_equal(w.rule, "unresolved r 1772359800000 nil 1772359800000");
    assert_int_equal(compare("wait", "keep", "tell"), 1);
    w = walk(WALK_SERIES, "wait_remembers", "keep", "tell");
    assert_string_equal(w.rule,
                        "unresolved r 1772359800000 true 1772359800000");
}

static void
test_something_is_done_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(compare("wait", "escalate", "offer"), 0);
    assert_int_equal(compare("wait", "offer", "keep"), 0);
    assert_int_equal(compare("wait", "wait", "offer"), 0);
    assert_int_equal(compare("wait", "near", "offer"), 0);
}

static void
test_the_end_stops_the_wait(void **state)
{
    struct walked w = walk(WALK_SERIES, "until_the_end", "keep", "offer");

    (void)state;
    assert_int_equal(w.action, ACTION_KEEP);
    assert_true(w.ended);
    assert_int_equal(compare("until_the_end", "keep", "offer"), 0);
    assert_int_equal(compare("keep", "keep", "offer"), 0);
}

static void
test_rules_wait_again_and_again(void **state)
{
    struct walked w = walk(WALK_SERIES, "wait", "keep", "wait");

    (void)state;
    assert_int_equal(w.fires, 101);
    assert_int_equal(compare("wait", "keep", "wait"), 1);
}

static void
test_failures(void **state)
{
    (void)state;
    assert_int_equal(compare("wait", "none", "offer"), 0);
    assert_int_equal(compare("wait", "keep", "none"), 1);
    /* In a series each is charged for what both share: alone it may have had
     * enough, and is asked once more. */
    assert_int_equal(compare("wait", "loop", "offer"), -1);
    assert_int_equal(compare("wait", "keep", "loop"), -1);
}

/* What is long is not sent for two at once. */
static void
test_a_long_conversation(void **state)
{
    (void)state;
    long_messages = 20;
    assert_int_equal(compare("wait", "keep", "offer"), 1);
    long_messages = 40;
    assert_int_equal(compare("wait", "keep", "offer"), 0);
    long_messages = 0;
}

/* Whoever is lost in a series is asked alone, so that the one who loses the
 * worker is told from the other. */
static void
test_a_lost_worker(void **state)
{
    struct script_limits limits[SCRIPT_KINDS];
    struct walked w;

    (void)state;
    memcpy(limits, script_limits_default, sizeof limits);
    limits[SCRIPT_DECIDE].instructions = INT64_C(1) << 60;
    limits[SCRIPT_DECIDE].wall_ms = 200;
    pool_limit(pool, limits);
    w = walk(WALK_SERIES, "wait", "loop", "offer");
    assert_int_equal(w.class, SCRIPT_WALL);
    assert_true(w.ended);
    w = walk(WALK_SERIES, "wait", "keep", "loop");
    assert_int_equal(w.class, SCRIPT_WALL);
    assert_true(w.fired);
    pool_limit(pool, script_limits_default);
}

static int
setup(void **state)
{
    struct err e = {0};

    (void)state;
    set = script_set_new("walk");
    if (script_set_add_prelude(set, "walk.lua", rules, sizeof rules - 1, &e) !=
        0)
        return -1;
    script_set_seal(set);
    pool = pool_new(&(struct pool_options){.workers = 1}, &e);
    return pool == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    (void)state;
    pool_free(pool);
    script_set_release(set);
    return 0;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_done_at_the_end),
        cmocka_unit_test(test_the_timer_sees_what_it_would_see),
        cmocka_unit_test(test_something_is_done_at_the_end),
        cmocka_unit_test(test_the_end_stops_the_wait),
        cmocka_unit_test(test_rules_wait_again_and_again),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_a_long_conversation),
        cmocka_unit_test(test_a_lost_worker),
    };

    if (argc == 2 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    return cmocka_run_group_tests(tests, setup, teardown);
}
