#include "script/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Read the key at the top of the stack; false when it has no order. */
static bool
read_key(lua_State *L, struct order_key *key)
{
    memset(key, 0, sizeof *key);
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        key->type = ORDER_STRING;
        key->p = lua_tolstring(L, -1, &key->len);
        return true;
    case LUA_TNUMBER:
        key->type = ORDER_NUMBER;
        key->is_integer = lua_isinteger(L, -1);
        key->i = key->is_integer ? lua_tointeger(L, -1) : 0;
        key->n = lua_tonumber(L, -1);
        return true;
    case LUA_TBOOLEAN:
        key->type = ORDER_BOOLEAN;
        key->i = lua_toboolean(L, -1);
        return true;
    default:
        return false;
    }
}

/* An integer and a float that round to the same double differ still: the
 * float is then exact, and below 2^63 unless it is 2^63 itself. */
static int
compare_mixed(lua_Integer i, lua_Number n)
{
    lua_Integer other;

    if ((lua_Number)i != n)
        return (lua_Number)i < n ? -1 : 1;
    if (n >= 9223372036854775808.0)
        return -1;
    other = (lua_Integer)n;
    return i < other ? -1 : i > other;
}

static int
compare_numbers(const struct order_key *a, const struct order_key *b)
{
    if (a->is_integer && b->is_integer)
        return a->i < b->i ? -1 : a->i > b->i;
    if (a->is_integer)
        return compare_mixed(a->i, b->n);
    if (b->is_integer)
        return -compare_mixed(b->i, a->n);
    return a->n < b->n ? -1 : a->n > b->n;
}

static int
compare_strings(const struct order_key *a, const struct order_key *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->p, b->p, n);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int
compare(const void *one, const void *two)
{
    const struct order_key *a = one, *b = two;

    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->type == ORDER_STRING)
        return compare_strings(a, b);
    if (a->type == ORDER_NUMBER)
        return compare_numbers(a, b);
    return (int)(a->i - b->i);
}

enum order_shape
order_shape(lua_State *L, int index, size_t *n)
{
    size_t listed = 0, strings = 0, others = 0, odd = 0;
    lua_Unsigned border = lua_rawlen(L, index);

    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        int type = lua_type(L, -2);

        if (type == LUA_TSTRING)
            strings++;
        else if (type != LUA_TNUMBER && type != LUA_TBOOLEAN)
            odd++;
        else if (lua_isinteger(L, -2) &&
                 (lua_Unsigned)lua_tointeger(L, -2) - 1 < border)
            listed++;
        else
            others++;
    }
    *n = listed + strings + others + odd;
    if (*n == 0)
        return ORDER_EMPTY;
    if (odd)
        return ORDER_ODD;
    if (listed == *n && listed == border)
        return ORDER_LIST;
    return strings == *n ? ORDER_MAP : ORDER_MIXED;
}

static void
add_one(struct order_keys *keys, const struct order_key *key)
{
    if (keys->count == keys->cap) {
        keys->cap = keys->cap ? keys->cap * 2 : 256;
        keys->items = mem_grow(keys->items, keys->cap * sizeof *keys->items);
    }
    keys->items[keys->count++] = *key;
}

/* Few keys are the rule, and they often come sorted. */
static void
sort_keys(struct order_key *items, size_t n)
{
    if (n > 32) {
        qsort(items, n, sizeof *items, compare);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct order_key key = items[i];
        size_t at = i;

        for (; at > 0 && compare(&key, &items[at - 1]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = key;
    }
}

size_t
order_add(lua_State *L, int index, struct order_keys *keys)
{
    size_t base = keys->count;
    struct order_key key;

    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        if (read_key(L, &key))
            add_one(keys, &key);
    }
    if (keys->count > base)
        sort_keys(keys->items + base, keys->count - base);
    return keys->count - base;
}

void
order_push(lua_State *L, const struct order_key *key)
{
    if (key->type == ORDER_STRING)
        lua_pushlstring(L, key->p, key->len);
    else if (key->type == ORDER_BOOLEAN)
        lua_pushboolean(L, (int)key->i);
    else if (key->is_integer)
        lua_pushinteger(L, key->i);
    else
        lua_pushnumber(L, key->n);
}

void
order_push_first(lua_State *L, int index)
{
    struct order_key first = {0}, key;
    bool any = false, ordered = false;

    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        any = true;
        if (!read_key(L, &key))
            continue;
        if (!ordered || compare(&key, &first) < 0)
            first = key;
        ordered = true;
    }
    if (ordered)
        order_push(L, &first);
    else if (any)
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
}
