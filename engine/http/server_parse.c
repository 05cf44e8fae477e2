#include "http/server_inside.h"

#include <string.h>

#include <event2/buffer.h>

#include "base/clock.h"

/* What the world may ask of us; the handler says 405 where it knows better. */
#define METHOD_BIT(m) (UINT64_C(1) << (m))
static const uint64_t known_methods =
    METHOD_BIT(HTTP_GET) | METHOD_BIT(HTTP_HEAD) | METHOD_BIT(HTTP_POST) |
    METHOD_BIT(HTTP_PUT) | METHOD_BIT(HTTP_PATCH) | METHOD_BIT(HTTP_DELETE) |
    METHOD_BIT(HTTP_OPTIONS);
static const uint64_t body_methods =
    METHOD_BIT(HTTP_POST) | METHOD_BIT(HTTP_PUT) | METHOD_BIT(HTTP_PATCH);

static int
refuse(struct conn *c, int status, const char *why)
{
    c->refusal = status;
    c->why = why;
    return -1;
}

/* --- inside llhttp_execute ---------------------------------------------- */

static int
on_url(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = p->data;
    struct request *r = &c->request;
    if (r->url_n + n > SERVER_URL_MAX)
        return refuse(c, 414, "The URL is longer than 2048 bytes.");
    buf_add(&r->text, at, n);
    r->url_n += (uint32_t)n;
    return 0;
}

static int
open_field(struct conn *c)
{
    struct request *r = &c->request;
    if (r->field_count == SERVER_FIELDS_MAX)
        return refuse(c, 431, "There are more than 100 header fields.");
    struct field *f = &r->fields[r->field_count++];
    *f = (struct field){.name = (uint32_t)r->text.len};
    r->name_open = true;
    return 0;
}

static int
on_header_field(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = p->data;
    struct request *r = &c->request;
    if (c->stage == STAGE_BODY) /* a trailer: counted by its bytes, dropped */
        return 0;
    if (!r->name_open && open_field(c) != 0)
        return -1;
    char *to = buf_reserve(&r->text, n);
    for (size_t i = 0; i < n; i++) {
        char byte = at[i];
        to[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
    }
    to[n] = '\0';
    r->text.len += n;
    r->fields[r->field_count - 1].name_n += (uint32_t)n;
    return 0;
}

static int
on_header_field_complete(llhttp_t *p)
{
    struct conn *c = p->data;
    struct request *r = &c->request;
    if (c->stage == STAGE_BODY)
        return 0;
    r->name_open = false;
    r->fields[r->field_count - 1].value = (uint32_t)r->text.len;
    return 0;
}

static int
on_header_value(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = p->data;
    struct request *r = &c->request;
    if (c->stage == STAGE_BODY)
        return 0;
    buf_add(&r->text, at, n);
    r->fields[r->field_count - 1].value_n += (uint32_t)n;
    return 0;
}

static int
on_headers_complete(llhttp_t *p)
{
    /* We speak no other protocol: an Upgrade is an ordinary request. */
    p->upgrade = 0;
    return HPE_PAUSED;
}

/* A chunk that announces too much is not waited for. */
static int
on_chunk_header(llhttp_t *p)
{
    struct conn *c = p->data;
    size_t room = c->server->options.body_max - c->request.body_n;
    return p->content_length > room ? refuse(c, 413, c->server->too_large) : 0;
}

static int
on_body(llhttp_t *p, const char *at, size_t n)
{
    struct conn *c = p->data;
    struct server *s = c->server;
    struct request *r = &c->request;
    if (n > s->options.body_max - r->body_n)
        return refuse(c, 413, c->server->too_large);
    r->body_n += n;
    if (c->has_length && n == c->length) {
        r->whole = (struct str){at, n};
        return 0;
    }
    if (n > s->options.memory_max - s->memory)
        return refuse(c, 503,
                      "Too many bodies are being read. Nothing was "
                      "kept; send it again in a few seconds.");
    s->memory += n;
    r->counted += n;
    buf_add(&r->body, at, n);
    return 0;
}

static int
on_message_complete(llhttp_t *p)
{
    struct conn *c = p->data;
    c->message_complete = true;
    c->keep_alive = llhttp_should_keep_alive(p) != 0;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void
parse_begin(struct conn *c)
{
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
    c->raw = 0;
    c->after_lf = c->after_cr = false;
    c->refusal = 0;
    c->why = NULL;
    c->length = 0;
    c->has_length = c->chunked = c->expects = c->message_complete = false;
    c->is_head = false;
    c->minor = 1;
    memset(c->start, 0, sizeof(c->start));
}

/* --- the head as a whole ------------------------------------------------- */

/* Line ends of the head, which llhttp is lenient about: a line feed without
 * its carriage return, and a line that goes on with a space (obs-fold). */
static int
check_lines(struct conn *c, const char *p, size_t n)
{
    const char *end = p + n;
    if (c->after_lf && n > 0 && (*p == ' ' || *p == '\t'))
        return refuse(c, 400, "A header field is folded over two lines.");
    for (const char *at = p; at < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL)
            break;
        bool cr = at > p ? at[-1] == '\r' : c->after_cr;
        if (!cr)
            return refuse(c, 400, "A line ends without a carriage return.");
        if (at + 1 < end && (at[1] == ' ' || at[1] == '\t'))
            return refuse(c, 400, "A header field is folded over two lines.");
    }
    if (n > 0) {
        c->after_lf = end[-1] == '\n';
        c->after_cr = end[-1] == '\r';
    }
    return 0;
}

static bool
is_host_char(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("-._~!$&'()*+;=:[]%", byte) != NULL);
}

