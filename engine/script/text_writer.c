#include "script/text_writer.h"

#include <string.h>
#include <strings.h>

void
text_writer_lines(struct text_writer *w, unsigned lines)
{
    if (lines == 0)
        return;
    if (lines > w->lines)
        w->lines = lines;
    w->space = false;
}

void
text_writer_break(struct text_writer *w)
{
    text_writer_lines(w, w->lines < 2 ? w->lines + 1 : 2);
}

static void
pay(struct text_writer *w)
{
    if (w->out->len && w->lines)
        w->space = false;
    for (; w->out->len && w->lines; w->lines--)
        buf_addc(w->out, '\n');
    if (w->space && w->out->len)
        buf_addc(w->out, ' ');
    w->lines = 0;
    w->space = false;
}

void
text_writer_raw(struct text_writer *w, const char *p, size_t n)
{
    if (n == 0)
        return;
    pay(w);
    buf_add(w->out, p, n);
}

void
text_writer_words(struct text_writer *w, const char *p)
{
    static const char white[] = " \t\n\r\f";

    while (*p) {
        size_t n = strspn(p, white);

        if (n)
            w->space = true;
        p += n;
        n = strcspn(p, white);
        text_writer_raw(w, p, n);
        p += n;
    }
}

void
text_writer_item(struct text_writer *w)
{
    text_writer_lines(w, 1);
    text_writer_raw(w, "-", 1);
    w->space = true;
}

static bool
leads_somewhere(const char *url)
{
    return url && *url && *url != '#' &&
           strncasecmp(url, "javascript:", 11) != 0;
}

void
text_writer_address(struct text_writer *w, const char *url, size_t from)
{
    struct buf *out = w->out;

    if (!leads_somewhere(url))
        return;
    if (strncasecmp(url, "mailto:", 7) == 0)
        url += 7;
    if (out->len == from) {
        text_writer_raw(w, url, strlen(url));
        return;
    }
    if (memmem(out->data + from, out->len - from, url, strlen(url)))
        return;
    buf_adds(out, " (");
    buf_adds(out, url);
    buf_addc(out, ')');
}
