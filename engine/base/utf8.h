/*
 * utf8: characters one at a time, for the modules of base that walk through
 * text. Everybody else uses the whole-text functions in str.h.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How many bytes at the beginning of p[0..n) are ASCII. */
size_t utf8_ascii(const char *p, size_t n);

/* The character at p (n > 0): its length in bytes, *c set; 0 when the bytes
 * are not well-formed. */
size_t utf8_next(const char *p, size_t n, int32_t *c);

/* Append one code point; nothing when it is none. */
void utf8_add(struct buf *out, int32_t c);

#endif
