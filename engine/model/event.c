#include "model/event.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/str.h"
#include "model/redact.h"

#define EVENTS_MAX 64
#define NAME_MAX_BYTES 256
#define VALUE_MAX_BYTES 4096

static const char *const type_names[EVENT_COUNT] = {
    [EVENT_STARTED] = "conversation.started",
    [EVENT_MESSAGE] = "message.created",
    [EVENT_HANDOFF_REQUESTED] = "handoff.requested",
    [EVENT_ENDED] = "session.ended",
    [EVENT_SIGNAL] = "signal.updated",
    [EVENT_FEEDBACK] = "feedback.given",
    [EVENT_TAKEOVER] = "takeover",
    [EVENT_HANDBACK] = "handback",
    [EVENT_TICKET] = "ticket.updated",
    [EVENT_TIMER] = "timer.fired",
    [EVENT_MANUAL] = "manual",
};

const char *
event_type_name(enum event_type t)
{
    return t < EVENT_COUNT ? type_names[t] : "?";
}

bool
event_type_from_name(const char *s, size_t n, enum event_type *out)
{
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (strlen(type_names[i]) == n && memcmp(type_names[i], s, n) == 0) {
            *out = (enum event_type)i;
            return true;
        }
    return false;
}

/* Where a complaint is: "events[1].messages[3]". */
struct place {
    struct arena *arena;
    char text[128];
    struct err *e;
};

static int
complain(const struct place *p, const char *member, const char *what)
{
    return err_set(p->e, ERR_INPUT, "%s%s%s: %s", p->text,
                   p->text[0] != '\0' ? "." : "", member, what);
}

static int
take_text(const struct place *p, const struct value *v, const char *key,
          size_t max, const char **out)
{
    const struct value *m = value_get(v, key);
    struct str s = value_str(m);

    if (m == NULL)
        return 0;
    if (value_type(m) == VALUE_INT) { /* an id that the vendor writes so */
        *out = arena_printf(p->arena, "%lld", (long long)value_int(m, 0));
        return 0;
    }
    if (!value_is_str(m))
        return complain(p, key, "string expected");
    *out = arena_dup(p->arena, s.p, utf8_clip(s.p, s.len, max));
    return 0;
}

static int
take_number(const struct place *p, const struct value *v, const char *key,
            double least, double most, double *out)
{
    const struct value *m = value_get(v, key);
    double n;

    if (m == NULL)
        return 0;
    if (value_type(m) != VALUE_INT && value_type(m) != VALUE_NUM)
        return complain(p, key, "number expected");
    n = value_num(m, 0);
    *out = n < least ? least : n > most ? most : n;
    return 0;
}

static double
confidence_word(struct str s)
{
    return str_is_nocase(s, "high")     ? 0.9
           : str_is_nocase(s, "medium") ? 0.6
           : str_is_nocase(s, "low")    ? 0.3
                                        : (double)NAN;
}

static int
take_confidence(const struct place *p, const struct value *v, const char *key,
                double *out)
{
    struct str word = value_str(value_get(v, key));

    if (word.len > 0) {
        *out = confidence_word(word);
        return 0;
    }
    return take_number(p, v, key, 0, 1, out);
}

static int
take_time(const struct place *p, const struct value *v, const char *key,
          int64_t *out)
{
    const struct value *m = value_get(v, key);

    if (m == NULL)
        return 0;
    if (value_type(m) != VALUE_INT && value_type(m) != VALUE_NUM)
        return complain(p, key, "milliseconds since 1970 expected");
    *out = (int64_t)value_num(m, 0);
    if (*out < 0 || *out > 253402300799999LL)
        return complain(p, key, "a time between 1970 and 9999 expected");
    return 0;
}

