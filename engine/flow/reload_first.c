#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/reload.h"
#include "store/sql_policy.h"
#include "store/store.h"

struct first {
    const char *hash; /* of the folder's, or NULL: they do not load */
    bool withdrawn;
    bool only_promoted; /* changed rules wait until they are promoted */
    struct buf last_hash, kept;
    int found;
};

static int
run_look(struct db *d, void *arg, struct err *e)
{
    struct first *f = arg;

    buf_clear(&f->last_hash);
    buf_clear(&f->kept);
    if (f->hash != NULL &&
        sql_policy_withdrawn(d, f->hash, &f->withdrawn, e) != 0)
        return -1;
    if (f->hash != NULL && !f->withdrawn && !f->only_promoted)
        return 0; /* the folder's are good */
    return sql_policy_find(d, "", f->withdrawn ? f->hash : "", &f->last_hash,
                           &f->kept, &f->found, e);
}

struct opening {
    const struct policy *policy;
    struct buf kept;
};

static int
run_first(struct db *d, void *arg, struct err *e)
{
    const struct opening *o = arg;
    const char *hash = o->policy->hash;
    int64_t now = clock_now_ms();

    if (sql_policy_keep(d, hash, (struct str){o->kept.data, o->kept.len}, now,
                        e) != 0)
        return -1;
    return sql_policy_in_force(d, hash, now, e);
}

/* The text is made on this thread: the store's memory is to stay small. */
static int
put_in_force(struct engine *en, struct err *e)
{
    struct opening o = {.policy = en->policy};
    int rc;

    policy_keep(en->policy, &o.kept);
    rc = store_wait(en->store, run_first, &o, e);
    buf_free(&o.kept);
    return rc;
}

static struct policy *
load_checked(struct engine *en, struct err *e)
{
    const struct config *c = en->config;
    struct policy *p = policy_load(c, c->policy_dir, false, NULL, e);

    if (p != NULL && policy_check(en->pool, p, NULL, e) != 0) {
        policy_release(p);
        p = NULL;
    }
    return p;
}

static struct policy *
load_kept(struct engine *en, struct first *f, struct err *e)
{
    const struct config *c = en->config;
    struct policy *p;

    if (f->found != 1)
        return NULL;
    p = policy_from_kept(c, c->policy_dir,
                         (struct str){f->kept.data, f->kept.len}, e);
    if (p != NULL && policy_check(en->pool, p, NULL, e) != 0) {
        policy_release(p);
        p = NULL;
    }
    return p;
}

static const char *
why_kept(const struct first *f, const struct err *bad)
{
    if (f->withdrawn)
        return "the folder's rules were withdrawn";
    return f->hash == NULL ? bad->text
                           : "the folder's rules wait to be promoted";
}

int
reload_first(struct engine *en, struct err *e)
{
    struct err why = {0}, other = {0};
    struct policy *p = load_checked(en, &why), *kept = NULL;
    struct first f = {.hash = p != NULL ? p->hash : NULL,
                      .only_promoted =
                          en->config->policy.changes != CHANGES_LIVE};
    int rc = 0;

    if (store_wait(en->store, run_look, &f, e) != 0)
        rc = -1;
    else if (f.found > 0)
        kept = load_kept(en, &f, &other);
    if (kept != NULL && p != NULL && strcmp(kept->hash, p->hash) == 0) {
        policy_release(kept); /* the folder holds what was in force */
        kept = NULL;
    }
    if (kept != NULL) {
        log_warn("policy.kept_one", LOG_STR("policy", kept->hash),
                 LOG_STR("why", why_kept(&f, &why)));
        policy_release(p);
        p = kept;
    }
    buf_free(&f.last_hash);
    buf_free(&f.kept);
    en->policy = p;
    if (rc == 0 && p == NULL) {
        *e = why;
        rc = -1;
    }
    return rc == 0 ? put_in_force(en, e) : rc;
}
