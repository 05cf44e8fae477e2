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

/* Append the files of this hash to *files; *found says whether it is known. */
int sql_policy_load(struct db *d, const char *hash, struct buf *files,
                    bool *found, struct err *e) MUST_CHECK;

#endif
