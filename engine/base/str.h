/*
 * str: borrowed slices of text, UTF-8 checks and the one folding that all
 * comparisons of human words use.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct str {
    const char *p; /* not NUL terminated; NULL only when len is 0 */
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

struct str str_of(const char *s); /* NULL gives the empty slice */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *s);
bool str_is_nocase(struct str a, const char *s); /* ASCII case only */
bool str_starts(struct str a, const char *prefix);
struct str str_trim(struct str a); /* spaces and tabs at both ends */

/* Take the part before the first sep and move *rest behind it; without a sep
 * the whole rest. Returns false when *rest was already used up (p is NULL), so
 * that "a," gives "a" and "" and an empty text that is not NULL gives "". */
bool str_cut(struct str *rest, char sep, struct str *part);

/* Decimal digits only, no sign, no space; false on anything else/overflow. */
bool str_to_u64(struct str a, uint64_t *out);

/* Write n in decimal digits that end before `end`, STR_DIGITS at most; returns
 * where they begin. (A format is too slow for what is written all the time.) */
#define STR_DIGITS 20
char *str_digits(char *end, uint64_t n);

/* True when the bytes are well-formed UTF-8 (no surrogates, no overlong). */
bool utf8_valid(const char *p, size_t n);

/* The largest length <= max that does not split a character of p[0..n). */
size_t utf8_clip(const char *p, size_t n, size_t max);

/* Code points in p[0..n), which must be valid. */
size_t utf8_count(const char *p, size_t n);

/* Byte length of the first `count` grapheme clusters of p[0..n) (valid UTF-8);
 * n when there are fewer. */
size_t utf8_graphemes(const char *p, size_t n, size_t count);

/* Append p[0..n) with each invalid byte replaced by U+FFFD. Returns how many
 * were replaced. */
size_t utf8_clean(struct buf *out, const char *p, size_t n);

/* Append the text with characters that could act on a reader's screen made
 * harmless: C0 and C1 controls except \n and \t are dropped (\r\n and \r
 * become \n, and so do U+2028 and U+2029), bidi embeddings, overrides, isolates
 * and marks (U+202A-E, U+2066-9, U+061C), zero width and invisible ones
 * (U+200B-F, U+2060-5, U+206A-F, U+FEFF, U+00AD, U+180E, U+FFF9-B, U+E0000-7F)
 * are dropped. Zero-width joiner U+200D is kept between two emoji. Input must
 * be valid UTF-8. */
void utf8_harmless(struct buf *out, const char *p, size_t n);

/* Append the folded form: case-folded, accents removed (NFKD, marks and
 * invisible characters dropped), as utf8proc does it; the strokes of o, l and
 * d, which NFKD leaves, are dropped too. Input must be valid UTF-8. */
void str_fold(struct buf *out, const char *p, size_t n);

/* Append the words of the text, folded, each followed by '\n'; a word is a
 * run of letters, digits and marks; an apostrophe (' or U+2019) between
 * letters is dropped ("don't" -> "dont"). CJK ideographs, Hiragana, Katakana
 * and Thai characters are words of one character each. Returns the count. */
size_t str_words(struct buf *out, const char *p, size_t n);

#endif
