#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/backtest_report.h"
#include "cli/backtest_why.h"
#include "cli/out.h"

#define FLOWS_SHOWN 12 /* of an aspect; the rest is in the other forms */
#define TAGS_SHOWN  20

static const char *
plain_number(size_t n, struct buf *out)
{
    buf_clear(out);
    report_number(n, out);
    return buf_str(out);
}

/* "+12", "-3", "" for none. */
static void
add_delta(size_t old, size_t new, struct buf *out)
{
    struct buf n = {0};

    if (old == new)
        return;
    buf_addf(out, "%s%c%s%s", out_colour(COLOUR_YELLOW), new > old ? '+' : '-',
             plain_number(new > old ? new - old : old - new, &n),
             out_colour(COLOUR_NONE));
    buf_free(&n);
}

static void
add_pair(const char *what, size_t old, size_t new, struct buf *out)
{
    struct buf a = {0}, b = {0};

    buf_addf(out, "  %-24s %10s %10s  ", what, plain_number(old, &a),
             plain_number(new, &b));
    add_delta(old, new, out);
    buf_addc(out, '\n');
    buf_free(&a);
    buf_free(&b);
}

static void
add_head(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;
    char first[16], last[16];

    report_number(t->conversations, out);
    buf_adds(out, " conversations");
    if (t->timed) {
        report_day(t->first_day, first);
        report_day(t->last_day, last);
        buf_addf(out, ", %s to %s", first, last);
    }
    buf_adds(out, "\n\n");
    buf_addf(out, "  %-24s %10s %10s\n", "", "old", "new");
    buf_addf(out, "  %-24s %10s %10s\n", "policy", r->digest[SIDE_OLD],
             r->digest[SIDE_NEW]);
    add_pair("rules", r->rules[SIDE_OLD], r->rules[SIDE_NEW], out);
    add_pair("handed over", t->handed_over[SIDE_OLD], t->handed_over[SIDE_NEW],
             out);
    if (t->same)
        buf_adds(out, "\nThe two policies are the same.\n");
}

static void
add_kinds(const struct tally *t, struct buf *out)
{
    struct buf n = {0};

    buf_addf(out, "\nchanged: %s (%.2f %%)\n", plain_number(t->changed, &n),
             tally_percent(t->changed, t->conversations));
    for (int k = 0; k < CHANGE_KINDS; k++)
        if (t->kinds[k] > 0 || k < CHANGE_OTHER)
            buf_addf(out, "  %10s  %s\n", plain_number(t->kinds[k], &n),
                     change_kind_title((enum change_kind)k));
    buf_free(&n);
}

static void
add_flows(const struct tally *t, enum aspect a, struct buf *out)
{
    struct buf n = {0};
    size_t shown = 0, more = 0;

    if (!report_has_flow(t, a))
        return;
    buf_addf(out, "\n%s, old -> new\n", aspect_name(a));
    for (size_t i = 0; i < t->flow_count; i++) {
        const struct flow *f = t->flows[i];

        if (f->aspect != a || strcmp(f->value[0], f->value[1]) == 0)
            continue;
        if (shown++ < FLOWS_SHOWN)
            buf_addf(out, "  %10s  %s -> %s\n", plain_number(f->count, &n),
                     f->value[0], f->value[1]);
        else
            more++;
    }
    if (more > 0)
        buf_addf(out, "              and %zu more\n", more);
    buf_free(&n);
}

static void
add_groups(const struct tally *t, struct buf *out)
{
    double days = (double)tally_days(t);

    if (t->group_count == 0)
        return;
    buf_addf(out, "\n%-26s %10s %10s", "tickets", "old", "new");
    if (days > 0)
        buf_adds(out, "    a day, old        new   peak, old        new");
    buf_addc(out, '\n');
    for (size_t i = 0; i < t->group_count; i++) {
        const struct group_load *g = t->groups[i];

        buf_addf(out, "  %-24s %10zu %10zu", g->name, g->tickets[SIDE_OLD],
                 g->tickets[SIDE_NEW]);
        if (days > 0)
            buf_addf(out, "    %10.2f %10.2f  %10zu %10zu",
                     (double)g->tickets[SIDE_OLD] / days,
                     (double)g->tickets[SIDE_NEW] / days, g->peak[SIDE_OLD],
                     g->peak[SIDE_NEW]);
        buf_addc(out, '\n');
    }
}

