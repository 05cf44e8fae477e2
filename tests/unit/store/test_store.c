/* The store: what done() was told is on disk (I1, F1, F3, F4, F24, F25, F28,
 * D7, sec S33). */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/store.h"

#include "fault_vfs.h"
#include "folder.h"

static int deaths;

static void
on_fatal(void *arg, const struct err *e)
{
    (void)arg;
    assert_int_not_equal(e->class, ERR_NONE);
    deaths++;
}

static struct store *
open_batch(const char *name, unsigned batch_max, struct err *e)
{
    struct store_options o = {.driver = "sqlite",
                              .where = in_folder(name),
                              .batch_max = batch_max,
                              .fatal = on_fatal};

    return store_open(&o, e);
}

static struct store *
open_at(const char *name)
{
    struct err e = {0};
    struct store *s = open_batch(name, 0, &e);

    if (s == NULL)
        print_error("%s\n", e.text);
    assert_non_null(s);
    return s;
}

/* --- jobs --- */

struct put {
    char key[16];
    int calls;
    bool fails, mute;
    int told, order;
    enum err_class class; /* what done was told */
};

static int told_count;

static int
run_put(struct db *d, void *arg, struct err *e)
{
    struct put *p = arg;

    p->calls++;
    if (p->mute)
        return -1;
    if (db_run(d, "INSERT INTO tombstone (tenant, cust_hash) VALUES ('t', $1)",
               DB_PARAMS(DB_T(p->key)), NULL, NULL, NULL, e) != 0)
        return -1;
    return p->fails ? err_set(e, ERR_INPUT, "asked to fail") : 0;
}

