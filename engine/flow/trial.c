#include "flow/trial.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/pack.h"
#include "flow/policy.h"
#include "script/pool.h"
#include "script/set.h"

struct trial {
    struct pool *pool;
    trial_done *done;
    void *arg;
    struct policy *p;
    struct trial_outcome outcome;
    struct err error;
    size_t left; /* calls in flight */
    bool gone;   /* nobody wants to know any more */
};

static void
end(struct trial *t, const char *text)
{
    t->outcome.text = text;
    t->done(t->arg, &t->outcome);
}

static void
on_loaded(void *arg, const struct script_result *r)
{
    struct trial *t = arg;

    t->left--;
    if (t->gone) {
        trial_free(t);
        return;
    }
    if (r->class == SCRIPT_OK) {
        policy_described(t->p, r->value);
        end(t, NULL);
        return;
    }
    err_set(&t->error, ERR_INPUT, "%s", r->text);
    end(t, t->error.text);
}

struct trial *
trial_start(struct pool *pool, const struct config *config, struct policy *p,
            const char *dir, trial_done *done, void *arg, struct err *e)
{
    struct trial *t = mem_zero(sizeof *t);
    struct buf args = {0};

    (void)config, (void)dir, (void)e;
    t->pool = pool;
    t->done = done;
    t->arg = arg;
    t->p = policy_hold(p);
    t->left++;
    pack_array(&args, 0);
    pool_call(pool, p->set, "describe", SCRIPT_LOAD, &args, on_loaded, t);
    buf_free(&args);
    return t;
}

void
trial_free(struct trial *t)
{
    if (t == NULL)
        return;
    t->gone = true;
    if (t->left > 0)
        return;
    policy_release(t->p);
    free(t);
}
