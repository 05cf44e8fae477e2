#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script/wire.h"

#define SOCKET       3
#define CHILDREN_MAX 128

/* The small parent of all workers: it holds nothing, so that a fork is quick
 * and what a worker inherits is nothing. */
struct child {
    pid_t pid;
    int slot;
};

static struct child children[CHILDREN_MAX];
static size_t child_count;

static void
tell(int slot, pid_t pid, int status)
{
    struct wire_birth b = {slot, pid, status};

    if (send(SOCKET, &b, sizeof b, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        _exit(0); /* the engine is gone */
}

static void
reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < child_count; i++)
            if (children[i].pid == pid) {
                tell(children[i].slot, pid, status);
                children[i] = children[--child_count];
                break;
            }
}

static void
give_birth(int slot, int fd, int signals)
{
    pid_t pid = child_count < CHILDREN_MAX ? fork() : -1;

    if (pid == 0) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        close(signals);
        close(SOCKET);
        worker_main(fd);
    }
    close(fd);
    if (pid < 0) {
        tell(slot, 0, 1 << 8);
        return;
    }
    children[child_count++] = (struct child){pid, slot};
    tell(slot, pid, -1);
}

static int
take_order(int32_t *slot)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {slot, sizeof *slot};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(SOCKET, &m, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *c;
    int fd = -1;

    if (n <= 0)
        _exit(0);
    c = CMSG_FIRSTHDR(&m);
    if (n == (ssize_t)sizeof *slot && c != NULL && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

_Noreturn void
zygote_main(void)
{
    struct pollfd fds[2];
    sigset_t set;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "usher-zygote");
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* The engine's signals (Ctrl-C) are the engine's to handle. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    worker_prepare();
    fds[0] = (struct pollfd){.fd = SOCKET, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = signalfd(-1, &set, SFD_CLOEXEC),
                             .events = POLLIN};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if ((fds[1].revents & POLLIN) != 0) {
            struct signalfd_siginfo info;

            if (read(fds[1].fd, &info, sizeof info) > 0)
                reap();
        }
        if ((fds[0].revents & (POLLIN | POLLHUP)) != 0) {
            int32_t slot;
            int fd = take_order(&slot);

            if (fd >= 0)
                give_birth(slot, fd, fds[1].fd);
        }
    }
}
