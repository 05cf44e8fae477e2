#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "store/db.h"
#include "store/schema.h"

#define BATCH_MAX 256

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
    unsigned batch_max;
    void (*fatal)(void *arg, const struct err *e);
    void *arg;
    pthread_t thread;
    bool started;
    /* under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue waiting, finished;
    bool stopping, dead;
    struct err death;
    struct store_stats stats;
    _Atomic int64_t oldest_ms; /* of the waiting and the running, or 0 */
    bool told;                 /* fatal ran; polling thread only */
    struct job *spare;         /* finished jobs to use again; poller only */
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

/* --- one batch, on the writer thread --- */

static void
run_one(struct store *s, struct job *j)
{
    struct err e = {0};

    j->failed = false;
    if (j->run(s->db, j->arg, &e) == 0)
        return;
    j->failed = true;
    j->err = e;
}

/* Alone in its own transaction. Returns -1 when the outcome is not known. */
static int
run_alone(struct store *s, struct job *j)
{
    struct err e = {0};

    if (s->driver->begin(s->db, &e) != 0) {
        j->failed = true;
        j->err = e;
        return e.class == ERR_SYSTEM ? -1 : 0;
    }
    run_one(s, j);
    if (j->failed) {
        s->driver->rollback(s->db);
        return j->err.class == ERR_SYSTEM && j->err.sys != 0 ? -1 : 0;
    }
    FAIL_POINT("store.before_commit");
    if (s->driver->commit(s->db, &e) == 0)
        return 0;
    j->failed = true;
    j->err = e;
    return e.class == ERR_RETRY ? 0 : -1;
}

static bool
run_all(struct store *s, struct job *first)
{
    for (struct job *j = first; j != NULL; j = j->next) {
        run_one(s, j);
        if (j->failed)
            return false;
    }
    return true;
}

static void
post(struct store *s, struct job *first)
{
    uint64_t one = 1;

    pthread_mutex_lock(&s->lock);
    while (first != NULL) {
        struct job *next = first->next;

        queue_put(&s->finished, first);
        first = next;
    }
    pthread_mutex_unlock(&s->lock);
    if (write(s->wake_fd, &one, sizeof one) < 0)
        return; /* the counter is full: the poller is awake anyway */
}

static void
die(struct store *s, const struct err *e)
{
    uint64_t one = 1;

    pthread_mutex_lock(&s->lock);
    s->dead = true;
    s->death = *e;
    pthread_mutex_unlock(&s->lock);
    if (write(s->wake_fd, &one, sizeof one) < 0)
        return;
}

/* Together in one transaction; when one of them fails, each by itself. */
static int
run_batch(struct store *s, struct job *first, struct err *e)
{
    FAIL_POINT("store.before_begin");
    if (s->driver->begin(s->db, e) != 0) {
        for (struct job *j = first; j != NULL; j = j->next) {
            j->failed = true;
            j->err = *e;
        }
        return e->class == ERR_RETRY ? 0 : -1;
    }
    if (run_all(s, first)) {
        FAIL_POINT("store.after_run");
#ifdef MUTATE_ACK_BEFORE_COMMIT
        post(s, first);
#endif
        FAIL_POINT("store.before_commit");
        if (s->driver->commit(s->db, e) == 0) {
            FAIL_POINT("store.after_commit");
            return 0;
        }
        if (e->class != ERR_RETRY)
            return -1;
    } else {
        s->driver->rollback(s->db);
    }
    for (struct job *j = first; j != NULL; j = j->next)
        if (run_alone(s, j) != 0) {
            *e = j->err;
            return -1;
        }
    return 0;
}

static struct job *
take_batch(struct store *s, unsigned *count)
{
    struct job *first = NULL, *last = NULL;

    pthread_mutex_lock(&s->lock);
    while (s->waiting.first == NULL && !s->stopping)
        pthread_cond_wait(&s->more, &s->lock);
    first = s->waiting.first;
    for (*count = 0, last = NULL;
         s->waiting.first != NULL && *count < s->batch_max; (*count)++) {
        last = s->waiting.first;
        s->waiting.first = last->next;
    }
    if (s->waiting.first == NULL)
        s->waiting.end = &s->waiting.first;
    if (last != NULL)
        last->next = NULL;
    pthread_mutex_unlock(&s->lock);
    return first;
}

static void
account(struct store *s, unsigned count, int64_t us)
{
    pthread_mutex_lock(&s->lock);
    s->stats.jobs += count;
    s->stats.batches++;
    s->stats.commit_us_sum += (uint64_t)us;
    if ((uint64_t)us > s->stats.commit_us_max)
        s->stats.commit_us_max = (uint64_t)us;
    atomic_store(&s->oldest_ms, s->waiting.first != NULL
                                    ? s->waiting.first->queued_ms
                                    : 0);
    pthread_mutex_unlock(&s->lock);
}

static void *
writer(void *arg)
{
    struct store *s = arg;
    struct job *first;
    unsigned count;

    while ((first = take_batch(s, &count)) != NULL) {
        struct err e = {0};
        int64_t began = clock_mono_us();

        if (run_batch(s, first, &e) != 0) {
            /* Nobody is told anything: what is true stands on the disk. */
            die(s, &e);
            return NULL;
        }
        account(s, count, clock_mono_us() - began);
#ifndef MUTATE_ACK_BEFORE_COMMIT
        post(s, first);
#endif
    }
    return NULL;
}

