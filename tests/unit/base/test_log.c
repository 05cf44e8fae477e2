#include "unit/base/base.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

#define LINE_LIMIT 4096

static int pipe_ends[2];

static int64_t
frozen(void)
{
    return 1777886127123;
}

static int
setup(void **state)
{
    (void)state;
    clock_set_source(frozen);
    if (pipe(pipe_ends) != 0)
        return -1;
    log_open(pipe_ends[1], LOG_JSON, LOG_INFO);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    clock_set_source(NULL);
    log_open(2, LOG_JSON, LOG_INFO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}

/* What one call wrote (a pipe keeps it whole), NUL terminated. */
static const char *
written(void)
{
    static char text[LINE_LIMIT * 2];
    ssize_t n = read(pipe_ends[0], text, sizeof(text) - 1);

    assert_true(n > 0);
    text[n] = '\0';
    return text;
}

static void
json_lines(void **state)
{
    (void)state;
    log_info("ticket.created", LOG_STR("ticket", "T-1"), LOG_INT("ms", -5),
             LOG_STR("absent", NULL));
    assert_string_equal(
        written(), "{\"ts\":\"2026-05-04T09:15:27.123Z\",\"level\":\"info\","
                   "\"event\":\"ticket.created\",\"ticket\":\"T-1\","
                   "\"ms\":-5}\n");
    log_error("x", LOG_INT("n", INT64_MIN));
    assert_non_null(strstr(written(), "\"n\":-9223372036854775808}\n"));
}

static void
text_lines(void **state)
{
    (void)state;
    log_open(pipe_ends[1], LOG_TEXT, LOG_INFO);
    log_warn("delivery.retried", LOG_STR("delivery", "d-1"),
             LOG_INT("after_ms", 250), LOG_STR("why", "two \"words\"\n"),
             LOG_STR("empty", ""), LOG_STR("forged", "a level=error"));
    assert_string_equal(
        written(),
        "2026-05-04T09:15:27.123Z warn  delivery.retried delivery=d-1 "
        "after_ms=250 why=\"two \\\"words\\\"\\u000a\" empty=\"\" "
        "forged=\"a level=error\"\n");
}

static void
levels_are_kept(void **state)
{
    (void)state;
    log_debug("hidden", LOG_INT("n", 1));
    log_info("shown", LOG_INT("n", 2));
    assert_non_null(strstr(written(), "\"shown\""));
    log_open(pipe_ends[1], LOG_JSON, LOG_ERROR);
    assert_int_equal(log_level_now(), LOG_ERROR);
    log_warn("hidden", LOG_INT("n", 1));
    log_error("loud", LOG_INT("n", 2));
    assert_non_null(strstr(written(), "\"loud\""));
    log_open(pipe_ends[1], LOG_JSON, LOG_DEBUG);
    log_debug("whisper", LOG_INT("n", 1));
    assert_non_null(strstr(written(), "\"whisper\""));
}

static void
check_line(const char *line)
{
    size_t n = strlen(line);
    struct err e;
    json_t *value;

    assert_true(n > 0 && n <= LINE_LIMIT);
    assert_int_equal(line[n - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    for (size_t i = 0; i + 1 < n; i++)
        assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7F);
    value = json_read(line, n - 1, &e);
    if (value == NULL)
        fail_msg("%s: %s", e.text, line);
    json_decref(value);
}

/* One object per line whatever a value holds: no line, escape sequence or
 * field can be forged. */
static void
hostile_values_stay_values(void **state)
{
    uint64_t seed = 3;
    char text[64];

    (void)state;
    log_info("x", LOG_STR("k", "\"}\n{\"level\":\"error\""));
    check_line(written());
    log_info("x", LOG_STR("k", "\x1B[2J\xC2\x9B\x7F\xE2\x80\xA8\\"));
    assert_non_null(
        strstr(written(), "\"\\u001b[2J\\u009b\\u007f\\u2028\\\\\""));
    log_info("x", LOG_STR("k", "a\xFF\xC3"));
    assert_non_null(strstr(written(), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""));
    for (int round = 0; round < 20000; round++) {
        size_t n = next_random(&seed) % 60;

        for (size_t i = 0; i < n; i++)
            text[i] = (char)(1 + next_random(&seed) % 255);
        text[n] = '\0';
        log_info("x", LOG_STR("k", text));
        check_line(written());
    }
}

static void
long_lines_are_cut_and_whole(void **state)
{
    static char text[20000];

    (void)state;
    for (size_t n = 3900; n < 4200; n++) {
        for (size_t i = 0; i < n; i += 3)
            memcpy(text + i, n % 2 != 0 ? "\xE2\x82\xAC" : "\"\"\"", 3);
        text[n] = '\0';
        log_info("long", LOG_STR("text", text), LOG_INT("n", n),
                 LOG_STR("tail", "end"));
        check_line(written());
        log_info("long", LOG_STR("before", text + n / 2), LOG_STR(text, "v"),
                 LOG_STR("text", text + n / 4));
        check_line(written());
        log_info(text, LOG_STR("text", "x"));
        check_line(written());
    }
    log_open(pipe_ends[1], LOG_TEXT, LOG_INFO);
    memset(text, 'a', sizeof(text) - 1);
    log_info(text, LOG_STR("text", text), LOG_STR("more", text));
    assert_true(strlen(written()) <= LINE_LIMIT);
    log_info("x", LOG_STR("text", text), LOG_STR("more", "abc"));
    assert_true(strlen(written()) <= LINE_LIMIT);
}

static void
failures_have_class_and_text(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, ERR_REFUSED, "no such group");
    log_failure(LOG_ERROR, "delivery.failed", "delivery", "d-9", &e);
    assert_non_null(strstr(written(),
                           "\"event\":\"delivery.failed\",\"delivery\":\"d-9\","
                           "\"class\":\"refused\",\"error\":\"no such group\""
                           "}\n"));
    log_failure(LOG_ERROR, "x", NULL, NULL, &e);
    assert_non_null(strstr(written(), "\"event\":\"x\",\"class\":"));
    log_failure(LOG_ERROR, "x", "id", "1", NULL);
    assert_non_null(strstr(written(), "\"event\":\"x\",\"id\":\"1\"}\n"));
}

static void
errno_survives(void **state)
{
    (void)state;
    errno = EDOM;
    log_info("x", LOG_INT("n", 1));
    assert_int_equal(errno, EDOM);
    written();
    log_open(-1, LOG_JSON, LOG_INFO);
    errno = EDOM;
    log_info("lost", LOG_INT("n", 1));
    assert_int_equal(errno, EDOM);
}

static void *
write_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_info("thread.spoke", LOG_STR("who", arg),
                 LOG_STR("padding", "0123456789012345"));
    return NULL;
}

static void
lines_of_threads_do_not_mix(void **state)
{
    static char all[1 << 20];
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    FILE *file = tmpfile();
    size_t lines = 0;

    (void)state;
    assert_non_null(file);
    log_open(fileno(file), LOG_JSON, LOG_INFO);
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rewind(file);
    while (fgets(all, sizeof(all), file) != NULL) {
        check_line(all);
        lines++;
    }
    assert_int_equal(lines, 2000);
    fclose(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(text_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(levels_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_values_stay_values, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_cut_and_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(failures_have_class_and_text, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(errno_survives, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
