#include "model/event.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/str.h"
#include "model/conversation_inside.h"

#define EVENTS_MAX      64
#define NAME_MAX_BYTES  256
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
    return err_set(p->e, ERR_SCRIPT, "read: %s%s%s: %s", p->text,
                   p->text[0] != '\0' ? "." : "", member, what);
}

static int
complain_word(const struct place *p, const char *member, const char *noun,
              struct str word)
{
    char what[128];

    snprintf(what, sizeof what, "unknown %s '%.*s'", noun,
             (int)utf8_clip(word.p != NULL ? word.p : "", word.len, 40),
             word.p != NULL ? word.p : "");
    return complain(p, member, what);
}

/* --- members by type; an absent one leaves *out as it is --- */

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
    if (s.len > 0 && memchr(s.p, '\0', s.len) != NULL)
        return complain(p, key, "a NUL inside");
    if (s.len > 0)
        *out = arena_dup(p->arena, s.p, utf8_clip(s.p, s.len, max));
    return 0;
}

static bool
is_number(const struct value *v)
{
    return value_type(v) == VALUE_INT || value_type(v) == VALUE_NUM;
}

static int
take_number(const struct place *p, const struct value *v, const char *key,
            double least, double most, double *out)
{
    const struct value *m = value_get(v, key);
    double n = value_num(m, (double)NAN);

    if (m == NULL)
        return 0;
    if (!is_number(m))
        return complain(p, key, "number expected");
    if (!isnan(n))
        *out = n < least ? least : n > most ? most : n;
    return 0;
}

double
confidence_of_word(const char *p, size_t n)
{
    static const struct {
        const char *word;
        double confidence;
    } words[] = {{"high", 0.9}, {"medium", 0.6}, {"low", 0.3}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is_nocase((struct str){p, n}, words[i].word))
            return words[i].confidence;
    return (double)NAN;
}

static int
take_confidence(const struct place *p, const struct value *v, const char *key,
                double *out)
{
    struct str word = value_str(value_get(v, key));

    if (word.len == 0)
        return take_number(p, v, key, 0, 1, out);
    *out = confidence_of_word(word.p, word.len);
    return isnan(*out) ? complain_word(p, key, "confidence", word) : 0;
}

static int
take_time(const struct place *p, const struct value *v, const char *key,
          int64_t *out)
{
    const struct value *m = value_get(v, key);
    double n = value_num(m, -1);

    if (m == NULL)
        return 0;
    if (!is_number(m))
        return complain(p, key, "milliseconds since 1970 expected");
    if (n < 0 || n > (double)EVENT_TIME_MAX)
        return complain(p, key, "a time between 1970 and 9999 expected");
    *out = (int64_t)n;
    return 0;
}

static int
take_bool(const struct place *p, const struct value *v, const char *key,
          bool *out)
{
    const struct value *m = value_get(v, key);

    if (m != NULL && value_type(m) != VALUE_BOOL)
        return complain(p, key, "true or false expected");
    *out = value_bool(m, *out);
    return 0;
}

/* A script's empty table may come as a list. */
static bool
is_table(const struct value *v)
{
    return value_type(v) == VALUE_MAP ||
           (value_type(v) == VALUE_ARRAY && value_count(v) == 0);
}

static bool
is_list(const struct value *v)
{
    return value_type(v) == VALUE_ARRAY ||
           (value_type(v) == VALUE_MAP && value_count(v) == 0);
}

/* A table of the event's own form, to look into. */
static int
take_table(const struct place *p, const struct value *v, const char *key,
           const struct value **out)
{
    *out = value_get(v, key);
    if (*out != NULL && !is_table(*out))
        return complain(p, key, "table expected");
    return 0;
}

static int
take_object(const struct place *p, const struct value *v, const char *key,
            json_t **out)
{
    const struct value *m;

    if (take_table(p, v, key, &m) != 0)
        return -1;
    if (value_count(m) > EVENT_FIELDS_MAX)
        return complain(p, key, "more than 200 members");
    if (value_count(m) > 0)
        *out = value_json(m);
    return 0;
}

/* One of a few words. */
static int
take_word(const struct place *p, const struct value *v, const char *key,
          const char *const *words, const char **out)
{
    const struct value *m = value_get(v, key);
    struct str s = value_str(m);

    if (m == NULL)
        return 0;
    if (!value_is_str(m))
        return complain(p, key, "string expected");
    for (; *words != NULL; words++)
        if (str_is(s, *words)) {
            *out = *words;
            return 0;
        }
    return complain_word(p, key, key, s);
}

