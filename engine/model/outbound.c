#include "model/outbound.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"

#define FROZEN_VERSION "1"

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

/* --- marks --- */

struct writer {
    const struct outbound_mark *marks;
    size_t count;
    struct buf *out;
};

enum spelling {
    SPELL_RAW,
    SPELL_JSON,
    SPELL_FORM
};

static void
put_form(struct buf *out, const char *p, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
            (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' ||
            c == '~') {
            buf_addc(out, (char)c);
        } else {
            buf_addc(out, '%');
            buf_addc(out, hex[c >> 4]);
            buf_addc(out, hex[c & 15]);
        }
    }
}

static void
spell(struct buf *out, enum spelling how, const char *p, size_t n)
{
    size_t at;

    switch (how) {
    case SPELL_RAW:
        buf_add(out, p, n);
        return;
    case SPELL_FORM:
        put_form(out, p, n);
        return;
    case SPELL_JSON:
        /* Without its quotes: a piece of a longer string. */
        at = out->len;
        json_put_str(out, p, n);
        memmove(out->data + at, out->data + at + 1, out->len - at - 1);
        buf_cut(out, out->len - 2);
        return;
    }
}

static void
put_mark(struct buf *out, enum spelling how, const struct outbound_mark *m)
{
    struct buf text = {0};

    if (!m->base64) {
        spell(out, how, m->text, m->n);
        return;
    }
    digest_base64(&text, m->text, m->n);
    spell(out, how, buf_str(&text), text.len);
    buf_free(&text);
}

static const struct outbound_mark *
next_mark(const struct writer *w, const char *p, size_t n, const char **where)
{
    const struct outbound_mark *best = NULL;

    for (size_t i = 0; i < w->count; i++) {
        const char *at =
            memmem(p, n, w->marks[i].mark, strlen(w->marks[i].mark));

        if (at != NULL && (best == NULL || at < *where)) {
            best = &w->marks[i];
            *where = at;
        }
    }
    return best;
}

static void
put_text(const struct writer *w, enum spelling how, struct str s)
{
    const struct outbound_mark *m;
    const char *at = NULL;

    while (s.len > 0 && (m = next_mark(w, s.p, s.len, &at)) != NULL) {
        size_t before = (size_t)(at - s.p), skip = before + strlen(m->mark);

        spell(w->out, how, s.p, before);
        put_mark(w->out, how, m);
        s.p += skip;
        s.len -= skip;
    }
    spell(w->out, how, s.p, s.len);
}

/* --- JSON with sorted keys --- */

static void put_json(const struct writer *w, const struct value *v);

struct member {
    struct str key;
    const struct value *value;
};

static int
compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int c = memcmp(x->key.p, y->key.p, n);

    return c != 0 ? c : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

static void
put_object(const struct writer *w, const struct value *v)
{
    size_t n = value_count(v);
    struct member few[32], *members = few;

    if (n > 32)
        members = mem_alloc(n * sizeof *members);
    for (size_t i = 0; i < n; i++)
        members[i].value = value_member(v, i, &members[i].key);
    qsort(members, n, sizeof *members, compare_members);
    buf_addc(w->out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(w->out, ',');
        json_put_str(w->out, members[i].key.p, members[i].key.len);
        buf_addc(w->out, ':');
        put_json(w, members[i].value);
    }
    buf_addc(w->out, '}');
    if (members != few)
        free(members);
}

static void
put_json(const struct writer *w, const struct value *v)
{
    switch (value_type(v)) {
    case VALUE_STR:
        buf_addc(w->out, '"');
        put_text(w, SPELL_JSON, value_str(v));
        buf_addc(w->out, '"');
        return;
    case VALUE_ARRAY:
        buf_addc(w->out, '[');
        for (size_t i = 0; i < value_count(v); i++) {
            if (i > 0)
                buf_addc(w->out, ',');
            put_json(w, value_item(v, i));
        }
        buf_addc(w->out, ']');
        return;
    case VALUE_MAP:
        put_object(w, v);
        return;
    case VALUE_NIL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_NUM:
        value_to_json(w->out, v);
        return;
    }
}

