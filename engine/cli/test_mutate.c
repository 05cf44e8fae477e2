#include "cli/test_mutate.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "cli/out.h"
#include "cli/testing.h"
#include "flow/policy.h"
#include "script/pool.h"

/* Tried beside each other: one more than workers, so that none waits for the
 * last test of a mutant. */
#define BESIDES 1
/* When a worker was lost each time, it is the mutant's doing or the machine's:
 * nobody knows. */
#define TIMES_MAX 3

enum fate {
    FATE_LEFT,      /* not tried: the time was over */
    FATE_DISTURBED, /* tried, and a worker was lost on the way */
    FATE_KILLED,
    FATE_LIVES
};

struct mutant {
    const char *kind, *of, *where, *what; /* of the rule or modifier named */
    enum fate fate;
    unsigned times; /* it was tried */
};

struct mutation {
    struct arena *arena;
    struct mutant *mutants;
    size_t count, room;
    int64_t deadline_ms;
    unsigned seconds;
};

/* A mutant that is on trial. */
struct stand {
    struct herd *herd;
    struct mutant *mutant;
    struct policy *policy;
    struct trial *trial;
    size_t *order;
    bool done;
};

/* The mutants of one suite. */
struct herd {
    struct mutation *m;
    struct suite *suite;
    struct policy *policy; /* that can be changed */
    json_t *listed;
    struct err error;
    size_t first, next; /* in m->mutants */
    size_t left;        /* to wait for */
};

struct mutation *
mutation_new(unsigned seconds)
{
    struct mutation *m = mem_zero(sizeof *m);

    m->arena = arena_new(4096);
    m->seconds = seconds;
    m->deadline_ms = clock_mono_ms() + (int64_t)seconds * 1000;
    return m;
}

void
mutation_free(struct mutation *m)
{
    if (m == NULL)
        return;
    free(m->mutants);
    arena_free(m->arena);
    free(m);
}

/* --- which there are --- */

static void
on_mutants(void *arg, const struct script_result *r)
{
    struct herd *h = arg;

    h->left = 0;
    if (r->class == SCRIPT_OK)
        h->listed = value_json(r->value);
    else
        err_set(&h->error, ERR_SCRIPT, "%s", r->text);
}

static void
add_mutant(struct mutation *m, const json_t *row)
{
    struct arena *a = m->arena;

    if (m->count == m->room) {
        m->room = m->room * 2 + 64;
        m->mutants = mem_grow(m->mutants, m->room * sizeof *m->mutants);
    }
    m->mutants[m->count++] =
        (struct mutant){.kind = arena_str(a, json_str_or(row, "kind", "")),
                        .of = arena_str(a, json_str_or(row, "of", "")),
                        .where = arena_str(a, json_str_or(row, "where", "")),
                        .what = arena_str(a, json_str_or(row, "what", ""))};
}

static int
list_mutants(struct herd *h, struct err *e)
{
    struct suite *s = h->suite;
    struct buf args = {0};
    const json_t *row;
    size_t i;

    h->policy = trial_load_mutants(s->opened.config, s->dir, e);
    /* Described, it is given the hours it asks for, as the tests were. */
    if (h->policy == NULL ||
        policy_check(s->opened.pool, h->policy, NULL, e) != 0)
        return -1;
    h->left = 1;
    pack_array(&args, 0);
    pool_call(s->opened.pool, h->policy->set, "mutants", SCRIPT_TEST, &args,
              on_mutants, h);
    buf_free(&args);
    if (pool_wait(s->opened.pool, &h->left, -1, e) != 0)
        return -1;
    if (h->listed == NULL) {
        *e = h->error;
        return -1;
    }
    h->first = h->next = h->m->count;
    json_array_foreach(h->listed, i, row) add_mutant(h->m, row);
    json_decref(h->listed);
    return 0;
}

/* --- one on trial --- */

/* The rule had its say in the case, when nothing was changed. */
static bool
is_decided_by(const struct trial_case *c, const char *rule)
{
    const json_t *one;
    size_t i;

    json_array_foreach(c->decisions, i, one)
    {
        if (strcmp(json_str_or(one, "rule", ""), rule) == 0)
            return true;
    }
    return false;
}

/* 20-refunds_test.lua:8 stands beside 20-refunds.lua:3. */
static bool
is_beside(const char *test, const char *where)
{
    static const char rules[] = ".lua:", tests[] = "_test.lua:";
    const char *end = strstr(where, rules), *test_end = strstr(test, tests);

    return end != NULL && test_end != NULL && end - where == test_end - test &&
           strncmp(where, test, (size_t)(end - where)) == 0;
}

/* The tests that most likely notice come first. */
static size_t *
order_for(const struct suite *s, const struct mutant *mutant)
{
    const struct trial_outcome *o = s->outcome;
    size_t *order = mem_zero((o->count + 1) * sizeof *order), n = 0;

    for (int near = 2; near >= 0; near--)
        for (size_t i = 0; i < o->count; i++) {
            const struct trial_case *one = &o->cases[i];

            if (is_beside(one->where, mutant->where) +
                    is_decided_by(one, mutant->of) ==
                near)
                order[n++] = one->index;
        }
    return order;
}

/* A busy machine is no test that notices. */
static bool
was_disturbed(const struct trial_outcome *o)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->cases[i].disturbed)
            return true;
    return o->tests == NULL;
}

static enum fate
fate_of(const struct trial_outcome *o)
{
    if (was_disturbed(o))
        return FATE_DISTURBED;
    return o->failed > 0 ? FATE_KILLED : FATE_LIVES;
}

