#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/conversation_inside.h"

/* --- the members that are written the same way in every form --- */

struct text_member {
    const char *name;
    size_t offset;
};
#define AT(member) offsetof(struct conversation, member)

static const struct text_member texts[] = {
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
};
static const struct text_member customer_texts[] = {
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
static const struct text_member ints[] = {
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
};
static const struct text_member numbers[] = {
    {"language_confidence", AT(language_confidence)},
    {"intent_confidence", AT(intent_confidence)},
    {"sentiment_score", AT(sentiment)},
};
static const struct text_member objects[] = {
    {"fields", AT(fields)},
    {"attributes", AT(attributes)},
    {"ai", AT(ai)},
    {"source_state", AT(source_state)},
    {"rule_state", AT(rule_state)},
};
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const void *
member(const struct conversation *c, size_t offset)
{
    return (const char *)c + offset;
}

static void
put_texts(const struct conversation *c, const struct text_member *table,
          size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        json_put_member(out, table[i].name,
                        *(const char *const *)member(c, table[i].offset));
}

static void
put_numbers(const struct conversation *c, struct buf *out)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double v = *(const double *)member(c, numbers[i].offset);

        if (isnan(v))
            continue;
        json_put_key(out, numbers[i].name);
        json_put_num(out, v);
    }
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
put_customer(const struct conversation *c, struct buf *out)
{
    json_put_key(out, "customer");
    buf_addc(out, '{');
    put_texts(c, customer_texts, COUNT(customer_texts), out);
    if (c->customer.email_verified)
        json_put_member_int(out, "email_verified", 1);
    put_object("more", c->customer.more, out);
    buf_addc(out, '}');
}

void
conversation_row(const struct conversation *c, struct buf *out)
{
    buf_addc(out, '{');
    put_texts(c, texts, COUNT(texts), out);
    json_put_member(out, "state", conversation_state_name(c->state));
    json_put_member(out, "control", control_name(c->control));
    json_put_member(out, "outcome", outcome_name(c->outcome));
    for (size_t i = 0; i < COUNT(ints); i++) {
        int64_t v = *(const int64_t *)member(c, ints[i].offset);

        if (v != 0)
            json_put_member_int(out, ints[i].name, v);
    }
    put_numbers(c, out);
    if (c->review_required)
        json_put_member_int(out, "review_required", 1);
    put_customer(c, out);
    for (size_t i = 0; i < COUNT(objects); i++)
        put_object(objects[i].name,
                   *(json_t *const *)member(c, objects[i].offset), out);
    buf_addc(out, '}');
}

/* --- and back --- */

static void
take_texts(struct conversation *c, const json_t *row,
           const struct text_member *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *s = json_string_value(json_object_get(row, table[i].name));

        *(const char **)(void *)((char *)c + table[i].offset) =
            arena_str(c->arena, s);
    }
}

static void
take_enums(struct conversation *c, const json_t *row)
{
    const char *s = json_string_value(json_object_get(row, "state"));

    if (s != NULL)
        (void)conversation_state_from_name(s, strlen(s), &c->state);
    s = json_string_value(json_object_get(row, "control"));
    if (s != NULL)
        (void)control_from_name(s, strlen(s), &c->control);
    s = json_string_value(json_object_get(row, "outcome"));
    if (s != NULL)
        (void)outcome_from_name(s, strlen(s), &c->outcome);
}

static void
take_values(struct conversation *c, const json_t *row)
{
    for (size_t i = 0; i < COUNT(ints); i++) {
        const json_t *v = json_object_get(row, ints[i].name);

        if (v != NULL)
            *(int64_t *)(void *)((char *)c + ints[i].offset) =
                json_integer_value(v);
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const json_t *v = json_object_get(row, numbers[i].name);

        if (json_is_number(v))
            *(double *)(void *)((char *)c + numbers[i].offset) =
                json_number_value(v);
    }
    for (size_t i = 0; i < COUNT(objects); i++) {
        json_t *v = json_object_get(row, objects[i].name);

        if (json_is_object(v))
            json_object_update(
                *(json_t **)(void *)((char *)c + objects[i].offset), v);
    }
}

struct conversation *
conversation_from_row(const char *tenant, const char *source, const char *id,
                      const char *json, size_t n, struct err *e)
{
    json_t *row = json_read(json, n, e);
    const json_t *customer, *more;
    struct conversation *c;

    if (!json_is_object(row)) {
        json_decref(row);
        err_wrap(e, "conversation %s: its row is unreadable", id);
        return NULL;
    }
    c = conversation_new(tenant, source, id);
    customer = json_object_get(row, "customer");
    take_texts(c, row, texts, COUNT(texts));
    take_texts(c, customer, customer_texts, COUNT(customer_texts));
    take_enums(c, row);
    take_values(c, row);
    c->review_required = json_object_get(row, "review_required") != NULL;
    c->customer.email_verified =
        json_object_get(customer, "email_verified") != NULL;
    more = json_object_get(customer, "more");
    if (json_is_object(more))
        c->customer.more = json_deep_copy(more);
    json_decref(row);
    return c;
}

