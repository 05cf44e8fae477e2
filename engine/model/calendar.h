/*
 * calendar: when a team works: several intervals a day by weekday in a zone,
 * holidays, half days and exceptions; and the arithmetic of business time on
 * it. Pure, and no query allocates. Instants are ms since the epoch.
 *
 * An interval is written in local time and lasts from the instant its
 * beginning is first shown to the instant its end is first shown (zone.h: a
 * skipped time is the first instant after the gap). So each instant belongs to
 * one day, a night shift is an hour longer or shorter when the clock changes,
 * and 00:00 to 24:00 is the whole day on every day.
 */
#ifndef MODEL_CALENDAR_H
#define MODEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct zone;
struct calendar;

/* The search for the next opening ends after so many closed days. */
#define CALENDAR_HORIZON_DAYS 400
/* The arithmetic of business time ends after so many days (20 years). */
#define CALENDAR_SPAN_DAYS 7305
#define CALENDAR_NEVER     INT64_MAX
#define CALENDAR_DATES_MAX 20000 /* of one layer */

/* A part of a local day, in seconds from its 00:00; 24:00 is 86400. */
struct calendar_interval {
    int from_s, to_s;
};

/* What stands over the week, the first that has the day wins. */
enum calendar_layer {
    CALENDAR_EXCEPTION, /* other hours on a day */
    CALENDAR_HOLIDAY,   /* on a day */
    CALENDAR_YEARLY,    /* on a day of every year */
    CALENDAR_IMPORTED,  /* from a file */
    CALENDAR_LAYERS
};

/* The calendar that is always open; it knows no holidays and counts days in
 * UTC. */
extern const struct calendar calendar_always;
#define CALENDAR_ALWAYS_NAME "24x7"

/* A calendar, closed so far, in the arena. The zone is borrowed. */
struct calendar *calendar_new(struct arena *a, const char *name,
                              const struct zone *zone);

/* The hours of a weekday, 1 Monday to 7 Sunday. Intervals ascend and do not
 * meet (ERR_INPUT); they are copied. */
int calendar_set_weekday(struct calendar *c, int weekday,
                         const struct calendar_interval *intervals, size_t n,
                         struct err *e) MUST_CHECK;

/* The hours of one day, none: closed. day: days since 1970-01-01; for
 * CALENDAR_YEARLY month * 100 + day of the month. name may be NULL. */
int calendar_add_day(struct calendar *c, enum calendar_layer layer, int64_t day,
                     const char *name,
                     const struct calendar_interval *intervals, size_t n,
                     struct err *e) MUST_CHECK;

/* Close it: afterwards it may be asked. ERR_INPUT when it is never open. Of
 * two entries for a day in one layer the first counts. */
int calendar_seal(struct calendar *c, struct err *e) MUST_CHECK;

const char *calendar_name(const struct calendar *c);
const struct zone *calendar_zone(const struct calendar *c); /* NULL: always */
size_t calendar_day_count(const struct calendar *c, enum calendar_layer layer);

/* Instants outside of the years 1 to 9999 are closed, and nothing follows. */
bool calendar_is_open(const struct calendar *c, int64_t at_ms);

/* The first instant from at_ms on that is open (at_ms itself when it is), or
 * CALENDAR_NEVER within the horizon. */
int64_t calendar_next_open(const struct calendar *c, int64_t at_ms);

/* When the opening ends that next_open lies in; CALENDAR_NEVER when there is
 * none, or no end within the horizon. */
int64_t calendar_next_close(const struct calendar *c, int64_t at_ms);

/* The business time in [from_ms, to_ms), in ms; 0 when to is not after from.
 * What lies more than CALENDAR_SPAN_DAYS behind from is not counted. */
int64_t calendar_business_ms(const struct calendar *c, int64_t from_ms,
                             int64_t to_ms);

/* The first instant by which `business_ms` of business time have passed since
 * from_ms: business_ms(t, add_business(t, n)) is n. For 0 or less from_ms
 * itself. CALENDAR_NEVER when it is not reached in CALENDAR_SPAN_DAYS. */
int64_t calendar_add_business(const struct calendar *c, int64_t from_ms,
                              int64_t business_ms);

/* Closing time of the n-th day with hours after the local day of from_ms; for
 * the calendar that is always open n times 24 hours later. */
int64_t calendar_add_days(const struct calendar *c, int64_t from_ms, int n);

/* The local day of an instant: weekday 1 Monday to 7 Sunday; holiday: its
 * name ("holiday" when it has none), NULL on other days. A day with hours by
 * exception stays a holiday. */
struct calendar_today {
    int64_t day;
    int weekday;
    const char *holiday;
};
struct calendar_today calendar_today(const struct calendar *c, int64_t at_ms);

#endif
