#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "script/pool.h"

int
pool_wait(struct pool *p, const size_t *left, int64_t ms, struct err *e)
{
    int64_t began = clock_mono_ms();

    while (*left > 0) {
        struct pollfd fd = {.fd = pool_fd(p), .events = POLLIN};

        if (ms >= 0 && clock_mono_ms() - began >= ms)
            return err_set(e, ERR_SYSTEM,
                           "the script workers did not answer within %lld ms",
                           (long long)ms);
        if (poll(&fd, 1, 100) < 0 && errno != EINTR)
            return err_sys(e, "waiting for the script workers");
        pool_poll(p);
    }
    return 0;
}
