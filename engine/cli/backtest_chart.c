#include "cli/backtest_chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define WIDTH      720
#define HEIGHT     180
#define BASE       (HEIGHT - 22) /* of the columns, above their names */
#define TOP        14
#define NAME_WIDTH 160
#define ROW        34
#define NAMES_MOST 24 /* below the columns */

void
chart_begin(struct chart *c, size_t room)
{
    c->room = room;
    c->count = c->most = 0;
    c->bars = mem_zero((room + 1) * sizeof *c->bars);
}

void
chart_add(struct chart *c, const char *name, const size_t value[SIDES])
{
    struct chart_bar *bar;

    if (c->count == c->room)
        return;
    bar = &c->bars[c->count++];
    snprintf(bar->name, sizeof bar->name, "%.*s",
             (int)utf8_clip(name, strlen(name), sizeof bar->name - 1), name);
    for (size_t s = 0; s < SIDES; s++) {
        bar->value[s] = value[s];
        if (value[s] > c->most)
            c->most = value[s];
    }
}

void
chart_end(struct chart *c)
{
    free(c->bars);
    c->bars = NULL;
}

static void
open_svg(const struct chart *c, int height, struct buf *out)
{
    buf_addf(out,
             "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
             WIDTH, height, c->title);
}

static void
add_bar(struct buf *out, size_t side, double x, double y, double width,
        double height, const struct chart_bar *bar)
{
    buf_addf(out,
             "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
             "height=\"%.1f\"><title>",
             side == SIDE_OLD ? "o" : "w", x, y, width, height);
    chart_escape(out, bar->name, strlen(bar->name));
    buf_addf(out, ", %s: %zu</title></rect>\n",
             side == SIDE_OLD ? "old" : "new", bar->value[side]);
}

static double
length_of(const struct chart *c, size_t value, double full)
{
    return c->most > 0 ? full * (double)value / (double)c->most : 0.0;
}

void
chart_columns(const struct chart *c, struct buf *out)
{
    double step = (double)WIDTH / (double)(c->count > 0 ? c->count : 1);
    double width = step * 0.4 < 16 ? step * 0.4 : 16;
    size_t every = c->count / NAMES_MOST + 1;

    open_svg(c, HEIGHT, out);
    buf_addf(out,
             "<line class=\"a\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
             "<text x=\"0\" y=\"%d\">%zu</text>\n",
             BASE, WIDTH, BASE, TOP - 3, c->most);
    for (size_t i = 0; i < c->count; i++) {
        double middle = step * ((double)i + 0.5);

        for (size_t s = 0; s < SIDES; s++) {
            double h = length_of(c, c->bars[i].value[s], BASE - TOP);

            add_bar(out, s, middle + (s == SIDE_OLD ? -width : 0.0), BASE - h,
                    width, h, &c->bars[i]);
        }
        if (i % every != 0)
            continue;
        buf_addf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                 middle, HEIGHT - 6);
        chart_escape(out, c->bars[i].name, strlen(c->bars[i].name));
        buf_adds(out, "</text>\n");
    }
    buf_adds(out, "</svg>\n");
}

void
chart_rows(const struct chart *c, struct buf *out)
{
    const double full = WIDTH - NAME_WIDTH - 60;

    open_svg(c, (int)c->count * ROW + 4, out);
    for (size_t i = 0; i < c->count; i++) {
        double y = (double)i * ROW + 4;

        buf_addf(out, "<text x=\"0\" y=\"%.1f\">", y + 16);
        chart_escape(out, c->bars[i].name, strlen(c->bars[i].name));
        buf_adds(out, "</text>\n");
        for (size_t s = 0; s < SIDES; s++) {
            double w = length_of(c, c->bars[i].value[s], full);
            double at = y + (s == SIDE_OLD ? 0.0 : 13.0);

            add_bar(out, s, NAME_WIDTH, at, w, 12, &c->bars[i]);
            buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\">%zu</text>\n",
                     NAME_WIDTH + w + 4, at + 10, c->bars[i].value[s]);
        }
    }
    buf_adds(out, "</svg>\n");
}

void
chart_escape(struct buf *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        if (c == '&')
            buf_adds(out, "&amp;");
        else if (c == '<')
            buf_adds(out, "&lt;");
        else if (c == '>')
            buf_adds(out, "&gt;");
        else if (c == '"')
            buf_adds(out, "&quot;");
        else if (c >= 0x20 || c == '\n' || c == '\t')
            buf_addc(out, (char)c);
    }
}