static void
on_put(void *arg, const struct err *e)
{
    struct put *p = arg;

    p->told++;
    p->order = ++told_count;
    p->class = e != NULL ? e->class : ERR_NONE;
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

struct look {
    const char *key;
    int64_t found;
};

static int
run_look(struct db *d, void *arg, struct err *e)
{
    struct look *l = arg;

    return db_run(d,
                  "SELECT count(*) FROM tombstone WHERE tenant = 't' AND"
                  " cust_hash = $1",
                  DB_PARAMS(DB_T(l->key)), take_count, &l->found, NULL, e);
}

static bool
is_kept(struct store *s, const char *key)
{
    struct look l = {key, 0};
    struct err e = {0};

    assert_int_equal(store_wait(s, run_look, &l, &e), 0);
    return l.found == 1;
}

/* Poll until told_count is there; a hang ends the test. */
static void
poll_until(struct store *s, int count)
{
    struct pollfd fd = {.fd = store_fd(s), .events = POLLIN};

    for (int i = 0; i < 1000 && told_count < count && deaths == 0; i++) {
        poll(&fd, 1, 20);
        store_poll(s);
    }
}

static void
submit_puts(struct store *s, struct put *puts, int count)
{
    told_count = 0;
    for (int i = 0; i < count; i++) {
        if (puts[i].key[0] == '\0')
            snprintf(puts[i].key, sizeof puts[i].key, "k%d", i);
        store_submit(s, run_put, on_put, &puts[i]);
    }
}

/* A job that holds the writer until it is let go, so that what is submitted
 * meanwhile is one batch. */
struct gate {
    pthread_mutex_t lock;
    bool entered;
};

static int
run_gate(struct db *d, void *arg, struct err *e)
{
    struct gate *g = arg;

    (void)d, (void)e;
    __atomic_store_n(&g->entered, true, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&g->lock);
    pthread_mutex_unlock(&g->lock);
    return 0;
}

static void
on_gate(void *arg, const struct err *e)
{
    (void)arg;
    assert_null(e);
}

static struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
close_gate(struct store *s)
{
    gate.entered = false;
    pthread_mutex_lock(&gate.lock);
    store_submit(s, run_gate, on_gate, &gate);
    while (!__atomic_load_n(&gate.entered, __ATOMIC_SEQ_CST))
        usleep(100);
}

static void
open_gate(void)
{
    pthread_mutex_unlock(&gate.lock);
}

/* --- what done means --- */

static void
test_kept(void **state)
{
    struct err e = {0};
    struct store *s = open_at("kept.db");
    struct put p = {.key = "a"};

    (void)state;
    assert_int_equal(store_wait(s, run_put, &p, &e), 0);
    store_close(s);
    s = open_at("kept.db");
    assert_int_equal(count_rows(s), 1);
    store_close(s);
}

/* One transaction for what was queued, told in the order of submission. */
static void
test_group(void **state)
{
    struct store *s = open_at("group.db");
    struct store_stats before, after;
    struct put puts[100] = {0};

    (void)state;
    close_gate(s);
    store_stats(s, &before);
    submit_puts(s, puts, 100);
    assert_int_equal(told_count, 0);
    open_gate();
    poll_until(s, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(puts[i].told, 1);
        assert_int_equal(puts[i].order, i + 1);
        assert_int_equal(puts[i].calls, 1);
        assert_int_equal(puts[i].class, ERR_NONE);
    }
    store_stats(s, &after);
    assert_int_equal(after.batches - before.batches, 2); /* the gate's own */
    assert_int_equal(after.failures, 0);
    assert_int_equal(count_rows(s), 100);
    store_close(s);
}

/* batch_max bounds a transaction; the order stays. */
static void
test_batch_max(void **state)
{
    struct err e = {0};
    struct store *s = open_batch("max.db", 8, &e);
    struct store_stats before, after;
    struct put puts[20] = {0};

    (void)state;
    close_gate(s);
    store_stats(s, &before);
    submit_puts(s, puts, 20);
    open_gate();
    poll_until(s, 20);
    store_stats(s, &after);
    assert_int_equal(after.batches - before.batches, 4); /* 1, 8, 8, 4 */
    for (int i = 0; i < 20; i++)
        assert_int_equal(puts[i].order, i + 1);
    store_close(s);
}

/* Those that fail do not take the others of their batch along, wherever they
 * stand in it. */
static void
test_isolation(void **state)
{
    struct store *s = open_at("isolation.db");
    struct put puts[40] = {0};
    struct store_stats stats;

    (void)state;
    puts[0].fails = puts[7].fails = puts[8].fails = puts[39].fails = true;
    puts[20].mute = true;
    strcpy(puts[30].key, "k29"); /* a conflict inside the batch */
    close_gate(s);
    submit_puts(s, puts, 40);
    open_gate();
    poll_until(s, 40);
    for (int i = 0; i < 40; i++) {
        enum err_class want = puts[i].fails  ? ERR_INPUT
                              : puts[i].mute ? ERR_SYSTEM
                              : i == 30      ? ERR_CONFLICT
                                             : ERR_NONE;

        assert_int_equal(puts[i].told, 1);
        assert_int_equal(puts[i].order, i + 1);
        assert_int_equal(puts[i].class, want);
        if (want != ERR_CONFLICT)
            assert_int_equal(is_kept(s, puts[i].key), want == ERR_NONE);
    }
    assert_int_equal(count_rows(s), 34);
    store_stats(s, &stats);
    assert_int_equal(stats.failures, 6);
    store_close(s);
}

/* A job sees what the jobs before it wrote, in the same batch too. */
static void
test_reads_ride_along(void **state)
{
    struct store *s = open_at("reads.db");
    struct put puts[3] = {0};
    int64_t n = -1;

    (void)state;
    close_gate(s);
    submit_puts(s, puts, 3);
    store_submit(s, run_count, on_gate, &n);
    open_gate();
    poll_until(s, 3);
    assert_int_equal(count_rows(s), 3);
    assert_int_equal(n, 3);
    store_close(s);
}

/* sec S33: the unique index decides, not the order of looking. */
static void
test_conflict(void **state)
{
    struct err e = {0};
    struct store *s = open_at("conflict.db");
    struct put p = {.key = "same"};

    (void)state;
    assert_int_equal(store_wait(s, run_put, &p, &e), 0);
    assert_int_equal(store_wait(s, run_put, &p, &e), -1);
    assert_int_equal(e.class, ERR_CONFLICT);
    store_close(s);
}

/* sec S33, F8: the same row fifty times in one batch is one row. */
static void
test_race(void **state)
{
    struct store *s = open_at("race.db");
    struct put puts[50] = {0};
    int kept = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        strcpy(puts[i].key, "same");
    close_gate(s);
    submit_puts(s, puts, 50);
    open_gate();
    poll_until(s, 50);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(puts[i].told, 1);
        kept += puts[i].class == ERR_NONE;
        assert_true(puts[i].class == ERR_NONE || puts[i].class == ERR_CONFLICT);
    }
    assert_int_equal(kept, 1);
    assert_int_equal(puts[0].class, ERR_NONE);
    assert_int_equal(count_rows(s), 1);
    store_close(s);
}