/* --- bodies --- */

static void
put_scalar(const struct writer *w, enum spelling how, const struct value *v)
{
    if (value_is_str(v))
        put_text(w, how, value_str(v));
    else
        value_to_json(w->out, v);
}

static void
put_pairs(const struct writer *w, const struct value *pairs)
{
    for (size_t i = 0; i < value_count(pairs); i++) {
        struct str key;
        const struct value *v = value_member(pairs, i, &key);

        if (i > 0)
            buf_addc(w->out, '&');
        put_form(w->out, key.p, key.len);
        buf_addc(w->out, '=');
        put_scalar(w, SPELL_FORM, v);
    }
}

static bool
line_safe(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static int
put_part(const struct writer *w, const char *boundary, const struct value *part,
         struct err *e)
{
    struct str name = value_str(value_get(part, "name"));
    struct str file = value_str(value_get(part, "filename"));
    struct str type = value_str(value_get(part, "type"));
    const struct value *v = value_get(part, "value");

    if (!line_safe(name) || !line_safe(file) || !line_safe(type) ||
        memchr(name.p != NULL ? name.p : "", '"', name.len) != NULL ||
        memchr(file.p != NULL ? file.p : "", '"', file.len) != NULL)
        return err_set(e, ERR_SCRIPT,
                       "request.multipart: a name holds a quote or a line end");
    buf_addf(w->out, "--%s\r\nContent-Disposition: form-data; name=\"%.*s\"",
             boundary, (int)name.len, name.p);
    if (file.len > 0)
        buf_addf(w->out, "; filename=\"%.*s\"", (int)file.len, file.p);
    buf_adds(w->out, "\r\n");
    if (type.len > 0)
        buf_addf(w->out, "Content-Type: %.*s\r\n", (int)type.len, type.p);
    buf_adds(w->out, "\r\n");
    put_scalar(w, SPELL_RAW, v);
    buf_adds(w->out, "\r\n");
    return 0;
}

/* The boundary is the hash of what it divides: the same request has the same
 * bytes, and no part can hold it by accident. */
static int
put_multipart(const struct writer *w, const struct value *parts, char *boundary,
              struct err *e)
{
    struct buf content = {0}, hex = {0};
    struct writer inner = {w->marks, w->count, &content};
    uint8_t hash[SHA256_SIZE];

    for (size_t i = 0; i < value_count(parts); i++)
        put_scalar(&inner, SPELL_RAW, value_get(value_item(parts, i), "value"));
    digest_sha256(content.data != NULL ? content.data : "", content.len, hash);
    digest_hex(&hex, hash, 16);
    strcpy(boundary, buf_str(&hex));
    buf_free(&content);
    buf_free(&hex);
    for (size_t i = 0; i < value_count(parts); i++)
        if (put_part(w, boundary, value_item(parts, i), e) != 0)
            return -1;
    buf_addf(w->out, "--%s--\r\n", boundary);
    return 0;
}

/* --- the request --- */

static int
add_header(struct arena *a, struct outbound *out, struct str name,
           struct str value, struct err *e)
{
    if (!line_safe(name) || !line_safe(value) || name.len == 0 ||
        memchr(name.p, ':', name.len) != NULL)
        return err_set(e, ERR_SCRIPT,
                       "request.headers: %.*s holds a line end or a control "
                       "character",
                       (int)(name.len < 60 ? name.len : 60), name.p);
    if (out->header_count == OUTBOUND_HEADERS_MAX)
        return err_set(e, ERR_SCRIPT, "request.headers: more than %d",
                       OUTBOUND_HEADERS_MAX);
    out->headers[out->header_count++] =
        arena_printf(a, "%.*s: %.*s", (int)name.len, name.p, (int)value.len,
                     value.p != NULL ? value.p : "");
    out->headers[out->header_count] = NULL;
    return 0;
}

static int
read_headers(struct arena *a, const struct value *headers, struct outbound *out,
             struct err *e)
{
    for (size_t i = 0; i < value_count(headers); i++) {
        struct str name, text;
        const struct value *v = value_member(headers, i, &name);
        struct buf scalar = {0};
        int rc;

        if (!value_is_str(v))
            value_to_json(&scalar, v);
        text = value_is_str(v) ? value_str(v)
                               : (struct str){scalar.data, scalar.len};
        rc = add_header(a, out, name, text, e);
        buf_free(&scalar);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int
read_method(const struct value *v, struct outbound *out, struct err *e)
{
    struct str s = value_str(value_get(v, "method"));

    if (s.len == 0)
        s = STR("POST");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_is(s, methods[i])) {
            out->method = methods[i];
            return 0;
        }
    return err_set(e, ERR_SCRIPT, "request.method: %.*s is not allowed",
                   (int)(s.len < 20 ? s.len : 20), s.p);
}

bool
outbound_host(const char *url, struct buf *host, bool *https)
{
    const char *p = url;
    size_t n;

    *https = strncmp(p, "https://", 8) == 0;
    if (!*https && strncmp(p, "http://", 7) != 0)
        return false;
    p += *https ? 8 : 7;
    n = p[0] == '[' ? strcspn(p, "]") + 1 : strcspn(p, ":/?#");
    if (n == 0 || memchr(p, '@', strcspn(p, "/?#")) != NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        buf_addc(host, p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 32) : p[i]);
    return true;
}

static bool
url_fine(const char *url)
{
    struct buf host = {0};
    bool https, fine = outbound_host(url, &host, &https);

    for (const char *p = url; *p != '\0' && fine; p++)
        fine = (unsigned char)*p > 0x20 && *p != 0x7f && *p != '#' &&
               *p != '\\' && (unsigned char)*p < 0x80;
    buf_free(&host);
    return fine;
}

static int
read_url(struct arena *a, const struct value *v, const char *base,
         struct outbound *out, struct err *e)
{
    struct str path = value_str(value_get(v, "path"));
    struct str url = value_str(value_get(v, "url"));
    const struct value *query = value_get(v, "query");
    struct buf text = {0};
    struct writer w = {NULL, 0, &text};

    if (url.len > 0) {
        buf_add(&text, url.p, url.len);
    } else if (base != NULL && path.len > 0 && path.p[0] == '/') {
        buf_adds(&text, base);
        while (text.len > 0 && text.data[text.len - 1] == '/')
            buf_cut(&text, text.len - 1);
        buf_add(&text, path.p, path.len);
    } else {
        return err_set(e, ERR_SCRIPT,
                       "request: needs url, or path (with a leading slash) and "
                       "a configured base");
    }
    if (value_count(query) > 0) {
        buf_addc(&text, strchr(text.data, '?') != NULL ? '&' : '?');
        put_pairs(&w, query);
    }
    out->url = arena_dup(a, text.data, text.len);
    buf_free(&text);
    return url_fine(out->url)
               ? 0
               : err_set(e, ERR_SCRIPT,
                         "request.url: not a plain http(s) URL: %.80s",
                         out->url);
}

static int
read_content(struct arena *a, const struct value *v, const struct writer *w,
             struct outbound *out, struct err *e)
{
    const struct value *json = value_get(v, "json");
    const struct value *form = value_get(v, "form");
    const struct value *multipart = value_get(v, "multipart");
    const struct value *bytes = value_get(v, "bytes");
    struct str type = value_str(value_get(v, "type"));
    char boundary[40];

    if (json != NULL) {
        put_json(w, json);
        type = type.len > 0 ? type : STR("application/json");
    } else if (form != NULL) {
        put_pairs(w, form);
        type = STR("application/x-www-form-urlencoded");
    } else if (multipart != NULL) {
        if (put_multipart(w, multipart, boundary, e) != 0)
            return -1;
        type = str_of(
            arena_printf(a, "multipart/form-data; boundary=%s", boundary));
    } else if (bytes != NULL) {
        put_text(w, SPELL_RAW, value_str(bytes));
        type = type.len > 0 ? type : STR("application/octet-stream");
    } else {
        return 0;
    }
    return add_header(a, out, STR("Content-Type"), type, e);
}

static int
read_mail(struct arena *a, const struct value *v, const struct writer *w,
          struct outbound *out, struct err *e)
{
    struct str to = value_str(value_get(v, "to"));
    struct str subject = value_str(value_get(v, "subject"));

    if (!line_safe(to) || !line_safe(subject))
        return err_set(e, ERR_SCRIPT, "mail: to or subject holds a line end");
    out->mail = true;
    out->method = "MAIL";
    out->url = "";
    out->mail_to = arena_dup(a, to.p, to.len);
    out->mail_subject = arena_dup(a, subject.p, subject.len);
    put_text(w, SPELL_RAW, value_str(value_get(v, "text")));
    return 0;
}

int
outbound_read(struct arena *a, const struct value *v, const char *base,
              const struct outbound_mark *marks, size_t mark_count,
              struct outbound *out, struct err *e)
{
    struct writer w = {marks, mark_count, &out->body};

    memset(out, 0, sizeof *out);
    if (value_type(v) != VALUE_MAP)
        return err_set(e, ERR_SCRIPT, "request: a table expected");
    if (value_get(v, "to") != NULL)
        return read_mail(a, v, &w, out, e);
    if (read_method(v, out, e) != 0 || read_url(a, v, base, out, e) != 0 ||
        read_headers(a, value_get(v, "headers"), out, e) != 0 ||
        read_content(a, v, &w, out, e) != 0) {
        outbound_clear(out);
        return -1;
    }
    return 0;
}

void
outbound_clear(struct outbound *o)
{
    buf_free(&o->body);
}

/* --- frozen: one line a part, then the body; readable with cat --- */

void
outbound_freeze(const struct outbound *o, struct buf *out)
{
    buf_addf(out, "usher-request %s\n%s %s\n", FROZEN_VERSION, o->method,
             o->url);
    for (size_t i = 0; i < o->header_count; i++)
        buf_addf(out, "%s\n", o->headers[i]);
    if (o->mail)
        buf_addf(out, "To: %s\nSubject: %s\n", o->mail_to, o->mail_subject);
    buf_addc(out, '\n');
    buf_add(out, o->body.data, o->body.len);
}

static int
thaw_headers(struct arena *a, struct str *rest, struct outbound *out)
{
    struct str line;

    while (str_cut(rest, '\n', &line)) {
        if (line.len == 0)
            return 0;
        if (out->mail && str_starts(line, "To: "))
            out->mail_to = arena_dup(a, line.p + 4, line.len - 4);
        else if (out->mail && str_starts(line, "Subject: "))
            out->mail_subject = arena_dup(a, line.p + 9, line.len - 9);
        else if (out->header_count < OUTBOUND_HEADERS_MAX)
            out->headers[out->header_count++] = arena_dup(a, line.p, line.len);
    }
    return -1;
}

int
outbound_thaw(struct arena *a, const char *p, size_t n, struct outbound *out,
              struct err *e)
{
    struct str rest = {p, n}, line, method;

    memset(out, 0, sizeof *out);
    if (!str_cut(&rest, '\n', &line) ||
        !str_is(line, "usher-request " FROZEN_VERSION) ||
        !str_cut(&rest, '\n', &line) || !str_cut(&line, ' ', &method))
        return err_set(e, ERR_SYSTEM, "a kept request is of an unknown form");
    out->method = arena_dup(a, method.p, method.len);
    out->mail = str_is(method, "MAIL");
    out->url = arena_dup(a, line.p != NULL ? line.p : "", line.len);
    if (thaw_headers(a, &rest, out) != 0)
        return err_set(e, ERR_SYSTEM, "a kept request has no body");
    buf_add(&out->body, rest.p != NULL ? rest.p : "", rest.len);
    return 0;
}
