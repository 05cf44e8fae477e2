/*
 * server_inside: what the files of the server share. server.c listens and
 * accepts, server_conn.c leads a connection from stage to stage and keeps its
 * deadlines, server_parse.c turns bytes into a request and refuses what is not
 * one, server_request.c reads a request, server_reply.c writes answers.
 *
 * Ownership: a connection dies by conn_close; its memory stays until the end
 * of the pass, so that callers up the stack may still look at `stage`.
 */
#ifndef HTTP_SERVER_INSIDE_H
#define HTTP_SERVER_INSIDE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

/* Debian's package puts it where no compiler looks by itself. */
#if __has_include(<llhttp.h>)
#include <llhttp.h>
#else
#include <llhttp.h>
#endif

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/gate.h"
#include "http/loop.h"
#include "http/server.h"

#define SERVER_HEAD_MAX   16384 /* request line and fields, in bytes */
#define SERVER_URL_MAX    2048
#define SERVER_FIELDS_MAX 100
/* A connection whose request is at work reads ahead until it holds this; one
 * read adds at most 16 KiB more. */
#define SERVER_AHEAD_MAX 16384
#define SERVER_LINGER_MS 5000
/* A body, and a client that reads an answer, must move by 1 KiB/s; a body
 * after this grace. */
#define SERVER_RATE_MIN      1024
#define SERVER_RATE_GRACE_MS 2000
/* Buffers larger than this are not kept from one request to the next. */
#define SERVER_KEEP_MAX 16384

enum conn_stage {
    STAGE_SILENT,  /* no byte of a request yet */
    STAGE_HEAD,    /* in the request line or the fields */
    STAGE_BODY,    /* in the body or the trailers */
    STAGE_PENDING, /* the handler has it and has not answered */
    STAGE_FLUSH,   /* the answer is not yet wholly written */
    STAGE_LINGER,  /* our side is shut; what still comes is thrown away */
    STAGE_CLOSED,
};

/* A header field as offsets into the request's text. */
struct field {
    uint32_t name, name_n;
    uint32_t value, value_n;
};

struct request {
    struct conn *conn;
    uint64_t handle;
    struct buf text; /* the URL, then names in lower case and values */
    uint32_t url_n;
    unsigned field_count;
    bool name_open; /* the last field's name may go on */
    uint8_t method;
    struct str whole; /* the body, when it came in one piece: not ours */
    struct buf body;  /* else: collected here */
    size_t body_n;
    size_t counted;       /* bytes of it counted in server.memory */
    struct arena *joined; /* values that request_header put together */
    struct field fields[SERVER_FIELDS_MAX];
};

struct conn {
    struct server *server;
    struct bufferevent *bev;
    SSL *tls; /* or NULL; owned by bev */
    int fd;
    enum conn_stage stage;
    uint32_t slot;
    TAILQ_ENTRY(conn) link;   /* server.conns */
    TAILQ_ENTRY(conn) silent; /* server.silents, while STAGE_SILENT */

    struct event timer;
    int64_t deadline; /* INT64_MAX: none */
    int64_t armed;    /* when the timer fires; INT64_MAX: it does not */
    int64_t began;    /* first byte of the request */
    int64_t staged;   /* when the body, or the writing, began */
    size_t unwritten; /* at `staged`, to see whether the client reads */

    llhttp_t parser;
    size_t raw;    /* bytes of the head, or of the framed body */
    bool after_lf; /* the head's last byte seen was a line feed */
    bool after_cr;
    char start[32]; /* the request's first bytes */
    int refusal;    /* status set inside a parser callback */
    const char *why;
    uint64_t length; /* Content-Length */
    bool has_length, chunked, expects, message_complete;
    uint8_t minor; /* HTTP/1.minor */
    bool is_head;
    bool keep_alive;  /* both sides may go on behind this answer */
    bool asked_close; /* the client said that it sends no more */
    bool close_after;
    bool first;   /* no request was answered yet */
    bool eof;     /* the client shut its sending side */
    bool reading; /* EV_READ is enabled */
    bool busy;    /* conn_advance is on the stack */
    bool doomed;  /* close once conn_advance is done */

    bool gated;
    bool loopback;
    struct sockaddr_storage address;
    char peer[48];
    struct request request;
};

TAILQ_HEAD(conn_list, conn);

struct slot {
    struct conn *conn;
    uint32_t generation; /* of the latest request; a handle carries it */
    uint32_t next_free;
};

struct server {
    struct loop *loop;
    struct server_options options; /* defaults filled in */
    char *name;
    char *too_large; /* detail of a 413 */
    server_handler *handler;
    void *arg;

    struct evconnlistener *tcp, *local;
    char *unix_path;
    dev_t unix_dev; /* which file is ours to remove */
    ino_t unix_ino;
    struct loop_timer *reopen; /* accepting again after EMFILE */
    SSL_CTX *tls;
    int port;

    struct conn_list conns, silents; /* silents: longest first */
    struct slot *slots;
    uint32_t slot_count, slot_free;
    unsigned open, pending;
    size_t memory;
    struct gate *gate;
    bool paused, draining, full;

    struct buf head; /* scratch for an answer's head */
    char date[48];   /* "Date: ...\r\n" of date_s */
    int64_t date_s;
    int64_t log_s; /* this second's refusals in the log */
    unsigned logged;
};

/* --- server.c --- */

/* A connection came, went, spoke or fell silent: is there room for another? */
void server_check_room(struct server *s);

/* --- server_tls.c --- */
SSL_CTX *tls_context_new(const char *cert_file, const char *key_file,
                         struct err *e) MUST_CHECK;

/* --- server_conn.c --- */

/* Takes fd. */
void conn_open(struct server *s, int fd, const struct sockaddr *peer,
               unsigned peer_n, SSL_CTX *tls);

/* Close at once; a request at work becomes stale. */
void conn_close(struct conn *c);

/* The bytes of an answer: written now as far as possible, the rest later. */
void conn_write(struct conn *c, const char *head, size_t head_n,
                const char *body, size_t body_n);

/* An answer was given to conn_write: go on to the next stage. */
void conn_answered(struct conn *c);

/* Leave STAGE_SILENT for the first byte of a request. */
void conn_begin_head(struct conn *c);
void conn_begin_body(struct conn *c);

/* The whole server stops reading, or goes on. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* No further request after the present one. */
void conn_drain(struct conn *c);

/* --- server_parse.c --- */
void parse_begin(struct conn *c); /* ready for a request's first byte */

/* Feed one piece of what has come. False when there is nothing (more) to do
 * now: no bytes, or the request is whole, or refused. */
bool parse_step(struct conn *c);

/* --- server_request.c --- */
void request_clear(struct request *r);

/* --- server_reply.c --- */

/* Answer with a problem document and close. */
void reply_refuse(struct conn *c, int status, const char *detail);

#endif
