/*
 * sql_draft: the rules that do not decide yet, or only for some: a tenant's one
 * draft with how far it has got, and what it would have decided (shadow). All
 * functions run on the store's thread.
 */
#ifndef STORE_SQL_DRAFT_H
#define STORE_SQL_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct db;

struct sql_draft {
    const char *hash, *state;  /* "draft", "shadow", "canary", "disabled" */
    int64_t since_ms;          /* it is in this state */
    int64_t share;             /* of the conversations, in 1/10000; 0: none */
    const char *source, *tier; /* only these; or NULL */
    const char *expect;        /* "more", "fewer" hand-overs; or NULL */
    const char *counts;        /* JSON; or NULL */
    const char *why;           /* it is disabled; or NULL */
};

/* The tenant's draft is this one now. */
int sql_draft_put(struct db *d, const char *tenant, const struct sql_draft *row,
                  struct err *e) MUST_CHECK;

/* What it counted meanwhile, if it still is this one. */
int sql_draft_count(struct db *d, const char *tenant, const char *hash,
                    const char *counts, struct err *e) MUST_CHECK;

/* fn runs when there is one; the row is borrowed. */
int sql_draft_get(struct db *d, const char *tenant,
                  void (*fn)(void *arg, const struct sql_draft *row), void *arg,
                  struct err *e) MUST_CHECK;

int sql_draft_drop(struct db *d, const char *tenant, struct err *e) MUST_CHECK;

/* What the draft would have decided beside the decision of this number. */
struct sql_shadow {
    const char *policy_hash, *conversation;
    int64_t episode, n, at_ms, cpu_us;
    int64_t messages;  /* that it saw */
    const char *event; /* what happened */
    const char *action;
    const char *failure; /* why the fail-safe would have decided; or NULL */
    struct str facts, outcome;
};

int sql_shadow_put(struct db *d, const char *tenant,
                   const struct sql_shadow *row, struct err *e) MUST_CHECK;

#endif
