#include "script/words_index.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"
#include "script/sandbox_inside.h"

/* Lua stack of the word. */
enum {
    STRINGS = 1,
    INDEX,
    AT,
    STARTS
};

/* A different word. */
struct entry {
    struct str word;                   /* in the scratch buffer; p NULL: free */
    uint32_t hash, count, first, last; /* positions */
};

/* C memory of one index, in the sandbox's second buffer. */
struct table {
    struct entry *entries; /* open addressing; a power of two */
    uint32_t mask, different;
    uint32_t *entry_of; /* by position - 1 */
    uint32_t *next;     /* the next position of the same word, 0: none */
};

static uint32_t
hash_word(struct str word, uint32_t seed)
{
    uint32_t h = seed ^ (uint32_t)word.len;

    for (size_t i = 0; i < word.len; i++)
        h = (h ^ (unsigned char)word.p[i]) * UINT32_C(0x9E3779B1);
    return h ^ h >> 15;
}

static bool
is_separator(struct str word)
{
    return word.len == 1 && word.p[0] == '\0';
}

static void
make_table(lua_State *L, struct table *t, size_t words)
{
    struct buf *memory = &sandbox_of(L)->aside;
    size_t slots = 16, n;

    while (slots < words * 2)
        slots *= 2;
    n = slots * sizeof *t->entries + 2 * words * sizeof *t->next;
    buf_clear(memory);
    t->entries = (struct entry *)(void *)buf_reserve(memory, n);
    memset(t->entries, 0, n);
    t->mask = (uint32_t)slots - 1;
    t->different = 0;
    t->entry_of = (uint32_t *)(void *)(t->entries + slots);
    t->next = t->entry_of + words;
}

static void
note_word(struct table *t, struct str word, uint32_t position, uint32_t seed)
{
    uint32_t hash = hash_word(word, seed), at = hash & t->mask;
    struct entry *e = &t->entries[at];

    while (e->word.p && (e->hash != hash || !str_eq(e->word, word))) {
        at = (at + 1) & t->mask;
        e = &t->entries[at];
    }
    if (e->word.p) {
        t->next[e->last - 1] = position;
    } else {
        *e = (struct entry){word, hash, 0, position, position};
        t->different++;
    }
    e->count++;
    e->last = position;
    t->entry_of[position - 1] = at;
}

/* All words of the scratch buffer, which str_words ended by '\n' each. */
static void
note_words(lua_State *L, struct table *t)
{
    const struct sandbox *s = sandbox_of(L);
    const char *p = buf_str(&s->scratch), *end = p + s->scratch.len;

    for (uint32_t position = 1; p < end; position++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));

        note_word(t, (struct str){p, (size_t)(stop - p)}, position, s->seed);
        p = stop + 1;
    }
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

/* at[word] = its positions; the word is on top. */
static void
push_positions(lua_State *L, const struct table *t, const struct entry *e)
{
    uint32_t position = e->first;

    lua_pushvalue(L, -1);
    lua_createtable(L, (int)e->count, 0);
    for (uint32_t i = 1; i <= e->count; i++) {
        lua_pushinteger(L, position);
        lua_rawseti(L, -2, i);
        position = t->next[position - 1];
    }
    lua_rawset(L, AT);
}

static void
fill(lua_State *L, const struct table *t, size_t words)
{
    lua_Integer string = 1;

    for (uint32_t position = 1; position <= words; position++) {
        const struct entry *e = &t->entries[t->entry_of[position - 1]];
        bool separator = is_separator(e->word);

        if (e->first != position) {
            lua_rawgeti(L, INDEX, e->first);
        } else {
            lua_pushlstring(L, e->word.p, e->word.len);
            if (!separator)
                push_positions(L, t, e);
        }
        lua_rawseti(L, INDEX, position);
        if (separator) {
            lua_pushinteger(L, (lua_Integer)position + 1);
            lua_rawseti(L, STARTS, ++string);
        }
    }
}

static void
push_tables(lua_State *L, const struct table *t, size_t words, size_t strings)
{
    lua_createtable(L, (int)words, 2);
    lua_createtable(L, 0, (int)t->different);
    lua_createtable(L, (int)strings, 0);
    lua_pushvalue(L, AT);
    lua_setfield(L, INDEX, "at");
    lua_pushvalue(L, STARTS);
    lua_setfield(L, INDEX, "starts");
    if (strings) {
        lua_pushinteger(L, 1);
        lua_rawseti(L, STARTS, 1);
    }
}

int
words_index_word(lua_State *L)
{
    struct table t;
    size_t strings, words;

    luaL_checktype(L, STRINGS, LUA_TTABLE);
    lua_settop(L, STRINGS);
    strings = (size_t)lua_rawlen(L, STRINGS);
    words = split_strings(L, strings);
    sandbox_charge(L, words * 8);
    make_table(L, &t, words);
    note_words(L, &t);
    push_tables(L, &t, words, strings);
    fill(L, &t, words);
    lua_settop(L, INDEX);
    return 1;
}
