#include "flow/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/draft.h"
#include "flow/engine.h"
#include "flow/lane.h"
#include "flow/policy.h"
#include "flow/reload.h"
#include "flow/rows.h"
#include "http/server.h"
#include "model/conversation.h"
#include "model/ticket.h"
#include "script/pool.h"
#include "store/store.h"

#define LIST_DEFAULT 100
#define LIST_MAX     1000

/* A question to the store and who waits for the answer. */
struct asked {
    struct row_query query; /* first: the store's function gets it */
    struct engine *engine;
    struct server *server;
    uint64_t handle;
    char key[512], state[32];
    const char *before, *after; /* around the JSON */
    struct conversation *conv;  /* pinned */
};

void
admin_send_json(struct server *s, uint64_t handle, const char *p, size_t n)
{
    server_reply(s, handle,
                 &(struct reply){.status = 200, .body = p, .body_n = n});
}

static void
asked_free(struct asked *a)
{
    if (a->conv != NULL)
        cache_unpin(a->engine->cache, a->conv);
    buf_free(&a->query.json);
    free(a);
}

void
admin_send_store_down(struct server *s, uint64_t handle, const struct err *e)
{
    log_failure(LOG_ERROR, "admin.failed", NULL, NULL, e);
    server_problem(s, handle, 503, "The store could not answer; see the log.");
}

static void
store_down(struct asked *a, const struct err *e)
{
    admin_send_store_down(a->server, a->handle, e);
    asked_free(a);
}

static void
on_answer(void *arg, const struct err *e)
{
    struct asked *a = arg;
    struct buf body = {0};

    if (e != NULL) {
        store_down(a, e);
        return;
    }
    if (!a->query.found) {
        server_problem(a->server, a->handle, 404, "There is no such id.");
        asked_free(a);
        return;
    }
    buf_adds(&body, a->before);
    buf_add(&body, a->query.json.data, a->query.json.len);
    buf_adds(&body, a->after);
    admin_send_json(a->server, a->handle, body.data, body.len);
    buf_free(&body);
    asked_free(a);
}

static struct asked *
asked_new(struct engine *en, struct server *s, struct request *r,
          struct str key)
{
    struct asked *a = mem_zero(sizeof *a);

    a->engine = en;
    a->server = s;
    a->handle = request_handle(r);
    snprintf(a->key, sizeof a->key, "%.*s", (int)key.len, key.p);
    a->query.tenant = en->config->tenant;
    a->query.key = a->key;
    a->query.limit = LIST_DEFAULT;
    a->before = a->after = "";
    return a;
}

struct str
admin_parameter(struct request *r, const char *name)
{
    struct str rest = request_query(r), part, key;

    while (str_cut(&rest, '&', &part))
        if (str_cut(&part, '=', &key) && str_is(key, name))
            return part;
    return (struct str){0};
}

static void
ask(struct asked *a, store_run_fn *run)
{
    store_submit(a->engine->store, run, on_answer, a);
}

/* The names of what is listed: NULL behind the last. */
typedef const char *state_fn(size_t i);

static const char *
conversation_state(size_t i)
{
    return i < STATE_COUNT ? conversation_state_name((enum conversation_state)i)
                           : NULL;
}

static const char *
ticket_state(size_t i)
{
    return i < TICKET_STATUS_COUNT ? ticket_status_name((enum ticket_status)i)
                                   : NULL;
}

static const char *
delivery_state(size_t i)
{
    return i < DELIVERY_STATE_COUNT
               ? delivery_state_name((enum delivery_state)i)
               : NULL;
}

/* In any case of letters; false: answered, there is no such state. */
static bool
take_state(struct asked *a, struct str given, state_fn *names)
{
    struct buf known = {0};
    const char *name;

    if (given.len == 0)
        return true;
    for (size_t i = 0; (name = names(i)) != NULL; i++) {
        if (strlen(name) == given.len &&
            strncasecmp(name, given.p, given.len) == 0) {
            snprintf(a->state, sizeof a->state, "%s", name);
            a->query.state = a->state;
            buf_free(&known);
            return true;
        }
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", name);
    }
    buf_adds(&known, " are the states there are.");
    server_problem(a->server, a->handle, 422, buf_str(&known));
    buf_free(&known);
    return false;
}

/* ?limit=..&state=.. of a list, and where the page goes on. */
static void
ask_list(struct engine *en, struct server *s, struct request *r,
         const char *before, state_fn *states, store_run_fn *run)
{
    struct asked *a = asked_new(en, s, r, (struct str){0});
    uint64_t limit;

    if (str_to_u64(admin_parameter(r, "limit"), &limit) && limit > 0)
        a->query.limit = limit > LIST_MAX ? LIST_MAX : (int)limit;
    if (!take_state(a, admin_parameter(r, "state"), states)) {
        asked_free(a);
        return;
    }
    a->query.found = true;
    a->before = before;
    a->after = "]}";
    ask(a, run);
}

