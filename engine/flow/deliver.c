#include "flow/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/plan.h"
#include "flow/rows.h"
#include "flow/send.h"
#include "flow/sending.h"
#include "http/loop.h"
#include "store/store.h"

#define RECOVER_PAGE 500
#define PUMP_MAX_MS  60000

struct await {
    struct deliver *deliver;
    char hid[ID_SIZE];
    void (*fn)(void *arg, const char *ticket, const char *url);
    void *arg;
    struct loop_timer *timer;
    struct await *next;
};

struct deliver {
    struct engine *engine;
    struct destination *destinations;
    struct map *by_dkey; /* every delivery in memory */
    struct await *awaits;
    size_t running, waiting;
    bool stopped;
};

struct deliver *
deliver_new(struct engine *en)
{
    struct deliver *d = mem_zero(sizeof *d);

    d->engine = en;
    d->by_dkey = map_new();
    return d;
}

struct engine *
deliver_engine(const struct deliver *d)
{
    return d->engine;
}

/* Many comments go to one ticket: one after the other. */
static bool
is_for_links(const char *dest)
{
    return strncmp(dest, DESTINATION_LINK, strlen(DESTINATION_LINK)) == 0;
}

static struct adapter *
adapter_of(struct engine *en, const char *dest)
{
    if (strncmp(dest, "helpdesk:", 9) == 0)
        return engine_helpdesk(en, dest + 9);
    if (is_for_links(dest))
        return engine_helpdesk(en, dest + strlen(DESTINATION_LINK));
    if (strncmp(dest, "source:", 7) == 0)
        return engine_source(en, dest + 7, strlen(dest + 7));
    if (strncmp(dest, "notifier:", 9) == 0)
        return engine_notifier(en, dest + 9);
    return NULL;
}

static struct destination *
destination_of(struct deliver *d, const char *name)
{
    struct destination *t;
    struct adapter *a;

    for (t = d->destinations; t != NULL; t = t->next)
        if (strcmp(t->name, name) == 0)
            return t;
    t = mem_zero(sizeof *t);
    t->deliver = d;
    t->name = strdup(name);
    t->adapter = a = adapter_of(d->engine, name);
    destination_init(t, a == NULL || is_for_links(name) ? 1
                        : a->part->window_max > 0       ? a->part->window_max
                        : a->window_max > 0             ? a->window_max
                                                        : 20);
    t->next = d->destinations;
    d->destinations = t;
    return t;
}

static void
delivery_free(struct delivery *x)
{
    map_remove(x->deliver->by_dkey, x->dkey);
    handover_release(x->handover);
    free(x);
}

static void pump(struct destination *t);

static void
on_timer(void *arg)
{
    struct destination *t = arg;

    t->timer = NULL;
    pump(t);
}

static void
wake_later(struct destination *t, int64_t ms)
{
    if (t->timer != NULL)
        loop_cancel(t->timer);
    if (ms > PUMP_MAX_MS)
        ms = PUMP_MAX_MS;
    t->timer =
        loop_after(t->deliver->engine->loop, ms < 1 ? 1 : ms, on_timer, t);
}

/* Start as many as the window allows, and come back when the next is due. */
static void
pump(struct destination *t)
{
    int64_t now = clock_now_ms(), wait_ms = -1;
    struct delivery *x;

    if (t->deliver->stopped || t->adapter == NULL)
        return;
    while (destination_free_slots(t, now) > 0 &&
           (x = destination_take(t, now, &wait_ms)) != NULL) {
        t->running++;
        t->deliver->running++;
        send_start(x);
    }
    if (t->waiting > 0 && now < t->open_until)
        wait_ms = t->open_until - now;
    if (wait_ms >= 0)
        wake_later(t, wait_ms);
}

static void
queue(struct delivery *x)
{
    struct destination *t = x->dest;

    destination_queue(t, x, clock_now_ms());
    pump(t);
}

static void
admit(struct deliver *d, struct delivery *x)
{
    map_put(d->by_dkey, x->dkey, x);
    d->waiting++;
}

static void
park(struct delivery *before, struct delivery *x)
{
    struct delivery **end = &before->parked;

    while (*end != NULL)
        end = &(*end)->next;
    x->next = NULL;
    *end = x;
}

/* Behind the delivery it comes after, while that one is open. */
static void
place(struct deliver *d, struct delivery *x)
{
    struct delivery *before =
        x->after != NULL ? map_get(d->by_dkey, x->after) : NULL;

    if (before != NULL) {
        park(before, x);
        return;
    }
    queue(x);
}

