#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "flow/adapter.h"
#include "flow/admin.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/lifecycle.h"
#include "flow/rows.h"
#include "http/server.h"
#include "model/life.h"
#include "store/store.h"

#define NAME_MAX_BYTES 100

/* A question about one ticket, or a change of it, and who waits for the
 * answer. */
struct asked {
    struct row_change change; /* first: the store's function gets it */
    struct row_query query;
    struct life_update update;
    struct engine *engine;
    struct server *server;
    uint64_t handle;
    struct arena *arena;
};

static void
asked_free(struct asked *a)
{
    struct arena *arena = a->arena;

    buf_free(&a->query.json);
    arena_free(arena);
}

/* Names of helpdesks, NULL behind the last; only those that are kept here. */
static const char *const *
names_of(const struct engine *en, bool builtin, struct arena *a)
{
    size_t count = 0;
    const char **names;

    while (en->helpdesks[count] != NULL)
        count++;
    names = arena_array(a, count + 1, sizeof *names);
    count = 0;
    for (struct adapter **h = en->helpdesks; *h != NULL; h++)
        if ((*h)->builtin || !builtin)
            names[count++] = (*h)->part->name;
    names[count] = NULL;
    return names;
}

static struct asked *
asked_new(struct engine *en, struct server *s, struct request *r,
          struct str key)
{
    struct arena *arena = arena_new(2048);
    struct asked *a = arena_alloc(arena, sizeof *a);

    a->arena = arena;
    a->engine = en;
    a->server = s;
    a->handle = request_handle(r);
    a->query.tenant = en->config->tenant;
    a->query.key = arena_dup(arena, key.p, key.len);
    a->change.query = &a->query;
    a->change.helpdesks = names_of(en, false, arena);
    a->change.builtin = names_of(en, true, arena);
    a->change.follow = (struct row_follow){
        .tenant = en->config->tenant,
        .now_ms = clock_now_ms(),
        .window_ms = en->config->tickets.reopen_ms,
        .arena = arena,
    };
    return a;
}

static void
on_answer(void *arg, const struct err *e)
{
    struct asked *a = arg;

    if (e != NULL) {
        admin_send_store_down(a->server, a->handle, e);
    } else if (!a->query.found) {
        server_problem(a->server, a->handle, 404,
                       "There is no such ticket: its number, or its "
                       "hand-over's id.");
    } else if (a->change.foreign) {
        server_problem(a->server, a->handle, 409,
                       "This ticket is not kept here: change it in its "
                       "helpdesk, and it is seen here soon.");
    } else {
        if (a->change.update != NULL)
            lifecycle_told(a->engine, &a->change.follow);
        admin_send_json(a->server, a->handle, a->query.json.data,
                        a->query.json.len);
    }
    asked_free(a);
}

void
admin_ticket(struct engine *en, struct server *s, struct request *r,
             struct str name)
{
    store_submit(en->store, run_change_ticket, on_answer,
                 asked_new(en, s, r, name));
}

/* --- changes --- */

/* What the body says under this name; needed: it has to. */
static int
take_name(const struct request *r, struct arena *arena, const char *key,
          bool needed, const char **out, struct err *e)
{
    struct str raw = request_body(r);
    json_t *body = raw.len > 0 ? json_read(raw.p, raw.len, e) : json_object();
    const json_t *value = json_object_get(body, key);

    *out = NULL;
    if (body == NULL)
        return -1;
    if (json_is_string(value) && json_string_length(value) > 0 &&
        json_string_length(value) <= NAME_MAX_BYTES)
        *out = arena_str(arena, json_string_value(value));
    json_decref(body);
    if (*out == NULL && (needed || value != NULL))
        return err_set(e, ERR_INPUT, "{\"%s\": \"...\"} is expected", key);
    return 0;
}

static void
refuse(struct asked *a, const struct err *e)
{
    server_problem(a->server, a->handle, 422, e->text);
    asked_free(a);
}

static void
change(struct asked *a, const char *verb)
{
    a->change.update = &a->update;
    a->change.verb = verb;
    store_submit(a->engine->store, run_change_ticket, on_answer, a);
}

static void
move_to(struct engine *en, struct server *s, struct request *r, struct str name,
        const char *verb, enum ticket_status status)
{
    struct asked *a = asked_new(en, s, r, name);

    a->update.has_status = true;
    a->update.status = status;
    change(a, verb);
}

/* {"by": "Mara"}: it is hers, and worked on. */
void
admin_ticket_take(struct engine *en, struct server *s, struct request *r,
                  struct str name)
{
    struct asked *a = asked_new(en, s, r, name);
    struct err e = {0};

    if (take_name(r, a->arena, "by", true, &a->update.assignee, &e) != 0) {
        refuse(a, &e);
        return;
    }
    a->update.has_assignee = a->update.has_status = true;
    a->update.status = TICKET_IN_PROGRESS;
    change(a, "take");
}

/* {"to": "Mara"}; without it, nobody's. */
void
admin_ticket_assign(struct engine *en, struct server *s, struct request *r,
                    struct str name)
{
    struct asked *a = asked_new(en, s, r, name);
    struct err e = {0};

    if (take_name(r, a->arena, "to", false, &a->update.assignee, &e) != 0) {
        refuse(a, &e);
        return;
    }
    a->update.has_assignee = true;
    change(a, "assign");
}

/* {"group": "billing"} */
void
admin_ticket_move(struct engine *en, struct server *s, struct request *r,
                  struct str name)
{
    struct asked *a = asked_new(en, s, r, name);
    struct err e = {0};

    if (take_name(r, a->arena, "group", true, &a->update.group, &e) == 0 &&
        en->config->groups != NULL &&
        json_object_get(en->config->groups, a->update.group) == NULL)
        err_set(&e, ERR_INPUT, "there is no group \"%s\" in groups { ... }",
                a->update.group);
    if (e.class != ERR_NONE) {
        refuse(a, &e);
        return;
    }
    change(a, "move");
}

void
admin_ticket_wait(struct engine *en, struct server *s, struct request *r,
                  struct str name)
{
    move_to(en, s, r, name, "wait", TICKET_WAITING);
}

void
admin_ticket_resolve(struct engine *en, struct server *s, struct request *r,
                     struct str name)
{
    move_to(en, s, r, name, "resolve", TICKET_RESOLVED);
}

void
admin_ticket_close(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    move_to(en, s, r, name, "close", TICKET_CLOSED);
}

void
admin_ticket_reopen(struct engine *en, struct server *s, struct request *r,
                    struct str name)
{
    move_to(en, s, r, name, "reopen", TICKET_OPEN);
}
