/*
 * pack: MessagePack written straight into a buf (libmsgpack), and the frames
 * between engine and worker: 4 bytes length, big-endian, then that many bytes.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void pack_map(struct buf *b, size_t members);
void pack_array(struct buf *b, size_t items);
void pack_str(struct buf *b, const char *p, size_t n);
void pack_cstr(struct buf *b, const char *s); /* NULL gives nil */
void pack_int(struct buf *b, int64_t n);
void pack_num(struct buf *b, double n);
void pack_bool(struct buf *b, bool v);
void pack_nil(struct buf *b);

/* NULL gives nil. A whole number written as a real (1.0) becomes an integer up
 * to 2^53, as in the scripts' own JSON reader. */
void pack_json(struct buf *b, const json_t *value);

/* A map whose member count is not known yet: at = pack_map_open(b), then
 * members, then pack_map_close(b, at, count). Always the 5-byte form. The
 * same for arrays. */
size_t pack_map_open(struct buf *b);
void pack_map_close(struct buf *b, size_t at, size_t count);
size_t pack_array_open(struct buf *b);
void pack_array_close(struct buf *b, size_t at, size_t count);

/* key + value for maps opened above; members whose value is unknown are not
 * written and not counted: NULL, NaN, JSON null. Each returns 1 when written,
 * else 0. */
size_t pack_member(struct buf *b, const char *key, const char *value);
size_t pack_member_int(struct buf *b, const char *key, int64_t value);
size_t pack_member_num(struct buf *b, const char *key, double value);
size_t pack_member_bool(struct buf *b, const char *key, bool value);
size_t pack_member_json(struct buf *b, const char *key, const json_t *value);

/*
 * What many calls share is packed once, as an array of a map and of a list, and
 * each call's arguments name it (MessagePack's extension types): the map, with
 * the members of the map that is packed next put into it; a new list of `count`
 * items of the list, from the one at `first` (from 0) on.
 */
enum {
    PACK_SHARED_MAP = 1,
    PACK_SHARED_LIST
};
void pack_shared_map(struct buf *b);
void pack_shared_list(struct buf *b, size_t first, size_t count);

/* Frames: at = frame_open(b); ... ; frame_close(b, at) fills in the length. */
#define FRAME_HEADER 4
size_t frame_open(struct buf *b);
void frame_close(struct buf *b, size_t at);

/* When p[0..n) begins with a whole frame: its body and whole size. Returns 1
 * when whole, 0 when more bytes are needed, -1 when longer than max. */
int frame_peek(const char *p, size_t n, size_t max, const char **body,
               size_t *body_n, size_t *whole);

#endif
