#include "script/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* What a Lua state, malloc and a socket need, and nothing else. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(exit_group),
    SCMP_SYS(exit),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(setitimer),
    SCMP_SYS(futex),
    SCMP_SYS(madvise),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(restart_syscall),
#ifdef USHER_SANITIZED
    /* What the sanitizers' runtimes do besides. */
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrusage),
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(close),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(prctl),
    SCMP_SYS(getrandom),
    SCMP_SYS(clone),
    SCMP_SYS(wait4),
    SCMP_SYS(tgkill),
    SCMP_SYS(lseek),
    SCMP_SYS(ioctl),
    SCMP_SYS(prlimit64),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(dup),
#endif
};

static int
add_rules(scmp_filter_ctx filter)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof allowed / sizeof *allowed && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
        if (rc == -EDOM || rc == -EEXIST) /* not on this architecture */
            rc = 0;
    }
#ifndef USHER_SANITIZED
    /* Memory yes, but neither executable nor a file's. */
    if (rc == 0)
        rc = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS),
            SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0xffffffffu));
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
#endif
    return rc;
}

int
seccomp_confine(struct err *e)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc;

    if (filter == NULL)
        return err_set(e, ERR_SYSTEM, "seccomp: out of memory");
    rc = add_rules(filter);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc != 0) {
        errno = -rc;
        return err_sys(e, "seccomp: this kernel takes no filter");
    }
    return 0;
}
