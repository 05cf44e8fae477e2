#include "flow/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/rows.h"
#include "model/conversation.h"
#include "store/store.h"

struct waiter {
    cache_got *got;
    void *arg;
    struct waiter *next;
};

struct entry {
    struct row_load load; /* first: the store's function gets it */
    struct cache *cache;
    char *id, *source, *native;
    bool create;
    struct conversation *c; /* NULL while it is being read */
    struct waiter *waiting, **waiting_end;
    unsigned pins;
    bool dropped; /* forget it once unpinned */
    size_t size;
    struct entry *newer, *older; /* by last use */
};

struct cache {
    struct engine *engine;
    struct map *map;
    struct entry *newest, *oldest;
    size_t bytes, max_bytes, count;
};

struct cache *
cache_new(struct engine *en, size_t max_bytes)
{
    struct cache *cache = mem_zero(sizeof *cache);

    cache->engine = en;
    cache->map = map_new();
    cache->max_bytes = max_bytes;
    return cache;
}

static void
unlink_entry(struct entry *en)
{
    struct cache *cache = en->cache;

    *(en->newer != NULL ? &en->newer->older : &cache->newest) = en->older;
    *(en->older != NULL ? &en->older->newer : &cache->oldest) = en->newer;
    en->newer = en->older = NULL;
}

static void
link_newest(struct entry *en)
{
    struct cache *cache = en->cache;

    en->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = en;
    cache->newest = en;
}

static void
resize(struct entry *en)
{
    size_t now = en->c != NULL ? conversation_size(en->c) : 0;

    en->cache->bytes += now - en->size;
    en->size = now;
}

static void
entry_free(struct entry *en)
{
    struct cache *cache = en->cache;

    unlink_entry(en);
    /* A dropped one may have been replaced already. */
    if (map_get(cache->map, en->id) == en)
        map_remove(cache->map, en->id);
    cache->bytes -= en->size;
    cache->count--;
    conversation_free(en->c);
    free(en->id);
    free(en->source);
    free(en->native);
    free(en);
}

static void
shrink(struct cache *cache)
{
    struct entry *en = cache->oldest;

    while (cache->bytes > cache->max_bytes && en != NULL) {
        struct entry *newer = en->newer;

        if (en->pins == 0 && en->c != NULL)
            entry_free(en);
        en = newer;
    }
}

static void
answer_all(struct entry *en, const struct err *e)
{
    struct waiter *w = en->waiting;

    en->waiting = NULL;
    en->waiting_end = &en->waiting;
    while (w != NULL) {
        struct waiter *next = w->next;

        if (en->c != NULL)
            en->pins++;
        w->got(w->arg, en->c, e);
        free(w);
        w = next;
    }
}

static void
make_new(struct entry *en)
{
    en->c =
        conversation_new(en->cache->engine->config->tenant, en->source, en->id);
}

static void
settle(struct entry *en, const struct err *e)
{
    if (en->c != NULL && en->c->native_id == NULL && en->native != NULL)
        conversation_set(en->c, &en->c->native_id, en->native);
    resize(en);
    en->pins++; /* until all were told */
    answer_all(en, e);
    en->pins--;
    if (en->c == NULL)
        entry_free(en);
    else
        shrink(en->cache);
}

static void
on_loaded(void *arg, const struct err *failed)
{
    struct entry *en = arg;
    struct err none = {0};

    en->c = en->load.loaded;
    if (failed == NULL && en->c == NULL && en->create)
        make_new(en);
    settle(en, failed != NULL ? failed : &none);
}

static struct entry *
entry_new(struct cache *cache, const char *id, const char *source,
          const char *native, bool create)
{
    struct entry *en = mem_zero(sizeof *en);

    en->cache = cache;
    en->id = strdup(id);
    en->source = strdup(source != NULL ? source : "");
    en->native = native != NULL ? strdup(native) : NULL;
    en->create = create;
    en->waiting_end = &en->waiting;
    en->load = (struct row_load){cache->engine->config->tenant, en->id,
                                 en->source, NULL};
    map_put(cache->map, id, en);
    link_newest(en);
    cache->count++;
    return en;
}

static void
wait_for(struct entry *en, cache_got *got, void *arg)
{
    struct waiter *w = mem_zero(sizeof *w);

    w->got = got;
    w->arg = arg;
    *en->waiting_end = w;
    en->waiting_end = &w->next;
}

void
cache_get(struct cache *cache, const char *id, const char *source,
          const char *native, enum cache_miss miss, cache_got *got, void *arg)
{
    struct entry *en = map_get(cache->map, id);
    struct err none = {0};

    if (en != NULL && en->c != NULL && !en->dropped) {
        unlink_entry(en);
        link_newest(en);
        en->pins++;
        got(arg, en->c, &none);
        return;
    }
    if (en != NULL && !en->dropped) {
        en->create = en->create || miss != CACHE_READ;
        wait_for(en, got, arg);
        return;
    }
    en = entry_new(cache, id, source, native, miss != CACHE_READ);
    wait_for(en, got, arg);
    if (miss == CACHE_NEW) {
        make_new(en);
        settle(en, &none);
    } else {
        store_submit(cache->engine->store, run_load, on_loaded, en);
    }
}

static struct entry *
entry_of(struct cache *cache, const struct conversation *c)
{
    struct entry *en = map_get(cache->map, c->id);

    if (en != NULL && en->c == c)
        return en;
    for (en = cache->newest; en != NULL; en = en->older)
        if (en->c == c)
            return en;
    return NULL;
}

void
cache_unpin(struct cache *cache, struct conversation *c)
{
    struct entry *en = c != NULL ? entry_of(cache, c) : NULL;

    if (en == NULL)
        return;
    en->pins--;
    if (en->dropped && en->pins == 0) {
        entry_free(en);
        return;
    }
    resize(en);
    shrink(cache);
}

void
cache_drop(struct cache *cache, struct conversation *c)
{
    struct entry *en = c != NULL ? entry_of(cache, c) : NULL;

    if (en != NULL)
        en->dropped = true;
}

size_t
cache_count(const struct cache *cache)
{
    return cache->count;
}

size_t
cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}

void
cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->newest != NULL)
        entry_free(cache->newest);
    map_free(cache->map);
    free(cache);
}
