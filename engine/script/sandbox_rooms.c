#include "script/sandbox_rooms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "script/arena_alloc.h"

/* As many as a worker may have sets, and one to warm up. */
#define ROOMS 65

struct sandbox_rooms {
    char *base;
    bool taken[ROOMS];
};

struct sandbox_rooms *
rooms_new(struct err *e)
{
    struct sandbox_rooms *r = mem_zero(sizeof *r);

    r->base = mmap(NULL, ROOMS * ROOM_SIZE, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r->base != MAP_FAILED)
        return r;
    err_sys(e, "mapping the script arenas");
    free(r);
    return NULL;
}

struct arena_alloc *
room_take(struct sandbox_rooms *r)
{
    for (size_t i = 0; i < ROOMS; i++) {
        char *p = r->base + i * ROOM_SIZE;

        if (r->taken[i])
            continue;
        if (mprotect(p, ROOM_SIZE, PROT_READ | PROT_WRITE) != 0)
            return NULL;
        r->taken[i] = true;
        arena_alloc_reset((struct arena_alloc *)p, ROOM_SIZE);
        return (struct arena_alloc *)p;
    }
    return NULL;
}

void
room_leave(struct sandbox_rooms *r, struct arena_alloc *a)
{
    char *p = (char *)a;

    madvise(p, ROOM_SIZE, MADV_DONTNEED);
    r->taken[(size_t)(p - r->base) / ROOM_SIZE] = false;
}

void
rooms_free(struct sandbox_rooms *r)
{
    munmap(r->base, ROOMS * ROOM_SIZE);
    free(r);
}
