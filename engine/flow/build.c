#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/notice.h"
#include "flow/policy.h"
#include "flow/send.h"
#include "flow/sending.h"
#include "model/conversation.h"
#include "model/language.h"
#include "model/transcript.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

/* How an adapter is asked, by what is delivered. */
static const char *const build_function[DELIVER_KINDS] = {
    [DELIVER_PAUSE] = "pause",   [DELIVER_TICKET] = "build",
    [DELIVER_NOTICE] = "reply",  [DELIVER_CLOSE] = "close",
    [DELIVER_NOTIFY] = "send",   [DELIVER_UPDATE] = "update_build",
    [DELIVER_MESSAGE] = "reply",
};

static const struct decision *
decision_of(const struct sending *s)
{
    return &s->x->handover->decision;
}

/* A note in a ticket that its conversation is counted with. */
static const char *
linked_ticket(const struct sending *s)
{
    return json_string_value(json_object_get(s->payload, "ticket"));
}

bool
send_is_link(const struct sending *s)
{
    return linked_ticket(s) != NULL;
}

bool
send_is_append(const struct sending *s)
{
    return s->x->kind == DELIVER_TICKET &&
           strcmp(s->x->step, ADAPTER_APPEND) == 0;
}

/* The ticket of its hand-over, or NULL: the row's goes first, since the
 * conversation may be in its next episode by now. */
static const char *
ticket_of(const struct sending *s)
{
    if (send_is_link(s))
        return linked_ticket(s);
    return s->context.ticket_id.len > 0 ? buf_str(&s->context.ticket_id)
                                        : s->conv->ticket_id;
}

static const char *
ticket_url_of(const struct sending *s)
{
    return s->context.ticket_url.len > 0 ? buf_str(&s->context.ticket_url)
                                         : s->conv->ticket_url;
}

/* --- marks: long texts do not travel through scripts --- */

static const char *
add_mark(struct sending *s, const struct buf *text, bool base64)
{
    struct outbound_mark *m = &s->marks[s->mark_count++];
    uint8_t random[12];
    struct buf mark = {0};

    digest_random(random, sizeof random);
    buf_adds(&mark, "usher-text-");
    digest_hex(&mark, random, sizeof random);
    m->mark = arena_dup(s->arena, mark.data, mark.len);
    m->text = text->data;
    m->n = text->len;
    m->base64 = base64;
    buf_free(&mark);
    return m->mark;
}

static const char *
payload_text(const struct sending *s, const char *key)
{
    return json_string_value(json_object_get(s->payload, key));
}

static int64_t
payload_int(const struct sending *s, const char *key)
{
    return json_integer_value(json_object_get(s->payload, key));
}

/* --- the ticket as an adapter sees it --- */

static size_t
pack_group_named(const struct sending *s, const char *name, struct buf *out)
{
    const json_t *group = json_object_get(s->engine->config->groups, name);
    const json_t *ids = json_object_get(group, "ids");

    return pack_member(out, "group", name) +
           pack_member_json(
               out, "group_id",
               json_object_get(ids, s->x->dest->adapter->part->name));
}

static size_t
pack_group(const struct sending *s, struct buf *out)
{
    const char *name = decision_of(s)->group;

    return name != NULL ? pack_group_named(s, name, out) : 0;
}

static size_t
pack_customer(const struct conversation *c, struct buf *out)
{
    const struct customer *p = &c->customer;
    size_t at, n = 0;

    pack_cstr(out, "customer");
    at = pack_map_open(out);
    n += pack_member(out, "external_id", p->external_id);
    n += pack_member(out, "name", p->name);
    n += pack_member(out, "email", p->email);
    n += pack_member(out, "phone", p->phone);
    n += pack_member(out, "tier", p->tier);
    n += pack_member(out, "locale", p->locale);
    n += pack_member(out, "company", p->company);
    n += pack_member(out, "time_zone", p->time_zone);
    pack_map_close(out, at, n);
    return 1;
}

static size_t
pack_tags(const struct sending *s, struct buf *out)
{
    const struct decision *d = decision_of(s);

    pack_cstr(out, "tags");
    pack_array(out, d->tag_count);
    for (size_t i = 0; i < d->tag_count; i++)
        pack_cstr(out, d->tags[i]);
    return 1;
}

