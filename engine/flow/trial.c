#include "flow/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/timeline.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

/* Cases under way at once: enough that no worker waits, few enough that the
 * engine's loop has its turn between them. */
#define WINDOW_A_WORKER 4
#define WINDOW_OF_ONE   2
#define WALL_TIMES      10

/* A case with what only we need to know. */
struct running {
    struct trial *trial;
    struct trial_case *one;
    const json_t *test; /* name, where, given, event, now_ms, play,
                            others */
    struct walk *walk;
    json_t *verdict; /* {ok, differs, matter, judged} */
};

struct trial {
    struct pool *pool;
    const struct config *config;
    trial_done *done;
    void *arg;
    struct policy *p, *with_tests;
    const char *dir;
    struct trial_choice choice;
    json_t *tests;
    struct trial_case *cases;
    struct running *running;
    struct trial_outcome outcome;
    struct buf text;
    size_t count, next;
    size_t left; /* calls and walks in flight */
    bool starting;
    bool gone; /* nobody wants to know any more */
};

static void go_on(struct trial *t);

static void
end(struct trial *t)
{
    t->outcome.text = t->text.len > 0 ? buf_str(&t->text) : NULL;
    t->done(t->arg, &t->outcome);
}

static void
end_with(struct trial *t, const char *text)
{
    buf_adds(&t->text, text);
    end(t);
}

/* A call came back. False: nobody waits for it any more. */
static bool
returned(struct trial *t)
{
    t->left--;
    if (!t->gone)
        return true;
    trial_free(t);
    return false;
}

static void
call(struct trial *t, struct policy *p, const char *function,
     enum script_kind kind, const struct buf *args, script_done *done,
     void *arg)
{
    struct buf none = {0};

    t->left++;
    pack_array(&none, 0);
    pool_call(t->pool, p->set, function, kind, args != NULL ? args : &none,
              done, arg);
    buf_free(&none);
}

/* --- one case --- */

static void
tell_failed(struct trial *t, const struct trial_case *one)
{
    const json_t *first = json_array_get(one->differs, 0);
    const char *at = json_str_or(first, "at", "");

    buf_addf(&t->text, "%s: test \"%s\" fails: ", one->where, one->name);
    if (one->failure[0] != '\0')
        buf_adds(&t->text, one->failure);
    else
        buf_addf(&t->text, "%s%s%s: expected %s, got %s", at,
                 at[0] != '\0' ? " " : "", json_str_or(first, "name", ""),
                 json_str_or(first, "want", ""), json_str_or(first, "got", ""));
}

static void
count_up(struct trial *t)
{
    const struct trial_case *first = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct trial_case *one = &t->cases[i];

        t->outcome.passed += one->passed;
        t->outcome.failed += one->ran && !one->passed;
        if (one->ran && !one->passed && first == NULL)
            first = one;
    }
    if (first == NULL)
        return;
    tell_failed(t, first);
    buf_addf(&t->text, " (%zu of %zu)", t->outcome.failed, t->count);
}

static void
case_over(struct running *r)
{
    struct trial *t = r->trial;

    r->one->ran = true;
    r->one->differs = json_object_get(r->verdict, "differs");
    r->one->matter = json_object_get(r->verdict, "matter");
    r->one->judged =
        (size_t)json_integer_value(json_object_get(r->verdict, "judged"));
    r->one->passed = r->one->failure[0] == '\0' &&
                     json_is_true(json_object_get(r->verdict, "ok"));
    if (t->choice.until_failure && !r->one->passed)
        t->next = t->count;
    go_on(t);
}

static void
note_class(struct trial_case *one, enum script_class class)
{
    one->disturbed |= class == SCRIPT_WALL || class == SCRIPT_CRASH;
}

static void
on_verdict(void *arg, const struct script_result *result)
{
    struct running *r = arg;

    if (!returned(r->trial))
        return;
    note_class(r->one, result->class);
    if (result->class == SCRIPT_OK)
        r->verdict = value_json(result->value);
    else
        snprintf(r->one->failure, sizeof r->one->failure, "%s", result->text);
    case_over(r);
}

/* The rules behind the deciding one that matched too. */
static json_t *
would_of(const json_t *decision)
{
    json_t *would = json_array();
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(decision, "trace"), i, rule)
    {
        if (json_object_get(rule, "rule") != NULL &&
            json_is_true(json_object_get(rule, "fired")) &&
            !json_is_true(json_object_get(rule, "decided")))
            json_array_append(would, json_object_get(rule, "rule"));
    }
    return would;
}

