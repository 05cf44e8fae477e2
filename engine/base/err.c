#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* vsnprintf into a text of its own: an argument may point into e->text. */
static void PRINTF_LIKE(2, 0)
    text_format(char out[ERR_TEXT_MAX], const char *fmt, va_list ap)
{
    int n = vsnprintf(out, ERR_TEXT_MAX, fmt, ap);

    if (n < 0)
        out[0] = '\0';
    else if (n >= ERR_TEXT_MAX)
        out[utf8_clip(out, ERR_TEXT_MAX - 1, ERR_TEXT_MAX - 2)] = '\0';
}

/* Append as much of s as fits, cut at a character's border. */
static void
text_append(char out[ERR_TEXT_MAX], const char *s)
{
    size_t at = strlen(out);
    size_t n = utf8_clip(s, strlen(s), ERR_TEXT_MAX - 1 - at);

    memcpy(out + at, s, n);
    out[at + n] = '\0';
}

static void
text_store(struct err *e, const char *text)
{
    memcpy(e->text, text, strlen(text) + 1);
}

int
err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    int saved = errno;
    va_list ap;

    if (e == NULL)
        return -1;
    va_start(ap, fmt);
    text_format(text, fmt, ap);
    va_end(ap);
    text_store(e, text);
    e->class = class;
    e->sys = 0;
    errno = saved;
    return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX], why[128];
    int saved = errno;
    va_list ap;

    if (e == NULL)
        return -1;
    va_start(ap, fmt);
    text_format(text, fmt, ap);
    va_end(ap);
    text_append(text, ": ");
    text_append(text, strerror_r(saved, why, sizeof(why)));
    text_store(e, text);
    e->class = ERR_SYSTEM;
    e->sys = saved;
    errno = saved;
    return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    int saved = errno;
    va_list ap;

    if (e == NULL)
        return -1;
    va_start(ap, fmt);
    text_format(text, fmt, ap);
    va_end(ap);
    if (e->text[0] != '\0') {
        text_append(text, ": ");
        text_append(text, e->text);
    }
    text_store(e, text);
    errno = saved;
    return -1;
}

void
err_clear(struct err *e)
{
    if (e == NULL)
        return;
    e->class = ERR_NONE;
    e->sys = 0;
    e->text[0] = '\0';
}

const char *err_class_name(enum err_class class)
{
    static const char *const names[] = {
        [ERR_NONE] = "none",         [ERR_INPUT] = "input",
        [ERR_RETRY] = "retry",       [ERR_REFUSED] = "refused",
        [ERR_CONFLICT] = "conflict", [ERR_SCRIPT] = "script",
        [ERR_SYSTEM] = "system",
    };
    size_t i = (size_t) class;

    return i < sizeof(names) / sizeof(names[0]) ? names[i] : "system";
}
