#include "base/str.h"

#include <string.h>

struct str
str_of(const char *s)
{
    return s == NULL ? (struct str){NULL, 0} : (struct str){s, strlen(s)};
}

bool
str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
str_is(struct str a, const char *s)
{
    return str_eq(a, str_of(s));
}

static char
ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
str_is_nocase(struct str a, const char *s)
{
    struct str b = str_of(s);

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool
str_starts(struct str a, const char *prefix)
{
    size_t n = strlen(prefix);

    return a.len >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str
str_trim(struct str a)
{
    while (a.len > 0 && is_blank(a.p[a.len - 1]))
        a.len--;
    while (a.len > 0 && is_blank(*a.p)) {
        a.p++;
        a.len--;
    }
    return a;
}

bool
str_cut(struct str *rest, char sep, struct str *part)
{
    const char *at;

    *part = *rest;
    if (rest->p == NULL)
        return false;
    at = memchr(rest->p, sep, rest->len);
    if (at == NULL) {
        *rest = (struct str){NULL, 0};
        return true;
    }
    part->len = (size_t)(at - part->p);
    rest->p = at + 1;
    rest->len -= part->len + 1;
    return true;
}

char *
str_digits(char *end, uint64_t n)
{
    do {
        *--end = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    return end;
}

bool
str_to_u64(struct str a, uint64_t *out)
{
    uint64_t n = 0;

    if (a.len == 0)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        unsigned digit = (unsigned)(unsigned char)a.p[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(n, UINT64_C(10), &n) ||
            __builtin_add_overflow(n, (uint64_t)digit, &n))
            return false;
    }
    *out = n;
    return true;
}
