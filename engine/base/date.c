#include "base/date.h"

#include <stdio.h>

#define ERA_DAYS    146097 /* days in 400 Gregorian years */
#define EPOCH_SHIFT 719468 /* days from 0000-03-01 to 1970-01-01 */

/* Years begin in March here, so that the leap day is the last of its year. */
struct date
date_of_days(int64_t days)
{
    struct date d;
    int64_t era, of_era, year_of_era, of_year;
    int shifted;

    days += EPOCH_SHIFT;
    era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    of_era = days - era * ERA_DAYS;
    year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    shifted = (int)((5 * of_year + 2) / 153);
    d.day = (int)(of_year - (153 * shifted + 2) / 5) + 1;
    d.month = shifted < 10 ? shifted + 3 : shifted - 9;
    d.year = year_of_era + era * 400 + (d.month <= 2);
    return d;
}

int64_t
date_to_days(int64_t year, int month, int day)
{
    int64_t era, year_of_era, of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + of_year - EPOCH_SHIFT;
}

int
date_weekday(int64_t days)
{
    int from_thursday = (int)(days % 7); /* 1970-01-01 was one */

    return (from_thursday + 3 + 7) % 7 + 1;
}

bool
date_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
date_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && date_is_leap(year));
}

void
date_format(int64_t days, char out[DATE_TEXT_MAX])
{
    struct date d = date_of_days(days);

    snprintf(out, DATE_TEXT_MAX, "%04lld-%02d-%02d", (long long)d.year, d.month,
             d.day);
}

static bool
read_digits(const char *p, size_t n, int *out)
{
    *out = 0;
    for (; n > 0; n--, p++) {
        if (*p < '0' || *p > '9')
            return false;
        *out = *out * 10 + (*p - '0');
    }
    return true;
}

bool
date_parse(const char *p, size_t n, int64_t *days)
{
    int year, month, day;

    if (n != 10 || p[4] != '-' || p[7] != '-' || !read_digits(p, 4, &year) ||
        !read_digits(p + 5, 2, &month) || !read_digits(p + 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 ||
        day > date_month_days(year, month))
        return false;
    *days = date_to_days(year, month, day);
    return true;
}
