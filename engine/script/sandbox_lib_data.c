/* time, digest, base64 and url: see sandbox_lib.h. */
#include "script/sandbox_lib.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "script/order.h"
#include "script/sandbox_inside.h"

/* The last millisecond of the year 9999, and the first of the year 0. */
#define TIME_MAX INT64_C(253402300799999)
#define TIME_MIN INT64_C(-62167219200000)

static int
word_time_format(lua_State *L)
{
    lua_Integer ms = luaL_checkinteger(L, 1);
    char text[CLOCK_TEXT_MAX];

    luaL_argcheck(L, ms >= TIME_MIN && ms <= TIME_MAX, 1,
                  "no time between the years 0 and 9999");
    clock_format(ms, text);
    lua_pushstring(L, text);
    return 1;
}

static int
word_time_parse(lua_State *L)
{
    int64_t ms;
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);

    if (clock_parse(p, n, &ms))
        lua_pushinteger(L, ms);
    else
        lua_pushnil(L);
    return 1;
}

static int
word_hex_sha256(lua_State *L)
{
    uint8_t hash[SHA256_SIZE];
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);

    sandbox_charge(L, 30 + n / 4);
    digest_sha256(p, n, hash);
    digest_hex(sandbox_scratch(L), hash, sizeof hash);
    sandbox_push_scratch(L);
    return 1;
}

static int
word_base64_encode(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);

    sandbox_charge(L, n / 8);
    digest_base64(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}

static int
word_base64_decode(lua_State *L)
{
    struct str text;

    text.p = luaL_checklstring(L, 1, &text.len);
    sandbox_charge(L, text.len / 8);
    if (digest_unbase64(sandbox_scratch(L), text))
        sandbox_push_scratch(L);
    else
        lua_pushnil(L);
    return 1;
}

/* --- url --- */

static void
add_encoded(lua_State *L, struct buf *out, const char *p, size_t n)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";

    sandbox_charge(L, n / 4);
    if (out->len + 3 * n > sandbox_of(L)->limits.string)
        luaL_error(L, "url: text too long");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (c && strchr(plain, c))
            buf_addc(out, (char)c);
        else
            buf_add(out, escaped, sizeof escaped);
    }
}

static int
word_url_encode(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);

    add_encoded(L, sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}

/* key=value for the value on top; a text, a number or a boolean. */
static void
add_pair(lua_State *L, struct buf *out, const struct order_key *key)
{
    const char *p;
    size_t n;

    if (lua_isboolean(L, -1))
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    else
        lua_pushvalue(L, -1);
    p = lua_tolstring(L, -1, &n);
    if (p == NULL)
        luaL_error(L, "url.query: '%s' is a %s", key->p, luaL_typename(L, -1));
    if (out->len)
        buf_addc(out, '&');
    add_encoded(L, out, key->p, key->len);
    buf_addc(out, '=');
    add_encoded(L, out, p, n);
    lua_pop(L, 1);
}

static void
add_pairs(lua_State *L, struct buf *out, const struct order_key *key)
{
    size_t n;

    if (!lua_istable(L, -1)) {
        add_pair(L, out, key);
        return;
    }
    n = (size_t)lua_rawlen(L, -1);
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        add_pair(L, out, key);
        lua_pop(L, 1);
    }
}

static int
word_url_query(lua_State *L)
{
    struct order_keys *keys = sandbox_keys(L);
    struct buf *out = sandbox_scratch(L);
    size_t n;

    luaL_checktype(L, 1, LUA_TTABLE);
    if (order_shape(L, 1, &n) != ORDER_MAP && n > 0)
        luaL_argerror(L, 1, "keys must be names");
    sandbox_charge(L, n * 8);
    order_add(L, 1, keys);
    for (size_t i = 0; i < n; i++) {
        order_push(L, &keys->items[i]);
        lua_rawget(L, 1);
        add_pairs(L, out, &keys->items[i]);
        lua_pop(L, 1);
    }
    sandbox_push_scratch(L);
    return 1;
}

const luaL_Reg sandbox_words_time[] = {
    {"format", word_time_format}, {"parse", word_time_parse}, {NULL, NULL}};

const luaL_Reg sandbox_words_digest[] = {{"hex_sha256", word_hex_sha256},
                                         {NULL, NULL}};

const luaL_Reg sandbox_words_base64[] = {{"decode", word_base64_decode},
                                         {"encode", word_base64_encode},
                                         {NULL, NULL}};

const luaL_Reg sandbox_words_url[] = {
    {"encode", word_url_encode}, {"query", word_url_query}, {NULL, NULL}};
