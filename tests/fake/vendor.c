/*
 * vendor: a scripted helpdesk and chat on loopback that keeps a ledger.
 *
 *   vendor PORT [--ledger FILE] [--delay-ms N] [--fault KIND[:EVERY]]...
 *          [--no-keys]
 *
 * Speaks enough of a ticket API (POST /api/v2/tickets with Idempotency-Key,
 * GET /api/v2/tickets?external_id=, GET and PUT /api/v2/tickets/ID, and
 * /api/v2/tickets/ID/body, the request that made the ticket) and of a
 * chat's reply address (POST /reply). A ticket has a status, a type and its
 * comments (GET /api/v2/tickets/show_many?ids=, /api/v2/tickets/ID/comments);
 * a closed one takes no change, /api/v2/tickets/ID/tags adds (in the ledger, as
 * "tags"; of a task nobody may). Helpdesks of conversations are in
 * vendor_talks.h. POST /control with {"ticket": ID, "status": S, "type": T,
 * "assignee": N, "group": N, "reply_minutes": N, "gone": true} changes it;
 * which tickets were looked at stands in the ledger, as "look". Everything that
 * was applied is one JSON
 * line in the ledger, written before the answer. With --no-keys it ignores
 * Idempotency-Key, as helpdesks of the old kind do. POST /control with
 * {"fault": KIND, "every": N, "on": "ticket"|"reply"|"note"|"settle"|"contact"|
 * "search"|"all", "count": N} changes the faults at run time; GET /ledger
 * returns what was applied.
 *
 * Faults: lose (apply, then close without an answer), rst (close before
 * applying), cut (apply, answer half a body), 429, 429r (says until when in
 * X-RateLimit-Reset, four seconds from now), 500 (not applied), 500x
 * (applied), 503, 401, 302, garbage (200 with HTML, applied), huge (1 GB
 * answer), hang (never answers), late (applied, answers after 3 s).
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "vendor_talks.h"

enum fault {
    NONE,
    LOSE,
    RST,
    CUT,
    TOO_MANY,
    TOO_MANY_UNTIL,
    ERROR_BEFORE,
    ERROR_AFTER,
    UNAVAILABLE,
    REDIRECT,
    GARBAGE,
    HUGE_BODY,
    HANG,
    LATE,
    DENIED,
    FAULTS
};
static const char *const fault_names[FAULTS] = {
    "none", "lose", "rst",     "cut",  "429",  "429r", "500", "500x",
    "503",  "302",  "garbage", "huge", "hang", "late", "401"};

#define FIRST_ID 35001

struct ticket {
    char *external_id, *key;
    char status[16], type[16];
    long long assignee, group, reply_minutes; /* 0: none; -1: not told */
    long long made_at, changed_at;            /* ms */
    bool gone;
    struct buf body;     /* as it was sent */
    struct buf comments; /* members of a JSON array, the newest first */
    long long id;
};

struct vendor {
    struct event_base *base;
    int ledger;
    struct map *by_key, *by_external; /* struct ticket; first of its id */
    struct map *replies;              /* webhook-id -> seen */
    struct talks *talks;
    struct ticket **tickets;
    size_t ticket_count, ticket_room;
    long long next_id;
    int delay_ms;
    enum fault fault;
    long every, seen, budget; /* budget < 0: no end */
    char on[16];
    bool no_keys;
    unsigned long requests, reply_count, repeats;
};

struct answer {
    struct vendor *v;
    struct evhttp_request *req;
    int status;
    struct evbuffer *body;
    bool cut, lose;
    struct event *timer;
};

static void
write_ledger(struct vendor *v, const char *kind, const char *id,
             const char *key, const char *more)
{
    struct buf line = {0};

    if (v->ledger < 0)
        return;
    buf_adds(&line, "{");
    json_put_member(&line, "kind", kind);
    json_put_member(&line, "id", id);
    json_put_member(&line, "key", key);
    json_put_member(&line, "more", more);
    buf_adds(&line, "}\n");
    if (write(v->ledger, line.data, line.len) < 0)
        perror("ledger");
    buf_free(&line);
}

