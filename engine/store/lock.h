/*
 * lock: one engine per store. A file beside the store is locked for as long
 * as the engine lives; the kernel lets go when the process ends, however it
 * ends, so that no stale lock ever has to be removed by hand.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

/* Lock "<where>.lock", made with mode 0600. Returns its descriptor; the lock
 * is held until it is closed. ERR_SYSTEM, in one line with the remedy: in use
 * (with the owner's process number, read from the file), no such folder, not
 * writable, a network file system (its locks and its fsync cannot be trusted
 * with what was acknowledged). */
int lock_take(const char *where, struct err *e) MUST_CHECK;

#endif
