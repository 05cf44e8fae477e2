#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "cli/args.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/recordings.h"
#include "cli/verbs.h"
#include "cli/walk.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

/* One test case: its conversation is built by the engine's own code, decided
 * in a worker like in production, and the policy's own expect() judges. */
struct tested {
    struct testing *all;
    size_t index;
    const json_t *test; /* name, where, given, event */
    struct walk *walk;
    json_t *verdict; /* {ok, diff}, or NULL: could not be run */
    char failure[ERR_TEXT_MAX];
};

struct testing {
    struct opened opened;
    const char *dir, *filter;
    bool json;
    json_t *tests;
    struct tested *cases;
    size_t count, left;
    size_t passed, failed;
};

/* --- recordings beside the tests, by name --- */

static bool
is_recording(const char *name)
{
    static const char *const ends[] = {".json", ".jsonl", ".jsonl.gz"};
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);

        if (n > m && strcmp(name + n - m, ends[i]) == 0)
            return true;
    }
    return false;
}

static int
load_recording(const char *dir, const char *name, json_t *into)
{
    char path[4096];
    const char *file[1] = {path};
    struct recordings *r;
    struct err e = {0};
    bool broken;
    json_t *first;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    r = recordings_open(file, 1);
    first = recordings_next(r, &broken, &e);
    if (broken)
        fprintf(stderr, "usher test: %s\n", e.text);
    else if (first != NULL)
        json_object_set_new(into, name, first);
    recordings_close(r);
    return broken ? -1 : 0;
}

static json_t *
load_recordings(const char *dir)
{
    json_t *all = json_object();
    DIR *d = opendir(dir);
    struct dirent *entry;
    int bad = 0;

    while (d != NULL && (entry = readdir(d)) != NULL)
        if (is_recording(entry->d_name) &&
            load_recording(dir, entry->d_name, all) != 0)
            bad = 1;
    if (d != NULL)
        closedir(d);
    if (bad) {
        json_decref(all);
        return NULL;
    }
    return all;
}

/* --- running --- */

static const char *
text_of(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s != NULL ? s : "";
}

static void
on_verdict(void *arg, const struct script_result *r)
{
    struct tested *t = arg;

    t->all->left--;
    if (r->class == SCRIPT_OK)
        t->verdict = value_json(r->value);
    else
        snprintf(t->failure, sizeof t->failure, "%s", r->text);
}

static void
on_walked(void *arg, struct walk *w)
{
    struct tested *t = arg;
    struct buf args = {0}, json = {0};
    json_t *decision;

    t->walk = w;
    if (w->failure[0] != '\0')
        snprintf(t->failure, sizeof t->failure, "%s", w->failure);
    decision_json(&w->decision, true, &json);
    decision = json_read(json.data, json.len, NULL);
    pack_array(&args, 2);
    pack_int(&args, (int64_t)t->index + 1);
    pack_json(&args, decision);
    pool_call(t->all->opened.pool, t->all->opened.policy->set, "expect",
              SCRIPT_TEST, &args, on_verdict, t);
    json_decref(decision);
    buf_free(&args);
    buf_free(&json);
}

static void
start_case(struct tested *t)
{
    struct err e = {0};
    struct conversation *c =
        conversation_from_recording(json_object_get(t->test, "given"), &e);
    const char *event = text_of(t->test, "event");

    if (c == NULL) {
        snprintf(t->failure, sizeof t->failure, "given: %.400s", e.text);
        t->all->left--;
        return;
    }
    if (event[0] == '\0')
        event = "message.created";
    walk_moment(t->all->opened.pool, t->all->opened.policy,
                t->all->opened.config, c, event,
                json_integer_value(json_object_get(t->test, "now_ms")),
                on_walked, t);
}

static int
run_cases(struct testing *all, struct err *e)
{
    size_t i;
    json_t *one;

    all->cases =
        mem_zero((json_array_size(all->tests) + 1) * sizeof *all->cases);
    json_array_foreach(all->tests, i, one)
    {
        struct tested *t = &all->cases[all->count];

        if (all->filter != NULL &&
            strstr(text_of(one, "name"), all->filter) == NULL)
            continue;
        *t = (struct tested){.all = all, .index = i, .test = one};
        all->count++;
    }
    all->left = all->count;
    for (i = 0; i < all->count; i++)
        start_case(&all->cases[i]);
    return pool_wait(all->opened.pool, &all->left, -1, e);
}

/* --- telling --- */

static bool
held(const struct tested *t)
{
    return t->failure[0] == '\0' &&
           json_is_true(json_object_get(t->verdict, "ok"));
}

