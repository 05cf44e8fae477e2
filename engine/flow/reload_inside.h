/* reload_inside: what the files of reload share: who wants what
 * (reload_ask.c), the round that does it (reload.c), and what it writes
 * (reload_rows.c). */
#ifndef FLOW_RELOAD_INSIDE_H
#define FLOW_RELOAD_INSIDE_H

#include "base/buf.h"
#include "flow/reload.h"

struct db;
struct folder_watch;
struct loop_watch;
struct policy;
struct pool;
struct measure;
struct trial;

enum aim {
    AIM_FOLDER,  /* the folder's rules into force, or whatever is configured */
    AIM_BACK,    /* kept ones into force */
    AIM_DRAFT,   /* a folder's, kept ones or the present draft on its way */
    AIM_PROMOTE, /* the draft into force */
    AIM_STOP     /* the draft off its way */
};

struct asker {
    reload_done *done;
    void *arg;
    struct asker *next;
};

/* What somebody wants, and everybody who waits for it. */
struct wish {
    enum aim aim;
    char actor[16];
    bool force;
    char *what; /* a folder, a hash or what it begins with, or "" */
    struct draft_way way;
    struct asker *askers;
    struct wish *next;
};

#define HASH_DIGITS 64

/* One way from the folder (or the store) to the pointer. */
struct round {
    struct reload *reload;
    struct wish *wish; /* owned */
    int number;
    const char *dir;      /* of the rules that are read; NULL: kept ones */
    struct draft_way way; /* where they go; state DRAFT_NONE: into force */
    struct policy *next;
    struct pool *scratch; /* a worker of its own: live ones are not kept busy */
    struct loop_watch *watch;
    struct trial *trial;
    struct measure *measure;
    bool only_tests; /* the rules are in force, and their tests changed */
    size_t tests;
    int64_t at_ms;
    char before[HASH_DIGITS + 1]; /* in force when it was put there */
    char tested[HASH_DIGITS + 1];
    struct buf kept, hash; /* the rules as the store keeps them; who */
    bool withdrawn;        /* result of the store's job: it is not wanted */
    int found;
};

struct reload {
    struct engine *engine;
    struct folder_watch *watch;
    struct round *round;          /* under way, or NULL */
    struct wish *wishes;          /* that wait for it, in their order */
    char tested[HASH_DIGITS + 1]; /* rules and tests that passed together */
    size_t tests_passed;          /* how many tests that were */
    struct reload_outcome last;
    char last_text[ERR_TEXT_MAX], last_hash[HASH_DIGITS + 1];
};

/* Tell everybody who waits for it. */
void wish_tell(struct wish *w, const struct reload_outcome *o);
void wish_free(struct wish *w);

/* Takes the wish over; there is no round yet. */
void reload_begin(struct reload *r, struct wish *wish);
void reload_round_free(struct round *w);

/* Into force, and not on its way there. */
bool reload_goes_live(const struct round *w);

/* On the store's thread (arg: struct round). */
int reload_run_find(struct db *d, void *arg, struct err *e);
int reload_run_put_in_force(struct db *d, void *arg, struct err *e);
int reload_run_put_draft(struct db *d, void *arg, struct err *e);
int reload_run_stop(struct db *d, void *arg, struct err *e);

#endif
