/*
 * push: MessagePack straight into Lua values and back, with nothing in
 * between. 64-bit integers stay exact; lists stay lists even when empty (they
 * carry a mark); what comes out is the same bytes for the same value.
 */
#ifndef SCRIPT_PUSH_H
#define SCRIPT_PUSH_H

#include <stddef.h>

#include <lua.h>

#include "base/buf.h"

/* Push one value, which must be all of p[0..n). nil as a map's member is left
 * out; nil in a list is json.null, so that places are kept. A malformed text
 * is a Lua error. */
void push_value(lua_State *L, const char *p, size_t n);

/* Keep in the registry what the arguments of calls may name (pack.h): an array
 * of a map and a list. A malformed text is a Lua error. */
void push_share(lua_State *L, const char *p, size_t n);

/* Push the items of an array, nil as nil; returns how many. */
int push_arguments(lua_State *L, const char *p, size_t n);

/* Append the value at the top of the stack as MessagePack: raw reads only,
 * keys sorted, within the limits of the call; a map's member "trace" at the
 * top has its own cap of nodes (and 64 bytes for each), when there is one. A
 * value that cannot be a result fails with SCRIPT_BAD_RESULT and the path to
 * it. */
void push_result(lua_State *L, struct buf *out);

/* Mark the table at the top of the stack as a list. */
void push_mark_list(lua_State *L);

/* Whether the table at the index carries the mark. */
int push_is_marked(lua_State *L, int index);

#endif