static const char *const feedbacks[] = {"helpful", "not_helpful", NULL};
static const char *const urgencies[] = {"low", "normal", "high", "urgent",
                                        NULL};

/* Texts of a struct by table. */
struct text_member {
    const char *name;
    size_t offset, max;
};

static int
take_texts(const struct place *p, const struct value *v,
           const struct text_member *table, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++)
        if (take_text(p, v, table[i].name, table[i].max,
                      (const char **)(void *)((char *)out + table[i].offset)) !=
            0)
            return -1;
    return 0;
}
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* --- a message --- */

/* Found again when a snapshot is sent again: by the place in the source and a
 * hash of what was said, before anything was taken out of the text. */
static void
make_key(struct arena *a, struct message *m, int64_t index)
{
    struct digest *d = digest_new();
    uint8_t hash[SHA256_SIZE];
    struct buf hex = {0};

    digest_add(d, role_name(m->role), strlen(role_name(m->role)));
    digest_add(d, "\n", 1);
    digest_add(d, m->text, m->text_n);
    digest_end(d, hash);
    digest_hex(&hex, hash, 4);
    if (index >= 0)
        m->key = arena_printf(a, "i%lld-%s", (long long)index, buf_str(&hex));
    else if (m->at_ms > 0)
        m->key =
            arena_printf(a, "t%lld-%s", (long long)m->at_ms, buf_str(&hex));
    else
        m->key = arena_printf(a, "h-%s", buf_str(&hex));
    buf_free(&hex);
}

