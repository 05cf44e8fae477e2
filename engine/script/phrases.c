#include "script/phrases.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_load.h"
#include "script/vocabulary.h"

#define SECTIONS_MAX 64 /* of one lexicon */
#define JOIN_MAX     16

static const char kind_phrases;

/* What a list is to a script. */
struct list {
    const void *kind;
    uint32_t place; /* in the vocabulary */
};

/* --- telling words apart --- */

bool
phrases_next_word(struct str *rest, struct str *word)
{
    return rest->len > 0 && str_cut(rest, '\n', word);
}

size_t
phrases_split(lua_State *L, struct buf *out, const char *p, size_t n)
{
    size_t count;

    sandbox_charge(L, n / 4);
    count = utf8_valid(p, n) ? str_words(out, p, n) : 0;
    buf_addc(out, '\n');
    return count;
}

size_t
phrases_check_strings(lua_State *L, const char *who)
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

size_t
phrases_split_all(lua_State *L, size_t strings)
{
    struct buf *out = sandbox_scratch(L);
    size_t count = 0;

    for (size_t i = 1; i <= strings; i++) {
        size_t n;
        const char *p;

        lua_rawgeti(L, 1, (lua_Integer)i);
        p = lua_tolstring(L, -1, &n);
        count += phrases_split(L, out, p, n);
        lua_pop(L, 1);
    }
    sandbox_charge(L, count);
    return count;
}

/* --- making lists --- */

void *
phrases_of_kind(lua_State *L, int index, const void *kind)
{
    const void **made = lua_touserdata(L, index);

    if (made == NULL || lua_islightuserdata(L, index) || *made != kind)
        return NULL;
    return made;
}

const struct phrases *
phrases_check(lua_State *L, int index)
{
    const struct list *list = phrases_of_kind(L, index, &kind_phrases);

    if (list == NULL) {
        luaL_typeerror(L, index, "phrases");
        return NULL;
    }
    return vocabulary_phrases(sandbox_of(L)->words, list->place);
}

static void
push_list(lua_State *L, uint32_t place)
{
    struct list *list = lua_newuserdatauv(L, sizeof *list, 0);

    list->kind = &kind_phrases;
    list->place = place;
}

/* The vocabulary of the set that is being loaded. */
static struct vocabulary *
loading(lua_State *L, const char *who)
{
    struct sandbox *s = sandbox_of(L);

    if (s->loader == NULL)
        luaL_error(L, "text.%s: only while the rules load", who);
    if (s->words == NULL)
        s->words = vocabulary_new(s->seed);
    if (vocabulary_size(s->words) > VOCABULARY_MAX)
        luaL_error(L, "text.%s: the words of this set take more than %d MiB",
                   who, (int)(VOCABULARY_MAX >> 20));
    return s->words;
}

/* Lists on their way into the vocabulary: for each phrase its length and its
 * numbers. */
struct draft {
    struct buf numbers;
    uint32_t count;
};

/* Number the words up to the next empty one (or the end) as one more phrase;
 * false when there is no word. */
static bool
draft_phrase(struct draft *d, struct vocabulary *v, struct str *words)
{
    size_t begin = d->numbers.len;
    uint32_t n = 0;
    struct str word;

    buf_add(&d->numbers, &n, sizeof n);
    while (phrases_next_word(words, &word) && word.len > 0) {
        number name = vocabulary_add(v, word);

        buf_add(&d->numbers, &name, sizeof name);
        n++;
    }
    if (n == 0) {
        buf_cut(&d->numbers, begin);
        return false;
    }
    memcpy(d->numbers.data + begin, &n, sizeof n);
    d->count++;
    return true;
}

static uint32_t
draft_keep(struct draft *d, struct vocabulary *v)
{
    uint32_t place = vocabulary_keep(
        v, d->count, (const uint32_t *)(const void *)buf_str(&d->numbers));

    buf_free(&d->numbers);
    return place;
}

static int
word_phrases(lua_State *L)
{
    size_t strings = phrases_check_strings(L, "phrases");
    struct vocabulary *v = loading(L, "phrases");
    struct draft d = {0};
    struct str rest;
    size_t i = 0;

    phrases_split_all(L, strings);
    rest = (struct str){buf_str(&sandbox_of(L)->scratch),
                        sandbox_of(L)->scratch.len};
    while (i < strings && draft_phrase(&d, v, &rest))
        i++;
    if (i < strings) {
        buf_free(&d.numbers);
        return luaL_error(L, "text.phrases: item %d holds no word", (int)i + 1);
    }
    push_list(L, draft_keep(&d, v));
    return 1;
}