static void
answer_now(struct answer *a)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(a->req);

    if (a->lose) {
        evhttp_connection_free(conn);
    } else {
        if (a->cut) {
            char length[32];

            snprintf(length, sizeof length, "%zu",
                     evbuffer_get_length(a->body) + 100);
            evhttp_add_header(evhttp_request_get_output_headers(a->req),
                              "Content-Length", length);
            evhttp_add_header(evhttp_request_get_output_headers(a->req),
                              "Connection", "close");
        }
        evhttp_send_reply(a->req, a->status, NULL, a->body);
    }
    evbuffer_free(a->body);
    if (a->timer != NULL)
        event_free(a->timer);
    free(a);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    answer_now(arg);
}

static void
answer(struct vendor *v, struct evhttp_request *req, int status,
       const char *text, enum fault f)
{
    struct answer *a = mem_zero(sizeof *a);
    int delay = f == LATE ? 3000 : v->delay_ms;

    a->v = v;
    a->req = req;
    a->status = status;
    a->body = evbuffer_new();
    evbuffer_add(a->body, text, strlen(text));
    a->cut = f == CUT;
    a->lose = f == LOSE || f == RST;
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                      f == GARBAGE ? "text/html" : "application/json");
    if (delay > 0) {
        struct timeval t = {delay / 1000, delay % 1000 * 1000};

        a->timer = evtimer_new(v->base, on_time, a);
        evtimer_add(a->timer, &t);
    } else {
        answer_now(a);
    }
}

/* A gigabyte, a megabyte at a time, until the client has had enough. */
static void
on_more(struct evhttp_connection *conn, void *arg)
{
    struct evhttp_request *req = arg;
    static char zeros[1 << 20];
    struct evbuffer *chunk = evbuffer_new();

    (void)conn;
    memset(zeros, '0', sizeof zeros);
    evbuffer_add_reference(chunk, zeros, sizeof zeros, NULL, NULL);
    evhttp_send_reply_chunk_with_cb(req, chunk, on_more, req);
    evbuffer_free(chunk);
}

static enum fault
fault_for(struct vendor *v, const char *kind)
{
    if (v->fault == NONE || v->budget == 0)
        return NONE;
    if (strcmp(v->on, "all") != 0 && strcmp(v->on, kind) != 0)
        return NONE;
    if (++v->seen % v->every != 0)
        return NONE;
    if (v->budget > 0)
        v->budget--;
    return v->fault;
}

/* Faults that act before anything is applied; true when it is over. */
static bool
fails_before(struct vendor *v, struct evhttp_request *req, enum fault f)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req);
    char until[24];

    switch (f) {
    case RST:
        answer(v, req, 0, "", f);
        return true;
    case TOO_MANY:
        evhttp_add_header(out, "Retry-After", "1");
        answer(v, req, 429, "{\"error\":\"TooManyRequests\"}", f);
        return true;
    case TOO_MANY_UNTIL:
        snprintf(until, sizeof until, "%lld", (long long)time(NULL) + 4);
        evhttp_add_header(out, "X-RateLimit-Reset", until);
        answer(v, req, 429, "{\"error\":\"TooManyRequests\"}", f);
        return true;
    case ERROR_BEFORE:
        answer(v, req, 500, "{\"error\":\"internal\"}", f);
        return true;
    case UNAVAILABLE:
        answer(v, req, 503, "{\"error\":\"unavailable\"}", f);
        return true;
    case DENIED:
        answer(v, req, 401, "{\"error\":\"Couldn't authenticate you\"}", f);
        return true;
    case REDIRECT:
        evhttp_add_header(out, "Location", "http://127.0.0.1:1/elsewhere");
        answer(v, req, 302, "{}", f);
        return true;
    case HANG:
        return true; /* the client's own limit ends it */
    case NONE:
    case LOSE:
    case CUT:
    case ERROR_AFTER:
    case GARBAGE:
    case HUGE_BODY:
    case LATE:
    case FAULTS:
        break;
    }
    return false;
}

static void
answer_after(struct vendor *v, struct evhttp_request *req, int status,
             const char *text, enum fault f)
{
    if (f == ERROR_AFTER) {
        answer(v, req, 500, "{\"error\":\"internal\"}", f);
    } else if (f == GARBAGE) {
        answer(v, req, 200, "<html>Please log in</html>", f);
    } else if (f == HUGE_BODY) {
        evhttp_send_reply_start(req, 200, NULL);
        on_more(NULL, req);
    } else {
        answer(v, req, status, text, f);
    }
}