/* Closing finishes the queue and tells what came of it. */
static void
test_close_finishes(void **state)
{
    struct store *s = open_at("finish.db");
    struct put puts[30] = {0};

    (void)state;
    submit_puts(s, puts, 30);
    store_close(s);
    assert_int_equal(told_count, 30);
    s = open_at("finish.db");
    assert_int_equal(count_rows(s), 30);
    store_close(s);
    store_close(NULL);
}

struct put_twice {
    struct put put; /* first: on_put gets it */
    struct store *store;
};

static void
on_put_again(void *arg, const struct err *e)
{
    struct put_twice *x = arg;

    on_put(arg, e);
    store_submit(x->store, run_put, on_put, &x->put);
}

/* What a callback submits while the store closes is dropped, not leaked. */
static void
test_close_drops(void **state)
{
    struct put_twice x = {.put = {.key = "once"}};

    (void)state;
    x.store = open_at("drops.db");
    told_count = 0;
    store_submit(x.store, run_put, on_put_again, &x);
    store_close(x.store);
    assert_int_equal(x.put.told, 1);
}

static void
test_delay(void **state)
{
    struct store *s = open_at("delay.db");
    struct put p = {.key = "a"};
    int64_t began;

    (void)state;
    assert_int_equal(store_delay_ms(s), 0);
    close_gate(s);
    began = clock_mono_ms();
    store_submit(s, run_put, on_put, &p);
    usleep(20000);
    assert_true(store_delay_ms(s) >= 10); /* the gate's job is older still */
    assert_true(store_delay_ms(s) <= clock_mono_ms() - began + 5000);
    open_gate();
    count_rows(s);
    for (int i = 0; i < 1000 && store_delay_ms(s) != 0; i++)
        usleep(1000);
    assert_int_equal(store_delay_ms(s), 0);
    store_close(s);
}

static int
run_mask(struct db *d, void *arg, struct err *e)
{
    (void)d, (void)e;
    return pthread_sigmask(SIG_BLOCK, NULL, arg);
}

/* Signals are the loop's: no write to the disk is interrupted by one. */
static void
test_signals(void **state)
{
    struct err e = {0};
    struct store *s = open_at("signals.db");
    sigset_t mask;

    (void)state;
    sigemptyset(&mask);
    assert_int_equal(store_wait(s, run_mask, &mask, &e), 0);
    assert_true(sigismember(&mask, SIGTERM));
    assert_true(sigismember(&mask, SIGHUP));
    assert_false(sigismember(&mask, SIGSEGV));
    store_close(s);
}

/* --- disks that fail --- */

/* F3, D7: an fsync that failed leaves open what is on the disk. Nobody is told
 * anything, and the store does nothing more. */
