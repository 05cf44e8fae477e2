/*
 * fake: a scripted peer for the client's tests. A thread accepts connections
 * and gives each to a script on a thread of its own; the scripts count what
 * they saw. Beside it: a client on a loop, and what its callback was told.
 */
#ifndef TESTS_UNIT_HTTP_FAKE_H
#define TESTS_UNIT_HTTP_FAKE_H

#include "unit/http/raw.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "http/client.h"

#define FAKE_CONNECTIONS_MAX 256

struct fake {
    /* Serve one connection, the nth from 1. The descriptor is closed after. */
    void (*script)(struct fake *f, int fd, unsigned nth);
    int fd, port;
    pthread_t acceptor;
    pthread_t threads[FAKE_CONNECTIONS_MAX];
    int fds[FAKE_CONNECTIONS_MAX];
    atomic_uint connections, requests;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards seen */
    struct buf seen;      /* all bytes received */
    void *arg;
};

struct fake_connection {
    struct fake *fake;
    int fd;
    unsigned nth;
};

static void *
fake_serve(void *arg)
{
    struct fake_connection c = *(struct fake_connection *)arg;
    free(arg);
    raw_set_timeouts(c.fd);
    c.fake->script(c.fake, c.fd, c.nth);
    shutdown(c.fd, SHUT_RDWR);
    return NULL;
}

static void *
fake_accept(void *arg)
{
    struct fake *f = arg;
    for (;;) {
        int fd = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        unsigned at = atomic_load(&f->connections);
        if (atomic_load(&f->stop) || at >= FAKE_CONNECTIONS_MAX) {
            close(fd);
            return NULL;
        }
        struct fake_connection *c = mem_alloc(sizeof(*c));
        *c = (struct fake_connection){f, fd, at + 1};
        f->fds[at] = fd;
        pthread_create(&f->threads[at], NULL, fake_serve, c);
        atomic_fetch_add(&f->connections, 1);
    }
}

static RAW_UNUSED void
fake_start(struct fake *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    pthread_mutex_init(&f->lock, NULL);
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(f->fd, 128), 0);
    assert_int_equal(getsockname(f->fd, (struct sockaddr *)&at, &n), 0);
    f->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&f->acceptor, NULL, fake_accept, f), 0);
}

static RAW_UNUSED void
fake_stop(struct fake *f)
{
    atomic_store(&f->stop, true);
    shutdown(f->fd, SHUT_RDWR);
    pthread_join(f->acceptor, NULL);
    for (unsigned i = 0; i < atomic_load(&f->connections); i++)
        shutdown(f->fds[i], SHUT_RDWR);
    for (unsigned i = 0; i < atomic_load(&f->connections); i++) {
        pthread_join(f->threads[i], NULL);
        close(f->fds[i]);
    }
    close(f->fd);
    buf_free(&f->seen);
    pthread_mutex_destroy(&f->lock);
}

/* Wait as long as the other side may think that we work; ends with the fake. */
static RAW_UNUSED void
fake_hang(int fd)
{
    char junk[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < RAW_WAIT_S * 10; i++)
        if (poll(&p, 1, 100) > 0 && recv(fd, junk, sizeof(junk), 0) <= 0)
            return;
}

/* One whole request into *in (cleared first); false when there is no more. */
static RAW_UNUSED bool
fake_request(struct fake *f, int fd, struct buf *in)
{
    buf_clear(in);
    for (;;) {
        const char *end =
            in->len > 0 ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
        size_t head_n = end != NULL ? (size_t)(end - in->data) + 4 : 0;
        if (end != NULL && in->len >= head_n + raw_length(in->data, head_n)) {
            pthread_mutex_lock(&f->lock);
            if (f->seen.len < (1u << 20))
                buf_add(&f->seen, in->data, in->len);
            pthread_mutex_unlock(&f->lock);
            atomic_fetch_add(&f->requests, 1);
            return true;
        }
        char *to = buf_reserve(in, 65536);
        ssize_t n = recv(fd, to, 65536, 0);
        if (n <= 0)
            return false;
        in->len += (size_t)n;
        in->data[in->len] = '\0';
    }
}

static RAW_UNUSED void
fake_reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    /* The number must stay ours until fake_stop: put another in its place. */
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dup3(other, fd, O_CLOEXEC);
    close(other);
}

