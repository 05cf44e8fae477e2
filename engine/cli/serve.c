#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/args.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "script/pool.h"

static int
set_log(const struct option_spec *specs)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const char *format = args_value(specs, "log");
    const char *level = args_value(specs, "log-level");
    int at = LOG_INFO;

    if (format != NULL && strcmp(format, "json") != 0 &&
        strcmp(format, "text") != 0) {
        fprintf(stderr, "usher serve: --log is json or text\n");
        return -1;
    }
    if (level != NULL) {
        for (at = 0; at < 4 && strcmp(levels[at], level) != 0; at++)
            ;
        if (at == 4) {
            fprintf(stderr,
                    "usher serve: --log-level is error, warn, info or debug\n");
            return -1;
        }
    }
    log_open(
        2, format != NULL && strcmp(format, "text") == 0 ? LOG_TEXT : LOG_JSON,
        (enum log_level)at);
    return 0;
}

/* Small first: the pool's processes are forked before anything is opened. */
static struct config *
load(struct pool **pool, const char *path, struct err *e)
{
    struct config *config;

    *pool = pool_new(&(struct pool_options){.workers = 1}, e);
    if (*pool == NULL)
        return NULL;
    config = config_load(*pool, path, e);
    if (config != NULL && pool_widen(*pool, config->workers, e) == 0)
        return config;
    config_free(config);
    pool_free(*pool);
    return NULL;
}

int
verb_serve(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL},
                                  {"log", 0, true, NULL},
                                  {"log-level", 0, true, NULL},
                                  {0}};
    struct args args;
    struct config *config;
    struct engine *en;
    struct pool *pool;
    struct err e = {0};
    const char *path;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0 || set_log(specs) != 0)
        return EXIT_USAGE;
    path = args_value(specs, "config");
    prctl(PR_SET_DUMPABLE, 0);
    config = load(&pool, path != NULL ? path : "usher.conf.lua", &e);
    if (config == NULL) {
        fprintf(stderr, "usher serve: %s\n", e.text);
        return EXIT_CONFIG;
    }
    /* One arena for the loop's thread and one for the store's: with one for
     * both, each waits for the other's lock, and the way of an event with its
     * hand-over takes half as long again. More would only keep more. */
    mallopt(M_ARENA_MAX, 2);
    /* What is large comes and goes with its own pages. Unset, the first that
     * goes would raise the bound, and the next lie in the heap. */
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    en = engine_new(config, pool, &e);
    if (en == NULL) {
        fprintf(stderr, "usher serve: %s\n", e.text);
        config_free(config);
        return e.class == ERR_SYSTEM ? EXIT_REACH : EXIT_CONFIG;
    }
    malloc_trim(0); /* starting took more than running does */
    code = engine_run(en);
    engine_free(en);
    config_free(config);
    return code;
}
