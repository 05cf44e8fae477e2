/*
 * decide: the next event of a conversation: read by its adapter, merged into
 * the conversation, judged by the rules. Whatever fails on the way ends with
 * a human: the fail-safe decision.
 */
#ifndef FLOW_DECIDE_H
#define FLOW_DECIDE_H

struct engine;
struct job;

/* Take a kept job, at the head of its lane, to the end of its way. */
void decide_event(struct job *j);

#endif
