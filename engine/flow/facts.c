#include "flow/facts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"
#include "base/pack.h"
#include "flow/config.h"
#include "flow/due.h"
#include "flow/policy.h"
#include "model/calendar.h"
#include "model/conversation.h"

#define NAMES_MAX 256

struct wanted_calendar {
    const char *name;
    const struct calendar *calendar;
    bool day; /* also which day it is there */
};

/* A wait of business time, under the name that the rules gave it. */
struct wanted_wait {
    const char *key;
    const struct calendar *calendar;
    struct sla_span span;
};

struct facts_wanted {
    struct arena *arena;
    const struct config *config;
    struct wanted_calendar *calendars;
    const struct config_group **groups;
    size_t calendar_count, group_count;
    struct wanted_wait *waits;
    size_t wait_count;
    bool sla;
    const struct config_group **sla_groups;
    size_t sla_group_count;
    bool sessions, returns;
};

/* --- what is wanted --- */

static void
want_calendar(struct facts_wanted *w, const struct calendar *calendar, bool day)
{
    const char *name = calendar_name(calendar);

    for (size_t i = 0; i < w->calendar_count; i++) {
        if (strcmp(w->calendars[i].name, name) != 0)
            continue;
        w->calendars[i].day |= day;
        return;
    }
    w->calendars[w->calendar_count++] =
        (struct wanted_calendar){name, calendar, day};
}

static void
want_group(struct facts_wanted *w, const struct config_group *g, bool day)
{
    size_t i = 0;

    while (i < w->group_count && w->groups[i] != g)
        i++;
    if (i == w->group_count)
        w->groups[w->group_count++] = g;
    want_calendar(w, g->calendar != NULL ? g->calendar : &calendar_always, day);
}

/* A calendar's name before a group's. */
static void
want_names(struct facts_wanted *w, const struct value *names, bool day)
{
    for (size_t i = 0; i < value_count(names) && i < NAMES_MAX; i++) {
        struct str s = value_str(value_item(names, i));
        const char *name = arena_dup(w->arena, s.p != NULL ? s.p : "", s.len);
        const struct calendar *calendar = config_calendar(w->config, name);
        const struct config_group *g = config_group(w->config, name);

        if (calendar != NULL)
            want_calendar(w, calendar, day);
        else if (g != NULL)
            want_group(w, g, day);
    }
}

/* Of a calendar by name, or of a group; NULL: neither. */
static const struct calendar *
calendar_named(const struct facts_wanted *w, const char *name)
{
    const struct calendar *calendar = config_calendar(w->config, name);
    const struct config_group *g = config_group(w->config, name);

    return calendar != NULL ? calendar : g != NULL ? g->calendar : NULL;
}

/* Where no calendar is, all time counts. */
static void
want_waits(struct facts_wanted *w, const struct value *waits)
{
    size_t count =
        value_count(waits) < NAMES_MAX ? value_count(waits) : NAMES_MAX;

    w->waits = arena_array(w->arena, count + 1, sizeof *w->waits);
    for (size_t i = 0; i < count; i++) {
        const struct value *one = value_item(waits, i);
        struct wanted_wait *to = &w->waits[w->wait_count];

        to->key = value_get_cstr(one, "key", w->arena);
        to->calendar =
            calendar_named(w, value_get_cstr(one, "calendar", w->arena));
        to->span.ms = value_get_int(one, "s", 0) * 1000;
        to->span.days = (int)value_get_int(one, "days", 0);
        w->wait_count += to->key != NULL && sla_span_given(&to->span);
    }
}

static void
want_sla_groups(struct facts_wanted *w, const struct value *names)
{
    size_t count =
        value_count(names) < NAMES_MAX ? value_count(names) : NAMES_MAX;

    w->sla_groups = arena_array(w->arena, count + 1, sizeof(*w->sla_groups));
    for (size_t i = 0; i < count; i++) {
        struct str s = value_str(value_item(names, i));
        const struct config_group *g = config_group(
            w->config, arena_dup(w->arena, s.p != NULL ? s.p : "", s.len));

        if (g != NULL)
            w->sla_groups[w->sla_group_count++] = g;
    }
}

