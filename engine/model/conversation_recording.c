#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "model/conversation_inside.h"

#define MESSAGES_MAX 5000

static const char *
text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static double
number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* "high", "medium", "low", or a number. */
static double
confidence_of(const json_t *o, const char *key)
{
    const char *word = text_of(o, key);

    if (word == NULL)
        return number_of(o, key);
    return strcasecmp(word, "high") == 0     ? 0.9
           : strcasecmp(word, "medium") == 0 ? 0.6
           : strcasecmp(word, "low") == 0    ? 0.3
                                             : (double)NAN;
}

static int64_t
time_of(const json_t *o, const char *at, const char *at_ms)
{
    const char *s = text_of(o, at);
    int64_t ms = 0;

    if (s != NULL && clock_parse(s, strlen(s), &ms))
        return ms;
    return json_integer_value(json_object_get(o, at_ms));
}

static const char *
copy(struct conversation *c, const json_t *o, const char *key)
{
    return arena_str(c->arena, text_of(o, key));
}

static void
set_text(struct conversation *c, struct message *m, const char *p, size_t n)
{
    struct buf harmless = {0};

    utf8_harmless(&harmless, p, n);
    m->text = arena_dup(c->arena, buf_str(&harmless), harmless.len);
    m->text_n = harmless.len;
    buf_free(&harmless);
}

static int
take_message(struct conversation *c, const json_t *one, size_t i,
             struct err *e)
{
    struct message *m = arena_alloc(c->arena, sizeof *m);
    const char *role = text_of(one, "role"), *kind = text_of(one, "kind");
    json_t *text = json_object_get(one, "text");
    int64_t last = c->message_count > 0
                       ? c->messages[c->message_count - 1]->ord
                       : 0;

    if (role == NULL || !role_from_name(role, strlen(role), &m->role))
        return err_set(e, ERR_INPUT,
                       "messages[%zu].role: %s; customer, ai, human_agent or "
                       "system expected",
                       i, role != NULL ? role : "missing");
    if (kind != NULL && !message_kind_from_name(kind, strlen(kind), &m->kind))
        return err_set(e, ERR_INPUT, "messages[%zu].kind: %s is not known", i,
                       kind);
    if (text != NULL && !json_is_string(text) && !json_is_null(text))
        return err_set(e, ERR_INPUT, "messages[%zu].text: string expected", i);
    set_text(c, m, json_is_string(text) ? json_string_value(text) : "",
             json_string_length(text));
    m->key = arena_printf(c->arena, "%zu", i + 1);
    m->at_ms = time_of(one, "at", "at_ms");
    m->ord = m->at_ms * 1000 > last ? m->at_ms * 1000 : last + 1;
    m->episode = c->episode;
    m->language = copy(c, one, "language");
    m->intent = copy(c, one, "intent");
    m->feedback = copy(c, one, "feedback");
    m->confidence = confidence_of(one, "confidence");
    m->sentiment = number_of(one, "sentiment");
    m->attachments = json_incref(json_object_get(one, "attachments"));
    m->auto_reply = json_is_true(json_object_get(one, "auto"));
    conversation_append(c, m);
    conversation_note_message(c, m);
    if (m->role == ROLE_AI && m->feedback != NULL &&
        strcmp(m->feedback, "not_helpful") == 0)
        c->ai_failed_attempts++;
    return 0;
}

static void
take_customer(struct conversation *c, const json_t *o)
{
    struct customer *p = &c->customer;
    const char *id = text_of(o, "external_id");

    p->external_id = id != NULL ? copy(c, o, "external_id") : copy(c, o, "id");
    p->name = copy(c, o, "name");
    p->email = copy(c, o, "email");
    p->phone = copy(c, o, "phone");
    p->tier = copy(c, o, "tier");
    p->locale = copy(c, o, "locale");
    p->time_zone = copy(c, o, "time_zone");
    p->company = copy(c, o, "company");
    p->country = copy(c, o, "country");
    if (json_is_object(json_object_get(o, "more")))
        p->more = json_deep_copy(json_object_get(o, "more"));
}

static void
take_intent(struct conversation *c, const json_t *r)
{
    const json_t *intent = json_object_get(r, "intent");

    if (json_is_string(intent)) {
        c->intent = arena_str(c->arena, json_string_value(intent));
    } else if (json_is_object(intent)) {
        c->intent = copy(c, intent, "name");
        c->intent_title = copy(c, intent, "title");
        c->intent_confidence = confidence_of(intent, "confidence");
    }
    if (text_of(r, "intent_name") != NULL)
        c->intent = copy(c, r, "intent_name");
    if (isnan(c->intent_confidence))
        c->intent_confidence = confidence_of(r, "confidence");
    if (isnan(c->intent_confidence))
        c->intent_confidence = number_of(r, "intent_confidence");
}

