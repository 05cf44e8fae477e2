/* What is kept beside the conversations: who did what (a chain that shows
 * what was altered) and the rules that decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/db.h"
#include "store/sql_audit.h"
#include "store/sql_policy.h"
#include "store/store.h"

#include "folder.h"

struct checked {
    int64_t bad, count;
};

static int
run_add(struct db *d, void *arg, struct err *e)
{
    struct sql_audit row = {.tenant = "t",
                            .at_ms = 1000,
                            .actor = "operator",
                            .verb = "retry",
                            .object = arg};

    return sql_audit_add(d, &row, e);
}

static int
run_verify(struct db *d, void *arg, struct err *e)
{
    struct checked *c = arg;

    return sql_audit_verify(d, "t", &c->bad, &c->count, e);
}

static int
run_alter(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "UPDATE audit SET actor = 'nobody' WHERE n = 2", NULL, 0,
                  NULL, NULL, NULL, e);
}

static int
run_take_out(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "DELETE FROM audit WHERE n = 2", NULL, 0, NULL, NULL, NULL,
                  e);
}

static struct store *
open_new(const char *name)
{
    struct store_options o = {.where = in_folder(name)};
    struct err e = {0};
    struct store *s = store_open(&o, &e);

    if (s == NULL)
        fail_msg("%s", e.text);
    return s;
}

static void
run_now(struct store *s, store_run_fn *run, void *arg)
{
    struct err e = {0};

    if (store_wait(s, run, arg, &e) != 0)
        fail_msg("%s", e.text);
}

static struct store *
with_three_rows(const char *name)
{
    struct store *s = open_new(name);
    char one[] = "delivery/1", two[] = "delivery/2", three[] = "delivery/3";
    struct checked c;

    run_now(s, run_add, one);
    run_now(s, run_add, two);
    run_now(s, run_add, three);
    run_now(s, run_verify, &c);
    assert_int_equal(c.bad, 0);
    assert_int_equal(c.count, 3);
    return s;
}

static void
an_altered_row_is_found(void **state)
{
    struct store *s = with_three_rows("altered.db");
    struct checked c;

    (void)state;
    run_now(s, run_alter, NULL);
    run_now(s, run_verify, &c);
    assert_int_equal(c.bad, 2);
    store_close(s);
}

static void
a_missing_row_is_found(void **state)
{
    struct store *s = with_three_rows("missing.db");
    struct checked c;

    (void)state;
    run_now(s, run_take_out, NULL);
    run_now(s, run_verify, &c);
    assert_int_equal(c.bad, 2);
    store_close(s);
}

struct policy_row {
    struct buf files;
    bool found;
};

static int
run_keep_and_load(struct db *d, void *arg, struct err *e)
{
    struct policy_row *p = arg;

    if (sql_policy_keep(d, "abc", STR("{\"a\":1}"), 5, e) != 0 ||
        sql_policy_keep(d, "abc", STR("{\"b\":2}"), 6, e) != 0)
        return -1;
    buf_clear(&p->files);
    return sql_policy_load(d, "abc", &p->files, &p->found, e);
}

static int
run_load_unknown(struct db *d, void *arg, struct err *e)
{
    struct policy_row *p = arg;

    return sql_policy_load(d, "xyz", &p->files, &p->found, e);
}

static void
rules_stay_as_they_were(void **state)
{
    struct store *s = open_new("policy.db");
    struct policy_row p = {0};

    (void)state;
    run_now(s, run_keep_and_load, &p);
    assert_true(p.found);
    assert_string_equal(buf_str(&p.files), "{\"a\":1}");
    run_now(s, run_load_unknown, &p);
    assert_false(p.found);
    buf_free(&p.files);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_altered_row_is_found),
        cmocka_unit_test(a_missing_row_is_found),
        cmocka_unit_test(rules_stay_as_they_were),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
