/*
 * backtest_limits: how much a change of the rules may change. A limit is a
 * number of conversations ("12") or a share of them ("2%").
 */
#ifndef FLOW_BACKTEST_LIMITS_H
#define FLOW_BACKTEST_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

struct tally;

/* A bound that the change must keep within. */
struct limit {
    const char *name;  /* "max-changed" */
    const char *given; /* as given; NULL: not asked for */
    char found[48];    /* what there is instead */
    bool exceeded;
};

enum {
    LIMIT_CHANGED,
    LIMIT_NEW,
    LIMIT_LOST,
    LIMITS
};

/* "max-changed", "max-new-escalations", "max-lost-escalations" */
const char *limit_name(size_t limit);

bool limit_valid(const char *given);

/* Fill in name, found and exceeded of those that are given. True: all are kept.
 */
bool limits_kept(struct limit limits[LIMITS], const struct tally *t);

#endif
