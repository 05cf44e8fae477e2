/*
 * plain: the reference of decisions: a policy in one long-lived plain Lua
 * state of this process: no limits, no hook, stock libraries and allocator,
 * nothing restored between calls.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct plain;
struct script_set;

/* function: of the set's entry, what is called; lives longer. */
struct plain *plain_new(const struct script_set *set, const char *function,
                        struct err *e);

/* Call it with packed arguments; out gets the packed result, and nothing
 * else. False when it failed. */
bool plain_call(struct plain *p, const char *args, size_t n, struct buf *out);

void plain_free(struct plain *p);

#endif
