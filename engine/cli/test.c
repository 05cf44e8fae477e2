#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/test_cover.h"
#include "cli/test_mutate.h"
#include "cli/testing.h"
#include "cli/verbs.h"
#include "flow/folder_watch.h"
#include "flow/policy.h"
#include "http/loop.h"
#include "script/pool.h"

/* For the mutants of a policy of hundreds of rules. */
#define MUTATE_SECONDS 600

static const struct {
    const char *name;
    test_teller *tell;
} formats[] = {
    {"pretty", test_tell_pretty},
    {"tap", test_tell_tap},
    {"junit", test_tell_junit},
    {"json", test_tell_json},
};
#define FORMATS (sizeof formats / sizeof *formats)

/* --- running --- */

static void
on_tried(void *arg, const struct trial_outcome *o)
{
    struct suite *s = arg;

    s->outcome = o;
    s->left = 0;
}

static int
run_suite(struct suite *s)
{
    struct trial_choice choice = {.name = s->wishes->filter,
                                  .file = s->file[0] != '\0' ? s->file : NULL};
    struct err e = {0};

    s->left = 1;
    s->trial = trial_run(s->opened.pool, s->opened.config, s->opened.policy,
                         &choice, on_tried, s);
    if (pool_wait(s->opened.pool, &s->left, -1, &e) == 0 &&
        s->outcome->tests != NULL)
        return EXIT_DONE;
    fprintf(stderr, "usher test: %s: %s\n", s->dir,
            s->outcome != NULL ? s->outcome->text : e.text);
    s->outcome = NULL;
    return EXIT_FAILED;
}

static int
judge_suite(const struct suite *s)
{
    const struct trial_outcome *o = s->outcome;

    fprintf(stderr, "%s: %zu passed, %zu failed\n", s->dir, o->passed,
            o->failed);
    if (o->count > 0)
        return o->failed > 0 ? EXIT_FAILED : EXIT_DONE;
    fprintf(stderr, "usher test: no test found in %s%s%s\n",
            s->file[0] != '\0' ? s->file : s->dir,
            s->wishes->filter != NULL ? " for --filter " : "",
            s->wishes->filter != NULL ? s->wishes->filter : "");
    return EXIT_FAILED;
}

static void
close_suite(struct suite *s)
{
    trial_free(s->trial);
    open_close(&s->opened);
}

/* A path may be a test file: its folder is the policy. */
static void
take_path(struct suite *s, const char *path)
{
    struct stat st;
    char *slash;

    snprintf(s->dir, sizeof s->dir, "%s", path);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    slash = strrchr(s->dir, '/');
    if (slash == NULL)
        snprintf(s->dir, sizeof s->dir, ".");
    else
        *slash = '\0';
    snprintf(s->file, sizeof s->file, "%s%s", slash == NULL ? "./" : "", path);
}

struct testing {
    struct test_wishes wishes;
    test_teller *tell;
    struct suite *suites;
    size_t count;
    struct coverage *coverage; /* NULL: not asked for */
    struct mutation *mutation;
};

static int
open_suite(struct suite *s)
{
    int code = open_policy_tests(&s->opened, "test", s->wishes->config, s->dir);

    return code == EXIT_DONE ? run_suite(s) : code;
}

/* --- measuring: of all the folders together --- */

static int
cover(struct testing *t, struct err *e)
{
    t->coverage = coverage_new();
    for (size_t i = 0; i < t->count; i++)
        if (coverage_add(t->coverage, &t->suites[i], e) != 0)
            return -1;
    return t->wishes.lcov == NULL
               ? 0
               : coverage_write_lcov(t->coverage, t->wishes.lcov, e);
}

static int
mutate(struct testing *t, struct err *e)
{
    t->mutation = mutation_new(t->wishes.seconds);
    for (size_t i = 0; i < t->count; i++) {
        struct suite *s = &t->suites[i];

        if (s->outcome->failed > 0)
            return err_set(e, ERR_INPUT,
                           "%s: --mutate wants tests that pass as they are",
                           s->dir);
        if (s->outcome->count > 0 && mutation_add(t->mutation, s, e) != 0)
            return -1;
    }
    return 0;
}

static int
measure(struct testing *t)
{
    struct err e = {0};
    int rc = 0;

    if (t->wishes.coverage)
        rc = cover(t, &e);
    if (rc == 0 && t->wishes.mutate)
        rc = mutate(t, &e);
    if (rc != 0)
        fprintf(stderr, "usher test: %s\n", e.text);
    return rc != 0 ? EXIT_FAILED : EXIT_DONE;
}

static int
check_min(const struct testing *t, const char *what, unsigned percent)
{
    if (percent >= t->wishes.min)
        return EXIT_DONE;
    fprintf(stderr, "usher test: %s is %u %%, --min wants %u %%\n", what,
            percent, t->wishes.min);
    return EXIT_FAILED;
}

static int
judge_measures(const struct testing *t)
{
    int code = EXIT_DONE;

    if (t->coverage != NULL)
        code = check_min(t, "coverage", coverage_percent(t->coverage));
    if (t->mutation != NULL)
        code |= check_min(t, "mutation", mutation_percent(t->mutation));
    return code;
}

/* --- all the folders --- */

static void
worsen(int *worst, int code)
{
    if (code > *worst)
        *worst = code;
}

static void
run_all(struct testing *t, const char *const *paths, size_t count, int *worst)
{
    for (size_t i = 0; i < count; i++) {
        struct suite *s = &t->suites[t->count];

        s->wishes = &t->wishes;
        take_path(s, paths[i]);
        worsen(worst, open_suite(s));
        if (s->outcome != NULL) {
            t->count++;
        } else {
            close_suite(s);
            memset(s, 0, sizeof *s);
        }
    }
}

