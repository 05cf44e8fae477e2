#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/json.h"
#include "flow/admin.h"
#include "flow/config.h"
#include "flow/draft.h"
#include "flow/engine.h"
#include "flow/policy.h"
#include "flow/reload.h"
#include "flow/shadow.h"
#include "http/server.h"
#include "store/store.h"

/* Who waits for what becomes of a draft, or for a page of its diff. */
struct waiting {
    struct shadow_query query; /* first: the store's function gets it */
    struct engine *engine;
    struct server *server;
    uint64_t handle;
    struct buf key;
    char hash[65];
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

static void
waiting_free(struct waiting *w)
{
    buf_free(&w->query.json);
    buf_free(&w->query.behind);
    buf_free(&w->key);
    free(w);
}

void
admin_draft(struct engine *en, struct server *s, struct request *r,
            struct str name)
{
    struct waiting w = {.server = s, .handle = request_handle(r)};
    struct buf body = {0};

    (void)name;
    buf_adds(&body, "{\"draft\":");
    draft_json(en->draft, &body);
    buf_addc(&body, '}');
    admin_send_json(w.server, w.handle, body.data, body.len);
    buf_free(&body);
}

/* --- on its way --- */

static void
on_done(void *arg, const struct reload_outcome *o)
{
    struct waiting *w = arg;

    admin_send_outcome(w->engine, w->server, w->handle, o);
    waiting_free(w);
}

static bool
is_name(struct str s)
{
    if (s.len >= DRAFT_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                   "0123456789_.-",
                   s.p[i], 65) == NULL)
            return false;
    return true;
}

/* ?source=..&tier=..&expect=more|fewer&share=1..5000. What is wrong, or NULL.
 */
static const char *
read_way(struct request *r, struct draft_way *way)
{
    struct str source = admin_parameter(r, "source");
    struct str tier = admin_parameter(r, "tier");
    struct str expect = admin_parameter(r, "expect");
    struct str share = admin_parameter(r, "share");
    uint64_t n = 0;

    if (!is_name(source) || !is_name(tier))
        return "source and tier are names: letters, digits and _ . -";
    snprintf(way->source, sizeof way->source, "%.*s", (int)source.len,
             source.len > 0 ? source.p : "");
    snprintf(way->tier, sizeof way->tier, "%.*s", (int)tier.len,
             tier.len > 0 ? tier.p : "");
    way->expect.more = str_is(expect, "more");
    way->expect.fewer = str_is(expect, "fewer");
    if (expect.len > 0 && !way->expect.more && !way->expect.fewer)
        return "expect is more or fewer hand-overs.";
    if (way->state == DRAFT_CANARY &&
        (!str_to_u64(share, &n) || n < 1 || n > CANARY_SHARE_MAX))
        return "A canary's share is between 0.01% and 50%: what is left is "
               "what it is compared to.";
    way->share = (int64_t)n;
    return NULL;
}

static void
ask_draft(struct engine *en, struct server *s, struct request *r,
          struct str name, enum draft_state state)
{
    struct draft_way way = {.state = state};
    const char *wrong = read_way(r, &way);

    if (wrong == NULL && name.len > 0 && name.p[0] != '/' &&
        !admin_is_hash(name))
        wrong = "Rules are named by their folder, from / on, or by their hash "
                "or its first digits, 8 at least.";
    if (wrong != NULL) {
        server_problem(s, request_handle(r), 422, wrong);
        return;
    }
    reload_draft(en->reload, name.len > 0 ? name.p : NULL, &way, on_done,
                 waiting_new(en, s, r));
}

void
admin_draft_waits(struct engine *en, struct server *s, struct request *r,
                  struct str name)
{
    ask_draft(en, s, r, name, DRAFT_WAITING);
}

void
admin_draft_shadow(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    ask_draft(en, s, r, name, DRAFT_SHADOW);
}

void
admin_draft_canary(struct engine *en, struct server *s, struct request *r,
                   struct str name)
{
    ask_draft(en, s, r, name, DRAFT_CANARY);
}

void
admin_draft_promote(struct engine *en, struct server *s, struct request *r,
                    struct str name)
{
    (void)name;
    reload_promote(en->reload, str_is(admin_parameter(r, "force"), "1"),
                   on_done, waiting_new(en, s, r));
}

void
admin_draft_stop(struct engine *en, struct server *s, struct request *r,
                 struct str name)
{
    (void)name;
    reload_stop_draft(en->reload, on_done, waiting_new(en, s, r));
}

/* --- the diff --- */

static void
put_rules(const struct engine *en, struct buf *out)
{
    const struct policy *p = draft_policy(en->draft);

    json_put_key(out, "rules");
    buf_addf(out, "{\"old\":%zu,\"new\":%zu}", en->policy->rules,
             p != NULL ? p->rules : 0);
}

static void
on_page(void *arg, const struct err *e)
{
    struct waiting *w = arg;
    const struct shadow_query *q = &w->query;
    struct buf body = {0}, cursor = {0};

    if (e != NULL) {
        admin_send_store_down(w->server, w->handle, e);
    } else {
        buf_adds(&body, "{\"draft\":");
        draft_json(w->engine->draft, &body);
        put_rules(w->engine, &body);
        json_put_key(&body, "conversations");
        buf_addf(&body, "[%s]", buf_str(&q->json));
        if (q->behind.len > 0) {
            digest_base64url(&cursor, q->behind.data, q->behind.len);
            json_put_member(&body, "next", buf_str(&cursor));
        }
        buf_addc(&body, '}');
        admin_send_json(w->server, w->handle, body.data, body.len);
    }
    buf_free(&body);
    buf_free(&cursor);
    waiting_free(w);
}

/* ?after=CURSOR */
void
admin_draft_diff(struct engine *en, struct server *s, struct request *r,
                 struct str name)
{
    const char *hash = draft_hash(en->draft);
    struct waiting *w;

    (void)name;
    if (hash[0] == '\0') {
        server_problem(s, request_handle(r), 404,
                       "There is no draft; usher policy shadow DIR makes one.");
        return;
    }
    w = waiting_new(en, s, r);
    if (!digest_unbase64url(&w->key, admin_parameter(r, "after"))) {
        server_problem(s, w->handle, 422,
                       "after is what the page before gave as next.");
        waiting_free(w);
        return;
    }
    snprintf(w->hash, sizeof w->hash, "%s", hash);
    w->query.tenant = en->config->tenant;
    w->query.policy_hash = w->hash;
    w->query.key = buf_str(&w->key);
    store_submit(en->store, run_shadow_diff, on_page, w);
}
