/*
 * testing: `usher test` in its parts: the folders whose tests run (test.c),
 * and the ways to tell what came of it (test_*.c).
 */
#ifndef CLI_TESTING_H
#define CLI_TESTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/open.h"
#include "flow/trial.h"

struct coverage;
struct mutation;

/* What the command line asks for. */
struct test_wishes {
    const char *config; /* or NULL */
    const char *filter; /* or NULL */
    bool coverage, mutate;
    unsigned seconds; /* that mutants may take */
    const char *lcov; /* file to write, or NULL */
    unsigned min;     /* percent; 0: whatever there is */
};

/* A folder of rules and what came of its tests. */
struct suite {
    const struct test_wishes *wishes;
    char dir[4096], file[4096]; /* file: a test file of it, or "" */
    struct opened opened;
    struct trial *trial;
    const struct trial_outcome *outcome; /* NULL: the tests did not run */
    size_t left;
};

/* The decision that a case was judged by, or NULL. */
const json_t *suite_decision(const struct trial_case *c);

/* What there is to tell; NULL: nobody asked for it. */
struct telling {
    const struct suite *suites;
    size_t count;
    const struct coverage *coverage;
    const struct mutation *mutation;
};

/* --- telling, to standard output, all the suites in one --- */
typedef void test_teller(const struct telling *t);
test_teller test_tell_pretty, test_tell_tap, test_tell_junit, test_tell_json;

/* Append why a case failed, lines with \n: what differs, the rules that
 * matter, condition by condition. */
void test_put_why(const struct trial_case *c, struct buf *out);

/* Append the command that runs a case alone, quoted for the shell. */
void test_put_command(const struct suite *s, const struct trial_case *c,
                      struct buf *out);

#endif
