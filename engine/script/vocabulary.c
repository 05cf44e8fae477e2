#include "script/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Phrases from which on a list's beginnings are looked at first. */
#define FILTER_MIN 8
#define SLOTS_MIN  64 /* a power of two */

/* A word that some rule names; its number is its place from 1. */
struct entry {
    uint64_t hash;
    uint32_t text, length; /* in the vocabulary's bytes */
};

struct vocabulary {
    uint32_t seed;
    uint32_t *slots; /* numbers, 0: free */
    uint32_t slot_count, count, room;
    struct entry *entries;
    struct buf text;
    struct phrases **lists;
    uint32_t list_count;
    size_t list_bytes;
};

struct vocabulary *
vocabulary_new(uint32_t seed)
{
    struct vocabulary *v = mem_zero(sizeof *v);

    v->seed = seed;
    v->slot_count = SLOTS_MIN;
    v->slots = mem_zero(v->slot_count * sizeof *v->slots);
    return v;
}

void
vocabulary_free(struct vocabulary *v)
{
    if (v == NULL)
        return;
    for (uint32_t i = 0; i < v->list_count; i++)
        free(v->lists[i]);
    free(v->lists);
    free(v->slots);
    free(v->entries);
    buf_free(&v->text);
    free(v);
}

size_t
vocabulary_size(const struct vocabulary *v)
{
    return v->slot_count * sizeof *v->slots + v->room * sizeof *v->entries +
           v->text.len + v->list_bytes;
}

/* --- words --- */

/* Up to seven bytes as a number; of one length no two are the same. */
static uint64_t
short_piece(const char *p, size_t n)
{
    uint32_t left, right;

    if (n < 4)
        return n == 0 ? 0
                      : (uint64_t)(unsigned char)p[0] |
                            (uint64_t)(unsigned char)p[n / 2] << 8 |
                            (uint64_t)(unsigned char)p[n - 1] << 16;
    memcpy(&left, p, 4);
    memcpy(&right, p + n - 4, 4);
    return left | (uint64_t)right << 32;
}

uint64_t
vocabulary_hash(struct str word, uint32_t seed)
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
    h = (h ^ short_piece(p, n)) * k;
    h ^= h >> 29;
    h *= UINT64_C(0xBF58476D1CE4E5B9);
    return h ^ h >> 32;
}

struct str
vocabulary_word(const struct vocabulary *v, number name)
{
    const struct entry *e = &v->entries[name - 1];

    return (struct str){v->text.data + e->text, e->length};
}

/* The slot that holds the word or is free for it. */
static uint32_t *
slot_of(const struct vocabulary *v, struct str word, uint64_t hash)
{
    uint32_t mask = v->slot_count - 1, at = (uint32_t)hash & mask;

    while (v->slots[at] != 0) {
        const struct entry *e = &v->entries[v->slots[at] - 1];

        if (e->hash == hash && e->length == word.len &&
            memcmp(v->text.data + e->text, word.p, word.len) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &v->slots[at];
}

number
vocabulary_number(const struct vocabulary *v, struct str word, uint64_t hash)
{
    return v != NULL ? *slot_of(v, word, hash) : 0;
}

static void
grow_slots(struct vocabulary *v)
{
    uint32_t mask = v->slot_count * 2 - 1;

    free(v->slots);
    v->slot_count *= 2;
    v->slots = mem_zero(v->slot_count * sizeof *v->slots);
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t at = (uint32_t)v->entries[i].hash & mask;

        while (v->slots[at] != 0)
            at = (at + 1) & mask;
        v->slots[at] = i + 1;
    }
}

number
vocabulary_add(struct vocabulary *v, struct str word)
{
    uint64_t hash = vocabulary_hash(word, v->seed);
    uint32_t *slot = slot_of(v, word, hash);

    if (*slot != 0)
        return *slot;
    if (v->count == v->room) {
        v->room = v->room > 0 ? v->room * 2 : 32;
        v->entries = mem_grow(v->entries, v->room * sizeof *v->entries);
    }
    v->entries[v->count++] =
        (struct entry){hash, (uint32_t)v->text.len, (uint32_t)word.len};
    buf_add(&v->text, word.p, word.len);
    *slot = v->count;
    if (v->count * 2 > v->slot_count)
        grow_slots(v);
    return v->count;
}

/* --- phrases --- */

/* How many numbers there are, and the highest that a phrase begins with. */
static uint32_t
measure(uint32_t count, const uint32_t *from, number *highest)
{
    uint32_t total = 0;

    *highest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = *from++;

        if (from[0] > *highest)
            *highest = from[0];
        total += length;
        from += length;
    }
    return total;
}

static void
fill_numbers(struct phrases *p, const uint32_t *from)
{
    number *to = p->at + p->count + 1;
    uint32_t n = 0;

    p->at[0] = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t length = *from++;

        memcpy(to + n, from, length * sizeof *to);
        from += length;
        n += length;
        p->at[i + 1] = n;
    }
}

static int
compare_beginnings(const void *a, const void *b)
{
    const struct beginning *x = a, *y = b;
    uint32_t left = x->word != y->word ? x->word : x->phrase;
    uint32_t right = x->word != y->word ? y->word : y->phrase;

    return (left > right) - (left < right);
}

static void
fill_beginnings(struct phrases *p)
{
    const number *numbers = phrases_numbers(p);
    uint32_t *bits = p->at + p->count + 1 + p->at[p->count];
    struct beginning *list = (void *)(bits + p->names / 32);

    memset(bits, 0, p->names / 8);
    for (uint32_t i = 0; i < p->count; i++) {
        number word = numbers[p->at[i]];

        list[i] = (struct beginning){word, i};
        if (p->names > 0)
            bits[word / 32] |= UINT32_C(1) << word % 32;
    }
    qsort(list, p->count, sizeof *list, compare_beginnings);
}

uint32_t
vocabulary_keep(struct vocabulary *v, uint32_t count,
                const uint32_t *lengths_and_numbers)
{
    number highest;
    uint32_t total = measure(count, lengths_and_numbers, &highest);
    uint32_t bit_words = count >= FILTER_MIN ? highest / 32 + 1 : 0;
    struct phrases *p;
    size_t size = sizeof *p +
                  ((size_t)count + 1 + total + bit_words) * sizeof *p->at +
                  count * sizeof(struct beginning);

    p = mem_alloc(size);
    p->place = v->list_count;
    p->count = count;
    p->names = bit_words * 32;
    fill_numbers(p, lengths_and_numbers);
    fill_beginnings(p);
    v->lists = mem_grow(v->lists, (v->list_count + 1) * sizeof *v->lists);
    v->lists[v->list_count] = p;
    v->list_bytes += size + sizeof p;
    return v->list_count++;
}

uint32_t
vocabulary_lists(const struct vocabulary *v)
{
    return v != NULL ? v->list_count : 0;
}

const struct phrases *
vocabulary_phrases(const struct vocabulary *v, uint32_t place)
{
    return v->lists[place];
}

const struct beginning *
phrases_from(const struct phrases *p, number word)
{
    const struct beginning *list = phrases_beginnings(p);
    uint32_t low = 0, high = p->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (list[middle].word < word)
            low = middle + 1;
        else
            high = middle;
    }
    return list + low;
}
