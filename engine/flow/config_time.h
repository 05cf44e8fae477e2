/*
 * config_time: the part of the configuration that is about time: calendars,
 * the groups that work by them, and what is promised.
 */
#ifndef FLOW_CONFIG_TIME_H
#define FLOW_CONFIG_TIME_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/config_tickets.h"

struct calendar;
struct zone;
struct config;

struct config_calendar {
    const char *name;
    const struct calendar *calendar;
    size_t left_out; /* events of its files that were no all-day ones */
};

struct config_group {
    const char *name;
    const struct calendar *calendar; /* NULL: always open */
    int64_t expected_wait_ms;        /* in its queue */
    struct unassigned unassigned;    /* of its own; 0: the usual */
};

/* Fill in calendars, group_times and sla of c from what config() returned.
 * ERR_INPUT with file and line. */
int config_read_time(struct config *c, const json_t *root,
                     struct err *e) MUST_CHECK;

/* NULL when there is none of that name; "24x7" is always there. */
const struct calendar *config_calendar(const struct config *c,
                                       const char *name);

/* The times of a group; of the default group when name is NULL. NULL when
 * nothing is known of it. */
const struct config_group *config_group(const struct config *c,
                                        const char *name);

/* By whose clock people read a report: the zone of the default group's
 * calendar, else that of the first calendar that has one. NULL: UTC; c may be
 * NULL. */
const struct zone *config_zone(const struct config *c);

#endif
