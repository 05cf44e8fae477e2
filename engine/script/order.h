/*
 * order: a table's keys in the one order that scripts and their results ever
 * see: numbers ascending, then strings by their bytes, then false and true.
 * Nothing that leaves a script may depend on where a hash put its keys.
 */
#ifndef SCRIPT_ORDER_H
#define SCRIPT_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

enum order_type {
    ORDER_NUMBER,
    ORDER_STRING,
    ORDER_BOOLEAN
};

struct order_key {
    enum order_type type;
    bool is_integer;
    lua_Integer i; /* the integer, the boolean */
    lua_Number n;
    const char *p; /* a string's bytes: valid while the table holds the key */
    size_t len;
};

/* A stack of keys: who adds some takes them off again. C memory, kept. */
struct order_keys {
    struct order_key *items;
    size_t count, cap;
};

/* How a table looks from outside. */
enum order_shape {
    ORDER_EMPTY,
    ORDER_LIST,  /* integer keys 1..n and no others */
    ORDER_MAP,   /* string keys only */
    ORDER_MIXED, /* keys of the three types, neither of the above */
    ORDER_ODD,   /* other keys (tables, functions) besides */
};

/* The shape of the table at the index; *n its number of keys. Raw. */
enum order_shape order_shape(lua_State *L, int index, size_t *n);

/* Append the sorted keys of the table at the index, whose shape is not
 * ORDER_ODD; returns how many. */
size_t order_add(lua_State *L, int index, struct order_keys *keys);

/* Push one of them as a Lua value. */
void order_push(lua_State *L, const struct order_key *key);

/* Push the first key in order of a table (nil of an empty one; true when it
 * has only keys that have no order). */
void order_push_first(lua_State *L, int index);

#endif
