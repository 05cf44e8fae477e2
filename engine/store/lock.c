#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"

/* Names by linux/magic.h, which lacks the second of SMB's two. */
#define MAGIC_NFS  0x6969U
#define MAGIC_SMB  0x517bU
#define MAGIC_CIFS 0xff534d42U
#define MAGIC_SMB2 0xfe534d42U
#define MAGIC_AFS  0x5346414fU
#define MAGIC_CEPH 0x00c36400U

static const char *
remedy_of(int code)
{
    static const struct {
        int code;
        const char *text;
    } remedies[] = {
        {ENOENT, "; make its folder first"},
        {ENOTDIR, "; its path leads through something that is no folder"},
        {EACCES, "; let the user that runs usher write in its folder"},
        {EPERM, "; let the user that runs usher write in its folder"},
        {EROFS, "; put the store on a disk that can be written"},
        {ENOSPC, "; the disk is full: free some space"},
        {EMFILE, "; raise the limit of open files"},
    };

    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == code)
            return remedies[i].text;
    return "";
}

static int
refuse_network(int fd, const char *where, struct err *e)
{
    static const unsigned magics[] = {MAGIC_NFS,  MAGIC_SMB, MAGIC_CIFS,
                                      MAGIC_SMB2, MAGIC_AFS, MAGIC_CEPH};
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return err_sys(e, "looking at the file system of %s", where);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if ((unsigned)fs.f_type == magics[i])
            return err_set(e, ERR_SYSTEM,
                           "%s is on a network file system, which cannot be "
                           "trusted to lock and to sync; put the store on a "
                           "local disk",
                           where);
    return 0;
}

static int
refuse_taken(int fd, const char *where, struct err *e)
{
    char owner[24] = "";
    ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
    long pid = n > 0 ? strtol(owner, NULL, 10) : 0;

    if (pid <= 0)
        return err_set(e, ERR_SYSTEM,
                       "%s is in use by another usher; stop that one first",
                       where);
    return err_set(e, ERR_SYSTEM,
                   "%s is in use by another usher (process %ld); stop that "
                   "one first",
                   where, pid);
}

static int
write_owner(int fd, struct err *e)
{
    char pid[24];
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n)
        return err_sys(e, "writing the store's lock");
    return 0;
}

static int
open_file(const char *where, struct err *e)
{
    struct err why;
    struct buf path = {0};
    int fd;

    buf_addf(&path, "%s.lock", where);
    fd = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_sys(&why, "the store %s cannot be opened", where);
        err_set(e, ERR_SYSTEM, "%s%s", why.text, remedy_of(why.sys));
    }
    buf_free(&path);
    return fd;
}

int
lock_take(const char *where, struct err *e)
{
    /* Of the open file, not of the process: a second store_open in the same
     * process is refused too, and closing some other descriptor of the file
     * does not silently drop the lock. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_file(where, e);

    if (fd < 0)
        return -1;
    if (refuse_network(fd, where, e) != 0)
        goto fail;
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno == EACCES || errno == EAGAIN)
            refuse_taken(fd, where, e);
        else
            err_sys(e,
                    "this file system cannot lock %s; put the store on a "
                    "local disk",
                    where);
        goto fail;
    }
    if (write_owner(fd, e) != 0)
        goto fail;
    return fd;
fail:
    close(fd);
    return -1;
}
