/*
 * conversation_inside: what the conversation's own files share.
 */
#ifndef MODEL_CONVERSATION_INSIDE_H
#define MODEL_CONVERSATION_INSIDE_H

#include "model/conversation.h"

/* The packed map of one message, as rules see it. */
void message_pack(const struct message *m, struct buf *out);

/* At the end, packed. */
void conversation_append(struct conversation *c, struct message *m);

/* In its place. What is behind it has stale numbers and packed forms until
 * conversation_settle(c, lowest index inserted at): many late messages cost
 * one pass. */
void conversation_insert(struct conversation *c, struct message *m, size_t at);
void conversation_settle(struct conversation *c, size_t from);

/* Keep turns, first question and last times in step with a message that was
 * just appended. */
void conversation_count_message(struct conversation *c,
                                const struct message *m);

/* Take over what the newest message says of language, intent, sentiment. */
void conversation_learn_message(struct conversation *c,
                                const struct message *m);

/* The customer's own word: no note, and no machine that answers for them. */
bool message_is_spoken(const struct message *m);

/* Customer message m, behind `before` (or NULL), begins a new turn. */
bool message_begins_turn(const struct message *m, const struct message *before);

/* 1 when the AI says with this message that it failed, else 0. */
int64_t message_failures(const struct message *m);

/* 1 when this is an answer that the AI fell back to, else 0. */
int64_t message_fallbacks(const struct message *m);

/* 0.9, 0.6, 0.3 for high, medium, low in any case; NAN for another word. */
double confidence_of_word(const char *p, size_t n);

#endif
