#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/backtest_open.h"
#include "cli/backtest_report.h"
#include "cli/backtest_why.h"
#include "cli/feed.h"
#include "cli/out.h"
#include "cli/past.h"
#include "cli/verbs.h"
#include "flow/backtest_budget.h"
#include "flow/backtest_tally.h"
#include "flow/backtest_walk.h"
#include "flow/config_time.h"
#include "flow/recordings.h"
#include "model/conversation.h"
#include "script/pool.h"

#define WINDOW  256 /* conversations in flight or waiting for their turn */
#define ROUND   16  /* to be done before more are read: enough to keep busy */
#define TOP     20
#define TOP_MAX 1000

/* Counted in the order of the input, whoever is done first. */
struct slot {
    struct testing *all;
    size_t number;
    int label;
    struct pair *pair;
    json_t *why;
    bool ready;
};

struct testing {
    struct backtest_opened opened;
    struct tally *tally;
    struct ledger *ledger;
    struct slot slots[WINDOW];
    size_t first, next; /* numbers of conversations; slot = number % WINDOW */
    size_t left;        /* answers to wait for before reading on */
    struct progress progress;
};

/* --- walking --- */

static void
settle(struct slot *slot)
{
    slot->ready = true;
    if (slot->all->left > 0)
        slot->all->left--;
}

static void
on_explained(void *arg, struct pair *p)
{
    struct slot *slot = arg;

    slot->why = why_of(p);
    settle(slot);
}

/* What becomes of a claim is known in the end. */
static bool
has_claims(const struct pair *p)
{
    return pair_claim(p, SIDE_OLD) != NULL || pair_claim(p, SIDE_NEW) != NULL;
}

static void
on_walked(void *arg, struct pair *p)
{
    struct slot *slot = arg;

    if (!has_claims(p) && tally_wants_why(slot->all->tally, p, slot->number))
        pair_explain(p, on_explained, slot);
    else
        settle(slot);
}

static void
count_ready(struct testing *all)
{
    while (all->first < all->next && all->slots[all->first % WINDOW].ready) {
        struct slot *slot = &all->slots[all->first % WINDOW];

        if (!ledger_add(all->ledger, slot->pair, slot->number, slot->label)) {
            tally_add(all->tally, slot->pair, slot->number, slot->label,
                      slot->why);
            pair_free(slot->pair);
        }
        *slot = (struct slot){0};
        all->first++;
        progress_step(&all->progress, all->first);
    }
}

static void
start(struct testing *all, json_t *recording, struct str text,
      struct conversation *c)
{
    struct slot *slot = &all->slots[all->next % WINDOW];

    slot->all = all;
    slot->number = all->next++;
    slot->label = tally_label(all->tally, recording);
    slot->pair =
        pair_start(&all->opened.ground, recording, text, c, on_walked, slot);
}

/* False at the end. */
static bool
start_next(struct testing *all, struct feed *f, struct err *e)
{
    struct conversation *c = NULL;
    bool broken;
    json_t *recording = feed_next(f, &broken, e);

    if (recording == NULL && !broken)
        return false;
    if (recording != NULL)
        c = conversation_from_recording(recording, e);
    if (c != NULL)
        start(all, recording, feed_text(f), c);
    else
        tally_add_unreadable(all->tally, feed_place(f),
                             feed_reason(f, e->text));
    json_decref(recording);
    err_clear(e);
    return true;
}

static size_t
waiting(const struct testing *all)
{
    size_t n = 0;

    for (size_t i = all->first; i < all->next; i++)
        n += !all->slots[i % WINDOW].ready;
    return n > ROUND ? ROUND : n;
}

static void
on_unsent(void *arg)
{
    (void)arg; /* sent with pool_flush, many frames at once */
}

static int
walk_all(struct testing *all, struct feed *f, struct err *e)
{
    struct pool *pool = all->opened.ground.pool;
    bool more = true;

    pool_on_unsent(pool, on_unsent, NULL);
    while (more || all->first < all->next) {
        while (more && all->next - all->first < WINDOW)
            more = start_next(all, f, e);
        pool_flush(pool);
        if (feed_failed(f))
            return -1;
        count_ready(all);
        all->left = waiting(all);
        if (all->left > 0 && pool_wait(pool, &all->left, -1, e) != 0)
            return -1;
    }
    return 0;
}

/* --- those that budgets decide about --- */

static void
on_claim_explained(void *arg, struct pair *p)
{
    struct testing *all = arg;

    (void)p;
    all->left--;
}

static int
explain_claims(struct testing *all, struct err *e)
{
    struct pair *p;
    size_t number;
    int label;

    all->left = 0;
    for (size_t i = 0;
         (p = ledger_pair(all->ledger, i, &number, &label)) != NULL; i++) {
        if (!tally_wants_why(all->tally, p, number))
            continue;
        all->left++;
        pair_take_down(p);
        pair_explain(p, on_claim_explained, all);
    }
    pool_flush(all->opened.ground.pool);
    return all->left > 0 ? pool_wait(all->opened.ground.pool, &all->left, -1, e)
                         : 0;
}

static void
on_settled(void *arg)
{
    struct testing *all = arg;

    all->left--;
}

static int
settle_claims(struct testing *all, struct err *e)
{
    struct pair *p;
    size_t number;
    int label;

    all->left = 1;
    ledger_settle(all->ledger, on_settled, all);
    pool_flush(all->opened.ground.pool);
    if (pool_wait(all->opened.ground.pool, &all->left, -1, e) != 0 ||
        explain_claims(all, e) != 0)
        return -1;
    for (size_t i = 0;
         (p = ledger_pair(all->ledger, i, &number, &label)) != NULL; i++) {
        tally_add(all->tally, p, number, label,
                  p->explained ? why_of(p) : NULL);
        pair_shelve(p);
    }
    return 0;
}

