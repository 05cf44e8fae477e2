/*
 * availability: which teams can take a conversation now. Somebody who knows
 * (a script beside the helpdesk, a shift plan, a person) says so over the
 * admin listener; it is kept in the store and told to the rules as facts, so
 * that a decision can be made again from what it was made of. A team nobody
 * said anything about is taken to be there.
 */
#ifndef FLOW_AVAILABILITY_H
#define FLOW_AVAILABILITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct availability;
struct engine;

#define AVAILABILITY_UNKNOWN (-1)

/* What was said of a team. */
struct group_state {
    const char *name;
    bool offline;
    int64_t capacity, open; /* AVAILABILITY_UNKNOWN: not told */
    int64_t until_ms;       /* it holds as long as this; 0: until told anew */
    int64_t at_ms;          /* when it was said */
};

/* Reads what is kept. */
struct availability *availability_new(struct engine *en,
                                      struct err *e) MUST_CHECK;
void availability_free(struct availability *a); /* NULL is fine */

/* "available", "offline", or "full" when as many are open as it can take. */
const char *group_state_word(const struct group_state *s);

/* As facts of this moment: {group: {state, capacity, open}}, names in order;
 * NULL when nothing is known (caller json_decref()s). */
json_t *availability_facts(const struct availability *a, int64_t now_ms);

/* The state of a group that still holds, or NULL. */
const struct group_state *availability_of(const struct availability *a,
                                          const char *name, int64_t now_ms);

/* Keep a state (forget: what was said of it is no longer known), then done:
 * e is NULL once it is on disk and told to the rules. */
typedef void availability_done(void *arg, const struct err *e);
void availability_put(struct availability *a, const struct group_state *s,
                      bool forget, availability_done *done, void *arg);

/* Every state that still holds, by name. */
void availability_each(const struct availability *a, int64_t now_ms,
                       void (*fn)(void *arg, const struct group_state *s),
                       void *arg);

#endif
