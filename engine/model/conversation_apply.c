#include <math.h>
#include <string.h>

#include "base/map.h"
#include "model/conversation_inside.h"
#include "model/event.h"

/* In-order messages are this far apart in ord, so that late ones fit between
 * them; as many units make a millisecond. */
#define ORD_STEP     1000
#define ATTEMPTS_MAX 100 /* of the AI's attempts, the newest */

/* One event being merged. */
struct merging {
    struct conversation *c;
    const struct event *ev;
    int64_t received_ms;
    struct conversation_change *change;
    size_t known;         /* messages that were there already */
    size_t first_unsaved; /* in conversation.unsaved: this event's begin here */
    size_t lowest;        /* where the first was inserted; SIZE_MAX: none */
    int64_t failures, fallbacks; /* of the AI, seen in its messages */
};

/* --- what the event tells of the conversation --- */

static void
set_if(struct conversation *c, const char **member, const char *value)
{
    if (value != NULL)
        conversation_set(c, member, value);
}

static void
merge_object(json_t *into, const json_t *from)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        if (json_object_size(into) < EVENT_FIELDS_MAX ||
            json_object_get(into, key) != NULL)
            json_object_set(into, key, value);
    }
}

/* Another address is as good as it was told to be; the same one stays
 * verified. */
static void
merge_address(struct conversation *c, const char **mine, bool *verified,
              const char *told, bool told_verified)
{
    if (told != NULL && (*mine == NULL || strcmp(*mine, told) != 0))
        *verified = false;
    set_if(c, mine, told);
    *verified |= told_verified;
}

static void
merge_customer(struct conversation *c, const struct customer *p)
{
    struct customer *mine = &c->customer;

    set_if(c, &mine->external_id, p->external_id);
    set_if(c, &mine->name, p->name);
    merge_address(c, &mine->email, &mine->email_verified, p->email,
                  p->email_verified);
    merge_address(c, &mine->phone, &mine->phone_verified, p->phone,
                  p->phone_verified);
    set_if(c, &mine->tier, p->tier);
    set_if(c, &mine->locale, p->locale);
    set_if(c, &mine->time_zone, p->time_zone);
    set_if(c, &mine->company, p->company);
    set_if(c, &mine->country, p->country);
    if (p->more == NULL)
        return;
    if (mine->more == NULL)
        mine->more = json_object();
    merge_object(mine->more, p->more);
}

/* What the customer said first in this event, else last before it; 1.. */
static size_t
topic_start(const struct merging *g)
{
    const struct conversation *c = g->c;

    for (size_t i = g->change->first_new; i < c->message_count; i++)
        if (message_is_spoken(c->messages[i]))
            return i + 1;
    for (size_t i = g->change->first_new; i > 0; i--)
        if (message_is_spoken(c->messages[i - 1]))
            return i;
    return 0;
}

static void
note_topic(const struct merging *g)
{
    const char *was = g->c->intent, *is = g->ev->intent;

    if (was != NULL && is != NULL && strcmp(was, is) != 0)
        g->c->topic_seq = (int64_t)topic_start(g);
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
    c->review_required |= ev->review_required;
}

/* --- what the AI tried --- */

static int64_t
count_fallbacks(const json_t *attempts)
{
    int64_t count = 0;
    json_t *one;
    size_t i;

    json_array_foreach(attempts, i, one)
    {
        const char *type = json_string_value(json_object_get(one, "type"));

        count += type != NULL && strcmp(type, "fallback") == 0;
    }
    return count;
}

static bool
begins_with(const json_t *list, const json_t *head)
{
    json_t *one;
    size_t i;

    json_array_foreach(head, i, one)
    {
        if (!json_equal(one, json_array_get(list, i)))
            return false;
    }
    return true;
}

/* A snapshot tells all attempts again, any other event the new ones only. Who
 * repeats a message sends snapshots; without a message it is one when it
 * begins with what is known. */
static void
merge_attempts(struct merging *g, json_t *told)
{
    json_t *mine = json_object_get(g->c->ai, "attempts");
    int64_t before = count_fallbacks(mine), after;
    bool whole =
        g->ev->message_count > 0 ? g->known > 0 : begins_with(told, mine);

    mine = whole || !json_is_array(mine) ? json_array() : json_copy(mine);
    json_array_extend(mine, told);
    while (json_array_size(mine) > ATTEMPTS_MAX)
        json_array_remove(mine, 0);
    after = count_fallbacks(mine);
    if (after - before > g->fallbacks)
        g->fallbacks = after - before;
    json_object_set_new(g->c->ai, "attempts", mine);
}

