/*
 * walk: a conversation from its first moment to its last, on its own clock:
 * the rules are asked whenever the engine would ask them, see nothing later
 * than that moment, and a rule that waits comes when its time has run out
 * (wait.h). A recording is walked as it happened; a timeline (timeline.h) as a
 * test tells it.
 */
#ifndef FLOW_WALK_H
#define FLOW_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/event.h"
#include "script/pool.h"

struct arena;
struct config;
struct walk;

/* How the walk ended: for a recording the first decision other than keep and
 * wait, else the last. */
typedef void walk_done(void *arg, struct walk *w);

/* How to walk; may be joined. */
enum {
    WALK_EXPLAIN = 1, /* with the trace of every rule and condition */
    WALK_RUNNING = 2, /* nothing has ended: see recordings_running */
    /* Moments that are known to follow each other when nothing is done are
     * asked about together: for rules that have the entry `walk`. */
    WALK_SERIES = 4
};

/* What comes next in a conversation. */
struct happening {
    enum event_type event;
    int64_t at_ms; /* 0: unknown, no time passes */
    struct conversation_change change;
    int64_t upto; /* messages there are then */
    bool asks;    /* the rules are asked */
};

/* Where happenings come from, and what becomes of the decisions. */
struct walk_way {
    /* The time of the next one into *at_ms; false: there is none. */
    bool (*peek)(struct walk *w, int64_t *at_ms);
    /* It happens. False: it cannot, w->failure says why. */
    bool (*take)(struct walk *w, struct happening *h);
    /* w->decision was made for w->now. True: go on. */
    bool (*decided)(struct walk *w);
    /* It is a hand-over that asks for what a budget has left: walk_spent is to
     * be called, now or later. NULL: there is always enough. */
    void (*spend)(struct walk *w);
};

struct walk {
    const struct walk_way *way;
    struct pool *pool;
    const struct policy *policy;
    const struct config *config; /* or NULL */
    const json_t *availability;  /* of teams, at every moment; or NULL */
    struct conversation *conv;   /* owned */
    struct arena *arena;
    unsigned how;    /* WALK_... */
    int64_t only_at; /* decide at this message only; 0: walk */
    int64_t seen;    /* messages that have happened */
    int64_t at;      /* message of the decision in hand; 0: before any */
    bool ended;      /* the decision in hand is the one at the end */
    bool over;       /* nothing more happens, but what waits */
    bool fired;      /* the decision in hand is one that waited */
    unsigned fires;
    bool one_by_one;            /* a series lost its worker: not again */
    struct happening now;       /* that the rules are asked about */
    struct policy_moment asked; /* the facts of it */
    const json_t *others;       /* of a test: crowd.h; borrowed; or NULL */
    struct decision decision;
    enum script_class class;    /* of the last call */
    char failure[ERR_TEXT_MAX]; /* why the fail-safe decided; or empty */
    walk_done *done;
    void *arg;
    void *own; /* of the way */
};

/* Takes over the conversation; done runs inside pool_poll, exactly once. */
struct walk *walk_start(struct pool *pool, const struct policy *policy,
                        const struct config *config,
                        struct conversation *conversation, unsigned how,
                        int64_t only_at, walk_done *done, void *arg);

/* One decision only, with everything that the conversation holds, for an
 * event by name ("message.created") at now_ms (0: the last message's time).
 * availability: of teams, borrowed until done ran; or NULL. */
struct walk *walk_moment(struct pool *pool, const struct policy *policy,
                         const struct config *config,
                         struct conversation *conversation, const char *event,
                         int64_t now_ms, const json_t *availability,
                         walk_done *done, void *arg);
void walk_free(struct walk *w); /* NULL is fine */

/* The next message to decide at behind message `at`; 0: the end is next. */
int64_t walk_next_moment(const struct conversation *c, int64_t at);

/* When message seq was said, or the last one before it whose time is known. */
int64_t walk_time_at(const struct conversation *c, int64_t seq);

/* --- for ways: a new walk, and to begin it --- */
struct walk *walk_new(struct pool *pool, const struct policy *policy,
                      const struct config *config,
                      struct conversation *conversation, walk_done *done,
                      void *arg);
void walk_begin(struct walk *w, const struct walk_way *way);

/* What the rules return when they have nothing to do, packed: a keep of no
 * rule, which stands for waits that are cut short as well. */
void walk_nothing(struct buf *out);

/* What the budgets said: refused, the one that has nothing left (the rules are
 * asked what to do instead), or NULL. */
void walk_spent(struct walk *w, const char *refused, double level);

/* A test's: asks what the others left, w->others. */
void walk_spend_of_others(struct walk *w);

/* The way of a recording: for others that only watch it. */
bool walk_recorded_peek(struct walk *w, int64_t *at_ms);
bool walk_recorded_take(struct walk *w, struct happening *h);
bool walk_recorded_decided(struct walk *w);

/* Begin a recording's way, not at its beginning but at message seq (or at the
 * end), where this was decided (taken over); nothing before it is asked again.
 * The conversation knows what the rules remembered by then. */
void walk_on_from(struct walk *w, const struct walk_way *way, int64_t seq,
                  bool ended, struct decision *made);

/* The same where a hand-over was decided that a budget refuses. */
void walk_refused_at(struct walk *w, const struct walk_way *way, int64_t seq,
                     bool ended, const char *budget, double level);

#endif
