/* Any file is a zone or refused. What was read answers for any time: periods
 * hold their instant, a local time that is shown is found, in order, and
 * business time on such a zone adds up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/calendar.h"
#include "model/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_instant(const struct zone *z, int64_t s)
{
    struct zone_period p = zone_period_at(z, s);
    int64_t local = zone_local(z, s);
    int64_t first = zone_instant(z, local, ZONE_FIRST);

    if (p.from_s > s || p.to_s <= s || p.abbreviation == NULL)
        abort();
    if (first > s || zone_instant(z, local, ZONE_LAST) < s ||
        zone_local(z, first) < local ||
        zone_instant(z, local + 1, ZONE_FIRST) < first)
        abort();
}

static void
try_calendar(const struct zone *z, int64_t at_ms)
{
    static const struct calendar_interval hours[] = {{7200, 10800},
                                                     {32400, 64800}};
    struct arena *a = arena_new(0);
    struct calendar *c = calendar_new(a, "any", z);
    int64_t due;

    for (int weekday = 1; weekday <= 7; weekday++)
        if (calendar_set_weekday(c, weekday, hours, 2, NULL) != 0)
            abort();
    if (calendar_seal(c, NULL) != 0)
        abort();
    due = calendar_add_business(c, at_ms, 36000000);
    if (due != CALENDAR_NEVER &&
        calendar_business_ms(c, at_ms, due) != 36000000)
        abort();
    (void)calendar_next_close(c, at_ms);
    arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = {-2208988800, 0,          1000000,
                                       1774747800,  2240611200, 4102444800};
    struct err e;
    struct zone *z = zone_new("fuzzed", data, size, &e);

    if (z == NULL)
        return 0;
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        try_instant(z, instants[i]);
    try_calendar(z, 1774747800000);
    (void)zone_instant(z, INT64_MIN, ZONE_LAST);
    (void)zone_instant(z, INT64_MAX, ZONE_FIRST);
    zone_free(z);
    return 0;
}
