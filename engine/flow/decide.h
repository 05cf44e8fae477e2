/*
 * decide: the next event of a conversation: read by its adapter, merged into
 * the conversation, judged by the rules. Whatever fails on the way ends with
 * a human: the fail-safe decision.
 */
#ifndef FLOW_DECIDE_H
#define FLOW_DECIDE_H

#include <stdbool.h>

#include "model/event.h"

struct engine;
struct job;

/* Take a kept job, at the head of its lane, to the end of its way. */
void decide_event(struct job *j);

/* The rules are asked when this happened: at every customer message, every
 * signal and the end; not for what the AI or a human says. */
bool decide_is_asked(const struct conversation_change *change,
                     enum event_type event);

#endif
