#include "script/sandbox_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"

/* Append with control bytes spelled out and nothing in it that acts on a
 * screen. */
static void
add_printable(struct buf *out, const char *p, size_t n)
{
    struct buf clean = {0}, plain = {0};

    utf8_clean(&clean, p, n < 4 * SANDBOX_TEXT_MAX ? n : 4 * SANDBOX_TEXT_MAX);
    for (size_t i = 0; i < clean.len; i++) {
        unsigned char c = (unsigned char)clean.data[i];

        if (c == '\n')
            buf_adds(&plain, "\\n");
        else if (c < 0x20 || c == 0x7f)
            buf_addf(&plain, "\\x%02x", c);
        else
            buf_addc(&plain, (char)c);
    }
    utf8_harmless(out, buf_str(&plain), plain.len);
    buf_free(&plain);
    buf_free(&clean);
}

void
sandbox_outcome_text(struct sandbox *s, const char *p, size_t n)
{
    struct buf b = {0};
    size_t len;

    add_printable(&b, p, n);
    len = utf8_clip(buf_str(&b), b.len, SANDBOX_TEXT_MAX);
    memcpy(s->text, buf_str(&b), len);
    s->text[len] = '\0';
    buf_free(&b);
}

/* "rules/20.lua:14" at the front of a message is the place the message is
 * about, and knows better than the stack. */
static void
place_from_text(struct sandbox *s)
{
    const char *colon = strchr(s->text, ':');
    size_t n, digits;

    while (colon) {
        digits = strspn(colon + 1, "0123456789");
        n = (size_t)(colon - s->text) + 1 + digits;
        if (digits && s->text[n] == ':' && n < sizeof s->place &&
            s->text[0] != '.') {
            memcpy(s->place, s->text, n);
            s->place[n] = '\0';
            return;
        }
        if (memchr(s->text, ' ', (size_t)(colon - s->text)))
            return;
        colon = strchr(colon + 1, ':');
    }
}

static void
describe_memory(struct sandbox *s, struct buf *b)
{
    const struct arena_alloc *a = s->arena;
    size_t n = a->refused_n;

    if (a->refused == ARENA_ALLOC_STRING)
        buf_addf(b, "a string of %zu bytes; the longest allowed has %zu", n,
                 a->string);
    else if (a->refused == ARENA_ALLOC_BLOCK)
        buf_addf(b,
                 "a table or stack of %zu bytes; the largest allowed has %zu",
                 n, a->block);
    else
        buf_addf(b, "out of memory: more than %zu bytes", a->heap);
}

static void
describe_stop(struct sandbox *s)
{
    struct buf b = {0};

    if (s->place[0])
        buf_addf(&b, "%s: ", s->place);
    if (s->stop == SCRIPT_MEMORY)
        describe_memory(s, &b);
    else
        buf_addf(&b, "too much work: the budget of %s is used up", s->why);
    sandbox_outcome_text(s, buf_str(&b), b.len);
    buf_free(&b);
}

/* Reads the error value raw: what a script throws is never asked anything. */
static int
describe_value(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);
    const char *p;
    size_t n;

    if (lua_istable(L, 1)) {
        lua_pushliteral(L, "message");
        lua_rawget(L, 1);
        lua_replace(L, 1);
    }
    if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER) {
        p = lua_tolstring(L, 1, &n);
        sandbox_outcome_text(s, p, n);
    } else {
        const char *text = "an error value without a message";
        sandbox_outcome_text(s, text, strlen(text));
    }
    place_from_text(s);
    return 0;
}

static void
describe_error(struct sandbox *s, lua_State *L)
{
    lua_pushcfunction(L, describe_value);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        sandbox_outcome_text(s, "error", 5);
}

static enum script_class
end_class(const struct sandbox *s, int status)
{
    if (s->stop != SCRIPT_OK)
        return s->stop;
    if (status == LUA_OK)
        return SCRIPT_OK;
    return s->failing != SCRIPT_OK ? s->failing : SCRIPT_ERROR;
}

void
sandbox_outcome_fill(struct sandbox *s, lua_State *L, int status,
                     struct sandbox_outcome *o)
{
    /* Also when the script swallowed it and ended before the next hook. */
    if (s->stop == SCRIPT_OK && s->arena->refused != ARENA_ALLOC_GRANTED)
        s->stop = SCRIPT_MEMORY;
    memset(o, 0, sizeof *o);
    o->class = end_class(s, status);
    o->instructions = s->arena->work;
    o->peak = s->arena->peak;
    s->text[0] = '\0';
    if (s->stop != SCRIPT_OK)
        describe_stop(s);
    else if (status != LUA_OK)
        describe_error(s, L);
    o->text = s->text;
    o->where = o->class != SCRIPT_OK && s->place[0] ? s->place : NULL;
}
