#include "script/tokens_inside.h"

#include <string.h>

#include "script/memo.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"

/* So many words of one string, to be kept, are looked through, not looked up:
 * the others were when they were new. */
#define SHORT_RANGE 64

/* --- where a named word stands --- */

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

static void
map_words(struct tokens *t)
{
    const number *numbers = token_numbers(t);
    uint32_t *next = token_next(t);

    memset(token_said(t), 0, t->slots * sizeof(struct said));
    for (uint32_t i = 0; i < t->count; i++) {
        struct said *said;

        next[i] = 0;
        if (numbers[i] == 0)
            continue;
        said = said_of(t, numbers[i]);
        if (said->name == 0)
            said->first = i + 1;
        else
            next[said->last - 1] = i + 1;
        said->name = numbers[i];
        said->last = i + 1;
    }
    t->mapped = true;
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
    return n == 1 || token_start(t)[tokens_string_at(t, i) + 1] >= i + n;
}

/* The first position (from 1) of the named word, 0: none. */
static uint32_t
first_of(struct tokens *t, number word)
{
    if (!t->mapped)
        map_words(t);
    return said_of(t, word)->first;
}

/* Where the phrase stands in the range, from 1; 0: nowhere. */
static uint32_t
find_one(struct tokens *t, const struct phrases *p, uint32_t phrase,
         struct tokens_range r)
{
    const number *words = phrases_numbers(p) + p->at[phrase];
    uint32_t n = p->at[phrase + 1] - p->at[phrase];

    if (t->remembered && r.to - r.from <= SHORT_RANGE) {
        for (uint32_t i = r.from; i < r.to; i++)
            if (token_numbers(t)[i] == words[0] && stands(t, words, n, i, r.to))
                return i + 1;
        return 0;
    }
    for (uint32_t at = first_of(t, words[0]); at != 0;
         at = token_next(t)[at - 1])
        if (at > r.from && at <= r.to && stands(t, words, n, at - 1, r.to))
            return at;
    return 0;
}

/* Most of what is said begins no phrase of a list. */
static inline bool
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
standing(struct tokens *t, const struct phrases *p, uint32_t i, uint32_t to,
         uint32_t below)
{
    number word = token_numbers(t)[i];
    const struct beginning *end = phrases_beginnings(p) + p->count;

    for (const struct beginning *one = phrases_from(p, word);
         one < end && one->word == word && one->phrase < below; one++)
        if (phrase_stands(t, p, one->phrase, i, to))
            return one->phrase;
    return below;
}

/* What it is charged to look for a list's phrases at one position. */
static size_t
visit_work(const struct phrases *p)
{
    return p->count / 16 + 1;
}

/* The first phrase that stands somewhere, p->count: none, and where, from 1. */
struct found {
    uint32_t phrase, at;
    uint32_t visits; /* positions at which phrases were compared */
};

/* In the range. A few phrases are looked up one by one; of many, those that
 * begin with what is said. L: to charge each visit; NULL charges nothing. */
static struct found
search(lua_State *L, struct tokens *t, const struct phrases *p,
       struct tokens_range r)
{
    struct found f = {.phrase = p->count};

    for (uint32_t k = 0; p->names == 0 && k < p->count; k++)
        if ((f.at = find_one(t, p, k, r)) != 0) {
            f.phrase = k;
            return f;
        }
    for (uint32_t i = r.from; p->names != 0 && i < r.to && f.phrase > 0; i++) {
        uint32_t k;

        if (!may_begin_at(t, p, i))
            continue;
        f.visits++;
        if (L != NULL)
            sandbox_charge(L, visit_work(p));
        k = standing(t, p, i, r.to, f.phrase);
        if (k < f.phrase)
            f.at = i + 1;
        f.phrase = k;
    }
    return f;
}

/* --- what is known of a string from call to call --- */

/* The positions of string k that lie in the range. */
static struct tokens_range
within(struct tokens *t, uint32_t k, struct tokens_range r)
{
    const uint32_t *start = token_start(t) + k;

    if (r.from < start[0])
        r.from = start[0];
    if (r.to > start[1])
        r.to = start[1];
    return r;
}

/* What is kept of string k, all of which is the range; else NULL. */
static inline struct memo_text *
kept_text(lua_State *L, struct tokens *t, const struct phrases *p, uint32_t k,
          struct tokens_range r)
{
    const uint32_t *start = token_start(t) + k;

    if (token_kept(t)[k] == 0 || r.from != start[0] || r.to != start[1] ||
        p->count >= UINT16_MAX)
        return NULL;
    return memo_text(sandbox_of(L)->memo, token_kept(t)[k]);
}

static void
keep_found(struct tokens *t, const struct phrases *p, struct tokens_range r,
           struct memo_found *kept)
{
    struct found f = search(NULL, t, p, r);

    kept->phrase = (uint16_t)(f.phrase + 1);
    kept->at = (uint16_t)(f.at > 0 ? f.at - 1 - r.from : 0);
    kept->visits = (uint16_t)f.visits;
}

/* Where the list's phrases stand in the string that is the range. */
static const struct memo_found *
look_up(struct tokens *t, const struct phrases *p, struct memo_text *text,
        struct tokens_range r)
{
    struct memo_found *kept = &text->found[p->place];

    if (kept->phrase == 0)
        keep_found(t, p, r, kept);
    return kept;
}

/* The same as search, of what is kept, charged at once. False: some of the
 * range is no string that is kept, or the budget ends the call in between, and
 * then it is to end where it would have. */
