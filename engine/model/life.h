/*
 * life: the life of one ticket after it was made: what a helpdesk tells of it,
 * what that changes, and when something is due of it: somebody has to be told
 * that nobody took it, or its episode is over. Pure: no clock, no store.
 */
#ifndef MODEL_LIFE_H
#define MODEL_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/value.h"
#include "model/ticket.h"

/* Times are ms; 0: it did not happen, as far as is known. */
struct life {
    enum ticket_status status;
    const char *native, *group, *assignee; /* or NULL */
    int64_t told_of_at;                    /* what is known is of then */
    int64_t human_at; /* a human's first word to the customer */
    int64_t resolved_at, closed_at, reopened_at, reopens;
    int64_t missed;   /* how often in a row it was not there */
    int64_t alarm_at; /* nobody took it by then: somebody is told */
    int64_t alarmed_at;
};

/* What a helpdesk tells of a ticket. */
struct life_update {
    const char *id;
    bool has_status;
    enum ticket_status status;
    const char *native;     /* the vendor's word for it; or NULL */
    const char *group;      /* its id there; or NULL: not told */
    const char *group_name; /* as people there call it; or NULL */
    bool has_assignee;      /* told; with NULL: nobody */
    const char *assignee;
    int64_t at_ms;       /* when it was last changed there; 0: not told */
    int64_t human_at_ms; /* 0: not told */
    bool gone;           /* there is no such ticket (any more) */
};

/* Not there so often in a row: it is gone. Once may be a search that is behind,
 * or a right that was taken away for a moment. */
#define LIFE_MISSED_MAX 2

enum life_move {
    LIFE_SAME,  /* nothing new, or older than what is known */
    LIFE_TOLD,  /* something other than its status */
    LIFE_MOVED, /* open, taken, waiting: still worked on */
    LIFE_RESOLVED,
    LIFE_CLOSED,
    LIFE_REOPENED,
};
const char *life_move_name(enum life_move m); /* "reopened", ... */

/* Apply what was told, at now_ms. Any status is believed; *unexpected says
 * that its kind does not go there on its own (ticket_move_expected). Strings
 * stay the caller's. */
enum life_move life_apply(struct life *l, const struct life_update *u,
                          int64_t now_ms, bool *unexpected);

bool life_is_done(const struct life *l); /* resolved or closed */
/* Somebody has it: it names a person, or one has begun. */
bool life_is_taken(const struct life *l);

/* When something is due, or 0: of one that is done the end of its episode,
 * window_ms after (at once when it is closed for good); of an open one that
 * somebody is told. */
int64_t life_due_at(const struct life *l, int64_t window_ms, bool final);

/* When to look at it next: every_ms from now, and less often the longer nothing
 * happens, up to twelve times that; spread by the ticket's id, so that those
 * made in one moment are not looked at in one. */
int64_t life_look_at(const struct life *l, const char *id, int64_t every_ms,
                     int64_t now_ms);

/* What an adapter read: a list of {id, status, native_status, group_id,
 * group_name, assignee (false: nobody), at_ms, human_at_ms, gone}. Complaints
 * name the place. ERR_SCRIPT. In the arena. */
#define LIFE_UPDATES_MAX 1000
int life_updates_read(struct arena *a, const struct value *list,
                      struct life_update **out, size_t *count,
                      struct err *e) MUST_CHECK;

#endif
