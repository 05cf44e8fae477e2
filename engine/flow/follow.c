#include "flow/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/lifecycle.h"
#include "flow/request.h"
#include "flow/rows.h"
#include "flow/sending.h"
#include "http/loop.h"
#include "model/life.h"
#include "model/outbound.h"
#include "script/pool.h"
#include "store/store.h"

#define AGAIN_MS     1000 /* no slot, or the store could not answer */
#define SLEEP_MAX_MS 30000
/* What is due soon goes along: few requests with many tickets. */
#define ALONG(every_ms) ((every_ms) / 2)

/* One helpdesk; what is in flight lives in its arena. */
struct asked {
    struct follow *follow;
    const struct adapter *adapter;
    struct loop_timer *timer;
    int64_t next_at;    /* 0: nothing is to be looked at, as far as we know */
    int64_t not_before; /* after it refused */
    int64_t woken;      /* while it was busy: to be looked at then */
    bool busy;
    struct arena *arena;
    struct row_looks looks;
    struct row_follow told;
    struct outbound out;
    struct destination *slot;
    struct asked *next;
};

struct follow {
    struct engine *engine;
    struct asked *helpdesks;
    struct buf names;
    bool stopped;
};

static void look(struct asked *a);

static void
on_time(void *arg)
{
    struct asked *a = arg;

    a->timer = NULL;
    look(a);
}

static void
sleep_until(struct asked *a, int64_t at_ms)
{
    int64_t ms;

    if (at_ms < a->not_before)
        at_ms = a->not_before;
    ms = at_ms - clock_now_ms();
    loop_cancel(a->timer);
    if (ms > SLEEP_MAX_MS)
        ms = SLEEP_MAX_MS;
    a->timer = loop_after(a->follow->engine->loop, ms < 1 ? 1 : ms, on_time, a);
}

/* --- the end of one request --- */

static void
clear(struct asked *a)
{
    outbound_clear(&a->out);
    memset(&a->out, 0, sizeof a->out);
    arena_free(a->arena);
    a->arena = NULL;
    a->busy = false;
}

/* Come back then; rows that nothing was told of are still due. */
static void
over(struct asked *a, int64_t at_ms)
{
    clear(a);
    if (a->woken > 0 && (at_ms == 0 || a->woken < at_ms))
        at_ms = a->woken;
    a->woken = 0;
    a->next_at = at_ms;
    if (at_ms > 0 && !a->follow->stopped)
        sleep_until(a, at_ms);
}

static void
give_back(struct asked *a, const struct result *r)
{
    if (a->slot != NULL)
        deliver_give_back(a->slot, r);
    a->slot = NULL;
}

/* A helpdesk that does not answer as it should: its deliveries tell people
 * more; tickets wait for the next time. */
static void
failed(struct asked *a, const char *class, const char *why)
{
    int64_t now = clock_now_ms();

    a->follow->engine->count.looks_failed++;
    log_info("follow.delayed", LOG_STR("helpdesk", a->adapter->part->name),
             LOG_STR("class", class), LOG_STR("why", why));
    a->not_before = now + a->adapter->part->follow_ms;
    over(a, a->not_before);
}

/* --- what was told --- */

static void
on_told(void *arg, const struct err *e)
{
    struct row_follow *told = arg;
    struct asked *a = told->owner;

    if (e != NULL) {
        log_failure(LOG_WARN, "follow.not_stored", "helpdesk",
                    a->adapter->part->name, e);
        over(a, clock_now_ms() + AGAIN_MS);
        return;
    }
    a->follow->engine->count.looks++;
    a->not_before = 0;
    lifecycle_told(a->follow->engine, told);
    over(a, clock_now_ms() + 1); /* is there more? */
}

/* The name of ours that has this id there, else what the helpdesk calls it.
 * Without any ids there nobody knows what becomes which: not told. */
static const char *
group_of(const struct asked *a, const struct life_update *u)
{
    const char *helpdesk = a->adapter->part->name, *name;
    bool known = false;
    json_t *values;

    json_object_foreach(a->follow->engine->config->groups, name, values)
    {
        const json_t *id =
            json_object_get(json_object_get(values, "ids"), helpdesk);
        char number[32] = "";
        const char *text = json_string_value(id);

        if (json_is_integer(id))
            snprintf(number, sizeof number, "%lld",
                     (long long)json_integer_value(id));
        if (text == NULL)
            text = number;
        if ((u->group != NULL && strcmp(text, u->group) == 0) ||
            (u->group_name != NULL && strcmp(text, u->group_name) == 0))
            return name;
        known |= id != NULL;
    }
    return !known ? NULL : u->group_name != NULL ? u->group_name : u->group;
}

