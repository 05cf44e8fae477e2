/*
 * sql_policy: the rules that decided, by their hash, so that a decision kept
 * today can be replayed after the folder has changed. All functions run on the
 * store's thread.
 */
#ifndef STORE_SQL_POLICY_H
#define STORE_SQL_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct db;

/* Keep the files (JSON) of this hash; one that is known already stays. */
int sql_policy_keep(struct db *d, const char *hash, struct str files,
                    int64_t now_ms, struct err *e) MUST_CHECK;

/* It is in force from now on, and no longer withdrawn. */
int sql_policy_in_force(struct db *d, const char *hash, int64_t now_ms,
                        struct err *e) MUST_CHECK;

/* It does not come into force again by itself, though the folder still holds
 * it. */
int sql_policy_withdraw(struct db *d, const char *hash, int64_t now_ms,
                        struct err *e) MUST_CHECK;

/* It was found wanting: nothing is decided by it any more, what is pinned to it
 * neither. now_ms 0: it is tried once more. */
int sql_policy_disable(struct db *d, const char *hash, int64_t now_ms,
                       struct err *e) MUST_CHECK;

/* *yes: this hash is withdrawn. */
int sql_policy_withdrawn(struct db *d, const char *hash, bool *yes,
                         struct err *e) MUST_CHECK;

/* The one that was in force last, disabled ones and `but` (a hash, or "") left
 * out; or, with a beginning of its hash that is not empty, that one, disabled
 * or not. Appends its hash and files; *count gets 0, 1, or how many begin like
 * that. */
int sql_policy_find(struct db *d, const char *beginning, const char *but,
                    struct buf *hash, struct buf *files, int *count,
                    struct err *e) MUST_CHECK;

struct sql_policy {
    const char *hash;                              /* borrowed */
    int64_t first_seen, in_force_at, withdrawn_at; /* ms; 0: never */
    int64_t disabled_at;
};

/* The newest in force first; fn is called for each. */
int sql_policy_list(struct db *d, int limit,
                    void (*fn)(void *arg, const struct sql_policy *row),
                    void *arg, struct err *e) MUST_CHECK;

/* Append the files of this hash to *files; *found says whether it is known. */
int sql_policy_load(struct db *d, const char *hash, struct buf *files,
                    bool *found, struct err *e) MUST_CHECK;

/* The same, unless it is disabled. */
int sql_policy_load_enabled(struct db *d, const char *hash, struct buf *files,
                            bool *found, struct err *e) MUST_CHECK;

/* Which rules could go: neither among the `keep` that were in force last, nor
 * in force since since_ms, nor first seen since then, nor the tenant's draft.
 * fn gets each hash, borrowed. */
int sql_policy_spare(struct db *d, const char *tenant, int keep,
                     int64_t since_ms, void (*fn)(void *arg, struct str hash),
                     void *arg, struct err *e) MUST_CHECK;

int sql_policy_forget(struct db *d, const char *hash, struct err *e) MUST_CHECK;

#endif
