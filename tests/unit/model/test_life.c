/* The life of a ticket: what is told of it, what that changes and when
 * something is due of it. S149 S176 N16 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/pack_json.h"
#include "model/life.h"

#define NOW    1000000000LL
#define WINDOW 5000
#define MINUTE 60000

static struct life_update
told(enum ticket_status status)
{
    return (struct life_update){
        .id = "1", .has_status = true, .status = status, .native = "x"};
}

static enum life_move
apply(struct life *l, const struct life_update *u, int64_t now)
{
    bool unexpected;

    return life_apply(l, u, now, &unexpected);
}

static enum life_move
move(struct life *l, enum ticket_status to, int64_t now)
{
    struct life_update u = told(to);

    return apply(l, &u, now);
}

static void
test_moves(void **state)
{
    struct life l = {0};

    (void)state;
    assert_int_equal(move(&l, TICKET_OPEN, NOW), LIFE_SAME);
    assert_int_equal(move(&l, TICKET_IN_PROGRESS, NOW), LIFE_MOVED);
    assert_int_equal(move(&l, TICKET_WAITING, NOW), LIFE_MOVED);
    assert_int_equal(move(&l, TICKET_RESOLVED, NOW), LIFE_RESOLVED);
    assert_true(life_is_done(&l));
    assert_int_equal(l.resolved_at, NOW);
    assert_int_equal(move(&l, TICKET_CLOSED, NOW + 1), LIFE_CLOSED);
    assert_int_equal(l.closed_at, NOW + 1);
    /* S176 */
    assert_int_equal(move(&l, TICKET_IN_PROGRESS, NOW + 2), LIFE_REOPENED);
    assert_int_equal(l.reopens, 1);
    assert_int_equal(l.reopened_at, NOW + 2);
    assert_int_equal(l.resolved_at, 0);
    assert_int_equal(l.closed_at, 0);
    assert_int_equal(move(&l, TICKET_CLOSED, NOW + 3), LIFE_CLOSED);
    assert_int_equal(move(&l, TICKET_RESOLVED, NOW + 4), LIFE_RESOLVED);
    assert_int_equal(l.closed_at, 0);
}

static void
test_unexpected(void **state)
{
    struct life l = {0};
    struct life_update u = told(TICKET_WAITING);
    bool unexpected = false;

    (void)state;
    assert_int_equal(life_apply(&l, &u, NOW, &unexpected), LIFE_MOVED);
    assert_true(unexpected); /* and believed */
    u = told(TICKET_IN_PROGRESS);
    (void)life_apply(&l, &u, NOW, &unexpected);
    assert_false(unexpected);
}

/* What is older than what is known changes nothing; of the same moment it
 * may. */
static void
test_order(void **state)
{
    struct life l = {.told_of_at = NOW};
    struct life_update u = told(TICKET_RESOLVED);

    (void)state;
    u.at_ms = NOW - 1;
    assert_int_equal(apply(&l, &u, NOW + 9), LIFE_SAME);
    assert_int_equal(l.status, TICKET_OPEN);
    u.at_ms = NOW;
    assert_int_equal(apply(&l, &u, NOW + 9), LIFE_RESOLVED);
    assert_int_equal(l.resolved_at, NOW); /* when it happened, not when heard */
    u = told(TICKET_IN_PROGRESS);
    u.at_ms = NOW + 99; /* their clock is ahead */
    (void)apply(&l, &u, NOW + 10);
    assert_int_equal(l.reopened_at, NOW + 10);
}

/* A customer wrote, and the helpdesk does not know it yet: what it tells is
 * older. */
static void
test_overtaken(void **state)
{
    struct life l = {
        .status = TICKET_RESOLVED, .resolved_at = NOW, .told_of_at = NOW};
    struct life_update u = told(TICKET_RESOLVED);

    (void)state;
    u.at_ms = NOW;
    l.status = TICKET_OPEN; /* as the commit of their message has it */
    l.reopened_at = NOW + 10;
    l.resolved_at = 0;
    assert_int_equal(apply(&l, &u, NOW + 20), LIFE_SAME);
    assert_int_equal(l.status, TICKET_OPEN);
    u.at_ms = NOW + 15; /* and then somebody was done with it again */
    assert_int_equal(apply(&l, &u, NOW + 30), LIFE_RESOLVED);
}

static void
test_people(void **state)
{
    struct life l = {.group = "billing"};
    struct life_update u = {.id = "1", .group = "billing"};

    (void)state;
    assert_int_equal(apply(&l, &u, NOW), LIFE_SAME);
    assert_false(life_is_taken(&l));
    u.has_assignee = true;
    u.assignee = "77";
    assert_int_equal(apply(&l, &u, NOW), LIFE_TOLD);
    assert_true(life_is_taken(&l));
    u.assignee = NULL;
    assert_int_equal(apply(&l, &u, NOW), LIFE_TOLD);
    assert_false(life_is_taken(&l));
    u.human_at_ms = NOW;
    (void)apply(&l, &u, NOW);
    u.human_at_ms = NOW + 50; /* the first word is the first */
    (void)apply(&l, &u, NOW);
    assert_int_equal(l.human_at, NOW);
    assert_true(life_is_taken(&l));
}

