/*
 * arena_alloc: the memory of one Lua state: a fixed mapping with its own
 * bookkeeping in front, so that putting back its first bytes as they were
 * restores the whole state, allocator included. Blocks have no header (Lua
 * tells their size when it gives them back); free ones wait in lists by size
 * class.
 *
 * The allocator is also where limits hold that no wrapped function can: every
 * string, however it is made, is asked for here.
 */
#ifndef SCRIPT_ARENA_ALLOC_H
#define SCRIPT_ARENA_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* 64 classes in steps of 16 bytes, then 4 to each doubling up to 16 MiB. */
#define ARENA_ALLOC_CLASSES (64 + 14 * 4)

/* What a refused request was for. */
enum arena_alloc_kind {
    ARENA_ALLOC_GRANTED, /* none was refused */
    ARENA_ALLOC_HEAP,    /* over the heap limit, or the mapping is full */
    ARENA_ALLOC_STRING,
    ARENA_ALLOC_BLOCK,
};

struct arena_alloc {
    int64_t work; /* units of work done: the budget's one counter */
    size_t size;  /* of the mapping */
    size_t top;   /* end of what is handed out, this header included */
    size_t peak;  /* the highest top since the limits were set */
    size_t used;  /* bytes handed out now, rounded to their classes */
    size_t heap, string, block; /* limits; see arena_alloc_limit */
    size_t refused_n;           /* bytes of the first refused request */
    enum arena_alloc_kind refused;
    /* Told at the first refusal, while the request is still on its way. */
    void (*on_refused)(void *about);
    void *about;
    struct arena *aside; /* see arena_alloc_aside; NULL: off */
    struct arena_alloc_free *free[ARENA_ALLOC_CLASSES];
};

/* Begin anew in a mapping of `size` bytes, whatever they hold; the limits
 * become its size. */
void arena_alloc_reset(struct arena_alloc *a, size_t size);

/* Limits from now on, with work and peak begun anew: bytes in use, of the
 * longest string, of one block. The first request over one of them is refused
 * and so is every later one: a script cannot go on from there. */
void arena_alloc_limit(struct arena_alloc *a, size_t heap, size_t string,
                       size_t block);

/* The lua_Alloc; ud is the arena. Charges one unit of work for 64 bytes. */
void *arena_alloc_lua(void *ud, void *p, size_t old_n, size_t n);

/* Give up the free blocks and move the top up to a whole `page` (a power of
 * two): what is handed out from now on lies in other pages than what is there.
 * Returns the top. */
size_t arena_alloc_seal(struct arena_alloc *a, size_t page);

/* While `aside` is set, new blocks that are no objects lie in it instead: with
 * the loading of compiled code, the instructions, constants and lines of
 * functions. Nothing writes to these any more, so they need no restoring; they
 * count like all others, but are free again only with `aside`. NULL: no more.
 */
void arena_alloc_aside(struct arena_alloc *a, struct arena *aside);

/* The same memory for C (PCRE2's): 16-byte aligned, NULL when refused. The
 * size must be given back with the block. */
void *arena_alloc_take(struct arena_alloc *a, size_t n);
void arena_alloc_give(struct arena_alloc *a, void *p, size_t n);

#endif
