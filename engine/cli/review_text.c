#include <stdio.h>

#include "cli/backtest_report.h"
#include "cli/out.h"
#include "cli/review.h"
#include "flow/backtest_tally.h"
#include "model/zone.h"

static void
add_figure(const struct figure *f, struct buf *out)
{
    struct buf number = {0};

    report_number(f->n, &number);
    buf_addf(out, "  %-24s %10s", f->name, buf_str(&number));
    if (f->of != NULL)
        buf_addf(out, "  %6.2f %% of %s", figure_percent(f), f->of);
    buf_addc(out, '\n');
    buf_free(&number);
}

static void
add_head(const struct review *r, struct buf *out)
{
    struct figure figures[REVIEW_FIGURES];
    char first[16], last[16];

    buf_addf(out, "the last %s", r->since);
    if (r->handed_count > 0) {
        report_day(r->first_day, first);
        report_day(r->last_day, last);
        buf_addf(out, "; hand-overs of %s to %s (%s)", first, last,
                 r->zone != NULL ? zone_name(r->zone) : "UTC");
    }
    buf_adds(out, "\n\n");
    review_figures(r, figures);
    for (size_t i = 0; i < REVIEW_FIGURES; i++)
        add_figure(&figures[i], out);
    if (review_remark(r) != NULL)
        buf_addf(out, "  %s%s%s\n", out_colour(COLOUR_YELLOW), review_remark(r),
                 out_colour(COLOUR_NONE));
}

/* Of nobody is more told than is known. */
static void
add_waits(const struct review *r, struct buf *out)
{
    if (r->followed.wait_count > 0)
        buf_addf(out,
                 "  a human's first word      after %.1f minutes (median), "
                 "%.1f (90 %%), of %zu\n",
                 (double)review_wait(r, 50) / 60000,
                 (double)review_wait(r, 90) / 60000, r->followed.wait_count);
}

static void
add_signs(const struct review *r, struct buf *out)
{
    buf_addc(out, '\n');
    review_signs(r, out);
    buf_addc(out, '\n');
    if (r->all.needless + r->all.needed > 0)
        buf_addf(out,
                 "Of what is labelled, a sign is right %zu times and wrong "
                 "%zu times, and misses %zu that were needless.\n",
                 r->sign_right, r->sign_wrong, r->sign_missed);
}

static void
add_row(const struct review *r, const struct slice *s, struct buf *out)
{
    buf_addf(out, "  %-36.36s %8zu %8.2f %%", s->value, s->counts.handed_over,
             tally_percent(s->counts.handed_over, r->conversations));
    if (s->dimension == BY_RULE)
        buf_addf(out, " %8.2f %% %8zu",
                 tally_percent(s->decided, r->conversations), s->held_back);
    for (size_t i = 1; i < REVIEW_COUNTS; i++)
        buf_addf(out, " %8zu", review_count(&s->counts, i));
    buf_addc(out, '\n');
}

static void
add_slice_head(enum dimension d, struct buf *out)
{
    buf_addf(out, "\nby %-33s %8s %10s%s", dimension_name(d),
             review_counts[0].narrow, "of all",
             d == BY_RULE ? "    matched     held" : "");
    for (size_t i = 1; i < REVIEW_COUNTS; i++)
        buf_addf(out, " %8s", review_counts[i].narrow);
    buf_addc(out, '\n');
}

static void
add_slices(const struct review *r, enum dimension d, struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i < r->slice_count; i++) {
        if (r->slices[i]->dimension != d)
            continue;
        if (!any)
            add_slice_head(d, out);
        any = true;
        add_row(r, r->slices[i], out);
    }
}

static void
add_silent(const struct review *r, struct buf *out)
{
    if (r->rules_why != NULL)
        buf_addf(out, "\nthe rules in force cannot be read: %s\n",
                 r->rules_why);
    if (r->silent_count > 0)
        buf_addf(out, "\nnever fired in this time: %zu of %zu rules in force\n",
                 r->silent_count, r->rules);
    for (size_t i = 0; i < r->silent_count; i++)
        buf_addf(out, "  %s%s%s%s\n", r->silent[i].name,
                 r->silent[i].owner != NULL ? " (" : "",
                 r->silent[i].owner != NULL ? r->silent[i].owner : "",
                 r->silent[i].owner != NULL ? ")" : "");
}

static void
add_suspects(const struct review *r, struct buf *out)
{
    size_t shown = r->suspect_count < r->top ? r->suspect_count : r->top;

    if (shown == 0)
        return;
    buf_addf(out, "\nperhaps too much (%zu of %zu; all with --json)\n", shown,
             r->suspect_count);
    for (size_t i = 0; i < shown; i++) {
        const struct handed *h = r->handed[i];

        buf_addf(out, "  %s  %s  \"%s\"  ", h->conversation, h->id, h->rule);
        review_why(h, out);
        buf_addc(out, '\n');
    }
}

void
review_text(const struct review *r, struct buf *out)
{
    add_head(r, out);
    add_waits(r, out);
    add_signs(r, out);
    for (int d = 0; d < DIMENSIONS; d++)
        add_slices(r, (enum dimension)d, out);
    add_silent(r, out);
    add_suspects(r, out);
}
