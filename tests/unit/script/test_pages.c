/*
 * test_pages: memory is put back as it was, and only what was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script/pages.h"

#define COUNT 20

static char *
map_pages(void)
{
    char *p = mmap(NULL, COUNT * PAGES_SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(p != MAP_FAILED);
    for (size_t i = 0; i < COUNT; i++)
        memset(p + i * PAGES_SIZE, (int)('a' + i), PAGES_SIZE);
    return p;
}

static void
assert_as_it_was(const char *p)
{
    for (size_t i = 0; i < COUNT * PAGES_SIZE; i++)
        if (p[i] != (char)('a' + i / PAGES_SIZE))
            fail_msg("byte %zu is '%c'", i, p[i]);
}

/* A stretch that is kept as it is, and its end: it is free again. */
static char *
keep_pages(struct pages *pages, bool watched)
{
    char *p = map_pages();

    if (watched)
        assert_true(pages_watch());
    pages_keep(pages, p, COUNT * PAGES_SIZE, watched);
    return p;
}

static void
free_pages(struct pages *pages, char *p)
{
    pages_free(pages);
    memset(p, 'z', COUNT * PAGES_SIZE);
    munmap(p, COUNT * PAGES_SIZE);
}

/* Three pages of it, and the last byte of one. */
static void
use(char *p)
{
    p[0]++;
    memset(p + 7 * PAGES_SIZE + 100, 'x', PAGES_SIZE);
    p[12 * PAGES_SIZE - 1] = 'y';
}

static void
what_was_written_is_put_back(void **state)
{
    struct pages pages;

    (void)state;
    for (int watched = 0; watched < 2; watched++) {
        char *p = keep_pages(&pages, watched != 0);

        for (int i = 0; i < 5; i++) {
            pages_restore(&pages);
            assert_as_it_was(p);
            use(p);
            assert_int_equal(p[0], 'b');
        }
        assert_int_equal(pages.written_count, watched ? 4 : COUNT);
        pages_restore(&pages);
        assert_as_it_was(p);
        free_pages(&pages, p);
    }
}

/* As it was at the mark, whatever was written before and behind it; and as it
 * was in the beginning again. */
static void
what_was_marked_is_put_back(void **state)
{
    struct pages pages;

    (void)state;
    for (int watched = 0; watched < 2; watched++) {
        char *p = keep_pages(&pages, watched != 0);

        for (int round = 0; round < 3; round++) {
            pages_restore(&pages);
            p[0] = (char)('0' + round);
            p[(size_t)(round + 1) * PAGES_SIZE] = 'm';
            pages_mark(&pages);
            for (int i = 0; i < 3; i++) {
                pages_restore_mark(&pages);
                assert_int_equal(p[0], '0' + round);
                p[0] = 'b';
                assert_int_equal(p[(size_t)(round + 1) * PAGES_SIZE], 'm');
                assert_int_equal(p[15 * PAGES_SIZE], 'a' + 15);
                use(p + 8 * PAGES_SIZE);
            }
            pages_restore(&pages);
            assert_as_it_was(p);
        }
        free_pages(&pages, p);
    }
}

/* Each is put back when it is its turn. */
static void
stretches_take_turns(void **state)
{
    struct pages pages[2];
    char *p[2] = {map_pages(), map_pages()};

    (void)state;
    assert_true(pages_watch());
    for (int i = 0; i < 2; i++)
        pages_keep(&pages[i], p[i], COUNT * PAGES_SIZE, true);
    for (int i = 0; i < 6; i++) {
        pages_restore(&pages[i % 2]);
        assert_as_it_was(p[i % 2]);
        memset(p[i % 2] + (size_t)i * PAGES_SIZE, 'x', PAGES_SIZE);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pages[i].written_count, 3);
        pages_free(&pages[i]);
        munmap(p[i], COUNT * PAGES_SIZE);
    }
}

/* One use that wrote everywhere is not what all others pay for. */
static void
pages_are_learned_anew(void **state)
{
    struct pages pages;
    char *p = map_pages();

    (void)state;
    assert_true(pages_watch());
    pages_keep(&pages, p, COUNT * PAGES_SIZE, true);
    pages_restore(&pages);
    memset(p, 'x', COUNT * PAGES_SIZE);
    assert_int_equal(pages.written_count, COUNT);
    for (int i = 0; i < 1500; i++) {
        pages_restore(&pages);
        use(p);
    }
    assert_int_equal(pages.written_count, 4);
    pages_restore(&pages);
    assert_as_it_was(p);
    pages_free(&pages);
    munmap(p, COUNT * PAGES_SIZE);
}

static void
touch(char *p)
{
    *(volatile char *)p = 1;
}

/* The process ends, as it does where nothing is watched. */
static void
other_faults_end_the_process(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            struct pages pages;
            char *p = map_pages();

            pages_watch();
            pages_keep(&pages, p, COUNT * PAGES_SIZE, true);
            if (what > 0)
                pages_restore(&pages);
            if (what == 2) { /* it can be written already */
                touch(p);
                mprotect(p, PAGES_SIZE, PROT_NONE);
            }
            touch(what == 1 ? (char *)16 : p);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_put_back),
        cmocka_unit_test(what_was_marked_is_put_back),
        cmocka_unit_test(stretches_take_turns),
        cmocka_unit_test(pages_are_learned_anew),
        cmocka_unit_test(other_faults_end_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
