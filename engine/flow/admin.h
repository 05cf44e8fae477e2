/*
 * admin: what the admin listener answers: conversations, hand-overs, tickets,
 * deliveries, health, readiness, metrics.
 */
#ifndef FLOW_ADMIN_H
#define FLOW_ADMIN_H

#include "base/buf.h"
#include "base/str.h"

struct engine;
struct request;
struct server;

/* Each answers on the listener it came from. name: the last part of the
 * path, decoded; empty where there is none. */
typedef void admin_fn(struct engine *en, struct server *s, struct request *r,
                      struct str name);

admin_fn admin_health, admin_ready, admin_metrics, admin_conversation,
    admin_conversations, admin_handoff, admin_tickets, admin_deliveries,
    admin_delivery, admin_retry, admin_policy, admin_decision, admin_rules;

#endif
