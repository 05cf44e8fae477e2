#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/draft_inside.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/plan.h"
#include "flow/policy.h"
#include "store/sql_policy.h"
#include "store/store.h"

/* A decision that computes longer than this part of its wall limit is slow. */
#define SLOW_PART 4

/* Pinned, and begun before the canary: a time that is before any. */
#define BEFORE_ALL 1

static const char *const names[] = {
    [DRAFT_NONE] = "none",         [DRAFT_WAITING] = "draft",
    [DRAFT_SHADOW] = "shadow",     [DRAFT_CANARY] = "canary",
    [DRAFT_DISABLED] = "disabled",
};

const char *
draft_state_name(enum draft_state s)
{
    return names[s];
}

bool
draft_state_from_name(const char *s, size_t n, enum draft_state *out)
{
    for (int i = DRAFT_NONE; i <= DRAFT_DISABLED; i++) {
        if (!str_is((struct str){s, n}, names[i]))
            continue;
        *out = (enum draft_state)i;
        return true;
    }
    return false;
}

void
draft_share(const struct draft_way *way, char out[DRAFT_SHARE_MAX])
{
    snprintf(out, DRAFT_SHARE_MAX, "%g%%", (double)way->share / 100);
}

void
draft_counts(const struct draft *d, struct buf *out)
{
    buf_adds(out, "{\"canary\":");
    canary_json(&d->counts, out);
    json_put_member_int(out, "skipped", d->skipped);
    buf_addc(out, '}');
}

/* --- its row --- */

static const char *
given(const char *s)
{
    return s[0] != '\0' ? s : NULL;
}

static struct sql_draft
row_of(const struct draft_way *way, const char *hash, int64_t now_ms)
{
    return (struct sql_draft){.hash = hash,
                              .state = draft_state_name(way->state),
                              .since_ms = now_ms,
                              .share = way->share,
                              .source = given(way->source),
                              .tier = given(way->tier),
                              .expect = way->expect.more    ? "more"
                                        : way->expect.fewer ? "fewer"
                                                            : NULL};
}

int
draft_write(struct db *d, const char *tenant, const struct draft_way *way,
            const char *hash, int64_t now_ms, struct err *e)
{
    struct sql_draft row = row_of(way, hash, now_ms);

    if (sql_policy_disable(d, hash, 0, e) != 0)
        return -1;
    return sql_draft_put(d, tenant, &row, e);
}

int
draft_write_stop(struct db *d, const char *tenant, const char *hash,
                 const struct draft_way *way, const char *counts,
                 const char *why, int64_t now_ms, struct err *e)
{
    struct sql_draft row = row_of(way, hash, now_ms);

    row.state = draft_state_name(DRAFT_DISABLED);
    row.counts = counts;
    row.why = why;
    if (sql_policy_disable(d, hash, now_ms, e) != 0)
        return -1;
    return sql_draft_put(d, tenant, &row, e);
}

int
draft_erase(struct db *d, const char *tenant, struct err *e)
{
    return sql_draft_drop(d, tenant, e);
}

/* --- where it stands --- */

enum draft_state
draft_state(const struct draft *d)
{
    return d->way.state;
}

const struct draft_way *
draft_way(const struct draft *d)
{
    return &d->way;
}

const char *
draft_hash(const struct draft *d)
{
    return d->hash;
}

struct policy *
draft_policy(const struct draft *d)
{
    return d->policy;
}

void
draft_set(struct draft *d, const struct draft_way *way, struct policy *p,
          int64_t now_ms)
{
    struct err e = {0};

    shadow_close(d);
    policy_hold(p);
    policy_release(d->policy);
    d->policy = p;
    snprintf(d->hash, sizeof d->hash, "%s", p->hash);
    d->way = *way;
    d->since_ms = now_ms;
    d->why[0] = '\0';
    d->decided = d->skipped = 0;
    memset(&d->counts, 0, sizeof d->counts);
    if (way->state == DRAFT_SHADOW && shadow_open(d, &e) != 0)
        log_failure(LOG_ERROR, "shadow.closed", NULL, NULL, &e);
}

void
draft_gone(struct draft *d)
{
    shadow_close(d);
    policy_release(d->policy);
    d->policy = NULL;
    d->hash[0] = '\0';
    d->way = (struct draft_way){0};
}

void
draft_stopped(struct draft *d, const char *why)
{
    shadow_close(d);
    d->way.state = DRAFT_DISABLED;
    d->since_ms = clock_now_ms();
    snprintf(d->why, sizeof d->why, "%s", why);
}

bool
draft_idle(const struct draft *d)
{
    return d->out == 0;
}

/* --- the canary --- */

