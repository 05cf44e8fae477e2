/*
 * bare: what one good afternoon gives: signed webhooks, kept in SQLite by a
 * thread that commits many at a time, answered once they are on disk. No
 * limits, no rules, no tickets: the reference that the engine is measured
 * against.
 *
 *   bare --port N --file DATABASE     the key comes from WEB_SECRET (whsec_...)
 *
 * The store's settings are the engine's own (WAL, FULL, a checkpoint every
 * 8,000 pages): the difference between the two programs is the work.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

struct connection {
    struct bufferevent *io;
    llhttp_t parser;
    struct buf field, value, body, id, stamp, signature;
    bool in_value, gone, waiting;
    struct connection *next; /* in a queue */
    struct buf kept_id, kept_body;
};

struct queue {
    struct connection *first, **end;
};

static struct bare {
    struct event_base *base;
    llhttp_settings_t settings;
    struct buf key;
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue waiting, finished;
    int wake;
} bare;

static void
put(struct queue *q, struct connection *c)
{
    c->next = NULL;
    *q->end = c;
    q->end = &c->next;
}

static struct connection *
take_all(struct queue *q)
{
    struct connection *c = q->first;

    q->first = NULL;
    q->end = &q->first;
    return c;
}

/* --- the writer --- */

static void
run(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        abort();
    sqlite3_reset(s);
}

static void
insert(const struct connection *c)
{
    sqlite3_bind_text(bare.insert, 1, c->kept_id.data, (int)c->kept_id.len,
                      SQLITE_STATIC);
    sqlite3_bind_blob(bare.insert, 2, c->kept_body.data, (int)c->kept_body.len,
                      SQLITE_STATIC);
    run(bare.insert);
}

static void *
writer(void *arg)
{
    (void)arg;
    for (;;) {
        struct connection *list, *next;
        uint64_t one = 1;

        pthread_mutex_lock(&bare.lock);
        while (bare.waiting.first == NULL)
            pthread_cond_wait(&bare.more, &bare.lock);
        list = take_all(&bare.waiting);
        pthread_mutex_unlock(&bare.lock);
        run(bare.begin);
        for (struct connection *c = list; c != NULL; c = c->next)
            insert(c);
        run(bare.commit);
        pthread_mutex_lock(&bare.lock);
        for (; list != NULL; list = next) {
            next = list->next;
            put(&bare.finished, list);
        }
        pthread_mutex_unlock(&bare.lock);
        if (write(bare.wake, &one, sizeof one) < 0)
            abort();
    }
    return NULL;
}

static sqlite3_stmt *
prepare(const char *sql)
{
    sqlite3_stmt *s = NULL;

    if (sqlite3_prepare_v2(bare.db, sql, -1, &s, NULL) != SQLITE_OK)
        abort();
    return s;
}

