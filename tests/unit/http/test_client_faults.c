/*
 * The client and a peer that fails it: each fault is told as not sent, sent or
 * answered, and no request is ever sent twice. (S22; F11, F15, F16; sec S13)
 */
#include "unit/http/cert.h"
#include "unit/http/fake.h"

#include <dlfcn.h>
#include <netdb.h>

/* --- names: libcurl asks this getaddrinfo before the C library's
 * ---------------- */

#define STUCK_MS 3000

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
            struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *,
                 struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    if (host != NULL && strcmp(host, "stuck.test") == 0) {
        usleep(STUCK_MS * 1000);
        return EAI_AGAIN;
    }
    if (host != NULL && strcmp(host, "nowhere.test") == 0)
        return EAI_NONAME;
    if (host != NULL && strcmp(host, "rebound.test") == 0)
        host = "127.0.0.1";
    if (host != NULL && strcmp(host, "metadata.test") == 0)
        host = "169.254.169.254";
    return real(host, service, hints, out);
}

/* --- faults, each by what the peer does with a request
 * ------------------------------ */

struct fault {
    const char *name;
    /* After the request was read; NULL bytes: say nothing. */
    const char *bytes;
    enum {
        THEN_CLOSE,
        THEN_RESET,
        THEN_HANG
    } then;
    enum client_wire wire;
    int status;
};

#define HEAD_9 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"

static const struct fault faults[] = {
    {"lost reply", NULL, THEN_CLOSE, WIRE_SENT, 0},
    {"reset", NULL, THEN_RESET, WIRE_SENT, 0},
    {"hang", NULL, THEN_HANG, WIRE_SENT, 0},
    {"cut status line", "HTTP/1.1 20", THEN_CLOSE, WIRE_SENT, 0},
    {"cut header", "HTTP/1.1 200 OK\r\nContent-Le", THEN_CLOSE, WIRE_SENT, 200},
    {"cut body", HEAD_9 "half", THEN_CLOSE, WIRE_SENT, 200},
    {"cut body, reset", HEAD_9 "half", THEN_RESET, WIRE_SENT, 200},
    {"cut body, hang", HEAD_9 "half", THEN_HANG, WIRE_SENT, 200},
    {"no body at all", HEAD_9, THEN_CLOSE, WIRE_SENT, 200},
    {"cut chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
     THEN_CLOSE, WIRE_SENT, 200},
    {"no last chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
     THEN_CLOSE, WIRE_SENT, 200},
    {"bad chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n",
     THEN_CLOSE, WIRE_SENT, 200},
    {"interim answer only", "HTTP/1.1 100 Continue\r\n\r\n", THEN_HANG,
     WIRE_SENT, 100},
    {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", THEN_CLOSE, WIRE_SENT, 0},
    {"HTTP/0.9", "<html>hello</html>", THEN_CLOSE, WIRE_SENT, 0},
    {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
     THEN_CLOSE, WIRE_SENT, 200},
    {"500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", THEN_CLOSE,
     WIRE_ANSWERED, 500},
    {"login page", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
     THEN_HANG, WIRE_ANSWERED, 200},
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static void
do_fault(const struct fault *fault, int fd)
{
    if (fault->bytes != NULL)
        raw_send_text(fd, fault->bytes);
    if (fault->then == THEN_HANG)
        fake_hang(fd);
    if (fault->then == THEN_RESET) {
        usleep(20000); /* so that the bytes before it arrive */
        fake_reset(fd);
    }
}

static char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

static void
fail_first(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    if (fake_request(f, fd, &in))
        do_fault(f->arg, fd);
    buf_free(&in);
}

/* The first connection answers one request and fails the second; any other
 * would answer gladly: it must never be asked. */
static void
fail_second(struct fake *f, int fd, unsigned nth)
{
    struct buf in = {0};
    if (fake_request(f, fd, &in))
        raw_send_text(fd, ok);
    if (nth == 1 && fake_request(f, fd, &in))
        do_fault(f->arg, fd);
    while (nth > 1 && fake_request(f, fd, &in))
        raw_send_text(fd, ok);
    buf_free(&in);
}

#define START(f, script_fn, a)                                                 \
    struct fake f = {.script = (script_fn), .arg = (a)};                       \
    fake_start(&f)

static void
post_hastily(struct user *u, const struct fake *f, struct outcome *o)
{
    user_send(u,
              &(struct client_request){POST_HELLO, .url = fake_url(f, "/"),
                                       .timeout_ms = 300, NEAR},
              o);
}

static void
expect(const struct fault *fault, const struct outcome *o)
{
    if (o->wire != fault->wire || o->status != fault->status ||
        (o->wire != WIRE_ANSWERED) != (o->err.text[0] != '\0'))
        fail_msg("%s: wire %u, status %d, %s", fault->name, o->wire, o->status,
                 o->err.text);
}

static void
faults_on_a_new_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULTS; i++) {
        START(f, fail_first, (void *)(uintptr_t)&faults[i]);
        struct user u;
        struct outcome o = {0};
        user_open(&u, 4);
        post_hastily(&u, &f, &o);
        expect(&faults[i], &o);
        assert_int_equal(f.requests, 1);
        user_close(&u);
        fake_stop(&f);
        outcome_clear(&o);
    }
}

