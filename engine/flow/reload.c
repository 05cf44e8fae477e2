#include "flow/reload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/folder_watch.h"
#include "flow/policy.h"
#include "flow/trial.h"
#include "http/loop.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/sql_audit.h"
#include "store/sql_policy.h"
#include "store/store.h"

/* Editors write, rename and delete within some milliseconds; a copy of many
 * files takes longer, and its burst goes on. */
#define QUIET_MS 200
/* A folder that changes while it is tried is read again, this often. */
#define ROUNDS_MAX    5
#define HASH_DIGITS   64
#define BEGINNING_MIN 8

struct asker {
    reload_done *done;
    void *arg;
    struct asker *next;
};

struct askers {
    struct asker *first, **end;
};

/* One way from the folder (or the store) to the pointer. */
struct round {
    struct reload *reload;
    char actor[16];
    bool force;
    int number;
    char want[HASH_DIGITS + 1]; /* back to this one, or "" */
    bool back;
    struct policy *next;
    struct pool *scratch; /* a worker of its own: live ones are not kept busy */
    struct loop_watch *watch;
    struct trial *trial;
    size_t tests;
    struct buf kept, hash; /* the rules as the store keeps them; who */
    bool withdrawn;        /* result of the store's job: it is not wanted */
    int found;
};

struct reload {
    struct engine *engine;
    struct folder_watch *watch;
    struct round *round;         /* under way, or NULL */
    struct askers askers, later; /* of this round; of the next one */
    bool again, again_force, again_back;
    char again_actor[16], again_want[HASH_DIGITS + 1];
    struct reload_outcome last;
    char last_text[ERR_TEXT_MAX], last_hash[HASH_DIGITS + 1];
};

const char *
reload_word_name(enum reload_word word)
{
    static const char *const names[] = {
        [RELOAD_NONE] = "none",
        [RELOAD_IN_FORCE] = "in force",
        [RELOAD_UNCHANGED] = "unchanged",
        [RELOAD_REJECTED] = "rejected",
    };

    return names[word];
}

static void
askers_init(struct askers *a)
{
    a->first = NULL;
    a->end = &a->first;
}

static void
askers_add(struct askers *a, reload_done *done, void *arg)
{
    struct asker *one;

    if (done == NULL)
        return;
    one = mem_zero(sizeof *one);
    one->done = done;
    one->arg = arg;
    *a->end = one;
    a->end = &one->next;
}

static void
askers_tell(struct askers *a, const struct reload_outcome *o)
{
    struct asker *one = a->first;

    askers_init(a);
    while (one != NULL) {
        struct asker *next = one->next;

        one->done(one->arg, o);
        free(one);
        one = next;
    }
}

/* --- the store's side --- */

static int
audit(struct db *d, const struct round *w, const char *verb, const char *before,
      const char *after, struct err *e)
{
    struct sql_audit row = {.tenant = w->reload->engine->config->tenant,
                            .at_ms = clock_now_ms(),
                            .actor = w->actor,
                            .verb = verb,
                            .object = "policy",
                            .before_sha = before,
                            .after_sha = after};

    return sql_audit_add(d, &row, e);
}

static int
run_put_in_force(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;
    const char *before = w->reload->engine->policy->hash;
    const char *after = w->next->hash;
    int64_t now = clock_now_ms();

    w->withdrawn = false;
    if (!w->back && !w->force) {
        if (sql_policy_withdrawn(d, after, &w->withdrawn, e) != 0)
            return -1;
        if (w->withdrawn)
            return 0;
    }
    if (w->back && sql_policy_withdraw(d, before, now, e) != 0)
        return -1;
    if (sql_policy_keep(d, after, (struct str){w->kept.data, w->kept.len}, now,
                        e) != 0 ||
        sql_policy_in_force(d, after, now, e) != 0)
        return -1;
    return audit(d, w, w->back ? "policy.back" : "policy.reload", before, after,
                 e);
}

static int
run_find(struct db *d, void *arg, struct err *e)
{
    struct round *w = arg;

    buf_clear(&w->kept);
    buf_clear(&w->hash);
    return sql_policy_find(d, w->want, w->reload->engine->policy->hash,
                           &w->hash, &w->kept, &w->found, e);
}

/* --- the ends of a round --- */

static void begin(struct reload *r, const char *actor, bool force, bool back,
                  const char *want);

static void
free_pool(void *p)
{
    pool_free(p);
}

static void
round_free(struct round *w)
{
    trial_free(w->trial);
    loop_unwatch(w->watch);
    if (w->scratch != NULL) /* perhaps inside one of its callbacks */
        loop_at_end(w->reload->engine->loop, free_pool, w->scratch);
    policy_release(w->next);
    buf_free(&w->kept);
    buf_free(&w->hash);
    free(w);
}

