/* The store: what done() was told is on disk (I1, F1, F3, F4, F24, F25, F28,
 * sec S33). */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

static char folder[64];

static int
make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/usher-store-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int
drop_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct store *
open_at(const char *name, struct err *e)
{
    static char path[128];
    struct store_options o = {.driver = "sqlite", .where = path};

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return store_open(&o, e);
}

struct put {
    const char *key;
    int calls;
    bool fails;
};

static int
run_put(struct db *d, void *arg, struct err *e)
{
    struct put *p = arg;

    p->calls++;
    if (p->fails)
        return err_set(e, ERR_INPUT, "asked to fail");
    return db_run(d,
                  "INSERT INTO tombstone (tenant, cust_hash) VALUES ('t', $1)",
                  DB_PARAMS(DB_T(p->key)), NULL, NULL, NULL, e);
}

static int
take_count(void *arg, const struct db_row *r, struct err *e)
{
    (void)e;
    *(int64_t *)arg = db_row_int(r, 0);
    return 0;
}

static int
run_count(struct db *d, void *arg, struct err *e)
{
    return db_run(d, "SELECT count(*) FROM tombstone WHERE tenant = 't'", NULL,
                  0, take_count, arg, NULL, e);
}

static int64_t
count_rows(struct store *s)
{
    struct err e = {0};
    int64_t n = -1;

    assert_int_equal(store_wait(s, run_count, &n, &e), 0);
    return n;
}

static void
test_kept(void **state)
{
    struct err e = {0};
    struct store *s = open_at("kept.db", &e);
    struct put p = {.key = "a"};

    (void)state;
    assert_non_null(s);
    assert_int_equal(store_wait(s, run_put, &p, &e), 0);
    store_close(s);
    s = open_at("kept.db", &e);
    assert_int_equal(count_rows(s), 1);
    store_close(s);
}

static int told, failed;

static void
on_done(void *arg, const struct err *e)
{
    (void)arg;
    told++;
    failed += e != NULL;
}

/* One that fails does not take the others of its batch along. */
static void
test_isolation(void **state)
{
    struct err e = {0};
    struct store *s = open_at("isolation.db", &e);
    struct put puts[20] = {0};
    char keys[20][16];

    (void)state;
    told = failed = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        puts[i].key = keys[i];
        puts[i].fails = i == 7;
        store_submit(s, run_put, on_done, &puts[i]);
    }
    for (int i = 0; i < 1000 && told < 20; i++) {
        usleep(1000);
        store_poll(s);
    }
    assert_int_equal(told, 20);
    assert_int_equal(failed, 1);
    assert_int_equal(count_rows(s), 19);
    store_close(s);
}

/* sec S33: the unique index decides, not the order of looking. */
static void
test_conflict(void **state)
{
    struct err e = {0};
    struct store *s = open_at("conflict.db", &e);
    struct put p = {.key = "same"};

    (void)state;
    assert_int_equal(store_wait(s, run_put, &p, &e), 0);
    assert_int_equal(store_wait(s, run_put, &p, &e), -1);
    assert_int_equal(e.class, ERR_CONFLICT);
    store_close(s);
}

/* Parameters are meant by number, wherever they stand in the text. */
static int
run_order(struct db *d, void *arg, struct err *e)
{
    struct put p = {.key = "order"};

    if (run_put(d, &p, e) != 0)
        return -1;
    return db_run(d,
                  "UPDATE tombstone SET until = $3 WHERE cust_hash = $2 AND"
                  " tenant = $1",
                  DB_PARAMS(DB_T("t"), DB_T("order"), DB_I(77)), NULL, NULL,
                  arg, e);
}

static void
test_parameters(void **state)
{
    struct err e = {0};
    struct store *s = open_at("order.db", &e);
    int64_t changed = 0;

    (void)state;
    assert_int_equal(store_wait(s, run_order, &changed, &e), 0);
    assert_int_equal(changed, 1);
    store_close(s);
}

/* F28: a second engine on the same file is refused, by its owner's number. */
static void
test_second(void **state)
{
    struct err e = {0};
    struct store *s = open_at("second.db", &e);
    int status;
    pid_t pid;

    (void)state;
    assert_non_null(s);
    pid = fork(); /* locks are per process */
    if (pid == 0) {
        struct err other = {0};
        bool refused = open_at("second.db", &other) == NULL &&
                       strstr(other.text, "in use") != NULL;

        _exit(refused ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    store_close(s);
}

/* F24, F25: a damaged file and a newer one are refused with a remedy. */
static void
test_unreadable(void **state)
{
    struct err e = {0};
    char path[128];
    struct store *s;
    struct buf junk = {0};
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s/junk.db", folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 9000; i++)
        buf_adds(&junk, "junk");
    assert_true(write(fd, junk.data, junk.len) > 0);
    close(fd);
    buf_free(&junk);
    assert_null(open_at("junk.db", &e));
    assert_non_null(strstr(e.text, "backup"));
    s = open_at("newer.db", &e);
    assert_non_null(s);
    store_close(s);
}

static int
run_newer(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "INSERT INTO schema_version (version, at) VALUES (99, 0)",
                  NULL, 0, NULL, NULL, NULL, e);
}

static void
test_newer(void **state)
{
    struct err e = {0};
    struct store *s = open_at("future.db", &e);

    (void)state;
    assert_int_equal(store_wait(s, run_newer, NULL, &e), 0);
    store_close(s);
    assert_null(open_at("future.db", &e));
    assert_non_null(strstr(e.text, "newer"));
}

struct acked {
    int fd, n;
};

static int
run_ack(struct db *d, void *arg, struct err *e)
{
    struct acked *a = arg;
    char key[16];

    snprintf(key, sizeof key, "%d", a->n);
    return db_run(d,
                  "INSERT INTO tombstone (tenant, cust_hash) VALUES ('t', $1)",
                  DB_PARAMS(DB_T(key)), NULL, NULL, NULL, e);
}

static void
write_forever(int fd, const char *name, int from)
{
    struct err e = {0};
    struct store *s = open_at(name, &e);

    if (s == NULL)
        _exit(2);
    for (int i = from;; i++) {
        struct acked a = {fd, i};

        if (store_wait(s, run_ack, &a, &e) != 0)
            _exit(3);
        if (write(fd, &i, sizeof i) != sizeof i)
            _exit(4);
    }
}

/* F1: killed at any moment, every acknowledged row is there. */
static void
test_kills(void **state)
{
    struct err e = {0};
    int next = 0, acked = 0;

    (void)state;
    srand(11);
    for (int round = 0; round < 15; round++) {
        int pair[2], n;
        pid_t pid;

        assert_int_equal(pipe(pair), 0);
        pid = fork();
        if (pid == 0) {
            close(pair[0]);
            write_forever(pair[1], "kills.db", next);
        }
        close(pair[1]);
        usleep((useconds_t)(20000 + rand() % 80000));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(pair[0], &n, sizeof n) == sizeof n) {
            acked++;
            next = n + 1;
        }
        close(pair[0]);
        next += 10; /* rows that were not acknowledged may be there too */
    }
    {
        struct store *s = open_at("kills.db", &e);

        assert_non_null(s);
        assert_true(acked > 20);
        assert_true(count_rows(s) >= acked);
        store_close(s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),       cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_conflict),   cmocka_unit_test(test_second),
        cmocka_unit_test(test_unreadable), cmocka_unit_test(test_newer),
        cmocka_unit_test(test_kills),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
