/*
 * pack_json: JSON text to MessagePack in one pass, without a tree in between:
 * the way every webhook's body takes (yajl).
 */
#ifndef BASE_PACK_JSON_H
#define BASE_PACK_JSON_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

/* Append one JSON value packed. What json_read refuses is refused with the
 * same words: not JSON, nested deeper than 64, the same key twice, a NUL in a
 * string, a number out of range. Whole numbers written as reals become
 * integers as in pack_json. out is unchanged on an error. */
int pack_json_text(struct buf *out, const char *p, size_t n,
                   struct err *e) MUST_CHECK;

/* The value at a path ("data.items.0.id"), or NULL. */
const struct value *value_at(const struct value *v, const char *path);

/* Append the string or whole number there; false when it is something else. */
bool value_text_at(const struct value *v, const char *path, struct buf *out);

#endif
