#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/pack.h"
#include "base/str.h"
#include "script/sandbox.h"
#include "script/seccomp.h"
#include "script/wire.h"

#define SLOTS        64
#define FRAME_MAX_IN (16u << 20)
#define ADDRESS_SPACE                                                          \
    ((rlim_t)192 << 20) /* over what is mapped at the start                    \
                         */
#define EXIT_WALL 70

/* Whoever asks for many series takes their answers together, too: with each
 * sent alone the two would take the processor from each other at each. They go
 * when there is nothing else to do, or a call takes so long that its timer goes
 * off, and before anything else. A series of one has its answer at once: so is
 * asked who looks for the call that loses its worker. */
#define HELD_MAX 65536

/* The one worker of this process. The wall timer's handler reads the parts
 * that it needs. */
static struct {
    int fd;
    struct sandbox *sandbox;
    struct sandbox_image *images[SLOTS];
    struct sandbox_outcome failed[SLOTS]; /* why a set has no image */
    char failed_text[SLOTS][1100];
    struct script_limits limits[SCRIPT_KINDS];
    struct buf in, out;
    volatile sig_atomic_t writing; /* what the handler would write, too */
    char held[HELD_MAX];           /* answers of series that are not sent yet */
    volatile size_t held_n;
    volatile uint32_t running;     /* id of the call, for the handler */
    uint32_t index;                /* its place in its series */
    bool several;                  /* the series has more than one */
    volatile int64_t wall_ms;      /* its limit, or that of loading its set; 0:
                                      nothing runs */
    volatile int64_t uncounted_us; /* of processor time; 0: it is counted */
    volatile int64_t began;        /* us of wall time when it began */
    volatile int64_t cpu_at;       /* us of processor time not long before, */
    int64_t cpu_read;              /* and when it was asked for */
    volatile int extended;         /* times */
    volatile int64_t pending_us;   /* what the timer was set to; 0: it is not */
} worker;

/* --- sending --- */

static void
write_all(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(worker.fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            _exit(0); /* the engine is gone */
        p += done;
        n -= (size_t)done;
    }
}

static void
send_held(void)
{
    worker.writing = 1;
    write_all(worker.held, worker.held_n);
    worker.held_n = 0;
    worker.writing = 0;
}

static void
send_all(const char *p, size_t n)
{
    send_held();
    worker.writing = 1;
    write_all(p, n);
    worker.writing = 0;
}

static void
hold(const char *p, size_t n)
{
    if (n > HELD_MAX - worker.held_n)
        send_held();
    if (n > HELD_MAX) {
        send_all(p, n);
        return;
    }
    worker.writing = 1;
    memcpy(worker.held + worker.held_n, p, n);
    worker.held_n += n;
    worker.writing = 0;
}

/* --- the wall --- */

#ifndef USHER_NO_WALL
/* The limit is meant for what a call does. On a machine that is busy with other
 * things it may have been given little time to do anything in: then it gets
 * what it did not have, so often. */
#define EXTENSIONS_MAX 10
#define STARVED        0.8 /* of the limit: less was had */

/* Asking the system how much processor time there was costs as much as a small
 * call: what was asked for this long ago is near enough. */
#define CPU_READ_US 100

static void
note_beginning(void)
{
    worker.began = clock_mono_us();
    if (worker.began - worker.cpu_read < CPU_READ_US)
        return;
    worker.cpu_at = clock_cpu_us();
    worker.cpu_read = worker.began;
}

/* The processor time of the call. Between the reading and its beginning may lie
 * CPU_READ_US of other calls; it had no more than went by since it began. */
static int64_t
processor_us(void)
{
    int64_t had = clock_cpu_us() - worker.cpu_at;
    int64_t wall = clock_mono_us() - worker.began;

    return had < wall ? had : wall;
}

static void
set_timer(int64_t us)
{
    struct itimerval t = {.it_value = {us / 1000000, us % 1000000}};

    worker.pending_us = us;
    setitimer(ITIMER_REAL, &t, NULL);
}

