/*
 * explain_decision: explain --decision: a stored decision (replay.h) with the
 * trace that it would have had, by the rules that made it.
 */
#ifndef CLI_EXPLAIN_DECISION_H
#define CLI_EXPLAIN_DECISION_H

struct args;
struct option_spec;

/* By the options decision, config, socket, store, why-not and json. */
int explain_decision(const struct args *args, const struct option_spec *specs);

#endif