static void
test_gone(void **state)
{
    struct life l = {0};
    struct life_update gone = {.id = "1", .gone = true}, u = told(TICKET_OPEN);

    (void)state;
    assert_int_equal(apply(&l, &gone, NOW), LIFE_TOLD);
    assert_int_equal(l.status, TICKET_OPEN);
    (void)apply(&l, &u, NOW); /* there again */
    assert_int_equal(l.missed, 0);
    (void)apply(&l, &gone, NOW);
    assert_int_equal(apply(&l, &gone, NOW + 1), LIFE_CLOSED);
    assert_int_equal(life_due_at(&l, WINDOW, false), NOW + 1); /* at once */
}

/* N16: the end of an episode; S149: that nobody took it. */
static void
test_due(void **state)
{
    struct life l = {.alarm_at = NOW + 100};

    (void)state;
    assert_int_equal(life_due_at(&l, WINDOW, false), NOW + 100);
    l.alarmed_at = NOW + 100;
    assert_int_equal(life_due_at(&l, WINDOW, false), 0); /* once */
    l.alarmed_at = 0;
    l.assignee = "Mara";
    assert_int_equal(life_due_at(&l, WINDOW, false), 0);
    (void)move(&l, TICKET_RESOLVED, NOW);
    assert_int_equal(life_due_at(&l, WINDOW, false), NOW + WINDOW);
    assert_int_equal(life_due_at(&l, WINDOW, true), NOW + WINDOW);
    (void)move(&l, TICKET_CLOSED, NOW + 10);
    assert_int_equal(life_due_at(&l, WINDOW, false), NOW + WINDOW);
    assert_int_equal(life_due_at(&l, WINDOW, true), NOW + 10);
    (void)move(&l, TICKET_IN_PROGRESS, NOW + 20);
    assert_int_equal(life_due_at(&l, WINDOW, true), 0);
}

static void
test_looks(void **state)
{
    struct life l = {.told_of_at = NOW};
    int64_t at = life_look_at(&l, "35001", MINUTE, NOW);
    int64_t day = 24LL * 3600 * 1000;

    (void)state;
    assert_true(at >= NOW + MINUTE * 9 / 10 && at <= NOW + MINUTE * 11 / 10);
    assert_int_equal(at, life_look_at(&l, "35001", MINUTE, NOW));
    assert_int_not_equal(at, life_look_at(&l, "35002", MINUTE, NOW));
    at = life_look_at(&l, "35001", MINUTE, NOW + 2 * 3600 * 1000LL);
    assert_true(at - NOW - 2 * 3600 * 1000LL > 5 * MINUTE);
    at = life_look_at(&l, "35001", MINUTE, NOW + day) - NOW - day;
    assert_true(at > 10 * MINUTE && at <= 14 * MINUTE);
}

static int
read_json(struct arena *a, const char *json, struct life_update **list,
          size_t *count, struct err *e)
{
    struct buf packed = {0};
    const struct value *v;

    assert_int_equal(pack_json_text(&packed, json, strlen(json), NULL), 0);
    v = value_read(a, arena_dup(a, packed.data, packed.len), packed.len, 1000,
                   NULL);
    buf_free(&packed);
    return life_updates_read(a, v, list, count, e);
}

static void
test_read(void **state)
{
    struct life_update *list;
    size_t count;
    struct arena *a = arena_new(0);
    struct err e = {0};

    (void)state;
    assert_int_equal(
        read_json(a,
                  "[{\"id\":\"7\",\"status\":\"waiting\",\"native_status\":"
                  "\"hold\",\"group_id\":\"3\",\"group_name\":\"Billing\","
                  "\"assignee\":\"9\",\"at_ms\":5,\"human_at_ms\":6},"
                  "{\"id\":\"8\",\"assignee\":false,\"gone\":true},"
                  "{\"id\":\"9\",\"native_status\":\"odd\"}]",
                  &list, &count, &e),
        0);
    assert_int_equal(count, 3);
    assert_int_equal(list[0].status, TICKET_WAITING);
    assert_string_equal(list[0].group, "3");
    assert_string_equal(list[0].group_name, "Billing");
    assert_string_equal(list[0].assignee, "9");
    assert_int_equal(list[0].human_at_ms, 6);
    assert_true(list[1].has_assignee && list[1].assignee == NULL);
    assert_true(list[1].gone);
    assert_false(list[2].has_status || list[2].has_assignee);
    assert_int_equal(read_json(a, "{}", &list, &count, &e), 0);
    assert_int_equal(count, 0);
    assert_int_equal(read_json(a, "[{\"id\":\"1\"},{}]", &list, &count, &e),
                     -1);
    assert_non_null(strstr(e.text, "tickets[2]"));
    assert_int_equal(read_json(a, "[{\"id\":\"1\",\"status\":\"asleep\"}]",
                               &list, &count, &e),
                     -1);
    assert_non_null(strstr(e.text, "asleep"));
    assert_int_equal(read_json(a, "{\"a\":1}", &list, &count, &e), -1);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),  cmocka_unit_test(test_unexpected),
        cmocka_unit_test(test_order),  cmocka_unit_test(test_overtaken),
        cmocka_unit_test(test_people), cmocka_unit_test(test_gone),
        cmocka_unit_test(test_due),    cmocka_unit_test(test_looks),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
