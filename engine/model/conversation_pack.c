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

/* What a rule may know of the moment: at the conversation's end its own
 * members, for an earlier one computed from the messages up to then. */
struct moment {
    size_t end;
    bool past; /* not all messages are seen */
    const char *first_question, *intent, *language;
    int64_t first_question_seq, turns, last_customer_at, last_ai_at;
    int64_t failed, fallbacks;
    double sentiment, confidence;
    bool attachment, pii;
};

static void
moment_now(const struct conversation *c, struct moment *m)
{
    *m = (struct moment){
        .end = c->message_count,
        .first_question = c->first_question,
        .first_question_seq = c->first_question_seq,
        .intent = c->intent,
        .language = c->language,
        .turns = c->turn_count,
        .last_customer_at = c->last_customer_at,
        .last_ai_at = c->last_ai_at,
        .failed = c->ai_failed_attempts,
        .fallbacks = c->ai_fallback_count,
        .sentiment = c->sentiment,
        .confidence = c->intent_confidence,
        .attachment = c->has_attachment,
        .pii = c->pii_found,
    };
}

static void
see_customer(struct moment *m, const struct message *x,
             const struct message *before)
{
    if (x->at_ms > 0)
        m->last_customer_at = x->at_ms;
    if (x->language != NULL)
        m->language = x->language;
    if (!isnan(x->sentiment))
        m->sentiment = x->sentiment;
    if (x->intent != NULL) {
        m->intent = x->intent;
        m->confidence = x->confidence;
    } else if (!isnan(x->confidence)) {
        m->confidence = x->confidence;
    }
    m->turns += message_begins_turn(x, before);
}

static void
see(struct moment *m, const struct message *x, const struct message *before)
{
    m->attachment |=
        x->kind == KIND_ATTACHMENT || json_array_size(x->attachments) > 0;
    m->pii |= json_array_size(x->redactions) > 0;
    m->failed += message_failures(x) + message_fallbacks(x);
    m->fallbacks += message_fallbacks(x);
    if (x->role == ROLE_AI && x->at_ms > 0)
        m->last_ai_at = x->at_ms;
    if (message_is_spoken(x))
        see_customer(m, x, before);
}

/* A count that the source gave for the whole conversation stands for every
 * moment; ours is counted up to this one. */
static void
use_told_counts(const struct conversation *c, struct moment *m)
{
    if (json_object_get(c->ai, "failed_attempts") != NULL)
        m->failed = c->ai_failed_attempts;
    if (json_object_get(c->ai, "fallback_count") != NULL)
        m->fallbacks = c->ai_fallback_count;
}

static bool
any_message_tells(const struct conversation *c,
                  bool (*tells)(const struct message *))
{
    for (size_t i = 0; i < c->message_count; i++)
        if (message_is_spoken(c->messages[i]) && tells(c->messages[i]))
            return true;
    return false;
}

static bool
tells_intent(const struct message *m)
{
    return m->intent != NULL || !isnan(m->confidence);
}

static bool
tells_sentiment(const struct message *m)
{
    return !isnan(m->sentiment);
}

/* Told for the whole conversation and not message by message: known at every
 * moment. Told message by message: only as far as they were said. */
static void
use_told_signals(const struct conversation *c, struct moment *m)
{
    if (m->language == NULL)
        m->language = c->language;
    if (!any_message_tells(c, tells_intent)) {
        m->intent = c->intent;
        m->confidence = c->intent_confidence;
    }
    if (!any_message_tells(c, tells_sentiment))
        m->sentiment = c->sentiment;
}

static void
moment_then(const struct conversation *c, size_t end, struct moment *m)
{
    size_t first = (size_t)(c->episode_first_seq - 1);

    *m = (struct moment){.end = end,
                         .past = true,
                         .sentiment = (double)NAN,
                         .confidence = (double)NAN};
    for (size_t i = first; i < end; i++)
        see(m, c->messages[i], i > first ? c->messages[i - 1] : NULL);
    if (c->first_question_seq > 0 && c->first_question_seq <= (int64_t)end) {
        m->first_question = c->first_question;
        m->first_question_seq = c->first_question_seq;
    }
    use_told_counts(c, m);
    use_told_signals(c, m);
}

/* A member that the source made up must not hide one of ours. */
static bool
is_one_of(const char *key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return false;
}

