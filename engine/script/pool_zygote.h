/*
 * pool_zygote: the pool's side of the zygote: how it is started and how it is
 * told to bear a worker.
 */
#ifndef SCRIPT_POOL_ZYGOTE_H
#define SCRIPT_POOL_ZYGOTE_H

#include <sys/types.h>

#include "base/err.h"

/* Execute `program` (NULL: this one) as zygote with an empty environment.
 * Returns the socket to it, not blocking, or -1. */
int zygote_start(const char *program, pid_t *pid, struct err *e) MUST_CHECK;

/* Have it bear the worker of this slot, whose socket is fd (the caller keeps
 * its own copy). 0, or -1. */
int zygote_order(int zygote, int slot, int fd) MUST_CHECK;

#endif
