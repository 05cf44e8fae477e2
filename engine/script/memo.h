/*
 * memo: what was worked out of texts, kept from one call of a series to the
 * next. The calls of a series look at the same messages again, each in a state
 * that knows nothing of the one before it: a text is found again by its bytes.
 * Only what follows from a text and the set's words alone is kept, in C memory
 * outside the arena, so that no script can tell whether it was; what the work
 * would have been charged is charged all the same.
 */
#ifndef SCRIPT_MEMO_H
#define SCRIPT_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "script/vocabulary.h"

/* Bytes of one series; what does not fit is worked out again each time. */
#define MEMO_BYTES ((size_t)1 << 20)

/* Bytes of one text. What is counted within it fits 16 bits. */
#define MEMO_TEXT_MAX ((size_t)16 << 10)

struct memo;

/* Where phrases of a list stand in a text that is looked through to its end. */
struct memo_found {
    uint16_t phrase; /* the first of the list's, from 1; behind the last: none;
                        0: not looked for yet */
    uint16_t at;     /* where it stands first, from 0 */
    uint16_t visits; /* words at which phrases were compared until it was
                        clear */
};

/* What of a text is compared with other texts: the hashes of its different
 * words, sorted, but for the words that a list leaves out. */
struct memo_content {
    uint32_t list;         /* its place, from 1; 0: not made yet */
    uint16_t count, words; /* different ones; all of them */
    uint64_t *hashes;      /* room for each word */
};

struct memo_text {
    uint64_t hash;
    uint32_t length;
    uint16_t words, named; /* how many; how many have a number */
    uint8_t signs;         /* said.c's; 0: not looked at yet */
    uint64_t *hashes;      /* of each word */
    number *numbers;       /* the same */
    struct memo_content content;
    struct memo_found *found; /* of each list of the vocabulary */
};

struct memo *memo_new(void);
void memo_free(struct memo *m); /* NULL is fine */

/* Forget everything. What is kept from now on is of these words. */
void memo_clear(struct memo *m, const struct vocabulary *words);
const struct vocabulary *memo_words(const struct memo *m);

/* The text's place, 0: it is not known. Seed: nobody can write texts that meet
 * in one slot. */
uint32_t memo_find(const struct memo *m, const char *p, size_t n,
                   uint32_t seed);

/* Keep a text that is not known, of so many words: their hashes and numbers,
 * and all that is 0 yet, are the caller's to fill in. Its place; 0: there is no
 * room. */
uint32_t memo_add(struct memo *m, const char *p, size_t n, uint32_t seed,
                  size_t words);

/* What is kept of the text at that place, until all is forgotten. */
struct memo_text *memo_text(struct memo *m, uint32_t place);

#endif
