#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "model/conversation_inside.h"

/* --- the row: a flat object, members by table, both ways --- */

struct member {
    const char *name;
    size_t offset;
};
#define AT(member)   offsetof(struct conversation, member)
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct member texts[] = {
    {"native_id", AT(native_id)},
    {"native_url", AT(native_url)},
    {"channel", AT(channel)},
    {"brand", AT(brand)},
    {"language", AT(language)},
    {"intent_name", AT(intent)},
    {"intent_title", AT(intent_title)},
    {"urgency", AT(urgency)},
    {"handoff_via", AT(handoff_via)},
    {"handoff_reason", AT(handoff_reason)},
    {"handoff_actor", AT(handoff_actor)},
    {"handoff_summary", AT(handoff_summary)},
    {"handoff_id", AT(handoff_id)},
    {"ticket_id", AT(ticket_id)},
    {"ticket_url", AT(ticket_url)},
    {"wait_rule", AT(wait_rule)},
    {"wait_cancel_on", AT(wait_cancel_on)},
};
static const struct member customer_texts[] = {
    {"external_id", AT(customer.external_id)},
    {"name", AT(customer.name)},
    {"email", AT(customer.email)},
    {"phone", AT(customer.phone)},
    {"tier", AT(customer.tier)},
    {"locale", AT(customer.locale)},
    {"time_zone", AT(customer.time_zone)},
    {"company", AT(customer.company)},
    {"country", AT(customer.country)},
};
static const struct member ints[] = {
    {"episode", AT(episode)},
    {"turn_count", AT(turn_count)},
    {"episode_first_seq", AT(episode_first_seq)},
    {"first_question_seq", AT(first_question_seq)},
    {"ai_failed_attempts", AT(ai_failed_attempts)},
    {"ai_fallback_count", AT(ai_fallback_count)},
    {"started_at_ms", AT(started_at)},
    {"last_customer_at_ms", AT(last_customer_at)},
    {"last_ai_at_ms", AT(last_ai_at)},
    {"ended_at_ms", AT(ended_at)},
    {"late_ai_messages", AT(late_ai_messages)},
    {"handoff_seq", AT(handoff_seq)},
    {"handoff_upto", AT(handoff_upto)},
    {"handed_back_seq", AT(handed_back_seq)},
    {"topic_seq", AT(topic_seq)},
    {"wait_since_ms", AT(wait_since)},
    {"wait_due_ms", AT(wait_due)},
    {"wait_number", AT(wait_number)},
};
/* Of the row alone: no rule sees them. */
static const struct member own_texts[] = {
    {"policy_hash", AT(policy_hash)},
    {"handoff_helpdesk", AT(handoff_helpdesk)},
    {"handoff_languages", AT(handoff_languages)},
};
static const struct member own_ints[] = {{"policy_at_ms", AT(policy_at)},
                                         {"policy_slow", AT(policy_slow)}};
static const struct member numbers[] = {
    {"language_confidence", AT(language_confidence)},
    {"intent_confidence", AT(intent_confidence)},
    {"sentiment_score", AT(sentiment)},
};
static const struct member flags[] = {
    {"review_required", AT(review_required)},
    {"email_verified", AT(customer.email_verified)},
    {"phone_verified", AT(customer.phone_verified)},
};
static const struct member objects[] = {
    {"fields", AT(fields)},
    {"attributes", AT(attributes)},
    {"ai", AT(ai)},
    {"source_state", AT(source_state)},
    {"known_tickets", AT(known_tickets)},
    {"rule_state", AT(rule_state)},
};

static const void *
at(const struct conversation *c, const struct member *m)
{
    return (const char *)c + m->offset;
}

static void *
at_of(struct conversation *c, const struct member *m)
{
    return (char *)c + m->offset;
}

static void
put_texts(const struct conversation *c, const struct member *table,
          size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        json_put_member(out, table[i].name,
                        *(const char *const *)at(c, &table[i]));
}

static void
put_ints(const struct conversation *c, const struct member *table, size_t count,
         struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t v = *(const int64_t *)at(c, &table[i]);

        if (v != 0)
            json_put_member_int(out, table[i].name, v);
    }
}

static void
put_number(const char *name, double v, struct buf *out)
{
    if (isnan(v))
        return;
    json_put_key(out, name);
    json_put_num(out, v);
}

