#include <stdio.h>
#include <string.h>

#include "flow/config.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/reload_inside.h"
#include "store/sql_audit.h"
#include "store/sql_policy.h"

bool
reload_goes_live(const struct round *w)
{
    return w->way.state == DRAFT_NONE;
}

static const char *
verb_of(const struct round *w)
{
    static const char *const verbs[] = {
        [DRAFT_NONE] = "policy.reload",   [DRAFT_WAITING] = "policy.draft",
        [DRAFT_SHADOW] = "policy.shadow", [DRAFT_CANARY] = "policy.canary",
        [DRAFT_DISABLED] = "policy.stop",
    };

    if (w->wish->aim == AIM_BACK)
        return "policy.back";
    return w->wish->aim == AIM_PROMOTE ? "policy.promote" : verbs[w->way.state];
}

/* What the operator left out of account, or how many it is for. */
static const char *
detail_of(const struct round *w, char *text, size_t n)
{
    const struct draft_way *way = &w->way;

    if (w->wish->force)
        return "forced";
    if (way->state != DRAFT_CANARY)
        return NULL;
    snprintf(text, n, "share %g%%%s%s%s%s", (double)way->share / 100,
             way->source[0] != '\0' ? " of source " : "", way->source,
             way->tier[0] != '\0' ? " of tier " : "", way->tier);
    return text;
}

static int
audit(struct db *d, const struct round *w, struct err *e)
{
    char detail[256];
    struct sql_audit row = {.tenant = w->reload->engine->config->tenant,
                            .at_ms = w->at_ms,
                            .actor = w->wish->actor,
                            .verb = verb_of(w),
                            .object = "policy",
                            .before_sha = w->before,
                            .after_sha = w->next->hash,
                            .detail = detail_of(w, detail, sizeof detail)};

    return sql_audit_add(d, &row, e);
}

/* What was in force does not come back by itself: it was found wanting, or is
 * what the folder still holds. */
static int
put_aside(struct db *d, const struct round *w, struct err *e)
{
    if (w->wish->aim != AIM_BACK && w->wish->aim != AIM_PROMOTE)
        return 0;
    if (w->wish->aim == AIM_BACK &&
        sql_policy_disable(d, w->before, w->at_ms, e) != 0)
        return -1;
    return sql_policy_withdraw(d, w->before, w->at_ms, e);
}

int
reload_run_put_in_force(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;
    const struct engine *en = w->reload->engine;
    const struct policy *draft = draft_policy(en->draft);
    const char *hash = w->next->hash;

    w->withdrawn = false;
    if (w->wish->aim == AIM_FOLDER && !w->wish->force) {
        if (sql_policy_withdrawn(d, hash, &w->withdrawn, e) != 0)
            return -1;
        if (w->withdrawn)
            return 0;
    }
    if (put_aside(d, w, e) != 0 ||
        sql_policy_keep(d, hash, (struct str){w->kept.data, w->kept.len},
                        w->at_ms, e) != 0 ||
        sql_policy_in_force(d, hash, w->at_ms, e) != 0)
        return -1;
    if (draft != NULL && strcmp(draft->hash, hash) == 0 &&
        draft_erase(d, en->config->tenant, e) != 0)
        return -1;
    return audit(d, w, e);
}

int
reload_run_put_draft(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;
    const char *tenant = w->reload->engine->config->tenant;

    if (sql_policy_keep(d, w->next->hash,
                        (struct str){w->kept.data, w->kept.len}, w->at_ms,
                        e) != 0 ||
        draft_write(d, tenant, &w->way, w->next->hash, w->at_ms, e) != 0)
        return -1;
    return audit(d, w, e);
}

int
reload_run_stop(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;
    const char *tenant = w->reload->engine->config->tenant;

    if (draft_write_stop(d, tenant, w->next->hash, &w->way, buf_str(&w->kept),
                         "an operator stopped it", w->at_ms, e) != 0)
        return -1;
    return audit(d, w, e);
}

int
reload_run_find(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;

    buf_clear(&w->kept);
    buf_clear(&w->hash);
    return sql_policy_find(d, w->wish->what, w->reload->engine->policy->hash,
                           &w->hash, &w->kept, &w->found, e);
}
