/*
 * feed: a sender of signed events, many at a time.
 *
 *   feed --port N [--connections N] [--count N] [--seconds N] [--size BYTES]
 *        [--escalate PERCENT] [--path /v1/sources/web] [--prefix ID]
 *        [--same CONVERSATION [--over N]] [--first N] [--messages N]
 *        [--rate N] [--reply-url URL] [--acks FILE] [--patient] [--mix]
 *        [--tickets]
 *
 * Each connection keeps one request in flight; with --rate so many events a
 * second become due, and an event that waits for its connection has its
 * latency counted from when it was due. The secret is in WEB_SECRET.
 * Events are Standard-Webhooks-signed usher.message bodies of about SIZE
 * bytes, each in its own conversation unless --same, which --over deals out
 * in turn to N conversations. With --acks the id of each acknowledged event is
 * written to the file before it counts. --patient reconnects and repeats the
 * same event until it is acknowledged (bounded by --seconds). Without --mix
 * the first PERCENT of every hundred ask for a person; with it they are spread
 * and escalate for several reasons. --tickets sends a helpdesk's tickets
 * instead (POST /api/v2/tickets). Prints one JSON object: counts by status,
 * how many of the acknowledged escalate, rate, latencies; also when SIGTERM
 * ends it before its time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

#define BUCKETS   4096 /* latency histogram: 50 us a bucket */
#define BUCKET_US 50

#define PERIOD 104 /* of the filler: words of 7 letters out of 26 */

static volatile sig_atomic_t told_to_end;

static void
on_term(int signal_)
{
    (void)signal_;
    told_to_end = 1;
}

struct feed {
    int port, connections, size, escalate, messages, over;
    long count;
    double seconds, rate;
    const char *path, *prefix, *same, *reply_url;
    bool patient, mix, tickets;
    int acks, epoll;
    struct buf key;
    long first, started, answered, ok, escalating, refused, overload, broken;
    long histogram[BUCKETS + 1];
    int64_t began_us;
};

struct link {
    int fd, number;
    struct buf out, in;
    size_t sent;
    char id[64];
    bool escalates, busy;
    long turns; /* events of this connection */
    int64_t sent_us;
};

static const char *const chat[] = {
    "Where can I find the invoice of last month?",
    "The page keeps loading and nothing happens.",
    "Can I change the delivery address of my order?",
    "Thanks, and how long does the delivery take?",
};
static const char *const calls[] = {
    "I want to speak to a human, please.",
    "Connect me to a real person.",
};

/* What a --mix of escalating events says, and what is told beside it. */
struct cause {
    const char *text, *told;
};
static const struct cause causes[] = {
    {"I want to speak to a human, please.", ""},
    {"I was charged twice for the same order.", ""},
    {"This is going to my lawyer.", ""},
    {"The parcel was marked as delivered, but nobody has it.", ""},
    {"This is what the letter says:",
     "\"intent\":{\"name\":\"billing_dispute\",\"confidence\":0.91},"},
    {"The order is wrong again:", "\"intent\":\"order_problem\",\"fields\":"
                                  "{\"order_value_minor\":61250},"},
    {"Nothing of this is any use to me:", "\"sentiment\":-0.8,"},
};
static const struct cause calm = {"", "\"intent\":{\"name\":\"order_status\","
                                      "\"confidence\":0.88},"};

static const struct cause *
cause_of(const struct link *l, long n)
{
    if (!l->escalates)
        return &calm;
    return &causes[(size_t)n % (sizeof causes / sizeof causes[0])];
}

/* Words that mean nothing, other ones in each of the next 286 events. */
static void
put_filler(struct buf *b, size_t n, long number)
{
    static const unsigned char strides[] = {7,  3,  5,  9,  11, 15,
                                            17, 19, 21, 23, 25};
    size_t stride = strides[number / 26 % (long)sizeof strides];
    char period[PERIOD];

    for (size_t i = 0; i < sizeof period; i++)
        period[i] =
            i % 8 == 7 ? ' ' : (char)('a' + (i * stride + (size_t)number) % 26);
    for (; n > sizeof period; n -= sizeof period)
        buf_add(b, period, sizeof period);
    buf_add(b, period, n);
}

static void
fill_up(const struct feed *f, struct buf *b, size_t end, long n)
{
    size_t have = b->len + end;

    if ((size_t)f->size > have)
        put_filler(b, (size_t)f->size - have, n);
}

/* Where event n stands in its conversation. */
static long
place_of(const struct feed *f, long n)
{
    if (f->same == NULL)
        return 0;
    return f->over > 0 ? n / f->over : n;
}

