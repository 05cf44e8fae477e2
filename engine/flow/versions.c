#include "flow/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/pack.h"
#include "flow/config.h"
#include "flow/draft.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/policy.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/sql_policy.h"
#include "store/store.h"

/* Versions in memory, beside those that decide; what is over leaves when no
 * job asks it. */
#define VERSIONS_MAX 16

struct waiting {
    struct job *job;
    void (*ready)(struct job *j);
    struct waiting *next;
};

struct version {
    struct versions *all;
    char hash[65];
    struct policy *policy; /* held; NULL: being read, or gone */
    bool reading, gone;
    struct waiting *waiting;
    struct buf kept, now; /* its files; as they are with this version */
    bool found;
};

struct versions {
    struct engine *engine;
    struct map *by_hash;
    bool stopped;
};

struct versions *
versions_new(struct engine *en)
{
    struct versions *v = mem_zero(sizeof *v);

    v->engine = en;
    v->by_hash = map_new();
    return v;
}

static void
version_free(struct version *x)
{
    policy_release(x->policy);
    buf_free(&x->kept);
    buf_free(&x->now);
    free(x);
}

static void
make_room(struct versions *v)
{
    size_t at = 0;
    const char *name;
    struct version *x;

    if (map_count(v->by_hash) < VERSIONS_MAX)
        return;
    while ((x = map_next(v->by_hash, &at, &name)) != NULL) {
        if (x->reading || (x->policy != NULL && x->policy->holders > 1))
            continue;
        map_remove(v->by_hash, name);
        version_free(x);
    }
}

static struct version *
add(struct versions *v, const char *hash)
{
    struct version *x;

    make_room(v);
    x = mem_zero(sizeof *x);
    x->all = v;
    snprintf(x->hash, sizeof x->hash, "%s", hash);
    map_put(v->by_hash, x->hash, x);
    return x;
}

void
versions_keep(struct versions *v, struct policy *p)
{
    struct version *x;

    if (!v->engine->config->policy.pin)
        return;
    x = map_get(v->by_hash, p->hash);
    if (x == NULL)
        x = add(v, p->hash);
    if (x->reading || x->policy != NULL)
        return;
    x->gone = false;
    x->policy = policy_hold(p);
}

void
versions_drop(struct versions *v, const char *hash)
{
    struct version *x = map_get(v->by_hash, hash);

    if (x == NULL || x->reading)
        return;
    policy_release(x->policy);
    x->policy = NULL;
    x->gone = true;
}

/* --- reading one --- */

static void
settled(struct version *x, bool good)
{
    struct waiting *w = x->waiting;

    x->reading = false;
    x->waiting = NULL;
    x->gone = !good;
    if (!good) {
        policy_release(x->policy);
        x->policy = NULL;
    }
    while (w != NULL) {
        struct waiting *next = w->next;

        if (!x->all->stopped)
            w->ready(w->job);
        free(w);
        w = next;
    }
}

static void
not_there(struct version *x, const char *why)
{
    log_warn("policy.unpinned", LOG_STR("policy", x->hash),
             LOG_STR("why", why));
    settled(x, false);
}

/* Under its own hash: what is decided by it is replayed with that. */
static int
run_keep(struct db *d, void *arg, struct err *e)
{
    const struct version *x = arg;

    return sql_policy_keep(d, x->policy->hash,
                           (struct str){x->now.data, x->now.len},
                           clock_now_ms(), e);
}

static void
on_kept(void *arg, const struct err *e)
{
    struct version *x = arg;

    if (e != NULL)
        not_there(x, e->text);
    else
        settled(x, true);
}

static void
on_described(void *arg, const struct script_result *r)
{
    struct version *x = arg;

    if (r->class != SCRIPT_OK) {
        not_there(x, r->text);
        return;
    }
    policy_described(x->policy, r->value);
    policy_keep(x->policy, &x->now);
    store_submit(x->all->engine->store, run_keep, on_kept, x);
}

static void
describe(struct version *x)
{
    struct buf none = {0};

    pack_array(&none, 0);
    pool_call(x->all->engine->pool, x->policy->set, "describe", SCRIPT_LOAD,
              &none, on_described, x);
    buf_free(&none);
}

static int
run_read(struct db *d, void *arg, struct err *e)
{
    struct version *x = arg;

    buf_clear(&x->kept);
    return sql_policy_load_enabled(d, x->hash, &x->kept, &x->found, e);
}

static void
on_read(void *arg, const struct err *e)
{
    struct version *x = arg;
    struct err bad = {0};

    if (e != NULL || !x->found) {
        not_there(x, e != NULL ? e->text
                               : "these rules are not kept any more, or were "
                                 "taken back");
        return;
    }
    x->policy = policy_from_kept(x->all->engine->config, "",
                                 (struct str){x->kept.data, x->kept.len}, &bad);
    if (x->policy == NULL)
        not_there(x, bad.text);
    else
        describe(x);
}

static void
wait_for(struct version *x, struct job *j, void (*ready)(struct job *j))
{
    struct waiting *w = mem_zero(sizeof *w);

    w->job = j;
    w->ready = ready;
    w->next = x->waiting;
    x->waiting = w;
}

/* --- choosing --- */

/* That it began under, if it is pinned and has begun. */
static const char *
pinned_to(const struct job *j)
{
    const struct conversation *c = j->conv;

    if (!j->engine->config->policy.pin || c->policy_at == 0 ||
        j->change.reopened)
        return NULL;
    return c->policy_hash;
}

struct policy *
versions_for(struct versions *v, struct job *j, void (*ready)(struct job *j))
{
    struct engine *en = v->engine;
    const char *hash = pinned_to(j);
    struct policy *canary = draft_decides(en->draft, j);
    struct version *x;

    if (hash != NULL && strcmp(hash, en->policy->hash) == 0)
        return en->policy;
    if (canary != NULL && (hash == NULL || strcmp(hash, canary->hash) == 0))
        return canary;
    if (hash == NULL)
        return en->policy;
    x = map_get(v->by_hash, hash);
    if (x == NULL) {
        x = add(v, hash);
        x->reading = true;
        store_submit(en->store, run_read, on_read, x);
    }
    if (x->reading) {
        wait_for(x, j, ready);
        return NULL;
    }
    return x->gone ? en->policy : x->policy;
}

void
versions_stop(struct versions *v)
{
    if (v != NULL)
        v->stopped = true;
}

void
versions_free(struct versions *v)
{
    size_t at = 0;
    const char *name;
    struct version *x;

    if (v == NULL)
        return;
    while ((x = map_next(v->by_hash, &at, &name)) != NULL) {
        while (x->waiting != NULL) {
            struct waiting *next = x->waiting->next;

            free(x->waiting);
            x->waiting = next;
        }
        version_free(x);
    }
    map_free(v->by_hash);
    free(v);
}
