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

/* Stack of words_index. */
enum {
    STRINGS = 1,
    INDEX,
    AT,
    STARTS
};

/* Put the word on top at the position, into the index and into `at`. */
static void
index_word(lua_State *L, lua_Integer position)
{
    lua_pushvalue(L, -1);
    lua_rawseti(L, INDEX, position);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, AT) == LUA_TTABLE) {
        lua_pushinteger(L, position);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    lua_createtable(L, 1, 0);
    lua_pushinteger(L, position);
    lua_rawseti(L, -2, 1);
    lua_rawset(L, AT);
}

/* The words of all strings into the scratch buffer, "\0" between two strings
 * as a word of its own; returns how many words. */
static size_t
split_strings(lua_State *L, size_t strings)
{
    struct buf *out = sandbox_scratch(L);
    size_t count = 0, n;
    const char *p;

    for (size_t i = 1; i <= strings; i++) {
        if (lua_rawgeti(L, STRINGS, (lua_Integer)i) != LUA_TSTRING)
            luaL_error(L, "text.words_index: item %d is no string", (int)i);
        p = lua_tolstring(L, -1, &n);
        sandbox_charge(L, n / 4);
        if (i > 1)
            buf_add(out, "\0\n", 2);
        if (utf8_valid(p, n))
            count += str_words(out, p, n);
        lua_pop(L, 1);
    }
    return count + (strings ? strings - 1 : 0);
}

static void
push_index_tables(lua_State *L, size_t words, size_t strings)
{
    lua_createtable(L, (int)words, 2);
    lua_createtable(L, 0, (int)words);
    lua_createtable(L, (int)strings, 0);
    lua_pushvalue(L, AT);
    lua_setfield(L, INDEX, "at");
    lua_pushvalue(L, STARTS);
    lua_setfield(L, INDEX, "starts");
}

static void
set_start(lua_State *L, lua_Integer string, lua_Integer position)
{
    lua_pushinteger(L, position);
    lua_rawseti(L, STARTS, string);
}

static int
word_words_index(lua_State *L)
{
    struct buf *out = &sandbox_of(L)->scratch;
    lua_Integer position = 0, string = 1;
    struct str rest, word;
    size_t strings, words;

    luaL_checktype(L, STRINGS, LUA_TTABLE);
    lua_settop(L, STRINGS);
    strings = (size_t)lua_rawlen(L, STRINGS);
    words = split_strings(L, strings);
    sandbox_charge(L, words * 8);
    push_index_tables(L, words, strings);
    if (strings)
        set_start(L, string, 1);
    rest = (struct str){buf_str(out), out->len};
    while (cut_word(&rest, &word)) {
        position++;
        lua_pushlstring(L, word.p, word.len);
        if (word.len == 1 && word.p[0] == '\0') {
            lua_rawseti(L, INDEX, position);
            set_start(L, ++string, position + 1);
        } else {
            index_word(L, position);
        }
    }
    lua_settop(L, INDEX);
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
    {"words_index", word_words_index},
    {NULL, NULL},
};
