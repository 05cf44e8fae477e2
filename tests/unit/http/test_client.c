/* The client at peace: what it sends, what it hands back, what it refuses to
 * send at all. (sec S13, S14; S22) */
#include "unit/http/fake.h"

#include <sys/stat.h>

/* Answer every request of a connection with the text in f->arg. */
static void
say_arg(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    while (fake_request(f, fd, &in))
        raw_send_text(fd, f->arg);
    buf_free(&in);
}

static void
say_arg_and_close(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    if (fake_request(f, fd, &in))
        raw_send_text(fd, f->arg);
    buf_free(&in);
}

static char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#define FAKE(f, script_fn, text)                                               \
    struct fake f = {.script = (script_fn), .arg = (text)};                    \
    fake_start(&f)

/* --- what leaves
 * --------------------------------------------------------------- */

static void
request_is_sent_as_given(void **state)
{
    (void)state;
    FAKE(f, say_arg, ok);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    static const char *const headers[] = {"X-One: 1", "Authorization: Bearer t",
                                          "Content-Type: application/json",
                                          "X-Empty:", NULL};
    user_send(&u,
              &(struct client_request){.method = "POST",
                                       .url = fake_url(&f, "/a/b?c=d%20e"),
                                       .headers = headers,
                                       .body = "{\0}",
                                       .body_n = 3,
                                       NEAR},
              &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_int_equal(o.status, 200);
    assert_string_equal(buf_str(&o.body), "hi");
    assert_true(fake_saw(&f, "POST /a/b?c=d%20e HTTP/1.1\r\n"));
    assert_true(fake_saw(&f, "\r\nX-One: 1\r\n"));
    assert_true(fake_saw(&f, "\r\nX-Empty:\r\n"));
    assert_true(fake_saw(&f, "\r\nAuthorization: Bearer t\r\n"));
    assert_true(fake_saw(&f, "\r\nContent-Length: 3\r\n"));
    assert_true(fake_saw(&f, "\r\nContent-Type: application/json\r\n"));
    assert_false(fake_saw(&f, "Expect"));
    assert_false(fake_saw(&f, "Accept-Encoding"));
    assert_false(fake_saw(&f, "Cookie"));
    assert_int_equal(memcmp(f.seen.data + f.seen.len - 3, "{\0}", 3), 0);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
methods_are_sent(void **state)
{
    (void)state;
    static const struct {
        const char *method, *body, *line, *length;
    } cases[] = {
        {"GET", NULL, "GET / HTTP/1.1\r\n", NULL},
        {"GET", "q", "GET / HTTP/1.1\r\n", "Content-Length: 1\r\n"},
        {"POST", NULL, "POST / HTTP/1.1\r\n", "Content-Length: 0\r\n"},
        {"PUT", "abc", "PUT / HTTP/1.1\r\n", "Content-Length: 3\r\n"},
        {"PUT", NULL, "PUT / HTTP/1.1\r\n", "Content-Length: 0\r\n"},
        {"PATCH", "abc", "PATCH / HTTP/1.1\r\n", "Content-Length: 3\r\n"},
        {"DELETE", NULL, "DELETE / HTTP/1.1\r\n", NULL},
        {"OPTIONS", NULL, "OPTIONS / HTTP/1.1\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FAKE(f, say_arg, ok);
        struct user u;
        struct outcome o = {0};
        const char *body = cases[i].body;
        user_open(&u, 4);
        user_send(&u,
                  &(struct client_request){.method = cases[i].method,
                                           .url = fake_url(&f, "/"),
                                           .body = body,
                                           .body_n = body ? strlen(body) : 0,
                                           NEAR},
                  &o);
        assert_int_equal(o.status, 200);
        assert_true(fake_saw(&f, cases[i].line));
        assert_int_equal(fake_saw(&f, "Content-Length"),
                         cases[i].length != NULL);
        if (cases[i].length != NULL)
            assert_true(fake_saw(&f, cases[i].length));
        assert_false(fake_saw(&f, "Content-Type"));
        user_close(&u);
        fake_stop(&f);
        outcome_clear(&o);
    }
}

static void
head_waits_for_no_body(void **state)
{
    (void)state;
    char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    FAKE(f, say_arg, head);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    for (int i = 0; i < 2; i++) {
        user_send(&u,
                  &(struct client_request){
                      .method = "HEAD", .url = fake_url(&f, "/"), NEAR},
                  &o);
        assert_int_equal(o.wire, WIRE_ANSWERED);
        assert_int_equal(o.body.len, 0);
    }
    assert_int_equal(f.connections, 1);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* --- what is refused at once
 * --------------------------------------------------- */

static void
never(void *arg, const struct client_response *r)
{
    (void)arg;
    (void)r;
    fail_msg("a refused request called back");
}

/* sec S14 */
static void
bad_headers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "X: a\r\nY: b",
        "X: a\nY: b",
        "X: a\r",
        "NoColon",
        ": a",
        "A B: c",
        "Content-Length: 5",
        "transfer-encoding: chunked",
        "X\r\n: a",
        "",
    };
    struct user u;
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const headers[] = {"X-Fine: 1", bad[i], NULL};
        struct err e = {0};
        assert_null(
            client_send(u.client,
                        &(struct client_request){.method = "GET",
                                                 .url = "http://127.0.0.1:1/",
                                                 .headers = headers,
                                                 NEAR},
                        never, NULL, &e));
        if (e.class != ERR_INPUT)
            fail_msg("\"%s\": %s", bad[i], e.text);
    }
    assert_int_equal(client_running(u.client), 0);
    user_close(&u);
}

static void
bad_urls_and_methods_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url;
        bool plain;
        enum err_class class;
    } bad[] = {
        {"GET", "http://127.0.0.1:1/", false, ERR_REFUSED},
        {"GET", "ftp://127.0.0.1/", true, ERR_INPUT},
        {"GET", "file:///etc/passwd", true, ERR_INPUT},
        {"GET", "gopher://127.0.0.1/", true, ERR_INPUT},
        {"GET", "smtp://127.0.0.1/", true, ERR_INPUT},
        {"GET", "javascript:alert(1)", true, ERR_INPUT},
        {"GET", "//127.0.0.1/", true, ERR_INPUT},
        {"GET", "/path", true, ERR_INPUT},
        {"GET", "", true, ERR_INPUT},
        {"GET", "https://", true, ERR_INPUT},
        {"GET", "https://user:secret@127.0.0.1/", true, ERR_INPUT},
        {"GET", "https://user@127.0.0.1/", true, ERR_INPUT},
        {"GET", "https://127.0.0.1/a b", true, ERR_INPUT},
        {"GET", "https://127.0.0.1/\r\nX: y", true, ERR_INPUT},
        {"GET", "https://127.0.0.1:99999/", true, ERR_INPUT},
        {"GET", NULL, true, ERR_INPUT},
        {"G ET", "https://127.0.0.1/", true, ERR_INPUT},
        {"GET\r\nX: y", "https://127.0.0.1/", true, ERR_INPUT},
        {"", "https://127.0.0.1/", true, ERR_INPUT},
        {NULL, "https://127.0.0.1/", true, ERR_INPUT},
    };
    struct user u;
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        struct client_request r = {.method = bad[i].method,
                                   .url = bad[i].url,
                                   .allow_plain = bad[i].plain,
                                   .allow_private = true};
        assert_null(client_send(u.client, &r, never, NULL, &e));
        if (e.class != bad[i].class)
            fail_msg("%s %s: %s", bad[i].method, bad[i].url, e.text);
        if (strstr(e.text, "secret") != NULL)
            fail_msg("the error repeats the password");
    }
    user_close(&u);
}

