/*
 * notice: the engine's own words to customers, in their language, when the
 * policy gives none; and the words to the team.
 */
#ifndef FLOW_NOTICE_H
#define FLOW_NOTICE_H

#include <stdint.h>

#include "base/buf.h"

struct config;
struct conversation;
struct decision;

/* "Your request is with our team. Your ticket is 4711. We reply within 4
 * hours." A text of the decision with {ticket.id}, {ticket.display_id},
 * {ticket.url}, {response_time} and {next_open} filled wins. ticket may be NULL
 * (only received so far: the hand-over id is the reference). */
void notice_ticket(const struct config *config, const struct conversation *c,
                   const struct decision *d, const char *ticket,
                   const char *url, const char *handoff_id, int64_t now_ms,
                   struct buf *out);

/* An offer, a question or an information that the decision words, or the
 * standard offer. */
void notice_message(const struct conversation *c, const struct decision *d,
                    struct buf *out);

/* By when an answer is promised: what the sla says of this decision, in the
 * customer's language and zone; else the configuration's response_time; or "".
 */
void notice_promise(const struct config *config, const struct conversation *c,
                    const struct decision *d, int64_t now_ms, struct buf *out);

#endif