static void
put_true(const char *name, bool v, struct buf *out)
{
    if (!v)
        return;
    json_put_key(out, name);
    buf_adds(out, "true");
}

static void
put_object(const char *name, const json_t *v, struct buf *out)
{
    if (json_object_size(v) == 0)
        return;
    json_put_key(out, name);
    json_write(out, v);
}

static void
put_enums(const struct conversation *c, struct buf *out)
{
    json_put_member(out, "state", conversation_state_name(c->state));
    json_put_member(out, "control", control_name(c->control));
    json_put_member(out, "outcome", outcome_name(c->outcome));
}

static void
put_row(const struct conversation *c, bool whole, struct buf *out)
{
    buf_addc(out, '{');
    put_texts(c, texts, COUNT(texts), out);
    put_enums(c, out);
    put_ints(c, ints, COUNT(ints), out);
    if (whole) {
        put_texts(c, own_texts, COUNT(own_texts), out);
        put_ints(c, own_ints, COUNT(own_ints), out);
    }
    for (size_t i = 0; i < COUNT(numbers); i++)
        put_number(numbers[i].name, *(const double *)at(c, &numbers[i]), out);
    for (size_t i = 0; i < COUNT(flags); i++)
        put_true(flags[i].name, *(const bool *)at(c, &flags[i]), out);
    json_put_key(out, "customer");
    buf_addc(out, '{');
    put_texts(c, customer_texts, COUNT(customer_texts), out);
    put_object("more", c->customer.more, out);
    buf_addc(out, '}');
    for (size_t i = 0; i < COUNT(objects); i++)
        if (whole || objects[i].offset != AT(source_state))
            put_object(objects[i].name, *(json_t *const *)at(c, &objects[i]),
                       out);
    buf_addc(out, '}');
}

void
conversation_row(const struct conversation *c, struct buf *out)
{
    put_row(c, true, out);
}

void
conversation_seen(const struct conversation *c, struct buf *out)
{
    put_row(c, false, out);
}

/* --- and back; nothing in a row may bring the process down --- */

static const char *
text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static void
take_texts(struct conversation *c, const json_t *row,
           const struct member *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *(const char **)at_of(c, &table[i]) =
            arena_str(c->arena, text_of(row, table[i].name));
}

static void
take_enums(struct conversation *c, const json_t *row)
{
    struct str s = str_of(text_of(row, "state"));

    if (s.len > 0)
        (void)conversation_state_from_name(s.p, s.len, &c->state);
    s = str_of(text_of(row, "control"));
    if (s.len > 0)
        (void)control_from_name(s.p, s.len, &c->control);
    s = str_of(text_of(row, "outcome"));
    if (s.len > 0)
        (void)outcome_from_name(s.p, s.len, &c->outcome);
}

static void
take_ints(struct conversation *c, const json_t *row, const struct member *table,
          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t v = json_integer_value(json_object_get(row, table[i].name));

        if (v > 0)
            *(int64_t *)at_of(c, &table[i]) = v;
    }
}

static void
take_values(struct conversation *c, const json_t *row)
{
    take_ints(c, row, ints, COUNT(ints));
    take_ints(c, row, own_ints, COUNT(own_ints));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const json_t *v = json_object_get(row, numbers[i].name);

        if (json_is_number(v))
            *(double *)at_of(c, &numbers[i]) = json_number_value(v);
    }
    for (size_t i = 0; i < COUNT(flags); i++)
        *(bool *)at_of(c, &flags[i]) =
            json_is_true(json_object_get(row, flags[i].name));
    for (size_t i = 0; i < COUNT(objects); i++)
        json_object_update(*(json_t **)at_of(c, &objects[i]),
                           json_object_get(row, objects[i].name));
}

struct conversation *
conversation_from_row(const char *tenant, const char *source, const char *id,
                      const char *json, size_t n, struct err *e)
{
    struct err why = {0};
    json_t *row = json_read(json, n, &why);
    const json_t *customer = json_object_get(row, "customer");
    json_t *more = json_object_get(customer, "more");
    struct conversation *c;

    if (!json_is_object(row)) {
        json_decref(row);
        err_set(e, ERR_SYSTEM, "conversation %s: its row is unreadable: %s", id,
                row == NULL ? why.text : "no object");
        return NULL;
    }
    c = conversation_new(tenant, source, id);
    take_texts(c, row, texts, COUNT(texts));
    take_texts(c, row, own_texts, COUNT(own_texts));
    take_texts(c, customer, customer_texts, COUNT(customer_texts));
    take_enums(c, row);
    take_values(c, row);
    if (json_is_object(more))
        c->customer.more = json_incref(more);
    json_decref(row);
    return c;
}

