/*
 * zones: the zones of this machine by name, each file read once. The names of
 * customers' zones come from outside: what is no name, or no file, is an
 * error and nothing else.
 */
#ifndef FLOW_ZONES_H
#define FLOW_ZONES_H

#include "base/buf.h"
#include "base/err.h"

struct zone;
struct zones;

/* From $TZDIR, or /usr/share/zoneinfo (Debian: tzdata). Reads nothing yet. */
struct zones *zones_new(void);

/* NULL with ERR_INPUT when there is none: the text says what to do and the
 * nearest name. Lives as long as the zones. */
const struct zone *zones_get(struct zones *z, const char *name,
                             struct err *e) MUST_CHECK;

/* The same without a word: for names that nobody here can mend. */
const struct zone *zones_find(struct zones *z, const char *name);

void zones_free(struct zones *z); /* NULL is fine */

#endif
