#include "flow/config_tickets.h"

#include "flow/config.h"

#define FOLLOW_MS (5LL * 60 * 1000)
#define REOPEN_MS (72LL * 3600 * 1000)

/* A time in seconds, false for never, or nothing. */
static int64_t
follow_of(const json_t *values, int64_t usual)
{
    const json_t *follow = json_object_get(values, "follow");

    if (json_is_false(follow))
        return 0;
    return json_is_number(follow) ? json_integer_value(follow) * 1000 : usual;
}

void
config_read_unassigned(struct config *c, const json_t *values,
                       struct unassigned *out)
{
    out->after_ms =
        json_integer_value(json_object_get(values, "unassigned_after_s")) *
        1000;
    out->then_group = arena_str(
        c->arena, json_string_value(json_object_get(values, "then_group")));
}

void
config_read_tickets(struct config *c, const json_t *root)
{
    const json_t *all = json_object_get(root, "tickets");
    const json_t *reopen = json_object_get(all, "reopen_within_s");
    int64_t usual = follow_of(all, FOLLOW_MS);

    c->tickets.reopen_ms =
        reopen != NULL ? json_integer_value(reopen) * 1000 : REOPEN_MS;
    config_read_unassigned(c, all, &c->tickets.unassigned);
    for (size_t i = 0; i < c->helpdesk_count; i++)
        c->helpdesks[i].follow_ms = follow_of(c->helpdesks[i].values, usual);
}

struct unassigned
config_unassigned(const struct config *c, const char *group)
{
    const struct config_group *g = config_group(c, group);
    struct unassigned u = c->tickets.unassigned;

    if (g != NULL && g->unassigned.after_ms > 0)
        u.after_ms = g->unassigned.after_ms;
    if (g != NULL && g->unassigned.then_group != NULL)
        u.then_group = g->unassigned.then_group;
    return u;
}
