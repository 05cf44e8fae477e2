#include "store/store.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "store/db.h"
#include "store/lock.h"
#include "store/schema.h"

/* Above this a commit's cost is spread thin already (25 k rows/s at 64, 29 k
 * at 512) and only the wait of the first one in it grows. */
#define BATCH_MAX 256

/* A commit of this many jobs is one under load; then commits begin at least
 * this far apart. A hand-over waits for about six of them, one behind the
 * other. With 64 connections at full speed 4 ms save a tenth of the pages. */
#define BUSY_JOBS     8
#define COMMIT_GAP_MS 4

struct job {
    struct job *next;
    store_run_fn *run;
    store_done_fn *done;
    void *arg;
    int64_t queued_ms;
    bool failed;
    struct err err;
};

struct queue {
    struct job *first, **end;
};

struct store {
    const struct db_driver *driver;
    struct db *db;
    int lock_fd, wake_fd;
    void (*fatal)(void *arg, const struct err *e);
    void *arg;
    pthread_t thread;
    bool started;
    /* The writer's: the jobs it took; NULL once told. */
    struct job **batch;
    unsigned batch_max, batch_last; /* so many in the last one, */
    struct timespec began;          /* which began then */
    /* Under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue waiting, finished;
    bool stopping, dead;
    struct err death;
    struct store_stats stats;
    _Atomic int64_t oldest_ms; /* of the waiting and the running, or 0 */
    /* The poller's: */
    bool told;         /* fatal ran */
    struct job *spare; /* finished jobs to use again */
};

static void
queue_init(struct queue *q)
{
    q->first = NULL;
    q->end = &q->first;
}

static void
queue_put(struct queue *q, struct job *j)
{
    j->next = NULL;
    *q->end = j;
    q->end = &j->next;
}

static struct job *
queue_take(struct queue *q)
{
    struct job *j = q->first;

    if (j == NULL)
        return NULL;
    q->first = j->next;
    if (q->first == NULL)
        q->end = &q->first;
    return j;
}

static void
queue_free(struct queue *q)
{
    for (struct job *j; (j = queue_take(q)) != NULL;)
        free(j);
}

/* --- on the writer's thread --- */

/* Wake the poller. A counter that is full means it is awake already. */
static void
wake(struct store *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake_fd, &one, sizeof one);

    (void)n;
}

static void
post(struct store *s, unsigned from, unsigned to)
{
    pthread_mutex_lock(&s->lock);
    for (unsigned i = from; i < to; i++) {
        struct job *j = s->batch[i];

        s->batch[i] = NULL;
        s->stats.jobs++;
        s->stats.failures += j->failed;
        queue_put(&s->finished, j);
    }
    pthread_mutex_unlock(&s->lock);
    wake(s);
}

static int
run_one(struct store *s, struct job *j)
{
    err_clear(&j->err);
    j->failed = j->run(s->db, j->arg, &j->err) != 0;
    if (j->failed && j->err.class == ERR_NONE)
        err_set(&j->err, ERR_SYSTEM, "a job of the store gave no reason");
    return j->failed ? -1 : 0;
}

static int
commit(struct store *s, struct err *e)
{
    int64_t began = clock_mono_us(), us;

    FAIL_POINT("store.before_commit");
    if (s->driver->commit(s->db, e) != 0)
        return -1;
    FAIL_POINT("store.after_commit");
    us = clock_mono_us() - began;
    pthread_mutex_lock(&s->lock);
    s->stats.batches++;
    s->stats.commit_us_sum += (uint64_t)us;
    if ((uint64_t)us > s->stats.commit_us_max)
        s->stats.commit_us_max = (uint64_t)us;
    pthread_mutex_unlock(&s->lock);
    return 0;
}

enum fate {
    FATE_KEPT,    /* committed */
    FATE_STOPPED, /* a job failed; rolled back */
    FATE_UNDONE,  /* the commit failed and kept nothing, for certain */
    FATE_BUSY,    /* there was no transaction to be had */
    FATE_UNKNOWN, /* nobody knows; nothing more may be written */
};

/* What a failed begin or commit means. */
static enum fate
fate_of(const struct store *s, const struct err *e, enum fate certain)
{
    return e->class == ERR_RETRY && !s->driver->broken(s->db) ? certain
                                                              : FATE_UNKNOWN;
}

/* One transaction of the jobs from..to; *at is the one that failed. */
static enum fate
transact(struct store *s, unsigned from, unsigned to, unsigned *at,
         struct err *e)
{
    FAIL_POINT("store.before_begin");
    if (s->driver->begin(s->db, e) != 0)
        return fate_of(s, e, FATE_BUSY);
    for (unsigned i = from; i < to; i++) {
        if (run_one(s, s->batch[i]) == 0)
            continue;
        s->driver->rollback(s->db);
        *e = s->batch[i]->err;
        *at = i;
        return s->driver->broken(s->db) ? FATE_UNKNOWN : FATE_STOPPED;
    }
    FAIL_POINT("store.after_run");
#ifdef MUTATE_ACK_BEFORE_COMMIT
    post(s, from, to);
    return commit(s, e) == 0 ? FATE_KEPT : FATE_UNKNOWN;
#else
    return commit(s, e) == 0 ? FATE_KEPT : fate_of(s, e, FATE_UNDONE);
#endif
}

