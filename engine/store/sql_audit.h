/*
 * sql_audit: who did what to which object, as a chain: each row carries the
 * hash of the one before it, so that a row that was altered or taken out later
 * is found. (Rows cut off at the end are not; their count and last hash, kept
 * elsewhere, would tell.) All functions run on the store's thread.
 */
#ifndef STORE_SQL_AUDIT_H
#define STORE_SQL_AUDIT_H

#include <stdint.h>

#include "base/err.h"

struct db;

struct sql_audit {
    const char *tenant;
    int64_t at_ms;
    const char *actor, *verb, *object; /* "operator", "retry", "delivery/…" */
    const char *before_sha, *after_sha; /* or NULL */
    const char *detail; /* the figures it was done for; or NULL */
};

/* Append as the tenant's next row. */
int sql_audit_add(struct db *d, const struct sql_audit *row,
                  struct err *e) MUST_CHECK;

/* Walk the chain. *bad gets the number of the first row that is missing or not
 * what it was when the next was written, 0 when all is well; *count the rows
 * seen. */
int sql_audit_verify(struct db *d, const char *tenant, int64_t *bad,
                     int64_t *count, struct err *e) MUST_CHECK;

#endif
