#include "script/push.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/pack.h"
#include "script/sandbox_inside.h"

#define DEPTH_MAX 64

/*
 * The keys of a list of messages come again with each of them, and so do their
 * roles and kinds. A short string that was just pushed is found by its bytes
 * and pushed again from the place on the stack that keeps it, for less than Lua
 * needs to intern it.
 */
#define SHORT_MAX 16
#define SEEN      64 /* places; a power of two */

struct seen {
    const char *p; /* as Lua keeps it */
    size_t n;
};

/* The bytes not yet read. */
struct reader {
    lua_State *L;
    const unsigned char *p, *end;
    int places; /* the first of them on the stack */
    struct seen seen[SEEN];
};

static void
malformed(struct reader *r)
{
    luaL_error(r->L, "malformed MessagePack");
}

static void
need(struct reader *r, size_t n)
{
    if ((size_t)(r->end - r->p) < n)
        malformed(r);
}

/* A big-endian number of `n` bytes. */
static uint64_t
read_number(struct reader *r, size_t n)
{
    uint64_t v = 0;

    need(r, n);
    for (size_t i = 0; i < n; i++)
        v = v << 8 | *r->p++;
    return v;
}

static void
push_short(struct reader *r, const char *p, size_t n)
{
    lua_State *L = r->L;
    size_t hash = n * 5 + (unsigned char)p[0] + (unsigned char)p[n - 1] * 3u;
    int place = (int)(hash & (SEEN - 1));
    struct seen *seen = &r->seen[place];

    if (seen->n == n && memcmp(seen->p, p, n) == 0) {
        lua_pushvalue(L, r->places + place);
        return;
    }
    *seen = (struct seen){lua_pushlstring(L, p, n), n};
    lua_copy(L, -1, r->places + place);
}

static void
push_string(struct reader *r, size_t n)
{
    need(r, n);
    if (n > 0 && n <= SHORT_MAX)
        push_short(r, (const char *)r->p, n);
    else
        lua_pushlstring(r->L, (const char *)r->p, n);
    r->p += n;
}

static void push_any(struct reader *r, int depth);

/* A count of items that cannot be there is refused before memory is asked
 * for: each item has at least one byte. */
static int
check_count(struct reader *r, uint64_t count, int depth)
{
    if (depth == 0 || count > (uint64_t)(r->end - r->p))
        malformed(r);
    luaL_checkstack(r->L, 4, "nested too deeply");
    return (int)count;
}

static void
push_array(struct reader *r, uint64_t count, int depth)
{
    lua_State *L = r->L;
    int n = check_count(r, count, depth);

    lua_createtable(L, n, 0);
    push_mark_list(L);
    for (int i = 1; i <= n; i++) {
        push_any(r, depth - 1);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushlightuserdata(L, NULL);
        }
        lua_rawseti(L, -2, i);
    }
}

/* Nearly all are short strings. */
static void
push_key(struct reader *r)
{
    need(r, 1);
    if ((*r->p & 0xe0) == 0xa0) {
        push_string(r, *r->p++ & 31);
        return;
    }
    push_any(r, 1);
    if (lua_isnil(r->L, -1))
        malformed(r);
}

/* Into the table at the top of the stack. */
static void
set_members(struct reader *r, int n, int depth)
{
    for (int i = 0; i < n; i++) {
        push_key(r);
        push_any(r, depth - 1);
        lua_rawset(r->L, -3);
    }
}

static void
push_map(struct reader *r, uint64_t count, int depth)
{
    int n = check_count(r, count, depth);

    lua_createtable(r->L, 0, n);
    set_members(r, n, depth);
}

/* --- what calls share --- */

static uint64_t
read_map_count(struct reader *r)
{
    uint64_t type = read_number(r, 1);

    if ((type & 0xf0) == 0x80)
        return type & 15;
    if (type != 0xde && type != 0xdf)
        malformed(r);
    return read_number(r, type == 0xde ? 2 : 4);
}

/* In the table that is kept each stands at the number of its type. */
static void
push_shared(struct reader *r, int type)
{
    lua_State *L = r->L;

    luaL_checkstack(L, 4, "nested too deeply");
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_shared) != LUA_TTABLE)
        malformed(r);
    lua_rawgeti(L, -1, type);
    lua_remove(L, -2);
}

/* The state is put back after the call: the table may be changed. */
static void
push_shared_map(struct reader *r, int depth)
{
    int n = check_count(r, read_map_count(r), depth);

    push_shared(r, PACK_SHARED_MAP);
    set_members(r, n, depth);
}

static void
push_shared_list(struct reader *r)
{
    lua_State *L = r->L;
    uint64_t first = read_number(r, 4), count = read_number(r, 4);

    push_shared(r, PACK_SHARED_LIST);
    if (first + count > lua_rawlen(L, -1))
        malformed(r);
    lua_createtable(L, (int)count, 0);
    push_mark_list(L);
    for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)first + i);
        lua_rawseti(L, -2, i);
    }
    lua_remove(L, -2);
}

static void
push_extension(struct reader *r, uint64_t n, int depth)
{
    uint64_t type = read_number(r, 1);

    if (type == PACK_SHARED_MAP && n == 0)
        push_shared_map(r, depth);
    else if (type == PACK_SHARED_LIST && n == 8)
        push_shared_list(r);
    else
        malformed(r);
}

static void
push_unsigned(struct reader *r, uint64_t v)
{
    if (v > INT64_MAX)
        lua_pushnumber(r->L, (lua_Number)v);
    else
        lua_pushinteger(r->L, (lua_Integer)v);
}

