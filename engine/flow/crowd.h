/*
 * crowd: the other customers of a policy's test: how many came and were handed
 * over, evenly over a time, before the one that the test is about. What the
 * policy's budgets have left for that one follows from it.
 */
#ifndef FLOW_CROWD_H
#define FLOW_CROWD_H

#include <jansson.h>
#include <stdint.h>

#include "flow/purse.h"

struct decision;

/* others: {handed_over, conversations, from_ms, to_ms}, as rules/test gives
 * it. Those who were handed over went where d goes and found what was left
 * then; all began before now_ms, this one too. */
struct purse_answer crowd_take(const json_t *others, const struct decision *d,
                               int64_t now_ms);

#endif
