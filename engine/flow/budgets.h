/*
 * budgets: how many hand-overs a team takes before the rules are asked for
 * another way (purse.h), as the engine keeps it: what is left is written with
 * the hand-overs that took from it, and read at the start, so that a restart
 * fills no bucket and forgets no conversation.
 */
#ifndef FLOW_BUDGETS_H
#define FLOW_BUDGETS_H

#include <stdint.h>

#include "base/err.h"
#include "flow/purse.h"

struct budgets;
struct db;
struct engine;
struct job;
struct plan;

struct budgets *budgets_new(struct engine *en, struct err *e) MUST_CHECK;

/* What there is left; not owned. */
struct purse *budgets_purse(struct budgets *b);

/* The job begins a conversation, or an episode of one: counted before its rules
 * are asked, for those that have a share of the conversations. */
void budgets_begin(struct budgets *b, struct job *j);

/* The job's decision takes its token. False: a budget has none left for it;
 * job.budget, budget_level and budget_said say which. */
bool budgets_take(struct budgets *b, struct job *j);

/* What was decided instead of the hand-over that job.budget held back: note it
 * in the plan, and tell the team, unless it was told in the last hour
 * (budget_alert.c). */
void budgets_held_back(struct budgets *b, const struct job *j, struct plan *p);

/* Count what the plan commits, in memory and for the store. */
void budgets_count(struct budgets *b, struct job *j, struct plan *p);

/* What the job took and counted did not happen: it starts over. */
void budgets_undo(struct budgets *b, struct job *j);

void budgets_free(struct budgets *b); /* NULL is fine */

/* In the commit of a plan: what is left and what was counted. On the store's
 * thread. */
int rows_put_budget(struct db *d, const struct plan *p, struct err *e);

#endif
