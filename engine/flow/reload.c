#include "flow/reload.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/reload_inside.h"
#include "flow/reload_measure.h"
#include "flow/sweep.h"
#include "flow/trial.h"
#include "flow/versions.h"
#include "http/loop.h"
#include "script/pool.h"
#include "store/store.h"

/* A folder that changes while it is tried is read again, this often. */
#define ROUNDS_MAX 5
/* --- the ends of a round --- */

static void
free_pool(void *p)
{
    pool_free(p);
}

void
reload_round_free(struct round *w)
{
    trial_free(w->trial);
    measure_free(w->measure);
    loop_unwatch(w->watch);
    if (w->scratch != NULL) /* perhaps inside one of its callbacks */
        loop_at_end(w->reload->engine->loop, free_pool, w->scratch);
    policy_release(w->next);
    buf_free(&w->kept);
    buf_free(&w->hash);
    if (w->wish != NULL)
        wish_free(w->wish);
    free(w);
    malloc_trim(0); /* of several megabytes, where running needs few */
}

/* What /readyz tells is about the rules in force, not about drafts. */
static void
remember(struct reload *r, const struct reload_outcome *o)
{
    snprintf(r->last_text, sizeof r->last_text, "%s", o->text);
    snprintf(r->last_hash, sizeof r->last_hash, "%s", o->hash);
    r->last = *o;
    r->last.text = r->last_text;
    r->last.hash = r->last_hash;
}

static void
end(struct round *w, enum reload_word word, const char *text)
{
    struct reload *r = w->reload;
    struct wish *wish = w->wish, *next;
    char why[ERR_TEXT_MAX];
    struct reload_outcome o = {.word = word,
                               .hash = r->engine->policy->hash,
                               .text = why,
                               .tests = w->tests,
                               .at_ms = clock_now_ms()};

    snprintf(why, sizeof why, "%s", text);
    r->round = NULL;
    w->wish = NULL;
    reload_round_free(w);
    if (wish->aim != AIM_DRAFT && wish->aim != AIM_STOP)
        remember(r, &o);
    wish_tell(wish, &o);
    wish_free(wish);
    next = r->wishes;
    if (next == NULL || r->round != NULL || r->engine->draining)
        return;
    r->wishes = next->next;
    reload_begin(r, next);
}

static void
reject(struct round *w, const char *text)
{
    char kept[ERR_TEXT_MAX];

    snprintf(kept, sizeof kept, "%s", text);
    w->reload->engine->count.policy_reload_rejected++;
    log_warn("policy.rejected", LOG_STR("by", w->wish->actor),
             LOG_STR("why", kept),
             LOG_STR("in_force", w->reload->engine->policy->hash));
    end(w, RELOAD_REJECTED, kept);
}

static void
switch_to(struct round *w)
{
    struct engine *en = w->reload->engine;
    const struct policy *draft = draft_policy(en->draft);

    if (w->wish->aim == AIM_BACK)
        versions_drop(en->versions, w->before);
    else
        versions_keep(en->versions, en->policy);
    if (draft != NULL && strcmp(draft->hash, w->next->hash) == 0)
        draft_gone(en->draft);
    policy_release(en->policy);
    en->policy = policy_hold(w->next);
    en->count.policy_reloads++;
    sweep_ask(en->sweep);
}

static void
on_kept(void *arg, const struct err *e)
{
    struct round *w = arg;

    if (e != NULL) {
        reject(w, e->text);
        return;
    }
    if (w->withdrawn) {
        reject(w, "these rules were withdrawn by an operator; change them, or "
                  "usher reload --force");
        return;
    }
    switch_to(w);
    log_info("policy.in_force", LOG_STR("by", w->wish->actor),
             LOG_STR("policy", w->next->hash),
             LOG_INT("tests", (int64_t)w->tests));
    end(w, RELOAD_IN_FORCE, "");
}

static void
on_draft_kept(void *arg, const struct err *e)
{
    struct round *w = arg;
    struct engine *en = w->reload->engine;

    if (e != NULL) {
        reject(w, e->text);
        return;
    }
    draft_set(en->draft, &w->way, w->next, w->at_ms);
    sweep_ask(en->sweep);
    log_info("policy.draft", LOG_STR("by", w->wish->actor),
             LOG_STR("policy", w->next->hash),
             LOG_STR("state", draft_state_name(w->way.state)),
             LOG_INT("tests", (int64_t)w->tests));
    end(w, RELOAD_DRAFT, "");
}

static void
on_stopped(void *arg, const struct err *e)
{
    struct round *w = arg;
    struct engine *en = w->reload->engine;

    if (e != NULL) {
        reject(w, e->text);
        return;
    }
    draft_stopped(en->draft, "an operator stopped it");
    versions_drop(en->versions, w->next->hash);
    log_info("policy.stopped", LOG_STR("by", w->wish->actor),
             LOG_STR("policy", w->next->hash));
    end(w, RELOAD_STOPPED, "");
}

