#include "cli/backtest_report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define DAY_MS 86400000LL

void
report_number(size_t n, struct buf *out)
{
    char digits[32];
    int count = snprintf(digits, sizeof digits, "%zu", n);

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            buf_addc(out, ',');
        buf_addc(out, digits[i]);
    }
}

void
report_day(int64_t day, char out[16])
{
    char text[CLOCK_TEXT_MAX];

    clock_format(day * DAY_MS, text);
    snprintf(out, 16, "%.10s", text);
}

double
report_share(size_t right, size_t other)
{
    return right + other > 0 ? (double)right / (double)(right + other) : -1.0;
}

static bool
is_said(const char *value)
{
    return strcmp(value, "-") != 0;
}

void
report_verdict(const struct outcome_row *row, struct buf *out)
{
    buf_adds(out, row->value[ASPECT_ACTION]);
    if (is_said(row->value[ASPECT_RULE]))
        buf_addf(out, " by rule \"%s\"", row->value[ASPECT_RULE]);
    if (is_said(row->value[ASPECT_GROUP]))
        buf_addf(out, " to %s", row->value[ASPECT_GROUP]);
    if (is_said(row->value[ASPECT_PRIORITY]))
        buf_addf(out, ", %s", row->value[ASPECT_PRIORITY]);
    if (row->handed_over && strcmp(row->value[ASPECT_TIMING], "immediate") != 0)
        buf_addf(out, ", timing %s", row->value[ASPECT_TIMING]);
    if (row->failed)
        buf_adds(out, " (the rules failed)");
    if (row->budget != NULL)
        buf_addf(out, ", held back by budget \"%s\"", row->budget);
    if (row->waited)
        buf_addf(out, ", after waiting behind message %lld",
                 (long long)row->at);
    else if (row->ended)
        buf_adds(out, ", at the end");
    else
        buf_addf(out, ", at message %lld", (long long)row->at);
}

void
report_label(const struct tally *t, struct buf *out)
{
    for (size_t i = 0; i < 2; i++)
        if (t->label_found[i] != NULL)
            buf_addf(out, "%s%s", out->len > 0 ? ", " : "", t->label_found[i]);
}

bool
report_has_flow(const struct tally *t, enum aspect a)
{
    for (size_t i = 0; i < t->flow_count; i++)
        if (t->flows[i]->aspect == a &&
            strcmp(t->flows[i]->value[0], t->flows[i]->value[1]) != 0)
            return true;
    return false;
}

void
report_level(const struct budget_use *u, enum side side, char out[24])
{
    if (u->level[side] < 0)
        snprintf(out, 24, "-");
    else if (u->is_share)
        snprintf(out, 24, "%.1f %%", u->level[side]);
    else
        snprintf(out, 24, "%.1f left", u->level[side]);
}

bool
report_limits_given(const struct report *r)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (r->limits[i].given != NULL)
            return true;
    return false;
}
