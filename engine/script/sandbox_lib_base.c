/* The base words that differ from stock Lua: see sandbox_lib.h. */
#include "script/sandbox_lib.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"
#include "script/order.h"
#include "script/push.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_load.h"

const char *
sandbox_text_argument(lua_State *L, int index, size_t *n)
{
    const char *p = luaL_checklstring(L, index, n);

    sandbox_charge(L, *n / 8);
    if (utf8_valid(p, *n))
        return p;
    utf8_clean(sandbox_scratch(L), p, *n);
    sandbox_push_scratch(L);
    lua_replace(L, index);
    return lua_tolstring(L, index, n);
}

/* Whether the metatable at the top is one that scripts may not touch. */
static bool
is_guarded(lua_State *L)
{
    bool guarded;

    lua_pushliteral(L, "__metatable");
    guarded = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 1);
    return guarded;
}

void
sandbox_check_writable(lua_State *L, int index)
{
    bool guarded;

    luaL_checktype(L, index, LUA_TTABLE);
    if (!lua_getmetatable(L, index))
        return;
    guarded = is_guarded(L);
    lua_pop(L, 1);
    if (guarded)
        luaL_argerror(L, index, "this table belongs to the language");
}

int
sandbox_word_charged(lua_State *L)
{
    lua_CFunction stock = lua_tocfunction(L, lua_upvalueindex(1));

    if (lua_type(L, 1) == LUA_TSTRING)
        sandbox_charge(L, lua_rawlen(L, 1) / 8);
    return stock(L);
}

/* --- walking --- */

/* Upvalues: the table, its keys in order or nil, how far. */
static int
pairs_step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));

    for (;;) {
        at++;
        if (lua_isnil(L, lua_upvalueindex(2)))
            lua_pushinteger(L, at);
        else if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;
        /* a key that went away since, or the end of a list */
        if (lua_isnil(L, lua_upvalueindex(2)))
            return 1;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static void
push_sorted_keys(lua_State *L, int index, size_t n)
{
    struct order_keys *keys = sandbox_keys(L);

    order_add(L, index, keys);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        order_push(L, &keys->items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static size_t
sort_work(size_t n)
{
    return n * (4 + (n ? (63 - (size_t)__builtin_clzll(n)) / 2 : 0));
}

static int
word_pairs(lua_State *L)
{
    enum order_shape shape;
    size_t n;

    luaL_checktype(L, 1, LUA_TTABLE);
    shape = order_shape(L, 1, &n);
    if (shape == ORDER_ODD)
        return luaL_argerror(L, 1,
                             "pairs takes tables whose keys are numbers, "
                             "strings and booleans");
    lua_pushvalue(L, 1);
    if (shape == ORDER_LIST || shape == ORDER_EMPTY) {
        sandbox_charge(L, n / 8);
        lua_pushnil(L);
    } else {
        sandbox_charge(L, sort_work(n));
        push_sorted_keys(L, 1, n);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 3);
    return 1;
}

static int
word_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        return luaL_error(L, "next takes one argument here: it tells whether a "
                             "table is empty; walk with pairs");
    order_push_first(L, 1);
    if (lua_isnil(L, -1))
        return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

/* --- errors --- */

static int
word_error(lua_State *L)
{
    lua_Integer level = luaL_optinteger(L, 2, 1);
    char place[SANDBOX_PLACE_MAX];

    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING && level > 0 && level < 64 &&
        sandbox_place_at(L, (int)level, place)) {
        lua_pushfstring(L, "%s: ", place);
        lua_insert(L, 1);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int
word_pcall(lua_State *L)
{
    int status;

    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    sandbox_stop_again(L);
    if (status == LUA_OK)
        return lua_gettop(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* Stock Lua runs the handler on top of the failed function, where hooks may
 * be off: a handler could then run for ever. Here it runs after unwinding. */
static int
word_xpcall(lua_State *L)
{
    int status, count = lua_gettop(L) - 2;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    status = lua_pcall(L, count, LUA_MULTRET, 0);
    sandbox_stop_again(L);
    if (status == LUA_OK)
        return lua_gettop(L) - 2;
    lua_pushvalue(L, 2);
    lua_insert(L, -2);
    lua_pcall(L, 1, 1, 0);
    sandbox_stop_again(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

static int
word_where(lua_State *L)
{
    lua_Integer level = luaL_optinteger(L, 1, 1);
    char place[SANDBOX_PLACE_MAX];

    if (level < 0 || level > 64 || !sandbox_place(L, (int)level, place))
        lua_pushnil(L);
    else
        lua_pushstring(L, place);
    return 1;
}

/* --- metatables --- */

static void
refuse_field(lua_State *L, int index, const char *name)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, index) != LUA_TNIL)
        luaL_error(L, "setmetatable: %s is not available", name);
    lua_pop(L, 1);
}

static int
word_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2,
                     "nil or table");
    sandbox_check_writable(L, 1);
    if (lua_istable(L, 2)) {
        refuse_field(L, 2, "__gc");
        refuse_field(L, 2, "__mode");
        refuse_field(L, 2, "__metatable");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int
word_getmetatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!lua_istable(L, 1) || push_is_marked(L, 1) || !lua_getmetatable(L, 1) ||
        is_guarded(L))
        lua_pushnil(L);
    return 1;
}

static int
word_rawset(lua_State *L)
{
    sandbox_check_writable(L, 1);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

/* --- text of values --- */

/* Push the text of the value at the index, without an address in it. */
static void
push_text_of(lua_State *L, int index)
{
    int type = lua_type(L, index);

    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return;
    }
    if (type == LUA_TBOOLEAN)
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
    else if (type == LUA_TLIGHTUSERDATA)
        lua_pushliteral(L, "null");
    else if (type == LUA_TNUMBER || type == LUA_TSTRING)
        lua_pushvalue(L, index);
    else
        lua_pushstring(L, lua_typename(L, type));
    lua_tolstring(L, -1, NULL);
}

static int
word_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    push_text_of(L, 1);
    return 1;
}

int
sandbox_word_format(lua_State *L)
{
    lua_CFunction stock = lua_tocfunction(L, lua_upvalueindex(1));
    const char *p = luaL_checkstring(L, 1), *end = p + lua_rawlen(L, 1);
    int top = lua_gettop(L), argument = 1;

    for (; p < end; p++) {
        if (*p != '%' || *++p == '%')
            continue;
        p += strspn(p, "-+ #0123456789.");
        argument++;
        if (*p == 'p')
            return luaL_argerror(L, 1, "'%p' is not available");
        if (*p == 's' && argument <= top &&
            lua_type(L, argument) != LUA_TSTRING) {
            push_text_of(L, argument);
            lua_replace(L, argument);
        }
    }
    return stock(L);
}

const luaL_Reg sandbox_words_base[] = {
    {"error", word_error},
    {"getmetatable", word_getmetatable},
    {"next", word_next},
    {"pairs", word_pairs},
    {"pcall", word_pcall},
    {"rawset", word_rawset},
    {"require", sandbox_word_require},
    {"setmetatable", word_setmetatable},
    {"tostring", word_tostring},
    {"where", word_where},
    {"xpcall", word_xpcall},
    {NULL, NULL},
};
