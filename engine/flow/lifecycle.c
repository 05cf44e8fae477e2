#include "flow/lifecycle.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/follow.h"
#include "flow/handoff.h"
#include "flow/job.h"
#include "flow/plan.h"
#include "flow/rows.h"
#include "flow/timers.h"
#include "model/calendar.h"
#include "model/life.h"

#define MINUTE_MS 60000
#define HOUR_MS   3600000

/* --- a ticket is made --- */

int64_t
lifecycle_alarm_at(const struct config *config, const char *group,
                   int64_t now_ms)
{
    const struct config_group *g = config_group(config, group);
    struct unassigned u = config_unassigned(config, group);
    int64_t at;

    if (u.after_ms == 0)
        return 0;
    if (g == NULL || g->calendar == NULL)
        return now_ms + u.after_ms;
    at = calendar_add_business(g->calendar, now_ms, u.after_ms);
    return at != CALENDAR_NEVER ? at : 0;
}

void
lifecycle_begin(const struct engine *en, const struct adapter *helpdesk,
                struct row_step *step)
{
    int64_t every_ms = helpdesk->part->follow_ms;
    struct life made = {0};

    /* Whether it was taken must be known; one that goes on in a ticket was. */
    if (step->relation == NULL && step->assignee == NULL &&
        (helpdesk->builtin || (helpdesk->follow_batch > 0 && every_ms > 0)))
        step->alarm_at =
            lifecycle_alarm_at(en->config, step->group, step->now_ms);
    if (helpdesk->follow_batch == 0)
        return;
    /* Also while it is not to be followed: that may be changed. */
    step->look_at =
        life_look_at(&made, step->remote_id, every_ms > 0 ? every_ms : HOUR_MS,
                     step->now_ms);
    if (step->alarm_at > 0 && step->alarm_at < step->look_at)
        step->look_at = step->alarm_at;
}

void
lifecycle_begun(struct engine *en, const struct row_step *step)
{
    /* Both begin with what stands in the rows, and may not have begun. */
    if (step->alarm_at > 0 && en->timers != NULL)
        timers_wake(en->timers, step->alarm_at);
    if (step->look_at > 0 && en->follow != NULL)
        follow_wake(en->follow, step->helpdesk, step->look_at);
}

/* --- its time has come --- */

struct job *
lifecycle_job(struct engine *en, struct adapter *source,
              const struct row_ticket_due *row)
{
    struct job *j = job_new(en);
    struct arena *a = j->arena;
    struct row_ticket_due *due = arena_alloc(a, sizeof *due);

    *due = *row;
    due->hid = arena_str(a, row->hid);
    due->conv = arena_str(a, row->conv);
    due->helpdesk = arena_str(a, row->helpdesk);
    due->ticket = arena_str(a, row->ticket);
    due->group = arena_str(a, row->group);
    due->priority = arena_str(a, row->priority);
    due->url = arena_str(a, row->url);
    due->next = NULL;
    j->due = due;
    j->source = source;
    j->ekey =
        arena_printf(a, "ticket/%s/%lld", due->hid, (long long)due->due_at);
    j->conv_id = due->conv;
    j->native = arena_str(a, row->native);
    j->shard = row->shard;
    j->received_ms = clock_now_ms();
    j->journaled = j->read = true;
    j->events = arena_alloc(a, sizeof *j->events);
    event_init(j->events, EVENT_TICKET, row->due_at);
    j->event_count = 1;
    return j;
}

static const char *
minutes_of(struct job *j)
{
    int64_t minutes = (j->due->due_at - j->due->since) / MINUTE_MS;

    if (minutes < 1)
        return arena_printf(
            j->arena, "%lld seconds",
            (long long)((j->due->due_at - j->due->since) / 1000));
    return arena_printf(j->arena, "%lld minute%s", (long long)minutes,
                        minutes == 1 ? "" : "s");
}

/* What the update of the ticket is made of. */
static const char *
alarm_payload(struct job *j, const struct plan *p)
{
    struct buf text = {0};
    const char *payload;

    buf_addf(&text, "{\"decision\":%lld", (long long)j->due->decision);
    json_put_member(&text, "unassigned", p->note);
    json_put_member(&text, "group", j->due->group);
    json_put_member(&text, "then_group", p->then_group);
    buf_addc(&text, '}');
    payload = arena_dup(j->arena, text.data, text.len);
    buf_free(&text);
    return payload;
}

/* (A member that is NULL is not set.) */
static void
put_text(json_t *o, const char *name, const char *text)
{
    json_object_set_new(o, name, text != NULL ? json_string(text) : NULL);
}

static json_t *
details_of(const struct job *j, const struct plan *p)
{
    json_t *o = json_object();

    put_text(o, "helpdesk", j->due->helpdesk);
    put_text(o, "from_group", j->due->group);
    put_text(o, "then_group", p->then_group);
    json_object_set_new(o, "waited_s",
                        json_integer((j->due->due_at - j->due->since) / 1000));
    return o;
}