static int
take_role(const struct place *p, const struct value *v, struct message *m)
{
    struct str role = value_str(value_get(v, "role"));
    const struct value *kind = value_get(v, "kind");
    struct str word = value_str(kind);

    if (!role_from_name(role.p != NULL ? role.p : "", role.len, &m->role))
        return complain_word(p, "role", "role", role);
    if (kind != NULL && !message_kind_from_name(word.p != NULL ? word.p : "",
                                                word.len, &m->kind))
        return complain_word(p, "kind", "kind", word);
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

/* {name, mime, size, url}, whatever else the source said of it. */
static json_t *
attachment_of(const struct value *v)
{
    static const char *const names[] = {"name", "mime", "url"};
    int64_t size = value_get_int(v, "size", -1);
    json_t *one = json_object();

    for (size_t i = 0; i < COUNT(names); i++) {
        struct str s = value_str(value_get(v, names[i]));

        if (s.len > 0)
            json_object_set_new(one, names[i],
                                json_stringn(s.p, utf8_clip(s.p, s.len, 2048)));
    }
    if (size >= 0)
        json_object_set_new(one, "size", json_integer(size));
    return one;
}

static int
take_attachments(const struct place *p, const struct value *v,
                 struct message *m)
{
    const struct value *list = value_get(v, "attachments");

    if (list == NULL)
        return 0;
    if (!is_list(list))
        return complain(p, "attachments", "list expected");
    for (size_t i = 0; i < value_count(list) && i < EVENT_ATTACHMENTS_MAX;
         i++) {
        const struct value *one = value_item(list, i);

        if (!is_table(one))
            return complain(p, "attachments", "tables expected");
        if (m->attachments == NULL)
            m->attachments = json_array();
        json_array_append_new(m->attachments, attachment_of(one));
    }
    return 0;
}

static int
take_extras(const struct place *p, const struct value *v, struct message *m)
{
    static const struct text_member texts[] = {
        {"language", offsetof(struct message, language), 35},
        {"intent", offsetof(struct message, intent), NAME_MAX_BYTES},
    };
    static const struct text_member author_texts[] = {
        {"id", offsetof(struct message, author_id), NAME_MAX_BYTES},
        {"name", offsetof(struct message, author_name), NAME_MAX_BYTES},
    };
    const struct value *author;

    m->confidence = (double)NAN;
    m->sentiment = (double)NAN;
    if (take_table(p, v, "author", &author) != 0 ||
        take_texts(p, author, author_texts, COUNT(author_texts), m) != 0 ||
        take_texts(p, v, texts, COUNT(texts), m) != 0 ||
        take_word(p, v, "feedback", feedbacks, &m->feedback) != 0 ||
        take_confidence(p, v, "confidence", &m->confidence) != 0 ||
        take_number(p, v, "sentiment", -1, 1, &m->sentiment) != 0 ||
        take_bool(p, v, "auto", &m->auto_reply) != 0)
        return -1;
    return take_attachments(p, v, m);
}

static int
take_message(const struct place *p, const struct value *v, struct event *ev,
             size_t i)
{
    struct message *m = &ev->messages[i];

    if (!is_table(v))
        return complain(p, "message", "table expected");
    if (take_role(p, v, m) != 0 || take_body(p, v, m) != 0 ||
        take_time(p, v, "at_ms", &m->at_ms) != 0 || take_extras(p, v, m) != 0 ||
        take_text(p, v, "id", NAME_MAX_BYTES, &m->key) != 0)
        return -1;
    ev->indexes[i] = value_get_int(v, "index", -1);
    if (m->key == NULL)
        make_key(p->arena, m, ev->indexes[i]);
    return 0;
}

/* "Yes" said twice in one event without a place or an id is two messages. */
static void
tell_twins_apart(struct arena *a, struct event *ev, const struct value *list)
{
    struct map *seen;

    if (ev->message_count < 2)
        return;
    seen = map_new();
    for (size_t i = 0; i < ev->message_count; i++) {
        struct message *m = &ev->messages[i];
        const char *key = m->key;

        if (value_get(value_item(list, i), "id") != NULL || ev->indexes[i] >= 0)
            continue;
        for (int n = 2; map_get(seen, m->key) != NULL; n++)
            m->key = arena_printf(a, "%s-%d", key, n);
        map_put(seen, m->key, m);
    }
    map_free(seen);
}

static int
take_messages(const struct place *at, const struct value *v, struct event *ev)
{
    const struct value *list = value_get(v, "messages");
    size_t n = value_count(list);

    if (list != NULL && !is_list(list))
        return complain(at, "messages", "list expected");
    if (n > EVENT_MESSAGES_MAX)
        return complain(at, "messages", "more than 2,500 in one event");
    ev->messages = arena_array(at->arena, n + 1, sizeof *ev->messages);
    ev->indexes = arena_array(at->arena, n + 1, sizeof *ev->indexes);
    for (size_t i = 0; i < n; i++) {
        struct place p = {at->arena, "", at->e};

        snprintf(p.text, sizeof p.text, "%.64s%smessages[%zu]", at->text,
                 at->text[0] != '\0' ? "." : "", i);
        ev->message_count = i + 1; /* so that what it holds is dropped */
        if (take_message(&p, value_item(list, i), ev, i) != 0)
            return -1;
    }
    tell_twins_apart(at->arena, ev, list);
    return 0;
}

/* --- the conversation as far as it tells --- */

static int
take_customer(const struct place *p, const struct value *v,
              struct customer *out)
{
    static const struct text_member texts[] = {
        {"id", offsetof(struct customer, external_id), NAME_MAX_BYTES},
        {"external_id", offsetof(struct customer, external_id), NAME_MAX_BYTES},
        {"name", offsetof(struct customer, name), NAME_MAX_BYTES},
        {"email", offsetof(struct customer, email), 320},
        {"phone", offsetof(struct customer, phone), 64},
        {"tier", offsetof(struct customer, tier), 64},
        {"locale", offsetof(struct customer, locale), 35},
        {"time_zone", offsetof(struct customer, time_zone), 64},
        {"company", offsetof(struct customer, company), NAME_MAX_BYTES},
        {"country", offsetof(struct customer, country), 64},
    };
    const struct value *customer;

    if (take_table(p, v, "customer", &customer) != 0 ||
        take_texts(p, customer, texts, COUNT(texts), out) != 0 ||
        take_bool(p, customer, "email_verified", &out->email_verified) != 0 ||
        take_bool(p, customer, "phone_verified", &out->phone_verified) != 0)
        return -1;
    return take_object(p, customer, "more", &out->more);
}

static int
take_intent(const struct place *p, const struct value *v, struct event *ev)
{
    const struct value *intent = value_get(v, "intent");

    if (value_is_str(intent))
        return take_text(p, v, "intent", NAME_MAX_BYTES, &ev->intent);
    if (take_table(p, v, "intent", &intent) != 0 ||
        take_text(p, intent, "name", NAME_MAX_BYTES, &ev->intent) != 0 ||
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
    static const struct text_member texts[] = {
        {"native_url", offsetof(struct event, native_url), 2048},
        {"channel", offsetof(struct event, channel), 32},
        {"brand", offsetof(struct event, brand), NAME_MAX_BYTES},
        {"language", offsetof(struct event, language), 35},
    };
    const struct value *c;

    if (take_table(p, v, "conversation", &c) != 0 ||
        take_texts(p, c, texts, COUNT(texts), ev) != 0 ||
        take_word(p, c, "urgency", urgencies, &ev->urgency) != 0 ||
        take_confidence(p, c, "language_confidence",
                        &ev->language_confidence) != 0 ||
        take_customer(p, c, &ev->customer) != 0 || take_intent(p, c, ev) != 0 ||
        take_sentiment(p, c, ev) != 0 ||
        take_object(p, c, "fields", &ev->fields) != 0 ||
        take_object(p, c, "attributes", &ev->attributes) != 0 ||
        take_object(p, c, "ai", &ev->ai) != 0 ||
        take_object(p, c, "source_state", &ev->source_state) != 0)
        return -1;
    ev->ai_failed_attempts =
        value_get_int(value_get(c, "ai"), "failed_attempts", -1);
    return 0;
}

/* --- the event --- */

static int
take_type(const struct place *p, const struct value *v, struct event *ev)
{
    struct str type = value_str(value_get(v, "type"));

    if (!is_table(v))
        return complain(p, "event", "table expected");
    if (!event_type_from_name(type.p != NULL ? type.p : "", type.len,
                              &ev->type))
        return complain_word(p, "type", "type", type);
    return 0;
}

static int
take_handoff(const struct place *p, const struct value *v, struct event *ev)
{
    static const struct text_member texts[] = {
        {"via", offsetof(struct event, handoff_via), 32},
        {"reason", offsetof(struct event, handoff_reason), 500},
        {"actor", offsetof(struct event, handoff_actor), NAME_MAX_BYTES},
        {"summary", offsetof(struct event, handoff_summary), VALUE_MAX_BYTES},
    };
    const struct value *handoff;

    if (take_table(p, v, "handoff", &handoff) != 0)
        return -1;
    return take_texts(p, handoff, texts, COUNT(texts), ev);
}

static int
take_outcome(const struct place *p, const struct value *v, struct event *ev)
{
    const struct value *m = value_get(v, "outcome");
    struct str s = value_str(m);

    if (m == NULL)
        return 0;
    if (!outcome_from_name(s.p != NULL ? s.p : "", s.len, &ev->outcome))
        return complain_word(p, "outcome", "outcome", s);
    ev->has_outcome = true;
    return 0;
}

void
event_init(struct event *ev, enum event_type type, int64_t at_ms)
{
    memset(ev, 0, sizeof *ev);
    ev->type = type;
    ev->at_ms = at_ms;
    ev->language_confidence = (double)NAN;
    ev->intent_confidence = (double)NAN;
    ev->sentiment = (double)NAN;
    ev->ai_failed_attempts = -1;
}

static int
take_event(const struct place *p, const struct value *v, struct event *ev)
{
    event_init(ev, EVENT_STARTED, 0);
    if (take_type(p, v, ev) != 0 || take_time(p, v, "at_ms", &ev->at_ms) != 0 ||
        take_messages(p, v, ev) != 0 || take_conversation(p, v, ev) != 0 ||
        take_handoff(p, v, ev) != 0 ||
        take_word(p, v, "feedback", feedbacks, &ev->feedback) != 0 ||
        take_bool(p, v, "review_required", &ev->review_required) != 0)
        return -1;
    return take_outcome(p, v, ev);
}

int
event_read(struct arena *a, const struct value *v, struct event **events,
           size_t *count, struct err *e)
{
    bool many = value_type(v) == VALUE_ARRAY;
    size_t n = many ? value_count(v) : value_count(v) > 0;

    *events = NULL;
    *count = 0;
    if (!many && value_type(v) != VALUE_NIL && value_type(v) != VALUE_MAP)
        return err_set(e, ERR_SCRIPT, "read: events expected");
    if (n > EVENTS_MAX)
        return err_set(e, ERR_SCRIPT, "read: more than %d events", EVENTS_MAX);
    *events = arena_array(a, n + 1, sizeof **events);
    for (size_t i = 0; i < n; i++) {
        struct place p = {a, "", e};

        if (many)
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
