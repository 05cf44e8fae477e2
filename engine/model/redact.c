#include "model/redact.h"

#include <stdint.h>
#include <string.h>

/*
 * One pass from left to right. At each place where something could begin, a
 * finder looks ahead a bounded number of bytes; so the whole is linear in the
 * text. Finders return how many bytes they found, or 0.
 */

#define CARD_SPAN  40  /* 19 digits with separators between */
#define IBAN_SPAN  44  /* 34 characters, spaces each four */
#define TOKEN_SPAN 512 /* the longest secret looked at in one piece */

const char *
redact_kind_name(enum redact_kind k)
{
    static const char *const names[REDACT_KINDS] = {
        [REDACT_CARD] = "card",     [REDACT_IBAN] = "iban",
        [REDACT_SECRET] = "secret", [REDACT_EMAIL] = "email",
        [REDACT_PHONE] = "phone",
    };

    return k < REDACT_KINDS ? names[k] : "?";
}

enum {
    DIGIT = 1,
    LETTER = 2,
    WORD = 4,    /* with '_' and all that is not ASCII */
    TOKEN = 8,   /* what keys and tokens are made of */
    BEGINS = 16, /* no word, but something may begin with it */
};

static const unsigned char classes[256] = {
    ['0' ... '9'] = DIGIT | WORD | TOKEN,
    ['a' ... 'z'] = LETTER | WORD | TOKEN,
    ['A' ... 'Z'] = LETTER | WORD | TOKEN,
    ['_'] = WORD | TOKEN,
    ['.'] = TOKEN,
    ['/'] = TOKEN,
    ['='] = TOKEN,
    ['+'] = TOKEN | BEGINS,
    ['-'] = TOKEN | BEGINS,
    ['('] = BEGINS,
    [0x80 ... 0xFF] = WORD,
};

static bool
is_a(char c, unsigned class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

static bool
is_digit(char c)
{
    return is_a(c, DIGIT);
}

static bool
is_letter(char c)
{
    return is_a(c, LETTER);
}

static bool
is_word(char c)
{
    return is_a(c, WORD);
}

static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* --- cards --- */

static bool
luhn(const char *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned v = (unsigned)(digits[n - 1 - i] - '0');

        if (i % 2 == 1)
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum += v;
    }
    return sum % 10 == 0;
}

static unsigned
leading(const char *digits, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(digits[i] - '0');
    return v;
}

/* Issuer ranges (ISO/IEC 7812) of the schemes that customers hold. */
static bool
issuer(const char *digits, size_t n)
{
    unsigned two = leading(digits, 2), four = leading(digits, 4);

    if (digits[0] == '4')
        return n == 13 || n == 16 || n == 19; /* Visa */
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720))
        return n == 16; /* Mastercard */
    if (two == 34 || two == 37)
        return n == 15; /* American Express */
    if (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059))
        return n >= 14; /* Diners Club */
    if (four == 6011 || two == 65 || (four >= 6440 && four <= 6499) ||
        two == 62 || two == 60 || two == 81 || two == 82)
        return n >= 16; /* Discover, UnionPay, RuPay */
    if (four >= 3528 && four <= 3589)
        return n >= 16; /* JCB */
    return two == 50 || (two >= 56 && two <= 58) || two == 63 || two == 67 ||
           (four >= 2200 && four <= 2204); /* Maestro, Mir */
}

static size_t
find_card(const char *p, size_t n)
{
    char digits[20];
    size_t count = 0, i = 0, end = 0;
    size_t span = n < CARD_SPAN ? n : CARD_SPAN;

    while (i < span && count < 20) {
        if (is_digit(p[i])) {
            digits[count++] = p[i++];
            end = i;
        } else if ((p[i] == ' ' || p[i] == '-' || p[i] == '.') && count > 0 &&
                   i + 1 < span && is_digit(p[i + 1])) {
            i++;
        } else {
            break;
        }
    }
    if (count > 19 || (end < n && (is_letter(p[end]) || p[end] == '_')))
        return 0;
    /* Trailing groups may be an expiry date or a code: try shorter ends too,
     * but only at a separator. */
    while (count >= 13) {
        if (issuer(digits, count) && luhn(digits, count))
            return end;
        do {
            count--;
            end--;
            while (end > 0 && !is_digit(p[end - 1]))
                end--;
        } while (count >= 13 && is_digit(p[end]));
    }
    return 0;
}

/* --- IBAN --- */

