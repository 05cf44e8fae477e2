#include "flow/turn.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/pack_json.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/notice.h"
#include "http/loop.h"
#include "http/server.h"
#include "script/pool.h"
#include "script/set.h"

#define NOTHING_TO_SAY "{\"action\":\"keep\",\"stop\":false}"

/* A request that waits. It outlives its job by the call of respond, and the
 * job outlives it when the time is over. */
struct turn {
    struct engine *engine;
    const struct adapter *source;
    struct job *job; /* NULL: detached */
    uint64_t handle;
    struct loop_timer *timer;
    struct buf event; /* packed; respond may have to give it back changed */
};

/* --- answering --- */

static void
turn_free(struct turn *t)
{
    loop_cancel(t->timer);
    buf_free(&t->event);
    free(t);
}

void
turn_drop(struct turn *t)
{
    if (t != NULL)
        turn_free(t);
}

static void
detach(struct turn *t)
{
    loop_cancel(t->timer);
    t->timer = NULL;
    if (t->job != NULL)
        t->job->turn = NULL;
    t->job = NULL;
}

static bool
is_header(struct str name, struct str value)
{
    bool fine = name.len > 0 && value.len > 0;

    for (size_t i = 0; i < name.len; i++)
        fine &= isalnum((unsigned char)name.p[i]) || name.p[i] == '-';
    for (size_t i = 0; i < value.len; i++)
        fine &= value.p[i] >= ' ' && value.p[i] <= '~';
    return fine;
}

static void
put_headers(const struct value *headers, struct buf *out)
{
    for (size_t i = 0; i < value_count(headers); i++) {
        struct str name, value = value_str(value_member(headers, i, &name));

        if (is_header(name, value))
            buf_addf(out, "%.*s: %.*s\r\n", (int)name.len, name.p,
                     (int)value.len, value.p);
    }
}

static void
on_response(void *arg, const struct script_result *r)
{
    struct turn *t = arg;
    const struct value *json =
        r->class == SCRIPT_OK ? value_get(r->value, "json") : NULL;
    struct buf body = {0}, headers = {0};

    if (t->engine->public_server == NULL) {
        /* The engine ends. */
    } else if (value_type(json) == VALUE_MAP) {
        put_headers(value_get(r->value, "headers"), &headers);
        value_to_json(&body, json);
        server_reply(t->engine->public_server, t->handle,
                     &(struct reply){.status = 200,
                                     .headers = headers.data != NULL
                                                    ? buf_str(&headers)
                                                    : NULL,
                                     .body = body.data,
                                     .body_n = body.len});
    } else {
        log_warn(
            "adapter.failed", LOG_STR("source", t->source->part->name),
            LOG_STR("class", script_class_name(r->class)),
            LOG_STR("why", r->text != NULL ? r->text : "respond gave no json"));
        server_problem(t->engine->public_server, t->handle, 500,
                       "The event is kept. What to say could not be put into "
                       "the chat's form: see the engine's log.");
    }
    buf_free(&body);
    buf_free(&headers);
    turn_free(t);
}

static void
respond(struct turn *t, const char *said, size_t n)
{
    struct buf args = {0};

    detach(t);
    pack_array(&args, 3);
    if (n == 0 || pack_json_text(&args, said, n, NULL) != 0)
        (void)!pack_json_text(&args, NOTHING_TO_SAY, sizeof NOTHING_TO_SAY - 1,
                              NULL);
    buf_add(&args, t->event.data, t->event.len);
    buf_add(&args, t->source->cfg.data, t->source->cfg.len);
    pool_call(t->engine->pool, t->source->set, "respond", SCRIPT_READ, &args,
              on_response, t);
    buf_free(&args);
}

static void
answer_not_kept(struct turn *t)
{
    detach(t);
    server_problem_with(t->engine->public_server, t->handle, 503,
                        "The store has not taken the event. Send the same "
                        "request again.",
                        "Retry-After: 5\r\n");
    turn_free(t);
}

/* The customer does not wait for ever: the AI's own words go out. What is
 * decided later shows at the next turn. But 200 says that the event is kept. */
static void
on_time_over(void *arg)
{
    struct turn *t = arg;

    t->timer = NULL;
    t->engine->count.turns_late++;
    log_warn("turn.late", LOG_STR("conversation", t->job->conv_id));
    if (t->job->journaled)
        respond(t, NULL, 0);
    else
        answer_not_kept(t);
}

void
turn_begin(struct job *j, uint64_t handle)
{
    struct turn *t = mem_zero(sizeof *t);

    t->engine = j->engine;
    t->source = j->source;
    t->job = j;
    t->handle = handle;
    buf_add(&t->event, j->event.data, j->event.len);
    t->timer =
        loop_after(j->engine->loop, j->source->respond_ms, on_time_over, t);
    j->turn = t;
}

void
turn_lost(struct job *j)
{
    if (j->turn != NULL)
        answer_not_kept(j->turn);
}

void
turn_end(struct job *j)
{
    struct turn *t = j->turn;

    if (t != NULL && j->refused) {
        detach(t);
        server_problem(t->engine->public_server, t->handle, 422, j->error.text);
        turn_free(t);
    } else if (t != NULL) {
        respond(t, j->said.data, j->said.len);
    }
}

/* --- what is said --- */

static void
put_text(const struct job *j, bool handed_over, struct buf *out)
{
    const struct conversation *c = j->conv;
    const struct decision *d = &j->decision;
    int64_t now_ms = j->decided ? j->decided_at_ms : j->received_ms;
    struct buf text = {0};

    if (d->message_off)
        return;
    if (handed_over)
        notice_ticket(j->engine->config, c, d, c->ticket_id, c->ticket_url,
                      c->handoff_id, now_ms, &text);
    else if (d->action == ACTION_OFFER || d->action == ACTION_COLLECT ||
             d->action == ACTION_INFORM)
        notice_message(c, d, &text);
    if (text.len > 0)
        json_put_member(out, "text", buf_str(&text));
    buf_free(&text);
}

static void
put_flag(struct buf *out, const char *key, bool value)
{
    json_put_key(out, key);
    buf_adds(out, value ? "true" : "false");
}

/* A human has the conversation, or is about to. */
static bool
is_handed_over(const struct conversation *c)
{
    return c->handoff_id != NULL &&
           (c->control == CONTROL_USHER || c->control == CONTROL_HUMAN);
}

void
turn_plan(struct job *j, bool opens_handoff)
{
    const struct conversation *c = j->conv;
    const struct decision *d = &j->decision;
    bool over = is_handed_over(c);

    if (j->turn == NULL)
        return;
    buf_clear(&j->said);
    buf_adds(&j->said, "{");
    json_put_member(&j->said, "action", action_name(d->action));
    put_flag(&j->said, "stop", over || d->action == ACTION_COLLECT);
    put_flag(&j->said, "opens", opens_handoff);
    put_text(j, over, &j->said);
    if (over) {
        json_put_member(&j->said, "handoff_id", c->handoff_id);
        json_put_member(&j->said, "ticket_id", c->ticket_id);
        json_put_member(&j->said, "ticket_url", c->ticket_url);
    }
    json_put_member(&j->said, "reason", d->reason);
    json_put_member(&j->said, "group", d->group);
    if (over)
        json_put_member(&j->said, "priority", priority_name(d->priority));
    buf_adds(&j->said, "}");
}
