/* text.*: words over base/str: see sandbox_lib.h. */
#include "script/sandbox_lib.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"
#include "script/nearest.h"
#include "script/sandbox_inside.h"

#define DOCUMENT_MAX ((size_t)256 << 10)

const char *
sandbox_document_argument(lua_State *L, size_t *n)
{
    const char *p = sandbox_text_argument(L, 1, n);

    luaL_argcheck(L, *n <= DOCUMENT_MAX, 1, "longer than 256 KiB");
    sandbox_charge(L, 100 + *n);
    return p;
}

static int
word_fold(lua_State *L)
{
    size_t n;
    const char *p = sandbox_text_argument(L, 1, &n);

    str_fold(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}

static int
word_harmless(lua_State *L)
{
    size_t n;
    const char *p = sandbox_text_argument(L, 1, &n);

    utf8_harmless(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return 1;
}

static int
word_clip(lua_State *L)
{
    size_t n, kept;
    const char *p = sandbox_text_argument(L, 1, &n);
    lua_Integer count = luaL_checkinteger(L, 2);

    luaL_argcheck(L, count >= 0, 2, "a count of characters");
    /* A character has a byte at least. */
    kept = (lua_Unsigned)count >= n ? n : utf8_graphemes(p, n, (size_t)count);
    lua_pushlstring(L, p, kept);
    if (kept == n)
        return 1;
    lua_pushboolean(L, 1);
    return 2;
}

static int
word_trim(lua_State *L)
{
    size_t n, from = 0;
    const char *p = luaL_checklstring(L, 1, &n);
    static const char white[] = " \t\n\r\f\v";

    sandbox_charge_bytes(L, n);
    while (from < n && p[from] && strchr(white, p[from]))
        from++;
    while (n > from && p[n - 1] && strchr(white, p[n - 1]))
        n--;
    lua_pushlstring(L, p + from, n - from);
    return 1;
}

/* --- words --- */

/* The next word of str_words' output. */
static bool
cut_word(struct str *rest, struct str *word)
{
    return rest->len > 0 && str_cut(rest, '\n', word);
}

static int
word_words(lua_State *L)
{
    size_t n, count;
    const char *p = sandbox_text_argument(L, 1, &n);
    struct buf *out = sandbox_scratch(L);
    struct str rest, word;

    count = str_words(out, p, n);
    sandbox_charge(L, count * 4);
    lua_createtable(L, (int)count, 0);
    rest = (struct str){buf_str(out), out->len};
    for (lua_Integer i = 1; cut_word(&rest, &word); i++) {
        lua_pushlstring(L, word.p, word.len);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

static int
word_nearest(lua_State *L)
{
    struct nearest near;
    size_t n, length;
    const char *word = luaL_checklstring(L, 1, &n), *name;

    luaL_checktype(L, 2, LUA_TTABLE);
    nearest_begin(&near, word, n);
    length = (size_t)lua_rawlen(L, 2);
    for (size_t i = 1; i <= length; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i) == LUA_TSTRING) {
            size_t name_n;

            name = lua_tolstring(L, -1, &name_n);
            sandbox_charge(L, 4 + name_n);
            nearest_try(&near, name, name_n);
        }
        lua_pop(L, 1);
    }
    if (near.best)
        lua_pushlstring(L, near.best, near.best_n);
    else
        lua_pushnil(L);
    return 1;
}

const luaL_Reg sandbox_words_text[] = {
    {"clip", word_clip},
    {"fold", word_fold},
    {"harmless", word_harmless},
    {"html_to_text", sandbox_word_html_to_text},
    {"markdown_to_text", sandbox_word_markdown_to_text},
    {"nearest", word_nearest},
    {"trim", word_trim},
    {"words", word_words},
    {NULL, NULL},
};
