/*
 * plan: everything that one commit writes for an applied event, rendered
 * beforehand on the loop thread, so that the store's thread only runs
 * statements and can run them again.
 */
#ifndef FLOW_PLAN_H
#define FLOW_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"
#include "model/ticket.h"

struct job;
struct row_ticket_due;
struct row_delivery;

struct plan_message {
    const char *key, *role;
    int64_t ord, at_ms;
    struct str body;   /* JSON */
    struct str redact; /* JSON array of what was redacted, or empty */
};

struct plan_delivery {
    char did[ID_SIZE];
    const char *dest; /* "source:web", "helpdesk:zd", "notifier:team" */
    enum delivery_kind kind;
    const char *step;
    const char *dkey;           /* "<hid>/ticket_create" */
    const char *after_dkey;     /* of the one before, or NULL */
    int priority;               /* 0 first */
    int64_t next_at, expire_at; /* ms; 0: now, never */
    const char *payload;        /* JSON */
};

struct plan {
    struct job *job;
    const char *tenant, *conv_id, *source, *native, *channel;
    const char *customer_hash;
    int shard;
    bool new_conversation;
    int64_t revision; /* the row's before this commit */
    int64_t episode;
    int64_t last_at, high_ord; /* newest message's ord */
    const char *state;
    const char *handoff_ref; /* conversation.handoff_id, or NULL */
    struct str row;          /* conversation JSON */
    struct plan_message *messages;
    size_t message_count;
    /* decision */
    int64_t n, in_ord, at_ms, cpu_us;
    char prefix_hash[65];
    bool decided;
    const char *policy_hash;
    const char *action, *why;
    struct str facts, outcome;
    /* hand-over */
    char hid[ID_SIZE];
    bool opens_handoff;
    const char *helpdesk;
    const char *owner_kind, *owner; /* who answers for it, see owners.h */
    int64_t due_at_ms;              /* 0: no promise */
    const char *links_to; /* counted with this ticket, no hand-over; or NULL */
    const char *added_tags; /* of the hand-over by now, a JSON array; NULL: no
                               more than before */
    struct plan_delivery **deliveries;
    size_t delivery_count, delivery_room;
    struct row_delivery *announced; /* the team is told besides; or NULL */
    const char *budget;             /* that a token was taken from; or NULL */
    double budget_level;
    /* counted (purse.h): for budgets that are a share (in memory, in the
     * store), and for alerts, where the team is told */
    bool counts_handed, keeps_handed, counts_alert;
    int64_t begun_at_ms, counted_at_ms; /* 0: it does not begin */
    const char *counted_group, *counted_rule;
    const char *held_back_by; /* this budget; or NULL */
    /* the conversation's timer */
    int64_t timer_fired; /* this arming has run out; 0: none */
    int64_t timer_due, timer_number;
    const char *timer_rule;
    /* tickets after they are made: whose time has come, or NULL; */
    const struct row_ticket_due *due;
    const char *then_group, *note; /* it goes there, and why; or NULL */
    /* the hand-over that a customer wrote to, or that a human took; or NULL */
    const char *said_to, *taken;
    int64_t said_at_ms;
    bool timer_cancelled, timer_armed; /* the conversation's timer */
    bool stale;    /* set by the commit: the timer was not the one any more */
    bool conflict; /* set by the commit: another writer was first */
};

#endif
