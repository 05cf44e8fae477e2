/*
 * date: days of the Gregorian calendar, without any zone: a day is counted
 * from 1970-01-01 and has a year, a month and a day.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATE_TEXT_MAX 32

struct date {
    int64_t year;
    int month, day; /* from 1 */
};

struct date date_of_days(int64_t days);

/* A day past the end of its month runs on into the next. */
int64_t date_to_days(int64_t year, int month, int day);

/* 1 Monday to 7 Sunday. */
int date_weekday(int64_t days);

bool date_is_leap(int64_t year);

/* 28 to 31; month from 1 to 12. */
int date_month_days(int64_t year, int month);

/* "2026-12-24". */
void date_format(int64_t days, char out[DATE_TEXT_MAX]);

/* Exactly "YYYY-MM-DD", a day that there is; false otherwise. */
bool date_parse(const char *p, size_t n, int64_t *days);

#endif
