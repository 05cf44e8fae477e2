/*
 * conversation: what an AI chat said so far, as one struct: who, where, every
 * message in order, and what was learned about it (intent, sentiment, fields).
 * It knows its forms: the row's JSON, the JSON of the API, and the packed
 * form that rules see. Pure: no I/O, no clock.
 *
 * Unknown is absent: NULL for text, NAN for numbers, 0 for times.
 */
#ifndef MODEL_CONVERSATION_H
#define MODEL_CONVERSATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct event;
struct map;

/* What a rule is offered at most: the newest messages within both limits. */
#define CONVERSATION_OFFER_MESSAGES 500
#define CONVERSATION_OFFER_TEXT     (128u << 10)
/* Customer messages closer than this are one turn. */
#define CONVERSATION_BURST_MS     30000
#define CONVERSATION_MESSAGES_MAX 5000

enum role {
    ROLE_CUSTOMER,
    ROLE_AI,
    ROLE_HUMAN_AGENT,
    ROLE_SYSTEM,
    ROLE_COUNT
};
enum message_kind {
    KIND_TEXT,
    KIND_ATTACHMENT,
    KIND_ACTION, /* a tool call or a button, shown in the transcript */
    KIND_FORM,
    KIND_EVENT,
    KIND_NOTE, /* internal */
    KIND_COUNT
};
/* The engine's own state of a conversation. */
enum conversation_state {
    STATE_AI_ACTIVE,
    STATE_COLLECTING,
    STATE_OFFERED,
    STATE_WAITING,
    STATE_HANDOFF_PENDING,
    STATE_HUMAN_ACTIVE,
    STATE_RESOLVED,
    STATE_CLOSED,
    STATE_COUNT
};
enum control {
    CONTROL_AI,
    CONTROL_USHER,
    CONTROL_HUMAN,
    CONTROL_NONE,
    CONTROL_COUNT
};
enum outcome {
    OUTCOME_OPEN,
    OUTCOME_RESOLVED_CONFIRMED,
    OUTCOME_RESOLVED_ASSUMED,
    OUTCOME_UNRESOLVED,
    OUTCOME_ABANDONED,
    OUTCOME_ESCALATED,
    OUTCOME_SPAM,
    OUTCOME_COUNT
};

/* Names as in data-model ("human_agent", "ai_active"); *_from_name gives
 * false for an unknown one. "agent" is taken as human_agent. */
const char *role_name(enum role r);
bool role_from_name(const char *s, size_t n, enum role *out);
const char *message_kind_name(enum message_kind k);
bool message_kind_from_name(const char *s, size_t n, enum message_kind *out);
const char *conversation_state_name(enum conversation_state s);
bool conversation_state_from_name(const char *s, size_t n,
                                  enum conversation_state *out);
const char *control_name(enum control c);
bool control_from_name(const char *s, size_t n, enum control *out);
const char *outcome_name(enum outcome o);
bool outcome_from_name(const char *s, size_t n, enum outcome *out);

struct message {
    const char *key; /* unique in the conversation: the native id, else
                        "i<index>-<hash>" of role and text */
    int64_t seq;     /* 1.. without gaps, in transcript order */
    int64_t ord;     /* sorts the transcript; stays as given */
    int64_t episode;
    enum role role;
    enum message_kind kind;
    const char *author_id, *author_name;
    int64_t at_ms;
    const char *text; /* plain text, redacted, harmless, valid UTF-8 */
    size_t text_n;
    const char *language, *intent, *feedback; /* "helpful", "not_helpful" */
    double confidence, sentiment;
    json_t *attachments;      /* array of {name, mime, size, url}; or NULL */
    json_t *redactions;       /* array of {kind, count}; or NULL */
    bool auto_reply;          /* a machine wrote it: kept, but nobody spoke */
    uint32_t pack_at, pack_n; /* its packed form in conversation.packed */
    size_t text_sum; /* bytes of text from the first message to this one */
    bool fresh;      /* added by the event that is being merged */
};

struct customer {
    const char *external_id, *name, *email, *phone, *tier, *locale, *time_zone;
    const char *company, *country;
    bool email_verified, phone_verified;
    json_t *more; /* object: whatever else the source said; or NULL */
};

