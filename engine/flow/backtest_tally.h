/*
 * backtest_tally: what a back-test counted: which conversations the new
 * policy treats differently, in what, how many tickets that is for whom and
 * when, and how right both were where the recordings say so. It keeps counts
 * and a short summary of each conversation that changed, never a conversation.
 *
 * Everything depends on the recordings and their order alone: two runs, with
 * any number of workers, count the same.
 */
#ifndef FLOW_BACKTEST_TALLY_H
#define FLOW_BACKTEST_TALLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/backtest_shares.h"
#include "flow/backtest_walk.h"

struct zone;

/* What of a decision is compared and counted by its values. */
enum aspect {
    ASPECT_ACTION,
    ASPECT_RULE,
    ASPECT_GROUP,
    ASPECT_PRIORITY,
    ASPECT_TIMING,
    ASPECTS
};
const char *aspect_name(enum aspect a);

enum change_kind {
    CHANGE_NEW,     /* newly handed over */
    CHANGE_LOST,    /* no longer handed over */
    CHANGE_MOVED,   /* both hand over: to another group, by another rule ... */
    CHANGE_OTHER,   /* neither hands over, but they act differently */
    CHANGE_DETAILS, /* the same, but for its words: subject, tags ... */
    CHANGE_KINDS
};
const char *change_kind_name(enum change_kind k);  /* "newly_handed_over" */
const char *change_kind_title(enum change_kind k); /* "newly handed over" */

/* A verdict in short. Texts live as long as the tally; "-" when there is
 * nothing to say. */
struct outcome_row {
    const char *value[ASPECTS];
    const char *reason; /* or NULL */
    const char *budget; /* that held a hand-over back; or NULL */
    int64_t at;
    bool ended, waited, handed_over, failed;
};

struct change {
    const char *id;
    size_t number; /* of the conversation, from 0 */
    enum change_kind kind;
    int weight;          /* the more it weighs the earlier it is shown */
    const char *details; /* CHANGE_DETAILS: "subject, tags"; else NULL */
    struct outcome_row row[SIDES];
    json_t *why; /* backtest_why's, of the weightiest; or NULL */
};

/* old value -> new value of an aspect, over all conversations */
struct flow {
    enum aspect aspect;
    const char *value[SIDES];
    size_t count;
};

struct group_load {
    const char *name;
    size_t tickets[SIDES], peak[SIDES]; /* peak: of one day */
    size_t hour[24][SIDES];             /* in the tally's zone */
};

struct day_load {
    int64_t day; /* since 1970-01-01, in the tally's zone */
    size_t tickets[SIDES];
};

/* Against labels; a hand-over is the positive. */
struct score {
    size_t right, wrong; /* handed over, and should be, or should not */
    size_t missed, left; /* not handed over, but should be, or rightly so */
};

struct rule_score {
    const char *rule;
    size_t right[SIDES], wrong[SIDES];
};

struct failure {
    enum side side;
    const char *text, *first; /* the first conversation's id */
    size_t count;
};

struct unreadable {
    const char *place, *why;
};

#define UNREADABLE_NAMED 100 /* of them; the others are counted */

struct tally {
    struct arena *arena;
    bool same;                  /* the two policies are one */
    const struct zone *zone;    /* of days and hours; NULL: UTC */
    const char *label;          /* as asked for, or NULL */
    const char *label_found[2]; /* which were there */
    size_t top;
    size_t conversations, untimed;
    size_t handed_over[SIDES], kinds[CHANGE_KINDS];
    size_t changed, unreadable_count;
    int64_t first_day, last_day; /* of what was timed */
    bool timed;
    struct change **changes;
    struct flow **flows;
    struct group_load **groups;
    struct day_load **days;
    struct failure **failures;
    struct unreadable *unreadables;
    size_t flow_count, group_count, day_count, failure_count;
    size_t labelled;
    struct score score[SIDES];
    struct rule_score **rules;
    size_t rule_count;
    struct shares *shares; /* of the hand-overs: tags, urgency */
    struct tally_inside *inside;
};

/* top: so many of the changes are shown with their explanation. label: the
 * member of `labels` that says whether a human was needed; NULL:
 * ai_transferred, else escalate. zone: of days and hours; NULL: UTC. Both
 * borrowed. */
struct tally *tally_new(bool same, size_t top, const char *label,
                        const struct zone *zone);

/* "Europe/Berlin", "UTC". */
const char *tally_zone(const struct tally *t);

/* The label of a recording: 1, 0, or -1 when it has none. */
int tally_label(struct tally *t, const json_t *recording);

/* Whether this pair, the number'th conversation, is among the weightiest
 * changes so far and so to be explained. In any order. */
bool tally_wants_why(struct tally *t, const struct pair *p, size_t number);

/* Count it; in the order of the conversations. Takes the reference why. */
void tally_add(struct tally *t, const struct pair *p, size_t number, int label,
               json_t *why);

void tally_add_unreadable(struct tally *t, const char *place, const char *why);

/* Everything was added: sort. */
void tally_end(struct tally *t);

/* Days from the first to the last, both counted; 0 when nothing was timed. */
int64_t tally_days(const struct tally *t);

/* Percent of part in whole; 0 of 0 is 0. */
double tally_percent(size_t part, size_t whole);

void tally_free(struct tally *t); /* NULL is fine */

#endif
