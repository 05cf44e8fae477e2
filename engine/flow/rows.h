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
    bool there;            /* it was there before this hand-over */
    const char *linked_to; /* another ticket that it belongs with; or NULL */
    const char *helpdesk, *remote_id, *display_id, *url, *saved;
    int64_t look_at, alarm_at;              /* 0: never */
    const char *who_id, *who_mail, *intent; /* see returns.h; or NULL */
    bool lost_lease; /* result: the row has moved on without us */
};
int run_lease(struct db *d, void *arg, struct err *e);
int run_done(struct db *d, void *arg, struct err *e);
int run_ready_again(struct db *d, void *arg, struct err *e);
int run_uncertain(struct db *d, void *arg, struct err *e);
int run_reconciling(struct db *d, void *arg, struct err *e);
int run_held(struct db *d, void *arg, struct err *e);
int run_dead(struct db *d, void *arg, struct err *e);

/* --- tickets after they are made --- */
struct life_update;
struct row_moved { /* what a change did to one hand-over's ticket */
    const char *hid, *conv, *ticket, *from, *native;
    enum ticket_status to;
    int move; /* enum life_move */
    bool unexpected;
    struct row_moved *next;
};
struct row_follow {
    void *owner; /* the asker's */
    const char *tenant, *helpdesk;
    int64_t now_ms;
    int64_t every_ms;  /* to the next look; 0: it is not looked at */
    int64_t window_ms; /* see life_due_at, and final */
    bool final;
    const struct life_update *updates;
    size_t count;
    struct arena *arena; /* results: */
    struct row_moved *first, **end;
};
/* What was told of tickets: into their rows. */
int run_follow(struct db *d, void *arg, struct err *e);

struct row_looks {
    void *owner;
    const char *tenant, *helpdesk;
    int64_t now_ms, until_ms; /* when one is due now: all until then */
    int64_t limit;
    struct arena *arena; /* results: */
    const char **ids;    /* of tickets, as the helpdesk knows them */
    size_t count;
    int64_t next_at; /* when the next one is due; 0: none */
};
int run_looks(struct db *d, void *arg, struct err *e);

/* A ticket whose time has come: nobody took it (alarm), or its episode is over.
 */
struct row_ticket_due {
    const char *hid, *conv, *source, *native, *helpdesk, *ticket, *group;
    const char *priority, *url; /* or NULL */
    int64_t decision, due_at, since;
    int shard;
    bool alarm;
    struct row_ticket_due *next;
};
/* In the commit of a plan: it happens now. Sets plan.stale when it is not due
 * any more. */
int rows_ticket_due(struct db *d, struct plan *p, struct err *e);
/* The same: what was said in the chat opens the ticket again, adds a tag to it,
 * or says that somebody has it. */
int rows_ticket_said(struct db *d, const struct plan *p, struct err *e);

/* A ticket that is done is open again, for all its hand-overs. */
int rows_reopen_ticket(struct db *d, const char *tenant, const char *helpdesk,
                       const char *id, int64_t now_ms, struct err *e);

/* A change of a ticket that is kept here, or (without one) its present state.
 */
struct row_change {
    struct row_follow follow; /* helpdesk: result */
    struct row_query *query;  /* its key: a hand-over, or a ticket's number */
    const char *const *helpdesks; /* NULL ends: where to look for a number */
    const char *const *builtin;   /* NULL ends: those that are kept here */
    struct life_update *update;   /* or NULL; its id: result */
    const char *verb;
    bool foreign; /* result: it is kept elsewhere; nothing was changed */
};
int run_change_ticket(struct db *d, void *arg, struct err *e);
/* Append it as JSON, as run_list_tickets does, of the hand-over that made it
 * (else of the newest that goes on in it). */
int rows_get_ticket(struct db *d, struct row_query *q, const char *helpdesk,
                    const char *id, struct err *e);
/* The ticket that is known by this number; empty: none is. */
int rows_find_in_desk(struct db *d, const char *tenant, const char *helpdesk,
                      const char *number, struct buf *id, struct buf *display,
                      struct err *e);

/* A customer's tickets, as far as they are known again. */
struct row_return {
    const char *ticket, *helpdesk, *remote_id, *intent; /* intent: or NULL */
    enum ticket_status status;
    int64_t created_at, done_at, changed_at; /* 0: unknown */
    struct row_return *next;
};
struct row_returns {
    void *owner;
    const char *tenant, *who_id, *who_mail; /* or NULL */
    const char *intent;                     /* of the matter at hand; or NULL */
    struct arena *arena;                    /* results: */
    struct row_return *first;               /* the newest first */
    const struct row_return *last; /* newest of this intent, else of all */
    int64_t returns; /* how often somebody came back to that one */
};
int run_returns(struct db *d, void *arg, struct err *e);

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
    const char *followed; /* "|zd|rt|": asked once more before it is acted on */
    struct row_ticket_due *tickets, **tickets_end;
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
    int64_t reopened_at; /* when it was last opened again; 0: never */
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
