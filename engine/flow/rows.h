/*
 * rows: between the structs of the flow and the statements of the store. The
 * run_* functions run on the store's thread; they read what they are given
 * and write only result members named here.
 */
#ifndef FLOW_ROWS_H
#define FLOW_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "model/ticket.h"

struct conversation;
struct db;
struct delivery;
struct job;
struct plan;

/* A column's text for longer than its row; NULL becomes "". */
const char *rows_copy(struct arena *a, struct str s);

/* --- the journal (arg: struct job) --- */
int run_keep(struct db *d, void *arg,
             struct err *e); /* row_repeated, old_answer */
int run_ignore(struct db *d, void *arg, struct err *e); /* reason: error.text */
/* sealed, headers; the row's tries become the job's */
int run_reload(struct db *d, void *arg, struct err *e);

/* Part of run_apply: the job's event is applied, or set aside (failed). */
int rows_settle_event(struct db *d, const struct job *j, struct err *e);

/* --- applying (arg: struct plan) --- */
int run_apply(struct db *d, void *arg, struct err *e);

/* --- loading a conversation --- */
struct row_load {
    const char *tenant, *id, *source;
    struct conversation *loaded; /* result, or NULL: not there */
};
int run_load(struct db *d, void *arg, struct err *e);

/* --- recovery: pages of what is open --- */
struct row_event {
    const char *source, *ekey, *conv, *native;
    int64_t recv_at;
    int shard, tries;
    struct row_event *next;
};
struct row_events {
    const char *tenant;
    struct arena *arena;
    int64_t skip; /* rows of earlier pages */
    int limit;
    struct row_event *first, **end; /* result */
    int count;
};
int run_open_events(struct db *d, void *arg, struct err *e);

/* --- deliveries --- */
struct row_delivery {
    const char *did, *hid, *conv, *dest, *step, *dkey, *after, *payload;
    enum delivery_kind kind;
    enum delivery_state state;
    int priority;
    int tries;
    int64_t next_at, expire_at, first_sent, created_at, fence;
    bool there; /* result of rows_add_delivery: one of its dkey was */
    struct row_delivery *next;
};
/* In a transaction: a new one, unless one of its dkey is there. after: "" or
 * NULL when there is none. */
int rows_add_delivery(struct db *d, const char *tenant, int shard,
                      struct row_delivery *x, struct err *e);

struct row_deliveries {
    const char *tenant;
    struct arena *arena;
    const char *after_did; /* page from here; "" first */
    int limit;
    struct row_delivery *first, **end; /* result */
    int count;
};
/* What was leased: READY when nothing was sent, else UNCERTAIN (D8). */
int run_expire_leases(struct db *d, void *arg, struct err *e);
/* READY and UNCERTAIN rows in order of did. */
int run_open_deliveries(struct db *d, void *arg, struct err *e);

/* One step of a delivery's state machine, with its attempt. */
struct row_step {
    const char *tenant, *did, *hid, *conv;
    int64_t fence; /* as the sender knows it; a lease raises it by one */
    int64_t now_ms, next_at, started_ms;
    int tries;
    int http;
    const char *class, *why; /* of the attempt; why is shown to people */
    struct str bytes;        /* lease: what will be sent */
    bool keep_bytes;         /* lease: they are kept already */
    bool at_once;            /* done at the first try: no attempt's row */
    /* done */
    bool is_ticket, last_step; /* a helpdesk step; the one that ends it */
    bool is_notice, is_close;
    const char *title, *priority, *group, *assignee; /* of the ticket */
    const char *relation;  /* "appended": the ticket was there; or NULL */
    const char *linked_to; /* another ticket that it belongs with; or NULL */
    const char *helpdesk, *remote_id, *display_id, *url, *saved;
    bool lost_lease; /* result: the row has moved on without us */
};
int run_lease(struct db *d, void *arg, struct err *e);
int run_done(struct db *d, void *arg, struct err *e);
int run_ready_again(struct db *d, void *arg, struct err *e);
int run_uncertain(struct db *d, void *arg, struct err *e);
int run_reconciling(struct db *d, void *arg, struct err *e);
int run_held(struct db *d, void *arg, struct err *e);
int run_dead(struct db *d, void *arg, struct err *e);