static void
merge_ai(struct merging *g)
{
    json_t *told = json_copy(g->ev->ai);
    json_t *attempts = json_object_get(told, "attempts");

    if (json_is_array(attempts)) {
        if (!g->change->repeated)
            merge_attempts(g, attempts);
        json_object_del(told, "attempts");
    }
    merge_object(g->c->ai, told);
    json_decref(told);
}

/* The source's own count wins over ours. */
static void
count_failures(struct merging *g)
{
    struct conversation *c = g->c;
    const char *feedback = g->ev->feedback;
    const json_t *told = json_object_get(g->ev->ai, "fallback_count");

    if (feedback != NULL && strcmp(feedback, "not_helpful") == 0)
        g->failures++;
    if (json_is_integer(told) && json_integer_value(told) >= 0)
        c->ai_fallback_count = json_integer_value(told);
    else
        c->ai_fallback_count += g->fallbacks;
    if (g->ev->ai_failed_attempts >= 0)
        c->ai_failed_attempts = g->ev->ai_failed_attempts;
    else
        c->ai_failed_attempts += g->failures + g->fallbacks;
}

static void
merge_told(struct merging *g)
{
    struct conversation *c = g->c;
    const struct event *ev = g->ev;

    set_if(c, &c->native_url, ev->native_url);
    set_if(c, &c->channel, ev->channel);
    set_if(c, &c->brand, ev->brand);
    merge_customer(c, &ev->customer);
    note_topic(g);
    merge_signals(c, ev);
    if (ev->fields != NULL)
        merge_object(c->fields, ev->fields);
    if (ev->attributes != NULL)
        merge_object(c->attributes, ev->attributes);
    if (ev->source_state != NULL)
        merge_object(c->source_state, ev->source_state);
    if (ev->ai != NULL)
        merge_ai(g);
    count_failures(g);
}

/* --- episodes --- */

/* Everything that was learned of the old matter; who the customer is and what
 * was collected stays known. */
static void
forget_signals(struct conversation *c)
{
    static const char *const of_ai[] = {"attempts", "failed_attempts",
                                        "fallback_count", "summary"};

    c->turn_count = c->ai_failed_attempts = c->ai_fallback_count = 0;
    c->first_question_seq = c->handoff_seq = c->topic_seq = 0;
    c->handoff_upto = 0;
    c->first_question = NULL;
    c->intent = c->intent_title = c->urgency = NULL;
    c->intent_confidence = c->sentiment = (double)NAN;
    c->handoff_via = c->handoff_reason = NULL;
    c->handoff_actor = c->handoff_summary = NULL;
    c->handoff_id = c->ticket_id = c->ticket_url = NULL;
    c->handoff_helpdesk = c->handoff_languages = NULL;
    c->review_required = c->has_attachment = c->pii_found = false;
    c->ended_at = 0;
    for (size_t i = 0; i < sizeof of_ai / sizeof *of_ai; i++)
        json_object_del(c->ai, of_ai[i]);
    json_object_clear(c->rule_state);
}

static void
begin_episode(struct conversation *c, struct conversation_change *change)
{
    forget_signals(c);
    c->episode++;
    c->episode_first_seq = (int64_t)c->message_count + 1;
    c->outcome = OUTCOME_OPEN;
    c->state = STATE_AI_ACTIVE;
    c->control = CONTROL_AI;
    change->reopened = true;
}

static bool
is_over(const struct conversation *c)
{
    return c->state == STATE_RESOLVED || c->state == STATE_CLOSED;
}

/* The session was told to be over, and yet the customer writes: it goes on. */
static void
go_on(struct conversation *c, int64_t at_ms)
{
    if (c->ended_at == 0 || at_ms <= c->ended_at)
        return;
    c->ended_at = 0;
    if (c->outcome == OUTCOME_UNRESOLVED || c->outcome == OUTCOME_ABANDONED)
        c->outcome = OUTCOME_OPEN;
}

/* --- counting --- */

