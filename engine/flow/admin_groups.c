#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/admin.h"
#include "flow/availability.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "http/server.h"

#define NAME_MAX_BYTES 100
#define COUNT_MAX      1000000
#define TTL_MAX_S      (7 * 24 * 3600)

/* --- what there is --- */

static void
put_state(struct buf *out, const struct group_state *s)
{
    if (out->data[out->len - 1] == '}')
        buf_addc(out, ',');
    buf_addc(out, '{');
    json_put_member(out, "name", s->name);
    json_put_member(out, "state", group_state_word(s));
    if (s->capacity != AVAILABILITY_UNKNOWN)
        json_put_member_int(out, "capacity", s->capacity);
    if (s->open != AVAILABILITY_UNKNOWN)
        json_put_member_int(out, "open", s->open);
    json_put_member_time(out, "until", s->until_ms);
    json_put_member_time(out, "at", s->at_ms);
    buf_addc(out, '}');
}

static void
add_unknown(const char *name, struct buf *out)
{
    if (out->data[out->len - 1] == '}')
        buf_addc(out, ',');
    buf_addc(out, '{');
    json_put_member(out, "name", name);
    json_put_member(out, "state", "unknown");
    buf_addc(out, '}');
}

static void
add_state(void *arg, const struct group_state *s)
{
    put_state(arg, s);
}

/* Those that something is known of, then the others of the configuration. */
void
admin_groups(struct engine *en, struct server *s, struct request *r,
             struct str name)
{
    int64_t now_ms = clock_now_ms();
    struct buf body = {0};
    const char *one;
    json_t *values;

    (void)name;
    buf_adds(&body, "{\"groups\":[");
    availability_each(en->availability, now_ms, add_state, &body);
    json_object_foreach(en->config->groups, one, values)
    {
        (void)values;
        if (availability_of(en->availability, one, now_ms) == NULL)
            add_unknown(one, &body);
    }
    buf_adds(&body, "]}");
    admin_send_json(s, request_handle(r), body.data, body.len);
    buf_free(&body);
}

/* --- saying something --- */

struct saying {
    struct engine *engine;
    struct server *server;
    uint64_t handle;
    struct buf answer;
};

static void
on_kept(void *arg, const struct err *e)
{
    struct saying *y = arg;

    if (e != NULL) {
        log_failure(LOG_ERROR, "admin.failed", NULL, NULL, e);
        server_problem(y->server, y->handle, 503,
                       "Nothing was changed: the store could not take it; see "
                       "the log.");
    } else {
        admin_send_json(y->server, y->handle, y->answer.data, y->answer.len);
    }
    buf_free(&y->answer);
    free(y);
}

static void
keep(struct engine *en, struct server *s, struct request *r,
     const struct group_state *state, bool forget)
{
    struct saying *y = mem_zero(sizeof *y);

    y->engine = en;
    y->server = s;
    y->handle = request_handle(r);
    buf_adds(&y->answer, "{\"groups\":[");
    if (!forget)
        put_state(&y->answer, state);
    else
        add_unknown(state->name, &y->answer);
    buf_adds(&y->answer, "]}");
    log_info("group.state", LOG_STR("group", state->name),
             LOG_STR("state", forget ? "unknown" : group_state_word(state)));
    availability_put(en->availability, state, forget, on_kept, y);
}

/* A count of the body; AVAILABILITY_UNKNOWN when it says none. */
static int
take_count(const json_t *body, const char *key, int64_t most, int64_t *out,
           struct err *e)
{
    if (json_get_int(body, key, AVAILABILITY_UNKNOWN, out, e) != 0)
        return -1;
    if (json_object_get(body, key) != NULL && (*out < 0 || *out > most))
        return err_set(e, ERR_INPUT, "%s: from 0 to %lld", key,
                       (long long)most);
    return 0;
}

static int
check_members(const json_t *body, struct err *e)
{
    static const char *const known[] = {"available", "capacity", "open",
                                        "ttl_s"};
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        size_t i = 0;

        (void)value;
        while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return err_set(e, ERR_INPUT,
                           "'%.40s' is none of available, capacity, open and "
                           "ttl_s",
                           key);
    }
    return 0;
}

/* {"available": false} or {"capacity": 40, "open": 38}, perhaps with "ttl_s":
 * what is said replaces what was said before. */
static int
read_state(const json_t *body, int64_t now_ms, struct group_state *s,
           struct err *e)
{
    const json_t *available = json_object_get(body, "available");
    int64_t ttl_s;

    if (!json_is_object(body))
        return err_set(e, ERR_INPUT, "a JSON object is expected");
    if (check_members(body, e) != 0 ||
        take_count(body, "capacity", COUNT_MAX, &s->capacity, e) != 0 ||
        take_count(body, "open", COUNT_MAX, &s->open, e) != 0 ||
        take_count(body, "ttl_s", TTL_MAX_S, &ttl_s, e) != 0)
        return -1;
    if (available != NULL && !json_is_boolean(available))
        return err_set(e, ERR_INPUT, "available: true or false");
    if (available == NULL && (s->capacity == AVAILABILITY_UNKNOWN ||
                              s->open == AVAILABILITY_UNKNOWN))
        return err_set(e, ERR_INPUT,
                       "say available, or capacity and open together");
    s->offline = json_is_false(available);
    s->until_ms = ttl_s > 0 ? now_ms + ttl_s * 1000 : 0;
    s->at_ms = now_ms;
    return 0;
}

static int
check_group(const struct engine *en, struct str name, struct err *e)
{
    if (name.len > NAME_MAX_BYTES)
        return err_set(e, ERR_INPUT, "a group's name is not that long");
    if (en->config->groups != NULL &&
        json_object_get(en->config->groups, name.p) == NULL)
        return err_set(e, ERR_INPUT,
                       "there is no group \"%s\" in groups { ... }", name.p);
    return 0;
}

void
admin_group_put(struct engine *en, struct server *s, struct request *r,
                struct str name)
{
    struct str raw = request_body(r);
    struct group_state state = {.name = name.p};
    struct err e = {0};
    json_t *body = json_read(raw.p, raw.len, &e);

    if (body == NULL || check_group(en, name, &e) != 0 ||
        read_state(body, clock_now_ms(), &state, &e) != 0)
        server_problem(s, request_handle(r), 422, e.text);
    else
        keep(en, s, r, &state, false);
    json_decref(body);
}

void
admin_group_forget(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    struct group_state state = {.name = name.p};
    struct err e = {0};

    if (check_group(en, name, &e) != 0)
        server_problem(s, request_handle(r), 422, e.text);
    else
        keep(en, s, r, &state, true);
}
