/*
 * pool: the worker processes and the calls in flight. A worker has nothing
 * but its socket; the worst a script can do is to waste its wall limit and
 * lose the worker, which is replaced.
 *
 * The pool is driven by one descriptor: watch pool_fd() for reading and call
 * pool_poll() when it is ready; callbacks run inside pool_poll().
 */
#ifndef SCRIPT_POOL_H
#define SCRIPT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"

struct script_set;
struct pool;

/* Limits belong to the kind of call. */
enum script_kind {
    SCRIPT_LOAD, /* compile and run a set's files: 500 ms, 20 M instructions */
    SCRIPT_READ, /* an adapter reads a webhook or an answer of <= 1 MiB */
    SCRIPT_DECIDE, /* a decision: 1 M instructions, 50 ms */
    SCRIPT_BUILD,  /* an adapter builds a request */
    SCRIPT_TEST,   /* a policy test: 10 decisions' worth */
    SCRIPT_KINDS
};

struct script_limits {
    int64_t instructions;
    int64_t pattern_steps;
    int64_t wall_ms;
    size_t heap;   /* arena bytes in use, image included */
    size_t string; /* longest string */
    size_t block;  /* largest single block */
    size_t result; /* packed bytes of the result */
    unsigned depth;
    unsigned nodes;       /* without the member "trace" of the result's map */
    unsigned trace_nodes; /* cap of the member "trace" */
};

/* The built-in limits of each kind; all are printed by `usher check`. */
extern const struct script_limits script_limits_default[SCRIPT_KINDS];

enum script_class {
    SCRIPT_OK,
    SCRIPT_ERROR,      /* error() or a runtime error */
    SCRIPT_BUDGET,     /* instructions, pattern steps, charged library work */
    SCRIPT_MEMORY,     /* the first refused allocation ends the call */
    SCRIPT_WALL,       /* wall time; the worker was replaced */
    SCRIPT_CRASH,      /* the worker died of something else */
    SCRIPT_BAD_RESULT, /* too deep, too large, functions or metatables in it */
    SCRIPT_BAD_SET,    /* the set did not load: text says where */
};

struct script_result {
    enum script_class class;
    const struct value *value; /* SCRIPT_OK: what the function returned */
    const char *packed;        /* its bytes, for passing on */
    size_t packed_n;
    const char
        *text; /* otherwise: "rules/20.lua:14: ..." <= 1 KiB, printable */
    const char *where; /* "rules/20.lua:14" when known, else NULL */
    int64_t instructions;
    int64_t cpu_us;
    size_t peak; /* arena bytes at the high-water mark */
    /* Of a series: which of its calls this is the result of. When the worker
     * is gone (SCRIPT_WALL, SCRIPT_CRASH) nobody knows, and it is 0. */
    uint32_t index;
};

/* Runs exactly once per call, inside pool_poll or pool_free (class
 * SCRIPT_CRASH then); everything in r is borrowed until it returns. */
typedef void script_done(void *arg, const struct script_result *r);

struct pool_options {
    unsigned workers;    /* 0: cores, at least 2 */
    unsigned recycle;    /* calls of one worker's life; 0: 10000 */
    unsigned sets;       /* images a worker keeps; 0: 24 */
    unsigned wall_times; /* how often the wall time of all limits; 0: once */
    unsigned in_flight;  /* calls a worker is given at once; 0: 8; at most 64 */
    const char *program; /* what to exec as zygote; NULL: /proc/self/exe */
};

struct pool *pool_new(const struct pool_options *options,
                      struct err *e) MUST_CHECK;

/* More workers, where there are fewer; 0: as in pool_options. */
int pool_widen(struct pool *p, unsigned workers, struct err *e) MUST_CHECK;

/* Calls given from now on run within these limits (SCRIPT_KINDS of them,
 * copied; their wall time as often as the options say) instead of
 * script_limits_default; so do sets that are loaded from now on. */
void pool_limit(struct pool *p, const struct script_limits *limits);

int pool_fd(const struct pool *p);
void pool_poll(struct pool *p);

/* Have fn(arg) called when a call was made and its frame is not sent yet: the
 * owner then calls pool_flush once, later in the same pass, and frames of many
 * calls travel together. Without it each frame is sent at once. */
void pool_on_unsent(struct pool *p, void (*fn)(void *arg), void *arg);
void pool_flush(struct pool *p);

/* Call `function` of the set's entry table with the arguments packed in args
 * (a MessagePack array; borrowed for the call of pool_call only). The set is
 * held until the callback. Calls are started in order, by any free worker; a
 * worker gets its next calls while it runs one, so that none waits for a round
 * trip. What waits behind a call that loses its worker runs in another. */
void pool_call(struct pool *p, struct script_set *set, const char *function,
               enum script_kind kind, const struct buf *args, script_done *done,
               void *arg);

/* Calls of one function, one after the other in one worker, each in its own
 * fresh state under its own limits, until one returns something else than
 * `skip` or fails, or none is left: one way to the worker and back instead of
 * many. The result is that of the call that ended it. Held to be made of few
 * calls; of what they share, and of the rest, not much more than this. */
#define SCRIPT_SERIES_BYTES (256u << 10)

struct script_series {
    struct buf frames; /* between open and close arguments are appended */
    unsigned count;
    struct buf skip;   /* packed */
    struct buf shared; /* packed: what arguments name (pack.h); or empty */
};
size_t script_series_open(struct script_series *s);
void script_series_close(struct script_series *s, size_t at);
void script_series_free(struct script_series *s); /* what it holds */
void script_series_pack(const struct script_series *s, struct buf *out);
void pool_call_series(struct pool *p, struct script_set *set,
                      const char *function, enum script_kind kind,
                      const struct script_series *series, script_done *done,
                      void *arg);

/* Whether calls that were made one by one, without sharing anything, might not
 * have ended so: nobody knows which of them lost its worker, and each was
 * charged for what all of them share. */
bool script_series_alone(enum script_class class);

/* Run pool_poll until `*left` (decremented by callbacks) is 0 or ms passed
 * (< 0: for ever): for the command line. Returns 0, or -1 on time-out. */
int pool_wait(struct pool *p, const size_t *left, int64_t ms,
              struct err *e) MUST_CHECK;

size_t pool_waiting(const struct pool *p); /* calls not yet answered */
unsigned pool_workers(const struct pool *p);

struct pool_stats {
    uint64_t calls, failures[8 /* by script_class */], respawns, recycled;
};
void pool_stats(const struct pool *p, struct pool_stats *out);

/* "budget", "memory", "wall", "crash", "error", "bad_result", "bad_set", "ok".
 */
const char *script_class_name(enum script_class class);

void pool_free(struct pool *p); /* NULL is fine */

/* The zygote's main, reached by `usher --zygote` (fd 3 is its socket); never
 * returns. */
_Noreturn void zygote_main(void);

#endif
