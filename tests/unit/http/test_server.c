/* The server as its users see it: requests, answers, handles, deadlines,
 * limits, the unix socket and TLS. (F7, F10, N2; sec S2, S5, S6, S14, S22) */
#include "unit/http/raw.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "base/json.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* A server of this test's own. */
#define SERVE(s, ...)                                                          \
    struct raw_server s = {0};                                                 \
    raw_start(&s, &(struct server_options){.name = "test", __VA_ARGS__})
#define LOCAL .address = "127.0.0.1:0"

/* --- requests ---------------------------------------------------------------
 */

static struct buf seen;

static void
look(void *arg, struct request *r)
{
    struct raw_server *s = arg;
    unsigned count = 0;
    struct str twice = request_header(r, "x-twice", &count);
    struct str none = request_header(r, "x-none", NULL);
    struct str empty = request_header(r, "x-empty", NULL);
    buf_clear(&seen);
    buf_addf(&seen, "%s %.*s|%.*s|%u:%.*s|%zu|%zu|%zu:", request_method(r),
             (int)request_path(r).len, request_path(r).p,
             (int)request_query(r).len, request_query(r).p, count,
             (int)twice.len, twice.p, none.len, empty.len,
             request_header_count(r));
    for (size_t i = 0; i < request_header_count(r); i++) {
        struct str name, value;
        request_header_at(r, i, &name, &value);
        buf_addf(&seen, "%.*s=%.*s;", (int)name.len, name.p, (int)value.len,
                 value.p != NULL ? value.p : "");
    }
    buf_addf(&seen, "%s%s", request_peer(r), request_is_loopback(r) ? "!" : "");
    server_reply(
        s->server, request_handle(r),
        &(struct reply){.status = 200, .body = seen.data, .body_n = seen.len});
}

static void
request_is_told_as_it_came(void **state)
{
    (void)state;
    struct raw_server s = {.handler = look};
    raw_start(&s, &(struct server_options){LOCAL});
    struct buf in = {0};
    int fd = raw_connect(s.port);
    assert_int_equal(
        raw_ask(fd,
                "GET /a%20b?x=1?y HTTP/1.1\r\nHost: H\r\nX-Twice: one\r\n"
                "X-Empty:  \r\nx-twice: \t two \t\r\n\r\n",
                &in),
        200);
    assert_non_null(
        strstr(in.data, "GET /a%20b|x=1?y|2:one, two|0|0|4:host=H;x-twice=one;"
                        "x-empty=;x-twice=two;127.0.0.1!"));
    assert_int_equal(raw_ask(fd, "DELETE /? HTTP/1.1\r\nHost: a\r\n\r\n", &in),
                     200);
    assert_non_null(strstr(in.data, "DELETE /||0:|0|0|1:host=a;"));
    close(fd);
    raw_stop(&s);
    buf_free(&in);
    buf_free(&seen);
}

static void
take(void *arg, struct request *r)
{
    struct raw_server *s = arg;
    struct buf body = {0};
    request_take_body(r, &body);
    assert_int_equal(request_body(r).len, 0);
    server_reply(
        s->server, request_handle(r),
        &(struct reply){.status = 200, .body = body.data, .body_n = body.len});
    buf_free(&body);
}

/* In one piece, in several, chunked, and none: the same body each time. */
static void
body_can_be_taken(void **state)
{
    (void)state;
    struct raw_server s = {.handler = take};
    raw_start(&s, &(struct server_options){LOCAL});
    struct buf in = {0};
    int fd = raw_connect(s.port);
    static const char head[] =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    raw_ask(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            &in);
    assert_string_equal(in.data + in.len - 9, "\r\n\r\nhello");
    raw_send_text(fd, head);
    usleep(20000);
    raw_send_text(fd, "he");
    usleep(20000);
    raw_ask(fd, "llo", &in);
    assert_string_equal(in.data + in.len - 9, "\r\n\r\nhello");
    raw_ask(fd,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            &in);
    assert_string_equal(in.data + in.len - 9, "\r\n\r\nhello");
    raw_ask(fd, GET("/"), &in);
    assert_string_equal(in.data + in.len - 4, "\r\n\r\n");
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
big_body_arrives_whole(void **state)
{
    (void)state;
    struct raw_server s = {.handler = take};
    raw_start(&s, &(struct server_options){LOCAL});
    size_t n = 1u << 20;
    char *body = mem_alloc(n);
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i * 7 % 26);
    struct buf in = {0};
    int fd = raw_connect(s.port);
    raw_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\n"
                      "Content-Length: 1048576\r\n\r\n");
    assert_true(raw_send(fd, body, n));
    assert_int_equal(raw_read(fd, &in, 1), RAW_ENOUGH);
    assert_memory_equal(in.data + in.len - n, body, n);
    free(body);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

/* --- answers
 * ------------------------------------------------------------------ */

