/*
 * versions: which rules decide a conversation: those in force, a canary, or,
 * when the configuration pins conversations, those that it began under, read
 * from the store when they are needed again. What was found wanting (an
 * operator went back, a canary was taken back) decides nothing any more: its
 * conversations follow.
 */
#ifndef FLOW_VERSIONS_H
#define FLOW_VERSIONS_H

struct engine;
struct job;
struct policy;
struct versions;

struct versions *versions_new(struct engine *en);

/* Borrowed; or NULL: they are being read, and ready(j) runs once, later; ask
 * again then. */
struct policy *versions_for(struct versions *v, struct job *j,
                            void (*ready)(struct job *j));

/* Others are in force now; conversations may be pinned to these. */
void versions_keep(struct versions *v, struct policy *p);

/* Nothing is decided by this one any more. */
void versions_drop(struct versions *v, const char *hash);

/* Call nobody back any more; and when the store is closed. NULL is fine. */
void versions_stop(struct versions *v);
void versions_free(struct versions *v);

#endif
