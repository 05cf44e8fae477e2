/*
 * transcript_write: the small words of the three text formats, shared by the
 * brief and the transcript: headings, rows, quotes, each escaped.
 */
#ifndef MODEL_TRANSCRIPT_WRITE_H
#define MODEL_TRANSCRIPT_WRITE_H

#include "base/buf.h"
#include "model/transcript.h"

void write_heading(enum text_format f, const char *text, struct buf *out);
void write_paragraph(enum text_format f, const char *p, size_t n,
                     struct buf *out);
/* "Label: value" as an item of a list; nothing when value is NULL. */
void write_row(enum text_format f, const char *label, const char *value,
               struct buf *out);
void write_list_open(enum text_format f, struct buf *out);
void write_list_close(enum text_format f, struct buf *out);

/* The five-part brief and what is known of the customer, as in
 * transcript_brief; more: with fields, attributes and what the AI tried. */
struct conversation;
struct decision;
void write_brief(const struct conversation *c, const struct decision *d,
                 const struct transcript_options *o, struct buf *out);
void write_context(const struct conversation *c, enum text_format f,
                   struct buf *out);

#endif