static void
put_conversation(const struct feed *f, long n, struct buf *b)
{
    if (f->same == NULL)
        buf_addf(b, "%s-%ld", f->prefix, n);
    else if (f->over > 0)
        buf_addf(b, "%s-%ld", f->same, n % f->over);
    else
        buf_adds(b, f->same);
    buf_addf(b,
             "\",\"channel\":\"web\",\"mode\":\"append\",\"first_index\":%ld,",
             place_of(f, n) * (f->messages + 1));
}

static void
put_messages(const struct feed *f, const struct link *l, long n, struct buf *b)
{
    long at = f->same != NULL ? place_of(f, n) : n;
    const char *text = l->escalates ? calls[n % 2] : chat[at % 4];

    if (f->mix && l->escalates)
        text = cause_of(l, n)->text;
    buf_adds(b, "\"messages\":[");
    for (int i = 0; i < f->messages; i++)
        buf_addf(b, "%s{\"role\":\"%s\",\"content\":\"%s\"}", i > 0 ? "," : "",
                 i % 2 == 0 ? "user" : "assistant", chat[(n + i) % 4]);
    buf_addf(b, "%s{\"role\":\"user\",\"content\":\"%s ",
             f->messages > 0 ? "," : "", text);
    fill_up(f, b, strlen("\"}]}}"), n);
    buf_adds(b, "\"}]}}");
}

static void
put_event(const struct feed *f, const struct link *l, long n, struct buf *b)
{
    buf_adds(b, "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"");
    put_conversation(f, n, b);
    if (f->reply_url != NULL)
        buf_addf(b, "\"reply_url\":\"%s\",", f->reply_url);
    buf_addf(
        b,
        "\"customer\":{\"id\":\"c-%ld\",\"name\":\"Mara Okafor\",\"email\":"
        "\"mara%ld@customer.example\"},\"attributes\":{\"order_number\":"
        "\"88213\",\"plan\":\"pro\"},",
        n % 1000, n % 1000);
    if (f->mix)
        buf_adds(b, cause_of(l, n)->told);
    put_messages(f, l, n, b);
}

static void
put_ticket(const struct feed *f, const struct link *l, long n, struct buf *b)
{
    buf_addf(b,
             "{\"ticket\":{\"external_id\":\"%s\",\"subject\":\"%s\","
             "\"comment\":{\"body\":\"",
             l->id, calls[n % 2]);
    fill_up(f, b, strlen("\"}}}"), n);
    buf_adds(b, "\"}}}");
}

/* The signature's header as Standard Webhooks has it. */
static void
put_signature(const struct feed *f, const char *id, const struct buf *body,
              struct buf *out)
{
    char stamp[24];
    uint8_t mac[DIGEST_MAX];
    int n;

    snprintf(stamp, sizeof stamp, "%lld", (long long)time(NULL));
    n = digest_hmac(DIGEST_SHA256, f->key.data, f->key.len,
                    (struct str[]){str_of(id),
                                   STR("."),
                                   str_of(stamp),
                                   STR("."),
                                   {body->data, body->len}},
                    5, mac, NULL);
    buf_addf(out,
             "webhook-id: %s\r\nwebhook-timestamp: %s\r\n"
             "webhook-signature: v1,",
             id, stamp);
    digest_base64(out, mac, (size_t)n);
    buf_adds(out, "\r\n");
}

/* With --mix 61, which shares nothing with 100, deals out the escalating. */
static bool
escalates(const struct feed *f, long n)
{
    return (f->mix ? n * 61 : n) % 100 < f->escalate;
}

static void
make_request(struct feed *f, struct link *l, long n)
{
    struct buf body = {0};

    l->escalates = escalates(f, n);
    snprintf(l->id, sizeof l->id, "%s-e%ld", f->prefix, n);
    buf_reserve(&body, (size_t)f->size + 1024);
    if (f->tickets)
        put_ticket(f, l, n, &body);
    else
        put_event(f, l, n, &body);
    buf_clear(&l->out);
    buf_addf(&l->out,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
             "application/json\r\nContent-Length: %zu\r\n",
             f->path, body.len);
    if (f->tickets)
        buf_addf(&l->out, "Idempotency-Key: %s\r\n", l->id);
    else
        put_signature(f, l->id, &body, &l->out);
    buf_adds(&l->out, "\r\n");
    buf_add(&l->out, body.data, body.len);
    buf_free(&body);
}

static void
watch(struct feed *f, struct link *l, uint32_t events, int op)
{
    struct epoll_event ev = {.events = events, .data.ptr = l};

    epoll_ctl(f->epoll, op, l->fd, &ev);
}

static bool
plug(struct feed *f, struct link *l)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)f->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;

    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(l->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(l->fd);
        l->fd = -1;
        return false;
    }
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(l->fd, F_SETFL, O_NONBLOCK);
    watch(f, l, EPOLLIN, EPOLL_CTL_ADD);
    return true;
}