static bool
search_kept(lua_State *L, struct tokens *t, const struct phrases *p,
            struct tokens_range r, struct found *best)
{
    const uint32_t *start = token_start(t);
    uint32_t k = tokens_string_at(t, r.from);
    size_t work;

    *best = (struct found){.phrase = p->count};
    if (start[k] != r.from)
        return false;
    for (; k < t->strings && start[k] < r.to && best->phrase > 0; k++) {
        struct tokens_range all = {start[k], start[k + 1]};
        struct memo_text *text = kept_text(L, t, p, k, all);
        const struct memo_found *f;

        if (text == NULL || all.to > r.to)
            return false;
        f = look_up(t, p, text, all);
        best->visits += f->visits;
        if (f->phrase - 1u < best->phrase) {
            best->phrase = f->phrase - 1u;
            best->at = all.from + f->at + 1;
        }
    }
    work = best->visits * visit_work(p);
    if (!sandbox_affords(L, work))
        return false;
    if (work > 0)
        sandbox_charge(L, work);
    return true;
}

/* The first phrase that stands in the range, and where it stands first. */
static struct found
find_first(lua_State *L, struct tokens *t, const struct phrases *p,
           struct tokens_range r)
{
    struct found f;

    if (t->remembered && r.from < r.to && search_kept(L, t, p, r, &f))
        return f;
    return search(L, t, p, r);
}

static int
word_find(lua_State *L)
{
    struct tokens *t = tokens_check(L);
    const struct phrases *p = phrases_check(L, 2);
    struct tokens_range r = tokens_check_range(L, 3, t);
    struct found f;

    sandbox_charge(L, p->count / 8 + 1);
    f = find_first(L, t, p, r);
    if (f.phrase == p->count) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)f.phrase + 1);
    lua_pushinteger(L, f.at);
    lua_pushinteger(L, (lua_Integer)tokens_string_at(t, f.at - 1) + 1);
    return 3;
}

/* Those of the last string; of none nothing. */
static struct tokens_range
newest_range(struct tokens *t)
{
    struct tokens_range r = {0, t->count};

    if (t->strings > 0)
        r.from = token_start(t)[t->strings - 1];
    return r;
}

bool
tokens_hold(lua_State *L, int tokens, int phrases, bool newest)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    struct tokens_range r =
        newest ? newest_range(t) : (struct tokens_range){0, t->count};

    sandbox_charge(L, p->count / 8 + 1);
    return find_first(L, t, p, r).phrase < p->count;
}

bool
tokens_newest_begins(lua_State *L, int tokens, int phrases)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    struct tokens_range r = newest_range(t);

    sandbox_charge(L, visit_work(p));
    return r.from < r.to && may_begin_at(t, p, r.from) &&
           standing(t, p, r.from, r.to, p->count) < p->count;
}

bool
tokens_meet(lua_State *L, int tokens, int phrases, int others)
{
    struct tokens *t = tokens_at(L, tokens);
    const struct phrases *p = phrases_check(L, phrases);
    const struct phrases *q = phrases_check(L, others);
    const uint32_t *start = token_start(t);
    struct tokens_range all = {0, t->count};

    sandbox_charge(L, (p->count + q->count + t->count) / 8 + t->strings + 1);
    if (find_first(L, t, p, all).phrase == p->count)
        return false;
    for (uint32_t i = 0; i < t->strings; i++) {
        struct tokens_range r = {start[i], start[i + 1]};

        if (find_first(L, t, p, r).phrase < p->count &&
            find_first(L, t, q, r).phrase < q->count)
            return true;
    }
    return false;
}

/* String k holds none of the list's phrases in the range, as is known from an
 * earlier call: charges for having looked. */
static bool
holds_none(lua_State *L, struct tokens *t, const struct phrases *p, uint32_t k,
           struct tokens_range r)
{
    struct memo_text *text = kept_text(L, t, p, k, r);
    size_t visits;

    if (text == NULL || look_up(t, p, text, r)->phrase <= p->count)
        return false;
    visits = p->names == 0 ? text->named : text->found[p->place].visits;
    if (!sandbox_affords(L, visits * visit_work(p)))
        return false;
    if (visits > 0)
        sandbox_charge(L, visits * visit_work(p));
    return true;
}

/* Where phrases begin in the range goes to the list on top, or a new one when
 * n is 0: nothing is on top then. Returns how many there are. */
static lua_Integer
add_places(lua_State *L, struct tokens *t, const struct phrases *p,
           struct tokens_range r, lua_Integer n)
{
    for (uint32_t i = r.from; i < r.to; i++) {
        if (!may_begin_at(t, p, i))
            continue;
        sandbox_charge(L, visit_work(p));
        if (standing(t, p, i, r.to, p->count) == p->count)
            continue;
        if (n == 0)
            lua_createtable(L, 4, 0);
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_rawseti(L, -2, ++n);
    }
    return n;
}

static int
word_places(lua_State *L)
{
    struct tokens *t = tokens_check(L);
    const struct phrases *p = phrases_check(L, 2);
    struct tokens_range r = tokens_check_range(L, 3, t);
    lua_Integer n = 0;

    sandbox_charge(L, (r.to - r.from) / 8 + 1);
    for (uint32_t k = r.from < r.to ? tokens_string_at(t, r.from) : t->strings;
         k < t->strings && token_start(t)[k] < r.to; k++) {
        struct tokens_range part = within(t, k, r);

        if (part.from < part.to && !holds_none(L, t, p, k, part))
            n = add_places(L, t, p, part, n);
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
    struct tokens *t = tokens_check(L);
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

const luaL_Reg tokens_find_words[] = {
    {"find", word_find},
    {"is", word_is},
    {"places", word_places},
    {NULL, NULL},
};
