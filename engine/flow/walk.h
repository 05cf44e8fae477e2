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

#include "base/err.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/event.h"
#include "script/pool.h"

struct arena;
struct config;
struct policy;
struct walk;

/* How the walk ended: for a recording the first decision other than keep and
 * wait, else the last. */
typedef void walk_done(void *arg, struct walk *w);

/* How to walk; may be joined. */
enum {
    WALK_EXPLAIN = 1, /* with the trace of every rule and condition */
    WALK_RUNNING = 2  /* nothing has ended: see recordings_running */
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
    struct happening now; /* that the rules are asked about */
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

#endif
