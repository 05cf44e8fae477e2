/*
 * test_cover: which rules and modifiers of a policy its tests saw at work, and
 * each condition both ways. Read off the traces that tests have anyway.
 */
#ifndef CLI_TEST_COVER_H
#define CLI_TEST_COVER_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

struct coverage;
struct suite;

struct coverage *coverage_new(void);
void coverage_free(struct coverage *c); /* NULL is fine */

/* Add a suite that ran: the parts of its policy, and what its tests saw. */
int coverage_add(struct coverage *c, struct suite *s, struct err *e) MUST_CHECK;

/* What was seen of all there is to see, in whole percent, rounded down; 100
 * when there is nothing to see. */
unsigned coverage_percent(const struct coverage *c);

/* Append the report, a line for each thing not seen, in the policy's order. */
void coverage_put(const struct coverage *c, struct buf *out);
json_t *coverage_json(const struct coverage *c); /* caller json_decref()s */

/* Write it as lcov reads it: a rule is a function, a condition a branch. */
int coverage_write_lcov(const struct coverage *c, const char *path,
                        struct err *e) MUST_CHECK;

#endif
