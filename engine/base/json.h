/*
 * json: JSON that crosses the engine's border, in and out. Reading is strict
 * (jansson): UTF-8, no duplicate keys, nothing behind the text, integers
 * exact in 64 bits, depth at most 64. Writing: jansson for whole values with
 * sorted keys, and a few functions that append straight to a buf for rows and
 * answers whose keys are known.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Parse; ERR_INPUT with line and column in the text. Caller json_decref()s. */
json_t *json_read(const char *p, size_t n, struct err *e) MUST_CHECK;

/* Append compact text with sorted keys. */
void json_write(struct buf *out, const json_t *value);

/* Members by name, complaints by path ("ticket.tags: array expected").
 * want_*: missing or wrong type fails. get_*: missing or null gives the
 * default (NULL), a wrong type fails. Strings are borrowed from the value. */
int json_want_str(const json_t *object, const char *key, const char **out,
                  struct err *e) MUST_CHECK;
int json_get_str(const json_t *object, const char *key, const char **out,
                 struct err *e) MUST_CHECK;
int json_want_int(const json_t *object, const char *key, int64_t *out,
                  struct err *e) MUST_CHECK;
int json_get_int(const json_t *object, const char *key, int64_t fallback,
                 int64_t *out, struct err *e) MUST_CHECK;

/* The string member, borrowed; fallback when it is missing or no string: for
 * what is shown. */
const char *json_str_or(const json_t *object, const char *key,
                        const char *fallback);

/* Follow a dotted path ("data.item.id"); NULL when a step is missing. Digits
 * step into an array ("parts.0.body"); the empty path is the value itself. */
const json_t *json_at(const json_t *value, const char *path);

/* The scalar at a dotted path as text: strings as they are, integers in
 * decimal. False when missing or of another type. */
bool json_text_at(const json_t *value, const char *path, struct buf *out);

/* --- appending --- */
void json_put_str(struct buf *out, const char *p, size_t n); /* quoted */
void json_put_cstr(struct buf *out, const char *s); /* NULL gives null */
void json_put_int(struct buf *out, int64_t n);
void json_put_num(struct buf *out, double n); /* NaN and inf give null */

/* ,"key": with the comma only when the buffer does not end in { or [. */
void json_put_key(struct buf *out, const char *key);

/* key and value; a NULL value, and the time 0, write nothing at all. */
void json_put_member(struct buf *out, const char *key, const char *value);
void json_put_member_int(struct buf *out, const char *key, int64_t value);
void json_put_member_time(struct buf *out, const char *key, int64_t ms);

#endif
