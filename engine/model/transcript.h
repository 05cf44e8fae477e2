/*
 * transcript: the text of a ticket: a brief on top that a human reads in
 * fifteen seconds (why, who, how urgent, what the AI tried, what must happen
 * next), the customer and the collected fields, then every message with role
 * and time; in plain text, Markdown or HTML, each escaped for its target, cut
 * to a limit without losing the first question or the newest messages.
 */
#ifndef MODEL_TRANSCRIPT_H
#define MODEL_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct conversation;
struct decision;

enum text_format {
    FORMAT_TEXT,
    FORMAT_MARKDOWN,
    FORMAT_HTML
};
const char *text_format_name(enum text_format f); /* "text", ... */
bool text_format_from_name(const char *s, size_t n, enum text_format *out);

struct transcript_options {
    enum text_format format;
    size_t max;       /* bytes of the whole text; 0: no limit */
    int64_t upto_seq; /* last message to show; 0: all */
    const char *handoff_id;
    bool attached; /* the full transcript goes along as a file: say so when
                      the text is cut */
};

struct transcript_info {
    size_t messages; /* messages of the hand-over */
    size_t left_out; /* of them not in the text */
    bool cut;        /* something was left out or shortened */
};

/* The whole ticket text. Never splits a UTF-8 character or an HTML tag. */
void transcript_render(const struct conversation *c, const struct decision *d,
                       const struct transcript_options *o, struct buf *out,
                       struct transcript_info *info);

/* The brief only (a notification, the first private note). */
void transcript_brief(const struct conversation *c, const struct decision *d,
                      const struct transcript_options *o, struct buf *out);

/* What a ticket hears of a conversation that is counted with it: who, what
 * they asked, where to read it. */
void transcript_link(const struct conversation *c, enum text_format f,
                     struct buf *out);

/* The line on top of what a customer says in another language (bases of tags)
 * than their hand-over was made in. */
void transcript_language(const char *now, const char *before,
                         enum text_format f, struct buf *out);

/* Append text escaped for the format: HTML entities; Markdown's active
 * characters by backslash; plain text as it is. Text must be harmless. */
void transcript_escape(enum text_format format, const char *p, size_t n,
                       struct buf *out);

#endif
