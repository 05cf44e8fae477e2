/*
 * lifecycle: tickets after they are made. What a helpdesk tells of them stands
 * in their rows (rows_ticket.c); here is what comes of it: who is told that
 * nobody took a ticket and where it goes then, and when the episode of a
 * conversation is over, so that its next message begins another. What is due
 * stands in the ticket's row, and its job comes from timers.h: a restart
 * forgets nothing, and the commit of what came of it happens once.
 */
#ifndef FLOW_LIFECYCLE_H
#define FLOW_LIFECYCLE_H

#include <stdint.h>

struct adapter;
struct config;
struct delivery;
struct engine;
struct job;
struct plan;
struct row_follow;
struct row_step;
struct row_ticket_due;

/* When somebody has to be told that nobody took a ticket made now, in the
 * business time of the group's calendar; 0: never. */
int64_t lifecycle_alarm_at(const struct config *config, const char *group,
                           int64_t now_ms);

/* A ticket is being made (the step's ticket members are set): when to look at
 * it first, and when it is due. */
void lifecycle_begin(const struct engine *en, const struct adapter *helpdesk,
                     struct row_step *step);

/* The step is committed: wake up in time. */
void lifecycle_begun(struct engine *en, const struct row_step *step);

/* The job of a ticket whose time has come, for its conversation's lane. */
struct job *lifecycle_job(struct engine *en, struct adapter *source,
                          const struct row_ticket_due *due);

/* What it does, into its plan; and when that is committed. */
void lifecycle_plan(struct job *j, struct plan *p);
void lifecycle_applied(struct job *j, const struct plan *p);

/* A job from outside: what was said is news of the ticket, too. */
void lifecycle_said(const struct job *j, struct plan *p);

/* Rows were changed by what was told: count and log, and look what is due. */
void lifecycle_told(struct engine *en, const struct row_follow *f);

#endif
