#include "script/tokens.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "script/sandbox_inside.h"

#define PHRASES "usher.phrases"
#define TOKENS  "usher.tokens"

#define ALIKE_MAX   16 /* strings compared with each other */
#define ALIKE_WORDS 3  /* a string of fewer is like nothing */

/* A word's number: from 1; 0 is a word that no rule names. */
typedef uint32_t number;

/* A word that some rule names. */
struct entry {
    uint64_t hash;
    uint32_t text, length; /* in the vocabulary's bytes */
    number number;         /* 0: free */
};

/* All words that the rules of a state name; a userdata of the registry that
 * is replaced by a larger one as it fills. */
struct vocabulary {
    uint32_t slots, count; /* slots: a power of two */
    uint32_t bytes, room;
    struct entry entries[]; /* slots of them, then `room` bytes of text */
};

struct phrases {
    uint32_t count;
    /* count + 1 offsets into the numbers behind them */
    uint32_t at[];
};

/* What was said. Behind it: hash[count], then number[count], next[count],
 * start[strings + 1], first[names + 1]. */
struct tokens {
    uint32_t count, strings, names;
    uint64_t hash[];
};

/* The vocabulary's address in the registry. */
static const char key;

/* --- layout --- */

static char *
text_of(struct vocabulary *v)
{
    return (char *)(v->entries + v->slots);
}

static const number *
numbers_of(const struct phrases *p)
{
    return p->at + p->count + 1;
}

static number *
token_numbers(struct tokens *t)
{
    return (number *)(void *)(t->hash + t->count);
}

/* The next position of the same named word, 0: none. */
static uint32_t *
token_next(struct tokens *t)
{
    return token_numbers(t) + t->count;
}

static uint32_t *
token_start(struct tokens *t)
{
    return token_next(t) + t->count;
}

/* The first position of a named word, 0: none. */
static uint32_t *
token_first(struct tokens *t)
{
    return token_start(t) + t->strings + 1;
}

static size_t
tokens_size(size_t count, size_t strings, size_t names)
{
    return sizeof(struct tokens) + count * sizeof(uint64_t) +
           (count * 2 + strings + 1 + names + 1) * sizeof(uint32_t);
}

/* --- the vocabulary --- */

/* Seeded per process: nobody can write words that meet in one slot. Only
 * equality is ever taken from it. */
static uint64_t
hash_word(struct str word, uint64_t seed)
{
    const uint64_t k = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t h = (seed ^ word.len) * k, piece;
    const char *p = word.p;
    size_t n = word.len;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&piece, p, 8);
        h = (h ^ piece) * k;
        h ^= h >> 32;
    }
    piece = 0;
    memcpy(&piece, p, n);
    h = (h ^ piece) * k;
    h ^= h >> 29;
    h *= UINT64_C(0xBF58476D1CE4E5B9);
    return h ^ h >> 32;
}

static struct vocabulary *
vocabulary_of(lua_State *L)
{
    struct vocabulary *v;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
    v = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return v;
}

static size_t
vocabulary_size(size_t slots, size_t room)
{
    return sizeof(struct vocabulary) + slots * sizeof(struct entry) + room;
}

static struct entry *
slot_of(struct vocabulary *v, struct str word, uint64_t hash)
{
    uint32_t mask = v->slots - 1, at = (uint32_t)hash & mask;
    struct entry *e = &v->entries[at];

    while (e->number != 0 &&
           (e->hash != hash || e->length != word.len ||
            memcmp(text_of(v) + e->text, word.p, word.len) != 0)) {
        at = (at + 1) & mask;
        e = &v->entries[at];
    }
    return e;
}

static struct vocabulary *
make_vocabulary(lua_State *L, size_t slots, size_t room)
{
    size_t size = vocabulary_size(slots, room);
    struct vocabulary *v = lua_newuserdatauv(L, size, 0);

    memset(v, 0, size);
    v->slots = (uint32_t)slots;
    v->room = (uint32_t)room;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    return v;
}

