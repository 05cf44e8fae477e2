/*
 * purse: what the budgets of a policy have left at a moment: buckets of
 * tokens, filled at a steady rate; and how many conversations began and were
 * handed over lately, counted by the minute, for budgets that are a share of
 * them. It knows no clock and no store: the engine (budgets.h), a back-test and
 * a test each move one through their own time.
 */
#ifndef FLOW_PURSE_H
#define FLOW_PURSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct purse;

/* A share is told of no more than this. */
#define PURSE_WITHIN_MAX_MS (24LL * 3600 * 1000)

enum purse_count {
    PURSE_BEGUN,   /* conversations; without a name */
    PURSE_HANDED,  /* hand-overs, by group */
    PURSE_BY_RULE, /* the same, by rule */
    PURSE_ALERTED, /* that a budget holds back was told, by budget */
    PURSE_REFUSED, /* hand-overs that were held back, by budget */
    PURSE_COUNTS
};

/* How often in the time before now_ms, its own minute included. */
int64_t purse_sum(const struct purse *p, enum purse_count what,
                  const char *name, int64_t now_ms, int64_t within_ms);

/* The minute (its first ms) that it began in, going on until now: it happened
 * again and again, with less than an hour between. 0: not in the last hour.
 * *n gets how often since; no more than a day is known of. */
int64_t purse_since(const struct purse *p, enum purse_count what,
                    const char *name, int64_t now_ms, int64_t *n);

/* As it is stored; PURSE_COUNTS: no such name. */
const char *purse_count_name(enum purse_count what);
enum purse_count purse_count_from_name(const char *name);

struct purse *purse_new(void);
void purse_free(struct purse *p); /* NULL is fine */

/* n more (or, with a negative n, fewer: it did not happen after all) in the
 * minute of at_ms. NULL is a name as good as "". What is older than a day than
 * the newest is forgotten. */
void purse_add(struct purse *p, enum purse_count what, const char *name,
               int64_t at_ms, int64_t n);

/* A bucket as it was kept. */
void purse_put_bucket(struct purse *p, const char *name, double level,
                      int64_t at_ms);

/* What a decision asks for: its member `budget` as rules/std/60-budget.lua
 * writes it,
 *   {name, per_hour, burst}  a token of that bucket, and, or
 *   {share: {name, percent, sessions, within_s, groups}}  that no more than so
 *   many percent of the conversations that began in that time were handed over
 *   (to these groups; without: to any), once there are that many of them. */
struct purse_answer {
    const char *token;   /* the bucket that gave one; or NULL */
    const char *refused; /* the budget that has none left; or NULL */
    double level;        /* left in that bucket; or percent handed over */
    double share;        /* percent handed over, when a share was asked */
    int64_t begun, handed,
        within_ms; /* refused for a share: of these; else 0 */
};

/* Ask, and take a token when the answer is yes. Names are the caller's. */
struct purse_answer purse_take(struct purse *p, const json_t *asked,
                               int64_t now_ms);

/* A token only, whatever was handed over. */
struct purse_answer purse_take_token(struct purse *p, const json_t *asked,
                                     int64_t now_ms);

/* The token was not used after all. */
void purse_give(struct purse *p, const char *bucket);

/* The rule that handed over most in the time before now_ms, the first by name
 * of several; NULL: none did. *n gets how often. */
const char *purse_top_rule(const struct purse *p, int64_t now_ms,
                           int64_t within_ms, int64_t *n);

/* Of what time the figures are that are told with a refusal. */
int64_t purse_window(const struct purse_answer *a);

/* Append in words why it was refused, for people. */
void purse_tell(const struct purse *p, const struct purse_answer *a,
                int64_t now_ms, struct buf *out);

#endif