static void
push_float(struct reader *r)
{
    uint32_t bits = (uint32_t)read_number(r, 4);
    float f;

    memcpy(&f, &bits, sizeof f);
    lua_pushnumber(r->L, (lua_Number)f);
}

static void
push_double(struct reader *r)
{
    uint64_t bits = read_number(r, 8);
    double d;

    memcpy(&d, &bits, sizeof d);
    lua_pushnumber(r->L, d);
}

/* The types with a byte of their own, from 0xc0 on. */
static void
push_typed(struct reader *r, unsigned type, int depth)
{
    lua_State *L = r->L;

    switch (type) {
    case 0xc0:
        lua_pushnil(L);
        return;
    case 0xc2:
    case 0xc3:
        lua_pushboolean(L, type == 0xc3);
        return;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        push_string(r, read_number(r, (size_t)1 << (type - 0xc4)));
        return;
    case 0xc7:
        push_extension(r, read_number(r, 1), depth);
        return;
    case 0xca:
        push_float(r);
        return;
    case 0xcb:
        push_double(r);
        return;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        push_unsigned(r, read_number(r, (size_t)1 << (type - 0xcc)));
        return;
    case 0xd0:
        lua_pushinteger(L, (int8_t)read_number(r, 1));
        return;
    case 0xd1:
        lua_pushinteger(L, (int16_t)read_number(r, 2));
        return;
    case 0xd2:
        lua_pushinteger(L, (int32_t)read_number(r, 4));
        return;
    case 0xd3:
        lua_pushinteger(L, (lua_Integer)read_number(r, 8));
        return;
    case 0xd7:
        push_extension(r, 8, depth);
        return;
    case 0xd9:
    case 0xda:
    case 0xdb:
        push_string(r, read_number(r, (size_t)1 << (type - 0xd9)));
        return;
    case 0xdc:
    case 0xdd:
        push_array(r, read_number(r, type == 0xdc ? 2 : 4), depth);
        return;
    case 0xde:
    case 0xdf:
        push_map(r, read_number(r, type == 0xde ? 2 : 4), depth);
        return;
    default:
        malformed(r);
    }
}

static void
push_any(struct reader *r, int depth)
{
    unsigned type;

    need(r, 1);
    type = *r->p++;
    if (type < 0x80)
        lua_pushinteger(r->L, (lua_Integer)type);
    else if (type >= 0xe0)
        lua_pushinteger(r->L, (lua_Integer)type - 256);
    else if (type >= 0xc0)
        push_typed(r, type, depth);
    else if (type >= 0xa0)
        push_string(r, type & 31);
    else if (type >= 0x90)
        push_array(r, type & 15, depth);
    else
        push_map(r, type & 15, depth);
}

/* The places of what was seen, below all that is pushed. */
static void
reader_open(struct reader *r, lua_State *L, const char *p, size_t n)
{
    luaL_checkstack(L, SEEN + 8, "arguments");
    r->L = L;
    r->p = (const unsigned char *)p;
    r->end = r->p + n;
    r->places = lua_gettop(L) + 1;
    lua_settop(L, lua_gettop(L) + SEEN);
    memset(r->seen, 0, sizeof r->seen);
}

/* What was pushed, `count` values, moves to where the places began. */
static void
reader_close(struct reader *r, int count)
{
    if (r->p != r->end)
        malformed(r);
    for (int i = 0; i < count; i++)
        lua_copy(r->L, r->places + SEEN + i, r->places + i);
    lua_settop(r->L, r->places + count - 1);
}

void
push_value(lua_State *L, const char *p, size_t n)
{
    struct reader r;

    reader_open(&r, L, p, n);
    push_any(&r, DEPTH_MAX);
    reader_close(&r, 1);
}

/* A call puts about as many members into the map as it has: room for both. */
void
push_share(lua_State *L, const char *p, size_t n)
{
    struct reader r;
    int count;

    reader_open(&r, L, p, n);
    if (read_number(&r, 1) != 0x92)
        malformed(&r);
    lua_createtable(L, PACK_SHARED_LIST, 0);
    count = check_count(&r, read_map_count(&r), DEPTH_MAX);
    lua_createtable(L, 0, 2 * count);
    set_members(&r, count, DEPTH_MAX);
    lua_rawseti(L, -2, PACK_SHARED_MAP);
    push_any(&r, DEPTH_MAX);
    if (!lua_istable(L, -1))
        malformed(&r);
    lua_rawseti(L, -2, PACK_SHARED_LIST);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_key_shared);
    reader_close(&r, 0);
}

int
push_arguments(lua_State *L, const char *p, size_t n)
{
    struct reader r;
    unsigned type;
    int count;

    reader_open(&r, L, p, n);
    need(&r, 1);
    type = *r.p++;
    if ((type & 0xf0) == 0x90)
        count = (int)(type & 15);
    else if (type == 0xdc || type == 0xdd)
        count = check_count(&r, read_number(&r, type == 0xdc ? 2 : 4), 1);
    else
        return luaL_error(L, "the arguments must be an array");
    luaL_checkstack(L, count, "too many arguments");
    for (int i = 0; i < count; i++)
        push_any(&r, DEPTH_MAX);
    reader_close(&r, count);
    return count;
}

void
push_mark_list(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_list);
    lua_setmetatable(L, -2);
}

int
push_is_marked(lua_State *L, int index)
{
    int same;

    if (!lua_getmetatable(L, index))
        return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_list);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}
