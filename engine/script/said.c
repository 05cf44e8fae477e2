#include "script/said.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "script/sandbox_inside.h"
#include "script/tokens.h"

/* --- how loud a text is --- */

/* By blocks of a fixed length with small counters: the compiler makes vectors
 * of that. */
#define BLOCK 128

static bool
is_letter(int c, int first)
{
    return (unsigned char)(c - first) < 26;
}

static void
count_letters(const char *p, size_t n, size_t *letters, size_t *capitals)
{
    while (n > 0) {
        size_t m = n < BLOCK ? n : BLOCK;
        unsigned char block[BLOCK] = {0}, large = 0, all = 0;

        memcpy(block, p, m);
        for (size_t i = 0; i < BLOCK; i++) {
            large = (unsigned char)(large + is_letter(block[i], 'A'));
            all = (unsigned char)(all + is_letter(block[i] | 0x20, 'a'));
        }
        *capitals += large;
        *letters += all;
        p += m;
        n -= m;
    }
}

/* The longest run of ! and ?, which most texts have none of. */
static size_t
longest_marks(const char *p, size_t n)
{
    size_t longest = 0, run = 0;

    if (memchr(p, '!', n) == NULL && memchr(p, '?', n) == NULL)
        return 0;
    for (size_t i = 0; i < n; i++) {
        run = p[i] == '!' || p[i] == '?' ? run + 1 : 0;
        if (run > longest)
            longest = run;
    }
    return longest;
}

struct loudness {
    size_t letters, capitals; /* of ASCII */
    size_t marks;             /* the longest run of ! and ? */
};

static struct loudness
loudness_of(const char *p, size_t n)
{
    struct loudness l = {.marks = longest_marks(p, n)};

    count_letters(p, n, &l.letters, &l.capitals);
    return l;
}

static int
word_shouting(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n);
    struct loudness l;

    sandbox_charge_bytes(L, n);
    l = loudness_of(p, n);
    lua_pushnumber(L,
                   l.letters > 0 ? (double)l.capitals / (double)l.letters : 0);
    lua_pushinteger(L, (lua_Integer)l.letters);
    lua_pushinteger(L, (lua_Integer)l.marks);
    return 3;
}

/* --- one side of the conversation --- */

/* Where things stand on the stack of text.said. */
enum slot {
    SLOT_MESSAGES = 1,
    SLOT_ROLE,
    SLOT_EPISODE,
    SLOT_KEY_ROLE,
    SLOT_KEY_AUTO,
    SLOT_KEY_EPISODE,
    SLOT_KEY_TEXT,
    SLOT_KEY_SENTIMENT,
    SLOT_KEY_INTENT,
    SLOT_KEY_CONFIDENCE,
    SLOT_LIST,
    SLOT_TEXTS
};

static const char *const keys[] = {"role",      "auto",   "episode",   "text",
                                   "sentiment", "intent", "confidence"};

/* What there is to look at, so that words which need it know when there is
 * none. */
struct signs {
    bool quotes;  /* perhaps a quoted line or a block of code */
    bool loud;    /* perhaps shouting, "!!" */
    bool rated;   /* a score of how the customer feels */
    bool intents; /* a name of what the customer wants */
    bool unsure;  /* how sure the source is of what they want */
    bool machine; /* a message that a machine sent, which is left out */
};

/* Push the member of the message on top. No metamethods: what they would run
 * could use the buffers that are being filled. */
static int
push_member(lua_State *L, enum slot key)
{
    lua_pushvalue(L, (int)key);
    return lua_rawget(L, -2);
}

static bool
has_member(lua_State *L, enum slot key)
{
    bool has;

    push_member(L, key);
    has = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return has;
}

/* The message on top: is it that role's own, and of that episode? */
static bool
is_wanted(lua_State *L, struct signs *s)
{
    bool wanted;

    push_member(L, SLOT_KEY_ROLE);
    wanted = lua_rawequal(L, -1, SLOT_ROLE);
    lua_pop(L, 1);
    if (!wanted)
        return false;
    if (has_member(L, SLOT_KEY_AUTO)) {
        s->machine = true;
        return false;
    }
    if (!lua_toboolean(L, SLOT_EPISODE))
        return true;
    push_member(L, SLOT_KEY_EPISODE);
    wanted = !lua_toboolean(L, -1) || lua_rawequal(L, -1, SLOT_EPISODE);
    lua_pop(L, 1);
    return wanted;
}

/* The places, from 1, of the messages that count. */
static uint32_t
choose(lua_State *L, struct buf *places, struct signs *s)
{
    uint32_t n = (uint32_t)lua_rawlen(L, SLOT_MESSAGES), count = 0;

    sandbox_charge(L, (size_t)n * 8);
    for (uint32_t i = 1; i <= n; i++) {
        if (lua_rawgeti(L, SLOT_MESSAGES, i) != LUA_TTABLE)
            luaL_error(L, "text.said: message %d is no table", (int)i);
        if (is_wanted(L, s)) {
            buf_add(places, &i, sizeof i);
            count++;
        }
        lua_pop(L, 1);
    }
    return count;
}

/* What follows from a text alone, as bits. */
enum {
    SIGN_LOOKED = 1, /* always: 0 is for not yet */
    SIGN_QUOTES = 2,
    SIGN_LOUD = 4
};

