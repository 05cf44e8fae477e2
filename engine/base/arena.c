#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif

#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#endif

#define ARENA_ALIGN      ((size_t)16)
#define ARENA_FIRST      ((size_t)4096)
#define ARENA_BLOCK_MAX  ((size_t)1 << 20)
#define ARENA_SIZE_LIMIT (SIZE_MAX / 4)

struct block {
    struct block *next;
    size_t size; /* bytes behind the header */
};

#define BLOCK_HEADER                                                           \
    ((sizeof(struct block) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1))

struct arena {
    struct block *blocks; /* the newest first */
    char *at;
    size_t left;
    size_t next_size;
    size_t used;
};

void
mem_failed(void)
{
    static const char text[] = "usher: out of memory\n";

    /* Nothing useful can be done when even this fails. */
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(EX_OSERR);
    _exit(EX_OSERR);
}

/* Sanitizer builds leave a gap behind every piece and poison all that was not
 * handed out, so that an overflow inside an arena is seen as in malloc. */
#ifdef ARENA_POISONED
static const size_t piece_gap = ARENA_ALIGN;

static void
block_hide(void *p, size_t n)
{
    ASAN_POISON_MEMORY_REGION(p, n);
}

static void
piece_show(void *p, size_t n)
{
    ASAN_UNPOISON_MEMORY_REGION(p, n);
}
#else
static const size_t piece_gap = 0;

static inline void
block_hide(void *p, size_t n)
{
    (void)p;
    (void)n;
}

static inline void
piece_show(void *p, size_t n)
{
    (void)p;
    (void)n;
}
#endif

static struct block *
block_new(size_t size)
{
    struct block *b = mem_alloc(BLOCK_HEADER + size);

    b->next = NULL;
    b->size = size;
    block_hide((char *)b + BLOCK_HEADER, size);
    return b;
}

struct arena *
arena_new(size_t first_block)
{
    struct arena *a = mem_zero(sizeof(*a));

    if (first_block > ARENA_SIZE_LIMIT)
        mem_failed();
    if (first_block == 0)
        first_block = ARENA_FIRST;
    a->next_size = (first_block + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    return a;
}

/* A piece that would waste most of a fresh block gets one of its own, behind
 * the newest, whose free space stays in use. */
static void *
alloc_alone(struct block *newest, size_t size)
{
    struct block *b = block_new(size);

    b->next = newest->next;
    newest->next = b;
    return (char *)b + BLOCK_HEADER;
}

static void *
alloc_slow(struct arena *a, size_t size)
{
    size_t block_size = a->next_size < size ? size : a->next_size;
    struct block *b;
    char *p;

    if (a->blocks != NULL && size > a->next_size / 2)
        return alloc_alone(a->blocks, size);
    b = block_new(block_size);
    b->next = a->blocks;
    a->blocks = b;
    p = (char *)b + BLOCK_HEADER;
    a->at = p + size;
    a->left = block_size - size;
    if (a->next_size < ARENA_BLOCK_MAX)
        a->next_size *= 2;
    return p;
}

/* Bytes that are not cleared, for callers that fill them at once. */
static void *
alloc_raw(struct arena *a, size_t size)
{
    size_t whole;
    void *p;

    if (size > ARENA_SIZE_LIMIT)
        mem_failed();
    whole = (size + piece_gap + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (whole == 0)
        whole = ARENA_ALIGN;
    if (whole <= a->left) {
        p = a->at;
        a->at += whole;
        a->left -= whole;
    } else {
        p = alloc_slow(a, whole);
    }
    a->used += size;
    piece_show(p, size);
    return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    return memset(alloc_raw(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
    size_t whole;

    if (__builtin_mul_overflow(count, size, &whole))
        mem_failed();
    return arena_alloc(a, whole);
}

char *
arena_dup(struct arena *a, const void *bytes, size_t n)
{
    char *p;

    if (n > ARENA_SIZE_LIMIT - 1)
        mem_failed();
    p = alloc_raw(a, n + 1);
    if (n > 0)
        memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}

char *
arena_str(struct arena *a, const char *s)
{
    return s == NULL ? NULL : arena_dup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    char small[256], *p;
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (n < 0)
        mem_failed();
    p = alloc_raw(a, (size_t)n + 1);
    if ((size_t)n < sizeof(small))
        memcpy(p, small, (size_t)n + 1);
    else
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

size_t
arena_used(const struct arena *a)
{
    return a->used;
}

void
arena_free(struct arena *a)
{
    struct block *b, *next;

    if (a == NULL)
        return;
    for (b = a->blocks; b != NULL; b = next) {
        next = b->next;
        piece_show((char *)b + BLOCK_HEADER, b->size);
        free(b);
    }
    free(a);
}

void *
mem_alloc(size_t n)
{
    void *p = malloc(n == 0 ? 1 : n);

    if (p == NULL)
        mem_failed();
    return p;
}

void *
mem_zero(size_t n)
{
    void *p = calloc(1, n == 0 ? 1 : n);

    if (p == NULL)
        mem_failed();
    return p;
}

void *
mem_grow(void *p, size_t n)
{
    p = realloc(p, n == 0 ? 1 : n);
    if (p == NULL)
        mem_failed();
    return p;
}