static bool
is_told(const struct life_update *list, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return true;
    return false;
}

/* Only of those that were asked for; and those it says nothing of are gone. */
static size_t
complete(const struct asked *a, struct life_update *list, size_t count,
         struct life_update *out)
{
    size_t n = 0;

    for (size_t i = 0; i < a->looks.count; i++) {
        const char *id = a->looks.ids[i];

        if (!is_told(list, count, id)) {
            out[n++] = (struct life_update){.id = id, .gone = true};
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            if (strcmp(list[k].id, id) != 0)
                continue;
            list[k].group = group_of(a, &list[k]);
            out[n++] = list[k];
            break;
        }
    }
    return n;
}

static void
warn_of_unknown(const struct asked *a, const struct life_update *list,
                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].has_status || list[i].gone)
            continue;
        a->follow->engine->count.ticket_states_unknown++;
        log_warn(
            "ticket.state_unknown", LOG_STR("helpdesk", a->adapter->part->name),
            LOG_STR("ticket", list[i].id), LOG_STR("native", list[i].native),
            LOG_STR("do", "say what it means: statuses = { ... = "
                          "\"waiting\" } of the helpdesk"));
    }
}

static void
take_tickets(struct asked *a, const struct value *list)
{
    struct engine *en = a->follow->engine;
    struct life_update *read, *all;
    size_t count;
    struct err e = {0};

    if (life_updates_read(a->arena, list, &read, &count, &e) != 0) {
        failed(a, "bad_result", e.text);
        return;
    }
    all = arena_array(a->arena, a->looks.count + 1, sizeof *all);
    a->told = (struct row_follow){
        .owner = a,
        .tenant = en->config->tenant,
        .helpdesk = a->adapter->part->name,
        .now_ms = clock_now_ms(),
        .every_ms = a->adapter->part->follow_ms,
        .window_ms = en->config->tickets.reopen_ms,
        .final = a->adapter->closed_for_good,
        .updates = all,
        .count = complete(a, read, count, all),
        .arena = a->arena,
    };
    warn_of_unknown(a, all, a->told.count);
    store_submit(en->store, run_follow, on_told, &a->told);
}

static void
on_read(void *arg, const struct script_result *r)
{
    struct asked *a = arg;
    struct result result = {.class = RESULT_UNKNOWN};
    struct err e = {0};

    if (r->class != SCRIPT_OK)
        result.why = arena_str(a->arena, r->text);
    else if (result_read(a->arena, r->value, &result, &e) != 0)
        result = (struct result){.class = RESULT_UNKNOWN,
                                 .why = arena_str(a->arena, e.text)};
    give_back(a, &result);
    if (result.class == RESULT_DONE)
        take_tickets(a, value_get(r->value, "tickets"));
    else
        failed(a, result_class_name(result.class), result.why);
}

/* --- asking --- */

static void
pack_ids(const struct asked *a, struct buf *args)
{
    pack_array(args, a->looks.count);
    for (size_t i = 0; i < a->looks.count; i++)
        pack_cstr(args, a->looks.ids[i]);
}

static void
on_answer(void *arg, const struct client_response *r)
{
    struct asked *a = arg;
    struct engine *en = a->follow->engine;
    struct result result = {.class = RESULT_RETRY};
    struct buf args = {0};

    if (r->wire != WIRE_ANSWERED || r->too_long)
        result.why = arena_str(
            a->arena, r->err.text[0] != '\0' ? r->err.text : "no answer came");
    else if (!result_from_status(r->status, client_header(r, "retry-after"),
                                 true, clock_now_ms(), &result)) {
        pack_array(&args, 3);
        send_pack_response(r, &args);
        pack_ids(a, &args);
        buf_add(&args, a->adapter->cfg.data, a->adapter->cfg.len);
        pool_call(en->pool, a->adapter->set, "follow_result", SCRIPT_READ,
                  &args, on_read, a);
        buf_free(&args);
        return;
    } else {
        result.why =
            arena_printf(a->arena, "the answer was status %d", r->status);
    }
    give_back(a, &result);
    failed(a, result_class_name(result.class), result.why);
}

