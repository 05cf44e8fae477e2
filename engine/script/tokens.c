#include "script/tokens_inside.h"

#include <string.h>

#include "base/str.h"
#include "script/memo.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"

const char tokens_kind;

/* A string on its way into tokens. */
struct added {
    uint32_t kept; /* its place, 0: its words are in the scratch buffer */
    uint32_t words;
};

static size_t
tokens_size(size_t count, size_t strings, size_t slots)
{
    return sizeof(struct tokens) + count * sizeof(uint64_t) +
           slots * sizeof(struct said) +
           (count * 2 + strings * 2 + 1) * sizeof(uint32_t);
}

/* --- making them --- */

/* A word of one byte is remembered as such: see likeness. */
static uint64_t
marked_hash(struct str word, uint64_t hash)
{
    return word.len > 1 ? hash | 1 : hash & ~UINT64_C(1);
}

/* The words up to the next empty one. Returns how many. */
static uint32_t
number_words(const struct sandbox *s, struct str *rest, uint64_t *hashes,
             number *numbers)
{
    struct str word;
    uint32_t n = 0;

    while (phrases_next_word(rest, &word) && word.len > 0) {
        uint64_t hash = vocabulary_hash(word, s->seed);

        hashes[n] = marked_hash(word, hash);
        numbers[n++] = vocabulary_number(s->words, word, hash);
    }
    return n;
}

static struct tokens *
make_tokens(lua_State *L, size_t count, size_t strings)
{
    size_t slots = 8;
    struct tokens *t;

    while (slots <= count) /* one stays free; few words are named */
        slots *= 2;
    t = lua_newuserdatauv(L, tokens_size(count, strings, slots), 0);
    t->kind = &tokens_kind;
    t->count = (uint32_t)count;
    t->strings = (uint32_t)strings;
    t->slots = (uint32_t)slots;
    t->mapped = t->remembered = false;
    token_start(t)[0] = 0;
    return t;
}

void
tokens_begin(lua_State *L)
{
    sandbox_scratch(L);
    buf_clear(&sandbox_of(L)->strings);
}

/* Keep the text whose words stand at the end of the scratch buffer. Its place,
 * 0: there is no room. */
static uint32_t
keep_text(const struct sandbox *s, const char *p, size_t n, struct str words,
          uint32_t count)
{
    uint32_t place = memo_add(s->memo, p, n, s->seed, count);
    struct memo_text *text;

    if (place == 0)
        return 0;
    text = memo_text(s->memo, place);
    number_words(s, &words, text->hashes, text->numbers);
    for (uint32_t i = 0; i < count; i++)
        text->named = (uint16_t)(text->named + (text->numbers[i] != 0));
    return place;
}

static struct added
split(lua_State *L, const char *p, size_t n)
{
    struct sandbox *s = sandbox_of(L);
    size_t begin = s->scratch.len;
    struct added one = {0};
    struct str words;

    one.words = (uint32_t)phrases_split(L, &s->scratch, p, n);
    if (s->memo == NULL)
        return one;
    words = (struct str){s->scratch.data + begin, s->scratch.len - begin};
    one.kept = keep_text(s, p, n, words, one.words);
    if (one.kept != 0)
        buf_cut(&s->scratch, begin);
    return one;
}

uint8_t *
tokens_add(lua_State *L, const char *p, size_t n)
{
    struct sandbox *s = sandbox_of(L);
    struct added one = {0};

    if (s->memo != NULL)
        one.kept = memo_find(s->memo, p, n, s->seed);
    if (one.kept != 0) {
        sandbox_charge(L, n / 4); /* as phrases_split does */
        one.words = memo_text(s->memo, one.kept)->words;
    } else {
        one = split(L, p, n);
    }
    buf_add(&s->strings, &one, sizeof one);
    return one.kept != 0 ? &memo_text(s->memo, one.kept)->signs : NULL;
}

