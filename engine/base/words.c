/* words: the functions of str.h that fold text and split it into words. */
#include "base/str.h"

#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

/* The longest decomposition of one character (U+FDFA) has 18. */
#define FOLDED_MAX 32

enum kind {
    KIND_GAP,
    KIND_LETTER,
    KIND_DIGIT,
    KIND_MARK,
    KIND_ALONE
};

/* ASCII bytes as they stand in a folded word; 0 is a gap. */
static const char folded_ascii[128] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',
    ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
    ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o',
    ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
    ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd',
    ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i',
    ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
    ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's',
    ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z',
};

/* Scripts that put no spaces between words. */
static bool
stands_alone(int32_t c)
{
    static const int32_t ranges[][2] = {
        {0x0E00, 0x0E7F},   /* Thai */
        {0x3005, 0x3007},   /* ideographic iteration, closing and zero marks */
        {0x3040, 0x30FF},   /* Hiragana, Katakana */
        {0x31F0, 0x31FF},   /* Katakana extensions */
        {0x3400, 0x4DBF},   /* ideographs, extension A */
        {0x4E00, 0x9FFF},   /* ideographs */
        {0xF900, 0xFAFF},   /* compatibility ideographs */
        {0xFF66, 0xFF9F},   /* half-width Katakana */
        {0x1AFF0, 0x1B16F}, /* Kana extensions and supplements */
        {0x20000, 0x3FFFD}, /* ideographs, extensions B and later */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static enum kind
kind_of(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME)
        return KIND_MARK;
    if (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_NO)
        return KIND_GAP;
    if (stands_alone(c))
        return KIND_ALONE;
    return category <= UTF8PROC_CATEGORY_LO ? KIND_LETTER : KIND_DIGIT;
}

/* Letters with a stroke are whole to Unicode; people type them plain. */
static int32_t
without_stroke(int32_t c)
{
    static const int32_t letters[][2] = {
        {0xD8, 'o'},  {0xF8, 'o'},  {0x110, 'd'},
        {0x111, 'd'}, {0x141, 'l'}, {0x142, 'l'},
    };

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (letters[i][0] == c)
            return letters[i][1];
    return c;
}

/* One character folded; returns how many came out, 0 for a mark or something
 * that cannot be seen. */
static size_t
fold_char(int32_t c, utf8proc_int32_t out[FOLDED_MAX])
{
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        c, out, FOLDED_MAX,
        UTF8PROC_CASEFOLD | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
            UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
        &boundary);

    if (n < 0 || n > FOLDED_MAX)
        return 0;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        out[i] = without_stroke(out[i]);
    return (size_t)n;
}

static void
fold_ascii(struct buf *out, const char *p, size_t n)
{
    char *to = buf_reserve(out, n);

    for (size_t i = 0; i < n; i++)
        to[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
    to[n] = '\0';
    out->len += n;
}

void
str_fold(struct buf *out, const char *p, size_t n)
{
    utf8proc_int32_t folded[FOLDED_MAX];
    int32_t c;

    while (n > 0) {
        size_t step = utf8_ascii(p, n);

        if (step > 0) {
            fold_ascii(out, p, step);
        } else {
            step = utf8_next(p, n, &c);
            if (step == 0)
                return;
            for (size_t i = 0, k = fold_char(c, folded); i < k; i++)
                utf8_add(out, folded[i]);
        }
        p += step;
        n -= step;
    }
}

struct splitter {
    struct buf *out;
    size_t count;
    bool in_word;
    bool after_letter; /* where an apostrophe may be dropped */
};

static void
word_end(struct splitter *s)
{
    if (s->in_word) {
        buf_addc(s->out, '\n');
        s->count++;
    }
    s->in_word = false;
    s->after_letter = false;
}

static bool
starts_letter(const char *p, size_t n)
{
    int32_t c;

    return n > 0 && utf8_next(p, n, &c) > 0 && kind_of(c) == KIND_LETTER;
}

/* The apostrophe at p[0] disappears inside a word: "don't" is "dont". */
static bool
drops_apostrophe(const struct splitter *s, const char *p, size_t n, size_t step)
{
    return s->in_word && s->after_letter && starts_letter(p + step, n - step);
}

/* The way of most text: a table look-up per byte, straight into the buffer.
 * Stops before the first byte that is not ASCII. */
static size_t
split_ascii(struct splitter *s, const char *p, size_t n)
{
    size_t run = utf8_ascii(p, n);
    char *to = buf_reserve(s->out, 2 * run + 1), *start = to;

    for (size_t i = 0; i < run; i++) {
        char c = folded_ascii[(unsigned char)p[i]];

        if (c != 0) {
            *to++ = c;
            s->in_word = true;
            s->after_letter = c >= 'a';
        } else if (s->in_word &&
                   (p[i] != '\'' || !drops_apostrophe(s, p + i, n - i, 1))) {
            *to++ = '\n';
            s->count++;
            s->in_word = false;
        }
    }
    *to = '\0';
    s->out->len += (size_t)(to - start);
    return run;
}

/* What a folded character adds to the words: it may have become several, and
 * a space or a stroke among them parts words like any other. */
static void
split_folded(struct splitter *s, int32_t c)
{
    enum kind kind = kind_of(c);

    if (kind == KIND_GAP || kind == KIND_ALONE)
        word_end(s);
    if (kind == KIND_GAP)
        return;
    utf8_add(s->out, c);
    s->in_word = true;
    s->after_letter = kind == KIND_LETTER;
    if (kind == KIND_ALONE)
        word_end(s);
}

static size_t
split_char(struct splitter *s, const char *p, size_t n)
{
    utf8proc_int32_t folded[FOLDED_MAX];
    size_t count;
    int32_t c;
    size_t step = utf8_next(p, n, &c);

    if (step == 0)
        return n;
    if (c == 0x2019 && drops_apostrophe(s, p, n, step))
        return step;
    count = fold_char(c, folded);
    if (count > 0 && kind_of(c) == KIND_GAP) {
        word_end(s);
        return step;
    }
    for (size_t i = 0; i < count; i++)
        split_folded(s, folded[i]);
    return step;
}

size_t
str_words(struct buf *out, const char *p, size_t n)
{
    struct splitter s = {out, 0, false, false};

    while (n > 0) {
        size_t step = split_ascii(&s, p, n);

        if (step == 0)
            step = split_char(&s, p, n);
        p += step;
        n -= step;
    }
    word_end(&s);
    return s.count;
}