static void
tell_team(struct job *j, struct plan *p)
{
    struct announcement what = {.type = "usher.ticket.unassigned",
                                .key = p->hid,
                                .hid = p->hid,
                                .conv = j->conv_id,
                                .notice = json_object()};
    json_t *o = what.notice;

    put_text(o, "subject", p->note);
    put_text(o, "reason", "unassigned");
    put_text(o, "priority", j->due->priority);
    put_text(o, "group", p->then_group != NULL ? p->then_group : j->due->group);
    put_text(o, "next_step", "Take the ticket.");
    put_text(o, "brief", j->conv->first_question);
    put_text(o, "ticket_id", j->due->ticket);
    put_text(o, "ticket_url", j->due->url);
    put_text(o, "handoff_id", p->hid);
    put_text(o, "conversation_id", j->conv_id);
    json_object_set_new(o, "details", details_of(j, p));
    p->announced = announce_rows(j->engine, j->arena, &what, p->at_ms);
    json_decref(o);
}

/* With a note why. A desk of our own has its row. */
static void
move_there(struct job *j, struct plan *p, const char *payload)
{
    const struct adapter *desk = engine_helpdesk(j->engine, j->due->helpdesk);
    struct plan_delivery *d;

    if (desk == NULL || desk->builtin || !desk->has_update)
        return;
    d = handoff_add(j, p, DELIVER_UPDATE,
                    arena_printf(j->arena, "helpdesk:%s", j->due->helpdesk),
                    arena_printf(j->arena, "%s/update/unassigned", p->hid));
    d->payload = payload;
}

static void
plan_alarm(struct job *j, struct plan *p)
{
    const char *group = j->due->group != NULL ? j->due->group : "-";
    const char *then =
        config_unassigned(j->engine->config, j->due->group).then_group;
    const char *payload;

    if (then != NULL && strcmp(then, group) == 0)
        then = NULL; /* there already */
    p->then_group = then;
    p->note = arena_printf(
        j->arena, "Nobody has taken ticket %s (%s) for %s%s%s.", j->due->ticket,
        group, minutes_of(j), then != NULL ? "; it goes to " : "",
        then != NULL ? then : "");
    payload = alarm_payload(j, p);
    tell_team(j, p);
    if (then != NULL)
        move_there(j, p, payload);
}

/* The hand-over that is over may be of an earlier episode: then the
 * conversation has gone on, and only the row is marked. */
static void
plan_end(struct job *j, const struct plan *p)
{
    struct conversation *c = j->conv;

    if (c->handoff_id != NULL && strcmp(c->handoff_id, p->hid) == 0)
        c->state = STATE_CLOSED;
}

/* In the chat, before there was a ticket to note it in. */
static bool
human_wrote(const struct conversation *c, const char *hid)
{
    if (c->handoff_id == NULL || strcmp(c->handoff_id, hid) != 0)
        return false;
    for (size_t i = c->message_count; (int64_t)i > c->handoff_upto; i--)
        if (c->messages[i - 1]->role == ROLE_HUMAN_AGENT)
            return true;
    return false;
}

void
lifecycle_plan(struct job *j, struct plan *p)
{
    j->decided_at_ms = clock_now_ms();
    p->said_at_ms = p->at_ms = j->decided_at_ms;
    strcpy(p->hid, j->due->hid);
    if (j->due->alarm && human_wrote(j->conv, p->hid)) {
        p->taken = j->due->hid;
        return;
    }
    p->due = j->due;
    if (j->due->alarm)
        plan_alarm(j, p);
    else
        plan_end(j, p);
}

void
lifecycle_applied(struct job *j, const struct plan *p)
{
    if (p->due == NULL)
        return; /* it was taken after all */
    if (!j->due->alarm) {
        j->engine->count.episodes_ended++;
        log_info("episode.ended", LOG_STR("handoff", j->due->hid),
                 LOG_STR("conversation", j->conv_id),
                 LOG_STR("ticket", j->due->ticket));
        return;
    }
    j->engine->count.tickets_unassigned++;
    log_warn("ticket.unassigned", LOG_STR("handoff", j->due->hid),
             LOG_STR("helpdesk", j->due->helpdesk),
             LOG_STR("ticket", j->due->ticket), LOG_STR("why", p->note));
}

/* --- what was said in the chat --- */

void
lifecycle_said(const struct job *j, struct plan *p)
{
    const struct conversation_change *ch = &j->change;
    const struct conversation *c = j->conv;

    if (c->handoff_id == NULL || j->due != NULL || p->opens_handoff)
        return;
    if (ch->human_spoke || ch->takeover)
        p->taken = c->handoff_id;
    p->said_at_ms = j->decided ? j->decided_at_ms : clock_now_ms();
}

/* --- what was told --- */

static void
count(struct engine *en, const struct row_moved *m)
{
    en->count.tickets_resolved += m->move == LIFE_RESOLVED;
    en->count.tickets_closed += m->move == LIFE_CLOSED;
    en->count.tickets_reopened += m->move == LIFE_REOPENED;
    en->count.tickets_moved_oddly += m->unexpected;
}

void
lifecycle_told(struct engine *en, const struct row_follow *f)
{
    for (const struct row_moved *m = f->first; m != NULL; m = m->next) {
        count(en, m);
        log_info("ticket.moved", LOG_STR("handoff", m->hid),
                 LOG_STR("conversation", m->conv),
                 LOG_STR("helpdesk", f->helpdesk), LOG_STR("ticket", m->ticket),
                 LOG_STR("from", m->from),
                 LOG_STR("to", ticket_status_name(m->to)),
                 LOG_STR("native", m->native),
                 LOG_STR("move", life_move_name((enum life_move)m->move)));
    }
    if (!en->draining)
        timers_look(en->timers);
}
