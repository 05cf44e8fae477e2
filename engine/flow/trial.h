/*
 * trial: rules that are not in force yet, put to the test in workers of their
 * own: they must load, and their own tests must pass.
 */
#ifndef FLOW_TRIAL_H
#define FLOW_TRIAL_H

#include <stddef.h>

#include "base/err.h"

struct config;
struct policy;
struct pool;
struct trial;

struct trial_outcome {
    const char *text; /* NULL: all is well; else what failed, file and line */
    size_t passed, failed;
};

/* o is borrowed until it returns. Runs inside pool_poll, exactly once; never
 * after trial_free. */
typedef void trial_done(void *arg, const struct trial_outcome *o);

/* Load p, then the rules of the folder with their tests, and run these. dir
 * NULL: there are no tests, it has to load. Everything is borrowed until done
 * ran. */
struct trial *trial_start(struct pool *pool, const struct config *config,
                          struct policy *p, const char *dir, trial_done *done,
                          void *arg, struct err *e) MUST_CHECK;

void trial_free(struct trial *t); /* NULL is fine; calls in flight are left */

#endif