static bool
was_starved(void)
{
    int64_t limit = worker.wall_ms * 1000;
    int64_t had = processor_us();

    if ((double)had >= (double)limit * STARVED ||
        worker.extended >= EXTENSIONS_MAX)
        return false;
    worker.extended++;
    set_timer(limit - had);
    return true;
}

/* The timer goes off twice: when the call is to be counted from now on, and at
 * the wall. */
static bool
is_uncounted(void)
{
    int64_t had, left;

    if (worker.uncounted_us == 0)
        return false;
    had = processor_us();
    if (had < worker.uncounted_us) {
        set_timer(worker.uncounted_us - had);
        return true;
    }
    worker.uncounted_us = 0;
    sandbox_count(worker.sandbox);
    left = worker.wall_ms * 1000 - had;
    set_timer(left > 0 ? left : 1); /* 0 would stop it */
    return true;
}

/* A call took too long, wherever it is. Its last words, then the end: nothing
 * a script does can keep a signal handler from _exit. */
static void
on_wall(int signal)
{
    struct {
        uint8_t length[4];
        struct wire_result head;
        char where[sizeof sandbox_last_place];
    } frame;
    size_t where_n = strnlen(sandbox_last_place, sizeof frame.where), body;

    int before = errno;

    (void)signal;
    if (worker.writing == 0)
        send_held();
    worker.pending_us = 0;
    if (worker.wall_ms == 0 || is_uncounted() || was_starved()) {
        errno = before;
        return;
    }
    if (worker.writing == 0) {
        memset(&frame, 0, sizeof frame);
        frame.head.id = worker.running;
        frame.head.class = SCRIPT_WALL;
        frame.head.where_n = (uint16_t)where_n;
        frame.head.cpu_us = (uint32_t)(worker.wall_ms * 1000);
        memcpy(frame.where, sandbox_last_place, where_n);
        body = sizeof frame.head + where_n;
        frame.length[0] = (uint8_t)(body >> 24);
        frame.length[1] = (uint8_t)(body >> 16);
        frame.length[2] = (uint8_t)(body >> 8);
        frame.length[3] = (uint8_t)body;
        /* Packed by hand: the struct may pad between its members. */
        if (write(worker.fd, frame.length, 4) == 4 &&
            write(worker.fd, &frame.head, sizeof frame.head) > 0 &&
            write(worker.fd, frame.where, where_n) < 0)
            _exit(EXIT_WALL);
    }
    _exit(EXIT_WALL);
}

/* Most calls are over long before their time, and setting a timer costs as much
 * as a small call: one that goes off sooner than this call needs is left as it
 * is. Its handler sees what time is left, and sets it anew. */
static void
arm(int64_t ms, int64_t uncounted_us)
{
    int64_t us = uncounted_us > 0 ? uncounted_us : ms * 1000;

    worker.extended = 0;
    worker.uncounted_us = uncounted_us;
    note_beginning();
    worker.wall_ms = ms; /* from here on the handler looks after this call */
    if (worker.pending_us == 0 || worker.pending_us > us)
        set_timer(us);
}

static void
disarm(void)
{
    worker.wall_ms = 0;
}
#else
static void
arm(int64_t ms, int64_t uncounted_us)
{
    (void)ms;
    (void)uncounted_us;
}

static void
disarm(void)
{
}
#endif

/* --- frames --- */

static void
reply(uint32_t id, const struct sandbox_outcome *o, size_t at, int64_t began)
{
    size_t where_n = o->where != NULL ? strlen(o->where) : 0;
    size_t text_n = o->text != NULL ? strlen(o->text) : 0;
    struct wire_result head = {
        .id = id,
        .class = (uint8_t)o->class,
        .where_n = (uint16_t)where_n,
        .text_n = (uint16_t)text_n,
        .cpu_us = (uint32_t)(clock_mono_us() - began),
        .index = worker.index,
        .instructions = o->instructions,
        .peak = o->peak,
    };
    char *to = worker.out.data + at;

    if (where_n + text_n > 0) { /* failures only: there is no result then */
        buf_cut(&worker.out, at + FRAME_HEADER + sizeof head);
        buf_add(&worker.out, o->where, where_n);
        buf_add(&worker.out, o->text, text_n);
        to = worker.out.data + at;
    }
    memcpy(to + FRAME_HEADER, &head, sizeof head);
    frame_close(&worker.out, at);
    (worker.several ? hold : send_all)(worker.out.data, worker.out.len);
}

