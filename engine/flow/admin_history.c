#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/json.h"
#include "flow/admin.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/history.h"
#include "http/server.h"
#include "store/store.h"

/* A question about what was, and who waits for the answer. */
struct asked {
    struct history_query query; /* first: the store's function gets it */
    struct server *server;
    uint64_t handle;
    struct buf key;
    const char *items; /* of a page: the member its items are under */
};

static struct asked *
asked_new(struct engine *en, struct server *s, struct request *r)
{
    struct asked *a = mem_zero(sizeof *a);

    a->server = s;
    a->handle = request_handle(r);
    a->query.tenant = en->config->tenant;
    return a;
}

static void
asked_free(struct asked *a)
{
    buf_free(&a->query.json);
    buf_free(&a->query.behind);
    buf_free(&a->key);
    free(a);
}

/* {"<items>":[...],"next":"..."}; what `after` takes is no text of ours to
 * read, so that any id can stand in it. */
static void
answer_page(const struct asked *a)
{
    const struct history_query *q = &a->query;
    struct buf body = {0}, cursor = {0};

    buf_addc(&body, '{');
    json_put_key(&body, a->items);
    buf_addc(&body, '[');
    buf_add(&body, buf_str(&q->json), q->json.len);
    buf_addc(&body, ']');
    if (q->behind.len > 0) {
        digest_base64url(&cursor, q->behind.data, q->behind.len);
        json_put_member(&body, "next", buf_str(&cursor));
    }
    buf_addc(&body, '}');
    admin_send_json(a->server, a->handle, body.data, body.len);
    buf_free(&body);
    buf_free(&cursor);
}

static void
on_answer(void *arg, const struct err *e)
{
    struct asked *a = arg;

    if (e != NULL) {
        admin_send_store_down(a->server, a->handle, e);
    } else if (!a->query.found) {
        server_problem(a->server, a->handle, 404, "There is no such id.");
    } else if (a->items != NULL) {
        answer_page(a);
    } else {
        admin_send_json(a->server, a->handle, a->query.json.data,
                        a->query.json.len);
    }
    asked_free(a);
}

static void
ask(struct engine *en, struct asked *a, store_run_fn *run)
{
    a->query.key = buf_str(&a->key);
    store_submit(en->store, run, on_answer, a);
}

/* False: answered, the parameter is no such number. */
static bool
take_number(struct asked *a, struct request *r, const char *name, uint64_t max,
            uint64_t *out)
{
    struct str given = admin_parameter(r, name);

    *out = 0;
    if (given.len == 0 || (str_to_u64(given, out) && *out <= max))
        return true;
    server_problem(a->server, a->handle, 422,
                   "since is a time in milliseconds, limit a number.");
    asked_free(a);
    return false;
}

/* ?since=MS&after=CURSOR&limit=N */
static void
ask_page(struct engine *en, struct server *s, struct request *r,
         const char *items, store_run_fn *run)
{
    struct asked *a = asked_new(en, s, r);
    struct str after = admin_parameter(r, "after");
    uint64_t since, limit;

    a->items = items;
    if (!take_number(a, r, "since", INT64_MAX, &since) ||
        !take_number(a, r, "limit", 100000, &limit))
        return;
    if (!digest_unbase64url(&a->key, after)) {
        server_problem(s, a->handle, 422,
                       "after is what the page before gave as next.");
        asked_free(a);
        return;
    }
    a->query.since_ms = (int64_t)since;
    a->query.limit = (int)limit;
    ask(en, a, run);
}

void
admin_recordings(struct engine *en, struct server *s, struct request *r,
                 struct str name)
{
    (void)name;
    ask_page(en, s, r, "recordings", run_history_conversations);
}

void
admin_decisions(struct engine *en, struct server *s, struct request *r,
                struct str name)
{
    (void)name;
    ask_page(en, s, r, "decisions", run_history_decisions);
}

void
admin_handoffs(struct engine *en, struct server *s, struct request *r,
               struct str name)
{
    (void)name;
    ask_page(en, s, r, "handoffs", run_history_handoffs);
}

void
admin_inputs(struct engine *en, struct server *s, struct request *r,
             struct str name)
{
    struct asked *a = asked_new(en, s, r);

    buf_add(&a->key, name.p, name.len);
    ask(en, a, run_history_inputs);
}

void
admin_policy_files(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    struct asked *a = asked_new(en, s, r);

    buf_add(&a->key, name.p, name.len);
    ask(en, a, run_history_policy);
}
