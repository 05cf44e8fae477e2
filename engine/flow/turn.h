/*
 * turn: chats whose webhook is answered in the customer's turn. There is no
 * way to write to such a chat later: what is to be said (and that a human has
 * the conversation now) stands in the answer to the request that brought the
 * event. The request waits until what came of the event is on disk, for a
 * bounded time; the answer is kept with the event, so that the same request
 * again is answered the same.
 */
#ifndef FLOW_TURN_H
#define FLOW_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct turn;

/* The job's event came by this request of the public listener, whose answer
 * is respond's of the job's source. */
void turn_begin(struct job *j, uint64_t handle);

/* Everything is decided and nothing committed: what will be said, for the
 * journal (job.said). */
void turn_plan(struct job *j, bool opens_handoff);

/* Nobody knows more of this event: answer. The job's decision is committed, or
 * it asked for nothing, or it is a repeat (job.said is what was said then). */
void turn_end(struct job *j);

/* The event could not be kept: the chat is to send it again. */
void turn_lost(struct job *j);

/* The job goes away; NULL is fine. The request gets no answer. */
void turn_drop(struct turn *t);

#endif
