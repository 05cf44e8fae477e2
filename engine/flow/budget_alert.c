#include "base/arena.h"
#include "base/clock.h"
#include "flow/announce.h"
#include "flow/budgets.h"
#include "flow/job.h"
#include "flow/plan.h"

/* The team is told of one budget no more often. */
#define ALERT_EVERY_MS (60 * 60000LL)

/* What becomes of a hand-over that is held back; else the rules' own way. */
static const char *const now_happens[] = {
    [ACTION_OFFER] = "Customers are offered another way.",
    [ACTION_WAIT] = "Their hand-overs wait.",
    [ACTION_KEEP] = "The AI goes on with them.",
    [ACTION_INFORM] = "Customers are told where they find help.",
};
#define WAYS (sizeof now_happens / sizeof *now_happens)

static json_t *
text_of(const char *s)
{
    return s != NULL ? json_string(s) : NULL;
}

/* (A member that is NULL is not set.) */
static json_t *
details_of(const struct purse *purse, const struct job *j)
{
    const struct purse_answer *said = &j->budget_said;
    int64_t now = j->decided_at_ms, before, count;
    int64_t since = purse_since(purse, PURSE_REFUSED, j->budget, now, &before);
    const char *top = purse_top_rule(purse, now, purse_window(said), &count);
    char since_text[CLOCK_TEXT_MAX];
    json_t *o = json_object();

    clock_format(since > 0 ? since : now, since_text);
    json_object_set_new(o, "budget", json_string(j->budget));
    json_object_set_new(o, "since", json_string(since_text));
    json_object_set_new(o, "held_back", json_integer(before + 1));
    json_object_set_new(o, "now", json_string(action_name(j->decision.action)));
    json_object_set_new(o, "within_s", json_integer(purse_window(said) / 1000));
    if (top != NULL) {
        json_object_set_new(o, "top_rule", json_string(top));
        json_object_set_new(o, "top_rule_count", json_integer(count));
    }
    if (said->within_ms > 0) {
        json_object_set_new(o, "conversations", json_integer(said->begun));
        json_object_set_new(o, "handed_over", json_integer(said->handed));
    }
    return o;
}

static json_t *
brief_of(const struct purse *purse, const struct job *j)
{
    size_t way = (size_t)j->decision.action;
    struct buf text = {0};
    json_t *brief;

    purse_tell(purse, &j->budget_said, j->decided_at_ms, &text);
    if (way < WAYS && now_happens[way] != NULL)
        buf_addf(&text, " %s", now_happens[way]);
    brief = json_string(buf_str(&text));
    buf_free(&text);
    return brief;
}

/* Not about this conversation, which is only the one that it showed in. */
static json_t *
notice_of(const struct purse *purse, const struct job *j)
{
    json_t *o = json_object();
    const char *subject = arena_printf(
        j->arena, "Hand-overs are held back by the budget \"%s\"", j->budget);

    json_object_set_new(o, "subject", json_string(subject));
    json_object_set_new(o, "priority", json_string("high"));
    json_object_set_new(o, "reason", text_of(j->decision.reason));
    json_object_set_new(o, "group", text_of(j->decision.group));
    json_object_set_new(o, "next_step",
                        json_string("See whether the rule that hands over most "
                                    "is too broad, or the budget too small."));
    json_object_set_new(o, "brief", brief_of(purse, j));
    json_object_set_new(o, "details", details_of(purse, j));
    return o;
}

void
budgets_held_back(struct budgets *b, const struct job *j, struct plan *p)
{
    const struct purse *purse = budgets_purse(b);
    struct announcement what = {.type = "usher.budget.spent"};

    p->held_back_by = j->budget;
    p->counts_alert = purse_sum(purse, PURSE_ALERTED, j->budget,
                                j->decided_at_ms, ALERT_EVERY_MS) == 0;
    if (!p->counts_alert)
        return;
    /* The event is applied once, so that its key is of one alert. */
    what.key = arena_printf(j->arena, "%s/%s/%lld", j->budget, j->conv_id,
                            (long long)j->conv->revision);
    what.notice = notice_of(purse, j);
    p->announced = announce_rows(j->engine, j->arena, &what, j->decided_at_ms);
    json_decref(what.notice);
}