static void
on_built(void *arg, const struct script_result *r)
{
    struct asked *a = arg;
    struct engine *en = a->follow->engine;
    struct result refused = {.class = RESULT_REFUSED};
    struct err e = {0};

    if (r->class != SCRIPT_OK) {
        failed(a, script_class_name(r->class), r->text);
        return;
    }
    if (outbound_read(a->arena, r->value, a->adapter->base, NULL, 0, &a->out,
                      &e) != 0) {
        failed(a, "bad_result", e.text);
        return;
    }
    a->slot =
        a->follow->stopped
            ? NULL
            : deliver_borrow(en->deliver, arena_printf(a->arena, "helpdesk:%s",
                                                       a->adapter->part->name));
    if (a->slot == NULL) {
        over(a, clock_now_ms() + AGAIN_MS);
        return;
    }
    if (request_send(en, a->adapter, &a->out, "", a->arena, on_answer, a, &e) !=
        0) {
        give_back(a, &refused);
        failed(a, "refused", e.text);
    }
}

static void
on_looks(void *arg, const struct err *e)
{
    struct row_looks *looks = arg;
    struct asked *a = looks->owner;
    struct buf args = {0};

    if (e != NULL) {
        log_failure(LOG_WARN, "follow.delayed", "helpdesk",
                    a->adapter->part->name, e);
        over(a, clock_now_ms() + AGAIN_MS);
        return;
    }
    if (looks->count == 0 || a->follow->stopped) {
        over(a, looks->next_at);
        return;
    }
    pack_array(&args, 2);
    pack_ids(a, &args);
    buf_add(&args, a->adapter->cfg.data, a->adapter->cfg.len);
    pool_call(a->follow->engine->pool, a->adapter->set, "follow_build",
              SCRIPT_BUILD, &args, on_built, a);
    buf_free(&args);
}

static void
look(struct asked *a)
{
    struct engine *en = a->follow->engine;
    int64_t now = clock_now_ms();

    if (a->busy || a->follow->stopped)
        return;
    if (now < a->not_before || (a->next_at > 0 && now < a->next_at)) {
        sleep_until(a, a->next_at);
        return;
    }
    a->busy = true;
    a->arena = arena_new(4096);
    a->looks = (struct row_looks){
        .owner = a,
        .tenant = en->config->tenant,
        .helpdesk = a->adapter->part->name,
        .now_ms = now,
        .until_ms = now + ALONG(a->adapter->part->follow_ms),
        .limit = a->adapter->follow_batch,
        .arena = a->arena,
    };
    store_submit(en->store, run_looks, on_looks, &a->looks);
}

struct follow *
follow_new(struct engine *en)
{
    struct follow *f = mem_zero(sizeof *f);

    f->engine = en;
    buf_addc(&f->names, '|');
    for (struct adapter **h = en->helpdesks; *h != NULL; h++) {
        struct asked *a;

        if ((*h)->follow_batch == 0 || (*h)->part->follow_ms == 0)
            continue;
        a = mem_zero(sizeof *a);
        a->follow = f;
        a->adapter = *h;
        a->next = f->helpdesks;
        f->helpdesks = a;
        buf_addf(&f->names, "%s|", (*h)->part->name);
    }
    return f;
}

void
follow_begin(struct follow *f)
{
    for (struct asked *a = f->helpdesks; a != NULL; a = a->next)
        look(a);
}

const char *
follow_names(const struct follow *f)
{
    return buf_str(&f->names);
}

void
follow_wake(struct follow *f, const char *helpdesk, int64_t at_ms)
{
    for (struct asked *a = f->helpdesks; a != NULL; a = a->next) {
        if (strcmp(a->adapter->part->name, helpdesk) != 0)
            continue;
        if (a->busy) {
            if (a->woken == 0 || at_ms < a->woken)
                a->woken = at_ms;
        } else if (a->next_at == 0 || at_ms < a->next_at) {
            a->next_at = at_ms;
            sleep_until(a, at_ms);
        }
    }
}

void
follow_stop(struct follow *f)
{
    if (f == NULL)
        return;
    f->stopped = true;
    for (struct asked *a = f->helpdesks; a != NULL; a = a->next) {
        loop_cancel(a->timer);
        a->timer = NULL;
    }
}

void
follow_free(struct follow *f)
{
    if (f == NULL)
        return;
    follow_stop(f);
    while (f->helpdesks != NULL) {
        struct asked *a = f->helpdesks;

        f->helpdesks = a->next;
        if (a->busy)
            clear(a);
        free(a);
    }
    buf_free(&f->names);
    free(f);
}
