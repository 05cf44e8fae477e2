/*
 * request: one described request (outbound) on its way out: the adapter's
 * authentication, and only to the hosts that may have it.
 */
#ifndef FLOW_REQUEST_H
#define FLOW_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "http/client.h"

struct adapter;
struct engine;
struct outbound;

/* Send it; done runs once. id is constant over repeats (webhook-id). Header
 * lines live in the arena, the bodies in out: both until done has run. -1: it
 * was refused at once, done does not run. */
int request_send(struct engine *en, const struct adapter *a,
                 const struct outbound *out, const char *id,
                 struct arena *arena, client_done *done, void *arg,
                 struct err *e) MUST_CHECK;

#endif
