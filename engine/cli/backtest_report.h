/*
 * backtest_report: what a tally found, in three forms: for a terminal, as JSON
 * and as one HTML file that needs nothing else. No time of the run and no path
 * of the machine is in any of them: the same recordings under the same rules
 * give the same bytes.
 */
#ifndef CLI_BACKTEST_REPORT_H
#define CLI_BACKTEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "flow/backtest_budget.h"
#include "flow/backtest_limits.h"
#include "flow/backtest_tally.h"

struct report {
    const struct tally *tally;
    const struct budget_use *use; /* by name */
    size_t use_count;
    size_t rules[SIDES];       /* of the policies */
    const char *digest[SIDES]; /* of their texts, short */
    struct limit limits[LIMITS];
};

void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
void report_html(const struct report *r, struct buf *out);

/* On standard output, and as HTML into that file (or NULL). An exit code; what
 * is wrong is told in the verb's name. */
int report_tell(const char *verb, const struct report *r, bool json,
                const char *html);

/* --- what the forms share --- */

/* 12345 as "12,345". */
void report_number(size_t n, struct buf *out);

/* A day since 1970-01-01 as "2026-03-01". */
void report_day(int64_t day, char out[16]);

/* right / (right + other), or -1 when there is nothing to divide by. */
double report_share(size_t right, size_t other);

/* One side of a change: "escalate by rule "x" to billing, high". */
void report_verdict(const struct outcome_row *row, struct buf *out);

/* The labels that were found, joined; "" when none was. */
void report_label(const struct tally *t, struct buf *out);

/* Whether the value of an aspect changed for anybody. */
bool report_has_flow(const struct tally *t, enum aspect a);

/* What is left of a budget at worst: "0.3 left", "41.2 %"; "-" when it was
 * never asked. */
void report_level(const struct budget_use *u, enum side side, char out[24]);

bool report_limits_given(const struct report *r);

#endif