/* Room for one more word; the old table is garbage afterwards. */
static struct vocabulary *
grow_vocabulary(lua_State *L, size_t length)
{
    struct vocabulary *old = vocabulary_of(L), *v;

    if (old == NULL)
        return make_vocabulary(L, 64, 512);
    if ((old->count + 1) * 2 <= old->slots && old->bytes + length <= old->room)
        return old;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key); /* hold it */
    v = make_vocabulary(L, (size_t)old->slots * 2,
                        (size_t)old->room * 2 + length);
    v->count = old->count;
    v->bytes = old->bytes;
    memcpy(text_of(v), text_of(old), old->bytes);
    for (uint32_t i = 0; i < old->slots; i++) {
        const struct entry *e = &old->entries[i];

        if (e->number != 0)
            *slot_of(v, (struct str){text_of(v) + e->text, e->length},
                     e->hash) = *e;
    }
    lua_pop(L, 1);
    return v;
}

static number
intern(lua_State *L, struct str word)
{
    struct vocabulary *v = grow_vocabulary(L, word.len);
    uint64_t hash = hash_word(word, sandbox_of(L)->seed);
    struct entry *e = slot_of(v, word, hash);

    if (e->number == 0) {
        *e = (struct entry){hash, v->bytes, (uint32_t)word.len, ++v->count};
        memcpy(text_of(v) + v->bytes, word.p, word.len);
        v->bytes += (uint32_t)word.len;
    }
    return e->number;
}

/* --- phrases --- */

static bool
next_word(struct str *rest, struct str *word)
{
    return rest->len > 0 && str_cut(rest, '\n', word);
}

static size_t
split(lua_State *L, struct buf *out, int index)
{
    size_t n;
    const char *p = lua_tolstring(L, index, &n);

    sandbox_charge(L, n / 4);
    return utf8_valid(p, n) ? str_words(out, p, n) : 0;
}

static size_t
check_strings(lua_State *L, const char *who)
{
    size_t n;

    luaL_checktype(L, 1, LUA_TTABLE);
    n = (size_t)lua_rawlen(L, 1);
    luaL_argcheck(L, n <= 10000, 1, "more than 10000 strings");
    lua_settop(L, 1);
    for (size_t i = 1; i <= n; i++) {
        if (lua_rawgeti(L, 1, (lua_Integer)i) != LUA_TSTRING)
            luaL_error(L, "text.%s: item %d is no string", who, (int)i);
        lua_pop(L, 1);
    }
    return n;
}

/* The words of all strings into the scratch buffer, each ended by '\n' and
 * each string by one more. Returns how many words. */
static size_t
split_all(lua_State *L, size_t strings)
{
    struct buf *out = sandbox_scratch(L);
    size_t count = 0;

    for (size_t i = 1; i <= strings; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i);
        count += split(L, out, -1);
        buf_addc(out, '\n');
        lua_pop(L, 1);
    }
    sandbox_charge(L, count);
    return count;
}

static int
word_phrases(lua_State *L)
{
    size_t strings = check_strings(L, "phrases"), count;
    struct phrases *p;
    struct str rest, word;
    uint32_t n = 0, i = 0;
    number *to;

    if (sandbox_of(L)->loader == NULL)
        return luaL_error(L, "text.phrases: only while the rules load");
    count = split_all(L, strings);
    p = lua_newuserdatauv(
        L, sizeof *p + (strings + 1 + count) * sizeof(uint32_t), 0);
    luaL_setmetatable(L, PHRASES);
    p->count = (uint32_t)strings;
    p->at[0] = 0;
    to = p->at + strings + 1;
    rest = (struct str){buf_str(&sandbox_of(L)->scratch),
                        sandbox_of(L)->scratch.len};
    while (next_word(&rest, &word)) {
        if (word.len > 0)
            to[n++] = intern(L, word);
        else if (p->at[i] < n)
            p->at[++i] = n;
        else
            return luaL_error(L, "text.phrases: item %d holds no word",
                              (int)i + 1);
    }
    return 1;
}

/* --- tokens --- */

