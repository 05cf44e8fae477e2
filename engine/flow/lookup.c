#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/sending.h"
#include "http/client.h"
#include "model/backoff.h"
#include "script/pool.h"
#include "script/set.h"

#define ROUNDS_MAX    3
#define QUESTIONS_MAX 8 /* of one look-up */
#define AGAIN_MS      5000

/*
 * An attempt was sent and nobody knows whether it worked. Look by the
 * hand-over's id (first in the ticket that it was to go on in, if it was: what
 * cannot go on there gets a ticket of its own); found: it is done. Not found:
 * look once more after twice the time the helpdesk needs to show a new ticket,
 * and only then send the same bytes again. Three rounds without certainty: a
 * person looks.
 */

static void
give_up(struct sending *s, const char *why)
{
    send_refused(s, "unknown",
                 why != NULL ? why
                             : "looked up three times without certainty; check "
                               "the helpdesk before retrying");
}

static void
look_again(struct sending *s, const char *why)
{
    int64_t lag = s->x->dest->adapter->lag_s * 1000;

    s->x->lookups++;
    if (s->x->lookups > ROUNDS_MAX * 2) {
        give_up(s, NULL);
        return;
    }
    send_state(s, DELIVERY_UNCERTAIN, "unknown", why,
               clock_now_ms() + (lag > AGAIN_MS ? lag : AGAIN_MS));
}

static void
not_there(struct sending *s)
{
    int64_t lag = s->x->dest->adapter->lag_s * 1000;

    s->x->lookups++;
    if (s->x->lookups < 2) {
        send_state(s, DELIVERY_UNCERTAIN, "missing",
                   "not found yet; looking once more",
                   clock_now_ms() + 2 * lag);
        return;
    }
    if (s->x->lookups > ROUNDS_MAX * 2) {
        give_up(s, NULL);
        return;
    }
    send_state(s, DELIVERY_READY, "missing",
               "looked up twice and not found: the same bytes are sent again",
               clock_now_ms());
}

static void look(struct sending *s);

void
send_look_result(struct sending *s, const struct result *r)
{
    const struct adapter *a = s->x->dest->adapter;

    switch (r->class) {
    case RESULT_DONE:
        if (r->found > 1) {
            s->engine->count.duplicate_tickets += r->found - 1;
            log_error("ticket.duplicate", LOG_STR("handoff", s->x->hid),
                      LOG_INT("found", r->found),
                      LOG_STR("kept", r->id != NULL ? r->id : r->ids[0]));
        }
        send_done(s, r);
        return;
    case RESULT_MISSING:
        if (send_is_append(s) && !s->looked_there && a->has_find) {
            s->looked_there = true;
            look(s);
            return;
        }
        not_there(s);
        return;
    case RESULT_AUTH:
        destination_denied(s->x->dest, clock_now_ms());
        send_refused(s, "auth",
                     "the credentials were not accepted for the "
                     "look-up; correct them, then retry");
        return;
    case RESULT_RETRY:
    case RESULT_REFUSED:
    case RESULT_UNKNOWN:
    case RESULT_AGAIN:
        look_again(s, r->why);
        return;
    }
}

static void
on_look_result(void *arg, const struct script_result *r)
{
    struct sending *s = arg;
    struct result result = {0};
    struct err e = {0};

    if (r->class != SCRIPT_OK) {
        look_again(s, r->text);
        return;
    }
    if (result_read(s->arena, r->value, &result, &e) != 0) {
        look_again(s, e.text);
        return;
    }
    if (result.class == RESULT_DONE && result.id == NULL && result.found > 0)
        result.id = result.ids[0];
    if (result.class == RESULT_AGAIN && s->questions < QUESTIONS_MAX) {
        s->questions++;
        s->saved = result.saved;
        look(s);
        return;
    }
    send_look_result(s, &result);
}

static const char *
find_function(const struct sending *s, bool build)
{
    if (s->x->kind == DELIVER_UPDATE)
        return build ? "update_find_build" : "update_find_result";
    if (send_is_append(s) && !s->looked_there)
        return build ? "append_find_build" : "append_find_result";
    return build ? "find_build" : "find_result";
}

void
send_ask_look(struct sending *s, const struct client_response *r)
{
    const struct adapter *a = s->x->dest->adapter;
    struct buf args = {0};

    pack_array(&args, 5);
    send_pack_response(r, &args);
    buf_add(&args, s->ticket.data, s->ticket.len);
    buf_add(&args, a->cfg.data, a->cfg.len);
    send_pack_saved(s, &args);
    pack_cstr(&args, s->x->step);
    pool_call(s->engine->pool, a->set, find_function(s, false), SCRIPT_READ,
              &args, on_look_result, s);
    buf_free(&args);
}

static void
on_look_built(void *arg, const struct script_result *r)
{
    struct sending *s = arg;
    struct err e = {0};

    if (r->class != SCRIPT_OK) {
        look_again(s, r->text);
        return;
    }
    outbound_clear(&s->out);
    memset(&s->out, 0, sizeof s->out);
    if (outbound_read(s->arena, r->value, s->x->dest->adapter->base, NULL, 0,
                      &s->out, &e) != 0) {
        look_again(s, e.text);
        return;
    }
    send_transmit(s);
}

static void
look(struct sending *s)
{
    const struct adapter *a = s->x->dest->adapter;
    struct buf args = {0};

    s->looking = true;
    build_ticket(s);
    pack_array(&args, 4);
    buf_add(&args, s->ticket.data, s->ticket.len);
    buf_add(&args, a->cfg.data, a->cfg.len);
    send_pack_saved(s, &args);
    pack_cstr(&args, s->x->step);
    pool_call(s->engine->pool, a->set, find_function(s, true), SCRIPT_BUILD,
              &args, on_look_built, s);
    buf_free(&args);
}

void
lookup_start(struct sending *s)
{
    const struct adapter *a = s->x->dest->adapter;

    if (s->x->kind == DELIVER_TICKET && send_knows_again(s)) {
        build_start(s); /* the key makes a repeat safe */
        return;
    }
    if (!send_can_look(s)) {
        if (s->x->kind == DELIVER_PAUSE || s->x->kind == DELIVER_CLOSE ||
            s->x->kind == DELIVER_NOTIFY ||
            (a->reply_repeatable &&
             (s->x->kind == DELIVER_NOTICE || s->x->kind == DELIVER_MESSAGE)))
            build_start(s);
        else
            give_up(s, "the engine stopped after sending it and the other side "
                       "offers no way to look it up");
        return;
    }
    look(s);
}
