/*
 * backtest_shares: of the hand-overs that a back-test saw, how many bear each
 * tag, and how many are urgent. Tags are what a team's own reports go by; and
 * urgent is a word that wears out.
 */
#ifndef FLOW_BACKTEST_SHARES_H
#define FLOW_BACKTEST_SHARES_H

#include <stdbool.h>
#include <stddef.h>

#include "flow/backtest_walk.h"

struct tag_share {
    const char *tag;
    size_t count[SIDES];
};

struct shares {
    struct tag_share **tags; /* the most frequent first, once sorted */
    size_t tag_count;
    size_t handed_over[SIDES], urgent[SIDES];
    struct shares_inside *inside;
};

struct shares *shares_new(void);

/* Count a hand-over of one policy. */
void shares_add(struct shares *s, const struct decision *d, enum side side);

/* Everything was added: sort. */
void shares_end(struct shares *s);

/* More than one hand-over in twenty is urgent, as the check of a policy counts
 * it (U0602): of twenty hand-overs at least. */
bool shares_urgent_too_often(size_t urgent, size_t handed_over);
bool shares_too_urgent(const struct shares *s, enum side side);

/* Whether the tag tells anything: one that every ticket bears does not. */
bool shares_tells(const struct shares *s, const struct tag_share *tag);

void shares_free(struct shares *s); /* NULL is fine */

#endif
