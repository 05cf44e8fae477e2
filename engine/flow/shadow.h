/*
 * shadow: what a draft would have decided, at each moment that the rules in
 * force decide, with nothing done of it: its decision is a row, and that is
 * all. It is asked when theirs is committed, in a worker of its own, and not
 * at all when too much of it is under way already.
 *
 * It sees the conversation as if usher had done nothing in it yet: what was
 * said and what is known is what there is, but it finds no offer, question or
 * hand-over of the rules in force, as it has made none itself. What it decides
 * first, other than to keep, is therefore what a back-test of the same
 * conversation finds.
 */
#ifndef FLOW_SHADOW_H
#define FLOW_SHADOW_H

#include "base/buf.h"
#include "base/err.h"

struct db;
struct job;
struct policy_moment;

/* The rules are being asked about this moment: keep what the draft will be
 * asked. */
void shadow_see(struct job *j, const struct policy_moment *m);

/* What they said is committed: ask the draft. */
void shadow_ask(struct job *j);

/* A page of the diff: per conversation with decisions of both, by id, what
 * each decided first other than keep, else last. */
#define SHADOW_PAGE 200
struct shadow_query {
    const char *tenant, *policy_hash;
    const char *key;   /* begin behind this conversation; "" */
    struct buf json;   /* result: [{conversation, started_at_ms, moments, old,
                          new}], each side {decision, n, at_ms, messages, ended,
                          failure} */
    struct buf behind; /* result: key of the next page; empty: no more */
};
int run_shadow_diff(struct db *d, void *arg, struct err *e);

#endif
