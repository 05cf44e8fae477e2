#include "base/json.h"
#include "cli/backtest_report.h"

static const char *const side_names[SIDES] = {"old", "new"};

static void
put_count(struct buf *out, const char *key, size_t n)
{
    json_put_member_int(out, key, (int64_t)n);
}

static void
put_sides(struct buf *out, const char *key, const size_t n[SIDES])
{
    json_put_key(out, key);
    buf_addf(out, "{\"old\":%zu,\"new\":%zu}", n[SIDE_OLD], n[SIDE_NEW]);
}

static void
put_decimal(struct buf *out, const char *key, double v)
{
    json_put_key(out, key);
    if (v < 0)
        buf_adds(out, "null");
    else
        buf_addf(out, "%.4f", v);
}

/* Between the items of a list. */
static void
next_item(struct buf *out, size_t i)
{
    if (i > 0)
        buf_addc(out, ',');
}

static void
put_policies(const struct report *r, struct buf *out)
{
    json_put_key(out, "policies");
    buf_addc(out, '{');
    for (size_t s = 0; s < SIDES; s++) {
        json_put_key(out, side_names[s]);
        buf_addc(out, '{');
        json_put_member(out, "digest", r->digest[s]);
        put_count(out, "rules", r->rules[s]);
        buf_addc(out, '}');
    }
    json_put_key(out, "same");
    buf_adds(out, r->tally->same ? "true}" : "false}");
}

static void
put_counts(const struct tally *t, struct buf *out)
{
    put_count(out, "conversations", t->conversations);
    put_sides(out, "handed_over", t->handed_over);
    json_put_key(out, "changed");
    buf_addc(out, '{');
    put_count(out, "all", t->changed);
    put_decimal(out, "percent", tally_percent(t->changed, t->conversations));
    for (int k = 0; k < CHANGE_KINDS; k++)
        put_count(out, change_kind_name((enum change_kind)k), t->kinds[k]);
    buf_addc(out, '}');
}

static void
put_flows(const struct tally *t, struct buf *out)
{
    size_t i = 0;

    json_put_key(out, "tables");
    buf_addc(out, '{');
    for (int a = 0; a < ASPECTS; a++) {
        json_put_key(out, aspect_name((enum aspect)a));
        buf_addc(out, '[');
        for (size_t first = i;
             i < t->flow_count && (int)t->flows[i]->aspect == a; i++) {
            next_item(out, i - first);
            buf_addc(out, '{');
            json_put_member(out, "old", t->flows[i]->value[SIDE_OLD]);
            json_put_member(out, "new", t->flows[i]->value[SIDE_NEW]);
            put_count(out, "count", t->flows[i]->count);
            buf_addc(out, '}');
        }
        buf_addc(out, ']');
    }
    buf_addc(out, '}');
}

static void
put_hours(const struct group_load *g, struct buf *out)
{
    json_put_key(out, "hours");
    buf_addc(out, '{');
    for (size_t s = 0; s < SIDES; s++) {
        json_put_key(out, side_names[s]);
        buf_addc(out, '[');
        for (size_t h = 0; h < 24; h++)
            buf_addf(out, "%s%zu", h > 0 ? "," : "", g->hour[h][s]);
        buf_addc(out, ']');
    }
    buf_addc(out, '}');
}