/* What the source knows, and over it what the rule says. */
static size_t
pack_fields(const struct conversation *c, const struct decision *d,
            struct buf *out)
{
    json_t *fields = json_copy(c->fields);
    size_t n;

    if (d->fields != NULL)
        json_object_update(fields, d->fields);
    n = pack_member_json(out, "fields", fields);
    json_decref(fields);
    return n;
}

static size_t
pack_attachments(struct sending *s, struct buf *out, size_t text_left_out)
{
    size_t n;

    if (!s->x->dest->adapter->attachments || text_left_out == 0)
        return 0;
    pack_cstr(out, "attachments");
    pack_array(out, 1);
    pack_map(out, 5);
    n = pack_member(out, "name", "transcript.txt");
    n += pack_member(out, "type", "text/plain; charset=utf-8");
    n += pack_member(out, "data", add_mark(s, &s->full, true));
    n += pack_member(out, "raw", add_mark(s, &s->full, false));
    n += pack_member_int(out, "length", (int64_t)s->full.len);
    (void)n;
    return 1;
}

static size_t
render(struct sending *s)
{
    const struct adapter *a = s->x->dest->adapter;
    struct transcript_options o = {0};
    struct transcript_info info = {0};

    o.format = a->format;
    o.max = a->body_max;
    o.upto_seq = payload_int(s, "upto");
    o.handoff_id = s->x->hid;
    o.attached = a->attachments;
    buf_clear(&s->text);
    buf_clear(&s->brief);
    transcript_render(s->conv, decision_of(s), &o, &s->text, &info);
    transcript_brief(s->conv, decision_of(s), &o, &s->brief);
    if (info.cut && a->attachments) {
        o.max = 0;
        o.format = FORMAT_TEXT;
        buf_clear(&s->full);
        transcript_render(s->conv, decision_of(s), &o, &s->full, &info);
        return 1;
    }
    return 0;
}

/* What is written into the ticket: that its conversation is counted with it,
 * that nobody took it, or what the customer said, and that it is in another
 * language. */
static void
write_update(struct sending *s)
{
    enum text_format format = s->x->dest->adapter->format;
    const char *note = payload_text(s, "unassigned");
    int64_t seq = payload_int(s, "upto");
    const struct message *m = NULL;

    if (seq >= 1 && (size_t)seq <= s->conv->message_count)
        m = s->conv->messages[seq - 1];
    buf_clear(&s->full);
    if (send_is_link(s))
        transcript_link(s->conv, format, &s->full);
    else if (note != NULL)
        transcript_escape(format, note, strlen(note), &s->full);
    else if (m != NULL) {
        if (payload_text(s, "language") != NULL)
            transcript_language(payload_text(s, "language"),
                                payload_text(s, "language_before"), format,
                                &s->full);
        transcript_escape(format, m->text, m->text_n, &s->full);
    }
}

/* For helpdesks that can add a tag to what a ticket has. */
static size_t
pack_added_tags(const struct sending *s, struct buf *out)
{
    const char *language = payload_text(s, "language");

    if (language == NULL)
        return 0;
    pack_cstr(out, "tags");
    pack_array(out, 1);
    pack_cstr(out, arena_printf(s->arena, LANGUAGE_TAG "%s", language));
    return 1;
}

/* What the customer writes to a ticket that was done opens it again there; and
 * so does what follows, whatever became of it meanwhile. */
static bool
opens_again(const struct sending *s)
{
    return s->context.reopened_at > 0 && payload_int(s, "upto") > 0 &&
           s->x->created_at >= s->context.reopened_at;
}

static size_t
pack_update(struct sending *s, struct buf *out)
{
    const char *group = payload_text(s, "then_group");
    size_t at, n = 0;

    if (s->x->kind != DELIVER_UPDATE)
        return 0;
    write_update(s);
    pack_cstr(out, "update");
    at = pack_map_open(out);
    n += pack_member(out, "text_mark", add_mark(s, &s->full, false));
    n += pack_member_bool(out, "public", false);
    n += pack_member(out, "key", s->x->did);
    if (opens_again(s))
        n += pack_member_bool(out, "reopen", true);
    if (group != NULL)
        n += pack_group_named(s, group, out);
    n += pack_added_tags(s, out);
    pack_map_close(out, at, n);
    return 1;
}