static bool
host_is_plain(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_host_char(host.p[i]))
            return false;
    return true;
}

/* The fields that frame the message. */
struct framing {
    unsigned hosts, lengths, encodings, expects;
    struct str host, encoding, expect;
};

static void
trim_value(struct request *r, struct field *f)
{
    struct str value = {r->text.data + f->value, f->value_n};
    value = str_trim(value);
    f->value = value.len == 0 ? f->value : (uint32_t)(value.p - r->text.data);
    f->value_n = (uint32_t)value.len;
}

static void
note_field(struct framing *f, struct str name, struct str value)
{
    switch (name.len) {
    case 4:
        if (str_is(name, "host")) {
            f->hosts++;
            f->host = value;
        }
        break;
    case 6:
        if (str_is(name, "expect")) {
            f->expects++;
            f->expect = value;
        }
        break;
    case 14:
        f->lengths += str_is(name, "content-length");
        break;
    case 17:
        if (str_is(name, "transfer-encoding")) {
            f->encodings++;
            f->encoding = value;
        }
        break;
    default:
        break;
    }
}

static int
read_fields(struct conn *c, struct framing *f)
{
    struct request *r = &c->request;
    for (unsigned i = 0; i < r->field_count; i++) {
        trim_value(r, &r->fields[i]);
        struct str name, value;
        request_header_at(r, i, &name, &value);
        if (name.len == 0)
            return refuse(c, 400, "A header field has no name.");
        if (memchr(value.p, 0x7f, value.len) != NULL)
            return refuse(c, 400, "A header field holds a control byte.");
        note_field(f, name, value);
    }
    return 0;
}

