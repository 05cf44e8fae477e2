/*
 * backoff: when to try again, and when to stop trying (reliability §8).
 */
#ifndef MODEL_BACKOFF_H
#define MODEL_BACKOFF_H

#include <stdint.h>

/* Full jitter: a delay in ms drawn evenly from 0..min(15 min, 1 s * 2^tries)
 * by `random`; after 24 hours of trying, hourly. tries counts from 0. */
int64_t backoff_delay_ms(unsigned tries, int64_t trying_for_ms,
                         uint64_t random);

/* Retry-After wins: at most an hour, plus 0-10 % jitter. */
int64_t backoff_retry_after_ms(int64_t after_s, uint64_t random);

#define BACKOFF_HORIZON_MS   (72LL * 3600 * 1000) /* then held, never dropped */
#define BACKOFF_NOTICE_TRIES 5 /* a notice is given up after five */

#endif