static void
end(struct round *w, enum reload_word word, const char *text)
{
    struct reload *r = w->reload;
    size_t tests = w->tests;

    r->round = NULL;
    round_free(w);
    snprintf(r->last_text, sizeof r->last_text, "%s", text);
    snprintf(r->last_hash, sizeof r->last_hash, "%s", r->engine->policy->hash);
    r->last = (struct reload_outcome){.word = word,
                                      .hash = r->last_hash,
                                      .text = r->last_text,
                                      .tests = tests,
                                      .at_ms = clock_now_ms()};
    askers_tell(&r->askers, &r->last);
    if (!r->again || r->engine->draining)
        return;
    r->again = false;
    r->askers = r->later;
    if (r->askers.first == NULL)
        askers_init(&r->askers);
    askers_init(&r->later);
    begin(r, r->again_actor, r->again_force, r->again_back, r->again_want);
}

static void
reject(struct round *w, const char *text)
{
    char kept[ERR_TEXT_MAX];

    snprintf(kept, sizeof kept, "%s", text);
    w->reload->engine->count.policy_reload_rejected++;
    log_warn("policy.rejected", LOG_STR("by", w->actor), LOG_STR("why", kept),
             LOG_STR("in_force", w->reload->engine->policy->hash));
    end(w, RELOAD_REJECTED, kept);
}

static void
on_kept(void *arg, const struct err *e)
{
    struct round *w = arg;
    struct engine *en = w->reload->engine;

    if (e != NULL) {
        reject(w, e->text);
        return;
    }
    if (w->withdrawn) {
        reject(w, "these rules were withdrawn by an operator; change them, or "
                  "usher reload --force");
        return;
    }
    policy_release(en->policy);
    en->policy = policy_hold(w->next);
    en->count.policy_reloads++;
    log_info("policy.in_force", LOG_STR("by", w->actor),
             LOG_STR("policy", en->policy->hash),
             LOG_INT("tests", (int64_t)w->tests));
    end(w, RELOAD_IN_FORCE, "");
}

static void
put_in_force(struct round *w)
{
    buf_clear(&w->kept);
    policy_keep(w->next, &w->kept);
    store_submit(w->reload->engine->store, run_put_in_force, on_kept, w);
}

/* --- trying them --- */

static void read_folder(struct round *w);

/* What was tried must be what stands there: somebody may be at it still. */
static bool
still_there(struct round *w)
{
    const struct config *c = w->reload->engine->config;
    struct err e = {0};
    struct policy *now = policy_load(c, c->policy_dir, false, NULL, &e);
    bool same = now != NULL && strcmp(now->hash, w->next->hash) == 0;

    policy_release(now);
    return same;
}