static void
test_unknown_commit(void **state)
{
    struct err e = {0};
    struct store *s = open_at("unknown.db");
    struct put first = {.key = "first"}, puts[5] = {0}, late = {.key = "late"};
    int64_t n;

    (void)state;
    assert_int_equal(store_wait(s, run_put, &first, &e), 0);
    deaths = 0;
    close_gate(s);
    submit_puts(s, puts, 5);
    faults.log_syncs_left = 0;
    open_gate();
    poll_until(s, 5);
    faults_clear();
    assert_int_equal(deaths, 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(puts[i].told, 0);
    assert_int_equal(store_wait(s, run_put, &late, &e), -1);
    assert_int_equal(e.class, ERR_SYSTEM);
    assert_int_equal(late.calls, 0);
    store_submit(s, run_put, on_put, &late);
    store_poll(s);
    store_close(s);
    assert_int_equal(deaths, 1);
    assert_int_equal(late.told, 0);
    s = open_at("unknown.db");
    n = count_rows(s);
    assert_true(n == 1 || n == 6); /* all of it or none */
    assert_true(is_kept(s, "first"));
    store_close(s);
}

/* F3 at every place: whichever sync of the log fails first, all that was told
 * is there. */
static void
test_each_sync(void **state)
{
    (void)state;
    for (int n = 0; n < 12; n++) {
        struct put puts[12] = {0};
        char name[24];
        struct store *s;
        struct err e = {0};

        snprintf(name, sizeof name, "sync%d.db", n);
        s = open_at(name);
        deaths = 0;
        faults.log_syncs_left = n;
        for (int i = 0; i < 12 && deaths == 0; i++) {
            snprintf(puts[i].key, sizeof puts[i].key, "k%d", i);
            if (store_wait(s, run_put, &puts[i], &e) == 0)
                puts[i].told = 1;
        }
        faults_clear();
        assert_int_equal(deaths, 1);
        store_close(s);
        s = open_at(name);
        for (int i = 0; i < 12; i++)
            if (puts[i].told)
                assert_true(is_kept(s, puts[i].key));
        store_close(s);
    }
}

/* F4: on a full disk every job is told to come again, none is kept halfway,
 * and with space it goes on. */
static void
test_full(void **state)
{
    struct store *s = open_at("full.db");
    struct put puts[30] = {0};

    (void)state;
    deaths = 0;
    close_gate(s);
    submit_puts(s, puts, 30);
    faults.writes_left = 0;
    open_gate();
    poll_until(s, 30);
    faults_clear();
    assert_int_equal(deaths, 0);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(puts[i].told, 1);
        assert_int_equal(puts[i].class, ERR_RETRY);
    }
    assert_int_equal(count_rows(s), 0);
    submit_puts(s, puts, 30);
    poll_until(s, 30);
    assert_int_equal(count_rows(s), 30);
    store_close(s);
}

/* F4 at every place: after each number of writes. */
static void
test_each_write(void **state)
{
    (void)state;
    for (int n = 0; n < 24; n++) {
        struct put puts[6] = {0};
        struct err e = {0};
        char name[24];
        struct store *s;
        int64_t kept = 0;

        snprintf(name, sizeof name, "write%d.db", n);
        s = open_at(name);
        deaths = 0;
        faults.writes_left = n;
        for (int i = 0; i < 6; i++) {
            snprintf(puts[i].key, sizeof puts[i].key, "k%d", i);
            if (store_wait(s, run_put, &puts[i], &e) == 0)
                kept++;
            else
                assert_int_equal(e.class, ERR_RETRY);
        }
        faults_clear();
        assert_int_equal(deaths, 0);
        assert_int_equal(count_rows(s), kept);
        store_close(s);
        s = open_at(name);
        assert_int_equal(count_rows(s), kept);
        store_close(s);
    }
}

static int
run_much(struct db *d, void *arg, struct err *e)
{
    static char big[60000];
    static int n;

    (void)arg;
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 20; i++) {
        char key[16];

        snprintf(key, sizeof key, "m%d", n++);
        if (db_run(d,
                   "INSERT INTO inbound_event (tenant, source, ekey, shard,"
                   " conv, native, recv_at, body, state, tries) VALUES ('t',"
                   " 's', $1, 1, 'c', 'n', 0, $2, 'NEW', 1)",
                   DB_PARAMS(DB_T(key), DB_B(big, sizeof big)), NULL, NULL,
                   NULL, e) != 0)
            return -1;
    }
    return 0;
}

/* D7: a sync that fails while the log is copied into the file ends the store
 * too; what was told is in the log. */
