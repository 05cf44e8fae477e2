#include "flow/returns.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/job.h"
#include "flow/policy.h"
#include "flow/rows.h"
#include "model/conversation.h"
#include "store/store.h"

/* One kind of thing that somebody is known by is no other. */
static const char *
hash_of(struct arena *a, const char *kind, const char *within, const char *id)
{
    struct buf text = {0}, hex = {0};
    uint8_t sum[SHA256_SIZE];
    const char *hash;

    buf_addf(&text, "%s\n%s\n%s", kind, within, id);
    digest_sha256(text.data, text.len, sum);
    digest_hex(&hex, sum, sizeof sum);
    hash = arena_dup(a, hex.data, hex.len);
    buf_free(&text);
    buf_free(&hex);
    return hash;
}

static const char *
who_by_id(const struct conversation *c, struct arena *a)
{
    const char *id = c->customer.external_id;

    return id != NULL ? hash_of(a, "id", c->source, id) : NULL;
}

/* Anybody can type an address. */
static const char *
who_by_mail(const struct conversation *c, struct arena *a)
{
    const char *mail = c->customer.email;
    struct buf low = {0};
    const char *hash;

    if (mail == NULL || !c->customer.email_verified)
        return NULL;
    for (; *mail != '\0'; mail++)
        buf_addc(&low,
                 *mail >= 'A' && *mail <= 'Z' ? (char)(*mail + 32) : *mail);
    hash = hash_of(a, "mail", "", buf_str(&low));
    buf_free(&low);
    return hash;
}

void
returns_begin(const struct conversation *c, struct arena *a,
              struct row_step *step)
{
    if (c == NULL)
        return;
    step->who_id = who_by_id(c, a);
    step->who_mail = who_by_mail(c, a);
    step->intent = arena_str(a, c->intent);
}

/* --- what rules are told --- */

struct asking {
    struct row_returns rows; /* first: the store's function gets it */
    struct job *job;
    void (*again)(struct job *j);
};

static void
set_time(json_t *o, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT_MAX];

    if (ms == 0)
        return;
    clock_format(ms, text);
    json_object_set_new(o, key, json_string(text));
}

static bool
is_done(const struct row_return *t)
{
    return t->status == TICKET_RESOLVED || t->status == TICKET_CLOSED;
}

static json_t *
last_of(const struct row_returns *rows)
{
    const struct row_return *t = rows->last;
    json_t *o = json_object();

    if (t == NULL)
        return o;
    json_object_set_new(o, "last_ticket_id", json_string(t->ticket));
    if (t->intent != NULL)
        json_object_set_new(o, "last_ticket_intent", json_string(t->intent));
    json_object_set_new(o, "last_ticket_state",
                        json_string(is_done(t)
                                        ? ticket_status_name(t->status)
                                        : ticket_status_name(TICKET_OPEN)));
    set_time(o, "last_ticket_resolved_at", t->done_at);
    json_object_set_new(o, "last_ticket_returns", json_integer(rows->returns));
    return o;
}

static json_t *
open_of(const struct row_returns *rows)
{
    json_t *list = json_array();

    for (const struct row_return *t = rows->first; t != NULL; t = t->next) {
        json_t *one;

        if (is_done(t))
            continue;
        one = json_object();
        json_object_set_new(one, "helpdesk", json_string(t->helpdesk));
        json_object_set_new(one, "id", json_string(t->ticket));
        json_object_set_new(one, "status",
                            json_string(ticket_status_name(t->status)));
        if (t->intent != NULL)
            json_object_set_new(one, "intent", json_string(t->intent));
        set_time(one, "updated_at", t->changed_at);
        json_array_append_new(list, one);
    }
    return list;
}

static void
on_found(void *arg, const struct err *e)
{
    struct asking *a = arg;
    json_t *known = a->job->conv->known_tickets;

    /* The rules are asked all the same: a customer waits. */
    if (e != NULL) {
        log_failure(LOG_WARN, "returns.not_known", "conversation",
                    a->job->conv_id, e);
    } else {
        json_object_set_new(known, "last", last_of(&a->rows));
        json_object_set_new(known, "open", open_of(&a->rows));
    }
    a->again(a->job);
}

bool
returns_known(struct job *j, const struct policy *p,
              void (*again)(struct job *j))
{
    const struct conversation *c = j->conv;
    struct asking *a;

    if (j->knows_returns || c->handoff_id != NULL || !policy_wants_returns(p))
        return true;
    j->knows_returns = true;
    a = arena_alloc(j->arena, sizeof *a);
    a->rows.who_id = who_by_id(c, j->arena);
    a->rows.who_mail = who_by_mail(c, j->arena);
    if (a->rows.who_id == NULL && a->rows.who_mail == NULL)
        return true;
    a->rows.tenant = j->engine->config->tenant;
    a->rows.intent = arena_str(j->arena, c->intent);
    a->rows.arena = j->arena;
    a->job = j;
    a->again = again;
    store_submit(j->engine->store, run_returns, on_found, a);
    return false;
}
