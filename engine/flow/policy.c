#include "flow/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/config.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

#define FOLDER_REMEDY                                                          \
    "name the folder with the rules, or make one with usher init"

#define KEPT_NODES_MAX 100000

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
given_of(const struct config *c, const json_t *recordings, const json_t *more)
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
    if (more != NULL)
        json_object_update(given, (json_t *)(uintptr_t)more);
    json_decref(names);
    return given;
}

/* A missing folder is told with who named it and what to do. */
static int
check_folder(const struct config *c, const char *dir, struct err *e)
{
    struct stat st;
    int sys;

    if (stat(dir, &st) != 0)
        sys = errno;
    else if (!S_ISDIR(st.st_mode))
        sys = ENOTDIR;
    else
        return 0;
    if (c == NULL || c->path == NULL || strcmp(dir, c->policy_dir) != 0)
        return err_set(e, ERR_INPUT, "%s: %s; " FOLDER_REMEDY, dir,
                       strerror(sys));
    if (c->policy_where == NULL)
        return err_set(
            e, ERR_INPUT,
            "%s: no policy \"...\" is declared, and the default, %s: "
            "%s; " FOLDER_REMEDY,
            c->path, dir, strerror(sys));
    return err_set(e, ERR_INPUT, "%s: policy \"%s\": %s; " FOLDER_REMEDY,
                   c->policy_where, dir, strerror(sys));
}

/* The rule language and what the rules may name; the rules are not in yet. */
static struct policy *
policy_new(const struct config *config, const char *dir, bool with_tests,
           const json_t *recordings, const json_t *more, struct err *e)
{
    struct policy *p = mem_zero(sizeof *p);
    json_t *given = given_of(config, recordings, more);
    struct buf packed = {0};

    p->holders = 1;
    p->dir = strdup(dir);
    p->set = script_set_new("policy");
    pack_json(&packed, given);
    script_set_given(p->set, &packed);
    buf_free(&packed);
    json_decref(given);
    if (script_set_prelude(p->set, "rules/std", e) == 0 &&
        (!with_tests || script_set_prelude(p->set, "rules/test", e) == 0))
        return p;
    policy_release(p);
    return NULL;
}

static struct policy *
sealed(struct policy *p)
{
    script_set_seal(p->set);
    p->hash = script_set_hash(p->set);
    return p;
}

struct policy *
policy_load(const struct config *config, const char *dir, bool with_tests,
            const json_t *recordings, struct err *e)
{
    return policy_load_given(config, dir, with_tests, recordings, NULL, e);
}

struct policy *
policy_load_given(const struct config *config, const char *dir, bool with_tests,
                  const json_t *recordings, const json_t *more, struct err *e)
{
    struct policy *p;

    if (check_folder(config, dir, e) != 0)
        return NULL;
    p = policy_new(config, dir, with_tests, recordings, more, e);
    if (p == NULL)
        return NULL;
    if (script_set_add_folder(p->set, dir, with_tests, e) == 0)
        return sealed(p);
    policy_release(p);
    return NULL;
}

void
policy_keep(const struct policy *p, struct buf *json)
{
    struct arena *a = arena_new(0);
    struct buf packed = {0};
    const struct value *v;

    script_set_pack(p->set, &packed);
    v = value_read(a, packed.data, packed.len, KEPT_NODES_MAX, NULL);
    if (v != NULL)
        value_to_json(json, v);
    buf_free(&packed);
    arena_free(a);
}

/* [name, text, whether it is of the rule language]. */
static int
add_kept(struct policy *p, const json_t *file, struct err *e)
{
    const char *name = json_string_value(json_array_get(file, 0));
    const json_t *text = json_array_get(file, 1);

    if (name == NULL || !json_is_string(text))
        return err_set(e, ERR_INPUT, "the kept rules are unreadable");
    if (json_is_true(json_array_get(file, 2)))
        return 0;
    return script_set_add(p->set, name, json_string_value(text),
                          json_string_length(text), e);
}

struct policy *
policy_from_kept(const struct config *config, const char *dir, struct str kept,
                 struct err *e)
{
    json_t *json = json_read(kept.p, kept.len, e), *file;
    const json_t *files = json_object_get(json, "files");
    struct policy *p =
        json != NULL ? policy_new(config, dir, false, NULL, NULL, e) : NULL;
    size_t i;

    if (p == NULL)
        goto out;
    json_array_foreach(files, i, file)
    {
        if (add_kept(p, file, e) != 0) {
            policy_release(p);
            p = NULL;
            goto out;
        }
    }
    p = sealed(p);
out:
    json_decref(json);
    return p;
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
    if (m->wait_rule != NULL) {
        json_put_key(json, "timer");
        buf_adds(json, "{");
        json_put_member_int(json, "due_at_ms", m->wait_due);
        json_put_member(json, "rule", m->wait_rule);
        json_put_member_int(json, "since_ms", m->wait_since);
        buf_adds(json, "}");
    }
    if (m->upto_seq > 0)
        json_put_member_int(json, "upto_seq", m->upto_seq);
    buf_adds(json, "}");
}

static size_t
pack_timer(const struct policy_moment *m, struct buf *out)
{
    size_t n = 0, at;

    pack_cstr(out, "timer");
    at = pack_map_open(out);
    n += pack_member(out, "rule", m->wait_rule);
    n += pack_member_int(out, "since_ms", m->wait_since);
    n += pack_member_int(out, "due_at_ms", m->wait_due);
    pack_map_close(out, at, n);
    return 1;
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
    if (m->wait_rule != NULL)
        n += pack_timer(m, out);
    pack_map_close(out, at, n);
}

void
policy_pack_call(const struct config *config, const struct conversation *c,
                 const struct policy_moment *m, enum policy_mode mode,
                 struct buf *args)
{
    pack_array(args, m->mutant > 0 ? 4 : 3);
    conversation_pack(c, m->upto_seq, args);
    pack_facts(config, m, args);
    pack_cstr(args, mode == POLICY_EXPLAIN ? "explain" : "live");
    if (m->mutant > 0)
        pack_int(args, m->mutant);
}

struct policy *
policy_mutant(const struct policy *p, int64_t n)
{
    struct policy *other = mem_zero(sizeof *other);

    other->holders = 1;
    other->set = script_set_hold(p->set);
    other->hash = p->hash;
    other->dir = strdup(p->dir);
    other->mutant = n;
    return other;
}

struct policy *
policy_hold(struct policy *p)
{
    p->holders++;
    return p;
}

void
policy_release(struct policy *p)
{
    if (p == NULL || --p->holders > 0)
        return;
    script_set_release(p->set);
    free(p->dir);
    free(p);
}
