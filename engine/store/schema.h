/*
 * schema: the tables, as numbered migrations that only go forward. A store of
 * a newer engine is refused; an older one is brought up to date.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/err.h"

struct db;
struct db_driver;

#define SCHEMA_VERSION 2

/* Bring the store to SCHEMA_VERSION. ERR_INPUT when it is of a newer engine. */
int schema_migrate(const struct db_driver *driver, struct db *d,
                   struct err *e) MUST_CHECK;

#endif