/* --- messages --- */

static void
put_array(const char *name, const json_t *v, struct buf *out)
{
    if (json_array_size(v) == 0)
        return;
    json_put_key(out, name);
    json_write(out, v);
}

/* What a message's row and its form in the API share. */
static void
put_said(const struct message *m, struct buf *out)
{
    json_put_member(out, "role", role_name(m->role));
    if (m->kind != KIND_TEXT)
        json_put_member(out, "kind", message_kind_name(m->kind));
    json_put_key(out, "text");
    json_put_str(out, m->text, m->text_n);
    json_put_member(out, "language", m->language);
    json_put_member(out, "intent", m->intent);
    json_put_member(out, "feedback", m->feedback);
    put_number("confidence", m->confidence, out);
    put_number("sentiment", m->sentiment, out);
    put_array("attachments", m->attachments, out);
    put_array("redactions", m->redactions, out);
    put_true("auto", m->auto_reply, out);
    json_put_member_int(out, "episode", m->episode);
}

void
message_row(const struct message *m, struct buf *out)
{
    buf_addc(out, '{');
    if (m->at_ms != 0)
        json_put_member_int(out, "at_ms", m->at_ms);
    json_put_member(out, "author_id", m->author_id);
    json_put_member(out, "author_name", m->author_name);
    put_said(m, out);
    buf_addc(out, '}');
}

static double
number_of(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);

    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static json_t *
array_of(const json_t *row, const char *key)
{
    json_t *v = json_object_get(row, key);

    return json_is_array(v) ? json_incref(v) : NULL;
}

static void
take_said(struct arena *a, const json_t *row, struct message *m)
{
    const json_t *text = json_object_get(row, "text");

    m->at_ms = json_integer_value(json_object_get(row, "at_ms"));
    m->episode = json_integer_value(json_object_get(row, "episode"));
    m->text_n = json_string_length(text);
    m->text = arena_dup(a, json_string_value(text), m->text_n);
    m->author_id = arena_str(a, text_of(row, "author_id"));
    m->author_name = arena_str(a, text_of(row, "author_name"));
    m->language = arena_str(a, text_of(row, "language"));
    m->intent = arena_str(a, text_of(row, "intent"));
    m->feedback = arena_str(a, text_of(row, "feedback"));
    m->confidence = number_of(row, "confidence");
    m->sentiment = number_of(row, "sentiment");
    m->attachments = array_of(row, "attachments");
    m->redactions = array_of(row, "redactions");
    m->auto_reply = json_is_true(json_object_get(row, "auto"));
}

struct message *
message_from_row(struct conversation *c, const char *key, int64_t ord,
                 const char *json, size_t n, struct err *e)
{
    json_t *row = json_read(json, n, NULL);
    struct message *m = arena_alloc(c->arena, sizeof *m);
    struct str role = str_of(text_of(row, "role"));
    struct str kind = str_of(text_of(row, "kind"));

    m->key = arena_str(c->arena, key);
    m->ord = ord;
    if (role.len == 0 || !role_from_name(role.p, role.len, &m->role) ||
        (kind.len > 0 && !message_kind_from_name(kind.p, kind.len, &m->kind)) ||
        !json_is_string(json_object_get(row, "text"))) {
        json_decref(row);
        err_set(e, ERR_SYSTEM, "message %.100s of %s: its row is unreadable",
                key, c->id);
        return NULL;
    }
    take_said(c->arena, row, m);
    json_decref(row);
    return m;
}

/* --- the API's form --- */

static void
json_message(const struct message *m, struct buf *out)
{
    buf_addc(out, '{');
    json_put_member(out, "id", m->key);
    json_put_member_int(out, "seq", m->seq);
    json_put_member_time(out, "at", m->at_ms);
    if (m->author_id != NULL || m->author_name != NULL) {
        json_put_key(out, "author");
        buf_addc(out, '{');
        json_put_member(out, "id", m->author_id);
        json_put_member(out, "name", m->author_name);
        buf_addc(out, '}');
    }
    put_said(m, out);
    buf_addc(out, '}');
}

