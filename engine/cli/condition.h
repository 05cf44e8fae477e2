/*
 * condition: a condition of a decision's trace as lines for people, with those
 * inside it.
 */
#ifndef CLI_CONDITION_H
#define CLI_CONDITION_H

#include <jansson.h>

#include "base/buf.h"

enum condition_style {
    CONDITION_PLAIN, /* for a report: what it was and what it wants */
    CONDITION_FULL   /* for a terminal: in colours, and how near it came */
};

/* Append "yes EXPR  is VALUE, wants OP THRESHOLD", indented by so many blanks,
 * two more for each level inside. */
void condition_put(const json_t *c, int indent, enum condition_style style,
                   struct buf *out);

/* A value of the trace: a string as it is, NULL as "nothing", others as JSON.
 */
void condition_put_value(const json_t *v, struct buf *out);

#endif