static int
word_join(lua_State *L)
{
    struct vocabulary *v = loading(L, "join");
    const struct phrases *parts[JOIN_MAX];
    int count = lua_gettop(L);
    struct draft d = {0};

    luaL_argcheck(L, count <= JOIN_MAX, 1, "too many lists");
    for (int i = 0; i < count; i++) {
        parts[i] = phrases_check(L, i + 1);
        sandbox_charge(L, parts[i]->count);
    }
    for (int i = 0; i < count; i++)
        for (uint32_t k = 0; k < parts[i]->count; k++) {
            uint32_t from = parts[i]->at[k], n = parts[i]->at[k + 1] - from;

            buf_add(&d.numbers, &n, sizeof n);
            buf_add(&d.numbers, phrases_numbers(parts[i]) + from,
                    n * sizeof(number));
            d.count++;
        }
    push_list(L, draft_keep(&d, v));
    return 1;
}

/* --- lexicons --- */

struct section {
    struct str title;
    struct draft draft;
    uint32_t place;
};

static struct str
trimmed(struct str s)
{
    while (s.len > 0 && strchr(" \t\r", s.p[0]) != NULL)
        s = (struct str){s.p + 1, s.len - 1};
    while (s.len > 0 && strchr(" \t\r", s.p[s.len - 1]) != NULL)
        s.len--;
    return s;
}

/* The section that "[title anything]" names; NULL when there are too many. */
static struct section *
section_of(struct section *all, size_t *count, struct str line)
{
    struct str title = {line.p + 1, 0};

    while (title.len + 1 < line.len && strchr(" ]", title.p[title.len]) == NULL)
        title.len++;
    for (size_t i = 0; i < *count; i++)
        if (all[i].title.len == title.len &&
            memcmp(all[i].title.p, title.p, title.len) == 0)
            return &all[i];
    if (*count == SECTIONS_MAX)
        return NULL;
    all[*count] = (struct section){.title = title};
    return &all[(*count)++];
}

static void
read_line(struct section *section, struct vocabulary *v, struct str line)
{
    struct buf words = {0};
    struct str phrase;

    while (line.len > 0 && str_cut(&line, ',', &phrase)) {
        struct str rest;

        buf_clear(&words);
        str_words(&words, phrase.p, phrase.len);
        rest = (struct str){buf_str(&words), words.len};
        draft_phrase(&section->draft, v, &rest);
    }
    buf_free(&words);
}

static size_t
read_lexicon(struct section *all, struct vocabulary *v, struct str text)
{
    struct section *now = NULL;
    size_t count = 0;
    struct str line;

    while (text.len > 0 && str_cut(&text, '\n', &line)) {
        line = trimmed(line);
        if (line.len == 0 || line.p[0] == '#')
            continue;
        if (line.p[0] == '[')
            now = section_of(all, &count, line);
        else if (now != NULL)
            read_line(now, v, line);
    }
    for (size_t i = 0; i < count; i++)
        all[i].place = draft_keep(&all[i].draft, v);
    return count;
}

static int
word_lexicon(lua_State *L)
{
    struct vocabulary *v = loading(L, "lexicon");
    const char *name = luaL_checkstring(L, 1);
    const struct sandbox_file *file =
        sandbox_load_find(sandbox_of(L)->loader, name);
    struct section all[SECTIONS_MAX];
    size_t count;

    if (file == NULL)
        return luaL_error(L, "text.lexicon: this set has no file '%s'", name);
    sandbox_charge(L, file->n);
    count = read_lexicon(all, v, (struct str){file->text, file->n});
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(L, all[i].title.p, all[i].title.len);
        push_list(L, all[i].place);
        lua_rawset(L, -3);
    }
    return 1;
}

/* --- showing --- */

static int
word_phrase(lua_State *L)
{
    const struct phrases *p = phrases_check(L, 1);
    lua_Integer i = luaL_checkinteger(L, 2);
    struct buf *out = sandbox_scratch(L);

    luaL_argcheck(L, i >= 1 && i <= (lua_Integer)p->count, 2, "no such phrase");
    for (uint32_t k = p->at[i - 1]; k < p->at[i]; k++) {
        struct str word =
            vocabulary_word(sandbox_of(L)->words, phrases_numbers(p)[k]);

        if (k > p->at[i - 1])
            buf_addc(out, ' ');
        buf_add(out, word.p, word.len);
    }
    sandbox_charge_bytes(L, out->len);
    sandbox_push_scratch(L);
    return 1;
}

const luaL_Reg phrases_words[] = {
    {"join", word_join},
    {"lexicon", word_lexicon},
    {"phrase", word_phrase},
    {"phrases", word_phrases},
    {NULL, NULL},
};
