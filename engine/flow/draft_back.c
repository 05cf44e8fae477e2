#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/announce.h"
#include "flow/config.h"
#include "flow/draft_inside.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/rows.h"
#include "store/sql_audit.h"
#include "store/store.h"

/* A canary that was taken back, for the store. */
struct taking_back {
    struct draft *draft;
    struct draft_way way;
    int64_t now_ms;
    char hash[65], in_force[65], why[ERR_TEXT_MAX];
    struct buf counts;
    struct arena *arena;
    struct row_delivery *announced;
};

/* --- the team is told --- */

/* As git does: enough to find it, and to be read out. */
#define HASH_SHOWN 12

static json_t *
details_of(const struct taking_back *t)
{
    char share[DRAFT_SHARE_MAX], at[CLOCK_TEXT_MAX];
    struct buf counts = {0};
    json_t *details;

    draft_share(&t->way, share);
    clock_format(t->now_ms, at);
    canary_json(&t->draft->counts, &counts);
    details =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "policy", t->hash,
                  "in_force", t->in_force, "why", t->why, "share", share, "at",
                  at, "counts", json_read(buf_str(&counts), counts.len, NULL));
    buf_free(&counts);
    return details;
}

static json_t *
notice_of(const struct taking_back *t)
{
    struct buf brief = {0};
    json_t *notice;

    buf_addf(&brief,
             "The canary %.*s was taken back by its guard: %s. All "
             "conversations are decided by the rules in force, %.*s.",
             HASH_SHOWN, t->hash, t->why, HASH_SHOWN, t->in_force);
    notice = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "subject",
                       "Changed rules were taken back", "reason",
                       "policy_rolled_back", "priority", "high", "next_step",
                       "Compare them (usher backtest), correct them, try them "
                       "again (usher policy canary).",
                       "brief", buf_str(&brief), "details", details_of(t));
    buf_free(&brief);
    return notice;
}

/* The same rules may be tried, and taken back, again. */
static void
announce(struct taking_back *t)
{
    json_t *notice = notice_of(t);
    struct announcement what = {
        .type = "usher.policy.rolled_back",
        .key = arena_printf(t->arena, "%s/%lld", t->hash, (long long)t->now_ms),
        .notice = notice};

    t->announced = announce_rows(t->draft->engine, t->arena, &what, t->now_ms);
    json_decref(notice);
}

/* --- it is taken back --- */

static int
run_take_back(struct db *d, void *arg, struct err *e)
{
    struct taking_back *t = arg;
    const char *tenant = t->draft->engine->config->tenant;
    struct sql_audit row = {.tenant = tenant,
                            .at_ms = t->now_ms,
                            .actor = "guard",
                            .verb = "policy.rollback",
                            .object = "policy",
                            .before_sha = t->hash,
                            .after_sha = t->in_force,
                            .detail = t->why};

    if (draft_write_stop(d, tenant, t->hash, &t->way, buf_str(&t->counts),
                         t->why, t->now_ms, e) != 0 ||
        announce_write(d, tenant, t->announced, e) != 0)
        return -1;
    return sql_audit_add(d, &row, e);
}

static void
on_taken_back(void *arg, const struct err *e)
{
    struct taking_back *t = arg;

    if (e != NULL)
        log_failure(LOG_ERROR, "policy.rollback_unkept", NULL, NULL, e);
    else
        announce_send(t->draft->engine->deliver, t->announced);
    buf_free(&t->counts);
    arena_free(t->arena);
    free(t);
}

void
draft_take_back(struct draft *d, const struct canary_finding *f)
{
    struct engine *en = d->engine;
    struct taking_back *t = mem_zero(sizeof *t);
    struct buf why = {0};

    canary_tell(f, &why);
    t->draft = d;
    t->way = d->way;
    t->now_ms = clock_now_ms();
    t->arena = arena_new(1024);
    draft_counts(d, &t->counts);
    snprintf(t->hash, sizeof t->hash, "%s", d->policy->hash);
    snprintf(t->in_force, sizeof t->in_force, "%s", en->policy->hash);
    snprintf(t->why, sizeof t->why, "%s", buf_str(&why));
    buf_free(&why);
    announce(t);
    en->count.canary_rollbacks++;
    log_warn("policy.rollback", LOG_STR("canary", t->hash),
             LOG_STR("in_force", t->in_force), LOG_STR("why", t->why));
    draft_stopped(d, t->why);
    store_submit(en->store, run_take_back, on_taken_back, t);
}