struct conversation {
    struct arena *arena; /* owns every string here */
    bool forked;         /* its messages are another's: see conversation_fork */
    const char *tenant, *id, *source, *native_id, *native_url, *channel, *brand;
    enum conversation_state state;
    enum control control;
    enum outcome outcome;
    int64_t episode; /* from 1 */
    const char *language;
    double language_confidence;
    struct customer customer;
    struct message **messages; /* in transcript order */
    size_t message_count, message_room;
    struct map *keys;           /* message key -> struct message */
    const char *first_question; /* first customer message that is no greeting */
    int64_t first_question_seq;
    const char *intent, *intent_title;
    double intent_confidence; /* 0..1; words high/medium/low are .9/.6/.3 */
    int64_t topic_seq; /* first message of the newest intent of this episode;
                          0: it never changed */
    double sentiment;  /* -1..1, newest known */
    const char *urgency;
    json_t *fields;     /* object, never NULL: order_number, account_id, ... */
    json_t *attributes; /* object, never NULL: everything else */
    json_t *ai; /* object, never NULL: vendor model summary attempts[] ... */
    json_t *source_state; /* object, never NULL: what the source's adapter needs
                             to write back (reply_url, ...); never in tickets,
                             and for a helpdesk's adapter only when both are one
                             vendor's */
    int64_t ai_failed_attempts, ai_fallback_count; /* this episode */
    /* the newest hand-over signal of this episode, or NULLs */
    const char *handoff_via, *handoff_reason, *handoff_actor, *handoff_summary;
    int64_t turn_count; /* customer turns of this episode, bursts merged */
    int64_t episode_first_seq; /* first message of the episode */
    int64_t started_at, last_customer_at, last_ai_at, ended_at; /* ms or 0 */
    int64_t late_ai_messages; /* AI text after a human took control */
    int64_t handoff_seq;      /* messages there were when a hand-over was asked
                                 for; 0: unknown, a rule always sees it */
    int64_t handoff_upto;     /* newest message when the hand-over was made */
    int64_t handed_back_seq;  /* newest message when a human gave it back */
    bool review_required, has_attachment, pii_found;
    const char *handoff_id; /* of this episode once escalated, else NULL */
    const char
        *handoff_helpdesk; /* to which helpdesk, by its name; else NULL */
    /* bases of tags with blanks between: that which it was made in, then those
     * that its ticket was told of (language.h); or NULL */
    const char *handoff_languages;
    const char *ticket_id, *ticket_url; /* display id once known, else NULL */
    /* object, never NULL: of the customer's tickets, as last looked up: `open`,
     * an array, and `last`, attributes that the source may tell itself */
    json_t *known_tickets;
    json_t *rule_state; /* object, never NULL: offers made, slots asked: what
                           rules need to know of earlier decisions */
    /* A rule that matched and waits for its time: its name, or NULL; when it
     * began to wait and when it fires (ms); which arming this is; what ends it
     * before, words with blanks between. */
    const char *wait_rule, *wait_cancel_on;
    int64_t wait_since, wait_due, wait_number;
    /* The rules that decided it first in this episode, and when: of pinned
     * conversations, and while a canary is compared; else NULL and 0. */
    const char *policy_hash;
    int64_t policy_at;
    int64_t policy_slow; /* 1: they were slow once; counted */
    int64_t revision;
    struct buf packed; /* the messages' packed forms, back to back */
    uint8_t hash[32];  /* of the first hash_seq messages (prefix_hash) */
    int64_t hash_seq;
    json_t *reveal; /* recordings: array of {after_message, values}: which of
                       the fields became known on the way, and when; or NULL */
    struct message **unsaved; /* added since conversation_saved, as they came */
    size_t unsaved_count, unsaved_room;
};

/* A new, empty conversation in episode 1 under the AI's control. */
struct conversation *conversation_new(const char *tenant, const char *source,
                                      const char *id);
void conversation_free(struct conversation *c); /* NULL is fine */

/* The same conversation once more, which goes its own way in everything but
 * its messages: those are the first one's, which must outlive it, and neither
 * may be given more. */
struct conversation *conversation_fork(const struct conversation *c);

/* A fork may outlive the first one for a time: it keeps only what decisions
 * change (fields, rule_state, waits, state and outcome), and is not to be
 * looked at until it is given the same conversation again, read anew. */
void conversation_let_go(struct conversation *fork);
void conversation_take_up(struct conversation *fork,
                          const struct conversation *c);

/* The id of a native conversation: "<source>:<native id>". */
char *conversation_id(struct arena *a, const char *source, const char *native);

/* What conversation_apply did. The indexes hold until the next event; who
 * merges several before it writes takes conversation.unsaved, which also has
 * every late message. */
