#include "flow/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/adapter.h"
#include "flow/availability.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "http/server.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "script/pool.h"
#include "script/set.h"

struct asking {
    struct engine *engine;
    uint64_t handle;
    struct conversation *conv;
};

struct adapter *
ask_source(struct engine *en, struct request *r)
{
    struct str name = request_header(r, "x-usher-source", NULL);
    struct adapter *a;
    struct err e = {0};
    bool stale;

    a = name.len > 0 ? engine_source(en, name.p, name.len)
        : en->sources[0] != NULL && en->sources[1] == NULL ? en->sources[0]
                                                           : NULL;
    if (a == NULL) {
        server_problem(en->public_server, request_handle(r), 404,
                       "Say which source asks: header X-Usher-Source with a "
                       "configured source's name.");
        return NULL;
    }
    if (adapter_verify(a, r, clock_now_ms(), &stale, &e) != 0) {
        en->count.signature_failures++;
        log_warn("event.refused", LOG_STR("source", a->part->name),
                 LOG_INT("status", 401), LOG_STR("why", e.text));
        server_problem(en->public_server, request_handle(r), 401, e.text);
        return NULL;
    }
    return a;
}

static void
on_answer(void *arg, const struct script_result *r)
{
    struct asking *a = arg;
    struct arena *arena = arena_new(4096);
    struct decision d = {0};
    struct buf out = {0};
    struct err e = {0};

    if (r->class != SCRIPT_OK)
        decision_failsafe(arena, script_class_name(r->class), r->text, &d);
    else if (decision_read(arena, r->value, true, &d, &e) != 0)
        decision_failsafe(arena, "bad_result", e.text, &d);
    decision_json(&d, true, &out);
    server_reply(
        a->engine->public_server, a->handle,
        &(struct reply){.status = 200, .body = out.data, .body_n = out.len});
    decision_clear(&d);
    buf_free(&out);
    arena_free(arena);
    conversation_free(a->conv);
    free(a);
}

static void
ask(struct engine *en, struct request *r, struct conversation *c)
{
    struct asking *a = mem_zero(sizeof *a);
    struct policy_moment m = {.event = EVENT_MESSAGE, .now_ms = clock_now_ms()};
    json_t *teams = availability_facts(en->availability, m.now_ms);
    struct buf args = {0};

    m.availability = teams;
    a->engine = en;
    a->handle = request_handle(r);
    a->conv = c;
    policy_pack_call(en->policy, c, &m, POLICY_EXPLAIN, &args);
    json_decref(teams);
    pool_call(en->pool, en->policy->set, "decide", SCRIPT_DECIDE, &args,
              on_answer, a);
    buf_free(&args);
}

void
ask_decide(struct engine *en, struct request *r)
{
    struct str body = request_body(r);
    struct conversation *c;
    struct err e = {0};
    json_t *json;

    if (ask_source(en, r) == NULL)
        return;
    json = json_read(body.p, body.len, &e);
    c = json != NULL ? conversation_from_recording(json, &e) : NULL;
    json_decref(json);
    if (c == NULL) {
        server_problem(en->public_server, request_handle(r), 422, e.text);
        return;
    }
    ask(en, r, c);
}