/* Where it was said: the helpdesk may be the same vendor's. */
static size_t
pack_source(const struct sending *s, struct buf *out)
{
    const struct config_part *part =
        config_source(s->engine->config, s->conv->source);
    size_t at, n = 0;

    pack_cstr(out, "source");
    at = pack_map_open(out);
    n += pack_member(out, "name", s->conv->source);
    n += pack_member(out, "adapter", part != NULL ? part->adapter : NULL);
    n += pack_member(out, "native_id", s->conv->native_id);
    if (part != NULL && adapter_continues(s->x->dest->adapter,
                                          MADE_CONVERSATION, part->adapter))
        n += pack_member_json(out, "state", s->conv->source_state);
    pack_map_close(out, at, n);
    return 1;
}

/* For adapters to compute with, and as text for a field. */
static size_t
pack_due(const struct decision *d, struct buf *out)
{
    char due[CLOCK_TEXT_MAX];

    if (d->due_at_ms <= 0)
        return 0;
    clock_format(d->due_at_ms, due);
    return pack_member(out, "due_at", due) +
           pack_member_int(out, "due_at_ms", d->due_at_ms);
}

void
build_ticket(struct sending *s)
{
    const struct decision *d = decision_of(s);
    const struct conversation *c = s->conv;
    struct buf *out = &s->ticket;
    size_t at, n = 0, cut;

    buf_clear(out);
    s->mark_count = 0;
    cut = s->x->kind == DELIVER_TICKET ? render(s) : 0;
    at = pack_map_open(out);
    n += pack_member(out, "handoff_id", s->x->hid);
    n += pack_member(out, "tenant", c->tenant);
    n += pack_member(out, "conversation_id", c->id);
    n += pack_member(out, "native_url", c->native_url);
    n += pack_member(out, "channel", c->channel);
    n += pack_member(out, "subject", d->subject);
    n += pack_member(out, "priority", priority_name(d->priority));
    n += pack_group(s, out);
    n += pack_member(out, "assignee", d->assignee);
    n += pack_tags(s, out);
    n += pack_member(out, "reason", d->reason);
    n += pack_member(out, "rule", d->rule);
    n += pack_member(out, "next_step", d->next_step);
    n += pack_member(out, "summary", d->summary);
    n += pack_member(out, "need", d->need);
    n += pack_member(out, "as",
                     made_as_name(adapter_as(s->x->dest->adapter, d->as)));
    n += pack_source(s, out);
    n += pack_member(out, "first_question", c->first_question);
    n += pack_member(out, "intent", c->intent);
    n += pack_fields(c, d, out);
    n += pack_member_json(out, "skills", d->skills);
    n += pack_member_json(out, "attributes", c->attributes);
    n += pack_customer(c, out);
    n += pack_member(out, "language", c->language);
    n += pack_member_int(out, "created_at_ms", s->x->created_at);
    n += pack_due(d, out);
    n += pack_member(out, "ticket_id", ticket_of(s));
    n += pack_member(out, "append_to", d->append_to);
    n += pack_member(out, "link_to", d->link_to);
    if (s->x->kind == DELIVER_TICKET) {
        n += pack_member(out, "text", add_mark(s, &s->text, false));
        n += pack_member_int(out, "text_length", (int64_t)s->text.len);
        n += pack_member(out, "text_format",
                         text_format_name(s->x->dest->adapter->format));
        n += pack_member(out, "brief", add_mark(s, &s->brief, false));
        n += pack_attachments(s, out, cut);
    }
    n += pack_update(s, out);
    pack_map_close(out, at, n);
}

/* What write-back adapters need of a conversation, their own state included. */
void
build_pack_conversation(const struct conversation *c, const char *group,
                        struct buf *out)
{
    size_t at = pack_map_open(out), n = 0;

