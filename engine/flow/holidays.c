#include "flow/holidays.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libical/ical.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/str.h"
#include "flow/file.h"
#include "model/calendar.h"

#define LIBRARY "libical.so.3"

_Static_assert(ICAL_MAJOR_VERSION == 3, "LIBRARY is another version");

#define YEAR_FROM  2000
#define YEAR_TO    2100
#define LENGTH_MAX 366 /* days of one event */
#define NAME_MAX_N 100 /* bytes of its name */
#define DAY_S      86400

#define CALLS(X)                                                               \
    X(icalparser_parse_string)                                                 \
    X(icalcomponent_free)                                                      \
    X(icalcomponent_isa)                                                       \
    X(icalcomponent_get_first_component)                                       \
    X(icalcomponent_get_next_component)                                        \
    X(icalcomponent_get_first_property)                                        \
    X(icalcomponent_get_next_property)                                         \
    X(icalcomponent_count_errors)                                              \
    X(icalcomponent_get_dtstart)                                               \
    X(icalcomponent_get_dtend)                                                 \
    X(icalcomponent_get_summary)                                               \
    X(icalcomponent_get_uid)                                                   \
    X(icalcomponent_get_status)                                                \
    X(icalcomponent_get_recurrenceid)                                          \
    X(icalcomponent_foreach_recurrence)                                        \
    X(icalproperty_get_rrule)                                                  \
    X(icaltime_is_null_time)                                                   \
    X(icalerror_set_errors_are_fatal)                                          \
    X(icalmemory_free_ring)

struct library {
#define X(name) __typeof__(name) *name;
    CALLS(X)
#undef X
};

/* A day of a repeated event that stands by itself: RECURRENCE-ID. */
struct replaced {
    const char *uid;
    int64_t day;
};

struct reading {
    struct library lib;
    const char *path;
    struct calendar *into;
    struct replaced replaced[HOLIDAYS_EVENT_MAX];
    size_t replaced_count, event_count, left_out;
    /* of the event in hand */
    icalcomponent *event;
    struct buf name;
    int64_t length;
    bool is_replacement;
    struct err *e;
    int failed;
};

/* It stays: it keeps tables of its own, which unloading would only lose. */
static int
open_library(struct library *l, struct err *e)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL)
        return err_set(e, ERR_INPUT,
                       "holidays_file needs " LIBRARY
                       "; install the package libical3");
        /* POSIX lets a function's address be stored like this. */