/* Thousands wait while a helpdesk is slow: each is one piece of memory, its
 * texts behind it. */
struct texts {
    const char *conv, *dkey, *step, *payload, *after; /* after: or NULL */
};

static const char *
put_text(char **at, const char *text)
{
    const char *put = *at;

    if (text == NULL)
        return NULL;
    *at = stpcpy(*at, text) + 1;
    return put;
}

static struct delivery *
delivery_new(struct deliver *d, const char *dest, const struct texts *t)
{
    size_t after = t->after != NULL ? strlen(t->after) + 1 : 0;
    struct delivery *x =
        mem_zero(sizeof *x + strlen(t->conv) + strlen(t->dkey) +
                 strlen(t->step) + strlen(t->payload) + 4 + after);
    char *at = (char *)(x + 1);

    x->deliver = d;
    x->dest = destination_of(d, dest);
    x->conv = put_text(&at, t->conv);
    x->dkey = put_text(&at, t->dkey);
    x->step = put_text(&at, t->step);
    x->payload = put_text(&at, t->payload);
    x->after = put_text(&at, t->after);
    return x;
}

void
deliver_planned(struct deliver *d, const struct plan *p,
                const struct conversation *c)
{
    struct handover *h = p->decided ? handover_new(p->n, p->outcome) : NULL;
    int64_t now = clock_now_ms();

    if (h != NULL && p->opens_handoff)
        build_pack_conversation(c, h->decision.group, &h->conversation);
    for (size_t i = 0; i < p->delivery_count; i++) {
        const struct plan_delivery *row = p->deliveries[i];
        struct texts texts = {p->conv_id, row->dkey, row->step, row->payload,
                              row->after_dkey};
        struct delivery *x = delivery_new(d, row->dest, &texts);

        strcpy(x->did, row->did);
        strcpy(x->hid, p->hid);
        x->kind = row->kind;
        x->state = DELIVERY_READY;
        x->priority = row->priority;
        x->next_at = row->next_at;
        x->expire_at = row->expire_at;
        x->created_at = now;
        x->handover = handover_hold(h);
        admit(d, x);
        place(d, x);
    }
    handover_release(h);
}

/* --- the ends of a delivery --- */

static void
gave_back(struct delivery *x)
{
    if (x->settles)
        x->dest->settling--;
    else
        x->dest->running--;
    x->settles = false;
    x->deliver->running--;
}

void
deliver_settles(struct delivery *x)
{
    x->settles = true;
    x->dest->running--;
    x->dest->settling++;
    pump(x->dest);
}

/* The AI is stopped, then the customer is told; but a stop that has trouble of
 * its own keeps nobody waiting. */
static struct delivery *
stop_under_way(const struct delivery *notice)
{
    char dkey[ID_SIZE + 16];
    struct delivery *stop;

    if (notice->kind != DELIVER_NOTICE)
        return NULL;
    snprintf(dkey, sizeof dkey, "%s/ai_pause", notice->hid);
    stop = map_get(notice->deliver->by_dkey, dkey);
    return stop != NULL && stop->tries == 0 ? stop : NULL;
}

static void
release_parked(struct delivery *x)
{
    struct delivery *p = x->parked;

    x->parked = NULL;
    while (p != NULL) {
        struct delivery *next = p->next, *stop = stop_under_way(p);

        p->next = NULL;
        if (p->next_at < clock_now_ms())
            p->next_at = clock_now_ms();
        if (stop != NULL && stop != x)
            park(stop, p);
        else
            queue(p);
        p = next;
    }
}

void
deliver_finished(struct delivery *x)
{
    struct destination *t = x->dest;

    gave_back(x);
    x->deliver->waiting--;
    release_parked(x);
    delivery_free(x);
    pump(t);
}

void
deliver_later(struct delivery *x)
{
    gave_back(x);
    if (x->kind == DELIVER_PAUSE)
        release_parked(x);
    queue(x);
}

static void
drop_parked(struct delivery *x)
{
    struct delivery *p = x->parked;

    x->parked = NULL;
    while (p != NULL) {
        struct delivery *next = p->next;

        drop_parked(p);
        p->deliver->waiting--;
        delivery_free(p);
        p = next;
    }
}

