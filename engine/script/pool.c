#include "script/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "script/pool_zygote.h"
#include "script/set.h"
#include "script/wire.h"

#define WORKERS_MAX 64
#define SETS_MAX    24
#define IN_FLIGHT   8 /* per worker: one runs, the others wait in its socket */
#define FLYING_MAX  64
#define RECYCLE     10000
/* A worker on a busy machine gives a call the time that it was not given (see
 * worker.c); this much longer is more than that. */
#define STARVED_TIMES 4
#define GRACE_MS      1000 /* a worker that does not even die by its own timer */
#define CHECK_MS      200
#define SEND_BUFFER   (1 << 20)
#define NODES_MAX     400000

struct call {
    struct call *next;
    struct script_set *set;
    char function[64];
    enum script_kind kind;
    unsigned count; /* of a series: its calls; else 1 */
    bool series;
    struct buf args;
    script_done *done;
    void *arg;
    uint32_t id;
    int64_t turn_ms; /* sent, or its turn came, whichever was later */
};

struct held_set {
    struct script_set *set;
    uint64_t used; /* by number of call: the oldest goes first */
};

struct worker {
    struct pool *pool;
    int slot, fd;
    pid_t pid;
    struct buf out, in;
    size_t out_sent;
    bool wants_write, retiring;
    struct call *flying[FLYING_MAX]; /* [0] runs */
    unsigned flying_count, calls;
    struct held_set sets[SETS_MAX];
};

struct pool {
    int epoll, timer, zygote;
    pid_t zygote_pid;
    char *program;
    unsigned worker_count, recycle, set_count, wall_times, in_flight;
    struct worker workers[WORKERS_MAX];
    struct script_limits limits[SCRIPT_KINDS];
    struct call *first, **end; /* waiting */
    size_t waiting;
    uint32_t next_id;
    uint64_t clock;
    struct pool_stats stats;
    bool timer_on, closing, polling;
    void (*on_unsent)(void *arg);
    void *unsent_arg;
    bool unsent; /* on_unsent was called, pool_flush was not */
};

/* What an epoll entry is about: a worker's slot, or one of these. */
#define TAG_ZYGOTE 1000
#define TAG_TIMER  1001

/* --- processes --- */

static int
watch(struct pool *p, int fd, uint32_t tag, uint32_t events, int op)
{
    struct epoll_event ev = {.events = events, .data.u32 = tag};

    return epoll_ctl(p->epoll, op, fd, &ev);
}

static int
start_zygote(struct pool *p, struct err *e)
{
    p->zygote = zygote_start(p->program, &p->zygote_pid, e);
    if (p->zygote < 0)
        return -1;
    watch(p, p->zygote, TAG_ZYGOTE, EPOLLIN, EPOLL_CTL_ADD);
    return 0;
}

static void
queue_frame(struct worker *w, const struct wire_call *head, struct str a,
            struct str b)
{
    size_t at = frame_open(&w->out);

    buf_add(&w->out, head, sizeof *head);
    buf_add(&w->out, a.p, a.len);
    buf_add(&w->out, b.p, b.len);
    frame_close(&w->out, at);
}

static void
queue_limits(struct worker *w)
{
    const struct pool *p = w->pool;
    struct wire_call head = {.kind = WIRE_LIMITS};

    queue_frame(w, &head,
                (struct str){(const char *)p->limits, sizeof p->limits},
                (struct str){NULL, 0});
}

static int
start_worker(struct worker *w)
{
    struct pool *p = w->pool;
    int pair[2], size = SEND_BUFFER;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    if (zygote_order(p->zygote, w->slot, pair[1]) != 0) {
        close(pair[0]);
        close(pair[1]);
        return -1;
    }
    close(pair[1]);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    w->fd = pair[0];
    w->pid = 0;
    w->calls = 0;
    w->retiring = w->wants_write = false;
    w->out_sent = 0;
    buf_clear(&w->out);
    buf_clear(&w->in);
    watch(p, w->fd, (uint32_t)w->slot, EPOLLIN, EPOLL_CTL_ADD);
    queue_limits(w);
    return 0;
}

static void
forget_sets(struct worker *w)
{
    for (unsigned i = 0; i < SETS_MAX; i++) {
        script_set_release(w->sets[i].set);
        w->sets[i] = (struct held_set){0};
    }
}