static void
tell_failure(const struct tested *t)
{
    const struct testing *all = t->all;
    const char *diff = text_of(t->verdict, "diff");

    printf("%sfailed%s  %s\n        %s\n", out_colour(COLOUR_RED),
           out_colour(COLOUR_NONE), text_of(t->test, "name"),
           text_of(t->test, "where"));
    if (t->failure[0] != '\0')
        printf("        %s\n", t->failure);
    while (*diff != '\0') {
        size_t n = strcspn(diff, "\n");

        printf("        %.*s\n", (int)n, diff);
        diff += n + (diff[n] == '\n');
    }
    printf("        alone: usher test %s --filter \"%s\"\n", all->dir,
           text_of(t->test, "name"));
}

static void
tell(struct testing *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct tested *t = &all->cases[i];

        if (held(t)) {
            all->passed++;
            if (!all->json)
                printf("%sok%s      %s\n", out_colour(COLOUR_GREEN),
                       out_colour(COLOUR_NONE), text_of(t->test, "name"));
        } else {
            all->failed++;
            if (!all->json)
                tell_failure(t);
        }
    }
}

static void
tell_json(const struct testing *all)
{
    json_t *rows = json_array();
    struct buf out = {0};

    for (size_t i = 0; i < all->count; i++) {
        const struct tested *t = &all->cases[i];
        json_t *row = json_object();

        json_object_set_new(row, "name", json_string(text_of(t->test, "name")));
        json_object_set_new(row, "where",
                            json_string(text_of(t->test, "where")));
        json_object_set_new(row, "ok", json_boolean(held(t)));
        if (!held(t))
            json_object_set_new(row, "diff",
                                json_string(t->failure[0] != '\0'
                                                ? t->failure
                                                : text_of(t->verdict, "diff")));
        json_array_append_new(rows, row);
    }
    json_write(&out, rows);
    printf("%s\n", out.data);
    buf_free(&out);
    json_decref(rows);
}

static void
on_tests(void *arg, const struct script_result *r)
{
    struct testing *all = arg;

    all->left = 0;
    if (r->class == SCRIPT_OK)
        all->tests = value_json(r->value);
    else
        fprintf(stderr, "usher test: %s\n", r->text);
}

static int
list_tests(struct testing *all, struct err *e)
{
    struct buf args = {0};

    all->left = 1;
    pack_array(&args, 0);
    pool_call(all->opened.pool, all->opened.policy->set, "tests", SCRIPT_TEST,
              &args, on_tests, all);
    buf_free(&args);
    if (pool_wait(all->opened.pool, &all->left, -1, e) != 0)
        return -1;
    return all->tests != NULL ? 0 : err_set(e, ERR_SCRIPT, "no list of tests");
}

static int
test_folder(struct testing *all, const char *config)
{
    json_t *recordings = load_recordings(all->dir);
    struct err e = {0};
    int code;

    if (recordings == NULL)
        return EXIT_CONFIG;
    code =
        open_policy(&all->opened, "test", config, all->dir, true, recordings);
    json_decref(recordings);
    if (code != EXIT_DONE)
        return code;
    if (list_tests(all, &e) != 0 || run_cases(all, &e) != 0) {
        fprintf(stderr, "usher test: %s\n", e.text);
        code = EXIT_FAILED;
    } else {
        tell(all);
        if (all->json)
            tell_json(all);
        if (all->count == 0)
            fprintf(stderr, "usher test: no test found in %s%s%s\n", all->dir,
                    all->filter != NULL ? " for --filter " : "",
                    all->filter != NULL ? all->filter : "");
        code = all->failed > 0 || all->count == 0 ? EXIT_FAILED : EXIT_DONE;
        fprintf(stderr, "%s: %zu passed, %zu failed\n", all->dir, all->passed,
                all->failed);
    }
    for (size_t i = 0; i < all->count; i++) {
        walk_free(all->cases[i].walk);
        json_decref(all->cases[i].verdict);
    }
    free(all->cases);
    json_decref(all->tests);
    open_close(&all->opened);
    return code;
}

/* A path may be a test file: its folder is the policy. */
static const char *
folder_of(const char *path, char *into, size_t n)
{
    struct stat st;
    char *slash;

    snprintf(into, n, "%s", path);
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        slash = strrchr(into, '/');
        if (slash == NULL)
            snprintf(into, n, ".");
        else
            *slash = '\0';
    }
    return into;
}

int
verb_test(int argc, char **argv)
{
    struct option_spec specs[] = {{"policy", 0, true, NULL},
                                  {"config", 'c', true, NULL},
                                  {"filter", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    struct args args;
    int worst = EXIT_DONE;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args.count == 0) {
        const char *dir = args_value(specs, "policy");

        args.operands[args.count++] = dir != NULL ? dir : "rules";
    }
    for (size_t i = 0; i < args.count; i++) {
        char dir[4096];
        struct testing all = {.filter = args_value(specs, "filter"),
                              .json = args_given(specs, "json")};
        int code;

        all.dir = folder_of(args.operands[i], dir, sizeof dir);
        code = test_folder(&all, args_value(specs, "config"));
        if (code > worst)
            worst = code;
    }
    return worst;
}
