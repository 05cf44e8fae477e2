#include "flow/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/config.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

struct checking {
    json_t **description;
    struct err *e;
    size_t left;
    int failed;
};

static void
give(json_t *given, const char *key, json_t *value)
{
    if (value != NULL)
        json_object_set(given, key, value);
}

/* What the rules may name; the same keys in rules/std. */
static json_t *
given_of(const struct config *c, const json_t *recordings)
{
    json_t *given = json_object(), *names = json_array();

    if (c != NULL) {
        give(given, "groups", c->groups);
        give(given, "routing", c->routing);
        give(given, "priorities", c->priorities);
        give(given, "origin_tags", c->origin_tags);
        give(given, "tags", c->tags);
        give(given, "fields", c->fields);
        give(given, "intents", c->intents);
        for (size_t i = 0; i < c->helpdesk_count; i++)
            json_array_append_new(names, json_string(c->helpdesks[i].name));
        json_object_set(given, "helpdesks", names);
    }
    json_object_set_new(given, "default_group",
                        json_string(c != NULL && c->default_group != NULL
                                        ? c->default_group
                                        : "support"));
    if (recordings != NULL)
        json_object_set_new(given, "recordings", json_deep_copy(recordings));
    json_decref(names);
    return given;
}

/* The preludes are a list that NULL ends; takes over given. dir NULL: the words
 * alone. */
static struct policy *
load(const char *dir, json_t *given, const char *const *preludes,
     bool with_tests, struct err *e)
{
    struct policy *p = mem_zero(sizeof *p);
    struct buf packed = {0};
    int rc = 0;

    p->dir = strdup(dir != NULL ? dir : "");
    p->set = script_set_new("policy");
    pack_json(&packed, given);
    script_set_given(p->set, &packed);
    buf_free(&packed);
    json_decref(given);
    for (; rc == 0 && *preludes != NULL; preludes++)
        rc = script_set_prelude(p->set, *preludes, e);
    if (rc == 0 && dir != NULL)
        rc = script_set_add_folder(p->set, dir, with_tests, e);
    if (rc != 0) {
        policy_free(p);
        return NULL;
    }
    script_set_seal(p->set);
    p->hash = script_set_hash(p->set);
    return p;
}

struct policy *
policy_load(const struct config *config, const char *dir, bool with_tests,
            const json_t *recordings, struct err *e)
{
    static const char *const preludes[] = {"rules/std", "rules/test", NULL};
    static const char *const without[] = {"rules/std", NULL};

    return load(dir, given_of(config, recordings),
                with_tests ? preludes : without, with_tests, e);
}

/* What only the checks look at. */
static json_t *
seen_of(const struct config *c, bool with_tests, bool corpus)
{
    json_t *seen = json_object(), *sla = json_object(), *names = json_array();
    json_t *value;
    const char *name;

    json_object_set_new(seen, "tests", json_boolean(with_tests));
    json_object_set_new(seen, "corpus", json_boolean(corpus));
    if (c != NULL) {
        for (int p = PRIORITY_LOW; p <= PRIORITY_URGENT; p++)
            if (c->sla_ms[p] > 0)
                json_object_set_new(sla, priority_name((enum priority)p),
                                    json_integer(c->sla_ms[p] / 1000));
        json_object_foreach(c->calendars, name, value)
            json_array_append_new(names, json_string(name));
        json_object_set(seen, "sla", sla);
        json_object_set(seen, "calendars", names);
        give(seen, "tiers", c->tiers);
        give(seen, "sla_where", json_object_get(c->where, "sla"));
        json_object_set_new(seen, "file",
                            json_string(c->path != NULL ? c->path : "?"));
    }
    json_decref(sla);
    json_decref(names);
    return seen;
}

struct policy *
policy_load_seen(const struct config *config, const char *dir, bool with_tests,
                 const json_t *recordings, bool corpus, struct err *e)
{
    static const char *const preludes[] = {"rules/std", "rules/test",
                                           "rules/lint", "rules/author", NULL};
    static const char *const without[] = {"rules/std", "rules/lint",
                                          "rules/author", NULL};
    json_t *given = given_of(config, recordings);

    json_object_set_new(given, "lint", seen_of(config, with_tests, corpus));
    return load(dir, given, with_tests ? preludes : without, with_tests, e);
}

static void
on_description(void *arg, const struct script_result *r)
{
    struct checking *c = arg;

    c->left--;
    if (r->class != SCRIPT_OK)
        c->failed = err_set(c->e, ERR_INPUT, "%s", r->text);
    else if (c->description != NULL)
        *c->description = value_json(r->value);
}

int
policy_check(struct pool *pool, const struct policy *p, json_t **description,
             struct err *e)
{
    struct checking c = {description, e, 1, 0};
    struct buf args = {0};

    pack_array(&args, 0);
    pool_call(pool, p->set, "describe", SCRIPT_LOAD, &args, on_description, &c);
    buf_free(&args);
    if (pool_wait(pool, &c.left, 30000, e) != 0)
        return -1;
    return c.failed;
}

static void
on_answer(void *arg, const struct script_result *r)
{
    struct checking *c = arg;

    c->left--;
    if (r->class != SCRIPT_OK)
        c->failed = err_set(c->e, ERR_SCRIPT, "%s", r->text);
    else
        *c->description = value_json(r->value);
}

json_t *
policy_ask(struct pool *pool, const struct policy *p, const char *function,
           const json_t *arguments, struct err *e)
{
    json_t *answer = NULL;
    struct checking c = {&answer, e, 1, 0};
    struct buf args = {0};

    pack_json(&args, arguments);
    pool_call(pool, p->set, function, SCRIPT_TEST, &args, on_answer, &c);
    buf_free(&args);
    if (pool_wait(pool, &c.left, 60000, e) != 0 || c.failed != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}

void
policy_facts(const struct config *config, const struct policy_moment *m,
             struct buf *json)
{
    (void)config;
    buf_adds(json, "{");
    json_put_key(json, "event");
    buf_adds(json, "{");
    if (m->at_ms > 0)
        json_put_member_int(json, "at_ms", m->at_ms);
    json_put_member(json, "id", m->event_id);
    json_put_member(json, "type", event_type_name(m->event));
    buf_adds(json, "}");
    json_put_member_int(json, "now_ms", m->now_ms);
    if (m->upto_seq > 0)
        json_put_member_int(json, "upto_seq", m->upto_seq);
    buf_adds(json, "}");
}

static void
pack_facts(const struct config *config, const struct policy_moment *m,
           struct buf *out)
{
    size_t at, event_at, n = 0, event_n = 0;

    (void)config;
    at = pack_map_open(out);
    pack_cstr(out, "event");
    event_at = pack_map_open(out);
    if (m->at_ms > 0)
        event_n += pack_member_int(out, "at_ms", m->at_ms);
    if (m->event_id != NULL)
        event_n += pack_member(out, "id", m->event_id);
    event_n += pack_member(out, "type", event_type_name(m->event));
    pack_map_close(out, event_at, event_n);
    n++;
    n += pack_member_int(out, "now_ms", m->now_ms);
    pack_map_close(out, at, n);
}

void
policy_pack_call(const struct config *config, const struct conversation *c,
                 const struct policy_moment *m, enum policy_mode mode,
                 struct buf *args)
{
    pack_array(args, 3);
    conversation_pack(c, m->upto_seq, args);
    pack_facts(config, m, args);
    pack_cstr(args, mode == POLICY_EXPLAIN ? "explain" : "live");
}

void
policy_free(struct policy *p)
{
    if (p == NULL)
        return;
    script_set_release(p->set);
    free(p->dir);
    free(p);
}
