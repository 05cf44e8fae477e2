/*
 * draft: rules on their way to be in force: kept and tested (draft), asked
 * beside those in force and not listened to (shadow), deciding for a share of
 * the conversations (canary), or found wanting (disabled). There is one at a
 * time, its row in the store says how far it has got, and a restart finds it
 * there. reload.h brings it in and promotes it; shadow.h asks it.
 */
#ifndef FLOW_DRAFT_H
#define FLOW_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "flow/canary.h"

struct db;
struct draft;
struct engine;
struct job;
struct policy;

enum draft_state {
    DRAFT_NONE,
    DRAFT_WAITING,
    DRAFT_SHADOW,
    DRAFT_CANARY,
    DRAFT_DISABLED
};
const char *draft_state_name(enum draft_state s); /* "draft" of WAITING */
bool draft_state_from_name(const char *s, size_t n, enum draft_state *out);

#define DRAFT_NAME_MAX 64

/* How far it is to go. */
struct draft_way {
    enum draft_state state;
    int64_t share; /* canary: of the conversations, in 1/10000 */
    char source[DRAFT_NAME_MAX], tier[DRAFT_NAME_MAX]; /* only these, or "" */
    struct canary_expected expect;
};

/* Reads what the store knows; rules that do not load any more are disabled. */
struct draft *draft_new(struct engine *en, struct err *e) MUST_CHECK;

/* It goes this way from now_ms on: in a transaction with whatever else that
 * means (on the store's thread), and then, committed, on the loop. */
int draft_write(struct db *d, const char *tenant, const struct draft_way *way,
                const char *hash, int64_t now_ms, struct err *e) MUST_CHECK;
int draft_erase(struct db *d, const char *tenant, struct err *e) MUST_CHECK;
void draft_set(struct draft *d, const struct draft_way *way, struct policy *p,
               int64_t now_ms);
void draft_gone(struct draft *d); /* promoted */

/* An operator's word: it decides nothing any more. why is kept. */
int draft_write_stop(struct db *d, const char *tenant, const char *hash,
                     const struct draft_way *way, const char *counts,
                     const char *why, int64_t now_ms, struct err *e) MUST_CHECK;
void draft_stopped(struct draft *d, const char *why);

enum draft_state draft_state(const struct draft *d);
const struct draft_way *draft_way(const struct draft *d);
const char *draft_hash(const struct draft *d); /* "": there is none */
/* NULL: there is none, or they do not load any more (it is disabled then). */
struct policy *draft_policy(const struct draft *d);

/* The rules that decide for this job instead of those in force, or NULL. */
struct policy *draft_decides(const struct draft *d, const struct job *j);

/* Before the rules are asked: note that a conversation begins, if that is to be
 * compared. */
void draft_begins(struct draft *d, struct job *j);

/* What j decided is committed: count it, and look whether that goes well. */
void draft_decided(struct draft *d, const struct job *j);

/* Append what is kept of its counts with its row. */
void draft_counts(const struct draft *d, struct buf *out);

/* Append what there is to say of it as a JSON object; "null" for none. */
void draft_json(const struct draft *d, struct buf *out);

/* Nothing it was asked is still out. */
bool draft_idle(const struct draft *d);

/* Ask it nothing more; and when the store is closed. NULL is fine. */
void draft_stop(struct draft *d);
void draft_free(struct draft *d);

#endif
