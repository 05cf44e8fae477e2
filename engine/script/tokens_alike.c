#include "script/tokens_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "script/memo.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"

#define ALIKE_MAX   16 /* strings compared with each other */
#define ALIKE_WORDS 3  /* a string of fewer is like nothing */

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
make_content(struct tokens *t, uint32_t string, const struct phrases *small,
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

/* Keep what was just made, which ends the buffer. */
static void
keep_content(struct memo_content *kept, const struct phrases *small,
             const struct content *c, const struct buf *out)
{
    kept->list = small->place + 1;
    kept->count = (uint16_t)c->count;
    kept->words = (uint16_t)c->words;
    if (c->count > 0)
        memcpy(kept->hashes, out->data + c->at * sizeof *kept->hashes,
               c->count * sizeof *kept->hashes);
}

/* The same, of what is kept of the string (NULL: nothing). */
static struct content
content_of(struct tokens *t, uint32_t string, const struct phrases *small,
           struct memo_content *kept, bool compared, struct buf *out)
{
    struct content c = {out->len / sizeof(uint64_t), 0, 0};

    if (kept == NULL)
        return make_content(t, string, small, compared, out);
    if (kept->list != small->place + 1) {
        c = make_content(t, string, small, true, out);
        keep_content(kept, small, &c, out);
        return c;
    }
    c.count = kept->count;
    c.words = kept->words;
    buf_add(out, kept->hashes, c.count * sizeof *kept->hashes);
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

static struct memo_content *
kept_of(lua_State *L, struct tokens *t, uint32_t string)
{
    uint32_t place = token_kept(t)[string];

    if (place == 0)
        return NULL;
    return &memo_text(sandbox_of(L)->memo, place)->content;
}

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
        c->of[i] =
            content_of(t, strings[i], c->small, kept_of(L, t, strings[i]),
                       c->count > 1, c->hashes);
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
    struct tokens *t = tokens_check(L);
    uint32_t strings[ALIKE_MAX];
    struct compared c = {.count = 0};

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 4);
    c.count = (size_t)lua_rawlen(L, 2);
    luaL_argcheck(L, c.count <= ALIKE_MAX, 2, "too many strings");
    for (size_t i = 0; i < c.count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        strings[i] = tokens_check_string(L, -1, t);
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
    struct tokens *t = tokens_check(L);
    uint32_t first = tokens_check_string(L, 2, t),
             last = tokens_check_string(L, 3, t);
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

const luaL_Reg tokens_alike_words[] = {
    {"alike", word_alike},
    {"unlike", word_unlike},
    {NULL, NULL},
};
