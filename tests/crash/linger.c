/*
 * linger: between a fail point and the death it asks for, a tenth of a second
 * passes for the other threads. Whatever they tell the world in that time has
 * to be true after the restart. Preloaded (LD_PRELOAD) by crash.sh.
 *
 * The lock that the dying thread took last is the fail point's own; it is
 * given back, so that the others can pass the points on their way.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef int lock_fn(pthread_mutex_t *);

static __thread pthread_mutex_t *last;

int
pthread_mutex_lock(pthread_mutex_t *m)
{
    static lock_fn *next;
    void *found;

    if (next == NULL) {
        found = dlsym(RTLD_NEXT, "pthread_mutex_lock");
        next = *(lock_fn **)&found;
    }
    last = m;
    return next(m);
}

int
raise(int signal)
{
    struct timespec t = {0, 100 * 1000 * 1000};

    if (signal == SIGKILL && last != NULL) {
        pthread_mutex_unlock(last);
        nanosleep(&t, NULL);
    }
    return (int)syscall(SYS_kill, getpid(), signal);
}
