/*
 * when: a time in words, in the reader's language and zone.
 */
#ifndef FLOW_WHEN_H
#define FLOW_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct zone;

/* The languages that the engine speaks: "en", "de", "fr", "es", "it", "pt",
 * "nl", "pl". Others are told in English. */
enum when_language {
    WHEN_EN,
    WHEN_DE,
    WHEN_FR,
    WHEN_ES,
    WHEN_IT,
    WHEN_PT,
    WHEN_NL,
    WHEN_PL,
    WHEN_LANGUAGES
};

/* Of "de", "de-AT" or "de_AT"; NULL and unknown ones are English. */
enum when_language when_language(const char *tag);

/* Append "Tuesday 24 November, 09:00". A zone that the reader may not expect
 * (name_zone) is named behind it; NULL is UTC and always named. */
void when_text(enum when_language l, const struct zone *zone, bool name_zone,
               int64_t at_ms, struct buf *out);

/* The same as a promise: "by Tuesday 24 November, 09:00"; a part of a minute
 * counts as one. */
void when_by(enum when_language l, const struct zone *zone, bool name_zone,
             int64_t at_ms, struct buf *out);

/* "now" */
const char *when_now(enum when_language l);

#endif
