/*
 * owners: who answers for a hand-over. Each open one has exactly one owner: the
 * person that the rule named, else the group, else the group that takes what
 * nobody else does. It is kept with the hand-over; every hour it is looked
 * whether all who are named are still there.
 */
#ifndef FLOW_OWNERS_H
#define FLOW_OWNERS_H

struct config;
struct decision;
struct engine;
struct owners;

/* "assignee", "group" or "fallback", and its name. */
void owner_of(const struct config *config, const struct decision *d,
              const char **kind, const char **owner);

/* Look now, and then every hour. What nobody answers for is counted (a metric)
 * and logged. */
struct owners *owners_new(struct engine *en);
void owners_free(struct owners *o); /* NULL is fine */

#endif
