#include "script/match.h"

#include <ctype.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox_inside.h"

#define ESCAPE '%'

/* Every loop below that can run once per byte of text passes here. */
static inline void
step(struct match *m, size_t n)
{
    m->steps -= (int64_t)n;
    if (m->steps < 0)
        sandbox_stop(m->L, SCRIPT_BUDGET, "pattern steps");
}

static int
byte_at(const char *p)
{
    return (unsigned char)*p;
}

/* --- one character --- */

static bool
in_letter_class(int c, int letter)
{
    bool in;

    switch (tolower(letter)) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g':
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z': /* of older versions, and still understood by this one */
        in = c == '\0';
        break;
    default: /* any other character stands for itself */
        return letter == c;
    }
    return isupper(letter) ? !in : in;
}

/* Whether c is in the set p..close, where *p is '[' and *close its ']'. */
static bool
find_in_set(int c, const char *p, const char *close)
{
    bool wanted = true;

    if (p[1] == '^') {
        wanted = false;
        p++;
    }
    while (++p < close) {
        if (*p == ESCAPE) {
            p++;
            if (in_letter_class(c, byte_at(p)))
                return wanted;
        } else if (p[1] == '-' && p + 2 < close) {
            if (byte_at(p) <= c && c <= byte_at(p + 2))
                return wanted;
            p += 2;
        } else if (byte_at(p) == c) {
            return wanted;
        }
    }
    return !wanted;
}

/* The same, remembered: a set is mostly asked for a whole text. Steps are those
 * of the asking, so that they depend on nothing else. */
static bool
in_set(struct match *m, int c, const char *p, const char *close)
{
    unsigned at = (unsigned)c / 64;
    uint64_t bit = UINT64_C(1) << ((unsigned)c % 64);

    step(m, (size_t)(close - p) / 8);
    if (m->set != p) {
        m->set = p;
        memset(m->asked, 0, sizeof m->asked);
    }
    if ((m->asked[at] & bit) == 0) {
        m->asked[at] |= bit;
        m->inside[at] &= ~bit;
        if (find_in_set(c, p, close))
            m->inside[at] |= bit;
    }
    return (m->inside[at] & bit) != 0;
}

/* Behind the ']' that closes the set at p; the first character of a set is
 * taken as it is, even a ']'. */
static const char *
set_end(struct match *m, const char *p)
{
    const char *first = p + 1;

    if (first < m->pattern_end && *first == '^')
        first++;
    for (p = first; p < m->pattern_end; p++) {
        if (*p == ']' && p > first)
            return p + 1;
        if (*p == ESCAPE)
            p++;
    }
    luaL_error(m->L, "malformed pattern (missing ']')");
    return NULL;
}

/* Behind the single-character item at p: where its * + - ? would stand. */
static const char *
item_end(struct match *m, const char *p)
{
    if (*p == '[')
        return set_end(m, p);
    if (*p != ESCAPE)
        return p + 1;
    if (p + 1 == m->pattern_end)
        luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 2;
}

/* Whether the text's character at s is one of the item p..end. */
static bool
is_one(struct match *m, const char *s, const char *p, const char *end)
{
    if (s >= m->text_end)
        return false;
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return in_letter_class(byte_at(s), byte_at(p + 1));
    case '[':
        return in_set(m, byte_at(s), p, end - 1);
    default:
        return *p == *s;
    }
}

/* --- repetitions: the item p..end, then one of * + - ? --- */

static const char *
most(struct match *m, const char *s, const char *p, const char *end,
     size_t at_least)
{
    size_t n = 0;

    for (; is_one(m, s + n, p, end); n++)
        step(m, 1);
    for (; n + 1 > at_least; n--) {
        const char *found = match_at(m, s + n, end + 1);

        if (found)
            return found;
        if (n == 0)
            break;
    }
    return NULL;
}

static const char *
fewest(struct match *m, const char *s, const char *p, const char *end)
{
    for (;;) {
        const char *found = match_at(m, s, end + 1);

        if (found)
            return found;
        if (!is_one(m, s, p, end))
            return NULL;
        s++;
        step(m, 1);
    }
}

/* --- %b, %f and %1 --- */

static const char *
balanced(struct match *m, const char *s, const char *p)
{
    int nested = 1, open, close;

    if (m->pattern_end - p < 4)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    open = p[2];
    close = p[3];
    if (s >= m->text_end || *s != open)
        return NULL;
    while (++s < m->text_end) {
        step(m, 1);
        if (*s == close) {
            if (--nested == 0)
                return s + 1;
        } else if (*s == open) {
            nested++;
        }
    }
    return NULL;
}