static int
take_object(const struct place *p, const struct value *v, const char *key,
            json_t **out)
{
    const struct value *m = value_get(v, key);

    if (m == NULL)
        return 0;
    if (value_type(m) == VALUE_ARRAY && value_count(m) == 0)
        return 0; /* an empty Lua table */
    if (value_type(m) != VALUE_MAP)
        return complain(p, key, "table of names and values expected");
    if (value_count(m) > EVENT_FIELDS_MAX)
        return complain(p, key, "more than 200 members");
    *out = value_json(m);
    return 0;
}

/* --- a message --- */

static void
make_key(struct arena *a, struct message *m, const char *id, int64_t index)
{
    struct digest *d;
    uint8_t hash[SHA256_SIZE];
    struct buf hex = {0};

    if (id != NULL && id[0] != '\0') {
        m->key = id;
        return;
    }
    d = digest_new();
    digest_add(d, role_name(m->role), strlen(role_name(m->role)));
    digest_add(d, "\n", 1);
    digest_add(d, m->text, m->text_n);
    digest_end(d, hash);
    digest_hex(&hex, hash, 4);
    if (index >= 0)
        m->key = arena_printf(a, "i%lld-%s", (long long)index, buf_str(&hex));
    else if (m->at_ms > 0)
        m->key = arena_printf(a, "t%lld-%s", (long long)m->at_ms,
                              buf_str(&hex));
    else
        m->key = arena_printf(a, "h-%s", buf_str(&hex));
    buf_free(&hex);
}

static int
take_role(const struct place *p, const struct value *v, struct message *m)
{
    struct str role = value_str(value_get(v, "role"));
    struct str kind = value_str(value_get(v, "kind"));
    char what[120];

    if (!role_from_name(role.p != NULL ? role.p : "", role.len, &m->role)) {
        snprintf(what, sizeof what, "unknown role '%.*s'",
                 (int)(role.len < 40 ? role.len : 40),
                 role.p != NULL ? role.p : "");
        return complain(p, "role", what);
    }
    if (kind.len > 0 && !message_kind_from_name(kind.p, kind.len, &m->kind)) {
        snprintf(what, sizeof what, "unknown kind '%.*s'",
                 (int)(kind.len < 40 ? kind.len : 40), kind.p);
        return complain(p, "kind", what);
    }
    return 0;
}

static int
take_body(const struct place *p, const struct value *v, struct message *m)
{
    const struct value *text = value_get(v, "text");
    struct str s = value_str(text);

    if (text != NULL && !value_is_str(text))
        return complain(p, "text", "string expected");
    if (s.len > EVENT_TEXT_MAX)
        return complain(p, "text", "longer than 64 KiB");
    m->text = arena_dup(p->arena, s.p != NULL ? s.p : "", s.len);
    m->text_n = s.len;
    return 0;
}

static int
take_extras(const struct place *p, const struct value *v, struct message *m)
{
    const struct value *author = value_get(v, "author");
    const struct value *attachments = value_get(v, "attachments");

    m->confidence = NAN;
    m->sentiment = NAN;
    if (take_text(p, author, "id", NAME_MAX_BYTES, &m->author_id) != 0 ||
        take_text(p, author, "name", NAME_MAX_BYTES, &m->author_name) != 0 ||
        take_text(p, v, "language", 35, &m->language) != 0 ||
        take_text(p, v, "intent", NAME_MAX_BYTES, &m->intent) != 0 ||
        take_text(p, v, "feedback", 32, &m->feedback) != 0 ||
        take_confidence(p, v, "confidence", &m->confidence) != 0 ||
        take_number(p, v, "sentiment", -1, 1, &m->sentiment) != 0)
        return -1;
    if (attachments != NULL && value_type(attachments) == VALUE_ARRAY &&
        value_count(attachments) > 0)
        m->attachments = value_json(attachments);
    m->auto_reply = value_get_bool(v, "auto", false);
    return 0;
}

