#include "cli/backtest_open.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/past.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "script/pool.h"

#define CONFIG_DEFAULT "usher.conf.lua"
#define WORKERS_MAX    64

/* The folder that both policies seem to lie in: what a rule is called in a
 * trace or a failure does not depend on where its file was. */
#define SHOWN    "rules/"
#define LANGUAGE "rules/std/"

static int
complain(const struct err *e, int code)
{
    fprintf(stderr, "usher backtest: %s\n", e->text);
    return code;
}

static int
usage(const char *what)
{
    fprintf(stderr, "usher backtest: %s\n", what);
    return EXIT_USAGE;
}

/* --- policies --- */

/* Not of the rule language, whose words and lists are this version's. */
static bool
is_own(const json_t *file)
{
    const char *name = json_string_value(json_array_get(file, 0));

    return name != NULL && !json_is_true(json_array_get(file, 2)) &&
           strncmp(name, LANGUAGE, strlen(LANGUAGE)) != 0;
}

static void
rename_files(json_t *kept)
{
    json_t *file;
    size_t i;

    json_array_foreach(json_object_get(kept, "files"), i, file)
    {
        const char *name = json_string_value(json_array_get(file, 0));
        const char *slash = name != NULL ? strrchr(name, '/') : NULL;
        struct buf shown = {0};

        if (!is_own(file))
            continue;
        buf_addf(&shown, SHOWN "%s", slash != NULL ? slash + 1 : name);
        json_array_set_new(file, 0, json_string(buf_str(&shown)));
        buf_free(&shown);
    }
}

/* Of the rules' own files: the rule language and the configuration are the
 * same for both. */
static void
digest_files(const json_t *kept, char out[DIGEST_SIZE])
{
    json_t *own = json_array(), *file;
    struct buf text = {0}, hex = {0};
    uint8_t hash[SHA256_SIZE];
    size_t i;

    json_array_foreach(json_object_get(kept, "files"), i, file)
    {
        if (is_own(file))
            json_array_append(own, file);
    }
    json_write(&text, own);
    digest_sha256(text.data, text.len, hash);
    digest_hex(&hex, hash, sizeof hash);
    snprintf(out, DIGEST_SIZE, "%s", buf_str(&hex));
    json_decref(own);
    buf_free(&text);
    buf_free(&hex);
}

static struct policy *
from_kept(struct backtest_opened *o, enum side side, json_t *kept,
          struct err *e)
{
    struct buf text = {0};
    struct policy *p;

    rename_files(kept);
    digest_files(kept, o->digest[side]);
    json_write(&text, kept);
    p = policy_from_kept(o->config, "rules", (struct str){text.data, text.len},
                         e);
    buf_free(&text);
    return p;
}

static struct policy *
from_folder(struct backtest_opened *o, enum side side, const char *dir,
            struct err *e)
{
    struct policy *p = policy_load(o->config, dir, false, NULL, e), *shown;
    struct buf text = {0};
    json_t *kept;

    if (p == NULL)
        return NULL;
    policy_keep(p, &text);
    policy_release(p);
    kept = json_read(buf_str(&text), text.len, e);
    shown = kept != NULL ? from_kept(o, side, kept, e) : NULL;
    json_decref(kept);
    buf_free(&text);
    return shown;
}

static struct policy *
from_past(struct backtest_opened *o, struct err *e)
{
    struct buf hash = {0};
    struct policy *p = NULL;
    json_t *kept = NULL;

    if (past_policy_hash(o->past, &hash, e) == 0) {
        if (hash.len == 0)
            err_set(e, ERR_INPUT, "nothing was decided yet: say --old DIR");
        else
            kept = past_thing(o->past, PAST_POLICY, buf_str(&hash), e);
    }
    if (kept != NULL)
        p = from_kept(o, SIDE_OLD, kept, e);
    json_decref(kept);
    buf_free(&hash);
    return p;
}

/* Take it, load it in a worker, count its rules. */
static int
take_policy(struct backtest_opened *o, enum side side, struct policy *p,
            const char *name, struct err *e)
{
    json_t *description = NULL;

    o->policies[side] = p;
    if (p == NULL || policy_check(o->ground.pool, p, &description, e) != 0) {
        err_wrap(e, "%s", name);
        return complain(e, EXIT_CONFIG);
    }
    o->ground.policy[side] = p;
    o->rules[side] = json_array_size(json_object_get(description, "rules"));
    json_decref(description);
    return EXIT_DONE;
}

