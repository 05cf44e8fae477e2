#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define BUF_FIRST ((size_t)64)

static void
grow(struct buf *b, size_t n)
{
    size_t need, cap;

    if (__builtin_add_overflow(b->len + 1, n, &need))
        mem_failed();
    cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap;
    while (cap < need && cap <= SIZE_MAX / 4)
        cap *= 2;
    if (cap < need)
        cap = need;
    b->data = mem_grow(b->data, cap);
    b->cap = cap;
}

char *
buf_reserve(struct buf *b, size_t n)
{
    if (b->cap - b->len <= n)
        grow(b, n);
    return b->data + b->len;
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
    char *to = buf_reserve(b, n);

    if (n > 0)
        memcpy(to, bytes, n);
    to[n] = '\0';
    b->len += n;
}

void
buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);

    to[0] = c;
    to[1] = '\0';
    b->len++;
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
    char *to = buf_reserve(b, BUF_FIRST);
    size_t room = b->cap - b->len;
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(to, room, fmt, ap);
    if (n >= 0 && (size_t)n >= room) {
        to = buf_reserve(b, (size_t)n);
        vsnprintf(to, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    if (n > 0)
        b->len += (size_t)n;
    b->data[b->len] = '\0';
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_addv(b, fmt, ap);
    va_end(ap);
}

void
buf_cut(struct buf *b, size_t n)
{
    if (n >= b->len)
        return;
    b->len = n;
    b->data[n] = '\0';
}

void
buf_clear(struct buf *b)
{
    buf_cut(b, 0);
}

char *
buf_take(struct buf *b, size_t *len)
{
    char *data = b->data;

    if (data == NULL)
        data = mem_zero(1);
    if (len != NULL)
        *len = b->len;
    *b = (struct buf){0};
    return data;
}

const char *
buf_str(const struct buf *b)
{
    return b->len == 0 ? "" : b->data;
}

void
buf_free(struct buf *b)
{
    if (b == NULL)
        return;
    free(b->data);
    *b = (struct buf){0};
}
