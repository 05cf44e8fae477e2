/*
 * sql_ticket: what the helpdesk says became of a ticket. The helpdesk is the
 * truth, but its news may come twice or out of order: an older word never
 * overwrites a newer one. All functions run on the store's thread.
 */
#ifndef STORE_SQL_TICKET_H
#define STORE_SQL_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ticket.h"

struct db;

/* Borrowed strings; NULL where nothing is known. */
struct sql_ticket {
    const char *tenant, *helpdesk, *remote_id;
    const char *hid, *conv, *display_id, *url;
    const char *title, *priority, *group, *assignee;
    const char *csat; /* JSON, once the customer has rated */
    enum ticket_status status;
    int64_t created_ms;
    int64_t remote_ms; /* the helpdesk's own time of its last word; 0: none */
    int64_t ver;       /* one more with each change */
};

/* *found says whether there is one; fn gets it, borrowed until it returns.
 * ERR_INPUT for a status that this version does not know. */
typedef int sql_ticket_fn(void *arg, const struct sql_ticket *t, struct err *e);
int sql_ticket_find(struct db *d, const char *tenant, const char *helpdesk,
                    const char *remote_id, sql_ticket_fn *fn, void *arg,
                    bool *found, struct err *e) MUST_CHECK;
int sql_ticket_of_handoff(struct db *d, const char *tenant, const char *hid,
                          sql_ticket_fn *fn, void *arg, bool *found,
                          struct err *e) MUST_CHECK;

/* Take over status, and priority, group and assignee where they are not NULL,
 * of the ticket named by tenant, helpdesk and remote_id, which was read with
 * this ver. *moved is false when the ticket was changed since (read it again)
 * or the word is older than the last one taken (remote_ms; an equal time is
 * taken: some helpdesks count in seconds). */
int sql_ticket_move(struct db *d, const struct sql_ticket *t, bool *moved,
                    struct err *e) MUST_CHECK;

/* Keep the customer's rating (JSON). Only the first counts: *kept. */
int sql_ticket_rate(struct db *d, const char *tenant, const char *hid,
                    const char *csat, bool *kept, struct err *e) MUST_CHECK;

#endif
