/*
 * clock: wall time and monotonic time, replaceable in tests.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 32

int64_t clock_now_ms(void);  /* wall, ms since the epoch, UTC */
int64_t clock_mono_ms(void); /* monotonic ms, for deadlines and leases */
int64_t clock_mono_us(void);

/* Processor time of this process, for a signal handler too. */
int64_t clock_cpu_us(void);

/* Replace the wall clock (tests, replay); NULL restores the system's. */
void clock_set_source(int64_t (*now_ms)(void));

/* "2026-11-21T03:15:01.123Z" (no fraction when ms % 1000 == 0). */
void clock_format(int64_t ms, char out[CLOCK_TEXT_MAX]);

/* RFC 3339 with Z or an offset, optional fraction; false when malformed. */
bool clock_parse(const char *p, size_t n, int64_t *ms);

#endif
