/*
 * engine: owns the parts (loop, store, script pool, listeners, client) and
 * passes them down. There is one engine per process, on one loop thread; no
 * part reaches another but through it.
 */
#ifndef FLOW_ENGINE_H
#define FLOW_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

struct adapter;
struct availability;
struct budgets;
struct cache;
struct client;
struct config;
struct deliver;
struct draft;
struct follow;
struct lanes;
struct loop;
struct loop_timer;
struct loop_watch;
struct map;
struct owners;
struct policy;
struct pool;
struct reload;
struct server;
struct store;
struct sweep;
struct timers;
struct versions;

/* What /metrics shows; one row a counter. */
#define ENGINE_COUNTERS(X)                                                     \
    X(requests, "requests of the public listener")                             \
    X(events_kept, "events acknowledged, on disk")                             \
    X(events_repeated, "events that were there already")                       \
    X(events_refused, "requests refused before or after they were kept")       \
    X(signature_failures, "requests whose signature was wrong")                \
    X(events_ignored, "events that ask for nothing")                           \
    X(events_poisoned, "events set aside after three tries")                   \
    X(policy_reloads, "times that other rules came into force")                \
    X(policy_reload_rejected, "changed rules that were not taken")             \
    X(shadow_decisions, "decisions of a draft in shadow, kept")                \
    X(shadow_skipped, "moments that a draft in shadow was not asked about")    \
    X(canary_decisions, "decisions made by a canary")                          \
    X(canary_rollbacks, "canaries taken back by their guard")                  \
    X(budget_exceeded, "hand-overs that a budget held back")                   \
    X(timers_armed, "rules that began to wait")                                \
    X(timers_fired, "rules whose time came")                                   \
    X(decisions, "decisions made")                                             \
    X(decisions_failed, "decisions made by the fail-safe")                     \
    X(handoffs, "conversations handed over")                                   \
    X(tickets, "tickets created or found")                                     \
    X(tickets_resolved, "tickets resolved in their helpdesk")                  \
    X(tickets_closed, "tickets closed there, or gone")                         \
    X(tickets_reopened, "tickets opened again there")                          \
    X(tickets_unassigned, "tickets that nobody took in time")                  \
    X(languages_changed, "hand-overs gone on in another language")             \
    X(tickets_moved_oddly, "changes of a state that are not usual")            \
    X(ticket_states_unknown, "states of tickets that no adapter knows")        \
    X(episodes_ended, "episodes that ended with their ticket")                 \
    X(looks, "requests that asked what became of tickets")                     \
    X(looks_failed, "such requests without an answer to use")                  \
    X(notices, "customers told")                                               \
    X(deliveries_done, "deliveries done")                                      \
    X(deliveries_retried, "deliveries to be tried again")                      \
    X(deliveries_held, "deliveries that wait for a person")                    \
    X(deliveries_unknown, "deliveries whose outcome had to be looked up")      \
    X(duplicate_tickets, "tickets found twice for one hand-over")              \
    X(late_ai_messages, "AI messages after a human took over")                 \
    X(turns_late, "answers in a chat's turn that came too late")               \
    X(overloads, "requests answered 503 because the disk is behind")

struct engine_counters {
#define X(name, help) uint64_t name;
    ENGINE_COUNTERS(X)
#undef X
};

struct engine {
    const struct config *config;
    struct loop *loop;
    struct store *store;
    struct pool *pool;
    struct client *client;
    struct server *public_server;
    struct server *admin_server; /* the Unix socket */
    struct server *admin_tcp;    /* or NULL */
    struct policy *policy;       /* in force; held */
    struct reload *reload;
    struct draft *draft;       /* rules on their way to be in force */
    struct versions *versions; /* that conversations are pinned to */
    struct sweep *sweep;       /* of rules that nothing refers to */
    struct adapter **sources, **helpdesks, **notifiers; /* NULL ends */
    struct cache *cache;
    struct lanes *lanes;
    struct deliver *deliver;
    struct follow *follow; /* of tickets, after they are made */
    struct timers *timers;
    struct budgets *budgets;
    struct owners *owners;
    int64_t handoffs_unowned; /* that nobody answers for, as last looked */
    struct availability *availability;
    struct engine_counters count;
    struct loop_watch *pool_watch, *store_watch;
    struct loop_timer *tick;
    uint8_t seal_key[SEAL_KEY_SIZE];
    struct buf admin_token;
    int64_t started_ms;
    bool recovered; /* journal and deliveries are read in */
    bool draining;
    int exit_code; /* ENGINE_EXIT_* */
};

#define ENGINE_EXIT_OK 0
#define ENGINE_EXIT_STORE                                                      \
    75 /* a commit whose outcome is not known: restart                         \
        */

/* Open everything that the configuration names and recover what an earlier
 * process left. The pool is taken over (freed by engine_free). */
struct engine *engine_new(const struct config *config, struct pool *pool,
                          struct err *e) MUST_CHECK;

/* Serve until a signal or a fatal store error; returns the exit code. */
int engine_run(struct engine *en);

/* Begin a graceful stop: refuse new requests, finish what is in flight (at
 * most 20 s), stop the loop. */
void engine_stop(struct engine *en);

void engine_free(struct engine *en); /* NULL is fine */

struct adapter *engine_source(const struct engine *en, const char *name,
                              size_t n);
struct adapter *engine_helpdesk(const struct engine *en, const char *name);
struct adapter *engine_notifier(const struct engine *en, const char *name);

#endif