static int
take_message(const struct place *p, const struct value *v, struct event *ev,
             size_t i)
{
    struct message *m = &ev->messages[i];
    const char *id = NULL;

    if (value_type(v) != VALUE_MAP)
        return complain(p, "message", "table expected");
    if (take_role(p, v, m) != 0 || take_body(p, v, m) != 0 ||
        take_time(p, v, "at_ms", &m->at_ms) != 0 ||
        take_extras(p, v, m) != 0 ||
        take_text(p, v, "id", NAME_MAX_BYTES, &id) != 0)
        return -1;
    ev->indexes[i] = value_get_int(v, "index", -1);
    make_key(p->arena, m, id, ev->indexes[i]);
    return 0;
}

static int
take_messages(const struct place *at, const struct value *v, struct event *ev)
{
    const struct value *list = value_get(v, "messages");
    size_t n = value_count(list);

    if (list != NULL && value_type(list) != VALUE_ARRAY &&
        !(value_type(list) == VALUE_MAP && n == 0))
        return complain(at, "messages", "list expected");
    if (n > EVENT_MESSAGES_MAX)
        return complain(at, "messages", "more than 2,500 in one event");
    ev->messages = arena_array(at->arena, n + 1, sizeof *ev->messages);
    ev->indexes = arena_array(at->arena, n + 1, sizeof *ev->indexes);
    for (size_t i = 0; i < n; i++) {
        struct place p = {at->arena, "", at->e};

        snprintf(p.text, sizeof p.text, "%.60s%smessages[%zu]", at->text,
                 at->text[0] != '\0' ? "." : "", i);
        ev->message_count = i + 1; /* so that what it holds is dropped */
        if (take_message(&p, value_item(list, i), ev, i) != 0)
            return -1;
    }
    return 0;
}

/* --- the conversation as far as it tells --- */

static int
take_customer(const struct place *p, const struct value *v,
              struct customer *out)
{
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
        {"external_id", offsetof(struct customer, external_id)},
        {"name", offsetof(struct customer, name)},
        {"email", offsetof(struct customer, email)},
        {"phone", offsetof(struct customer, phone)},
        {"tier", offsetof(struct customer, tier)},
        {"locale", offsetof(struct customer, locale)},
        {"time_zone", offsetof(struct customer, time_zone)},
        {"company", offsetof(struct customer, company)},
        {"country", offsetof(struct customer, country)},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (take_text(p, v, texts[i].name, NAME_MAX_BYTES,
                      (const char **)(void *)((char *)out + texts[i].offset)) !=
            0)
            return -1;
    if (out->external_id == NULL &&
        take_text(p, v, "id", NAME_MAX_BYTES, &out->external_id) != 0)
        return -1;
    out->email_verified = value_get_bool(v, "email_verified", false) ||
                          value_get_bool(v, "verified", false);
    out->phone_verified = value_get_bool(v, "phone_verified", false);
    return take_object(p, v, "more", &out->more);
}

static int
take_intent(const struct place *p, const struct value *v, struct event *ev)
{
    const struct value *intent = value_get(v, "intent");

    if (value_is_str(intent))
        return take_text(p, v, "intent", NAME_MAX_BYTES, &ev->intent);
    if (take_text(p, intent, "name", NAME_MAX_BYTES, &ev->intent) != 0 ||
        take_text(p, intent, "title", NAME_MAX_BYTES, &ev->intent_title) != 0)
        return -1;
    return take_confidence(p, intent, "confidence", &ev->intent_confidence);
}

static int
take_sentiment(const struct place *p, const struct value *v, struct event *ev)
{
    const struct value *s = value_get(v, "sentiment");

    if (value_type(s) == VALUE_MAP)
        return take_number(p, s, "score", -1, 1, &ev->sentiment);
    return take_number(p, v, "sentiment", -1, 1, &ev->sentiment);
}

static int
take_conversation(const struct place *p, const struct value *v,
                  struct event *ev)
{
    const struct value *ai = value_get(v, "ai");