static void
answer_by_path(void *arg, struct request *r)
{
    struct raw_server *s = arg;
    uint64_t h = request_handle(r);
    struct str path = request_path(r);
    if (str_is(path, "/204"))
        server_reply(s->server, h,
                     &(struct reply){.status = 204, .body = "x", .body_n = 1});
    else if (str_is(path, "/problem"))
        server_problem_with(s->server, h, 405, "Say \"POST\".",
                            "Allow: POST\r\n");
    else if (str_is(path, "/split"))
        server_problem_with(s->server, h, 503, NULL,
                            "Retry-After: 5\r\nSet-Cookie: a=b");
    else if (str_is(path, "/close"))
        server_reply(s->server, h,
                     &(struct reply){.status = 299, .close = true});
    else
        server_reply(s->server, h,
                     &(struct reply){.status = 200,
                                     .body = "{}",
                                     .body_n = 2,
                                     .headers = "X-A: 1\r\nX-B: 2\r\n"});
    assert_false(server_reply(s->server, h, &(struct reply){.status = 200}));
}

static int
ask(int fd, const char *request, bool head_only, struct buf *in,
    struct raw_answer *a)
{
    buf_clear(in);
    raw_send_text(fd, request);
    size_t at = 0;
    while (!raw_next(in, &at, head_only, a)) {
        char *to = buf_reserve(in, 4096);
        ssize_t n = recv(fd, to, 4096, 0);
        if (n <= 0)
            return -1;
        in->len += (size_t)n;
        in->data[in->len] = '\0';
    }
    assert_int_equal(at, in->len);
    return a->status;
}

static void
answers_carry_what_they_must(void **state)
{
    (void)state;
    struct raw_server s = {.handler = answer_by_path};
    raw_start(&s, &(struct server_options){LOCAL});
    struct buf in = {0};
    struct raw_answer a;
    int fd = raw_connect(s.port);
    assert_int_equal(ask(fd, GET("/"), false, &in, &a), 200);
    assert_true(raw_has(&a, "Content-Type: application/json\r\n"));
    assert_true(raw_has(&a, "X-A: 1\r\nX-B: 2\r\n"));
    assert_true(raw_has(&a, "\r\nDate: "));
    assert_false(raw_has(&a, "Connection"));
    /* HEAD tells the length of what GET would bring and brings nothing. */
    assert_int_equal(
        ask(fd, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true, &in, &a), 200);
    assert_true(raw_has(&a, "Content-Length: 2\r\n"));
    assert_int_equal(ask(fd, GET("/204"), true, &in, &a), 204);
    assert_false(raw_has(&a, "Content-Length"));
    assert_int_equal(ask(fd, GET("/"), false, &in, &a), 200);
    assert_int_equal(ask(fd, GET("/close"), false, &in, &a), 299);
    assert_true(raw_has(&a, "Connection: close\r\n"));
    assert_int_equal(raw_read(fd, &in, 0), RAW_EOF);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
http_1_0_keeps_alive_only_when_asked(void **state)
{
    (void)state;
    struct raw_server s = {.handler = answer_by_path};
    raw_start(&s, &(struct server_options){LOCAL});
    struct buf in = {0};
    struct raw_answer a;
    int fd = raw_connect(s.port);
    assert_int_equal(ask(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                         false, &in, &a),
                     200);
    assert_true(raw_has(&a, "Connection: keep-alive\r\n"));
    assert_int_equal(ask(fd, "GET / HTTP/1.0\r\n\r\n", false, &in, &a), 200);
    assert_int_equal(raw_read(fd, &in, 0), RAW_EOF);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

/* sec S22: an id, no internals. sec S14: a second line cannot ride along. */
static void
problems_are_documents(void **state)
{
    (void)state;
    struct raw_server s = {.handler = answer_by_path};
    raw_start(&s, &(struct server_options){LOCAL});
    struct buf in = {0};
    struct raw_answer a;
    int fd = raw_connect(s.port);
    assert_int_equal(ask(fd, GET("/problem"), false, &in, &a), 405);
    assert_true(raw_has(&a, "Content-Type: application/problem+json\r\n"));
    assert_true(raw_has(&a, "\r\nAllow: POST\r\n"));
    json_t *doc = json_read(a.body, a.body_n, NULL);
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "type")),
                        "about:blank");
    assert_string_equal(json_string_value(json_object_get(doc, "title")),
                        "Method Not Allowed");
    assert_int_equal(json_integer_value(json_object_get(doc, "status")), 405);
    assert_string_equal(json_string_value(json_object_get(doc, "detail")),
                        "Say \"POST\".");
    assert_non_null(json_object_get(doc, "instance"));
    json_decref(doc);
    assert_int_equal(ask(fd, GET("/split"), false, &in, &a), 503);
    assert_false(raw_has(&a, "Cookie"));
    assert_null(memmem(a.body, a.body_n, "detail", 6));
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
expect_continue_is_answered_before_the_body(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    struct buf in = {0};
    struct raw_answer a;
    int fd = raw_connect(s.port);
    assert_int_equal(ask(fd,
                         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                         "Expect: 100-Continue\r\n\r\n",
                         true, &in, &a),
                     100);
    assert_int_equal(ask(fd, "hi", false, &in, &a), 200);
    /* Not when the body is here already, and not for HTTP/1.0. */
    assert_int_equal(ask(fd,
                         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                         "Expect: 100-continue\r\n\r\nhi",
                         false, &in, &a),
                     200);
    assert_int_equal(ask(fd,
                         "POST / HTTP/1.0\r\nContent-Length: 2\r\n"
                         "Expect: 100-continue\r\n\r\nhi",
                         false, &in, &a),
                     200);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

/* A client may shut its sending side and wait; what it sent half is refused. */
static void
half_closed_client_gets_its_answer(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    static const struct {
        const char *bytes;
        int status;
        unsigned answers;
    } cases[] = {
        {GET("/later"), 202, 1},
        {GET("/"), 200, 1},
        {GET("/later") GET("/later"), 202, 2},
        {"GET / HTTP/1.1\r\nHo", 400, 1},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi", 400, 1},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
         "chunked\r\n\r\n2\r\n",
         400, 1},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf in = {0};
        int status = 0;
        int fd = raw_connect(s.port);
        raw_send_text(fd, cases[i].bytes);
        shutdown(fd, SHUT_WR);
        assert_int_equal(raw_read(fd, &in, 0), RAW_EOF);
        assert_int_equal(raw_count_answers(&in, &status, NULL, NULL),
                         cases[i].answers);
        assert_int_equal(status, cases[i].status);
        buf_free(&in);
        close(fd);
    }
    assert_true(raw_wait_connections(&s, 0));
    raw_stop(&s);
}