#define X(name)                                                                \
    *(void **)&l->name = dlsym(handle, #name);                                 \
    if (l->name == NULL)                                                       \
        return err_set(e, ERR_SYSTEM, LIBRARY " has no " #name);
    CALLS(X)
#undef X
    l->icalerror_set_errors_are_fatal(0); /* no abort() for a bad file */
    return 0;
}

static int64_t
day_of(struct icaltimetype t)
{
    return date_to_days(t.year, t.month, t.day);
}

static const char *
shown_name(const struct reading *r)
{
    return r->name.len > 0 ? r->name.data : "without a name";
}

static int
complain(struct reading *r, const char *what)
{
    return r->failed = err_set(r->e, ERR_INPUT, "%s: event \"%.100s\": %s",
                               r->path, shown_name(r), what);
}

/* --- one event --- */

static void
take_name(struct reading *r)
{
    const char *summary = r->lib.icalcomponent_get_summary(r->event);
    size_t n = summary != NULL ? strlen(summary) : 0;

    buf_clear(&r->name);
    if (n > 0 && utf8_valid(summary, n))
        utf8_harmless(&r->name, summary, utf8_clip(summary, n, NAME_MAX_N));
    for (size_t i = 0; i < r->name.len; i++)
        if (r->name.data[i] == '\n' || r->name.data[i] == '\t')
            r->name.data[i] = ' ';
}

static bool
is_replaced(const struct reading *r, int64_t day)
{
    const char *uid = r->lib.icalcomponent_get_uid(r->event);

    if (uid == NULL || r->is_replacement)
        return false;
    for (size_t i = 0; i < r->replaced_count; i++)
        if (r->replaced[i].day == day && strcmp(r->replaced[i].uid, uid) == 0)
            return true;
    return false;
}

static void
add_event(struct reading *r, int64_t day)
{
    for (int64_t i = 0; i < r->length && r->failed == 0; i++)
        r->failed = calendar_add_day(r->into, CALENDAR_IMPORTED, day + i,
                                     r->name.len > 0 ? r->name.data : NULL,
                                     NULL, 0, r->e);
}

/* Dates are counted in UTC there: the day is exact in any zone. */
static void
on_recurrence(icalcomponent *event, struct icaltime_span *span, void *arg)
{
    struct reading *r = arg;
    int64_t day = span->start / DAY_S - (span->start % DAY_S < 0);

    (void)event;
    if (r->failed == 0 && !is_replaced(r, day))
        add_event(r, day);
}

static int
check_rules(struct reading *r)
{
    const struct library *l = &r->lib;
    icalproperty *p;

    for (p = l->icalcomponent_get_first_property(r->event, ICAL_RRULE_PROPERTY);
         p != NULL; p = l->icalcomponent_get_next_property(
                        r->event, ICAL_RRULE_PROPERTY)) {
        struct icalrecurrencetype rule = l->icalproperty_get_rrule(p);

        if (rule.freq != ICAL_YEARLY_RECURRENCE)
            return complain(r, "a holiday repeats with FREQ=YEARLY only");
        if (rule.by_hour[0] != ICAL_RECURRENCE_ARRAY_MAX ||
            rule.by_minute[0] != ICAL_RECURRENCE_ARRAY_MAX ||
            rule.by_second[0] != ICAL_RECURRENCE_ARRAY_MAX)
            return complain(r, "a day repeats by no hour");
    }
    return 0;
}

static int
read_days(struct reading *r, struct icaltimetype start)
{
    struct icaltimetype end = r->lib.icalcomponent_get_dtend(r->event);
    struct icaltimetype from = {.year = YEAR_FROM, .month = 1, .day = 1};
    struct icaltimetype to = {.year = YEAR_TO, .month = 1, .day = 1};

    from.is_date = to.is_date = 1;
    r->length = 1;
    if (!r->lib.icaltime_is_null_time(end))
        r->length = day_of(end) - day_of(start);
    if (r->length == 0)
        r->length = 1; /* DTEND on the same day, as some programs write it */
    if (r->length < 0 || r->length > LENGTH_MAX)
        return complain(r, "it lasts no time, or more than a year");
    if (r->is_replacement)
        add_event(r, day_of(start));
    else
        r->lib.icalcomponent_foreach_recurrence(r->event, from, to,
                                                on_recurrence, r);
    return r->failed;
}

static int
read_event(struct reading *r)
{
    struct icaltimetype start;

    if (r->event_count++ >= HOLIDAYS_EVENT_MAX)
        return err_set(r->e, ERR_INPUT, "%s: more than %d events", r->path,
                       HOLIDAYS_EVENT_MAX);
    take_name(r);
    if (r->lib.icalcomponent_count_errors(r->event) > 0)
        return complain(r, "a line of it is not well-formed");
    if (r->lib.icalcomponent_get_status(r->event) == ICAL_STATUS_CANCELLED)
        return 0;
    start = r->lib.icalcomponent_get_dtstart(r->event);
    if (r->lib.icaltime_is_null_time(start))
        return complain(r, "it has no DTSTART");
    if (!start.is_date) {
        r->left_out++;
        return 0;
    }
    r->is_replacement = !r->lib.icaltime_is_null_time(
        r->lib.icalcomponent_get_recurrenceid(r->event));
    return check_rules(r) != 0 ? -1 : read_days(r, start);
}

static int
note_replaced(struct reading *r)
{
    const struct library *l = &r->lib;
    struct icaltimetype of = l->icalcomponent_get_recurrenceid(r->event);
    const char *uid = l->icalcomponent_get_uid(r->event);

    if (!l->icaltime_is_null_time(of) && uid != NULL &&
        r->replaced_count < HOLIDAYS_EVENT_MAX)
        r->replaced[r->replaced_count++] = (struct replaced){uid, day_of(of)};
    return 0;
}

/* --- its dates --- */

static bool
is_date(const char *p, size_t n)
{
    char text[11];
    int64_t days;

    if (n != 8)
        return false;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2s", p, p + 4, p + 6);
    return date_parse(text, 10, &days);
}

static bool
has_dates(struct str line)
{
    static const char *const names[] = {"DTSTART", "DTEND", "RDATE", "EXDATE",
                                        "RECURRENCE-ID"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);

        if (line.len > n && strncasecmp(line.p, names[i], n) == 0 &&
            (line.p[n] == ':' || line.p[n] == ';'))
            return true;
    }
    return false;
}