/* The border at s: the character before is not in the set, this one is; both
 * ends of the text count as '\0'. Returns behind the set, NULL if no border. */
static const char *
frontier(struct match *m, const char *s, const char *p)
{
    const char *set = p + 2, *end;
    int before = s == m->text ? '\0' : byte_at(s - 1);
    int here = s == m->text_end ? '\0' : byte_at(s);

    if (set >= m->pattern_end || *set != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    end = set_end(m, set);
    if (in_set(m, before, set, end - 1) || !in_set(m, here, set, end - 1))
        return NULL;
    return end;
}

static const char *
repeated(struct match *m, const char *s, int digit)
{
    int index = digit - '1';
    size_t n;

    if (index < 0 || index >= m->captures || m->capture[index].n == MATCH_OPEN)
        luaL_error(m->L, "invalid capture index %%%d in pattern", index + 1);
    /* A position is no text: nothing can be equal to it. */
    if (m->capture[index].n == MATCH_POSITION)
        return NULL;
    n = (size_t)m->capture[index].n;
    step(m, n / 8);
    if ((size_t)(m->text_end - s) < n ||
        memcmp(m->capture[index].start, s, n) != 0)
        return NULL;
    return s + n;
}

/* --- captures --- */

static const char *
open_capture(struct match *m, const char *s, const char *p, ptrdiff_t n)
{
    const char *found;

    if (m->captures >= MATCH_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->capture[m->captures] = (struct match_capture){s, n};
    m->captures++;
    found = match_at(m, s, p);
    if (found == NULL)
        m->captures--;
    return found;
}

static const char *
close_capture(struct match *m, const char *s, const char *p)
{
    struct match_capture *capture = NULL;
    const char *found;

    for (int i = m->captures - 1; i >= 0 && capture == NULL; i--) {
        if (m->capture[i].n == MATCH_OPEN)
            capture = &m->capture[i];
    }
    if (capture == NULL) {
        luaL_error(m->L, "invalid pattern capture");
        return NULL;
    }
    capture->n = s - capture->start;
    found = match_at(m, s, p);
    if (found == NULL)
        capture->n = MATCH_OPEN;
    return found;
}

/* --- a whole pattern --- */

/* What begins with % and is no single character. Returns false when p is not
 * such; else moves *s (NULL: no match) and *p behind it. */
static bool
special(struct match *m, const char **s, const char **p)
{
    const char *at = *p;

    if (at + 1 >= m->pattern_end)
        return false;
    if (at[1] == 'b') {
        *s = balanced(m, *s, at);
        *p += 4;
        return true;
    }
    if (at[1] == 'f') {
        *p = frontier(m, *s, at);
        if (*p == NULL)
            *s = NULL;
        return true;
    }
    if (isdigit(byte_at(at + 1))) {
        *s = repeated(m, *s, at[1]);
        *p += 2;
        return true;
    }
    return false;
}

/* One character's item with its suffix. Returns true when the rest is to be
 * tried from *s and *p on, false when *found is the answer. */
static bool
single(struct match *m, const char **s, const char **p, const char **found)
{
    const char *end = item_end(m, *p);
    int suffix = end < m->pattern_end ? *end : '\0';
    bool one;

    if (suffix == '*' || suffix == '+') {
        *found = most(m, *s, *p, end, suffix == '+');
        return false;
    }
    if (suffix == '-') {
        *found = fewest(m, *s, *p, end);
        return false;
    }
    one = is_one(m, *s, *p, end);
    if (suffix == '?') {
        *found = one ? match_at(m, *s + 1, end + 1) : NULL;
        if (*found)
            return false;
        *p = end + 1;
        return true;
    }
    *found = NULL;
    if (one)
        (*s)++;
    *p = end;
    return one;
}

static const char *
match_rest(struct match *m, const char *s, const char *p)
{
    const char *found;

    while (p < m->pattern_end) {
        step(m, 1);
        if (*p == '(')
            return p + 1 < m->pattern_end && p[1] == ')'
                       ? open_capture(m, s, p + 2, MATCH_POSITION)
                       : open_capture(m, s, p + 1, MATCH_OPEN);
        if (*p == ')')
            return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        if (*p == ESCAPE && special(m, &s, &p)) {
            if (s == NULL)
                return NULL;
            continue;
        }
        if (!single(m, &s, &p, &found))
            return found;
    }
    return s;
}

const char *
match_at(struct match *m, const char *s, const char *p)
{
    const char *found;

    if (m->depth == MATCH_DEPTH)
        luaL_error(m->L, "pattern too complex");
    m->depth++;
    found = match_rest(m, s, p);
    m->depth--;
    return found;
}
