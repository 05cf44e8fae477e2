/*
 * timers: makes an event of every rule whose time has come, and of every ticket
 * (lifecycle.h). What is armed stands in the store; here is only when to look
 * next, so that a restart forgets nothing and a hundred thousand waiting
 * conversations cost no memory. An arming fires once: the commit of what came
 * of it checks its number.
 */
#ifndef FLOW_TIMERS_H
#define FLOW_TIMERS_H

#include <stdint.h>

struct engine;
struct timers;

/* Looks at once: what came due while there was no engine fires now. */
struct timers *timers_new(struct engine *en);

/* One was committed: due at this time (ms). */
void timers_armed(struct timers *t, int64_t due_at);

/* Something else is due at this time (ms). */
void timers_wake(struct timers *t, int64_t due_at);

/* Something may have come due by what was just committed: look. */
void timers_look(struct timers *t);

/* The job of this conversation's timer, or of this hand-over's ticket, is
 * over. */
void timers_over(struct timers *t, const char *whose);

void timers_free(struct timers *t); /* NULL is fine */

#endif