    n += pack_member(out, "id", c->id);
    n += pack_member(out, "native_id", c->native_id);
    n += pack_member(out, "native_url", c->native_url);
    n += pack_member(out, "source", c->source);
    n += pack_member(out, "channel", c->channel);
    n += pack_member(out, "language", c->language);
    n += pack_customer(c, out);
    n += pack_member_json(out, "attributes", c->attributes);
    n += pack_member_json(out, "source_state", c->source_state);
    n += pack_member(out, "handoff_id", c->handoff_id);
    n += pack_member(out, "group", group);
    pack_map_close(out, at, n);
}

static void
pack_conversation(const struct sending *s, struct buf *out)
{
    const struct handover *h = s->x->handover;

    if (s->conv == NULL)
        buf_add(out, h->conversation.data, h->conversation.len);
    else
        build_pack_conversation(s->conv, h->decision.group, out);
}

static void
pack_message(struct sending *s, struct buf *out)
{
    const char *given = payload_text(s, "text");
    const char *kind = payload_text(s, "kind");
    const char *ticket = ticket_of(s);
    const char *url = ticket_url_of(s);
    struct buf promise = {0};
    size_t at, n = 0, ticket_at, ticket_n = 0;

    buf_clear(&s->text);
    if (given != NULL)
        buf_adds(&s->text, given);
    else
        notice_ticket(s->engine->config, s->conv, decision_of(s), ticket, url,
                      s->x->hid, clock_now_ms(), &s->text);
    notice_promise(s->engine->config, s->conv, decision_of(s), clock_now_ms(),
                   &promise);
    at = pack_map_open(out);
    n += pack_member(out, "text", buf_str(&s->text));
    n += pack_member(out, "kind", kind != NULL ? kind : "notice");
    n += pack_member(out, "key", s->x->did);
    n += pack_member(out, "handoff_id", s->x->hid);
    if (promise.len > 0)
        n += pack_member(out, "expected_response", buf_str(&promise));
    if (ticket != NULL) {
        pack_cstr(out, "ticket");
        ticket_at = pack_map_open(out);
        ticket_n += pack_member(out, "id", ticket);
        ticket_n += pack_member(out, "url", url);
        pack_map_close(out, ticket_at, ticket_n);
        n++;
    }
    pack_map_close(out, at, n);
    buf_free(&promise);
}

static void
pack_notice(struct sending *s, struct buf *out)
{
    const struct decision *d = decision_of(s);
    size_t at = pack_map_open(out), n = 0;
    struct transcript_options o = {.format = FORMAT_TEXT,
                                   .handoff_id = s->x->hid};

    buf_clear(&s->brief);
    transcript_brief(s->conv, decision_of(s), &o, &s->brief);
    n += pack_member(out, "key", s->x->did);
    n += pack_member(out, "handoff_id", s->x->hid);
    n += pack_member(out, "conversation_id", s->conv->id);
    n += pack_member(out, "subject", d->subject);
    n += pack_member(out, "reason", d->reason);
    n += pack_member(out, "priority", priority_name(d->priority));
    n += pack_member(out, "group", d->group);
    n += pack_member(out, "next_step", d->next_step);
    n += pack_member(out, "brief", buf_str(&s->brief));
    n += pack_member(out, "ticket_id", ticket_of(s));
    n += pack_member(out, "ticket_url", ticket_url_of(s));
    n += pack_customer(s->conv, out);
    pack_map_close(out, at, n);
}

void
send_pack_saved(const struct sending *s, struct buf *out)
{
    json_t *saved;

    if (s->saved != NULL) {
        value_pack(out, s->saved);
        return;
    }
    /* What its own ticket left behind says nothing of the other one. */
    saved = !send_is_link(s) && s->context.saved.len > 0
                ? json_read(s->context.saved.data, s->context.saved.len, NULL)
                : NULL;
    if (saved != NULL)
        pack_json(out, saved);
    else
        pack_map(out, 0);
    json_decref(saved);
}

static void
add_cfg(const struct sending *s, struct buf *args)
{
    const struct buf *cfg = &s->x->dest->adapter->cfg;

    buf_add(args, cfg->data, cfg->len);
}