static void
json_identity(const struct conversation *c, struct buf *out)
{
    json_put_member_int(out, "schema", 1);
    json_put_member(out, "id", c->id);
    json_put_member(out, "source", c->source);
    json_put_member(out, "tenant", c->tenant);
    json_put_member(out, "native_id", c->native_id);
    json_put_member(out, "native_url", c->native_url);
    json_put_member(out, "channel", c->channel);
    json_put_member(out, "brand", c->brand);
    put_enums(c, out);
    json_put_member_int(out, "episode", c->episode);
    json_put_member_int(out, "revision", c->revision);
    json_put_member_time(out, "started_at", c->started_at);
    json_put_member_time(out, "last_customer_at", c->last_customer_at);
    json_put_member_time(out, "last_ai_at", c->last_ai_at);
    json_put_member_time(out, "ended_at", c->ended_at);
}

static void
json_customer(const struct conversation *c, struct buf *out)
{
    json_put_key(out, "customer");
    buf_addc(out, '{');
    put_texts(c, customer_texts, COUNT(customer_texts), out);
    put_true("email_verified", c->customer.email_verified, out);
    put_true("phone_verified", c->customer.phone_verified, out);
    put_object("more", c->customer.more, out);
    buf_addc(out, '}');
}

static void
json_signals(const struct conversation *c, struct buf *out)
{
    json_put_member(out, "language", c->language);
    put_number("language_confidence", c->language_confidence, out);
    if (c->intent != NULL || !isnan(c->intent_confidence)) {
        json_put_key(out, "intent");
        buf_addc(out, '{');
        json_put_member(out, "name", c->intent);
        json_put_member(out, "title", c->intent_title);
        put_number("confidence", c->intent_confidence, out);
        buf_addc(out, '}');
    }
    if (!isnan(c->sentiment)) {
        json_put_key(out, "sentiment");
        buf_addc(out, '{');
        put_number("score", c->sentiment, out);
        buf_addc(out, '}');
    }
    json_put_member(out, "urgency", c->urgency);
    json_put_member(out, "first_question", c->first_question);
    if (c->first_question_seq > 0)
        json_put_member_int(out, "first_question_seq", c->first_question_seq);
    json_put_member_int(out, "turn_count", c->turn_count);
    json_put_member_int(out, "message_count", (int64_t)c->message_count);
    put_true("review_required", c->review_required, out);
}

static void
json_ai(const struct conversation *c, struct buf *out)
{
    json_t *ai = json_copy(c->ai);

    json_object_set_new(ai, "failed_attempts",
                        json_integer(c->ai_failed_attempts));
    json_object_set_new(ai, "fallback_count",
                        json_integer(c->ai_fallback_count));
    json_object_set_new(ai, "late_messages", json_integer(c->late_ai_messages));
    put_object("ai", ai, out);
    json_decref(ai);
}

static void
json_handoff(const struct conversation *c, struct buf *out)
{
    if (c->handoff_via != NULL) {
        json_put_key(out, "handoff");
        buf_addc(out, '{');
        json_put_member(out, "via", c->handoff_via);
        json_put_member(out, "reason", c->handoff_reason);
        json_put_member(out, "actor", c->handoff_actor);
        json_put_member(out, "summary", c->handoff_summary);
        if (c->handoff_seq > 0)
            json_put_member_int(out, "after_message", c->handoff_seq);
        buf_addc(out, '}');
    }
    json_put_member(out, "handoff_id", c->handoff_id);
}

void
conversation_json(const struct conversation *c, struct buf *out)
{
    json_t *attributes = conversation_attributes(c);

    buf_addc(out, '{');
    json_identity(c, out);
    json_customer(c, out);
    json_signals(c, out);
    put_object("fields", c->fields, out);
    put_object("attributes", attributes, out);
    json_decref(attributes);
    json_ai(c, out);
    json_handoff(c, out);
    json_put_key(out, "messages");
    buf_addc(out, '[');
    for (size_t i = 0; i < c->message_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_message(c->messages[i], out);
    }
    buf_adds(out, "]}");
}
