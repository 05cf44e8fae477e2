/*
 * lane: one job in flight per conversation, in journal order; conversations
 * run side by side. Also the way back after a crash: what the journal holds
 * and nobody applied is queued again.
 */
#ifndef FLOW_LANE_H
#define FLOW_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct engine;
struct job;
struct lanes;

struct lanes *lanes_new(struct engine *en);

/* Queue a kept job behind the others of its conversation; a hand-over request
 * (urgent) goes ahead of everything that waits. */
void lane_add(struct lanes *l, struct job *j, bool urgent);

/* The job is over (applied, ignored or set aside): the next one starts. The
 * job is freed. */
void lane_done(struct lanes *l, struct job *j);

/* Try the job again after ms: its conversation waits. */
void lane_again(struct lanes *l, struct job *j, int64_t after_ms);

size_t lanes_waiting(const struct lanes *l); /* jobs not yet over */

/* Queue what the journal holds (start-up). Rows that were tried before run
 * alone; at three tries an event is set aside. */
int lanes_recover(struct lanes *l, struct err *e) MUST_CHECK;

void lanes_free(struct lanes *l); /* NULL is fine */

#endif
