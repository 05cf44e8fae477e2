#include "script/tokens.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"
#include "script/vocabulary.h"

#define ALIKE_MAX   16 /* strings compared with each other */
#define ALIKE_WORDS 3  /* a string of fewer is like nothing */

/* A named word that was said: its first and its newest position, from 1. */
struct said {
    number name; /* 0: free */
    uint32_t first, last;
};

/* The first bytes of what only this file makes: see phrases_kind. */
static const char kind_tokens;

/* What was said. Behind it: hash[count], said[slots], then number[count],
 * next[count], start[strings + 1]. */
struct tokens {
    const void *kind;
    uint32_t count, strings;
    uint32_t slots; /* a power of two */
    uint64_t hash[];
};

/* --- layout --- */

static struct said *
token_said(struct tokens *t)
{
    return (struct said *)(void *)(t->hash + t->count);
}

static number *
token_numbers(struct tokens *t)
{
    return (number *)(void *)(token_said(t) + t->slots);
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

static size_t
tokens_size(size_t count, size_t strings, size_t slots)
{
    return sizeof(struct tokens) + count * sizeof(uint64_t) +
           slots * sizeof(struct said) +
           (count * 2 + strings + 1) * sizeof(uint32_t);
}

/* The slot that holds the named word or is free for it. */
static struct said *
said_of(struct tokens *t, number name)
{
    struct said *all = token_said(t);
    uint32_t at = name * UINT32_C(2654435769) >> 7 & (t->slots - 1);

    while (all[at].name != 0 && all[at].name != name)
        at = (at + 1) & (t->slots - 1);
    return &all[at];
}

/* --- tokens --- */

static void
place_word(struct tokens *t, const struct vocabulary *v, uint32_t i,
           struct str word, uint32_t seed)
{
    uint64_t hash = vocabulary_hash(word, seed);
    number name = vocabulary_number(v, word, hash);
    struct said *said;

    /* A word of one byte is remembered as such: see likeness. */
    t->hash[i] = word.len > 1 ? hash | 1 : hash & ~UINT64_C(1);
    token_numbers(t)[i] = name;
    token_next(t)[i] = 0;
    if (name == 0)
        return;
    said = said_of(t, name);
    if (said->name == 0)
        said->first = i + 1;
    else
        token_next(t)[said->last - 1] = i + 1;
    said->name = name;
    said->last = i + 1;
}

static struct tokens *
make_tokens(lua_State *L, size_t count, size_t strings)
{
    size_t slots = 8;
    struct tokens *t;

    while (slots <= count) /* one stays free; few words are named */
        slots *= 2;
    t = lua_newuserdatauv(L, tokens_size(count, strings, slots), 0);
    t->kind = &kind_tokens;
    t->count = (uint32_t)count;
    t->strings = (uint32_t)strings;
    t->slots = (uint32_t)slots;
    memset(token_said(t), 0, slots * sizeof(struct said));
    token_start(t)[0] = 0;
    return t;
}

void
tokens_push(lua_State *L, size_t count, size_t strings)
{
    struct tokens *t = make_tokens(L, count, strings);
    struct sandbox *s = sandbox_of(L);
    struct str rest = {buf_str(&s->scratch), s->scratch.len}, word;
    uint32_t i = 0, string = 0;

    while (phrases_next_word(&rest, &word)) {
        if (word.len > 0)
            place_word(t, s->words, i++, word, s->seed);
        else
            token_start(t)[++string] = i;
    }
}

static int
word_tokens(lua_State *L)
{
    size_t strings = phrases_check_strings(L, "tokens");

    tokens_push(L, phrases_split_all(L, strings), strings);
    return 1;
}

/* --- looking --- */

static struct tokens *
tokens_at(lua_State *L, int index)
{
    struct tokens *t = phrases_of_kind(L, index, &kind_tokens);

    luaL_argexpected(L, t != NULL, 1, "tokens");
    return t;
}

static struct tokens *
check_tokens(lua_State *L)
{
    return tokens_at(L, 1);
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

/* The first position (from 1) of the named word, 0: none. */
static uint32_t
first_of(struct tokens *t, number word)
{
    return said_of(t, word)->first;
}

/* Where the phrase stands in the range, from 1; 0: nowhere. */
static uint32_t
find_one(struct tokens *t, const struct phrases *p, uint32_t phrase,
         struct range r)
{
    const number *words = phrases_numbers(p) + p->at[phrase];
    uint32_t n = p->at[phrase + 1] - p->at[phrase];

    for (uint32_t at = first_of(t, words[0]); at != 0;
         at = token_next(t)[at - 1])
        if (at > r.from && at <= r.to && stands(t, words, n, at - 1, r.to))
            return at;
    return 0;
}

/* Most of what is said begins no phrase of a list. */
static bool
may_begin_at(struct tokens *t, const struct phrases *p, uint32_t i)
{
    number word = token_numbers(t)[i];

    return word != 0 && phrases_may_begin(p, word);
}

/* Phrase k of the list at position i. */
static bool
phrase_stands(struct tokens *t, const struct phrases *p, uint32_t k, uint32_t i,
              uint32_t to)
{
    return stands(t, phrases_numbers(p) + p->at[k], p->at[k + 1] - p->at[k], i,
                  to);
}

/* The first of the list's phrases below `below` that stands at position i,
 * ending before `to`; `below` when there is none. */
static uint32_t
standing(lua_State *L, struct tokens *t, const struct phrases *p, uint32_t i,
         uint32_t to, uint32_t below)
{
    number word = token_numbers(t)[i];
    const struct beginning *end = phrases_beginnings(p) + p->count;

    sandbox_charge(L, p->count / 16 + 1);
    for (const struct beginning *one = phrases_from(p, word);
         one < end && one->word == word && one->phrase < below; one++)
        if (phrase_stands(t, p, one->phrase, i, to))
            return one->phrase;
    return below;
}

/* The first phrase that stands in the range, p->count: none, and where, from 1.
 * A few phrases are looked up one by one; of many, those that begin with what
 * is said. */
static uint32_t
find_first(lua_State *L, struct tokens *t, const struct phrases *p,
           struct range r, uint32_t *at)
{
    uint32_t best = p->count;

    for (uint32_t k = 0; p->names == 0 && k < p->count; k++)
        if ((*at = find_one(t, p, k, r)) != 0)
            return k;
    for (uint32_t i = r.from; p->names != 0 && i < r.to && best > 0; i++) {
        uint32_t k;

        if (!may_begin_at(t, p, i))
            continue;
        k = standing(L, t, p, i, r.to, best);
        if (k < best)
            *at = i + 1;
        best = k;
    }
    return best;
}

static int
word_find(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    const struct phrases *p = phrases_check(L, 2);
    struct range r = check_range(L, 3, t);
    uint32_t phrase, at = 0;

    sandbox_charge(L, p->count / 8 + 1);
    phrase = find_first(L, t, p, r, &at);
    if (phrase == p->count) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)phrase + 1);
    lua_pushinteger(L, at);
    lua_pushinteger(L, (lua_Integer)string_at(t, at - 1) + 1);
    return 3;
}