/* Those with a time have a T; a parameter may hold a colon only in quotes. */
static int
check_line(const struct reading *r, struct str line, size_t number)
{
    size_t i = 0;
    bool quoted = false;
    struct str values, one;

    for (; i < line.len && (quoted || line.p[i] != ':'); i++)
        quoted ^= line.p[i] == '"';
    if (i == line.len)
        return 0;
    values = (struct str){line.p + i + 1, line.len - i - 1};
    while (str_cut(&values, ',', &one)) {
        if (memchr(one.p, 'T', one.len) != NULL || is_date(one.p, one.len))
            continue;
        return err_set(r->e, ERR_INPUT,
                       "%s:%zu: '%.*s' is no date; one is written 20261225",
                       r->path, number, (int)(one.len < 40 ? one.len : 40),
                       one.p);
    }
    return 0;
}

/* libical takes 2026-12-25 for some other day, and says nothing: what it reads
 * as dates is looked at before, line by line (a blank goes on with the last
 * one: RFC 5545, 3.1). */
static int
check_dates(const struct reading *r, const struct buf *text)
{
    struct str rest = {buf_str(text), text->len}, part;
    struct buf line = {0};
    size_t number = 0, began = 0;
    int rc = 0;

    while (rc == 0) {
        bool more = str_cut(&rest, '\n', &part);

        number++;
        if (more && part.len > 0 && part.p[part.len - 1] == '\r')
            part.len--;
        if (more && part.len > 0 && (part.p[0] == ' ' || part.p[0] == '\t')) {
            buf_add(&line, part.p + 1, part.len - 1);
            continue;
        }
        if (has_dates((struct str){buf_str(&line), line.len}))
            rc = check_line(r, (struct str){buf_str(&line), line.len}, began);
        if (!more)
            break;
        buf_clear(&line);
        buf_add(&line, part.p, part.len);
        began = number;
    }
    buf_free(&line);
    return rc;
}

/* --- the file --- */

static int
each_event(struct reading *r, icalcomponent *calendar,
           int (*visit)(struct reading *r))
{
    const struct library *l = &r->lib;

    for (r->event = l->icalcomponent_get_first_component(calendar,
                                                         ICAL_VEVENT_COMPONENT);
         r->event != NULL; r->event = l->icalcomponent_get_next_component(
                               calendar, ICAL_VEVENT_COMPONENT))
        if (visit(r) != 0)
            return -1;
    return 0;
}

static int
read_calendar(struct reading *r, icalcomponent *calendar)
{
    r->replaced_count = 0;
    if (each_event(r, calendar, note_replaced) != 0)
        return -1;
    return each_event(r, calendar, read_event);
}

/* A file holds one calendar, or several behind each other. */
static int
read_root(struct reading *r, icalcomponent *root)
{
    const struct library *l = &r->lib;
    icalcomponent *calendar;

    if (root != NULL && l->icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT)
        return read_calendar(r, root);
    calendar = root != NULL ? l->icalcomponent_get_first_component(
                                  root, ICAL_VCALENDAR_COMPONENT)
                            : NULL;
    if (calendar == NULL)
        return err_set(r->e, ERR_INPUT, "%s: no iCalendar file", r->path);
    for (; calendar != NULL; calendar = l->icalcomponent_get_next_component(
                                 root, ICAL_VCALENDAR_COMPONENT))
        if (read_calendar(r, calendar) != 0)
            return -1;
    return 0;
}

static int
read_text(struct reading *r, const struct buf *text)
{
    size_t before = calendar_day_count(r->into, CALENDAR_IMPORTED);
    icalcomponent *root;
    int rc;

    if (memchr(buf_str(text), '\0', text->len) != NULL)
        return err_set(r->e, ERR_INPUT, "%s: no iCalendar file", r->path);
    if (check_dates(r, text) != 0)
        return -1;
    root = r->lib.icalparser_parse_string(buf_str(text));
    rc = read_root(r, root);
    if (root != NULL)
        r->lib.icalcomponent_free(root);
    r->lib.icalmemory_free_ring();
    if (rc == 0 && calendar_day_count(r->into, CALENDAR_IMPORTED) == before)
        return err_set(r->e, ERR_INPUT,
                       "%s: there is no all-day event in it from %d to %d",
                       r->path, YEAR_FROM, YEAR_TO - 1);
    return rc;
}

int
holidays_read(const char *path, struct calendar *into, size_t *left_out,
              struct err *e)
{
    struct reading *r = mem_zero(sizeof *r);
    struct buf text = {0};
    int rc = -1;

    r->path = path;
    r->into = into;
    r->e = e;
    if (file_read(path, HOLIDAYS_FILE_MAX, &text, e) == 0 &&
        open_library(&r->lib, e) == 0)
        rc = read_text(r, &text);
    if (left_out != NULL)
        *left_out += r->left_out;
    buf_free(&r->name);
    buf_free(&text);
    free(r);
    return rc;
}