static int
open_old(struct backtest_opened *o, const char *dir)
{
    struct err e = {0};

    if (dir == NULL && o->past != NULL)
        return take_policy(o, SIDE_OLD, from_past(o, &e), "the policy in force",
                           &e);
    if (dir == NULL && o->config == NULL)
        return usage("the old policy? say --old DIR, or -c FILE, which names "
                     "one");
    if (dir == NULL)
        dir = o->config->policy_dir;
    return take_policy(o, SIDE_OLD, from_folder(o, SIDE_OLD, dir, &e), "old",
                       &e);
}

static int
open_policies(struct backtest_opened *o, const struct option_spec *specs)
{
    struct err e = {0};
    int code = open_old(o, args_value(specs, "old"));

    if (code != EXIT_DONE)
        return code;
    code = take_policy(o, SIDE_NEW,
                       from_folder(o, SIDE_NEW, args_value(specs, "new"), &e),
                       "new", &e);
    if (code == EXIT_DONE)
        o->ground.same = strcmp(o->policies[SIDE_OLD]->hash,
                                o->policies[SIDE_NEW]->hash) == 0;
    return code;
}

/* --- conversations --- */

static bool
take_since(struct backtest_opened *o, const char *since)
{
    int64_t span;

    if (since == NULL)
        return true;
    span = past_span_ms(since);
    o->since_ms = clock_now_ms() - span;
    return span > 0;
}

static int
open_past(struct backtest_opened *o, const struct args *args,
          const struct option_spec *specs)
{
    const char *store = args_value(specs, "store");
    const char *socket_path = args_value(specs, "socket");
    bool asked =
        args_given(specs, "since") || store != NULL || socket_path != NULL;
    struct err e = {0};

    if (!take_since(o, args_value(specs, "since")))
        return usage("--since is a time back from now: 30d, 12h, 2w");
    if (args->count > 0)
        return asked ? usage("either files, or --since, --socket and --store")
                     : EXIT_DONE;
    if (!asked)
        return usage("which conversations? say FILE..., or --since 30d");
    if (store == NULL && socket_path == NULL) {
        if (o->config == NULL)
            return usage("which engine? say -c FILE, --socket PATH or --store "
                         "FILE");
        socket_path = o->config->admin_socket;
    }
    o->past = past_open(socket_path, store,
                        o->config != NULL ? o->config->tenant : NULL, &e);
    return o->past != NULL ? EXIT_DONE : complain(&e, EXIT_REACH);
}

/* Where nothing else says what is meant, the configuration does. */
static const char *
find_config(const struct args *args, const struct option_spec *specs)
{
    const char *given = args_value(specs, "config");
    bool names_all = args_given(specs, "old") &&
                     (args->count > 0 || args_given(specs, "socket") ||
                      args_given(specs, "store"));

    if (given == NULL && !names_all && access(CONFIG_DEFAULT, F_OK) == 0)
        return CONFIG_DEFAULT;
    return given;
}

/* One more than there are processors: while one waits for its next conversation
 * another has something to do. And many at once for each: the longer one runs
 * before another takes its processor, the less its caches have to be filled
 * anew. */
static int
open_pool(struct backtest_opened *o, const char *workers)
{
    struct pool_options options = {.recycle = 1000000, .in_flight = 32};
    struct err e = {0};
    uint64_t count = 0;

    if (workers != NULL && (!str_to_u64(str_of(workers), &count) || count < 1 ||
                            count > WORKERS_MAX))
        return usage("--workers is 1 to 64");
    options.workers = (unsigned)count;
    o->ground.pool = pool_new(&options, &e);
    if (o->ground.pool == NULL ||
        (count == 0 &&
         pool_widen(o->ground.pool, pool_workers(o->ground.pool) + 1, &e) != 0))
        return complain(&e, EXIT_FAILED);
    return EXIT_DONE;
}

int
backtest_open(struct backtest_opened *o, const struct args *args,
              const struct option_spec *specs)
{
    const char *config = find_config(args, specs);
    struct err e = {0};
    int code = open_pool(o, args_value(specs, "workers"));

    if (code == EXIT_DONE && config != NULL) {
        o->config = config_load(o->ground.pool, config, &e);
        o->ground.config = o->config;
        if (o->config == NULL)
            code = complain(&e, EXIT_CONFIG);
    }
    if (code == EXIT_DONE)
        code = open_past(o, args, specs);
    if (code == EXIT_DONE)
        code = open_policies(o, specs);
    return code;
}

void
backtest_close(struct backtest_opened *o)
{
    for (size_t s = 0; s < SIDES; s++)
        policy_release(o->policies[s]);
    past_close(o->past);
    pool_free(o->ground.pool);
    config_free(o->config);
    memset(o, 0, sizeof *o);
}
