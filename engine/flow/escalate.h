/*
 * escalate: POST /v1/escalations, an AI's own call for a human. It is an
 * event like any other (kept, deduplicated, decided by the rules); only its
 * form is ours, so that no adapter is asked, and its answer can wait for the
 * ticket.
 */
#ifndef FLOW_ESCALATE_H
#define FLOW_ESCALATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct engine;
struct job;

/* The header (of the journal row) that marks such an event. */
#define ESCALATION_MARK "x-usher-escalation"

/* Turn the body {conversation_id, reason, summary, messages, customer, ...}
 * into a packed canonical event: handoff.requested via tool_call; unknown
 * members become attributes (they choose neither group nor identity). */
void escalation_pack(const json_t *body, struct buf *out);

/* True when the packed headers carry the mark. */
bool escalation_marked(const struct buf *headers);

/* The job is applied: answer whoever called, now or when the ticket is
 * known. */
void escalation_answer(struct job *j);

/* The same call came again: answer with what became of the first. */
void escalation_repeat(struct engine *en, uint64_t handle, int64_t wait_ms,
                       const char *conv_id);

#endif