/* --- messages --- */

static void
put_number(const char *name, double v, struct buf *out)
{
    if (isnan(v))
        return;
    json_put_key(out, name);
    json_put_num(out, v);
}

static void
put_message(const struct message *m, bool with_key, struct buf *out)
{
    buf_addc(out, '{');
    if (with_key) {
        json_put_member(out, "id", m->key);
        json_put_member_int(out, "seq", m->seq);
        if (m->at_ms > 0)
            json_put_member_time(out, "at", m->at_ms);
    } else {
        json_put_member_int(out, "at_ms", m->at_ms);
        json_put_member_int(out, "episode", m->episode);
    }
    json_put_member(out, "role", role_name(m->role));
    if (m->kind != KIND_TEXT)
        json_put_member(out, "kind", message_kind_name(m->kind));
    json_put_member(out, "author_id", m->author_id);
    json_put_member(out, "author_name", m->author_name);
    json_put_key(out, "text");
    json_put_str(out, m->text, m->text_n);
    json_put_member(out, "language", m->language);
    json_put_member(out, "intent", m->intent);
    json_put_member(out, "feedback", m->feedback);
    put_number("confidence", m->confidence, out);
    put_number("sentiment", m->sentiment, out);
    if (json_array_size(m->attachments) > 0) {
        json_put_key(out, "attachments");
        json_write(out, m->attachments);
    }
    if (json_array_size(m->redactions) > 0) {
        json_put_key(out, "redactions");
        json_write(out, m->redactions);
    }
    if (m->auto_reply)
        json_put_member_int(out, "auto", 1);
    buf_addc(out, '}');
}

void
message_row(const struct message *m, struct buf *out)
{
    put_message(m, false, out);
}

static double
number_of(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);

    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

struct message *
message_from_row(struct conversation *c, const char *key, int64_t ord,
                 const char *json, size_t n, struct err *e)
{
    json_t *row = json_read(json, n, e);
    struct message *m = arena_alloc(c->arena, sizeof *m);
    const char *role = json_string_value(json_object_get(row, "role"));
    const char *kind = json_string_value(json_object_get(row, "kind"));
    json_t *text = json_object_get(row, "text");

    if (role == NULL || !role_from_name(role, strlen(role), &m->role) ||
        !json_is_string(text)) {
        json_decref(row);
        err_set(e, ERR_SYSTEM, "message %s of %s: its row is unreadable", key,
                c->id);
        return NULL;
    }
    if (kind != NULL)
        (void)message_kind_from_name(kind, strlen(kind), &m->kind);
    m->key = arena_str(c->arena, key);
    m->ord = ord;
    m->at_ms = json_integer_value(json_object_get(row, "at_ms"));
    m->episode = json_integer_value(json_object_get(row, "episode"));
    m->text = arena_dup(c->arena, json_string_value(text),
                        json_string_length(text));
    m->text_n = json_string_length(text);
    m->author_id = arena_str(
        c->arena, json_string_value(json_object_get(row, "author_id")));
    m->author_name = arena_str(
        c->arena, json_string_value(json_object_get(row, "author_name")));
    m->language = arena_str(
        c->arena, json_string_value(json_object_get(row, "language")));
    m->intent = arena_str(c->arena,
                          json_string_value(json_object_get(row, "intent")));
    m->feedback = arena_str(
        c->arena, json_string_value(json_object_get(row, "feedback")));
    m->confidence = number_of(row, "confidence");
    m->sentiment = number_of(row, "sentiment");
    m->attachments = json_incref(json_object_get(row, "attachments"));
    m->redactions = json_incref(json_object_get(row, "redactions"));
    m->auto_reply = json_object_get(row, "auto") != NULL;
    json_decref(row);
    return m;
}

/* --- the API's form --- */

void
conversation_json(const struct conversation *c, struct buf *out)
{
    buf_addc(out, '{');
    json_put_member(out, "id", c->id);
    json_put_member(out, "source", c->source);
    json_put_member(out, "tenant", c->tenant);
    put_texts(c, texts, COUNT(texts), out);
    json_put_member(out, "state", conversation_state_name(c->state));
    json_put_member(out, "control", control_name(c->control));
    json_put_member(out, "outcome", outcome_name(c->outcome));
    json_put_member_int(out, "episode", c->episode);
    json_put_member_int(out, "turn_count", c->turn_count);
    json_put_member_int(out, "message_count", (int64_t)c->message_count);
    json_put_member(out, "first_question", c->first_question);
    put_numbers(c, out);
    if (c->started_at > 0)
        json_put_member_time(out, "started_at", c->started_at);
    if (c->ended_at > 0)
        json_put_member_time(out, "ended_at", c->ended_at);
    json_put_member_int(out, "late_ai_messages", c->late_ai_messages);
    put_customer(c, out);
    put_object("fields", c->fields, out);
    put_object("attributes", c->attributes, out);
    put_object("ai", c->ai, out);
    json_put_key(out, "messages");
    buf_addc(out, '[');
    for (size_t i = 0; i < c->message_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        put_message(c->messages[i], true, out);
    }
    buf_adds(out, "]}");
}
