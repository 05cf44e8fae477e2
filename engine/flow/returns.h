/*
 * returns: who comes back. Each ticket keeps whose it is (as a hash: a
 * customer's id at its source, an address that was verified) and what it was
 * about, so that rules can be told of a customer's last ticket, and of those
 * that are open, where the source tells nothing of them. Looked up only for
 * policies that ask, when they are asked.
 */
#ifndef FLOW_RETURNS_H
#define FLOW_RETURNS_H

#include <stdbool.h>

struct arena;
struct conversation;
struct job;
struct policy;
struct row_step;

/* A ticket is being made: whose it is, and what it is about. */
void returns_begin(const struct conversation *c, struct arena *a,
                   struct row_step *step);

/* True when everything is known that the policy asks about the customer of the
 * job's conversation; else it is looked up, and then again(j) runs. */
bool returns_known(struct job *j, const struct policy *p,
                   void (*again)(struct job *j));

#endif