/* Those of the last string; of none nothing. */
static struct range
newest_range(struct tokens *t)
{
    struct range r = {0, t->count};

    if (t->strings > 0)
        r.from = token_start(t)[t->strings - 1];
    return r;
}

bool
tokens_hold(lua_State *L, int tokens, int phrases, bool newest)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    struct range r = newest ? newest_range(t) : (struct range){0, t->count};
    uint32_t at;

    sandbox_charge(L, p->count / 8 + 1);
    return find_first(L, t, p, r, &at) < p->count;
}

bool
tokens_begin(lua_State *L, int tokens, int phrases)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    struct range r = newest_range(t);

    sandbox_charge(L, 1);
    return r.from < r.to && may_begin_at(t, p, r.from) &&
           standing(L, t, p, r.from, r.to, p->count) < p->count;
}

bool
tokens_meet(lua_State *L, int tokens, int phrases, int others)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    const struct phrases *q = phrases_check(L, others);
    const uint32_t *start = token_start(t);
    uint32_t at;

    sandbox_charge(L, (p->count + q->count + t->count) / 8 + t->strings + 1);
    if (find_first(L, t, p, (struct range){0, t->count}, &at) == p->count)
        return false;
    for (uint32_t i = 0; i < t->strings; i++) {
        struct range r = {start[i], start[i + 1]};

        if (find_first(L, t, p, r, &at) < p->count &&
            find_first(L, t, q, r, &at) < q->count)
            return true;
    }
    return false;
}