/* Room for an answer's header; returns where its frame begins. */
static size_t
open_answer(void)
{
    size_t at;

    buf_clear(&worker.out);
    at = frame_open(&worker.out);
    buf_reserve(&worker.out, sizeof(struct wire_result));
    worker.out.len += sizeof(struct wire_result);
    return at;
}

static void
run_one(const struct wire_call *c, const char *function, const char *args,
        size_t n, struct sandbox_outcome *o)
{
    const struct script_limits *limits = &worker.limits[c->call_kind];

    arm(limits->wall_ms, sandbox_uncounted_us(limits));
    sandbox_call(worker.sandbox, worker.images[c->slot], function, args, n,
                 limits, &worker.out, o);
    disarm();
}

/* True when the answer so far is what the series goes on after. */
static bool
is_skip(const struct sandbox_outcome *o, size_t head, const char *skip,
        size_t skip_n)
{
    return o->class == SCRIPT_OK && worker.out.len - head == skip_n &&
           memcmp(worker.out.data + head, skip, skip_n) == 0;
}

/* The next frame of a call that the engine made. */
static struct str
take_part(const char **p, size_t *n)
{
    const char *body;
    size_t body_n, whole;

    if (frame_peek(*p, *n, FRAME_MAX_IN, &body, &body_n, &whole) <= 0)
        _exit(1);
    *p += whole;
    *n -= whole;
    return (struct str){body, body_n};
}

/* False: it failed, as the first call of the series. */
static bool
share(const struct wire_call *c, struct str shared, struct sandbox_outcome *o)
{
    const struct script_limits *limits = &worker.limits[c->call_kind];

    if (shared.len == 0)
        return true;
    arm(limits->wall_ms, 0);
    sandbox_share(worker.sandbox, worker.images[c->slot], shared.p, shared.len,
                  limits, o);
    disarm();
    return o->class == SCRIPT_OK;
}

static void
run_series(const struct wire_call *c, const char *function, const char *p,
           size_t n, struct sandbox_outcome *o)
{
    size_t head = worker.out.len;
    struct str skip = take_part(&p, &n), shared = take_part(&p, &n), args;

    args = take_part(&p, &n);
    worker.several = n > 0;
    if (!share(c, shared, o))
        return;
    for (;;) {
        buf_cut(&worker.out, head);
        run_one(c, function, args.p, args.len, o);
        if (n == 0 || !is_skip(o, head, skip.p, skip.len))
            return;
        worker.index++;
        args = take_part(&p, &n);
    }
}

static void
call(const struct wire_call *c, const char *body, size_t n)
{
    char function[128];
    struct sandbox_outcome o = {0};
    int64_t began = clock_mono_us();
    size_t at;

    if (c->call_kind >= SCRIPT_KINDS || c->slot >= SLOTS ||
        c->function_n >= sizeof function || c->function_n > n)
        _exit(1);
    memcpy(function, body, c->function_n);
    function[c->function_n] = '\0';
    body += c->function_n;
    n -= c->function_n;
    at = open_answer();
    worker.running = c->id;
    worker.index = 0;
    worker.several = false;
    if (worker.images[c->slot] == NULL) {
        o = worker.failed[c->slot];
        o.class = SCRIPT_BAD_SET;
        if (o.text == NULL)
            o.text = "the set is not loaded";
    } else if (c->kind == WIRE_SERIES) {
        sandbox_remember(worker.sandbox);
        run_series(c, function, body, n, &o);
        sandbox_forget(worker.sandbox);
    } else {
        run_one(c, function, body, n, &o);
    }
    reply(c->id, &o, at, began);
}

