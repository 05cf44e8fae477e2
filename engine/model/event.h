/*
 * event: one thing that happened in a conversation, in canonical form, as an
 * adapter reported it: checked field by field, because an adapter's answer
 * is untrusted.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/value.h"
#include "model/conversation.h"

struct redactor;

enum event_type {
    EVENT_STARTED,           /* conversation.started */
    EVENT_MESSAGE,           /* message.created */
    EVENT_HANDOFF_REQUESTED, /* handoff.requested */
    EVENT_ENDED,             /* session.ended */
    EVENT_SIGNAL,            /* signal.updated: intent, confidence, fields */
    EVENT_FEEDBACK,          /* feedback.given */
    EVENT_TAKEOVER,          /* takeover: a human took the conversation */
    EVENT_HANDBACK,          /* handback: the AI has it again */
    EVENT_TICKET,            /* ticket.updated */
    EVENT_TIMER,             /* timer.fired */
    EVENT_MANUAL,            /* manual: an operator's command */
    EVENT_COUNT
};
const char *event_type_name(enum event_type t);
bool event_type_from_name(const char *s, size_t n, enum event_type *out);

#define EVENT_MESSAGES_MAX    2500        /* messages in one event */
#define EVENT_TEXT_MAX        (64u << 10) /* bytes of one message's text */
#define EVENT_FIELDS_MAX      200         /* members of fields, attributes */
#define EVENT_ATTACHMENTS_MAX 50 /* of one message; more are left out */
#define EVENT_TIME_MAX        253402300799999LL /* the end of 9999, in ms */

struct event {
    enum event_type type;
    int64_t at_ms; /* 0: unknown */
    /* the conversation as far as the event tells; NULL/NAN: not told */
    const char *native_url, *channel, *brand, *language, *urgency;
    double language_confidence;
    struct customer customer;
    const char *intent, *intent_title;
    double intent_confidence, sentiment;
    json_t *fields, *attributes, *ai, *source_state; /* objects or NULL */
    int64_t ai_failed_attempts; /* as the source counts them; -1: not told */
    struct message *messages;   /* keys, seq and ord not set where unknown */
    size_t message_count;
    int64_t *indexes; /* position of messages[i] in the source, -1: unknown */
    const char *handoff_via, *handoff_reason, *handoff_actor, *handoff_summary;
    const char *feedback; /* on the newest AI answer */
    enum outcome outcome; /* with has_outcome */
    bool has_outcome, review_required;
};

/* An event of which nothing but its type and time is told. */
void event_init(struct event *ev, enum event_type type, int64_t at_ms);

/* Check and convert what source.read returned: an array of event maps (at
 * most 64), or one map, or nil (nothing to do: *count 0). Strings are copied
 * into the arena. Text formats html and markdown must already be plain. Each
 * message gets its key. Complaints name the place:
 * "read: events[1].message.role: unknown role 'bot'". ERR_SCRIPT. */
int event_read(struct arena *a, const struct value *v, struct event **events,
               size_t *count, struct err *e) MUST_CHECK;

/* Redact message texts, string fields and attributes with their names, and
 * free text (summaries, reasons, people's names), in place; ids and addresses
 * are needed as they are. Every string is made harmless and values are cut at
 * 4 KiB, but source_state, which only the adapter reads, is never cut or
 * redacted. json_t members are replaced. */
void event_redact(struct event *ev, const struct redactor *r, struct arena *a);

/* Drop the json_t references of `count` events. */
void event_clear(struct event *events, size_t count);

#endif