static void
drop_worker(struct worker *w)
{
    if (w->fd >= 0)
        close(w->fd); /* leaves the epoll set by itself */
    w->fd = -1;
    forget_sets(w);
}

/* --- calls --- */

static void
call_free(struct call *c)
{
    script_set_release(c->set);
    buf_free(&c->args);
    free(c);
}

static void
answer(struct pool *p, struct call *c, const struct script_result *r)
{
    p->stats.calls++;
    if (r->class != SCRIPT_OK)
        p->stats.failures[r->class]++;
    c->done(c->arg, r);
    call_free(c);
}

static void
answer_failed(struct pool *p, struct call *c, enum script_class class,
              const char *text, const char *where)
{
    struct script_result r = {.class = class, .text = text, .where = where};

    answer(p, c, &r);
}

static void
requeue(struct pool *p, struct call *c)
{
    c->next = p->first;
    if (p->first == NULL)
        p->end = &c->next;
    p->first = c;
    p->waiting++;
}

/* A worker is gone. A worker answers each call before it begins the next one:
 * the call at the front is the culprit, those behind it never began and run in
 * another worker. */
static void
bury(struct worker *w, enum script_class class, const char *text,
     const char *where)
{
    struct pool *p = w->pool;
    struct call *culprit = w->flying_count > 0 ? w->flying[0] : NULL;

    while (w->flying_count > 1)
        requeue(p, w->flying[--w->flying_count]);
    w->flying_count = 0;
    drop_worker(w);
    if (!p->closing && start_worker(w) != 0)
        log_error("worker.not_started", LOG_INT("slot", w->slot));
    if (culprit != NULL || !w->retiring)
        p->stats.respawns++;
    if (culprit != NULL)
        answer_failed(p, culprit, class, text, where);
}

static void
kill_worker(struct worker *w, enum script_class class, const char *text)
{
    if (w->pid > 0)
        kill(w->pid, SIGKILL);
    bury(w, class, text, NULL);
}