    if (take_text(p, v, "native_url", 2048, &ev->native_url) != 0 ||
        take_text(p, v, "channel", 32, &ev->channel) != 0 ||
        take_text(p, v, "brand", NAME_MAX_BYTES, &ev->brand) != 0 ||
        take_text(p, v, "language", 35, &ev->language) != 0 ||
        take_text(p, v, "urgency", 16, &ev->urgency) != 0 ||
        take_confidence(p, v, "language_confidence",
                        &ev->language_confidence) != 0 ||
        take_customer(p, value_get(v, "customer"), &ev->customer) != 0 ||
        take_intent(p, v, ev) != 0 || take_sentiment(p, v, ev) != 0 ||
        take_object(p, v, "fields", &ev->fields) != 0 ||
        take_object(p, v, "attributes", &ev->attributes) != 0 ||
        take_object(p, v, "ai", &ev->ai) != 0 ||
        take_object(p, v, "source_state", &ev->source_state) != 0)
        return -1;
    ev->ai_failed_attempts = value_get_int(ai, "failed_attempts", -1);
    return 0;
}

static int
take_outcome(const struct place *p, const struct value *v, struct event *ev)
{
    struct str s = value_str(value_get(v, "outcome"));

    if (s.len == 0)
        return 0;
    if (!outcome_from_name(s.p, s.len, &ev->outcome))
        return complain(p, "outcome", "not a known outcome");
    ev->has_outcome = true;
    return 0;
}

static int
take_event(const struct place *p, const struct value *v, struct event *ev)
{
    struct str type = value_str(value_get(v, "type"));
    const struct value *handoff = value_get(v, "handoff");
    char what[96];

    ev->language_confidence = NAN;
    ev->intent_confidence = NAN;
    ev->sentiment = NAN;
    ev->ai_failed_attempts = -1;
    if (value_type(v) != VALUE_MAP)
        return complain(p, "event", "table expected");
    if (!event_type_from_name(type.p != NULL ? type.p : "", type.len,
                              &ev->type)) {
        snprintf(what, sizeof what, "unknown type '%.*s'",
                 (int)(type.len < 40 ? type.len : 40),
                 type.p != NULL ? type.p : "");
        return complain(p, "type", what);
    }
    if (take_time(p, v, "at_ms", &ev->at_ms) != 0 ||
        take_messages(p, v, ev) != 0 ||
        take_conversation(p, value_get(v, "conversation"), ev) != 0 ||
        take_text(p, handoff, "via", 32, &ev->handoff_via) != 0 ||
        take_text(p, handoff, "reason", 500, &ev->handoff_reason) != 0 ||
        take_text(p, handoff, "actor", NAME_MAX_BYTES, &ev->handoff_actor) !=
            0 ||
        take_text(p, handoff, "summary", VALUE_MAX_BYTES,
                  &ev->handoff_summary) != 0 ||
        take_text(p, v, "feedback", 32, &ev->feedback) != 0)
        return -1;
    ev->review_required = value_get_bool(v, "review_required", false);
    return take_outcome(p, v, ev);
}

int
event_read(struct arena *a, const struct value *v, struct event **events,
           size_t *count, struct err *e)
{
    bool many = value_type(v) == VALUE_ARRAY;
    size_t n = many ? value_count(v)
                    : value_type(v) == VALUE_MAP && value_count(v) > 0;

    *events = NULL;
    *count = 0;
    if (n > EVENTS_MAX)
        return err_set(e, ERR_SCRIPT, "read gave more than %d events",
                       EVENTS_MAX);
    if (!many && n == 0 && value_type(v) != VALUE_NIL &&
        value_type(v) != VALUE_MAP)
        return err_set(e, ERR_SCRIPT, "read gave no table");
    *events = arena_array(a, n + 1, sizeof **events);
    for (size_t i = 0; i < n; i++) {
        struct place p = {a, "", e};

        if (n > 1)
            snprintf(p.text, sizeof p.text, "events[%zu]", i);
        *count = i + 1;
        if (take_event(&p, many ? value_item(v, i) : v, &(*events)[i]) != 0) {
            event_clear(*events, *count);
            *count = 0;
            return -1;
        }
    }
    return 0;
}

