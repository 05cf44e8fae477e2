/*
 * nearest: the name somebody probably meant. Counts letters put in, left out,
 * replaced and swapped; a name counts as near when a third of the word, at
 * least two letters (one in short words), must be changed.
 */
#ifndef SCRIPT_NEAREST_H
#define SCRIPT_NEAREST_H

#include <stddef.h>

/* Longer words and names are never near: nobody mistypes those. */
#define NEAREST_MAX 64

struct nearest {
    const char *word;
    size_t word_n, cost; /* of the best, or one more than allowed */
    const char *best;    /* borrowed from nearest_try; NULL: none is near */
    size_t best_n;
};

void nearest_begin(struct nearest *n, const char *word, size_t word_n);

/* Offer a name; the first of equally near ones stays. */
void nearest_try(struct nearest *n, const char *name, size_t name_n);

#endif
