#include "cli/looking.h"

#include <string.h>

#include "flow/policy.h"
#include "flow/recordings.h"
#include "script/pool.h"

#define PATIENCE 10 /* times what the engine allows a load or a test */

static struct pool *
patient_pool(struct err *e)
{
    struct script_limits limits[SCRIPT_KINDS];
    struct pool *p;

    memcpy(limits, script_limits_default, sizeof limits);
    limits[SCRIPT_LOAD].instructions *= PATIENCE;
    limits[SCRIPT_LOAD].wall_ms *= PATIENCE;
    limits[SCRIPT_TEST].instructions *= PATIENCE;
    limits[SCRIPT_TEST].wall_ms *= PATIENCE;
    p = pool_new(&(struct pool_options){.workers = 1}, e);
    if (p != NULL)
        pool_limit(p, limits);
    return p;
}

static void
forget(struct looking *l)
{
    policy_release(l->seen);
    l->seen = NULL;
}

int
looking_load(struct looking *l, const struct config *config, const char *dir,
             bool with_tests, bool corpus, struct err *e)
{
    json_t *beside = NULL;

    forget(l);
    if (with_tests && (beside = recordings_of_folder(dir, e)) == NULL)
        return -1;
    if (l->pool == NULL)
        l->pool = patient_pool(e);
    if (l->pool != NULL)
        l->seen = policy_load_seen(config, dir, with_tests, beside, corpus, e);
    json_decref(beside);
    if (l->seen != NULL && policy_check(l->pool, l->seen, NULL, e) == 0)
        return 0;
    forget(l);
    return -1;
}

json_t *
looking_ask(struct looking *l, const char *function, const json_t *arguments,
            struct err *e)
{
    json_t *none = json_array();
    json_t *answer = policy_ask(l->pool, l->seen, function,
                                arguments != NULL ? arguments : none, e);

    json_decref(none);
    return answer;
}

void
looking_close(struct looking *l)
{
    forget(l);
    pool_free(l->pool);
    l->pool = NULL;
}