static void
open_store(const char *file)
{
    pthread_t thread;

    if (sqlite3_open(file, &bare.db) != SQLITE_OK ||
        sqlite3_exec(bare.db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "PRAGMA wal_autocheckpoint=8000;"
                     "CREATE TABLE event (id TEXT PRIMARY KEY, body BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK)
        exit(1);
    bare.begin = prepare("BEGIN IMMEDIATE");
    bare.insert = prepare("INSERT OR IGNORE INTO event VALUES (?1, ?2)");
    bare.commit = prepare("COMMIT");
    pthread_mutex_init(&bare.lock, NULL);
    pthread_cond_init(&bare.more, NULL);
    bare.waiting.end = &bare.waiting.first;
    bare.finished.end = &bare.finished.first;
    pthread_create(&thread, NULL, writer, NULL);
}

/* --- connections --- */

static void
connection_free(struct connection *c)
{
    bufferevent_free(c->io);
    buf_free(&c->field);
    buf_free(&c->value);
    buf_free(&c->body);
    buf_free(&c->id);
    buf_free(&c->stamp);
    buf_free(&c->signature);
    buf_free(&c->kept_id);
    buf_free(&c->kept_body);
    free(c);
}

static void
answer(struct connection *c, const char *status)
{
    char text[128];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}", status);

    bufferevent_write(c->io, text, (size_t)n);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c, *next;
    uint64_t count;

    (void)what, (void)arg;
    if (read(fd, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&bare.lock);
    c = take_all(&bare.finished);
    pthread_mutex_unlock(&bare.lock);
    for (; c != NULL; c = next) {
        next = c->next;
        c->waiting = false;
        if (c->gone)
            connection_free(c);
        else
            answer(c, "200 OK");
    }
}

static void
end_header(struct connection *c)
{
    static const char *const names[] = {"webhook-id", "webhook-timestamp",
                                        "webhook-signature"};
    struct buf *to[] = {&c->id, &c->stamp, &c->signature};

    for (size_t i = 0; i < 3; i++)
        if (strcasecmp(buf_str(&c->field), names[i]) == 0) {
            buf_clear(to[i]);
            buf_add(to[i], c->value.data, c->value.len);
        }
    buf_clear(&c->field);
    buf_clear(&c->value);
    c->in_value = false;
}

static int
on_field(llhttp_t *p, const char *at, size_t n)
{
    struct connection *c = p->data;

    if (c->in_value)
        end_header(c);
    buf_add(&c->field, at, n);
    return 0;
}

static int
on_value(llhttp_t *p, const char *at, size_t n)
{
    struct connection *c = p->data;

    c->in_value = true;
    buf_add(&c->value, at, n);
    return 0;
}

static int
on_body(llhttp_t *p, const char *at, size_t n)
{
    buf_add(&((struct connection *)p->data)->body, at, n);
    return 0;
}

static struct str
text(const struct buf *b)
{
    return (struct str){b->data != NULL ? b->data : "", b->len};
}

static bool
is_signed(struct connection *c)
{
    uint8_t mac[DIGEST_MAX];
    struct buf want = {0};
    int n = digest_hmac(DIGEST_SHA256, bare.key.data, bare.key.len,
                        (struct str[]){text(&c->id), STR("."), text(&c->stamp),
                                       STR("."), text(&c->body)},
                        5, mac, NULL);
    bool same;

    buf_adds(&want, "v1,");
    digest_base64(&want, mac, (size_t)n);
    same = digest_equal(want.data, want.len, c->signature.data,
                        c->signature.len) &&
           llabs(atoll(buf_str(&c->stamp)) - (long long)time(NULL)) < 300;
    buf_free(&want);
    return same;
}

static int
on_whole(llhttp_t *p)
{
    struct connection *c = p->data;

    if (c->in_value)
        end_header(c);
    if (!is_signed(c)) {
        answer(c, "401 Unauthorized");
        buf_clear(&c->body);
        return 0;
    }
    buf_clear(&c->kept_id);
    buf_clear(&c->kept_body);
    buf_add(&c->kept_id, c->id.data, c->id.len);
    buf_add(&c->kept_body, c->body.data, c->body.len);
    buf_clear(&c->body);
    c->waiting = true;
    pthread_mutex_lock(&bare.lock);
    put(&bare.waiting, c);
    pthread_cond_signal(&bare.more);
    pthread_mutex_unlock(&bare.lock);
    return 0;
}

static void
on_close(struct bufferevent *io, short what, void *arg)
{
    struct connection *c = arg;

    (void)what;
    bufferevent_disable(io, EV_READ | EV_WRITE);
    c->gone = true;
    if (!c->waiting)
        connection_free(c);
}

static void
on_read(struct bufferevent *io, void *arg)
{
    struct connection *c = arg;
    struct evbuffer *in = bufferevent_get_input(io);
    size_t n = evbuffer_get_length(in);
    llhttp_errno_t rc =
        llhttp_execute(&c->parser, (char *)evbuffer_pullup(in, -1), n);

    evbuffer_drain(in, n);
    if (rc != HPE_OK)
        on_close(io, 0, c);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from,
          int n, void *arg)
{
    struct connection *c = mem_zero(sizeof *c);
    int one = 1;

    (void)l, (void)from, (void)n, (void)arg;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->io = bufferevent_socket_new(bare.base, fd, BEV_OPT_CLOSE_ON_FREE);
    llhttp_init(&c->parser, HTTP_REQUEST, &bare.settings);
    c->parser.data = c;
    bufferevent_setcb(c->io, on_read, NULL, on_close, c);
    bufferevent_enable(c->io, EV_READ | EV_WRITE);
}

/* A key and a port; the database's name or NULL. */
static const char *
read_options(int argc, char **argv, struct sockaddr_in *to)
{
    const char *secret = getenv("WEB_SECRET"), *file = NULL;
    int port = 0;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--port") == 0)
            port = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--file") == 0)
            file = argv[i + 1];
    }
    to->sin_family = AF_INET;
    to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to->sin_port = htons((uint16_t)port);
    if (port == 0 || secret == NULL || strncmp(secret, "whsec_", 6) != 0 ||
        !digest_unbase64(&bare.key, str_of(secret + 6)))
        return NULL;
    return file;
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = {0};
    const char *file = read_options(argc, argv, &to);

    if (file == NULL) {
        fprintf(stderr, "usage: WEB_SECRET=whsec_... bare --port N --file "
                        "DATABASE\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    open_store(file);
    llhttp_settings_init(&bare.settings);
    bare.settings.on_header_field = on_field;
    bare.settings.on_header_value = on_value;
    bare.settings.on_body = on_body;
    bare.settings.on_message_complete = on_whole;
    bare.base = event_base_new();
    bare.wake = eventfd(0, EFD_NONBLOCK);
    event_add(
        event_new(bare.base, bare.wake, EV_READ | EV_PERSIST, on_wake, NULL),
        NULL);
    if (evconnlistener_new_bind(bare.base, on_accept, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 256,
                                (struct sockaddr *)&to, sizeof to) == NULL) {
        fprintf(stderr, "bare: cannot listen on port %d\n", ntohs(to.sin_port));
        return 1;
    }
    event_base_dispatch(bare.base);
    return 0;
}
