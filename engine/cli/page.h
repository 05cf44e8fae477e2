/*
 * page: the parts of a report that is one HTML file and needs nothing else:
 * no script, no network, light and dark.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stddef.h>

#include "base/buf.h"

void page_open(struct buf *out, const char *title);
void page_close(struct buf *out);

/* Text, with what HTML would read as its own written out. */
void page_text(struct buf *out, const char *s);
void page_buf(struct buf *out, struct buf *text); /* and frees it */

/* A table's beginning: "Name|#Number|..." */
void page_table(struct buf *out, const char *columns);
void page_table_end(struct buf *out);
void page_cell(struct buf *out, const char *s);
void page_count(struct buf *out, size_t n);
void page_decimal(struct buf *out, double v, int places); /* < 0: "-" */

/* A number in large, with what it counts; percent < 0: none. */
void page_card(struct buf *out, size_t n, const char *what, double percent);

#endif
