/* json_write: the functions of json.h that append text. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"

#define EXACT_MAX  9007199254740992.0 /* 2^53: whole doubles below are exact */
#define KEYS_STACK 32

/* How a byte is written: 0 as it is, 'u' as \u00XX, else behind a backslash. */
static const char escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u',         'u',           'u', 'b',
    't', 'n', 'u', 'f', 'r', 'u',         'u',           'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u',         'u',           'u', 'u',
    'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\',
};

#define BLOCK 32 /* the compiler makes vectors of that */

/* How many bytes from the first on are written as they are. */
static size_t
plain_run(const char *p, size_t n)
{
    size_t i = 0;

    for (; n - i >= BLOCK; i += BLOCK) {
        unsigned char block[BLOCK], odd = 0;

        memcpy(block, p + i, BLOCK);
        for (size_t k = 0; k < BLOCK; k++)
            odd |= (block[k] < 0x20) | (block[k] == '"') | (block[k] == '\\');
        if (odd != 0)
            break;
    }
    while (i < n && escapes[(unsigned char)p[i]] == 0)
        i++;
    return i;
}

static void
put_escaped(struct buf *out, const char *p, size_t n)
{
    for (;;) {
        size_t plain = plain_run(p, n);
        unsigned char c;

        buf_add(out, p, plain);
        if (plain == n)
            return;
        c = (unsigned char)p[plain];
        if (escapes[c] == 'u')
            buf_addf(out, "\\u%04x", c);
        else
            buf_add(out, (const char[]){'\\', escapes[c]}, 2);
        p += plain + 1;
        n -= plain + 1;
    }
}

void
json_put_str(struct buf *out, const char *p, size_t n)
{
    struct buf clean = {0};

    if (!utf8_valid(p, n)) {
        utf8_clean(&clean, p, n);
        p = clean.data;
        n = clean.len;
    }
    buf_addc(out, '"');
    put_escaped(out, p, n);
    buf_addc(out, '"');
    buf_free(&clean);
}

void
json_put_cstr(struct buf *out, const char *s)
{
    if (s == NULL)
        buf_add(out, "null", 4);
    else
        json_put_str(out, s, strlen(s));
}

void
json_put_int(struct buf *out, int64_t n)
{
    char digits[STR_DIGITS + 1], *end = digits + sizeof digits;
    char *p = str_digits(end, n < 0 ? -(uint64_t)n : (uint64_t)n);

    if (n < 0)
        *--p = '-';
    buf_add(out, p, (size_t)(end - p));
}

void
json_put_num(struct buf *out, double n)
{
    char text[40];

    if (!isfinite(n)) {
        buf_add(out, "null", 4);
        return;
    }
    if (fabs(n) < EXACT_MAX && n == (double)(int64_t)n) {
        json_put_int(out, (int64_t)n);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, n);
        if (strtod(text, NULL) == n)
            break;
    }
    buf_adds(out, text);
}

void
json_put_key(struct buf *out, const char *key)
{
    char last = out->len == 0 ? '{' : out->data[out->len - 1];

    if (last != '{' && last != '[')
        buf_addc(out, ',');
    json_put_str(out, key, strlen(key));
    buf_addc(out, ':');
}

void
json_put_member(struct buf *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    json_put_key(out, key);
    json_put_str(out, value, strlen(value));
}

void
json_put_member_int(struct buf *out, const char *key, int64_t value)
{
    json_put_key(out, key);
    json_put_int(out, value);
}

void
json_put_member_time(struct buf *out, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT_MAX];

    if (ms == 0)
        return;
    clock_format(ms, text);
    json_put_key(out, key);
    json_put_str(out, text, strlen(text));
}

struct member {
    struct str key;
    const json_t *value;
};

static int
compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = memcmp(x->key.p, y->key.p, n);

    return order != 0 ? order
                      : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

static void
write_object(struct buf *out, const json_t *object)
{
    struct member few[KEYS_STACK], *members = few;
    size_t count = json_object_size(object), n = 0;
    void *at;

    if (count > KEYS_STACK)
        members = mem_alloc(count * sizeof(*members));
    /* jansson's iterator takes a pointer to non-const and does not write. */
    for (at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at))
        members[n++] = (struct member){
            {json_object_iter_key(at), json_object_iter_key_len(at)},
            json_object_iter_value(at),
        };
    qsort(members, n, sizeof(*members), compare_members);
    buf_addc(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_put_str(out, members[i].key.p, members[i].key.len);
        buf_addc(out, ':');
        json_write(out, members[i].value);
    }
    buf_addc(out, '}');
    if (members != few)
        free(members);
}

static void
write_array(struct buf *out, const json_t *array)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_write(out, json_array_get(array, i));
    }
    buf_addc(out, ']');
}

void
json_write(struct buf *out, const json_t *value)
{
    if (json_is_object(value))
        write_object(out, value);
    else if (json_is_array(value))
        write_array(out, value);
    else if (json_is_string(value))
        json_put_str(out, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        json_put_int(out, json_integer_value(value));
    else if (json_is_real(value))
        json_put_num(out, json_real_value(value));
    else
        buf_adds(out, json_is_true(value)    ? "true"
                      : json_is_false(value) ? "false"
                                             : "null");
}
