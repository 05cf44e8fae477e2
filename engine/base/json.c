#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/json_events.h"
#include "base/str.h"

#define DEPTH_MAX 64

/* jansson's own text quotes the input, and input may be what a customer
 * wrote: errors name the place and the fault only. */
static const char *
fault_name(enum json_error_code code)
{
    static const struct {
        enum json_error_code code;
        const char *name;
    } names[] = {
        {json_error_premature_end_of_input, "the text ends too early"},
        {json_error_end_of_input_expected, "something stands behind the value"},
        {json_error_invalid_utf8, "not UTF-8"},
        {json_error_null_byte_in_key, "a NUL in a key"},
        {json_error_null_character, "a NUL in a string"},
        {json_error_duplicate_key, "the same key twice"},
        {json_error_numeric_overflow, "a number that is too large"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].code == code)
            return names[i].name;
    return "not valid JSON";
}

/* jansson follows nesting by recursion, much deeper than we want to: brackets
 * outside strings are counted before it starts. */
static const char *
find_too_deep(const char *p, size_t n)
{
    const char *end = p + n;
    bool in_string = false;
    int depth = 0;

    for (; p < end; p++) {
        if (in_string) {
            if (*p == '\\')
                p++;
            else if (*p == '"')
                in_string = false;
        } else if (*p == '"') {
            in_string = true;
        } else if (*p == '{' || *p == '[') {
            if (++depth > DEPTH_MAX)
                return p;
        } else if (*p == '}' || *p == ']') {
            depth--;
        }
    }
    return NULL;
}

/* jansson's word, and the words for what is wrong. */
static json_t *
read_slowly(const char *p, size_t n, struct err *e)
{
    json_error_t fault;
    enum json_error_code code;
    json_t *value;

    if (n > 0 && find_too_deep(p, n) != NULL) {
        err_set(e, ERR_INPUT, "JSON nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    value = json_loadb(n == 0 ? "" : p, n,
                       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (value != NULL)
        return value;
    code = json_error_code(&fault);
    err_set(e, code == json_error_out_of_memory ? ERR_SYSTEM : ERR_INPUT,
            "JSON line %d, column %d: %s", fault.line,
            fault.column < 0 ? 0 : fault.column, fault_name(code));
    return NULL;
}

/* --- the quick way: yajl reads, jansson keeps ---
 *
 * jansson takes a text byte by byte through a function, and each string into a
 * buffer first; yajl's way through the same text is several times shorter.
 * Whatever it does not take goes to jansson, who has the last word. */

struct reading {
    json_t *root;
    json_t *open[DEPTH_MAX]; /* borrowed: they hang on the root */
    int depth;
    struct buf key; /* of the value that comes next */
};

/* Take the value to where it belongs; 0 ends the reading. */
static int
attach(struct reading *r, json_t *value)
{
    json_t *to = r->depth > 0 ? r->open[r->depth - 1] : NULL;
    size_t before;

    if (to == NULL) {
        r->root = value;
        return value != NULL;
    }
    if (json_is_array(to))
        return json_array_append_new(to, value) == 0;
    before = json_object_size(to);
    return json_object_setn_new_nocheck(to, buf_str(&r->key), r->key.len,
                                        value) == 0 &&
           json_object_size(to) > before; /* else the same key twice */
}

static int
take_null(void *arg)
{
    return attach(arg, json_null());
}

static int
take_boolean(void *arg, int v)
{
    return attach(arg, json_boolean(v));
}

static int
take_integer(void *arg, long long v)
{
    return attach(arg, json_integer(v));
}

static int
take_double(void *arg, double v)
{
    return isfinite(v) && attach(arg, json_real(v));
}

static int
take_string(void *arg, const unsigned char *s, size_t n)
{
    if (memchr(s, '\0', n) != NULL)
        return 0;
    return attach(arg, json_stringn_nocheck((const char *)s, n));
}

static int
take_key(void *arg, const unsigned char *s, size_t n)
{
    struct reading *r = arg;

    if (memchr(s, '\0', n) != NULL)
        return 0;
    buf_clear(&r->key);
    buf_add(&r->key, s, n);
    return 1;
}

static int
open_level(struct reading *r, json_t *value)
{
    if (r->depth == DEPTH_MAX) {
        json_decref(value);
        return 0;
    }
    if (!attach(r, value))
        return 0;
    r->open[r->depth++] = value;
    return 1;
}

static int
open_map(void *arg)
{
    return open_level(arg, json_object());
}

static int
open_array(void *arg)
{
    return open_level(arg, json_array());
}

static int
close_level(void *arg)
{
    struct reading *r = arg;

    r->depth--;
    return 1;
}

json_t *
json_read(const char *p, size_t n, struct err *e)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = take_null,
        .yajl_boolean = take_boolean,
        .yajl_integer = take_integer,
        .yajl_double = take_double,
        .yajl_string = take_string,
        .yajl_start_map = open_map,
        .yajl_map_key = take_key,
        .yajl_end_map = close_level,
        .yajl_start_array = open_array,
        .yajl_end_array = close_level,
    };
    struct reading r = {.root = NULL};
    bool whole = json_events(&callbacks, &r, p, n);

    buf_free(&r.key);
    if (whole)
        return r.root;
    json_decref(r.root);
    return read_slowly(p, n, e);
}

/* The member when it has a value: null counts as missing. */
static json_t *
member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}

int
json_get_str(const json_t *object, const char *key, const char **out,
             struct err *e)
{
    const json_t *value = member(object, key);

    *out = NULL;
    if (value == NULL)
        return 0;
    if (!json_is_string(value))
        return err_set(e, ERR_INPUT, "%s: string expected", key);
    *out = json_string_value(value);
    return 0;
}

int
json_want_str(const json_t *object, const char *key, const char **out,
              struct err *e)
{
    if (json_get_str(object, key, out, e) != 0)
        return -1;
    if (*out == NULL)
        return err_set(e, ERR_INPUT, "%s: missing, string expected", key);
    return 0;
}

int
json_get_int(const json_t *object, const char *key, int64_t fallback,
             int64_t *out, struct err *e)
{
    const json_t *value = member(object, key);

    *out = fallback;
    if (value == NULL)
        return 0;
    if (!json_is_integer(value))
        return err_set(e, ERR_INPUT, "%s: integer expected", key);
    *out = json_integer_value(value);
    return 0;
}

int
json_want_int(const json_t *object, const char *key, int64_t *out,
              struct err *e)
{
    if (member(object, key) == NULL) {
        *out = 0;
        return err_set(e, ERR_INPUT, "%s: missing, integer expected", key);
    }
    return json_get_int(object, key, 0, out, e);
}

static const json_t *
step_into(const json_t *value, struct str step)
{
    uint64_t i;

    if (json_is_object(value))
        return json_object_getn(value, step.p, step.len);
    if (json_is_array(value) && str_to_u64(step, &i))
        return json_array_get(value, (size_t)i);
    return NULL;
}

const char *
json_str_or(const json_t *object, const char *key, const char *fallback)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s != NULL ? s : fallback;
}

const json_t *
json_at(const json_t *value, const char *path)
{
    struct str rest = str_of(path), step;

    if (rest.len == 0)
        return value;
    while (value != NULL && str_cut(&rest, '.', &step))
        value = step_into(value, step);
    return value;
}

bool
json_text_at(const json_t *value, const char *path, struct buf *out)
{
    const json_t *found = json_at(value, path);

    if (json_is_string(found))
        buf_add(out, json_string_value(found), json_string_length(found));
    else if (json_is_integer(found))
        json_put_int(out, json_integer_value(found));
    else
        return false;
    return true;
}