static void
test_checkpoint_fails(void **state)
{
    struct store *s = open_at("checkpoint.db");
    struct err e = {0};
    int kept = 0;

    (void)state;
    deaths = 0;
    faults_clear();
    faults.file_syncs_left = 0;
    for (int i = 0; i < 60 && deaths == 0; i++)
        kept += store_wait(s, run_much, NULL, &e) == 0;
    assert_int_equal(deaths, 1);
    assert_true(kept > 10);
    store_close(s);
    faults_clear();
    s = open_at("checkpoint.db");
    {
        struct look bodies = {.found = 0};

        assert_int_equal(store_wait(s, run_look, &bodies, &e), 0);
    }
    store_close(s);
}

/* The log does not grow without end: it is copied and begun anew. */
static void
test_log_bounded(void **state)
{
    struct store *s = open_at("bounded.db");
    struct err e = {0};
    struct stat info;

    (void)state;
    faults_clear();
    for (int i = 0; i < 120; i++) /* 144 MB */
        assert_int_equal(store_wait(s, run_much, NULL, &e), 0);
    assert_true(faults.file_syncs >= 2);
    assert_int_equal(stat(in_folder("bounded.db-wal"), &info), 0);
    assert_true(info.st_size < 64 << 20);
    store_close(s);
    unlink(in_folder("bounded.db"));
}

/* --- who may open --- */

/* F28: a second engine on the same file is refused, by its owner's number. */
static void
test_second(void **state)
{
    struct err e = {0};
    struct store *s = open_at("second.db");
    char pid[32];
    int status;
    pid_t child;

    (void)state;
    snprintf(pid, sizeof pid, "process %d)", (int)getpid());
    assert_null(open_batch("second.db", 0, &e));
    assert_non_null(strstr(e.text, pid));
    child = fork();
    if (child == 0) {
        struct err other = {0};
        bool refused = open_batch("second.db", 0, &other) == NULL &&
                       strstr(other.text, "in use") != NULL &&
                       strstr(other.text, pid) != NULL;

        _exit(refused ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(count_rows(s), 0); /* the first one is not disturbed */
    store_close(s);
    s = open_at("second.db"); /* and its place is free again */
    store_close(s);
}

static void
test_driver(void **state)
{
    struct err e = {0};
    struct store_options o = {.driver = "oracle",
                              .where = in_folder("driver.db")};

    (void)state;
    assert_null(store_open(&o, &e));
    assert_int_equal(e.class, ERR_INPUT);
    o.driver = NULL;
    store_close(store_open(&o, &e));
    assert_int_equal(access(o.where, F_OK), 0);
}

static int
run_newer(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "INSERT INTO schema_version (version, at) VALUES (99, 0)",
                  NULL, 0, NULL, NULL, NULL, e);
}

/* F25: a store of a newer engine is refused with a remedy, and left alone. */
static void
test_newer(void **state)
{
    struct err e = {0};
    struct store *s = open_at("future.db");

    (void)state;
    assert_int_equal(store_wait(s, run_newer, NULL, &e), 0);
    store_close(s);
    assert_null(open_batch("future.db", 0, &e));
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.text, "newer"));
    assert_non_null(strstr(e.text, "future.db"));
    assert_null(strchr(e.text, '\n'));
}

static int
run_older(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    if (db_run(d, "ALTER TABLE handoff DROP COLUMN added_tags", NULL, 0, NULL,
               NULL, NULL, e) != 0)
        return -1;
    return db_run(d, "DELETE FROM schema_version WHERE version > 1", NULL, 0,
                  NULL, NULL, NULL, e);
}

static int
run_ask_added(struct db *d, void *arg, struct err *e)
{
    (void)arg;
    return db_run(d, "SELECT added_tags FROM handoff", NULL, 0, NULL, NULL,
                  NULL, e);
}

/* A store of an engine before is brought up to date. */
static void
test_older(void **state)
{
    struct err e = {0};
    struct store *s = open_at("past.db");

    (void)state;
    assert_int_equal(store_wait(s, run_older, NULL, &e), 0);
    store_close(s);
    s = open_at("past.db");
    assert_int_equal(store_wait(s, run_ask_added, NULL, &e), 0);
    store_close(s);
}

/* --- F1 --- */

