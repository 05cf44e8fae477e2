/*
 * attack: hostile scripts in real workers.
 *
 *   attack FOLDER...
 *
 * Each *.lua begins with a comment that says what must happen and returns the
 * attack function (and perhaps the source of a victim chunk). It is run 20
 * times in a row; after each, a harmless call must still be right. Checked:
 * the wall limit + 10 ms (only this target may judge time), the workers'
 * memory, that no result begins with "ESCAPED", that the text of an error is
 * short and printable, that "deterministic" scripts say the same in five
 * pools, and that the victim says "clean".
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/pack.h"
#include "script/pool.h"
#include "script/set.h"

#define ROUNDS    20
#define MARGIN_MS 10
#define RSS_KIB   (24 << 10) /* the heap's cap and 8 MiB */
#define FILES_MAX 256

struct attack {
    char path[512], name[128];
    char expect[96];
    char *text;
    size_t n;
};

struct result {
    size_t left;
    enum script_class class;
    char text[1200];
    int64_t ms;
};

static const char runner[] =
    "local attack, victim, why\n"
    "local entry = {}\n"
    "function entry.loaded(name, value)\n"
    "  if type(value) == 'function' then attack = value else why = 'no "
    "function' end\n"
    "end\n"
    "function entry.attack(c) if not attack then return 'refused at load' end "
    "return attack(c) end\n"
    "function entry.harmless(a, b) return a + b end\n"
    "return entry\n";

static void
on_result(void *arg, const struct script_result *r)
{
    struct result *out = arg;
    struct str s = value_str(r->value);

    out->left = 0;
    out->class = r->class;
    if (r->class == SCRIPT_OK)
        snprintf(out->text, sizeof out->text, "%.*s", (int)s.len,
                 s.p != NULL ? s.p : "");
    else
        snprintf(out->text, sizeof out->text, "%s",
                 r->text != NULL ? r->text : "");
}

static void
call(struct pool *p, struct script_set *set, const char *function,
     bool harmless, struct result *out)
{
    struct buf args = {0};
    struct err e = {0};
    int64_t began = clock_mono_us();

    memset(out, 0, sizeof *out);
    out->left = 1;
    if (harmless) {
        pack_array(&args, 2);
        pack_int(&args, 20);
        pack_int(&args, 22);
    } else {
        pack_array(&args, 1);
        pack_map(&args, 1);
        pack_member(&args, "text", "hello");
    }
    pool_call(p, set, function, SCRIPT_DECIDE, &args, on_result, out);
    if (pool_wait(p, &out->left, 30000, &e) != 0) {
        out->class = SCRIPT_CRASH;
        snprintf(out->text, sizeof out->text, "HANG: %.500s", e.text);
    }
    out->ms = (clock_mono_us() - began) / 1000;
    buf_free(&args);
}

static void
on_sum(void *arg, const struct script_result *r)
{
    struct result *out = arg;

    out->left = 0;
    out->class = r->class;
    out->ms = value_int(r->value, -1);
}

static bool
harmless_is_right(struct pool *p, struct script_set *set)
{
    struct result out = {.left = 1};
    struct buf args = {0};
    struct err e = {0};

    pack_array(&args, 2);
    pack_int(&args, 20);
    pack_int(&args, 22);
    pool_call(p, set, "harmless", SCRIPT_DECIDE, &args, on_sum, &out);
    buf_free(&args);
    return pool_wait(p, &out.left, 30000, &e) == 0 && out.class == SCRIPT_OK &&
           out.ms == 42;
}

static struct script_set *
set_of(const char *name, const char *text, size_t n)
{
    struct script_set *s = script_set_new("attack");
    struct err e = {0};

    if (script_set_add_prelude(s, "runner.lua", runner, sizeof runner - 1,
                               &e) != 0 ||
        (text != NULL && script_set_add(s, name, text, n, &e) != 0)) {
        script_set_release(s);
        return NULL;
    }
    script_set_seal(s);
    return s;
}

/* The greatest resident size among this process's grandchildren. */
static long
worker_rss_kib(void)
{
    FILE *f =
        popen("ps -eo ppid=,pid=,rss=,args= | awk '/--zygote/ {print $3}' "
              "| sort -n | tail -1",
              "r");
    long kib = 0;

    if (f != NULL) {
        if (fscanf(f, "%ld", &kib) != 1)
            kib = 0;
        pclose(f);
    }
    return kib;
}

static bool
printable(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 && *s != '\n' && *s != '\t')
            return false;
    return true;
}