static int
by_key(const void *a, const void *b)
{
    const struct wanted_wait *x = a, *y = b;

    return strcmp(x->key, y->key);
}

static int
by_calendar(const void *a, const void *b)
{
    const struct wanted_calendar *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int
by_group(const void *a, const void *b)
{
    const struct config_group *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

struct facts_wanted *
facts_wanted_new(const struct config *config, const struct value *description)
{
    const struct value *asks = value_get(description, "asks");
    struct arena *a;
    struct facts_wanted *w;

    if (config == NULL || asks == NULL)
        return NULL;
    a = arena_new(1024);
    w = arena_alloc(a, sizeof *w);
    w->arena = a;
    w->config = config;
    w->calendars = arena_array(a, 2 * NAMES_MAX, sizeof *w->calendars);
    w->groups = arena_array(a, 2 * NAMES_MAX, sizeof *w->groups);
    want_names(w, value_get(asks, "calendars"), false);
    want_names(w, value_get(asks, "days"), true);
    w->sla = value_get_bool(asks, "sla", false);
    want_waits(w, value_get(asks, "waits"));
    want_sla_groups(w, value_get(asks, "sla_groups"));
    w->sessions = value_get_bool(asks, "sessions", false);
    w->returns = value_get_bool(asks, "returns", false);
    qsort(w->calendars, w->calendar_count, sizeof *w->calendars, by_calendar);
    qsort(w->groups, w->group_count, sizeof *w->groups, by_group);
    qsort(w->waits, w->wait_count, sizeof *w->waits, by_key);
    qsort(w->sla_groups, w->sla_group_count, sizeof *w->sla_groups, by_group);
    return w;
}

void
facts_wanted_free(struct facts_wanted *w)
{
    if (w != NULL)
        arena_free(w->arena);
}

bool
facts_wanted_sessions(const struct facts_wanted *w)
{
    return w != NULL && w->sessions;
}

bool
facts_wanted_returns(const struct facts_wanted *w)
{
    return w != NULL && w->returns;
}

/* --- one writer for both forms --- */

struct writer {
    struct buf *out;
    bool packed;
};

struct map {
    struct writer *w;
    size_t at, count;
};

static struct map
open_map(struct writer *w)
{
    struct map m = {.w = w};

    if (w->packed)
        m.at = pack_map_open(w->out);
    else
        buf_addc(w->out, '{');
    return m;
}

static void
close_map(struct map *m)
{
    if (m->w->packed)
        pack_map_close(m->w->out, m->at, m->count);
    else
        buf_addc(m->w->out, '}');
}

static struct map
open_member(struct map *m, const char *key)
{
    m->count++;
    if (m->w->packed)
        pack_cstr(m->w->out, key);
    else
        json_put_key(m->w->out, key);
    return open_map(m->w);
}

static void
put_int(struct map *m, const char *key, int64_t n)
{
    m->count++;
    if (m->w->packed)
        pack_member_int(m->w->out, key, n);
    else
        json_put_member_int(m->w->out, key, n);
}

/* 0 and CALENDAR_NEVER: it is not known, or never. */
static void
put_time(struct map *m, const char *key, int64_t ms)
{
    if (ms != 0 && ms != CALENDAR_NEVER)
        put_int(m, key, ms);
}

static void
put_text(struct map *m, const char *key, const char *text)
{
    if (text == NULL)
        return;
    m->count++;
    if (m->w->packed)
        pack_member(m->w->out, key, text);
    else
        json_put_member(m->w->out, key, text);
}

static void
put_bool(struct map *m, const char *key, bool value)
{
    m->count++;
    if (m->w->packed) {
        pack_member_bool(m->w->out, key, value);
        return;
    }
    json_put_key(m->w->out, key);
    buf_adds(m->w->out, value ? "true" : "false");
}

/* --- the facts, members in the order of their names --- */

static void
put_calendar(struct map *to, const struct wanted_calendar *w, int64_t now_ms)
{
    struct map m = open_member(to, w->name);
    int64_t opens = calendar_next_open(w->calendar, now_ms);
    struct calendar_today today = {0};
    char date[DATE_TEXT_MAX];

    if (w->day) {
        today = calendar_today(w->calendar, now_ms);
        date_format(today.day, date);
        put_text(&m, "date", date);
        put_text(&m, "holiday", today.holiday);
    }
    put_time(&m, "next_close_ms", calendar_next_close(w->calendar, now_ms));
    put_time(&m, "next_open_ms", opens);
    put_bool(&m, "open", opens == now_ms);
    if (w->day)
        put_int(&m, "weekday", today.weekday);
    close_map(&m);
}

static void
put_calendars(struct map *to, const struct facts_wanted *w, int64_t now_ms)
{
    struct map m;

    if (w == NULL || w->calendar_count == 0)
        return;
    m = open_member(to, "calendars");
    for (size_t i = 0; i < w->calendar_count; i++)
        put_calendar(&m, &w->calendars[i], now_ms);
    close_map(&m);
}

static void
put_groups(struct map *to, const struct facts_wanted *w)
{
    struct map m;

    if (w == NULL || w->group_count == 0)
        return;
    m = open_member(to, "groups");
    for (size_t i = 0; i < w->group_count; i++) {
        const struct config_group *g = w->groups[i];
        struct map one = open_member(&m, g->name);

        put_text(&one, "calendar",
                 calendar_name(g->calendar != NULL ? g->calendar
                                                   : &calendar_always));
        if (g->expected_wait_ms > 0)
            put_int(&one, "expected_wait_s", g->expected_wait_ms / 1000);
        close_map(&one);
    }
    close_map(&m);
}

/* How much business time is left until due, or how much it is overdue. */
static int64_t
left_ms(const struct calendar *c, int64_t now_ms, int64_t due_ms)
{
    if (due_ms < now_ms)
        return -calendar_business_ms(c, due_ms, now_ms);
    return calendar_business_ms(c, now_ms, due_ms);
}

/* When the AI has to give up, for the groups where that is another moment:
 * they have other hours, or a longer queue. */
static void
put_sla_groups(struct map *to, const struct facts_wanted *w,
               const struct sla_row *row, int64_t asked, int64_t usual)
{
    struct map m = {0};

    for (size_t i = 0; i < w->sla_group_count; i++) {
        const struct config_group *g = w->sla_groups[i];
        int64_t at =
            sla_escalate_at(row, g->calendar, asked, g->expected_wait_ms);

        if (at == usual || at == 0)
            continue;
        if (m.w == NULL)
            m = open_member(to, "groups");
        put_time(&m, g->name, at);
    }
    if (m.w != NULL)
        close_map(&m);
}

/* Of the conversation's tier; the group that it will go to is not known yet,
 * so a tier without a calendar is counted on the default group's. */
static void
put_sla(struct map *to, const struct facts_wanted *w,
        const struct conversation *c, int64_t now_ms)
{
    const struct sla_row *row =
        w != NULL && w->sla ? sla_tier(&w->config->sla, c->customer.tier)
                            : NULL;
    const struct config_group *g;
    const struct calendar *calendar;
    int64_t asked, due, give_up;
    struct map m;

    if (row == NULL)
        return;
    g = config_group(w->config, NULL);
    calendar = row->calendar != NULL              ? row->calendar
               : g != NULL && g->calendar != NULL ? g->calendar
                                                  : &calendar_always;
    asked = due_asked_ms(c, now_ms);
    due = sla_due(&row->escalate, calendar, asked);
    m = open_member(to, "sla");
    put_int(&m, "asked_ms", asked);
    put_text(&m, "calendar", calendar_name(calendar));
    give_up = sla_escalate_at(row, calendar, asked,
                              g != NULL ? g->expected_wait_ms : 0);
    put_time(&m, "escalate_at_ms", give_up);
    put_time(&m, "escalate_due_ms", due);
    put_time(&m, "first_response_ms", row->first_response.ms);
    put_sla_groups(&m, w, row, asked, give_up);
    if (due != 0)
        put_int(&m, "left_ms", left_ms(calendar, now_ms, due));
    put_text(&m, "tier", row->name);
    close_map(&m);
}

static void
put_event(struct map *to, const struct policy_moment *m)
{
    struct map event = open_member(to, "event");

    put_time(&event, "at_ms", m->at_ms > 0 ? m->at_ms : 0);
    put_text(&event, "id", m->event_id);
    put_text(&event, "type", event_type_name(m->event));
    close_map(&event);
}

static void
put_num(struct map *m, const char *key, double n)
{
    m->count++;
    if (m->w->packed) {
        pack_member_num(m->w->out, key, n);
        return;
    }
    json_put_key(m->w->out, key);
    json_put_num(m->w->out, n);
}

/* As it was told: which team can take something. */
static void
put_availability(struct map *to, const struct policy_moment *moment)
{
    if (moment->availability == NULL)
        return;
    to->count++;
    if (to->w->packed) {
        pack_cstr(to->w->out, "availability");
        pack_json(to->w->out, moment->availability);
    } else {
        json_put_key(to->w->out, "availability");
        json_write(to->w->out, moment->availability);
    }
}

/* The bucket that had no token for what was decided first. */
static void
put_budget(struct map *to, const struct policy_moment *moment)
{
    struct map m;

    if (moment->budget == NULL)
        return;
    m = open_member(to, "budget");
    put_num(&m, "level", moment->budget_level);
    put_text(&m, "name", moment->budget);
    close_map(&m);
}

/* The rule whose wait is over. */
static void
put_timer(struct map *to, const struct policy_moment *moment)
{
    struct map m;

    if (moment->wait_rule == NULL)
        return;
    m = open_member(to, "timer");
    put_int(&m, "due_at_ms", moment->wait_due);
    put_text(&m, "rule", moment->wait_rule);
    put_int(&m, "since_ms", moment->wait_since);
    close_map(&m);
}

static void
put_waits(struct map *to, const struct facts_wanted *w, int64_t now_ms)
{
    struct map m;

    if (w == NULL || w->wait_count == 0)
        return;
    m = open_member(to, "waits");
    for (size_t i = 0; i < w->wait_count; i++)
        put_time(&m, w->waits[i].key,
                 sla_due(&w->waits[i].span, w->waits[i].calendar, now_ms));
    close_map(&m);
}

static void
put_facts(struct writer *to, const struct facts_wanted *w,
          const struct conversation *c, const struct policy_moment *moment)
{
    struct map m = open_map(to);

    put_availability(&m, moment);
    put_budget(&m, moment);
    put_calendars(&m, w, moment->now_ms);
    if (moment->cannot_ask)
        put_bool(&m, "cannot_ask", true);
    put_event(&m, moment);
    put_groups(&m, w);
    put_int(&m, "now_ms", moment->now_ms);
    put_sla(&m, w, c, moment->now_ms);
    put_timer(&m, moment);
    if (moment->upto_seq > 0 && !to->packed)
        put_int(&m, "upto_seq", moment->upto_seq);
    put_waits(&m, w, moment->now_ms);
    close_map(&m);
}

void
facts_pack(const struct facts_wanted *w, const struct conversation *c,
           const struct policy_moment *m, struct buf *out)
{
    put_facts(&(struct writer){out, true}, w, c, m);
}

void
facts_json(const struct facts_wanted *w, const struct conversation *c,
           const struct policy_moment *m, struct buf *out)
{
    put_facts(&(struct writer){out, false}, w, c, m);
}
