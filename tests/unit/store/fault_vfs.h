/*
 * fault_vfs: a layer below SQLite that fails on demand, and that remembers
 * what of each file was synced, so that a power cut can be played: all that
 * was written since is gone.
 */
#ifndef STORE_FAULT_VFS_H
#define STORE_FAULT_VFS_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
    char path[200];
    unsigned char *bytes;
    sqlite3_int64 len;
};

/* The writer's thread reads these while the test sets them. */
static struct {
    _Atomic int log_syncs_left;  /* -1: all work; 0: the next one fails */
    _Atomic int file_syncs_left; /* the same for the file itself */
    _Atomic int writes_left;     /* then the disk is full */
    _Atomic int log_syncs, file_syncs;
    bool remember; /* keep images */
    struct image images[8];
} faults = {-1, -1, -1, 0, 0, false, {{{0}, NULL, 0}}};

struct fault_file {
    sqlite3_file base;
    char path[200];
    sqlite3_file *real;
};

static inline sqlite3_vfs *
real_vfs(void)
{
    return sqlite3_vfs_find("unix");
}

static inline sqlite3_file *
real_of(sqlite3_file *f)
{
    return ((struct fault_file *)(void *)f)->real;
}

/* True when this call is to fail; counts down to it, and stays there. */
static inline bool
runs_out(_Atomic int *left)
{
    if (*left < 0)
        return false;
    if (*left == 0)
        return true;
    (*left)--;
    return false;
}

static inline bool
is_log(sqlite3_file *f)
{
    return strstr(((struct fault_file *)(void *)f)->path, "-wal") != NULL;
}

static inline void
keep_image(struct fault_file *f)
{
    struct image *to = NULL;

    for (size_t i = 0; i < 8 && to == NULL; i++)
        if (faults.images[i].path[0] == '\0' ||
            strcmp(faults.images[i].path, f->path) == 0)
            to = &faults.images[i];
    if (to == NULL)
        abort();
    memcpy(to->path, f->path, sizeof to->path);
    free(to->bytes);
    f->real->pMethods->xFileSize(f->real, &to->len);
    to->bytes = malloc((size_t)to->len + 1);
    f->real->pMethods->xRead(f->real, to->bytes, (int)to->len, 0);
}

/* Write what was synced of every file into another folder. */
static inline void
power_cut(const char *into)
{
    for (size_t i = 0; i < 8; i++) {
        struct image *image = &faults.images[i];
        const char *name = strrchr(image->path, '/');
        char path[400];
        FILE *f;

        if (image->path[0] == '\0')
            continue;
        snprintf(path, sizeof path, "%s/cut-%s", into, name + 1);
        f = fopen(path, "w");
        if (f == NULL ||
            fwrite(image->bytes, 1, (size_t)image->len, f) !=
                (size_t)image->len ||
            fclose(f) != 0)
            abort();
        free(image->bytes);
        *image = (struct image){{0}, NULL, 0};
    }
    faults.remember = false;
}

static inline int
fault_close(sqlite3_file *f)
{
    int code = real_of(f)->pMethods->xClose(real_of(f));

    free(real_of(f));
    return code;
}

static inline int
fault_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static inline int
fault_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (runs_out(&faults.writes_left))
        return SQLITE_FULL;
    return real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static inline int
fault_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static inline int
fault_sync(sqlite3_file *f, int flags)
{
    bool log = is_log(f);
    int code;

    atomic_fetch_add(log ? &faults.log_syncs : &faults.file_syncs, 1);
    if (runs_out(log ? &faults.log_syncs_left : &faults.file_syncs_left))
        return SQLITE_IOERR_FSYNC;
    code = real_of(f)->pMethods->xSync(real_of(f), flags);
    if (code == SQLITE_OK && faults.remember)
        keep_image((struct fault_file *)(void *)f);
    return code;
}

static inline int
fault_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static inline int
fault_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static inline int
fault_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static inline int
fault_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static inline int
fault_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static inline int
fault_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static inline int
fault_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static inline int
fault_shm_map(sqlite3_file *f, int page, int size, int extend,
              void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static inline int
fault_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static inline void
fault_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static inline int
fault_shm_unmap(sqlite3_file *f, int drop)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), drop);
}

static inline int
fault_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
           int *flags_out)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = fault_close,
        .xRead = fault_read,
        .xWrite = fault_write,
        .xTruncate = fault_truncate,
        .xSync = fault_sync,
        .xFileSize = fault_size,
        .xLock = fault_lock,
        .xUnlock = fault_unlock,
        .xCheckReservedLock = fault_reserved,
        .xFileControl = fault_control,
        .xSectorSize = fault_sector,
        .xDeviceCharacteristics = fault_traits,
        .xShmMap = fault_shm_map,
        .xShmLock = fault_shm_lock,
        .xShmBarrier = fault_shm_barrier,
        .xShmUnmap = fault_shm_unmap,
    };
    struct fault_file *f = (struct fault_file *)(void *)file;
    int code;

    (void)vfs;
    f->base.pMethods = NULL;
    f->real = calloc(1, (size_t)real_vfs()->szOsFile);
    snprintf(f->path, sizeof f->path, "%s", path != NULL ? path : "");
    code = real_vfs()->xOpen(real_vfs(), path, f->real, flags, flags_out);
    if (code != SQLITE_OK) {
        free(f->real);
        return code;
    }
    f->base.pMethods = &methods;
    return SQLITE_OK;
}

/* From here on every file that SQLite opens goes through this layer. */
static inline void
fault_vfs_register(void)
{
    static sqlite3_vfs vfs;

    vfs = *real_vfs();
    vfs.zName = "faults";
    vfs.pNext = NULL;
    vfs.szOsFile = sizeof(struct fault_file);
    vfs.xOpen = fault_open;
    sqlite3_vfs_register(&vfs, 1);
}

static inline void
faults_clear(void)
{
    faults.log_syncs_left = faults.file_syncs_left = faults.writes_left = -1;
    faults.log_syncs = faults.file_syncs = 0;
}

#endif
