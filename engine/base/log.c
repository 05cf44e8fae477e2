#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 4096
#define LINE_TAIL      8  /* room for what closes a value and the line */
#define FIELD_MIN      64 /* a field with less room than this is left out */
#define CUT_MARK       "\xE2\x80\xA6"

/* Where lines go is the process's affair, not an engine's: early failures and
 * libraries' callbacks have no engine to ask. */
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_format_now = LOG_JSON;
static atomic_int log_level_wanted = LOG_INFO;

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
    bool json;
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void
log_open(int fd, enum log_format format, enum log_level level)
{
    atomic_store(&log_fd, fd);
    atomic_store(&log_format_now, (int)format);
    atomic_store(&log_level_wanted, (int)level);
}

enum log_level
log_level_now(void)
{
    return (enum log_level)atomic_load(&log_level_wanted);
}

static size_t
line_room(const struct line *l)
{
    size_t end = LINE_MAX_BYTES - LINE_TAIL;

    return l->len < end ? end - l->len : 0;
}

static bool
line_add(struct line *l, const char *p, size_t n)
{
    if (n > line_room(l))
        return false;
    memcpy(l->text + l->len, p, n);
    l->len += n;
    return true;
}

/* One character of a value, escaped; returns its length in the source, or 0
 * when the line is full. */
static size_t
line_add_char(struct line *l, const char *p, size_t n)
{
    char escaped[16];
    int32_t c;
    size_t step = utf8_next(p, n, &c);

    if (step == 0)
        return line_add(l, "\xEF\xBF\xBD", 3) ? 1 : 0;
    if (c == '"' || c == '\\') {
        escaped[0] = '\\';
        escaped[1] = (char)c;
        return line_add(l, escaped, 2) ? 1 : 0;
    }
    /* What could act on the terminal of whoever reads the log. */
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029) {
        int k = snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)c);

        return line_add(l, escaped, (size_t)k) ? step : 0;
    }
    return line_add(l, p, step) ? step : 0;
}

static void
line_add_quoted(struct line *l, const char *p, size_t n)
{
    l->text[l->len++] = '"';
    while (n > 0) {
        size_t step = line_add_char(l, p, n);

        if (step == 0) {
            memcpy(l->text + l->len, CUT_MARK, sizeof(CUT_MARK) - 1);
            l->len += sizeof(CUT_MARK) - 1;
            break;
        }
        p += step;
        n -= step;
    }
    l->text[l->len++] = '"';
}

/* In key=value lines a value of plain characters stands bare. */
static bool
is_plain(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789-_.:/+@%,");

    return n > 0 && s[n] == '\0' && n < FIELD_MIN;
}

static bool
line_add_key(struct line *l, const char *key)
{
    size_t n = strlen(key);

    if (line_room(l) < FIELD_MIN || n > line_room(l) - FIELD_MIN)
        return false;
    if (l->json) {
        if (l->text[l->len - 1] != '{')
            l->text[l->len++] = ',';
        line_add_quoted(l, key, n);
        return line_add(l, ":", 1);
    }
    if (l->len > 0)
        l->text[l->len++] = ' ';
    return line_add(l, key, n) && line_add(l, "=", 1);
}

static void
line_add_str(struct line *l, const char *key, const char *s)
{
    if (s == NULL || !line_add_key(l, key))
        return;
    if (!l->json && is_plain(s) && strlen(s) <= line_room(l))
        line_add(l, s, strlen(s));
    else
        line_add_quoted(l, s, strlen(s));
}

static void
line_add_int(struct line *l, const char *key, int64_t n)
{
    char digits[24];
    int k = snprintf(digits, sizeof(digits), "%" PRId64, n);

    if (line_add_key(l, key))
        line_add(l, digits, (size_t)k);
}

static void
line_begin(struct line *l, enum log_level level, const char *event)
{
    char now[CLOCK_TEXT_MAX];
    int k;

    l->len = 0;
    l->json = atomic_load(&log_format_now) == LOG_JSON;
    clock_format(clock_now_ms(), now);
    if (l->json) {
        l->text[l->len++] = '{';
        line_add_str(l, "ts", now);
        line_add_str(l, "level", level_names[level]);
        line_add_str(l, "event", event);
        return;
    }
    k = snprintf(l->text, 256, "%s %-5s ", now, level_names[level]);
    l->len = (size_t)k;
    line_add(l, event, strlen(event));
}

static void
line_end(struct line *l)
{
    ssize_t n;

    if (l->json)
        l->text[l->len++] = '}';
    l->text[l->len++] = '\n';
    /* A log that cannot be written must not stop the work. */
    do
        n = write(atomic_load(&log_fd), l->text, l->len);
    while (n < 0 && errno == EINTR);
}

void
log_line(enum log_level level, const char *event,
         const struct log_field *fields)
{
    int saved = errno;
    struct line l;

    if (level > log_level_now())
        return;
    line_begin(&l, level, event);
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (fields->kind == LOG_KIND_INT)
            line_add_int(&l, fields->key, fields->i);
        else
            line_add_str(&l, fields->key, fields->s);
    }
    line_end(&l);
    errno = saved;
}

void
log_failure(enum log_level level, const char *event, const char *id_key,
            const char *id, const struct err *e)
{
    struct log_field fields[4] = {0};
    size_t n = 0;

    if (id_key != NULL)
        fields[n++] = LOG_STR(id_key, id);
    if (e != NULL) {
        fields[n++] = LOG_STR("class", err_class_name(e->class));
        fields[n] = LOG_STR("error", e->text);
    }
    log_line(level, event, fields);
}
