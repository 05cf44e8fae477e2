/* The server as its users see it: requests, answers, handles. (F10; sec S14,
 * S22) */
#include "unit/http/raw.h"

#include "base/json.h"

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
    raw_reset(fd);
    assert_true(raw_wait_connections(&s, 0));
    assert_int_equal(raw_pending(&s), 0);
    /* Somebody else sits in the same place now. */
    int other = raw_connect(s.port);
    struct buf in = {0};
    assert_int_equal(raw_ask(other, GET("/"), &in), 200);
    bool answered = true;
    raw_on_loop(&s, raw_answer_last, &answered);
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
    raw_on_loop(&s, raw_answer_last, &first);
    raw_on_loop(&s, raw_answer_last, &second);
    assert_true(first);
    assert_false(second);
    /* The next request of the same connection has another handle. */
    raw_send_text(fd, GET("/later"));
    raw_on_loop(&s, raw_answer_last, &second);
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
    };
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
