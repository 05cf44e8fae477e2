/*
 * client: HTTP and SMTP requests on libcurl's multi interface and the loop.
 * Redirects are never followed, answers are cut off at 1 MiB, addresses in
 * private ranges are refused unless the destination allows them, and what
 * the wire saw is told apart: nothing sent, sent, answered.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct loop;
struct client;
struct client_call;

#define CLIENT_RESPONSE_MAX (1u << 20)

struct client_request {
    const char *method; /* "GET", "POST", ... */
    const char *url;    /* http or https; http only where plain is set */
    const char *const *headers; /* "Name: value", NULL at the end; or NULL.
                                   A CR, LF or NUL in one is refused */
    const char *body; /* borrowed until the callback has run; or NULL */
    size_t body_n;
    int64_t timeout_ms;         /* whole call; 0: 25000 */
    int64_t connect_timeout_ms; /* 0: 5000 */
    bool allow_private;  /* loopback, private, link-local addresses allowed */
    bool allow_plain;    /* http:// allowed */
    const char *ca_file; /* extra CA, or NULL for the system's */
};

struct client_mail {
    const char *url;  /* smtp://host:587 (STARTTLS required unless plain is
                         allowed) or smtps://host:465 */
    const char *user; /* or NULL */
    const char *password;
    const char *from;      /* envelope address without <> */
    const char *const *to; /* NULL at the end */
    const char *message;   /* RFC 5322 text with CRLF lines; borrowed */
    size_t message_n;
    int64_t timeout_ms;
    bool allow_private;
    bool allow_plain;
};

enum client_wire {
    WIRE_NOT_SENT, /* no byte of the request left: safe to repeat */
    WIRE_SENT,     /* some or all left, no whole answer came: unknown */
    WIRE_ANSWERED, /* a whole answer came */
};

/* What the callback borrows: valid until it returns. */
struct client_response {
    enum client_wire wire;
    int status; /* HTTP or SMTP code; 0 when none came */
    /* "name: value\n" lines, names in lower case */
    struct str headers;
    struct str body;
    bool too_long; /* the answer was cut at CLIENT_RESPONSE_MAX */
    int64_t took_us;
    struct err err; /* why, when wire is not WIRE_ANSWERED */
};

/* Runs exactly once, never before client_send returned, never after
 * client_cancel. */
typedef void client_done(void *arg, const struct client_response *r);

struct client *client_new(struct loop *l, unsigned max_connections,
                          struct err *e) MUST_CHECK;

/* Start a request. Copies url and headers. NULL + err when it is refused at
 * once (bad URL, header injection). A reused connection that died before the
 * answer is never silently re-sent: it is reported WIRE_SENT. */
struct client_call *client_send(struct client *c,
                                const struct client_request *request,
                                client_done *done, void *arg,
                                struct err *e) MUST_CHECK;
struct client_call *client_mail(struct client *c,
                                const struct client_mail *mail,
                                client_done *done, void *arg,
                                struct err *e) MUST_CHECK;

/* The callback will not run. The request may have reached the other side. */
void client_cancel(struct client_call *call);

unsigned client_running(const struct client *c);

/* The value of a response header (name in lower case), empty when absent. */
struct str client_header(const struct client_response *r, const char *name);

void client_free(struct client *c); /* cancels what runs; NULL is fine */

#endif
