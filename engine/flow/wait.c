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
is_over(const struct job *j, const char *on)
{
    const struct conversation_change *ch = &j->change;

    return (ch->ended && has_word(on, "session_ended")) ||
           ((ch->takeover || ch->human_spoke) && has_word(on, "takeover")) ||
           (is_resolved(j->conv) && has_word(on, "resolved"));
}

static bool
is_ended(const struct job *j, const char *on)
{
    const struct conversation_change *ch = &j->change;

    return ch->reopened || is_over(j, on) ||
           (ch->customer_spoke && has_word(on, "customer_message")) ||
           (ch->ai_spoke && has_word(on, "ai_message"));
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
    } else if (is_ended(j, c->wait_cancel_on)) {
        p->timer_cancelled = true;
        conversation_wait_over(c);
    }
}

static const char *
cancel_words(struct job *j)
{
    struct buf words = {0};
    const json_t *one;
    const char *all;
    size_t i;

    if (j->decision.cancel_on == NULL)
        return CANCEL_ON;
    json_array_foreach(j->decision.cancel_on, i, one)
        buf_addf(&words, "%s%s", i > 0 ? " " : "", json_string_value(one));
    all = arena_dup(j->arena, words.data, words.len);
    buf_free(&words);
    return all;
}

static void
arm(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;
    const struct decision *d = &j->decision;
    int64_t due = d->at_ms > 0 ? d->at_ms : j->decided_at_ms + d->wait_s * 1000;

    conversation_set(c, &c->wait_rule, d->rule != NULL ? d->rule : "");
    conversation_set(c, &c->wait_cancel_on, cancel_words(j));
    if (d->action == ACTION_WAIT)
        c->state = STATE_WAITING;
    c->wait_since = j->decided_at_ms;
    c->wait_due = due;
    c->wait_number = c->revision + 1; /* of this commit: never seen before */
    p->timer_cancelled = false;
    p->timer_armed = true;
    p->timer_due = due;
    p->timer_number = c->wait_number;
    p->timer_rule = c->wait_rule;
}

void
wait_plan(struct job *j, struct plan *p)
{
    struct conversation *c = j->conv;
    const char *rule = j->decision.rule != NULL ? j->decision.rule : "";

    if (j->decision.action == ACTION_WAIT ||
        (j->decision.action == ACTION_COLLECT && j->decision.wait_s > 0)) {
        if (c->wait_rule != NULL && strcmp(c->wait_rule, rule) == 0)
            return;
        if (!is_over(j, cancel_words(j)))
            arm(j, p);
    } else if (j->decision.action == ACTION_ESCALATE && c->wait_rule != NULL) {
        p->timer_cancelled = true;
        conversation_wait_over(c);
    }
}
