/*
 * past: what an engine kept, from the running engine by its admin socket or
 * from its store, which is only read and may be in use meanwhile.
 */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct past;

/* One of the two is given. tenant: of the store; NULL: "default". Nothing is
 * asked of an engine yet. NULL with the reason. */
struct past *past_open(const char *socket_path, const char *store,
                       const char *tenant, struct err *e);

enum past_list {
    PAST_RECORDINGS, /* conversations with their messages, by id */
    PAST_DECISIONS,  /* as run_history_decisions says, by id */
    PAST_HANDOFFS,   /* as run_history_handoffs says, by id */
    PAST_LISTS
};

/* Where a list is read; begins as zeros with since_ms. */
struct past_place {
    int64_t since_ms;
    struct buf next;
    bool ended;
};

/* The next page (caller json_decref()s the array), or NULL: with place->ended
 * when there is no more, else with the reason in e. */
json_t *past_page(struct past *p, enum past_list list, struct past_place *place,
                  struct err *e);

enum past_thing {
    PAST_INPUTS, /* of a decision: history.h */
    PAST_POLICY  /* the kept files of rules, by hash */
};

/* One thing (caller json_decref()s), or NULL: ERR_INPUT when there is no such
 * id, else ERR_SYSTEM. */
json_t *past_thing(struct past *p, enum past_thing thing, const char *id,
                   struct err *e);

/* The hash of the rules in force; of a store: of the newest decision's. */
int past_policy_hash(struct past *p, struct buf *hash, struct err *e);

void past_close(struct past *p); /* NULL is fine */

/* "30d", "12h", "2w", "45m": milliseconds; 0 when it is none of these. */
int64_t past_span_ms(const char *text);

#endif
