/*
 * out: what verbs print for people: colour only on a terminal, progress only
 * when standard error is one.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum colour {
    COLOUR_NONE,
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_YELLOW,
    COLOUR_DIM
};

/* Escape codes for standard output, or "" when it is no terminal or NO_COLOR
 * is set. */
const char *out_colour(enum colour c);

/* A line like "3,120 conversations, 1,845/s" on standard error, at most five
 * times a second; total 0: not known (else with the time left). */
struct progress {
    const char *what;
    size_t done, total;
    int64_t started_us, shown_us;
};
void progress_start(struct progress *p, const char *what, size_t total);
void progress_step(struct progress *p, size_t done);
void progress_end(struct progress *p);

/* Write a file: beside it first, so that a reader never finds half of one. */
int out_write_file(const char *path, const struct buf *text,
                   struct err *e) MUST_CHECK;

#endif