static void
pack_args(struct sending *s, struct buf *args)
{
    switch (s->x->kind) {
    case DELIVER_TICKET:
        build_ticket(s);
        pack_array(args, 4);
        pack_cstr(args, s->x->step);
        buf_add(args, s->ticket.data, s->ticket.len);
        add_cfg(s, args);
        send_pack_saved(s, args);
        return;
    case DELIVER_UPDATE:
        build_ticket(s);
        pack_array(args, 3);
        buf_add(args, s->ticket.data, s->ticket.len);
        add_cfg(s, args);
        send_pack_saved(s, args);
        return;
    case DELIVER_NOTICE:
    case DELIVER_MESSAGE:
        pack_array(args, 3);
        pack_message(s, args);
        pack_conversation(s, args);
        add_cfg(s, args);
        return;
    case DELIVER_NOTIFY:
        pack_array(args, 2);
        if (announce_of(s->payload) != NULL)
            announce_pack(announce_of(s->payload), s->x->did, args);
        else
            pack_notice(s, args);
        add_cfg(s, args);
        return;
    case DELIVER_PAUSE:
    case DELIVER_CLOSE:
    case DELIVER_KINDS:
        pack_array(args, 2);
        pack_conversation(s, args);
        add_cfg(s, args);
        return;
    }
}

/* The adapter knows already what stands: a step that this hand-over does not
 * take, or one that cannot be taken. */
static void
nothing_to_send(struct sending *s, const struct value *said)
{
    struct result result = {0};
    struct err e = {0};

    if (result_read(s->arena, said, &result, &e) != 0)
        send_unready(s, "bad_result", e.text);
    else if (result.class == RESULT_DONE)
        send_done(s, &result);
    else
        send_refused(s, result_class_name(result.class), result.why);
}

static void
on_built(void *arg, const struct script_result *r)
{
    struct sending *s = arg;
    struct err e = {0};

    if (r->class != SCRIPT_OK) {
        send_unready(s, script_class_name(r->class), r->text);
        return;
    }
    if (value_type(r->value) == VALUE_NIL) {
        struct result nothing = {.class = RESULT_DONE,
                                 .why = "the adapter has nothing to send"};

        send_done(s, &nothing);
        return;
    }
    if (value_get(r->value, "outcome") != NULL) {
        nothing_to_send(s, r->value);
        return;
    }
    if (outbound_read(s->arena, r->value, s->x->dest->adapter->base, s->marks,
                      s->mark_count, &s->out, &e) != 0) {
        send_unready(s, "bad_result", e.text);
        return;
    }
    outbound_freeze(&s->out, &s->frozen);
    send_lease(s, false);
}

static void
ask_build(struct sending *s)
{
    const char *function = build_function[s->x->kind % DELIVER_KINDS];
    struct buf args = {0};

    pack_args(s, &args);
    pool_call(s->engine->pool, s->x->dest->adapter->set, function, SCRIPT_BUILD,
              &args, on_built, s);
    buf_free(&args);
}

void
send_rebuild(struct sending *s, const struct value *saved)
{
    outbound_clear(&s->out);
    memset(&s->out, 0, sizeof s->out);
    buf_clear(&s->frozen);
    s->saved = saved;
    ask_build(s);
}

/* The desk keeps its tickets here: nothing is sent. Its number is the first
 * characters of the hand-over's id, which the customer can read out. */
static void
keep_in_desk(struct sending *s)
{
    struct result made = {.class = RESULT_DONE};
    char number[16] = "U-";

    if (s->context.found_id.len > 0) {
        made.id = buf_str(&s->context.found_id);
        made.display_id = buf_str(&s->context.found_display);
        send_done(s, &made);
        return;
    }
    for (int i = 0; i < DESK_NUMBER_LENGTH; i++)
        number[2 + i] = s->x->hid[i] >= 'a' && s->x->hid[i] <= 'z'
                            ? (char)(s->x->hid[i] - 'a' + 'A')
                            : s->x->hid[i];
    made.id = s->x->hid;
    made.display_id = arena_str(s->arena, number);
    send_done(s, &made);
}

