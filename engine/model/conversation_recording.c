#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "model/conversation_inside.h"
#include "model/event.h"

#define ORD_STEP 1000

static const char *
text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static double
number_in(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static double
number_of(const json_t *o, const char *key)
{
    return number_in(json_object_get(o, key));
}

/* A number, or one of the words high, medium, low. */
static double
confidence_in(const json_t *v)
{
    struct str word = str_of(json_string_value(v));

    return word.len > 0 ? confidence_of_word(word.p, word.len) : number_in(v);
}

static double
confidence_of(const json_t *o, const char *key)
{
    return confidence_in(json_object_get(o, key));
}

static int64_t
time_in(const json_t *at, const json_t *at_ms)
{
    struct str s = str_of(json_string_value(at));
    int64_t ms = 0;

    if (s.len == 0 || !clock_parse(s.p, s.len, &ms))
        ms = json_integer_value(at_ms);
    return ms > 0 && ms <= EVENT_TIME_MAX ? ms : 0;
}

static const char *
copy(struct conversation *c, const json_t *o, const char *key)
{
    return arena_str(c->arena, text_of(o, key));
}

/* --- messages --- */

/* A message's members; NULL: it has none of the name. */
struct said {
    const json_t *id, *role, *kind, *text, *at, *at_ms, *author, *language;
    const json_t *intent, *feedback, *confidence, *sentiment;
    const json_t *attachments, *redactions, *automatic;
};

#define SAID(name, member)                                                     \
    {                                                                          \
        name, sizeof(name) - 1, offsetof(struct said, member)                  \
    }

static const struct {
    const char *name;
    size_t name_n, at;
} members[] = {
    SAID("role", role),
    SAID("text", text),
    SAID("at", at),
    SAID("id", id),
    SAID("kind", kind),
    SAID("at_ms", at_ms),
    SAID("author", author),
    SAID("language", language),
    SAID("intent", intent),
    SAID("feedback", feedback),
    SAID("confidence", confidence),
    SAID("sentiment", sentiment),
    SAID("attachments", attachments),
    SAID("redactions", redactions),
    SAID("auto", automatic),
};

static const json_t **
place_of(struct said *s, const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].name_n == n && memcmp(members[i].name, name, n) == 0)
            return (const json_t **)(void *)((char *)s + members[i].at);
    return NULL;
}

/* What is there is sorted, instead of asking for each name: most messages have
 * three members. */
static void
find_said(const json_t *one, struct said *s)
{
    json_t *o = (json_t *)(uintptr_t)one;
    const json_t **place;

    memset(s, 0, sizeof *s);
    for (void *at = json_object_iter(o); at != NULL;
         at = json_object_iter_next(o, at)) {
        place =
            place_of(s, json_object_iter_key(at), json_object_iter_key_len(at));
        if (place != NULL)
            *place = json_object_iter_value(at);
    }
}

static void
set_text(struct conversation *c, struct message *m, const json_t *text)
{
    struct buf harmless = {0};
    size_t n = json_string_length(text);

    if (n > 0)
        utf8_harmless(&harmless, json_string_value(text),
                      utf8_clip(json_string_value(text), n, EVENT_TEXT_MAX));
    m->text = arena_dup(c->arena, buf_str(&harmless), harmless.len);
    m->text_n = harmless.len;
    buf_free(&harmless);
}

static int
check_message(const struct said *s, size_t i, struct message *m, struct err *e)
{
    struct str role = str_of(json_string_value(s->role));
    struct str kind = str_of(json_string_value(s->kind));
    const json_t *text = s->text;

    if (role.len == 0 || !role_from_name(role.p, role.len, &m->role))
        return err_set(e, ERR_INPUT,
                       "messages[%zu].role: %.40s; customer, ai, human_agent "
                       "or system expected",
                       i, role.len > 0 ? role.p : "missing");
    if (kind.len > 0 && !message_kind_from_name(kind.p, kind.len, &m->kind))
        return err_set(e, ERR_INPUT, "messages[%zu].kind: %.40s is not known",
                       i, kind.p);
    if (text != NULL && !json_is_string(text) && !json_is_null(text))
        return err_set(e, ERR_INPUT, "messages[%zu].text: string expected", i);
    return 0;
}