static unsigned
signs_of(const char *p, size_t n)
{
    struct loudness l = loudness_of(p, n);
    unsigned signs = SIGN_LOOKED;

    if (memchr(p, '>', n) != NULL ||
        (memchr(p, '`', n) != NULL && memmem(p, n, "```", 3) != NULL))
        signs |= SIGN_QUOTES;
    if (l.marks > 1 || l.capitals * 2 > l.letters)
        signs |= SIGN_LOUD;
    return signs;
}

/* The message on top and its text, of which some may be kept. */
static void
look(lua_State *L, const char *p, size_t n, uint8_t *kept, struct signs *s)
{
    unsigned signs = kept != NULL ? *kept : 0;

    if (signs == 0)
        signs = signs_of(p, n);
    if (kept != NULL)
        *kept = (uint8_t)signs;
    s->quotes |= (signs & SIGN_QUOTES) != 0;
    s->loud |= (signs & SIGN_LOUD) != 0;
    s->rated |= has_member(L, SLOT_KEY_SENTIMENT);
    s->intents |= has_member(L, SLOT_KEY_INTENT);
    s->unsure |= has_member(L, SLOT_KEY_CONFIDENCE);
}

static void
gather(lua_State *L, const struct buf *places, uint32_t count, struct signs *s)
{
    const uint32_t *at = (const uint32_t *)(const void *)places->data;

    tokens_begin(L);
    for (uint32_t i = 0; i < count; i++) {
        const char *p;
        uint8_t *kept;
        size_t n;

        lua_rawgeti(L, SLOT_MESSAGES, at[i]);
        if (push_member(L, SLOT_KEY_TEXT) != LUA_TSTRING)
            luaL_error(L, "text.said: message %d has no text", (int)at[i]);
        p = lua_tolstring(L, -1, &n);
        kept = tokens_add(L, p, n);
        lua_rawseti(L, SLOT_TEXTS, i + 1);
        look(L, p, n, kept, s);
        lua_rawseti(L, SLOT_LIST, i + 1);
    }
}

static int
word_said(lua_State *L)
{
    struct buf *places = &sandbox_of(L)->aside;
    struct signs s = {.quotes = false};
    uint32_t count;
    size_t words;

    luaL_checktype(L, SLOT_MESSAGES, LUA_TTABLE);
    luaL_checktype(L, SLOT_ROLE, LUA_TSTRING);
    lua_settop(L, SLOT_EPISODE);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        lua_pushstring(L, keys[i]);
    buf_clear(places);
    count = choose(L, places, &s);
    lua_createtable(L, (int)count, 0);
    lua_createtable(L, (int)count, 0);
    gather(L, places, count, &s);
    words = tokens_push(L);
    lua_pushboolean(L, s.quotes);
    lua_pushboolean(L, s.loud);
    lua_pushboolean(L, s.rated);
    lua_pushboolean(L, s.intents);
    lua_pushboolean(L, s.unsure);
    lua_pushboolean(L, s.machine);
    lua_pushboolean(L, count > 0 && words == 0);
    return 10;
}

/* --- turns --- */

/* Member `key` of message i of the list; false: it is no whole number. */
static bool
whole_member(lua_State *L, int list, lua_Integer i, const char *key,
             lua_Integer *value)
{
    int whole;

    lua_rawgeti(L, list, i);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_pushstring(L, key);
    lua_rawget(L, -2);
    *value = lua_tointegerx(L, -1, &whole);
    lua_pop(L, 2);
    return whole;
}

/* Whether message i goes on what the one before it began. */
static bool
goes_on(lua_State *L, int list, lua_Integer i, lua_Integer burst_ms)
{
    lua_Integer seq, before, at, then;

    return i > 1 && whole_member(L, list, i, "seq", &seq) &&
           whole_member(L, list, i - 1, "seq", &before) && seq == before + 1 &&
           whole_member(L, list, i, "at_ms", &at) &&
           whole_member(L, list, i - 1, "at_ms", &then) &&
           at - then <= burst_ms;
}

lua_Integer
said_turn(lua_State *L, int list, lua_Integer count, lua_Integer burst_ms)
{
    lua_Integer i = (lua_Integer)lua_rawlen(L, list), start = i + 1;

    if (i <= count) /* a turn has a message at least */
        return 1;
    for (; i > 0 && count > 0; i--) {
        sandbox_charge(L, 8);
        if (goes_on(L, list, i, burst_ms))
            continue;
        start = i;
        count--;
    }
    return start;
}

static int
word_turns(lua_State *L)
{
    lua_Integer count = luaL_checkinteger(L, 2), n = 0;
    lua_Integer burst_ms = luaL_checkinteger(L, 3);

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    lua_createtable(L, 6, 0);
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, 1); i > 0 && n < count;
         i--) {
        sandbox_charge(L, 8);
        if (goes_on(L, 1, i, burst_ms))
            continue;
        lua_pushinteger(L, i);
        lua_rawseti(L, 4, ++n);
    }
    return 1;
}

const luaL_Reg said_words[] = {
    {"said", word_said},
    {"shouting", word_shouting},
    {"turns", word_turns},
    {NULL, NULL},
};
