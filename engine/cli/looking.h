/*
 * looking: a policy as `usher check`, `docs` and `stubs` look at it: loaded
 * once more in workers of its own, with the wrapped words (policy_load_seen)
 * and more patience than the engine has, because noting costs time.
 */
#ifndef CLI_LOOKING_H
#define CLI_LOOKING_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

struct config;
struct policy;
struct pool;

struct looking {
    struct pool *pool;
    struct policy *seen;
};

/* dir NULL: the words alone. With tests come the recordings beside them.
 * corpus: phrases can be measured. Starts the workers if *l (zeroed before the
 * first call) has none, and puts this in the place of what was loaded before;
 * after -1 nothing is, and another may be tried. */
int looking_load(struct looking *l, const struct config *config,
                 const char *dir, bool with_tests, bool corpus,
                 struct err *e) MUST_CHECK;

/* Call a function of the policy; an array of arguments or NULL. */
json_t *looking_ask(struct looking *l, const char *function,
                    const json_t *arguments, struct err *e) MUST_CHECK;
void looking_close(struct looking *l); /* zeroed is fine */

#endif
