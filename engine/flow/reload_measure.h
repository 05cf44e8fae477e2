/*
 * reload_measure: how much changed rules change, before they come into force: a
 * quick back-test over recorded conversations, in the round's own worker, held
 * to the limits of the configuration.
 */
#ifndef FLOW_RELOAD_MEASURE_H
#define FLOW_RELOAD_MEASURE_H

#include "base/err.h"

struct config;
struct measure;
struct policy;
struct pool;

/* Conversations that are looked at: enough to see a change of one in a
 * hundred, few enough that a saved file is in force in a moment. */
#define MEASURE_MAX 1000

/* why: what is exceeded, with the figures; NULL: all is within the limits.
 * Borrowed until measure_free. Runs exactly once, on the loop, never before
 * measure_start returned, and never after measure_free. */
typedef void measure_done(void *arg, const char *why);

/* By config->policy.recordings and its limits. NULL when there are no
 * recordings to read. */
struct measure *measure_start(struct pool *pool, const struct config *config,
                              struct policy *old, struct policy *next,
                              measure_done *done, void *arg,
                              struct err *e) MUST_CHECK;

void measure_free(struct measure *m); /* NULL is fine */

#endif
