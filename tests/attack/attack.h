/*
 * attack: what the parts of the judge of hostile scripts share. ground.c asks
 * workers and watches their memory, files.c reads attacks and builds their
 * sets, bout.c runs one again and again, crowd.c all of them at once.
 */
#ifndef TESTS_ATTACK_H
#define TESTS_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "script/pool.h"
#include "script/set.h"

#define MARGIN_MS   10
#define GIVE_UP_MS  3000
#define WORKERS_MAX 64

struct attack {
    char path[768], name[256], expect[96];
    char *text, *victim; /* victim: a prelude file, or NULL */
    size_t n;
    bool rules, loading, failed; /* loading: it takes place at load */
};

struct answer {
    size_t left;
    bool hung;
    enum script_class class;
    struct buf text; /* the result as a text or JSON, or the error */
    int64_t began_us, ms;
    size_t peak; /* bytes of the script's heap; 0 after a kill */
};

/* A pool, and what its workers hold at most. */
struct ground {
    struct pool *pool;
    unsigned workers;
    pid_t pids[WORKERS_MAX];
    size_t pid_count;
    uint64_t births; /* of the workers in pids */
    long own_kib;
};

/* --- files.c --- */

/* Add the *.lua of a folder; returns the new count. Ends the program with 2
 * for a folder that is missing and a file that does not say what to expect. */
size_t attack_read_folder(const char *folder, struct attack *list, size_t count,
                          size_t max);

/* The set of an attack with its neighbour behind it; NULL: the neighbour
 * alone, in the rule language or not. */
struct script_set *attack_set(const struct attack *a, bool rules);

/* Whether it may end so. */
bool attack_may_end(const struct attack *a, enum script_class class);

/* --- ground.c --- */

void ground_open(struct ground *g, unsigned workers);
void ground_close(struct ground *g);

/* Begin a call; `done` is told, with `out` as its argument. "decide" is called
 * as the engine does, all else with a conversation. */
void ground_ask(struct ground *g, struct script_set *set, const char *function,
                script_done *done, struct answer *out);

/* Fills the struct answer that is its argument. */
void ground_answer(void *arg, const struct script_result *r);

/* Until it has answered, or GIVE_UP_MS: then it has hung, and the workers are
 * killed and replaced. */
void ground_wait(struct ground *g, struct answer *out);

/* Whether the call answers with exactly this. */
bool ground_says(struct ground *g, struct script_set *set, const char *function,
                 const char *wanted);

/* Sample the memory of the workers that live now. */
void ground_find_workers(struct ground *g);
void ground_sample(struct ground *g);

/* --- bout.c, crowd.c --- */

/* What harmless calls are made of, and what they said before anything else. */
struct peace {
    struct script_set *calm, *rules;
    char *says, *rules_say;
};

/* Run one, print its line, and return whether it passed. */
bool bout_run(struct ground *g, const struct peace *peace,
              const struct attack *a);

/* All that have not failed, by eight callers at once, on two workers. */
bool crowd_run(const struct attack *list, size_t count,
               const struct peace *peace);

#endif