static void
post_kept(struct store *s, unsigned from, unsigned to)
{
#ifdef MUTATE_ACK_BEFORE_COMMIT
    (void)s, (void)from, (void)to;
#else
    post(s, from, to);
#endif
}

static void
post_failed(struct store *s, unsigned from, unsigned to, const struct err *e)
{
    for (unsigned i = from; i < to; i++) {
        s->batch[i]->failed = true;
        s->batch[i]->err = *e;
    }
    post(s, from, to);
}

static int settle(struct store *s, unsigned from, unsigned to, struct err *e);

static int
settle_each(struct store *s, unsigned from, unsigned to, struct err *e)
{
    for (unsigned i = from; i < to; i++)
        if (settle(s, i, i + 1, e) != 0)
            return -1;
    return 0;
}

/* Bring the jobs from..to to an end, together where that goes: a job that
 * fails is run again by itself, those before and those behind it share
 * transactions of theirs. Returns -1 when an outcome is not known. */
static int
settle(struct store *s, unsigned from, unsigned to, struct err *e)
{
    while (from < to) {
        unsigned at = from;
        enum fate fate = transact(s, from, to, &at, e);

        if (fate == FATE_UNKNOWN)
            return -1;
        if (fate == FATE_KEPT) {
            post_kept(s, from, to);
            return 0;
        }
        if (fate == FATE_BUSY || to - from == 1) {
            post_failed(s, from, to, e);
            return 0;
        }
        /* Where the whole was too much for the disk, a part may fit. */
        if (fate == FATE_UNDONE)
            return settle_each(s, from, to, e);
        if (settle(s, from, at, e) != 0 || settle(s, at, at + 1, e) != 0)
            return -1;
        from = at + 1;
    }
    return 0;
}

static void
die(struct store *s, const struct err *e)
{
    pthread_mutex_lock(&s->lock);
    s->dead = true;
    s->death = *e;
    pthread_mutex_unlock(&s->lock);
    wake(s);
}

/* Under load the next commit waits a little, for the sake of those that would
 * miss it: a page that many jobs write is then written once. */
static void
gather(struct store *s)
{
    struct timespec until = s->began;

    if (s->batch_last < BUSY_JOBS)
        return;
    until.tv_nsec += COMMIT_GAP_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!s->stopping &&
           pthread_cond_timedwait(&s->more, &s->lock, &until) == 0)
        continue; /* woken early: by the end, or by nothing */
}

static unsigned
take_batch(struct store *s)
{
    unsigned count = 0;

    pthread_mutex_lock(&s->lock);
    while (s->waiting.first == NULL && !s->stopping)
        pthread_cond_wait(&s->more, &s->lock);
    gather(s);
    while (count < s->batch_max && s->waiting.first != NULL)
        s->batch[count++] = queue_take(&s->waiting);
    pthread_mutex_unlock(&s->lock);
    clock_gettime(CLOCK_MONOTONIC, &s->began);
    s->batch_last = count;
    return count;
}

static void
forget_oldest(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->oldest_ms,
                 s->waiting.first != NULL ? s->waiting.first->queued_ms : 0);
    pthread_mutex_unlock(&s->lock);
}

static void *
writer(void *arg)
{
    struct store *s = arg;
    unsigned count;

    while ((count = take_batch(s)) > 0) {
        struct err e = {0};

        if (settle(s, 0, count, &e) != 0 || s->driver->tidy(s->db, &e) != 0) {
            die(s, &e);
            return NULL;
        }
        forget_oldest(s);
    }
    return NULL;
}

/* --- opening --- */

static const struct db_driver *
driver_of(const char *name, struct err *e)
{
    static const struct db_driver *const drivers[] = {&db_sqlite};

    if (name == NULL)
        return drivers[0];
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    err_set(e, ERR_INPUT, "no store is called \"%s\"; there is \"%s\"", name,
            drivers[0]->name);
    return NULL;
}

/* Signals are the loop's: a write to the disk is not to be interrupted. What
 * a thread raises itself stays deliverable. */
static int
start_writer(struct store *s, struct err *e)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t all, before;
    int code;

    sigfillset(&all);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&all, own[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&s->thread, NULL, writer, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        errno = code;
        return err_sys(e, "starting the store's thread");
    }
    s->started = true;
    pthread_setname_np(s->thread, "store");
    return 0;
}

