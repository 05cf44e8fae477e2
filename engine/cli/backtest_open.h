/*
 * backtest_open: what a back-test needs first: workers, the two policies and
 * where the conversations come from.
 */
#ifndef CLI_BACKTEST_OPEN_H
#define CLI_BACKTEST_OPEN_H

#include <stddef.h>
#include <stdint.h>

#include "cli/args.h"
#include "flow/backtest_walk.h"

struct past;

#define DIGEST_SIZE 13 /* of a short digest in hex */

struct backtest_opened {
    struct walk_ground ground;
    struct past *past; /* NULL: the operands are files */
    int64_t since_ms;
    size_t rules[SIDES];
    char digest[SIDES]
               [DIGEST_SIZE]; /* of the rules' texts, wherever they lie */
    struct config *config;    /* or NULL */
    struct policy *policies[SIDES];
};

/* By the options new, old, config, since, socket, store and workers. Prints
 * one line per error and returns its exit code; close it in any case. */
int backtest_open(struct backtest_opened *o, const struct args *args,
                  const struct option_spec *specs);
void backtest_close(struct backtest_opened *o);

#endif