/* --- opening --- */

static int
take_lock(struct store *s, const char *where, struct err *e)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[4096], pid[24];
    int n;

    snprintf(path, sizeof path, "%s.lock", where);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0) {
        err_sys(e, "the store's lock %s", path);
        return -1;
    }
    if (fcntl(s->lock_fd, F_SETLK, &lock) != 0) {
        bool taken = errno == EACCES || errno == EAGAIN;

        if (!taken)
            return err_sys(e, "this file system cannot lock %s; put the store "
                           "on a local disk", path);
        lock.l_type = F_WRLCK;
        if (fcntl(s->lock_fd, F_GETLK, &lock) != 0)
            lock.l_pid = 0;
        return err_set(e, ERR_SYSTEM,
                       "%s is in use by another usher (process %d); stop that "
                       "one first",
                       where, (int)lock.l_pid);
    }
    n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(s->lock_fd, 0) != 0 ||
        pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
        return err_sys(e, "writing %s", path);
    return 0;
}

static void
store_free(struct store *s)
{
    while (s->spare != NULL) {
        struct job *j = s->spare;

        s->spare = j->next;
        free(j);
    }
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

struct store *
store_open(const struct store_options *o, struct err *e)
{
    struct store *s = mem_zero(sizeof *s);

    s->driver = &db_sqlite;
    s->batch_max = o->batch_max > 0 ? o->batch_max : BATCH_MAX;
    s->fatal = o->fatal;
    s->arg = o->arg;
    s->lock_fd = -1;
    queue_init(&s->waiting);
    queue_init(&s->finished);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0) {
        err_sys(e, "eventfd");
        goto fail;
    }
    if (take_lock(s, o->where, e) != 0 ||
        s->driver->open(&s->db, o->where, e) != 0 ||
        schema_migrate(s->driver, s->db, e) != 0)
        goto fail;
    if (pthread_create(&s->thread, NULL, writer, s) != 0) {
        err_set(e, ERR_SYSTEM, "cannot start the store's thread");
        goto fail;
    }
    s->started = true;
    return s;
fail:
    store_free(s);
    return NULL;
}

/* --- the poller's side --- */

static struct job *
job_new(struct store *s)
{
    struct job *j = s->spare;

    if (j != NULL)
        s->spare = j->next;
    else
        j = mem_alloc(sizeof *j);
    return j;
}

void
store_submit(struct store *s, store_run_fn *run, store_done_fn *done, void *arg)
{
    struct job *j = job_new(s);
    bool was_empty;

    j->run = run;
    j->done = done;
    j->arg = arg;
    j->failed = false;
    j->queued_ms = clock_mono_ms();
    pthread_mutex_lock(&s->lock);
    was_empty = s->waiting.first == NULL;
    queue_put(&s->waiting, j);
    if (atomic_load(&s->oldest_ms) == 0)
        atomic_store(&s->oldest_ms, j->queued_ms);
    if (was_empty)
        pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
}

void
store_poll(struct store *s)
{
    uint64_t count;
    struct job *j;
    bool dead;

    if (read(s->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
    pthread_mutex_lock(&s->lock);
    j = s->finished.first;
    queue_init(&s->finished);
    dead = s->dead;
    pthread_mutex_unlock(&s->lock);
    while (j != NULL) {
        struct job *next = j->next;

        if (j->failed)
            s->stats.failures++;
        j->done(j->arg, j->failed ? &j->err : NULL);
        j->next = s->spare;
        s->spare = j;
        j = next;
    }
    if (dead && !s->told) {
        s->told = true;
        if (s->fatal != NULL)
            s->fatal(s->arg, &s->death);
    }
}

struct wait {
    bool over;
    struct err err;
};

static void
on_waited(void *arg, const struct err *e)
{
    struct wait *w = arg;

    w->over = true;
    if (e != NULL)
        w->err = *e;
}

struct waited_job {
    store_run_fn *run;
    void *arg;
    struct wait wait;
};

static int
run_waited(struct db *d, void *arg, struct err *e)
{
    struct waited_job *j = arg;

    return j->run(d, j->arg, e);
}

static void
on_waited_job(void *arg, const struct err *e)
{
    struct waited_job *j = arg;

    on_waited(&j->wait, e);
}

int
store_wait(struct store *s, store_run_fn *run, void *arg, struct err *e)
{
    struct waited_job j = {run, arg, {0}};

    store_submit(s, run_waited, on_waited_job, &j);
    while (!j.wait.over && !s->told) {
        uint64_t count;

        /* The counter blocks nobody else: a short sleep between looks. */
        if (read(s->wake_fd, &count, sizeof count) > 0) {
            uint64_t again = 1;

            if (write(s->wake_fd, &again, sizeof again) < 0)
                break;
            store_poll(s);
        } else {
            usleep(100);
        }
    }
    if (!j.wait.over)
        return err_set(e, ERR_SYSTEM, "the store has stopped: %s",
                       s->death.text);
    if (j.wait.err.class == ERR_NONE)
        return 0;
    if (e != NULL)
        *e = j.wait.err;
    return -1;
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