static void
add_hours(const struct tally *t, struct buf *out)
{
    static const char *const names[SIDES] = {"old", "new"};
    size_t hour[24][SIDES] = {{0}};

    if (!t->timed || t->group_count == 0)
        return;
    for (size_t i = 0; i < t->group_count; i++)
        for (size_t h = 0; h < 24; h++)
            for (size_t s = 0; s < SIDES; s++)
                hour[h][s] += t->groups[i]->hour[h][s];
    if (t->zone != NULL)
        buf_addf(out, "\ntickets by hour of day in %s", tally_zone(t));
    for (size_t half = 0; half < 24; half += 12) {
        buf_addf(out, "\n%-8s", half == 0 && t->zone == NULL ? "UTC" : "");
        for (size_t h = half; h < half + 12; h++)
            buf_addf(out, "  %02zu:00", h);
        for (size_t s = 0; s < SIDES; s++) {
            buf_addf(out, "\n  %-6s", names[s]);
            for (size_t h = half; h < half + 12; h++)
                buf_addf(out, " %6zu", hour[h][s]);
        }
        buf_addc(out, '\n');
    }
}

static void
add_use(const struct report *r, struct buf *out)
{
    char level[SIDES][24];

    if (r->use_count == 0)
        return;
    buf_addf(out, "\n%-26s %10s %10s %15s %9s %12s %12s\n", "budgets",
             "given, old", "new", "held back, old", "new", "at worst, old",
             "new");
    for (size_t i = 0; i < r->use_count; i++) {
        const struct budget_use *u = &r->use[i];

        for (size_t s = 0; s < SIDES; s++)
            report_level(u, (enum side)s, level[s]);
        buf_addf(out, "  %-24s %10zu %10zu %15zu %9zu %13s %12s\n", u->name,
                 u->granted[SIDE_OLD], u->granted[SIDE_NEW],
                 u->refused[SIDE_OLD], u->refused[SIDE_NEW], level[SIDE_OLD],
                 level[SIDE_NEW]);
    }
}

static void
add_share(double share, struct buf *out)
{
    if (share < 0)
        buf_addf(out, " %10s", "-");
    else
        buf_addf(out, " %10.3f", share);
}

static void
add_score(const char *name, const struct score *s, struct buf *out)
{
    buf_addf(out, "  %-8s", name);
    add_share(report_share(s->right, s->wrong), out);
    add_share(report_share(s->right, s->missed), out);
    buf_addf(out, " %10zu %10zu %10zu\n", s->right, s->wrong, s->missed);
}

static void
add_labels(const struct tally *t, struct buf *out)
{
    struct buf name = {0};

    if (t->labelled == 0)
        return;
    report_label(t, &name);
    buf_addf(out,
             "\nagainst %s (%zu labelled)\n  %-8s %10s %10s %10s %10s %10s\n",
             buf_str(&name), t->labelled, "", "precision", "recall", "right",
             "wrong", "missed");
    add_score("old", &t->score[SIDE_OLD], out);
    add_score("new", &t->score[SIDE_NEW], out);
    buf_free(&name);
    if (t->rule_count == 0)
        return;
    buf_addf(out, "\n  %-40s %10s %10s %10s %10s\n", "by rule", "right, old",
             "new", "wrong, old", "new");
    for (size_t i = 0; i < t->rule_count; i++) {
        const struct rule_score *r = t->rules[i];

        buf_addf(out, "  %-40s %10zu %10zu %10zu %10zu\n", r->rule,
                 r->right[SIDE_OLD], r->right[SIDE_NEW], r->wrong[SIDE_OLD],
                 r->wrong[SIDE_NEW]);
    }
}

static void
add_failures(const struct tally *t, struct buf *out)
{
    struct buf n = {0};

    if (t->failure_count > 0)
        buf_addf(out, "\n%srules that failed%s\n", out_colour(COLOUR_RED),
                 out_colour(COLOUR_NONE));
    for (size_t i = 0; i < t->failure_count; i++) {
        const struct failure *f = t->failures[i];

        buf_addf(out, "  %10s  %s: %s (first: %s)\n",
                 plain_number(f->count, &n),
                 f->side == SIDE_OLD ? "old" : "new", f->text, f->first);
    }
    buf_free(&n);
}

static void
add_unreadable(const struct tally *t, struct buf *out)
{
    size_t named = t->unreadable_count < UNREADABLE_NAMED ? t->unreadable_count
                                                          : UNREADABLE_NAMED;

    if (t->unreadable_count == 0)
        return;
    buf_addf(out, "\nunreadable: %zu\n", t->unreadable_count);
    for (size_t i = 0; i < named; i++)
        buf_addf(out, "  %s: %s\n", t->unreadables[i].place,
                 t->unreadables[i].why);
    if (t->unreadable_count > named)
        buf_addf(out, "  and %zu more\n", t->unreadable_count - named);
}

