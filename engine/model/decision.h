/*
 * decision: what the rules want done with a conversation at one moment, with
 * the reason in words and the trace of every condition. Checked field by
 * field; a decision that cannot be trusted becomes the fail-safe one: hand to
 * a human.
 */
#ifndef MODEL_DECISION_H
#define MODEL_DECISION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

enum action {
    ACTION_KEEP,
    ACTION_OFFER,
    ACTION_COLLECT,
    ACTION_WAIT,
    ACTION_ESCALATE,
    ACTION_NOTIFY,
    ACTION_APPEND,
    ACTION_LINK,
    ACTION_INFORM,
    ACTION_IGNORE,
    ACTION_COUNT
};
const char *action_name(enum action a);
bool action_from_name(const char *s, size_t n, enum action *out);

enum priority {
    PRIORITY_NONE,
    PRIORITY_LOW,
    PRIORITY_NORMAL,
    PRIORITY_HIGH,
    PRIORITY_URGENT
};
const char *priority_name(enum priority p); /* NULL for PRIORITY_NONE */
bool priority_from_name(const char *s, size_t n, enum priority *out);

#define DECISION_SUBJECT_MAX  150 /* characters */
#define DECISION_TAGS_MAX     32
#define DECISION_EVIDENCE_MAX 16

struct evidence {
    int64_t seq; /* message the signal was seen in; 0: none */
    const char *signal, *value, *threshold, *quote;
};

struct decision {
    enum action action;
    const char *reason, *rule, *subject, *group, *assignee, *helpdesk;
    const char *as; /* "ticket" (default) or "conversation" */
    const char *need, *next_step, *summary;
    const char *message; /* text for the customer, or NULL: the standard one */
    bool message_off;    /* message = false: tell the customer nothing */
    const char *transcript; /* "full" (default), "last_n", "since_topic",
                               "restricted" */
    int64_t transcript_n;   /* with last_n */
    enum priority priority;
    const char *priority_from, *group_from; /* "rule", "reason", "routing",
                                               "default": for explain */
    const char *tags[DECISION_TAGS_MAX];
    size_t tag_count;
    const char *timing; /* "immediate", "wait", "sla", "next_open", "at" */
    int64_t wait_s, at_ms;
    int64_t due_at_ms; /* when a human has to have answered, by the
                          configuration's sla; never the rules' to say */
    const char *append_to, *link_to, *risk, *description;
    bool final, failed;        /* failed: the fail-safe decided */
    struct evidence *evidence; /* in the arena */
    size_t evidence_count;     /* at most DECISION_EVIDENCE_MAX */
    json_t *fields, *collect, *budget, *actions, *skills, *cancel_on,
        *rule_state;   /* or NULL */
    json_t *notifiers; /* names, array: who is told beside those who are told
                          of everything; or NULL */
    json_t *near;      /* what was nearly meant, in words, array; or NULL */
    json_t *reasons;   /* other reasons, array; or NULL */
    const char *trace; /* JSON text, or NULL */
    size_t trace_n;
};

/* Check and convert what the rules returned. ERR_SCRIPT with the member's
 * path. escalate needs reason and next_step. Strings are copied into the
 * arena; the trace is turned into JSON text when want_trace. */
int decision_read(struct arena *a, const struct value *v, bool want_trace,
                  struct decision *out, struct err *e) MUST_CHECK;

/* The decision when the rules failed: escalate, reason "error", tag
 * "usher:rule-failed" beside the default origin tags and "reason:error",
 * priority normal, no group (routing's default), the
 * next step says what failed and where (class: "budget", text). */
void decision_failsafe(struct arena *a, const char *class, const char *text,
                       struct decision *out);

/* A human gets it: in a ticket of its own, or in one that there is. */
bool decision_hands_over(const struct decision *d);

/* It asks what the budgets have left: for a hand-over, or for the offer of one.
 */
bool decision_spends(const struct decision *d);

/* A keep without any rule ("no rule matched"). */
void decision_keep(struct decision *out);

/* Canonical JSON, keys sorted, absent members left out; with the trace when
 * with_trace. Byte-identical for equal decisions. */
void decision_json(const struct decision *d, bool with_trace, struct buf *out);

/* And back from that JSON (the stored decision). */
int decision_from_json(struct arena *a, const char *json, size_t n,
                       struct decision *out, struct err *e) MUST_CHECK;

void decision_clear(struct decision *d); /* drops json_t references */

#endif
