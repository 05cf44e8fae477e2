/*
 * explain_need: what would have to be different for a rule to match: of its
 * tree of conditions the smallest set that turns it.
 */
#ifndef CLI_EXPLAIN_NEED_H
#define CLI_EXPLAIN_NEED_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* The conditions of an explained tree that have to turn for it to pass (want)
 * or to fail: an array of {expr, op, threshold, value, missing, hold: whether
 * it has to hold then}. Of several ways the shortest, of these the first.
 * Empty when it is so already. The caller json_decref()s. */
json_t *need_of(const json_t *condition, bool want);

/* Give each rule of a trace that does not match a member "to_match". */
void need_add(json_t *trace);

/* One of them in words: "field "value" has to be >= 50000 and is 20000". */
void need_words(const json_t *need, struct buf *out);

#endif
