#include "cli/beside.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "flow/recordings.h"

static bool
is_recording(const char *name)
{
    static const char *const ends[] = {".json", ".jsonl", ".jsonl.gz"};
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);

        if (name[0] != '.' && n > m && strcmp(name + n - m, ends[i]) == 0)
            return true;
    }
    return false;
}

static int
load_one(const char *dir, const char *name, json_t *into, struct err *e)
{
    char path[4096];
    const char *file[1] = {path};
    struct recordings *r;
    bool broken = false;
    json_t *first;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    r = recordings_open(file, 1);
    first = recordings_next(r, &broken, e);
    if (first != NULL)
        json_object_set_new(into, name, first);
    recordings_close(r);
    return broken ? -1 : 0;
}

json_t *
beside_load(const char *dir, struct err *e)
{
    json_t *all = json_object();
    DIR *d = opendir(dir);
    const struct dirent *entry;
    int rc = 0;

    while (d != NULL && rc == 0 &&
           (entry = readdir(d)) != NULL) // NOLINT(concurrency-mt-unsafe)
        if (is_recording(entry->d_name))
            rc = load_one(dir, entry->d_name, all, e);
    if (d != NULL)
        closedir(d);
    if (rc == 0)
        return all;
    json_decref(all);
    return NULL;
}
