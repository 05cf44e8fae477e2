#include "base/clock.h"
#include "flow/adapter.h"
#include "flow/destination.h"
#include "flow/sending.h"

/*
 * Whether an attempt whose outcome nobody knows may simply be made once more,
 * or whether the other side can be asked what became of it.
 */

/* Which of its helpdesk's steps, or -1. */
static int
step_of(const struct sending *s)
{
    return s->x->kind == DELIVER_TICKET
               ? adapter_step(s->x->dest->adapter, s->x->step)
               : -1;
}

bool
send_knows_again(const struct sending *s)
{
    const struct delivery *x = s->x;
    const struct adapter *a = x->dest->adapter;
    int step = step_of(s);

    if (step >= 0 && a->steps[step].repeatable)
        return true;
    return a->repeat_s > 0 && x->first_sent > 0 && !send_is_append(s) &&
           clock_now_ms() - x->first_sent < a->repeat_s * 1000;
}

bool
send_may_repeat(const struct sending *s)
{
    const struct delivery *x = s->x;
    const struct adapter *a = x->dest->adapter;

    switch (x->kind) {
    case DELIVER_PAUSE:
    case DELIVER_CLOSE:
        return true; /* stopping twice is stopping */
    case DELIVER_NOTICE:
    case DELIVER_MESSAGE:
        return a->reply_repeatable;
    case DELIVER_TICKET:
        return send_knows_again(s);
    case DELIVER_NOTIFY:
        return true; /* a team told twice loses nothing; the id says so */
    case DELIVER_UPDATE:
    case DELIVER_KINDS:
        break;
    }
    return false;
}

bool
send_can_look(const struct sending *s)
{
    const struct adapter *a = s->x->dest->adapter;
    int step = step_of(s);

    if (send_is_append(s))
        return a->has_append_find;
    if (s->x->kind == DELIVER_TICKET)
        return a->has_find || (step >= 0 && a->steps[step].has_find);
    return s->x->kind == DELIVER_UPDATE && a->has_update_find;
}