/* Its own id, when that is there and nobody has it yet. */
static const char *
key_of(struct conversation *c, const struct said *s, size_t i)
{
    const char *id = json_string_value(s->id);
    char text[STR_DIGITS + 2], *end = text + sizeof text - 1, *p;

    if (id != NULL && map_get(c->keys, id) == NULL)
        return arena_str(c->arena, id);
    *end = '\0';
    p = str_digits(end, i + 1);
    *--p = '#';
    return arena_str(c->arena, p);
}

static const char *
copy_text(struct conversation *c, const json_t *v)
{
    return arena_str(c->arena, json_string_value(v));
}

static json_t *
array_in(const json_t *v)
{
    return json_is_array(v) ? json_incref((json_t *)(uintptr_t)v) : NULL;
}

static void
take_said(struct conversation *c, const struct said *s, struct message *m)
{
    set_text(c, m, s->text);
    m->at_ms = time_in(s->at, s->at_ms);
    m->author_id = copy(c, s->author, "id");
    m->author_name = copy(c, s->author, "name");
    m->language = copy_text(c, s->language);
    m->intent = copy_text(c, s->intent);
    m->feedback = copy_text(c, s->feedback);
    m->confidence = confidence_in(s->confidence);
    m->sentiment = number_in(s->sentiment);
    m->attachments = array_in(s->attachments);
    m->redactions = array_in(s->redactions);
    m->auto_reply = json_is_true(s->automatic);
}

/* A recording's order stands, whatever its times say. */
static int
take_message(struct conversation *c, const json_t *one, size_t i, struct err *e)
{
    struct message *m = arena_alloc(c->arena, sizeof *m);
    int64_t least = c->message_count > 0
                        ? c->messages[c->message_count - 1]->ord + ORD_STEP
                        : 0;
    struct said said;

    find_said(one, &said);
    if (check_message(&said, i, m, e) != 0)
        return -1;
    m->key = key_of(c, &said, i);
    m->episode = c->episode;
    take_said(c, &said, m);
    m->ord = m->at_ms * ORD_STEP > least ? m->at_ms * ORD_STEP : least;
    if (c->started_at == 0)
        c->started_at = m->at_ms;
    conversation_append(c, m);
    conversation_count_message(c, m);
    conversation_learn_message(c, m);
    c->ai_failed_attempts += message_failures(m) + message_fallbacks(m);
    c->ai_fallback_count += message_fallbacks(m);
    return 0;
}

/* --- what is told for the whole conversation --- */

static void
take_customer(struct conversation *c, const json_t *o)
{
    struct customer *p = &c->customer;
    const char *id = text_of(o, "external_id");

    p->external_id = id != NULL ? copy(c, o, "external_id") : copy(c, o, "id");
    p->email_verified = json_is_true(json_object_get(o, "email_verified"));
    p->phone_verified = json_is_true(json_object_get(o, "phone_verified"));
    p->name = copy(c, o, "name");
    p->email = copy(c, o, "email");
    p->phone = copy(c, o, "phone");
    p->tier = copy(c, o, "tier");
    p->locale = copy(c, o, "locale");
    p->time_zone = copy(c, o, "time_zone");
    p->company = copy(c, o, "company");
    p->country = copy(c, o, "country");
    if (json_is_object(json_object_get(o, "more")))
        p->more = json_incref(json_object_get(o, "more"));
}

/* Where no message told it. */
static void
take_intent(struct conversation *c, const json_t *r)
{
    const json_t *intent = json_object_get(r, "intent");

    if (json_is_string(intent)) {
        conversation_set(c, &c->intent, json_string_value(intent));
    } else if (text_of(intent, "name") != NULL) {
        c->intent = copy(c, intent, "name");
        c->intent_title = copy(c, intent, "title");
    }
    if (!isnan(confidence_of(intent, "confidence")))
        c->intent_confidence = confidence_of(intent, "confidence");
    else if (!isnan(confidence_of(r, "confidence")))
        c->intent_confidence = confidence_of(r, "confidence");
}

static void
take_signals(struct conversation *c, const json_t *r)
{
    const json_t *sentiment = json_object_get(r, "sentiment");

    take_intent(c, r);
    if (json_is_number(sentiment))
        c->sentiment = json_number_value(sentiment);
    else if (!isnan(number_of(sentiment, "score")))
        c->sentiment = number_of(sentiment, "score");
    if (c->language == NULL)
        c->language = copy(c, r, "language");
    c->language_confidence = confidence_of(r, "language_confidence");
}

/* A hand-over id in a recording that ended as "escalated" is what became of
 * it, which no rule may know; else it is part of what is given. */