/* String k, from position `at` on. */
static void
put_string(const struct sandbox *s, struct tokens *t, uint32_t k, uint32_t at,
           const struct added *one, struct str *rest)
{
    uint64_t *hashes = t->hash + at;
    number *numbers = token_numbers(t) + at;

    token_kept(t)[k] = one->kept;
    if (one->kept != 0) {
        const struct memo_text *text = memo_text(s->memo, one->kept);

        memcpy(hashes, text->hashes, one->words * sizeof *hashes);
        memcpy(numbers, text->numbers, one->words * sizeof *numbers);
        t->remembered = true;
    } else {
        number_words(s, rest, hashes, numbers);
    }
    token_start(t)[k + 1] = at + one->words;
}

size_t
tokens_push(lua_State *L)
{
    const struct sandbox *s = sandbox_of(L);
    const struct added *all = (const void *)buf_str(&s->strings);
    size_t strings = s->strings.len / sizeof *all, count = 0;
    struct str rest = {buf_str(&s->scratch), s->scratch.len};
    struct tokens *t;

    for (size_t i = 0; i < strings; i++)
        count += all[i].words;
    sandbox_charge(L, count);
    t = make_tokens(L, count, strings);
    for (uint32_t i = 0, at = 0; i < strings; at += all[i++].words)
        put_string(s, t, i, at, &all[i], &rest);
    return count;
}

static int
word_tokens(lua_State *L)
{
    size_t strings = phrases_check_strings(L, "tokens");

    tokens_begin(L);
    for (size_t i = 1; i <= strings; i++) {
        size_t n;
        const char *p;

        lua_rawgeti(L, 1, (lua_Integer)i);
        p = lua_tolstring(L, -1, &n);
        tokens_add(L, p, n);
        lua_pop(L, 1);
    }
    tokens_push(L);
    return 1;
}

/* --- where things stand --- */

struct tokens *
tokens_at(lua_State *L, int index)
{
    struct tokens *t = phrases_of_kind(L, index, &tokens_kind);

    luaL_argexpected(L, t != NULL, 1, "tokens");
    return t;
}

struct tokens *
tokens_check(lua_State *L)
{
    return tokens_at(L, 1);
}

struct tokens_range
tokens_check_range(lua_State *L, int index, const struct tokens *t)
{
    lua_Integer from = luaL_optinteger(L, index, 1);
    lua_Integer to = luaL_optinteger(L, index + 1, t->count);

    if (from < 1)
        from = 1;
    if (to > (lua_Integer)t->count)
        to = t->count;
    if (from > to)
        return (struct tokens_range){0, 0};
    return (struct tokens_range){(uint32_t)from - 1, (uint32_t)to};
}

uint32_t
tokens_string_at(struct tokens *t, uint32_t i)
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

uint32_t
tokens_check_string(lua_State *L, int index, const struct tokens *t)
{
    lua_Integer i = luaL_checkinteger(L, index);

    luaL_argcheck(L, i >= 1 && i <= (lua_Integer)t->strings, index,
                  "no such string");
    return (uint32_t)i - 1;
}

static int
word_count(lua_State *L)
{
    lua_pushinteger(L, tokens_check(L)->count);
    return 1;
}

static int
word_span(lua_State *L)
{
    struct tokens *t = tokens_check(L);
    uint32_t i = tokens_check_string(L, 2, t);

    lua_pushinteger(L, (lua_Integer)token_start(t)[i] + 1);
    lua_pushinteger(L, token_start(t)[i + 1]);
    return 2;
}

static int
word_string_at(lua_State *L)
{
    struct tokens *t = tokens_check(L);
    lua_Integer at = luaL_checkinteger(L, 2);

    luaL_argcheck(L, at >= 1 && at <= (lua_Integer)t->count, 2,
                  "no such position");
    lua_pushinteger(L, (lua_Integer)tokens_string_at(t, (uint32_t)at - 1) + 1);
    return 1;
}

const luaL_Reg tokens_words[] = {
    {"count", word_count},   {"span", word_span}, {"string_at", word_string_at},
    {"tokens", word_tokens}, {NULL, NULL},
};