static void
on_tried(void *arg, const struct trial_outcome *o)
{
    struct round *w = arg;

    w->tests = o->passed;
    if (w->back || still_there(w)) {
        if (o->text != NULL)
            reject(w, o->text);
        else
            put_in_force(w);
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
        trial_start(w->scratch, en->config, w->next,
                    w->back ? NULL : en->config->policy_dir, on_tried, w, &e);
    if (w->trial == NULL)
        reject(w, e.text);
}

static void
read_folder(struct round *w)
{
    struct engine *en = w->reload->engine;
    const struct config *c = en->config;
    struct err e = {0};

    w->number++;
    policy_release(w->next);
    w->next = policy_load(c, c->policy_dir, false, NULL, &e);
    if (w->next == NULL)
        reject(w, e.text);
    else if (strcmp(w->next->hash, en->policy->hash) == 0)
        end(w, RELOAD_UNCHANGED, "");
    else
        try_it(w);
}

static void
on_found(void *arg, const struct err *e)
{
    struct round *w = arg;
    const struct config *c = w->reload->engine->config;
    struct err bad = {0};

    if (e != NULL) {
        reject(w, e->text);
    } else if (w->found == 0) {
        reject(w, w->want[0] != '\0'
                      ? "no rules of that hash are kept; usher policy list"
                      : "no other rules were in force before these");
    } else if (w->found > 1) {
        reject(w, "several kept rules begin like that; give more of the hash");
    } else {
        w->next = policy_from_kept(
            c, c->policy_dir, (struct str){w->kept.data, w->kept.len}, &bad);
        if (w->next == NULL)
            reject(w, bad.text);
        else if (strcmp(w->next->hash, w->reload->engine->policy->hash) == 0)
            end(w, RELOAD_UNCHANGED, "");
        else
            try_it(w);
    }
}

static void
begin(struct reload *r, const char *actor, bool force, bool back,
      const char *want)
{
    struct round *w = mem_zero(sizeof *w);

    w->reload = r;
    snprintf(w->actor, sizeof w->actor, "%s", actor);
    snprintf(w->want, sizeof w->want, "%s", want);
    w->force = force;
    w->back = back;
    r->round = w;
    if (back)
        store_submit(r->engine->store, run_find, on_found, w);
    else
        read_folder(w);
}

/* Whoever asks while a round is under way gets the answer of the next one,
 * which sees all that was there when he asked. */
static void
ask(struct reload *r, const char *actor, bool force, bool back,
    const char *want, reload_done *done, void *arg)
{
    if (r->round == NULL) {
        askers_add(&r->askers, done, arg);
        begin(r, actor, force, back, want);
        return;
    }
    askers_add(&r->later, done, arg);
    r->again_force |= force;
    if (!r->again || back) {
        r->again_back = back;
        r->again_force = force;
        snprintf(r->again_want, sizeof r->again_want, "%s", want);
        snprintf(r->again_actor, sizeof r->again_actor, "%s", actor);
    }
    r->again = true;
}

void
reload_ask(struct reload *r, const char *actor, bool force, reload_done *done,
           void *arg)
{
    ask(r, actor, force, false, "", done, arg);
}

void
reload_back(struct reload *r, const char *hash, reload_done *done, void *arg)
{
    ask(r, "operator", false, true, hash != NULL ? hash : "", done, arg);
}

const struct reload_outcome *
reload_last(const struct reload *r)
{
    return &r->last;
}

/* --- opening --- */

static void
on_changed(void *arg)
{
    reload_ask(arg, "watch", false, NULL, NULL);
}

static void
on_hangup(void *arg, int signal)
{
    (void)signal;
    reload_ask(arg, "signal", false, NULL, NULL);
}

struct reload *
reload_new(struct engine *en, struct err *e)
{
    struct reload *r = mem_zero(sizeof *r);

    r->engine = en;
    r->last.hash = r->last_hash;
    r->last.text = r->last_text;
    askers_init(&r->askers);
    askers_init(&r->later);
    r->watch = folder_watch_new(en->loop, en->config->policy_dir, QUIET_MS,
                                on_changed, r, e);
    if (r->watch != NULL &&
        loop_on_signal(en->loop, SIGHUP, on_hangup, r, e) == 0)
        return r;
    reload_free(r);
    return NULL;
}

void
reload_stop(struct reload *r)
{
    struct reload_outcome stopping = {.word = RELOAD_REJECTED,
                                      .hash = "",
                                      .text = "the engine stops; it reads the "
                                              "folder when it starts"};

    if (r == NULL)
        return;
    folder_watch_free(r->watch);
    r->watch = NULL;
    r->again = false;
    askers_tell(&r->askers, &stopping);
    askers_tell(&r->later, &stopping);
}

void
reload_free(struct reload *r)
{
    if (r == NULL)
        return;
    reload_stop(r);
    if (r->round != NULL)
        round_free(r->round);
    free(r);
}

/* --- the first rules --- */

struct first {
    const char *hash; /* of the folder's, or NULL: they do not load */
    bool withdrawn;
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
    if (f->hash != NULL && !f->withdrawn)
        return 0; /* the folder's are good */
    return sql_policy_find(d, "", f->withdrawn ? f->hash : "", &f->last_hash,
                           &f->kept, &f->found, e);
}

static int
run_first(struct db *d, void *arg, struct err *e)
{
    const struct engine *en = arg;
    int64_t now = clock_now_ms();
    struct buf json = {0};
    int rc;

    policy_keep(en->policy, &json);
    rc = sql_policy_keep(d, en->policy->hash, (struct str){json.data, json.len},
                         now, e);
    buf_free(&json);
    return rc != 0 ? rc : sql_policy_in_force(d, en->policy->hash, now, e);
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

int
reload_first(struct engine *en, struct err *e)
{
    struct err why = {0}, other = {0};
    struct policy *p = load_checked(en, &why), *kept = NULL;
    struct first f = {.hash = p != NULL ? p->hash : NULL};
    int rc = 0;

    if (store_wait(en->store, run_look, &f, e) != 0)
        rc = -1;
    else if (p == NULL || f.withdrawn)
        kept = load_kept(en, &f, &other);
    if (kept != NULL) {
        log_warn("policy.kept_one", LOG_STR("policy", kept->hash),
                 LOG_STR("why", f.withdrawn
                                    ? "the folder's rules were withdrawn"
                                    : why.text));
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
    return rc == 0 ? store_wait(en->store, run_first, en, e) : rc;
}
