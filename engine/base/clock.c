#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/date.h"

#define DAY_MS INT64_C(86400000)

/* The wall clock that tests put in; the system's when NULL. */
static _Atomic(int64_t (*)(void)) clock_source;

static int64_t
read_us(clockid_t which)
{
    struct timespec t = {0};

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_now_ms(void)
{
    int64_t (*source)(void) =
        atomic_load_explicit(&clock_source, memory_order_acquire);

    return source != NULL ? source() : read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_cpu_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

void
clock_set_source(int64_t (*now_ms)(void))
{
    atomic_store_explicit(&clock_source, now_ms, memory_order_release);
}

void
clock_format(int64_t ms, char out[CLOCK_TEXT_MAX])
{
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
    int of_day = (int)(ms % DAY_MS + (ms % DAY_MS < 0 ? DAY_MS : 0));
    int seconds = of_day / 1000, fraction = of_day % 1000;
    struct date d = date_of_days(days);
    int n;

    n = snprintf(out, CLOCK_TEXT_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d",
                 (long long)d.year, d.month, d.day, seconds / 3600,
                 seconds / 60 % 60, seconds % 60);
    if (fraction != 0)
        snprintf(out + n, CLOCK_TEXT_MAX - (size_t)n, ".%03dZ", fraction);
    else
        snprintf(out + n, CLOCK_TEXT_MAX - (size_t)n, "Z");
}

struct reader {
    const char *p, *end;
};

/* Exactly `count` digits, a value from low to high. */
static bool
read_number(struct reader *r, int count, int low, int high, int *out)
{
    int value = 0;

    if (r->end - r->p < count)
        return false;
    for (; count > 0; count--, r->p++) {
        if (*r->p < '0' || *r->p > '9')
            return false;
        value = value * 10 + (*r->p - '0');
    }
    *out = value;
    return value >= low && value <= high;
}

static bool
read_one_of(struct reader *r, const char *set, char *out)
{
    if (r->p == r->end)
        return false;
    for (; *set != '\0'; set++) {
        if (*r->p != *set)
            continue;
        *out = *r->p++;
        return true;
    }
    return false;
}

static bool
read_date(struct reader *r, int64_t *days)
{
    if (r->end - r->p < 10 || !date_parse(r->p, 10, days))
        return false;
    r->p += 10;
    return true;
}

/* Second 60 is a leap second (RFC 3339, 5.6): it reads as the next second. */
static bool
read_time(struct reader *r, int *seconds)
{
    int hour, minute, second;
    char c;

    if (!read_number(r, 2, 0, 23, &hour) || !read_one_of(r, ":", &c) ||
        !read_number(r, 2, 0, 59, &minute) || !read_one_of(r, ":", &c) ||
        !read_number(r, 2, 0, 60, &second))
        return false;
    *seconds = hour * 3600 + minute * 60 + second;
    return true;
}

/* ".123456": what lies behind the milliseconds is cut. */
static bool
read_fraction(struct reader *r, int *ms)
{
    int scale = 100, digit;
    char c;

    *ms = 0;
    if (!read_one_of(r, ".", &c))
        return true;
    if (!read_number(r, 1, 0, 9, &digit))
        return false;
    do {
        *ms += digit * scale;
        scale /= 10;
    } while (read_number(r, 1, 0, 9, &digit));
    return true;
}

static bool
read_offset(struct reader *r, int *minutes)
{
    int hour, minute;
    char sign, c;

    *minutes = 0;
    if (read_one_of(r, "Zz", &c))
        return true;
    if (!read_one_of(r, "+-", &sign) || !read_number(r, 2, 0, 23, &hour) ||
        !read_one_of(r, ":", &c) || !read_number(r, 2, 0, 59, &minute))
        return false;
    *minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return true;
}

bool
clock_parse(const char *p, size_t n, int64_t *ms)
{
    struct reader r = {p, p + n};
    int seconds, fraction, offset;
    int64_t days;
    char c;

    if (n == 0 || !read_date(&r, &days) || !read_one_of(&r, "Tt ", &c) ||
        !read_time(&r, &seconds) || !read_fraction(&r, &fraction) ||
        !read_offset(&r, &offset) || r.p != r.end)
        return false;
    *ms = days * DAY_MS + ((int64_t)seconds - offset * 60) * 1000 + fraction;
    return true;
}
