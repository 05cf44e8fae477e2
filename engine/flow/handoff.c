#include "flow/handoff.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/budgets.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/due.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/notice.h"
#include "flow/owners.h"
#include "flow/plan.h"
#include "http/loop.h"
#include "model/language.h"

#define MESSAGE_EXPIRES_MS (10LL * 60 * 1000)

/* Smaller goes first: a customer who waits is told before the team is. */
static const int kind_priority[DELIVER_KINDS] = {
    [DELIVER_PAUSE] = 0,   [DELIVER_TICKET] = 1, [DELIVER_NOTICE] = 2,
    [DELIVER_MESSAGE] = 2, [DELIVER_CLOSE] = 3,  [DELIVER_NOTIFY] = 3,
    [DELIVER_UPDATE] = 4,
};

struct plan_delivery *
handoff_add(struct job *j, struct plan *p, enum delivery_kind kind,
            const char *dest, const char *dkey)
{
    struct plan_delivery *d;

    if (p->delivery_count == p->delivery_room) {
        size_t room = p->delivery_room * 2 + 8;
        struct plan_delivery **more =
            arena_array(j->arena, room, sizeof(*more));

        if (p->delivery_count > 0)
            memcpy(more, p->deliveries, p->delivery_count * sizeof(*more));
        p->deliveries = more;
        p->delivery_room = room;
    }
    d = arena_alloc(j->arena, sizeof *d);
    p->deliveries[p->delivery_count++] = d;
    id_new(d->did);
    d->kind = kind;
    d->dest = dest;
    d->dkey = dkey;
    d->step = "";
    d->priority = kind_priority[kind];
    if (j->decision.priority == PRIORITY_URGENT)
        d->priority -= 10;
    d->next_at = j->decided_at_ms;
    d->payload = "{}";
    return d;
}

static const char *
dest_of(struct job *j, const char *kind, const char *name)
{
    return arena_printf(j->arena, "%s:%s", kind, name);
}

static struct adapter *
choose_helpdesk(const struct job *j)
{
    const struct engine *en = j->engine;
    struct adapter *a = NULL;

    if (j->decision.helpdesk != NULL)
        a = engine_helpdesk(en, j->decision.helpdesk);
    if (a == NULL && j->source->part->helpdesk != NULL)
        a = engine_helpdesk(en, j->source->part->helpdesk);
    if (a == NULL)
        a = engine_helpdesk(en, en->config->default_helpdesk);
    return a;
}

static const char *
payload_seq(struct job *j, int64_t seq)
{
    return arena_printf(j->arena, "{\"decision\":%lld,\"upto\":%lld}",
                        (long long)j->conv->revision, (long long)seq);
}

/* What follows a ticket comes after a delivery of this key, however the ticket
 * comes about. */
static const char *
first_step_key(struct job *j, const char *hid)
{
    return arena_printf(j->arena, "%s/ticket_create", hid);
}

/* It goes on in a ticket there is, when the helpdesk can do that; where it
 * cannot, the brief of the new one names the old. */
static bool
goes_on(const struct job *j, const struct adapter *desk)
{
    return j->decision.append_to != NULL && desk->has_append;
}

static void
plan_append(struct job *j, struct plan *p, const char *dest)
{
    struct plan_delivery *d =
        handoff_add(j, p, DELIVER_TICKET, dest, first_step_key(j, p->hid));
    struct buf payload = {0};

    d->step = ADAPTER_APPEND;
    buf_adds(&payload, "{");
    json_put_member_int(&payload, "decision", j->conv->revision);
    json_put_member_int(&payload, "upto", (int64_t)j->conv->message_count);
    json_put_member(&payload, "append_to", j->decision.append_to);
    buf_adds(&payload, "}");
    d->payload = arena_dup(j->arena, payload.data, payload.len);
    buf_free(&payload);
}

static void
plan_ticket(struct job *j, struct plan *p, const struct adapter *desk)
{
    const char *dest = dest_of(j, "helpdesk", desk->part->name);
    const char *before = NULL;

    if (goes_on(j, desk)) {
        plan_append(j, p, dest);
        return;
    }
    for (size_t i = 0; i < desk->step_count; i++) {
        struct plan_delivery *d =
            handoff_add(j, p, DELIVER_TICKET, dest,
                        arena_printf(j->arena, "%s/ticket_%s", p->hid,
                                     desk->steps[i].name));

        d->step = desk->steps[i].name;
        d->after_dkey = before;
        d->payload = payload_seq(j, (int64_t)j->conv->message_count);
        before = d->dkey;
    }
}

