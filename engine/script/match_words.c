/* string.find, match, gmatch and gsub over match.c. */
#include "script/match.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox_inside.h"

/* Steps are cheaper than VM instructions. */
#define STEPS_PER_WORK 8

static const char specials[] = "^$*+?.([%-";

static void
begin(struct match *m, lua_State *L, const char *text, size_t n,
      const char *pattern, size_t pattern_n)
{
    m->L = L;
    m->text = text;
    m->text_end = text + n;
    m->pattern_end = pattern + pattern_n;
    m->set = NULL;
    m->steps = sandbox_of(L)->steps;
    m->depth = 0;
    m->captures = 0;
}

/* Charge what was used: also to the call's own budget. */
static void
settle(struct match *m)
{
    struct sandbox *s = sandbox_of(m->L);
    int64_t used = s->steps - m->steps;

    s->steps = m->steps;
    sandbox_charge(m->L, (size_t)used / STEPS_PER_WORK);
}

/* Look for the pattern from s on: the match's start, *end set, or NULL. */
static const char *
search(struct match *m, const char *s, const char *pattern, bool anchored,
       const char **end)
{
    for (;; s++) {
        m->captures = 0;
        *end = match_at(m, s, pattern);
        if (*end || anchored || s == m->text_end)
            break;
    }
    settle(m);
    return *end ? s : NULL;
}

/* --- captures --- */

static void
push_capture(struct match *m, int i, const char *start, const char *end)
{
    const struct match_capture *capture = &m->capture[i];

    if (i >= m->captures && i > 0)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    if (i >= m->captures)
        lua_pushlstring(m->L, start, (size_t)(end - start));
    else if (capture->n == MATCH_POSITION)
        lua_pushinteger(m->L, capture->start - m->text + 1);
    else if (capture->n == MATCH_OPEN)
        luaL_error(m->L, "unfinished capture");
    else
        lua_pushlstring(m->L, capture->start, (size_t)capture->n);
}

/* All of them; the whole match when there are none and `whole` is wanted. */
static int
push_captures(struct match *m, const char *start, const char *end, bool whole)
{
    int n = m->captures == 0 && whole ? 1 : m->captures;

    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(m, i, start, end);
    return n;
}

/* --- find and match --- */

/* The 1-based, possibly negative `init` argument as an offset; more than n
 * when it lies behind the end. */
static size_t
start_offset(lua_State *L, int index, size_t n)
{
    lua_Integer init = luaL_optinteger(L, index, 1);

    if (init > 0)
        return (lua_Unsigned)init - 1 > n ? n + 1 : (size_t)init - 1;
    if (init == 0 || init < -(lua_Integer)n)
        return 0;
    return n - (size_t)-init;
}

static bool
is_plain(const char *pattern, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pattern[i] && strchr(specials, pattern[i]))
            return false;
    }
    return true;
}

/* In a short text memmem's preparations cost more than the search. */
#define SHORT_TEXT 512

static const char *
find_bytes(const char *text, size_t n, const char *wanted, size_t wanted_n)
{
    const char *last;

    if (wanted_n == 0)
        return text;
    if (wanted_n > n)
        return NULL;
    if (n > SHORT_TEXT)
        return memmem(text, n, wanted, wanted_n);
    last = text + n - wanted_n;
    for (; text <= last; text++) {
        text = memchr(text, *wanted, (size_t)(last - text) + 1);
        if (text == NULL || memcmp(text, wanted, wanted_n) == 0)
            return text;
    }
    return NULL;
}

static int
find_plain(lua_State *L, const char *text, size_t n, size_t from,
           const char *wanted, size_t wanted_n)
{
    const char *p = find_bytes(text + from, n - from, wanted, wanted_n);

    sandbox_charge_bytes(L, n - from + wanted_n);
    if (p == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, p - text + 1);
    lua_pushinteger(L, p - text + (lua_Integer)wanted_n);
    return 2;
}

static int
find_pattern(lua_State *L, bool find)
{
    size_t n, pattern_n, from;
    const char *text = luaL_checklstring(L, 1, &n), *start, *end;
    const char *pattern = luaL_checklstring(L, 2, &pattern_n);
    bool anchored;
    struct match m;

    from = start_offset(L, 3, n);
    if (from > n) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_n)))
        return find_plain(L, text, n, from, pattern, pattern_n);
    anchored = pattern_n > 0 && *pattern == '^';
    begin(&m, L, text, n, pattern, pattern_n);
    start = search(&m, text + from, pattern + anchored, anchored, &end);
    if (start == NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return push_captures(&m, start, end, true);
    lua_pushinteger(L, start - text + 1);
    lua_pushinteger(L, end - text);
    return push_captures(&m, start, end, false) + 2;
}

static int
word_find(lua_State *L)
{
    return find_pattern(L, true);
}

