#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/arena.h"

/*
 * Entries stand in the order in which they came; slots find them by hash.
 * A slot holds an entry's place + 1, 0 when it was never used, or SLOT_GONE.
 */

#define SLOT_GONE         UINT32_MAX
#define SLOTS_MIN         8u
#define ENTRIES_OF(slots) ((slots) / 4u * 3u)

struct entry {
    char *key; /* NULL: removed */
    size_t len;
    uint64_t hash;
    void *value;
};

struct map {
    struct entry *entries;
    uint32_t *slots;
    uint32_t slot_count; /* a power of two */
    uint32_t used;       /* entries, with the removed ones */
    size_t count;        /* entries that live */
    uint64_t seed[2];
};

static uint64_t
rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void
sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3: keys may come from outside, and nobody out there must be able
 * to choose many that fall into one slot. */
static uint64_t
hash_of(const struct map *m, const char *key, size_t n)
{
    uint64_t v[4] = {
        m->seed[0] ^ UINT64_C(0x736f6d6570736575),
        m->seed[1] ^ UINT64_C(0x646f72616e646f6d),
        m->seed[0] ^ UINT64_C(0x6c7967656e657261),
        m->seed[1] ^ UINT64_C(0x7465646279746573),
    };
    uint64_t word, tail = (uint64_t)n << 56;

    for (; n >= 8; key += 8, n -= 8) {
        memcpy(&word, key, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; i < n; i++)
        tail |= (uint64_t)(unsigned char)key[i] << (8 * i);
    v[3] ^= tail;
    sip_round(v);
    v[0] ^= tail;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *
map_new(void)
{
    /* 16 random bytes that the kernel gives every process: no system call,
     * which a confined worker could not make. */
    uintptr_t random = (uintptr_t)getauxval(AT_RANDOM);
    struct map *m = mem_zero(sizeof(*m));

    if (random != 0)
        memcpy(m->seed, (const void *)random, sizeof(m->seed));
    return m;
}

/* The slot of a key, or the slot count when it is not there. */
static uint32_t
slot_find(const struct map *m, const char *key, size_t n, uint64_t hash)
{
    uint32_t mask = m->slot_count - 1;

    if (m->slot_count == 0)
        return 0;
    for (uint32_t s = (uint32_t)hash & mask; m->slots[s] != 0;
         s = (s + 1) & mask) {
        const struct entry *e;

        if (m->slots[s] == SLOT_GONE)
            continue;
        e = &m->entries[m->slots[s] - 1];
        if (e->hash == hash && e->len == n && memcmp(e->key, key, n) == 0)
            return s;
    }
    return m->slot_count;
}

static void
slot_take(struct map *m, uint32_t place)
{
    uint32_t mask = m->slot_count - 1;
    uint32_t s = (uint32_t)m->entries[place].hash & mask;

    while (m->slots[s] != 0)
        s = (s + 1) & mask;
    m->slots[s] = place + 1;
}

/* Drop the removed entries and make room for as many again as live. */
static void
rebuild(struct map *m)
{
    uint32_t live = 0, slots = SLOTS_MIN;

    for (uint32_t i = 0; i < m->used; i++)
        if (m->entries[i].key != NULL)
            m->entries[live++] = m->entries[i];
    while (ENTRIES_OF(slots) < live * 2 + 1)
        slots *= 2;
    free(m->slots);
    m->slots = mem_zero(slots * sizeof(*m->slots));
    m->slot_count = slots;
    m->entries = mem_grow(m->entries, ENTRIES_OF(slots) * sizeof(*m->entries));
    m->used = live;
    for (uint32_t i = 0; i < live; i++)
        slot_take(m, i);
}

void *
map_get_n(const struct map *m, const char *key, size_t n)
{
    uint32_t s;

    if (m->count == 0)
        return NULL;
    s = slot_find(m, key, n, hash_of(m, key, n));
    return s == m->slot_count ? NULL : m->entries[m->slots[s] - 1].value;
}

void *
map_get(const struct map *m, const char *key)
{
    return map_get_n(m, key, strlen(key));
}

void *
map_put(struct map *m, const char *key, void *value)
{
    size_t n = strlen(key);
    uint64_t hash = hash_of(m, key, n);
    uint32_t s = slot_find(m, key, n, hash);
    struct entry *e;

    if (s != m->slot_count) {
        void *old = m->entries[m->slots[s] - 1].value;

        m->entries[m->slots[s] - 1].value = value;
        return old;
    }
    if (m->slot_count == 0 || m->used == ENTRIES_OF(m->slot_count))
        rebuild(m);
    e = &m->entries[m->used];
    *e = (struct entry){mem_alloc(n + 1), n, hash, value};
    memcpy(e->key, key, n + 1);
    slot_take(m, m->used++);
    m->count++;
    return NULL;
}

void *
map_remove(struct map *m, const char *key)
{
    size_t n = strlen(key);
    uint32_t s = slot_find(m, key, n, hash_of(m, key, n));
    struct entry *e;

    if (s == m->slot_count)
        return NULL;
    e = &m->entries[m->slots[s] - 1];
    m->slots[s] = SLOT_GONE;
    free(e->key);
    e->key = NULL;
    m->count--;
    return e->value;
}

size_t
map_count(const struct map *m)
{
    return m->count;
}

void *
map_next(const struct map *m, size_t *at, const char **key)
{
    while (*at < m->used) {
        const struct entry *e = &m->entries[(*at)++];

        if (e->key == NULL)
            continue;
        *key = e->key;
        return e->value;
    }
    return NULL;
}

void
map_free(struct map *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < m->used; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    free(m);
}