static void
take_handoff(struct conversation *c, const json_t *r)
{
    const json_t *h = json_object_get(r, "handoff");
    const char *outcome = text_of(r, "outcome");
    int64_t after = json_integer_value(json_object_get(h, "after_message"));

    c->handoff_via = copy(c, h, "via");
    c->handoff_reason = copy(c, h, "reason");
    c->handoff_actor = copy(c, h, "actor");
    c->handoff_summary = copy(c, h, "summary");
    c->handoff_seq = after > 0 ? after : 0;
    if (outcome == NULL || strcmp(outcome, "escalated") != 0)
        c->handoff_id = copy(c, r, "handoff_id");
}

static void
take_object(json_t *into, const json_t *r, const char *key)
{
    json_t *o = json_object_get(r, key);

    if (json_is_object(o))
        json_object_update(into, o);
}

/* Of an action's values those that are fields. */
static json_t *
known_values(const struct conversation *c, const json_t *values)
{
    json_t *known = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        if (json_object_get(c->fields, key) != NULL)
            json_object_set(known, key, value);
    }
    return known;
}

/* Values become known when the chat looked them up: which, and when. */
static void
take_actions(struct conversation *c, const json_t *r)
{
    json_t *actions = json_object_get(r, "actions"), *one;
    size_t i;

    if (json_array_size(actions) == 0)
        return;
    c->reveal = json_array();
    json_array_foreach(actions, i, one)
    {
        json_t *entry = json_object();
        json_int_t after =
            json_integer_value(json_object_get(one, "after_message"));

        json_object_set_new(entry, "after_message", json_integer(after));
        json_object_set_new(entry, "values",
                            known_values(c, json_object_get(one, "values")));
        json_array_append_new(c->reveal, entry);
    }
}

static void
take_ai(struct conversation *c, const json_t *r)
{
    const json_t *ai = json_object_get(r, "ai");
    json_t *failed = json_object_get(ai, "failed_attempts");
    json_t *fallback = json_object_get(ai, "fallback_count");

    take_object(c->ai, r, "ai");
    if (json_is_integer(failed) && json_integer_value(failed) >= 0)
        c->ai_failed_attempts = json_integer_value(failed);
    if (json_is_integer(fallback) && json_integer_value(fallback) >= 0)
        c->ai_fallback_count = json_integer_value(fallback);
}

/* What the recording became is never taken over; a test may say under "now"
 * how things stand at its moment. */
static void
take_state(struct conversation *c, const json_t *r)
{
    const json_t *now = json_object_get(r, "now");
    struct str outcome = str_of(text_of(now, "outcome"));
    json_t *flags = json_object_get(r, "flags");

    if (outcome.len > 0)
        (void)outcome_from_name(outcome.p, outcome.len, &c->outcome);
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
    c->started_at = time_in(json_object_get(r, "started_at"),
                            json_object_get(r, "started_at_ms"));
    return c;
}

static int
take_messages(struct conversation *c, const json_t *messages, struct err *e)
{
    const json_t *one;
    size_t i;

    if (json_is_object(messages) && json_object_size(messages) == 0)
        return 0; /* an empty list of a script may come as either */
    if (messages != NULL && !json_is_array(messages))
        return err_set(e, ERR_INPUT, "messages: array expected");
    if (json_array_size(messages) > CONVERSATION_MESSAGES_MAX)
        return err_set(e, ERR_INPUT, "messages: more than %d",
                       CONVERSATION_MESSAGES_MAX);
    json_array_foreach(messages, i, one)
    {
        if (take_message(c, one, i, e) != 0)
            return -1;
    }
    return 0;
}

struct conversation *
conversation_from_recording(const json_t *r, struct err *e)
{
    struct conversation *c;

    if (!json_is_object(r)) {
        err_set(e, ERR_INPUT, "a conversation is an object");
        return NULL;
    }
    c = new_from(r);
    take_customer(c, json_object_get(r, "customer"));
    take_object(c->fields, r, "data");
    take_object(c->fields, r, "fields");
    take_object(c->attributes, r, "attributes");
    take_actions(c, r);
    if (take_messages(c, json_object_get(r, "messages"), e) != 0) {
        conversation_free(c);
        return NULL;
    }
    take_ai(c, r); /* its counts win over those of the messages */
    take_state(c, r);
    take_signals(c, r);
    take_handoff(c, r);
    return c;
}
