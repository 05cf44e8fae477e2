#include "flow/escalate.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/cache.h"
#include "flow/deliver.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "http/server.h"
#include "model/conversation.h"

struct waiting {
    struct engine *engine;
    uint64_t handle;
    int64_t wait_ms;
    char hid[ID_SIZE];
};

/* Members that mean something; all others are attributes. */
static const char *const known[] = {"conversation_id", "reason",   "summary",
                                    "messages",        "customer", "channel",
                                    "language",        "source"};

static void
pack_conversation(const json_t *body, struct buf *out)
{
    static const char *const plain[] = {"customer", "channel", "language"};
    json_t *more = json_object(), *rest = json_copy((json_t *)(uintptr_t)body);

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        json_object_del(rest, known[i]);
    json_object_set_new(more, "attributes", rest);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        json_t *value = json_object_get(body, plain[i]);

        if (value != NULL)
            json_object_set(more, plain[i], value);
    }
    pack_json(out, more);
    json_decref(more);
}

/* The roles that callers of language models use, and ours. */
static const char *
role_of(const char *given)
{
    if (given != NULL && strcmp(given, "user") == 0)
        return "customer";
    if (given != NULL && strcmp(given, "assistant") == 0)
        return "ai";
    return given;
}

/* {role, text | content, at_ms, id}: a caller's array as it is. */
static void
pack_messages(const json_t *messages, struct buf *out)
{
    const json_t *one;
    size_t i;

    pack_array(out, json_array_size(messages));
    json_array_foreach(messages, i, one)
    {
        json_t *copy = json_copy((json_t *)(uintptr_t)one);
        const char *role =
            role_of(json_string_value(json_object_get(one, "role")));
        json_t *content = json_object_get(one, "content");

        if (role != NULL)
            json_object_set_new(copy, "role", json_string(role));
        if (json_object_get(one, "text") == NULL && json_is_string(content))
            json_object_set(copy, "text", content);
        if (json_object_get(one, "id") == NULL &&
            json_object_get(one, "index") == NULL)
            json_object_set_new(copy, "index", json_integer((json_int_t)i));
        pack_json(out, copy);
        json_decref(copy);
    }
}

void
escalation_pack(const json_t *body, struct buf *out)
{
    const json_t *messages = json_object_get(body, "messages");
    size_t at, n = 0, handoff_at, handoff_n = 0;

    at = pack_map_open(out);
    n += pack_member(out, "type", "handoff.requested");
    pack_cstr(out, "handoff");
    handoff_at = pack_map_open(out);
    handoff_n += pack_member(out, "via", "tool_call");
    handoff_n += pack_member(
        out, "reason", json_string_value(json_object_get(body, "reason")));
    handoff_n += pack_member(
        out, "summary", json_string_value(json_object_get(body, "summary")));
    pack_map_close(out, handoff_at, handoff_n);
    n++;
    pack_cstr(out, "conversation");
    pack_conversation(body, out);
    n++;
    if (json_is_array(messages)) {
        pack_cstr(out, "messages");
        pack_messages(messages, out);
        n++;
    }
    pack_map_close(out, at, n);
}

bool
escalation_marked(const struct buf *headers)
{
    struct arena *a = arena_new(0);
    const struct value *v =
        value_read(a, headers->data, headers->len, 1000, NULL);
    bool marked = value_get(v, ESCALATION_MARK) != NULL;

    arena_free(a);
    return marked;
}

static void
reply(struct engine *en, uint64_t handle, int status, const char *state,
      const char *hid, const char *ticket, const char *url,
      const struct decision *d)
{
    struct buf body = {0};

    buf_adds(&body, "{");
    if (d != NULL) {
        json_put_member(&body, "action", action_name(d->action));
        json_put_member(&body, "reason", d->reason);
        json_put_member(&body, "rule", d->rule);
    }
    json_put_member(&body, "handoff_id", hid);
    json_put_member(&body, "status", state);
    if (ticket != NULL) {
        json_put_key(&body, "ticket");
        buf_adds(&body, "{");
        json_put_member(&body, "id", ticket);
        json_put_member(&body, "url", url);
        buf_adds(&body, "}");
    }
    buf_adds(&body, "}");
    server_reply(en->public_server, handle,
                 &(struct reply){
                     .status = status, .body = body.data, .body_n = body.len});
    buf_free(&body);
}

static void
on_ticket(void *arg, const char *ticket, const char *url)
{
    struct waiting *w = arg;

    reply(w->engine, w->handle, ticket != NULL ? 200 : 202,
          ticket != NULL ? "ticketed" : "pending", w->hid, ticket, url, NULL);
    free(w);
}

static void
wait_for_ticket(struct engine *en, uint64_t handle, int64_t wait_ms,
                const char *hid)
{
    struct waiting *w = mem_zero(sizeof *w);

    w->engine = en;
    w->handle = handle;
    strncpy(w->hid, hid, sizeof w->hid - 1);
    if (wait_ms <= 0)
        on_ticket(w, NULL, NULL);
    else
        deliver_await(en->deliver, hid, wait_ms, on_ticket, w);
}

void
escalation_answer(struct job *j)
{
    uint64_t handle = j->asker;

    if (handle == 0)
        return;
    j->asker = 0;
    if (j->refused || (j->failed && j->conv == NULL))
        server_problem(j->engine->public_server, handle, 422, j->error.text);
    else if (j->conv == NULL || j->conv->handoff_id == NULL)
        reply(j->engine, handle, 200, "not_handed_over", NULL, NULL, NULL,
              &j->decision);
    else if (j->conv->ticket_id != NULL)
        reply(j->engine, handle, 200, "ticketed", j->conv->handoff_id,
              j->conv->ticket_id, j->conv->ticket_url, NULL);
    else
        wait_for_ticket(j->engine, handle, j->wait_ms, j->conv->handoff_id);
}

static void
on_repeated(void *arg, struct conversation *c, const struct err *e)
{
    struct waiting *w = arg;

    (void)e;
    if (c == NULL || c->handoff_id == NULL)
        reply(w->engine, w->handle, 202, "pending", NULL, NULL, NULL, NULL);
    else if (c->ticket_id != NULL)
        reply(w->engine, w->handle, 200, "ticketed", c->handoff_id,
              c->ticket_id, c->ticket_url, NULL);
    else
        wait_for_ticket(w->engine, w->handle, w->wait_ms, c->handoff_id);
    cache_unpin(w->engine->cache, c);
    free(w);
}

void
escalation_repeat(struct engine *en, uint64_t handle, int64_t wait_ms,
                  const char *conv_id)
{
    struct waiting *w = mem_zero(sizeof *w);

    w->engine = en;
    w->handle = handle;
    w->wait_ms = wait_ms;
    cache_get(en->cache, conv_id, NULL, NULL, CACHE_READ, on_repeated, w);
}
