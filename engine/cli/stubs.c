#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/looking.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/file.h"
#include "script/pool.h"

#define MADE_HERE "Made by usher stubs"

static int
fail(const struct err *e, int code)
{
    fprintf(stderr, "usher stubs: %s\n", e->text);
    return code;
}

/* What somebody else wrote stays: only our own mark, or the same text, lets a
 * file be written anew. */
static bool
is_theirs(const char *path, const char *text)
{
    struct buf old = {0};
    struct err e = {0};
    bool theirs = false;

    if (access(path, F_OK) == 0)
        theirs = file_read(path, 1u << 20, &old, &e) != 0 ||
                 (strstr(buf_str(&old), MADE_HERE) == NULL &&
                  strcmp(buf_str(&old), text) != 0);
    buf_free(&old);
    return theirs;
}

static int
write_one(const char *dir, const char *name, const char *text, size_t n)
{
    char path[4096];
    struct err e = {0};

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (is_theirs(path, text)) {
        printf("kept %s, which usher stubs did not write\n", path);
        return 0;
    }
    unlink(path);
    if (file_create(path, text, n, &e) != 0)
        return fail(&e, -1);
    chmod(path, 0644);
    printf("made %s\n", path);
    return 0;
}

static int
write_all(const char *dir, json_t *files)
{
    char path[4096];
    const char *name;
    json_t *text;

    snprintf(path, sizeof path, "%s/.usher", dir);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "usher stubs: %s: %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    json_object_foreach(files, name, text)
    {
        if (write_one(dir, name, json_string_value(text),
                      json_string_length(text)) != 0)
            return EXIT_FAILED;
    }
    return EXIT_DONE;
}

/* The names come from the configuration: the one that is named, else the one
 * in the folder, else none. */
static int
load_config(const char *path, const char *dir, struct config **out,
            struct err *e)
{
    char beside[4096];
    struct pool *pool;

    snprintf(beside, sizeof beside, "%s/usher.conf.lua", dir);
    if (path == NULL && access(beside, F_OK) == 0)
        path = beside;
    if (path == NULL)
        return 0;
    pool = pool_new(&(struct pool_options){.workers = 1}, e);
    if (pool == NULL)
        return -1;
    *out = config_load(pool, path, e);
    pool_free(pool);
    return *out != NULL ? 0 : -1;
}

int
verb_stubs(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL}, {0}};
    struct args args;
    struct config *config = NULL;
    struct looking words = {0};
    struct err e = {0};
    const char *dir;
    json_t *files;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args.count > 1) {
        fputs("usage: usher stubs [DIR] [-c FILE]\n", stderr);
        return EXIT_USAGE;
    }
    dir = args.count == 1 ? args.operands[0] : ".";
    if (load_config(args_value(specs, "config"), dir, &config, &e) != 0)
        return fail(&e, EXIT_CONFIG);
    if (looking_load(&words, config, NULL, false, false, &e) != 0) {
        looking_close(&words);
        config_free(config);
        return fail(&e, EXIT_FAILED);
    }
    files = looking_ask(&words, "stubs", NULL, &e);
    code = files != NULL ? write_all(dir, files) : fail(&e, EXIT_FAILED);
    json_decref(files);
    looking_close(&words);
    config_free(config);
    return code;
}