static RAW_UNUSED bool
fake_saw(struct fake *f, const char *text)
{
    pthread_mutex_lock(&f->lock);
    bool found = f->seen.len > 0 &&
                 memmem(f->seen.data, f->seen.len, text, strlen(text)) != NULL;
    pthread_mutex_unlock(&f->lock);
    return found;
}

/* --- our side --- */

struct user {
    struct loop *loop;
    struct client *client;
    unsigned waiting;
    struct loop_timer *watchdog, *tick;
    int64_t last_tick, worst_gap;
};

struct outcome {
    struct user *user;
    unsigned ran;
    enum client_wire wire;
    int status;
    bool too_long;
    struct err err;
    struct buf headers, body;
};

static RAW_UNUSED void
user_open(struct user *u, unsigned connections)
{
    log_open(2, LOG_JSON, LOG_ERROR);
    *u = (struct user){0};
    u->loop = loop_new(NULL);
    assert_non_null(u->loop);
    u->client = client_new(u->loop, connections, NULL);
    assert_non_null(u->client);
}

static RAW_UNUSED void
user_close(struct user *u)
{
    client_free(u->client);
    loop_free(u->loop);
}

static void
user_hangs(void *arg)
{
    (void)arg;
    fail_msg("the client does not call back");
}

/* How long the loop was away at most: nothing may block it. */
static void
user_tick(void *arg)
{
    struct user *u = arg;
    int64_t now = clock_mono_ms();
    if (u->last_tick != 0 && now - u->last_tick > u->worst_gap)
        u->worst_gap = now - u->last_tick;
    u->last_tick = now;
    u->tick = loop_after(u->loop, 5, user_tick, u);
}

static RAW_UNUSED void
user_run(struct user *u)
{
    u->last_tick = 0;
    u->worst_gap = 0;
    u->watchdog = loop_after(u->loop, 3 * RAW_WAIT_S * 1000, user_hangs, u);
    u->tick = loop_after(u->loop, 0, user_tick, u);
    loop_run(u->loop);
    loop_cancel(u->watchdog);
    loop_cancel(u->tick);
}

static void
user_stop(void *arg)
{
    struct user *u = arg;
    loop_stop(u->loop);
}

/* Let what is under way begin. */
static RAW_UNUSED void
user_run_pass(struct user *u)
{
    loop_after(u->loop, 50, user_stop, u);
    loop_run(u->loop);
}

static RAW_UNUSED void
on_outcome(void *arg, const struct client_response *r)
{
    struct outcome *o = arg;
    o->ran++;
    o->wire = r->wire;
    o->status = r->status;
    o->too_long = r->too_long;
    o->err = r->err;
    assert_true(r->took_us >= 0);
    buf_clear(&o->headers);
    buf_clear(&o->body);
    buf_add(&o->headers, r->headers.p, r->headers.len);
    buf_add(&o->body, r->body.p, r->body.len);
    if (--o->user->waiting == 0)
        loop_stop(o->user->loop);
}

static RAW_UNUSED void
outcome_clear(struct outcome *o)
{
    buf_free(&o->headers);
    buf_free(&o->body);
    memset(o, 0, sizeof(*o));
}

/* Start one and wait for it. */
static RAW_UNUSED void
user_send(struct user *u, const struct client_request *r, struct outcome *o)
{
    struct err e = {0};
    outcome_clear(o);
    o->user = u;
    u->waiting = 1;
    if (client_send(u->client, r, on_outcome, o, &e) == NULL)
        fail_msg("%s", e.text);
    assert_int_equal(o->ran, 0); /* never from inside client_send */
    assert_int_equal(client_running(u->client), 1);
    user_run(u);
    assert_int_equal(o->ran, 1);
    assert_int_equal(client_running(u->client), 0);
}

static RAW_UNUSED const char *
fake_url(const struct fake *f, const char *path)
{
    static char url[256];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", f->port, path);
    return url;
}

#define NEAR .allow_private = true, .allow_plain = true

static RAW_UNUSED void
user_get(struct user *u, const struct fake *f, struct outcome *o)
{
    user_send(u,
              &(struct client_request){
                  .method = "GET", .url = fake_url(f, "/"), NEAR},
              o);
}

#define POST_HELLO .method = "POST", .body = "hello", .body_n = 5

static RAW_UNUSED void
user_post(struct user *u, const struct fake *f, struct outcome *o)
{
    user_send(
        u, &(struct client_request){POST_HELLO, .url = fake_url(f, "/"), NEAR},
        o);
}

#endif
