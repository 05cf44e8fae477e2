/* value_write: the functions of value.h that write a value in another form. */
#include "base/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack/object.h>

#include "base/json.h"
#include "base/pack.h"

#define KEYS_STACK 32

static json_t *
make(json_t *made)
{
    /* What was checked when it was read can fail for want of memory only. */
    if (made == NULL)
        mem_failed();
    return made;
}

static json_t *
array_json(const struct value *v)
{
    json_t *array = make(json_array());

    for (size_t i = 0; i < value_count(v); i++)
        if (json_array_append_new(array, value_json(value_item(v, i))) != 0)
            mem_failed();
    return array;
}

/* Of two members with one name the first counts, as in value_get. */
static json_t *
map_json(const struct value *v)
{
    json_t *object = make(json_object());
    struct str key;

    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *member = value_member(v, i, &key);

        if (json_object_getn(object, key.p, key.len) != NULL)
            continue;
        if (json_object_setn_new_nocheck(object, key.p, key.len,
                                         value_json(member)) != 0)
            mem_failed();
    }
    return object;
}

json_t *
value_json(const struct value *v)
{
    double n = value_num(v, (double)NAN);
    struct str s = value_str(v);

    switch (value_type(v)) {
    case VALUE_BOOL:
        return json_boolean(value_bool(v, false));
    case VALUE_INT:
        return make(json_integer(value_int(v, 0)));
    case VALUE_NUM:
        return isnan(n) ? json_null() : make(json_real(n));
    case VALUE_STR:
        return make(json_stringn_nocheck(s.p, s.len));
    case VALUE_ARRAY:
        return array_json(v);
    case VALUE_MAP:
        return map_json(v);
    case VALUE_NIL:
        break;
    }
    return json_null();
}

struct member {
    struct str key;
    const struct value *value;
    size_t place;
};

/* By key; of equal keys the first that was sent stands first. */
static int
compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = memcmp(x->key.p, y->key.p, n);

    if (order != 0)
        return order;
    if (x->key.len != y->key.len)
        return x->key.len < y->key.len ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static void
map_to_json(struct buf *out, const struct value *v)
{
    struct member few[KEYS_STACK], *members = few;
    size_t count = value_count(v);

    if (count > KEYS_STACK)
        members = mem_alloc(count * sizeof(*members));
    for (size_t i = 0; i < count; i++) {
        members[i].value = value_member(v, i, &members[i].key);
        members[i].place = i;
    }
    if (count > 1)
        qsort(members, count, sizeof(*members), compare_members);
    buf_addc(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_eq(members[i].key, members[i - 1].key))
            continue;
        if (i > 0)
            buf_addc(out, ',');
        json_put_str(out, members[i].key.p, members[i].key.len);
        buf_addc(out, ':');
        value_to_json(out, members[i].value);
    }
    buf_addc(out, '}');
    if (members != few)
        free(members);
}

static void
array_to_json(struct buf *out, const struct value *v)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < value_count(v); i++) {
        if (i > 0)
            buf_addc(out, ',');
        value_to_json(out, value_item(v, i));
    }
    buf_addc(out, ']');
}

void
value_to_json(struct buf *out, const struct value *v)
{
    struct str s = value_str(v);

    switch (value_type(v)) {
    case VALUE_BOOL:
        buf_adds(out, value_bool(v, false) ? "true" : "false");
        return;
    case VALUE_INT:
        json_put_int(out, value_int(v, 0));
        return;
    case VALUE_NUM:
        json_put_num(out, value_num(v, (double)NAN));
        return;
    case VALUE_STR:
        json_put_str(out, s.p, s.len);
        return;
    case VALUE_ARRAY:
        array_to_json(out, v);
        return;
    case VALUE_MAP:
        map_to_json(out, v);
        return;
    case VALUE_NIL:
        buf_adds(out, "null");
        return;
    }
}

static void
pack_members(struct buf *out, const struct value *v)
{
    struct str key;

    pack_map(out, value_count(v));
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *member = value_member(v, i, &key);

        pack_str(out, key.p, key.len);
        value_pack(out, member);
    }
}

static void
pack_items(struct buf *out, const struct value *v)
{
    pack_array(out, value_count(v));
    for (size_t i = 0; i < value_count(v); i++)
        value_pack(out, value_item(v, i));
}

void
value_pack(struct buf *out, const struct value *v)
{
    struct str s = value_str(v);

    switch (value_type(v)) {
    case VALUE_BOOL:
        pack_bool(out, value_bool(v, false));
        return;
    case VALUE_INT:
        pack_int(out, value_int(v, 0));
        return;
    case VALUE_NUM:
        /* Not by value_num, which hides what is not finite. */
        pack_num(out, ((const msgpack_object *)v)->via.f64);
        return;
    case VALUE_STR:
        pack_str(out, s.p, s.len);
        return;
    case VALUE_ARRAY:
        pack_items(out, v);
        return;
    case VALUE_MAP:
        pack_members(out, v);
        return;
    case VALUE_NIL:
        pack_nil(out);
        return;
    }
}
