/* digest_text: the functions of digest.h that write bytes as text and back. */
#include "base/digest.h"

#include <string.h>

#define NOT_A_DIGIT 0xFF

struct alphabet {
    const char *digits;
    int bits; /* per digit */
};

static const struct alphabet base16 = {"0123456789abcdef", 4};
static const struct alphabet base32 = {"abcdefghijklmnopqrstuvwxyz234567", 5};
static const struct alphabet base64 = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6};
static const struct alphabet base64url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6};

static void
spell(struct buf *out, const struct alphabet *alphabet, const uint8_t *bytes,
      size_t n)
{
    unsigned mask = (1u << alphabet->bits) - 1, window = 0;
    char *to = buf_reserve(out, n / 5 * 10 + 16), *start = to;
    int bits = 0;

    for (size_t i = 0; i < n; i++) {
        window = (window << 8 | bytes[i]) & 0xFFFF;
        for (bits += 8; bits >= alphabet->bits;) {
            bits -= alphabet->bits;
            *to++ = alphabet->digits[window >> bits & mask];
        }
    }
    if (bits > 0)
        *to++ = alphabet->digits[window << (alphabet->bits - bits) & mask];
    *to = '\0';
    out->len += (size_t)(to - start);
}

void
digest_hex(struct buf *out, const void *bytes, size_t n)
{
    spell(out, &base16, bytes, n);
}

void
digest_base64(struct buf *out, const void *bytes, size_t n)
{
    spell(out, &base64, bytes, n);
    for (; n % 3 != 0; n++)
        buf_addc(out, '=');
}

void
digest_base64url(struct buf *out, const void *bytes, size_t n)
{
    spell(out, &base64url, bytes, n);
}

void
digest_base32(struct buf *out, const void *bytes, size_t n)
{
    spell(out, &base32, bytes, n);
}

static void
values_of(const struct alphabet *alphabet, uint8_t values[256])
{
    memset(values, NOT_A_DIGIT, 256);
    for (uint8_t i = 0; alphabet->digits[i] != '\0'; i++)
        values[(unsigned char)alphabet->digits[i]] = i;
}

/* Bits that no byte uses must be zero and fewer than a digit: each sequence
 * of bytes has one spelling only. */
static bool
read_digits(struct buf *out, const uint8_t values[256], int digit_bits,
            struct str text)
{
    size_t before = out->len;
    unsigned window = 0;
    int bits = 0;

    buf_reserve(out, text.len);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t value = values[(unsigned char)text.p[i]];

        if (value == NOT_A_DIGIT)
            goto refuse;
        window = (window << digit_bits | value) & 0xFFFF;
        bits += digit_bits;
        if (bits >= 8) {
            bits -= 8;
            buf_addc(out, (char)(window >> bits & 0xFF));
        }
    }
    if (bits < digit_bits && (window & ((1u << bits) - 1)) == 0)
        return true;
refuse:
    buf_cut(out, before);
    return false;
}

bool
digest_unhex(struct buf *out, struct str text)
{
    uint8_t values[256];

    values_of(&base16, values);
    for (int c = 'a'; c <= 'f'; c++)
        values[c - 'a' + 'A'] = values[c];
    return read_digits(out, values, base16.bits, text);
}

bool
digest_unbase64(struct buf *out, struct str text)
{
    uint8_t values[256];

    if (text.len % 4 != 0)
        return false;
    for (int pad = 0; pad < 2 && text.len > 0; pad++)
        text.len -= text.p[text.len - 1] == '=';
    values_of(&base64, values);
    return read_digits(out, values, base64.bits, text);
}

bool
digest_unbase64url(struct buf *out, struct str text)
{
    uint8_t values[256];

    values_of(&base64url, values);
    return read_digits(out, values, base64url.bits, text);
}
