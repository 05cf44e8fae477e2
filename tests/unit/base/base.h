/*
 * base: what the tests of base share: cmocka with its headers in order, and
 * checks of a buf's text and of a process's end.
 */
#ifndef UNIT_BASE_BASE_H
#define UNIT_BASE_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

/* The buf holds exactly this text; it is emptied. */
#define assert_text(b, text)                                                   \
    do {                                                                       \
        assert_string_equal(buf_str(b), (text));                               \
        assert_int_equal((b)->len, strlen(text));                              \
        buf_clear(b);                                                          \
    } while (0)

/* Run work in a child whose messages nobody sees; its exit status, or -1 when
 * a signal ended it. */
static inline int
status_of_child(void (*work)(void))
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(99);
        work();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A small generator with a fixed start: every run sees the same bytes. */
static inline uint32_t
next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