static int
test_all(struct testing *t, const char *const *paths, size_t count)
{
    int worst = EXIT_DONE;

    t->suites = mem_zero((count + 1) * sizeof *t->suites);
    t->count = 0;
    run_all(t, paths, count, &worst);
    worsen(&worst, measure(t));
    t->tell(&(struct telling){t->suites, t->count, t->coverage, t->mutation});
    fflush(stdout);
    worsen(&worst, judge_measures(t));
    for (size_t i = 0; i < t->count; i++) {
        worsen(&worst, judge_suite(&t->suites[i]));
        close_suite(&t->suites[i]);
    }
    coverage_free(t->coverage);
    mutation_free(t->mutation);
    free(t->suites);
    t->coverage = NULL;
    t->mutation = NULL;
    return worst;
}

/* --- again and again --- */

/* Editors write, rename and delete within some milliseconds. */
#define QUIET_MS 200

struct watching {
    struct testing *testing;
    const struct args *args;
    struct loop *loop;
    int code; /* of the last run */
};

static void
run_again(void *arg)
{
    struct watching *w = arg;

    w->code = test_all(w->testing, w->args->operands, w->args->count);
    fputs("usher test: waiting for a change; Ctrl-C ends it\n", stderr);
}

static void
on_signal(void *arg, int signal)
{
    struct watching *w = arg;

    (void)signal;
    loop_stop(w->loop);
}

static int
watch_path(struct watching *w, const char *path, struct folder_watch **out,
           struct err *e)
{
    struct suite s = {0};

    take_path(&s, path);
    *out = folder_watch_new(w->loop, s.dir, QUIET_MS, run_again, w, e);
    return *out != NULL ? 0 : -1;
}

static int
watch_all(struct watching *w, struct folder_watch **watches, struct err *e)
{
    const struct args *args = w->args;
    const char *config = w->testing->wishes.config;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < args->count; i++)
        rc = watch_path(w, args->operands[i], &watches[i], e);
    if (rc == 0 && config != NULL)
        rc = watch_path(w, config, &watches[args->count], e);
    if (rc == 0)
        rc = loop_on_signal(w->loop, SIGINT, on_signal, w, e);
    return rc == 0 ? loop_on_signal(w->loop, SIGTERM, on_signal, w, e) : rc;
}

/* Watched from before the first run: nothing that is saved goes unseen. */
static int
test_watching(struct testing *t, const struct args *args)
{
    struct watching w = {.testing = t, .args = args, .code = EXIT_FAILED};
    struct folder_watch **watches =
        mem_zero((args->count + 1) * sizeof(struct folder_watch *));
    struct err e = {0};

    w.loop = loop_new(&e);
    if (w.loop != NULL && watch_all(&w, watches, &e) == 0) {
        run_again(&w);
        loop_run(w.loop);
    } else {
        fprintf(stderr, "usher test: %s\n", e.text);
    }
    for (size_t i = 0; i <= args->count; i++)
        folder_watch_free(watches[i]);
    loop_free(w.loop);
    free(watches);
    return w.code;
}

/* --- the command line --- */

static test_teller *
find_format(const struct option_spec *specs)
{
    const char *name = args_value(specs, "format");

    if (name == NULL)
        name = args_given(specs, "json") ? "json" : "pretty";
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].tell;
    fprintf(stderr,
            "usher test: --format is pretty, tap, junit or json, not %s\n",
            name);
    return NULL;
}

static bool
take_number(const struct option_spec *specs, const char *name, uint64_t most,
            unsigned *out)
{
    const char *value = args_value(specs, name);
    uint64_t n = 0;

    if (value == NULL)
        return true;
    if (!str_to_u64(str_of(value), &n) || n > most) {
        fprintf(stderr, "usher test: --%s is a number up to %u, not %s\n", name,
                (unsigned)most, value);
        return false;
    }
    *out = (unsigned)n;
    return true;
}

static bool
take_measures(struct test_wishes *w, const struct option_spec *specs)
{
    w->lcov = args_value(specs, "lcov");
    w->coverage = args_given(specs, "coverage") || w->lcov != NULL;
    w->mutate = args_given(specs, "mutate");
    w->seconds = MUTATE_SECONDS;
    if (args_given(specs, "min") && !w->coverage && !w->mutate) {
        fputs("usher test: --min goes with --coverage or --mutate\n", stderr);
        return false;
    }
    return take_number(specs, "min", 100, &w->min) &&
           take_number(specs, "seconds", 86400, &w->seconds);
}

int
verb_test(int argc, char **argv)
{
    struct option_spec specs[] = {
        {"policy", 0, true, NULL},  {"config", 'c', true, NULL},
        {"filter", 0, true, NULL},  {"format", 0, true, NULL},
        {"json", 0, false, NULL},   {"coverage", 0, false, NULL},
        {"lcov", 0, true, NULL},    {"mutate", 0, false, NULL},
        {"seconds", 0, true, NULL}, {"min", 0, true, NULL},
        {"watch", 0, false, NULL},  {0}};
    struct args args;
    struct testing t = {0};

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    t.tell = find_format(specs);
    if (t.tell == NULL)
        return EXIT_USAGE;
    t.wishes.config = args_value(specs, "config");
    t.wishes.filter = args_value(specs, "filter");
    if (!take_measures(&t.wishes, specs))
        return EXIT_USAGE;
    if (args.count == 0) {
        const char *dir = args_value(specs, "policy");

        args.operands[args.count++] = dir != NULL ? dir : "rules";
    }
    return args_given(specs, "watch") ? test_watching(&t, &args)
                                      : test_all(&t, args.operands, args.count);
}
