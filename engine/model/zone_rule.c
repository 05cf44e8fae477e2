#include "model/zone_rule.h"

#include <string.h>

#include "base/date.h"

#define DAY_S  86400
#define HOUR_S 3600

struct reader {
    const char *p, *end;
};

static bool
at(const struct reader *r, char c)
{
    return r->p < r->end && *r->p == c;
}

static bool
take(struct reader *r, char c)
{
    if (!at(r, c))
        return false;
    r->p++;
    return true;
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
in_quotes(char c)
{
    return is_letter(c) || is_digit(c) || c == '+' || c == '-';
}

/* CEST, or <+0330>; three characters at least. */
static bool
read_name(struct reader *r, char out[ZONE_ABBREVIATION_MAX])
{
    bool quoted = take(r, '<');
    size_t n = 0;

    for (; r->p < r->end && n + 1 < ZONE_ABBREVIATION_MAX; r->p++) {
        if (!(quoted ? in_quotes(*r->p) : is_letter(*r->p)))
            break;
        out[n++] = *r->p;
    }
    out[n] = '\0';
    return n >= 3 && (!quoted || take(r, '>'));
}

static bool
read_number(struct reader *r, int low, int high, int *out)
{
    const char *from = r->p;
    int value = 0;

    for (; r->p < r->end && is_digit(*r->p); r->p++)
        if (value < 100000)
            value = value * 10 + (*r->p - '0');
    *out = value;
    return r->p > from && value >= low && value <= high;
}

/* [+-]hh[:mm[:ss]] */
static bool
read_time(struct reader *r, int hours_max, int *seconds)
{
    int hours, minutes = 0, rest = 0;
    bool minus = take(r, '-');

    if (!minus)
        take(r, '+');
    if (!read_number(r, 0, hours_max, &hours))
        return false;
    if (take(r, ':') && !read_number(r, 0, 59, &minutes))
        return false;
    if (take(r, ':') && !read_number(r, 0, 59, &rest))
        return false;
    *seconds = hours * HOUR_S + minutes * 60 + rest;
    if (minus)
        *seconds = -*seconds;
    return true;
}

/* West of Greenwich is positive in a TZ string. */
static bool
read_offset(struct reader *r, int *offset)
{
    if (!read_time(r, 24, offset))
        return false;
    *offset = -*offset;
    return true;
}

static bool
read_day(struct reader *r, struct zone_change *c)
{
    if (take(r, 'M')) {
        c->kind = CHANGE_WEEKDAY;
        return read_number(r, 1, 12, &c->month) && take(r, '.') &&
               read_number(r, 1, 5, &c->week) && take(r, '.') &&
               read_number(r, 0, 6, &c->day);
    }
    c->kind = take(r, 'J') ? CHANGE_JULIAN : CHANGE_YEARDAY;
    return read_number(r, c->kind == CHANGE_JULIAN, 365, &c->day);
}

static bool
read_change(struct reader *r, struct zone_change *c)
{
    c->time_s = 2 * HOUR_S;
    if (!take(r, ',') || !read_day(r, c))
        return false;
    return !take(r, '/') || read_time(r, 167, &c->time_s);
}

static bool
read_rule(struct reader *r, struct zone_rule *out)
{
    if (!read_name(r, out->standard) ||
        !read_offset(r, &out->standard_offset_s))
        return false;
    if (r->p == r->end)
        return true;
    out->has_summer = true;
    out->summer_offset_s = out->standard_offset_s + HOUR_S;
    if (!read_name(r, out->summer))
        return false;
    if (!at(r, ',') && !read_offset(r, &out->summer_offset_s))
        return false;
    return read_change(r, &out->begins) && read_change(r, &out->ends) &&
           r->p == r->end;
}

int
zone_rule_read(const char *p, size_t n, struct zone_rule *out, struct err *e)
{
    struct reader r = {p, p + n};

    memset(out, 0, sizeof *out);
    if (read_rule(&r, out))
        return 0;
    return err_set(e, ERR_INPUT, "the TZ string \"%.*s\" is not well-formed",
                   (int)(n > 80 ? 80 : n), p);
}

static int64_t
weekday_of_month(int64_t year, const struct zone_change *c)
{
    int64_t first = date_to_days(year, c->month, 1);
    int shift = (c->day - date_weekday(first) % 7 + 7) % 7;
    int day = shift + (c->week - 1) * 7;

    if (day >= date_month_days(year, c->month))
        day -= 7; /* week 5 is the last, fourth or fifth */
    return first + day;
}

/* In local time before the change. */
static int64_t
change_local(int64_t year, const struct zone_change *c)
{
    int64_t days = date_to_days(year, 1, 1);

    if (c->kind == CHANGE_WEEKDAY)
        days = weekday_of_month(year, c);
    else if (c->kind == CHANGE_YEARDAY)
        days += c->day;
    else
        days += c->day - 1 + (date_is_leap(year) && c->day >= 60);
    return days * DAY_S + c->time_s;
}

static void
put_kind(const struct zone_rule *r, bool summer, struct zone_period *p)
{
    p->dst = summer;
    p->offset_s = summer ? r->summer_offset_s : r->standard_offset_s;
    p->abbreviation = summer ? r->summer : r->standard;
}

/* Narrow the period by one change. Summer time that ends when the next begins
 * lasts: at equal instants the beginning counts, which is looked at last. */
static void
meet(const struct zone_rule *r, int64_t change_s, bool summer, int64_t at_s,
     struct zone_period *p)
{
    if (change_s > at_s) {
        if (change_s < p->to_s)
            p->to_s = change_s;
    } else if (change_s > p->from_s || (change_s == p->from_s && summer)) {
        p->from_s = change_s;
        put_kind(r, summer, p);
    }
}

struct zone_period
zone_rule_at(const struct zone_rule *r, int64_t at_s)
{
    struct zone_period p = {.from_s = INT64_MIN, .to_s = INT64_MAX};
    int64_t days, year;

    put_kind(r, false, &p);
    if (!r->has_summer)
        return p;
    days = (at_s + r->standard_offset_s) / DAY_S;
    year = date_of_days(days).year;
    /* A change may lie a week outside of its year: 167 hours. */
    for (int64_t y = year - 2; y <= year + 2; y++) {
        meet(r, change_local(y, &r->ends) - r->summer_offset_s, false, at_s,
             &p);
        meet(r, change_local(y, &r->begins) - r->standard_offset_s, true, at_s,
             &p);
    }
    return p;
}
