/*
 * corpus: what recordings show about a policy that its text does not: how many
 * conversations say a phrase, and how many hand-overs are urgent.
 */
#ifndef CLI_CORPUS_H
#define CLI_CORPUS_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

struct config;
struct looking;
struct policy;
struct pool;

/* Walk every conversation of the files with the policy, and look for the
 * phrases of `looking` (opened with corpus) in it. Gives an object:
 * conversations, handoffs, urgent, urgent_by and decided_by (rule -> count),
 * hits (number of the phrase -> conversations); caller json_decref()s.
 * ERR_INPUT names a file that cannot be read; single conversations that cannot
 * are left out. */
json_t *corpus_measure(struct pool *pool, const struct policy *policy,
                       const struct looking *looking,
                       const struct config *config, const char *const *files,
                       size_t count, struct err *e) MUST_CHECK;

#endif