/* --- handles
 * ------------------------------------------------------------------- */

static void
answer_last(struct raw_server *s, void *arg)
{
    bool *answered = arg;
    *answered =
        server_reply(s->server, s->last_handle, &(struct reply){.status = 200});
}

static void
reset_by_client(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* F10: the client gave up while we worked. */
static void
answer_to_a_client_that_left_is_dropped(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/never"));
    while (raw_pending(&s) != 1)
        usleep(1000);
    reset_by_client(fd);
    assert_true(raw_wait_connections(&s, 0));
    assert_int_equal(raw_pending(&s), 0);
    /* Somebody else sits in the same place now. */
    int other = raw_connect(s.port);
    struct buf in = {0};
    assert_int_equal(raw_ask(other, GET("/"), &in), 200);
    bool answered = true;
    raw_on_loop(&s, answer_last, &answered);
    assert_false(answered);
    assert_int_equal(raw_ask(other, GET("/"), &in), 200);
    assert_int_equal(raw_count_answers(&in, NULL, NULL, NULL), 1);
    close(other);
    raw_stop(&s);
    buf_free(&in);
}

static void
a_handle_answers_once(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/never"));
    while (raw_pending(&s) != 1)
        usleep(1000);
    bool first = false, second = true;
    raw_on_loop(&s, answer_last, &first);
    raw_on_loop(&s, answer_last, &second);
    assert_true(first);
    assert_false(second);
    /* The next request of the same connection has another handle. */
    raw_send_text(fd, GET("/later"));
    raw_on_loop(&s, answer_last, &second);
    assert_false(second);
    struct buf in = {0};
    assert_int_equal(raw_read(fd, &in, 2), RAW_ENOUGH);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
answer_nonsense(struct raw_server *s, void *arg)
{
    (void)arg;
    static const uint64_t handles[] = {
        0, 1, UINT64_MAX, 1ull << 32, 0x100000fffull, 0xffffffffull};
    for (size_t i = 0; i < 6; i++) {
        assert_false(server_reply(s->server, handles[i],
                                  &(struct reply){.status = 200}));
        assert_false(server_problem(s->server, handles[i], 500, "x"));
    }
}

static void
invented_handles_do_nothing(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    int fd = raw_connect(s.port);
    struct buf in = {0};
    raw_on_loop(&s, answer_nonsense, NULL);
    raw_send_text(fd, "GET /");
    raw_on_loop(&s, answer_nonsense, NULL);
    assert_int_equal(raw_ask(fd, " HTTP/1.1\r\nHost: a\r\n\r\n", &in), 200);
    raw_on_loop(&s, answer_nonsense, NULL);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

/* --- deadlines: sec S2
 * ----------------------------------------------------------- */

/* Send one byte at a time until the server has had enough; its answer. */
static int
trickle(int fd, const char *text, int gap_ms)
{
    struct buf in = {0};
    int status = 0;
    for (const char *p = text; *p != '\0'; p++) {
        raw_send(fd, p, 1);
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, gap_ms) > 0)
            break;
    }
    assert_int_not_equal(raw_read(fd, &in, 0), RAW_TIMEOUT);
    raw_count_answers(&in, &status, NULL, NULL);
    buf_free(&in);
    return status;
}

static const char long_head[] =
    "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void
header_trickle_is_cut_off(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .header_ms = 200);
    int fd = raw_connect(s.port);
    assert_int_equal(trickle(fd, long_head, 20), 408);
    close(fd);
    /* The second request of a connection is counted from its first byte. */
    fd = raw_connect(s.port);
    struct buf in = {0};
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    usleep(300000);
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    assert_int_equal(trickle(fd, long_head, 20), 408);
    close(fd);
    assert_int_equal(raw_handled(&s), 2);
    raw_stop(&s);
    buf_free(&in);
}