static void
put_groups(const struct tally *t, struct buf *out)
{
    json_put_key(out, "groups");
    buf_addc(out, '[');
    for (size_t i = 0; i < t->group_count; i++) {
        const struct group_load *g = t->groups[i];

        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "group", g->name);
        put_sides(out, "tickets", g->tickets);
        put_sides(out, "peak_day", g->peak);
        put_hours(g, out);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
put_tickets(const struct tally *t, struct buf *out)
{
    char day[16];

    json_put_key(out, "tickets");
    buf_addc(out, '{');
    json_put_member_int(out, "days", tally_days(t));
    json_put_member(out, "zone", tally_zone(t));
    put_count(out, "untimed_conversations", t->untimed);
    if (t->timed) {
        report_day(t->first_day, day);
        json_put_member(out, "first_day", day);
        report_day(t->last_day, day);
        json_put_member(out, "last_day", day);
    }
    put_groups(t, out);
    json_put_key(out, "by_day");
    buf_addc(out, '[');
    for (size_t i = 0; i < t->day_count; i++) {
        next_item(out, i);
        buf_addc(out, '{');
        report_day(t->days[i]->day, day);
        json_put_member(out, "day", day);
        put_sides(out, "tickets", t->days[i]->tickets);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

static void
put_tags(const struct shares *s, struct buf *out)
{
    json_put_key(out, "tags");
    buf_addc(out, '[');
    for (size_t i = 0; i < s->tag_count; i++) {
        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "tag", s->tags[i]->tag);
        put_sides(out, "tickets", s->tags[i]->count);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
put_use(const struct report *r, struct buf *out)
{
    json_put_key(out, "budgets");
    buf_addc(out, '[');
    for (size_t i = 0; i < r->use_count; i++) {
        const struct budget_use *u = &r->use[i];

        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "budget", u->name);
        put_sides(out, "given", u->granted);
        put_sides(out, "held_back", u->refused);
        json_put_key(out, u->is_share ? "most_percent" : "fewest_left");
        buf_addc(out, '{');
        put_decimal(out, "old", u->level[SIDE_OLD]);
        put_decimal(out, "new", u->level[SIDE_NEW]);
        buf_adds(out, "}}");
    }
    buf_addc(out, ']');
}

static void
put_urgent(const struct shares *s, struct buf *out)
{
    json_put_key(out, "urgent");
    buf_addc(out, '{');
    put_sides(out, "tickets", s->urgent);
    json_put_key(out, "too_many");
    buf_adds(out, shares_too_urgent(s, SIDE_NEW) ? "true}" : "false}");
}

static void
put_score(const struct score *s, struct buf *out)
{
    buf_addc(out, '{');
    put_decimal(out, "precision", report_share(s->right, s->wrong));
    put_decimal(out, "recall", report_share(s->right, s->missed));
    put_count(out, "right", s->right);
    put_count(out, "wrong", s->wrong);
    put_count(out, "missed", s->missed);
    put_count(out, "left", s->left);
    buf_addc(out, '}');
}

static void
put_labels(const struct tally *t, struct buf *out)
{
    struct buf name = {0};

    if (t->labelled == 0)
        return;
    report_label(t, &name);
    json_put_key(out, "labels");
    buf_addc(out, '{');
    json_put_member(out, "label", buf_str(&name));
    put_count(out, "labelled", t->labelled);
    for (size_t s = 0; s < SIDES; s++) {
        json_put_key(out, side_names[s]);
        put_score(&t->score[s], out);
    }
    json_put_key(out, "rules");
    buf_addc(out, '[');
    for (size_t i = 0; i < t->rule_count; i++) {
        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "rule", t->rules[i]->rule);
        put_sides(out, "right", t->rules[i]->right);
        put_sides(out, "wrong", t->rules[i]->wrong);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
    buf_free(&name);
}

static void
put_failures(const struct tally *t, struct buf *out)
{
    json_put_key(out, "failures");
    buf_addc(out, '[');
    for (size_t i = 0; i < t->failure_count; i++) {
        const struct failure *f = t->failures[i];

        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "policy", side_names[f->side]);
        json_put_member(out, "failure", f->text);
        put_count(out, "count", f->count);
        json_put_member(out, "first", f->first);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
put_unreadable(const struct tally *t, struct buf *out)
{
    size_t named = t->unreadable_count < UNREADABLE_NAMED ? t->unreadable_count
                                                          : UNREADABLE_NAMED;

    json_put_key(out, "unreadable");
    buf_addc(out, '{');
    put_count(out, "count", t->unreadable_count);
    json_put_key(out, "named");
    buf_addc(out, '[');
    for (size_t i = 0; i < named; i++) {
        next_item(out, i);
        buf_addc(out, '{');
        json_put_member(out, "place", t->unreadables[i].place);
        json_put_member(out, "why", t->unreadables[i].why);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

static void
put_row(const struct outcome_row *row, struct buf *out)
{
    buf_addc(out, '{');
    for (int a = 0; a < ASPECTS; a++)
        if (row->value[a][0] != '-' || row->value[a][1] != '\0')
            json_put_member(out, aspect_name((enum aspect)a), row->value[a]);
    json_put_member(out, "reason", row->reason);
    json_put_member(out, "held_back_by", row->budget);
    json_put_member_int(out, "at_message", row->at);
    json_put_key(out, "ended");
    buf_adds(out, row->ended ? "true" : "false");
    if (row->waited) {
        json_put_key(out, "waited");
        buf_adds(out, "true");
    }
    if (row->failed) {
        json_put_key(out, "failed");
        buf_adds(out, "true");
    }
    buf_addc(out, '}');
}

static void
put_change(const struct tally *t, size_t i, struct buf *out)
{
    const struct change *c = t->changes[i];

    buf_addc(out, '{');
    json_put_member(out, "id", c->id);
    json_put_member(out, "kind", change_kind_name(c->kind));
    json_put_member_int(out, "weight", c->weight);
    json_put_member(out, "details", c->details);
    for (size_t s = 0; s < SIDES; s++) {
        json_put_key(out, side_names[s]);
        put_row(&c->row[s], out);
    }
    if (c->why != NULL && i < t->top) {
        json_put_key(out, "why");
        json_write(out, c->why);
    }
    buf_addc(out, '}');
}

static void
put_limits(const struct report *r, struct buf *out)
{
    size_t count = 0;

    if (!report_limits_given(r))
        return;
    json_put_key(out, "limits");
    buf_addc(out, '[');
    for (size_t i = 0; i < LIMITS; i++) {
        const struct limit *l = &r->limits[i];

        if (l->given == NULL)
            continue;
        next_item(out, count++);
        buf_addc(out, '{');
        json_put_member(out, "limit", l->name);
        json_put_member(out, "given", l->given);
        json_put_member(out, "found", l->found);
        json_put_key(out, "exceeded");
        buf_adds(out, l->exceeded ? "true}" : "false}");
    }
    buf_addc(out, ']');
}

void
report_json(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;

    buf_addc(out, '{');
    put_policies(r, out);
    put_counts(t, out);
    put_flows(t, out);
    put_tickets(t, out);
    put_tags(t->shares, out);
    put_urgent(t->shares, out);
    put_use(r, out);
    put_labels(t, out);
    put_failures(t, out);
    put_unreadable(t, out);
    put_limits(r, out);
    json_put_key(out, "changes");
    buf_addc(out, '[');
    for (size_t i = 0; i < t->changed; i++) {
        next_item(out, i);
        put_change(t, i, out);
    }
    buf_adds(out, "]}\n");
}
