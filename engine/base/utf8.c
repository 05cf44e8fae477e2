/* utf8: the functions of str.h that look at characters and not at words. */
#include "base/utf8.h"

#include <string.h>

#include <utf8proc.h>

#include "base/str.h"

#define HIGH_BITS           UINT64_C(0x8080808080808080)
#define JOINER              0x200D
#define LINE_SEPARATOR      0x2028
#define PARAGRAPH_SEPARATOR 0x2029
#define REPLACED            "\xEF\xBF\xBD"

size_t
utf8_ascii(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t word;

    for (; n - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, p + i, sizeof(word));
        if ((word & HIGH_BITS) != 0)
            break;
    }
    while (i < n && (unsigned char)p[i] < 0x80)
        i++;
    return i;
}

static bool
is_continued(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The second byte's range depends on the first (Unicode 15, table 3-7): that
 * keeps out overlong forms, surrogates and what lies above U+10FFFF. */
size_t
utf8_next(const char *text, size_t n, int32_t *out)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xBF;
    size_t need;

    if (p[0] < 0x80) {
        *out = p[0];
        return 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    need = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : low;
    high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : high;
    if (n < need || p[1] < low || p[1] > high)
        return 0;
    *out = (int32_t)(p[0] & (0xFF >> (need + 1))) << 6 | (p[1] & 0x3F);
    for (size_t i = 2; i < need; i++) {
        if (!is_continued(p[i]))
            return 0;
        *out = *out << 6 | (p[i] & 0x3F);
    }
    return need;
}

void
utf8_add(struct buf *out, int32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);

    if (n > 0)
        buf_add(out, bytes, (size_t)n);
}

bool
utf8_valid(const char *p, size_t n)
{
    int32_t c;

    while (n > 0) {
        size_t step = utf8_ascii(p, n);

        if (step == 0)
            step = utf8_next(p, n, &c);
        if (step == 0)
            return false;
        p += step;
        n -= step;
    }
    return true;
}

size_t
utf8_clip(const char *p, size_t n, size_t max)
{
    size_t at = max;

    if (n <= max)
        return n;
    while (at > 0 && max - at < 3 && is_continued((unsigned char)p[at]))
        at--;
    /* Four continuations in a row are no character: cut anywhere. */
    return is_continued((unsigned char)p[at]) ? max : at;
}

size_t
utf8_count(const char *p, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += !is_continued((unsigned char)p[i]);
    return count;
}

size_t
utf8_graphemes(const char *p, size_t n, size_t count)
{
    utf8proc_int32_t state = 0;
    int32_t before = -1, c = 0;
    size_t at = 0, step;

    if (count == 0)
        return 0;
    for (; at < n; at += step, before = c) {
        step = utf8_next(p + at, n - at, &c);
        if (step == 0)
            return at;
        if (before < 0)
            continue;
        if (before < 0x80 && c < 0x80) {
            state = 0;
            if (before == '\r' && c == '\n')
                continue;
        } else if (!utf8proc_grapheme_break_stateful(before, c, &state)) {
            continue;
        }
        if (--count == 0)
            return at;
    }
    return n;
}

size_t
utf8_clean(struct buf *out, const char *p, size_t n)
{
    size_t replaced = 0, good = 0;
    int32_t c;

    while (good < n) {
        size_t step = utf8_ascii(p + good, n - good);

        if (step == 0)
            step = utf8_next(p + good, n - good, &c);
        if (step > 0) {
            good += step;
            continue;
        }
        buf_add(out, p, good);
        buf_adds(out, REPLACED);
        replaced++;
        p += good + 1;
        n -= good + 1;
        good = 0;
    }
    buf_add(out, p, n);
    return replaced;
}

/* Characters that change what a reader sees without being seen. */
static bool
is_harmful(int32_t c)
{
    static const int32_t ranges[][2] = {
        {0x7F, 0x9F},       /* delete and the second set of controls */
        {0xAD, 0xAD},       /* soft hyphen */
        {0x61C, 0x61C},     /* Arabic direction mark */
        {0x180E, 0x180E},   /* Mongolian vowel separator */
        {0x200B, 0x200F},   /* zero width, direction marks */
        {0x202A, 0x202E},   /* embeddings and overrides */
        {0x2060, 0x206F},   /* invisible operators, isolates */
        {0xFEFF, 0xFEFF},   /* byte order mark */
        {0xFFF9, 0xFFFB},   /* annotations */
        {0xE0000, 0xE007F}, /* tags */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return c < 0x20 && c != '\n' && c != '\t';
}

static bool
is_pictograph(int32_t c)
{
    return utf8proc_get_property(c)->boundclass ==
           UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* Variation selectors and skin tones belong to the emoji before them. */
static bool
is_emoji_tail(int32_t c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F3FB && c <= 0x1F3FF);
}

static bool
starts_pictograph(const char *p, size_t n)
{
    int32_t c;

    return n > 0 && utf8_next(p, n, &c) > 1 && is_pictograph(c);
}

static size_t
harmless_ascii(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n &&
           ((p[i] >= 0x20 && p[i] < 0x7F) || p[i] == '\n' || p[i] == '\t'))
        i++;
    return i;
}

void
utf8_harmless(struct buf *out, const char *p, size_t n)
{
    bool after_emoji = false;
    size_t step;
    int32_t c;

    for (; n > 0; p += step, n -= step) {
        step = harmless_ascii(p, n);
        if (step > 0) {
            buf_add(out, p, step);
            after_emoji = false;
            continue;
        }
        step = utf8_next(p, n, &c);
        if (step == 0)
            return;
        if (c == '\r') {
            if (n == 1 || p[1] != '\n')
                buf_addc(out, '\n');
        } else if (c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR) {
            buf_addc(out, '\n');
        } else if (!is_harmful(c) || (c == JOINER && after_emoji &&
                                      starts_pictograph(p + step, n - step))) {
            buf_add(out, p, step);
        }
        after_emoji = is_pictograph(c) || (after_emoji && is_emoji_tail(c));
    }
}