static int
run_ack(struct db *d, void *arg, struct err *e)
{
    char key[16];

    snprintf(key, sizeof key, "%d", *(int *)arg);
    return db_run(d,
                  "INSERT INTO tombstone (tenant, cust_hash) VALUES ('t', $1)"
                  " ON CONFLICT (tenant, cust_hash) DO NOTHING",
                  DB_PARAMS(DB_T(key)), NULL, NULL, NULL, e);
}

#define FLIGHT 16

static struct store *acking;
static int ack_fd, ack_next, ack_numbers[FLIGHT];

static void
on_ack(void *arg, const struct err *e)
{
    int *number = arg;

    if (e != NULL)
        _exit(3);
    if (write(ack_fd, number, sizeof *number) != sizeof *number)
        _exit(4);
    *number = ack_next++;
    store_submit(acking, run_ack, on_ack, number);
}

static void
ack_forever(int fd, int from)
{
    struct err e = {0};

    ack_fd = fd;
    ack_next = from;
    acking = open_batch("kills.db", 0, &e);
    if (acking == NULL)
        _exit(2);
    for (int i = 0; i < FLIGHT; i++) {
        ack_numbers[i] = ack_next++;
        store_submit(acking, run_ack, on_ack, &ack_numbers[i]);
    }
    for (;;) {
        struct pollfd ready = {.fd = store_fd(acking), .events = POLLIN};

        poll(&ready, 1, -1);
        store_poll(acking);
    }
}

#define ACKED_MAX 2000000

/* One life of the child. What it acknowledged is noted; returns how many. */
static int
live_once(unsigned char *acked, int *next, unsigned life_us)
{
    int pair[2], n, count = 0, status;
    pid_t child;

    assert_int_equal(pipe(pair), 0);
    child = fork();
    if (child == 0) {
        close(pair[0]);
        ack_forever(pair[1], *next);
    }
    close(pair[1]);
    fcntl(pair[0], F_SETPIPE_SZ, 1 << 20);
    usleep(life_us);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    while (read(pair[0], &n, sizeof n) == sizeof n) {
        assert_in_range(n, 0, ACKED_MAX - 1);
        acked[n] = 1;
        count++;
        if (n >= *next)
            *next = n + 1;
    }
    close(pair[0]);
    return count;
}

struct missing {
    unsigned char *acked;
};

static int
take_key(void *arg, const struct db_row *r, struct err *e)
{
    struct missing *m = arg;
    uint64_t n;

    (void)e;
    if (str_to_u64(db_row_text(r, 0), &n) && n < ACKED_MAX)
        m->acked[n] = 0;
    return 0;
}

static int
run_keys(struct db *d, void *arg, struct err *e)
{
    return db_run(d, "SELECT cust_hash FROM tombstone WHERE tenant = 't'", NULL,
                  0, take_key, arg, NULL, e);
}

/* F1: killed at any moment, every acknowledged row is there. */
static void
test_kills(void **state)
{
    struct missing m = {calloc(ACKED_MAX, 1)};
    struct err e = {0};
    struct store *s;
    int next = 0, acked = 0, lost = 0;

    (void)state;
    srand(11);
    for (int round = 0; round < 25; round++)
        acked += live_once(m.acked, &next, (unsigned)(1000 + rand() % 299000));
    s = open_at("kills.db");
    assert_int_equal(store_wait(s, run_keys, &m, &e), 0);
    for (int i = 0; i < ACKED_MAX; i++)
        lost += m.acked[i];
    print_message("acknowledged %d, lost %d\n", acked, lost);
    assert_int_equal(lost, 0);
    assert_true(acked > 100);
    store_close(s);
    free(m.acked);
}

static int
set_up(void **state)
{
    fault_vfs_register();
    return make_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_batch_max),
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_reads_ride_along),
        cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_close_finishes),
        cmocka_unit_test(test_close_drops),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_unknown_commit),
        cmocka_unit_test(test_each_sync),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_each_write),
        cmocka_unit_test(test_checkpoint_fails),
        cmocka_unit_test(test_log_bounded),
        cmocka_unit_test(test_second),
        cmocka_unit_test(test_driver),
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_older),
        cmocka_unit_test(test_kills),
    };

    return cmocka_run_group_tests(tests, set_up, drop_folder);
}
