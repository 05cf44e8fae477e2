#include "script/cjson_guard.h"

#include <math.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/json.h"
#include "base/str.h"
#include "script/order.h"
#include "script/push.h"
#include "script/sandbox_inside.h"

#define DEPTH_MAX 64

/* From here on not every whole number is a float, so that a float may be
 * another number than the text said. */
#define EXACT_MAX 9007199254740992.0

/* lua-cjson has no header. */
int luaopen_cjson(lua_State *L);

/* --- reading --- */

static void guard_value(lua_State *L);

/* Replace the number on top by the integer it is. */
static void
guard_number(lua_State *L)
{
    lua_Number n = lua_tonumber(L, -1);
    lua_Integer whole;

    if (!(n < EXACT_MAX && n > -EXACT_MAX))
        luaL_error(L, "json: a number past 2^53; write it as text");
    whole = (lua_Integer)n;
    if ((lua_Number)whole != n)
        return;
    lua_pop(L, 1);
    lua_pushinteger(L, whole);
}

static void
guard_list(lua_State *L, size_t n)
{
    for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
        int type = lua_rawgeti(L, -1, i);

        if (type == LUA_TNUMBER) {
            guard_number(L);
            lua_rawseti(L, -2, i);
            continue;
        }
        if (type == LUA_TTABLE)
            guard_value(L);
        lua_pop(L, 1);
    }
    push_mark_list(L);
}

/* Changing the value of a key that is there is allowed while walking. */
static void
guard_map(lua_State *L)
{
    for (lua_pushnil(L); lua_next(L, -2);) {
        int type = lua_type(L, -1);

        if (type == LUA_TTABLE) {
            guard_value(L);
            lua_pop(L, 1);
        } else if (type == LUA_TNUMBER || type == LUA_TLIGHTUSERDATA) {
            if (type == LUA_TNUMBER) {
                guard_number(L);
            } else {
                lua_pop(L, 1);
                lua_pushnil(L);
            }
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -4);
        } else {
            lua_pop(L, 1);
        }
    }
}

/* cjson's tables have the keys 1..n or strings, never both. */
static void
guard_value(lua_State *L)
{
    size_t n = (size_t)lua_rawlen(L, -1);

    luaL_checkstack(L, 6, "json: nested too deeply");
    if (n > 0)
        guard_list(L, n);
    else
        guard_map(L);
}

/* Upvalue: cjson's decode. */
static int
word_decode(lua_State *L)
{
    size_t n;

    luaL_checklstring(L, 1, &n);
    sandbox_charge(L, n / 4);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) == LUA_TNUMBER)
        guard_number(L);
    else if (lua_istable(L, -1))
        guard_value(L);
    return 1;
}

/* --- writing --- */

static void write_value(lua_State *L, struct buf *out, int depth);

/* No longer than a string may be, found out before memory is used up. */
static void
check_length(lua_State *L, const struct buf *out)
{
    if (out->len > sandbox_of(L)->limits.string)
        luaL_error(L, "json: text too long");
}

static void
write_list(lua_State *L, struct buf *out, size_t n, int depth)
{
    buf_addc(out, '[');
    for (size_t i = 1; i <= n; i++) {
        if (i > 1)
            buf_addc(out, ',');
        lua_rawgeti(L, -1, (lua_Integer)i);
        write_value(L, out, depth - 1);
        lua_pop(L, 1);
    }
    buf_addc(out, ']');
}

static void
write_text(lua_State *L, struct buf *out, const char *p, size_t n)
{
    if (!utf8_valid(p, n))
        luaL_error(L, "json: text that is not UTF-8");
    json_put_str(out, p, n);
}

static void
write_map(lua_State *L, struct buf *out, size_t n, int depth)
{
    struct order_keys *keys = &sandbox_of(L)->keys;
    size_t base = keys->count;

    order_add(L, -1, keys);
    buf_addc(out, '{');
    for (size_t i = 0; i < n; i++) {
        struct order_key key = keys->items[base + i];

        if (i > 0)
            buf_addc(out, ',');
        write_text(L, out, key.p, key.len);
        buf_addc(out, ':');
        order_push(L, &key);
        lua_rawget(L, -2);
        write_value(L, out, depth - 1);
        lua_pop(L, 1);
    }
    keys->count = base;
    buf_addc(out, '}');
}

static void
write_table(lua_State *L, struct buf *out, int depth)
{
    enum order_shape shape;
    size_t n;

    if (depth == 0)
        luaL_error(L, "json: nested too deeply");
    luaL_checkstack(L, 6, "json: nested too deeply");
    shape = order_shape(L, -1, &n);
    sandbox_charge(L, n * 8);
    if (shape == ORDER_LIST || (shape == ORDER_EMPTY && push_is_marked(L, -1)))
        write_list(L, out, n, depth);
    else if (shape == ORDER_MAP || shape == ORDER_EMPTY)
        write_map(L, out, n, depth);
    else
        luaL_error(L, "json: a table that is neither a list nor a map with "
                      "names only");
}

static void
write_number(lua_State *L, struct buf *out)
{
    if (lua_isinteger(L, -1)) {
        json_put_int(out, lua_tointeger(L, -1));
        return;
    }
    if (!isfinite(lua_tonumber(L, -1)))
        luaL_error(L, "json: a number that is not finite");
    json_put_num(out, lua_tonumber(L, -1));
}

static void
write_value(lua_State *L, struct buf *out, int depth)
{
    size_t n;
    const char *p;

    check_length(L, out);
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
    case LUA_TLIGHTUSERDATA:
        buf_adds(out, "null");
        return;
    case LUA_TBOOLEAN:
        buf_adds(out, lua_toboolean(L, -1) ? "true" : "false");
        return;
    case LUA_TNUMBER:
        write_number(L, out);
        return;
    case LUA_TSTRING:
        p = lua_tolstring(L, -1, &n);
        sandbox_charge(L, n / 8);
        write_text(L, out, p, n);
        return;
    case LUA_TTABLE:
        write_table(L, out, depth);
        return;
    default:
        luaL_error(L, "json: a %s cannot be written", luaL_typename(L, -1));
    }
}

static int
word_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    sandbox_keys(L);
    write_value(L, sandbox_scratch(L), DEPTH_MAX);
    sandbox_push_scratch(L);
    return 1;
}

static int
word_list(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
        luaL_argcheck(L, push_is_marked(L, 1) || !lua_getmetatable(L, 1), 1,
                      "it has a metatable");
        lua_settop(L, 1);
    }
    push_mark_list(L);
    return 1;
}

/* --- opening --- */

/* cjson on top: options that hold for every later call. Without a kept buffer
 * it owns no C memory, which a restored image would free twice. */
static void
configure(lua_State *L)
{
    lua_getfield(L, -1, "encode_keep_buffer");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode_max_depth");
    lua_pushinteger(L, DEPTH_MAX);
    lua_call(L, 1, 0);
}

void
cjson_guard_open(lua_State *L)
{
    lua_createtable(L, 0, 4);
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    configure(L);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    lua_pushcclosure(L, word_decode, 1);
    lua_setfield(L, -2, "decode");
    lua_pushcfunction(L, word_encode);
    lua_setfield(L, -2, "encode");
    lua_pushcfunction(L, word_list);
    lua_setfield(L, -2, "list");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
}