static void
place_word(struct tokens *t, struct vocabulary *v, uint32_t i, struct str word,
           uint64_t seed, uint32_t *last)
{
    uint64_t hash = hash_word(word, seed);
    number name = v != NULL ? slot_of(v, word, hash)->number : 0;

    /* A word of one byte is remembered as such: see likeness. */
    t->hash[i] = word.len > 1 ? hash | 1 : hash & ~UINT64_C(1);
    token_numbers(t)[i] = name;
    token_next(t)[i] = 0;
    if (name == 0)
        return;
    if (last[name] == 0)
        token_first(t)[name] = i + 1;
    else
        token_next(t)[last[name] - 1] = i + 1;
    last[name] = i + 1;
}

static int
word_tokens(lua_State *L)
{
    size_t strings = check_strings(L, "tokens"), count, names;
    struct vocabulary *v = vocabulary_of(L);
    struct sandbox *s = sandbox_of(L);
    struct tokens *t;
    struct str rest, word;
    uint32_t i = 0, string = 0, *last;

    count = split_all(L, strings);
    names = v != NULL ? v->count : 0;
    t = lua_newuserdatauv(L, tokens_size(count, strings, names), 0);
    luaL_setmetatable(L, TOKENS);
    t->count = (uint32_t)count;
    t->strings = (uint32_t)strings;
    t->names = (uint32_t)names;
    token_start(t)[0] = 0;
    memset(token_first(t), 0, (names + 1) * sizeof(uint32_t));
    buf_clear(&s->aside);
    last =
        (uint32_t *)(void *)buf_reserve(&s->aside, (names + 1) * sizeof *last);
    memset(last, 0, (names + 1) * sizeof *last);
    rest = (struct str){buf_str(&s->scratch), s->scratch.len};
    while (next_word(&rest, &word)) {
        if (word.len > 0)
            place_word(t, v, i++, word, s->seed, last);
        else
            token_start(t)[++string] = i;
    }
    return 1;
}

/* --- looking --- */

static struct tokens *
check_tokens(lua_State *L)
{
    return luaL_checkudata(L, 1, TOKENS);
}

static const struct phrases *
check_phrases(lua_State *L, int index)
{
    return luaL_checkudata(L, index, PHRASES);
}

/* Positions from 0, `to` exclusive. */
struct range {
    uint32_t from, to;
};

static struct range
check_range(lua_State *L, int index, const struct tokens *t)
{
    lua_Integer from = luaL_optinteger(L, index, 1);
    lua_Integer to = luaL_optinteger(L, index + 1, t->count);

    if (from < 1)
        from = 1;
    if (to > (lua_Integer)t->count)
        to = t->count;
    if (from > to)
        return (struct range){0, 0};
    return (struct range){(uint32_t)from - 1, (uint32_t)to};
}

