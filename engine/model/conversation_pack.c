#include <math.h>
#include <string.h>

#include "base/pack.h"
#include "model/conversation_inside.h"

void
message_pack(const struct message *m, struct buf *out)
{
    size_t at = pack_map_open(out), n = 0;

    n += pack_member_int(out, "seq", m->seq);
    n += pack_member(out, "role", role_name(m->role));
    if (m->at_ms > 0)
        n += pack_member_int(out, "at_ms", m->at_ms);
    n += pack_member(out, "kind", message_kind_name(m->kind));
    pack_cstr(out, "text");
    pack_str(out, m->text, m->text_n);
    n++;
    n += pack_member(out, "language", m->language);
    n += pack_member(out, "intent", m->intent);
    n += pack_member_num(out, "confidence", m->confidence);
    n += pack_member_num(out, "sentiment", m->sentiment);
    n += pack_member(out, "feedback", m->feedback);
    n += pack_member_int(out, "episode", m->episode);
    if (m->auto_reply)
        n += pack_member_bool(out, "auto", true);
    if (json_array_size(m->attachments) > 0)
        n += pack_member_int(out, "attachments",
                             (int64_t)json_array_size(m->attachments));
    pack_map_close(out, at, n);
}

/* What a rule may know of the moment; equal to the conversation's own members
 * at its end, computed anew for an earlier one. */
struct moment {
    size_t end;
    const char *first_question, *intent, *language, *feedback;
    int64_t first_question_seq, turns, last_customer_at, last_ai_at;
    int64_t failed;
    double sentiment, confidence;
    bool attachment;
};

static void
moment_now(const struct conversation *c, struct moment *m)
{
    m->end = c->message_count;
    m->first_question = c->first_question;
    m->first_question_seq = c->first_question_seq;
    m->turns = c->turn_count;
    m->last_customer_at = c->last_customer_at;
    m->last_ai_at = c->last_ai_at;
    m->sentiment = c->sentiment;
    m->confidence = c->intent_confidence;
    m->intent = c->intent;
    m->language = c->language;
    m->failed = c->ai_failed_attempts;
}

static void
see(struct moment *m, const struct message *x, const struct message *before)
{
    if (x->role == ROLE_AI) {
        m->last_ai_at = x->at_ms;
        if (x->feedback != NULL && strcmp(x->feedback, "not_helpful") == 0)
            m->failed++;
    }
    if (x->role != ROLE_CUSTOMER || x->kind == KIND_NOTE)
        return;
    m->last_customer_at = x->at_ms;
    if (!isnan(x->sentiment))
        m->sentiment = x->sentiment;
    if (!isnan(x->confidence))
        m->confidence = x->confidence;
    if (x->intent != NULL)
        m->intent = x->intent;
    if (before == NULL || before->role != ROLE_CUSTOMER || before->at_ms == 0 ||
        x->at_ms == 0 || x->at_ms - before->at_ms > CONVERSATION_BURST_MS)
        m->turns++;
    if (m->first_question == NULL && x->text_n > 0 &&
        !conversation_is_greeting(x->text, x->text_n)) {
        m->first_question = x->text;
        m->first_question_seq = x->seq;
    }
}

static void
moment_then(const struct conversation *c, size_t end, struct moment *m)
{
    size_t first = (size_t)(c->episode_first_seq - 1);

    m->end = end;
    m->sentiment = NAN;
    m->confidence = NAN;
    for (size_t i = first; i < end; i++)
        see(m, c->messages[i], i > first ? c->messages[i - 1] : NULL);
    /* What was told for the whole conversation, and not message by message. */
    if (m->intent == NULL)
        m->intent = c->intent;
    if (isnan(m->sentiment) && end == c->message_count)
        m->sentiment = c->sentiment;
    if (isnan(m->confidence) && m->intent == c->intent)
        m->confidence = c->intent_confidence;
    m->language = c->language;
    if (c->ai_failed_attempts > m->failed)
        m->failed = c->ai_failed_attempts;
}