#define POST_100 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"

static void
body_trickle_is_cut_off(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .body_ms = 200);
    int fd = raw_connect(s.port);
    raw_send_text(fd, POST_100);
    assert_int_equal(trickle(fd, long_head, 20), 408);
    close(fd);
    raw_stop(&s);
}

/* Faster than body_ms would allow, but below 1 KiB/s. */
static void
body_below_the_minimum_rate_is_cut_off(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .body_ms = 60000, .total_ms = 60000);
    int fd = raw_connect(s.port);
    raw_send_text(fd, POST_100);
    assert_int_equal(trickle(fd, long_head, 50), 408);
    close(fd);
    raw_stop(&s);
}

static void
whole_request_has_a_deadline(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .header_ms = 60000, .body_ms = 60000, .total_ms = 200);
    int fd = raw_connect(s.port);
    assert_int_equal(trickle(fd, long_head, 20), 408);
    close(fd);
    fd = raw_connect(s.port);
    raw_send_text(fd, POST_100);
    assert_int_equal(trickle(fd, long_head, 20), 408);
    close(fd);
    raw_stop(&s);
}

static void
silent_connections_are_closed(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .header_ms = 100, .idle_ms = 200);
    struct buf in = {0};
    int fresh = raw_connect(s.port), used = raw_connect(s.port);
    assert_int_equal(raw_ask(used, GET("/"), &in), 200);
    assert_int_equal(raw_read(fresh, &in, 0), RAW_EOF);
    buf_clear(&in);
    assert_int_equal(raw_read(used, &in, 0), RAW_EOF);
    assert_int_equal(in.len, 0);
    close(fresh);
    close(used);
    raw_stop(&s);
    buf_free(&in);
}

/* A handler may take its time: no deadline runs meanwhile. */
static void
deadlines_do_not_hit_a_pending_request(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .header_ms = 50, .body_ms = 50, .total_ms = 50,
          .idle_ms = 50, .write_ms = 50);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/never"));
    usleep(300000);
    bool answered = false;
    raw_on_loop(&s, answer_last, &answered);
    assert_true(answered);
    struct buf in = {0};
    assert_int_equal(raw_read(fd, &in, 0), RAW_EOF); /* then it is idle */
    assert_int_equal(raw_count_answers(&in, NULL, NULL, NULL), 1);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
client_that_never_reads_is_cut_off(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .write_ms = 200);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/big"));
    while (raw_handled(&s) == 0)
        usleep(1000);
    assert_int_equal(raw_connections(&s), 1);
    assert_true(raw_wait_connections(&s, 0));
    close(fd);
    raw_stop(&s);
}

static void
slow_but_steady_reader_gets_everything(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .write_ms = 300);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/big"));
    struct buf in = {0};
    for (int i = 0; i < 40; i++) { /* longer than write_ms in all */
        char *to = buf_reserve(&in, 262144);
        ssize_t n = recv(fd, to, 262144, 0);
        assert_true(n > 0);
        in.len += (size_t)n;
        usleep(20000);
    }
    assert_int_equal(raw_read(fd, &in, 1), RAW_ENOUGH);
    assert_true(in.len > RAW_BIG_SIZE);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

/* --- many: sec S2, S5
 * -------------------------------------------------------------- */

static void
allow_descriptors(rlim_t wanted)
{
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_cur < wanted) {
        r.rlim_cur = wanted < r.rlim_max ? wanted : r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

enum {
    CROWD = 2000
};

static void
connect_crowd(int port, int fds[CROWD], const char *bytes)
{
    for (int i = 0; i < CROWD; i++) {
        fds[i] = raw_connect(port);
        raw_send_text(fds[i], bytes);
    }
}

static void
close_crowd(const int fds[CROWD])
{
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
}

static bool
can_hold_a_crowd(void)
{
    allow_descriptors(3 * CROWD + 100);
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur >= 3 * CROWD;
}

static void
honest_client_among_2000_idle(void **state)
{
    (void)state;
    if (!can_hold_a_crowd())
        skip();
    static int fds[CROWD];
    SERVE(s, LOCAL);
    connect_crowd(s.port, fds, "GET / HT");
    struct buf in = {0};
    int fd = raw_connect(s.port);
    for (int i = 0; i < 500; i++)
        assert_int_equal(raw_ask(fd, GET("/honest"), &in), 200);
    for (int i = 0; i < 50; i++) {
        int fresh = raw_connect(s.port);
        assert_int_equal(raw_ask(fresh, GET("/fresh"), &in), 200);
        close(fresh);
    }
    close(fd);
    close_crowd(fds);
    assert_true(raw_wait_connections(&s, 0));
    raw_stop(&s);
    buf_free(&in);
}

/* More silent connections than there is room: they push each other out, and
 * whoever speaks is served. */
static void
silent_flood_over_the_cap_keeps_nobody_out(void **state)
{
    (void)state;
    if (!can_hold_a_crowd())
        skip();
    static int fds[CROWD];
    SERVE(s, LOCAL, .connections = 500);
    connect_crowd(s.port, fds, "");
    struct buf in = {0};
    for (int i = 0; i < 50; i++) {
        int fd = raw_connect(s.port);
        assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
        close(fd);
    }
    assert_true(raw_connections(&s) <= 500);
    close_crowd(fds);
    raw_stop(&s);
    buf_free(&in);
}

/* At the cap with everybody busy newcomers wait, and come in when one goes. */
static void
full_of_busy_ones_newcomers_wait(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .connections = 4);
    int busy[4];
    for (int i = 0; i < 4; i++) {
        busy[i] = raw_connect(s.port);
        raw_send_text(busy[i], GET("/never"));
    }
    while (raw_pending(&s) != 4)
        usleep(1000);
    int late = raw_connect(s.port);
    raw_send_text(late, GET("/"));
    struct pollfd p = {.fd = late, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 100), 0);
    reset_by_client(busy[0]);
    struct buf in = {0};
    assert_int_equal(raw_read(late, &in, 1), RAW_ENOUGH);
    for (int i = 1; i < 4; i++)
        close(busy[i]);
    close(late);
    raw_stop(&s);
    buf_free(&in);
}

