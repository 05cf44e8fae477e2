#include "base/value.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include <msgpack/object.h>

#define DEPTH_MAX 64

/*
 * libmsgpack's own reader allocates what a length promises before it has seen
 * the bytes, and takes any type for a key. This one makes the same objects in
 * our arena and believes a count only as far as bytes are there for it.
 */
struct value {
    msgpack_object object;
};

struct reader {
    struct arena *arena;
    const unsigned char *p, *end;
    size_t nodes_left;
    size_t owed; /* bytes that items announced further out must still have */
    struct err *e;
};

static int read_value(struct reader *r, msgpack_object *out, int depth);

static int
refuse(struct reader *r, const char *why)
{
    err_set(r->e, ERR_SCRIPT, "message refused: %s", why);
    return -1;
}

static size_t
bytes_left(const struct reader *r)
{
    return (size_t)(r->end - r->p);
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static int
read_number(struct reader *r, size_t bytes, uint64_t *out)
{
    if (bytes_left(r) < bytes)
        return refuse(r, "cut short");
    *out = 0;
    for (; bytes > 0; bytes--)
        *out = *out << 8 | *r->p++;
    return 0;
}

static int
read_str(struct reader *r, uint64_t n, msgpack_object *out)
{
    if (bytes_left(r) < n)
        return refuse(r, "cut short");
    if (!utf8_valid((const char *)r->p, (size_t)n))
        return refuse(r, "a string that is not UTF-8");
    out->type = MSGPACK_OBJECT_STR;
    out->via.str.ptr = (const char *)r->p;
    out->via.str.size = (uint32_t)n;
    r->p += n;
    return 0;
}

/* Each of n things needs at least `bytes` bytes and one node, which are set
 * aside at once: lists inside lists cannot all promise the same bytes. */
static int
take_count(struct reader *r, uint64_t n, size_t bytes, int depth)
{
    if (depth >= DEPTH_MAX)
        return refuse(r, "nested too deep");
    if (bytes_left(r) < r->owed || n > (bytes_left(r) - r->owed) / bytes)
        return refuse(r, "cut short");
    if (n > r->nodes_left)
        return refuse(r, "too many values");
    r->nodes_left -= (size_t)n;
    r->owed += (size_t)n * bytes;
    return 0;
}

static int
read_array(struct reader *r, uint64_t n, msgpack_object *out, int depth)
{
    if (take_count(r, n, 1, depth) != 0)
        return -1;
    out->type = MSGPACK_OBJECT_ARRAY;
    out->via.array.size = (uint32_t)n;
    out->via.array.ptr =
        arena_array(r->arena, (size_t)n, sizeof(msgpack_object));
    for (uint64_t i = 0; i < n; i++) {
        r->owed--;
        if (read_value(r, &out->via.array.ptr[i], depth + 1) != 0)
            return -1;
    }
    return 0;
}

static int
read_key(struct reader *r, msgpack_object *out, int depth)
{
    /* Nothing but a string may stand here, so nothing is parsed before. */
    if (bytes_left(r) == 0)
        return refuse(r, "cut short");
    if ((*r->p & 0xE0) != 0xA0 && (*r->p < 0xD9 || *r->p > 0xDB))
        return refuse(r, "a key that is not a string");
    return read_value(r, out, depth);
}

static int
read_map(struct reader *r, uint64_t n, msgpack_object *out, int depth)
{
    if (take_count(r, n, 2, depth) != 0)
        return -1;
    out->type = MSGPACK_OBJECT_MAP;
    out->via.map.size = (uint32_t)n;
    out->via.map.ptr =
        arena_array(r->arena, (size_t)n, sizeof(msgpack_object_kv));
    for (uint64_t i = 0; i < n; i++) {
        msgpack_object_kv *member = &out->via.map.ptr[i];

        r->owed -= 2;
        if (read_key(r, &member->key, depth + 1) != 0 ||
            read_value(r, &member->val, depth + 1) != 0)
            return -1;
    }
    return 0;
}

static void
set_num(msgpack_object *out, double n)
{
    out->type = MSGPACK_OBJECT_FLOAT64;
    out->via.f64 = n;
}

static void
set_int(msgpack_object *out, int64_t n)
{
    out->type = n < 0 ? MSGPACK_OBJECT_NEGATIVE_INTEGER
                      : MSGPACK_OBJECT_POSITIVE_INTEGER;
    out->via.i64 = n;
}

static int
read_unsigned(struct reader *r, size_t bytes, msgpack_object *out)
{
    uint64_t n;

    if (read_number(r, bytes, &n) != 0)
        return -1;
    /* No script can make such a number; as a double it is still a number. */
    if (n > INT64_MAX)
        set_num(out, (double)n);
    else
        set_int(out, (int64_t)n);
    return 0;
}

static int
read_signed(struct reader *r, size_t bytes, msgpack_object *out)
{
    int shift = (int)(64 - 8 * bytes);
    uint64_t n;

    if (read_number(r, bytes, &n) != 0)
        return -1;
    set_int(out, (int64_t)(n << shift) >> shift);
    return 0;
}

static int
read_float(struct reader *r, msgpack_object *out)
{
    uint64_t bits;
    uint32_t narrow;
    float f;

    if (read_number(r, sizeof(f), &bits) != 0)
        return -1;
    narrow = (uint32_t)bits;
    memcpy(&f, &narrow, sizeof(f));
    set_num(out, (double)f);
    return 0;
}

static int
read_double(struct reader *r, msgpack_object *out)
{
    uint64_t bits;
    double d;

    if (read_number(r, sizeof(d), &bits) != 0)
        return -1;
    memcpy(&d, &bits, sizeof(d));
    set_num(out, d);
    return 0;
}

/* The forms with a length of 1, 2 or 4 bytes in front. */
static int
read_long(struct reader *r, unsigned char head, msgpack_object *out, int depth)
{
    static const unsigned char sizes[] = {
        [0xD9 - 0xD9] = 1, [0xDA - 0xD9] = 2, [0xDB - 0xD9] = 4,
        [0xDC - 0xD9] = 2, [0xDD - 0xD9] = 4, [0xDE - 0xD9] = 2,
        [0xDF - 0xD9] = 4,
    };
    uint64_t n;

    if (read_number(r, sizes[head - 0xD9], &n) != 0)
        return -1;
    if (head <= 0xDB)
        return read_str(r, n, out);
    if (head <= 0xDD)
        return read_array(r, n, out, depth);
    return read_map(r, n, out, depth);
}

static int
read_scalar(struct reader *r, unsigned char head, msgpack_object *out)
{
    switch (head) {
    case 0xC0:
        out->type = MSGPACK_OBJECT_NIL;
        return 0;
    case 0xC2:
    case 0xC3:
        out->type = MSGPACK_OBJECT_BOOLEAN;
        out->via.boolean = head == 0xC3;
        return 0;
    case 0xCA:
        return read_float(r, out);
    case 0xCB:
        return read_double(r, out);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        return read_unsigned(r, (size_t)1 << (head - 0xCC), out);
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
        return read_signed(r, (size_t)1 << (head - 0xD0), out);
    default:
        return refuse(r, "a type that is not allowed");
    }
}

static int
read_value(struct reader *r, msgpack_object *out, int depth)
{
    unsigned char head;

    if (bytes_left(r) == 0)
        return refuse(r, "cut short");
    head = *r->p++;
    if (head < 0x80 || head >= 0xE0)
        set_int(out, (int8_t)head);
    else if (head < 0x90)
        return read_map(r, head & 0x0F, out, depth);
    else if (head < 0xA0)
        return read_array(r, head & 0x0F, out, depth);
    else if (head < 0xC0)
        return read_str(r, head & 0x1F, out);
    else if (head >= 0xD9)
        return read_long(r, head, out, depth);
    else
        return read_scalar(r, head, out);
    return 0;
}

const struct value *
value_read(struct arena *a, const char *p, size_t n, size_t max_nodes,
           struct err *e)
{
    struct reader r = {a, (const unsigned char *)p, NULL, 0, 0, e};
    struct value *v = arena_alloc(a, sizeof(*v));

    if (n == 0 || max_nodes == 0) {
        refuse(&r, n == 0 ? "cut short" : "too many values");
        return NULL;
    }
    r.end = r.p + n;
    r.nodes_left = max_nodes - 1;
    if (read_value(&r, &v->object, 0) != 0)
        return NULL;
    if (r.p != r.end) {
        refuse(&r, "bytes behind the value");
        return NULL;
    }
    return v;
}

/* --- looking --- */

enum value_type
value_type(const struct value *v)
{
    static const enum value_type types[] = {
        [MSGPACK_OBJECT_NIL] = VALUE_NIL,
        [MSGPACK_OBJECT_BOOLEAN] = VALUE_BOOL,
        [MSGPACK_OBJECT_POSITIVE_INTEGER] = VALUE_INT,
        [MSGPACK_OBJECT_NEGATIVE_INTEGER] = VALUE_INT,
        [MSGPACK_OBJECT_FLOAT64] = VALUE_NUM,
        [MSGPACK_OBJECT_STR] = VALUE_STR,
        [MSGPACK_OBJECT_ARRAY] = VALUE_ARRAY,
        [MSGPACK_OBJECT_MAP] = VALUE_MAP,
    };

    return v == NULL ? VALUE_NIL : types[v->object.type];
}

/* An object inside another as a value; nil is given as NULL. */
static const struct value *
value_of(const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_NIL ? NULL : (const struct value *)o;
}

static struct str
str_of_object(const msgpack_object *o)
{
    return (struct str){o->via.str.ptr, o->via.str.size};
}

const struct value *
value_get(const struct value *v, const char *key)
{
    size_t n = strlen(key);

    if (value_type(v) != VALUE_MAP)
        return NULL;
    for (uint32_t i = 0; i < v->object.via.map.size; i++) {
        const msgpack_object_kv *member = &v->object.via.map.ptr[i];

        if (member->key.via.str.size == n &&
            memcmp(member->key.via.str.ptr, key, n) == 0)
            return value_of(&member->val);
    }
    return NULL;
}

size_t
value_count(const struct value *v)
{
    if (value_type(v) == VALUE_ARRAY)
        return v->object.via.array.size;
    return value_type(v) == VALUE_MAP ? v->object.via.map.size : 0;
}

const struct value *
value_item(const struct value *array, size_t i)
{
    if (value_type(array) != VALUE_ARRAY || i >= value_count(array))
        return NULL;
    return value_of(&array->object.via.array.ptr[i]);
}

const struct value *
value_member(const struct value *map, size_t i, struct str *key)
{
    if (value_type(map) != VALUE_MAP || i >= value_count(map)) {
        *key = (struct str){NULL, 0};
        return NULL;
    }
    *key = str_of_object(&map->object.via.map.ptr[i].key);
    return value_of(&map->object.via.map.ptr[i].val);
}

bool
value_bool(const struct value *v, bool fallback)
{
    return value_type(v) == VALUE_BOOL ? v->object.via.boolean : fallback;
}

int64_t
value_int(const struct value *v, int64_t fallback)
{
    return value_type(v) == VALUE_INT ? v->object.via.i64 : fallback;
}

double
value_num(const struct value *v, double fallback)
{
    if (value_type(v) == VALUE_INT)
        return (double)v->object.via.i64;
    if (value_type(v) == VALUE_NUM && isfinite(v->object.via.f64))
        return v->object.via.f64;
    return fallback;
}

struct str
value_str(const struct value *v)
{
    return value_is_str(v) ? str_of_object(&v->object) : (struct str){NULL, 0};
}

bool
value_is_str(const struct value *v)
{
    return value_type(v) == VALUE_STR;
}

const char *
value_get_cstr(const struct value *v, const char *key, struct arena *a)
{
    const struct value *member = value_get(v, key);
    struct str s = value_str(member);

    /* With a NUL inside, C would see another text than was sent. */
    if (s.p == NULL || memchr(s.p, '\0', s.len) != NULL)
        return NULL;
    return arena_dup(a, s.p, s.len);
}

int64_t
value_get_int(const struct value *v, const char *key, int64_t fallback)
{
    return value_int(value_get(v, key), fallback);
}

double
value_get_num(const struct value *v, const char *key, double fallback)
{
    return value_num(value_get(v, key), fallback);
}

bool
value_get_bool(const struct value *v, const char *key, bool fallback)
{
    return value_bool(value_get(v, key), fallback);
}