static void
body_of(struct evhttp_request *req, struct buf *out)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t n = evbuffer_get_length(in);

    evbuffer_copyout(in, buf_reserve(out, n), n);
    out->len += n;
    out->data[out->len] = '\0';
}

static const char *
header(struct evhttp_request *req, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(req), name);
}

static void
put_ticket(const struct ticket *t, struct buf *out)
{
    buf_adds(out, "{");
    json_put_member_int(out, "id", t->id);
    json_put_member(out, "external_id", t->external_id);
    json_put_member(out, "status", t->status);
    json_put_member(out, "type", t->type[0] != '\0' ? t->type : NULL);
    if (t->assignee != 0)
        json_put_member_int(out, "assignee_id", t->assignee);
    if (t->group != 0)
        json_put_member_int(out, "group_id", t->group);
    json_put_member_time(out, "created_at", t->made_at);
    json_put_member_time(out, "updated_at", t->changed_at);
    buf_adds(out, "}");
}

static struct ticket *
make_ticket(struct vendor *v, const char *key, const char *external,
            const struct buf *body)
{
    struct ticket *t = mem_zero(sizeof *t);
    char id[32];

    t->id = v->next_id++;
    t->external_id = strdup(external != NULL ? external : "");
    t->key = strdup(key != NULL ? key : "");
    strcpy(t->status, "new");
    t->made_at = t->changed_at = clock_now_ms();
    t->reply_minutes = -1;
    buf_add(&t->body, body->data, body->len);
    if (v->ticket_count == v->ticket_room) {
        v->ticket_room = v->ticket_room * 2 + 64;
        v->tickets = mem_grow(v->tickets, v->ticket_room * sizeof(*v->tickets));
    }
    v->tickets[v->ticket_count++] = t;
    if (key != NULL)
        map_put(v->by_key, key, t);
    if (external != NULL && map_get(v->by_external, external) == NULL)
        map_put(v->by_external, external, t);
    snprintf(id, sizeof id, "%lld", t->id);
    write_ledger(v, "ticket", external, key, id);
    return t;
}

static void
create(struct vendor *v, struct evhttp_request *req)
{
    enum fault f = fault_for(v, "ticket");
    const char *key = v->no_keys ? NULL : header(req, "Idempotency-Key");
    struct ticket *t;
    struct buf body = {0}, out = {0};
    const json_t *ticket;
    json_t *json;

    if (fails_before(v, req, f))
        return;
    body_of(req, &body);
    t = key != NULL ? map_get(v->by_key, key) : NULL;
    if (t != NULL && (t->body.len != body.len ||
                      memcmp(t->body.data, body.data, body.len) != 0)) {
        answer(v, req, 400, "{\"error\":\"IdempotentRequestError\"}", NONE);
        buf_free(&body);
        return;
    }
    evhttp_add_header(evhttp_request_get_output_headers(req),
                      "x-idempotency-lookup", t != NULL ? "hit" : "miss");
    if (t == NULL) {
        json = json_read(body.data, body.len, NULL);
        ticket = json_object_get(json, "ticket");
        t = make_ticket(
            v, key, json_string_value(json_object_get(ticket, "external_id")),
            &body);
        json_decref(json);
    } else {
        v->repeats++;
    }
    buf_adds(&out, "{\"ticket\":");
    put_ticket(t, &out);
    buf_adds(&out, "}");
    answer_after(v, req, 201, out.data, f);
    buf_free(&body);
    buf_free(&out);
}

static void
search(struct vendor *v, struct evhttp_request *req, const char *query)
{
    enum fault f = fault_for(v, "search");
    struct evkeyvalq q;
    const char *external;
    struct buf out = {0};

    if (fails_before(v, req, f))
        return;
    evhttp_parse_query_str(query != NULL ? query : "", &q);
    external = evhttp_find_header(&q, "external_id");
    buf_adds(&out, "{\"tickets\":[");
    for (size_t i = 0; external != NULL && i < v->ticket_count; i++) {
        if (strcmp(v->tickets[i]->external_id, external) != 0)
            continue;
        if (out.data[out.len - 1] == '}')
            buf_addc(&out, ',');
        put_ticket(v->tickets[i], &out);
    }
    buf_adds(&out, "]}");
    evhttp_clear_headers(&q);
    answer_after(v, req, 200, out.data, f);
    buf_free(&out);
}

