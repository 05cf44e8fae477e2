/*
 * outbound: the request that an adapter described, turned into the exact
 * bytes that will be sent and kept; and what an adapter made of the answer.
 *
 * Transcripts do not travel through scripts: an adapter gets a mark for each
 * long text and puts it where the text belongs; here the mark is replaced,
 * escaped for JSON or form or as it is.
 */
#ifndef MODEL_OUTBOUND_H
#define MODEL_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"

/* A long text and the mark that stands for it. base64 marks are replaced by
 * the base64 of the text. */
struct outbound_mark {
    const char *mark; /* 16 or more characters that occur nowhere else */
    const char *text;
    size_t n;
    bool base64;
};

#define OUTBOUND_HEADERS_MAX 24

struct outbound {
    const char *method;
    const char *url; /* absolute */
    const char
        *headers[OUTBOUND_HEADERS_MAX + 1]; /* "Name: value", NULL ends */
    size_t header_count;
    struct buf body;
    /* a mail instead of a request (notifiers) */
    bool mail;
    const char *mail_to, *mail_subject;
};

/* Convert the map a script returned: {method, path | url, query = {k=v},
 * headers = {k=v}, and one of json = any | form = {k=v} | multipart =
 * {{name=, value=, filename=, type=}} | bytes = string with type = }. `base`
 * is put before path. Header values with CR, LF or NUL are ERR_SCRIPT, as is
 * a method that is none of GET POST PUT PATCH DELETE. JSON has sorted keys
 * and exact integers. The caller outbound_clear()s. */
int outbound_read(struct arena *a, const struct value *v, const char *base,
                  const struct outbound_mark *marks, size_t mark_count,
                  struct outbound *out, struct err *e) MUST_CHECK;
void outbound_clear(struct outbound *o);

/* One block of bytes for the delivery's row, and back (the outbound's
 * strings then live in the arena). */
void outbound_freeze(const struct outbound *o, struct buf *out);
int outbound_thaw(struct arena *a, const char *p, size_t n,
                  struct outbound *out, struct err *e) MUST_CHECK;

/* The host of an absolute URL, lower case, without port; and scheme check. */
bool outbound_host(const char *url, struct buf *host, bool *https);

/* --- what the answer meant --- */
enum result_class {
    RESULT_DONE,
    RESULT_RETRY,   /* certainly not applied: send again later */
    RESULT_REFUSED, /* certainly not applied, and will not be: hold */
    RESULT_AUTH,    /* 401/403: hold the destination */
    RESULT_UNKNOWN, /* may have been applied: look up before any re-send */
    RESULT_MISSING, /* find: not there */
    RESULT_AGAIN    /* refused, but the adapter knows a fixed request to build:
                       rebuild with `saved` (an unknown tag was dropped) */
};
const char *result_class_name(enum result_class c);

struct result {
    enum result_class class;
    const char *id, *display_id, *url; /* of what was made or found */
    const char *why;
    int64_t after_s; /* with RETRY; 0: back-off decides */
    size_t found;    /* find: how many; ids[0] is the oldest */
    const char *ids[8];
    const struct value *saved; /* map for the next steps, or NULL */
    bool there; /* it was there before: the hand-over goes on in it */
};

/* What the status code alone says (reliability §6): true when `out` is
 * decided without asking the adapter: 1xx, 3xx, 408, 5xx -> UNKNOWN (for
 * repeatable requests RETRY), 429 -> RETRY with Retry-After (seconds or HTTP
 * date, at most an hour), 401/403 -> AUTH. */
bool result_from_status(int status, struct str retry_after, bool repeatable,
                        int64_t now_ms, struct result *out);

/* Check what the adapter's read or find returned. ERR_SCRIPT. */
int result_read(struct arena *a, const struct value *v, struct result *out,
                struct err *e) MUST_CHECK;

#endif
