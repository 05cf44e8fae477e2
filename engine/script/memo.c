#include "script/memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define SLOTS     512 /* a power of two */
#define TEXTS_MAX (SLOTS / 2)
#define GRAIN     8u /* places count these; 0 is none */

struct memo {
    const struct vocabulary *words;
    size_t used;    /* of the bytes */
    uint32_t count; /* of texts */
    uint32_t slots[SLOTS];
    _Alignas(GRAIN) char bytes[MEMO_BYTES]; /* zero where nothing is kept */
};

struct memo *
memo_new(void)
{
    struct memo *m = mem_zero(sizeof *m);

    m->used = GRAIN;
    return m;
}

void
memo_free(struct memo *m)
{
    free(m);
}

void
memo_clear(struct memo *m, const struct vocabulary *words)
{
    if (m->count > 0) {
        memset(m->bytes, 0, m->used);
        memset(m->slots, 0, sizeof m->slots);
    }
    m->used = GRAIN;
    m->count = 0;
    m->words = words;
}

const struct vocabulary *
memo_words(const struct memo *m)
{
    return m->words;
}

struct memo_text *
memo_text(struct memo *m, uint32_t place)
{
    return (struct memo_text *)(void *)(m->bytes + (size_t)place * GRAIN);
}

/* The text itself stands behind all else that is kept of it. */
static char *
bytes_of(const struct memo *m, const struct memo_text *t)
{
    return (char *)(t->found + vocabulary_lists(m->words));
}

/* The slot that holds the text or is free for it. */
static uint32_t
slot_of(const struct memo *m, struct str text, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (SLOTS - 1);

    for (; m->slots[at] != 0; at = (at + 1) & (SLOTS - 1)) {
        const void *p = m->bytes + (size_t)m->slots[at] * GRAIN;
        const struct memo_text *t = p;

        if (t->hash == hash && t->length == text.len &&
            memcmp(bytes_of(m, t), text.p, text.len) == 0)
            break;
    }
    return at;
}

uint32_t
memo_find(const struct memo *m, const char *p, size_t n, uint32_t seed)
{
    struct str text = {p, n};

    if (n > MEMO_TEXT_MAX)
        return 0;
    return m->slots[slot_of(m, text, vocabulary_hash(text, seed))];
}

/* What is kept of a text; MEMO_TEXT_MAX keeps it from running over. */
static size_t
size_of(const struct memo *m, size_t n, size_t words)
{
    return sizeof(struct memo_text) +
           words * (2 * sizeof(uint64_t) + sizeof(number)) +
           vocabulary_lists(m->words) * sizeof(struct memo_found) + n;
}

uint32_t
memo_add(struct memo *m, const char *p, size_t n, uint32_t seed, size_t words)
{
    struct str text = {p, n};
    uint32_t place = (uint32_t)(m->used / GRAIN);
    struct memo_text *t;
    size_t size;

    if (n > MEMO_TEXT_MAX || words > UINT16_MAX || m->count == TEXTS_MAX)
        return 0;
    size = (size_of(m, n, words) + GRAIN - 1) / GRAIN * GRAIN;
    if (size > MEMO_BYTES - m->used)
        return 0;
    m->used += size;
    m->count++;
    t = memo_text(m, place);
    t->hash = vocabulary_hash(text, seed);
    t->length = (uint32_t)n;
    t->words = (uint16_t)words;
    t->hashes = (uint64_t *)(void *)(t + 1);
    t->content.hashes = t->hashes + words;
    t->numbers = (number *)(void *)(t->content.hashes + words);
    t->found = (struct memo_found *)(void *)(t->numbers + words);
    memcpy(bytes_of(m, t), p, n);
    m->slots[slot_of(m, text, t->hash)] = place;
    return place;
}
