#include "flow/destination.h"

#include <stdlib.h>

#include "base/arena.h"
#include "model/outbound.h"

#define WINDOW_START 2.0
#define OPEN_BASE_MS 5000
#define OPEN_MAX_MS  (5 * 60 * 1000)
#define DENIED_MS    (5 * 60 * 1000) /* then one request asks again */

void
destination_init(struct destination *d, double window_max)
{
    d->window_max = window_max >= 1 ? window_max : 1;
    d->window = WINDOW_START < d->window_max ? WINDOW_START : d->window_max;
    for (size_t i = 0; i < DESTINATION_PRIORITIES; i++)
        d->ready[i].end = &d->ready[i].first;
}

void
destination_succeeded(struct destination *d)
{
    if (d->probing) {
        d->probing = false;
        d->window = WINDOW_START < d->window_max ? WINDOW_START : d->window_max;
    } else {
        d->window += 1.0 / d->window;
        if (d->window > d->window_max)
            d->window = d->window_max;
    }
    d->failures = 0;
    d->open_until = 0;
    d->auth_failed = false;
}

static void
open_breaker(struct destination *d, int64_t now_ms, uint64_t random)
{
    int64_t span = OPEN_BASE_MS;

    for (unsigned k = 0; k < d->failures && span < OPEN_MAX_MS; k++)
        span *= 2;
    if (span > OPEN_MAX_MS)
        span = OPEN_MAX_MS;
    span = span / 2 + (int64_t)(random % (uint64_t)(span / 2 + 1));
    d->open_until = now_ms + span;
    d->failures++;
    d->window = 1;
    d->probing = true;
}

void
destination_failed(struct destination *d, int64_t now_ms, uint64_t random)
{
    if (d->probing) {
        open_breaker(d, now_ms, random);
        return;
    }
    d->window -= 0.5;
    if (d->window < 1)
        open_breaker(d, now_ms, random);
}

void
destination_throttled(struct destination *d, int64_t until_ms)
{
    d->window = d->window / 2 > 1 ? d->window / 2 : 1;
    if (until_ms > d->open_until)
        d->open_until = until_ms;
}

void
destination_denied(struct destination *d, int64_t now_ms)
{
    d->auth_failed = true;
    d->window = 1;
    d->probing = true;
    d->open_until = now_ms + DENIED_MS;
}

void
destination_says(struct destination *d, const struct result *r, int64_t now_ms,
                 uint64_t random)
{
    switch (r->class) {
    case RESULT_DONE:
    case RESULT_MISSING:
    case RESULT_REFUSED:
    case RESULT_AGAIN:
        destination_succeeded(d);
        return;
    case RESULT_RETRY:
        if (r->after_s > 0)
            destination_throttled(d, now_ms + r->after_s * 1000);
        else
            destination_failed(d, now_ms, random);
        return;
    case RESULT_AUTH:
        destination_denied(d, now_ms);
        return;
    case RESULT_UNKNOWN:
        destination_failed(d, now_ms, random);
        return;
    }
}

unsigned
destination_free_slots(const struct destination *d, int64_t now_ms)
{
    unsigned window = (unsigned)d->window;

    if (now_ms < d->open_until)
        return 0;
    if (d->probing)
        window = 1;
    if (d->settling >= window)
        return 0; /* the store is behind */
    return d->running < window ? window - (unsigned)d->running : 0;
}

void
destination_clear(struct destination *d)
{
    free(d->later);
    d->later = NULL;
    d->later_count = d->later_room = 0;
}

static void
push_ready(struct destination *d, struct delivery *x)
{
    int bucket = x->priority - DESTINATION_PRIORITY_LOWEST;

    if (bucket < 0)
        bucket = 0;
    if (bucket >= DESTINATION_PRIORITIES)
        bucket = DESTINATION_PRIORITIES - 1;
    x->next = NULL;
    *d->ready[bucket].end = x;
    d->ready[bucket].end = &x->next;
}

static void
sift_up(struct destination *d, size_t i)
{
    while (i > 0) {
        size_t up = (i - 1) / 2;
        struct delivery *x = d->later[i];

        if (d->later[up]->next_at <= x->next_at)
            return;
        d->later[i] = d->later[up];
        d->later[up] = x;
        i = up;
    }
}

static void
sift_down(struct destination *d)
{
    size_t i = 0;

    for (;;) {
        size_t least = i, left = 2 * i + 1;
        struct delivery *x = d->later[i];

        for (size_t c = left; c < left + 2 && c < d->later_count; c++)
            if (d->later[c]->next_at < d->later[least]->next_at)
                least = c;
        if (least == i)
            return;
        d->later[i] = d->later[least];
        d->later[least] = x;
        i = least;
    }
}

void
destination_queue(struct destination *d, struct delivery *x, int64_t now_ms)
{
    d->waiting++;
    if (x->next_at <= now_ms) {
        push_ready(d, x);
        return;
    }
    if (d->later_count == d->later_room) {
        d->later_room = d->later_room * 2 + 16;
        d->later = mem_grow(d->later, d->later_room * sizeof(*d->later));
    }
    d->later[d->later_count] = x;
    sift_up(d, d->later_count++);
}

struct delivery *
destination_take(struct destination *d, int64_t now_ms, int64_t *wait_ms)
{
    while (d->later_count > 0 && d->later[0]->next_at <= now_ms) {
        struct delivery *x = d->later[0];

        d->later[0] = d->later[--d->later_count];
        if (d->later_count > 0)
            sift_down(d);
        push_ready(d, x);
    }
    *wait_ms = d->later_count > 0 ? d->later[0]->next_at - now_ms : -1;
    for (size_t i = 0; i < DESTINATION_PRIORITIES; i++) {
        struct delivery *x = d->ready[i].first;

        if (x == NULL)
            continue;
        d->ready[i].first = x->next;
        if (x->next == NULL)
            d->ready[i].end = &d->ready[i].first;
        x->next = NULL;
        d->waiting--;
        return x;
    }
    return NULL;
}
