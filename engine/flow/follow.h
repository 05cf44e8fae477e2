/*
 * follow: asks helpdesks what became of their tickets: of those that are worked
 * on, or done so lately that they may be opened again; many in one request, one
 * request of a helpdesk at a time, in a slot of its window that no delivery
 * needs. When to ask stands in the tickets' rows. A helpdesk that is down, or
 * wants to be left alone, delays it and nothing else.
 */
#ifndef FLOW_FOLLOW_H
#define FLOW_FOLLOW_H

#include <stdint.h>

struct engine;
struct follow;

/* Begins with what came due while there was no engine. */
struct follow *follow_new(struct engine *en);
void follow_begin(struct follow *f);

/* The helpdesks that are asked: "|rt|zd|". */
const char *follow_names(const struct follow *f);

/* A ticket of this helpdesk is to be looked at then. */
void follow_wake(struct follow *f, const char *helpdesk, int64_t at_ms);

/* No more requests. */
void follow_stop(struct follow *f);
void follow_free(struct follow *f); /* NULL is fine; nothing is in flight */

#endif