static void
reply(struct vendor *v, struct evhttp_request *req)
{
    enum fault f = fault_for(v, "reply");
    const char *id = header(req, "webhook-id");
    struct buf body = {0};
    json_t *json;
    const char *type, *conversation;

    if (fails_before(v, req, f))
        return;
    body_of(req, &body);
    json = json_read(body.data, body.len, NULL);
    type = json_string_value(json_object_get(json, "type"));
    conversation =
        json_string_value(json_at(json, "data.conversation_id") != NULL
                              ? json_at(json, "data.conversation_id")
                              : json_object_get(json, "conversation_id"));
    v->reply_count++;
    if (id == NULL || map_get(v->replies, id) == NULL) {
        if (id != NULL)
            map_put(v->replies, id, v);
        write_ledger(v, type != NULL ? type : "reply", conversation, id, NULL);
    } else {
        v->repeats++;
    }
    json_decref(json);
    buf_free(&body);
    answer_after(v, req, 200, "{}", f);
}

static struct ticket *
ticket_by_id(const struct vendor *v, long long id)
{
    if (id < FIRST_ID || (size_t)(id - FIRST_ID) >= v->ticket_count)
        return NULL;
    return v->tickets[id - FIRST_ID];
}

static void
put_metrics(const struct ticket *t, struct buf *out)
{
    if (t->reply_minutes < 0)
        return;
    buf_addf(out,
             "%s{\"ticket_id\":%lld,\"reply_time_in_minutes\":"
             "{\"calendar\":%lld}}",
             out->len > 0 ? "," : "", t->id, t->reply_minutes);
}

static void
show_many(struct vendor *v, struct evhttp_request *req, const char *query)
{
    enum fault f = fault_for(v, "search");
    struct evkeyvalq q;
    struct buf out = {0}, metrics = {0};
    const char *ids;

    if (fails_before(v, req, f))
        return;
    evhttp_parse_query_str(query != NULL ? query : "", &q);
    ids = evhttp_find_header(&q, "ids");
    write_ledger(v, "look", NULL, NULL, ids);
    buf_adds(&out, "{\"tickets\":[");
    while (ids != NULL && *ids != '\0') {
        const struct ticket *t = ticket_by_id(v, strtoll(ids, NULL, 10));

        if (t != NULL && !t->gone) {
            if (out.data[out.len - 1] == '}')
                buf_addc(&out, ',');
            put_ticket(t, &out);
            put_metrics(t, &metrics);
        }
        ids += strcspn(ids, ",");
        ids += *ids == ',';
    }
    buf_addf(&out, "],\"metric_sets\":[%s]}", buf_str(&metrics));
    buf_free(&metrics);
    evhttp_clear_headers(&q);
    answer_after(v, req, 200, out.data, f);
    buf_free(&out);
}

/* What the change says of it; the comment goes before the older ones. */
static void
change_ticket(struct ticket *t, const struct buf *body)
{
    json_t *json = json_read(body->data, body->len, NULL);
    const char *status = json_string_value(json_at(json, "ticket.status"));
    const char *text =
        json_string_value(json_at(json, "ticket.comment.html_body"));
    struct buf comments = {0};

    t->changed_at = clock_now_ms();
    if (json_at(json, "ticket.group_id") != NULL)
        t->group = json_integer_value(json_at(json, "ticket.group_id"));
    if (status != NULL)
        snprintf(t->status, sizeof t->status, "%s", status);
    if (text != NULL) {
        buf_addc(&comments, '{');
        json_put_member(&comments, "html_body", text);
        buf_addc(&comments, '}');
        if (t->comments.len > 0)
            buf_addc(&comments, ',');
        buf_add(&comments, t->comments.data, t->comments.len);
        buf_free(&t->comments);
        t->comments = comments;
    }
    json_decref(json);
}

