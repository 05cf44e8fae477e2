/* The life of a ticket, a hand-over and a delivery: which moves there are.
 * S171-S176. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/ticket.h"

/* Rows: from; a letter for each state that may follow. */
static const struct {
    enum ticket_status from;
    const char *to;
} ticket_moves[] = {
    {TICKET_OPEN, "oic"},    {TICKET_IN_PROGRESS, "iwrc"},
    {TICKET_WAITING, "wic"}, {TICKET_RESOLVED, "ric"},
    {TICKET_CLOSED, "ci"},
};

static void
test_ticket_moves_s171_s176(void **state)
{
    static const char letters[] = "oiwrc";

    (void)state;
    for (size_t i = 0; i < TICKET_STATUS_COUNT; i++)
        for (int to = 0; to < TICKET_STATUS_COUNT; to++)
            assert_int_equal(ticket_move_expected(ticket_moves[i].from,
                                                  (enum ticket_status)to),
                             strchr(ticket_moves[i].to, letters[to]) != NULL);
}

/* Forward only; aside from anywhere but the end; back from HELD. */
static void
test_handoff_moves(void **state)
{
    (void)state;
    assert_true(handoff_move_allowed(HANDOFF_OPENING, HANDOFF_TICKETED));
    assert_true(handoff_move_allowed(HANDOFF_TICKETED, HANDOFF_NOTIFIED));
    assert_true(handoff_move_allowed(HANDOFF_TICKETED, HANDOFF_AI_CLOSED));
    assert_false(handoff_move_allowed(HANDOFF_TICKETED, HANDOFF_OPENING));
    assert_false(handoff_move_allowed(HANDOFF_TICKETED, HANDOFF_TICKETED));
    assert_true(handoff_move_allowed(HANDOFF_OPENING, HANDOFF_HELD));
    assert_true(handoff_move_allowed(HANDOFF_HELD, HANDOFF_TICKETED));
    assert_true(handoff_move_allowed(HANDOFF_HELD, HANDOFF_ABANDONED));
    assert_false(handoff_move_allowed(HANDOFF_HELD, HANDOFF_HELD));
    for (int to = 0; to < HANDOFF_STATE_COUNT; to++) {
        assert_false(
            handoff_move_allowed(HANDOFF_DONE, (enum handoff_state)to));
        assert_false(
            handoff_move_allowed(HANDOFF_ABANDONED, (enum handoff_state)to));
    }
}

/* Once the bytes were sent a delivery is never simply ready again: it has to
 * be looked up first. */
static void
test_delivery_moves(void **state)
{
    (void)state;
    assert_true(delivery_move_allowed(DELIVERY_LEASED, DELIVERY_READY, false));
    assert_false(delivery_move_allowed(DELIVERY_LEASED, DELIVERY_READY, true));
    assert_true(
        delivery_move_allowed(DELIVERY_LEASED, DELIVERY_UNCERTAIN, true));
    assert_true(
        delivery_move_allowed(DELIVERY_UNCERTAIN, DELIVERY_RECONCILING, true));
    assert_true(
        delivery_move_allowed(DELIVERY_RECONCILING, DELIVERY_READY, true));
    assert_false(
        delivery_move_allowed(DELIVERY_RECONCILING, DELIVERY_LEASED, true));
    assert_false(delivery_move_allowed(DELIVERY_HELD, DELIVERY_LEASED, true));
    assert_true(delivery_move_allowed(DELIVERY_HELD, DELIVERY_UNCERTAIN, true));
    assert_false(
        delivery_move_allowed(DELIVERY_READY, DELIVERY_RECONCILING, false));
    for (int to = 0; to < DELIVERY_STATE_COUNT; to++)
        assert_false(delivery_move_allowed(DELIVERY_DONE,
                                           (enum delivery_state)to, false));
}

#define CHECK_NAMES(type, prefix, count)                                       \
    for (int i = 0; i < (count); i++) {                                        \
        const char *name = prefix##_name((enum type)i);                        \
        enum type back;                                                        \
                                                                               \
        assert_true(prefix##_from_name(name, strlen(name), &back));            \
        assert_int_equal(back, i);                                             \
        assert_false(prefix##_from_name(name, strlen(name) - 1, &back));       \
    }                                                                          \
    assert_string_equal(prefix##_name((enum type)(count)), "?")

static void
test_names(void **state)
{
    (void)state;
    CHECK_NAMES(ticket_status, ticket_status, TICKET_STATUS_COUNT);
    CHECK_NAMES(handoff_state, handoff_state, HANDOFF_STATE_COUNT);
    CHECK_NAMES(delivery_state, delivery_state, DELIVERY_STATE_COUNT);
    CHECK_NAMES(delivery_kind, delivery_kind, DELIVER_KINDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticket_moves_s171_s176),
        cmocka_unit_test(test_handoff_moves),
        cmocka_unit_test(test_delivery_moves),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