static int
word_places(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    const struct phrases *p = phrases_check(L, 2);
    struct range r = check_range(L, 3, t);
    lua_Integer n = 0;

    sandbox_charge(L, (r.to - r.from) / 8 + 1);
    for (uint32_t i = r.from; i < r.to; i++) {
        if (!may_begin_at(t, p, i) ||
            standing(L, t, p, i, r.to, p->count) == p->count)
            continue;
        if (n == 0)
            lua_createtable(L, 4, 0);
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_rawseti(L, -2, ++n);
    }
    if (n == 0)
        lua_pushnil(L);
    return 1;
}

/* The longest phrase that stands at position i, the first of several such;
 * p->count when none does. */
static uint32_t
longest(struct tokens *t, const struct phrases *p, uint32_t i)
{
    number word = token_numbers(t)[i];
    const struct beginning *end = phrases_beginnings(p) + p->count;
    uint32_t best = p->count, words = 0;

    for (const struct beginning *one = phrases_from(p, word);
         one < end && one->word == word; one++) {
        uint32_t n = p->at[one->phrase + 1] - p->at[one->phrase];

        if (n > words && phrase_stands(t, p, one->phrase, i, t->count)) {
            best = one->phrase;
            words = n;
        }
    }
    return best;
}

static int
word_is(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    lua_Integer at = luaL_checkinteger(L, 2);
    const struct phrases *p = phrases_check(L, 3);
    uint32_t best = p->count;

    sandbox_charge(L, p->count / 8 + 1);
    if (at >= 1 && at <= (lua_Integer)t->count &&
        may_begin_at(t, p, (uint32_t)at - 1))
        best = longest(t, p, (uint32_t)at - 1);
    if (best == p->count) {
        lua_pushboolean(L, 0);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)best + 1);
    lua_pushinteger(L, p->at[best + 1] - p->at[best]);
    return 2;
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

/* A string's different words, sorted, in the scratch buffer; of a string that
 * is compared with no other only their number. */
struct content {
    size_t at, count; /* in hashes */
    size_t words;     /* repeated ones too */
};

/* Whether one of the list's phrases begins with the word. */
static bool
is_small(const struct phrases *small, number name)
{
    if (name == 0 || small->names != 0)
        return name != 0 && phrases_may_begin(small, name);
    for (uint32_t i = 0; i < small->count; i++)
        if (phrases_numbers(small)[small->at[i]] == name)
            return true;
    return false;
}