static void
store_free(struct store *s)
{
    struct queue spare = {s->spare, NULL};

    queue_free(&s->waiting);
    queue_free(&s->finished);
    queue_free(&spare);
    for (unsigned i = 0; i < s->batch_max; i++)
        free(s->batch[i]);
    free(s->batch);
    if (s->db != NULL)
        s->driver->close(s->db);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->more);
    free(s);
}

static struct store *
store_new(const struct store_options *o, const struct db_driver *driver)
{
    struct store *s = mem_zero(sizeof *s);
    pthread_condattr_t monotonic;

    s->driver = driver;
    s->batch_max = o->batch_max > 0 ? o->batch_max : BATCH_MAX;
    s->batch = mem_zero(s->batch_max * sizeof *s->batch);
    s->fatal = o->fatal;
    s->arg = o->arg;
    s->lock_fd = -1;
    s->wake_fd = -1;
    queue_init(&s->waiting);
    queue_init(&s->finished);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

struct store *
store_open(const struct store_options *o, struct err *e)
{
    const struct db_driver *driver = driver_of(o->driver, e);
    struct store *s;

    if (driver == NULL)
        return NULL;
    s = store_new(o, driver);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0) {
        err_sys(e, "making the store's wake-up");
        goto fail;
    }
    s->lock_fd = lock_take(o->where, e);
    if (s->lock_fd < 0 || driver->open(&s->db, o->where, e) != 0)
        goto fail;
    if (schema_migrate(driver, s->db, e) != 0) {
        err_wrap(e, "%s", o->where);
        goto fail;
    }
    if (start_writer(s, e) != 0)
        goto fail;
    return s;
fail:
    store_free(s);
    return NULL;
}

/* --- on the poller's thread --- */

static struct job *
job_new(struct store *s)
{
    struct job *j = s->spare;

    if (j == NULL)
        return mem_alloc(sizeof *j);
    s->spare = j->next;
    return j;
}

void
store_submit(struct store *s, store_run_fn *run, store_done_fn *done, void *arg)
{
    struct job *j = job_new(s);

    j->run = run;
    j->done = done;
    j->arg = arg;
    j->queued_ms = clock_mono_ms();
    pthread_mutex_lock(&s->lock);
    if (s->waiting.first == NULL)
        pthread_cond_signal(&s->more);
    queue_put(&s->waiting, j);
    if (atomic_load(&s->oldest_ms) == 0)
        atomic_store(&s->oldest_ms, j->queued_ms);
    pthread_mutex_unlock(&s->lock);
}

static void
tell(struct store *s, struct job *j)
{
    j->done(j->arg, j->failed ? &j->err : NULL);
    j->next = s->spare;
    s->spare = j;
}

void
store_poll(struct store *s)
{
    uint64_t count;
    struct job *j;
    bool dead;

    if (read(s->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return; /* interrupted: it is still readable */
    pthread_mutex_lock(&s->lock);
    j = s->finished.first;
    queue_init(&s->finished);
    dead = s->dead;
    pthread_mutex_unlock(&s->lock);
    while (j != NULL) {
        struct job *next = j->next;

        tell(s, j);
        j = next;
    }
    if (dead && !s->told) {
        s->told = true;
        if (s->fatal != NULL)
            s->fatal(s->arg, &s->death);
    }
}

struct waited {
    store_run_fn *run;
    void *arg;
    bool over, failed;
    struct err err;
};

static int
run_waited(struct db *d, void *arg, struct err *e)
{
    struct waited *w = arg;

    return w->run(d, w->arg, e);
}

static void
on_waited(void *arg, const struct err *e)
{
    struct waited *w = arg;

    w->over = true;
    w->failed = e != NULL;
    if (e != NULL)
        w->err = *e;
}

int
store_wait(struct store *s, store_run_fn *run, void *arg, struct err *e)
{
    struct waited w = {.run = run, .arg = arg};
    struct pollfd woken = {.fd = s->wake_fd, .events = POLLIN};

    if (!s->told)
        store_submit(s, run_waited, on_waited, &w);
    while (!w.over && !s->told) {
        poll(&woken, 1, -1);
        store_poll(s);
    }
    if (!w.over)
        return err_set(e, ERR_SYSTEM, "the store has stopped: %s",
                       s->death.text);
    if (w.failed && e != NULL)
        *e = w.err;
    return w.failed ? -1 : 0;
}

int
store_fd(const struct store *s)
{
    return s->wake_fd;
}

int64_t
store_delay_ms(const struct store *s)
{
    int64_t oldest = atomic_load(&s->oldest_ms);

    return oldest == 0 ? 0 : clock_mono_ms() - oldest;
}

void
store_stats(struct store *s, struct store_stats *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->stats;
    pthread_mutex_unlock(&s->lock);
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    if (s->started)
        pthread_join(s->thread, NULL);
    store_poll(s);
    store_free(s);
}