static bool
time_over(const struct feed *f)
{
    return told_to_end ||
           (double)(clock_mono_us() - f->began_us) / 1e6 > f->seconds;
}

static void
push(struct feed *f, struct link *l)
{
    while (l->sent < l->out.len) {
        ssize_t n = send(l->fd, l->out.data + l->sent, l->out.len - l->sent,
                         MSG_NOSIGNAL);

        if (n <= 0) {
            if (errno == EAGAIN)
                watch(f, l, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        l->sent += (size_t)n;
    }
}

/* With --rate: when the connection's next event is due. */
static int64_t
due_us(const struct feed *f, const struct link *l)
{
    double place = (double)(l->turns * f->connections + l->number);

    return f->began_us + (int64_t)(place * 1e6 / f->rate);
}

/* Send the next event, unless there is none or it is not due yet; late: it
 * waited for this connection's answer. */
static void
next(struct feed *f, struct link *l, bool late)
{
    int64_t now = clock_mono_us();

    l->busy = false;
    if (f->started >= f->count || time_over(f))
        return;
    if (f->rate > 0 && due_us(f, l) > now)
        return;
    l->sent_us = f->rate > 0 && late ? due_us(f, l) : now;
    l->turns++;
    make_request(f, l, f->first + f->started++);
    l->busy = true;
    l->sent = 0;
    buf_clear(&l->in);
    push(f, l);
}

static void
unplug(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* The connection broke before an answer: patient senders repeat. */
static void
lost(struct feed *f, struct link *l)
{
    unplug(l);
    if (!f->patient) {
        f->broken++;
        f->answered++;
        l->busy = false;
        if (plug(f, l))
            next(f, l, true);
        return;
    }
    while (!time_over(f)) {
        if (plug(f, l)) {
            l->sent = 0;
            buf_clear(&l->in);
            push(f, l);
            return;
        }
        usleep(2000);
    }
    l->busy = false;
}

static void
count_answer(struct feed *f, struct link *l, int status)
{
    int64_t us = clock_mono_us() - l->sent_us;
    size_t bucket = (size_t)(us / BUCKET_US);

    f->histogram[bucket < BUCKETS ? bucket : BUCKETS]++;
    f->answered++;
    if (status >= 200 && status < 300) {
        if (f->acks >= 0) {
            char line[80];
            int n = snprintf(line, sizeof line, "%s %d\n", l->id, l->escalates);

            if (write(f->acks, line, (size_t)n) != n)
                perror("acks");
        }
        f->ok++;
        f->escalating += l->escalates;
    } else if (status == 503) {
        f->overload++;
    } else {
        f->refused++;
    }
}

/* Whole answer in? Its status, or 0. */
static int
whole(const struct link *l)
{
    const char *end = l->in.len > 0 ? strstr(l->in.data, "\r\n\r\n") : NULL;
    const char *length =
        end != NULL ? strcasestr(l->in.data, "content-length:") : NULL;
    size_t body;

    if (end == NULL)
        return 0;
    body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
    if (l->in.len < (size_t)(end + 4 - l->in.data) + body)
        return 0;
    return atoi(l->in.data + 9);
}

static void
on_input(struct feed *f, struct link *l)
{
    ssize_t n = recv(l->fd, buf_reserve(&l->in, 4096), 4096, 0);
    int status;

    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return;
        if (l->busy)
            lost(f, l);
        else
            unplug(l);
        return;
    }
    l->in.len += (size_t)n;
    l->in.data[l->in.len] = '\0';
    status = whole(l);
    if (status == 0)
        return;
    if (f->patient && status >= 500 && !time_over(f)) {
        f->overload++;
        usleep(2000);
        l->sent = 0;
        buf_clear(&l->in);
        push(f, l);
        return;
    }
    count_answer(f, l, status);
    next(f, l, true);
}

static double
percentile(const struct feed *f, double share)
{
    long want = (long)((double)f->answered * share), seen = 0;

    for (size_t i = 0; i <= BUCKETS; i++) {
        seen += f->histogram[i];
        if (seen >= want)
            return (double)(i + 1) * BUCKET_US / 1000.0;
    }
    return 0;
}

static bool
any_busy(const struct link *links, int n)
{
    for (int i = 0; i < n; i++)
        if (links[i].busy)
            return true;
    return false;
}

static void
run(struct feed *f)
{
    struct link *links = mem_zero((size_t)f->connections * sizeof *links);
    struct epoll_event events[256];

    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    f->began_us = clock_mono_us();
    for (int i = 0; i < f->connections; i++) {
        links[i].fd = -1;
        links[i].number = i;
        while (!plug(f, &links[i]) && f->patient && !time_over(f))
            usleep(2000);
        if (links[i].fd >= 0)
            next(f, &links[i], false);
    }
    while (
        (any_busy(links, f->connections) || (f->rate > 0 && !time_over(f))) &&
        (double)(clock_mono_us() - f->began_us) / 1e6 < f->seconds + 20) {
        int n = epoll_wait(f->epoll, events, 256, f->rate > 0 ? 1 : 100);

        for (int i = 0; i < n; i++) {
            struct link *l = events[i].data.ptr;

            if ((events[i].events & EPOLLOUT) != 0 && l->fd >= 0) {
                watch(f, l, EPOLLIN, EPOLL_CTL_MOD);
                push(f, l);
            }
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
                l->fd >= 0)
                on_input(f, l);
        }
        for (int i = 0; f->rate > 0 && i < f->connections; i++)
            if (!links[i].busy && links[i].fd >= 0)
                next(f, &links[i], false);
    }
    for (int i = 0; i < f->connections; i++) {
        unplug(&links[i]);
        buf_free(&links[i].in);
        buf_free(&links[i].out);
    }
    free(links);
}

static void
take_option(struct feed *f, const char *name, const char *value)
{
    if (strcmp(name, "--port") == 0)
        f->port = atoi(value);
    else if (strcmp(name, "--connections") == 0)
        f->connections = atoi(value);
    else if (strcmp(name, "--count") == 0)
        f->count = atol(value);
    else if (strcmp(name, "--seconds") == 0)
        f->seconds = atof(value);
    else if (strcmp(name, "--rate") == 0)
        f->rate = atof(value);
    else if (strcmp(name, "--size") == 0)
        f->size = atoi(value);
    else if (strcmp(name, "--first") == 0)
        f->first = atol(value);
    else if (strcmp(name, "--messages") == 0)
        f->messages = atoi(value);
    else if (strcmp(name, "--escalate") == 0)
        f->escalate = atoi(value);
    else if (strcmp(name, "--path") == 0)
        f->path = value;
    else if (strcmp(name, "--prefix") == 0)
        f->prefix = value;
    else if (strcmp(name, "--same") == 0)
        f->same = value;
    else if (strcmp(name, "--over") == 0)
        f->over = atoi(value);
    else if (strcmp(name, "--reply-url") == 0)
        f->reply_url = value;
    else if (strcmp(name, "--acks") == 0)
        f->acks = open(value, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

int
main(int argc, char **argv)
{
    struct feed f = {.connections = 64,
                     .count = 1000000000,
                     .seconds = 10,
                     .size = 4096,
                     .path = "/v1/sources/web",
                     .prefix = "c",
                     .acks = -1,
                     .port = 8088};
    const char *secret = getenv("WEB_SECRET");
    double took;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--patient") == 0)
            f.patient = true;
        else if (strcmp(argv[i], "--mix") == 0)
            f.mix = true;
        else if (strcmp(argv[i], "--tickets") == 0)
            f.tickets = true, f.path = "/api/v2/tickets";
        else if (i + 1 < argc)
            take_option(&f, argv[i], argv[i + 1]), i++;
    }
    if (secret == NULL || strncmp(secret, "whsec_", 6) != 0 ||
        !digest_unbase64(&f.key, str_of(secret + 6))) {
        fputs("feed: WEB_SECRET must be whsec_ and base64\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_term);
    run(&f);
    took = (double)(clock_mono_us() - f.began_us) / 1e6;
    printf("{\"answered\":%ld,\"ok\":%ld,\"escalating\":%ld,\"refused\":%ld,"
           "\"overload\":%ld,\"broken\":%ld,\"seconds\":%.3f,\"rate\":%.1f,"
           "\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f}\n",
           f.answered, f.ok, f.escalating, f.refused, f.overload, f.broken,
           took, (double)f.ok / took, percentile(&f, 0.5),
           percentile(&f, 0.99));
    buf_free(&f.key);
    return f.ok > 0 ? 0 : 1;
}