/* --- what comes back
 * -------------------------------------------------------------- */

static void
headers_are_found(void **state)
{
    (void)state;
    char text[] = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                  "HTTP/1.1 201 Created\r\nX-Two:   spaced  \r\n"
                  "RETRY-AFTER: 7\r\nX-Colon: a:b\r\nX-Empty:\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"
                  "2\r\nhi\r\n0\r\nX-Trailer: t\r\n\r\n";
    FAKE(f, say_arg, text);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    struct client_response r = {.headers = {o.headers.data, o.headers.len}};
    assert_int_equal(o.status, 201);
    assert_string_equal(buf_str(&o.body), "hi");
    assert_true(str_is(client_header(&r, "x-two"), "spaced"));
    assert_true(str_is(client_header(&r, "retry-after"), "7"));
    assert_true(str_is(client_header(&r, "x-colon"), "a:b"));
    assert_int_equal(client_header(&r, "x-empty").len, 0);
    assert_int_equal(client_header(&r, "x-early").len, 0);
    assert_int_equal(client_header(&r, "x-trailer").len, 0);
    assert_int_equal(client_header(&r, "x-tw").len, 0);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
http_1_0_answer_ends_with_the_connection(void **state)
{
    (void)state;
    char text[] = "HTTP/1.0 200 OK\r\n\r\nall of it";
    FAKE(f, say_arg_and_close, text);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    for (int i = 0; i < 3; i++) {
        user_post(&u, &f, &o);
        assert_int_equal(o.wire, WIRE_ANSWERED);
        assert_string_equal(buf_str(&o.body), "all of it");
    }
    assert_int_equal(f.requests, 3);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* No gzip is asked for and none is undone: no bomb can grow here (F15). */
static void
compressed_body_stays_compressed(void **state)
{
    (void)state;
    char text[] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                  "Content-Length: 4\r\n\r\n\x1f\x8b\x08\x01";
    FAKE(f, say_arg, text);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_int_equal(o.body.len, 4);
    assert_memory_equal(o.body.data, "\x1f\x8b\x08\x01", 4);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
cookies_are_not_kept(void **state)
{
    (void)state;
    char text[] = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\n"
                  "Content-Length: 0\r\n\r\n";
    FAKE(f, say_arg, text);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    user_get(&u, &f, &o);
    assert_int_equal(f.requests, 2);
    assert_false(fake_saw(&f, "Cookie"));
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* F15, sec S13: the place that a redirect names is not asked. */
static void
redirects_are_not_followed(void **state)
{
    (void)state;
    FAKE(target, say_arg, ok);
    char text[200];
    snprintf(text, sizeof(text),
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/x\r\n"
             "Content-Length: 0\r\n\r\n",
             target.port);
    FAKE(f, say_arg, text);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_post(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_int_equal(o.status, 302);
    assert_int_equal(target.connections, 0);
    user_close(&u);
    fake_stop(&f);
    fake_stop(&target);
    outcome_clear(&o);
}

/* Neither the environment's proxy nor the user's .netrc is looked at. */
static void
proxy_and_netrc_are_ignored(void **state)
{
    (void)state;
    char home[] = "/tmp/usher-client-XXXXXX", path[64];
    assert_non_null(mkdtemp(home));
    snprintf(path, sizeof(path), "%s/.netrc", home);
    FILE *file = fopen(path, "w");
    fputs("machine 127.0.0.1 login l password p\ndefault login l password p\n",
          file);
    fclose(file);
    setenv("HOME", home, 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    FAKE(f, say_arg, ok);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_false(fake_saw(&f, "Authorization"));
    user_close(&u);
    fake_stop(&f);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    unlink(path);
    rmdir(home);
    outcome_clear(&o);
}

/* --- many
 * ----------------------------------------------------------------------------
 */

struct crowd {
    struct user *user;
    const char *url;
    unsigned to_start, finished, answered;
};

static void on_crowd(void *arg, const struct client_response *r);

static void
start_one(struct crowd *c)
{
    c->to_start--;
    if (client_send(c->user->client,
                    &(struct client_request){POST_HELLO, .url = c->url, NEAR},
                    on_crowd, c, NULL) == NULL)
        fail_msg("cannot send");
}

static void
on_crowd(void *arg, const struct client_response *r)
{
    struct crowd *c = arg;
    c->finished++;
    c->answered +=
        r->wire == WIRE_ANSWERED && r->status == 200 && str_is(r->body, "hi");
    if (c->to_start > 0)
        start_one(c); /* from inside a callback */
    else if (client_running(c->user->client) == 0)
        loop_stop(c->user->loop);
}

static void
ten_thousand_over_kept_connections(void **state)
{
    (void)state;
    FAKE(f, say_arg, ok);
    struct user u;
    user_open(&u, 16);
    struct crowd c = {.user = &u, .url = fake_url(&f, "/"), .to_start = 1000};
    for (int i = 0; i < 16; i++)
        start_one(&c);
    user_run(&u);
    unsigned before = raw_open_descriptors();
    c.to_start = 9000;
    for (int i = 0; i < 16; i++)
        start_one(&c);
    user_run(&u);
    assert_int_equal(c.finished, 10000);
    assert_int_equal(c.answered, 10000);
    assert_int_equal(f.requests, 10000);
    assert_true(f.connections <= 16);
    assert_int_equal(raw_open_descriptors(), before);
    user_close(&u);
    fake_stop(&f);
}

/* More at once than connections: the rest waits its turn. */
static void
connections_are_capped(void **state)
{
    (void)state;
    FAKE(f, say_arg, ok);
    struct user u;
    user_open(&u, 3);
    struct crowd c = {.user = &u, .url = fake_url(&f, "/"), .to_start = 200};
    for (int i = 0; i < 200; i++)
        start_one(&c);
    assert_int_equal(client_running(u.client), 200);
    user_run(&u);
    assert_int_equal(c.answered, 200);
    assert_true(f.connections <= 3);
    user_close(&u);
    fake_stop(&f);
}

/* --- cancelling
 * ------------------------------------------------------------------------ */

enum {
    VICTIMS = 6
};

struct killer {
    struct user *user;
    struct victim {
        struct killer *killer;
        struct client_call *call; /* NULL once it ran or was cancelled */
    } victims[VICTIMS];
    unsigned cancelled;
};

static void
stop_user(void *arg)
{
    struct user *u = arg;
    loop_stop(u->loop);
}

/* Whoever is first cancels all the others, also those whose answer is in and
 * whose turn would come in the same pass. */
static void
kill_others(void *arg, const struct client_response *r)
{
    (void)r;
    struct victim *self = arg;
    struct killer *k = self->killer;
    assert_non_null(self->call);
    self->call = NULL;
    for (int i = 0; i < VICTIMS; i++)
        if (k->victims[i].call != NULL) {
            client_cancel(k->victims[i].call);
            k->victims[i].call = NULL;
            k->cancelled++;
        }
    loop_after(k->user->loop, 50, stop_user, k->user);
}

static void
cancelled_calls_never_call_back(void **state)
{
    (void)state;
    FAKE(f, say_arg, ok);
    struct user u;
    user_open(&u, VICTIMS);
    struct client_request r = {POST_HELLO, .url = fake_url(&f, "/"), NEAR};
    client_cancel(client_send(u.client, &r, never, NULL, NULL));
    for (int round = 0; round < 20; round++) {
        struct killer k = {.user = &u};
        for (int i = 0; i < VICTIMS; i++) {
            struct victim *v = &k.victims[i];
            v->killer = &k;
            v->call = client_send(u.client, &r, kill_others, v, NULL);
        }
        assert_int_equal(client_running(u.client), VICTIMS);
        user_run(&u);
        assert_int_equal(k.cancelled, VICTIMS - 1);
        assert_int_equal(client_running(u.client), 0);
    }
    user_close(&u);
    fake_stop(&f);
}

static void
free_cancels_what_runs(void **state)
{
    (void)state;
    FAKE(f, say_arg, ok);
    struct user u;
    user_open(&u, 8);
    struct client_request r = {POST_HELLO, .url = fake_url(&f, "/"), NEAR};
    for (int i = 0; i < 20; i++)
        assert_non_null(client_send(u.client, &r, never, NULL, NULL));
    loop_after(u.loop, 0, stop_user, &u);
    loop_run(u.loop);
    user_close(&u);
    fake_stop(&f);
    client_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_sent_as_given),
        cmocka_unit_test(methods_are_sent),
        cmocka_unit_test(head_waits_for_no_body),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(bad_urls_and_methods_are_refused),
        cmocka_unit_test(headers_are_found),
        cmocka_unit_test(http_1_0_answer_ends_with_the_connection),
        cmocka_unit_test(compressed_body_stays_compressed),
        cmocka_unit_test(cookies_are_not_kept),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(proxy_and_netrc_are_ignored),
        cmocka_unit_test(ten_thousand_over_kept_connections),
        cmocka_unit_test(connections_are_capped),
        cmocka_unit_test(cancelled_calls_never_call_back),
        cmocka_unit_test(free_cancels_what_runs),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
