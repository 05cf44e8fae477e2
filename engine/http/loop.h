/*
 * loop: libevent's event base wrapped: descriptors, timers, work posted to
 * the next pass, and freeing that waits until no callback can be running.
 * Everything here is for the loop thread only, but for loop_post_thread.
 */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct event_base;

/* Also sets SIGPIPE to ignored: a peer that left is an error of its write. */
struct loop *loop_new(struct err *e) MUST_CHECK;

/* Runs what loop_post_thread and loop_at_end still hold, drops timers that
 * are still set. NULL is fine. */
void loop_free(struct loop *l);

/* Run until loop_stop. Returns 0. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Call fn(arg) once after ms (0: in the next pass), never earlier. The token
 * is gone once fn runs; loop_cancel before that promises that fn never runs. */
struct loop_timer *loop_after(struct loop *l, int64_t ms, void (*fn)(void *arg),
                              void *arg);
void loop_cancel(struct loop_timer *t); /* NULL is fine */

/* Call fn(arg) whenever fd is readable, until loop_unwatch. */
struct loop_watch *loop_watch(struct loop *l, int fd, void (*fn)(void *arg),
                              void *arg);
void loop_unwatch(struct loop_watch *w); /* NULL is fine; fd stays open */

/* Call fn(arg) on each SIGINT, SIGTERM or SIGHUP given, on the loop. */
int loop_on_signal(struct loop *l, int signal,
                   void (*fn)(void *arg, int signal), void *arg,
                   struct err *e) MUST_CHECK;

/* Call fn(p) at the end of the present pass: for what is freed inside a
 * callback (an event already queued may touch it), and for what is better done
 * once a pass. */
void loop_at_end(struct loop *l, void (*fn)(void *p), void *p);

/* Call fn(arg) on the loop, soon and once. The one function here that any
 * thread may call; the loop must outlive the call. */
void loop_post_thread(struct loop *l, void (*fn)(void *arg), void *arg);

/* For modules of this folder only. */
struct event_base *loop_base(struct loop *l);

#endif
