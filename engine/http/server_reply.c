#include "http/server_inside.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

/* Refusals of one second that get a line of their own in the log. */
#define LOGGED_MAX 10

struct status {
    int code;
    const char *text;
};

/* RFC 9110 section 15, and 428, 429, 431 of RFC 6585. */
static const struct status statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *
http_status_text(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].code == status)
            return statuses[i].text;
    return "Unknown";
}

/* --- the head ------------------------------------------------------------- */

/* Not strftime: its names of days and months follow the locale. */
static const char *
date_line(struct server *s)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t now = clock_now_ms() / 1000;
    if (now == s->date_s)
        return s->date;
    time_t at = (time_t)now;
    struct tm t = {0};
    gmtime_r(&at, &t);
    snprintf(s->date, sizeof(s->date),
             "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
             days + (ptrdiff_t)t.tm_wday * 3, t.tm_mday,
             months + (ptrdiff_t)t.tm_mon * 3, t.tm_year + 1900, t.tm_hour,
             t.tm_min, t.tm_sec);
    s->date_s = now;
    return s->date;
}

static void
add_number(struct buf *b, size_t n)
{
    char digits[STR_DIGITS], *end = digits + sizeof digits;
    const char *p = str_digits(end, n);

    buf_add(b, p, (size_t)(end - p));
}

static bool
has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void
add_status_line(struct buf *b, int status)
{
    if (status == 200) {
        buf_adds(b, "HTTP/1.1 200 OK\r\n");
        return;
    }
    buf_adds(b, "HTTP/1.1 ");
    add_number(b, (size_t)status);
    buf_addc(b, ' ');
    buf_adds(b, http_status_text(status));
    buf_adds(b, "\r\n");
}

static void
write_head(struct conn *c, const struct reply *r)
{
    struct server *s = c->server;
    struct buf *b = &s->head;
    buf_clear(b);
    add_status_line(b, r->status);
    buf_adds(b, date_line(s));
    if (has_body(r->status)) {
        buf_adds(b, "Content-Type: ");
        buf_adds(b, r->content_type != NULL ? r->content_type
                                            : "application/json");
        buf_adds(b, "\r\nContent-Length: ");
        add_number(b, r->body_n);
        buf_adds(b, "\r\n");
    }
    if (r->headers != NULL)
        buf_adds(b, r->headers);
    if (c->close_after)
        buf_adds(b, "Connection: close\r\n");
    else if (c->minor == 0)
        buf_adds(b, "Connection: keep-alive\r\n");
    buf_adds(b, "\r\n");
}

static void
send_reply(struct conn *c, const struct reply *r)
{
    c->close_after = c->close_after || r->close;
    write_head(c, r);
    bool body = has_body(r->status) && !c->is_head;
    conn_write(c, c->server->head.data, c->server->head.len, r->body,
               body ? r->body_n : 0);
    conn_answered(c);
}

/* --- by handle ------------------------------------------------------------ */

static struct conn *
find(struct server *s, uint64_t handle)
{
    uint32_t at = (uint32_t)handle;
    if (at >= s->slot_count)
        return NULL;
    const struct slot *slot = &s->slots[at];
    struct conn *c = slot->conn;
    bool present = c != NULL && slot->generation == handle >> 32 &&
                   c->stage == STAGE_PENDING && !c->doomed;
    return present ? c : NULL;
}

bool
server_reply(struct server *s, uint64_t handle, const struct reply *reply)
{
    struct conn *c = find(s, handle);
    if (c == NULL)
        return false;
    s->pending--;
    /* Left at once, so that a failing write does not count it down again. */
    c->stage = STAGE_FLUSH;
    send_reply(c, reply);
    /* The next request may be here already, but its handler must not run
     * inside of whoever answers this one. */
    if (c->stage != STAGE_CLOSED && !c->busy &&
        (c->eof || evbuffer_get_length(bufferevent_get_input(c->bev)) > 0))
        bufferevent_trigger(c->bev, EV_READ,
                            BEV_TRIG_IGNORE_WATERMARKS |
                                BEV_TRIG_DEFER_CALLBACKS);
    return true;
}

/* --- problem documents ---------------------------------------------------- */

static void
log_refusal(struct server *s, int status, const char *id)
{
    int64_t now = clock_mono_ms() / 1000;
    if (now != s->log_s) {
        if (s->logged > LOGGED_MAX)
            log_warn("request.refusals_unlogged", LOG_STR("listener", s->name),
                     LOG_INT("count", s->logged - LOGGED_MAX));
        s->log_s = now;
        s->logged = 0;
    }
    if (s->logged++ < LOGGED_MAX)
        log_info("request.refused", LOG_STR("listener", s->name),
                 LOG_INT("status", status), LOG_STR("problem", id));
}

static void
make_problem(struct server *s, int status, const char *detail, struct buf *out)
{
    char instance[16 + ID_SIZE] = "urn:usher:";
    char *id = instance + strlen(instance);
    id_new(id);
    log_refusal(s, status, id);
    buf_addc(out, '{');
    json_put_member(out, "type", "about:blank");
    json_put_member(out, "title", http_status_text(status));
    json_put_member_int(out, "status", status);
    json_put_member(out, "detail", detail);
    json_put_member(out, "instance", instance);
    buf_addc(out, '}');
}

/* Exactly one line, with its line end; anything else could split the answer
 * and is left out. */
static const char *
one_line(const char *header, struct buf *out)
{
    if (header == NULL)
        return NULL;
    size_t n = strcspn(header, "\r\n");
    if (n == 0 || (header[n] != '\0' && strcmp(header + n, "\r\n") != 0))
        return NULL;
    buf_add(out, header, n);
    buf_adds(out, "\r\n");
    return out->data;
}

bool
server_problem_with(struct server *s, uint64_t handle, int status,
                    const char *detail, const char *header)
{
    if (find(s, handle) == NULL)
        return false;
    struct buf body = {0}, line = {0};
    make_problem(s, status, detail, &body);
    bool sent = server_reply(s, handle,
                             &(struct reply){
                                 .status = status,
                                 .content_type = "application/problem+json",
                                 .headers = one_line(header, &line),
                                 .body = body.data,
                                 .body_n = body.len,
                             });
    buf_free(&body);
    buf_free(&line);
    return sent;
}

bool
server_problem(struct server *s, uint64_t handle, int status,
               const char *detail)
{
    return server_problem_with(s, handle, status, detail, NULL);
}

void
reply_refuse(struct conn *c, int status, const char *detail)
{
    struct buf body = {0};
    make_problem(c->server, status, detail, &body);
    request_clear(&c->request);
    c->stage = STAGE_FLUSH;
    send_reply(c, &(struct reply){
                      .status = status,
                      .content_type = "application/problem+json",
                      .headers = status == 503 ? "Retry-After: 5\r\n" : NULL,
                      .body = body.data,
                      .body_n = body.len,
                      .close = true,
                  });
    buf_free(&body);
}
