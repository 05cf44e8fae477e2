#include "flow/send.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/lifecycle.h"
#include "flow/plan.h"
#include "flow/request.h"
#include "flow/returns.h"
#include "flow/rows.h"
#include "flow/sending.h"
#include "http/client.h"
#include "http/loop.h"
#include "model/backoff.h"
#include "model/conversation.h"
#include "model/outbound.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

#define LOOKUPS_MAX 3
/* A ticket is looked at, a file goes up, a person is found, a refused field is
 * left out, tags are set one by one. */
#define REBUILDS_MAX    16
#define RESET_MAX_S     3600
#define STORE_AGAIN_MS  500
#define SCRIPT_AGAIN_MS 5000

struct handover *
handover_new(long long number, struct str outcome)
{
    struct handover *h = mem_zero(sizeof *h);

    h->arena = arena_new(1024);
    h->holders = 1;
    h->number = number;
    if (decision_from_json(h->arena, outcome.p, outcome.len, &h->decision,
                           NULL) != 0)
        decision_failsafe(h->arena, "error",
                          "the stored decision is unreadable", &h->decision);
    return h;
}

struct handover *
handover_hold(struct handover *h)
{
    if (h != NULL)
        h->holders++;
    return h;
}

void
handover_release(struct handover *h)
{
    if (h == NULL || --h->holders > 0)
        return;
    decision_clear(&h->decision);
    buf_free(&h->conversation);
    arena_free(h->arena);
    free(h);
}

/* --- the end of one attempt --- */

static uint64_t
random64(void)
{
    uint64_t n;

    digest_random(&n, sizeof n);
    return n;
}

static void
sending_free(struct sending *s)
{
    if (s->conv != NULL)
        cache_unpin(s->engine->cache, s->conv);
    json_decref(s->payload);
    buf_free(&s->context.outcome);
    buf_free(&s->context.bytes);
    buf_free(&s->context.saved);
    buf_free(&s->context.ticket_id);
    buf_free(&s->context.ticket_url);
    buf_free(&s->context.found_id);
    buf_free(&s->context.found_display);
    buf_free(&s->ticket);
    buf_free(&s->text);
    buf_free(&s->brief);
    buf_free(&s->full);
    buf_free(&s->frozen);
    outbound_clear(&s->out);
    arena_free(s->arena);
}

/* The store could not take the result: what is true stands in the row. Come
 * back; a result that is lost makes the row uncertain, never ready. */
static void
store_failed(struct sending *s, const struct err *e)
{
    struct delivery *x = s->x;

    log_failure(LOG_ERROR, "delivery.not_stored", "delivery", x->did, e);
    if (e->class == ERR_CONFLICT) {
        /* The row has moved on without us: it is not ours to touch. */
        x->state = DELIVERY_HELD;
        sending_free(s);
        deliver_parted(x);
        return;
    }
    if (s->sent)
        x->state = DELIVERY_UNCERTAIN;
    x->next_at = clock_now_ms() + STORE_AGAIN_MS;
    sending_free(s);
    deliver_later(x);
}

static void
fill_step(struct sending *s, const char *class, const char *why)
{
    struct delivery *x = s->x;

    s->step.tenant = s->engine->config->tenant;
    s->step.did = x->did;
    s->step.hid = x->hid;
    s->step.conv = x->conv;
    s->step.fence = x->fence;
    s->step.now_ms = clock_now_ms();
    s->step.started_ms = s->started_ms;
    s->step.tries = x->tries;
    s->step.http = s->http;
    s->step.class = class;
    s->step.why = why != NULL ? arena_str(s->arena, why) : NULL;
}

static void
on_later(void *arg, const struct err *e)
{
    struct sending *s = arg;
    struct delivery *x = s->x;

    if (e != NULL) {
        store_failed(s, e);
        return;
    }
    x->state = s->next_state;
    x->next_at = s->step.next_at;
    sending_free(s);
    deliver_later(x);
}

static void
on_parted(void *arg, const struct err *e)
{
    struct sending *s = arg;
    struct delivery *x = s->x;

    if (e != NULL) {
        store_failed(s, e);
        return;
    }
    x->state = s->next_state;
    s->engine->count.deliveries_held += x->state == DELIVERY_HELD;
    log_warn(x->state == DELIVERY_HELD ? "delivery.held" : "delivery.given_up",
             LOG_STR("delivery", x->did), LOG_STR("destination", x->dest->name),
             LOG_STR("handoff", x->hid), LOG_STR("why", s->step.why));
    sending_free(s);
    deliver_parted(x);
}

