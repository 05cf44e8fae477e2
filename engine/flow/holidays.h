/*
 * holidays: the all-day events of an iCalendar file (RFC 5545), as days that
 * are closed. Read by libical, which is loaded when a configuration names
 * such a file: with the libraries that it brings along it would cost every
 * other engine several MiB for nothing.
 */
#ifndef FLOW_HOLIDAYS_H
#define FLOW_HOLIDAYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct calendar;

#define HOLIDAYS_FILE_MAX  (256u << 10)
#define HOLIDAYS_EVENT_MAX 2000
/* What repeats every year is known for the years from 2000 to 2099. */

/* Add every day of the file to CALENDAR_IMPORTED. DTEND is exclusive; an event
 * repeats with RRULE (FREQ=YEARLY only), RDATE and EXDATE; a single one can be
 * replaced by RECURRENCE-ID; what is CANCELLED is none. Events at a time of
 * day are no holidays: left_out (may be NULL) counts them. ERR_INPUT names the
 * file and the event. */
int holidays_read(const char *path, struct calendar *into, size_t *left_out,
                  struct err *e) MUST_CHECK;

#endif
