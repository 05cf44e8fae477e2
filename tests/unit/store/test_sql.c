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
#include "store/sql_draft.h"
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
                            .object = arg,
                            .detail = "as it was"};

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
run_alter_detail(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "UPDATE audit SET detail = NULL WHERE n = 1", NULL, 0,
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
    run_now(s, run_alter_detail, NULL);
    run_now(s, run_verify, &c);
    assert_int_equal(c.bad, 1);
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

/* --- which rules were in force --- */

struct scene {
    char last[80], begun[80];
    int last_count, begun_count, many_count;
    bool withdrawn;
    char list[400];
};

static void
find(struct db *d, const char *beginning, const char *but, char *out,
     int *count)
{
    struct buf hash = {0}, files = {0};
    struct err e = {0};

    if (sql_policy_find(d, beginning, but, &hash, &files, count, &e) != 0)
        fail_msg("%s", e.text);
    snprintf(out, 80, "%s %s", buf_str(&hash), buf_str(&files));
    buf_free(&hash);
    buf_free(&files);
}

static void
add_row(void *arg, const struct sql_policy *row)
{
    struct scene *s = arg;
    size_t n = strlen(s->list);

    snprintf(s->list + n, sizeof s->list - n, "%s@%lld%s ", row->hash,
             (long long)row->in_force_at, row->withdrawn_at > 0 ? "-" : "");
}

static int
run_history(struct db *d, void *arg, struct err *e)
{
    static const char *const hashes[] = {"aa11", "aa22", "bb33", "cc44"};
    struct scene *s = arg;
    char ignored[80];

    s->list[0] = '\0';
    for (int i = 0; i < 4; i++) {
        struct str files = {"[]", 2};

        /* The last one is kept and was never in force. */
        if (sql_policy_keep(d, hashes[i], files, 10 + i, e) != 0 ||
            (i < 3 && sql_policy_in_force(d, hashes[i], 100 + i, e) != 0))
            return -1;
    }
    /* What was only put aside for other rules comes back; what was found
     * wanting does not. */
    if (sql_policy_withdraw(d, "bb33", 200, e) != 0 ||
        sql_policy_disable(d, "bb33", 200, e) != 0 ||
        sql_policy_withdraw(d, "aa22", 200, e) != 0 ||
        sql_policy_in_force(d, "aa11", 300, e) != 0 ||
        sql_policy_withdrawn(d, "bb33", &s->withdrawn, e) != 0)
        return -1;
    find(d, "", "aa11", s->last, &s->last_count);
    find(d, "bb", "", s->begun, &s->begun_count);
    find(d, "aa", "", ignored, &s->many_count);
    return sql_policy_list(d, 10, add_row, s, e);
}

/* N2: back to the rules before, never to those that were taken back. */
static void
the_rules_before_come_back(void **state)
{
    struct store *store = open_new("history.db");
    struct scene s = {0};

    (void)state;
    run_now(store, run_history, &s);
    assert_true(s.withdrawn);
    assert_int_equal(s.last_count, 1);
    assert_string_equal(s.last, "aa22 []");
    assert_int_equal(s.begun_count, 1);
    assert_string_equal(s.begun, "bb33 []");
    assert_int_equal(s.many_count, 2);
    assert_string_equal(s.list, "aa11@300 bb33@102- aa22@101- ");
    store_close(store);
}

/* --- which rules could go --- */

static void
add_hash(void *arg, struct str hash)
{
    strncat(arg, hash.p, hash.len);
    strcat(arg, " ");
}

static int
run_spare(struct db *d, void *arg, struct err *e)
{
    struct sql_draft draft = {.hash = "h00", .state = "shadow"};
    char hash[16], *list = arg;

    list[0] = '\0';
    for (int i = 0; i < 6; i++) {
        snprintf(hash, sizeof hash, "h%02d", i);
        if (sql_policy_keep(d, hash, STR("[]"), 10 + i, e) != 0 ||
            (i < 5 && sql_policy_in_force(d, hash, 100 + i, e) != 0))
            return -1;
    }
    if (sql_draft_put(d, "t", &draft, e) != 0 ||
        sql_policy_in_force(d, "h01", 500, e) != 0)
        return -1;
    return sql_policy_spare(d, "t", 2, 400, add_hash, list, e);
}

/* Neither the last two in force, nor the draft, nor what came later. */
static void
only_what_nobody_needs_could_go(void **state)
{
    struct store *s = open_new("spare.db");
    char list[100];

    (void)state;
    run_now(s, run_spare, list);
    assert_string_equal(list, "h02 h03 h05 ");
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_altered_row_is_found),
        cmocka_unit_test(a_missing_row_is_found),
        cmocka_unit_test(rules_stay_as_they_were),
        cmocka_unit_test(the_rules_before_come_back),
        cmocka_unit_test(only_what_nobody_needs_could_go),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
