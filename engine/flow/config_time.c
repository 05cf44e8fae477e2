#include "flow/config_time.h"

#include <string.h>

#include "base/arena.h"
#include "flow/config.h"
#include "flow/holidays.h"
#include "flow/zones.h"
#include "model/calendar.h"

#define INTERVALS_MAX 64 /* a day; config.lua has merged them */

static const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int64_t
int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* --- calendars --- */

struct hours {
    struct calendar_interval intervals[INTERVALS_MAX];
    size_t count;
};

static int
read_hours(const json_t *list, struct hours *h, struct err *e)
{
    const json_t *pair;
    size_t i;

    h->count = json_array_size(list);
    if (h->count > INTERVALS_MAX)
        return err_set(e, ERR_INPUT, "more than %d intervals a day",
                       INTERVALS_MAX);
    json_array_foreach(list, i, pair)
    {
        h->intervals[i].from_s =
            (int)json_integer_value(json_array_get(pair, 0));
        h->intervals[i].to_s = (int)json_integer_value(json_array_get(pair, 1));
    }
    return 0;
}

static int
read_week(struct calendar *to, const json_t *weekly, struct err *e)
{
    struct hours h;

    for (int weekday = 1; weekday <= 7; weekday++)
        if (read_hours(json_array_get(weekly, (size_t)weekday - 1), &h, e) !=
                0 ||
            calendar_set_weekday(to, weekday, h.intervals, h.count, e) != 0)
            return -1;
    return 0;
}

static enum calendar_layer
layer_of(const json_t *day)
{
    const char *name = text_of(day, "layer");

    if (name != NULL && strcmp(name, "exception") == 0)
        return CALENDAR_EXCEPTION;
    if (name != NULL && strcmp(name, "yearly") == 0)
        return CALENDAR_YEARLY;
    return CALENDAR_HOLIDAY;
}

static int
read_days(struct calendar *to, const json_t *days, struct err *e)
{
    const json_t *day;
    struct hours h;
    size_t i;

    json_array_foreach(days, i, day)
    {
        if (read_hours(json_object_get(day, "hours"), &h, e) != 0 ||
            calendar_add_day(to, layer_of(day), int_of(day, "day"),
                             text_of(day, "name"), h.intervals, h.count,
                             e) != 0)
            return -1;
    }
    return 0;
}

static int
read_files(const struct config *c, struct calendar *to, const json_t *files,
           size_t *left_out, struct err *e)
{
    const json_t *file;
    size_t i;

    json_array_foreach(files, i, file)
    {
        if (holidays_read(config_path(c, json_string_value(file)), to, left_out,
                          e) != 0)
            return -1;
    }
    return 0;
}

static int
read_calendar(struct config *c, const char *name, const json_t *values,
              struct config_calendar *out, struct err *e)
{
    const char *zone_name = text_of(values, "zone");
    const struct zone *zone =
        zones_get(c->zones, zone_name != NULL ? zone_name : "", e);
    struct calendar *to;

    if (zone == NULL)
        return -1;
    to = calendar_new(c->arena, name, zone);
    if (read_week(to, json_object_get(values, "weekly"), e) != 0 ||
        read_days(to, json_object_get(values, "days"), e) != 0 ||
        read_files(c, to, json_object_get(values, "files"), &out->left_out,
                   e) != 0)
        return -1;
    if (calendar_seal(to, e) != 0)
        return -1;
    out->name = calendar_name(to);
    out->calendar = to;
    return 0;
}

static int
read_calendars(struct config *c, const json_t *root, struct err *e)
{
    json_t *all = json_object_get(root, "calendars");
    const json_t *where = json_object_get(root, "where");
    const char *name;
    json_t *values;

    c->calendars =
        arena_array(c->arena, json_object_size(all) + 1, sizeof *c->calendars);
    json_object_foreach(all, name, values)
    {
        const char *place =
            text_of(where, arena_printf(c->arena, "calendars.%s", name));

        if (read_calendar(c, name, values, &c->calendars[c->calendar_count],
                          e) != 0)
            return err_wrap(e, "%s: calendar \"%s\"",
                            place != NULL ? place : c->path, name);
        c->calendar_count++;
    }
    return 0;
}