/* The connection was good once. libcurl would send the second request again on
 * a third connection when the kept one breaks: a second ticket. */
static void
faults_on_a_kept_connection_are_never_sent_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULTS; i++) {
        START(f, fail_second, (void *)(uintptr_t)&faults[i]);
        struct user u;
        struct outcome o = {0};
        user_open(&u, 4);
        post_hastily(&u, &f, &o);
        assert_int_equal(o.wire, WIRE_ANSWERED);
        post_hastily(&u, &f, &o);
        expect(&faults[i], &o);
        if (f.requests != 2)
            fail_msg("%s: %u requests", faults[i].name, f.requests);
        user_close(&u);
        fake_stop(&f);
        outcome_clear(&o);
    }
}

/* Answers one request and closes: a kept connection that is known to be dead
 * is not used at all. */
static void
answer_one(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    if (fake_request(f, fd, &in))
        raw_send_text(fd, ok);
    buf_free(&in);
}

static void
connection_closed_while_idle_is_replaced(void **state)
{
    (void)state;
    START(f, answer_one, NULL);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    for (int i = 0; i < 5; i++) {
        post_hastily(&u, &f, &o);
        assert_int_equal(o.wire, WIRE_ANSWERED);
        usleep(20000);
    }
    assert_int_equal(f.requests, 5);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* --- nothing was sent
 * ----------------------------------------------------------------- */

static int
closed_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(fd, (struct sockaddr *)&at, n);
    getsockname(fd, (struct sockaddr *)&at, &n);
    close(fd);
    return ntohs(at.sin_port);
}

static void
send_to(struct user *u, const char *url, bool private, struct outcome *o)
{
    user_send(
        u,
        &(struct client_request){POST_HELLO, .url = url, .timeout_ms = 2000,
                                 .connect_timeout_ms = 300, .allow_plain = true,
                                 .allow_private = private},
        o);
}

