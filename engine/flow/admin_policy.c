#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "flow/admin.h"
#include "flow/draft.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/reload.h"
#include "http/server.h"
#include "store/sql_policy.h"
#include "store/store.h"

#define LIST_MAX 10

struct waiting {
    struct engine *engine;
    struct server *server;
    uint64_t handle;
    struct buf rows;
    char in_force[65]; /* when it was asked */
};

static struct waiting *
waiting_new(struct engine *en, struct server *s, struct request *r)
{
    struct waiting *w = mem_zero(sizeof *w);

    w->engine = en;
    w->server = s;
    w->handle = request_handle(r);
    return w;
}

/* What became of a reload, of a draft or of a way back. */
static void
put_outcome(const struct reload_outcome *o, struct buf *out)
{
    json_put_member(out, "outcome", reload_word_name(o->word));
    if (o->text[0] != '\0')
        json_put_member(out, "why", o->text);
    json_put_member_int(out, "tests_passed", (int64_t)o->tests);
    json_put_member_time(out, "at", o->at_ms);
}

void
admin_policy(struct engine *en, struct server *s, struct request *r,
             struct str name)
{
    struct waiting w = {.server = s, .handle = request_handle(r)};
    const struct reload_outcome *last = reload_last(en->reload);
    struct buf body = {0};

    (void)name;
    buf_adds(&body, "{");
    json_put_member(&body, "dir", en->policy->dir);
    json_put_member(&body, "hash", en->policy->hash);
    if (last->word != RELOAD_NONE) {
        json_put_key(&body, "last_reload");
        buf_adds(&body, "{");
        put_outcome(last, &body);
        buf_adds(&body, "}");
    }
    json_put_key(&body, "draft");
    draft_json(en->draft, &body);
    buf_adds(&body, "}");
    admin_send_json(w.server, w.handle, body.data, body.len);
    buf_free(&body);
}

/* --- reload and back --- */

void
admin_send_outcome(const struct engine *en, struct server *s, uint64_t handle,
                   const struct reload_outcome *o)
{
    struct buf body = {0};

    if (o->word == RELOAD_REJECTED) {
        buf_addf(&body, "%s. The rules in force stay as they are.", o->text);
        server_problem(s, handle, 422, buf_str(&body));
    } else {
        buf_addc(&body, '{');
        json_put_member(&body, "hash", o->hash);
        put_outcome(o, &body);
        json_put_key(&body, "draft");
        draft_json(en->draft, &body);
        buf_addc(&body, '}');
        admin_send_json(s, handle, body.data, body.len);
    }
    buf_free(&body);
}

static void
on_reloaded(void *arg, const struct reload_outcome *o)
{
    struct waiting *w = arg;

    admin_send_outcome(w->engine, w->server, w->handle, o);
    free(w);
}

void
admin_policy_reload(struct engine *en, struct server *s, struct request *r,
                    struct str name)
{
    (void)name;
    reload_ask(en->reload, "operator", str_is(admin_parameter(r, "force"), "1"),
               on_reloaded, waiting_new(en, s, r));
}

bool
admin_is_hash(struct str hash)
{
    if (hash.len < 8 || hash.len > 64)
        return false;
    for (size_t i = 0; i < hash.len; i++)
        if (strchr("0123456789abcdef", hash.p[i]) == NULL)
            return false;
    return true;
}

void
admin_policy_back(struct engine *en, struct server *s, struct request *r,
                  struct str name)
{
    struct str to = admin_parameter(r, "to");
    char hash[65];

    (void)name;
    if (to.len > 0 && !admin_is_hash(to)) {
        server_problem(s, request_handle(r), 422,
                       "to is the hash of kept rules, or its first digits, 8 "
                       "at least; GET /v1/policies lists them.");
        return;
    }
    snprintf(hash, sizeof hash, "%.*s", (int)to.len, to.len > 0 ? to.p : "");
    reload_back(en->reload, hash, on_reloaded, waiting_new(en, s, r));
}

/* --- the list --- */

static void
take_policy(void *arg, const struct sql_policy *row)
{
    struct waiting *w = arg;
    struct buf *out = &w->rows;

    if (out->data[out->len - 1] == '}')
        buf_addc(out, ',');
    buf_addc(out, '{');
    json_put_member(out, "hash", row->hash);
    json_put_member_time(out, "in_force_at", row->in_force_at);
    json_put_member_time(out, "first_seen", row->first_seen);
    if (row->withdrawn_at > 0)
        json_put_member_time(out, "withdrawn_at", row->withdrawn_at);
    if (row->disabled_at > 0)
        json_put_member_time(out, "disabled_at", row->disabled_at);
    json_put_member(out, "state",
                    strcmp(row->hash, w->in_force) == 0 ? "live" : "disabled");
    json_put_key(out, "in_force");
    buf_adds(out, strcmp(row->hash, w->in_force) == 0 ? "true" : "false");
    buf_addc(out, '}');
}

static int
run_list(struct db *d, void *arg, struct err *e)
{
    struct waiting *w = arg;

    buf_clear(&w->rows);
    buf_adds(&w->rows, "{\"policies\":[");
    return sql_policy_list(d, LIST_MAX, take_policy, w, e);
}

static void
on_listed(void *arg, const struct err *e)
{
    struct waiting *w = arg;

    if (e != NULL) {
        admin_send_store_down(w->server, w->handle, e);
    } else {
        buf_adds(&w->rows, "],\"draft\":");
        draft_json(w->engine->draft, &w->rows);
        buf_addc(&w->rows, '}');
        admin_send_json(w->server, w->handle, w->rows.data, w->rows.len);
    }
    buf_free(&w->rows);
    free(w);
}

void
admin_policies(struct engine *en, struct server *s, struct request *r,
               struct str name)
{
    struct waiting *w = waiting_new(en, s, r);

    (void)name;
    snprintf(w->in_force, sizeof w->in_force, "%s", en->policy->hash);
    store_submit(en->store, run_list, on_listed, w);
}
