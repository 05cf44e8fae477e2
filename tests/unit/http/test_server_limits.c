/* Deadlines, caps, crowds, back-pressure and the way out. (F7, N2; sec S2, S5)
 */
#include "unit/http/raw.h"

#include "base/json.h"

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

/* What a 413 says of the limit; how to change it is the caller's to know. */
static void
detail_of_413(const char *hint, const char *want)
{
    SERVE(s, LOCAL, .body_max = 10, .body_hint = hint);
    int fd = raw_connect(s.port);
    struct buf in = {0};
    raw_send_text(fd,
                  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    assert_int_not_equal(raw_read(fd, &in, 0), RAW_TIMEOUT);
    const char *body = strstr(buf_str(&in), "\r\n\r\n");
    assert_non_null(body);
    json_t *doc = json_read(body + 4, strlen(body + 4), NULL);
    assert_int_equal(json_integer_value(json_object_get(doc, "status")), 413);
    assert_string_equal(json_string_value(json_object_get(doc, "detail")),
                        want);
    json_decref(doc);
    close(fd);
    assert_int_equal(raw_handled(&s), 0);
    raw_stop(&s);
    buf_free(&in);
}

static void
too_large_says_the_limit(void **state)
{
    (void)state;
    detail_of_413(NULL, "Nothing was kept: the body is larger than 10 bytes, "
                        "the most that is taken here.");
    detail_of_413("Send less.", "Nothing was kept: the body is larger than 10 "
                                "bytes, the most that is taken here. Send "
                                "less.");
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
    raw_on_loop(&s, raw_answer_last, &answered);
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
    raw_reset(busy[0]);
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
    raw_on_loop(&s, raw_answer_last, &answered);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_large_says_the_limit),
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
    };
    return cmocka_run_group_tests_name("server: limits", tests, NULL, NULL);
}