bool
message_is_spoken(const struct message *m)
{
    return m->role == ROLE_CUSTOMER && m->kind != KIND_NOTE && !m->auto_reply;
}

bool
message_begins_turn(const struct message *m, const struct message *before)
{
    if (!message_is_spoken(m))
        return false;
    return before == NULL || !message_is_spoken(before) || before->at_ms == 0 ||
           m->at_ms == 0 || m->at_ms - before->at_ms > CONVERSATION_BURST_MS;
}

/* What somebody spoke that is no greeting. */
static bool
is_question(const struct message *m)
{
    return m->text_n > 0 && !conversation_is_greeting(m->text, m->text_n);
}

int64_t
message_failures(const struct message *m)
{
    return m->role == ROLE_AI && m->feedback != NULL &&
           strcmp(m->feedback, "not_helpful") == 0;
}

int64_t
message_fallbacks(const struct message *m)
{
    return m->role == ROLE_AI && m->intent != NULL &&
           strcasestr(m->intent, "fallback") != NULL;
}

void
conversation_count_message(struct conversation *c, const struct message *m)
{
    const struct message *before =
        m->seq > c->episode_first_seq ? c->messages[m->seq - 2] : NULL;

    if (m->role == ROLE_AI && m->at_ms > 0)
        c->last_ai_at = m->at_ms;
    if (!message_is_spoken(m))
        return;
    if (m->at_ms > 0)
        c->last_customer_at = m->at_ms;
    c->turn_count += message_begins_turn(m, before);
    if (c->first_question == NULL && is_question(m)) {
        c->first_question = m->text;
        c->first_question_seq = m->seq;
    }
}

void
conversation_learn_message(struct conversation *c, const struct message *m)
{
    if (!message_is_spoken(m))
        return;
    if (m->language != NULL)
        conversation_set(c, &c->language, m->language);
    if (!isnan(m->sentiment))
        c->sentiment = m->sentiment;
    if (m->intent != NULL) {
        if (c->intent == NULL || strcmp(c->intent, m->intent) != 0) {
            c->topic_seq = c->intent != NULL ? m->seq : 0;
            c->intent_title = NULL;
        }
        conversation_set(c, &c->intent, m->intent);
        c->intent_confidence = m->confidence;
    } else if (!isnan(m->confidence)) {
        c->intent_confidence = m->confidence;
    }
}

/* After late messages: the episode's counts from its first message on. */
static void
count_again(struct conversation *c)
{
    c->turn_count = 0;
    c->first_question = NULL;
    c->first_question_seq = 0;
    c->last_customer_at = c->last_ai_at = 0;
    for (size_t i = (size_t)c->episode_first_seq - 1; i < c->message_count; i++)
        conversation_count_message(c, c->messages[i]);
}

/* --- adding messages --- */

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
    m->fresh = true;
    return m;
}

static bool
is_late(const struct conversation *c, const struct message *m)
{
    return m->at_ms > 0 && c->message_count > 0 &&
           c->messages[c->message_count - 1]->at_ms > m->at_ms;
}

/* Between its neighbours, at its own time when that is free. */
static int64_t
ord_between(const struct message *before, const struct message *after,
            int64_t at_ms)
{
    int64_t least = before != NULL ? before->ord : after->ord - ORD_STEP;
    int64_t own = at_ms * ORD_STEP;

    if (own < after->ord && (before == NULL || own > least))
        return own;
    return least + (after->ord - least) / 2;
}

static void
put_late(struct merging *g, struct message *m)
{
    struct conversation *c = g->c;
    size_t at = c->message_count;
    size_t first = (size_t)c->episode_first_seq - 1;

    while (at > 0 && c->messages[at - 1]->at_ms > m->at_ms)
        at--;
    m->ord = ord_between(at > 0 ? c->messages[at - 1] : NULL, c->messages[at],
                         m->at_ms);
    /* Before the first message of this episode: the last of the one before. */
    if (at < first || (at == first && c->episode > 1)) {
        c->episode_first_seq++;
        m->episode =
            at > 0 ? c->messages[at - 1]->episode : c->messages[at]->episode;
    }
    if (c->handoff_seq > (int64_t)at)
        c->handoff_seq++;
    if (c->handoff_upto > (int64_t)at)
        c->handoff_upto++;
    if (c->handed_back_seq > (int64_t)at)
        c->handed_back_seq++;
    if (c->topic_seq > (int64_t)at)
        c->topic_seq++;
    if (c->started_at > m->at_ms)
        c->started_at = m->at_ms;
    conversation_insert(c, m, at);
    if (at < g->lowest)
        g->lowest = at;
}