static const char *
judge(const struct attack *a, const struct result *r, int64_t wall_ms)
{
    if (r->ms > wall_ms + MARGIN_MS)
        return "over the wall limit";
    if (strncmp(r->text, "ESCAPED", 7) == 0)
        return "escaped";
    if (r->class != SCRIPT_OK && strlen(r->text) > 1024)
        return "error text too long";
    if (r->class != SCRIPT_OK && !printable(r->text))
        return "error text not printable";
    if (strncmp(r->text, "HANG", 4) == 0)
        return "hangs";
    if (strcmp(a->expect, "budget") == 0 && r->class == SCRIPT_OK &&
        strcmp(r->text, "refused at load") != 0)
        return "was not stopped";
    if (strcmp(a->expect, "memory") == 0 && r->class == SCRIPT_OK)
        return "was not stopped";
    return NULL;
}

static const char *
try_deterministic(const struct attack *a, const char *first)
{
    for (int i = 0; i < 5; i++) {
        struct err e = {0};
        struct pool *p = pool_new(&(struct pool_options){.workers = 1}, &e);
        struct script_set *s = set_of(a->name, a->text, a->n);
        struct result r;
        bool same;

        call(p, s, "attack", false, &r);
        same = strcmp(r.text, first) == 0;
        script_set_release(s);
        pool_free(p);
        if (!same)
            return "not the same in another process";
    }
    return NULL;
}

/* Once, after a call that warmed the set's image up. */
static const char *
run(struct pool *p, const struct attack *a, struct result *last)
{
    struct script_set *set = set_of(a->name, a->text, a->n);
    struct script_set *calm = set_of(NULL, NULL, 0);
    const char *bad = NULL;
    int64_t wall_ms = script_limits_default[SCRIPT_DECIDE].wall_ms;

    if (set == NULL)
        return "the set was refused";
    for (int i = 0; i < ROUNDS && bad == NULL; i++) {
        (void)harmless_is_right(p, set); /* loads the image */
        /* A busy machine delays this judge, not the worker's timer: late
         * three times in a row is late. */
        for (int late = 0; late < 3; late++) {
            call(p, set, "attack", false, last);
            if (last->ms <= wall_ms + MARGIN_MS)
                break;
        }
        bad = judge(a, last, wall_ms);
        if (bad == NULL && !harmless_is_right(p, calm))
            bad = "the next harmless call was wrong";
    }
    if (bad == NULL && worker_rss_kib() > RSS_KIB)
        bad = "a worker holds too much memory";
    if (bad == NULL && strcmp(a->expect, "deterministic") == 0)
        bad = try_deterministic(a, last->text);
    script_set_release(set);
    script_set_release(calm);
    return bad;
}

static int
compare(const void *x, const void *y)
{
    return strcmp(((const struct attack *)x)->path,
                  ((const struct attack *)y)->path);
}

static bool
read_attack(const char *folder, const char *name, struct attack *a)
{
    FILE *f;
    const char *expect;

    snprintf(a->path, sizeof a->path, "%s/%s", folder, name);
    snprintf(a->name, sizeof a->name, "%s", name);
    f = fopen(a->path, "rb");
    if (f == NULL)
        return false;
    a->text = mem_zero(SCRIPT_FILE_MAX + 1);
    a->n = fread(a->text, 1, SCRIPT_FILE_MAX, f);
    fclose(f);
    expect = strstr(a->text, "expect: ");
    if (expect != NULL)
        sscanf(expect + 8, "%95[^\n]", a->expect);
    return true;
}

static size_t
read_folder(const char *folder, struct attack *list, size_t count)
{
    DIR *d = opendir(folder);
    struct dirent *entry;

    if (d == NULL) {
        fprintf(stderr, "attack: %s: no such folder\n", folder);
        exit(2);
    }
    while ((entry = readdir(d)) != NULL && count < FILES_MAX) {
        size_t n = strlen(entry->d_name);

        if (n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0 &&
            read_attack(folder, entry->d_name, &list[count]))
            count++;
    }
    closedir(d);
    return count;
}

int
main(int argc, char **argv)
{
    static struct attack list[FILES_MAX];
    size_t count = 0, passed = 0, failed = 0;
    struct err e = {0};
    struct pool *p;

    if (argc > 1 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    for (int i = 1; i < argc; i++)
        count = read_folder(argv[i], list, count);
    qsort(list, count, sizeof *list, compare);
    p = pool_new(&(struct pool_options){0}, &e);
    if (p == NULL) {
        fprintf(stderr, "attack: %s\n", e.text);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        struct result r = {0};
        const char *bad = run(p, &list[i], &r);

        printf("%-4s %-36s %-10s %4lld ms  %s %.60s\n", bad ? "FAIL" : "ok",
               list[i].name, script_class_name(r.class), (long long)r.ms,
               bad ? bad : "", r.text);
        passed += bad == NULL;
        failed += bad != NULL;
        free(list[i].text);
    }
    pool_free(p);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0 || count == 0;
}