static json_t *
without_traces(const json_t *decisions)
{
    json_t *all = json_array(), *one;
    size_t i;

    json_array_foreach(decisions, i, one)
    {
        json_t *bare = json_copy(one);

        json_object_set_new(bare, "would", would_of(one));
        json_object_del(bare, "trace");
        json_array_append_new(all, bare);
    }
    return all;
}

static void
judge(struct running *r)
{
    json_t *decisions = without_traces(r->one->decisions);
    json_t *judged = timeline_judged(r->walk);
    struct buf args = {0};

    pack_array(&args, 3);
    pack_int(&args, (int64_t)r->one->index + 1);
    pack_json(&args, decisions);
    pack_json(&args, judged);
    call(r->trial, r->trial->with_tests, "expect", SCRIPT_TEST, &args,
         on_verdict, r);
    json_decref(decisions);
    json_decref(judged);
    buf_free(&args);
}

static void
on_walked(void *arg, struct walk *w)
{
    struct running *r = arg;

    r->walk = w;
    if (!returned(r->trial))
        return;
    note_class(r->one, w->class);
    r->one->decisions = timeline_decisions(w);
    if (w->failure[0] == '\0') {
        judge(r);
        return;
    }
    snprintf(r->one->failure, sizeof r->one->failure, "%s", w->failure);
    case_over(r);
}

static void
start_case(struct running *r)
{
    struct trial *t = r->trial;
    struct err e = {0};
    struct conversation *c =
        conversation_from_recording(json_object_get(r->test, "given"), &e);
    const json_t *play = json_object_get(r->test, "play");
    const char *event = json_str_or(r->test, "event", "");
    const json_t *availability = json_object_get(r->test, "availability");

    if (c == NULL) {
        snprintf(r->one->failure, sizeof r->one->failure, "given: %.400s",
                 e.text);
        case_over(r);
        return;
    }
    t->left++;
    if (play != NULL)
        r->walk = timeline_start(t->pool, t->with_tests, t->config, c, play,
                                 availability, on_walked, r);
    else
        r->walk =
            walk_moment(t->pool, t->with_tests, t->config, c,
                        event[0] != '\0' ? event : "message.created",
                        json_integer_value(json_object_get(r->test, "now_ms")),
                        availability, on_walked, r);
    r->walk->others = json_object_get(r->test, "others");
}

/* --- all of them --- */

static void
go_on(struct trial *t)
{
    /* When the first failure is enough, what runs beside it is in vain. */
    size_t window = t->choice.until_failure
                        ? WINDOW_OF_ONE
                        : (size_t)pool_workers(t->pool) * WINDOW_A_WORKER;

    if (t->starting) /* a case that asked nobody was over at once */
        return;
    t->starting = true;
    while (t->next < t->count && t->left < window)
        start_case(&t->running[t->next++]);
    t->starting = false;
    if (t->left > 0)
        return;
    count_up(t);
    end(t);
}

static bool
is_of_file(const char *where, const char *file)
{
    size_t n = strlen(file);

    return strncmp(where, file, n) == 0 && where[n] == ':';
}

static bool
any_is_named(const json_t *tests, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(tests, i, one)
    {
        if (strcmp(json_str_or(one, "name", ""), name) == 0)
            return true;
    }
    return false;
}

static bool
is_chosen(const struct trial_choice *c, const json_t *test, bool exact)
{
    const char *name = json_str_or(test, "name", "");

    if (c->file != NULL && !is_of_file(json_str_or(test, "where", ""), c->file))
        return false;
    if (c->name == NULL)
        return true;
    return exact ? strcmp(name, c->name) == 0 : strstr(name, c->name) != NULL;
}

static void
choose(struct trial *t)
{
    const struct trial_choice *c = &t->choice;
    size_t all = c->order != NULL ? c->order_count : json_array_size(t->tests);
    bool exact = c->name != NULL && any_is_named(t->tests, c->name);

    t->cases = mem_zero((all + 1) * sizeof *t->cases);
    t->running = mem_zero((all + 1) * sizeof *t->running);
    for (size_t k = 0; k < all; k++) {
        size_t i = c->order != NULL ? c->order[k] : k;
        const json_t *test = json_array_get(t->tests, i);

        if (!is_chosen(c, test, exact))
            continue;
        t->cases[t->count] =
            (struct trial_case){.name = json_str_or(test, "name", ""),
                                .where = json_str_or(test, "where", ""),
                                .index = i};
        t->running[t->count] = (struct running){
            .trial = t, .one = &t->cases[t->count], .test = test};
        t->count++;
    }
    t->outcome.cases = t->cases;
    t->outcome.count = t->count;
    t->outcome.tests = t->tests;
}

