#include "flow/backtest_limits.h"

#include <stdio.h>
#include <stdlib.h>

#include "flow/backtest_tally.h"

static const char *const names[LIMITS] = {
    [LIMIT_CHANGED] = "max-changed",
    [LIMIT_NEW] = "max-new-escalations",
    [LIMIT_LOST] = "max-lost-escalations",
};

const char *
limit_name(size_t limit)
{
    return names[limit];
}

/* "2%", "0.5%" or "12"; false when it is none. */
static bool
parse(const char *given, double *value, bool *percent)
{
    char *end;

    if (given[0] < '0' || given[0] > '9')
        return false;
    *value = strtod(given, &end);
    *percent = *end == '%';
    return end[*percent] == '\0' && *value >= 0 && *value < 1e12;
}

bool
limit_valid(const char *given)
{
    double value;
    bool percent;

    return parse(given, &value, &percent);
}

static void
measure(struct limit *l, const struct tally *t, size_t found)
{
    double value, is = (double)found;
    bool percent;

    if (l->given == NULL || !parse(l->given, &value, &percent))
        return;
    if (percent) {
        is = tally_percent(found, t->conversations);
        snprintf(l->found, sizeof l->found, "%.2f %%", is);
    } else {
        snprintf(l->found, sizeof l->found, "%zu", found);
    }
    l->exceeded = is > value;
}

bool
limits_kept(struct limit limits[LIMITS], const struct tally *t)
{
    const size_t found[LIMITS] = {
        [LIMIT_CHANGED] = t->changed,
        [LIMIT_NEW] = t->kinds[CHANGE_NEW],
        [LIMIT_LOST] = t->kinds[CHANGE_LOST],
    };
    bool kept = true;

    for (size_t i = 0; i < LIMITS; i++) {
        limits[i].name = limit_name(i);
        measure(&limits[i], t, found[i]);
        kept &= !limits[i].exceeded;
    }
    return kept;
}
