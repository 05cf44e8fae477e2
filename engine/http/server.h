/*
 * server: HTTP/1.1 on bufferevents, parsed by llhttp, with the limits and
 * deadlines of a server that faces the internet. A handler gets a whole
 * request; it answers at once or later by the request's handle. A handle
 * whose client left is stale: answering it does nothing.
 *
 * A client that shuts its sending side behind a request still gets the answer.
 * POST, PUT and PATCH without a length have an empty body and close. At the
 * connection cap the longest silent connection makes room.
 *
 * Refused before any handler, with a problem document and a close: malformed
 * requests (400), no or several Host (400), Transfer-Encoding other than a
 * single "chunked" (400), both lengths (400), header too large or more than
 * 100 fields (431), URL over 2 KiB (414), body over the cap (413, lingering
 * close), unknown methods (501), Expect other than 100-continue (417), HTTP
 * versions other than 1.0 and 1.1 (505), targets that are not a path (400),
 * requests that come too slowly (408), more bodies than memory_max (503).
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct loop;
struct server;
struct request; /* valid until the handler returns */

struct server_options {
    const char *name;          /* for log lines: "public", "admin" */
    const char *address;       /* "127.0.0.1:8088", "[::1]:0"; or NULL */
    const char *unix_path;     /* a socket of mode 0600; or NULL */
    const char *tls_cert_file; /* PEM chain; both or none; TLS >= 1.2 */
    const char *tls_key_file;
    size_t body_max;       /* 0: 1 MiB */
    const char *body_hint; /* ends a 413: how to raise it; or NULL */
    size_t memory_max;     /* sum of bodies being read or held; 0: 64 MiB */
    unsigned connections;  /* 0: 4096 */
    unsigned per_address;  /* 0: 256; loopback and unix are not counted */
    int64_t header_ms;     /* 0: 5000, from the first byte or the accept */
    int64_t body_ms;       /* 0: 10000 */
    int64_t total_ms;      /* 0: 15000, from first byte to whole request */
    int64_t idle_ms;       /* 0: 60000, kept-alive and silent */
    int64_t write_ms;      /* 0: 15000, a client that does not read */
};

/* Runs once per whole request, on the loop. It must lead to exactly one
 * server_reply with the handle, now or later. */
typedef void server_handler(void *arg, struct request *r);

/* Both an address and a socket may be given; TLS is for the address only. A
 * socket file that a dead process left is replaced, a live one is an error. No
 * more connections are taken than three quarters of the descriptor limit. */
struct server *server_new(struct loop *l, const struct server_options *options,
                          server_handler *handler, void *arg,
                          struct err *e) MUST_CHECK;

/* The TCP port listened on (for address "...:0"), or 0 for a unix socket. */
int server_port(const struct server *s);

/* Stop accepting; connections close after their present answer. */
void server_drain(struct server *s);

/* Open connections and requests not yet answered. */
unsigned server_connections(const struct server *s);
unsigned server_pending(const struct server *s);

/* Stop reading sockets (true) or go on (false): back-pressure. */
void server_pause(struct server *s, bool paused);

/* Closes everything; handles become stale. Not from a handler. NULL is fine. */
void server_free(struct server *s);

/* --- the request --- */
uint64_t request_handle(const struct request *r);
const char *request_method(const struct request *r); /* "POST" */
struct str request_path(const struct request *r);    /* before '?', raw */
struct str request_query(const struct request *r);   /* behind '?', or empty */
/* The value of a field (name in lower case); empty when absent; several
 * fields of one name are joined by ", ". *count (may be NULL): how many. */
struct str request_header(const struct request *r, const char *name,
                          unsigned *count);
size_t request_header_count(const struct request *r);
/* Field i in order of arrival; name in lower case. */
void request_header_at(const struct request *r, size_t i, struct str *name,
                       struct str *value);
struct str request_body(const struct request *r);
/* Move the body out (no copy); the caller buf_free()s it. Its bytes no longer
 * count against memory_max. */
void request_take_body(struct request *r, struct buf *out);
const char *request_peer(const struct request *r); /* "192.0.2.1", "unix" */
bool request_is_loopback(const struct request *r);

/* --- the answer --- */
struct reply {
    int status;
    const char *content_type; /* NULL: application/json */
    const char *headers;      /* further lines "Name: value\r\n...", or NULL */
    const char *body;
    size_t body_n;
    bool close; /* close the connection behind it */
};

/* Copies everything. A stale handle is a no-op (returns false). HEAD gets the
 * headers only. */
bool server_reply(struct server *s, uint64_t handle, const struct reply *reply);

/* An RFC 9457 problem document: type "about:blank", title by status, detail
 * (what happened, what was kept, what to do; may be NULL), an instance id. */
bool server_problem(struct server *s, uint64_t handle, int status,
                    const char *detail);

/* As server_problem with one more header line (Retry-After, Allow). */
bool server_problem_with(struct server *s, uint64_t handle, int status,
                         const char *detail, const char *header);

/* The reason phrase of a status code. */
const char *http_status_text(int status);

#endif
