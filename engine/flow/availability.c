#include "flow/availability.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "store/db.h"
#include "store/store.h"

struct availability {
    struct engine *engine;
    struct group_state *states; /* by name; names are owned */
    size_t count, room;
};

/* One change on its way through the store. */
struct putting {
    struct availability *availability;
    struct group_state state;
    bool forget;
    availability_done *done;
    void *arg;
};

/* --- in memory --- */

/* Where it stands, or would. */
static size_t
place_of(const struct availability *a, const char *name)
{
    size_t i = 0;

    while (i < a->count && strcmp(a->states[i].name, name) < 0)
        i++;
    return i;
}

static bool
is_at(const struct availability *a, size_t i, const char *name)
{
    return i < a->count && strcmp(a->states[i].name, name) == 0;
}

static char *
copy_of(const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(mem_alloc(n), s, n);
}

static void
drop(struct availability *a, size_t i)
{
    free((char *)(uintptr_t)a->states[i].name);
    a->count--;
    memmove(&a->states[i], &a->states[i + 1],
            (a->count - i) * sizeof(*a->states));
}

static void
set(struct availability *a, const struct group_state *s)
{
    size_t i = place_of(a, s->name);

    if (is_at(a, i, s->name))
        drop(a, i);
    if (a->count == a->room) {
        a->room = a->room * 2 + 8;
        a->states = mem_grow(a->states, a->room * sizeof(*a->states));
    }
    memmove(&a->states[i + 1], &a->states[i],
            (a->count - i) * sizeof(*a->states));
    a->states[i] = *s;
    a->states[i].name = copy_of(s->name);
    a->count++;
}

static bool
holds(const struct group_state *s, int64_t now_ms)
{
    return s->until_ms == 0 || now_ms < s->until_ms;
}

const char *
group_state_word(const struct group_state *s)
{
    if (s->offline)
        return "offline";
    if (s->capacity != AVAILABILITY_UNKNOWN &&
        s->open != AVAILABILITY_UNKNOWN && s->open >= s->capacity)
        return "full";
    return "available";
}

const struct group_state *
availability_of(const struct availability *a, const char *name, int64_t now_ms)
{
    size_t i = place_of(a, name);

    return is_at(a, i, name) && holds(&a->states[i], now_ms) ? &a->states[i]
                                                             : NULL;
}

void
availability_each(const struct availability *a, int64_t now_ms,
                  void (*fn)(void *arg, const struct group_state *s), void *arg)
{
    for (size_t i = 0; i < a->count; i++)
        if (holds(&a->states[i], now_ms))
            fn(arg, &a->states[i]);
}

static void
add_fact(void *arg, const struct group_state *s)
{
    json_t **facts = arg, *one = json_object();

    if (*facts == NULL)
        *facts = json_object();
    if (s->capacity != AVAILABILITY_UNKNOWN)
        json_object_set_new(one, "capacity", json_integer(s->capacity));
    if (s->open != AVAILABILITY_UNKNOWN)
        json_object_set_new(one, "open", json_integer(s->open));
    json_object_set_new(one, "state", json_string(group_state_word(s)));
    json_object_set_new(*facts, s->name, one);
}

json_t *
availability_facts(const struct availability *a, int64_t now_ms)
{
    json_t *facts = NULL;

    availability_each(a, now_ms, add_fact, (void *)&facts);
    return facts;
}

/* --- in the store --- */

static int
take_row(void *arg, const struct db_row *r, struct err *e)
{
    struct str name = db_row_text(r, 0);
    struct arena *arena = arena_new(128);

    (void)e;
    set(arg, &(struct group_state){.name = arena_dup(arena, name.p, name.len),
                                   .offline = db_row_int(r, 1) != 0,
                                   .capacity = db_row_int(r, 2),
                                   .open = db_row_int(r, 3),
                                   .until_ms = db_row_int(r, 4),
                                   .at_ms = db_row_int(r, 5)});
    arena_free(arena);
    return 0;
}

static int
run_load(struct db *d, void *arg, struct err *e)
{
    struct availability *a = arg;

    return db_run(d,
                  "SELECT name, offline, capacity, open, until_at, at"
                  " FROM group_state WHERE tenant = $1",
                  DB_PARAMS(DB_T(a->engine->config->tenant)), take_row, a, NULL,
                  e);
}

static int
run_put(struct db *d, void *arg, struct err *e)
{
    struct putting *p = arg;
    const struct group_state *s = &p->state;
    const char *tenant = p->availability->engine->config->tenant;

    if (p->forget)
        return db_run(d,
                      "DELETE FROM group_state WHERE tenant = $1 AND"
                      " name = $2",
                      DB_PARAMS(DB_T(tenant), DB_T(s->name)), NULL, NULL, NULL,
                      e);
    return db_run(d,
                  "INSERT INTO group_state (tenant, name, offline, capacity,"
                  " open, until_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                  " ON CONFLICT (tenant, name) DO UPDATE SET"
                  " offline = excluded.offline, capacity = excluded.capacity,"
                  " open = excluded.open, until_at = excluded.until_at,"
                  " at = excluded.at",
                  DB_PARAMS(DB_T(tenant), DB_T(s->name), DB_I(s->offline),
                            DB_I(s->capacity), DB_I(s->open), DB_I(s->until_ms),
                            DB_I(s->at_ms)),
                  NULL, NULL, NULL, e);
}

static void
on_put(void *arg, const struct err *e)
{
    struct putting *p = arg;
    struct availability *a = p->availability;
    size_t i;

    if (e == NULL && !p->forget) {
        set(a, &p->state);
    } else if (e == NULL) {
        i = place_of(a, p->state.name);
        if (is_at(a, i, p->state.name))
            drop(a, i);
    }
    p->done(p->arg, e);
    free((char *)(uintptr_t)p->state.name);
    free(p);
}

void
availability_put(struct availability *a, const struct group_state *s,
                 bool forget, availability_done *done, void *arg)
{
    struct putting *p = mem_zero(sizeof *p);

    p->availability = a;
    p->state = *s;
    p->state.name = copy_of(s->name);
    p->forget = forget;
    p->done = done;
    p->arg = arg;
    store_submit(a->engine->store, run_put, on_put, p);
}

struct availability *
availability_new(struct engine *en, struct err *e)
{
    struct availability *a = mem_zero(sizeof *a);

    a->engine = en;
    if (store_wait(en->store, run_load, a, e) == 0)
        return a;
    availability_free(a);
    return NULL;
}

void
availability_free(struct availability *a)
{
    if (a == NULL)
        return;
    while (a->count > 0)
        drop(a, a->count - 1);
    free(a->states);
    free(a);
}
