#include "script/arena_alloc.h"

#include <stdbool.h>
#include <string.h>

#include <lua.h>

/* Requests up to here have classes in steps of GRAIN. */
#define SMALL_MAX 1024u
#define GRAIN     16u
#define FINE      (SMALL_MAX / GRAIN)

/* A long string's header and its final NUL, rounded up. */
#define STRING_HEADER 32u

/* One unit of work for this many bytes asked for. */
#define BYTES_PER_WORK_SHIFT 6

struct arena_alloc_free {
    struct arena_alloc_free *next;
};

void
arena_alloc_reset(struct arena_alloc *a, size_t size)
{
    memset(a, 0, sizeof *a);
    a->size = size;
    a->top = (sizeof *a + GRAIN - 1) / GRAIN * GRAIN;
    a->used = a->peak = a->top;
    a->heap = a->string = a->block = size;
}

void
arena_alloc_limit(struct arena_alloc *a, size_t heap, size_t string,
                  size_t block)
{
    a->heap = heap < a->size ? heap : a->size;
    a->string = string;
    a->block = block;
    a->peak = a->top;
    a->work = 0;
}

/* --- size classes --- */

/* n is at least 1 and at most the mapping's 16 MiB. */
static unsigned
class_of(size_t n)
{
    unsigned log, quarter;

    if (n <= SMALL_MAX)
        return (unsigned)((n - 1) / GRAIN);
    log = 63u - (unsigned)__builtin_clzll(n - 1);
    quarter = (unsigned)((n - 1) >> (log - 2)) & 3u;
    return FINE + (log - 10) * 4 + quarter;
}

static size_t
class_size(unsigned class)
{
    unsigned log, quarter;

    if (class < FINE)
        return (size_t)(class + 1) * GRAIN;
    log = ((class - FINE) / 4 + 10) & 63u;
    quarter = (class - FINE) % 4;
    return (size_t)(5 + quarter) << (log - 2);
}

static char *
bytes_of(struct arena_alloc *a)
{
    return (char *)a;
}

static void
raise_top(struct arena_alloc *a, size_t n)
{
    a->top += n;
    if (a->top > a->peak)
        a->peak = a->top;
}

static void
put_free(struct arena_alloc *a, void *p, unsigned class)
{
    struct arena_alloc_free *block = p;

    block->next = a->free[class];
    a->free[class] = block;
}

static void *
take_free(struct arena_alloc *a, unsigned class)
{
    struct arena_alloc_free *block = a->free[class];

    if (block)
        a->free[class] = block->next;
    return block;
}

/* Whether the block lies aside: no free list may have it. */
static bool
is_aside(const struct arena_alloc *a, const void *p)
{
    return (uintptr_t)p - (uintptr_t)a >= a->size;
}

/* Hand the rest of a split block out again as the largest classes that fit. */
static void
put_rest(struct arena_alloc *a, char *p, size_t n)
{
    while (n >= GRAIN) {
        unsigned class = class_of(n);

        if (class_size(class) > n)
            class --;
        put_free(a, p, class);
        p += class_size(class);
        n -= class_size(class);
    }
}

/* The mapping is used up: break a larger free block. */
static void *
split_larger(struct arena_alloc *a, unsigned class)
{
    size_t want = class_size(class);

    for (unsigned c = class + 1; c < ARENA_ALLOC_CLASSES; c++) {
        char *p = take_free(a, c);

        if (p) {
            put_rest(a, p + want, class_size(c) - want);
            return p;
        }
    }
    return NULL;
}

static void *
take_class(struct arena_alloc *a, unsigned class)
{
    size_t n = class_size(class);
    void *p = take_free(a, class);

    if (p == NULL && n <= a->size - a->top) {
        p = bytes_of(a) + a->top;
        raise_top(a, n);
    }
    if (p == NULL)
        p = split_larger(a, class);
    if (p)
        a->used += n;
    return p;
}

/* --- limits --- */

static void *
refuse(struct arena_alloc *a, enum arena_alloc_kind kind, size_t n)
{
    if (a->refused == ARENA_ALLOC_GRANTED) {
        a->refused = kind;
        a->refused_n = n;
        if (a->on_refused)
            a->on_refused(a->about);
    }
    return NULL;
}

