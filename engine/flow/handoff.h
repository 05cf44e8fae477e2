/*
 * handoff: acts on a decision: nothing, a message to the customer, or a
 * ticket: what must be delivered, to whom and in which order, as rows of the
 * same commit that applies the event.
 */
#ifndef FLOW_HANDOFF_H
#define FLOW_HANDOFF_H

struct job;
struct plan;

/* Fill the plan's hand-over part from the job's decision and move the
 * conversation's state (in memory; the commit makes it true). */
void handoff_plan(struct job *j, struct plan *p);

/* The job was applied: schedule its deliveries, answer who waits. */
void handoff_applied(struct job *j, struct plan *p);

#endif