static void
end_later(struct sending *s, enum delivery_state state, const char *class,
          const char *why, int64_t next_at)
{
    static store_run_fn *const runs[DELIVERY_STATE_COUNT] = {
        [DELIVERY_READY] = run_ready_again,
        [DELIVERY_UNCERTAIN] = run_uncertain,
        [DELIVERY_RECONCILING] = run_reconciling,
    };

    s->next_state = state;
    s->x->tried = true;
    fill_step(s, class, why);
    s->step.next_at = next_at;
    if (state == DELIVERY_READY)
        s->engine->count.deliveries_retried++;
    else
        s->engine->count.deliveries_unknown++;
    log_info("delivery.later", LOG_STR("delivery", s->x->did),
             LOG_STR("destination", s->x->dest->name),
             LOG_STR("state", delivery_state_name(state)),
             LOG_STR("class", class), LOG_STR("why", why),
             LOG_INT("after_ms", next_at - clock_now_ms()));
    store_submit(s->engine->store, runs[state], on_later, &s->step);
}

static void
end_parted(struct sending *s, enum delivery_state state, const char *class,
           const char *why)
{
    s->next_state = state;
    fill_step(s, class, why);
    store_submit(s->engine->store, state == DELIVERY_HELD ? run_held : run_dead,
                 on_parted, &s->step);
}

/* What nobody may miss is held for a person; the rest is given up. */
static void
end_for_good(struct sending *s, const char *class, const char *why)
{
    bool kept = s->x->kind == DELIVER_TICKET ||
                (s->x->kind == DELIVER_UPDATE && !send_is_link(s));

    end_parted(s, kept ? DELIVERY_HELD : DELIVERY_DEAD, class, why);
}

static void
end_retry(struct sending *s, const char *class, const char *why,
          int64_t after_s)
{
    struct delivery *x = s->x;
    int64_t now = clock_now_ms(), age = now - x->created_at, wait;

    x->tries++;
    if (x->kind != DELIVER_TICKET && x->kind != DELIVER_UPDATE &&
        x->tries >= BACKOFF_NOTICE_TRIES) {
        end_for_good(s, class, why);
        return;
    }
    if (age > BACKOFF_HORIZON_MS) {
        end_for_good(s, class, "tried for 72 hours");
        return;
    }
    wait = after_s > 0
               ? backoff_retry_after_ms(after_s, random64())
               : backoff_delay_ms((unsigned)x->tries - 1, age, random64());
    end_later(s, DELIVERY_READY, class, why, now + wait);
}

static void
end_unknown(struct sending *s, const char *why)
{
    int64_t now = clock_now_ms();

#ifdef MUTATE_RESEND_WITHOUT_LOOKUP
    end_retry(s, "unknown", why, 0);
    return;
#endif
    if (send_may_repeat(s)) {
        end_retry(s, "unknown", why, 0);
        return;
    }
    if (!send_can_look(s)) {
        end_for_good(s, "unknown",
                     "the outcome is not known and the other side offers no "
                     "way to look it up; check there before retrying");
        return;
    }
    end_later(s, DELIVERY_UNCERTAIN, "unknown", why,
              now + s->x->dest->adapter->lag_s * 1000);
}

static void
on_finished(void *arg, const struct err *e)
{
    struct sending *s = arg;
    struct delivery *x = s->x;
    struct engine *en = s->engine;

    if (e != NULL) {
        store_failed(s, e);
        return;
    }
    FAIL_POINT("deliver.after_done");
    en->count.deliveries_done++;
    if (s->step.is_ticket && s->step.last_step) {
        en->count.tickets++;
        if (s->conv != NULL) {
            conversation_set(s->conv, &s->conv->ticket_id, s->step.display_id);
            conversation_set(s->conv, &s->conv->ticket_url, s->step.url);
            s->conv->control = CONTROL_HUMAN;
            s->conv->state = STATE_HUMAN_ACTIVE;
        }
        log_info(
            s->step.relation != NULL ? "ticket.appended" : "ticket.created",
            LOG_STR("handoff", x->hid), LOG_STR("helpdesk", s->step.helpdesk),
            LOG_STR("ticket", s->step.display_id));
        lifecycle_begun(en, &s->step);
        deliver_ticketed(x, s->step.display_id, s->step.url);
    } else if (x->kind == DELIVER_NOTICE) {
        en->count.notices++;
        log_info("customer.told", LOG_STR("handoff", x->hid),
                 LOG_STR("conversation", x->conv));
    }
    x->state = DELIVERY_DONE;
    sending_free(s);
    deliver_finished(x);
}