void
admin_conversations(struct engine *en, struct server *s, struct request *r,
                    struct str name)
{
    (void)name;
    ask_list(en, s, r, "{\"conversations\":[", conversation_state,
             run_list_conversations);
}

void
admin_tickets(struct engine *en, struct server *s, struct request *r,
              struct str name)
{
    (void)name;
    ask_list(en, s, r, "{\"tickets\":[", ticket_state, run_list_tickets);
}

static const char *
no_state(size_t i)
{
    (void)i;
    return NULL;
}

void
admin_links(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    (void)name;
    ask_list(en, s, r, "{\"links\":[", no_state, run_list_links);
}

void
admin_deliveries(struct engine *en, struct server *s, struct request *r,
                 struct str name)
{
    (void)name;
    ask_list(en, s, r, "{\"deliveries\":[", delivery_state,
             run_list_deliveries);
}

void
admin_delivery(struct engine *en, struct server *s, struct request *r,
               struct str name)
{
    ask(asked_new(en, s, r, name), run_get_delivery);
}

void
admin_handoff(struct engine *en, struct server *s, struct request *r,
              struct str name)
{
    ask(asked_new(en, s, r, name), run_get_handoff);
}

void
admin_decision(struct engine *en, struct server *s, struct request *r,
               struct str name)
{
    ask(asked_new(en, s, r, name), run_get_decision);
}

/* How often each rule decided, page by page: name is where a page begins. */
void
admin_rules(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    ask(asked_new(en, s, r, name), run_count_rules);
}

static void
on_retried(void *arg, const struct err *e)
{
    struct asked *a = arg;

    if (e != NULL) {
        store_down(a, e);
        return;
    }
    if (!a->query.found) {
        server_problem(a->server, a->handle, 409,
                       "Only a held or given-up delivery can be retried, and "
                       "this is none.");
        asked_free(a);
        return;
    }
    log_info("delivery.retry_asked", LOG_STR("delivery", a->key));
    deliver_refresh(a->engine->deliver);
    on_answer(a, NULL);
}

void
admin_retry(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    store_submit(en->store, run_retry_delivery, on_retried,
                 asked_new(en, s, r, name));
}

/* POST /v1/handoffs/ID/label?is=needed|needless|none */
void
admin_label(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    struct asked *a = asked_new(en, s, r, name);
    struct str is = admin_parameter(r, "is");

    if (!str_is(is, "needed") && !str_is(is, "needless") &&
        !str_is(is, "none")) {
        server_problem(s, a->handle, 422,
                       "is= needed, needless or none: whether this hand-over "
                       "needed a human.");
        asked_free(a);
        return;
    }
    if (!str_is(is, "none"))
        snprintf(a->state, sizeof a->state, "%.*s", (int)is.len, is.p);
    a->query.state = a->state;
    ask(a, run_label_handoff);
}

/* --- a conversation with what became of it --- */

static void
on_outcome(void *arg, const struct err *e)
{
    struct asked *a = arg;
    struct buf body = {0};

    if (e != NULL) {
        store_down(a, e);
        return;
    }
    conversation_json(a->conv, &body);
    if (a->query.json.len > 0 && body.len > 0 &&
        body.data[body.len - 1] == '}') {
        buf_cut(&body, body.len - 1);
        buf_addc(&body, ',');
        buf_add(&body, a->query.json.data, a->query.json.len);
        buf_addc(&body, '}');
    }
    admin_send_json(a->server, a->handle, body.data, body.len);
    buf_free(&body);
    asked_free(a);
}

static void
on_conversation(void *arg, struct conversation *c, const struct err *e)
{
    struct asked *a = arg;

    if (c == NULL && e->class != ERR_NONE) {
        store_down(a, e);
        return;
    }
    if (c == NULL) {
        server_problem(a->server, a->handle, 404,
                       "There is no such conversation. Ids are "
                       "<source>:<the source's own id>.");
        asked_free(a);
        return;
    }
    a->conv = c;
    store_submit(a->engine->store, run_get_outcome, on_outcome, a);
}

void
admin_conversation(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    struct asked *a = asked_new(en, s, r, name);

    cache_get(en->cache, a->key, NULL, NULL, CACHE_READ, on_conversation, a);
}

/* --- health --- */

void
admin_health(struct engine *en, struct server *s, struct request *r,
             struct str name)
{
    (void)en;
    (void)name;
    admin_send_json(s, request_handle(r), "{\"status\":\"up\"}", 15);
}

/* Rules that were not taken are no reason to get no requests. */
static void
put_reload(const struct engine *en, struct buf *out)
{
    const struct reload_outcome *last = reload_last(en->reload);

    if (last->word != RELOAD_REJECTED)
        return;
    json_put_member(out, "policy_rejected", last->text);
    json_put_member_time(out, "policy_rejected_at", last->at_ms);
}

/* Nor is a draft, whatever became of it. */
static void
put_draft(const struct engine *en, struct buf *out)
{
    if (draft_state(en->draft) == DRAFT_NONE)
        return;
    json_put_key(out, "draft");
    draft_json(en->draft, out);
}

