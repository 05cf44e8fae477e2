/*
 * map: strings to pointers. Keys are copied; values are borrowed. Iteration
 * order is insertion order, so that nothing depends on a hash.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct map;

struct map *map_new(void);
void *map_get(const struct map *m, const char *key);
void *map_get_n(const struct map *m, const char *key, size_t n);

/* Put or replace; returns the value replaced, or NULL. value not NULL. */
void *map_put(struct map *m, const char *key, void *value);

/* Remove; returns the value removed, or NULL. */
void *map_remove(struct map *m, const char *key);

size_t map_count(const struct map *m);

/* Walk: start with *at = 0; returns the value and sets *key, or NULL at the
 * end. Removing the entry just returned is allowed while walking. */
void *map_next(const struct map *m, size_t *at, const char **key);

void map_free(struct map *m); /* NULL is fine; values stay */

#endif