/* Whether a request for n bytes, `more` of them new, may be granted. */
static bool
allowed(struct arena_alloc *a, size_t n, size_t more, bool is_string)
{
    if (is_string && n > a->string + STRING_HEADER)
        refuse(a, ARENA_ALLOC_STRING, n);
    else if (n > a->block || n > a->size)
        refuse(a, ARENA_ALLOC_BLOCK, n);
    else if (a->used > a->heap || more > a->heap - a->used)
        refuse(a, ARENA_ALLOC_HEAP, n);
    a->work += (int64_t)(n >> BYTES_PER_WORK_SHIFT);
    return a->refused == ARENA_ALLOC_GRANTED;
}

/* --- the three ways in --- */

static void *
take(struct arena_alloc *a, size_t n, bool is_string)
{
    void *p;

    if (!allowed(a, n, n, is_string))
        return NULL;
    p = take_class(a, class_of(n));
    return p ? p : refuse(a, ARENA_ALLOC_HEAP, n);
}

void *
arena_alloc_take(struct arena_alloc *a, size_t n)
{
    return take(a, n ? n : 1, false);
}

void
arena_alloc_give(struct arena_alloc *a, void *p, size_t n)
{
    unsigned class = class_of(n ? n : 1);

    a->used -= class_size(class);
    if (!is_aside(a, p))
        put_free(a, p, class);
}

void
arena_alloc_aside(struct arena_alloc *a, struct arena *aside)
{
    a->aside = aside;
}

size_t
arena_alloc_seal(struct arena_alloc *a, size_t page)
{
    memset(a->free, 0, sizeof a->free);
    a->top = (a->top + page - 1) & ~(page - 1);
    return a->top;
}

static void *
take_aside(struct arena_alloc *a, size_t n)
{
    if (!allowed(a, n, n, false))
        return NULL;
    a->used += class_size(class_of(n));
    return arena_alloc(a->aside, n);
}

/* The block that was handed out last can grow where it lies. */
static bool
grow_last(struct arena_alloc *a, const char *p, unsigned old, unsigned class)
{
    size_t more = class_size(class) - class_size(old);

    if (p + class_size(old) != bytes_of(a) + a->top || more > a->size - a->top)
        return false;
    raise_top(a, more);
    a->used += more;
    return true;
}

/* Lua counts on it that making a block smaller never fails: the tail is split
 * off where it lies. */
static void
shrink(struct arena_alloc *a, char *p, unsigned old, unsigned class)
{
    size_t keep = class_size(class), rest = class_size(old) - keep;

    a->used -= rest;
    if (p + keep + rest == bytes_of(a) + a->top)
        a->top -= rest;
    else if (!is_aside(a, p))
        put_rest(a, p + keep, rest);
}

static void *
resize(struct arena_alloc *a, void *p, size_t old_n, size_t n)
{
    unsigned old = class_of(old_n), class;
    void *fresh;

    if (n <= old_n) {
        shrink(a, p, old, class_of(n));
        return p;
    }
    if (!allowed(a, n, n - old_n, false))
        return NULL;
    class = class_of(n);
    if (class == old || grow_last(a, p, old, class))
        return p;
    fresh = take_class(a, class);
    if (fresh == NULL)
        return refuse(a, ARENA_ALLOC_HEAP, n);
    memcpy(fresh, p, old_n);
    arena_alloc_give(a, p, old_n);
    return fresh;
}

void *
arena_alloc_lua(void *ud, void *p, size_t old_n, size_t n)
{
    struct arena_alloc *a = ud;

    if (n == 0) {
        if (p && old_n)
            arena_alloc_give(a, p, old_n);
        return NULL;
    }
    /* Without a block, old_n tells what kind of object the new one is. */
    if (p == NULL && old_n == 0 && a->aside)
        return take_aside(a, n);
    if (p == NULL)
        return take(a, n, old_n == LUA_TSTRING);
    return resize(a, p, old_n, n);
}
