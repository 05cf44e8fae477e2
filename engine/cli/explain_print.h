/*
 * explain_print: a decision with its trace, for people: rule by rule and
 * condition by condition, what decided, what would have, what would have to
 * be different, and what the modifiers did.
 */
#ifndef CLI_EXPLAIN_PRINT_H
#define CLI_EXPLAIN_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct decision;

struct explained {
    const char *id;     /* what is explained */
    const char *moment; /* " (the end)", " (so far)" or "" */
    int64_t at;         /* message */
    const struct decision *decision;
    json_t *trace; /* with need_add and explain_modifiers; or NULL */
};

/* Everything, or with why_not that rule only. Returns an exit code: failed,
 * with the nearest name told, when there is no such rule. */
int explain_print(const struct explained *x, const char *why_not);

/* The decision as JSON with this trace, on a line. */
void explain_print_json(const struct explained *x);

#endif