/* The rules are good: to where they are wanted. */
static void
put(struct round *w)
{
    struct store *store = w->reload->engine->store;

    buf_clear(&w->kept);
    policy_keep(w->next, &w->kept);
    w->at_ms = clock_now_ms();
    snprintf(w->before, sizeof w->before, "%s",
             w->reload->engine->policy->hash);
    if (reload_goes_live(w))
        store_submit(store, reload_run_put_in_force, on_kept, w);
    else
        store_submit(store, reload_run_put_draft, on_draft_kept, w);
}

/* --- how much they change --- */

static void
on_measured(void *arg, const char *why)
{
    struct round *w = arg;

    if (why != NULL)
        reject(w, why);
    else
        put(w);
}

static int open_scratch(struct round *w, struct err *e);

/* Before they come into force; who forces them takes what comes. */
static void
measure(struct round *w)
{
    const struct engine *en = w->reload->engine;
    struct err e = {0};

    if (en->config->policy.recordings == NULL || w->wish->force ||
        w->wish->aim == AIM_BACK || !reload_goes_live(w)) {
        put(w);
        return;
    }
    if (open_scratch(w, &e) == 0)
        w->measure = measure_start(w->scratch, en->config, en->policy, w->next,
                                   on_measured, w, &e);
    if (w->measure == NULL)
        reject(w, e.text);
}

/* --- trying them --- */

static void read_folder(struct round *w);

/* What was tried must be what stands there: somebody may be at it still. */
static bool
still_there(struct round *w)
{
    const struct config *c = w->reload->engine->config;
    struct err e = {0};
    struct policy *now = policy_load(c, w->dir, false, NULL, &e);
    bool same = now != NULL && strcmp(now->hash, w->next->hash) == 0;

    policy_release(now);
    return same;
}

static void
passed(struct round *w)
{
    if (w->wish->aim == AIM_FOLDER) {
        snprintf(w->reload->tested, sizeof w->reload->tested, "%s", w->tested);
        w->reload->tests_passed = w->tests;
    }
    if (w->only_tests)
        end(w, RELOAD_UNCHANGED, "");
    else
        measure(w);
}

static void
on_tried(void *arg, const struct trial_outcome *o)
{
    struct round *w = arg;

    w->tests = o->passed;
    if (w->dir == NULL || still_there(w)) {
        if (o->text != NULL)
            reject(w, o->text);
        else
            passed(w);
        return;
    }
    if (w->number >= ROUNDS_MAX) {
        reject(w, "the folder kept changing while it was tried");
        return;
    }
    trial_free(w->trial);
    w->trial = NULL;
    read_folder(w);
}

static void
on_scratch(void *arg)
{
    pool_poll(arg);
}

static int
open_scratch(struct round *w, struct err *e)
{
    if (w->scratch != NULL)
        return 0;
    w->scratch = trial_pool(1, e);
    if (w->scratch == NULL)
        return -1;
    pool_limit(w->scratch, w->reload->engine->config->limits);
    w->watch = loop_watch(w->reload->engine->loop, pool_fd(w->scratch),
                          on_scratch, w->scratch);
    return 0;
}

static void
try_it(struct round *w)
{
    struct engine *en = w->reload->engine;
    struct err e = {0};

    if (open_scratch(w, &e) != 0) {
        reject(w, e.text);
        return;
    }
    w->trial =
        trial_start(w->scratch, en->config, w->next, w->dir, on_tried, w, &e);
    if (w->trial == NULL)
        reject(w, e.text);
}

/* --- what stands in the way of a draft --- */

static const char *
what_hinders(const struct round *w)
{
    const struct engine *en = w->reload->engine;
    const struct policy *draft = draft_policy(en->draft);

    if (strcmp(w->next->hash, en->policy->hash) == 0)
        return "these rules are in force";
    if (draft_state(en->draft) == DRAFT_CANARY &&
        strcmp(w->next->hash, draft->hash) != 0)
        return "another draft is a canary; usher policy promote or usher "
               "policy stop ends it";
    return NULL;
}

static bool
is_draft_already(const struct round *w)
{
    const struct engine *en = w->reload->engine;
    const struct policy *draft = draft_policy(en->draft);

    return w->wish->aim == AIM_FOLDER && !reload_goes_live(w) &&
           draft != NULL && draft_state(en->draft) != DRAFT_DISABLED &&
           strcmp(draft->hash, w->next->hash) == 0;
}

