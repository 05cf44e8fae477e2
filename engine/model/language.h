/*
 * language: what a customer writes in, as far as the source told it: nothing
 * is guessed from what was written. The same votes as the rules' word `speaks`
 * (rules/std/38-guards.lua). A hand-over remembers the language it was made in
 * and those that its ticket was told of since.
 */
#ifndef MODEL_LANGUAGE_H
#define MODEL_LANGUAGE_H

#include <stdbool.h>

#include "base/buf.h"

struct conversation;
struct message;

#define LANGUAGE_SIZE 9           /* the longest base of a tag, and its end */
#define LANGUAGE_TAG  "language:" /* in front of the base, on a ticket */

/* The base of a BCP 47 tag in lower case: "pt-BR" is "pt". False when it is no
 * such tag. */
bool language_base(const char *tag, char out[LANGUAGE_SIZE]);

/* What is spoken in the episode up to this message: the most of the newest
 * three customer messages of two words or more that the source knows the
 * language of, the newest when they disagree evenly; without any the
 * conversation's language when that is sure, and the message has two words.
 * False when nobody knows. */
bool language_spoken(const struct conversation *c, const struct message *upto,
                     char out[LANGUAGE_SIZE]);

/* A hand-over is made now: in what is spoken, else in the language of the
 * customer's account. */
void language_begin(struct conversation *c);

/* The language, when with this message one is spoken that the hand-over's
 * ticket was not told of, which it is then; else NULL. What is the first that
 * is known at all is the hand-over's own. It lives as long as the conversation.
 */
const char *language_changed(struct conversation *c, const struct message *m);

/* The language the hand-over was made in, or NULL. */
const char *language_first(struct conversation *c);

/* The tags of what changed since, as a JSON array: ["language:es"]. */
void language_tags(const struct conversation *c, struct buf *out);

/* For people: "Spanish (es)", or the base alone. */
void language_title(const char *base, struct buf *out);

#endif