static void
put_next(struct merging *g, struct message *m)
{
    struct conversation *c = g->c;
    int64_t at = m->at_ms > 0 ? m->at_ms : g->received_ms;
    int64_t least = c->message_count > 0
                        ? c->messages[c->message_count - 1]->ord + ORD_STEP
                        : 0;

    m->ord = at * ORD_STEP > least ? at * ORD_STEP : least;
    if (c->started_at == 0)
        c->started_at = at;
    conversation_append(c, m);
    conversation_count_message(c, m);
    conversation_learn_message(c, m);
}

static void
keep_unsaved(struct conversation *c, struct message *m)
{
    if (c->unsaved_count == c->unsaved_room) {
        c->unsaved_room = c->unsaved_room * 2 + 8;
        c->unsaved =
            mem_grow(c->unsaved, c->unsaved_room * sizeof(*c->unsaved));
    }
    c->unsaved[c->unsaved_count++] = m;
}

static void
add_message(struct merging *g, const struct message *from)
{
    struct conversation *c = g->c;
    struct message *m;
    bool late;

    if (map_get(c->keys, from->key) != NULL) {
        g->known++;
        return;
    }
    late = is_late(c, from);
    if (from->role == ROLE_CUSTOMER && !from->auto_reply && !late) {
        if (is_over(c))
            begin_episode(c, g->change);
        go_on(c, from->at_ms > 0 ? from->at_ms : g->received_ms);
    }
    m = copy_message(c, from);
    if (late)
        put_late(g, m);
    else
        put_next(g, m);
    keep_unsaved(c, m);
}

int64_t
message_came_at(const struct conversation *c, const struct message *m)
{
    int64_t came = m->ord / ORD_STEP;

    if (m->at_ms > 0)
        return m->at_ms;
    return c->started_at > 0 && came >= c->started_at ? came : 0;
}

static int
check_room(const struct conversation *c, const struct event *ev, struct err *e)
{
    size_t count = c->message_count + ev->message_count;

    if (count <= CONVERSATION_MESSAGES_MAX)
        return 0;
    for (size_t i = 0; i < ev->message_count; i++)
        count -= map_get(c->keys, ev->messages[i].key) != NULL;
    if (count <= CONVERSATION_MESSAGES_MAX)
        return 0;
    return err_set(e, ERR_INPUT,
                   "the conversation has %zu messages; more than %d are not "
                   "taken",
                   c->message_count, CONVERSATION_MESSAGES_MAX);
}

/* --- telling what changed --- */

static void
note_spoken(struct merging *g, const struct message *m)
{
    struct conversation *c = g->c;
    struct conversation_change *change = g->change;
    bool stopped = c->control == CONTROL_HUMAN ||
                   (c->handoff_id != NULL && c->control == CONTROL_USHER);

    change->customer_spoke |= message_is_spoken(m);
    change->ai_spoke |= m->role == ROLE_AI;
    change->human_spoke |= m->role == ROLE_HUMAN_AGENT;
    if (m->role == ROLE_AI && m->kind == KIND_TEXT && stopped)
        c->late_ai_messages++;
    g->failures += message_failures(m);
    g->fallbacks += message_fallbacks(m);
}

/* What was added and now stands at the end is new, all else was late. */
static void
tell_change(struct merging *g)
{
    struct conversation *c = g->c;
    struct conversation_change *change = g->change;
    size_t first = c->message_count;

    while (first > 0 && c->messages[first - 1]->fresh)
        first--;
    change->first_new = first;
    change->new_count = c->message_count - first;
    for (size_t i = first; i < c->message_count; i++) {
        note_spoken(g, c->messages[i]);
        c->messages[i]->fresh = false;
    }
    for (size_t i = g->first_unsaved; i < c->unsaved_count; i++) {
        struct message *m = c->unsaved[i];

        if (m->fresh &&
            change->late_count < sizeof change->late / sizeof *change->late)
            change->late[change->late_count++] = m;
        m->fresh = false;
    }
    change->repeated =
        g->ev->message_count > 0 && c->unsaved_count == g->first_unsaved;
}

