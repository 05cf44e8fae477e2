/* What the team is told that is no hand-over: who is told, what the row
 * carries, and that of one key it is told once. N6 N11 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/announce.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/rows.h"
#include "store/db.h"
#include "store/store.h"

#include "../store/folder.h"

#define NOW 1767261600000LL

struct team {
    struct engine engine;
    struct config_part parts[3];
    struct adapter members[3], *list[4];
    struct arena *arena;
};

static void
gather(struct team *t, bool pager_only)
{
    static const char *const names[3] = {"pager", "ops", "mail"};
    size_t n = pager_only ? 1 : 3;

    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < n; i++) {
        t->parts[i].name = names[i];
        t->members[i].part = &t->parts[i];
        t->list[i] = &t->members[i];
    }
    t->parts[0].on_request = true;
    t->engine.notifiers = t->list;
    t->arena = arena_new(0);
}

static struct row_delivery *
tell(struct team *t, const char *key, const char *priority)
{
    json_t *notice = json_pack("{s:s, s:{s:i}}", "subject", "It is so",
                               "details", "count", 3);
    struct announcement what = {
        .type = "usher.some.thing", .key = key, .notice = notice};
    struct row_delivery *rows;

    if (priority != NULL)
        json_object_set_new(notice, "priority", json_string(priority));
    rows = announce_rows(&t->engine, t->arena, &what, NOW);
    json_decref(notice);
    return rows;
}

static void
all_are_told_but_those_on_request(void **state)
{
    struct row_delivery *x;
    struct team t;

    (void)state;
    gather(&t, false);
    x = tell(&t, "k", NULL);
    assert_string_equal(x->dest, "notifier:ops");
    assert_string_equal(x->dkey, "usher.some.thing/k/ops");
    assert_string_equal(x->hid, "");
    assert_string_equal(x->conv, "");
    assert_int_equal(x->created_at, NOW);
    assert_string_equal(x->next->dest, "notifier:mail");
    assert_string_not_equal(x->next->did, x->did);
    assert_null(x->next->next);
    assert_true(tell(&t, "k", "urgent")->priority < x->priority);
    arena_free(t.arena);
}

static void
where_all_are_on_request_each_is_told(void **state)
{
    struct row_delivery *x;
    struct team t;

    (void)state;
    gather(&t, true);
    x = tell(&t, "k", NULL);
    assert_string_equal(x->dest, "notifier:pager");
    assert_null(x->next);
    t.list[0] = NULL;
    assert_null(tell(&t, "k", NULL));
    arena_free(t.arena);
}

static void
the_row_carries_all_of_it(void **state)
{
    struct buf packed = {0}, text = {0};
    const struct value *seen;
    json_t *payload, *other;
    struct row_delivery *x;
    struct team t;

    (void)state;
    gather(&t, false);
    x = tell(&t, "k", NULL);
    payload = json_read(x->payload, strlen(x->payload), NULL);
    assert_non_null(announce_of(payload));
    announce_pack(announce_of(payload), x->did, &packed);
    seen = value_read(t.arena, packed.data, packed.len, 100, NULL);
    assert_non_null(seen);
    value_to_json(&text, seen);
    buf_addc(&text, '\0');
    assert_non_null(strstr(text.data, "\"type\":\"usher.some.thing\""));
    assert_non_null(strstr(text.data, "\"subject\":\"It is so\""));
    assert_non_null(strstr(text.data, "\"details\":{\"count\":3}"));
    assert_non_null(strstr(text.data, x->did));
    json_decref(payload);
    other = json_read("{\"decision\":1}", 14, NULL);
    assert_null(announce_of(other));
    json_decref(other);
    buf_free(&packed);
    buf_free(&text);
    arena_free(t.arena);
}

struct writing {
    struct row_delivery *rows;
    int64_t count;
};

static int
take_count(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    ((struct writing *)arg)->count = db_row_int(r, 0);
    return 0;
}

static int
run_write(struct db *d, void *arg, struct err *e)
{
    struct writing *w = arg;

    if (announce_write(d, "t", w->rows, e) != 0)
        return -1;
    return db_run(d, "SELECT count(*) FROM delivery WHERE tenant = 't'", NULL,
                  0, take_count, w, NULL, e);
}

static void
of_one_key_it_is_told_once(void **state)
{
    struct store_options o = {.driver = "sqlite", .where = in_folder("a.db")};
    struct err e = {0};
    struct store *s = store_open(&o, &e);
    struct writing w = {0};
    struct team t;

    (void)state;
    assert_non_null(s);
    gather(&t, false);
    w.rows = tell(&t, "k", NULL);
    assert_int_equal(store_wait(s, run_write, &w, &e), 0);
    assert_int_equal(w.count, 2);
    assert_false(w.rows->there);
    w.rows = tell(&t, "k", NULL);
    assert_int_equal(store_wait(s, run_write, &w, &e), 0);
    assert_int_equal(w.count, 2);
    assert_true(w.rows->there && w.rows->next->there);
    w.rows = tell(&t, "another", NULL);
    assert_int_equal(store_wait(s, run_write, &w, &e), 0);
    assert_int_equal(w.count, 4);
    assert_false(w.rows->there);
    store_close(s);
    arena_free(t.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_told_but_those_on_request),
        cmocka_unit_test(where_all_are_on_request_each_is_told),
        cmocka_unit_test(the_row_carries_all_of_it),
        cmocka_unit_test(of_one_key_it_is_told_once),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