static bool
is_last_step(const struct sending *s)
{
    const struct delivery *x = s->x;
    const struct adapter *a = x->dest->adapter;

    return a->step_count == 0 || send_is_append(s) ||
           strcmp(a->steps[a->step_count - 1].name, x->step) == 0;
}

/* The old ticket, or one that follows it because it could not go on. */
static const char *
relation_of(const struct sending *s, const struct decision *d,
            const struct result *r)
{
    bool there =
        s->context.found_id.len > 0 || (d->append_to != NULL && r->id != NULL &&
                                        strcmp(r->id, d->append_to) == 0);

    return (send_is_append(s) || r->there) && there ? "appended" : NULL;
}

static void
end_done(struct sending *s, const struct result *r)
{
    struct delivery *x = s->x;
    struct buf saved = {0};

    fill_step(s, "done", r->why);
    s->step.at_once = !x->tried;
    s->step.is_ticket = x->kind == DELIVER_TICKET;
    s->step.last_step = s->step.is_ticket && is_last_step(s);
    s->step.is_notice = x->kind == DELIVER_NOTICE;
    s->step.is_close = x->kind == DELIVER_CLOSE;
    if (s->step.is_ticket) {
        const struct decision *d = &x->handover->decision;

        s->step.title = d->subject;
        s->step.priority = priority_name(d->priority);
        s->step.group = d->group;
        s->step.assignee = d->assignee;
        s->step.linked_to = d->link_to;
        s->step.relation = relation_of(s, d, r);
        s->step.there = r->there;
        s->step.helpdesk = x->dest->name + strlen("helpdesk:");
        s->step.remote_id = arena_str(s->arena, r->id);
        s->step.display_id =
            arena_str(s->arena, r->display_id != NULL ? r->display_id : r->id);
        s->step.url = arena_str(s->arena, r->url);
        if (s->step.last_step) {
            lifecycle_begin(s->engine, x->dest->adapter, &s->step);
            returns_begin(s->conv, s->arena, &s->step);
        }
    }
    if (r->saved != NULL && !send_is_link(s)) {
        value_to_json(&saved, r->saved);
        s->step.saved = arena_dup(s->arena, saved.data, saved.len);
        buf_free(&saved);
    }
    FAIL_POINT("deliver.before_done");
    store_submit(s->engine->store, run_done, on_finished, &s->step);
}

/* --- what the answer meant --- */

static void
act_on(struct sending *s, const struct result *r)
{
    destination_says(s->x->dest, r, clock_now_ms(), random64());
    switch (r->class) {
    case RESULT_DONE:
        end_done(s, r);
        return;
    case RESULT_RETRY:
        end_retry(s, "retry", r->why, r->after_s);
        return;
    case RESULT_REFUSED:
        end_for_good(s, "refused", r->why);
        return;
    case RESULT_AUTH:
        log_error("destination.denied",
                  LOG_STR("destination", s->x->dest->name),
                  LOG_INT("status", s->http),
                  LOG_STR("do", "check its credentials, restart, then usher "
                                "deliveries retry"));
        end_for_good(s, "auth",
                     "the credentials were not accepted; correct them, then "
                     "retry");
        return;
    case RESULT_AGAIN:
        if (s->x->rebuilt < REBUILDS_MAX) {
            s->x->rebuilt++;
            send_rebuild(s, r->saved);
            return;
        }
        end_for_good(s, "refused", r->why);
        return;
    case RESULT_MISSING:
    case RESULT_UNKNOWN:
        end_unknown(s, r->why);
        return;
    }
}

