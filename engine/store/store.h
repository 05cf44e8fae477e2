/*
 * store: one writer thread that drains a queue of jobs, many in one
 * transaction (group commit), and posts the results back. What a done
 * callback was told is on disk.
 *
 * A job is a function that runs statements on the writer thread. It must be
 * re-runnable: when one job of a batch fails, the batch is rolled back and its
 * jobs are run again, the failed one alone in a transaction of its own. It
 * touches only its own memory. The done callback runs on the thread that calls
 * store_poll.
 *
 * A commit whose outcome is not known (an I/O error at fsync) is never
 * retried: no done callback says "kept"; the store's fatal callback runs
 * (the process must stop and recover by reading, D7). A disk that cannot be
 * read, a checkpoint that cannot be synced and damage end it the same way.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct db;

struct store_options {
    const char *driver; /* "sqlite"; NULL: the same */
    const char *where;  /* file path */
    unsigned batch_max; /* jobs in one transaction; 0: 256 */
    /* On the polling thread, once: the store will do nothing more. */
    void (*fatal)(void *arg, const struct err *e);
    void *arg;
};

typedef int store_run_fn(struct db *d, void *arg, struct err *e);
/* e is NULL when the job is committed (or, for a read, done). */
typedef void store_done_fn(void *arg, const struct err *e);

/* Open, lock against a second engine, check and migrate. Clear one-line
 * errors with the remedy: unreadable or unwritable file, newer schema
 * (ERR_INPUT), not a store, damaged, in use (with the owner's pid), on a
 * network file system or one that cannot lock. */
struct store *store_open(const struct store_options *options,
                         struct err *e) MUST_CHECK;

/* Queue a job. Jobs run in order of submission. done runs exactly once, never
 * before store_submit returned, and not at all after the fatal callback or for
 * a job submitted while the store closes. Thread: the poller's. */
void store_submit(struct store *s, store_run_fn *run, store_done_fn *done,
                  void *arg);

/* Run a job now and wait for it (start-up, command line); done callbacks of
 * other jobs run meanwhile. Not from within a done callback. */
int store_wait(struct store *s, store_run_fn *run, void *arg,
               struct err *e) MUST_CHECK;

int store_fd(const struct store *s); /* readable: call store_poll */
void store_poll(struct store *s);

/* How long the oldest queued job has waited, in ms (0: none): admission
 * stops reading sockets at 250 and answers 503 at 1000. */
int64_t store_delay_ms(const struct store *s);

struct store_stats {
    uint64_t jobs;                         /* told, failed ones among them */
    uint64_t batches;                      /* transactions committed */
    uint64_t failures;                     /* jobs that were told an error */
    uint64_t commit_us_sum, commit_us_max; /* of the commits alone */
};
void store_stats(struct store *s, struct store_stats *out);

/* Finish the queue, commit, tell what is left to tell, close. NULL is fine. */
void store_close(struct store *s);

#endif