static void
add_messages(struct merging *g)
{
    for (size_t i = 0; i < g->ev->message_count; i++)
        add_message(g, &g->ev->messages[i]);
    if (g->lowest != SIZE_MAX) {
        conversation_settle(g->c, g->lowest);
        count_again(g->c);
    }
    tell_change(g);
}

/* --- what happened --- */

static void
end(struct merging *g)
{
    struct conversation *c = g->c;

    c->ended_at = g->ev->at_ms > 0 ? g->ev->at_ms : g->received_ms;
    g->change->ended = true;
    if (!g->ev->has_outcome && c->outcome == OUTCOME_OPEN)
        c->outcome = OUTCOME_UNRESOLVED;
}

static void
take_outcome(struct conversation *c, const struct event *ev)
{
    if (!ev->has_outcome || c->outcome == OUTCOME_ESCALATED)
        return;
    c->outcome = ev->outcome;
    if (ev->outcome == OUTCOME_RESOLVED_CONFIRMED)
        c->ai_failed_attempts = 0;
    if (ev->outcome == OUTCOME_RESOLVED_CONFIRMED ||
        ev->outcome == OUTCOME_RESOLVED_ASSUMED)
        c->state = STATE_RESOLVED;
}

static void
take_handoff(struct merging *g, const char *fallback)
{
    struct conversation *c = g->c;
    const struct event *ev = g->ev;
    const char *via = ev->handoff_via != NULL ? ev->handoff_via : fallback;

    if (via == NULL)
        return;
    conversation_set(c, &c->handoff_via, via);
    conversation_set(c, &c->handoff_reason, ev->handoff_reason);
    conversation_set(c, &c->handoff_actor, ev->handoff_actor);
    conversation_set(c, &c->handoff_summary, ev->handoff_summary);
    c->handoff_seq = (int64_t)c->message_count;
    g->change->handoff_requested |= ev->type != EVENT_TAKEOVER;
    g->change->takeover |= strcmp(via, "takeover") == 0;
}

static void
take_over(struct merging *g)
{
    g->c->control = CONTROL_HUMAN;
    g->c->state = STATE_HUMAN_ACTIVE;
    g->change->takeover = true;
    take_handoff(g, "takeover");
}

/* The signal that brought the human is used up with this. */
static void
hand_back(struct merging *g)
{
    struct conversation *c = g->c;

    c->control = CONTROL_AI;
    if (!is_over(c))
        c->state = STATE_AI_ACTIVE;
    c->handoff_via = c->handoff_reason = NULL;
    c->handoff_actor = c->handoff_summary = NULL;
    c->handoff_seq = 0;
    c->handed_back_seq = (int64_t)c->message_count;
    g->change->handed_back = true;
}

static void
happen(struct merging *g)
{
    switch (g->ev->type) {
    case EVENT_ENDED:
        end(g);
        take_handoff(g, NULL);
        break;
    case EVENT_TAKEOVER:
        take_over(g);
        break;
    case EVENT_HANDBACK:
        hand_back(g);
        break;
    case EVENT_HANDOFF_REQUESTED:
        take_handoff(g, "flow");
        break;
    case EVENT_STARTED:
    case EVENT_MESSAGE:
    case EVENT_SIGNAL:
    case EVENT_FEEDBACK:
    case EVENT_TICKET:
    case EVENT_TIMER:
    case EVENT_MANUAL:
    case EVENT_COUNT:
        take_handoff(g, NULL);
        break;
    }
    take_outcome(g->c, g->ev);
}

int
conversation_apply(struct conversation *c, const struct event *ev,
                   int64_t received_ms, struct conversation_change *change,
                   struct err *e)
{
    struct merging g = {.c = c,
                        .ev = ev,
                        .received_ms = received_ms,
                        .change = change,
                        .first_unsaved = c->unsaved_count,
                        .lowest = SIZE_MAX};

    memset(change, 0, sizeof *change);
    if (check_room(c, ev, e) != 0)
        return -1;
    add_messages(&g);
    if (c->started_at == 0)
        c->started_at = ev->at_ms > 0 ? ev->at_ms : received_ms;
    merge_told(&g);
    happen(&g);
    return 0;
}
