#include "model/life.h"

#include <string.h>

#define SLOWER_MAX 12 /* times every_ms */
#define SLOWER_BY  20 /* what was quiet for an hour is asked every 3 minutes */
#define TEXT_MAX   300

const char *
life_move_name(enum life_move m)
{
    static const char *const names[] = {
        [LIFE_SAME] = "same",     [LIFE_TOLD] = "told",
        [LIFE_MOVED] = "moved",   [LIFE_RESOLVED] = "resolved",
        [LIFE_CLOSED] = "closed", [LIFE_REOPENED] = "reopened",
    };

    return (size_t)m < sizeof names / sizeof *names ? names[m] : "?";
}

bool
life_is_done(const struct life *l)
{
    return l->status == TICKET_RESOLVED || l->status == TICKET_CLOSED;
}

bool
life_is_taken(const struct life *l)
{
    return l->status != TICKET_OPEN || l->assignee != NULL || l->human_at > 0;
}

/* --- what is told --- */

static bool
differs(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static bool
take_people(struct life *l, const struct life_update *u)
{
    bool changed = false;

    if (u->group != NULL && differs(l->group, u->group)) {
        l->group = u->group;
        changed = true;
    }
    if (u->has_assignee && differs(l->assignee, u->assignee)) {
        l->assignee = u->assignee;
        changed = true;
    }
    if (u->human_at_ms > 0 && l->human_at == 0) {
        l->human_at = u->human_at_ms;
        changed = true;
    }
    return changed;
}

static enum life_move
move_to(struct life *l, enum ticket_status to, int64_t at_ms)
{
    bool was_done = life_is_done(l);

    l->status = to;
    if (to == TICKET_RESOLVED) {
        l->resolved_at = at_ms;
        l->closed_at = 0;
        return LIFE_RESOLVED;
    }
    if (to == TICKET_CLOSED) {
        l->closed_at = at_ms;
        return LIFE_CLOSED;
    }
    if (!was_done)
        return LIFE_MOVED;
    l->reopened_at = at_ms;
    l->reopens++;
    l->resolved_at = l->closed_at = 0;
    return LIFE_REOPENED;
}

/* Once more, and perhaps it is gone: then it is closed. */
static enum life_move
take_missing(struct life *l, int64_t now_ms)
{
    if (++l->missed < LIFE_MISSED_MAX || l->status == TICKET_CLOSED)
        return LIFE_TOLD;
    return move_to(l, TICKET_CLOSED, now_ms);
}

/* A customer wrote since the helpdesk last changed it: that it is done there is
 * older than that it is open again here. */
static bool
is_overtaken(const struct life *l, const struct life_update *u)
{
    return u->at_ms > 0 && u->at_ms <= l->told_of_at &&
           l->reopened_at > l->told_of_at &&
           (u->status == TICKET_RESOLVED || u->status == TICKET_CLOSED);
}

enum life_move
life_apply(struct life *l, const struct life_update *u, int64_t now_ms,
           bool *unexpected)
{
    int64_t at_ms = u->at_ms > 0 && u->at_ms < now_ms ? u->at_ms : now_ms;
    enum life_move move = LIFE_SAME;
    bool overtaken = is_overtaken(l, u);

    *unexpected = false;
    if (u->gone)
        return take_missing(l, now_ms);
    if (u->at_ms > 0 && u->at_ms < l->told_of_at)
        return LIFE_SAME;
    if (u->at_ms > 0)
        l->told_of_at = u->at_ms;
    if (take_people(l, u) || l->missed > 0)
        move = LIFE_TOLD;
    l->missed = 0;
    if (u->native != NULL)
        l->native = u->native;
    if (!u->has_status || u->status == l->status || overtaken)
        return move;
    *unexpected = !ticket_move_expected(l->status, u->status);
    return move_to(l, u->status, at_ms);
}

/* --- what is due --- */

int64_t
life_due_at(const struct life *l, int64_t window_ms, bool final)
{
    int64_t done_at = l->resolved_at > 0 ? l->resolved_at : l->closed_at;

    if (!life_is_done(l))
        return l->alarmed_at > 0 || life_is_taken(l) ? 0 : l->alarm_at;
    if (l->status == TICKET_CLOSED && (final || l->missed >= LIFE_MISSED_MAX))
        return l->closed_at;
    return done_at + window_ms;
}

static uint64_t
hash_of(const char *id)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (; *id != '\0'; id++)
        h = (h ^ (uint8_t)*id) * 1099511628211u;
    return h;
}

int64_t
life_look_at(const struct life *l, const char *id, int64_t every_ms,
             int64_t now_ms)
{
    int64_t quiet = l->told_of_at > 0 ? now_ms - l->told_of_at : 0;
    int64_t wait = quiet / SLOWER_BY;

    if (wait < every_ms)
        wait = every_ms;
    if (wait > every_ms * SLOWER_MAX)
        wait = every_ms * SLOWER_MAX;
    wait -= wait / 10;
    return now_ms + wait + (int64_t)(hash_of(id) % (uint64_t)(wait / 5 + 1));
}

/* --- what an adapter read --- */

static const char *
text_of(struct arena *a, const struct value *v, const char *key)
{
    const char *s = value_get_cstr(v, key, a);

    return s == NULL || s[0] == '\0'
               ? NULL
               : arena_dup(a, s, utf8_clip(s, strlen(s), TEXT_MAX));
}

static int
read_update(struct arena *a, const struct value *v, struct life_update *u,
            struct err *e)
{
    struct str status = value_str(value_get(v, "status"));
    const struct value *assignee = value_get(v, "assignee");

    u->id = text_of(a, v, "id");
    if (u->id == NULL)
        return err_set(e, ERR_SCRIPT, "id: a ticket's id is expected");
    u->gone = value_get_bool(v, "gone", false);
    u->native = text_of(a, v, "native_status");
    u->group = text_of(a, v, "group_id");
    u->group_name = text_of(a, v, "group_name");
    u->has_assignee = assignee != NULL;
    u->assignee = text_of(a, v, "assignee");
    u->at_ms = value_get_int(v, "at_ms", 0);
    u->human_at_ms = value_get_int(v, "human_at_ms", 0);
    u->has_status = status.len > 0;
    if (u->has_status &&
        !ticket_status_from_name(status.p, status.len, &u->status))
        return err_set(e, ERR_SCRIPT, "status: '%.*s' is not known",
                       (int)(status.len < 40 ? status.len : 40), status.p);
    return 0;
}

int
life_updates_read(struct arena *a, const struct value *list,
                  struct life_update **out, size_t *count, struct err *e)
{
    size_t n = value_count(list);

    *count = 0;
    if (value_type(list) != VALUE_ARRAY && n > 0)
        return err_set(e, ERR_SCRIPT, "tickets: a list is expected");
    if (n > LIFE_UPDATES_MAX)
        return err_set(e, ERR_SCRIPT, "tickets: more than %d",
                       LIFE_UPDATES_MAX);
    *out = arena_array(a, n + 1, sizeof **out);
    for (size_t i = 0; i < n; i++) {
        if (read_update(a, value_item(list, i), &(*out)[i], e) != 0)
            return err_wrap(e, "tickets[%d]", (int)i + 1);
        (*count)++;
    }
    return 0;
}
