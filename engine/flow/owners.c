#include "flow/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/rows.h"
#include "http/loop.h"
#include "model/decision.h"
#include "store/store.h"

#define HOUR_MS 3600000

struct owners {
    struct engine *engine;
    struct loop_timer *timer;
    bool looking;
};

static const char assignee[] = "assignee", group[] = "group",
                  fallback[] = "fallback";

void
owner_of(const struct config *config, const struct decision *d,
         const char **kind, const char **owner)
{
    *kind = d->assignee != NULL ? assignee
            : d->group != NULL  ? group
                                : fallback;
    *owner = d->assignee != NULL             ? d->assignee
             : d->group != NULL              ? d->group
             : config->default_group != NULL ? config->default_group
                                             : "support";
}

/* A person is the helpdesk's to know; a group is there while the configuration
 * names it, or names none at all. */
static bool
is_there(const struct config *c, const struct row_owner *o)
{
    if (o->owner[0] == '\0')
        return false;
    if (strcmp(o->kind, assignee) == 0)
        return true;
    if (strcmp(o->kind, group) != 0 && strcmp(o->kind, fallback) != 0)
        return false;
    return c->groups == NULL || json_object_get(c->groups, o->owner) != NULL;
}

static void
tell(const struct row_owner *o)
{
    log_error("handoffs.unowned", LOG_STR("owner_kind", o->kind),
              LOG_STR("owner", o->owner), LOG_INT("handoffs", o->count),
              LOG_STR("oldest", o->oldest),
              LOG_STR("do", "nobody of that name is configured any more: add "
                            "the group again, or give these tickets to "
                            "somebody in the helpdesk"));
}

static void look(void *arg);

static void
on_looked(void *arg, const struct err *e)
{
    struct row_owners *page = arg;
    struct owners *o = page->asker;
    int64_t unowned = 0;

    o->looking = false;
    if (e != NULL) {
        log_failure(LOG_WARN, "owners.not_checked", NULL, NULL, e);
    } else {
        for (const struct row_owner *r = page->first; r != NULL; r = r->next) {
            if (is_there(o->engine->config, r))
                continue;
            unowned += r->count;
            tell(r);
        }
        o->engine->handoffs_unowned = unowned;
    }
    arena_free(page->arena);
    free(page);
}

static void
look(void *arg)
{
    struct owners *o = arg;
    struct row_owners *page;

    o->timer = loop_after(o->engine->loop, HOUR_MS, look, o);
    if (o->looking)
        return;
    o->looking = true;
    page = mem_zero(sizeof *page);
    page->asker = o;
    page->tenant = o->engine->config->tenant;
    page->arena = arena_new(4096);
    store_submit(o->engine->store, run_list_owners, on_looked, page);
}

struct owners *
owners_new(struct engine *en)
{
    struct owners *o = mem_zero(sizeof *o);

    o->engine = en;
    look(o);
    return o;
}

void
owners_free(struct owners *o)
{
    if (o == NULL)
        return;
    loop_cancel(o->timer);
    free(o);
}
