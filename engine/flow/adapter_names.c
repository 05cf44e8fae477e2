#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "script/nearest.h"
#include "script/set.h"

/*
 * Which adapters there are: those of the binary, then those that only the
 * configured folder has.
 */

struct naming {
    struct arena *arena; /* nearest borrows the names */
    struct nearest near;
    struct buf all;
};

static void
offer(struct naming *g, const char *file, size_t n)
{
    const char *name = arena_dup(g->arena, file, n);

    nearest_try(&g->near, name, n);
    buf_addf(&g->all, "%s%s", g->all.len > 0 ? ", " : "", name);
}

/* The length of the name that a file gives; 0: it is no adapter. */
static size_t
name_length(const char *file)
{
    size_t n = strlen(file);

    if (n <= 4 || strcmp(file + n - 4, ".lua") != 0)
        return 0;
    if (n >= 9 && strcmp(file + n - 9, "_test.lua") == 0)
        return 0;
    return n - 4;
}

static void
offer_embedded(struct naming *g, const char *folder)
{
    size_t n = strlen(folder);

    for (const struct embedded_file *f = embedded_files; f->path != NULL; f++)
        if (strncmp(f->path, folder, n) == 0 && name_length(f->path + n) > 0)
            offer(g, f->path + n, name_length(f->path + n));
}

static void
offer_own(struct naming *g, const char *folder, const char *dir)
{
    struct dirent **files;
    char path[512];
    int count = scandir(dir, &files, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        const char *file = files[i]->d_name;

        snprintf(path, sizeof path, "%s%s", folder, file);
        if (name_length(file) > 0 && embedded_find(path) == NULL)
            offer(g, file, name_length(file));
        free(files[i]);
    }
    if (count >= 0)
        free(files);
}

const char *
adapter_hint(const struct config *config, enum adapter_kind kind,
             const char *name, struct arena *arena)
{
    struct naming g = {.arena = arena};
    const char *word = adapter_word(kind), *hint;
    char folder[64];

    nearest_begin(&g.near, name, strlen(name));
    snprintf(folder, sizeof folder, "adapters/%ss/", word);
    offer_embedded(&g, folder);
    if (config->adapter_dir != NULL)
        offer_own(&g, folder,
                  arena_printf(arena, "%s/%ss", config->adapter_dir, word));
    if (g.near.best != NULL)
        hint = arena_printf(arena, "did you mean %s?", g.near.best);
    else
        hint = arena_printf(arena, "there are %s", buf_str(&g.all));
    buf_free(&g.all);
    return hint;
}
