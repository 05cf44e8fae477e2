#include "cli/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/call.h"
#include "flow/history.h"
#include "store/db.h"
#include "store/sql_policy.h"

typedef int run_fn(struct db *d, void *arg, struct err *e);

/* What the engine calls it, and what reads it in a store. */
static const struct {
    const char *name;
    run_fn *run;
} lists[PAST_LISTS] = {
    [PAST_RECORDINGS] = {"recordings", run_history_conversations},
    [PAST_DECISIONS] = {"decisions", run_history_decisions},
    [PAST_HANDOFFS] = {"handoffs", run_history_handoffs},
};

struct past {
    const char *socket_path; /* or NULL */
    const char *tenant;
    struct db *db;
};

struct past *
past_open(const char *socket_path, const char *store, const char *tenant,
          struct err *e)
{
    struct past *p = mem_zero(sizeof *p);

    p->socket_path = store == NULL ? socket_path : NULL;
    p->tenant = tenant != NULL ? tenant : "default";
    if (store == NULL || db_sqlite.open_read(&p->db, store, e) == 0)
        return p;
    past_close(p);
    return NULL;
}

void
past_close(struct past *p)
{
    if (p == NULL)
        return;
    if (p->db != NULL)
        db_sqlite.close(p->db);
    free(p);
}

/* --- the engine --- */

/* The body of a 200 as JSON. */
static json_t *
ask_engine(const struct past *p, const char *path, struct err *e)
{
    struct buf body = {0}, why = {0};
    int status = call_engine(p->socket_path, "GET", path, &body, e);
    json_t *json = NULL;

    if (status == 200) {
        json = json_read(buf_str(&body), body.len, e);
    } else if (status > 0) {
        call_problem(&body, &why);
        err_set(e, status == 404 ? ERR_INPUT : ERR_SYSTEM, "%s", buf_str(&why));
    }
    buf_free(&body);
    buf_free(&why);
    return json;
}

static json_t *
page_of_engine(struct past *p, enum past_list list, struct past_place *place,
               struct err *e)
{
    const char *name = lists[list].name;
    struct buf path = {0};
    json_t *page, *items, *next;

    buf_addf(&path, "/v1/%s?since=%lld", name, (long long)place->since_ms);
    if (place->next.len > 0)
        buf_addf(&path, "&after=%s", buf_str(&place->next));
    page = ask_engine(p, buf_str(&path), e);
    buf_free(&path);
    if (page == NULL)
        return NULL;
    items = json_incref(json_object_get(page, name));
    next = json_object_get(page, "next");
    buf_clear(&place->next);
    if (json_is_string(next))
        buf_adds(&place->next, json_string_value(next));
    json_decref(page);
    return items;
}

static json_t *
thing_of_engine(struct past *p, enum past_thing thing, const char *id,
                struct err *e)
{
    struct buf path = {0};
    json_t *json;

    buf_adds(&path, thing == PAST_INPUTS ? "/v1/inputs/" : "/v1/policies/");
    call_path_piece(&path, id);
    json = ask_engine(p, buf_str(&path), e);
    buf_free(&path);
    return json;
}

/* --- the store --- */

static json_t *
page_of_store(struct past *p, enum past_list list, struct past_place *place,
              struct err *e)
{
    run_fn *run = lists[list].run;
    struct history_query q = {.tenant = p->tenant,
                              .key = buf_str(&place->next),
                              .since_ms = place->since_ms};
    struct buf text = {0};
    json_t *items = NULL;

    if (run(p->db, &q, e) == 0) {
        buf_addf(&text, "[%s]", buf_str(&q.json));
        items = json_read(buf_str(&text), text.len, e);
    }
    buf_clear(&place->next);
    buf_add(&place->next, buf_str(&q.behind), q.behind.len);
    buf_free(&q.json);
    buf_free(&q.behind);
    buf_free(&text);
    return items;
}

static json_t *
thing_of_store(struct past *p, enum past_thing thing, const char *id,
               struct err *e)
{
    run_fn *run =
        thing == PAST_INPUTS ? run_history_inputs : run_history_policy;
    struct history_query q = {.tenant = p->tenant, .key = id};
    json_t *json = NULL;

    if (run(p->db, &q, e) == 0) {
        if (q.found)
            json = json_read(buf_str(&q.json), q.json.len, e);
        else
            err_set(e, ERR_INPUT, "There is no such id.");
    }
    buf_free(&q.json);
    buf_free(&q.behind);
    return json;
}

/* --- both --- */

json_t *
past_page(struct past *p, enum past_list list, struct past_place *place,
          struct err *e)
{
    json_t *items;

    if (place->ended)
        return NULL;
    items = p->db != NULL ? page_of_store(p, list, place, e)
                          : page_of_engine(p, list, place, e);
    place->ended = items != NULL && place->next.len == 0;
    return items;
}

json_t *
past_thing(struct past *p, enum past_thing thing, const char *id, struct err *e)
{
    return p->db != NULL ? thing_of_store(p, thing, id, e)
                         : thing_of_engine(p, thing, id, e);
}

static int
take_hash(void *arg, const struct db_row *r, struct err *e)
{
    struct str hash = db_row_text(r, 0);

    (void)e;
    buf_add(arg, hash.p, hash.len);
    return 0;
}

int
past_policy_hash(struct past *p, struct buf *hash, struct err *e)
{
    json_t *policy;

    if (p->db != NULL)
        return db_run(p->db,
                      "SELECT policy_sha FROM decision WHERE tenant = $1"
                      " ORDER BY at DESC LIMIT 1",
                      DB_PARAMS(DB_T(p->tenant)), take_hash, hash, NULL, e);
    policy = ask_engine(p, "/v1/policy", e);
    if (policy == NULL)
        return -1;
    buf_adds(hash, json_string_value(json_object_get(policy, "hash")));
    json_decref(policy);
    return 0;
}

int64_t
past_span_ms(const char *text)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {
        {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    struct str s = str_of(text);
    uint64_t n;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (s.len > 1 && s.p[s.len - 1] == units[i].unit &&
            str_to_u64((struct str){s.p, s.len - 1}, &n) && n < 100000)
            return (int64_t)n * units[i].ms;
    return 0;
}
