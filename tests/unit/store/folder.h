/* A folder of each test program's own, gone when it ends. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static inline int
make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/usher-store-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static inline int
drop_folder(void **state)
{
    char pattern[80];
    glob_t files = {0};

    (void)state;
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    if (glob(pattern, 0, NULL, &files) == 0)
        for (size_t i = 0; i < files.gl_pathc; i++)
            unlink(files.gl_pathv[i]);
    globfree(&files);
    return rmdir(folder);
}

/* A path in it; the last eight stay valid. */
static inline const char *
in_folder(const char *name)
{
    static char paths[8][160];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

#endif
