/*
 * replay: a stored decision made again from what was recorded of it: the
 * messages up to its moment, the facts, the rules by their hash. The same
 * comes out, member by member, or what differs is said and why it can.
 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "flow/policy.h"
#include "model/decision.h"

struct arena;
struct args;
struct config;
struct conversation;
struct map;
struct option_spec;
struct past;
struct pool;

/* Where replays are made; the rules that were used are kept. */
struct replays {
    struct pool *pool;
    struct config *config; /* or NULL */
    struct past *past;
    struct policy *other; /* decide by these instead; or NULL */
    struct map *policies; /* by hash */
};

/* Open what the options config, socket and store name. Prints one line per
 * error in the verb's name and returns its exit code; end it in any case. */
int replays_start(struct replays *r, const char *verb,
                  const struct option_spec *specs);
void replays_end(struct replays *r);

enum replay_word {
    REPLAY_IDENTICAL,
    REPLAY_DIFFERS,
    REPLAY_AS_RECORDED, /* the rules failed then, of what does not repeat */
    REPLAY_IMPOSSIBLE,  /* what it was made of is not there any more */
    REPLAY_WORDS
};
const char *replay_word_name(enum replay_word w);

/* One stored decision with all it was made of. */
struct replay {
    const char *id; /* borrowed */
    struct arena *arena;
    json_t *inputs; /* history.h */
    struct conversation *conv;
    int64_t upto_seq;
    bool exact;            /* the conversation is recorded as it was seen */
    struct policy *policy; /* the recorded one, held; or NULL: why in note */
    struct buf note;       /* what is to be known of it, a line each */
    /* once decided */
    enum replay_word word;
    struct decision decision;
    json_t *stored, *made; /* the decisions, as JSON */
};

/* Read it and put the moment together again. ERR_INPUT: there is no such
 * decision; ERR_SYSTEM: nobody to ask. Clear it in any case. */
int replay_read(struct replays *all, const char *id, struct replay *r,
                struct err *e) MUST_CHECK;

/* Decide (word, stored, made) or only explain (decision, with its trace). */
int replay_run(struct replays *all, struct replay *r, enum policy_mode mode,
               struct err *e) MUST_CHECK;

/* The members that differ: "group: was billing, is legal", a line each. */
void replay_differences(const struct replay *r, struct buf *out);

void replay_clear(struct replay *r);

/* decide --replay ID and --replay-all: an exit code. */
int replay_verb(const struct args *args, const struct option_spec *specs);

#endif