static const struct {
    char country[3];
    unsigned char length;
} iban_lengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20},
    {"BE", 16}, {"BG", 22}, {"BH", 22}, {"BR", 29}, {"CH", 21}, {"CR", 22},
    {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28}, {"EE", 20},
    {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22},
    {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21},
    {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21},
    {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24},
    {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18},
    {"NO", 15}, {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29},
    {"RO", 24}, {"RS", 22}, {"SA", 24}, {"SE", 24}, {"SI", 19}, {"SK", 24},
    {"SM", 27}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24},
    {"XK", 20},
};

static size_t
iban_length(char a, char b)
{
    for (size_t i = 0; i < sizeof iban_lengths / sizeof *iban_lengths; i++)
        if (iban_lengths[i].country[0] == a && iban_lengths[i].country[1] == b)
            return iban_lengths[i].length;
    return 0;
}

static bool
mod97(const char *s, size_t n)
{
    unsigned rest = 0;

    for (size_t i = 0; i < n; i++) {
        char c = s[(i + 4) % n]; /* the first four go to the end */

        if (is_digit(c))
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else
            rest = (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
    }
    return rest == 1;
}

static size_t
find_iban(const char *p, size_t n)
{
    char s[40];
    size_t want, count = 0, i = 0;

    /* Nearly every word ends here. */
    if (n < 15 || !is_letter(p[1]) || !is_digit(p[2]) || !is_digit(p[3]))
        return 0;
    want = iban_length(upper(p[0]), upper(p[1]));
    if (want == 0)
        return 0;
    while (i < n && i < IBAN_SPAN && count < want) {
        if (is_digit(p[i]) || is_letter(p[i]))
            s[count++] = upper(p[i++]);
        else if ((p[i] == ' ' || p[i] == '-') && count >= 4)
            i++;
        else
            return 0;
    }
    if (count < want || (i < n && is_word(p[i])))
        return 0;
    return mod97(s, want) ? i : 0;
}

/* --- secrets --- */

static size_t
token_length(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && i < TOKEN_SPAN && is_a(p[i], TOKEN))
        i++;
    /* The end of a sentence is no part of the token. */
    while (i > 0 && p[i - 1] == '.')
        i--;
    return i;
}

/* What well-known keys begin with, and how much must follow. */
static const struct {
    const char *prefix;
    size_t least;
} key_prefixes[] = {
    {"sk-", 20},      {"sk_live_", 16}, {"sk_test_", 16},
    {"rk_live_", 16}, {"pk_live_", 16}, {"ghp_", 30},
    {"gho_", 30},     {"ghs_", 30},     {"github_pat_", 30},
    {"glpat-", 16},   {"xoxb-", 16},    {"xoxp-", 16},
    {"xoxa-", 16},    {"xapp-", 16},    {"AKIA", 16},
    {"ASIA", 16},     {"AIza", 30},     {"whsec_", 20},
    {"whsk_", 20},    {"SG.", 30},      {"npm_", 30},
    {"dop_v1_", 30},  {"shpat_", 20},   {"EAACEdEose0cBA", 10},
    {"eyJ", 36},      {"hf_", 30},      {"pypi-", 30},
};

#define KEY_LEAST 20 /* of all of them, prefix included */

/* By its first byte nearly every word is told to be no secret. */
enum {
    MAY_BE_KEY = 1,
    MAY_BE_BEARER = 2,
    MAY_BE_PEM = 4,
};

static const unsigned char secret_begins[256] = {
    ['A'] = MAY_BE_KEY, ['E'] = MAY_BE_KEY,    ['S'] = MAY_BE_KEY,
    ['d'] = MAY_BE_KEY, ['e'] = MAY_BE_KEY,    ['g'] = MAY_BE_KEY,
    ['h'] = MAY_BE_KEY, ['n'] = MAY_BE_KEY,    ['p'] = MAY_BE_KEY,
    ['r'] = MAY_BE_KEY, ['s'] = MAY_BE_KEY,    ['w'] = MAY_BE_KEY,
    ['x'] = MAY_BE_KEY, ['B'] = MAY_BE_BEARER, ['b'] = MAY_BE_BEARER,
    ['-'] = MAY_BE_PEM,
};

static bool
starts_nocase(const char *p, size_t n, const char *word)
{
    size_t i = 0;

    for (; word[i] != '\0'; i++)
        if (i >= n || upper(p[i]) != upper(word[i]))
            return false;
    return true;
}

static size_t
find_key(const char *p, size_t n)
{
    size_t length = token_length(p, n < KEY_LEAST ? n : KEY_LEAST);

    if (length < KEY_LEAST)
        return 0; /* nearly every word */
    for (size_t i = 0; i < sizeof key_prefixes / sizeof *key_prefixes; i++) {
        size_t m;

        if (key_prefixes[i].prefix[0] != p[0])
            continue;
        m = strlen(key_prefixes[i].prefix);
        if (n < m || memcmp(p, key_prefixes[i].prefix, m) != 0)
            continue;
        length = token_length(p, n);
        if (length >= m + key_prefixes[i].least)
            return length;
    }
    return 0;
}

