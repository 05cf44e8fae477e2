#include "model/backoff.h"

#define BASE_MS           1000
#define CAP_MS            (15 * 60 * 1000)
#define HOUR_MS           (3600 * 1000)
#define RETRY_AFTER_MAX_S 3600

int64_t
backoff_delay_ms(unsigned tries, int64_t trying_for_ms, uint64_t random)
{
    int64_t span = BASE_MS;

    if (trying_for_ms >= 24LL * HOUR_MS)
        return HOUR_MS;
    for (unsigned i = 0; i < tries && span < CAP_MS; i++)
        span *= 2;
    if (span > CAP_MS)
        span = CAP_MS;
    return (int64_t)(random % (uint64_t)(span + 1));
}

int64_t
backoff_retry_after_ms(int64_t after_s, uint64_t random)
{
    int64_t ms;

    if (after_s < 0)
        after_s = 0;
    if (after_s > RETRY_AFTER_MAX_S)
        after_s = RETRY_AFTER_MAX_S;
    ms = after_s * 1000;
    return ms + (int64_t)(random % (uint64_t)(ms / 10 + 1));
}