static void
one_ticket(struct vendor *v, struct evhttp_request *req, const char *path)
{
    enum fault f = fault_for(v, "update");
    long long id = strtoll(path + strlen("/api/v2/tickets/"), NULL, 10);
    struct ticket *t = ticket_by_id(v, id);
    struct buf out = {0}, body = {0};

    if (fails_before(v, req, f))
        return;
    if (t == NULL) {
        answer(v, req, 404, "{\"error\":\"RecordNotFound\"}", NONE);
        return;
    }
    if (strstr(path, "/body") != NULL) {
        answer(v, req, 200, buf_str(&t->body), NONE);
        return;
    }
    if (evhttp_request_get_command(req) == EVHTTP_REQ_PUT) {
        char number[32];

        if (strcmp(t->status, "closed") == 0) {
            answer(v, req, 422,
                   "{\"error\":\"RecordInvalid\",\"details\":{\"status\":[{"
                   "\"description\":\"closed prevents ticket update\"}]}}",
                   NONE);
            return;
        }
        body_of(req, &body);
        if (strstr(path, "/tags") != NULL && strcmp(t->type, "task") == 0) {
            answer(v, req, 403, "{\"error\":\"Forbidden\"}", NONE);
            buf_free(&body);
            return;
        }
        if (strstr(path, "/tags") != NULL) {
            write_ledger(v, "tags", t->external_id, NULL, buf_str(&body));
            answer_after(v, req, 200, buf_str(&body), f);
            buf_free(&body);
            return;
        }
        change_ticket(t, &body);
        snprintf(number, sizeof number, "%lld", id);
        write_ledger(v, "update", t->external_id, NULL, number);
    }
    buf_adds(&out, "{\"ticket\":");
    put_ticket(t, &out);
    buf_addf(&out, ",\"comments\":[%s]}", buf_str(&t->comments));
    answer_after(v, req, 200, out.data, f);
    buf_free(&out);
    buf_free(&body);
}

static void
set_fault(struct vendor *v, const char *name, long every, const char *on,
          long count)
{
    v->fault = NONE;
    for (int i = 0; i < FAULTS; i++)
        if (strcmp(fault_names[i], name) == 0)
            v->fault = (enum fault)i;
    v->every = every > 0 ? every : 1;
    v->budget = count > 0 ? count : -1;
    v->seen = 0;
    snprintf(v->on, sizeof v->on, "%s", on);
}

static void
set_number(const json_t *json, const char *key, long long *out)
{
    const json_t *value = json_object_get(json, key);

    if (value != NULL)
        *out = json_integer_value(value);
}

static void
set_ticket(struct vendor *v, const json_t *json)
{
    struct ticket *t =
        ticket_by_id(v, json_integer_value(json_object_get(json, "ticket")));
    const char *status = json_string_value(json_object_get(json, "status"));
    const char *type = json_string_value(json_object_get(json, "type"));

    if (t == NULL)
        return;
    t->changed_at = clock_now_ms();
    if (status != NULL)
        snprintf(t->status, sizeof t->status, "%s", status);
    if (type != NULL)
        snprintf(t->type, sizeof t->type, "%s", type);
    set_number(json, "assignee", &t->assignee);
    set_number(json, "group", &t->group);
    set_number(json, "reply_minutes", &t->reply_minutes);
    t->gone |= json_is_true(json_object_get(json, "gone"));
}

static void
control(struct vendor *v, struct evhttp_request *req)
{
    struct buf body = {0};
    json_t *json;
    const char *fault, *on;

    body_of(req, &body);
    json = json_read(body.data, body.len, NULL);
    fault = json_string_value(json_object_get(json, "fault"));
    on = json_string_value(json_object_get(json, "on"));
    if (fault != NULL)
        set_fault(v, fault,
                  (long)json_integer_value(json_object_get(json, "every")),
                  on != NULL ? on : "all",
                  (long)json_integer_value(json_object_get(json, "count")));
    set_ticket(v, json);
    if (json_object_get(json, "delay_ms") != NULL)
        v->delay_ms =
            (int)json_integer_value(json_object_get(json, "delay_ms"));
    json_decref(json);
    buf_free(&body);
    {
        struct evbuffer *out = evbuffer_new();

        evbuffer_add_printf(out,
                            "{\"requests\":%lu,\"tickets\":%zu,\"replies\":%lu,"
                            "\"repeats\":%lu}",
                            v->requests, v->ticket_count, v->reply_count,
                            v->repeats);
        evhttp_send_reply(req, 200, NULL, out);
        evbuffer_free(out);
    }
}