/* --- timers --- */
struct plan;
/* In the commit of a plan: fire, cancel or arm the conversation's timer. The
 * first sets plan.stale when that arming is no longer set. */
int rows_fire_timer(struct db *d, struct plan *p, struct err *e);
int rows_set_timer(struct db *d, const struct plan *p, struct err *e);

struct row_timer {
    const char *conv, *source, *native;
    int64_t number, due_at;
    int shard;
    struct row_timer *next;
};
struct row_timers {
    void *owner; /* the asker's */
    const char *tenant;
    int64_t now_ms, limit;
    struct arena *arena; /* results: */
    struct row_timer *first, **end;
    int64_t next_due; /* of those that are not due yet; 0: none */
};
int run_due_timers(struct db *d, void *arg, struct err *e);

/* Characters of an id that are a number in the desk: "U-7FFPZKB4". */
#define DESK_NUMBER_LENGTH 8

/* What a delivery needs that is not in memory. */
struct row_context {
    const char *tenant, *conv, *did, *hid;
    int64_t decision; /* its number */
    bool want_bytes;
    const char *want_ticket, *helpdesk; /* look for it in the desk; or NULL */
    struct buf outcome;                 /* results: the decision's JSON, */
    struct buf bytes;                   /* the frozen request, */
    struct buf saved;                   /* what earlier steps saved (JSON), */
    struct buf ticket_id, ticket_url;   /* the ticket, once known */
    struct buf found_id, found_display; /* the wanted one; empty: not there */
};
int run_context(struct db *d, void *arg, struct err *e);

/* --- who answers for what is open --- */
struct row_owner {
    const char *kind, *owner; /* "" when there is none */
    const char *oldest;       /* one of its hand-overs */
    int64_t count;
    struct row_owner *next;
};
struct row_owners {
    void *asker; /* its own */
    const char *tenant;
    struct arena *arena; /* results: */
    struct row_owner *first, **end;
};
int run_list_owners(struct db *d, void *arg, struct err *e);

/* --- what the admin listener shows --- */
struct row_query {
    const char *tenant, *key, *state; /* state: NULL for any */
    int limit;
    bool found;      /* result */
    struct buf json; /* result: an object, or the members of an array */
};
int run_list_conversations(struct db *d, void *arg, struct err *e);
int run_list_tickets(struct db *d, void *arg, struct err *e);
int run_list_links(struct db *d, void *arg, struct err *e);
int run_list_deliveries(struct db *d, void *arg, struct err *e);
int run_get_delivery(struct db *d, void *arg, struct err *e);
int run_get_handoff(struct db *d, void *arg, struct err *e);
/* The newest decision other than keep of conversation `key`, else the newest;
 * members "decision" and "ticket" of an object, without braces. */
int run_get_outcome(struct db *d, void *arg, struct err *e);
/* A stored decision by "<conversation>/<episode>/<n>". */
int run_get_decision(struct db *d, void *arg, struct err *e);
/* An operator's word: HELD or DEAD becomes READY, or UNCERTAIN when bytes
 * were sent. found: there was such a delivery in such a state. */
int run_retry_delivery(struct db *d, void *arg, struct err *e);
/* What a human says of a hand-over: state is "needed", "needless", or "" to
 * take it back. found: there is such a hand-over; json: as run_get_handoff. */
int run_label_handoff(struct db *d, void *arg, struct err *e);
/* How often each rule decided: "rules" (name -> count) and "decisions" of one
 * page, and "next", the key that the next page begins with. key: "", or a next;
 * found: it was one. */
int run_count_rules(struct db *d, void *arg, struct err *e);
/* How much is open, for readiness: an object. */
int run_open_counts(struct db *d, void *arg, struct err *e);

#endif
