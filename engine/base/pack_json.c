#include "base/pack_json.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/json_events.h"
#include "base/pack.h"
#include "base/str.h"

#define DEPTH_MAX 64
#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

/* An open array or map. */
struct level {
    size_t at, count;
    size_t keys; /* in packer.keys: where this map's begin */
    bool map;
};

struct key {
    size_t at; /* in out; what is written there may move, an offset not */
    uint32_t n, hash;
};

struct packer {
    struct buf *out;
    struct level levels[DEPTH_MAX];
    int depth;
    struct buf keys; /* of struct key: of the maps that are open */
};

static struct key *
key_list(const struct packer *p)
{
    return (struct key *)(void *)p->keys.data;
}

/* One more item; the value of a member was counted with its key. */
static void
count_item(struct packer *p)
{
    if (p->depth > 0 && !p->levels[p->depth - 1].map)
        p->levels[p->depth - 1].count++;
}

static int
take_null(void *arg)
{
    struct packer *p = arg;

    count_item(p);
    pack_nil(p->out);
    return 1;
}

static int
take_boolean(void *arg, int v)
{
    struct packer *p = arg;

    count_item(p);
    pack_bool(p->out, v != 0);
    return 1;
}

static int
take_integer(void *arg, long long v)
{
    struct packer *p = arg;

    count_item(p);
    pack_int(p->out, v);
    return 1;
}

static int
take_double(void *arg, double v)
{
    struct packer *p = arg;

    if (!isfinite(v))
        return 0;
    count_item(p);
    if (floor(v) == v && fabs(v) <= WHOLE_MAX)
        pack_int(p->out, (int64_t)v);
    else
        pack_num(p->out, v);
    return 1;
}

static int
take_string(void *arg, const unsigned char *s, size_t n)
{
    struct packer *p = arg;

    if (memchr(s, '\0', n) != NULL)
        return 0;
    count_item(p);
    pack_str(p->out, (const char *)s, n);
    return 1;
}

static int
open_level(struct packer *p, bool map)
{
    struct level *l;

    if (p->depth == DEPTH_MAX)
        return 0;
    count_item(p);
    l = &p->levels[p->depth++];
    l->map = map;
    l->count = 0;
    l->keys = p->keys.len / sizeof(struct key);
    l->at = map ? pack_map_open(p->out) : pack_array_open(p->out);
    return 1;
}

static int
open_map(void *arg)
{
    return open_level(arg, true);
}

static int
open_array(void *arg)
{
    return open_level(arg, false);
}

static int
take_key(void *arg, const unsigned char *s, size_t n)
{
    struct packer *p = arg;
    struct level *l = &p->levels[p->depth - 1];
    struct key key = {0, (uint32_t)n, 2166136261u};

    if (memchr(s, '\0', n) != NULL)
        return 0;
    for (size_t i = 0; i < n; i++)
        key.hash = (key.hash ^ s[i]) * 16777619u;
    pack_str(p->out, (const char *)s, n);
    key.at = p->out->len - n;
    buf_add(&p->keys, &key, sizeof key);
    l->count++;
    return 1;
}

static int
compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

/* Keys of one hash stand side by side after sorting; several different ones
 * are compared with each other. */
static bool
has_repeated_key(const struct packer *p, const struct level *l)
{
    const char *text = p->out->data;
    struct key *keys;

    if (l->count < 2)
        return false;
    keys = key_list(p) + l->keys;
    qsort(keys, l->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = i + 1; k < l->count && keys[k].hash == keys[i].hash &&
                               keys[k].n == keys[i].n;
             k++)
            if (memcmp(text + keys[i].at, text + keys[k].at, keys[i].n) == 0)
                return true;
    return false;
}

static int
close_map(void *arg)
{
    struct packer *p = arg;
    struct level *l = &p->levels[--p->depth];

    if (has_repeated_key(p, l))
        return 0;
    buf_cut(&p->keys, l->keys * sizeof(struct key));
    pack_map_close(p->out, l->at, l->count);
    return 1;
}

static int
close_array(void *arg)
{
    struct packer *p = arg;
    struct level *l = &p->levels[--p->depth];

    pack_array_close(p->out, l->at, l->count);
    return 1;
}

/* The words for what is wrong; and the way out where the two readers do not
 * agree that anything is. */
static int
pack_slowly(struct buf *out, const char *p, size_t n, struct err *e)
{
    json_t *value = json_read(p, n, e);

    if (value == NULL)
        return -1;
    pack_json(out, value);
    json_decref(value);
    return 0;
}

int
pack_json_text(struct buf *out, const char *p, size_t n, struct err *e)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = take_null,
        .yajl_boolean = take_boolean,
        .yajl_integer = take_integer,
        .yajl_double = take_double,
        .yajl_string = take_string,
        .yajl_start_map = open_map,
        .yajl_map_key = take_key,
        .yajl_end_map = close_map,
        .yajl_start_array = open_array,
        .yajl_end_array = close_array,
    };
    struct packer packer = {.out = out};
    size_t before = out->len;
    bool whole = json_events(&callbacks, &packer, p, n);

    buf_free(&packer.keys);
    if (whole)
        return 0;
    buf_cut(out, before);
    return pack_slowly(out, p, n, e);
}

const struct value *
value_at(const struct value *v, const char *path)
{
    struct str rest = str_of(path), step;
    char name[256];

    while (v != NULL && str_cut(&rest, '.', &step)) {
        uint64_t i;

        if (value_type(v) == VALUE_ARRAY && str_to_u64(step, &i)) {
            v = value_item(v, (size_t)i);
            continue;
        }
        if (step.len >= sizeof name)
            return NULL;
        memcpy(name, step.p, step.len);
        name[step.len] = '\0';
        v = value_get(v, name);
    }
    return v;
}

bool
value_text_at(const struct value *v, const char *path, struct buf *out)
{
    const struct value *found = value_at(v, path);
    struct str s = value_str(found);

    if (value_is_str(found))
        buf_add(out, s.p, s.len);
    else if (value_type(found) == VALUE_INT)
        json_put_int(out, value_int(found, 0));
    else
        return false;
    return true;
}
