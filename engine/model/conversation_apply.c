#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "model/conversation_inside.h"
#include "model/event.h"

#define MESSAGES_MAX 5000
#define MEMBERS_MAX 400 /* members that fields or attributes can grow to */

/* --- what the event tells of the conversation --- */

static void
set_if(struct conversation *c, const char **member, const char *value)
{
    if (value != NULL)
        conversation_set(c, member, value);
}

static void
merge(json_t *into, const json_t *from)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        if (json_object_get(into, key) != NULL ||
            json_object_size(into) < MEMBERS_MAX)
            json_object_set(into, key, value);
    }
}

static void
merge_customer(struct conversation *c, const struct customer *p)
{
    set_if(c, &c->customer.external_id, p->external_id);
    set_if(c, &c->customer.name, p->name);
    set_if(c, &c->customer.email, p->email);
    set_if(c, &c->customer.phone, p->phone);
    set_if(c, &c->customer.tier, p->tier);
    set_if(c, &c->customer.locale, p->locale);
    set_if(c, &c->customer.time_zone, p->time_zone);
    set_if(c, &c->customer.company, p->company);
    set_if(c, &c->customer.country, p->country);
    c->customer.email_verified |= p->email_verified;
    c->customer.phone_verified |= p->phone_verified;
    if (p->more != NULL) {
        if (c->customer.more == NULL)
            c->customer.more = json_object();
        merge(c->customer.more, p->more);
    }
}

static void
merge_signals(struct conversation *c, const struct event *ev)
{
    if (!isnan(ev->language_confidence))
        c->language_confidence = ev->language_confidence;
    set_if(c, &c->language, ev->language);
    if (ev->intent != NULL) {
        conversation_set(c, &c->intent, ev->intent);
        conversation_set(c, &c->intent_title, ev->intent_title);
        c->intent_confidence = ev->intent_confidence;
    } else if (!isnan(ev->intent_confidence)) {
        c->intent_confidence = ev->intent_confidence;
    }
    if (!isnan(ev->sentiment))
        c->sentiment = ev->sentiment;
    set_if(c, &c->urgency, ev->urgency);
    if (ev->ai_failed_attempts >= 0)
        c->ai_failed_attempts = ev->ai_failed_attempts;
    c->review_required |= ev->review_required;
}

static void
merge_told(struct conversation *c, const struct event *ev)
{
    set_if(c, &c->native_url, ev->native_url);
    set_if(c, &c->channel, ev->channel);
    set_if(c, &c->brand, ev->brand);
    merge_customer(c, &ev->customer);
    merge_signals(c, ev);
    if (ev->fields != NULL)
        merge(c->fields, ev->fields);
    if (ev->attributes != NULL)
        merge(c->attributes, ev->attributes);
    if (ev->ai != NULL)
        merge(c->ai, ev->ai);
    if (ev->source_state != NULL)
        merge(c->source_state, ev->source_state);
}

/* --- episodes --- */

static void
begin_episode(struct conversation *c, struct conversation_change *change)
{
    c->episode++;
    c->episode_first_seq = (int64_t)c->message_count + 1;
    c->turn_count = 0;
    c->ai_failed_attempts = 0;
    c->ai_fallback_count = 0;
    c->first_question = NULL;
    c->first_question_seq = 0;
    c->handoff_via = c->handoff_reason = NULL;
    c->handoff_actor = c->handoff_summary = NULL;
    c->handoff_id = c->ticket_id = c->ticket_url = NULL;
    c->outcome = OUTCOME_OPEN;
    c->state = STATE_AI_ACTIVE;
    c->control = CONTROL_AI;
    c->ended_at = 0;
    c->review_required = false;
    json_object_clear(c->rule_state);
    change->reopened = true;
}

static bool
is_over(const struct conversation *c)
{
    return c->state == STATE_RESOLVED || c->state == STATE_CLOSED;
}

/* --- messages --- */