static void
refused_connection_is_not_sent(void **state)
{
    (void)state;
    struct user u;
    struct outcome o = {0};
    char url[64];
    user_open(&u, 4);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", closed_port());
    send_to(&u, url, true, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_int_equal(o.err.class, ERR_RETRY);
    assert_true(o.err.text[0] != '\0');
    send_to(&u, "http://nowhere.test/", true, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    user_close(&u);
    outcome_clear(&o);
}

/* A listener whose backlog is full: SYNs are dropped, so connecting hangs. */
static void
connect_timeout_is_not_sent(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0), fill[8];
    bind(fd, (struct sockaddr *)&at, n);
    listen(fd, 0);
    getsockname(fd, (struct sockaddr *)&at, &n);
    for (int i = 0; i < 8; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fill[i], (struct sockaddr *)&at, n);
    }
    struct user u;
    struct outcome o = {0};
    char url[64];
    user_open(&u, 4);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
    send_to(&u, url, true, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    user_close(&u);
    for (int i = 0; i < 8; i++)
        close(fill[i]);
    close(fd);
    outcome_clear(&o);
}

/* --- private addresses: sec S13
 * ---------------------------------------------------------- */

static void
private_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "rebound.test",
        "metadata.test",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[fd00::1]",
    };
    START(f, answer_one, NULL);
    struct user u;
    struct outcome o = {0};
    char url[128];
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        snprintf(url, sizeof(url), "http://%s:%d/", hosts[i], f.port);
        send_to(&u, url, false, &o);
        if (o.wire != WIRE_NOT_SENT || o.err.class != ERR_REFUSED)
            fail_msg("%s: wire %u, %s", hosts[i], o.wire, o.err.text);
        assert_non_null(strstr(o.err.text, "not public"));
    }
    assert_int_equal(f.connections, 0);
    send_to(&u, fake_url(&f, "/"), true, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
answer_all(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    while (fake_request(f, fd, &in))
        raw_send_text(fd, ok);
    buf_free(&in);
}

/* A connection that one destination was allowed to open is no way around for
 * another that was not. */
static void
kept_private_connection_is_not_borrowed(void **state)
{
    (void)state;
    START(f, answer_all, NULL);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    send_to(&u, fake_url(&f, "/"), true, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    send_to(&u, fake_url(&f, "/"), false, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_int_equal(o.err.class, ERR_REFUSED);
    assert_int_equal(f.requests, 1);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* --- answers that are too much
 * --------------------------------------------------------------- */

static void
pour(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    char junk[16384];
    memset(junk, 'j', sizeof(junk));
    if (fake_request(f, fd, &in)) {
        raw_send_text(fd, f->arg);
        for (int i = 0; i < 65536; i++) /* 1 GiB, were it taken */
            if (!raw_send(fd, junk, sizeof(junk)))
                break;
    }
    buf_free(&in);
}

static void
endless_answer_is_cut_off(void **state)
{
    (void)state;
    static char heads[][80] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        START(f, pour, heads[i]);
        struct user u;
        struct outcome o = {0};
        user_open(&u, 4);
        user_get(&u, &f, &o);
        assert_int_equal(o.wire, WIRE_SENT);
        assert_int_equal(o.status, 200);
        assert_true(o.too_long);
        assert_int_equal(o.body.len, CLIENT_RESPONSE_MAX);
        user_close(&u);
        fake_stop(&f);
        outcome_clear(&o);
    }
}

static void
endless_header_is_cut_off(void **state)
{
    (void)state;
    static char one[] = "HTTP/1.1 200 OK\r\nX: ";
    START(f, pour, one);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_SENT);
    assert_true(o.headers.len <= 65536);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
pour_fields(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    if (fake_request(f, fd, &in)) {
        raw_send_text(fd, "HTTP/1.1 200 OK\r\n");
        while (raw_send_text(fd, "X-Field: value\r\nY-Field: value\r\n"))
            ;
    }
    buf_free(&in);
}

static void
endless_fields_are_cut_off(void **state)
{
    (void)state;
    START(f, pour_fields, NULL);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_SENT);
    assert_true(o.too_long);
    assert_true(o.headers.len <= 65536);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
exactly_1_mib_is_whole(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_addf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n",
             CLIENT_RESPONSE_MAX);
    for (unsigned i = 0; i < CLIENT_RESPONSE_MAX; i++)
        buf_addc(&text, 'x');
    struct fault fault = {"", text.data, THEN_CLOSE, WIRE_ANSWERED, 200};
    START(f, fail_first, &fault);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    user_get(&u, &f, &o);
    expect(&fault, &o);
    assert_false(o.too_long);
    assert_int_equal(o.body.len, CLIENT_RESPONSE_MAX);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
    buf_free(&text);
}

static void
drip(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    struct buf in = {0};
    if (fake_request(f, fd, &in)) {
        raw_send_text(fd, HEAD_9);
        for (int i = 0; i < 8 && raw_send_text(fd, "."); i++)
            usleep(100000);
    }
    buf_free(&in);
}

static void
dripping_answer_runs_out_of_time(void **state)
{
    (void)state;
    START(f, drip, NULL);
    struct user u;
    struct outcome o = {0};
    user_open(&u, 4);
    post_hastily(&u, &f, &o);
    assert_int_equal(o.wire, WIRE_SENT);
    assert_int_equal(o.status, 200);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* --- a resolver that hangs: F16
 * ------------------------------------------------------------------ */

static void
never(void *arg, const struct client_response *r)
{
    (void)arg;
    (void)r;
    fail_msg("a cancelled request called back");
}

static void
stuck_resolver_does_not_hold_the_loop(void **state)
{
    (void)state;
    struct user u;
    struct outcome o = {0};
    int64_t began = clock_mono_ms();
    user_open(&u, 4);
    struct client_request r = {POST_HELLO, .url = "http://stuck.test/",
                               .timeout_ms = 200, NEAR};
    struct client_call *cancelled =
        client_send(u.client, &r, never, NULL, NULL);
    user_run_pass(&u);
    client_cancel(cancelled);
    user_send(&u, &r, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_true(u.worst_gap < STUCK_MS / 3);
    user_close(&u);
    assert_true(clock_mono_ms() - began < STUCK_MS);
    outcome_clear(&o);
    /* The resolver's threads live a little longer than what asked them. */
    usleep((STUCK_MS + 500) * 1000);
}

/* --- TLS
 * ----------------------------------------------------------------------------------------------
 */

static char folder[64], cert_file[128], key_file[128];

static int
make_pair(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/usher-faults-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
    snprintf(key_file, sizeof(key_file), "%s/key", folder);
    cert_make(cert_file, key_file);
    return 0;
}

static int
remove_pair(void **state)
{
    (void)state;
    unlink(cert_file);
    unlink(key_file);
    return rmdir(folder);
}

static void
send_tls(struct user *u, const char *url, const char *ca, struct outcome *o)
{
    user_send(u,
              &(struct client_request){POST_HELLO, .url = url, .ca_file = ca,
                                       .allow_private = true,
                                       .timeout_ms = 5000},
              o);
}

static void
tls_is_checked(void **state)
{
    (void)state;
    struct raw_server s = {0};
    raw_start(&s, &(struct server_options){.address = "127.0.0.1:0",
                                           .tls_cert_file = cert_file,
                                           .tls_key_file = key_file});
    struct user u;
    struct outcome o = {0};
    char url[64];
    user_open(&u, 4);
    snprintf(url, sizeof(url), "https://localhost:%d/x", s.port);
    send_tls(&u, url, NULL, &o); /* nobody we know signed it */
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    send_tls(&u, url, cert_file, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_string_equal(buf_str(&o.body), "POST /x? [hello]");
    send_tls(&u, url, NULL, &o); /* the good connection is not borrowed */
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/x", s.port);
    send_tls(&u, url, cert_file, &o); /* the name does not fit */
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_int_equal(raw_handled(&s), 1);
    user_close(&u);
    raw_stop(&s);
    outcome_clear(&o);
}

/* A plain server on the port: the handshake fails before any request byte. */
static void
plain_server_behind_https_is_not_sent(void **state)
{
    (void)state;
    START(f, answer_all, NULL);
    struct user u;
    struct outcome o = {0};
    char url[64];
    user_open(&u, 4);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", f.port);
    user_send(&u,
              &(struct client_request){POST_HELLO, .url = url,
                                       .allow_private = true,
                                       .connect_timeout_ms = 300},
              &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_false(fake_saw(&f, "hello"));
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_on_a_new_connection),
        cmocka_unit_test(faults_on_a_kept_connection_are_never_sent_again),
        cmocka_unit_test(connection_closed_while_idle_is_replaced),
        cmocka_unit_test(refused_connection_is_not_sent),
        cmocka_unit_test(connect_timeout_is_not_sent),
        cmocka_unit_test(private_addresses_are_refused),
        cmocka_unit_test(kept_private_connection_is_not_borrowed),
        cmocka_unit_test(endless_answer_is_cut_off),
        cmocka_unit_test(endless_header_is_cut_off),
        cmocka_unit_test(endless_fields_are_cut_off),
        cmocka_unit_test(exactly_1_mib_is_whole),
        cmocka_unit_test(dripping_answer_runs_out_of_time),
        cmocka_unit_test(stuck_resolver_does_not_hold_the_loop),
        cmocka_unit_test(tls_is_checked),
        cmocka_unit_test(plain_server_behind_https_is_not_sent),
    };
    return cmocka_run_group_tests_name("client: faults", tests, make_pair,
                                       remove_pair);
}
