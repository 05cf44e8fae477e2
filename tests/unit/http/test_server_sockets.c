/* Where the server listens: addresses, the unix socket, TLS. (sec S6) */
#include "unit/http/cert.h"

#include <openssl/ssl.h>
#include <sys/stat.h>

static char folder[64];

static const char *
in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* Says who asks. */
static void
say_peer(void *arg, struct request *r)
{
    struct raw_server *s = arg;
    struct buf out = {0};
    buf_addf(&out, "%s%s", request_peer(r), request_is_loopback(r) ? "!" : "");
    server_reply(
        s->server, request_handle(r),
        &(struct reply){.status = 200, .body = out.data, .body_n = out.len});
    buf_free(&out);
}

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
    struct raw_server s = {.handler = say_peer};
    raw_start(&s, &(struct server_options){.address = "[::1]:0"});
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    raw_set_timeouts(fd);
    to.sin6_port = htons((uint16_t)s.port);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    struct buf in = {0};
    assert_int_equal(raw_ask(fd, GET("/"), &in), 200);
    assert_non_null(strstr(in.data, "\n::1!"));
    close(fd);
    raw_stop(&s);
    buf_free(&in);
}

static void
unix_socket_is_private_and_goes_away(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s", in_folder("admin.sock"));
    mode_t mask = umask(0); /* the widest: the mode must not come from it */
    struct raw_server s = {.handler = say_peer};
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
    assert_non_null(strstr(in.data, "\nunix!"));
    close(fd);
    raw_stop(&s);
    assert_int_equal(lstat(path, &st), -1);
    buf_free(&in);
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
    struct pair a = pair_named("a.crt", "a.key");
    struct pair b = pair_named("b.crt", "b.key");
    cert_make(a.cert, a.key);
    cert_make(b.cert, b.key);
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
    return cmocka_run_group_tests_name("server: sockets", tests, make_folder,
                                       remove_folder);
}