static void
run(struct trial *t)
{
    choose(t);
    go_on(t);
}

static void
on_tests(void *arg, const struct script_result *r)
{
    struct trial *t = arg;

    if (!returned(t))
        return;
    if (r->class == SCRIPT_OK) {
        t->tests = value_json(r->value);
        run(t);
    } else {
        end_with(t, r->text);
    }
}

static void
ask_tests(struct trial *t)
{
    call(t, t->with_tests, "tests", SCRIPT_TEST, NULL, on_tests, t);
}

/* The rules with their tests, which are given the hours they ask for like the
 * rules alone. */
static void
load_tests(struct trial *t, const struct script_result *described)
{
    struct err e = {0};

    t->with_tests = trial_load(t->config, t->dir, &e);
    if (t->with_tests == NULL) {
        end_with(t, e.text);
        return;
    }
    policy_described(t->with_tests, described->value);
    ask_tests(t);
}

static void
on_loaded(void *arg, const struct script_result *r)
{
    struct trial *t = arg;

    if (!returned(t))
        return;
    if (r->class != SCRIPT_OK) {
        end_with(t, r->text);
        return;
    }
    policy_described(t->p, r->value);
    if (t->dir == NULL)
        end(t);
    else
        load_tests(t, r);
}

struct pool *
trial_pool(unsigned workers, struct err *e)
{
    struct pool_options o = {.workers = workers, .wall_times = WALL_TIMES};

    return pool_new(&o, e);
}

static struct policy *
load_given(const struct config *config, const char *dir, const json_t *more,
           struct err *e)
{
    json_t *recordings = recordings_of_folder(dir, e);
    struct policy *p = NULL;

    if (recordings != NULL)
        p = policy_load_given(config, dir, true, recordings, more, e);
    json_decref(recordings);
    return p;
}

struct policy *
trial_load(const struct config *config, const char *dir, struct err *e)
{
    return load_given(config, dir, NULL, e);
}

struct policy *
trial_load_mutants(const struct config *config, const char *dir, struct err *e)
{
    json_t *more = json_pack("{s:b}", "mutants", 1);
    struct policy *p = load_given(config, dir, more, e);

    json_decref(more);
    return p;
}

static struct trial *
trial_new(struct pool *pool, const struct config *config, trial_done *done,
          void *arg)
{
    struct trial *t = mem_zero(sizeof *t);

    t->pool = pool;
    t->config = config;
    t->done = done;
    t->arg = arg;
    return t;
}

struct trial *
trial_start(struct pool *pool, const struct config *config, struct policy *p,
            const char *dir, trial_done *done, void *arg, struct err *e)
{
    struct trial *t = trial_new(pool, config, done, arg);

    (void)e;
    t->p = policy_hold(p);
    t->dir = dir;
    call(t, p, "describe", SCRIPT_LOAD, NULL, on_loaded, t);
    return t;
}

struct trial *
trial_run(struct pool *pool, const struct config *config, struct policy *p,
          const struct trial_choice *choice, trial_done *done, void *arg)
{
    struct trial *t = trial_new(pool, config, done, arg);

    t->with_tests = policy_hold(p);
    t->choice = *choice;
    if (choice->tests != NULL) {
        t->tests = json_incref((json_t *)(uintptr_t)choice->tests);
        run(t);
    } else {
        ask_tests(t);
    }
    return t;
}

static void
free_case(struct running *r)
{
    timeline_clear(r->walk);
    walk_free(r->walk);
    json_decref(r->verdict);
    json_decref(r->one->decisions);
}

void
trial_free(struct trial *t)
{
    if (t == NULL)
        return;
    t->gone = true;
    if (t->left > 0)
        return;
    for (size_t i = 0; i < t->count; i++)
        free_case(&t->running[i]);
    free(t->cases);
    free(t->running);
    json_decref(t->tests);
    policy_release(t->p);
    policy_release(t->with_tests);
    buf_free(&t->text);
    free(t);
}
