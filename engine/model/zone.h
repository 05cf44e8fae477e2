/*
 * zone: the clock of a place, read from the bytes of a TZif file (RFC 9636,
 * versions 1 to 4; the 64-bit block, and behind its last transition the TZ
 * string of the footer). Pure: the bytes are read elsewhere, and what they
 * hold is checked, whatever they are. Independent of the host's own zone.
 *
 * A local time is given in seconds like an instant: as if it were UTC. Twice a
 * year in many places a local time is skipped (a gap) or comes twice (a fold):
 *
 *   gap   02:30 does not exist; what is meant is the first instant after the
 *         gap, when the clock shows 03:00
 *   fold  02:30 is there twice; what is meant is the first, unless the last
 *         is asked for
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ZONE_BYTES_MAX (64u << 10) /* the largest real file has under 4 KiB */
#define ZONE_NAME_MAX  64          /* of a name like "Europe/Berlin" */

/* Instants and local times before and behind are taken as these (about the
 * years -9999 and 12000). */
#define ZONE_TIME_MIN (-INT64_C(377705203200))
#define ZONE_TIME_MAX INT64_C(316516464000)

struct zone;

/* A stretch of time, from_s <= t < to_s, in which the clock only runs;
 * INT64_MIN and INT64_MAX where it has no border. */
struct zone_period {
    int64_t from_s, to_s;
    int offset_s; /* local time minus UTC */
    bool dst;
    const char *abbreviation; /* "CEST"; lives as long as the zone */
};

enum zone_fold {
    ZONE_FIRST,
    ZONE_LAST
};

/* Read a file's bytes; they may be freed afterwards. ERR_INPUT says what is
 * wrong with them; a file that counts leap seconds ("right/...") is refused,
 * because no other clock here does. */
struct zone *zone_new(const char *name, const void *bytes, size_t n,
                      struct err *e) MUST_CHECK;
void zone_free(struct zone *z); /* NULL is fine */

const char *zone_name(const struct zone *z);

struct zone_period zone_period_at(const struct zone *z, int64_t at_s);

/* What the clock shows at an instant. */
int64_t zone_local(const struct zone *z, int64_t at_s);

/* When the clock shows it; gaps and folds as above. For ZONE_FIRST it is the
 * first instant at which the clock shows that time or a later one: a later
 * local time never gives an earlier instant. */
int64_t zone_instant(const struct zone *z, int64_t local_s,
                     enum zone_fold which);

/* True for what can be a zone's name: no path that leaves the folder of the
 * zones ("../x", "/x"), and none of the names whose meaning depends on the
 * host ("localtime", "posixrules"). */
bool zone_name_valid(const char *name);

#endif
