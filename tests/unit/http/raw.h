/*
 * raw: what the tests of this folder share. A server on a thread of its own
 * whose handler says what it got, blocking sockets that send exact bytes, and
 * a reader that counts answers. Reads give up after some seconds: a hang is a
 * failure, not a wait.
 */
#ifndef TESTS_UNIT_HTTP_RAW_H
#define TESTS_UNIT_HTTP_RAW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "http/loop.h"
#include "http/server.h"

#define RAW_UNUSED   __attribute__((unused))
#define RAW_WAIT_S   10
#define RAW_BIG_SIZE (16u << 20)

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* A server of this test's own. */
#define SERVE(s, ...)                                                          \
    struct raw_server s = {0};                                                 \
    raw_start(&s, &(struct server_options){.name = "test", __VA_ARGS__})
#define LOCAL .address = "127.0.0.1:0"

/* --- a server on its own thread --- */

struct raw_server {
    struct loop *loop;
    struct server *server;
    pthread_t thread;
    int port;
    unsigned handled;     /* calls of the handler; the loop's */
    uint64_t last_handle; /* of a request to /never */
    server_handler *handler;
};

struct raw_call {
    void (*fn)(struct raw_server *s, void *arg);
    struct raw_server *server;
    void *arg;
    sem_t done;
};

static void
raw_run_call(void *arg)
{
    struct raw_call *c = arg;
    c->fn(c->server, c->arg);
    sem_post(&c->done);
}

/* Run fn on the loop's thread and wait for it. */
static RAW_UNUSED void
raw_on_loop(struct raw_server *s, void (*fn)(struct raw_server *s, void *arg),
            void *arg)
{
    struct raw_call c = {.fn = fn, .server = s, .arg = arg};
    sem_init(&c.done, 0, 0);
    loop_post_thread(s->loop, raw_run_call, &c);
    sem_wait(&c.done);
    sem_destroy(&c.done);
}

/* "POST /path?query [body]" as the answer: small bodies whole, others by
 * their length. */
static RAW_UNUSED void
raw_echo(struct raw_server *s, struct request *r)
{
    struct str path = request_path(r), query = request_query(r);
    struct str body = request_body(r);
    struct buf out = {0};
    buf_addf(&out, "%s %.*s?%.*s ", request_method(r), (int)path.len, path.p,
             (int)query.len, query.p);
    if (body.len <= 64)
        buf_addf(&out, "[%.*s]", (int)body.len, body.p != NULL ? body.p : "");
    else
        buf_addf(&out, "[%zu]", body.len);
    server_reply(s->server, request_handle(r),
                 &(struct reply){.status = 200,
                                 .content_type = "text/plain",
                                 .body = out.data,
                                 .body_n = out.len});
    buf_free(&out);
}

struct raw_later {
    struct raw_server *server;
    uint64_t handle;
};

static void
raw_answer_later(void *arg)
{
    struct raw_later *later = arg;
    server_reply(later->server->server, later->handle,
                 &(struct reply){.status = 202, .body = "later", .body_n = 5});
    free(later);
}

static void
raw_big(struct raw_server *s, struct request *r)
{
    char *big = mem_zero(RAW_BIG_SIZE);
    memset(big, 'b', RAW_BIG_SIZE);
    server_reply(
        s->server, request_handle(r),
        &(struct reply){.status = 200, .body = big, .body_n = RAW_BIG_SIZE});
    free(big);
}

static RAW_UNUSED void
raw_handler(void *arg, struct request *r)
{
    struct raw_server *s = arg;
    s->handled++;
    struct str path = request_path(r);
    if (str_is(path, "/later")) {
        struct raw_later *later = mem_alloc(sizeof(*later));
        *later = (struct raw_later){s, request_handle(r)};
        loop_after(s->loop, 20, raw_answer_later, later);
    } else if (str_is(path, "/never")) {
        s->last_handle = request_handle(r);
    } else if (str_is(path, "/big")) {
        raw_big(s, r);
    } else {
        raw_echo(s, r);
    }
}

static void *
raw_run(void *arg)
{
    struct raw_server *s = arg;
    loop_run(s->loop);
    return NULL;
}

static void
raw_stop_loop(struct raw_server *s, void *arg)
{
    (void)arg;
    loop_stop(s->loop);
}

static RAW_UNUSED void
raw_start(struct raw_server *s, const struct server_options *options)
{
    struct err e = {0};
    log_open(2, LOG_JSON, LOG_ERROR);
    s->loop = loop_new(&e);
    assert_non_null(s->loop);
    s->server = server_new(
        s->loop, options, s->handler != NULL ? s->handler : raw_handler, s, &e);
    if (s->server == NULL)
        fail_msg("%s", e.text);
    s->port = server_port(s->server);
    assert_int_equal(pthread_create(&s->thread, NULL, raw_run, s), 0);
}

static RAW_UNUSED void
raw_stop(struct raw_server *s)
{
    raw_on_loop(s, raw_stop_loop, NULL);
    pthread_join(s->thread, NULL);
    server_free(s->server);
    loop_free(s->loop);
}

static void
raw_count(struct raw_server *s, void *arg)
{
    unsigned *counts = arg;
    counts[0] = server_connections(s->server);
    counts[1] = server_pending(s->server);
    counts[2] = s->handled;
}

