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
struct facts_wanted;
struct pool;
struct script_set;
struct value;

struct policy {
    struct script_set *set;
    const char *hash; /* of the set */
    char *dir;
    unsigned holders;
    const struct config *config; /* or NULL; outlives the policy */
    struct facts_wanted *wanted; /* what it asks about, once described */
    int64_t mutant;              /* see policy_mutant; else 0 */
    size_t rules;                /* how many, once described */
    bool sees_waits;             /* see policy_may_see_waits */
};

/* Whether rules of the set may look at a wait that is under way: their text
 * names it, or goes through all that is known of a conversation. (The words of
 * the language do not, but for a promise of the SLA.) */
bool policy_may_see_waits(const struct script_set *set);

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
int policy_check(struct pool *pool, struct policy *p, json_t **description,
                 struct err *e) MUST_CHECK;

/* What describe() of the loaded policy said: which facts it wants. Whoever
 * calls describe() without policy_check says it here. */
void policy_described(struct policy *p, const struct value *description);

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
    POLICY_EXPLAIN,
    POLICY_WALK,  /* live, of a conversation that is walked: see until_ms */
    POLICY_SHARED /* the same, without what conversation_pack_shared packed */
};

struct policy_moment {
    enum event_type event;
    const char *event_id; /* or NULL */
    int64_t at_ms;        /* when it happened; 0: unknown */
    int64_t now_ms;
    int64_t upto_seq;           /* 0: everything so far */
    bool cannot_ask;            /* the customer cannot be written to */
    const json_t *availability; /* of teams (availability.h); or NULL */
    const char *budget; /* the bucket that had no token for it, or NULL */
    double budget_level;
    int64_t mutant; /* of the policy that is asked */
    /* EVENT_TIMER: the rule that waited, since when, until when; or NULL */
    const char *wait_rule;
    int64_t wait_since, wait_due;
    /* POLICY_WALK: by then the customer writes again, so that a wait which is
     * longer is a keep; 0: they do not */
    int64_t until_ms;
};

/* Append the facts of a moment, as JSON (stored with the decision). */
void policy_facts(const struct policy *p, const struct conversation *c,
                  const struct policy_moment *m, struct buf *json);

/* Put what the rules saw of the conversation (conversation_seen) beside the
 * facts, so that the moment can be put together again (policy_pack_replay);
 * nothing is added when they were not asked. */
void policy_facts_seen(const struct buf *seen, struct buf *json);

/* Append the packed arguments of decide(conversation, facts, mode), or of
 * walk(conversation, facts, until_ms). */
void policy_pack_call(const struct policy *p, const struct conversation *c,
                      const struct policy_moment *m, enum policy_mode mode,
                      struct buf *args);

/* The same from files that were kept (sql_policy): those of the rules' folder,
 * with the rule language of this version. ERR_INPUT when it is no such JSON. */
struct policy *policy_from_kept(const struct config *config, const char *dir,
                                struct str kept, struct err *e) MUST_CHECK;

/* Append what policy_from_kept takes. */
void policy_keep(const struct policy *p, struct buf *json);

/* The same exactly as they were, rule language and all: of what policy_keep
 * wrote (as JSON) comes a policy of the same hash; whoever needs that compares
 * the two. extra: one more file of the rule language, or NULL. Only for asking
 * it again (policy_replay.c). */
struct policy *policy_exactly(const json_t *kept, const char *extra,
                              struct err *e) MUST_CHECK;

/* Append the packed arguments of decide() for facts as they were recorded
 * (policy_facts). */
void policy_pack_replay(const struct conversation *c, int64_t upto_seq,
                        const json_t *facts, enum policy_mode mode,
                        struct buf *args);
/* The same rules, asked with the nth change that the words for tests know to
 * make to them (from 1; given.mutants is true). */
struct policy *policy_mutant(const struct policy *p, int64_t n);

/* Conversations and hand-overs are to be counted (purse.h) for its sake. */
bool policy_counts_sessions(const struct policy *p);

/* The customer's last ticket is to be known (returns.h) for its sake. */
bool policy_wants_returns(const struct policy *p);

struct policy *policy_hold(struct policy *p);
void policy_release(struct policy *p); /* NULL is fine */

#endif
