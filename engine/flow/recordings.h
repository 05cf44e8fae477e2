/*
 * recordings: conversations from files, one after the other: .json (one
 * object or an array), .jsonl, .jsonl.gz, and "-" for standard input (lines).
 */
#ifndef FLOW_RECORDINGS_H
#define FLOW_RECORDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct recordings;

/* Files are opened one by one as the reading goes; the list is borrowed. */
struct recordings *recordings_open(const char *const *files, size_t count);

/* The next conversation (caller json_decref()s), or NULL at the end. *broken:
 * this line could not be read (err says file:line and why); go on. */
json_t *recordings_next(struct recordings *r, bool *broken, struct err *e);

/* True for a conversation that the engine still leads (GET
 * /v1/conversations/ID): its `state` is one of ours and no end. */
bool recordings_running(const json_t *recording);

/* The text of what was read last, until the next is; empty when it was one of
 * many in an array. */
struct str recordings_text(const struct recordings *r);

/* "file:line" of what was read last. */
const char *recordings_place(const struct recordings *r);

void recordings_close(struct recordings *r); /* NULL is fine */

/* The recordings that stand in a folder, an object: file name -> its first
 * conversation (caller json_decref()s). ERR_INPUT: one cannot be read. */
json_t *recordings_of_folder(const char *dir, struct err *e) MUST_CHECK;

#endif