/* In the segment that is dealt at all. */
static bool
concerns(const struct draft_way *way, const struct conversation *c)
{
    if (way->source[0] != '\0' && strcmp(c->source, way->source) != 0)
        return false;
    return way->tier[0] == '\0' || (c->customer.tier != NULL &&
                                    strcmp(c->customer.tier, way->tier) == 0);
}

struct policy *
draft_decides(const struct draft *d, const struct job *j)
{
    if (d->way.state != DRAFT_CANARY || !concerns(&d->way, j->conv) ||
        !canary_takes(j->conv->tenant, j->conv->id, d->policy->hash,
                      d->way.share))
        return NULL;
    return d->policy;
}

/* Began since the canary did. Either side's conversations are asked alike, so
 * that a sender whose clock is wrong makes no difference between them. */
static bool
is_new(const struct draft *d, const struct conversation *c)
{
    return c->revision == 0 || c->started_at >= d->since_ms;
}

void
draft_begins(struct draft *d, struct job *j)
{
    struct conversation *c = j->conv;
    bool pin = j->engine->config->policy.pin;

    j->begins = false;
    if (j->change.reopened)
        c->policy_at = 0;
    if (c->policy_at != 0 || (d->way.state != DRAFT_CANARY && !pin))
        return;
    j->begins = is_new(d, c) || j->change.reopened;
    if (!j->begins && !pin)
        return;
    conversation_set(c, &c->policy_hash, j->policy->hash);
    c->policy_at = j->begins ? j->decided_at_ms : BEFORE_ALL;
    c->policy_slow = 0;
}

struct counting {
    char tenant[DRAFT_NAME_MAX], hash[65];
    struct buf counts;
};

static int
run_count(struct db *d, void *arg, struct err *e)
{
    const struct counting *c = arg;

    return sql_draft_count(d, c->tenant, c->hash, buf_str(&c->counts), e);
}

static void
on_counted(void *arg, const struct err *e)
{
    struct counting *c = arg;

    (void)e; /* counted again at the next look */
    buf_free(&c->counts);
    free(c);
}

/* What was counted so far outlives the process. */
static void
keep_counts(const struct draft *d)
{
    struct counting *c = mem_zero(sizeof *c);

    snprintf(c->tenant, sizeof c->tenant, "%s", d->engine->config->tenant);
    snprintf(c->hash, sizeof c->hash, "%s", d->policy->hash);
    draft_counts(d, &c->counts);
    store_submit(d->engine->store, run_count, on_counted, c);
}

static void
count(struct canary_side *s, const struct job *j, int64_t since_ms)
{
    const struct script_limits *limit =
        &j->engine->config->limits[SCRIPT_DECIDE];
    bool slow = j->cpu_us > limit->wall_ms * 1000 / SLOW_PART;

    s->decisions++;
    if (j->conv->policy_at < since_ms)
        return; /* it began before: nothing to compare it to */
    s->conversations += j->begins;
    s->handed_over += j->plan->opens_handoff;
    s->failed += j->plan->opens_handoff && j->decision.failed;
    s->slow += slow && j->conv->policy_slow == 0;
    j->conv->policy_slow |= slow;
}

void
draft_decided(struct draft *d, const struct job *j)
{
    struct canary_finding why;
    int64_t looks = d->counts.looks;
    bool mine = d->policy != NULL && j->policy == d->policy;

    if (d->way.state != DRAFT_CANARY || j->failed ||
        !concerns(&d->way, j->conv))
        return;
    j->engine->count.canary_decisions += mine;
    count(&d->counts.side[mine ? CANARY_NEW : CANARY_LIVE], j, d->since_ms);
    if (!mine)
        return;
    if (canary_trips(&d->counts, &d->way.expect, &why))
        draft_take_back(d, &why);
    else if (d->counts.looks != looks)
        keep_counts(d);
}

/* --- telling --- */

void
draft_json(const struct draft *d, struct buf *out)
{
    const struct draft_way *way = &d->way;
    char share[DRAFT_SHARE_MAX];

    if (way->state == DRAFT_NONE) {
        buf_adds(out, "null");
        return;
    }
    buf_addc(out, '{');
    json_put_member(out, "hash", d->hash);
    if (d->policy != NULL)
        json_put_member(out, "dir", given(d->policy->dir));
    json_put_member(out, "state", draft_state_name(way->state));
    json_put_member_time(out, "since", d->since_ms);
    json_put_member(out, "source", given(way->source));
    json_put_member(out, "tier", given(way->tier));
    json_put_member(out, "why", given(d->why));
    if (way->share > 0) {
        draft_share(way, share);
        json_put_member(out, "share", share);
        json_put_key(out, "counts");
        canary_json(&d->counts, out);
    }
    if (way->state == DRAFT_SHADOW) {
        json_put_member_int(out, "decisions", d->decided);
        json_put_member_int(out, "skipped", d->skipped);
        json_put_member_int(out, "under_way", (int64_t)d->out);
    }
    buf_addc(out, '}');
}