static size_t
pack_customer(const struct conversation *c, struct buf *out)
{
    const struct customer *p = &c->customer;
    size_t at, n = 0;
    const char *key;
    json_t *value;

    pack_cstr(out, "customer");
    at = pack_map_open(out);
    n += pack_member(out, "external_id", p->external_id);
    n += pack_member(out, "name", p->name);
    n += pack_member(out, "email", p->email);
    n += pack_member(out, "phone", p->phone);
    n += pack_member(out, "tier", p->tier);
    n += pack_member(out, "locale", p->locale);
    n += pack_member(out, "time_zone", p->time_zone);
    n += pack_member(out, "company", p->company);
    n += pack_member(out, "country", p->country);
    json_object_foreach(p->more, key, value)
    {
        n += pack_member_json(out, key, value);
    }
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_intent(const struct conversation *c, const struct moment *m,
            struct buf *out)
{
    size_t at, n = 0;

    if (m->intent == NULL && isnan(m->confidence))
        return 0;
    pack_cstr(out, "intent");
    at = pack_map_open(out);
    n += pack_member(out, "name", m->intent);
    if (m->intent == c->intent)
        n += pack_member(out, "title", c->intent_title);
    n += pack_member_num(out, "confidence", m->confidence);
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_ai(const struct conversation *c, const struct moment *m, struct buf *out)
{
    size_t at, n = 0;
    const char *key;
    json_t *value;

    pack_cstr(out, "ai");
    at = pack_map_open(out);
    json_object_foreach(c->ai, key, value)
    {
        if (strcmp(key, "failed_attempts") != 0 &&
            strcmp(key, "fallback_count") != 0)
            n += pack_member_json(out, key, value);
    }
    n += pack_member_int(out, "failed_attempts", m->failed);
    n += pack_member_int(out, "fallback_count", c->ai_fallback_count);
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_handoff(const struct conversation *c, struct buf *out)
{
    size_t at, n = 0;

    if (c->handoff_via == NULL)
        return 0;
    pack_cstr(out, "handoff");
    at = pack_map_open(out);
    n += pack_member(out, "via", c->handoff_via);
    n += pack_member(out, "reason", c->handoff_reason);
    n += pack_member(out, "actor", c->handoff_actor);
    n += pack_member(out, "summary", c->handoff_summary);
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_flags(const struct conversation *c, struct buf *out)
{
    size_t at, n = 0;

    pack_cstr(out, "flags");
    at = pack_map_open(out);
    if (c->customer.external_id == NULL && c->customer.email == NULL)
        n += pack_member_bool(out, "anonymous", true);
    if (c->review_required)
        n += pack_member_bool(out, "review_required", true);
    if (c->late_ai_messages > 0)
        n += pack_member_bool(out, "late_ai_message", true);
    pack_map_close(out, at, n);
    return 1;
}

/* Fields as far as they are known by then (recordings only). */
static size_t
pack_fields(const struct conversation *c, const struct moment *m,
            struct buf *out)
{
    json_t *known, *one;
    size_t i, n;

    if (c->reveal == NULL)
        return pack_member_json(out, "fields", c->fields);
    known = json_copy(c->fields);
    json_array_foreach(c->reveal, i, one)
    {
        if ((size_t)json_integer_value(json_object_get(one, "after_message")) <=
            m->end)
            json_object_update(known, json_object_get(one, "values"));
    }
    n = pack_member_json(out, "fields", known);
    json_decref(known);
    return n;
}

/* The first of the newest messages that fit both limits. */
static size_t
offer_start(const struct conversation *c, size_t end)
{
    size_t low = end > CONVERSATION_OFFER_MESSAGES
                     ? end - CONVERSATION_OFFER_MESSAGES
                     : 0;
    size_t high = end, total = end > 0 ? c->messages[end - 1]->text_sum : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t before = middle > 0 ? c->messages[middle - 1]->text_sum : 0;

        if (total - before > CONVERSATION_OFFER_TEXT)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t
pack_messages(const struct conversation *c, size_t end, struct buf *out)
{
    size_t first = offer_start(c, end);

    pack_cstr(out, "messages");
    pack_array(out, end - first);
    if (end > first) {
        const struct message *a = c->messages[first];
        const struct message *z = c->messages[end - 1];

        buf_add(out, c->packed.data + a->pack_at,
                z->pack_at + z->pack_n - a->pack_at);
    }
    return 1 + pack_member_int(out, "messages_left_out", (int64_t)first);
}

static size_t
pack_identity(const struct conversation *c, struct buf *out)
{
    size_t n = 0;

    n += pack_member(out, "id", c->id);
    n += pack_member(out, "source", c->source);
    n += pack_member(out, "tenant", c->tenant);
    n += pack_member(out, "brand", c->brand);
    n += pack_member(out, "native_id", c->native_id);
    n += pack_member(out, "native_url", c->native_url);
    n += pack_member(out, "channel", c->channel);
    n += pack_member(out, "state", conversation_state_name(c->state));
    n += pack_member(out, "control", control_name(c->control));
    n += pack_member(out, "outcome", outcome_name(c->outcome));
    n += pack_member_int(out, "episode", c->episode);
    return n;
}

static size_t
pack_times(const struct conversation *c, const struct moment *m,
           struct buf *out)
{
    int64_t last = m->last_customer_at > m->last_ai_at ? m->last_customer_at
                                                       : m->last_ai_at;
    size_t n = 0;

    if (c->started_at > 0)
        n += pack_member_int(out, "started_at_ms", c->started_at);
    if (m->last_customer_at > 0)
        n += pack_member_int(out, "last_customer_at_ms", m->last_customer_at);
    if (m->last_ai_at > 0)
        n += pack_member_int(out, "last_ai_at_ms", m->last_ai_at);
    if (c->ended_at > 0)
        n += pack_member_int(out, "ended_at_ms", c->ended_at);
    if (c->started_at > 0 && last > c->started_at)
        n += pack_member_int(out, "duration_s", (last - c->started_at) / 1000);
    return n;
}

void
conversation_pack(const struct conversation *c, int64_t upto_seq,
                  struct buf *out)
{
    struct moment m = {0};
    size_t at = pack_map_open(out), n;

    if (upto_seq > 0 && (size_t)upto_seq < c->message_count)
        moment_then(c, (size_t)upto_seq, &m);
    else
        moment_now(c, &m);
    n = pack_identity(c, out);
    n += pack_member(out, "language", m.language);
    n += pack_member_num(out, "language_confidence", c->language_confidence);
    n += pack_customer(c, out);
    n += pack_intent(c, &m, out);
    if (!isnan(m.sentiment)) {
        pack_cstr(out, "sentiment");
        pack_map(out, 1);
        pack_member_num(out, "score", m.sentiment);
        n++;
    }
    n += pack_member(out, "urgency", c->urgency);
    n += pack_fields(c, &m, out);
    n += pack_member_json(out, "attributes", c->attributes);
    n += pack_ai(c, &m, out);
    n += pack_member_int(out, "turn_count", m.turns);
    n += pack_member_int(out, "message_count", (int64_t)m.end);
    n += pack_member(out, "first_question", m.first_question);
    if (m.first_question_seq > 0)
        n += pack_member_int(out, "first_question_seq", m.first_question_seq);
    n += pack_times(c, &m, out);
    n += pack_handoff(c, out);
    n += pack_flags(c, out);
    n += pack_member(out, "handoff_id", c->handoff_id);
    n += pack_member(out, "ticket_id", c->ticket_id);
    n += pack_member_json(out, "rule_state", c->rule_state);
    n += pack_messages(c, m.end, out);
    pack_map_close(out, at, n);
}
