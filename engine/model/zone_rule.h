/*
 * zone_rule: the TZ string of a TZif footer ("CET-1CEST,M3.5.0,M10.5.0/3"):
 * what the clock does behind the last transition of the file, for ever.
 */
#ifndef MODEL_ZONE_RULE_H
#define MODEL_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/zone.h"

#define ZONE_ABBREVIATION_MAX 32

/* The day and time of a year at which the clock changes. */
struct zone_change {
    enum {
        CHANGE_JULIAN,  /* J1 to J365: February 29 is never counted */
        CHANGE_YEARDAY, /* 0 to 365: it is */
        CHANGE_WEEKDAY  /* Mm.w.d */
    } kind;
    int month, week, day;
    int time_s; /* of local time before the change, -167 h to 167 h */
};

struct zone_rule {
    char standard[ZONE_ABBREVIATION_MAX], summer[ZONE_ABBREVIATION_MAX];
    int standard_offset_s, summer_offset_s;
    bool has_summer;
    struct zone_change begins, ends; /* of summer time */
};

/* Read a whole TZ string; ERR_INPUT quotes it. */
int zone_rule_read(const char *p, size_t n, struct zone_rule *out,
                   struct err *e) MUST_CHECK;

struct zone_period zone_rule_at(const struct zone_rule *r, int64_t at_s);

#endif
