/*
 * policy_diff: what a draft in shadow would have decided otherwise, told as a
 * back-test tells it.
 */
#ifndef CLI_POLICY_DIFF_H
#define CLI_POLICY_DIFF_H

#include "cli/args.h"

/* By the options socket, config, top, html and json; an exit code. */
int policy_diff(const struct option_spec *specs);

#endif