void
deliver_parted(struct delivery *x)
{
    struct destination *t = x->dest;
    bool goes_on = x->state == DELIVERY_DEAD;

    gave_back(x);
    x->deliver->waiting--;
    if (goes_on)
        release_parked(x); /* given up: what comes after it still happens */
    else
        drop_parked(x); /* they wait in the store for the operator */
    delivery_free(x);
    pump(t);
}

void
deliver_waits(struct delivery *x)
{
    struct deliver *d = x->deliver;
    struct destination *t = x->dest;

    gave_back(x);
    if (x->after != NULL && map_get(d->by_dkey, x->after) != NULL) {
        place(d, x);
    } else {
        log_info("delivery.waits", LOG_STR("delivery", x->did),
                 LOG_STR("handoff", x->hid),
                 LOG_STR("why", "its ticket is held for a person"));
        d->waiting--;
        drop_parked(x);
        delivery_free(x);
    }
    pump(t);
}

/* --- for those who only look --- */

struct destination *
deliver_borrow(struct deliver *d, const char *name)
{
    struct destination *t = destination_of(d, name);

    if (d->stopped || t->adapter == NULL ||
        destination_free_slots(t, clock_now_ms()) == 0)
        return NULL;
    t->running++;
    d->running++;
    return t;
}

void
deliver_give_back(struct destination *t, const struct result *r)
{
    uint64_t random;

    digest_random(&random, sizeof random);
    t->running--;
    t->deliver->running--;
    destination_says(t, r, clock_now_ms(), random);
    pump(t);
}

/* --- waiting for a ticket --- */

static void
unlink_await(struct await *w)
{
    for (struct await **at = &w->deliver->awaits; *at != NULL;
         at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            return;
        }
}

static void
on_await_over(void *arg)
{
    struct await *w = arg;

    unlink_await(w);
    w->fn(w->arg, NULL, NULL);
    free(w);
}

void
deliver_await(struct deliver *d, const char *hid, int64_t ms,
              void (*fn)(void *arg, const char *ticket, const char *url),
              void *arg)
{
    struct await *w = mem_zero(sizeof *w);

    w->deliver = d;
    strncpy(w->hid, hid, sizeof w->hid - 1);
    w->fn = fn;
    w->arg = arg;
    w->next = d->awaits;
    d->awaits = w;
    w->timer = loop_after(d->engine->loop, ms, on_await_over, w);
}

void
deliver_ticketed(struct delivery *x, const char *ticket, const char *url)
{
    struct await *w = x->deliver->awaits;

    while (w != NULL) {
        struct await *next = w->next;

        if (strcmp(w->hid, x->hid) == 0) {
            unlink_await(w);
            loop_cancel(w->timer);
            w->fn(w->arg, ticket, url);
            free(w);
        }
        w = next;
    }
}

/* --- after a crash, and on an operator's word --- */

/* The rows come in the order of their ids, which says nothing about which of
 * them comes first: none is placed before all are there. */
struct arrivals {
    struct delivery *first, **end;
};

static void
place_all(struct deliver *d, struct arrivals *in)
{
    struct delivery *x;

    while ((x = in->first) != NULL) {
        in->first = x->next;
        x->next = NULL;
        place(d, x);
    }
    in->end = &in->first;
}

static void
take_row(struct deliver *d, const struct row_delivery *row, struct arrivals *in)
{
    struct texts texts = {row->conv, row->dkey, row->step, row->payload,
                          row->after[0] != '\0' ? row->after : NULL};
    struct delivery *x;

    if (map_get(d->by_dkey, row->dkey) != NULL)
        return; /* in memory already */
    x = delivery_new(d, row->dest, &texts);
    strncpy(x->did, row->did, sizeof x->did - 1);
    strncpy(x->hid, row->hid, sizeof x->hid - 1);
    x->kind = row->kind;
    x->state = row->state;
    x->priority = row->priority;
    x->tries = row->tries;
    x->next_at = row->next_at;
    x->expire_at = row->expire_at;
    x->first_sent = row->first_sent;
    x->created_at = row->created_at;
    x->fence = row->fence;
    x->tried = true;
    if (x->dest->adapter == NULL)
        log_warn("delivery.left", LOG_STR("delivery", x->did),
                 LOG_STR("destination", x->dest->name),
                 LOG_STR("why", "its destination is no longer configured; it "
                                "stays in the store"));
    admit(d, x);
    *in->end = x;
    in->end = &x->next;
}

void
deliver_row(struct deliver *d, const struct row_delivery *row)
{
    struct arrivals in = {.end = &in.first};

    take_row(d, row, &in);
    place_all(d, &in);
}