static void
on_result(void *arg, const struct script_result *r)
{
    struct sending *s = arg;
    struct result result = {0};
    struct err e = {0};

    if (r->class != SCRIPT_OK ||
        result_read(s->arena, r->value, &result, &e) != 0) {
        /* The answer came, and nobody could read it: it may have worked. */
        result = (struct result){.class = RESULT_UNKNOWN};
        result.why =
            arena_str(s->arena, r->class != SCRIPT_OK ? r->text : e.text);
        log_warn("adapter.failed", LOG_STR("destination", s->x->dest->name),
                 LOG_STR("why", result.why));
    }
    act_on(s, &result);
}

void
send_pack_response(const struct client_response *r, struct buf *out)
{
    size_t at = pack_map_open(out), n = 0, headers_at, headers = 0;
    struct str rest = r->headers, line;
    json_t *json = NULL;

    n += pack_member_int(out, "status", r->status);
    pack_cstr(out, "headers");
    headers_at = pack_map_open(out);
    while (str_cut(&rest, '\n', &line)) {
        struct str name;

        if (!utf8_valid(line.p, line.len) || !str_cut(&line, ':', &name) ||
            name.len == 0)
            continue;
        line = str_trim(line);
        pack_str(out, name.p, name.len);
        pack_str(out, line.p, line.len);
        headers++;
    }
    pack_map_close(out, headers_at, headers);
    n++;
    if (!r->too_long && r->body.len > 0)
        json = json_read(r->body.p, r->body.len, NULL);
    if (json != NULL) {
        n += pack_member_json(out, "json", json);
        json_decref(json);
    } else {
        struct buf clean = {0};

        utf8_clean(&clean, r->body.p, r->body.len > 4096 ? 4096 : r->body.len);
        pack_cstr(out, "text");
        pack_str(out, buf_str(&clean), clean.len);
        n++;
        buf_free(&clean);
    }
    pack_map_close(out, at, n);
}

static void
ask_adapter(struct sending *s, const struct client_response *r,
            const char *function)
{
    struct buf args = {0};

    if (s->x->kind == DELIVER_TICKET && strcmp(function, "result") == 0) {
        pack_array(&args, 5);
        pack_cstr(&args, s->x->step);
    } else {
        pack_array(&args, 4);
    }
    send_pack_response(r, &args);
    buf_add(&args, s->ticket.data, s->ticket.len);
    buf_add(&args, s->x->dest->adapter->cfg.data, s->x->dest->adapter->cfg.len);
    send_pack_saved(s, &args);
    pool_call(s->engine->pool, s->x->dest->adapter->set, function, SCRIPT_READ,
              &args, on_result, s);
    buf_free(&args);
}

static const char *
transport_says(const struct sending *s, const struct client_response *r)
{
    return arena_str(s->arena,
                     r->err.text[0] != '\0' ? r->err.text : "no answer came");
}

/* SMTP (RFC 5321, 4.2.1): 4yz may succeed later, 5yz never will. */
static void
mail_answered(struct sending *s, int status)
{
    struct result result = {.class = status < 400   ? RESULT_DONE
                                     : status < 500 ? RESULT_RETRY
                                                    : RESULT_REFUSED};

    result.why = arena_printf(s->arena, "the mail server answered %d", status);
    act_on(s, &result);
}

/* Too many: some say only when their window begins anew. */
static void
wait_until_reset(const struct sending *s, const struct client_response *r,
                 struct result *result)
{
    const char *name = s->x->dest->adapter->reset_header;
    int64_t now_s = clock_now_ms() / 1000;
    uint64_t reset;

    if (r->status != 429 || name == NULL ||
        client_header(r, "retry-after").len > 0 ||
        !str_to_u64(str_trim(client_header(r, name)), &reset) ||
        reset <= (uint64_t)now_s)
        return;
    result->after_s = reset - (uint64_t)now_s > RESET_MAX_S
                          ? RESET_MAX_S
                          : (int64_t)reset - now_s;
}

