#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/backtest_chart.h"
#include "cli/backtest_report.h"
#include "cli/backtest_why.h"
#include "cli/page.h"

#define CHANGES_LISTED 1000 /* in the table; all are in the JSON */
#define DAYS_SHOWN     92

static void
add_head(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;
    char first[16], last[16];

    buf_adds(out, "<h1>usher backtest</h1>\n<p>");
    report_number(t->conversations, out);
    buf_adds(out, " conversations");
    if (t->timed) {
        report_day(t->first_day, first);
        report_day(t->last_day, last);
        buf_addf(out, ", %s to %s", first, last);
    }
    buf_addf(out,
             ". Old policy <code>%s</code>, %zu rules; new policy "
             "<code>%s</code>, %zu rules.",
             r->digest[SIDE_OLD], r->rules[SIDE_OLD], r->digest[SIDE_NEW],
             r->rules[SIDE_NEW]);
    if (t->same)
        buf_adds(out, " The two are the same.");
    buf_adds(out, "</p>\n<div class=\"cards\">\n");
    page_card(out, t->changed, "changed",
              tally_percent(t->changed, t->conversations));
    for (int k = 0; k < CHANGE_KINDS; k++)
        if (t->kinds[k] > 0 || k < CHANGE_OTHER)
            page_card(out, t->kinds[k], change_kind_title((enum change_kind)k),
                      -1);
    page_card(out, t->handed_over[SIDE_OLD], "handed over, old",
              tally_percent(t->handed_over[SIDE_OLD], t->conversations));
    page_card(out, t->handed_over[SIDE_NEW], "handed over, new",
              tally_percent(t->handed_over[SIDE_NEW], t->conversations));
    buf_adds(out, "</div>\n");
}

static void
add_limits(const struct report *r, struct buf *out)
{
    if (!report_limits_given(r))
        return;
    buf_adds(out, "<h2>Limits</h2>\n");
    page_table(out, "Limit|Given|Found|");
    for (size_t i = 0; i < LIMITS; i++) {
        const struct limit *l = &r->limits[i];

        if (l->given == NULL)
            continue;
        buf_adds(out, "<tr>");
        page_cell(out, l->name);
        page_cell(out, l->given);
        page_cell(out, l->found);
        buf_addf(out, "<td class=\"%s\">%s</td></tr>\n",
                 l->exceeded ? "bad" : "good",
                 l->exceeded ? "exceeded" : "kept");
    }
    page_table_end(out);
}

