/*
 * text_writer: plain text out of a document with structure: white space
 * between words and empty lines between blocks are owed until the next word
 * comes, so that none piles up and none stands at either end.
 */
#ifndef SCRIPT_TEXT_WRITER_H
#define SCRIPT_TEXT_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct text_writer {
    struct buf *out;
    unsigned lines; /* line breaks owed */
    bool space;     /* a space owed */
};

/* The next word begins so many lines further down, at least. */
void text_writer_lines(struct text_writer *w, unsigned lines);

/* The next word begins one line further down than it would, 2 at most. */
void text_writer_break(struct text_writer *w);

/* Bytes as they are. */
void text_writer_raw(struct text_writer *w, const char *p, size_t n);

/* Words: each run of white space becomes one space. */
void text_writer_words(struct text_writer *w, const char *p);

/* Begin a list's item: "- ". */
void text_writer_item(struct text_writer *w);

/* Behind a link whose text began at out->len == from: " (url)", unless the
 * text says it already or the address leads nowhere. A link without text gets
 * its address as text. */
void text_writer_address(struct text_writer *w, const char *url, size_t from);

#endif
