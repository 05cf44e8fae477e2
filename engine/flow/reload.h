/*
 * reload: the way from a changed folder to the rules in force. The files are
 * copied, loaded and put to their own tests in a worker of their own; only
 * when all of that went well, and the rules are kept in the store under their
 * hash, one pointer is switched. Otherwise the rules in force stay, and log,
 * counters, /readyz and the answer to who asked say file, line and test.
 *
 * Asked for by a change of the folder, by SIGHUP and by the admin listener.
 */
#ifndef FLOW_RELOAD_H
#define FLOW_RELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/draft.h"

struct engine;
struct reload;

enum reload_word {
    RELOAD_NONE, /* not asked yet */
    RELOAD_IN_FORCE,
    RELOAD_UNCHANGED, /* the same rules were in force already */
    RELOAD_REJECTED,
    RELOAD_DRAFT,  /* they are the draft now; draft.h says how far it is */
    RELOAD_STOPPED /* the draft decides nothing any more */
};
const char *reload_word_name(enum reload_word word);

struct reload_outcome {
    enum reload_word word;
    const char *hash; /* of what is in force now */
    const char *text; /* RELOAD_REJECTED: what is wrong, where */
    size_t tests;     /* that passed */
    int64_t at_ms;
};

/* Runs exactly once, on the loop; o is borrowed until it returns. */
typedef void reload_done(void *arg, const struct reload_outcome *o);

/* The rules to begin with: those of the folder; or, when an operator withdrew
 * these or they do not load, the last that were in force (a reboot must not
 * turn a slip in a file into an engine that does not start). Sets en->policy;
 * the store is open. ERR_INPUT with file and line when there are none. */
int reload_first(struct engine *en, struct err *e) MUST_CHECK;

/* Begin to watch the folder and SIGHUP. NULL with the reason in e. */
struct reload *reload_new(struct engine *en, struct err *e) MUST_CHECK;

/* Read the folder now. actor: for the audit ("operator", "signal", "watch");
 * force: also what was withdrawn. done may be NULL. */
void reload_ask(struct reload *r, const char *actor, bool force,
                reload_done *done, void *arg);

/* Put the rules of this hash (or of what it begins with, 8 digits at least)
 * in force again, NULL: those before the present ones. What is in force now is
 * withdrawn: the folder takes over again when it holds something else. */
void reload_back(struct reload *r, const char *hash, reload_done *done,
                 void *arg);

/* Make rules the draft, and have it go this way: those of a folder (what begins
 * with '/'), kept ones (a hash, as above) or the present draft (NULL). They are
 * loaded and put to their own tests first. A draft in shadow gives way to the
 * next; a canary does not. */
void reload_draft(struct reload *r, const char *what,
                  const struct draft_way *way, reload_done *done, void *arg);

/* The draft comes into force. What was there is withdrawn, as by reload_back,
 * but what is pinned to it stays. */
void reload_promote(struct reload *r, bool force, reload_done *done, void *arg);

/* The draft decides nothing any more. */
void reload_stop_draft(struct reload *r, reload_done *done, void *arg);

/* What came of the last one that concerns the rules in force; .word RELOAD_NONE
 * when there was none. */
const struct reload_outcome *reload_last(const struct reload *r);

/* Ask for no more, tell who waits. NULL is fine. */
void reload_stop(struct reload *r);

/* When the store is closed: its callbacks may still come. NULL is fine. */
void reload_free(struct reload *r);

#endif
