#include "script/pool_zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int
zygote_start(const char *program, pid_t *pid, struct err *e)
{
    char *argv[] = {(char *)(uintptr_t) "usher", (char *)(uintptr_t) "--zygote",
                    NULL};
    char *none[] = {NULL};
    posix_spawn_file_actions_t actions;
    int pair[2], rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_sys(e, "socketpair");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    rc = posix_spawn(pid, program != NULL ? program : "/proc/self/exe",
                     &actions, NULL, argv, none);
    posix_spawn_file_actions_destroy(&actions);
    close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        errno = rc;
        return err_sys(e, "starting the script workers");
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return pair[0];
}

int
zygote_order(int zygote, int slot, int fd)
{
    int32_t number = slot;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {&number, sizeof number};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(zygote, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