struct refresh {
    struct deliver *deliver;
    struct row_deliveries page;
    struct arrivals in;
    char after[ID_SIZE];
};

static void
take_page(struct deliver *d, struct row_deliveries *page, char after[ID_SIZE],
          struct arrivals *in)
{
    for (struct row_delivery *r = page->first; r != NULL; r = r->next) {
        take_row(d, r, in);
        strncpy(after, r->did, ID_SIZE - 1);
    }
}

static void
open_page(struct row_deliveries *page, struct deliver *d, const char *after)
{
    *page = (struct row_deliveries){.tenant = d->engine->config->tenant,
                                    .after_did = after,
                                    .limit = RECOVER_PAGE};
    page->arena = arena_new(1 << 16);
    page->end = &page->first;
}

int
deliver_recover(struct deliver *d, struct err *e)
{
    struct row_deliveries page;
    struct arrivals in = {.end = &in.first};
    char after[ID_SIZE] = "";
    int count;

    open_page(&page, d, after);
    arena_free(page.arena);
    if (store_wait(d->engine->store, run_expire_leases, &page, e) != 0)
        return -1;
    do {
        open_page(&page, d, after);
        if (store_wait(d->engine->store, run_open_deliveries, &page, e) != 0) {
            arena_free(page.arena);
            return -1;
        }
        take_page(d, &page, after, &in);
        count = page.count;
        arena_free(page.arena);
    } while (count == RECOVER_PAGE);
    place_all(d, &in);
    if (d->waiting > 0)
        log_info("deliveries.recovered", LOG_INT("count", d->waiting));
    return 0;
}

static int
run_refresh(struct db *db, void *arg, struct err *e)
{
    struct refresh *r = arg;

    return run_open_deliveries(db, &r->page, e);
}

static void
on_refreshed(void *arg, const struct err *e)
{
    struct refresh *r = arg;

    if (e == NULL) {
        take_page(r->deliver, &r->page, r->after, &r->in);
        if (r->page.count == RECOVER_PAGE) {
            arena_free(r->page.arena);
            open_page(&r->page, r->deliver, r->after);
            store_submit(r->deliver->engine->store, run_refresh, on_refreshed,
                         r);
            return;
        }
    }
    place_all(r->deliver, &r->in);
    arena_free(r->page.arena);
    free(r);
}

void
deliver_refresh(struct deliver *d)
{
    struct refresh *r = mem_zero(sizeof *r);

    r->deliver = d;
    r->in.end = &r->in.first;
    for (struct destination *t = d->destinations; t != NULL; t = t->next)
        if (t->auth_failed)
            t->open_until = 0;
    open_page(&r->page, d, r->after);
    store_submit(d->engine->store, run_refresh, on_refreshed, r);
}

size_t
deliver_running(const struct deliver *d)
{
    return d->running;
}

size_t
deliver_waiting(const struct deliver *d)
{
    return d->waiting;
}

void
deliver_destinations(const struct deliver *d, struct buf *out)
{
    for (const struct destination *t = d->destinations; t != NULL;
         t = t->next) {
        if (out->len > 0 && out->data[out->len - 1] == '}')
            buf_addc(out, ',');
        buf_addc(out, '{');
        json_put_member(out, "name", t->name);
        json_put_key(out, "window");
        json_put_num(out, (double)(int)(t->window * 10) / 10);
        json_put_member_int(out, "running", (int64_t)t->running);
        json_put_member_int(out, "waiting", (int64_t)t->waiting);
        if (t->open_until > 0)
            json_put_member_time(out, "open_until", t->open_until);
        buf_addc(out, '}');
    }
}

void
deliver_stop(struct deliver *d)
{
    d->stopped = true;
}

void
deliver_free(struct deliver *d)
{
    size_t at = 0;
    const char *key;
    struct delivery *x;

    if (d == NULL)
        return;
    while ((x = map_next(d->by_dkey, &at, &key)) != NULL)
        delivery_free(x);
    while (d->destinations != NULL) {
        struct destination *t = d->destinations;

        d->destinations = t->next;
        loop_cancel(t->timer);
        destination_clear(t);
        free(t->name);
        free(t);
    }
    while (d->awaits != NULL) {
        struct await *w = d->awaits;

        d->awaits = w->next;
        loop_cancel(w->timer);
        free(w);
    }
    map_free(d->by_dkey);
    free(d);
}