static void
thread_cpu(struct raw_server *s, void *arg)
{
    (void)s;
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    *(int64_t *)arg = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* How much of the next 400 ms the loop spends computing. */
static int64_t
busy_ms(struct raw_server *s)
{
    int64_t before = 0, after = 0;
    raw_on_loop(s, thread_cpu, &before);
    usleep(400000);
    raw_on_loop(s, thread_cpu, &after);
    return after - before;
}

/* F7: out of descriptors the listener rests, and comes back by itself. */
static void
no_descriptors_pauses_accepting(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    int fd = raw_connect(s.port), spare = dup(fd);
    struct buf in = {0};
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    raw_set_timeouts(late);
    none = before;
    none.rlim_cur = (rlim_t)spare; /* the numbers below are all in use */
    setrlimit(RLIMIT_NOFILE, &none);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)s.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int rc = connect(late, (struct sockaddr *)&to, sizeof(to));
    raw_send_text(late, GET("/"));
    int64_t spent = busy_ms(&s);
    int status = raw_ask(fd, GET("/"), &in);
    struct pollfd p = {.fd = late, .events = POLLIN};
    int early = poll(&p, 1, 0);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(rc, 0);
    assert_int_equal(early, 0);
    assert_int_equal(status, 200); /* those inside are served */
    assert_true(spent < 200);
    buf_clear(&in);
    assert_int_equal(raw_read(late, &in, 1), RAW_ENOUGH);
    close(fd);
    close(spare);
    close(late);
    raw_stop(&s);
    buf_free(&in);
}

/* A client that pipelines behind a slow request costs no time. */
static void
full_input_buffer_does_not_spin(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    int fd = raw_connect(s.port);
    raw_send_text(fd, GET("/never"));
    char junk[4096];
    memset(junk, 'G', sizeof(junk));
    while (send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    usleep(50000);
    assert_true(busy_ms(&s) < 200);
    close(fd);
    raw_stop(&s);
}

static void
bodies_over_the_memory_cap_are_503(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .memory_max = 100000);
    char half[60000];
    memset(half, 'x', sizeof(half));
    int one = raw_connect(s.port), two = raw_connect(s.port);
    static const char head[] =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60001\r\n\r\n";
    raw_send_text(one, head);
    raw_send(one, half, sizeof(half));
    usleep(100000);
    raw_send_text(two, head);
    raw_send(two, half, sizeof(half));
    struct buf in = {0};
    struct raw_answer a;
    size_t at = 0;
    assert_int_equal(raw_read(two, &in, 0), RAW_EOF);
    assert_true(raw_next(&in, &at, false, &a));
    assert_int_equal(a.status, 503);
    assert_true(raw_has(&a, "Retry-After: "));
    /* The first is not hurt, and what it held is free again behind it. */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(raw_ask(one, "x", &in), 200);
        raw_send_text(one, head);
        raw_send(one, half, sizeof(half));
    }
    close(one);
    close(two);
    raw_stop(&s);
    buf_free(&in);
}

/* --- pause and drain
 * ------------------------------------------------------------------ */

static void
pause_server(struct raw_server *s, void *arg)
{
    server_pause(s->server, *(bool *)arg);
}

static void
pause_stops_reading_and_harms_nobody(void **state)
{
    (void)state;
    SERVE(s, LOCAL, .header_ms = 150, .total_ms = 150, .body_ms = 150,
          .idle_ms = 5000);
    bool on = true, off = false;
    struct buf in = {0};
    int kept = raw_connect(s.port), half = raw_connect(s.port);
    assert_int_equal(raw_ask(kept, GET("/"), &in), 200);
    raw_send_text(half, "GET / HTTP/1.1\r\nHo");
    usleep(20000);
    raw_on_loop(&s, pause_server, &on);
    raw_on_loop(&s, pause_server, &on);
    raw_send_text(kept, GET("/") GET("/"));
    raw_send_text(half, "st: a\r\n\r\n");
    int late = raw_connect(s.port);
    raw_send_text(late, GET("/"));
    usleep(300000); /* all deadlines pass */
    assert_int_equal(raw_handled(&s), 1);
    raw_on_loop(&s, pause_server, &off);
    buf_clear(&in);
    assert_int_equal(raw_read(kept, &in, 2), RAW_ENOUGH);
    buf_clear(&in);
    assert_int_equal(raw_read(half, &in, 1), RAW_ENOUGH);
    buf_clear(&in);
    assert_int_equal(raw_read(late, &in, 1), RAW_ENOUGH);
    assert_int_equal(raw_handled(&s), 5);
    close(kept);
    close(half);
    close(late);
    raw_stop(&s);
    buf_free(&in);
}