static bool
same_burst(const struct conversation *c, const struct message *m)
{
    const struct message *before;

    if (m->seq < 2)
        return false;
    before = c->messages[m->seq - 2];
    return before->role == ROLE_CUSTOMER && before->at_ms > 0 &&
           m->at_ms > 0 && m->at_ms - before->at_ms <= CONVERSATION_BURST_MS &&
           before->seq >= c->episode_first_seq;
}

void
conversation_note_message(struct conversation *c, const struct message *m)
{
    if (c->started_at == 0)
        c->started_at = m->at_ms;
    if (m->language != NULL)
        conversation_set(c, &c->language, m->language);
    if (m->role == ROLE_AI) {
        c->last_ai_at = m->at_ms;
        return;
    }
    if (m->role != ROLE_CUSTOMER || m->kind == KIND_NOTE)
        return;
    c->last_customer_at = m->at_ms;
    if (!isnan(m->sentiment))
        c->sentiment = m->sentiment;
    if (!isnan(m->confidence))
        c->intent_confidence = m->confidence;
    if (m->intent != NULL)
        conversation_set(c, &c->intent, m->intent);
    if (!same_burst(c, m))
        c->turn_count++;
    if (c->first_question == NULL && m->text_n > 0 &&
        !conversation_is_greeting(m->text, m->text_n)) {
        c->first_question = m->text;
        c->first_question_seq = m->seq;
    }
}

static struct message *
copy_message(struct conversation *c, const struct message *from)
{
    struct message *m = arena_alloc(c->arena, sizeof *m);
    struct arena *a = c->arena;

    *m = *from;
    m->key = arena_str(a, from->key);
    m->author_id = arena_str(a, from->author_id);
    m->author_name = arena_str(a, from->author_name);
    m->text = arena_dup(a, from->text != NULL ? from->text : "", from->text_n);
    m->language = arena_str(a, from->language);
    m->intent = arena_str(a, from->intent);
    m->feedback = arena_str(a, from->feedback);
    m->attachments = json_incref(from->attachments);
    m->redactions = json_incref(from->redactions);
    m->episode = c->episode;
    return m;
}

static void
note_role(struct conversation *c, const struct message *m,
          struct conversation_change *change)
{
    bool human = c->control == CONTROL_HUMAN || c->handoff_id != NULL;

    change->customer_spoke |= m->role == ROLE_CUSTOMER;
    change->ai_spoke |= m->role == ROLE_AI;
    change->human_spoke |= m->role == ROLE_HUMAN_AGENT;
    if (m->role == ROLE_AI && m->kind == KIND_TEXT && human)
        c->late_ai_messages++;
}

static bool
is_late(const struct conversation *c, const struct message *m)
{
    return m->at_ms > 0 && c->message_count > 0 &&
           c->messages[c->message_count - 1]->at_ms > m->at_ms;
}

static void
put_late(struct conversation *c, struct message *m,
         struct conversation_change *change)
{
    size_t at = c->message_count;

    while (at > 0 && c->messages[at - 1]->at_ms > m->at_ms)
        at--;
    m->ord = at > 0 ? c->messages[at - 1]->ord + 1 : m->at_ms * 1000;
    conversation_insert(c, m, at);
    if (change->late_count < sizeof change->late / sizeof *change->late)
        change->late[change->late_count++] = m;
}

static void
put_next(struct conversation *c, struct message *m, int64_t received_ms,
         struct conversation_change *change)
{
    int64_t at = m->at_ms > 0 ? m->at_ms : received_ms;
    int64_t last = c->message_count > 0
                       ? c->messages[c->message_count - 1]->ord
                       : 0;

    m->ord = at * 1000 > last + 1 ? at * 1000 : last + 1;
    if (change->new_count == 0)
        change->first_new = c->message_count;
    change->new_count++;
    conversation_append(c, m);
    conversation_note_message(c, m);
    note_role(c, m, change);
}

static int
add_message(struct conversation *c, const struct message *from,
            int64_t received_ms, struct conversation_change *change,
            struct err *e)
{
    struct message *m;

