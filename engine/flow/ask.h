/*
 * ask: POST /v1/decide: what would the rules do with this conversation? No
 * side effects: nothing is kept, nothing is sent.
 */
#ifndef FLOW_ASK_H
#define FLOW_ASK_H

struct engine;
struct request;

/* The body is one conversation (a recording's form); the caller proves itself
 * as a source (X-Usher-Source names it). Answers the decision as JSON. */
void ask_decide(struct engine *en, struct request *r);

/* The source that a request names (header x-usher-source, or the only one
 * configured), proven by its signature or token; NULL when it was refused
 * (and answered). */
struct adapter *ask_source(struct engine *en, struct request *r);

#endif