static size_t
find_bearer(const char *p, size_t n)
{
    size_t length;

    if (!starts_nocase(p, n, "bearer "))
        return 0;
    length = token_length(p + 7, n - 7);
    return length >= 16 ? 7 + length : 0;
}

static size_t
find_pem(const char *p, size_t n)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    const char *at, *line;

    if (n < sizeof begin || memcmp(p, begin, sizeof begin - 1) != 0 ||
        memmem(p, n < 64 ? n : 64, "PRIVATE KEY", 11) == NULL)
        return 0;
    at = memmem(p, n, end, sizeof end - 1);
    if (at == NULL)
        return n; /* cut off: all that follows is the key */
    line = memmem(at + 9, n - (size_t)(at + 9 - p), "-----", 5);
    return line == NULL ? n : (size_t)(line + 5 - p);
}

static const char *const password_words[] = {
    "password",      "passwort",   "passwd",          "kennwort",
    "mot de passe",  "wachtwoord", "contrase\u00f1a", "senha",
    "palavra-passe", "has\u0142o", "passcode",        "api key",
    "api_key",       "apikey",     "secret key",      "client secret",
    "access token",
};

/* The second letters of these, by the first. */
#define SECOND(c) (UINT32_C(1) << ((c) - 'A'))
static const uint32_t password_seconds[26] = {
    ['A' - 'A'] = SECOND('C') | SECOND('P'),
    ['C' - 'A'] = SECOND('L') | SECOND('O'),
    ['H' - 'A'] = SECOND('A'),
    ['K' - 'A'] = SECOND('E'),
    ['M' - 'A'] = SECOND('O'),
    ['P' - 'A'] = SECOND('A'),
    ['S' - 'A'] = SECOND('E'),
    ['W' - 'A'] = SECOND('A'),
};

static bool
may_be_password(const char *p, size_t n)
{
    return n > 1 && is_letter(p[0]) && is_letter(p[1]) &&
           (password_seconds[upper(p[0]) - 'A'] & SECOND(upper(p[1]))) != 0;
}

/* "password: hunter2" or "my password is hunter2": the value goes, the word
 * stays. *skip: bytes before the value. */
static size_t
find_password(const char *p, size_t n, size_t *skip)
{
    for (size_t w = 0; w < sizeof password_words / sizeof *password_words;
         w++) {
        size_t i, start;

        if (upper(password_words[w][0]) != upper(p[0]))
            continue;
        i = strlen(password_words[w]);
        if (!starts_nocase(p, n, password_words[w]))
            continue;
        while (i < n && p[i] == ' ')
            i++;
        if (i < n && (p[i] == ':' || p[i] == '='))
            i++;
        else if (starts_nocase(p + i, n - i, "is ") ||
                 starts_nocase(p + i, n - i, "est ") ||
                 starts_nocase(p + i, n - i, "ist ") ||
                 starts_nocase(p + i, n - i, "es "))
            i += p[i + 2] == ' ' ? 3 : 4;
        else
            return 0;
        while (i < n && (p[i] == ' ' || p[i] == '"' || p[i] == '\''))
            i++;
        start = i;
        while (i < n && i - start < 128 && p[i] != ' ' && p[i] != '\n' &&
               p[i] != '"' && p[i] != ',' && p[i] != '\'')
            i++;
        /* "password is wrong" tells nothing; a value has a digit, a sign or
         * comes behind a colon. */
        *skip = start;
        for (size_t k = start; k < i; k++)
            if (!is_letter(p[k]) && p[k] != '.' && p[k] != '?' && p[k] != '!')
                return i - start >= 3 ? i : 0;
        return p[start - 1] != ' ' || memchr(p, ':', start) != NULL ||
                       memchr(p, '=', start) != NULL
                   ? (i - start >= 3 ? i : 0)
                   : 0;
    }
    return 0;
}

/* --- e-mail and phone --- */

static size_t
find_email(const char *p, size_t n)
{
    size_t i = 0, dot = 0, at;

    while (
        i < n && i < 64 &&
        (is_digit(p[i]) || is_letter(p[i]) || strchr("._%+-", p[i]) != NULL) &&
        p[i] != '\0')
        i++;
    if (i == 0 || i >= n || p[i] != '@')
        return 0;
    at = i++;
    while (i < n && i - at < 255 &&
           (is_digit(p[i]) || is_letter(p[i]) || p[i] == '-' || p[i] == '.')) {
        if (p[i] == '.')
            dot = i;
        i++;
    }
    while (i > at && (p[i - 1] == '.' || p[i - 1] == '-'))
        i--;
    return dot > at + 1 && dot + 2 < i ? i : 0;
}

