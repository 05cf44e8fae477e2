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

static const char *
skip_space(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p;
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
    p = skip_space(p, end);
    return p == end || (*p != '.' && *p != '[' && *p != ':');
}

/* "c[what]": an index that is neither a text nor a number to be seen here. */
static bool
is_indexed_by_name(const char *p, const char *end)
{
    p = skip_space(p, end);
    if (p == end || *p != '[')
        return false;
    p = skip_space(p + 1, end);
    return p < end && (begins_word(*p) || *p == '(');
}

/* "next(c)", "in next, c": and not the word in a sentence. */
static bool
is_called(const char *p, const char *end)
{
    p = skip_space(p, end);
    return p < end && (*p == '(' || *p == ',');
}

/* "words = {": a table of the policy's own. */
static bool
is_own_table(struct str word, struct str text)
{
    const char *p = text.p, *end = text.p + text.len;

    while ((p = memmem(p, (size_t)(end - p), word.p, word.len)) != NULL) {
        bool begins = p == text.p || !is_in_word(p[-1]);

        p += word.len;
        if (!begins || (p < end && is_in_word(*p)))
            continue;
        p = skip_space(p, end);
        if (p == end || *p != '=')
            continue;
        p = skip_space(p + 1, end);
        if (p < end && *p == '{')
            return true;
    }
    return false;
}

static bool
is_member(struct str word, struct str text)
{
    const char *p = word.p;

    while (p > text.p && isspace((unsigned char)p[-1]))
        p--;
    return p > text.p && (p[-1] == '.' || p[-1] == ':');
}

static bool
tells(struct str word, struct str text)
{
    static const char *const names[] = {"waiting", "state", "rawget", "json"};
    const char *p = word.p + word.len, *end = text.p + text.len;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is(word, names[i]))
            return true;
    if (str_is(word, "pairs"))
        return is_of_a_name(p, end);
    if (str_is(word, "next"))
        return is_called(p, end);
    return is_indexed_by_name(p, end) && !is_member(word, text) &&
           !is_own_table(word, text);
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
        if (tells(word, text))
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
