#include "flow/zones.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"
#include "flow/file.h"
#include "model/zone.h"
#include "script/nearest.h"

#define DEFAULT_DIR "/usr/share/zoneinfo"
#define NAMES_DEPTH 3 /* America/Argentina/Salta */

struct zones {
    char dir[1024];
    struct map *by_name;
};

struct zones *
zones_new(void)
{
    struct zones *z = mem_zero(sizeof *z);
    const char *dir = getenv("TZDIR");

    snprintf(z->dir, sizeof z->dir, "%s",
             dir != NULL && dir[0] != '\0' ? dir : DEFAULT_DIR);
    z->by_name = map_new();
    return z;
}

/* --- the nearest name --- */

struct search {
    const struct zones *z;
    struct nearest whole, city; /* "Europe/Berln", and just "Berlin" */
    char best[ZONE_NAME_MAX + 1], best_city[ZONE_NAME_MAX + 1];
};

static void
try_name(struct search *s, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *city = slash != NULL ? slash + 1 : name;
    size_t before = s->whole.cost, city_before = s->city.cost;

    nearest_try(&s->whole, name, strlen(name));
    if (s->whole.cost < before)
        snprintf(s->best, sizeof s->best, "%.*s", ZONE_NAME_MAX, name);
    nearest_try(&s->city, city, strlen(city));
    if (s->city.cost < city_before)
        snprintf(s->best_city, sizeof s->best_city, "%.*s", ZONE_NAME_MAX,
                 name);
}

static int
is_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strlen(entry->d_name) <= ZONE_NAME_MAX &&
           strcmp(entry->d_name, "posix") != 0 &&
           strcmp(entry->d_name, "right") != 0;
}

static void try_folder(struct search *s, const char *folder, int depth);

static void
try_entry(struct search *s, const char *folder, const char *entry, int depth)
{
    char name[ZONE_NAME_MAX + 258]; /* NAME_MAX is 255 */
    char path[sizeof s->z->dir + sizeof name];
    struct stat st;

    snprintf(name, sizeof name, "%s%s%s", folder, folder[0] != '\0' ? "/" : "",
             entry);
    snprintf(path, sizeof path, "%s/%s", s->z->dir, name);
    if (!zone_name_valid(name) || stat(path, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode) && depth > 1)
        try_folder(s, name, depth - 1);
    else if (S_ISREG(st.st_mode))
        try_name(s, name);
}

/* In order of names, so that the same one is told each time. */
static void
try_folder(struct search *s, const char *folder, int depth)
{
    char path[sizeof s->z->dir + ZONE_NAME_MAX + 2];
    struct dirent **entries;
    int n;

    snprintf(path, sizeof path, "%s/%s", s->z->dir, folder);
    n = scandir(path, &entries, is_name, alphasort);
    if (n < 0)
        return;
    for (int i = 0; i < n; i++) {
        try_entry(s, folder, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
}

static int
complain(const struct zones *z, const char *name, struct err *e)
{
    struct search s = {.z = z};
    const char *near;

    if (access(z->dir, R_OK) != 0)
        return err_set(e, ERR_INPUT,
                       "no zones in %s; install the package tzdata", z->dir);
    nearest_begin(&s.whole, name, strlen(name));
    nearest_begin(&s.city, name, strlen(name));
    try_folder(&s, "", NAMES_DEPTH);
    near = s.best[0] != '\0' ? s.best : s.best_city;
    if (near[0] != '\0')
        return err_set(e, ERR_INPUT,
                       "there is no zone \"%.64s\" (did you mean \"%s\"?)",
                       name, near);
    return err_set(e, ERR_INPUT,
                   "there is no zone \"%.64s\"; a zone is written "
                   "\"Europe/Berlin\", see %s",
                   name, z->dir);
}

/* --- reading --- */

static const struct zone *
read_zone(struct zones *z, const char *name, struct err *e)
{
    char path[sizeof z->dir + ZONE_NAME_MAX + 2];
    struct buf bytes = {0};
    struct zone *zone = NULL;

    snprintf(path, sizeof path, "%s/%s", z->dir, name);
    if (file_read(path, ZONE_BYTES_MAX, &bytes, e) == 0) {
        zone = zone_new(name, buf_str(&bytes), bytes.len, e);
        if (zone == NULL)
            err_wrap(e, "%s", path);
    }
    buf_free(&bytes);
    if (zone != NULL)
        map_put(z->by_name, name, zone);
    return zone;
}

const struct zone *
zones_find(struct zones *z, const char *name)
{
    const struct zone *zone;

    if (name == NULL || !zone_name_valid(name))
        return NULL;
    zone = map_get(z->by_name, name);
    return zone != NULL ? zone : read_zone(z, name, NULL);
}

const struct zone *
zones_get(struct zones *z, const char *name, struct err *e)
{
    char path[sizeof z->dir + ZONE_NAME_MAX + 2];
    const struct zone *zone = zones_find(z, name);
    struct stat st;

    if (zone != NULL)
        return zone;
    snprintf(path, sizeof path, "%s/%s", z->dir, name);
    if (zone_name_valid(name) && stat(path, &st) == 0 && S_ISREG(st.st_mode))
        return read_zone(z, name, e); /* it is there: what is wrong with it? */
    complain(z, name, e);
    return NULL;
}

void
zones_free(struct zones *z)
{
    size_t at = 0;
    const char *name;
    void *zone;

    if (z == NULL)
        return;
    while ((zone = map_next(z->by_name, &at, &name)) != NULL)
        zone_free(zone);
    map_free(z->by_name);
    free(z);
}