static void
take_sentiment(struct conversation *c, const json_t *r)
{
    const json_t *s = json_object_get(r, "sentiment");

    if (json_is_number(s))
        c->sentiment = json_number_value(s);
    else if (json_is_object(s))
        c->sentiment = number_of(s, "score");
}

static void
take_handoff(struct conversation *c, const json_t *r)
{
    const json_t *h = json_object_get(r, "handoff");

    c->handoff_via = copy(c, h, "via");
    c->handoff_reason = copy(c, h, "reason");
    c->handoff_actor = copy(c, h, "actor");
    c->handoff_summary = copy(c, h, "summary");
    c->handoff_id = copy(c, r, "handoff_id");
}

static void
take_object(json_t *into, const json_t *r, const char *key)
{
    json_t *o = json_object_get(r, key);

    if (json_is_object(o))
        json_object_update(into, o);
}

/* Values become known when the chat looked them up: what actions tell is
 * taken out of the fields and given back on the way. */
static void
take_actions(struct conversation *c, const json_t *r)
{
    json_t *actions = json_object_get(r, "actions"), *one, *value;
    const char *key;
    size_t i;

    if (json_array_size(actions) == 0)
        return;
    c->reveal = json_array();
    json_array_foreach(actions, i, one)
    {
        json_t *values = json_object_get(one, "values"), *known, *entry;

        if (!json_is_object(values))
            continue;
        known = json_object();
        json_object_foreach(values, key, value)
        {
            if (json_object_get(c->fields, key) != NULL)
                json_object_set(known, key, value);
        }
        entry = json_pack("{s:O?,s:o}", "after_message",
                          json_object_get(one, "after_message"), "values",
                          known);
        json_array_append_new(c->reveal, entry);
    }
    json_array_foreach(c->reveal, i, one)
    {
        json_object_foreach(json_object_get(one, "values"), key, value)
        {
            json_object_del(c->fields, key);
        }
    }
}

static void
take_ai(struct conversation *c, const json_t *r)
{
    const json_t *ai = json_object_get(r, "ai");
    json_t *failed = json_object_get(ai, "failed_attempts");
    json_t *fallback = json_object_get(ai, "fallback_count");

    take_object(c->ai, r, "ai");
    if (json_is_integer(failed))
        c->ai_failed_attempts = json_integer_value(failed);
    if (json_is_integer(fallback))
        c->ai_fallback_count = json_integer_value(fallback);
}

static void
take_state(struct conversation *c, const json_t *r)
{
    const char *now = text_of(json_object_get(r, "now"), "outcome");
    json_t *flags = json_object_get(r, "flags");

    if (now != NULL)
        (void)outcome_from_name(now, strlen(now), &c->outcome);
    c->review_required =
        json_is_true(json_object_get(flags, "review_required")) ||
        json_is_true(json_object_get(r, "review_required"));
    take_object(c->rule_state, r, "rule_state");
}

static struct conversation *
new_from(const json_t *r)
{
    const char *id = text_of(r, "id"), *source = text_of(r, "source");
    struct conversation *c =
        conversation_new("default", source != NULL ? source : "recording",
                         id != NULL ? id : "recording");

    c->native_id = copy(c, r, "native_id");
    c->native_url = copy(c, r, "native_url");
    c->channel = copy(c, r, "channel");
    c->brand = copy(c, r, "brand");
    c->urgency = copy(c, r, "urgency");
    c->started_at = time_of(r, "started_at", "started_at_ms");
    return c;
}

struct conversation *
conversation_from_recording(const json_t *r, struct err *e)
{
    const json_t *messages = json_object_get(r, "messages"), *one;
    struct conversation *c;
    size_t i;

    if (!json_is_object(r)) {
        err_set(e, ERR_INPUT, "a conversation is an object");
        return NULL;
    }
    if (messages != NULL && !json_is_array(messages)) {
        err_set(e, ERR_INPUT, "messages: array expected");
        return NULL;
    }
    if (json_array_size(messages) > MESSAGES_MAX) {
        err_set(e, ERR_INPUT, "messages: more than %d", MESSAGES_MAX);
        return NULL;
    }
    c = new_from(r);
    take_customer(c, json_object_get(r, "customer"));
    take_object(c->fields, r, "data");
    take_object(c->fields, r, "fields");
    take_object(c->attributes, r, "attributes");
    take_actions(c, r);
    take_ai(c, r);
    take_state(c, r);
    json_array_foreach(messages, i, one)
    {
        if (take_message(c, one, i, e) != 0) {
            conversation_free(c);
            return NULL;
        }
    }
    if (c->language == NULL)
        c->language = copy(c, r, "language");
    take_intent(c, r);
    take_sentiment(c, r);
    take_handoff(c, r);
    return c;
}
