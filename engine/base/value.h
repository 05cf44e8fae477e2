/*
 * value: a parsed MessagePack value, read only. What a worker sends is
 * untrusted: parse with limits, check every type, never assume a member.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct value; /* a msgpack_object; lives in the arena it was parsed into */

enum value_type {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_NUM,
    VALUE_STR,
    VALUE_ARRAY,
    VALUE_MAP
};

/* Parse exactly one value from p[0..n). Strings point into p, which must live
 * as long as the value. Refused (ERR_SCRIPT): trailing bytes, depth over 64,
 * more nodes than max_nodes, ext types, keys that are not strings, invalid
 * UTF-8 in a string. */
const struct value *value_read(struct arena *a, const char *p, size_t n,
                               size_t max_nodes, struct err *e) MUST_CHECK;

enum value_type value_type(const struct value *v); /* NULL counts as nil */

/* Members and items; NULL when absent or v is of another type. A nil member
 * is given as NULL. Of two members with one name the first counts. */
const struct value *value_get(const struct value *v, const char *key);
size_t value_count(const struct value *v); /* array items or map members */
const struct value *value_item(const struct value *array, size_t i);
const struct value *value_member(const struct value *map, size_t i,
                                 struct str *key);

/* Scalars; the fallback when absent or of another type. value_str gives a
 * slice into the parsed bytes. value_num takes integers too; NaN and infinity
 * are no numbers to it and give the fallback. */
bool value_bool(const struct value *v, bool fallback);
int64_t value_int(const struct value *v, int64_t fallback);
double value_num(const struct value *v, double fallback);
struct str value_str(const struct value *v); /* empty when not a string */
bool value_is_str(const struct value *v);

/* The string member as a NUL-terminated copy in the arena, or NULL (also for a
 * text with a NUL inside, which would be cut in silence). */
const char *value_get_cstr(const struct value *v, const char *key,
                           struct arena *a);
int64_t value_get_int(const struct value *v, const char *key, int64_t fallback);
double value_get_num(const struct value *v, const char *key, double fallback);
bool value_get_bool(const struct value *v, const char *key, bool fallback);

/* A jansson copy (caller owns the reference). */
json_t *value_json(const struct value *v);

/* Append as JSON with sorted keys. */
void value_to_json(struct buf *out, const struct value *v);

/* Append as MessagePack again. */
void value_pack(struct buf *out, const struct value *v);

#endif
