/*
 * redact: personal data and secrets out of text before it is stored or
 * logged. Linear time: no back-tracking. What is found is replaced by a mark
 * of its kind ("[card]"); order numbers and ticket ids are left alone.
 */
#ifndef MODEL_REDACT_H
#define MODEL_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum redact_kind {
    REDACT_CARD,   /* 13-19 digits, spaces and dashes between, issuer prefix and
                      Luhn */
    REDACT_IBAN,   /* country length and mod 97 */
    REDACT_SECRET, /* key prefixes, bearer tokens, private keys, password: x */
    REDACT_EMAIL,  /* off by default */
    REDACT_PHONE,  /* off by default */
    REDACT_KINDS
};
const char *redact_kind_name(enum redact_kind k); /* "card", ... */

struct redactor {
    bool on[REDACT_KINDS];
};
#define REDACTOR_DEFAULT ((struct redactor){{true, true, true, false, false}})

/* Append the redacted text to out; counts[kind] is increased per find (may be
 * NULL). Returns the number of finds; 0 means out got a plain copy. */
size_t redact_text(const struct redactor *r, const char *text, size_t n,
                   struct buf *out, unsigned counts[REDACT_KINDS]);

/* True when the text would be changed (no copy made). */
bool redact_would(const struct redactor *r, const char *text, size_t n);

#endif
