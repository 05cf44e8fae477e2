/*
 * review: what an engine handed over in a time, and what of it was too much:
 * by rule, reason, group, priority and tag, with what people said of it
 * (labels) and two signs that nobody has to say; and the rules that never
 * fired. Told for a terminal, as JSON and as one HTML file. The same store, of
 * the same time, gives the same bytes.
 */
#ifndef CLI_REVIEW_H
#define CLI_REVIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct arena;
struct map;
struct zone;

enum dimension {
    BY_RULE,
    BY_REASON,
    BY_GROUP,
    BY_PRIORITY,
    BY_TAG,
    DIMENSIONS
};
const char *dimension_name(enum dimension d);

/* What is known of a hand-over. */
enum {
    MARK_NEEDLESS = 1, /* a human says so */
    MARK_NEEDED = 2,
    MARK_CLOSED = 4,  /* sign: closed soon, without a human's message */
    MARK_THANKED = 8, /* sign: the customer thanked before a human spoke */
    MARK_SIGNS = MARK_CLOSED | MARK_THANKED
};

struct counts {
    size_t handed_over, urgent, needless, needed, closed, thanked;
};

/* How each of them is called: to programs, in a narrow column, to people. */
struct count_name {
    const char *key, *narrow, *name;
    size_t offset;
};
#define REVIEW_COUNTS 6
extern const struct count_name review_counts[REVIEW_COUNTS];
size_t review_count(const struct counts *c, size_t i);

/* Hand-overs with one value of a dimension. */
struct slice {
    enum dimension dimension;
    const char *value;
    struct counts counts;
    size_t decided, held_back; /* BY_RULE: conversations that it acted in, and
                                  hand-overs of it that a budget held back */
    const char *last;          /* of these, the conversation counted last */
};

struct handed {
    const char *id, *conversation, *rule, *at;
    unsigned marks;
    int64_t closed_after_ms; /* MARK_CLOSED */
};

struct silent_rule {
    const char *name, *owner; /* owner or NULL */
};

/* What became of tickets, as far as it is known. */
struct followed {
    size_t done, reopened, unassigned;
    int64_t *waits; /* until a human's first word, ms; in the end: sorted */
    size_t wait_count;
};

struct review {
    struct arena *arena;
    const char *since;       /* as asked for: "7d" */
    int64_t soon_ms;         /* closed within this: a sign */
    const struct zone *zone; /* of days; NULL: UTC */
    size_t top;
    size_t conversations, held_back;
    struct counts all;
    struct followed followed;
    /* Of what was labelled: how good the signs are. */
    size_t sign_right, sign_wrong, sign_missed;
    int64_t first_day, last_day; /* of hand-overs, when there are any */
    struct slice **slices;
    size_t slice_count;
    struct handed **handed;             /* in the end: the worst first */
    size_t handed_count, suspect_count; /* suspects stand in front */
    size_t rules;                       /* in force; 0: nobody knows */
    const char *rules_why;              /* why not; or NULL */
    struct silent_rule *silent;
    size_t silent_count;
    struct map *words, *by_value, *acted;
    const char *conversation; /* counted last */
};

struct review *review_new(const char *since, int64_t soon_ms, size_t top,
                          const struct zone *zone);
void review_free(struct review *r); /* NULL is fine */

/* A decision, as history.h lists them; in the order of conversations. */
void review_add_decision(struct review *r, const json_t *decision);

/* A hand-over, as history.h lists them; thanked: see MARK_THANKED. */
void review_add_handoff(struct review *r, const json_t *handoff, bool thanked);

/* The rules in force, as the policy describes them. */
void review_add_rules(struct review *r, const json_t *description);

/* Everything was added: sort. */
void review_end(struct review *r);

/* A figure of all of it: so many, and of how many others; of NULL: of none. */
struct figure {
    const char *name;
    size_t n, whole;
    const char *of;
};
#define REVIEW_FIGURES 10
void review_figures(const struct review *r, struct figure out[REVIEW_FIGURES]);
double figure_percent(const struct figure *f); /* negative: there is none */

/* What there is to say to these figures, or NULL. */
const char *review_remark(const struct review *r);

/* Why a hand-over is suspected: "labelled needless, closed after 3 minutes". */
void review_why(const struct handed *h, struct buf *out);

/* So many percent of the waits for a human were no longer (ms); 0: of none is
 * it known. */
int64_t review_wait(const struct review *r, unsigned percent);

/* What the signs mean, in words; two sentences. */
void review_signs(const struct review *r, struct buf *out);

void review_text(const struct review *r, struct buf *out);
void review_json(const struct review *r, struct buf *out);
void review_html(const struct review *r, struct buf *out);

#endif
