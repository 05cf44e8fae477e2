#include "flow/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static int
read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
    size_t before = out->len;

    for (;;) {
        char *to = buf_reserve(out, 16384);
        ssize_t n = read(fd, to, 16384);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, "%s", path);
        if (n == 0)
            return 0;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len - before > max)
            return err_set(e, ERR_INPUT, "%s: longer than %zu bytes", path,
                           max);
    }
}

int
file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0) {
        err_sys(e, "%s", path);
        if (e != NULL)
            e->class = ERR_INPUT;
        return -1;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_INPUT, "%s: not a regular file", path);
    }
    rc = read_all(fd, path, max, out, e);
    close(fd);
    return rc;
}

static int
write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

int
file_create(const char *path, const void *bytes, size_t n, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        bool there = errno == EEXIST;

        err_sys(e, "creating %s", path);
        if (there && e != NULL)
            e->class = ERR_CONFLICT;
        return -1;
    }
    if (write_all(fd, bytes, n) != 0 || fsync(fd) != 0) {
        err_sys(e, "writing %s", path);
        close(fd);
        unlink(path);
        return -1;
    }
    if (close(fd) != 0)
        return err_sys(e, "closing %s", path);
    return 0;
}