static int
check_line(struct conn *c)
{
    const struct request *r = &c->request;
    if (c->parser.http_major != 1 || c->parser.http_minor > 1)
        return refuse(c, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if ((known_methods & METHOD_BIT(c->parser.method)) == 0)
        return refuse(c, 501, "The method is not known here.");
    struct str url = {r->text.data, r->url_n};
    bool star = str_is(url, "*") && c->parser.method == HTTP_OPTIONS;
    if ((url.len == 0 || url.p[0] != '/') && !star)
        return refuse(c, 400, "The target must be a path that begins with /.");
    if (memchr(url.p, '#', url.len) != NULL)
        return refuse(c, 400, "The target holds a fragment (#).");
    return 0;
}

static int
check_framing(struct conn *c, const struct framing *f)
{
    if (f->hosts > 1 || (f->hosts == 0 && c->minor == 1))
        return refuse(c, 400, "There must be exactly one Host field.");
    if (!host_is_plain(f->host))
        return refuse(c, 400, "The Host field is not a host name.");
    if (f->encodings > 0 && f->lengths > 0)
        return refuse(c, 400, "Both Content-Length and Transfer-Encoding.");
    if (f->lengths > 1)
        return refuse(c, 400, "There are several Content-Length fields.");
    if (f->encodings > 1 ||
        (f->encodings == 1 &&
         (!str_is_nocase(f->encoding, "chunked") || c->minor == 0)))
        return refuse(c, 400, "Transfer-Encoding is not a single chunked.");
    if (f->expects > 1 ||
        (f->expects == 1 && !str_is_nocase(f->expect, "100-continue")))
        return refuse(c, 417, "Only Expect: 100-continue is known here.");
    c->has_length = f->lengths == 1;
    c->length = c->has_length ? c->parser.content_length : 0;
    c->chunked = f->encodings == 1;
    c->expects = f->expects == 1 && c->minor == 1;
    if (c->length > c->server->options.body_max)
        return refuse(c, 413, c->server->too_large);
    return 0;
}

/* The head is whole: may the body come? */
static int
check_head(struct conn *c)
{
    struct framing f = {0};
    c->minor = c->parser.http_minor;
    c->is_head = c->parser.method == HTTP_HEAD;
    c->request.method = c->parser.method;
    if (check_line(c) != 0 || read_fields(c, &f) != 0 ||
        check_framing(c, &f) != 0)
        return -1;
    /* Such a client may have meant what follows as the body: nothing behind
     * this request is read. */
    bool loose = (body_methods & METHOD_BIT(c->parser.method)) != 0 &&
                 !c->has_length && !c->chunked;
    c->close_after = c->close_after || loose;
    return 0;
}

/* --- steps --------------------------------------------------------------- */

/* "BREW / HTTP/1.1" is a method that we do not know; a TLS hello or "get" is
 * no HTTP at all. */
static bool
starts_like_a_method(const struct conn *c)
{
    size_t i = strspn(c->start, "\r\n");
    size_t n = strspn(c->start + i, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
    char behind = c->start[i + n];
    return n > 0 && (behind == ' ' || behind == '\0');
}

static void
refuse_by_parser(struct conn *c, llhttp_errno_t code)
{
    if (c->refusal != 0)
        return;
    if (code == HPE_PAUSED_H2_UPGRADE || code == HPE_INVALID_VERSION)
        refuse(c, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    else if (code == HPE_INVALID_METHOD && starts_like_a_method(c))
        refuse(c, 501, "The method is not known here.");
    else
        refuse(c, 400, "The request is not well-formed HTTP/1.1.");
}

static void
remember_start(struct conn *c, const char *p, size_t n)
{
    size_t have = c->raw;
    size_t room = sizeof(c->start) - 1;
    if (have >= room)
        return;
    memcpy(c->start + have, p, n < room - have ? n : room - have);
}

/* How much of the piece was used; sets c->refusal when it is no request. */
static size_t
execute(struct conn *c, const char *p, size_t n, bool *paused)
{
    llhttp_errno_t code = llhttp_execute(&c->parser, p, n);
    *paused = code == HPE_PAUSED;
    if (code == HPE_OK)
        return n;
    if (code != HPE_PAUSED) {
        refuse_by_parser(c, code);
        return n;
    }
    llhttp_resume(&c->parser);
    return (size_t)(llhttp_get_error_pos(&c->parser) - p);
}

static void
step_head(struct conn *c, const char *p, size_t n, size_t *used)
{
    if (n > SERVER_HEAD_MAX - c->raw)
        n = SERVER_HEAD_MAX - c->raw;
    remember_start(c, p, n);
    bool paused = false;
    *used = execute(c, p, n, &paused);
    /* A refused head keeps the parser's reason, which came first. */
    if (c->refusal == 0)
        check_lines(c, p, *used);
    c->raw += *used;
    if (c->refusal != 0)
        return;
    if (!paused) {
        if (c->raw >= SERVER_HEAD_MAX)
            refuse(c, 431, "The header is larger than 16 KiB.");
        return;
    }
    if (check_head(c) == 0)
        conn_begin_body(c);
}

/* Chunk sizes, extensions and trailers are thrown away, but not without end:
 * they may cost 16 KiB and eight bytes for each byte of body. */
static void
step_body(struct conn *c, const char *p, size_t n, size_t *used)
{
    bool paused = false;
    *used = execute(c, p, n, &paused);
    c->raw += *used;
    size_t body = c->request.body_n;
    if (c->refusal == 0 && c->chunked && c->raw > SERVER_HEAD_MAX + 9 * body)
        refuse(c, 431, "Chunk extensions or trailers are too large.");
}

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* A body is to come and none of it is here: say that it may. */
static void
say_continue(struct conn *c, bool more_here)
{
    bool wanted = c->expects && (c->chunked || c->length > 0);
    c->expects = false;
    if (wanted && !more_here)
        conn_write(c, continue_line, sizeof(continue_line) - 1, NULL, 0);
}

static void
hand_over(struct conn *c)
{
    struct server *s = c->server;
    struct slot *slot = &s->slots[c->slot];
    slot->generation++;
    c->request.handle = (uint64_t)slot->generation << 32 | c->slot;
    c->asked_close = !c->keep_alive;
    c->close_after = c->close_after || !c->keep_alive || s->draining;
    c->stage = STAGE_PENDING;
    c->deadline = INT64_MAX;
    s->pending++;
    s->handler(s->arg, &c->request);
    request_clear(&c->request);
}

bool
parse_step(struct conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    struct evbuffer_iovec v = {0};
    /* A body of length 0 ends without a further byte: llhttp wants one more
     * call to say so. */
    if (evbuffer_peek(in, -1, NULL, &v, 1) < 1)
        v = (struct evbuffer_iovec){.iov_base = c->start, .iov_len = 0};
    if (v.iov_len == 0 && c->stage != STAGE_BODY)
        return false;
    if (c->stage == STAGE_SILENT)
        conn_begin_head(c);
    size_t used = 0;
    enum conn_stage before = c->stage;
    if (before == STAGE_HEAD)
        step_head(c, v.iov_base, v.iov_len, &used);
    else
        step_body(c, v.iov_base, v.iov_len, &used);
    if (c->refusal != 0)
        reply_refuse(c, c->refusal, c->why);
    else if (c->message_complete)
        hand_over(c);
    /* Only now: the body may lie in these very bytes. */
    evbuffer_drain(in, used);
    if (before == STAGE_HEAD && c->stage == STAGE_BODY) {
        say_continue(c, evbuffer_get_length(in) > 0);
        return true;
    }
    return v.iov_len > 0;
}