static void
drain(struct raw_server *s, void *arg)
{
    (void)arg;
    server_drain(s->server);
}

static bool
can_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
    close(fd);
    return ok;
}

static void
drain_answers_what_is_inside(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    struct buf in = {0};
    struct raw_answer a;
    size_t at = 0;
    int pending = raw_connect(s.port), half = raw_connect(s.port);
    int idle = raw_connect(s.port);
    assert_int_equal(raw_ask(idle, GET("/"), &in), 200);
    raw_send_text(pending, GET("/never"));
    raw_send_text(half, "GET / HTTP/1.1\r\nHo");
    while (raw_pending(&s) != 1)
        usleep(1000);
    raw_on_loop(&s, drain, NULL);
    assert_false(can_connect(s.port));
    bool answered = false;
    raw_on_loop(&s, answer_last, &answered);
    assert_true(answered);
    buf_clear(&in);
    assert_int_equal(raw_read(pending, &in, 0), RAW_EOF);
    assert_true(raw_next(&in, &at, false, &a));
    assert_true(raw_has(&a, "Connection: close\r\n"));
    raw_send_text(half, "st: a\r\n\r\n");
    buf_clear(&in);
    assert_int_equal(raw_read(half, &in, 0), RAW_EOF);
    assert_int_equal(raw_count_answers(&in, NULL, NULL, NULL), 1);
    buf_clear(&in);
    assert_int_equal(raw_read(idle, &in, 0), RAW_EOF);
    close(pending);
    close(half);
    close(idle);
    assert_true(raw_wait_connections(&s, 0));
    raw_stop(&s);
    buf_free(&in);
}

/* With requests pending, half read and silent: all goes (the sanitizer sees).
 */
static void
free_closes_everything(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    int fds[4];
    static const char *const bytes[] = {"", "GET /", POST_100 "part",
                                        GET("/never") GET("/never")};
    for (int i = 0; i < 4; i++) {
        fds[i] = raw_connect(s.port);
        raw_send_text(fds[i], bytes[i]);
    }
    while (raw_pending(&s) != 1)
        usleep(1000);
    raw_stop(&s);
    for (int i = 0; i < 4; i++) {
        struct buf in = {0};
        assert_int_not_equal(raw_read(fds[i], &in, 0), RAW_TIMEOUT);
        buf_free(&in);
        close(fds[i]);
    }
    server_free(NULL);
}

/* --- addresses and sockets
 * -------------------------------------------------------------- */

static struct server *
try_server(struct loop *l, const struct server_options *o, struct err *e)
{
    return server_new(l, o, raw_handler, NULL, e);
}

static void
bad_addresses_are_explained(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "8080",         ":8080",     "localhost:80", "127.0.0.1",
        "[::1]",  "::1:80",       "[::1",      "1.2.3.4:",     "1.2.3.4:65536",
        "1.2:80", "[1.2.3.4]:80", "[::1]x:80", "1.2.3.4:-1",   "1.2.3.4:8 0",
    };
    struct loop *l = loop_new(NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        struct server_options o = {.address = bad[i]};
        if (try_server(l, &o, &e) != NULL || e.class != ERR_INPUT ||
            strstr(e.text, "127.0.0.1:8080") == NULL)
            fail_msg("\"%s\": %s", bad[i], e.text);
    }
    struct err e = {0};
    assert_null(try_server(l, &(struct server_options){0}, &e));
    assert_int_equal(e.class, ERR_INPUT);
    loop_free(l);
}

static void
port_in_use_is_explained(void **state)
{
    (void)state;
    SERVE(s, LOCAL);
    char address[32];
    struct err e = {0};
    snprintf(address, sizeof(address), "127.0.0.1:%d", s.port);
    struct loop *l = loop_new(NULL);
    assert_null(
        try_server(l, &(struct server_options){.address = address}, &e));
    assert_int_equal(e.sys, EADDRINUSE);
    assert_non_null(strstr(e.text, address));
    loop_free(l);
    raw_stop(&s);
}

static void
ipv6_is_served(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (probe < 0 || bind(probe, (struct sockaddr *)&to, sizeof(to)) != 0)
        skip();
    close(probe);
    struct raw_server s = {.handler = look};
    raw_start(&s, &(struct server_options){.address = "[::1]:0"});
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    raw_set_timeouts(fd);
    to.sin6_port = htons((uint16_t)s.port);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    struct buf in = {0};
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    assert_non_null(strstr(in.data, ";::1!"));
    close(fd);
    raw_stop(&s);
    buf_free(&in);
    buf_free(&seen);
}