/* w->next is read; dir or not, it goes on from here. */
static void
consider(struct round *w)
{
    const struct engine *en = w->reload->engine;
    bool in_force = strcmp(w->next->hash, en->policy->hash) == 0;
    const char *hinders = NULL;

    w->only_tests = in_force && w->wish->aim == AIM_FOLDER;
    if (w->only_tests && strcmp(w->tested, w->reload->tested) == 0) {
        w->tests = w->reload->tests_passed;
        end(w, RELOAD_UNCHANGED, "");
        return;
    }
    if ((in_force && w->wish->aim == AIM_BACK) || is_draft_already(w)) {
        end(w, RELOAD_UNCHANGED, "");
        return;
    }
    if (!reload_goes_live(w) && !w->only_tests)
        hinders = what_hinders(w);
    if (hinders != NULL)
        reject(w, hinders);
    else
        try_it(w);
}

/* The hash of the rules with their tests. */
static int
read_tests(struct round *w, struct err *e)
{
    const struct config *c = w->reload->engine->config;
    struct policy *p = trial_load(c, w->dir, e);

    if (p == NULL)
        return -1;
    snprintf(w->tested, sizeof w->tested, "%s", p->hash);
    policy_release(p);
    return 0;
}

static void
read_folder(struct round *w)
{
    const struct config *c = w->reload->engine->config;
    struct err e = {0};

    w->number++;
    policy_release(w->next);
    w->next = policy_load(c, w->dir, false, NULL, &e);
    if (w->next == NULL || read_tests(w, &e) != 0)
        reject(w, e.text);
    else
        consider(w);
}

/* --- kept rules --- */

static void
on_found(void *arg, const struct err *e)
{
    struct round *w = arg;
    const struct config *c = w->reload->engine->config;
    struct err bad = {0};

    if (e != NULL) {
        reject(w, e->text);
    } else if (w->found == 0) {
        reject(w, w->wish->what[0] != '\0'
                      ? "no rules of that hash are kept; usher policy list"
                      : "no other rules were in force before these");
    } else if (w->found > 1) {
        reject(w, "several kept rules begin like that; give more of the hash");
    } else {
        w->next = policy_from_kept(
            c, c->policy_dir, (struct str){w->kept.data, w->kept.len}, &bad);
        if (w->next == NULL)
            reject(w, bad.text);
        else
            consider(w);
    }
}

static void
find_kept(struct round *w)
{
    store_submit(w->reload->engine->store, reload_run_find, on_found, w);
}

/* --- the draft --- */

/* The one there is, if anything can still become of it. */
static bool
take_draft(struct round *w)
{
    const struct draft *d = w->reload->engine->draft;
    enum draft_state state = draft_state(d);

    if (state == DRAFT_NONE || state == DRAFT_DISABLED) {
        reject(w, state == DRAFT_NONE
                      ? "there is no draft; usher policy shadow DIR makes one"
                      : "the draft is disabled; name its folder or its hash to "
                        "try it again");
        return false;
    }
    w->next = policy_hold(draft_policy(d));
    return true;
}

static void
begin_draft(struct round *w)
{
    const char *what = w->wish->what;

    w->way = w->wish->way;
    if (what[0] == '/') {
        w->dir = what;
        read_folder(w);
    } else if (what[0] != '\0') {
        find_kept(w);
    } else if (take_draft(w)) {
        put(w); /* tried when it was brought in */
    }
}

static void
begin_promote(struct round *w)
{
    if (take_draft(w))
        measure(w);
}

static void
begin_stop(struct round *w)
{
    const struct draft *d = w->reload->engine->draft;

    if (!take_draft(w))
        return;
    w->way = *draft_way(d);
    w->way.state = DRAFT_DISABLED;
    w->at_ms = clock_now_ms();
    snprintf(w->before, sizeof w->before, "%s",
             w->reload->engine->policy->hash);
    draft_counts(d, &w->kept);
    store_submit(w->reload->engine->store, reload_run_stop, on_stopped, w);
}

static void
begin_folder(struct round *w)
{
    const struct config *c = w->reload->engine->config;

    w->dir = c->policy_dir;
    if (w->wish->force)
        w->way.state = DRAFT_NONE;
    else if (c->policy.changes == CHANGES_DRAFT)
        w->way.state = DRAFT_WAITING;
    else if (c->policy.changes == CHANGES_SHADOW)
        w->way.state = DRAFT_SHADOW;
    read_folder(w);
}

void
reload_begin(struct reload *r, struct wish *wish)
{
    static void (*const begins[])(struct round * w) = {
        [AIM_FOLDER] = begin_folder, [AIM_BACK] = find_kept,
        [AIM_DRAFT] = begin_draft,   [AIM_PROMOTE] = begin_promote,
        [AIM_STOP] = begin_stop,
    };
    struct round *w = mem_zero(sizeof *w);

    w->reload = r;
    w->wish = wish;
    r->round = w;
    begins[wish->aim](w);
}
