#include "http/server_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"

/* A connection without a request may stay this long once we drain. */
#define DRAIN_MS 1000

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- deadlines ------------------------------------------------------------
 * A deadline moves with every request; the timer is moved only when it would
 * fire too late, and looks at the deadline when it fires. */

static void
arm(struct conn *c)
{
    if (c->deadline >= c->armed)
        return;
    int64_t ms = c->deadline - clock_mono_ms();
    if (ms < 1)
        ms = 1;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    c->armed = c->deadline;
    event_add(&c->timer, &wait);
}

static void
set_deadline(struct conn *c, int64_t at)
{
    c->deadline = at;
    if (!c->busy)
        arm(c);
}

/* --- stages --------------------------------------------------------------- */

static void
be_silent(struct conn *c)
{
    struct server *s = c->server;
    c->stage = STAGE_SILENT;
    c->first = false;
    TAILQ_INSERT_TAIL(&s->silents, c, silent);
    parse_begin(c);
    int64_t wait = s->draining ? DRAIN_MS : s->options.idle_ms;
    set_deadline(c, clock_mono_ms() + wait);
    server_check_room(s);
}

void
conn_begin_head(struct conn *c)
{
    const struct server_options *o = &c->server->options;
    TAILQ_REMOVE(&c->server->silents, c, silent);
    server_check_room(c->server);
    c->stage = STAGE_HEAD;
    c->began = clock_mono_ms();
    /* The first request's head is counted from the accept. */
    int64_t head = c->first ? c->deadline : c->began + o->header_ms;
    set_deadline(c, earlier(head, c->began + o->total_ms));
}

static int64_t
body_end(const struct conn *c)
{
    const struct server_options *o = &c->server->options;
    return earlier(c->staged + o->body_ms, c->began + o->total_ms);
}

void
conn_begin_body(struct conn *c)
{
    c->stage = STAGE_BODY;
    c->raw = 0;
    c->staged = clock_mono_ms();
    set_deadline(c, earlier(body_end(c), c->staged + SERVER_RATE_GRACE_MS));
}

/* Closing now would reset the connection while the client still sends, and
 * the reset could overtake our answer. So only our side is shut. */
static void
linger(struct conn *c)
{
    c->stage = STAGE_LINGER;
    if (c->tls != NULL) {
        SSL_shutdown(c->tls);
        ERR_clear_error();
    }
    shutdown(c->fd, SHUT_WR);
    set_deadline(c, clock_mono_ms() + SERVER_LINGER_MS);
}

