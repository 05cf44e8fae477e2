#include "flow/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/follow.h"
#include "flow/job.h"
#include "flow/lane.h"
#include "flow/lifecycle.h"
#include "flow/rows.h"
#include "http/loop.h"
#include "store/store.h"

#define PAGE     200
#define AGAIN_MS 1000 /* the store could not answer */
/* The wall clock may be set while we sleep. */
#define SLEEP_MAX_MS 30000

struct timers {
    struct engine *engine;
    struct map *running; /* conversations whose timer's job is on its way */
    struct loop_timer *timer;
    int64_t next_due; /* 0: nothing is set, as far as we know */
    bool looking, again;
    bool more; /* the page was full */
};

static void look(struct timers *t);

static void
on_time(void *arg)
{
    struct timers *t = arg;

    t->timer = NULL;
    if (t->next_due > 0)
        look(t);
}

static void
sleep_until(struct timers *t, int64_t due_at)
{
    int64_t ms = due_at - clock_now_ms();

    loop_cancel(t->timer);
    if (ms > SLEEP_MAX_MS)
        ms = SLEEP_MAX_MS;
    t->timer = loop_after(t->engine->loop, ms < 1 ? 1 : ms, on_time, t);
}

static void
fire(struct timers *t, const struct row_timer *row)
{
    struct engine *en = t->engine;
    struct adapter *source =
        engine_source(en, row->source, strlen(row->source));
    struct job *j;

    if (map_get(t->running, row->conv) != NULL)
        return;
    map_put(t->running, row->conv, t);
    if (source == NULL) {
        log_warn("timer.left", LOG_STR("conversation", row->conv),
                 LOG_STR("why", "its source is no longer configured"));
        return;
    }
    en->count.timers_fired++;
    j = job_new(en);
    j->source = source;
    j->ekey = arena_printf(j->arena, "timer/%lld", (long long)row->number);
    j->conv_id = arena_str(j->arena, row->conv);
    j->native = arena_str(j->arena, row->native);
    j->shard = row->shard;
    j->received_ms = clock_now_ms();
    j->timer = row->number;
    j->journaled = j->read = true;
    j->events = arena_alloc(j->arena, sizeof *j->events);
    event_init(j->events, EVENT_TIMER, row->due_at);
    j->event_count = 1;
    lane_add(en->lanes, j, false);
}

static void
fire_ticket(struct timers *t, const struct row_ticket_due *row)
{
    struct engine *en = t->engine;
    struct adapter *source =
        engine_source(en, row->source, strlen(row->source));

    if (map_get(t->running, row->hid) != NULL)
        return;
    map_put(t->running, row->hid, t);
    if (source == NULL)
        log_warn("ticket.left", LOG_STR("handoff", row->hid),
                 LOG_STR("why", "its source is no longer configured"));
    else
        lane_add(en->lanes, lifecycle_job(en, source, row), false);
}

static void
on_due(void *arg, const struct err *e)
{
    struct row_timers *page = arg;
    struct timers *t = page->owner;
    int64_t next = page->next_due, count = 0, tickets = 0;

    t->looking = false;
    if (e != NULL) {
        log_failure(LOG_WARN, "timers.delayed", NULL, NULL, e);
        next = clock_now_ms() + AGAIN_MS;
    } else if (!t->engine->draining) {
        for (const struct row_timer *r = page->first; r != NULL;
             r = r->next, count++)
            fire(t, r);
        for (const struct row_ticket_due *r = page->tickets; r != NULL;
             r = r->next, tickets++)
            fire_ticket(t, r);
    }
    t->more = count == page->limit || tickets == page->limit;
    arena_free(page->arena);
    free(page);
    t->next_due = next;
    if (t->again) {
        t->again = false;
        look(t);
    } else if (next > 0) {
        sleep_until(t, next);
    }
}

static void
look(struct timers *t)
{
    struct row_timers *page;

    if (t->looking) {
        t->again = true;
        return;
    }
    t->looking = true;
    page = mem_zero(sizeof *page);
    page->owner = t;
    page->tenant = t->engine->config->tenant;
    page->now_ms = clock_now_ms();
    page->limit = PAGE + (int64_t)map_count(t->running);
    page->followed = follow_names(t->engine->follow);
    page->arena = arena_new(4096);
    store_submit(t->engine->store, run_due_timers, on_due, page);
}

struct timers *
timers_new(struct engine *en)
{
    struct timers *t = mem_zero(sizeof *t);

    t->engine = en;
    t->running = map_new();
    look(t);
    return t;
}

void
timers_armed(struct timers *t, int64_t due_at)
{
    t->engine->count.timers_armed++;
    timers_wake(t, due_at);
}

void
timers_look(struct timers *t)
{
    look(t);
}

void
timers_wake(struct timers *t, int64_t due_at)
{
    if (t->next_due > 0 && t->next_due <= due_at)
        return;
    t->next_due = due_at;
    sleep_until(t, due_at);
}

void
timers_over(struct timers *t, const char *whose)
{
    map_remove(t->running, whose);
    if (t->more && !t->engine->draining) {
        t->more = false;
        look(t);
    }
}

void
timers_free(struct timers *t)
{
    if (t == NULL)
        return;
    loop_cancel(t->timer);
    map_free(t->running);
    free(t);
}
