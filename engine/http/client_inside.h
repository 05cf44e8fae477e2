/*
 * client_inside: what the client's files share. client.c runs HTTP on curl's
 * multi interface and the loop; client_wire.c fills in an easy handle with
 * the rules that hold for every request and collects the answer;
 * client_mail.c runs SMTP on threads of its own, because curl waits for the
 * server's verdict on a mail without giving the thread back.
 */
#ifndef HTTP_CLIENT_INSIDE_H
#define HTTP_CLIENT_INSIDE_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/client.h"
#include "http/loop.h"

/* Response header lines kept, in bytes. */
#define CLIENT_HEADERS_MAX (64u << 10)
#define CLIENT_TIMEOUT_MS  25000
#define CLIENT_CONNECT_MS  5000
/* Our own deadline lets curl's come first: it knows more to say. */
#define CLIENT_GRACE_MS 500

enum mail_stage {
    MAIL_WAITING,
    MAIL_LEAVING,   /* its first byte was given to curl */
    MAIL_ABANDONED, /* nobody waits for it: it may not begin to leave */
};

/* One exchange as curl's callbacks see it. */
struct wire {
    CURL *easy;
    bool allow_private;
    bool refused;  /* an address was refused by the guard */
    bool too_long; /* the answer was cut off */
    bool headers_done;
    /* How often the request was about to be sent; curl tries a second time
     * when a reused connection breaks, which we do not let it do. */
    unsigned sendings;
    bool is_mail;
    char address[64]; /* the refused one */
    /* Mail: curl's thread and the loop agree here on whether the message
     * itself may leave; who comes first decides. */
    _Atomic enum mail_stage stage;
    struct buf headers, body;
};

/* Put on an easy handle what every request must obey. */
void wire_setup(struct wire *w, const char *url, const char *protocols,
                int64_t timeout_ms, int64_t connect_timeout_ms);

/* Ready for the next exchange; keeps easy and the buffers' memory. */
void wire_clear(struct wire *w);

/* What came of it. err gets a text when it is not WIRE_ANSWERED. */
void wire_result(struct wire *w, CURLcode code, struct client_response *out);

/* "https://host/..." with a known scheme, a host, no user, no control bytes.
 * plain is the scheme that needs allow_plain, secure the one that does not. */
int wire_check_url(const char *url, const char *plain, const char *secure,
                   bool allow_plain, struct err *e) MUST_CHECK;

enum call_kind {
    CALL_HTTP,
    CALL_MAIL
};

struct mail_job;

struct client_call {
    struct client *client;
    enum call_kind kind;
    TAILQ_ENTRY(client_call) link; /* running, finished or idle */
    bool finished;
    client_done *done;
    void *arg;
    int64_t began_us;
    struct event deadline;
    struct curl_slist *fields;
    struct wire wire;
    struct client_response response;
    struct mail_job *job; /* CALL_MAIL */
};

TAILQ_HEAD(call_list, client_call);

struct mailer;

struct client {
    struct loop *loop;
    CURLM *multi;
    struct event timer;
    unsigned max_connections;
    unsigned running, idle_count;
    struct call_list calls;    /* running */
    struct call_list finished; /* the callback has still to run */
    struct call_list idle;     /* kept for their easy handles */
    LIST_HEAD(, socket_watch) sockets;
    struct mailer *mailer; /* made with the first mail */
};

/* --- client.c --- */
struct client_call *call_new(struct client *c, enum call_kind kind,
                             client_done *done, void *arg);
void call_set_deadline(struct client_call *call, int64_t ms);

/* The response is filled in: run the callback and give the call back. */
void call_finish(struct client_call *call);

/* --- client_mail.c --- */

/* Nobody waits for this mail any more; its thread ends it. */
void mail_abandon(struct client_call *call, struct client_response *out);

/* Wait for the threads: about a second at most. NULL is fine. */
void mailer_free(struct mailer *m);

#endif