static const char *
method_of(struct evhttp_request *req)
{
    static const struct {
        enum evhttp_cmd_type type;
        const char *name;
    } known[] = {{EVHTTP_REQ_GET, "GET"},
                 {EVHTTP_REQ_POST, "POST"},
                 {EVHTTP_REQ_PUT, "PUT"},
                 {EVHTTP_REQ_PATCH, "PATCH"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (evhttp_request_get_command(req) == known[i].type)
            return known[i].name;
    return "HEAD";
}

static void
tell_ledger(void *arg, const char *kind, const char *id, const char *key,
            const char *more)
{
    write_ledger(arg, kind, id, key, more);
}

static void
talk(struct vendor *v, struct evhttp_request *req, const char *stage,
     const char *path, const char *query)
{
    enum fault f = fault_for(v, stage);
    struct buf body = {0}, out = {0};
    json_t *json;
    int status;

    if (fails_before(v, req, f))
        return;
    body_of(req, &body);
    json = json_read(body.data, body.len, NULL);
    status = talks_apply(v->talks, method_of(req), path, query, json, &out);
    json_decref(json);
    answer_after(v, req, status, buf_str(&out), f);
    buf_free(&body);
    buf_free(&out);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
    struct vendor *v = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = evhttp_uri_get_path(uri);
    bool post = evhttp_request_get_command(req) == EVHTTP_REQ_POST;
    const char *stage = path != NULL ? talks_stage(method_of(req), path) : NULL;

    v->requests++;
    if (path != NULL && strcmp(path, "/control") == 0)
        control(v, req);
    else if (stage != NULL)
        talk(v, req, stage, path, evhttp_uri_get_query(uri));
    else if (post && path != NULL &&
             (strcmp(path, "/api/v2/tickets") == 0 ||
              strcmp(path, "/api/v2/tickets.json") == 0))
        create(v, req);
    else if (path != NULL && strcmp(path, "/api/v2/tickets") == 0)
        search(v, req, evhttp_uri_get_query(uri));
    else if (path != NULL && strcmp(path, "/api/v2/tickets/show_many") == 0)
        show_many(v, req, evhttp_uri_get_query(uri));
    else if (path != NULL && strncmp(path, "/api/v2/tickets/", 16) == 0)
        one_ticket(v, req, path);
    else if (post && path != NULL &&
             strcmp(path, "/api/v2/users/create_or_update") == 0)
        answer(v, req, 200, "{\"user\":{\"id\":20978392}}", NONE);
    else if (post)
        reply(v, req);
    else
        answer(v, req, 200, "{}", NONE);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

int
main(int argc, char **argv)
{
    struct vendor v = {.ledger = -1,
                       .next_id = FIRST_ID,
                       .every = 1,
                       .budget = -1,
                       .on = "all"};
    struct evhttp *http;
    struct event *term;

    if (argc < 2) {
        fputs("usage: fake-vendor PORT [--ledger FILE] [--delay-ms N] "
              "[--fault KIND[:EVERY]]\n",
              stderr);
        return 2;
    }
    for (int i = 2; i < argc; i += 2) {
        if (strcmp(argv[i], "--no-keys") == 0) {
            v.no_keys = true;
            i--;
        } else if (i + 1 == argc) {
            break;
        } else if (strcmp(argv[i], "--ledger") == 0) {
            v.ledger = open(argv[i + 1], O_WRONLY | O_CREAT | O_APPEND, 0600);
        } else if (strcmp(argv[i], "--delay-ms") == 0) {
            v.delay_ms = atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--fault") == 0) {
            char name[32];
            const char *colon = strchr(argv[i + 1], ':');

            snprintf(name, sizeof name, "%.*s", (int)strcspn(argv[i + 1], ":"),
                     argv[i + 1]);
            set_fault(&v, name, colon != NULL ? atol(colon + 1) : 1, "all", 0);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    v.base = event_base_new();
    v.by_key = map_new();
    v.by_external = map_new();
    v.replies = map_new();
    v.talks = talks_new(tell_ledger, &v);
    http = evhttp_new(v.base);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST |
                                         EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
                                         EVHTTP_REQ_HEAD);
    evhttp_set_gencb(http, on_request, &v);
    if (evhttp_bind_socket(http, "127.0.0.1", (ev_uint16_t)atoi(argv[1])) !=
        0) {
        fprintf(stderr, "fake-vendor: cannot listen on 127.0.0.1:%s\n",
                argv[1]);
        return 1;
    }
    term = evsignal_new(v.base, SIGTERM, on_stop, v.base);
    event_add(term, NULL);
    event_base_dispatch(v.base);
    return 0;
}
