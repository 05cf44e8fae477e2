/*
 * canary: rules that decide for a share of the conversations, and the guard
 * that takes them back. Pure: counts in, a finding out.
 *
 * The guard compares conversations that began in the same time and were dealt
 * to one side or the other by a hash that knows nothing of them. If both sides'
 * rules do the same, every way to deal them was equally likely, so that the
 * chance of a difference as large as the one seen is Fisher's exact one, on
 * however small counts. It looks after every tenth decision of the canary. Half
 * of what it may err is for the first five looks, when a bad one must be found;
 * the j-th after that may err with a part that falls with j^2, so that all
 * looks for ever add up to CANARY_ERROR. Half of it again is for too many
 * hand-overs, the rest for the three other things that it looks at.
 */
#ifndef FLOW_CANARY_H
#define FLOW_CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* How likely rules that do the same are taken back, in the whole life of a
 * canary. */
#define CANARY_ERROR 0.001
/* Decisions of the canary between two looks. */
#define CANARY_LOOK 10
/* Of all conversations, in 1/10000; with more there is nobody to compare to. */
#define CANARY_SHARE_MAX 5000

/* conversations: those that began meanwhile; of these handed over, handed over
 * because the rules failed, and with a slow decision (its worker computed
 * longer than a quarter of its wall limit): each counted once, since what
 * happens twice in one conversation is no second piece of evidence. decisions:
 * all. */
#define CANARY_COUNTS(X)                                                       \
    X(conversations)                                                           \
    X(handed_over)                                                             \
    X(decisions)                                                               \
    X(failed)                                                                  \
    X(slow)

struct canary_side {
#define X(name) int64_t name;
    CANARY_COUNTS(X)
#undef X
};

enum {
    CANARY_LIVE,
    CANARY_NEW,
    CANARY_SIDES
};
struct canary_counts {
    struct canary_side side[CANARY_SIDES];
    int64_t looks;
};

/* What its author says it will do: no reason to take it back. */
struct canary_expected {
    bool more, fewer; /* hand-overs */
};

struct canary_finding {
    const char *what; /* "hands over more" */
    int64_t part[CANARY_SIDES], whole[CANARY_SIDES];
    double chance; /* that the same rules differ that much */
};

/* One more decision of the canary was counted: look, when it is time. True:
 * take it back; out says why. */
bool canary_trips(struct canary_counts *c, const struct canary_expected *x,
                  struct canary_finding *out);

/* "hands over more: 10 of 10 conversations against 18 of 92 (chance 3e-07)" */
void canary_tell(const struct canary_finding *f, struct buf *out);

/* The chance that, of whole[0] + whole[1] of which part[0] + part[1] are
 * marked, as many as part[1] or more are among whole[1] drawn at random. */
double canary_chance(const int64_t part[CANARY_SIDES],
                     const int64_t whole[CANARY_SIDES]);

/* Whether this conversation is dealt to the canary: always the same answer for
 * the same rules, and another for other rules. share in 1/10000. */
bool canary_takes(const char *tenant, const char *conversation,
                  const char *policy_hash, int64_t share);

/* As JSON, and back; what is not there is 0. */
void canary_json(const struct canary_counts *c, struct buf *out);
void canary_from_json(struct canary_counts *c, const char *json);

#endif
