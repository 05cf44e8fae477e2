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

/* A human has it: they took it over, or they wrote last of those who answer,
 * whatever has been told of it since. */
static bool
human_has_it(const struct conversation *c, int64_t upto)
{
    int64_t before = c->handed_back_seq > c->episode_first_seq - 1
                         ? c->handed_back_seq
                         : c->episode_first_seq - 1;

    if (c->control == CONTROL_HUMAN)
        return true;
    for (int64_t seq = upto; seq > before && seq > 0; seq--) {
        enum role role = c->messages[seq - 1]->role;

        if (role == ROLE_HUMAN_AGENT || role == ROLE_AI)
            return role == ROLE_HUMAN_AGENT;
    }
    return false;
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

/* It waits for that rule already. A promise's moment moves when the customer's
 * tier or the group does: then the timer moves along. */
static bool
waits_already(const struct conversation *c, const struct decision *d,
              const char *rule)
{
    bool fixed = d->timing != NULL && strcmp(d->timing, "sla") == 0;

    return c->wait_rule != NULL && strcmp(c->wait_rule, rule) == 0 &&
           !(fixed && d->at_ms != c->wait_due);
}

bool
wait_begin(struct conversation *c, const struct decision *d,
           const struct conversation_change *ch, int64_t upto, int64_t now_ms)
{
    const char *rule = d->rule != NULL ? d->rule : "";
    struct buf words = {0};
    bool begins;

    if (waits_already(c, d, rule))
        return false;
    put_cancel_words(d, &words);
    begins = !is_over(c, ch, buf_str(&words)) &&
             !(has_word(buf_str(&words), "takeover") && human_has_it(c, upto));
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
        if (wait_begin(c, &j->decision, &j->change, (int64_t)c->message_count,
                       j->decided_at_ms))
            plan_timer(j, p);
    } else if (decision_hands_over(&j->decision) && c->wait_rule != NULL) {
        p->timer_cancelled = true;
        conversation_wait_over(c);
    }
}