/* --- limits --- */

static bool
limits_valid(const struct option_spec *specs)
{
    for (size_t i = 0; i < LIMITS; i++) {
        const char *given = args_value(specs, limit_name(i));

        if (given == NULL || limit_valid(given))
            continue;
        fprintf(stderr,
                "usher backtest: --%s is a number of conversations (12) or a "
                "share of them (2%%), not %s\n",
                limit_name(i), given);
        return false;
    }
    return true;
}

static bool
check_limits(struct report *r, const struct option_spec *specs)
{
    bool kept;

    for (size_t i = 0; i < LIMITS; i++)
        r->limits[i].given = args_value(specs, limit_name(i));
    kept = limits_kept(r->limits, r->tally);
    for (size_t i = 0; i < LIMITS; i++)
        if (r->limits[i].exceeded)
            fprintf(stderr, "usher backtest: --%s %s is exceeded: %s\n",
                    r->limits[i].name, r->limits[i].given, r->limits[i].found);
    return kept;
}

/* --- telling --- */

static void
tell_speed(const struct testing *all, int64_t began_us)
{
    double seconds = (double)(clock_mono_us() - began_us) / 1e6;

    fprintf(
        stderr, "%zu conversations in %.2f s, %.0f a second on %u workers\n",
        all->first, seconds, seconds > 0 ? (double)all->first / seconds : 0.0,
        pool_workers(all->opened.ground.pool));
}

/* --- the verb --- */

/* Where workers have all processors, each answer would take one from them at
 * once; they have more to do meanwhile. As a batch it waits for its turn and
 * takes many answers together. When that is refused, it is only slower. */
static void
run_as_batch(void)
{
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
}

static int
test(struct testing *all, struct feed *f, const struct option_spec *specs)
{
    struct report report = {.tally = all->tally};
    int64_t began_us = clock_mono_us();
    struct err e = {0};
    bool kept;

    run_as_batch();
    progress_start(&all->progress, "conversations", 0);
    if (walk_all(all, f, &e) != 0 || settle_claims(all, &e) != 0) {
        fprintf(stderr, "usher backtest: %s\n", e.text);
        return EXIT_REACH;
    }
    progress_end(&all->progress);
    tell_speed(all, began_us);
    tally_end(all->tally);
    report.use = ledger_use(all->ledger, &report.use_count);
    for (size_t s = 0; s < SIDES; s++) {
        report.rules[s] = all->opened.rules[s];
        report.digest[s] = all->opened.digest[s];
    }
    kept = check_limits(&report, specs);
    if (report_tell("backtest", &report, args_given(specs, "json"),
                    args_value(specs, "html")) != EXIT_DONE)
        return EXIT_FAILED;
    return !kept                              ? EXIT_FAILED
           : all->tally->unreadable_count > 0 ? EXIT_PARTIAL
                                              : EXIT_DONE;
}

/* Pairs that are still out have to come home before their memory goes. */
static void
clear(struct testing *all)
{
    for (size_t i = all->first; i < all->next; i++) {
        struct slot *slot = &all->slots[i % WINDOW];

        all->left = !slot->ready;
        (void)(pool_wait(all->opened.ground.pool, &all->left, -1, NULL) == 0);
        json_decref(slot->why);
        pair_free(slot->pair);
    }
    ledger_free(all->ledger);
    tally_free(all->tally);
    backtest_close(&all->opened);
}

static int
run(const struct args *args, const struct option_spec *specs, size_t top)
{
    struct testing *all = mem_zero(sizeof *all);
    struct feed *f;
    int code = backtest_open(&all->opened, args, specs);

    if (code == EXIT_DONE) {
        all->tally =
            tally_new(all->opened.ground.same, top, args_value(specs, "label"),
                      config_zone(all->opened.config));
        all->ledger = ledger_new(&all->opened.ground);
        f = feed_open(args->operands, args->count, all->opened.past,
                      all->opened.since_ms);
        code = test(all, f, specs);
        feed_close(f);
    }
    clear(all);
    free(all);
    return code;
}

static int
usage(void)
{
    fputs(
        "usage: usher backtest --new DIR [--old DIR] [-c FILE] [--label NAME] "
        "[--top N]\n"
        "       [--html FILE] [--json] [--workers N] [--max-changed N|N%]\n"
        "       [--max-new-escalations N|N%] [--max-lost-escalations N|N%]\n"
        "       FILE... | [--since 30d] [--socket PATH | --store FILE]\n",
        stderr);
    return EXIT_USAGE;
}

int
verb_backtest(int argc, char **argv)
{
    struct option_spec specs[] = {{"new", 0, true, NULL},
                                  {"old", 0, true, NULL},
                                  {"config", 'c', true, NULL},
                                  {"since", 0, true, NULL},
                                  {"socket", 0, true, NULL},
                                  {"store", 0, true, NULL},
                                  {"label", 0, true, NULL},
                                  {"top", 0, true, NULL},
                                  {"html", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {"workers", 0, true, NULL},
                                  {"max-changed", 0, true, NULL},
                                  {"max-new-escalations", 0, true, NULL},
                                  {"max-lost-escalations", 0, true, NULL},
                                  {0}};
    const char *top = NULL;
    uint64_t count = TOP;
    struct args args;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    top = args_value(specs, "top");
    if (args_value(specs, "new") == NULL || !limits_valid(specs))
        return usage();
    if (top != NULL && (!str_to_u64(str_of(top), &count) || count > TOP_MAX)) {
        fprintf(stderr, "usher backtest: --top is 0 to %d\n", TOP_MAX);
        return EXIT_USAGE;
    }
    return run(&args, specs, (size_t)count);
}
