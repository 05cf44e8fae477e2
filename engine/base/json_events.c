#include "base/json_events.h"

#include <string.h>

#include "base/str.h"

/* yajl takes half a surrogate pair for a character, and more for a space than
 * JSON does. */
static bool
has_oddities(const char *p, size_t n)
{
    const char *end = p + n;

    if (memchr(p, '\v', n) != NULL || memchr(p, '\f', n) != NULL)
        return true;
    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (end - p > 2 && p[1] == 'u' && (p[2] == 'd' || p[2] == 'D'))
            return true;
        p += end - p > 1 ? 2 : 1;
    }
    return false;
}

/* yajl does not mind a string that begins behind the value and never ends. One
 * more quote ends it, and then it does; where there is none, the quote begins
 * one that nobody looks at. */
static bool
parse(yajl_handle h, const char *p, size_t n)
{
    return yajl_parse(h, (const unsigned char *)p, n) == yajl_status_ok &&
           yajl_complete_parse(h) == yajl_status_ok &&
           yajl_parse(h, (const unsigned char *)"\"", 1) == yajl_status_ok;
}

bool
json_events(const yajl_callbacks *callbacks, void *arg, const char *p, size_t n)
{
    yajl_handle h;
    bool whole;

    if (n == 0 || !utf8_valid(p, n) || has_oddities(p, n))
        return false;
    h = yajl_alloc(callbacks, NULL, arg);
    if (h == NULL)
        return false;
    /* Its own look at UTF-8 lets too long forms pass. */
    yajl_config(h, yajl_dont_validate_strings, 1);
    whole = parse(h, p, n);
    yajl_free(h);
    return whole;
}
