/* table.*: raw reads and writes, real lengths, charged: see sandbox_lib.h. */
#include "script/sandbox_lib.h"

#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox_inside.h"

#define RANGE_MAX  1000000
#define UNPACK_MAX 10000 /* results of one call: they go on the stack */

/* A table that has a say in its length would get less than it asks for: it is
 * refused instead. */
static lua_Integer
length_of(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    if (luaL_getmetafield(L, index, "__len") != LUA_TNIL)
        luaL_argerror(L, index, "a table with a __len of its own");
    return (lua_Integer)lua_rawlen(L, index);
}

/* How many numbers first..last has, refused over a million and charged. */
static lua_Integer
check_range(lua_State *L, lua_Integer first, lua_Integer last, lua_Integer max)
{
    lua_Unsigned count;

    if (first > last)
        return 0;
    count = (lua_Unsigned)last - (lua_Unsigned)first;
    if (count >= (lua_Unsigned)max)
        return luaL_error(L, "a range of more than %I", (LUAI_UACINT)max);
    sandbox_charge(L, (size_t)count / 4 + 1);
    return (lua_Integer)count + 1;
}

/* t[to..] = t[from..], `count` of them, last first when moving up. */
static void
shift(lua_State *L, lua_Integer from, lua_Integer to, lua_Integer count)
{
    for (lua_Integer i = 0; i < count; i++) {
        lua_Integer at = to > from ? count - 1 - i : i;

        lua_rawgeti(L, 1, from + at);
        lua_rawseti(L, 1, to + at);
    }
}

static int
word_insert(lua_State *L)
{
    lua_Integer n, at;

    sandbox_check_writable(L, 1);
    n = length_of(L, 1);
    if (lua_gettop(L) == 2) {
        lua_rawseti(L, 1, n + 1);
        return 0;
    }
    if (lua_gettop(L) != 3)
        return luaL_error(L, "wrong number of arguments to 'insert'");
    at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, at >= 1 && at <= n + 1, 2, "position out of bounds");
    sandbox_charge(L, (size_t)(n - at + 1) / 4);
    shift(L, at, at + 1, n - at + 1);
    lua_rawseti(L, 1, at);
    return 0;
}

static int
word_remove(lua_State *L)
{
    lua_Integer n, at;

    sandbox_check_writable(L, 1);
    n = length_of(L, 1);
    at = luaL_optinteger(L, 2, n);
    if (n + 1 == at || (n == 0 && at == 0)) {
        lua_rawgeti(L, 1, at);
    } else {
        luaL_argcheck(L, at >= 1 && at <= n, 2, "position out of bounds");
        sandbox_charge(L, (size_t)(n - at) / 4);
        lua_rawgeti(L, 1, at);
        shift(L, at + 1, at, n - at);
        at = n;
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, at);
    return 1;
}

static int
word_move(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4), count;
    int target = lua_isnoneornil(L, 5) ? 1 : 5;

    luaL_checktype(L, 1, LUA_TTABLE);
    sandbox_check_writable(L, target);
    count = check_range(L, from, last, RANGE_MAX);
    luaL_argcheck(L, count == 0 || to <= LUA_MAXINTEGER - count + 1, 4,
                  "destination wrap around");
    for (lua_Integer i = 0; i < count; i++) {
        lua_Integer at = to > from ? count - 1 - i : i;

        lua_rawgeti(L, 1, from + at);
        lua_rawseti(L, target, to + at);
    }
    lua_pushvalue(L, target);
    return 1;
}

static void
add_item(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
    if (lua_rawgeti(L, 1, i) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "table.concat: item %I is a %s", (LUAI_UACINT)i,
                   luaL_typename(L, -1));
    luaL_addvalue(b);
}

static int
word_concat(lua_State *L)
{
    lua_Integer n = length_of(L, 1), first, last;
    size_t separator_n;
    const char *separator = luaL_optlstring(L, 2, "", &separator_n);
    luaL_Buffer b;

    first = luaL_optinteger(L, 3, 1);
    last = luaL_optinteger(L, 4, n);
    check_range(L, first, last, RANGE_MAX);
    luaL_buffinit(L, &b);
    for (lua_Integer i = first; i < last; i++) {
        add_item(L, &b, i);
        luaL_addlstring(&b, separator, separator_n);
    }
    if (first <= last)
        add_item(L, &b, last);
    luaL_pushresult(&b);
    return 1;
}

static int
word_pack(lua_State *L)
{
    int n = lua_gettop(L);

    lua_createtable(L, n, 1);
    lua_insert(L, 1);
    for (int i = n; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushliteral(L, "n");
    lua_pushinteger(L, n);
    lua_rawset(L, 1);
    return 1;
}

static int
word_unpack(lua_State *L)
{
    lua_Integer n = length_of(L, 1), first, last, count;

    first = luaL_optinteger(L, 2, 1);
    last = luaL_optinteger(L, 3, n);
    count = check_range(L, first, last, UNPACK_MAX);
    if (!lua_checkstack(L, (int)count))
        return luaL_error(L, "too many results to unpack");
    for (lua_Integer i = 0; i < count; i++)
        lua_rawgeti(L, 1, first + i);
    return (int)count;
}

/* --- sort: a stable merge, which no comparator can send astray --- */

/* Whether the value on top comes before the one below it; pops both. With
 * 2 = the comparator or nil. */
static int
comes_before(lua_State *L)
{
    int before;

    if (lua_isnil(L, 2)) {
        before = lua_compare(L, -1, -2, LUA_OPLT);
        lua_pop(L, 2);
        return before;
    }
    lua_pushvalue(L, 2);
    lua_insert(L, -3);
    lua_insert(L, -2);
    lua_call(L, 2, 1);
    before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/* Merge from[low..middle) and from[middle..high) into `to`, 1-based. */
static void
merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
      lua_Integer high)
{
    lua_Integer left = low, right = middle;

    for (lua_Integer at = low; at < high; at++) {
        bool take_right = left == middle;

        if (left < middle && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = comes_before(L);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, at);
    }
}

static lua_Integer
smaller(lua_Integer a, lua_Integer b)
{
    return a < b ? a : b;
}

/* Sorts items 1..n of the table at `from` with the one at `to` as the other
 * half; returns the index of the one that holds the result. */
static int
merge_sort(lua_State *L, int from, int to, lua_Integer n)
{
    for (lua_Integer width = 1; width < n; width *= 2) {
        int swap = from;

        sandbox_charge(L, (size_t)n / 2);
        for (lua_Integer low = 1; low <= n; low += 2 * width)
            merge(L, from, to, low, smaller(low + width, n + 1),
                  smaller(low + 2 * width, n + 1));
        from = to;
        to = swap;
    }
    return from;
}

static int
word_sort(lua_State *L)
{
    lua_Integer n;
    int sorted;

    sandbox_check_writable(L, 1);
    n = length_of(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    check_range(L, 1, n, RANGE_MAX);
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    sorted = merge_sort(L, 3, 4, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, sorted, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

const luaL_Reg sandbox_words_table[] = {
    {"concat", word_concat}, {"insert", word_insert},
    {"move", word_move},     {"pack", word_pack},
    {"remove", word_remove}, {"sort", word_sort},
    {"unpack", word_unpack}, {NULL, NULL},
};