static void
flush(struct worker *w)
{
    bool more;

    while (w->out_sent < w->out.len) {
        ssize_t n = send(w->fd, w->out.data + w->out_sent,
                         w->out.len - w->out_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        w->out_sent += (size_t)n;
    }
    more = w->out_sent < w->out.len;
    if (!more) {
        buf_clear(&w->out);
        w->out_sent = 0;
    }
    if (more != w->wants_write) {
        w->wants_write = more;
        watch(w->pool, w->fd, (uint32_t)w->slot,
              more ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
}

/* The slot of the set in this worker; sends the set first if it is new. */
static uint16_t
set_slot(struct worker *w, struct script_set *set)
{
    struct pool *p = w->pool;
    unsigned oldest = 0;
    struct buf packed = {0};
    /* A set that takes too long ends the call that needs it. */
    struct wire_call head = {.kind = WIRE_SET, .id = p->next_id};

    for (unsigned i = 0; i < p->set_count; i++) {
        if (w->sets[i].set == set) {
            w->sets[i].used = ++p->clock;
            return (uint16_t)i;
        }
        if (w->sets[i].used < w->sets[oldest].used)
            oldest = i;
    }
    script_set_release(w->sets[oldest].set);
    w->sets[oldest] = (struct held_set){script_set_hold(set), ++p->clock};
    script_set_pack(set, &packed);
    head.slot = (uint16_t)oldest;
    queue_frame(w, &head, (struct str){packed.data, packed.len},
                (struct str){NULL, 0});
    buf_free(&packed);
    return (uint16_t)oldest;
}

static void
hand_over(struct worker *w, struct call *c)
{
    struct pool *p = w->pool;
    size_t n = strlen(c->function);
    struct wire_call head = {.kind = c->series ? WIRE_SERIES : WIRE_CALL,
                             .call_kind = (uint8_t)c->kind,
                             .id = ++p->next_id,
                             .function_n = (uint32_t)n};

    head.slot = set_slot(w, c->set);
    c->id = head.id;
    c->turn_ms = clock_mono_ms();
    queue_frame(w, &head, (struct str){c->function, n},
                (struct str){c->args.data, c->args.len});
    w->flying[w->flying_count++] = c;
    w->calls += c->count;
}

static struct worker *
idlest(struct pool *p)
{
    struct worker *best = NULL;

    for (unsigned i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];

        if (w->fd < 0 || w->retiring || w->flying_count >= p->in_flight)
            continue;
        if (best == NULL || w->flying_count < best->flying_count)
            best = w;
    }
    return best;
}

static void
set_timer(struct pool *p, bool on)
{
    struct itimerspec t = {0};

    if (on == p->timer_on)
        return;
    p->timer_on = on;
    if (on)
        t.it_value.tv_nsec = t.it_interval.tv_nsec = CHECK_MS * 1000000L;
    timerfd_settime(p->timer, 0, &t, NULL);
}

static void
pump(struct pool *p)
{
    struct worker *w;

    while (p->first != NULL && (w = idlest(p)) != NULL) {
        struct call *c = p->first;

        p->first = c->next;
        if (p->first == NULL)
            p->end = &p->first;
        p->waiting--;
        hand_over(w, c);
        if (!p->polling && p->on_unsent == NULL)
            flush(w);
        else if (!p->polling && !p->unsent) {
            p->unsent = true;
            p->on_unsent(p->unsent_arg);
        }
    }
    set_timer(p, pool_waiting(p) > 0);
}

static struct call *
call_new(struct script_set *set, const char *function, enum script_kind kind,
         script_done *done, void *arg)
{
    struct call *c = mem_zero(sizeof *c);

    c->set = script_set_hold(set);
    snprintf(c->function, sizeof c->function, "%s", function);
    c->kind = kind;
    c->count = 1;
    c->done = done;
    c->arg = arg;
    return c;
}

static void
enqueue(struct pool *p, struct call *c)
{
    *p->end = c;
    p->end = &c->next;
    p->waiting++;
    pump(p);
}

void
pool_call(struct pool *p, struct script_set *set, const char *function,
          enum script_kind kind, const struct buf *args, script_done *done,
          void *arg)
{
    struct call *c = call_new(set, function, kind, done, arg);

    buf_add(&c->args, args->data, args->len);
    enqueue(p, c);
}

void
pool_call_series(struct pool *p, struct script_set *set, const char *function,
                 enum script_kind kind, const struct script_series *series,
                 script_done *done, void *arg)
{
    struct call *c = call_new(set, function, kind, done, arg);

    c->series = true;
    c->count = series->count;
    script_series_pack(series, &c->args);
    enqueue(p, c);
}

/* --- answers --- */

static void
take_value(struct pool *p, struct call *c, const struct wire_result *head,
           const char *packed, size_t n)
{
    struct arena *a = arena_new(n < 4096 ? 8192 : n * 2);
    struct err e = {0};
    struct script_result r = {.class = SCRIPT_OK,
                              .packed = packed,
                              .packed_n = n,
                              .instructions = head->instructions,
                              .cpu_us = head->cpu_us,
                              .peak = head->peak,
                              .index = head->index};

    r.value = value_read(a, packed, n, NODES_MAX, &e);
    if (r.value == NULL) {
        r.class = SCRIPT_BAD_RESULT;
        r.text = e.text;
    }
    answer(p, c, &r);
    arena_free(a);
}

static void
take_failure(struct pool *p, struct call *c, const struct wire_result *head,
             const char *body)
{
    char where[256] = "", text[1100];
    size_t where_n =
        head->where_n < sizeof where ? head->where_n : sizeof where - 1;
    size_t text_n = head->text_n < sizeof text ? head->text_n : sizeof text - 1;
    struct script_result r = {.class = (enum script_class)head->class,
                              .text = text,
                              .instructions = head->instructions,
                              .cpu_us = head->cpu_us,
                              .peak = head->peak,
                              .index = head->index};

    memcpy(where, body, where_n);
    where[where_n] = '\0';
    memcpy(text, body + head->where_n, text_n);
    text[text_n] = '\0';
    r.where = where[0] != '\0' ? where : NULL;
    answer(p, c, &r);
}

/* One whole frame of a worker. False: it lied, and is gone. */
static bool
take_result(struct worker *w, const char *body, size_t n)
{
    struct wire_result head;
    struct call *c;

    if (n < sizeof head)
        goto lied;
    memcpy(&head, body, sizeof head);
    body += sizeof head;
    n -= sizeof head;
    if (w->flying_count == 0 || w->flying[0]->id != head.id ||
        head.class > SCRIPT_BAD_SET || (size_t)head.where_n + head.text_n > n)
        goto lied;
    c = w->flying[0];
    if (head.index >= c->count)
        goto lied;
    if (head.class == SCRIPT_WALL) {
        /* Its last words: the worker is ending itself. */
        char where[256], text[320];

        snprintf(where, sizeof where, "%.*s", (int)head.where_n, body);
        snprintf(text, sizeof text, "%s%sover the wall limit of %lld ms", where,
                 where[0] != '\0' ? ": " : "", (long long)head.cpu_us / 1000);
        bury(w, SCRIPT_WALL, text, where[0] != '\0' ? where : NULL);
        return false;
    }
    memmove(w->flying, w->flying + 1, --w->flying_count * sizeof *w->flying);
    if (w->flying_count > 0)
        w->flying[0]->turn_ms = clock_mono_ms();
    if (head.class == SCRIPT_MEMORY || w->calls >= w->pool->recycle)
        w->retiring = true;
    if (head.class == SCRIPT_OK)
        take_value(w->pool, c, &head, body, n);
    else
        take_failure(w->pool, c, &head, body);
    return true;
lied:
    kill_worker(w, SCRIPT_CRASH, "the worker sent what is no answer");
    return false;
}

static void
retire(struct worker *w)
{
    w->pool->stats.recycled++;
    drop_worker(w);
    if (start_worker(w) != 0)
        log_error("worker.not_started", LOG_INT("slot", w->slot));
    flush(w);
}

static void
on_worker(struct worker *w)
{
    size_t used = 0, body_n, whole;
    const char *body;
    ssize_t n;
    int fd = w->fd, state;

    n = recv(w->fd, buf_reserve(&w->in, 65536), 65536, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        bury(w, SCRIPT_CRASH, "the script crashed its worker", NULL);
        return;
    }
    w->in.len += (size_t)n;
    while ((state = frame_peek(w->in.data + used, w->in.len - used,
                               WIRE_RESULT_MAX, &body, &body_n, &whole)) > 0) {
        if (!take_result(w, body, body_n) || w->fd != fd)
            return; /* it was replaced */
        used += whole;
    }
    if (state < 0) {
        kill_worker(w, SCRIPT_CRASH, "the worker sent what is no answer");
        return;
    }
    memmove(w->in.data, w->in.data + used, w->in.len - used);
    w->in.len -= used;
    if (w->retiring && w->flying_count == 0)
        retire(w);
}

static void
on_zygote(struct pool *p)
{
    struct wire_birth b;
    ssize_t n;

    while ((n = recv(p->zygote, &b, sizeof b, 0)) == (ssize_t)sizeof b) {
        if (b.slot < 0 || (unsigned)b.slot >= p->worker_count)
            continue;
        if (b.status == -1)
            p->workers[b.slot].pid = b.pid;
        else if (p->workers[b.slot].pid == b.pid)
            p->workers[b.slot].pid = 0;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    /* The zygote died; its workers die with it and come again. */
    close(p->zygote);
    waitpid(p->zygote_pid, NULL, 0);
    log_warn("zygote.lost", LOG_INT("pid", p->zygote_pid));
    if (start_zygote(p, NULL) != 0)
        log_error("zygote.not_started", LOG_INT("errno", errno));
    for (unsigned i = 0; i < p->worker_count; i++)
        if (p->workers[i].fd < 0)
            (void)start_worker(&p->workers[i]);
}

/* A worker that is stopped, or lost between its timer and its death. */
static void
check_deadlines(struct pool *p)
{
    int64_t now = clock_mono_ms();
    uint64_t ticks;

    if (read(p->timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
        return;
    for (unsigned i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];
        int64_t limit;

        if (w->fd < 0) {
            (void)start_worker(w);
            continue;
        }
        if (w->flying_count == 0)
            continue;
        limit = (p->limits[w->flying[0]->kind].wall_ms *
                     (int64_t)w->flying[0]->count +
                 p->limits[SCRIPT_LOAD].wall_ms) *
                    STARVED_TIMES +
                GRACE_MS;
        if (now - w->flying[0]->turn_ms > limit)
            kill_worker(w, SCRIPT_WALL,
                        "the worker did not answer in time and was killed");
    }
}

static void
flush_all(struct pool *p)
{
    for (unsigned i = 0; i < p->worker_count; i++)
        if (p->workers[i].fd >= 0 && p->workers[i].out.len > 0)
            flush(&p->workers[i]);
}

void
pool_on_unsent(struct pool *p, void (*fn)(void *arg), void *arg)
{
    p->on_unsent = fn;
    p->unsent_arg = arg;
}

void
pool_flush(struct pool *p)
{
    p->unsent = false;
    flush_all(p);
}

void
pool_poll(struct pool *p)
{
    struct epoll_event events[32];
    int n = epoll_wait(p->epoll, events, 32, 0);

    p->polling = true;
    for (int i = 0; i < n; i++) {
        uint32_t tag = events[i].data.u32;

        if (tag == TAG_ZYGOTE)
            on_zygote(p);
        else if (tag == TAG_TIMER)
            check_deadlines(p);
        else if (p->workers[tag].fd >= 0 &&
                 (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            on_worker(&p->workers[tag]);
    }
    pump(p);
    p->polling = false;
    flush_all(p);
}

int
pool_fd(const struct pool *p)
{
    return p->epoll;
}

size_t
pool_waiting(const struct pool *p)
{
    size_t n = p->waiting;

    for (unsigned i = 0; i < p->worker_count; i++)
        n += p->workers[i].flying_count;
    return n;
}

unsigned
pool_workers(const struct pool *p)
{
    return p->worker_count;
}

void
pool_stats(const struct pool *p, struct pool_stats *out)
{
    *out = p->stats;
}

/* --- birth and death of the pool --- */

static unsigned
default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 2 ? 2 : cores > 16 ? 16 : (unsigned)cores;
}

void
pool_limit(struct pool *p, const struct script_limits *limits)
{
    for (unsigned i = 0; i < SCRIPT_KINDS; i++) {
        p->limits[i] = limits[i];
        p->limits[i].wall_ms *= p->wall_times;
    }
    for (unsigned i = 0; i < p->worker_count; i++)
        if (p->workers[i].fd >= 0)
            queue_limits(&p->workers[i]);
    flush_all(p);
}

int
pool_widen(struct pool *p, unsigned workers, struct err *e)
{
    unsigned wanted = workers > 0 ? workers : default_workers();

    while (p->worker_count < wanted && p->worker_count < WORKERS_MAX) {
        if (start_worker(&p->workers[p->worker_count]) != 0) {
            err_sys(e, "starting a script worker");
            return -1;
        }
        p->worker_count++;
    }
    return 0;
}

struct pool *
pool_new(const struct pool_options *o, struct err *e)
{
    struct pool *p = mem_zero(sizeof *p);

    p->zygote = p->timer = -1;
    p->end = &p->first;
    p->recycle = o->recycle > 0 ? o->recycle : RECYCLE;
    p->set_count = o->sets > 0 && o->sets < SETS_MAX ? o->sets : SETS_MAX;
    p->program = o->program != NULL ? strdup(o->program) : NULL;
    p->wall_times = o->wall_times > 0 ? o->wall_times : 1;
    p->in_flight = o->in_flight > 0 ? o->in_flight : IN_FLIGHT;
    if (p->in_flight > FLYING_MAX)
        p->in_flight = FLYING_MAX;
    pool_limit(p, script_limits_default);
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        p->workers[i].pool = p;
        p->workers[i].slot = (int)i;
        p->workers[i].fd = -1;
    }
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (p->epoll < 0 || p->timer < 0) {
        err_sys(e, "epoll");
        goto fail;
    }
    watch(p, p->timer, TAG_TIMER, EPOLLIN, EPOLL_CTL_ADD);
    if (start_zygote(p, e) != 0)
        goto fail;
    if (pool_widen(p, o->workers, e) != 0)
        goto fail;
    return p;
fail:
    pool_free(p);
    return NULL;
}

static void
answer_everything(struct pool *p)
{
    for (unsigned i = 0; i < p->worker_count; i++) {
        struct worker *w = &p->workers[i];

        for (unsigned k = 0; k < w->flying_count; k++)
            answer_failed(p, w->flying[k], SCRIPT_CRASH, "stopping", NULL);
        w->flying_count = 0;
        drop_worker(w);
        buf_free(&w->in);
        buf_free(&w->out);
    }
    while (p->first != NULL) {
        struct call *c = p->first;

        p->first = c->next;
        answer_failed(p, c, SCRIPT_CRASH, "stopping", NULL);
    }
}

void
pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    p->closing = true;
    answer_everything(p);
    if (p->zygote >= 0) {
        close(p->zygote); /* it ends, and its workers with it */
        waitpid(p->zygote_pid, NULL, 0);
    }
    if (p->timer >= 0)
        close(p->timer);
    if (p->epoll >= 0)
        close(p->epoll);
    free(p->program);
    free(p);
}
