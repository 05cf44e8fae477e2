#include "cli/open.h"

#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "flow/trial.h"
#include "script/pool.h"

static int
fail(struct opened *o, const char *verb, const struct err *e, int code)
{
    fprintf(stderr, "usher %s: %s\n", verb, e->text);
    open_close(o);
    return code;
}

static struct pool *
live_pool(unsigned workers, struct err *e)
{
    return pool_new(&(struct pool_options){.workers = workers}, e);
}

/* Workers and the configuration. */
static int
open_config(struct opened *o, const char *verb, const char *config,
            const char *dir, struct pool *(*make)(unsigned, struct err *))
{
    struct err e = {0};

    memset(o, 0, sizeof *o);
    if (config == NULL && dir == NULL) {
        fprintf(stderr, "usher %s: say which rules: --policy DIR, or -c FILE\n",
                verb);
        return EXIT_USAGE;
    }
    o->pool = make(0, &e);
    if (o->pool == NULL)
        return fail(o, verb, &e, EXIT_FAILED);
    if (config != NULL) {
        o->config = config_load(o->pool, config, &e);
        if (o->config == NULL)
            return fail(o, verb, &e, EXIT_CONFIG);
    }
    return EXIT_DONE;
}

int
open_policy(struct opened *o, const char *verb, const char *config,
            const char *dir, bool with_tests, const json_t *recordings)
{
    struct err e = {0};
    int code = open_config(o, verb, config, dir, live_pool);

    if (code != EXIT_DONE)
        return code;
    if (dir == NULL)
        dir = o->config->policy_dir;
    o->policy = policy_load(o->config, dir, with_tests, recordings, &e);
    if (o->policy == NULL || policy_check(o->pool, o->policy, NULL, &e) != 0)
        return fail(o, verb, &e, EXIT_CONFIG);
    return EXIT_DONE;
}

int
open_policy_tests(struct opened *o, const char *verb, const char *config,
                  const char *dir)
{
    struct err e = {0};
    int code = open_config(o, verb, config, dir, trial_pool);

    if (code != EXIT_DONE)
        return code;
    o->policy = trial_load(o->config, dir, &e);
    if (o->policy == NULL || policy_check(o->pool, o->policy, NULL, &e) != 0)
        return fail(o, verb, &e, EXIT_CONFIG);
    return EXIT_DONE;
}

void
open_close(struct opened *o)
{
    policy_release(o->policy);
    config_free(o->config);
    pool_free(o->pool);
    memset(o, 0, sizeof *o);
}