static size_t
unwritten(const struct conn *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void
flushed(struct conn *c)
{
    if (!c->close_after)
        be_silent(c);
    else if (c->asked_close || c->eof)
        conn_close(c);
    else
        linger(c);
}

void
conn_answered(struct conn *c)
{
    if (c->doomed) {
        conn_close(c);
        return;
    }
    if (unwritten(c) == 0) {
        flushed(c);
        return;
    }
    c->stage = STAGE_FLUSH;
    c->staged = clock_mono_ms();
    c->unwritten = unwritten(c);
    set_deadline(c, c->staged + c->server->options.write_ms);
}

static void
release_slot(struct conn *c)
{
    struct server *s = c->server;
    struct slot *slot = &s->slots[c->slot];
    slot->conn = NULL;
    slot->next_free = s->slot_free;
    s->slot_free = c->slot;
}

static void
leave_server(struct conn *c)
{
    struct server *s = c->server;
    if (c->stage == STAGE_PENDING)
        s->pending--;
    if (c->stage == STAGE_SILENT)
        TAILQ_REMOVE(&s->silents, c, silent);
    TAILQ_REMOVE(&s->conns, c, link);
    release_slot(c);
    if (c->gated)
        gate_leave(s->gate, (const struct sockaddr *)&c->address);
    s->open--;
    server_check_room(s);
}

void
conn_close(struct conn *c)
{
    if (c->stage == STAGE_CLOSED)
        return;
    if (c->busy) {
        c->doomed = true;
        return;
    }
    leave_server(c);
    c->stage = STAGE_CLOSED;
    event_del(&c->timer);
    bufferevent_free(c->bev);
    request_clear(&c->request);
    buf_free(&c->request.text);
    buf_free(&c->request.body);
    loop_at_end(c->server->loop, free, c);
}

/* What a client that does not read leaves in the kernel goes with it. */
static void
reset(struct conn *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    conn_close(c);
}

/* --- writing -------------------------------------------------------------- */

static size_t
write_now(struct conn *c, const char *head, size_t head_n, const char *body,
          size_t body_n)
{
    struct iovec v[2] = {{(void *)(uintptr_t)head, head_n},
                         {(void *)(uintptr_t)body, body_n}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = body_n > 0 ? 2 : 1};
    ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return (size_t)n;
    if (errno != EAGAIN && errno != EINTR)
        c->doomed = true;
    return 0;
}

void
conn_write(struct conn *c, const char *head, size_t head_n, const char *body,
           size_t body_n)
{
    size_t sent = 0;
    if (c->tls == NULL && unwritten(c) == 0)
        sent = write_now(c, head, head_n, body, body_n);
    if (c->doomed || sent == head_n + body_n)
        return;
    if (sent < head_n) {
        bufferevent_write(c->bev, head + sent, head_n - sent);
        sent = head_n;
    }
    if (sent - head_n < body_n)
        bufferevent_write(c->bev, body + (sent - head_n),
                          body_n - (sent - head_n));
}

/* --- events --------------------------------------------------------------- */

static bool
is_reading(const struct conn *c)
{
    return c->stage == STAGE_SILENT || c->stage == STAGE_HEAD ||
           c->stage == STAGE_BODY;
}

/* The client sends no more. It may still wait for its answer. */
static void
end_of_input(struct conn *c)
{
    if (c->stage == STAGE_HEAD || c->stage == STAGE_BODY)
        reply_refuse(c, 400, "The request ends before it is whole.");
    else if (c->stage == STAGE_SILENT || c->stage == STAGE_LINGER)
        conn_close(c);
}

/* Whether to read on. Not left to libevent's high watermark: from 2.1.11 on it
 * calls back again and again while the buffer stays full (libevent issue
 * 891), which would spin as long as a handler takes. */
static void
regulate(struct conn *c)
{
    size_t held = evbuffer_get_length(bufferevent_get_input(c->bev));
    bool use = is_reading(c) || c->stage == STAGE_LINGER;
    bool want =
        !c->eof && !c->server->paused && (use || held < SERVER_AHEAD_MAX);
    if (want == c->reading)
        return;
    c->reading = want;
    if (want)
        bufferevent_enable(c->bev, EV_READ);
    else
        bufferevent_disable(c->bev, EV_READ);
}

static void
advance(struct conn *c)
{
    struct server *s = c->server;
    c->busy = true;
    while (!c->doomed && !s->paused && is_reading(c) && parse_step(c))
        ;
    c->busy = false;
    if (c->doomed) {
        conn_close(c);
        return;
    }
    struct evbuffer *in = bufferevent_get_input(c->bev);
    if (c->stage == STAGE_LINGER)
        evbuffer_drain(in, evbuffer_get_length(in));
    regulate(c);
    arm(c);
    if (c->eof && (!s->paused || evbuffer_get_length(in) == 0))
        end_of_input(c);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    advance(arg);
}

static void
on_write(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct conn *c = arg;
    if (c->stage != STAGE_FLUSH || unwritten(c) > 0)
        return;
    flushed(c);
    if (c->stage != STAGE_CLOSED)
        advance(c);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    struct conn *c = arg;
    if ((what & BEV_EVENT_CONNECTED) != 0) /* the TLS handshake is done */
        return;
    ERR_clear_error();
    if ((what & BEV_EVENT_EOF) != 0) {
        c->eof = true;
        c->reading = false; /* libevent has seen to that */
        advance(c);
        return;
    }
    conn_close(c);
}

static bool
too_slow(size_t bytes, int64_t ms)
{
    return (int64_t)bytes * 1000 < SERVER_RATE_MIN * ms;
}

static void
expire_body(struct conn *c, int64_t now)
{
    if (now >= body_end(c) || too_slow(c->request.body_n, now - c->staged))
        reply_refuse(c, 408, "The body did not come in time.");
    else
        set_deadline(c, earlier(body_end(c), now + 1000));
}

static void
expire_flush(struct conn *c, int64_t now)
{
    size_t left = unwritten(c);
    if (too_slow(c->unwritten - left, now - c->staged)) {
        reset(c);
        return;
    }
    c->staged = now;
    c->unwritten = left;
    set_deadline(c, now + c->server->options.write_ms);
}

static void
expire(struct conn *c, int64_t now)
{
    switch (c->stage) {
    case STAGE_HEAD:
        reply_refuse(c, 408, "The header did not come in time.");
        break;
    case STAGE_BODY:
        expire_body(c, now);
        break;
    case STAGE_FLUSH:
        expire_flush(c, now);
        break;
    case STAGE_SILENT:
    case STAGE_LINGER:
        conn_close(c);
        break;
    case STAGE_PENDING:
    case STAGE_CLOSED:
        break;
    }
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct conn *c = arg;
    int64_t now = clock_mono_ms();
    c->armed = INT64_MAX;
    /* What we do not read cannot be late; conn_resume starts anew. */
    if (c->server->paused && is_reading(c))
        return;
    if (now < c->deadline)
        arm(c);
    else
        expire(c, now);
}

void
conn_pause(struct conn *c)
{
    regulate(c);
}

void
conn_resume(struct conn *c)
{
    const struct server_options *o = &c->server->options;
    int64_t now = clock_mono_ms();
    c->began = now;
    if (c->stage == STAGE_SILENT)
        set_deadline(c, now + (c->first ? o->header_ms : o->idle_ms));
    else if (c->stage == STAGE_HEAD)
        set_deadline(c, now + earlier(o->header_ms, o->total_ms));
    else if (c->stage == STAGE_BODY) {
        c->staged = now;
        set_deadline(c, body_end(c));
    }
    regulate(c);
    bufferevent_trigger(c->bev, EV_READ,
                        BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

void
conn_drain(struct conn *c)
{
    if (c->stage == STAGE_SILENT)
        set_deadline(c, earlier(c->deadline, clock_mono_ms() + DRAIN_MS));
    else if (c->stage == STAGE_PENDING)
        c->close_after = true;
}

/* --- opening -------------------------------------------------------------- */

static void
name_peer(struct conn *c)
{
    const void *from = NULL;
    int family = c->address.ss_family;
    if (family == AF_INET) {
        from = &((const struct sockaddr_in *)&c->address)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *in6 =
            &((const struct sockaddr_in6 *)&c->address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(in6);
        family = mapped ? AF_INET : AF_INET6;
        from = in6->s6_addr + (mapped ? 12 : 0);
    }
    if (from == NULL ||
        inet_ntop(family, from, c->peer, sizeof(c->peer)) == NULL)
        memcpy(c->peer, "unix", sizeof("unix"));
}

static struct bufferevent *
wrap(struct conn *c, SSL_CTX *tls)
{
    struct event_base *base = loop_base(c->server->loop);
    if (tls == NULL)
        return bufferevent_socket_new(base, c->fd, BEV_OPT_CLOSE_ON_FREE);
    c->tls = SSL_new(tls);
    if (c->tls == NULL)
        return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(
        base, c->fd, c->tls, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL)
        SSL_free(c->tls);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

static void
join_server(struct conn *c)
{
    struct server *s = c->server;
    c->slot = s->slot_free;
    s->slot_free = s->slots[c->slot].next_free;
    s->slots[c->slot].conn = c;
    TAILQ_INSERT_TAIL(&s->conns, c, link);
    TAILQ_INSERT_TAIL(&s->silents, c, silent);
    s->open++;
}

void
conn_open(struct server *s, int fd, const struct sockaddr *peer,
          unsigned peer_n, SSL_CTX *tls)
{
    struct conn *c = mem_zero(sizeof(*c));
    c->server = s;
    c->fd = fd;
    c->request.conn = c;
    size_t n = peer_n < sizeof(c->address) ? peer_n : sizeof(c->address);
    memcpy(&c->address, peer, n);
    c->bev = wrap(c, tls);
    if (c->bev == NULL) {
        gate_leave(s->gate, peer);
        close(fd);
        free(c);
        return;
    }
    c->gated = true;
    c->loopback = gate_is_loopback(peer);
    c->first = true;
    c->armed = INT64_MAX;
    name_peer(c);
    parse_begin(c);
    join_server(c);
    event_assign(&c->timer, loop_base(s->loop), -1, 0, on_timer, c);
    set_deadline(c, clock_mono_ms() + s->options.header_ms);
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    c->reading = true;
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}
