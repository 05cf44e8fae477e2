/*
 * vendor_talks: two helpdesks of conversations on loopback, as far as a
 * hand-over needs them: Intercom's contacts, tickets and conversations, and
 * Dixa's end users, conversations and notes (paths under /v1). What changes
 * something is told to the ledger. A message whose externalId is known is
 * refused, as Dixa does; nothing else knows a repeat.
 */
#ifndef FAKE_VENDOR_TALKS_H
#define FAKE_VENDOR_TALKS_H

#include <jansson.h>

#include "base/buf.h"

struct talks;

typedef void talks_ledger(void *arg, const char *kind, const char *id,
                          const char *key, const char *more);

struct talks *talks_new(talks_ledger *ledger, void *arg);

/* For faults: "contact", "ticket" (whatever is made), "note", "settle" or
 * "search"; NULL when the path is none of theirs. */
const char *talks_stage(const char *method, const char *path);

/* Apply a request and write its answer; the status. query: still encoded, or
 * NULL; body: NULL when there is none. */
int talks_apply(struct talks *t, const char *method, const char *path,
                const char *query, const json_t *body, struct buf *out);

#endif
