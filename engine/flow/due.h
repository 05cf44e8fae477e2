/*
 * due: what a decision promises in time: when the next opening is, when the
 * AI has to give up, by when a human answers. Worked out once, when the
 * decision is made, and kept with it.
 */
#ifndef FLOW_DUE_H
#define FLOW_DUE_H

#include <stdint.h>

struct config;
struct conversation;
struct decision;

/* Fill in due_at_ms (0: nothing is promised); and at_ms, unless the rule gave
 * one: for timing "next_open" the first instant from now on that the group's
 * calendar is open, for "sla" when the AI must give up on a customer of that
 * tier. 0 where the calendar or the tier says nothing. */
void due_set(const struct config *config, const struct conversation *c,
             int64_t now_ms, struct decision *d);

/* When the customer first asked in this episode: what a tier's escalation
 * limit counts from. now_ms when that is not known. */
int64_t due_asked_ms(const struct conversation *c, int64_t now_ms);

#endif
