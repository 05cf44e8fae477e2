#include "base/pack.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include <msgpack/sysdep.h>
#include <msgpack/timestamp.h>

#include "base/arena.h"

#define OPEN_SIZE 5 /* the form with a 4-byte count */
#define OPEN_MAP  '\xdf'
#define OPEN_LIST '\xdd'

/* 2^53: whole doubles up to here are exact integers. */
#define EXACT_MAX 9007199254740992.0

/* What is packed are mostly a few bytes for which there is room. */
static inline char *
reserve(struct buf *b, size_t n)
{
    return b->cap - b->len > n ? b->data + b->len : buf_reserve(b, n);
}

static inline int
append(struct buf *b, const void *bytes, size_t n)
{
    char *to = reserve(b, n);

    memcpy(to, bytes, n);
    to[n] = '\0';
    b->len += n;
    return 0;
}

/* libmsgpack's encoder as its template for other sinks: the packer that the
 * library offers ready-made costs a call through a pointer for each scalar. */
#define msgpack_pack_inline_func(name)          static inline int put##name
#define msgpack_pack_inline_func_cint(name)     static inline int put##name
#define msgpack_pack_inline_func_fixint(name)   static inline int put_fix##name
#define msgpack_pack_user                       struct buf *
#define msgpack_pack_append_buffer(b, bytes, n) return append((b), (bytes), (n))
#include <msgpack/pack_template.h>

/* A count or length that the format cannot hold is more than any memory. */
static size_t
fitting(size_t n)
{
    if (n > UINT32_MAX)
        mem_failed();
    return n;
}

void
pack_map(struct buf *b, size_t members)
{
    put_map(b, fitting(members));
}

void
pack_array(struct buf *b, size_t items)
{
    put_array(b, fitting(items));
}

void
pack_str(struct buf *b, const char *p, size_t n)
{
    put_str(b, fitting(n));
    if (n > 0)
        append(b, p, n);
}

void
pack_cstr(struct buf *b, const char *s)
{
    if (s == NULL)
        put_nil(b);
    else
        pack_str(b, s, strlen(s));
}

void
pack_int(struct buf *b, int64_t n)
{
    put_int64(b, n);
}

void
pack_num(struct buf *b, double n)
{
    put_double(b, n);
}

void
pack_bool(struct buf *b, bool v)
{
    if (v)
        put_true(b);
    else
        put_false(b);
}

void
pack_nil(struct buf *b)
{
    put_nil(b);
}

static void
pack_object(struct buf *b, const json_t *object)
{
    /* jansson's iterator takes a pointer to non-const and does not write. */
    json_t *o = (json_t *)(uintptr_t)object;

    pack_map(b, json_object_size(object));
    for (void *at = json_object_iter(o); at != NULL;
         at = json_object_iter_next(o, at)) {
        pack_str(b, json_object_iter_key(at), json_object_iter_key_len(at));
        pack_json(b, json_object_iter_value(at));
    }
}

/* 1.0 in a vendor's JSON is the integer 1 in a script, as the scripts' own
 * JSON reader has it: as part of a URL it must not become "1.0". */
static void
pack_real(struct buf *b, double n)
{
    if (fabs(n) <= EXACT_MAX && n == (double)(int64_t)n)
        pack_int(b, (int64_t)n);
    else
        pack_num(b, n);
}

void
pack_json(struct buf *b, const json_t *value)
{
    if (json_is_object(value)) {
        pack_object(b, value);
    } else if (json_is_array(value)) {
        pack_array(b, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            pack_json(b, json_array_get(value, i));
    } else if (json_is_string(value)) {
        pack_str(b, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        pack_int(b, json_integer_value(value));
    } else if (json_is_real(value)) {
        pack_real(b, json_real_value(value));
    } else if (json_is_boolean(value)) {
        pack_bool(b, json_is_true(value));
    } else {
        pack_nil(b);
    }
}

static void
put_big_endian(char *to, uint32_t n)
{
    to[0] = (char)(n >> 24);
    to[1] = (char)(n >> 16);
    to[2] = (char)(n >> 8);
    to[3] = (char)n;
}

static size_t
open_with(struct buf *b, char head)
{
    size_t at = b->len;

    append(b, (const char[OPEN_SIZE]){head}, OPEN_SIZE);
    return at;
}

size_t
pack_map_open(struct buf *b)
{
    return open_with(b, OPEN_MAP);
}

void
pack_map_close(struct buf *b, size_t at, size_t count)
{
    put_big_endian(b->data + at + 1, (uint32_t)fitting(count));
}

size_t
pack_array_open(struct buf *b)
{
    return open_with(b, OPEN_LIST);
}

void
pack_array_close(struct buf *b, size_t at, size_t count)
{
    put_big_endian(b->data + at + 1, (uint32_t)fitting(count));
}

size_t
pack_member(struct buf *b, const char *key, const char *value)
{
    if (value == NULL)
        return 0;
    pack_cstr(b, key);
    pack_cstr(b, value);
    return 1;
}

size_t
pack_member_int(struct buf *b, const char *key, int64_t value)
{
    pack_cstr(b, key);
    pack_int(b, value);
    return 1;
}

size_t
pack_member_num(struct buf *b, const char *key, double value)
{
    if (isnan(value))
        return 0;
    pack_cstr(b, key);
    pack_num(b, value);
    return 1;
}

size_t
pack_member_bool(struct buf *b, const char *key, bool value)
{
    pack_cstr(b, key);
    pack_bool(b, value);
    return 1;
}

size_t
pack_member_json(struct buf *b, const char *key, const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return 0;
    pack_cstr(b, key);
    pack_json(b, value);
    return 1;
}

void
pack_shared_map(struct buf *b)
{
    put_ext(b, 0, PACK_SHARED_MAP);
}

void
pack_shared_list(struct buf *b, size_t first, size_t count)
{
    char range[8];

    put_big_endian(range, (uint32_t)fitting(first));
    put_big_endian(range + 4, (uint32_t)fitting(count));
    put_ext(b, sizeof range, PACK_SHARED_LIST);
    append(b, range, sizeof range);
}

size_t
frame_open(struct buf *b)
{
    size_t at = b->len;

    append(b, (const char[FRAME_HEADER]){0}, FRAME_HEADER);
    return at;
}

void
frame_close(struct buf *b, size_t at)
{
    size_t body = b->len - at - FRAME_HEADER;

    put_big_endian(b->data + at, (uint32_t)fitting(body));
}

int
frame_peek(const char *p, size_t n, size_t max, const char **body,
           size_t *body_n, size_t *whole)
{
    const unsigned char *head = (const unsigned char *)p;
    size_t length;

    if (n < FRAME_HEADER)
        return 0;
    length = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
             (size_t)head[2] << 8 | head[3];
    if (length > max)
        return -1;
    if (n - FRAME_HEADER < length)
        return 0;
    *body = p + FRAME_HEADER;
    *body_n = length;
    *whole = FRAME_HEADER + length;
    return 1;
}
