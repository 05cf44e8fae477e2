/*
 * cache: conversations in use, as structs, so that an event costs neither a
 * read nor a parse of the whole. A conversation is pinned while somebody
 * works on it; unpinned ones leave in order of last use when the cache is
 * over its bytes.
 */
#ifndef FLOW_CACHE_H
#define FLOW_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct cache;
struct conversation;
struct engine;

struct cache *cache_new(struct engine *en, size_t max_bytes);

/* Runs with the conversation pinned, or with NULL and an error. A
 * conversation that the store does not know is NULL without an error (class
 * ERR_NONE) with CACHE_READ. May run before cache_get returns. */
typedef void cache_got(void *arg, struct conversation *c, const struct err *e);

/* What to do for a conversation that is not in memory. */
enum cache_miss {
    CACHE_READ,   /* read it from the store */
    CACHE_CREATE, /* the same, and make a new one when there is none */
    CACHE_NEW,    /* make a new one: the store had none a moment ago (if it has
                     one by now, what is applied meets a conflict) */
};

/* Get and pin. A new one is not stored yet; native and source are then its. */
void cache_get(struct cache *cache, const char *id, const char *source,
               const char *native, enum cache_miss miss, cache_got *got,
               void *arg);

/* Done with it; its size is looked at anew. */
void cache_unpin(struct cache *cache, struct conversation *c);

/* What was applied in memory is not on disk: forget it (once unpinned), so
 * that the next one reads what is. */
void cache_drop(struct cache *cache, struct conversation *c);

size_t cache_count(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);
void cache_free(struct cache *cache); /* NULL is fine */

#endif
