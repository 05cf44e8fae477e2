/*
 * sweep: rules that nothing refers to any more leave the store. Kept are the
 * last ten that were in force, the draft, and those by which a kept decision or
 * shadow decision was made: a replay needs them. To find these the decisions
 * are walked once, a page at a time with pauses, so that no commit waits; it
 * is done after rules were brought in, never otherwise.
 */
#ifndef FLOW_SWEEP_H
#define FLOW_SWEEP_H

struct engine;
struct sweep;

/* Versions that stay for one-command roll-back. */
#define SWEEP_KEEP 10

struct sweep *sweep_new(struct engine *en);

/* Rules were brought in: look before long. */
void sweep_ask(struct sweep *s);

/* And when the store is closed. NULL is fine. */
void sweep_stop(struct sweep *s);
void sweep_free(struct sweep *s);

#endif
