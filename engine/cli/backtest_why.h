/*
 * backtest_why: why two policies part over a conversation, in short: of each
 * rule that decided at that moment what both policies think of it, down to the
 * one condition that makes it or breaks it.
 */
#ifndef CLI_BACKTEST_WHY_H
#define CLI_BACKTEST_WHY_H

#include <jansson.h>

#include "flow/backtest_walk.h"

/* From the traces of an explained pair: {at_message, rules: [{rule, old, new}]}
 * where old and new are {status, where, condition}; status is "decided",
 * "matched" (a rule before it decided), "no match", "no such rule", or, with
 * `failure`, "not explained": telling why takes more than deciding does. */
json_t *why_of(const struct pair *p);

/* "matches: field "value" is 5200, wants >= 5000": a status with its
 * condition in words. */
void why_words(const json_t *status, struct buf *out);

/* A condition that holds no others, in words. */
void why_condition_words(const json_t *condition, struct buf *out);

/* The one condition of a tree that made it pass, or fail: the first that
 * failed where all must hold, the first that held where one is enough. path:
 * which turn was taken at each fork; given back with *depth > 0 it is followed
 * instead as far as it goes. */
#define WHY_DEPTH_MAX 16
struct why_path {
    size_t depth;
    size_t turn[WHY_DEPTH_MAX];
};
const json_t *why_leaf(const json_t *condition, struct why_path *path);

#endif