static RAW_UNUSED unsigned
raw_connections(struct raw_server *s)
{
    unsigned counts[3];
    raw_on_loop(s, raw_count, counts);
    return counts[0];
}

static RAW_UNUSED unsigned
raw_pending(struct raw_server *s)
{
    unsigned counts[3];
    raw_on_loop(s, raw_count, counts);
    return counts[1];
}

static RAW_UNUSED unsigned
raw_handled(struct raw_server *s)
{
    unsigned counts[3];
    raw_on_loop(s, raw_count, counts);
    return counts[2];
}

/* Wait until so many connections are open; false after RAW_WAIT_S. */
static RAW_UNUSED bool
raw_wait_connections(struct raw_server *s, unsigned wanted)
{
    for (int i = 0; i < RAW_WAIT_S * 100; i++) {
        if (raw_connections(s) == wanted)
            return true;
        usleep(10000);
    }
    return false;
}

/* Answer the last request to /never; *arg tells whether that was possible. */
static RAW_UNUSED void
raw_answer_last(struct raw_server *s, void *arg)
{
    bool *answered = arg;
    *answered =
        server_reply(s->server, s->last_handle, &(struct reply){.status = 200});
}

/* --- sockets --- */

static void
raw_set_timeouts(int fd)
{
    struct timeval t = {.tv_sec = RAW_WAIT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static RAW_UNUSED int
raw_connect(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    raw_set_timeouts(fd);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int rc;
    do
        rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

static RAW_UNUSED int
raw_connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    raw_set_timeouts(fd);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* False when the other side no longer takes it. */
static RAW_UNUSED bool
raw_send(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static RAW_UNUSED bool
raw_send_text(int fd, const char *text)
{
    return raw_send(fd, text, strlen(text));
}

/* Leave without a good-bye. */
static RAW_UNUSED void
raw_reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* --- answers --- */

struct raw_answer {
    int status;
    const char *head; /* into the bytes read */
    size_t head_n;
    const char *body;
    size_t body_n;
};

static size_t
raw_length(const char *head, size_t n)
{
    static const char name[] = "Content-Length: ";
    const char *at = memmem(head, n, name, sizeof(name) - 1);
    return at != NULL ? strtoul(at + sizeof(name) - 1, NULL, 10) : 0;
}

/* Parse the answer that begins at *at. Returns false when it is not whole. */
static RAW_UNUSED bool
raw_next(const struct buf *in, size_t *at, bool head_only,
         struct raw_answer *out)
{
    if (in->data == NULL || *at >= in->len)
        return false;
    const char *p = in->data + *at;
    size_t n = in->len - *at;
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    if (end == NULL || n < 12 || memcmp(p, "HTTP/1.1 ", 9) != 0)
        return false;
    out->status = atoi(p + 9);
    out->head = p;
    out->head_n = (size_t)(end - p) + 4;
    out->body = p + out->head_n;
    out->body_n =
        head_only || out->status < 200 ? 0 : raw_length(p, out->head_n);
    if (out->head_n + out->body_n > n)
        return false;
    *at += out->head_n + out->body_n;
    return true;
}

/* How many whole answers; *rest tells of bytes that are none. */
static RAW_UNUSED unsigned
raw_count_answers(const struct buf *in, int *first, int *last, size_t *rest)
{
    struct raw_answer a = {0};
    size_t at = 0;
    unsigned count = 0;
    while (raw_next(in, &at, false, &a)) {
        if (count++ == 0 && first != NULL)
            *first = a.status;
        if (last != NULL)
            *last = a.status;
    }
    if (rest != NULL)
        *rest = in->len - at;
    return count;
}

enum raw_end {
    RAW_EOF,
    RAW_RESET,
    RAW_TIMEOUT,
    RAW_ENOUGH
};

/* Read until the other side closes, or `answers` whole answers are there. */
static RAW_UNUSED enum raw_end
raw_read(int fd, struct buf *in, unsigned answers)
{
    for (;;) {
        if (answers > 0 && raw_count_answers(in, NULL, NULL, NULL) >= answers)
            return RAW_ENOUGH;
        char *to = buf_reserve(in, 65536);
        ssize_t n = recv(fd, to, 65536, 0);
        if (n == 0)
            return RAW_EOF;
        if (n < 0)
            return errno == EAGAIN ? RAW_TIMEOUT : RAW_RESET;
        in->len += (size_t)n;
        in->data[in->len] = '\0';
    }
}

static RAW_UNUSED bool
raw_has(const struct raw_answer *a, const char *text)
{
    return memmem(a->head, a->head_n, text, strlen(text)) != NULL;
}

/* One request, one answer, on an open connection; the text of the body. */
static RAW_UNUSED int
raw_ask(int fd, const char *request, struct buf *in)
{
    int status = 0;
    buf_clear(in);
    if (!raw_send_text(fd, request) || raw_read(fd, in, 1) != RAW_ENOUGH)
        return -1;
    raw_count_answers(in, &status, NULL, NULL);
    return status;
}

/* Descriptors of this process: leaks show here. */
static RAW_UNUSED unsigned
raw_open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 65536; fd++) {
        struct pollfd p = {.fd = fd};
        if (poll(&p, 1, 0) >= 0 && (p.revents & POLLNVAL) == 0)
            count++;
    }
    return count;
}

#endif
