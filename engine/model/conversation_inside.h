/*
 * conversation_inside: what the conversation's own files share.
 */
#ifndef MODEL_CONVERSATION_INSIDE_H
#define MODEL_CONVERSATION_INSIDE_H

#include "model/conversation.h"

/* The packed map of one message, as rules see it. */
void message_pack(const struct message *m, struct buf *out);

/* At the end, or in its place (everything behind it moves). */
void conversation_append(struct conversation *c, struct message *m);
void conversation_insert(struct conversation *c, struct message *m, size_t at);
void conversation_pack_message(struct conversation *c, struct message *m);

/* Keep first question, turns and last times in step with a message that was
 * just appended. */
void conversation_note_message(struct conversation *c, const struct message *m);

#endif
