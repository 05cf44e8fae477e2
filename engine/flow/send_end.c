#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/lifecycle.h"
#include "flow/returns.h"
#include "flow/rows.h"
#include "flow/send.h"
#include "flow/sending.h"
#include "model/backoff.h"
#include "model/conversation.h"
#include "model/outbound.h"
#include "store/store.h"

/* A script that failed is asked so often. */
#define UNREADY_MAX     3
#define STORE_AGAIN_MS  500
#define SCRIPT_AGAIN_MS 5000

/* --- the end of one attempt --- */

uint64_t
send_random(void)
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

void
send_store_failed(struct sending *s, const struct err *e)
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

void
send_fill_step(struct sending *s, const char *class, const char *why)
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
        send_store_failed(s, e);
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
        send_store_failed(s, e);
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

void
send_state(struct sending *s, enum delivery_state state, const char *class,
           const char *why, int64_t next_at)
{
    static store_run_fn *const runs[DELIVERY_STATE_COUNT] = {
        [DELIVERY_READY] = run_ready_again,
        [DELIVERY_UNCERTAIN] = run_uncertain,
        [DELIVERY_RECONCILING] = run_reconciling,
    };

    s->next_state = state;
    s->x->tried = true;
    send_fill_step(s, class, why);
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
    send_fill_step(s, class, why);
    store_submit(s->engine->store, state == DELIVERY_HELD ? run_held : run_dead,
                 on_parted, &s->step);
}

void
send_refused(struct sending *s, const char *class, const char *why)
{
    bool kept = s->x->kind == DELIVER_TICKET ||
                (s->x->kind == DELIVER_UPDATE && !send_is_link(s));

    end_parted(s, kept ? DELIVERY_HELD : DELIVERY_DEAD, class, why);
}

/* Of use now or never; the ticket tells the team too. */
static bool
is_of_the_moment(const struct sending *s)
{
    return s->x->kind != DELIVER_TICKET && s->x->kind != DELIVER_UPDATE &&
           announce_of(s->payload) == NULL;
}

void
send_retry(struct sending *s, const char *class, const char *why,
           int64_t after_s)
{
    struct delivery *x = s->x;
    int64_t now = clock_now_ms(), age = now - x->created_at, wait;

    x->tries++;
    if (is_of_the_moment(s) && x->tries >= BACKOFF_NOTICE_TRIES) {
        send_refused(s, class, why);
        return;
    }
    if (age > BACKOFF_HORIZON_MS) {
        send_refused(s, class, "tried for 72 hours");
        return;
    }
    wait = after_s > 0
               ? backoff_retry_after_ms(after_s, send_random())
               : backoff_delay_ms((unsigned)x->tries - 1, age, send_random());
    send_state(s, DELIVERY_READY, class, why, now + wait);
}

void
send_unknown(struct sending *s, const char *why)
{
    int64_t now = clock_now_ms();

#ifdef MUTATE_RESEND_WITHOUT_LOOKUP
    send_retry(s, "unknown", why, 0);
    return;
#endif
    if (send_may_repeat(s)) {
        send_retry(s, "unknown", why, 0);
        return;
    }
    if (!send_can_look(s)) {
        send_refused(s, "unknown",
                     "the outcome is not known and the other side offers no "
                     "way to look it up; check there before retrying");
        return;
    }
    send_state(s, DELIVERY_UNCERTAIN, "unknown", why,
               now + s->x->dest->adapter->lag_s * 1000);
}

static void
on_finished(void *arg, const struct err *e)
{
    struct sending *s = arg;
    struct delivery *x = s->x;
    struct engine *en = s->engine;

    if (e != NULL) {
        send_store_failed(s, e);
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

void
send_done(struct sending *s, const struct result *r)
{
    struct delivery *x = s->x;
    struct buf saved = {0};

    send_fill_step(s, "done", r->why);
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
    deliver_settles(x);
}

/* --- nothing was sent --- */

void
send_waits(struct sending *s)
{
    struct delivery *x = s->x;

    sending_free(s);
    deliver_waits(x);
}

void
send_unready(struct sending *s, const char *class, const char *why)
{
    struct delivery *x = s->x;

    x->tries++;
    if (x->tries > UNREADY_MAX) {
        send_refused(s, class, why);
        return;
    }
    send_state(s, DELIVERY_READY, class, why, clock_now_ms() + SCRIPT_AGAIN_MS);
}
