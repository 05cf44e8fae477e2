/*
 * args: options of a verb: --name value, --name=value, -c value, flags. What
 * is left over are the operands, in order.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct option_spec {
    const char *name; /* "config", without dashes; NULL ends the list */
    char letter;      /* 'c', or 0 */
    bool takes_value;
    const char *value; /* result; for a flag "" when given, else NULL */
};

#define ARGS_OPERANDS_MAX 1024

struct args {
    const char *operands[ARGS_OPERANDS_MAX];
    size_t count;
};

/* Parse argv[1..]. On an unknown option or a missing value prints one line
 * with the nearest known name to stderr and returns -1 (the verb then returns
 * EXIT_USAGE). "--" ends the options; "-" is an operand. */
int args_parse(int argc, char **argv, struct option_spec *specs,
               struct args *out) __attribute__((warn_unused_result));

/* The value of an option, or NULL. */
const char *args_value(const struct option_spec *specs, const char *name);
bool args_given(const struct option_spec *specs, const char *name);

#endif