static const char *
last_ticket(const struct plan *p)
{
    const char *dkey = NULL;

    for (size_t i = 0; i < p->delivery_count; i++)
        if (p->deliveries[i]->kind == DELIVER_TICKET)
            dkey = p->deliveries[i]->dkey;
    return dkey;
}

/* Where the conversation itself is handed over it stays open: to close it
 * would take it out of the hands that it was put into. */
static bool
stays_open(const struct job *j, const struct adapter *desk)
{
    return adapter_continues(desk, adapter_as(desk, j->decision.as),
                             j->source->part->adapter);
}

static void
plan_customer(struct job *j, struct plan *p, const struct adapter *desk)
{
    const char *dest = dest_of(j, "source", j->source->part->name);
    const char *after = last_ticket(p);
    struct plan_delivery *d;

    if (j->source->has_reply && !j->decision.message_off) {
        d = handoff_add(j, p, DELIVER_NOTICE, dest,
                        arena_printf(j->arena, "%s/notice/1", p->hid));
        d->after_dkey = after;
        d->payload = payload_seq(j, 0);
        after = d->dkey;
    }
    if (j->source->has_close && !stays_open(j, desk)) {
        d = handoff_add(j, p, DELIVER_CLOSE, dest,
                        arena_printf(j->arena, "%s/ai_close", p->hid));
        d->after_dkey = after;
    }
}

static bool
is_named(const struct decision *d, const char *notifier)
{
    const json_t *name;
    size_t i;

    json_array_foreach(d->notifiers, i, name)
    {
        if (json_is_string(name) &&
            strcmp(json_string_value(name), notifier) == 0)
            return true;
    }
    return false;
}

/* After the ticket, so that they know it; a pager waits for no helpdesk. */
static void
plan_team(struct job *j, struct plan *p)
{
    const char *after = last_ticket(p);

    for (struct adapter **n = j->engine->notifiers; *n != NULL; n++) {
        const struct config_part *part = (*n)->part;
        struct plan_delivery *d;

        if (part->on_request && !is_named(&j->decision, part->name))
            continue;
        d = handoff_add(
            j, p, DELIVER_NOTIFY, dest_of(j, "notifier", part->name),
            arena_printf(j->arena, "%s/notify/%s", p->hid, part->name));
        if (!part->at_once)
            d->after_dkey = after;
        d->payload = payload_seq(j, 0);
    }
}

/* The AI must not talk on while the helpdesk is slow or down: the stop waits
 * for nothing. */
static void
plan_pause(struct job *j, struct plan *p)
{
    if (j->source->has_pause)
        handoff_add(j, p, DELIVER_PAUSE,
                    dest_of(j, "source", j->source->part->name),
                    arena_printf(j->arena, "%s/ai_pause", p->hid));
}

/* A rule that wants what its helpdesk cannot make costs the customer nothing;
 * usher check names the rule. */
static void
check_as(const struct job *j, const struct plan *p, const struct adapter *desk)
{
    const char *wanted = j->decision.as;
    const char *made = made_as_name(adapter_as(desk, wanted));

    if (wanted != NULL && strcmp(wanted, made) != 0)
        log_warn("handoff.as", LOG_STR("handoff", p->hid),
                 LOG_STR("rule", j->decision.rule), LOG_STR("wanted", wanted),
                 LOG_STR("made", made), LOG_STR("helpdesk", p->helpdesk));
}

static void
open_handoff(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;
    struct adapter *desk = choose_helpdesk(j);

    p->opens_handoff = true;
    owner_of(j->engine->config, &j->decision, &p->owner_kind, &p->owner);
    id_handoff(c->tenant, c->id, (uint64_t)c->episode, p->hid);
    p->helpdesk = desk->part->name;
    check_as(j, p, desk);
    due_set(j->engine->config, c, j->decided_at_ms, &j->decision);
    p->due_at_ms = j->decision.due_at_ms;
    conversation_set(c, &c->handoff_id, p->hid);
    conversation_set(c, &c->handoff_helpdesk, p->helpdesk);
    c->state = STATE_HANDOFF_PENDING;
    c->control = CONTROL_USHER;
    c->outcome = OUTCOME_ESCALATED;
    c->handoff_upto = (int64_t)c->message_count;
    language_begin(c);
    plan_pause(j, p);
    plan_ticket(j, p, desk);
    plan_customer(j, p, desk);
    plan_team(j, p);
}

/* The customer's message before this one, since the hand-over: what was said
 * first is to be read first. */
static const struct message *
said_before(const struct conversation *c, const struct message *m)
{
    for (int64_t seq = m->seq - 1; seq > c->handoff_upto; seq--) {
        const struct message *before = c->messages[seq - 1];

        if (before->role == ROLE_CUSTOMER && before->episode == c->episode &&
            !before->auto_reply)
            return before;
    }
    return NULL;
}