static void
add_why(const struct change *c, struct buf *out)
{
    static const char *const sides[SIDES] = {"old", "new"};
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(c->why, "rules"), i, rule)
    {
        buf_addf(out, "    rule \"%s\"\n",
                 json_string_value(json_object_get(rule, "rule")));
        for (size_t s = 0; s < SIDES; s++) {
            buf_addf(out, "      %s: ", sides[s]);
            why_words(json_object_get(rule, sides[s]), out);
            buf_addc(out, '\n');
        }
    }
}

static void
add_change(const struct change *c, struct buf *out)
{
    buf_addf(out, "  %s  %s%s%s\n", c->id, out_colour(COLOUR_YELLOW),
             change_kind_title(c->kind), out_colour(COLOUR_NONE));
    buf_adds(out, "    old: ");
    report_verdict(&c->row[SIDE_OLD], out);
    buf_adds(out, "\n    new: ");
    report_verdict(&c->row[SIDE_NEW], out);
    buf_addc(out, '\n');
    if (c->details != NULL)
        buf_addf(out, "    differs in: %s\n", c->details);
    add_why(c, out);
}

static void
add_changes(const struct tally *t, struct buf *out)
{
    size_t shown = t->changed < t->top ? t->changed : t->top;

    if (shown == 0)
        return;
    buf_addf(out, "\nmost changed (%zu of %zu; all with --json)\n", shown,
             t->changed);
    for (size_t i = 0; i < shown; i++)
        add_change(t->changes[i], out);
}

static void
add_limits(const struct report *r, struct buf *out)
{
    if (!report_limits_given(r))
        return;
    buf_adds(out, "\nlimits\n");
    for (size_t i = 0; i < LIMITS; i++) {
        const struct limit *l = &r->limits[i];

        if (l->given != NULL)
            buf_addf(out, "  --%s %s: %s%s, %s%s\n", l->name, l->given,
                     out_colour(l->exceeded ? COLOUR_RED : COLOUR_GREEN),
                     l->found, l->exceeded ? "exceeded" : "kept",
                     out_colour(COLOUR_NONE));
    }
}

static void
add_tag_rows(const struct shares *s, struct buf *out)
{
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < s->tag_count; i++) {
        const struct tag_share *one = s->tags[i];

        if (!shares_tells(s, one))
            continue;
        if (shown == TAGS_SHOWN) {
            more++;
            continue;
        }
        if (shown++ == 0)
            buf_addf(out, "\n%-36s %10s %10s\n", "tags of tickets", "old",
                     "new");
        buf_addf(out, "  %-34s %10zu %10zu\n", one->tag, one->count[SIDE_OLD],
                 one->count[SIDE_NEW]);
    }
    if (more > 0)
        buf_addf(out, "  and %zu more (all with --json)\n", more);
}

static void
add_urgent_row(const struct shares *s, struct buf *out)
{
    bool much = shares_too_urgent(s, SIDE_NEW);

    if (s->urgent[SIDE_OLD] + s->urgent[SIDE_NEW] == 0)
        return;
    buf_addf(out, "\n%-36s %10zu %10zu", "urgent tickets", s->urgent[SIDE_OLD],
             s->urgent[SIDE_NEW]);
    if (s->handed_over[SIDE_NEW] > 0)
        buf_addf(out, "   %s%.2f %% of the new%s%s",
                 much ? out_colour(COLOUR_RED) : "",
                 tally_percent(s->urgent[SIDE_NEW], s->handed_over[SIDE_NEW]),
                 much ? ": more than 5 %, keep it for danger" : "",
                 much ? out_colour(COLOUR_NONE) : "");
    buf_addc(out, '\n');
}

static void
add_shares(const struct shares *s, struct buf *out)
{
    add_tag_rows(s, out);
    add_urgent_row(s, out);
}

void
report_text(const struct report *r, struct buf *out)
{
    const struct tally *t = r->tally;

    add_head(r, out);
    add_kinds(t, out);
    for (int a = 0; a < ASPECTS; a++)
        add_flows(t, (enum aspect)a, out);
    add_groups(t, out);
    add_hours(t, out);
    add_shares(t->shares, out);
    add_use(r, out);
    add_labels(t, out);
    add_failures(t, out);
    add_unreadable(t, out);
    add_changes(t, out);
    add_limits(r, out);
}
