/*
 * policy: the rules in force: a script set, what its files may see while they
 * load (`given`), and the one way to ask it for a decision. The command line
 * and the server share it.
 */
#ifndef FLOW_POLICY_H
#define FLOW_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/event.h"

struct config;
struct conversation;
struct pool;
struct script_set;

struct policy {
    struct script_set *set;
    const char *hash; /* of the set */
    char *dir;
};

/* Read a folder of rules. config: groups, helpdesks, routing and the rest
 * that the rules may name; NULL: any name is allowed, the default group is
 * "support". with_tests: *_test.lua too, with the words for tests, and the
 * recordings (an object, name -> conversation) that they may name. Nothing is
 * run yet: see policy_check. */
struct policy *policy_load(const struct config *config, const char *dir,
                           bool with_tests, const json_t *recordings,
                           struct err *e) MUST_CHECK;

/* Load it in a worker. ERR_INPUT with file, line and remedy when it fails.
 * description (may be NULL; caller json_decref()s) gets what describe() says:
 * rules with name, owner, description, action. */
int policy_check(struct pool *pool, const struct policy *p,
                 json_t **description, struct err *e) MUST_CHECK;

/* The same folder as it is looked at by `usher check`, `docs` and `stubs`: in a
 * set of its own, with the words wrapped so that each condition knows what
 * made it (rules/lint, rules/author). corpus: phrases can be measured. dir
 * NULL: the words alone, for their documentation. */
struct policy *policy_load_seen(const struct config *config, const char *dir,
                                bool with_tests, const json_t *recordings,
                                bool corpus, struct err *e) MUST_CHECK;

/* Call a function of the set's entry table and wait for what it returns
 * (caller json_decref()s; NULL with ERR_SCRIPT). arguments: an array. */
json_t *policy_ask(struct pool *pool, const struct policy *p,
                   const char *function, const json_t *arguments,
                   struct err *e) MUST_CHECK;

enum policy_mode {
    POLICY_LIVE,
    POLICY_EXPLAIN
};

struct policy_moment {
    enum event_type event;
    const char *event_id; /* or NULL */
    int64_t at_ms;        /* when it happened; 0: unknown */
    int64_t now_ms;
    int64_t upto_seq; /* 0: everything so far */
};

/* Append the facts of a moment, as JSON (stored with the decision). */
void policy_facts(const struct config *config, const struct policy_moment *m,
                  struct buf *json);

/* Append the packed arguments of decide(conversation, facts, mode). */
void policy_pack_call(const struct config *config, const struct conversation *c,
                      const struct policy_moment *m, enum policy_mode mode,
                      struct buf *args);

void policy_free(struct policy *p); /* NULL is fine */

#endif