static struct content
content_of(struct tokens *t, uint32_t string, const struct phrases *small,
           bool compared, struct buf *out)
{
    struct content c = {out->len / sizeof(uint64_t), 0, 0};
    uint64_t *list;

    for (uint32_t i = token_start(t)[string]; i < token_start(t)[string + 1];
         i++) {
        if ((t->hash[i] & 1) == 0 || is_small(small, token_numbers(t)[i]))
            continue;
        if (compared)
            buf_add(out, &t->hash[i], sizeof t->hash[i]);
        c.words++;
    }
    if (!compared)
        return c;
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

/* What is compared: the content of up to ALIKE_MAX strings. */
struct compared {
    struct buf *hashes;
    const struct phrases *small;
    struct content of[ALIKE_MAX];
    size_t count;
    double share;
};

/* The arguments from 3 on: the small words, the share; then the strings to
 * compare, by their numbers from 0. */
static void
compare_strings(lua_State *L, struct tokens *t, const uint32_t *strings,
                struct compared *c)
{
    c->small = phrases_check(L, lua_gettop(L) - 1);
    c->share = luaL_checknumber(L, -1);
    for (size_t i = 0; i < c->count; i++)
        sandbox_charge(L, (size_t)(token_start(t)[strings[i] + 1] -
                                   token_start(t)[strings[i]]) *
                              4);
    c->hashes = sandbox_scratch(L);
    for (size_t i = 0; i < c->count; i++)
        c->of[i] = content_of(t, strings[i], c->small, c->count > 1, c->hashes);
}

static bool
says_enough(const struct content *c)
{
    return c->words >= ALIKE_WORDS;
}

static bool
are_alike(const struct compared *c, size_t i, size_t k)
{
    return says_enough(&c->of[i]) && says_enough(&c->of[k]) &&
           likeness(c->hashes, &c->of[i], &c->of[k]) >= c->share;
}

static int
word_alike(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    uint32_t strings[ALIKE_MAX];
    struct compared c = {.count = 0};

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 4);
    c.count = (size_t)lua_rawlen(L, 2);
    luaL_argcheck(L, c.count <= ALIKE_MAX, 2, "too many strings");
    for (size_t i = 0; i < c.count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        strings[i] = check_string(L, -1, t);
        lua_pop(L, 1);
    }
    compare_strings(L, t, strings, &c);
    lua_createtable(L, (int)c.count, 0);
    for (size_t i = 0; i < c.count; i++) {
        lua_Integer alike = 0;

        for (size_t k = 0; k < c.count; k++)
            if (k == i ? says_enough(&c.of[i]) : are_alike(&c, i, k))
                alike |= (lua_Integer)1 << k;
        lua_pushinteger(L, alike);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int
word_unlike(lua_State *L)
{
    struct tokens *t = check_tokens(L);
    uint32_t first = check_string(L, 2, t), last = check_string(L, 3, t);
    uint32_t strings[ALIKE_MAX];
    struct compared c = {.count = 0};
    lua_Integer newest = 0;

    lua_settop(L, 5);
    luaL_argcheck(L, last < first + ALIKE_MAX, 3, "too many strings");
    for (uint32_t i = first; i <= last; i++)
        strings[c.count++] = i;
    compare_strings(L, t, strings, &c);
    for (size_t i = 0; i < c.count; i++) {
        for (size_t k = 0; k < i; k++)
            if (are_alike(&c, i, k))
                return 0;
        if (says_enough(&c.of[i]))
            newest = (lua_Integer)strings[i] + 1;
    }
    lua_pushinteger(L, newest);
    return 1;
}

/* A string at a glance: a bit for each word that carries something, by its
 * hash, and how many such words there are, repeated ones too. */
struct glance {
    uint64_t bits;
    uint32_t words;
};

static struct glance
glance_at(struct tokens *t, uint32_t string, const struct phrases *small)
{
    struct glance g = {0, 0};

    for (uint32_t i = token_start(t)[string]; i < token_start(t)[string + 1];
         i++) {
        if ((t->hash[i] & 1) == 0 || is_small(small, token_numbers(t)[i]))
            continue;
        g.bits |= UINT64_C(1) << (t->hash[i] >> 58);
        g.words++;
    }
    return g;
}

/* Of two strings with a and b different words and a likeness of s at least,
 * (a + b) * (1 - s) / (1 + s) words at most stand in one alone; and bits that
 * differ come from those. */
static bool
may_be_alike(const struct glance *x, const struct glance *y, double share)
{
    int differ = __builtin_popcountll(x->bits ^ y->bits);

    return x->words >= ALIKE_WORDS && y->words >= ALIKE_WORDS &&
           differ * (1 + share) <= (x->words + y->words) * (1 - share) + 1e-6;
}

bool
tokens_may_be_alike(lua_State *L, int tokens, int small, lua_Integer from,
                    double share)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, small);
    struct glance of[ALIKE_MAX];
    uint32_t first = from > 1 ? (uint32_t)from - 1 : 0, n = 0;

    if (t->strings > ALIKE_MAX && first < t->strings - ALIKE_MAX)
        first = t->strings - ALIKE_MAX;
    for (uint32_t i = first; i < t->strings; i++) {
        sandbox_charge(L, token_start(t)[i + 1] - token_start(t)[i] + 1);
        of[n] = glance_at(t, i, p);
        for (uint32_t k = 0; k < n; k++)
            if (may_be_alike(&of[k], &of[n], share))
                return true;
        n++;
    }
    return false;
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

const luaL_Reg tokens_words[] = {
    {"count", word_count},
    {"find", word_find},
    {"is", word_is},
    {"alike", word_alike},
    {"places", word_places},
    {"span", word_span},
    {"string_at", word_string_at},
    {"tokens", word_tokens},
    {"unlike", word_unlike},
    {NULL, NULL},
};
