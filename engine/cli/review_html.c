#include "cli/backtest_report.h"
#include "cli/page.h"
#include "cli/review.h"
#include "flow/backtest_tally.h"
#include "model/zone.h"

#define LISTED 1000 /* suspects; all are in the JSON */

static void
add_head(const struct review *r, struct buf *out)
{
    struct figure figures[REVIEW_FIGURES];
    char first[16], last[16];

    buf_addf(out, "<h1>usher report</h1>\n<p>The last %s.", r->since);
    if (r->handed_count > 0) {
        report_day(r->first_day, first);
        report_day(r->last_day, last);
        buf_addf(out, " Hand-overs of %s to %s (", first, last);
        page_text(out, r->zone != NULL ? zone_name(r->zone) : "UTC");
        buf_adds(out, ").");
    }
    buf_adds(out, "</p>\n<div class=\"cards\">\n");
    review_figures(r, figures);
    for (size_t i = 0; i < REVIEW_FIGURES; i++)
        page_card(out, figures[i].n, figures[i].name,
                  figure_percent(&figures[i]));
    if (r->followed.wait_count > 0)
        page_card(out, (size_t)(review_wait(r, 50) / 60000),
                  "minutes until a human (median)", -1);
    buf_adds(out, "</div>\n");
    if (review_remark(r) != NULL)
        buf_addf(out, "<p class=\"bad\">%s</p>\n", review_remark(r));
    buf_adds(out, "<p>");
    review_signs(r, out);
    buf_adds(out, "</p>\n");
    if (r->all.needless + r->all.needed > 0)
        buf_addf(out,
                 "<p>Of what is labelled, a sign is right %zu times and wrong "
                 "%zu times, and misses %zu that were needless.</p>\n",
                 r->sign_right, r->sign_wrong, r->sign_missed);
}

static void
add_row(const struct review *r, const struct slice *s, struct buf *out)
{
    buf_adds(out, "<tr>");
    page_cell(out, s->value);
    page_count(out, s->counts.handed_over);
    page_decimal(out, tally_percent(s->counts.handed_over, r->conversations),
                 2);
    if (s->dimension == BY_RULE) {
        page_decimal(out, tally_percent(s->decided, r->conversations), 2);
        page_count(out, s->held_back);
    }
    for (size_t i = 1; i < REVIEW_COUNTS; i++)
        page_count(out, review_count(&s->counts, i));
    buf_adds(out, "</tr>\n");
}

static void
add_slice_head(enum dimension d, struct buf *out)
{
    struct buf head = {0};

    buf_addf(out, "<h2>By %s</h2>\n", dimension_name(d));
    buf_addf(&head, "|#%s|#%% of all%s", review_counts[0].name,
             d == BY_RULE ? "|#% matched|#Held back" : "");
    for (size_t i = 1; i < REVIEW_COUNTS; i++)
        buf_addf(&head, "|#%s", review_counts[i].name);
    page_table(out, buf_str(&head));
    buf_free(&head);
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
    if (any)
        page_table_end(out);
}

static void
add_silent(const struct review *r, struct buf *out)
{
    if (r->rules_why != NULL) {
        buf_adds(out, "<p>The rules in force cannot be read: ");
        page_text(out, r->rules_why);
        buf_adds(out, "</p>\n");
    }
    if (r->silent_count == 0)
        return;
    buf_addf(out,
             "<h2>Never fired</h2>\n<p>%zu of %zu rules in force decided "
             "nothing in this time.</p>\n",
             r->silent_count, r->rules);
    page_table(out, "Rule|Owner");
    for (size_t i = 0; i < r->silent_count; i++) {
        buf_adds(out, "<tr>");
        page_cell(out, r->silent[i].name);
        page_cell(out, r->silent[i].owner != NULL ? r->silent[i].owner : "");
        buf_adds(out, "</tr>\n");
    }
    page_table_end(out);
}

static void
add_suspects(const struct review *r, struct buf *out)
{
    size_t shown = r->suspect_count < LISTED ? r->suspect_count : LISTED;

    if (shown == 0)
        return;
    buf_addf(out, "<h2>Perhaps too much</h2>\n<p>%zu of %zu.</p>\n", shown,
             r->suspect_count);
    page_table(out, "Conversation|Hand-over|When|Rule|Why");
    for (size_t i = 0; i < shown; i++) {
        const struct handed *h = r->handed[i];
        struct buf why = {0};

        review_why(h, &why);
        buf_adds(out, "<tr>");
        page_cell(out, h->conversation);
        page_cell(out, h->id);
        page_cell(out, h->at);
        page_cell(out, h->rule);
        page_cell(out, buf_str(&why));
        buf_adds(out, "</tr>\n");
        buf_free(&why);
    }
    page_table_end(out);
}

void
review_html(const struct review *r, struct buf *out)
{
    page_open(out, "usher report");
    add_head(r, out);
    for (int d = 0; d < DIMENSIONS; d++)
        add_slices(r, (enum dimension)d, out);
    add_silent(r, out);
    add_suspects(r, out);
    page_close(out);
}
