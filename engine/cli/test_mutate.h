/*
 * test_mutate: whether a policy's tests would notice if it were wrong. Each
 * mutant is the policy with one small change (rules/test); the tests that see
 * none of it let it live.
 */
#ifndef CLI_TEST_MUTATE_H
#define CLI_TEST_MUTATE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct mutation;
struct suite;

/* seconds: mutants that are not begun by then are left out, and told. */
struct mutation *mutation_new(unsigned seconds);
void mutation_free(struct mutation *m); /* NULL is fine */

/* Try every mutant of a suite whose tests ran and passed. */
int mutation_add(struct mutation *m, struct suite *s, struct err *e) MUST_CHECK;

/* Of those tried, how many did not live, in whole percent, rounded down. */
unsigned mutation_percent(const struct mutation *m);

/* Append the report, a line for each that lives, in the policy's order. */
void mutation_put(const struct mutation *m, struct buf *out);
json_t *mutation_json(const struct mutation *m); /* caller json_decref()s */

#endif