void
build_start(struct sending *s)
{
    struct err e = {0};

    if (s->x->kind == DELIVER_TICKET && s->x->dest->adapter->builtin) {
        keep_in_desk(s);
        return;
    }
    if (s->context.bytes.len > 0) {
        /* The same bytes again: an answer to them means the same. */
        if (outbound_thaw(s->arena, s->context.bytes.data, s->context.bytes.len,
                          &s->out, &e) == 0) {
            if (s->x->kind == DELIVER_TICKET || s->x->kind == DELIVER_UPDATE)
                build_ticket(s);
            send_lease(s, true);
            return;
        }
        log_failure(LOG_ERROR, "delivery.bytes_unreadable", "delivery",
                    s->x->did, &e);
    }
    ask_build(s);
}

/* --- gathering what it needs --- */

static void
go(struct sending *s)
{
    struct delivery *x = s->x;

    if (x->expire_at > 0 && clock_now_ms() > x->expire_at &&
        x->kind != DELIVER_TICKET) {
        send_refused(s, "expired", "it came too late to be of use");
        return;
    }
    if (x->state == DELIVERY_UNCERTAIN || x->state == DELIVERY_RECONCILING)
        lookup_start(s);
    else if (x->kind == DELIVER_UPDATE && ticket_of(s) == NULL)
        send_waits(s);
    else
        build_start(s);
}

static void
on_context(void *arg, const struct err *e)
{
    struct row_context *context = arg;
    struct sending *s =
        (struct sending *)((char *)context - offsetof(struct sending, context));

    if (e != NULL) {
        send_store_failed(s, e);
        return;
    }
    if (s->x->handover == NULL)
        s->x->handover = handover_new(
            payload_int(s, "decision"),
            (struct str){context->outcome.data, context->outcome.len});
    go(s);
}

/* A first attempt of a delivery that was born in this process. */
static bool
is_first(const struct delivery *x)
{
    return x->handover != NULL && x->tries == 0 && x->first_sent == 0 &&
           x->state == DELIVERY_READY;
}

/* Which ticket of the desk it goes on in. */
static void
want_in_desk(struct sending *s)
{
    s->context.want_ticket =
        json_string_value(json_object_get(s->payload, "append_to"));
    s->context.helpdesk = s->x->dest->adapter->part->name;
}

static bool
needs_rows(const struct sending *s)
{
    const struct delivery *x = s->x;

    if (!is_first(x) || s->context.want_ticket != NULL ||
        x->kind == DELIVER_UPDATE)
        return true; /* whether its ticket is done, among others */
    if (x->kind == DELIVER_NOTICE)
        return s->conv->ticket_id == NULL;
    return x->kind == DELIVER_TICKET && x->after != NULL;
}

static void
on_conversation(void *arg, struct conversation *c, const struct err *e)
{
    struct sending *s = arg;

    s->conv = c;
    if (c == NULL) {
        struct err missing;

        if (e->class == ERR_NONE) {
            err_set(&missing, ERR_SYSTEM, "conversation %s is not in the store",
                    s->x->conv);
            e = &missing;
        }
        send_store_failed(s, e);
        return;
    }
    if (send_is_append(s) && s->x->dest->adapter->builtin)
        want_in_desk(s);
    if (!needs_rows(s)) {
        go(s);
        return;
    }
    s->context.tenant = s->engine->config->tenant;
    s->context.conv = s->x->conv;
    s->context.did = s->x->did;
    s->context.hid = s->x->hid;
    s->context.decision = payload_int(s, "decision");
    s->context.want_bytes = s->x->first_sent > 0;
    store_submit(s->engine->store, run_context, on_context, &s->context);
}

static bool
carries_all(const struct sending *s)
{
    const struct delivery *x = s->x;

    if (announce_of(s->payload) != NULL)
        return true;
    return (x->kind == DELIVER_PAUSE || x->kind == DELIVER_CLOSE) &&
           is_first(x) && x->handover->conversation.len > 0;
}

void
send_start(struct delivery *x)
{
    struct arena *a = arena_new(2048);
    struct sending *s = arena_alloc(a, sizeof *s);

    s->arena = a;
    s->x = x;
    x->rebuilt = 0;
    s->engine = deliver_engine(x->deliver);
    s->payload = json_read(x->payload, strlen(x->payload), NULL);
    if (s->payload == NULL)
        s->payload = json_object();
    if (carries_all(s))
        go(s); /* nothing is to be read */
    else
        cache_get(s->engine->cache, x->conv, NULL, NULL, CACHE_READ,
                  on_conversation, s);
}
