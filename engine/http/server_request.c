#include "http/server_inside.h"

#include <string.h>

uint64_t
request_handle(const struct request *r)
{
    return r->handle;
}

const char *
request_method(const struct request *r)
{
    return llhttp_method_name((llhttp_method_t)r->method);
}

static struct str
url_of(const struct request *r)
{
    return (struct str){r->text.data, r->url_n};
}

struct str
request_path(const struct request *r)
{
    struct str rest = url_of(r), path;
    return str_cut(&rest, '?', &path) ? path : (struct str){NULL, 0};
}

struct str
request_query(const struct request *r)
{
    struct str url = url_of(r);
    const char *mark = memchr(url.p, '?', url.len);
    if (mark == NULL)
        return (struct str){NULL, 0};
    size_t before = (size_t)(mark - url.p) + 1;
    return (struct str){mark + 1, url.len - before};
}

size_t
request_header_count(const struct request *r)
{
    return r->field_count;
}

void
request_header_at(const struct request *r, size_t i, struct str *name,
                  struct str *value)
{
    const struct field *f = &r->fields[i];
    *name = (struct str){r->text.data + f->name, f->name_n};
    *value = (struct str){r->text.data + f->value, f->value_n};
}

/* The values of several fields of one name, joined by ", ". The request is
 * const for its reader; the joined text is a memory aid of ours. */
static struct str
join_values(const struct request *r, const char *name)
{
    struct request *own = &r->conn->request;
    if (own->joined == NULL)
        own->joined = arena_new(0);
    size_t n = 0;
    char *text = arena_alloc(own->joined, r->text.len + 2 * r->field_count);
    for (size_t i = 0; i < r->field_count; i++) {
        struct str key, value;
        request_header_at(r, i, &key, &value);
        if (!str_is(key, name))
            continue;
        if (n > 0) {
            memcpy(text + n, ", ", 2);
            n += 2;
        }
        memcpy(text + n, value.p, value.len);
        n += value.len;
    }
    return (struct str){text, n};
}

struct str
request_header(const struct request *r, const char *name, unsigned *count)
{
    struct str found = {NULL, 0};
    unsigned matches = 0;
    size_t name_n = strlen(name);
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        if (f->name_n != name_n ||
            memcmp(r->text.data + f->name, name, name_n) != 0)
            continue;
        if (matches++ == 0)
            found = (struct str){r->text.data + f->value, f->value_n};
    }
    if (count != NULL)
        *count = matches;
    return matches > 1 ? join_values(r, name) : found;
}

struct str
request_body(const struct request *r)
{
    if (r->whole.len > 0)
        return r->whole;
    return (struct str){r->body.data, r->body.len};
}

static void
uncount(struct request *r)
{
    r->conn->server->memory -= r->counted;
    r->counted = 0;
}

void
request_take_body(struct request *r, struct buf *out)
{
    *out = (struct buf){0};
    if (r->whole.len > 0) {
        buf_add(out, r->whole.p, r->whole.len);
        r->whole = (struct str){NULL, 0};
        return;
    }
    uncount(r);
    *out = r->body;
    r->body = (struct buf){0};
}

const char *
request_peer(const struct request *r)
{
    return r->conn->peer;
}

bool
request_is_loopback(const struct request *r)
{
    return r->conn->loopback;
}

static void
empty(struct buf *b)
{
    if (b->cap > SERVER_KEEP_MAX)
        buf_free(b);
    else
        buf_clear(b);
}

void
request_clear(struct request *r)
{
    uncount(r);
    empty(&r->text);
    empty(&r->body);
    r->whole = (struct str){NULL, 0};
    r->body_n = 0;
    r->url_n = 0;
    r->field_count = 0;
    r->name_open = false;
    arena_free(r->joined);
    r->joined = NULL;
}