    if (map_get(c->keys, from->key) != NULL)
        return 0;
    if (c->message_count >= MESSAGES_MAX)
        return err_set(e, ERR_INPUT,
                       "the conversation has %d messages; more are not taken",
                       MESSAGES_MAX);
    if (from->role == ROLE_CUSTOMER && is_over(c))
        begin_episode(c, change);
    m = copy_message(c, from);
    if (is_late(c, m) && change->late_count < 16)
        put_late(c, m, change);
    else
        put_next(c, m, received_ms, change);
    return 0;
}

/* --- what happened --- */

static void
ended(struct conversation *c, const struct event *ev, int64_t received_ms,
      struct conversation_change *change)
{
    c->ended_at = ev->at_ms > 0 ? ev->at_ms : received_ms;
    change->ended = true;
    if (!ev->has_outcome && c->outcome == OUTCOME_OPEN)
        c->outcome = OUTCOME_UNRESOLVED;
}

static void
take_outcome(struct conversation *c, const struct event *ev)
{
    if (!ev->has_outcome || c->outcome == OUTCOME_ESCALATED)
        return;
    c->outcome = ev->outcome;
    if (ev->outcome == OUTCOME_RESOLVED_CONFIRMED) {
        c->ai_failed_attempts = 0;
        c->state = STATE_RESOLVED;
    } else if (ev->outcome == OUTCOME_RESOLVED_ASSUMED) {
        c->state = STATE_RESOLVED;
    }
}

static void
take_handoff(struct conversation *c, const struct event *ev,
             struct conversation_change *change)
{
    if (ev->handoff_via == NULL && ev->type != EVENT_HANDOFF_REQUESTED)
        return;
    conversation_set(c, &c->handoff_via,
                     ev->handoff_via != NULL ? ev->handoff_via : "flow");
    set_if(c, &c->handoff_reason, ev->handoff_reason);
    set_if(c, &c->handoff_actor, ev->handoff_actor);
    set_if(c, &c->handoff_summary, ev->handoff_summary);
    change->handoff_requested = true;
    if (strcmp(c->handoff_via, "takeover") == 0)
        change->takeover = true;
}

static void
happened(struct conversation *c, const struct event *ev, int64_t received_ms,
         struct conversation_change *change)
{
    switch (ev->type) {
    case EVENT_ENDED:
        ended(c, ev, received_ms, change);
        break;
    case EVENT_TAKEOVER:
        c->control = CONTROL_HUMAN;
        change->takeover = true;
        if (ev->handoff_via == NULL)
            conversation_set(c, &c->handoff_via, "takeover");
        break;
    case EVENT_HANDBACK:
        c->control = CONTROL_AI;
        change->handed_back = true;
        break;
    case EVENT_STARTED:
    case EVENT_MESSAGE:
    case EVENT_HANDOFF_REQUESTED:
    case EVENT_SIGNAL:
    case EVENT_FEEDBACK:
    case EVENT_TICKET:
    case EVENT_TIMER:
    case EVENT_MANUAL:
    case EVENT_COUNT:
        break;
    }
    if (ev->feedback != NULL && strcmp(ev->feedback, "not_helpful") == 0 &&
        ev->ai_failed_attempts < 0)
        c->ai_failed_attempts++;
}

int
conversation_apply(struct conversation *c, const struct event *ev,
                   int64_t received_ms, struct conversation_change *change,
                   struct err *e)
{
    memset(change, 0, sizeof *change);
    for (size_t i = 0; i < ev->message_count; i++)
        if (add_message(c, &ev->messages[i], received_ms, change, e) != 0)
            return -1;
    change->repeated = ev->message_count > 0 && change->new_count == 0 &&
                       change->late_count == 0;
    if (c->started_at == 0)
        c->started_at = ev->at_ms > 0 ? ev->at_ms : received_ms;
    merge_told(c, ev);
    take_handoff(c, ev, change);
    happened(c, ev, received_ms, change);
    take_outcome(c, ev);
    return 0;
}
