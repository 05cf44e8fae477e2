/*
 * Hostile requests, each sent whole, byte by byte and cut in two at every
 * place. What is no plain request gets exactly one answer and a close; what is
 * valid gets exactly one answer and the connection goes on. (F22, N2; sec S1,
 * S2, S3, S4)
 */
#include "unit/http/raw.h"

#define BODY_MAX 4096
#define H        "Host: a\r\n"

struct attack {
    const char *name;
    int status; /* 200: valid, goes on; 1200: valid, then closed */
    const char *bytes;
    size_t n; /* 0: up to the NUL */
};

#define BYTES(text) (text), sizeof(text) - 1

static const struct attack attacks[] = {
    /* framing: sec S1 */
    {"both lengths", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n" H
           "\r\n")},
    {"both lengths, other order", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
           "Content-Length: 5\r\n\r\n0\r\n\r\n")},
    {"TE gzip, chunked", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
    {"TE chunked, gzip", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n")},
    {"TE chunked twice in one", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n")},
    {"TE in two fields", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {"TE identity", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n")},
    {"TE xchunked", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")},
    {"TE quoted", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n")},
    {"TE with vertical tab", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\x0b"
           "chunked\r\n\r\n0\r\n\r\n")},
    {"TE empty", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n0\r\n\r\n")},
    {"TE on HTTP/1.0", 400,
     BYTES("POST / HTTP/1.0\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {"TE space before colon", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")},
    {"TE in capitals is chunked", 200,
     BYTES("POST / HTTP/1.1\r\n" H
           "TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n")},
    {"two lengths that differ", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")},
    {"two lengths that agree", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")},
    {"length list", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\nhello")},
    {"length +2", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: +2\r\n\r\nhi")},
    {"length -1", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n")},
    {"length 0x2", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 0x2\r\n\r\nhi")},
    {"length 1 2", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 1 2\r\n\r\nhi")},
    {"length empty", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n")},
    {"length 10^20", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Content-Length: 100000000000000000000\r\n\r\n")},
    {"length 2^64+2", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Content-Length: 18446744073709551618\r\n\r\nhi")},
    {"length with space before colon", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length : 2\r\n\r\nhi")},
    {"chunk size 0x2", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n")},
    {"chunk size +2", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n+2\r\nhi\r\n0\r\n\r\n")},
    {"chunk size -2", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n")},
    {"chunk size empty", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n\r\nhi\r\n0\r\n\r\n")},
    {"chunk size of 17 digits", 400,
     BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
           "10000000000000002\r\nhi\r\n0\r\n\r\n")},
    {"chunk longer than it says", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n2\r\nhixx\r\n0\r\n\r\n")},
    {"chunk with bare LF", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n")},
    {"chunk extension", 200,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n")},
    {"trailers", 200,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n"
           "Y: 2\r\n\r\n")},
    {"trailer with a length", 200,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
           "Content-Length: 5\r\n\r\n")},
    /* bytes and lines */
    {"NUL in a value", 400, BYTES("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n")},
    {"NUL in a name", 400, BYTES("GET / HTTP/1.1\r\n" H "X\0: a\r\n\r\n")},
    {"NUL in the target", 400, BYTES("GET /\0 HTTP/1.1\r\n" H "\r\n")},
    {"byte 0x01 in a value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n")},
    {"byte 0x0b in a value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\x0b\r\n\r\n")},
    {"byte 0x1f in a value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\x1f\r\n\r\n")},
    {"byte 0x7f in a value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n")},
    {"tab in a value", 200, BYTES("GET / HTTP/1.1\r\n" H "X: a\tb\r\n\r\n")},
    {"UTF-8 in a value", 200,
     BYTES("GET / HTTP/1.1\r\n" H "X: \xc3\xa4\r\n\r\n")},
    {"bare LF behind a field", 400, BYTES("GET / HTTP/1.1\r\n" H "X: a\n\r\n")},
    {"bare LF behind the first line", 400,
     BYTES("GET / HTTP/1.1\nHost: a\r\n\r\n")},
    {"bare LF at the end", 400, BYTES("GET / HTTP/1.1\r\n" H "\n")},
    {"bare LFs everywhere", 400, BYTES("GET / HTTP/1.1\nHost: a\n\n")},
    {"bare CR in a value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\rY: b\r\n\r\n")},
    {"bare CR at the end", 400, BYTES("GET / HTTP/1.1\r\n" H "X: a\r\rb\r\n")},
    {"obs-fold with a space", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n")},
    {"obs-fold with a tab", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n")},
    {"obs-fold of an empty value", 400,
     BYTES("GET / HTTP/1.1\r\n" H "X:\r\n b\r\n\r\n")},
    {"obs-fold in the encoding", 400,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n")},
    {"space before the first field", 400,
     BYTES("GET / HTTP/1.1\r\n Host: a\r\n\r\n")},
    {"field without colon", 400, BYTES("GET / HTTP/1.1\r\n" H "X\r\n\r\n")},
    {"field without name", 400, BYTES("GET / HTTP/1.1\r\n" H ": a\r\n\r\n")},
    {"name with a space", 400, BYTES("GET / HTTP/1.1\r\n" H "X Y: a\r\n\r\n")},
    /* Host */
    {"no Host", 400, BYTES("GET / HTTP/1.1\r\nX: a\r\n\r\n")},
    {"two Hosts", 400, BYTES("GET / HTTP/1.1\r\n" H "Host: b\r\n\r\n")},
    {"two equal Hosts", 400, BYTES("GET / HTTP/1.1\r\n" H H "\r\n")},
    {"two Hosts on 1.0", 400, BYTES("GET / HTTP/1.0\r\n" H H "\r\n")},
    {"Host list", 400, BYTES("GET / HTTP/1.1\r\nHost: a, b/c\r\n\r\n")},
    {"Host with a path", 400, BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n")},
    {"Host with a user", 400, BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n")},
    {"no Host on 1.0", 1200, BYTES("GET / HTTP/1.0\r\n\r\n")},
    /* the first line */
    {"absolute target", 400, BYTES("GET http://a/ HTTP/1.1\r\n" H "\r\n")},
    {"target without slash", 400, BYTES("GET x HTTP/1.1\r\n" H "\r\n")},
    {"star for GET", 400, BYTES("GET * HTTP/1.1\r\n" H "\r\n")},
    {"star for OPTIONS", 200, BYTES("OPTIONS * HTTP/1.1\r\n" H "\r\n")},
    {"fragment", 400, BYTES("GET /a#b HTTP/1.1\r\n" H "\r\n")},
    {"space in the target", 400, BYTES("GET /a b HTTP/1.1\r\n" H "\r\n")},
    {"no target", 400, BYTES("GET HTTP/1.1\r\n" H "\r\n")},
    {"unknown method", 501, BYTES("BREW / HTTP/1.1\r\n" H "\r\n")},
    {"method that begins like one", 501,
     BYTES("GETTY / HTTP/1.1\r\n" H "\r\n")},
    {"lower case method", 400, BYTES("get / HTTP/1.1\r\n" H "\r\n")},
    {"TRACE", 501, BYTES("TRACE / HTTP/1.1\r\n" H "\r\n")},
    {"CONNECT", 501, BYTES("CONNECT a:443 HTTP/1.1\r\n" H "\r\n")},
    {"PROPFIND", 501, BYTES("PROPFIND / HTTP/1.1\r\n" H "\r\n")},
    {"HTTP/2 preface", 505,
     BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")},
    {"HTTP/2.0", 505, BYTES("GET / HTTP/2.0\r\n" H "\r\n")},
    {"HTTP/1.2", 505, BYTES("GET / HTTP/1.2\r\n" H "\r\n")},
    {"HTTP/0.9", 505, BYTES("GET / HTTP/0.9\r\n" H "\r\n")},
    {"HTTP/1.10", 505, BYTES("GET / HTTP/1.10\r\n" H "\r\n")},
    {"http/1.1", 400, BYTES("GET / http/1.1\r\n" H "\r\n")},
    {"not HTTP", 400, BYTES("GET / HTCPCP/1.0\r\n" H "\r\n")},
    {"TLS hello", 400, BYTES("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03")},
    {"SMTP", 501, BYTES("EHLO a\r\nMAIL FROM:<a@b>\r\n")},
    {"empty lines before", 200, BYTES("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n")},
    /* Expect */
    {"Expect other", 417,
     BYTES("POST / HTTP/1.1\r\n" H
           "Expect: 200-ok\r\nContent-Length: 2\r\n\r\nhi")},
    {"two Expects", 417,
     BYTES("POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\n"
           "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")},
    {"Upgrade is ignored", 200,
     BYTES("GET / HTTP/1.1\r\n" H
           "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")},
    {"h2c is ignored", 200,
     BYTES("POST / HTTP/1.1\r\n" H "Connection: Upgrade, HTTP2-Settings\r\n"
           "Upgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 2\r\n\r\nhi")},
    /* lengths that are nobody's fault */
    {"POST without a length", 1200, BYTES("POST / HTTP/1.1\r\n" H "\r\n")},
    {"POST without a length, with a body", 1200,
     BYTES("POST / HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\n")},
    {"GET with a body", 200,
     BYTES("GET / HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nhi")},
    {"POST of nothing", 200,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n")},
    {"leading zeros", 200,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 0002\r\n\r\nhi")},
    {"length over the cap", 413,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 4097\r\n\r\n")},
    {"length far over the cap", 413,
     BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551615\r\n"
           "\r\n")},
    {"over the cap, with Expect", 413,
     BYTES("POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\n"
           "Content-Length: 4097\r\n\r\n")},
    {"one chunk over the cap", 413,
     BYTES("POST / HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nxx")},
};

static struct raw_server fixture;

static int
start(void **state)
{
    *state = &fixture;
    raw_start(&fixture, &(struct server_options){.name = "test",
                                                 .address = "127.0.0.1:0",
                                                 .body_max = BODY_MAX});
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    raw_stop(&fixture);
    return 0;
}

/* Send p[0..n) in two pieces (cut inside), in one (cut 0) or byte by byte. */
static void
send_cut(int fd, const char *p, size_t n, size_t cut)
{
    if (cut == n)
        for (size_t i = 0; i < n; i++)
            raw_send(fd, p + i, 1);
    else if (cut == 0)
        raw_send(fd, p, n);
    else {
        raw_send(fd, p, cut);
        /* So that the first piece arrives alone. */
        usleep(300);
        raw_send(fd, p + cut, n - cut);
    }
}

static void
expect_refusal(const struct attack *a, int fd, size_t cut)
{
    struct buf in = {0};
    int first = 0;
    size_t rest = 0;
    enum raw_end end = raw_read(fd, &in, 0);
    unsigned answers = raw_count_answers(&in, &first, NULL, &rest);
    if (end != RAW_EOF || answers != 1 || first != a->status % 1000 ||
        rest != 0)
        fail_msg("%s, cut at %zu: end %d, %u answers, status %d: %s", a->name,
                 cut, end, answers, first, buf_str(&in));
    struct raw_answer answer;
    size_t at = 0;
    raw_next(&in, &at, false, &answer);
    if (!raw_has(&answer, "Connection: close\r\n"))
        fail_msg("%s: no Connection: close", a->name);
    buf_free(&in);
}

static void
expect_service(const struct attack *a, int fd, size_t cut)
{
    struct buf in = {0};
    int first = 0, last = 0;
    size_t rest = 0;
    enum raw_end end = raw_read(fd, &in, 1);
    raw_send_text(fd, "GET /bye HTTP/1.1\r\nConnection: close\r\n" H "\r\n");
    raw_read(fd, &in, 0);
    unsigned answers = raw_count_answers(&in, &first, &last, &rest);
    if (end != RAW_ENOUGH || answers != 2 || first != 200 || last != 200 ||
        rest != 0 || strstr(in.data, "/bye") == NULL)
        fail_msg("%s, cut at %zu: %u answers: %s", a->name, cut, answers,
                 buf_str(&in));
    buf_free(&in);
}

static void
run(const struct attack *a, size_t cut)
{
    int fd = raw_connect(fixture.port);
    send_cut(fd, a->bytes, a->n, cut);
    if (a->status == 200)
        expect_service(a, fd, cut);
    else
        expect_refusal(a, fd, cut);
    close(fd);
}

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

static void
each_attack_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTACKS; i++)
        run(&attacks[i], 0);
}

static void
each_attack_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTACKS; i++)
        run(&attacks[i], attacks[i].n);
}

static void
each_attack_cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTACKS; i++)
        for (size_t cut = 1; cut < attacks[i].n; cut++)
            run(&attacks[i], cut);
}

/* --- attacks that are too long to write down --------------------------------
 */

static void
repeat(struct buf *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_adds(b, text);
}

static void
run_built(const char *name, int status, struct buf *b)
{
    run(&(struct attack){name, status, b->data, b->len}, 0);
    run(&(struct attack){name, status, b->data, b->len}, b->len / 2);
    buf_free(b);
}

/* sec S3 */
static void
header_of_20_kib_is_431(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "GET / HTTP/1.1\r\n" H "X: ");
    repeat(&b, "x", 20000);
    buf_adds(&b, "\r\n\r\n");
    run_built("20 KB in one value", 431, &b);
    buf_adds(&b, "GET / HTTP/1.1\r\n" H);
    repeat(&b, "x", 20000);
    buf_adds(&b, ": a\r\n\r\n");
    run_built("20 KB in one name", 431, &b);
    /* Spaces before a value are not part of it, and still are bytes. */
    buf_adds(&b, "GET / HTTP/1.1\r\n" H "X:");
    repeat(&b, " ", 20000);
    buf_adds(&b, "a\r\n\r\n");
    run_built("20 KB of spaces", 431, &b);
    repeat(&b, "\r\n", 10000);
    buf_adds(&b, "GET / HTTP/1.1\r\n" H "\r\n");
    run_built("20 KB of empty lines", 431, &b);
}

static void
header_just_below_16_kib_is_taken(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "GET / HTTP/1.1\r\n" H "X: ");
    repeat(&b, "x", 16384 - b.len - 4);
    buf_adds(&b, "\r\n\r\n");
    assert_int_equal(b.len, 16384);
    run_built("16384 bytes", 200, &b);
    buf_adds(&b, "GET / HTTP/1.1\r\n" H "X: ");
    repeat(&b, "x", 16385 - b.len - 4);
    buf_adds(&b, "\r\n\r\n");
    run_built("16385 bytes", 431, &b);
}

static void
more_than_100_fields_are_431(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "GET / HTTP/1.1\r\n" H);
    repeat(&b, "A: b\r\n", 1500);
    buf_adds(&b, "\r\n");
    run_built("1500 fields", 431, &b);
    buf_adds(&b, "GET / HTTP/1.1\r\n" H);
    repeat(&b, "A: b\r\n", 99);
    buf_adds(&b, "\r\n");
    run_built("100 fields", 200, &b);
    buf_adds(&b, "GET / HTTP/1.1\r\n" H);
    repeat(&b, "A: b\r\n", 100);
    buf_adds(&b, "\r\n");
    run_built("101 fields", 431, &b);
}

static void
url_over_2_kib_is_414(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "GET /");
    repeat(&b, "u", 2047);
    buf_adds(&b, " HTTP/1.1\r\n" H "\r\n");
    run_built("2048", 200, &b);
    buf_adds(&b, "GET /");
    repeat(&b, "u", 2048);
    buf_adds(&b, " HTTP/1.1\r\n" H "\r\n");
    run_built("2049", 414, &b);
}

static void
body_over_the_cap_is_413(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Content-Length: 4096\r\n\r\n");
    repeat(&b, "x", 4096);
    run_built("cap", 200, &b);
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    repeat(&b, "400\r\n", 1);
    repeat(&b, "x", 1024);
    for (int i = 0; i < 3; i++) {
        buf_adds(&b, "\r\n400\r\n");
        repeat(&b, "x", 1024);
    }
    size_t cap = b.len;
    buf_adds(&b, "\r\n0\r\n\r\n");
    struct buf over = {0};
    buf_add(&over, b.data, cap);
    buf_adds(&over, "\r\n1\r\nx\r\n0\r\n\r\n");
    run_built("cap by chunks", 200, &b);
    run_built("cap and one by chunks", 413, &over);
    /* Sent to the end although it was refused: the answer must survive. */
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Content-Length: 2000000\r\n\r\n");
    repeat(&b, "x", 2000000);
    run_built("far over", 413, &b);
}

static void
chunk_extensions_without_end_are_431(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    buf_adds(&b, "2;a=");
    repeat(&b, "x", 40000);
    run_built("extension", 431, &b);
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    repeat(&b, "0", 40000);
    run_built("zeros", 431, &b);
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    buf_adds(&b, "2\r\nhi\r\n0\r\n");
    repeat(&b, "X-Trailer: value\r\n", 2000);
    run_built("trailers", 431, &b);
}

static void
one_byte_chunks_are_valid(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_adds(&b, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    repeat(&b, "1\r\nx\r\n", 4096);
    buf_adds(&b, "0\r\n\r\n");
    run_built("4096 chunks of one byte", 200, &b);
}

/* --- pipelining: sec S4 ------------------------------------------------------
 */

static void
pipeline(unsigned count, const char *path)
{
    struct buf out = {0}, in = {0};
    for (unsigned i = 0; i < count; i++)
        buf_addf(&out,
                 "POST %s?%u HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\n%04u",
                 path, i, i % 10000);
    int fd = raw_connect(fixture.port);
    /* The answers must be read while we send, or both sides would wait. */
    size_t sent = 0;
    while (sent < out.len) {
        struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
        assert_int_equal(poll(&p, 1, RAW_WAIT_S * 1000), 1);
        if ((p.revents & POLLIN) != 0) {
            char *to = buf_reserve(&in, 65536);
            ssize_t n = recv(fd, to, 65536, MSG_DONTWAIT);
            assert_true(n > 0);
            in.len += (size_t)n;
        }
        ssize_t n = send(fd, out.data + sent, out.len - sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
    }
    shutdown(fd, SHUT_WR);
    assert_int_equal(raw_read(fd, &in, 0), RAW_EOF);
    struct raw_answer a = {0};
    size_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        char want[64];
        snprintf(want, sizeof(want), "?%u [%04u]", i, i % 10000);
        assert_true(raw_next(&in, &at, false, &a));
        if (strcmp(path, "/later") != 0 &&
            memmem(a.body, a.body_n, want, strlen(want)) == NULL)
            fail_msg("answer %u: %.*s", i, (int)a.body_n, a.body);
    }
    assert_int_equal(at, in.len);
    buf_free(&out);
    buf_free(&in);
    close(fd);
}

static void
three_are_answered_in_order(void **state)
{
    (void)state;
    pipeline(3, "/");
}

static void
ten_thousand_are_answered_in_order(void **state)
{
    (void)state;
    pipeline(10000, "/");
}

/* Each is answered later, so that the next waits: one at a time. */
static void
late_answers_keep_one_in_flight(void **state)
{
    struct raw_server *s = *state;
    int fd = raw_connect(s->port);
    struct buf in = {0};
    unsigned before = raw_handled(s);
    for (int i = 0; i < 50; i++)
        raw_send_text(fd, "GET /never HTTP/1.1\r\n" H "\r\n");
    usleep(50000);
    assert_int_equal(raw_handled(s), before + 1);
    assert_int_equal(raw_pending(s), 1);
    close(fd);
    pipeline(5, "/later");
    buf_free(&in);
}

/* A flood behind a request that is not answered is not read without end. */
static void
flood_behind_a_pending_request_is_bounded(void **state)
{
    struct raw_server *s = *state;
    int fd = raw_connect(s->port);
    raw_send_text(fd, "GET /never HTTP/1.1\r\n" H "\r\n");
    static const char more[] = "GET / HTTP/1.1\r\n" H "\r\n";
    size_t taken = 0;
    int idle = 0;
    /* Until both kernels' buffers are full and nothing goes on for a while. */
    while (idle < 20 && taken < (64u << 20)) {
        ssize_t n =
            send(fd, more, sizeof(more) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            taken += (size_t)n;
            idle = 0;
        } else {
            usleep(10000);
            idle++;
        }
    }
    assert_true(taken < (64u << 20));
    close(fd);
}

/* An answer in front of a bad request is not lost, and nothing behind it is
 * read. */
static void
bad_request_behind_a_good_one(void **state)
{
    struct raw_server *s = *state;
    int fd = raw_connect(s->port);
    struct buf in = {0};
    int first = 0, last = 0;
    raw_send_text(fd, "GET /one HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n\r\n"
                      "GET /three HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(raw_read(fd, &in, 0), RAW_EOF);
    assert_int_equal(raw_count_answers(&in, &first, &last, NULL), 2);
    assert_int_equal(first, 200);
    assert_int_equal(last, 400);
    assert_null(strstr(in.data, "/three"));
    buf_free(&in);
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attack_whole),
        cmocka_unit_test(each_attack_byte_by_byte),
        cmocka_unit_test(each_attack_cut_everywhere),
        cmocka_unit_test(header_of_20_kib_is_431),
        cmocka_unit_test(header_just_below_16_kib_is_taken),
        cmocka_unit_test(more_than_100_fields_are_431),
        cmocka_unit_test(url_over_2_kib_is_414),
        cmocka_unit_test(body_over_the_cap_is_413),
        cmocka_unit_test(chunk_extensions_without_end_are_431),
        cmocka_unit_test(one_byte_chunks_are_valid),
        cmocka_unit_test(three_are_answered_in_order),
        cmocka_unit_test(ten_thousand_are_answered_in_order),
        cmocka_unit_test(late_answers_keep_one_in_flight),
        cmocka_unit_test(flood_behind_a_pending_request_is_bounded),
        cmocka_unit_test(bad_request_behind_a_good_one),
    };
    return cmocka_run_group_tests_name("server: attacks", tests, start, stop);
}
