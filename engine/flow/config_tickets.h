/*
 * config_tickets: the part of the configuration that is about tickets after
 * they are made.
 */
#ifndef FLOW_CONFIG_TICKETS_H
#define FLOW_CONFIG_TICKETS_H

#include <jansson.h>
#include <stdint.h>

struct config;

/* So long nobody may have taken a ticket, and who gets it then. */
struct unassigned {
    int64_t after_ms;       /* 0: nobody is told */
    const char *then_group; /* or NULL: it stays where it is */
};

struct config_tickets {
    int64_t reopen_ms;            /* a message goes to a ticket that is done */
    struct unassigned unassigned; /* where a group says nothing of its own */
};

/* Fill in c->tickets and the follow_ms of its helpdesks from what config()
 * returned; NULL: the defaults. */
void config_read_tickets(struct config *c, const json_t *root);

/* What a group, or the whole, says of it. */
void config_read_unassigned(struct config *c, const json_t *values,
                            struct unassigned *out);

/* What holds for the tickets of a group (or NULL). */
struct unassigned config_unassigned(const struct config *c, const char *group);

#endif
