/*
 * arena: memory of one job, freed whole. Blocks are chained; nothing is freed
 * singly. Running out of memory ends the process: the journal makes a restart
 * safe (err 4.4 of the house rules: the only fatal case in base).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"

struct arena;

/* A new, empty arena; first_block is a size hint in bytes (0: 4 KiB). */
struct arena *arena_new(size_t first_block);

/* Zeroed memory, aligned to 16 bytes, living until arena_free. Never NULL. */
void *arena_alloc(struct arena *a, size_t size);

/* count * size with overflow check (an overflow ends the process). */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A copy of n bytes with a NUL behind them. */
char *arena_dup(struct arena *a, const void *bytes, size_t n);

/* A copy of a C string; NULL gives NULL. */
char *arena_str(struct arena *a, const char *s);

/* printf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *a);

/* Free everything. NULL is fine. */
void arena_free(struct arena *a);

/* malloc that ends the process when memory is out; n = 0 gives 1 byte. */
void *mem_alloc(size_t n);
void *mem_zero(size_t n);
void *mem_grow(void *p, size_t n);

/* Room for one more in a list that doubles: list holds count items now. */
#define MEM_ROOM(list, count)                                                  \
    do {                                                                       \
        if (((count) & ((count)-1)) == 0)                                      \
            (list) = mem_grow((list),                                          \
                              ((count) > 0 ? (count)*2 : 1) * sizeof *(list)); \
    } while (0)

/* What these do when memory is out, for sizes that no memory can have: a line
 * on descriptor 2 and exit status 71 (EX_OSERR). */
_Noreturn void mem_failed(void);

#endif
