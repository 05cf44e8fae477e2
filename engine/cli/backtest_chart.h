/*
 * backtest_chart: bars of the old and the new policy side by side, as SVG that
 * stands in a page and takes its colours from there.
 */
#ifndef CLI_BACKTEST_CHART_H
#define CLI_BACKTEST_CHART_H

#include <stddef.h>

#include "base/buf.h"
#include "flow/backtest_walk.h"

struct chart_bar {
    char name[64];
    size_t value[SIDES];
};

struct chart {
    const char *title; /* for who cannot see it */
    struct chart_bar *bars;
    size_t count, room, most;
};

void chart_begin(struct chart *c, size_t room);
void chart_add(struct chart *c, const char *name, const size_t value[SIDES]);
void chart_columns(const struct chart *c, struct buf *out); /* upright */
void chart_rows(const struct chart *c, struct buf *out);    /* lying */
void chart_end(struct chart *c);

/* Append text with what HTML and XML would read as their own written out;
 * what neither may hold is left out. */
void chart_escape(struct buf *out, const char *p, size_t n);

#endif
