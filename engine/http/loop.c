#include "http/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

/* Something to be called with one pointer: posted work or a freeing. */
struct call {
    void (*fn)(void *p);
    void *p;
};

struct calls {
    struct call *items;
    size_t count, cap;
};

struct loop_timer {
    struct event event;
    LIST_ENTRY(loop_timer) link;
    int64_t due_ms;
    void (*fn)(void *arg);
    void *arg;
};

struct loop_watch {
    struct event event;
    void (*fn)(void *arg);
    void *arg;
};

struct signal_watch {
    struct event event;
    LIST_ENTRY(signal_watch) link;
    void (*fn)(void *arg, int signal);
    void *arg;
};

struct loop {
    struct event_base *base;
    bool stopping;
    struct calls freeings;
    LIST_HEAD(, loop_timer) timers;
    LIST_HEAD(, signal_watch) signals;
    int wake_fd;
    struct loop_watch *wake;
    pthread_mutex_t lock; /* guards posted */
    struct calls posted;
};

static void
add_call(struct calls *c, void (*fn)(void *p), void *p)
{
    if (c->count == c->cap) {
        c->cap = c->cap == 0 ? 16 : c->cap * 2;
        c->items = mem_grow(c->items, c->cap * sizeof(*c->items));
    }
    c->items[c->count++] = (struct call){fn, p};
}

/* Calls may add further ones while they run: those run too. */
static void
run_freeings(struct loop *l)
{
    for (size_t i = 0; i < l->freeings.count; i++) {
        struct call c = l->freeings.items[i];
        c.fn(c.p);
    }
    l->freeings.count = 0;
}

static void
run_posted(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct calls calls = l->posted;
    l->posted = (struct calls){0};
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < calls.count; i++)
        calls.items[i].fn(calls.items[i].p);
    free(calls.items);
}

static void
on_wake(void *arg)
{
    struct loop *l = arg;
    eventfd_t count;
    if (eventfd_read(l->wake_fd, &count) == 0)
        run_posted(l);
}

struct loop *
loop_new(struct err *e)
{
    struct loop *l = mem_zero(sizeof(*l));
    LIST_INIT(&l->timers);
    LIST_INIT(&l->signals);
    pthread_mutex_init(&l->lock, NULL);
    signal(SIGPIPE, SIG_IGN);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0) {
        err_sys(e, "cannot make an event descriptor");
        goto fail;
    }
    l->base = event_base_new();
    if (l->base == NULL) {
        err_set(e, ERR_SYSTEM, "cannot make an event loop");
        goto fail;
    }
    l->wake = loop_watch(l, l->wake_fd, on_wake, l);
    return l;
fail:
    loop_free(l);
    return NULL;
}

static void
drop_timers_and_signals(struct loop *l)
{
    while (!LIST_EMPTY(&l->timers))
        loop_cancel(LIST_FIRST(&l->timers));
    while (!LIST_EMPTY(&l->signals)) {
        struct signal_watch *w = LIST_FIRST(&l->signals);
        event_del(&w->event);
        LIST_REMOVE(w, link);
        free(w);
    }
}

void
loop_free(struct loop *l)
{
    if (l == NULL)
        return;
    run_posted(l);
    run_freeings(l);
    drop_timers_and_signals(l);
    loop_unwatch(l->wake);
    if (l->base != NULL)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    free(l->freeings.items);
    free(l->posted.items);
    free(l);
}

int
loop_run(struct loop *l)
{
    while (!l->stopping) {
        if (event_base_loop(l->base, EVLOOP_ONCE) < 0) {
            log_error("loop.failed", LOG_INT("errno", errno));
            return -1;
        }
        run_freeings(l);
    }
    l->stopping = false;
    return 0;
}

void
loop_stop(struct loop *l)
{
    l->stopping = true;
}

static struct timeval
in_ms(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop_timer *t = arg;
    /* libevent counts from a clock read at the start of the pass, so that it
     * may be early by as much as that pass took. */
    int64_t left = t->due_ms - clock_mono_ms();
    if (left > 0) {
        struct timeval wait = in_ms(left);
        event_add(&t->event, &wait);
        return;
    }
    void (*fn)(void *) = t->fn;
    void *fn_arg = t->arg;
    loop_cancel(t);
    fn(fn_arg);
}

struct loop_timer *
loop_after(struct loop *l, int64_t ms, void (*fn)(void *arg), void *arg)
{
    struct loop_timer *t = mem_zero(sizeof(*t));
    t->fn = fn;
    t->arg = arg;
    t->due_ms = ms <= 0 ? 0 : clock_mono_ms() + ms;
    LIST_INSERT_HEAD(&l->timers, t, link);
    struct timeval wait = in_ms(ms);
    event_assign(&t->event, l->base, -1, 0, on_timeout, t);
    event_add(&t->event, &wait);
    return t;
}

void
loop_cancel(struct loop_timer *t)
{
    if (t == NULL)
        return;
    event_del(&t->event);
    LIST_REMOVE(t, link);
    free(t);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop_watch *w = arg;
    w->fn(w->arg);
}

struct loop_watch *
loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg)
{
    struct loop_watch *w = mem_zero(sizeof(*w));
    w->fn = fn;
    w->arg = arg;
    event_assign(&w->event, l->base, fd, EV_READ | EV_PERSIST, on_readable, w);
    event_add(&w->event, NULL);
    return w;
}

void
loop_unwatch(struct loop_watch *w)
{
    if (w == NULL)
        return;
    event_del(&w->event);
    free(w);
}

static void
on_signal_caught(evutil_socket_t signal, short what, void *arg)
{
    (void)what;
    struct signal_watch *w = arg;
    w->fn(w->arg, signal);
}

int
loop_on_signal(struct loop *l, int signal, void (*fn)(void *arg, int signal),
               void *arg, struct err *e)
{
    struct signal_watch *w = mem_zero(sizeof(*w));
    w->fn = fn;
    w->arg = arg;
    if (event_assign(&w->event, l->base, signal, EV_SIGNAL | EV_PERSIST,
                     on_signal_caught, w) != 0 ||
        event_add(&w->event, NULL) != 0) {
        free(w);
        return err_set(e, ERR_SYSTEM, "cannot watch for signal %d", signal);
    }
    LIST_INSERT_HEAD(&l->signals, w, link);
    return 0;
}

void
loop_at_end(struct loop *l, void (*free_fn)(void *p), void *p)
{
    add_call(&l->freeings, free_fn, p);
}

void
loop_post_thread(struct loop *l, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&l->lock);
    add_call(&l->posted, fn, arg);
    /* Within the lock: loop_free cannot have closed the descriptor yet when
     * its last run_posted still has to wait for us. */
    eventfd_write(l->wake_fd, 1);
    pthread_mutex_unlock(&l->lock);
}

struct event_base *
loop_base(struct loop *l)
{
    return l->base;
}
