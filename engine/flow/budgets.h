/*
 * budgets: how many hand-overs a team takes before the rules are asked for
 * another way: a bucket of tokens for each name, filled at a steady rate. What
 * is in them is written with the hand-overs that took from them, and read at
 * the start, so that a restart fills none.
 */
#ifndef FLOW_BUDGETS_H
#define FLOW_BUDGETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct budgets;
struct db;
struct engine;

struct budget {
    const char *name;
    double per_hour, burst;
};

struct budgets *budgets_new(struct engine *en, struct err *e) MUST_CHECK;

/* Take one. *level gets what is left, or was too little. An unknown one begins
 * full. */
bool budgets_take(struct budgets *b, const struct budget *from, int64_t now_ms,
                  double *level);

/* It was not used after all. */
void budgets_give(struct budgets *b, const char *name);

void budgets_free(struct budgets *b); /* NULL is fine */

/* In a commit: this much is left. On the store's thread. */
int rows_put_budget(struct db *d, const char *tenant, const char *name,
                    double level, int64_t now_ms, struct err *e);

#endif
