/*
 * handoff: acts on a decision: nothing, a message to the customer, or a
 * ticket: what must be delivered, to whom and in which order, as rows of the
 * same commit that applies the event.
 */
#ifndef FLOW_HANDOFF_H
#define FLOW_HANDOFF_H

#include "model/ticket.h"

struct job;
struct plan;
struct plan_delivery;

/* One delivery more in the plan, due now; step and payload are to be set. dest
 * and dkey live as long as the job. */
struct plan_delivery *handoff_add(struct job *j, struct plan *p,
                                  enum delivery_kind kind, const char *dest,
                                  const char *dkey);

/* Fill the plan's hand-over part from the job's decision and move the
 * conversation's state (in memory; the commit makes it true). */
void handoff_plan(struct job *j, struct plan *p);

/* The job was applied: schedule its deliveries, answer who waits. */
void handoff_applied(struct job *j, struct plan *p);

#endif
