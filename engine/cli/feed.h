/*
 * feed: the conversations of a back-test, one after the other, whether they
 * stand in files (recordings.h) or in what an engine kept (past.h). It never
 * holds more than a page of them.
 */
#ifndef CLI_FEED_H
#define CLI_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct feed;
struct past;

/* Files, or with a past that; what is given is borrowed. */
struct feed *feed_open(const char *const *files, size_t count,
                       struct past *past, int64_t since_ms);

/* The next conversation (caller json_decref()s), or NULL: at the end, when one
 * is broken (*broken; go on), or when there is no going on: feed_failed. */
json_t *feed_next(struct feed *f, bool *broken, struct err *e);
bool feed_failed(const struct feed *f);

/* Its text, until the next is read; empty: there is none. */
struct str feed_text(const struct feed *f);

/* Where the last one stood, without folders: "chats.jsonl:3". */
const char *feed_place(const struct feed *f);

/* What of an error's text is behind the place, which it may begin with. */
const char *feed_reason(const struct feed *f, const char *text);

void feed_close(struct feed *f); /* NULL is fine */

#endif
