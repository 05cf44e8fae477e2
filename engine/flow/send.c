#include "flow/send.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/request.h"
#include "flow/sending.h"
#include "http/client.h"
#include "http/loop.h"
#include "model/conversation.h"
#include "model/outbound.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

/* A ticket is looked at, a file goes up, a person is found, a refused field is
 * left out, tags are set one by one. */
#define REBUILDS_MAX 16
#define RESET_MAX_S  3600

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

/* --- what the answer meant --- */

static void
act_on(struct sending *s, const struct result *r)
{
    destination_says(s->x->dest, r, clock_now_ms(), send_random());
    switch (r->class) {
    case RESULT_DONE:
        send_done(s, r);
        return;
    case RESULT_RETRY:
        send_retry(s, "retry", r->why, r->after_s);
        return;
    case RESULT_REFUSED:
        send_refused(s, "refused", r->why);
        return;
    case RESULT_AUTH:
        log_error("destination.denied",
                  LOG_STR("destination", s->x->dest->name),
                  LOG_INT("status", s->http),
                  LOG_STR("do", "check its credentials, restart, then usher "
                                "deliveries retry"));
        send_refused(s, "auth",
                     "the credentials were not accepted; correct them, then "
                     "retry");
        return;
    case RESULT_AGAIN:
        if (s->x->rebuilt < REBUILDS_MAX) {
            s->x->rebuilt++;
            send_rebuild(s, r->saved);
            return;
        }
        send_refused(s, "refused", r->why);
        return;
    case RESULT_MISSING:
    case RESULT_UNKNOWN:
        send_unknown(s, r->why);
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
    if (s->http == 403 && result.class != RESULT_AGAIN)
        result.class = RESULT_AUTH;
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

/* Who may write a comment may be forbidden to set a tag: that says nothing of
 * the credentials, and the adapter goes on without the tag. */
static bool
may_lack_a_right(const struct sending *s)
{
    return !s->looking && s->x->kind == DELIVER_UPDATE &&
           json_object_get(s->payload, "language") != NULL;
}

static void
on_response(void *arg, const struct client_response *r)
{
    struct sending *s = arg;
    struct result result = {0};
    bool helpdesk =
        s->x->kind == DELIVER_TICKET || s->x->kind == DELIVER_UPDATE;
    bool decided = false;

    FAIL_POINT("deliver.after_answer");
    s->http = r->status;
    if (s->out.mail_to != NULL && r->wire == WIRE_ANSWERED) {
        mail_answered(s, r->status);
        return;
    }
    if (r->wire == WIRE_NOT_SENT) {
        result.class = RESULT_RETRY;
        result.why = transport_says(s, r);
        destination_failed(s->x->dest, clock_now_ms(), send_random());
        send_retry(s, "not_sent", result.why, 0);
        return;
    }
    if (r->wire == WIRE_SENT || r->too_long) {
        result.class = RESULT_UNKNOWN;
        result.why = transport_says(s, r);
        act_on(s, &result);
        return;
    }
    if (r->status != 403 || !may_lack_a_right(s))
        decided = result_from_status(r->status, client_header(r, "retry-after"),
                                     s->looking, clock_now_ms(), &result);
    if (decided) {
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
            send_refused(s, "refused", e.text);
        }
        return;
    }
    s->started_ms = clock_now_ms();
    s->sent = !s->looking;
    if (request_send(s->engine, s->x->dest->adapter, &s->out, s->x->did,
                     s->arena, on_response, s, &e) != 0) {
        s->sent = false;
        send_refused(s, "refused", e.text);
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
        send_store_failed(s, e);
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
    send_fill_step(s, NULL, NULL);
    if (!needs_lease(s)) {
        go_out(s);
        return;
    }
    s->step.keep_bytes = keep_bytes;
    s->step.bytes = (struct str){s->frozen.data, s->frozen.len};
    FAIL_POINT("deliver.before_lease");
    store_submit(s->engine->store, run_lease, on_leased, &s->step);
}
