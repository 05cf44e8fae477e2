/*
 * wait: rules that match and act later. A decision that waits arms the
 * conversation's one timer; what the customer does meanwhile may end it (what
 * does, the rule says); when its time comes the rules are asked again, and the
 * one that waited acts if it still is the one that matches.
 */
#ifndef FLOW_WAIT_H
#define FLOW_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct conversation;
struct conversation_change;
struct decision;
struct job;
struct plan;

/* --- the rules of waiting, for whoever moves the clock --- */

/* What happened ends the wait that c is in. */
bool wait_is_ended(const struct conversation *c,
                   const struct conversation_change *change);

/* d waits as of now_ms, when the messages up to `upto` have been said: set c's
 * timer. False: it waits for that rule already, or this is no time to begin a
 * wait: what happened ends it, or a human has the conversation. */
bool wait_begin(struct conversation *c, const struct decision *d,
                const struct conversation_change *change, int64_t upto,
                int64_t now_ms);

/* --- in the engine's way of a job --- */

/* The job of a timer: the conversation still waits for this one. Fills in
 * which rule it is. */
bool wait_has_come(struct job *j);

/* Before the decision is acted on: its time has come, or what happened ends
 * it. */
void wait_end(struct job *j, struct plan *p);

/* Of a decision: arm the timer, leave it, or take it back. */
void wait_plan(struct job *j, struct plan *p);

#endif