static void
on_response(void *arg, const struct client_response *r)
{
    struct sending *s = arg;
    struct result result = {0};
    bool helpdesk =
        s->x->kind == DELIVER_TICKET || s->x->kind == DELIVER_UPDATE;

    FAIL_POINT("deliver.after_answer");
    s->http = r->status;
    if (s->out.mail_to != NULL && r->wire == WIRE_ANSWERED) {
        mail_answered(s, r->status);
        return;
    }
    if (r->wire == WIRE_NOT_SENT) {
        result.class = RESULT_RETRY;
        result.why = transport_says(s, r);
        destination_failed(s->x->dest, clock_now_ms(), random64());
        end_retry(s, "not_sent", result.why, 0);
        return;
    }
    if (r->wire == WIRE_SENT || r->too_long) {
        result.class = RESULT_UNKNOWN;
        result.why = transport_says(s, r);
        act_on(s, &result);
        return;
    }
    if (result_from_status(r->status, client_header(r, "retry-after"),
                           s->looking, clock_now_ms(), &result)) {
        wait_until_reset(s, r, &result);
        result.why =
            arena_printf(s->arena, "the answer was status %d", r->status);
        if (s->looking)
            send_look_result(s, &result);
        else
            act_on(s, &result);
        return;
    }
    if (s->looking) {
        send_ask_look(s, r);
        return;
    }
    if (helpdesk) {
        ask_adapter(s, r,
                    s->x->kind == DELIVER_TICKET ? "result" : "update_result");
        return;
    }
    result.class = r->status < 300 ? RESULT_DONE : RESULT_REFUSED;
    result.why = arena_printf(s->arena, "the answer was status %d", r->status);
    act_on(s, &result);
}

/* --- out it goes --- */

void
send_transmit(struct sending *s)
{
    struct err e = {0};

    if (s->out.mail) {
        s->started_ms = clock_now_ms();
        s->sent = true;
        if (mail_send(s, on_response, &e) != 0) {
            s->sent = false;
            end_for_good(s, "refused", e.text);
        }
        return;
    }
    s->started_ms = clock_now_ms();
    s->sent = !s->looking;
    if (request_send(s->engine, s->x->dest->adapter, &s->out, s->x->did,
                     s->arena, on_response, s, &e) != 0) {
        s->sent = false;
        end_for_good(s, "refused", e.text);
    }
}

static void
go_out(struct sending *s)
{
    if (s->x->first_sent == 0)
        s->x->first_sent = clock_now_ms();
    send_transmit(s);
    FAIL_POINT("deliver.after_send");
}

static void
on_leased(void *arg, const struct err *e)
{
    struct sending *s = arg;
    struct delivery *x = s->x;

    if (e != NULL) {
        store_failed(s, e);
        return;
    }
    FAIL_POINT("deliver.after_lease");
    x->fence++;
    x->state = DELIVERY_LEASED;
    go_out(s);
}

/* What the other side knows again by its key needs no lease: after a crash it
 * is READY, and goes once more under the same key. */
static bool
needs_lease(const struct sending *s)
{
    switch (s->x->kind) {
    case DELIVER_PAUSE:
    case DELIVER_CLOSE:
    case DELIVER_NOTICE:
    case DELIVER_MESSAGE:
    case DELIVER_NOTIFY:
        return s->x->state != DELIVERY_READY || !send_may_repeat(s);
    case DELIVER_TICKET:
    case DELIVER_UPDATE:
    case DELIVER_KINDS:
        break;
    }
    return true;
}

void
send_lease(struct sending *s, bool keep_bytes)
{
    fill_step(s, NULL, NULL);
    if (!needs_lease(s)) {
        go_out(s);
        return;
    }
    s->step.keep_bytes = keep_bytes;
    s->step.bytes = (struct str){s->frozen.data, s->frozen.len};
    FAIL_POINT("deliver.before_lease");
    store_submit(s->engine->store, run_lease, on_leased, &s->step);
}

/* --- for build.c and lookup.c --- */

void
send_waits(struct sending *s)
{
    struct delivery *x = s->x;

    sending_free(s);
    deliver_waits(x);
}

void
send_done(struct sending *s, const struct result *r)
{
    end_done(s, r);
}

void
send_refused(struct sending *s, const char *class, const char *why)
{
    end_for_good(s, class, why);
}

void
send_unready(struct sending *s, const char *class, const char *why)
{
    struct delivery *x = s->x;

    x->tries++;
    if (x->tries > LOOKUPS_MAX) {
        end_for_good(s, class, why);
        return;
    }
    end_later(s, DELIVERY_READY, class, why, clock_now_ms() + SCRIPT_AGAIN_MS);
}

void
send_state(struct sending *s, enum delivery_state state, const char *class,
           const char *why, int64_t next_at)
{
    end_later(s, state, class, why, next_at);
}

void
send_store_failed(struct sending *s, const struct err *e)
{
    store_failed(s, e);
}