static size_t
pack_customer(const struct conversation *c, struct buf *out)
{
    static const char *const ours[] = {
        "external_id", "name",           "email",         "phone",
        "tier",        "locale",         "time_zone",     "company",
        "country",     "email_verified", "phone_verified"};
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
    if (p->email_verified)
        n += pack_member_bool(out, "email_verified", true);
    if (p->phone_verified)
        n += pack_member_bool(out, "phone_verified", true);
    json_object_foreach(p->more, key, value)
    {
        if (!is_one_of(key, ours, sizeof ours / sizeof *ours))
            n += pack_member_json(out, key, value);
    }
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_signals(const struct conversation *c, const struct moment *m,
             struct buf *out)
{
    size_t at, n = 0, count = 0;

    n += pack_member(out, "language", m->language);
    if (m->intent != NULL || !isnan(m->confidence)) {
        pack_cstr(out, "intent");
        at = pack_map_open(out);
        count += pack_member(out, "name", m->intent);
        if (m->intent == c->intent)
            count += pack_member(out, "title", c->intent_title);
        count += pack_member_num(out, "confidence", m->confidence);
        pack_map_close(out, at, count);
        n++;
    }
    if (!isnan(m->sentiment)) {
        pack_cstr(out, "sentiment");
        pack_map(out, 1);
        pack_member_num(out, "score", m->sentiment);
        n++;
    }
    return n;
}

static size_t
pack_ai(const struct conversation *c, const struct moment *m, struct buf *out)
{
    static const char *const ours[] = {"failed_attempts", "fallback_count"};
    size_t at, n = 0;
    const char *key;
    json_t *value;

    pack_cstr(out, "ai");
    at = pack_map_open(out);
    json_object_foreach(c->ai, key, value)
    {
        if (!is_one_of(key, ours, sizeof ours / sizeof *ours))
            n += pack_member_json(out, key, value);
    }
    n += pack_member_int(out, "failed_attempts", m->failed);
    n += pack_member_int(out, "fallback_count", m->fallbacks);
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_handoff(const struct conversation *c, const struct moment *m,
             struct buf *out)
{
    size_t at, n = 0;

    if (c->handoff_via == NULL || (m->past && (int64_t)m->end < c->handoff_seq))
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
pack_ticket(const struct conversation *c, struct buf *out)
{
    const json_t *open = json_object_get(c->known_tickets, "open");
    size_t at, n = 0, count = 0;

    n += pack_member(out, "handoff_id", c->handoff_id);
    if (c->ticket_id != NULL) {
        pack_cstr(out, "ticket");
        at = pack_map_open(out);
        count += pack_member(out, "id", c->ticket_id);
        count += pack_member(out, "url", c->ticket_url);
        pack_map_close(out, at, count);
        n++;
    }
    pack_cstr(out, "open_tickets");
    if (open != NULL)
        pack_json(out, open);
    else
        pack_array(out, 0);
    return n + 1;
}

static size_t
pack_flags(const struct conversation *c, const struct moment *m,
           struct buf *out)
{
    const struct customer *p = &c->customer;
    const struct {
        const char *name;
        bool on;
    } flags[] = {
        {"anonymous",
         p->external_id == NULL && p->email == NULL && p->phone == NULL},
        {"vip", p->tier != NULL && strcmp(p->tier, "vip") == 0},
        {"review_required", c->review_required},
        {"attachment", m->attachment},
        {"pii_found", m->pii},
        {"late_ai_message", c->late_ai_messages > 0 && !m->past},
    };
    size_t at, n = 0;

    pack_cstr(out, "flags");
    at = pack_map_open(out);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].on)
            n += pack_member_bool(out, flags[i].name, true);
    pack_map_close(out, at, n);
    return 1;
}

/* Fields as far as they are known by then: what the chat looked up on its way
 * (recordings only) is taken out, and given back up to the moment. */
static size_t
pack_fields(const struct conversation *c, const struct moment *m,
            struct buf *out)
{
    json_t *known, *one, *value;
    const char *key;
    size_t i, n;

    if (c->reveal == NULL || !m->past)
        return pack_member_json(out, "fields", c->fields);
    known = json_copy(c->fields);
    json_array_foreach(c->reveal, i, one)
    {
        json_object_foreach(json_object_get(one, "values"), key, value)
        {
            json_object_del(known, key);
        }
    }
    json_array_foreach(c->reveal, i, one)
    {
        if (json_integer_value(json_object_get(one, "after_message")) <=
            (int64_t)m->end)
            json_object_update(known, json_object_get(one, "values"));
    }
    n = pack_member_json(out, "fields", known);
    json_decref(known);
    return n;
}

static void
put_messages(const struct conversation *c, size_t first, size_t end,
             struct buf *out)
{
    const struct message *a, *z;

    if (end <= first)
        return;
    a = c->messages[first];
    z = c->messages[end - 1];
    buf_add(out, c->packed.data + a->pack_at,
            z->pack_at + z->pack_n - a->pack_at);
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

/* Of messages that are shared only which of them. */
static size_t
pack_messages(const struct conversation *c, size_t end, bool shared,
              struct buf *out)
{
    size_t first = offer_start(c, end);

    pack_cstr(out, "messages");
    if (shared) {
        pack_shared_list(out, first, end - first);
    } else {
        pack_array(out, end - first);
        put_messages(c, first, end, out);
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
    n += pack_member_int(out, "episode", c->episode);
    if (c->started_at > 0)
        n += pack_member_int(out, "started_at_ms", c->started_at);
    n += pack_member_num(out, "language_confidence", c->language_confidence);
    n += pack_member(out, "urgency", c->urgency);
    return n;
}

static size_t
pack_times(const struct conversation *c, const struct moment *m,
           struct buf *out)
{
    int64_t last = m->last_customer_at > m->last_ai_at ? m->last_customer_at
                                                       : m->last_ai_at;
    size_t n = 0;

    if (m->last_customer_at > 0)
        n += pack_member_int(out, "last_customer_at_ms", m->last_customer_at);
    if (m->last_ai_at > 0)
        n += pack_member_int(out, "last_ai_at_ms", m->last_ai_at);
    if (c->ended_at > 0 && !m->past)
        n += pack_member_int(out, "ended_at_ms", c->ended_at);
    if (c->started_at > 0 && last > c->started_at)
        n += pack_member_int(out, "duration_s", (last - c->started_at) / 1000);
    return n;
}

static size_t
pack_wait(const struct conversation *c, struct buf *out)
{
    size_t n = 0, at;

    if (c->wait_rule == NULL)
        return 0;
    pack_cstr(out, "waiting");
    at = pack_map_open(out);
    n += pack_member(out, "rule", c->wait_rule);
    n += pack_member_int(out, "since_ms", c->wait_since);
    n += pack_member_int(out, "due_at_ms", c->wait_due);
    pack_map_close(out, at, n);
    return 1;
}

/* What is the same at every moment. */
static size_t
pack_steady(const struct conversation *c, struct buf *out)
{
    json_t *attributes = conversation_attributes(c);
    size_t n = pack_identity(c, out);

    n += pack_customer(c, out);
    n += pack_member_json(out, "attributes", attributes);
    json_decref(attributes);
    n += pack_ticket(c, out);
    n += pack_wait(c, out);
    return n + pack_member_json(out, "rule_state", c->rule_state);
}

/* What is not. */
static size_t
pack_moment(const struct conversation *c, const struct moment *m, bool shared,
            struct buf *out)
{
    size_t n = pack_member(out, "state", conversation_state_name(c->state));

    n += pack_member(out, "control", control_name(c->control));
    n += pack_member(out, "outcome", outcome_name(c->outcome));
    n += pack_signals(c, m, out);
    n += pack_fields(c, m, out);
    n += pack_ai(c, m, out);
    n += pack_member_int(out, "turn_count", m->turns);
    n += pack_member_int(out, "message_count", (int64_t)m->end);
    n += pack_member(out, "first_question", m->first_question);
    if (m->first_question_seq > 0)
        n += pack_member_int(out, "first_question_seq", m->first_question_seq);
    n += pack_times(c, m, out);
    n += pack_handoff(c, m, out);
    n += pack_flags(c, m, out);
    return n + pack_messages(c, m->end, shared, out);
}

static void
moment_of(const struct conversation *c, int64_t upto_seq, struct moment *m)
{
    if (upto_seq > 0 && (size_t)upto_seq < c->message_count)
        moment_then(c, (size_t)upto_seq, m);
    else
        moment_now(c, m);
}

void
conversation_pack(const struct conversation *c, int64_t upto_seq,
                  struct buf *out)
{
    size_t at = pack_map_open(out), n;
    struct moment m;

    moment_of(c, upto_seq, &m);
    n = pack_steady(c, out);
    pack_map_close(out, at, n + pack_moment(c, &m, false, out));
}

void
conversation_pack_shared(const struct conversation *c, int64_t upto_seq,
                         struct buf *out)
{
    size_t end = upto_seq > 0 ? (size_t)upto_seq : c->message_count, at;

    pack_array(out, 2);
    at = pack_map_open(out);
    pack_map_close(out, at, pack_steady(c, out));
    pack_array(out, end);
    put_messages(c, 0, end, out);
}

void
conversation_pack_moment(const struct conversation *c, int64_t upto_seq,
                         struct buf *out)
{
    struct moment m;
    size_t at;

    moment_of(c, upto_seq, &m);
    pack_shared_map(out);
    at = pack_map_open(out);
    pack_map_close(out, at, pack_moment(c, &m, true, out));
}
