#include "flow/folder_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/loop.h"

/* A folder that is gone is looked for this often. */
#define MISSING_MS 1000

/* A file counts when it is whole: closed after writing, or moved in. */
#define CHANGES                                                                \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |    \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct folder_watch {
    struct loop *loop;
    char *path;
    int quiet_ms;
    void (*fn)(void *arg);
    void *arg;
    int fd, watch; /* watch < 0: the folder is not there */
    struct loop_watch *readable;
    struct loop_timer *timer, *missing;
};

static void
on_quiet(void *arg)
{
    struct folder_watch *w = arg;

    w->timer = NULL;
    w->fn(w->arg);
}

static void
changed(struct folder_watch *w)
{
    loop_cancel(w->timer);
    w->timer = loop_after(w->loop, w->quiet_ms, on_quiet, w);
}

static void look_for_it(void *arg);

static void
add_watch(struct folder_watch *w)
{
    w->watch = inotify_add_watch(w->fd, w->path, CHANGES);
    if (w->watch < 0)
        w->missing = loop_after(w->loop, MISSING_MS, look_for_it, w);
}

static void
look_for_it(void *arg)
{
    struct folder_watch *w = arg;

    w->missing = NULL;
    add_watch(w);
    if (w->watch >= 0)
        changed(w);
}

/* What stands at the path now may be another folder. */
static void
watch_anew(struct folder_watch *w)
{
    if (w->watch >= 0)
        inotify_rm_watch(w->fd, w->watch);
    loop_cancel(w->missing);
    w->missing = NULL;
    add_watch(w);
}

static void
on_readable(void *arg)
{
    struct folder_watch *w = arg;
    _Alignas(struct inotify_event) char bytes[16384];
    bool gone = false, any = false;
    ssize_t n;

    while ((n = read(w->fd, bytes, sizeof bytes)) > 0) {
        const struct inotify_event *event;

        for (char *at = bytes; at < bytes + n;
             at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(void *)at;
            any = true;
            if (event->wd == w->watch &&
                (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
                gone = true;
        }
    }
    if (gone)
        watch_anew(w);
    if (any)
        changed(w);
}

struct folder_watch *
folder_watch_new(struct loop *l, const char *path, int quiet_ms,
                 void (*fn)(void *arg), void *arg, struct err *e)
{
    struct folder_watch *w;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd < 0) {
        err_sys(e, "watching %s", path);
        return NULL;
    }
    w = mem_zero(sizeof *w);
    w->loop = l;
    w->path = strdup(path);
    w->quiet_ms = quiet_ms;
    w->fn = fn;
    w->arg = arg;
    w->fd = fd;
    w->readable = loop_watch(l, fd, on_readable, w);
    add_watch(w);
    return w;
}

void
folder_watch_free(struct folder_watch *w)
{
    if (w == NULL)
        return;
    loop_cancel(w->timer);
    loop_cancel(w->missing);
    loop_unwatch(w->readable);
    close(w->fd);
    free(w->path);
    free(w);
}
