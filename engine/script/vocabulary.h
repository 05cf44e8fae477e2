/*
 * vocabulary: the words that the rules of a set name, each with a number, and
 * the lists of phrases made of them. Both are made while the set loads and
 * never change afterwards, so they lie in C memory beside the image: no call
 * copies them, however long the lists are.
 */
#ifndef SCRIPT_VOCABULARY_H
#define SCRIPT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Bytes that the words and phrases of one set may take. */
#define VOCABULARY_MAX ((size_t)4 << 20)

/* A word's number: from 1; 0 is a word that no rule names. */
typedef uint32_t number;

struct vocabulary;

struct phrases {
    uint32_t place; /* in the vocabulary */
    uint32_t count;
    uint32_t names; /* bits there are, 0: the list is too short for them */
    /* count + 1 offsets into the numbers behind them; then a bit for each
     * named word up to the highest that a phrase begins with; then the
     * beginnings */
    uint32_t at[];
};

/* Of each phrase the first word, in the order of these, then of the phrases. */
struct beginning {
    number word;
    uint32_t phrase;
};

/* seed: nobody can write words that meet in one slot. Only equality is ever
 * taken from a hash. */
struct vocabulary *vocabulary_new(uint32_t seed);
void vocabulary_free(struct vocabulary *v); /* NULL is fine */

/* Bytes taken; whoever adds checks it against VOCABULARY_MAX. */
size_t vocabulary_size(const struct vocabulary *v);

uint64_t vocabulary_hash(struct str word, uint32_t seed);

/* The word's number, 0 when no rule names it (v: NULL is fine). */
number vocabulary_number(const struct vocabulary *v, struct str word,
                         uint64_t hash);

/* The same, naming it now if need be. */
number vocabulary_add(struct vocabulary *v, struct str word);

/* A named word. */
struct str vocabulary_word(const struct vocabulary *v, number name);

/* How many lists of phrases there are (v: NULL is fine). */
uint32_t vocabulary_lists(const struct vocabulary *v);

/* A list of phrases, from `count` times a length and so many numbers. The
 * vocabulary keeps it; returns the list's place, for vocabulary_phrases. */
uint32_t vocabulary_keep(struct vocabulary *v, uint32_t count,
                         const uint32_t *lengths_and_numbers);
const struct phrases *vocabulary_phrases(const struct vocabulary *v,
                                         uint32_t place);

/* The numbers of a list's phrases, one behind the other: phrase i (from 0) has
 * those from at[i] to at[i + 1]. */
static inline const number *
phrases_numbers(const struct phrases *p)
{
    return p->at + p->count + 1;
}

/* Whether a phrase of the list may begin with the word. */
static inline bool
phrases_may_begin(const struct phrases *p, number word)
{
    const uint32_t *begins = phrases_numbers(p) + p->at[p->count];

    if (p->names == 0)
        return true;
    return word < p->names && (begins[word / 32] >> word % 32 & 1) != 0;
}

static inline const struct beginning *
phrases_beginnings(const struct phrases *p)
{
    return (const struct beginning *)(const void *)(phrases_numbers(p) +
                                                    p->at[p->count] +
                                                    p->names / 32);
}

/* The beginnings from the first with that word on; perhaps behind the last. */
const struct beginning *phrases_from(const struct phrases *p, number word);

#endif
