/*
 * policy: the rules in force: a script set, what its files may see while they
 * load (`given`), and the one way to ask it for a decision. The command line
 * and the server share it. Counted by reference: what was begun under one
 * policy ends under it, though another is in force meanwhile.
 */
#ifndef FLOW_POLICY_H
#define FLOW_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/event.h"

struct config;
struct conversation;
struct pool;
struct script_set;

struct policy {
    struct script_set *set;
    const char *hash; /* of the set */
    char *dir;
    unsigned holders;
    int64_t mutant; /* see policy_mutant; else 0 */
};

/* Read a folder of rules. config: groups, helpdesks, routing and the rest
 * that the rules may name; NULL: any name is allowed, the default group is
 * "support". with_tests: *_test.lua too, with the words for tests, and the
 * recordings (an object, name -> conversation) that they may name. Nothing is
 * run yet: see policy_check. */
struct policy *policy_load(const struct config *config, const char *dir,
                           bool with_tests, const json_t *recordings,
                           struct err *e) MUST_CHECK;

/* The same with more members of `given`, what the words for tests look at. */
struct policy *policy_load_given(const struct config *config, const char *dir,
                                 bool with_tests, const json_t *recordings,
                                 const json_t *more, struct err *e) MUST_CHECK;

/* Load it in a worker. ERR_INPUT with file, line and remedy when it fails.
 * description (may be NULL; caller json_decref()s) gets what describe() says:
 * rules with name, owner, description, action. */
int policy_check(struct pool *pool, const struct policy *p,
                 json_t **description, struct err *e) MUST_CHECK;

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
    int64_t mutant;   /* of the policy that is asked */
    /* EVENT_TIMER: the rule that waited, since when, until when; or NULL */
    const char *wait_rule;
    int64_t wait_since, wait_due;
};

/* Append the facts of a moment, as JSON (stored with the decision). */
void policy_facts(const struct config *config, const struct policy_moment *m,
                  struct buf *json);

/* Append the packed arguments of decide(conversation, facts, mode). */
void policy_pack_call(const struct config *config, const struct conversation *c,
                      const struct policy_moment *m, enum policy_mode mode,
                      struct buf *args);

/* The same from files that were kept (sql_policy): those of the rules' folder,
 * with the rule language of this version. ERR_INPUT when it is no such JSON. */
struct policy *policy_from_kept(const struct config *config, const char *dir,
                                struct str kept, struct err *e) MUST_CHECK;

/* Append what policy_from_kept takes. */
void policy_keep(const struct policy *p, struct buf *json);

/* The same rules, asked with the nth change that the words for tests know to
 * make to them (from 1; given.mutants is true). */
struct policy *policy_mutant(const struct policy *p, int64_t n);

struct policy *policy_hold(struct policy *p);
void policy_release(struct policy *p); /* NULL is fine */

#endif
