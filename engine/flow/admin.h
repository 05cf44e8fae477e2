/*
 * admin: what the admin listener answers: conversations, hand-overs, tickets,
 * deliveries, health, readiness, metrics.
 */
#ifndef FLOW_ADMIN_H
#define FLOW_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct engine;
struct reload_outcome;
struct request;
struct server;

/* 200 with this JSON, copied. */
void admin_send_json(struct server *s, uint64_t handle, const char *p,
                     size_t n);

/* The store failed: said in the log, and answered with 503. */
void admin_send_store_down(struct server *s, uint64_t handle,
                           const struct err *e);

/* Each answers on the listener it came from. name: the last part of the
 * path, decoded; empty where there is none. */
typedef void admin_fn(struct engine *en, struct server *s, struct request *r,
                      struct str name);

admin_fn admin_health, admin_ready, admin_metrics, admin_conversation,
    admin_conversations, admin_handoff, admin_tickets, admin_links,
    admin_deliveries, admin_delivery, admin_retry, admin_label, admin_decision,
    admin_rules;

/* admin_policy.c: the rules in force and those before; reload and back. */
admin_fn admin_policy, admin_policies, admin_policy_reload, admin_policy_back;

/* admin_ticket.c: one ticket; of those that are kept here, changes by hand. */
admin_fn admin_ticket, admin_ticket_take, admin_ticket_assign,
    admin_ticket_move, admin_ticket_wait, admin_ticket_resolve,
    admin_ticket_close, admin_ticket_reopen;
/* Answer with it; when it is rejected, as a problem that says why. */
void admin_send_outcome(const struct engine *en, struct server *s,
                        uint64_t handle, const struct reload_outcome *o);

/* admin_groups.c: which teams can take something (availability.h). */
admin_fn admin_groups, admin_group_put, admin_group_forget;
/* admin_draft.c: rules on their way there (draft.h), and what they would have
 * decided. */
admin_fn admin_draft, admin_draft_waits, admin_draft_shadow, admin_draft_canary,
    admin_draft_promote, admin_draft_stop, admin_draft_diff;

/* admin_history.c: what was said and decided, page by page, and what of it a
 * decision was made of (history.h). */
admin_fn admin_recordings, admin_decisions, admin_handoffs, admin_inputs,
    admin_policy_files;

/* What a hash begins with: 8 to 64 digits of it. */
bool admin_is_hash(struct str hash);

/* The value of a query parameter, empty when absent; ours need no decoding. */
struct str admin_parameter(struct request *r, const char *name);

#endif