struct conversation_change {
    size_t first_new, new_count; /* messages added at the end */
    struct message *late[16];    /* messages put in their place, not at the end:
                                    the first 16 of them */
    size_t late_count;
    bool repeated; /* nothing new: every message was there already */
    bool reopened; /* a new episode began */
    bool customer_spoke, ai_spoke, human_spoke;
    bool ended, handoff_requested, takeover, handed_back;
};

/* Merge a canonical, redacted event that happened at or was received at
 * received_ms. Messages are found again by key; a late one goes to its place.
 * A customer message after resolved or closed begins a new episode (signals
 * are counted anew); AI text under human control counts as late_ai_message.
 * A late message is kept, but customer_spoke and the like do not tell of it:
 * it is no reason to decide again. ERR_INPUT when the event breaks a limit
 * (messages > 5000); nothing was merged then. */
int conversation_apply(struct conversation *c, const struct event *ev,
                       int64_t received_ms, struct conversation_change *change,
                       struct err *e) MUST_CHECK;

/* The unsaved messages were copied into rows: forget which they were. */
void conversation_saved(struct conversation *c);

/* When m was said; when nobody told, when it came here; 0: unknown (a recording
 * without times). */
int64_t message_came_at(const struct conversation *c, const struct message *m);

/* Load a message from its row at the end (start-up, cache miss). */
void conversation_add_loaded(struct conversation *c, struct message *m);

/* The packed map that a rule gets as its conversation: names as in data-model
 * E1; `messages` holds the newest ones offered, `messages_left_out` how many
 * older ones there are. upto_seq: only messages with seq <= it (0: all): a
 * rule sees nothing later than its moment. Costs one copy of the packed
 * messages. */
void conversation_pack(const struct conversation *c, int64_t upto_seq,
                       struct buf *out);

/* The same in two parts, for many moments of one conversation: what they share
 * (pack.h), with its messages up to the last that one of them sees (0: all),
 * and what each of them has besides. Between them the conversation's
 * rule_state, wait and ticket stay as they are. */
void conversation_pack_shared(const struct conversation *c, int64_t upto_seq,
                              struct buf *out);
void conversation_pack_moment(const struct conversation *c, int64_t upto_seq,
                              struct buf *out);

/* The row's JSON: everything but the messages. And back (messages empty). */
void conversation_row(const struct conversation *c, struct buf *out);
/* Of the row what a rule can see: without what is the source adapter's. */
void conversation_seen(const struct conversation *c, struct buf *out);
struct conversation *conversation_from_row(const char *tenant,
                                           const char *source, const char *id,
                                           const char *json, size_t n,
                                           struct err *e) MUST_CHECK;
void message_row(const struct message *m, struct buf *out);
struct message *message_from_row(struct conversation *c, const char *key,
                                 int64_t ord, const char *json, size_t n,
                                 struct err *e) MUST_CHECK;

/* The JSON of the API and of recordings: with messages; source_state is left
 * out, and so is the ticket: whoever shows it has a row that says more. */
void conversation_json(const struct conversation *c, struct buf *out);

/* Read one recorded conversation: the canonical form of conversation_json, or
 * the public recording form (role "agent" = human_agent, `data` = fields, a
 * string `intent` = its name). `outcome`, `labels` and `raw` are never taken
 * over. The caller reveals messages with conversation_pack's upto_seq. */
struct conversation *conversation_from_recording(const json_t *recording,
                                                 struct err *e) MUST_CHECK;

/* Incremental SHA-256 of the messages up to seq (0: all) in transcript order:
 * role, text and time of each; 64 hex characters. */
void conversation_prefix_hash(const struct conversation *c, int64_t upto_seq,
                              char out[65]);

/* Bytes this conversation holds in memory, roughly. */
size_t conversation_size(const struct conversation *c);

/* Set a string member to a copy in the conversation's arena (no copy when it
 * is the same text already). */
void conversation_set(struct conversation *c, const char **member,
                      const char *value);

/* The attributes as rules see them (a new reference): with those of the last
 * ticket, when the source says nothing of one. */
json_t *conversation_attributes(const struct conversation *c);

/* What rules want to know again: their own state (updated member by member),
 * and the values that were collected (known fields stay). Both may be NULL. */
void conversation_remember(struct conversation *c, json_t *rule_state,
                           json_t *collected);

/* The rule that waited does so no longer; under the AI's control again. */
void conversation_wait_over(struct conversation *c);

/* True for a greeting without a question ("hi", "good morning"): not the
 * first question. */
bool conversation_is_greeting(const char *text, size_t n);

#endif