/* Whichever the newest decision would choose: its ticket is where it is. */
static struct adapter *
helpdesk_of_handoff(const struct job *j)
{
    const char *name = j->conv->handoff_helpdesk;
    struct adapter *a = name != NULL ? engine_helpdesk(j->engine, name) : NULL;

    return a != NULL ? a : choose_helpdesk(j);
}

/* language: that it tells of, or NULL. */
static const char *
payload_said(struct job *j, const struct message *m, const char *language)
{
    struct buf payload = {0};
    const char *text;

    if (language == NULL)
        return payload_seq(j, m->seq);
    buf_adds(&payload, "{");
    json_put_member_int(&payload, "decision", j->conv->revision);
    json_put_member_int(&payload, "upto", m->seq);
    json_put_member(&payload, "language", language);
    json_put_member(&payload, "language_before", language_first(j->conv));
    buf_adds(&payload, "}");
    text = arena_dup(j->arena, payload.data, payload.len);
    buf_free(&payload);
    return text;
}

static void
plan_update(struct job *j, struct plan *p, const char *dest,
            const struct message *m, const char *language)
{
    const struct message *before = said_before(j->conv, m);
    struct plan_delivery *d =
        handoff_add(j, p, DELIVER_UPDATE, dest,
                    arena_printf(j->arena, "%s/update/%s", p->hid, m->key));

    d->payload = payload_said(j, m, language);
    d->after_dkey = before != NULL ? arena_printf(j->arena, "%s/update/%s",
                                                  p->hid, before->key)
                                   : first_step_key(j, p->hid);
}

/* What its ticket is told to bear by now stands with the hand-over. */
static void
add_tags(struct job *j, struct plan *p)
{
    struct buf tags = {0};

    language_tags(j->conv, &tags);
    p->added_tags = arena_dup(j->arena, tags.data, tags.len);
    buf_free(&tags);
}

/* What the customer says after the hand-over goes to the ticket, and that it is
 * in another language than before. */
static void
append_to_ticket(struct job *j, struct plan *p)
{
    struct adapter *desk = helpdesk_of_handoff(j);
    struct conversation *c = j->conv;
    const char *dest = dest_of(j, "helpdesk", desk->part->name);

    strcpy(p->hid, c->handoff_id);
    if (j->change.customer_spoke)
        p->said_to = c->handoff_id; /* opens it again */
    for (size_t i = 0; i < c->unsaved_count; i++) {
        const struct message *m = c->unsaved[i];
        const char *language;

        if (m->role != ROLE_CUSTOMER || m->auto_reply ||
            m->episode != c->episode)
            continue;
        language = language_changed(c, m);
        if (language != NULL)
            add_tags(j, p);
        if (!desk->builtin && desk->has_update)
            plan_update(j, p, dest, m, language);
    } /* (a desk of our own shows the conversation itself) */
}

static void
tell_customer(struct job *j, struct plan *p)
{
    struct plan_delivery *d;
    struct buf text = {0}, payload = {0};

    if (!j->source->has_reply || j->decision.message_off)
        return;
    id_handoff(j->conv->tenant, j->conv->id, (uint64_t)j->conv->episode,
               p->hid);
    notice_message(j->conv, &j->decision, &text);
    buf_adds(&payload, "{");
    json_put_member(&payload, "text", buf_str(&text));
    json_put_member(&payload, "kind", action_name(j->decision.action));
    buf_adds(&payload, "}");
    d = handoff_add(j, p, DELIVER_MESSAGE,
                    dest_of(j, "source", j->source->part->name),
                    arena_printf(j->arena, "%s/message/%lld", p->hid,
                                 (long long)j->conv->revision));
    d->payload = arena_dup(j->arena, payload.data, payload.len);
    d->expire_at = j->decided_at_ms + MESSAGE_EXPIRES_MS;
    buf_free(&text);
    buf_free(&payload);
}

/* The ticket hears of the customer in its own time: a helpdesk that takes so
 * many comments of one ticket an hour holds no other ticket up. */
static void
plan_link_note(struct job *j, struct plan *p, const struct adapter *desk)
{
    struct plan_delivery *d;
    struct buf payload = {0};

    if (desk->builtin || !desk->has_update)
        return; /* the desk counts its links itself */
    buf_adds(&payload, "{");
    json_put_member_int(&payload, "decision", j->conv->revision);
    json_put_member(&payload, "ticket", p->links_to);
    buf_adds(&payload, "}");
    d = handoff_add(j, p, DELIVER_UPDATE, dest_of(j, "link", desk->part->name),
                    arena_printf(j->arena, "%s/link/%s", p->hid, p->links_to));
    d->payload = arena_dup(j->arena, payload.data, payload.len);
    buf_free(&payload);
}