/* The string (from 0) that position i lies in. */
static uint32_t
string_at(struct tokens *t, uint32_t i)
{
    const uint32_t *start = token_start(t);
    uint32_t low = 0, high = t->strings;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (start[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Whether the phrase stands at position i, ending before `to` and in the same
 * string. */
static bool
stands(struct tokens *t, const number *words, uint32_t n, uint32_t i,
       uint32_t to)
{
    const number *have = token_numbers(t) + i;

    if (n > to - i)
        return false;
    for (uint32_t k = 0; k < n; k++)
        if (have[k] != words[k])
            return false;
    return n == 1 || token_start(t)[string_at(t, i) + 1] >= i + n;
}

/* The first position (from 1) of the word, 0: none. A word that was named
 * after these tokens were taken is in none of them. */
static uint32_t
first_of(struct tokens *t, number word)
{
    return word <= t->names ? token_first(t)[word] : 0;
}

/* Where the phrase stands in the range, from 1; 0: nowhere. */
static uint32_t
find_one(struct tokens *t, const struct phrases *p, uint32_t phrase,
         struct range r)
{
    const number *words = numbers_of(p) + p->at[phrase];
    uint32_t n = p->at[phrase + 1] - p->at[phrase];

    for (uint32_t at = first_of(t, words[0]); at != 0;
         at = token_next(t)[at - 1])
        if (at > r.from && at <= r.to && stands(t, words, n, at - 1, r.to))
            return at;
    return 0;
}

static int
word_find(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    const struct phrases *p = check_phrases(L, 2);
    struct range r = check_range(L, 3, t);

    sandbox_charge(L, p->count / 8 + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = find_one(t, p, i, r);

        if (at == 0)
            continue;
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_pushinteger(L, at);
        lua_pushinteger(L, (lua_Integer)string_at(t, at - 1) + 1);
        return 3;
    }
    lua_pushnil(L);
    return 1;
}

static int
compare_positions(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int
word_places(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    const struct phrases *p = check_phrases(L, 2);
    struct range r = check_range(L, 3, t);
    struct buf *out = sandbox_scratch(L);
    uint32_t *list, count, last = 0;
    lua_Integer n = 0;

    sandbox_charge(L, p->count / 8 + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        const number *words = numbers_of(p) + p->at[i];
        uint32_t length = p->at[i + 1] - p->at[i];

        for (uint32_t at = first_of(t, words[0]); at != 0;
             at = token_next(t)[at - 1])
            if (at > r.from && at <= r.to &&
                stands(t, words, length, at - 1, r.to))
                buf_add(out, &at, sizeof at);
    }
    count = (uint32_t)(out->len / sizeof *list);
    if (count == 0) {
        lua_pushnil(L);
        return 1;
    }
    sandbox_charge(L, count);
    list = (uint32_t *)(void *)out->data;
    qsort(list, count, sizeof *list, compare_positions);
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (list[i] == last)
            continue;
        last = list[i];
        lua_pushinteger(L, last);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static int
word_is(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    lua_Integer at = luaL_checkinteger(L, 2);
    const struct phrases *p = check_phrases(L, 3);
    bool hit = false;

    sandbox_charge(L, p->count / 8 + 1);
    if (at >= 1 && at <= (lua_Integer)t->count)
        for (uint32_t i = 0; i < p->count && !hit; i++)
            hit = stands(t, numbers_of(p) + p->at[i], p->at[i + 1] - p->at[i],
                         (uint32_t)at - 1, t->count);
    lua_pushboolean(L, hit);
    return 1;
}

static int
word_count(lua_State *L)
{
    lua_pushinteger(L, check_tokens(L)->count);
    return 1;
}

static uint32_t
check_string(lua_State *L, int index, const struct tokens *t)
{
    lua_Integer i = luaL_checkinteger(L, index);

    luaL_argcheck(L, i >= 1 && i <= (lua_Integer)t->strings, index,
                  "no such string");
    return (uint32_t)i - 1;
}

static int
word_span(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    uint32_t i = check_string(L, 2, t);

    lua_pushinteger(L, (lua_Integer)token_start(t)[i] + 1);
    lua_pushinteger(L, token_start(t)[i + 1]);
    return 2;
}

/* --- likeness --- */

static int
compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* A string's different words, sorted, in the scratch buffer. */
struct content {
    size_t at, count; /* in hashes */
    size_t words;     /* repeated ones too */
};

/* For each named word whether it is one of P's. */
static const char *
mark_small(lua_State *L, const struct tokens *t, const struct phrases *small)
{
    struct buf *b = &sandbox_of(L)->aside;
    char *marks;

    buf_clear(b);
    marks = buf_reserve(b, (size_t)t->names + 1);
    memset(marks, 0, (size_t)t->names + 1);
    for (uint32_t i = 0; i < small->at[small->count]; i++)
        if (numbers_of(small)[i] <= t->names)
            marks[numbers_of(small)[i]] = 1;
    return marks;
}

static struct content
content_of(struct tokens *t, uint32_t string, const char *small,
           struct buf *out)
{
    struct content c = {out->len / sizeof(uint64_t), 0, 0};
    uint64_t *list;

    for (uint32_t i = token_start(t)[string]; i < token_start(t)[string + 1];
         i++) {
        number name = token_numbers(t)[i];

        if ((t->hash[i] & 1) == 0 || (name != 0 && small[name]))
            continue;
        buf_add(out, &t->hash[i], sizeof t->hash[i]);
        c.words++;
    }
    list = (uint64_t *)(void *)out->data + c.at;
    if (c.words > 1)
        qsort(list, c.words, sizeof *list, compare_hashes);
    for (size_t i = 0; i < c.words; i++)
        if (i == 0 || list[i] != list[i - 1])
            list[c.count++] = list[i];
    buf_cut(out, (c.at + c.count) * sizeof *list);
    return c;
}

/* Shared words over all words (Jaccard). */
static double
likeness(const struct buf *hashes, const struct content *a,
         const struct content *b)
{
    const uint64_t *all = (const uint64_t *)(const void *)hashes->data;
    const uint64_t *x = all + a->at, *y = all + b->at;
    size_t hits = 0, total;

    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        uint64_t left = x[i], right = y[k];

        hits += left == right;
        i += left <= right;
        k += right <= left;
    }
    total = a->count + b->count - hits;
    return total > 0 ? (double)hits / (double)total : 0;
}

static int
word_alike(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    const struct phrases *small = check_phrases(L, 3);
    double share = luaL_checknumber(L, 4);
    struct content c[ALIKE_MAX];
    struct buf *out;
    const char *marks;
    size_t n;

    luaL_checktype(L, 2, LUA_TTABLE);
    n = (size_t)lua_rawlen(L, 2);
    luaL_argcheck(L, n <= ALIKE_MAX, 2, "too many strings");
    for (size_t i = 0; i < n; i++) {
        uint32_t string;

        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        string = check_string(L, -1, t);
        lua_pop(L, 1);
        c[i].at = string;
        sandbox_charge(
            L,
            (size_t)(token_start(t)[string + 1] - token_start(t)[string]) * 4);
    }
    marks = mark_small(L, t, small);
    out = sandbox_scratch(L);
    for (size_t i = 0; i < n; i++)
        c[i] = content_of(t, (uint32_t)c[i].at, marks, out);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_Integer count = 0;

        for (size_t k = 0; k < n && c[i].words >= ALIKE_WORDS; k++)
            count += k == i || (c[k].words >= ALIKE_WORDS &&
                                likeness(out, &c[i], &c[k]) >= share);
        lua_pushinteger(L, count);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int
word_shouting(lua_State *L)
{
    size_t n, letters = 0, capitals = 0, marks = 0, run = 0;
    const char *p = luaL_checklstring(L, 1, &n);

    sandbox_charge_bytes(L, n);
    for (size_t i = 0; i < n; i++) {
        bool capital = p[i] >= 'A' && p[i] <= 'Z';

        capitals += capital;
        letters += capital || (p[i] >= 'a' && p[i] <= 'z');
        run = p[i] == '!' || p[i] == '?' ? run + 1 : 0;
        if (run > marks)
            marks = run;
    }
    lua_pushnumber(L, letters > 0 ? (double)capitals / (double)letters : 0);
    lua_pushinteger(L, (lua_Integer)letters);
    lua_pushinteger(L, (lua_Integer)marks);
    return 3;
}

static int
word_string_at(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    lua_Integer at = luaL_checkinteger(L, 2);

    luaL_argcheck(L, at >= 1 && at <= (lua_Integer)t->count, 2,
                  "no such position");
    lua_pushinteger(L, (lua_Integer)string_at(t, (uint32_t)at - 1) + 1);
    return 1;
}

void
tokens_open(lua_State *L)
{
    luaL_newmetatable(L, PHRASES);
    luaL_newmetatable(L, TOKENS);
    lua_pop(L, 2);
}

const luaL_Reg tokens_words[] = {
    {"count", word_count},
    {"find", word_find},
    {"is", word_is},
    {"alike", word_alike},
    {"phrases", word_phrases},
    {"places", word_places},
    {"shouting", word_shouting},
    {"span", word_span},
    {"string_at", word_string_at},
    {"tokens", word_tokens},
    {NULL, NULL},
};
