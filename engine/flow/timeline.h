/*
 * timeline: a conversation as a test tells it: what happens, each at its time,
 * and moments at which the test looks. It is merged by the code that merges
 * events, and walked on its own clock (walk.h), beyond the first decision too.
 */
#ifndef FLOW_TIMELINE_H
#define FLOW_TIMELINE_H

#include <jansson.h>

#include "flow/walk.h"

/* play: an array in order of time, borrowed until done ran, of
 *   {at_ms, event: {type, messages, ...}}  an event as adapters tell it
 *   {at_ms, judge: n}  the test looks, for the nth time; with 0 nothing is
 *                      judged: what was decided before belongs to that step
 * availability: as walk_moment's.
 * Takes over the conversation, which holds what is known before. */
struct walk *timeline_start(struct pool *pool, const struct policy *policy,
                            const struct config *config,
                            struct conversation *conversation,
                            const json_t *play, const json_t *availability,
                            walk_done *done, void *arg);

/* What was decided on the way, each with its trace: of the walk of a timeline,
 * or of any other that has ended (its one decision). Caller json_decref()s. */
json_t *timeline_decisions(const struct walk *w);

/* When the test looked: [{judge, from, upto}]: decisions from+1 to upto were
 * made since it looked before. Caller json_decref()s. */
json_t *timeline_judged(const struct walk *w);

/* Before walk_free, of any walk. */
void timeline_clear(struct walk *w);

#endif