/* --- from the store --- */

struct reading {
    const char *tenant;
    struct draft *draft;
    char hash[65];
    struct buf kept, counts;
    bool found;
};

static void
take_row(void *arg, const struct sql_draft *row)
{
    struct reading *r = arg;
    struct draft_way *way = &r->draft->way;
    const char *expect = row->expect != NULL ? row->expect : "";

    *way = (struct draft_way){.share = row->share,
                              .expect.more = strcmp(expect, "more") == 0,
                              .expect.fewer = strcmp(expect, "fewer") == 0};
    if (!draft_state_from_name(row->state, strlen(row->state), &way->state))
        way->state = DRAFT_DISABLED;
    snprintf(way->source, sizeof way->source, "%s",
             row->source != NULL ? row->source : "");
    snprintf(way->tier, sizeof way->tier, "%s",
             row->tier != NULL ? row->tier : "");
    snprintf(r->hash, sizeof r->hash, "%s", row->hash);
    snprintf(r->draft->why, sizeof r->draft->why, "%s",
             row->why != NULL ? row->why : "");
    r->draft->since_ms = row->since_ms;
    buf_clear(&r->counts);
    buf_adds(&r->counts, row->counts != NULL ? row->counts : "{}");
}

static int
run_read(struct db *d, void *arg, struct err *e)
{
    struct reading *r = arg;

    r->hash[0] = '\0';
    buf_clear(&r->kept);
    if (sql_draft_get(d, r->tenant, take_row, r, e) != 0)
        return -1;
    if (r->hash[0] == '\0')
        return 0;
    return sql_policy_load(d, r->hash, &r->kept, &r->found, e);
}

static void
take_counts(struct draft *d, const struct buf *text)
{
    json_t *counts = json_read(buf_str(text), text->len, NULL);
    struct buf canary = {0};

    if (json_object_get(counts, "canary") != NULL)
        json_write(&canary, json_object_get(counts, "canary"));
    canary_from_json(&d->counts, buf_str(&canary));
    d->skipped = json_integer_value(json_object_get(counts, "skipped"));
    buf_free(&canary);
    json_decref(counts);
}

/* The rules as this version and this configuration load them. */
static int
load(struct draft *d, const struct reading *r, struct err *e)
{
    struct engine *en = d->engine;

    if (!r->found)
        return err_set(e, ERR_INPUT, "its rules are not kept any more");
    d->policy = policy_from_kept(en->config, "",
                                 (struct str){r->kept.data, r->kept.len}, e);
    if (d->policy == NULL || policy_check(en->pool, d->policy, NULL, e) != 0)
        return -1;
    if (strcmp(d->policy->hash, r->hash) != 0)
        return err_set(e, ERR_INPUT,
                       "with this version or configuration its rules are no "
                       "longer the ones that were tried: bring it in again");
    if (d->way.state == DRAFT_SHADOW)
        return shadow_open(d, e);
    return 0;
}

/* What cannot go on as it was does not go on; it is there to be looked at. */
static void
take_up(struct draft *d, const struct reading *r)
{
    struct err e = {0};

    snprintf(d->hash, sizeof d->hash, "%s", r->hash);
    take_counts(d, &r->counts);
    if (load(d, r, &e) == 0)
        return;
    log_failure(LOG_WARN, "policy.draft_disabled", "policy", r->hash, &e);
    policy_release(d->policy);
    d->policy = NULL;
    if (d->way.state != DRAFT_DISABLED)
        snprintf(d->why, sizeof d->why, "%s", e.text);
    d->way.state = DRAFT_DISABLED;
}

struct draft *
draft_new(struct engine *en, struct err *e)
{
    struct draft *d = mem_zero(sizeof *d);
    struct reading r = {.tenant = en->config->tenant, .draft = d};
    int rc;

    d->engine = en;
    rc = store_wait(en->store, run_read, &r, e);
    if (rc == 0 && r.hash[0] != '\0')
        take_up(d, &r);
    buf_free(&r.kept);
    buf_free(&r.counts);
    if (rc == 0)
        return d;
    draft_free(d);
    return NULL;
}

void
draft_stop(struct draft *d)
{
    if (d == NULL)
        return;
    d->stopped = true;
    shadow_close(d);
}

void
draft_free(struct draft *d)
{
    if (d == NULL)
        return;
    draft_stop(d);
    policy_release(d->policy);
    free(d);
}
