/* draft_inside: what draft.c, draft_back.c and shadow.c share. */
#ifndef FLOW_DRAFT_INSIDE_H
#define FLOW_DRAFT_INSIDE_H

#include "flow/draft.h"
#include "store/sql_draft.h"

struct loop_watch;
struct pool;

struct draft {
    struct engine *engine;
    struct draft_way way;
    struct policy *policy; /* held; NULL: none, or they do not load any more */
    char hash[65];         /* "": there is no draft */
    int64_t since_ms;
    char why[ERR_TEXT_MAX]; /* it is disabled */
    struct canary_counts counts;
    /* in shadow: a worker of its own, so that live decisions wait for none */
    struct pool *pool;
    struct loop_watch *watch;
    size_t out;               /* asked and not kept yet */
    int64_t decided, skipped; /* since since_ms */
    bool stopped;
};

/* "10%" */
#define DRAFT_SHARE_MAX 32
void draft_share(const struct draft_way *way, char out[DRAFT_SHARE_MAX]);

/* The guard's word: it decides nothing any more, and the team is told. */
void draft_take_back(struct draft *d, const struct canary_finding *f);

/* Begin or end the work of a draft in shadow. */
int shadow_open(struct draft *d, struct err *e) MUST_CHECK;
void shadow_close(struct draft *d);

#endif