/* --- groups --- */

/* A queue that nobody knows the wait of takes that of the default group. */
static void
take_usual_wait(struct config *c)
{
    const struct config_group *usual = config_group(c, NULL);

    for (size_t i = 0; usual != NULL && i < c->group_count; i++)
        if (c->group_times[i].expected_wait_ms == 0)
            c->group_times[i].expected_wait_ms = usual->expected_wait_ms;
}

static void
read_groups(struct config *c, const json_t *root)
{
    json_t *groups = json_object_get(root, "groups");
    const char *name;
    json_t *values;

    c->group_times = arena_array(c->arena, json_object_size(groups) + 1,
                                 sizeof *c->group_times);
    json_object_foreach(groups, name, values)
    {
        struct config_group *g = &c->group_times[c->group_count++];

        g->name = arena_str(c->arena, name);
        g->calendar = config_calendar(c, text_of(values, "calendar"));
        g->expected_wait_ms = int_of(values, "expected_wait_s") * 1000;
        config_read_unassigned(c, values, &g->unassigned);
    }
    take_usual_wait(c);
}

/* --- promises --- */

static struct sla_span
span_of(const json_t *row, const char *key)
{
    const json_t *span = json_object_get(row, key);

    return (struct sla_span){.ms = int_of(span, "s") * 1000,
                             .days = (int)int_of(span, "days")};
}

static void
read_row(struct config *c, const char *name, const json_t *row,
         struct sla_row *out)
{
    out->name = arena_str(c->arena, name);
    out->first_response = span_of(row, "first_response");
    out->escalate = span_of(row, "escalate");
    out->calendar = config_calendar(c, text_of(row, "calendar"));
}

static void
read_sla(struct config *c, const json_t *sla)
{
    const json_t *by_priority = json_object_get(sla, "priorities");
    const json_t *tiers = json_object_get(sla, "tiers"), *row;
    size_t i;

    for (int p = PRIORITY_LOW; p <= PRIORITY_URGENT; p++) {
        const char *name = priority_name((enum priority)p);

        read_row(c, name, json_object_get(by_priority, name),
                 &c->sla.priorities[p]);
    }
    c->sla.tiers =
        arena_array(c->arena, json_array_size(tiers) + 1, sizeof *c->sla.tiers);
    json_array_foreach(tiers, i, row)
    {
        read_row(c, text_of(row, "name"), row,
                 &c->sla.tiers[c->sla.tier_count++]);
    }
}

int
config_read_time(struct config *c, const json_t *root, struct err *e)
{
    if (read_calendars(c, root, e) != 0)
        return -1;
    read_groups(c, root);
    read_sla(c, json_object_get(root, "sla"));
    return 0;
}

/* --- by name --- */

const struct calendar *
config_calendar(const struct config *c, const char *name)
{
    if (name == NULL)
        return NULL;
    if (strcmp(name, CALENDAR_ALWAYS_NAME) == 0)
        return &calendar_always;
    for (size_t i = 0; i < c->calendar_count; i++)
        if (strcmp(c->calendars[i].name, name) == 0)
            return c->calendars[i].calendar;
    return NULL;
}

const struct config_group *
config_group(const struct config *c, const char *name)
{
    if (name == NULL)
        name = c->default_group;
    if (name != NULL)
        for (size_t i = 0; i < c->group_count; i++)
            if (strcmp(c->group_times[i].name, name) == 0)
                return &c->group_times[i];
    return NULL;
}

const struct zone *
config_zone(const struct config *c)
{
    const struct config_group *g = c != NULL ? config_group(c, NULL) : NULL;
    const struct zone *z = NULL;

    if (g != NULL && g->calendar != NULL)
        z = calendar_zone(g->calendar);
    for (size_t i = 0; c != NULL && z == NULL && i < c->calendar_count; i++)
        z = calendar_zone(c->calendars[i].calendar);
    return z;
}
