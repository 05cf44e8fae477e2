/*
 * intake: from a request to a kept event. The source is found, its bytes are
 * proven, the body is read once, each event becomes one journal row; only
 * then the request is answered 2xx.
 */
#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct adapter;
struct engine;
struct job;
struct request;

/* POST /v1/sources/{source}: GET, HEAD and OPTIONS answer 200 without side
 * effects (vendors probe the URL). */
void intake_source(struct engine *en, struct request *r, struct str source);

/* POST /v1/escalations: an AI's tool call. The body names the source and the
 * conversation; "Prefer: wait=5" waits for the ticket id. */
void intake_escalation(struct engine *en, struct request *r);

/* Ask the adapter to read the job's event (again); then on_read(job). */
void intake_read(struct job *j, void (*on_read)(struct job *j));

/* Turn the sealed body of a job's journal row into its event again. */
int intake_unseal(struct job *j, struct err *e) MUST_CHECK;

/* Tell whoever waits for the job's request, if somebody does. */
void intake_answer(struct job *j);

/* False (and the request answered 503) while the disk is too far behind. */
bool intake_admit(struct engine *en, struct request *r);

#endif
