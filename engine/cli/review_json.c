#include "base/json.h"
#include "cli/backtest_report.h"
#include "cli/review.h"
#include "flow/backtest_tally.h"
#include "model/zone.h"

static void
put_count(struct buf *out, const char *key, size_t n)
{
    json_put_member_int(out, key, (int64_t)n);
}

static void
put_percent(struct buf *out, const char *key, size_t part, size_t whole)
{
    json_put_key(out, key);
    buf_addf(out, "%.4f", tally_percent(part, whole));
}

static void
put_counts(struct buf *out, const struct counts *c)
{
    for (size_t i = 0; i < REVIEW_COUNTS; i++)
        put_count(out, review_counts[i].key, review_count(c, i));
}

static void
put_days(const struct review *r, struct buf *out)
{
    char day[16];

    json_put_member(out, "zone", r->zone != NULL ? zone_name(r->zone) : "UTC");
    if (r->handed_count == 0)
        return;
    report_day(r->first_day, day);
    json_put_member(out, "first_day", day);
    report_day(r->last_day, day);
    json_put_member(out, "last_day", day);
}

static void
put_signs(const struct review *r, struct buf *out)
{
    struct buf text = {0};

    review_signs(r, &text);
    json_put_key(out, "signs");
    buf_addc(out, '{');
    json_put_member(out, "definition", buf_str(&text));
    put_count(out, "right", r->sign_right);
    put_count(out, "wrong", r->sign_wrong);
    put_count(out, "missed", r->sign_missed);
    buf_addc(out, '}');
    buf_free(&text);
}

static void
put_followed(const struct review *r, struct buf *out)
{
    const struct followed *f = &r->followed;

    json_put_key(out, "followed");
    buf_addc(out, '{');
    put_count(out, "done", f->done);
    put_count(out, "reopened", f->reopened);
    put_count(out, "unassigned", f->unassigned);
    put_count(out, "human_replied", f->wait_count);
    if (f->wait_count > 0) {
        json_put_member_int(out, "first_human_median_ms", review_wait(r, 50));
        json_put_member_int(out, "first_human_p90_ms", review_wait(r, 90));
    }
    buf_addc(out, '}');
}

static void
put_slice(const struct review *r, const struct slice *s, struct buf *out)
{
    buf_addc(out, '{');
    json_put_member(out, dimension_name(s->dimension), s->value);
    put_counts(out, &s->counts);
    put_percent(out, "percent_of_conversations", s->counts.handed_over,
                r->conversations);
    if (s->dimension == BY_RULE) {
        put_count(out, "matched", s->decided);
        put_percent(out, "percent_matched", s->decided, r->conversations);
        put_count(out, "held_back", s->held_back);
    }
    buf_addc(out, '}');
}

static void
put_slices(const struct review *r, struct buf *out)
{
    size_t i = 0;

    json_put_key(out, "by");
    buf_addc(out, '{');
    for (int d = 0; d < DIMENSIONS; d++) {
        size_t first = i;

        json_put_key(out, dimension_name((enum dimension)d));
        buf_addc(out, '[');
        for (; i < r->slice_count && (int)r->slices[i]->dimension == d; i++) {
            if (i > first)
                buf_addc(out, ',');
            put_slice(r, r->slices[i], out);
        }
        buf_addc(out, ']');
    }
    buf_addc(out, '}');
}

static void
put_silent(const struct review *r, struct buf *out)
{
    if (r->rules_why != NULL) {
        json_put_member(out, "rules_unreadable", r->rules_why);
        return;
    }
    put_count(out, "rules", r->rules);
    json_put_key(out, "never_fired");
    buf_addc(out, '[');
    for (size_t i = 0; i < r->silent_count; i++) {
        buf_adds(out, i > 0 ? ",{" : "{");
        json_put_member(out, "rule", r->silent[i].name);
        json_put_member(out, "owner", r->silent[i].owner);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
put_handed(const struct review *r, struct buf *out)
{
    struct buf why = {0};

    json_put_key(out, "handoffs");
    buf_addc(out, '[');
    for (size_t i = 0; i < r->handed_count; i++) {
        const struct handed *h = r->handed[i];

        buf_adds(out, i > 0 ? ",{" : "{");
        json_put_member(out, "id", h->id);
        json_put_member(out, "conversation", h->conversation);
        json_put_member(out, "rule", h->rule);
        json_put_member(out, "at", h->at);
        json_put_key(out, "suspect");
        buf_adds(out, i < r->suspect_count ? "true" : "false");
        buf_clear(&why);
        review_why(h, &why);
        if (why.len > 0)
            json_put_member(out, "why", buf_str(&why));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
    buf_free(&why);
}

void
review_json(const struct review *r, struct buf *out)
{
    buf_addc(out, '{');
    json_put_member(out, "since", r->since);
    put_days(r, out);
    put_count(out, "conversations", r->conversations);
    put_counts(out, &r->all);
    put_percent(out, "percent_handed_over", r->all.handed_over,
                r->conversations);
    put_percent(out, "percent_urgent", r->all.urgent, r->all.handed_over);
    put_count(out, "held_back", r->held_back);
    put_followed(r, out);
    put_signs(r, out);
    put_slices(r, out);
    put_silent(r, out);
    put_handed(r, out);
    buf_adds(out, "}\n");
}
