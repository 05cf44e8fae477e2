/* policy_waits: whether a policy may look at a wait itself; see policy.h. */
#include "flow/policy.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "script/set.h"

static bool
begins_word(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool
is_in_word(char c)
{
    return begins_word(c) || isdigit((unsigned char)c);
}

/* Behind the comment that begins at p with two strokes. */
static const char *
skip_comment(const char *p, const char *end)
{
    const char *at = p + 2, *close;
    char mark[16];
    size_t n = 0;

    if (at < end && *at == '[') {
        for (at++; at < end && *at == '=' && n + 3 < sizeof mark; at++)
            n++;
        if (at < end && *at == '[') {
            mark[0] = mark[n + 1] = ']';
            memset(mark + 1, '=', n);
            close = memmem(at, (size_t)(end - at), mark, n + 2);
            return close != NULL ? close + n + 2 : end;
        }
    }
    close = memchr(p, '\n', (size_t)(end - p));
    return close != NULL ? close : end;
}

/* "pairs(c)": of a name and nothing else; what stands in a table of the
 * policy's own is not the conversation. */
static bool
is_of_a_name(const char *p, const char *end)
{
    while (p < end && (isspace((unsigned char)*p) || *p == '('))
        p++;
    while (p < end && is_in_word(*p))
        p++;
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p == end || (*p != '.' && *p != '[' && *p != ':');
}

static bool
tells(struct str word, const char *p, const char *end)
{
    static const char *const names[] = {"waiting", "state", "rawget", "json"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is(word, names[i]))
            return true;
    return str_is(word, "pairs") && is_of_a_name(p, end);
}

static bool
text_tells(struct str text)
{
    const char *p = text.p, *end = p + text.len;

    while (p < end) {
        struct str word = {p, 0};

        if (end - p > 1 && p[0] == '-' && p[1] == '-') {
            p = skip_comment(p, end);
            continue;
        }
        if (!begins_word(*p)) {
            p++;
            continue;
        }
        while (p < end && is_in_word(*p))
            p++;
        word.len = (size_t)(p - word.p);
        if (tells(word, p, end))
            return true;
    }
    return false;
}

bool
policy_may_see_waits(const struct script_set *set)
{
    struct str text;
    size_t at = 0;

    while (script_set_next(set, &at, &text))
        if (text_tells(text))
            return true;
    return false;
}