static size_t
find_phone(const char *p, size_t n)
{
    size_t i = 0, count = 0, end = 0;
    bool marked = p[0] == '+' || p[0] == '(' || p[0] == '0';

    if (!marked)
        return 0;
    while (i < n && i < 32) {
        if (is_digit(p[i])) {
            count++;
            end = ++i;
        } else if (p[i] != '\0' && strchr(" -().+/", p[i]) != NULL &&
                   (p[i] != '+' || i == 0)) {
            i++;
        } else {
            break;
        }
    }
    if (end < n && is_word(p[end]))
        return 0;
    return count >= 9 && count <= 15 ? end : 0;
}

/* --- the pass --- */

struct find {
    enum redact_kind kind;
    size_t skip, length; /* bytes kept before, bytes replaced */
};

static bool
find_secret(const char *p, size_t n, struct find *f)
{
    unsigned may_be = secret_begins[(unsigned char)p[0]];
    size_t length = 0, skip = 0;

    if ((may_be & MAY_BE_KEY) != 0)
        length = find_key(p, n);
    if ((may_be & MAY_BE_BEARER) != 0)
        length = find_bearer(p, n);
    if ((may_be & MAY_BE_PEM) != 0)
        length = find_pem(p, n);
    if (length == 0 && may_be_password(p, n))
        length = find_password(p, n, &skip);
    if (length == 0)
        return false;
    *f = (struct find){REDACT_SECRET, skip, length - skip};
    return true;
}

static bool
find_at(const struct redactor *r, const char *p, size_t n, struct find *f)
{
    *f = (struct find){REDACT_CARD, 0, 0};
    if (r->on[REDACT_CARD] && is_digit(*p) && (f->length = find_card(p, n)) > 0)
        return true;
    f->kind = REDACT_IBAN;
    if (r->on[REDACT_IBAN] && is_letter(*p) &&
        (f->length = find_iban(p, n)) > 0)
        return true;
    if (r->on[REDACT_SECRET] && (is_letter(*p) || *p == '-') &&
        find_secret(p, n, f))
        return true;
    *f = (struct find){REDACT_EMAIL, 0, 0};
    if (r->on[REDACT_EMAIL] && (is_letter(*p) || is_digit(*p)) &&
        (f->length = find_email(p, n)) > 0)
        return true;
    f->kind = REDACT_PHONE;
    return r->on[REDACT_PHONE] && (f->length = find_phone(p, n)) > 0;
}

/* Where something may begin: not in the middle of a word or a number. */
static bool
is_start(const char *text, size_t i)
{
    char c = text[i], before;

    if (i == 0)
        return true;
    before = text[i - 1];
    if (c == '-')
        return before != '-';
    if (is_digit(c) && i >= 2 && (before == '-' || before == '.') &&
        is_digit(text[i - 2]))
        return false; /* inside a longer number */
    return !is_word(before);
}

/* How many of the bytes have of the classes in `of` those in `wanted` (all of
 * them, one or none). */
static size_t
class_run(const char *p, size_t n, unsigned wanted, unsigned of)
{
    size_t i = 0;

    while (i < n && (classes[(unsigned char)p[i]] & of) == wanted)
        i++;
    return i;
}

size_t
redact_text(const struct redactor *r, const char *text, size_t n,
            struct buf *out, unsigned counts[REDACT_KINDS])
{
    size_t from = 0, finds = 0;

    for (size_t i = 0; i < n;) {
        struct find f;

        i += class_run(text + i, n - i, 0, WORD | BEGINS);
        if (i == n)
            break;
        if (!is_start(text, i) || !find_at(r, text + i, n - i, &f)) {
            /* Nothing begins within a word. */
            i += is_word(text[i]) ? class_run(text + i, n - i, WORD, WORD) : 1;
            continue;
        }
        if (out != NULL) {
            buf_add(out, text + from, i - from + f.skip);
            buf_addf(out, "[%s]", redact_kind_name(f.kind));
        }
        if (counts != NULL)
            counts[f.kind]++;
        finds++;
        i += f.skip + f.length;
        from = i;
        if (out == NULL)
            return finds;
    }
    if (out != NULL)
        buf_add(out, text + from, n - from);
    return finds;
}

bool
redact_would(const struct redactor *r, const char *text, size_t n)
{
    return redact_text(r, text, n, NULL, NULL) > 0;
}