static void
on_tried(void *arg, const struct trial_outcome *o)
{
    struct stand *st = arg;

    st->mutant->fate = fate_of(o);
    st->done = true;
    if (st->herd->left > 0)
        st->herd->left--;
}

static void
begin(struct stand *st, struct herd *h, struct mutant *mutant)
{
    struct suite *s = h->suite;
    struct trial_choice choice = {.tests = s->outcome->tests,
                                  .order_count = s->outcome->count,
                                  .until_failure = true};
    size_t n = (size_t)(mutant - h->m->mutants) - h->first + 1;

    memset(st, 0, sizeof *st);
    st->policy = policy_mutant(h->policy, (int64_t)n);
    st->herd = h;
    st->mutant = mutant;
    mutant->times++;
    st->order = order_for(s, st->mutant);
    choice.order = st->order;
    st->trial = trial_run(s->opened.pool, s->opened.config, st->policy, &choice,
                          on_tried, st);
}

static void
clear(struct stand *st)
{
    trial_free(st->trial);
    policy_release(st->policy);
    free(st->order);
    memset(st, 0, sizeof *st);
}

/* --- all of them --- */

/* Those that were disturbed are tried again before the next. */
static struct mutant *
take_next(struct herd *h)
{
    struct mutation *m = h->m;

    if (clock_mono_ms() >= m->deadline_ms)
        return NULL;
    for (size_t i = h->first; i < h->next; i++) {
        struct mutant *one = &m->mutants[i];

        if (one->fate == FATE_DISTURBED && one->times < TIMES_MAX) {
            one->fate = FATE_LEFT;
            return one;
        }
    }
    return h->next < m->count ? &m->mutants[h->next++] : NULL;
}

/* Fill the stands; how many are taken. */
static size_t
fill(struct herd *h, struct stand *stands, size_t count)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        struct mutant *next;

        if (stands[i].done)
            clear(&stands[i]);
        next = stands[i].herd == NULL ? take_next(h) : NULL;
        if (next != NULL)
            begin(&stands[i], h, next);
        taken += stands[i].herd != NULL;
    }
    return taken;
}

static bool
any_done(const struct stand *stands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (stands[i].done)
            return true;
    return false;
}

static int
try_all(struct herd *h, struct stand *stands, size_t count, struct err *e)
{
    struct progress progress;

    progress_start(&progress, "mutants", h->m->count - h->first);
    while (fill(h, stands, count) > 0) {
        h->left = any_done(stands, count) ? 0 : 1;
        if (pool_wait(h->suite->opened.pool, &h->left, -1, e) != 0)
            return -1;
        progress_step(&progress, h->next - h->first);
    }
    progress_end(&progress);
    return 0;
}

static int
try_herd(struct herd *h, struct err *e)
{
    size_t count = pool_workers(h->suite->opened.pool) + BESIDES;
    struct stand *stands = mem_zero(count * sizeof *stands);
    int rc = try_all(h, stands, count, e);

    for (size_t i = 0; i < count; i++)
        clear(&stands[i]);
    free(stands);
    return rc;
}

int
mutation_add(struct mutation *m, struct suite *s, struct err *e)
{
    struct herd h = {.m = m, .suite = s};
    int rc = list_mutants(&h, e);

    if (rc == 0)
        rc = try_herd(&h, e);
    policy_release(h.policy);
    return rc;
}

/* --- telling --- */

static size_t
count_of(const struct mutation *m, enum fate fate)
{
    size_t n = 0;

    for (size_t i = 0; i < m->count; i++)
        n += m->mutants[i].fate == fate;
    return n;
}

static size_t
left_of(const struct mutation *m)
{
    return count_of(m, FATE_LEFT) + count_of(m, FATE_DISTURBED);
}

unsigned
mutation_percent(const struct mutation *m)
{
    size_t killed = count_of(m, FATE_KILLED);
    size_t all = killed + count_of(m, FATE_LIVES);

    return all == 0 ? 100 : (unsigned)(killed * 100 / all);
}

void
mutation_put(const struct mutation *m, struct buf *out)
{
    size_t killed = count_of(m, FATE_KILLED), left = left_of(m);

    for (size_t i = 0; i < m->count; i++) {
        const struct mutant *one = &m->mutants[i];

        if (one->fate == FATE_LIVES)
            buf_addf(out, "%s: no test notices: %s (%s \"%s\")\n", one->where,
                     one->what, one->kind, one->of);
    }
    buf_addf(out, "mutation: %u %% (%zu of %zu noticed)\n", mutation_percent(m),
             killed, m->count - left);
    if (left > 0)
        buf_addf(out,
                 "mutation: %zu more could not be tried to the end within %u "
                 "s\n",
                 left, m->seconds);
}

json_t *
mutation_json(const struct mutation *m)
{
    json_t *lives = json_array();

    for (size_t i = 0; i < m->count; i++) {
        const struct mutant *one = &m->mutants[i];

        if (one->fate == FATE_LIVES)
            json_array_append_new(lives,
                                  json_pack("{s:s,s:s,s:s,s:s}", "where",
                                            one->where, "what", one->what,
                                            "kind", one->kind, "of", one->of));
    }
    return json_pack("{s:i,s:I,s:I,s:I,s:o}", "percent",
                     (int)mutation_percent(m), "noticed",
                     (json_int_t)count_of(m, FATE_KILLED), "tried",
                     (json_int_t)(m->count - left_of(m)), "not_tried",
                     (json_int_t)left_of(m), "lives", lives);
}
