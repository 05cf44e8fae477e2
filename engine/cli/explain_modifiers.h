/*
 * explain_modifiers: what each modifier that applied did to the decision: the
 * same moment is decided again without it and those behind it.
 */
#ifndef CLI_EXPLAIN_MODIFIERS_H
#define CLI_EXPLAIN_MODIFIERS_H

#include <jansson.h>

#include "base/err.h"

struct policy;

/* Decide the moment in hand by these rules; NULL with the reason in e. */
typedef json_t *explain_decide_fn(void *arg, const struct policy *p,
                                  struct err *e);

/* Give each modifier of the trace that applied a member "changes": an array of
 * {member, was, is}. policy: by which it was decided. */
int explain_modifiers(json_t *trace, const struct policy *policy,
                      explain_decide_fn *decide, void *arg,
                      struct err *e) MUST_CHECK;

#endif
