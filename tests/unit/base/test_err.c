#include "unit/base/base.h"

#include <errno.h>

#include "base/err.h"
#include "base/str.h"

static void
set_keeps_class_text_and_errno(void **state)
{
    struct err e;

    (void)state;
    errno = ENOENT;
    assert_int_equal(err_set(&e, ERR_RETRY, "try %d", 7), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(e.class, ERR_RETRY);
    assert_int_equal(e.sys, 0);
    assert_string_equal(e.text, "try 7");
}

static void
system_errors_say_why(void **state)
{
    struct err e;

    (void)state;
    errno = EACCES;
    assert_int_equal(err_sys(&e, "open %s", "x"), -1);
    assert_int_equal(e.class, ERR_SYSTEM);
    assert_int_equal(e.sys, EACCES);
    assert_int_equal(errno, EACCES);
    assert_string_equal(e.text, "open x: Permission denied");
}

static void
context_goes_in_front(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, ERR_INPUT, "bad");
    assert_int_equal(err_wrap(&e, "line %d", 3), -1);
    assert_int_equal(err_wrap(&e, "file"), -1);
    assert_string_equal(e.text, "file: line 3: bad");
    assert_int_equal(e.class, ERR_INPUT);
    err_clear(&e);
    assert_int_equal(e.class, ERR_NONE);
    err_wrap(&e, "alone");
    assert_string_equal(e.text, "alone");
}

static void
own_text_may_be_an_argument(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, ERR_INPUT, "inner");
    err_set(&e, ERR_REFUSED, "outer (%s)", e.text);
    assert_string_equal(e.text, "outer (inner)");
}

/* Cut at the border of a character, wherever it falls. */
static void
long_texts_are_cut_whole(void **state)
{
    struct err e;
    char text[2000];

    (void)state;
    for (size_t before = 470; before < 485; before++) {
        memset(text, 'a', before);
        for (size_t i = before; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 5);
        err_set(&e, ERR_INPUT, "%s", text);
        assert_true(utf8_valid(e.text, strlen(e.text)));
        assert_true(strlen(e.text) >= ERR_TEXT_MAX - 6);
        err_set(&e, ERR_INPUT, "tail");
        err_wrap(&e, "%s", text);
        assert_true(utf8_valid(e.text, strlen(e.text)));
        err_set(&e, ERR_INPUT, "%s", text + before);
        err_wrap(&e, "%.*s", (int)(before - 469), "123456789012345678");
        assert_true(utf8_valid(e.text, strlen(e.text)));
        errno = ENOENT;
        err_sys(&e, "%s", text);
        assert_true(utf8_valid(e.text, strlen(e.text)));
    }
}

static void
no_error_wanted(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_INPUT, "x"), -1);
    assert_int_equal(err_sys(NULL, "x"), -1);
    assert_int_equal(err_wrap(NULL, "x"), -1);
    err_clear(NULL);
}

static void
classes_have_names(void **state)
{
    (void)state;
    assert_string_equal(err_class_name(ERR_NONE), "none");
    assert_string_equal(err_class_name(ERR_INPUT), "input");
    assert_string_equal(err_class_name(ERR_RETRY), "retry");
    assert_string_equal(err_class_name(ERR_REFUSED), "refused");
    assert_string_equal(err_class_name(ERR_CONFLICT), "conflict");
    assert_string_equal(err_class_name(ERR_SCRIPT), "script");
    assert_string_equal(err_class_name(ERR_SYSTEM), "system");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_keeps_class_text_and_errno),
        cmocka_unit_test(system_errors_say_why),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(own_text_may_be_an_argument),
        cmocka_unit_test(long_texts_are_cut_whole),
        cmocka_unit_test(no_error_wanted),
        cmocka_unit_test(classes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
