#include "attack.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/pack.h"

/* --- calls --- */

static void
pack_conversation(struct buf *args, const char *text)
{
    pack_map(args, 4);
    pack_member(args, "plan", "gold");
    pack_member(args, "first_question", text);
    pack_cstr(args, "turn_count");
    pack_int(args, 3);
    pack_cstr(args, "messages");
    pack_array(args, 1);
    pack_map(args, 3);
    pack_member(args, "role", "customer");
    pack_member(args, "text", text);
    pack_cstr(args, "seq");
    pack_int(args, 1);
}

static void
pack_facts(struct buf *args)
{
    pack_map(args, 1);
    pack_cstr(args, "event");
    pack_map(args, 1);
    pack_member(args, "type", "message.created");
}

void
ground_answer(void *arg, const struct script_result *r)
{
    struct answer *out = arg;

    out->left = 0;
    out->ms = (clock_mono_us() - out->began_us) / 1000;
    out->class = r->class;
    out->peak = r->peak;
    buf_clear(&out->text);
    if (r->class != SCRIPT_OK)
        buf_adds(&out->text, r->text != NULL ? r->text : "");
    else if (value_is_str(r->value))
        buf_add(&out->text, value_str(r->value).p, value_str(r->value).len);
    else
        value_to_json(&out->text, r->value);
}

void
ground_ask(struct ground *g, struct script_set *set, const char *function,
           script_done *done, struct answer *out)
{
    struct buf args = {0};
    bool decide = strcmp(function, "decide") == 0;

    pack_array(&args, decide ? 2 : 1);
    pack_conversation(&args, "I want a refund");
    if (decide)
        pack_facts(&args);
    out->left = 1;
    out->hung = false;
    out->began_us = clock_mono_us();
    pool_call(g->pool, set, function, SCRIPT_DECIDE, &args, done, out);
    buf_free(&args);
}

void
ground_open(struct ground *g, unsigned workers)
{
    struct err e = {0};

    memset(g, 0, sizeof *g);
    g->workers = workers;
    g->births = UINT64_MAX;
    g->pool = pool_new(&(struct pool_options){.workers = workers}, &e);
    if (g->pool == NULL) {
        fprintf(stderr, "attack: %s\n", e.text);
        exit(2);
    }
}

void
ground_close(struct ground *g)
{
    pool_free(g->pool);
}

/* --- memory --- */

/* The parent of a process, and 0 for what is none. */
static pid_t
parent_of(const char *pid)
{
    char path[64], line[256];
    FILE *f;
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
    f = isdigit((unsigned char)*pid) ? fopen(path, "r") : NULL;
    if (f == NULL)
        return 0;
    while (parent == 0 && fgets(line, sizeof line, f) != NULL)
        sscanf(line, "PPid: %d", &parent);
    fclose(f);
    return parent;
}

static size_t
children_of(pid_t parent, pid_t *out, size_t max)
{
    DIR *d = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0;

    while (d != NULL && n < max && (entry = readdir(d)) != NULL)
        if (parent_of(entry->d_name) == parent)
            out[n++] = (pid_t)atoi(entry->d_name);
    if (d != NULL)
        closedir(d);
    return n;
}

void
ground_find_workers(struct ground *g)
{
    struct pool_stats stats;
    pid_t zygotes[8];
    size_t n;

    pool_stats(g->pool, &stats);
    if (g->births == stats.respawns + stats.recycled)
        return;
    g->births = stats.respawns + stats.recycled;
    g->pid_count = 0;
    n = children_of(getpid(), zygotes, 8);
    for (size_t i = 0; i < n; i++)
        g->pid_count += children_of(zygotes[i], g->pids + g->pid_count,
                                    WORKERS_MAX - g->pid_count);
}

/* The high-water mark of what is the process's own: pages of the program and
 * its libraries are everybody's. */
static long
own_kib(pid_t pid)
{
    char path[64], line[256];
    long peak = 0, shared = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL) {
        sscanf(line, "VmHWM: %ld", &peak);
        sscanf(line, "RssFile: %ld", &shared);
    }
    fclose(f);
    return peak - shared;
}

void
ground_sample(struct ground *g)
{
    for (size_t i = 0; i < g->pid_count; i++) {
        long kib = own_kib(g->pids[i]);

        if (kib > g->own_kib)
            g->own_kib = kib;
    }
}

/* --- waiting --- */

/* The pool is thrown away with its workers: they die with their parent. Its
 * calls are answered on the way. */
static void
give_up(struct ground *g)
{
    unsigned workers = g->workers;
    long own = g->own_kib;

    pool_free(g->pool);
    ground_open(g, workers);
    g->own_kib = own;
}

void
ground_wait(struct ground *g, struct answer *out)
{
    int64_t began = clock_mono_ms();

    while (out->left > 0) {
        struct pollfd fd = {.fd = pool_fd(g->pool), .events = POLLIN};

        if (clock_mono_ms() - began > GIVE_UP_MS) {
            give_up(g);
            out->hung = true;
            return;
        }
        if (poll(&fd, 1, 10) == 0)
            ground_sample(g);
        else
            pool_poll(g->pool);
    }
}

bool
ground_says(struct ground *g, struct script_set *set, const char *function,
            const char *wanted)
{
    struct answer out = {0};
    bool same;

    ground_ask(g, set, function, ground_answer, &out);
    ground_wait(g, &out);
    same = !out.hung && out.class == SCRIPT_OK &&
           strcmp(buf_str(&out.text), wanted) == 0;
    buf_free(&out.text);
    return same;
}
