/*
 * sql_timer: things to be done at a time, one per conversation and name. Each
 * setting has a number of its own (gen), so that a firing that was overtaken
 * by a new setting or a cancelling is recognised, and one that happens twice
 * is one. All functions run on the store's thread.
 */
#ifndef STORE_SQL_TIMER_H
#define STORE_SQL_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct db;

struct sql_timer {
    const char *tenant, *conv, *name;
    int shard;
    int64_t due_ms;  /* wall clock, UTC */
    int64_t gen;     /* read only: from 1, one more with each setting */
    const char *arg; /* JSON for whoever set it, or NULL */
};

/* Set, or set anew; *gen gets the setting's number. */
int sql_timer_set(struct db *d, const struct sql_timer *t, int64_t *gen,
                  struct err *e) MUST_CHECK;

/* Cancel one that is set; another state is left as it is. */
int sql_timer_cancel(struct db *d, const char *tenant, const char *conv,
                     const char *name, struct err *e) MUST_CHECK;

/* Cancel all of a conversation (it was handed over, or has ended). */
int sql_timer_cancel_all(struct db *d, const char *tenant, const char *conv,
                         struct err *e) MUST_CHECK;

/* Mark as fired. *fired is false when it was cancelled, set anew or fired
 * before: then nothing is to be done. */
int sql_timer_fire(struct db *d, const struct sql_timer *t, bool *fired,
                   struct err *e) MUST_CHECK;

/* Those due at now_ms, the oldest first, at most `limit`; what fn gets is
 * borrowed until it returns. A non-zero return of fn ends the walk and is
 * returned. */
typedef int sql_timer_fn(void *arg, const struct sql_timer *t, struct err *e);
int sql_timer_due(struct db *d, const char *tenant, int64_t now_ms, int limit,
                  sql_timer_fn *fn, void *arg, struct err *e) MUST_CHECK;

/* When the next one is due; 0 when none is set. */
int sql_timer_next(struct db *d, const char *tenant, int64_t *due_ms,
                   struct err *e) MUST_CHECK;

#endif