static void
on_counts(void *arg, const struct err *e)
{
    struct asked *a = arg;
    struct engine *en = a->engine;
    struct buf body = {0};
    bool ready = e == NULL && en->recovered && !en->draining;

    buf_adds(&body, "{");
    json_put_member(&body, "status", ready ? "ready" : "not ready");
    if (e != NULL)
        json_put_member(&body, "why", e->text);
    else if (en->draining)
        json_put_member(&body, "why", "stopping");
    json_put_member(&body, "policy", en->policy->hash);
    put_reload(en, &body);
    put_draft(en, &body);
    json_put_member_int(&body, "events_in_flight",
                        (int64_t)lanes_waiting(en->lanes));
    json_put_member_int(&body, "deliveries_waiting",
                        (int64_t)deliver_waiting(en->deliver));
    json_put_member_int(&body, "store_delay_ms", store_delay_ms(en->store));
    if (a->query.json.len > 0) {
        json_put_key(&body, "open");
        buf_add(&body, a->query.json.data, a->query.json.len);
    }
    json_put_key(&body, "destinations");
    buf_adds(&body, "[");
    deliver_destinations(en->deliver, &body);
    buf_adds(&body, "]}");
    server_reply(a->server, a->handle,
                 &(struct reply){.status = ready ? 200 : 503,
                                 .body = body.data,
                                 .body_n = body.len});
    buf_free(&body);
    asked_free(a);
}

void
admin_ready(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    store_submit(en->store, run_open_counts, on_counts,
                 asked_new(en, s, r, name));
}

/* --- metrics: Prometheus text format 0.0.4 --- */

static void
put_counters(const struct engine *en, struct buf *out)
{
#define X(name, help)                                                          \
    buf_addf(out,                                                              \
             "# HELP usher_" #name "_total " help "\n# TYPE usher_" #name      \
             "_total counter\nusher_" #name "_total %" PRIu64 "\n",            \
             en->count.name);
    ENGINE_COUNTERS(X)
#undef X
}

static void
put_gauge(struct buf *out, const char *name, const char *help, double value)
{
    buf_addf(out, "# HELP usher_%s %s\n# TYPE usher_%s gauge\nusher_%s ", name,
             help, name, name);
    json_put_num(out, value);
    buf_addc(out, '\n');
}

static void
put_scripts(const struct engine *en, struct buf *out)
{
    struct pool_stats stats;

    pool_stats(en->pool, &stats);
    buf_addf(out,
             "# HELP usher_script_calls_total calls of rules and adapters\n"
             "# TYPE usher_script_calls_total counter\n"
             "usher_script_calls_total %" PRIu64 "\n"
             "# HELP usher_script_failures_total failed calls by class\n"
             "# TYPE usher_script_failures_total counter\n",
             stats.calls);
    for (int k = SCRIPT_ERROR; k <= SCRIPT_BAD_SET; k++)
        buf_addf(out, "usher_script_failures_total{class=\"%s\"} %" PRIu64 "\n",
                 script_class_name((enum script_class)k), stats.failures[k]);
    put_gauge(out, "worker_respawns", "workers replaced after a failure",
              (double)stats.respawns);
}

static void
put_store(const struct engine *en, struct buf *out)
{
    struct store_stats stats;

    store_stats(en->store, &stats);
    put_gauge(out, "store_commits", "transactions committed",
              (double)stats.batches);
    put_gauge(out, "store_jobs", "jobs in them", (double)stats.jobs);
    put_gauge(out, "store_commit_seconds_sum", "time spent in commits",
              (double)stats.commit_us_sum / 1e6);
    put_gauge(out, "store_delay_seconds", "wait of the oldest queued job",
              (double)store_delay_ms(en->store) / 1e3);
}

void
admin_metrics(struct engine *en, struct server *s, struct request *r,
              struct str name)
{
    struct buf out = {0};

    (void)name;
    put_counters(en, &out);
    put_scripts(en, &out);
    put_store(en, &out);
    put_gauge(&out, "events_in_flight", "events kept and not yet applied",
              (double)lanes_waiting(en->lanes));
    put_gauge(&out, "deliveries_waiting", "deliveries not yet done",
              (double)deliver_waiting(en->deliver));
    put_gauge(&out, "deliveries_running", "requests in flight",
              (double)deliver_running(en->deliver));
    put_gauge(&out, "handoffs_unowned",
              "open hand-overs that nobody answers for, looked at hourly",
              (double)en->handoffs_unowned);
    put_gauge(&out, "conversations_cached", "conversations in memory",
              (double)cache_count(en->cache));
    put_gauge(&out, "connections", "open connections of the public listener",
              (double)server_connections(en->public_server));
    put_gauge(&out, "uptime_seconds", "time since the start",
              (double)(clock_now_ms() - en->started_ms) / 1e3);
    server_reply(s, request_handle(r),
                 &(struct reply){.status = 200,
                                 .content_type = "text/plain; version=0.0.4",
                                 .body = out.data,
                                 .body_n = out.len});
    buf_free(&out);
}
