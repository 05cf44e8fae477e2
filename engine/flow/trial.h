/*
 * trial: rules put to the test: by the engine before it puts changed ones in
 * force, by `usher test` for whoever writes them. Each test's conversation is
 * built and walked by the engine's own code, decided in a worker like in
 * production, and judged by the policy's own expect().
 */
#ifndef FLOW_TRIAL_H
#define FLOW_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct config;
struct policy;
struct pool;
struct trial;

/* One test that ran (or was asked for and could not). */
struct trial_case {
    const char *name, *where;
    size_t index; /* in the list of the policy's tests */
    bool passed, ran;
    bool disturbed; /* its worker was lost, by the wall clock or otherwise */
    char failure[ERR_TEXT_MAX]; /* it could not be judged: why; or "" */
    const json_t *differs;      /* [{name, want, got, at}], or NULL */
    const json_t *matter;       /* names of the rules to look at, or NULL */
    json_t *decisions;          /* that were made, with their traces */
    size_t judged;              /* how many of them there were when it failed */
};

struct trial_outcome {
    const char *text; /* NULL: all is well; else what failed, file and line */
    size_t passed, failed;
    const struct trial_case *cases; /* in the order of the files */
    size_t count;
    const json_t *tests; /* as the policy lists them, or NULL */
};

/* o is borrowed: until it returns (reload, which frees there), else until
 * trial_free. Runs inside pool_poll, exactly once, never after trial_free; of
 * trial_run with a list of tests perhaps before that returns. */
typedef void trial_done(void *arg, const struct trial_outcome *o);

/* Load p, then the rules of the folder with their tests, and run these. dir
 * NULL: there are no tests, it has to load. Everything is borrowed until done
 * ran. */
struct trial *trial_start(struct pool *pool, const struct config *config,
                          struct policy *p, const char *dir, trial_done *done,
                          void *arg, struct err *e) MUST_CHECK;

/* Which tests, and how. All borrowed until done ran. */
struct trial_choice {
    const char *name;    /* those whose name contains it; when one has just
                            this name, that one; NULL: any */
    const char *file;    /* of this file; NULL: any */
    const json_t *tests; /* the list, when it is known; NULL: it is asked for */
    const size_t *order; /* indexes into the list; NULL: all, as they stand */
    size_t order_count;
    bool until_failure; /* the first that fails is enough */
};

/* Run tests of a policy that was loaded with them (trial_load). */
struct trial *trial_run(struct pool *pool, const struct config *config,
                        struct policy *p, const struct trial_choice *choice,
                        trial_done *done, void *arg);

/* Workers for trials: the limits of production, but for the wall clock's,
 * which are ten times as long: what a test says must not depend on how busy the
 * machine is. workers as in pool_options. */
struct pool *trial_pool(unsigned workers, struct err *e) MUST_CHECK;

/* Read a folder of rules with its tests and the recordings beside them. */
struct policy *trial_load(const struct config *config, const char *dir,
                          struct err *e) MUST_CHECK;

/* The same, able to be changed: its entry mutants() lists how, and
 * policy_mutant makes one of them. */
struct policy *trial_load_mutants(const struct config *config, const char *dir,
                                  struct err *e) MUST_CHECK;

void trial_free(struct trial *t); /* NULL is fine; calls in flight are left */

#endif
