/*
 * open: what most verbs need first: workers, a configuration (optional) and a
 * policy that loads.
 */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include <jansson.h>
#include <stdbool.h>

struct config;
struct policy;
struct pool;

struct opened {
    struct pool *pool;
    struct config *config; /* NULL: none given */
    struct policy *policy;
};

/* Start the workers, read the configuration (NULL: none) and the policy (dir
 * NULL: the configuration's), load it. Prints one line per error and returns
 * its exit code; nothing stays open then. */
int open_policy(struct opened *o, const char *verb, const char *config,
                const char *dir, bool with_tests, const json_t *recordings);

/* The same with the rules' tests and the recordings beside them. */
int open_policy_tests(struct opened *o, const char *verb, const char *config,
                      const char *dir);
void open_close(struct opened *o);

#endif
