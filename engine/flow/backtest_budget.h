/*
 * backtest_budget: what the budgets of both policies have left over the time
 * of a back-test. They couple conversations that are walked side by side: so
 * each is walked as if nothing were known of them, up to the hand-over that
 * asks; when all have come that far the claims are answered in the order of
 * their time, in one thread, and only those that are refused are decided on.
 * Whoever was done first and on however many workers, the answers are the same.
 */
#ifndef FLOW_BACKTEST_BUDGET_H
#define FLOW_BACKTEST_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/backtest_walk.h"

struct ledger;

/* How much of a budget was used. */
struct budget_use {
    const char *name;
    bool is_share;
    size_t granted[SIDES], refused[SIDES];
    double level[SIDES]; /* fewest tokens left; most percent handed over;
                            negative: never asked */
};

struct ledger *ledger_new(const struct walk_ground *ground);

/* A walked pair, in any order: true when it has claims. It is kept then, under
 * its number and label, and must not be freed. */
bool ledger_add(struct ledger *l, struct pair *p, size_t number, int label);

/* Every pair was added: answer all claims, and settle the pairs. done runs
 * exactly once: before this returns when there is nothing to ask, else inside
 * pool_poll. The ledger lives until then. */
void ledger_settle(struct ledger *l, void (*done)(void *arg), void *arg);

/* Ask nothing more: done runs as soon as what is asked already is known. */
void ledger_stop(struct ledger *l);

/* The pairs that were kept, in the order of their numbers: from 0; NULL: no
 * more. They stay the ledger's, and are shelved. */
struct pair *ledger_pair(const struct ledger *l, size_t i, size_t *number,
                         int *label);

/* What was used, by name; once settled. */
const struct budget_use *ledger_use(const struct ledger *l, size_t *count);

void ledger_free(struct ledger *l); /* NULL is fine */

#endif
