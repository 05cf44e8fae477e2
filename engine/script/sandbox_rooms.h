/*
 * sandbox_rooms: where the arenas of sets lie, in one stretch of addresses that
 * is reserved before a worker is confined.
 */
#ifndef SCRIPT_SANDBOX_ROOMS_H
#define SCRIPT_SANDBOX_ROOMS_H

#include <stddef.h>

#include "base/err.h"

#define ROOM_SIZE ((size_t)16 << 20)

struct arena_alloc;
struct sandbox_rooms;

struct sandbox_rooms *rooms_new(struct err *e) MUST_CHECK;
void rooms_free(struct sandbox_rooms *r);

/* An empty arena of ROOM_SIZE; NULL: all are taken. */
struct arena_alloc *room_take(struct sandbox_rooms *r);

/* Its memory is given back to the system. */
void room_leave(struct sandbox_rooms *r, struct arena_alloc *a);

#endif