static void
load(const struct wire_call *c, const char *body, size_t n)
{
    struct sandbox_outcome o = {0};

    if (c->slot >= SLOTS)
        _exit(1);
    sandbox_image_free(worker.images[c->slot]);
    worker.running = c->id;
    arm(worker.limits[SCRIPT_LOAD].wall_ms, 0);
    worker.images[c->slot] =
        sandbox_load(worker.sandbox, body, n, &worker.limits[SCRIPT_LOAD], &o);
    disarm();
    malloc_trim(0); /* loading takes more than calls do */
    if (worker.images[c->slot] != NULL)
        return;
    /* Its calls are told why. */
    snprintf(worker.failed_text[c->slot], sizeof worker.failed_text[0], "%s",
             o.text != NULL ? o.text : "");
    worker.failed[c->slot] = o;
    worker.failed[c->slot].text = worker.failed_text[c->slot];
    worker.failed[c->slot].where = NULL;
}

static void
take_frame(const char *body, size_t n)
{
    struct wire_call c;

    if (n < sizeof c)
        _exit(1);
    memcpy(&c, body, sizeof c);
    body += sizeof c;
    n -= sizeof c;
    if (c.kind != WIRE_SERIES)
        send_held();
    switch (c.kind) {
    case WIRE_LIMITS:
        if (n != sizeof worker.limits)
            _exit(1);
        memcpy(worker.limits, body, n);
        return;
    case WIRE_SET:
        load(&c, body, n);
        return;
    case WIRE_DROP:
        if (c.slot < SLOTS) {
            sandbox_image_free(worker.images[c.slot]);
            worker.images[c.slot] = NULL;
        }
        return;
    case WIRE_CALL:
    case WIRE_SERIES:
        call(&c, body, n);
        return;
    default:
        _exit(1);
    }
}

static _Noreturn void
serve(void)
{
    for (;;) {
        const char *body;
        size_t body_n, whole, used = 0;
        ssize_t n;
        int state;

        send_held();
        n = read(worker.fd, buf_reserve(&worker.in, 65536), 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0);
        worker.in.len += (size_t)n;
        while ((state = frame_peek(worker.in.data + used, worker.in.len - used,
                                   FRAME_MAX_IN, &body, &body_n, &whole)) > 0) {
            take_frame(body, body_n);
            used += whole;
        }
        if (state < 0)
            _exit(1);
        memmove(worker.in.data, worker.in.data + used, worker.in.len - used);
        worker.in.len -= used;
    }
}

/* --- confinement --- */

static void
limit(int what, rlim_t value)
{
    struct rlimit r = {value, value};

    setrlimit((__rlimit_resource_t)what, &r);
}

static void
close_others(int keep)
{
    /* 0, 1 and 2 too: a worker has its socket and nothing else. */
    if (keep > 0)
        close_range(0, (unsigned)keep - 1, 0);
    close_range((unsigned)keep + 1, ~0u, 0);
}

static size_t
mapped_bytes(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

    if (fd >= 0)
        close(fd);
    return n > 0 ? strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

void
worker_prepare(void)
{
    struct err e = {0};

    worker.sandbox = sandbox_new(&e);
    if (worker.sandbox == NULL)
        _exit(1);
}

_Noreturn void
worker_main(int fd)
{
    struct err e = {0};

    worker.fd = fd;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sandbox_seed(worker.sandbox);
    buf_reserve(&worker.in, 256u << 10);
    buf_reserve(&worker.out, 64u << 10);
#ifndef USHER_NO_WALL
    signal(SIGALRM, on_wall);
    sandbox_try_uncounted(worker.sandbox);
#endif
    sandbox_watch(worker.sandbox);
    signal(SIGPIPE, SIG_IGN);
#ifndef USHER_SANITIZED
    limit(RLIMIT_AS, mapped_bytes() + ADDRESS_SPACE);
#else
    (void)mapped_bytes;
#endif
    close_others(fd);
    limit(RLIMIT_NOFILE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    prctl(PR_SET_DUMPABLE, 0);
    if (seccomp_confine(&e) != 0)
        _exit(1);
    serve();
}