/* Once an episode for each ticket, whichever rules say it. */
static bool
is_counted(struct conversation *c, const char *ticket)
{
    json_t *links = json_object_get(c->rule_state, "links");

    if (json_object_get(links, ticket) != NULL)
        return true;
    if (links == NULL) {
        links = json_object();
        json_object_set_new(c->rule_state, "links", links);
    }
    json_object_set_new(links, ticket, json_true());
    return false;
}

/* Worked on already: nobody gets new work, the conversation is counted with
 * that ticket, and the AI goes on. */
static void
link_conversation(struct job *j, struct plan *p)
{
    struct adapter *desk = choose_helpdesk(j);

    if (j->decision.link_to == NULL || is_counted(j->conv, j->decision.link_to))
        return;
    id_handoff(j->conv->tenant, j->conv->id, (uint64_t)j->conv->episode,
               p->hid);
    p->helpdesk = desk->part->name;
    p->links_to = j->decision.link_to;
    plan_link_note(j, p, desk);
}

/* Those that are named; else all but those who wait to be named. */
static bool
is_meant(const struct decision *d, const struct config_part *part)
{
    return json_array_size(d->notifiers) > 0 ? is_named(d, part->name)
                                             : !part->on_request;
}

static void
notify_team(struct job *j, struct plan *p)
{
    id_handoff(j->conv->tenant, j->conv->id, (uint64_t)j->conv->episode,
               p->hid);
    for (struct adapter **n = j->engine->notifiers; *n != NULL; n++) {
        struct plan_delivery *d;

        if (!is_meant(&j->decision, (*n)->part))
            continue;
        d = handoff_add(
            j, p, DELIVER_NOTIFY, dest_of(j, "notifier", (*n)->part->name),
            arena_printf(j->arena, "%s/signal/%lld/%s", p->hid,
                         (long long)j->conv->revision, (*n)->part->name));
        d->payload = payload_seq(j, 0);
    }
}

void
handoff_plan(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;

    conversation_remember(c, j->decision.rule_state,
                          json_object_get(j->decision.collect, "values"));
    if (j->budget != NULL && j->decision.action != ACTION_ESCALATE)
        budgets_held_back(j->engine->budgets, j, p);
    switch (j->decision.action) {
    case ACTION_ESCALATE:
    case ACTION_APPEND:
        if (c->handoff_id != NULL)
            append_to_ticket(j, p);
        else if (decision_hands_over(&j->decision))
            open_handoff(j, p);
        return;
    case ACTION_LINK:
        if (c->handoff_id != NULL)
            append_to_ticket(j, p);
        else
            link_conversation(j, p);
        if (c->handoff_id == NULL && j->decision.message != NULL)
            tell_customer(j, p);
        return;
    case ACTION_OFFER:
    case ACTION_COLLECT:
        c->state = j->decision.action == ACTION_OFFER ? STATE_OFFERED
                                                      : STATE_COLLECTING;
        link_conversation(j, p);
        tell_customer(j, p);
        if (j->decision.action == ACTION_COLLECT)
            plan_pause(j, p); /* one asks at a time */
        return;
    case ACTION_INFORM:
        link_conversation(j, p);
        tell_customer(j, p);
        return;
    case ACTION_NOTIFY:
        notify_team(j, p);
        return;
    case ACTION_WAIT: /* wait.c arms the timer */
    case ACTION_KEEP:
    case ACTION_IGNORE:
    case ACTION_COUNT:
        return;
    }
}

void
handoff_applied(struct job *j, struct plan *p)
{
    if (p->opens_handoff) {
        j->engine->count.handoffs++;
        log_info("handoff.opened", LOG_STR("handoff", p->hid),
                 LOG_STR("conversation", j->conv_id),
                 LOG_STR("rule", j->decision.rule),
                 LOG_STR("reason", j->decision.reason),
                 LOG_STR("helpdesk", p->helpdesk));
    }
    if (p->added_tags != NULL) {
        j->engine->count.languages_changed++;
        log_info("handoff.language_changed", LOG_STR("handoff", p->hid),
                 LOG_STR("conversation", j->conv_id),
                 LOG_STR("languages", j->conv->handoff_languages));
    }
    if (p->delivery_count > 0)
        deliver_planned(j->engine->deliver, p, j->conv);
    announce_send(j->engine->deliver, p->announced);
}
