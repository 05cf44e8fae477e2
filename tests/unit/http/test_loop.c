#include "unit/http/raw.h"

#include <signal.h>

#include "base/clock.h"

struct trace {
    struct loop *loop;
    char text[64];
    size_t n;
    struct loop_timer *other;
    struct loop_watch *watch;
    int fd;
    int64_t at;
};

static void
add(struct trace *t, char c)
{
    if (t->n < sizeof(t->text) - 1)
        t->text[t->n++] = c;
}

static void
on_a(void *arg)
{
    add(arg, 'a');
}

static void
on_b(void *arg)
{
    add(arg, 'b');
}

static void
on_stop(void *arg)
{
    struct trace *t = arg;
    add(t, '.');
    loop_stop(t->loop);
}

static int
setup(void **state)
{
    struct trace *t = mem_zero(sizeof(*t));
    t->loop = loop_new(NULL);
    *state = t;
    return t->loop == NULL;
}

static int
teardown(void **state)
{
    struct trace *t = *state;
    loop_free(t->loop);
    free(t);
    return 0;
}

static void
timers_fire_once_and_in_order(void **state)
{
    struct trace *t = *state;
    loop_after(t->loop, 20, on_b, t);
    loop_after(t->loop, 1, on_a, t);
    loop_after(t->loop, 60, on_stop, t);
    assert_int_equal(loop_run(t->loop), 0);
    assert_string_equal(t->text, "ab.");
}

static void
note_time(void *arg)
{
    struct trace *t = arg;
    t->at = clock_mono_ms();
    loop_stop(t->loop);
}

static void
dawdle_then_set(void *arg)
{
    struct trace *t = arg;
    /* The loop's own clock was read before this: it must not count. */
    usleep(60000);
    t->at = 0;
    loop_after(t->loop, 30, note_time, t);
}

/* F17: a timer may be late, never early. */
static void
timer_is_not_early_behind_a_slow_callback(void **state)
{
    struct trace *t = *state;
    loop_after(t->loop, 0, dawdle_then_set, t);
    int64_t before = clock_mono_ms();
    loop_run(t->loop);
    assert_true(t->at - before >= 90);
}

static void
cancelled_timer_never_runs(void **state)
{
    struct trace *t = *state;
    loop_cancel(loop_after(t->loop, 0, on_a, t));
    loop_cancel(NULL);
    loop_after(t->loop, 10, on_stop, t);
    loop_run(t->loop);
    assert_string_equal(t->text, ".");
}

static void
cancel_other(void *arg)
{
    struct trace *t = arg;
    add(t, 'c');
    loop_cancel(t->other);
}

/* Both are due in the same pass: the second is queued already when the first
 * one cancels it. */
static void
cancel_reaches_a_timer_that_is_due(void **state)
{
    struct trace *t = *state;
    loop_after(t->loop, 5, cancel_other, t);
    t->other = loop_after(t->loop, 5, on_a, t);
    usleep(20000);
    loop_after(t->loop, 30, on_stop, t);
    loop_run(t->loop);
    assert_string_equal(t->text, "c.");
}

static void
chain(void *arg)
{
    struct trace *t = arg;
    add(t, 'x');
    if (t->n < 5)
        loop_after(t->loop, 0, chain, t);
    else
        loop_stop(t->loop);
    add(t, '-'); /* before the next x: not called from inside loop_after */
}

static void
zero_means_the_next_pass(void **state)
{
    struct trace *t = *state;
    loop_after(t->loop, 0, chain, t);
    loop_run(t->loop);
    assert_string_equal(t->text, "x-x-x-");
}

static void
on_pipe(void *arg)
{
    struct trace *t = arg;
    char byte;
    assert_int_equal(read(t->fd, &byte, 1), 1);
    add(t, byte);
    if (byte == 'z') {
        loop_unwatch(t->watch);
        loop_stop(t->loop);
    }
}

static void
watch_runs_until_unwatched(void **state)
{
    struct trace *t = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "xyzw", 4), 4);
    t->fd = ends[0];
    t->watch = loop_watch(t->loop, ends[0], on_pipe, t);
    loop_run(t->loop);
    loop_after(t->loop, 20, on_stop, t);
    loop_run(t->loop);
    assert_string_equal(t->text, "xyz.");
    close(ends[0]);
    close(ends[1]);
}

static void
on_signal(void *arg, int signal)
{
    struct trace *t = arg;
    assert_int_equal(signal, SIGHUP);
    add(t, 'h');
    if (t->n == 2)
        loop_stop(t->loop);
    else
        raise(SIGHUP);
}

static void
signals_run_on_the_loop(void **state)
{
    struct trace *t = *state;
    struct err e = {0};
    assert_int_equal(loop_on_signal(t->loop, SIGHUP, on_signal, t, &e), 0);
    raise(SIGHUP);
    assert_int_equal(t->n, 0); /* not inside raise */
    loop_run(t->loop);
    assert_string_equal(t->text, "hh");
}

static void
free_later(void *p)
{
    add(p, 'f');
}

static void
defer_in_callback(void *arg)
{
    struct trace *t = arg;
    loop_at_end(t->loop, free_later, t);
    add(t, 'd');
}

static void
deferred_free_waits_for_the_end_of_the_pass(void **state)
{
    struct trace *t = *state;
    /* Due together, so one pass: d, then a, and only then the free. */
    loop_after(t->loop, 5, defer_in_callback, t);
    loop_after(t->loop, 5, on_a, t);
    loop_after(t->loop, 40, on_stop, t);
    usleep(15000);
    loop_run(t->loop);
    assert_string_equal(t->text, "daf.");
}

struct poster {
    struct trace *trace;
    int count;
};

static void
on_posted(void *arg)
{
    struct poster *p = arg;
    if (++p->count == 2000)
        loop_stop(p->trace->loop);
}

static void *
post_many(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < 1000; i++)
        loop_post_thread(p->trace->loop, on_posted, p);
    return NULL;
}

static void
threads_post_and_nothing_is_lost(void **state)
{
    struct poster p = {.trace = *state};
    pthread_t one, two;
    pthread_create(&one, NULL, post_many, &p);
    pthread_create(&two, NULL, post_many, &p);
    loop_run(p.trace->loop);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    assert_int_equal(p.count, 2000);
}

/* What is still posted, deferred or set when the loop goes is not leaked (the
 * sanitizer looks) and posted work is done. */
static void
free_finishes_what_is_left(void **state)
{
    struct trace *t = *state;
    struct loop *l = loop_new(NULL);
    loop_post_thread(l, on_a, t);
    loop_at_end(l, on_b, t);
    loop_after(l, 1000000, on_stop, t);
    loop_free(l);
    loop_free(NULL);
    assert_string_equal(t->text, "ab");
}

static void
a_write_to_nobody_does_not_kill(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_fire_once_and_in_order),
        TEST(timer_is_not_early_behind_a_slow_callback),
        TEST(cancelled_timer_never_runs),
        TEST(cancel_reaches_a_timer_that_is_due),
        TEST(zero_means_the_next_pass),
        TEST(watch_runs_until_unwatched),
        TEST(signals_run_on_the_loop),
        TEST(deferred_free_waits_for_the_end_of_the_pass),
        TEST(threads_post_and_nothing_is_lost),
        TEST(free_finishes_what_is_left),
        TEST(a_write_to_nobody_does_not_kill),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
