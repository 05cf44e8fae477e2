#include "flow/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/decide.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/rows.h"
#include "http/loop.h"
#include "store/store.h"

#define TRIES_MAX    3   /* then an event is set aside */
#define TRIES_BESIDE 2   /* from the third on it runs alone */
#define RECOVER_PAGE 500 /* rows read at a time */

struct lane {
    struct lanes *lanes;
    struct job *first, **last; /* first is in flight while busy */
    bool busy;
    struct loop_timer *timer; /* waits before another try */
    char conv[];
};

struct lanes {
    struct engine *engine;
    struct map *map;
    size_t waiting;
    /* Events that an engine died with twice run one after the other, alone:
     * only the one that is to blame reaches the limit. */
    struct job *alone, **alone_last;
    bool alone_busy;
};

struct lanes *
lanes_new(struct engine *en)
{
    struct lanes *l = mem_zero(sizeof *l);

    l->engine = en;
    l->map = map_new();
    l->alone_last = &l->alone;
    return l;
}

static struct lane *
lane_of(struct lanes *l, const char *conv)
{
    struct lane *lane = map_get(l->map, conv);
    size_t n = strlen(conv) + 1;

    if (lane != NULL)
        return lane;
    lane = mem_zero(sizeof *lane + n);
    memcpy(lane->conv, conv, n);
    lane->lanes = l;
    lane->last = &lane->first;
    map_put(l->map, conv, lane);
    return lane;
}

static void
start(struct lane *lane)
{
    if (lane->busy || lane->timer != NULL || lane->first == NULL)
        return;
    lane->busy = true;
    decide_event(lane->first);
}

static void
append(struct lane *lane, struct job *j, bool urgent)
{
    /* Ahead of what waits, behind what runs. */
    struct job **at = lane->last;

    if (urgent && lane->first != NULL)
        at = lane->busy ? &lane->first->next : &lane->first;
    j->next = *at;
    *at = j;
    if (j->next == NULL)
        lane->last = &j->next;
}

static void
start_alone(struct lanes *l)
{
    struct job *j = l->alone;

    if (l->alone_busy || j == NULL)
        return;
    l->alone = j->next;
    if (l->alone == NULL)
        l->alone_last = &l->alone;
    j->next = NULL;
    l->alone_busy = true;
    append(lane_of(l, j->conv_id), j, true);
    start(lane_of(l, j->conv_id));
}

void
lane_add(struct lanes *l, struct job *j, bool urgent)
{
    struct lane *lane;

    l->waiting++;
    if (j->tries > TRIES_BESIDE) {
        *l->alone_last = j;
        l->alone_last = &j->next;
        start_alone(l);
        return;
    }
    lane = lane_of(l, j->conv_id);
    append(lane, j, urgent);
    start(lane);
}

void
lane_done(struct lanes *l, struct job *j)
{
    struct lane *lane = map_get(l->map, j->conv_id);
    bool was_alone = j->tries > TRIES_BESIDE;

    lane->first = j->next;
    if (lane->first == NULL)
        lane->last = &lane->first;
    lane->busy = false;
    l->waiting--;
    job_free(j);
    if (lane->first != NULL) {
        start(lane);
    } else {
        map_remove(l->map, lane->conv);
        free(lane);
    }
    if (was_alone && l->alone_busy) {
        l->alone_busy = false;
        start_alone(l);
    }
}

static void
on_pause_over(void *arg)
{
    struct lane *lane = arg;

    lane->timer = NULL;
    start(lane);
}

void
lane_again(struct lanes *l, struct job *j, int64_t after_ms)
{
    struct lane *lane = map_get(l->map, j->conv_id);

    lane->busy = false;
    lane->timer = loop_after(l->engine->loop, after_ms, on_pause_over, lane);
}

size_t
lanes_waiting(const struct lanes *l)
{
    return l->waiting;
}

/* --- after a crash --- */

static struct job *
job_of_row(struct engine *en, const struct row_event *row)
{
    struct adapter *source =
        engine_source(en, row->source, strlen(row->source));
    struct job *j;

    if (source == NULL) {
        log_warn("event.left", LOG_STR("source", row->source),
                 LOG_STR("why", "its source is no longer configured; it stays "
                                "in the journal"));
        return NULL;
    }
    j = job_new(en);
    j->source = source;
    j->ekey = arena_str(j->arena, row->ekey);
    j->conv_id = arena_str(j->arena, row->conv);
    j->native = arena_str(j->arena, row->native);
    j->shard = row->shard;
    j->received_ms = row->recv_at;
    j->tries = row->tries + 1;
    j->journaled = true;
    return j;
}

static void
queue_row(struct lanes *l, const struct row_event *row)
{
    struct job *j = job_of_row(l->engine, row);

    if (j == NULL)
        return;
    if (j->tries > TRIES_MAX) {
        err_set(&j->error, ERR_SCRIPT,
                "set aside: tried %d times, and each time the engine stopped "
                "or failed while working on it",
                j->tries - 1);
        j->failed = true;
    }
    lane_add(l, j, false);
}

int
lanes_recover(struct lanes *l, struct err *e)
{
    struct row_events page = {.tenant = l->engine->config->tenant,
                              .limit = RECOVER_PAGE};
    size_t total = 0;

    do {
        page.arena = arena_new(1 << 16);
        page.first = NULL;
        page.end = &page.first;
        page.count = 0;
        if (store_wait(l->engine->store, run_open_events, &page, e) != 0) {
            arena_free(page.arena);
            return -1;
        }
        for (struct row_event *r = page.first; r != NULL; r = r->next) {
            queue_row(l, r);
        }
        page.skip += page.count;
        total += (size_t)page.count;
        arena_free(page.arena);
    } while (page.count == page.limit);
    if (total > 0)
        log_info("journal.recovered", LOG_INT("events", total));
    return 0;
}

void
lanes_free(struct lanes *l)
{
    size_t at = 0;
    const char *key;
    struct lane *lane;

    if (l == NULL)
        return;
    while ((lane = map_next(l->map, &at, &key)) != NULL) {
        loop_cancel(lane->timer);
        while (lane->first != NULL) {
            struct job *j = lane->first;

            lane->first = j->next;
            job_free(j);
        }
        free(lane);
    }
    while (l->alone != NULL) {
        struct job *j = l->alone;

        l->alone = j->next;
        job_free(j);
    }
    map_free(l->map);
    free(l);
}