/* --- redaction --- */

static const char *
clean_text(const struct redactor *r, struct arena *a, const char *p, size_t *n,
           unsigned counts[REDACT_KINDS])
{
    struct buf harmless = {0}, out = {0};
    const char *s;

    utf8_harmless(&harmless, p, *n);
    redact_text(r, buf_str(&harmless), harmless.len, &out, counts);
    *n = out.len;
    s = arena_dup(a, buf_str(&out), out.len);
    buf_free(&harmless);
    buf_free(&out);
    return s;
}

static void
clean_member(const struct redactor *r, struct arena *a, const char **member)
{
    size_t n;

    if (*member == NULL)
        return;
    n = strlen(*member);
    *member = clean_text(r, a, *member, &n, NULL);
}

static json_t *clean_json(const struct redactor *r, json_t *v);

static json_t *
clean_string(const struct redactor *r, const json_t *v)
{
    struct buf harmless = {0}, out = {0};
    json_t *s;

    utf8_harmless(&harmless, json_string_value(v), json_string_length(v));
    redact_text(r, buf_str(&harmless), harmless.len, &out, NULL);
    s = json_stringn(buf_str(&out),
                     utf8_clip(buf_str(&out), out.len, VALUE_MAX_BYTES));
    buf_free(&harmless);
    buf_free(&out);
    return s;
}

static json_t *
clean_json(const struct redactor *r, json_t *v)
{
    json_t *out, *member;
    const char *key;
    size_t i;

    if (json_is_string(v))
        return clean_string(r, v);
    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach(v, i, member)
            json_array_append_new(out, clean_json(r, member));
        return out;
    }
    if (json_is_object(v)) {
        out = json_object();
        json_object_foreach(v, key, member)
        {
            json_object_set_new(out, key, clean_json(r, member));
        }
        return out;
    }
    return json_incref(v);
}

static void
clean_object(const struct redactor *r, json_t **member)
{
    json_t *clean;

    if (*member == NULL)
        return;
    clean = clean_json(r, *member);
    json_decref(*member);
    *member = clean;
}

static void
clean_message(struct message *m, const struct redactor *r, struct arena *a)
{
    unsigned counts[REDACT_KINDS] = {0};

    m->text = clean_text(r, a, m->text, &m->text_n, counts);
    for (int k = 0; k < REDACT_KINDS; k++) {
        if (counts[k] == 0)
            continue;
        if (m->redactions == NULL)
            m->redactions = json_array();
        json_array_append_new(
            m->redactions,
            json_pack("{s:s,s:i}", "kind",
                      redact_kind_name((enum redact_kind)k), "count",
                      (int)counts[k]));
    }
    clean_member(r, a, &m->author_name);
    clean_object(r, &m->attachments);
}

void
event_redact(struct event *ev, const struct redactor *r, struct arena *a)
{
    for (size_t i = 0; i < ev->message_count; i++)
        clean_message(&ev->messages[i], r, a);
    clean_member(r, a, &ev->handoff_reason);
    clean_member(r, a, &ev->handoff_summary);
    clean_member(r, a, &ev->intent_title);
    clean_member(r, a, &ev->customer.name);
    clean_object(r, &ev->fields);
    clean_object(r, &ev->attributes);
    clean_object(r, &ev->ai);
    clean_object(r, &ev->customer.more);
}

void
event_clear(struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event *ev = &events[i];

        for (size_t k = 0; k < ev->message_count; k++) {
            json_decref(ev->messages[k].attachments);
            json_decref(ev->messages[k].redactions);
            ev->messages[k].attachments = NULL;
            ev->messages[k].redactions = NULL;
        }
        json_decref(ev->fields);
        json_decref(ev->attributes);
        json_decref(ev->ai);
        json_decref(ev->source_state);
        json_decref(ev->customer.more);
        ev->fields = ev->attributes = ev->ai = ev->source_state = NULL;
        ev->customer.more = NULL;
    }
}