static int
word_match(lua_State *L)
{
    return find_pattern(L, false);
}

/* --- gmatch --- */

/* Upvalues: text, pattern, offset to go on from, end of the last match or -1
 * (two matches never end at the same place). */
static int
next_match(lua_State *L)
{
    size_t n, pattern_n;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &n), *end;
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_n);
    lua_Integer from = lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct match m;

    begin(&m, L, text, n, pattern, pattern_n);
    for (; from <= (lua_Integer)n; from++) {
        m.captures = 0;
        end = match_at(&m, text + from, pattern);
        if (end == NULL || end - text == last)
            continue;
        settle(&m);
        lua_pushinteger(L, end - text);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, text + from, end, true);
    }
    settle(&m);
    return 0;
}

static int
word_gmatch(lua_State *L)
{
    size_t n, from;

    luaL_checklstring(L, 1, &n);
    luaL_checkstring(L, 2);
    from = start_offset(L, 3, n);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)from);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* --- gsub: 1 text, 2 pattern, 3 replacement, 4 how many --- */

/* The replacement is a string: %1 and its like are captures, %0 all. */
static void
add_template(struct match *m, luaL_Buffer *b, const char *start,
             const char *end)
{
    size_t n;
    const char *p = lua_tolstring(m->L, 3, &n), *stop = p + n;

    for (; p < stop; p++) {
        if (*p != '%') {
            luaL_addchar(b, *p);
            continue;
        }
        p++;
        if (p < stop && *p == '%') {
            luaL_addchar(b, '%');
        } else if (p < stop && *p == '0') {
            luaL_addlstring(b, start, (size_t)(end - start));
        } else if (p < stop && *p >= '1' && *p <= '9') {
            push_capture(m, *p - '1', start, end);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(b);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Push what the table or function says for the match. */
static void
push_replacement(struct match *m, const char *start, const char *end, int type)
{
    lua_State *L = m->L;

    if (type == LUA_TTABLE) {
        push_capture(m, 0, start, end);
        lua_gettable(L, 3);
        return;
    }
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(m, start, end, true), 1);
}

/* Returns whether something was replaced. */
static bool
add_replacement(struct match *m, luaL_Buffer *b, const char *start,
                const char *end, int type)
{
    lua_State *L = m->L;

    if (type != LUA_TTABLE && type != LUA_TFUNCTION) {
        add_template(m, b, start, end);
        return true;
    }
    push_replacement(m, start, end, type);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, start, (size_t)(end - start));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(b);
    return true;
}

static void
check_replacement(lua_State *L, int type)
{
    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING ||
                         type == LUA_TFUNCTION || type == LUA_TTABLE,
                     3, "string/function/table");
    if (type == LUA_TNUMBER)
        lua_tolstring(L, 3, NULL);
}

/* One place in the text: replaces what matches there, or copies a byte.
 * Returns where to go on; NULL at the end. */
static const char *
replace_at(struct match *m, luaL_Buffer *b, const char *s, const char *pattern,
           const char **last, lua_Integer *count, bool *changed)
{
    const char *end;
    int type = lua_type(m->L, 3);

    m->captures = 0;
    end = match_at(m, s, pattern);
    if (end && end != *last) {
        settle(m);
        (*count)++;
        *changed |= add_replacement(m, b, s, end, type);
        /* a function may have used steps of its own */
        m->steps = sandbox_of(m->L)->steps;
        *last = end;
        return end;
    }
    if (s == m->text_end)
        return NULL;
    luaL_addchar(b, *s);
    return s + 1;
}

static int
word_gsub(lua_State *L)
{
    size_t n, pattern_n;
    const char *text = luaL_checklstring(L, 1, &n), *s = text, *last = NULL;
    const char *pattern = luaL_checklstring(L, 2, &pattern_n), *rest = text;
    lua_Integer max, count = 0;
    bool anchored = pattern_n > 0 && *pattern == '^', changed = false;
    struct match m;
    luaL_Buffer b;

    check_replacement(L, lua_type(L, 3));
    max = luaL_optinteger(L, 4, (lua_Integer)n + 1);
    begin(&m, L, text, n, pattern, pattern_n);
    luaL_buffinit(L, &b);
    while (count < max && s) {
        s = replace_at(&m, &b, s, pattern + anchored, &last, &count, &changed);
        rest = s ? s : m.text_end;
        if (anchored)
            break;
    }
    settle(&m);
    if (changed) {
        luaL_addlstring(&b, rest, (size_t)(m.text_end - rest));
        luaL_pushresult(&b);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

const luaL_Reg match_words[] = {
    {"find", word_find}, {"gmatch", word_gmatch},
    {"gsub", word_gsub}, {"match", word_match},
    {NULL, NULL},
};
