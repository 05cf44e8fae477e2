/*
 * decision_members: every member of a decision, once, in the order of their
 * names: what the reader checks against and the writer writes from.
 */
#ifndef MODEL_DECISION_MEMBERS_H
#define MODEL_DECISION_MEMBERS_H

#include <stddef.h>

#include "model/decision.h"

enum decision_member_kind {
    MEMBER_TEXT,   /* const char *; one of `words` when there are any */
    MEMBER_MAP,    /* json_t *, an object */
    MEMBER_LIST,   /* json_t *, an array */
    MEMBER_NUMBER, /* int64_t, 0 or more */
    MEMBER_FLAG,   /* bool */
    /* with rules of their own, and no offset */
    MEMBER_ACTION,
    MEMBER_PRIORITY,
    MEMBER_MESSAGE,
    MEMBER_TAGS,
    MEMBER_EVIDENCE,
    MEMBER_TRACE,
    MEMBER_WOULD /* read only: it goes into the trace */
};

struct decision_member {
    const char *name;
    enum decision_member_kind kind;
    size_t offset;
    const char *const *words;
};

extern const struct decision_member decision_members[];
extern const size_t decision_member_count;

/* Where the member lies in d. */
void *decision_at(struct decision *d, const struct decision_member *m);

#endif