static char folder[64];

static const char *
in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void
unix_socket_is_private_and_goes_away(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s", in_folder("admin.sock"));
    mode_t mask = umask(0); /* the widest: the mode must not come from it */
    struct raw_server s = {.handler = look};
    raw_start(&s, &(struct server_options){.unix_path = path});
    umask(mask);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(server_port(s.server), 0);
    int fd = raw_connect_unix(path);
    struct buf in = {0};
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    assert_non_null(strstr(in.data, ";unix!"));
    close(fd);
    raw_stop(&s);
    assert_int_equal(lstat(path, &st), -1);
    buf_free(&in);
    buf_free(&seen);
}

static void
stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s", in_folder("stale.sock"));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, path, strlen(path) + 1);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&at, sizeof(at)), 0);
    close(dead); /* what a killed process leaves */
    SERVE(s, .unix_path = path);
    struct loop *l = loop_new(NULL);
    struct err e = {0};
    assert_null(try_server(l, &(struct server_options){.unix_path = path}, &e));
    assert_non_null(strstr(e.text, "another process listens"));
    struct buf in = {0};
    int fd = raw_connect_unix(path); /* the first still has it */
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    close(fd);
    loop_free(l);
    raw_stop(&s);
    buf_free(&in);
}

static void
other_files_are_not_replaced(void **state)
{
    (void)state;
    const char *path = in_folder("precious");
    FILE *f = fopen(path, "w");
    fputs("data", f);
    fclose(f);
    struct loop *l = loop_new(NULL);
    struct err e = {0};
    assert_null(try_server(l, &(struct server_options){.unix_path = path}, &e));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
    unlink(path);
    char long_path[200];
    memset(long_path, 'p', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_null(
        try_server(l, &(struct server_options){.unix_path = long_path}, &e));
    assert_int_equal(e.class, ERR_INPUT);
    loop_free(l);
}

/* The old server ends after the new one has put its socket there. */
static void
successors_socket_is_left_alone(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s", in_folder("next.sock"));
    struct loop *l = loop_new(NULL);
    struct server_options o = {.unix_path = path};
    struct server *old = try_server(l, &o, NULL);
    assert_non_null(old);
    server_drain(old);
    struct server *new = try_server(l, &o, NULL);
    assert_non_null(new);
    server_free(old);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    server_free(new);
    assert_int_equal(lstat(path, &st), -1);
    loop_free(l);
}

/* --- TLS: sec S6
 * ---------------------------------------------------------------------- */

/* A key and a certificate that it signed itself, as two files. */
static void
make_pair(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    assert_non_null(key);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    char file[64];
    snprintf(file, sizeof(file), "%s.key", name);
    FILE *f = fopen(in_folder(file), "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    snprintf(file, sizeof(file), "%s.crt", name);
    f = fopen(in_folder(file), "w");
    PEM_write_X509(f, cert);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

struct pair {
    char cert[128], key[128];
};

static struct pair
pair_named(const char *cert, const char *key)
{
    struct pair p;
    snprintf(p.cert, sizeof(p.cert), "%s/%s", folder, cert);
    snprintf(p.key, sizeof(p.key), "%s/%s", folder, key);
    return p;
}

static SSL *
tls_connect(int fd, SSL_CTX *context, int min, int max)
{
    SSL *tls = SSL_new(context);
    SSL_set_min_proto_version(tls, min);
    SSL_set_max_proto_version(tls, max);
    SSL_set_fd(tls, fd);
    if (SSL_connect(tls) == 1)
        return tls;
    SSL_free(tls);
    return NULL;
}

static int
tls_ask(SSL *tls, const char *request, unsigned answers)
{
    struct buf in = {0};
    int status = -1;
    assert_true(SSL_write(tls, request, (int)strlen(request)) > 0);
    while (raw_count_answers(&in, NULL, &status, NULL) < answers) {
        char *to = buf_reserve(&in, 65536);
        int n = SSL_read(tls, to, 65536);
        if (n <= 0) {
            status = -1;
            break;
        }
        in.len += (size_t)n;
        in.data[in.len] = '\0';
    }
    buf_free(&in);
    return status;
}

static void
tls_serves_from_1_2_on(void **state)
{
    (void)state;
    struct pair p = pair_named("a.crt", "a.key");
    SERVE(s, LOCAL, .tls_cert_file = p.cert, .tls_key_file = p.key);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        int fd = raw_connect(s.port);
        SSL *tls = tls_connect(fd, context, versions[i], versions[i]);
        assert_non_null(tls);
        assert_int_equal(tls_ask(tls, GET("/"), 1), 200);
        assert_int_equal(tls_ask(tls, GET("/later") GET("/later"), 2), 202);
        assert_int_equal(tls_ask(tls, GET("/big"), 1), 200);
        assert_int_equal(tls_ask(tls, "BREW / HTTP/1.1\r\n\r\n", 1), 501);
        char byte;
        assert_int_equal(SSL_read(tls, &byte, 1), 0);
        assert_int_equal(SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN,
                         SSL_RECEIVED_SHUTDOWN);
        SSL_free(tls);
        close(fd);
    }
    int fd = raw_connect(s.port);
    assert_null(tls_connect(fd, context, TLS1_VERSION, TLS1_1_VERSION));
    close(fd);
    /* Plain text on the TLS port, and a handshake that stops in the middle. */
    fd = raw_connect(s.port);
    raw_send_text(fd, GET("/"));
    struct buf in = {0};
    raw_read(fd, &in, 0);
    assert_int_equal(raw_count_answers(&in, NULL, NULL, NULL), 0);
    close(fd);
    fd = raw_connect(s.port);
    raw_send(fd, "\x16\x03\x01\x02", 4);
    close(fd);
    assert_true(raw_wait_connections(&s, 0));
    SSL_CTX_free(context);
    raw_stop(&s);
    buf_free(&in);
}

static void
silent_tls_handshake_is_cut_off(void **state)
{
    (void)state;
    struct pair p = pair_named("a.crt", "a.key");
    SERVE(s, LOCAL, .tls_cert_file = p.cert, .tls_key_file = p.key,
          .header_ms = 200);
    int fd = raw_connect(s.port);
    raw_send(fd, "\x16\x03\x01", 3);
    struct buf in = {0};
    assert_int_not_equal(raw_read(fd, &in, 0), RAW_TIMEOUT);
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
bad_tls_files_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *cert, *key, *why;
    } cases[] = {
        {"none.crt", "a.key", "none.crt"}, {"a.crt", "none.key", "none.key"},
        {"a.crt", "b.key", "mismatch"},    {"a.key", "a.key", "a.key"},
        {"a.crt", "a.crt", "a.crt"},
    };
    struct loop *l = loop_new(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p = pair_named(cases[i].cert, cases[i].key);
        struct err e = {0};
        struct server_options o = {LOCAL, .tls_cert_file = p.cert,
                                   .tls_key_file = p.key};
        assert_null(try_server(l, &o, &e));
        if (e.class != ERR_INPUT || strstr(e.text, cases[i].why) == NULL)
            fail_msg("%s %s: %s", cases[i].cert, cases[i].key, e.text);
    }
    struct err e = {0};
    struct pair p = pair_named("a.crt", "a.key");
    struct server_options o = {LOCAL, .tls_cert_file = p.cert};
    assert_null(try_server(l, &o, &e));
    assert_int_equal(e.class, ERR_INPUT);
    loop_free(l);
}

static int
make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/usher-server-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    make_pair("a");
    make_pair("b");
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.crt", "a.key", "b.crt", "b.key"};
    for (size_t i = 0; i < 4; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_told_as_it_came),
        cmocka_unit_test(body_can_be_taken),
        cmocka_unit_test(big_body_arrives_whole),
        cmocka_unit_test(answers_carry_what_they_must),
        cmocka_unit_test(http_1_0_keeps_alive_only_when_asked),
        cmocka_unit_test(problems_are_documents),
        cmocka_unit_test(expect_continue_is_answered_before_the_body),
        cmocka_unit_test(half_closed_client_gets_its_answer),
        cmocka_unit_test(answer_to_a_client_that_left_is_dropped),
        cmocka_unit_test(a_handle_answers_once),
        cmocka_unit_test(invented_handles_do_nothing),
        cmocka_unit_test(header_trickle_is_cut_off),
        cmocka_unit_test(body_trickle_is_cut_off),
        cmocka_unit_test(body_below_the_minimum_rate_is_cut_off),
        cmocka_unit_test(whole_request_has_a_deadline),
        cmocka_unit_test(silent_connections_are_closed),
        cmocka_unit_test(deadlines_do_not_hit_a_pending_request),
        cmocka_unit_test(client_that_never_reads_is_cut_off),
        cmocka_unit_test(slow_but_steady_reader_gets_everything),
        cmocka_unit_test(honest_client_among_2000_idle),
        cmocka_unit_test(silent_flood_over_the_cap_keeps_nobody_out),
        cmocka_unit_test(full_of_busy_ones_newcomers_wait),
        cmocka_unit_test(no_descriptors_pauses_accepting),
        cmocka_unit_test(full_input_buffer_does_not_spin),
        cmocka_unit_test(bodies_over_the_memory_cap_are_503),
        cmocka_unit_test(pause_stops_reading_and_harms_nobody),
        cmocka_unit_test(drain_answers_what_is_inside),
        cmocka_unit_test(free_closes_everything),
        cmocka_unit_test(bad_addresses_are_explained),
        cmocka_unit_test(port_in_use_is_explained),
        cmocka_unit_test(ipv6_is_served),
        cmocka_unit_test(unix_socket_is_private_and_goes_away),
        cmocka_unit_test(stale_socket_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(other_files_are_not_replaced),
        cmocka_unit_test(successors_socket_is_left_alone),
        cmocka_unit_test(tls_serves_from_1_2_on),
        cmocka_unit_test(silent_tls_handshake_is_cut_off),
        cmocka_unit_test(bad_tls_files_are_explained),
    };
    return cmocka_run_group_tests_name("server", tests, make_folder,
                                       remove_folder);
}
