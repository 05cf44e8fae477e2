/*
 * destination: one place that deliveries go to (a helpdesk account, a
 * source's reply address, a notifier) with its window of requests in flight,
 * which grows with success and shrinks with failure, and its breaker
 * (reliability §8).
 */
#ifndef FLOW_DESTINATION_H
#define FLOW_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "model/ticket.h"

struct adapter;
struct deliver;
struct handover;
struct loop_timer;

/* Before a helpdesk's name: the notes about conversations that are counted with
 * a ticket. A place of their own: what limits them limits nothing else. */
#define DESTINATION_LINK "link:"

/* Priorities run from -10 (urgent) to 5. */
#define DESTINATION_PRIORITIES      16
#define DESTINATION_PRIORITY_LOWEST (-10)

struct delivery {
    struct deliver *deliver;
    struct destination *dest;
    struct delivery *next; /* in its queue, or parked behind another */
    char did[ID_SIZE], hid[ID_SIZE];
    const char *conv, *dkey, *step, *payload, *after; /* in its own piece */
    enum delivery_kind kind;
    enum delivery_state state;
    int priority, tries;
    int64_t next_at, expire_at, first_sent, created_at, fence;
    int lookups;      /* rounds of looking for an unknown outcome */
    unsigned rebuilt; /* how often the adapter asked for another request */
    bool tried;       /* its attempts may have rows of their own */
    bool settles;     /* see deliver_settles */
    struct handover *handover; /* held; or NULL: read when needed */
    struct delivery *parked;   /* those that come after this one */
};

struct destination {
    struct deliver *deliver;
    char *name;                    /* "helpdesk:zd" */
    const struct adapter *adapter; /* NULL: no longer configured */
    /* Those whose time has come, first in first out by priority; */
    struct {
        struct delivery *first, **end;
    } ready[DESTINATION_PRIORITIES];
    struct delivery **later; /* and a heap of the others by next_at */
    size_t later_count, later_room;
    size_t running, waiting;
    size_t settling; /* answered for good, and not yet committed as such */
    double window, window_max;
    unsigned failures;  /* in a row, while the breaker opens */
    int64_t open_until; /* ms: nothing is sent before */
    bool probing;       /* one request decides whether it closes */
    bool auth_failed;
    struct loop_timer *timer;
    struct destination *next;
};

/* Start values and the Postfix rules: success w += 1/w; unknown or 5xx
 * w -= 1/2; 429 w = max(1, w/2); below 1 the breaker opens for
 * rand(1/2, 1) * min(5 min, 5 s * 2^k). */
void destination_init(struct destination *d, double window_max);
void destination_clear(struct destination *d); /* frees the heap */
void destination_succeeded(struct destination *d);
void destination_failed(struct destination *d, int64_t now_ms, uint64_t random);
void destination_throttled(struct destination *d, int64_t until_ms);
void destination_denied(struct destination *d, int64_t now_ms);

/* What an answer says of the place that it came from. */
struct result;
void destination_says(struct destination *d, const struct result *r,
                      int64_t now_ms, uint64_t random);

/* How many more requests may start now. */
unsigned destination_free_slots(const struct destination *d, int64_t now_ms);

/* Put a delivery where it belongs in the queue. */
void destination_queue(struct destination *d, struct delivery *x,
                       int64_t now_ms);

/* Take the first one whose time has come, or NULL; *wait_ms: until when to
 * wait when there is one later (-1: none). */
struct delivery *destination_take(struct destination *d, int64_t now_ms,
                                  int64_t *wait_ms);

#endif