static void
add_flows(const struct tally *t, struct buf *out)
{
    buf_adds(out, "<h2>What changes</h2>\n");
    page_table(out, "|Old|New|#Conversations");
    for (size_t i = 0; i < t->flow_count; i++) {
        const struct flow *f = t->flows[i];
        bool moved = strcmp(f->value[0], f->value[1]) != 0;

        if (!moved && f->aspect != ASPECT_ACTION)
            continue;
        buf_adds(out, "<tr>");
        page_cell(out, aspect_name(f->aspect));
        page_cell(out, f->value[SIDE_OLD]);
        page_cell(out, moved ? f->value[SIDE_NEW] : "the same");
        page_count(out, f->count);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_key(struct buf *out)
{
    buf_adds(out, "<p class=\"key\"><i style=\"background:var(--old)\"></i>old"
                  "<i style=\"background:var(--new)\"></i>new</p>\n");
}

static void
add_group_table(const struct tally *t, struct buf *out)
{
    double days = (double)tally_days(t);

    page_table(out, days > 0 ? "Group|#Tickets, old|#new|#A day, old|#new|"
                               "#Peak day, old|#new"
                             : "Group|#Tickets, old|#new");
    for (size_t i = 0; i < t->group_count; i++) {
        const struct group_load *g = t->groups[i];

        buf_adds(out, "<tr>");
        page_cell(out, g->name);
        for (size_t s = 0; s < SIDES; s++)
            page_count(out, g->tickets[s]);
        for (size_t s = 0; s < SIDES && days > 0; s++)
            page_decimal(out, (double)g->tickets[s] / days, 2);
        for (size_t s = 0; s < SIDES && days > 0; s++)
            page_count(out, g->peak[s]);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_tag_table(const struct shares *s, struct buf *out)
{
    if (s->tag_count == 0)
        return;
    buf_adds(out, "<h2>Tags of tickets</h2>\n");
    page_table(out, "Tag|#Tickets, old|#new");
    for (size_t i = 0; i < s->tag_count; i++) {
        if (!shares_tells(s, s->tags[i]))
            continue;
        buf_adds(out, "<tr>");
        page_cell(out, s->tags[i]->tag);
        for (size_t side = 0; side < SIDES; side++)
            page_count(out, s->tags[i]->count[side]);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
    if (shares_too_urgent(s, SIDE_NEW))
        buf_addf(out,
                 "<p class=\"bad\">%.2f %% of the new hand-overs are urgent: "
                 "more than 5 %%. Keep it for danger.</p>\n",
                 tally_percent(s->urgent[SIDE_NEW], s->handed_over[SIDE_NEW]));
}

static void
chart_groups(const struct tally *t, struct buf *out)
{
    struct chart c = {.title = "Tickets by group"};

    chart_begin(&c, t->group_count);
    for (size_t i = 0; i < t->group_count; i++)
        chart_add(&c, t->groups[i]->name, t->groups[i]->tickets);
    chart_rows(&c, out);
    chart_end(&c);
}

static void
chart_hours(const struct tally *t, struct buf *out)
{
    struct chart c = {.title = "Tickets by hour of day"};
    char name[8];

    chart_begin(&c, 24);
    for (size_t h = 0; h < 24; h++) {
        size_t tickets[SIDES] = {0};

        for (size_t i = 0; i < t->group_count; i++)
            for (size_t s = 0; s < SIDES; s++)
                tickets[s] += t->groups[i]->hour[h][s];
        snprintf(name, sizeof name, "%02zu", h);
        chart_add(&c, name, tickets);
    }
    chart_columns(&c, out);
    chart_end(&c);
}

/* The last days, those without a ticket among them. */
static void
chart_days(const struct tally *t, struct buf *out)
{
    int64_t first = t->last_day - DAYS_SHOWN + 1;
    struct chart c = {.title = "Tickets by day"};
    static const size_t none[SIDES] = {0};
    size_t i = 0;

    if (first < t->first_day)
        first = t->first_day;
    chart_begin(&c, DAYS_SHOWN);
    while (i < t->day_count && t->days[i]->day < first)
        i++;
    for (int64_t day = first; day <= t->last_day; day++) {
        bool there = i < t->day_count && t->days[i]->day == day;
        char name[16];

        report_day(day, name);
        chart_add(&c, name + 5, there ? t->days[i]->tickets : none);
        i += there;
    }
    chart_columns(&c, out);
    chart_end(&c);
}

static void
add_tickets(const struct tally *t, struct buf *out)
{
    if (t->group_count == 0)
        return;
    buf_addf(out, "<h2>Tickets, %lld days</h2>\n", (long long)tally_days(t));
    add_key(out);
    chart_groups(t, out);
    add_group_table(t, out);
    if (!t->timed)
        return;
    buf_adds(out, "<h2>By hour of day</h2>\n<p>Hours and days are those of ");
    page_text(out, tally_zone(t));
    buf_adds(out, ".</p>\n");
    chart_hours(t, out);
    buf_adds(out, "<h2>By day</h2>\n");
    chart_days(t, out);
}

static void
add_use(const struct report *r, struct buf *out)
{
    char level[24];

    if (r->use_count == 0)
        return;
    buf_adds(out, "<h2>Budgets</h2>\n");
    page_table(out, "Budget|#Given, old|#new|#Held back, old|#new|"
                    "#At worst, old|#new");
    for (size_t i = 0; i < r->use_count; i++) {
        const struct budget_use *u = &r->use[i];

        buf_adds(out, "<tr>");
        page_cell(out, u->name);
        for (size_t s = 0; s < SIDES; s++)
            page_count(out, u->granted[s]);
        for (size_t s = 0; s < SIDES; s++)
            page_count(out, u->refused[s]);
        for (size_t s = 0; s < SIDES; s++) {
            report_level(u, (enum side)s, level);
            buf_addf(out, "<td class=\"n\">%s</td>", level);
        }
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_score(const char *name, const struct score *s, struct buf *out)
{
    buf_addf(out, "<tr><td>%s</td>", name);
    page_decimal(out, report_share(s->right, s->wrong), 3);
    page_decimal(out, report_share(s->right, s->missed), 3);
    page_count(out, s->right);
    page_count(out, s->wrong);
    page_count(out, s->missed);
    buf_adds(out, "</tr>\n");
}

static void
add_labels(const struct tally *t, struct buf *out)
{
    struct buf name = {0};

    if (t->labelled == 0)
        return;
    report_label(t, &name);
    buf_adds(out, "<h2>Against the label ");
    page_buf(out, &name);
    buf_addf(out, "</h2>\n<p>%zu conversations have it.</p>\n", t->labelled);
    page_table(out, "|#Precision|#Recall|#Right|#Wrong|#Missed");
    add_score("old", &t->score[SIDE_OLD], out);
    add_score("new", &t->score[SIDE_NEW], out);
    page_table_end(out);
    page_table(out, "Handed over by rule|#Right, old|#new|#Wrong, old|#new");
    for (size_t i = 0; i < t->rule_count; i++) {
        buf_adds(out, "<tr>");
        page_cell(out, t->rules[i]->rule);
        for (size_t s = 0; s < SIDES; s++)
            page_count(out, t->rules[i]->right[s]);
        for (size_t s = 0; s < SIDES; s++)
            page_count(out, t->rules[i]->wrong[s]);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_failures(const struct tally *t, struct buf *out)
{
    if (t->failure_count == 0)
        return;
    buf_adds(out, "<h2 class=\"bad\">Rules that failed</h2>\n");
    page_table(out, "Policy|#Conversations|Failure|First");
    for (size_t i = 0; i < t->failure_count; i++) {
        const struct failure *f = t->failures[i];

        buf_adds(out, "<tr>");
        page_cell(out, f->side == SIDE_OLD ? "old" : "new");
        page_count(out, f->count);
        page_cell(out, f->text);
        page_cell(out, f->first);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_unreadable(const struct tally *t, struct buf *out)
{
    if (t->unreadable_count == 0)
        return;
    buf_addf(out, "<h2>Unreadable: %zu</h2>\n", t->unreadable_count);
    page_table(out, "Place|Why");
    for (size_t i = 0; i < t->unreadable_count && i < UNREADABLE_NAMED; i++) {
        buf_adds(out, "<tr>");
        page_cell(out, t->unreadables[i].place);
        page_cell(out, t->unreadables[i].why);
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_verdict(const char *side, const struct outcome_row *row, struct buf *out)
{
    struct buf text = {0};

    buf_addf(out, "<br/>%s: ", side);
    report_verdict(row, &text);
    page_buf(out, &text);
}

static void
add_why(const struct change *c, struct buf *out)
{
    static const char *const sides[SIDES] = {"old", "new"};
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(c->why, "rules"), i, rule)
    {
        buf_adds(out, "<p><b>");
        page_text(out, json_string_value(json_object_get(rule, "rule")));
        buf_adds(out, "</b>");
        for (size_t s = 0; s < SIDES; s++) {
            struct buf words = {0};

            buf_addf(out, "<br/>%s: ", sides[s]);
            why_words(json_object_get(rule, sides[s]), &words);
            page_buf(out, &words);
        }
        buf_adds(out, "</p>");
    }
}

static void
add_explained(const struct tally *t, struct buf *out)
{
    size_t shown = t->changed < t->top ? t->changed : t->top;

    if (shown == 0)
        return;
    buf_adds(out, "<h2>Most changed</h2>\n");
    for (size_t i = 0; i < shown; i++) {
        const struct change *c = t->changes[i];

        buf_adds(out, "<details><summary><b>");
        page_text(out, c->id);
        buf_addf(out, "</b> %s", change_kind_title(c->kind));
        add_verdict("old", &c->row[SIDE_OLD], out);
        add_verdict("new", &c->row[SIDE_NEW], out);
        buf_adds(out, "</summary>");
        if (c->details != NULL) {
            buf_adds(out, "<p>differs in: ");
            page_text(out, c->details);
            buf_adds(out, "</p>");
        }
        add_why(c, out);
        buf_adds(out, "</details>\n");
    }
}

static void
add_all(const struct tally *t, struct buf *out)
{
    size_t shown = t->changed < CHANGES_LISTED ? t->changed : CHANGES_LISTED;

    if (shown == 0)
        return;
    buf_adds(out, "<h2>All that changed</h2>\n");
    if (shown < t->changed)
        buf_addf(out,
                 "<p>%zu of %zu, the weightiest first; all are in the output "
                 "of --json.</p>\n",
                 shown, t->changed);
    page_table(out, "Conversation|What|Old|New");
    for (size_t i = 0; i < shown; i++) {
        const struct change *c = t->changes[i];

        buf_adds(out, "<tr>");
        page_cell(out, c->id);
        page_cell(out, change_kind_title(c->kind));
        for (size_t s = 0; s < SIDES; s++) {
            struct buf text = {0};

            report_verdict(&c->row[s], &text);
            page_cell(out, buf_str(&text));
            buf_free(&text);
        }
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

void
report_html(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;

    page_open(out, "usher backtest");
    add_head(r, out);
    add_limits(r, out);
    add_flows(t, out);
    add_explained(t, out);
    add_tickets(t, out);
    add_tag_table(t->shares, out);
    add_use(r, out);
    add_labels(t, out);
    add_failures(t, out);
    add_unreadable(t, out);
    add_all(t, out);
    page_close(out);
}
