#include "flow/wait.h"

#include <string.h>

#include "flow/job.h"
#include "flow/plan.h"

/* What ends a wait, when the rule says nothing. */
#define CANCEL_ON "customer_message resolved takeover"

bool
wait_has_come(struct job *j)
{
    const struct conversation *c = j->conv;

    if (c->wait_rule == NULL || c->wait_number != j->timer)
        return false;
    j->timer_rule = arena_str(j->arena, c->wait_rule);
    j->timer_since = c->wait_since;
    j->timer_due = c->wait_due;
    return true;
}

static bool
has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static bool
is_resolved(const struct conversation *c)
{
    return c->outcome == OUTCOME_RESOLVED_CONFIRMED ||
           c->outcome == OUTCOME_RESOLVED_ASSUMED ||
           c->state == STATE_RESOLVED || c->state == STATE_CLOSED;
}

/* What ends a wait, and is no reason to begin one either. */
static bool
is_over(const struct conversation *c, const struct conversation_change *ch,
        const char *on)
{
    return (ch->ended && has_word(on, "session_ended")) ||
           ((ch->takeover || ch->human_spoke) && has_word(on, "takeover")) ||
           (is_resolved(c) && has_word(on, "resolved"));
}

bool
wait_is_ended(const struct conversation *c,
              const struct conversation_change *ch)
{
    const char *on = c->wait_cancel_on;

    return c->wait_rule != NULL &&
           (ch->reopened || is_over(c, ch, on) ||
            (ch->customer_spoke && has_word(on, "customer_message")) ||
            (ch->ai_spoke && has_word(on, "ai_message")));
}

static void
put_cancel_words(const struct decision *d, struct buf *words)
{
    const json_t *one;
    size_t i;

    if (d->cancel_on == NULL)
        buf_adds(words, CANCEL_ON);
    json_array_foreach(d->cancel_on, i, one)
        buf_addf(words, "%s%s", i > 0 ? " " : "", json_string_value(one));
}

bool
wait_begin(struct conversation *c, const struct decision *d,
           const struct conversation_change *ch, int64_t now_ms)
{
    const char *rule = d->rule != NULL ? d->rule : "";
    struct buf words = {0};
    bool begins;

    if (c->wait_rule != NULL && strcmp(c->wait_rule, rule) == 0)
        return false;
    put_cancel_words(d, &words);
    begins = !is_over(c, ch, buf_str(&words));
    if (begins) {
        conversation_set(c, &c->wait_rule, rule);
        conversation_set(c, &c->wait_cancel_on, buf_str(&words));
        if (d->action == ACTION_WAIT)
            c->state = STATE_WAITING;
        c->wait_since = now_ms;
        c->wait_due = d->at_ms > 0 ? d->at_ms : now_ms + d->wait_s * 1000;
    }
    buf_free(&words);
    return begins;
}

void
wait_end(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;

    if (c->wait_rule == NULL)
        return;
    if (j->timer != 0) {
        p->timer_fired = j->timer;
        conversation_wait_over(c);
    } else if (wait_is_ended(c, &j->change)) {
        p->timer_cancelled = true;
        conversation_wait_over(c);
    }
}

static void
plan_timer(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;

    c->wait_number = c->revision + 1; /* of this commit: never seen before */
    p->timer_cancelled = false;
    p->timer_armed = true;
    p->timer_due = c->wait_due;
    p->timer_number = c->wait_number;
    p->timer_rule = c->wait_rule;
}

void
wait_plan(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;

    if (j->decision.action == ACTION_WAIT ||
        (j->decision.action == ACTION_COLLECT && j->decision.wait_s > 0)) {
        if (wait_begin(c, &j->decision, &j->change, j->decided_at_ms))
            plan_timer(j, p);
    } else if (j->decision.action == ACTION_ESCALATE && c->wait_rule != NULL) {
        p->timer_cancelled = true;
        conversation_wait_over(c);
    }
}
