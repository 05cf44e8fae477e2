/*
 * facts: what a rule is told beside the conversation: the event, the time,
 * and those calendars, groups and promises of the configuration that the
 * policy asks about, worked out for the moment. They are stored with the
 * decision, so that it can be made again from what is stored alone.
 */
#ifndef FLOW_FACTS_H
#define FLOW_FACTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"

struct config;
struct conversation;
struct facts_wanted;
struct policy_moment;

/* From a policy's description: `asks = { calendars = { names }, days =
 * { names }, sla = true, sla_groups = { names }, waits = { { key, calendar,
 * s or days } }, sessions = true,
 * returns = true }` (rules/std/40-time.lua, 60-budget.lua). A
 * name is a calendar's, or a group's. NULL when it asks for nothing, or config
 * is NULL. */
struct facts_wanted *facts_wanted_new(const struct config *config,
                                      const struct value *description);
/* A budget of the policy is a share of the conversations: they have to be
 * counted. */
bool facts_wanted_sessions(const struct facts_wanted *w);
/* The policy asks for the customer's last ticket (returns.h). */
bool facts_wanted_returns(const struct facts_wanted *w);
void facts_wanted_free(struct facts_wanted *w); /* NULL is fine */

/* Append the same facts as packed map, or as JSON with sorted keys. w may be
 * NULL. */
void facts_pack(const struct facts_wanted *w, const struct conversation *c,
                const struct policy_moment *m, struct buf *out);
void facts_json(const struct facts_wanted *w, const struct conversation *c,
                const struct policy_moment *m, struct buf *out);

#endif
