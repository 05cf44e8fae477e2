/*
 * buf: bytes that grow. All zeros is a valid empty buf; data is always NUL
 * terminated behind len once anything was added. Out of memory ends the
 * process.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

/* Make room for n more bytes; returns where they go (buf->data + len). */
char *buf_reserve(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s); /* a C string */
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Cut to n bytes (n <= len). */
void buf_cut(struct buf *b, size_t n);

/* Empty it and keep the memory. */
void buf_clear(struct buf *b);

/* Give the memory away (caller frees with free()); b becomes empty. */
char *buf_take(struct buf *b, size_t *len);

/* The text, never NULL ("" when empty). */
const char *buf_str(const struct buf *b);

/* Free the memory; b becomes empty. NULL is fine. */
void buf_free(struct buf *b);

#endif
