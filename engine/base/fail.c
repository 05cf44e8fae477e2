#include "base/fail.h"

#ifdef USHER_FAIL_POINTS
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINTS_MAX 64

/* A test build's own state; the loop and the store's thread pass here. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *seen[POINTS_MAX];
static size_t seen_count;
static long passes;

static void
note(const char *name, const char *file)
{
    int fd;

    for (size_t i = 0; i < seen_count; i++)
        if (strcmp(seen[i], name) == 0)
            return;
    if (seen_count == POINTS_MAX)
        return;
    seen[seen_count++] = name;
    fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        if (write(fd, name, strlen(name)) < 0 || write(fd, "\n", 1) < 0)
            seen_count--;
        close(fd);
    }
}

void
fail_point(const char *name)
{
    const char *at = getenv("USHER_CRASH_AT"); /* NOLINT: set before start */
    const char *list = getenv("USHER_FAIL_LIST");
    size_t n = strlen(name);

    pthread_mutex_lock(&lock);
    if (list != NULL)
        note(name, list);
    if (at != NULL && strncmp(at, name, n) == 0 && at[n] == ':' &&
        ++passes >= strtol(at + n + 1, NULL, 10))
        raise(SIGKILL);
    pthread_mutex_unlock(&lock);
}
#else
/* Nothing in a normal build; a translation unit may not be empty. */
typedef int fail_nothing;
#endif
