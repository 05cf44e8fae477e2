#include "flow/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/pack_json.h"
#include "base/value.h"
#include "flow/config.h"
#include "flow/facts.h"
#include "model/calendar.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

#define FOLDER_REMEDY                                                          \
    "name the folder with the rules, or make one with usher init"

#define KEPT_NODES_MAX 100000

struct checking {
    struct policy *policy;
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

static void
give_calendars(json_t *given, const struct config *c)
{
    json_t *names = json_pack("[s]", CALENDAR_ALWAYS_NAME);

    for (size_t i = 0; i < c->calendar_count; i++)
        json_array_append_new(names, json_string(c->calendars[i].name));
    json_object_set_new(given, "calendars", names);
}

static void
give_notifiers(json_t *given, const struct config *c)
{
    json_t *names = json_array();

    for (size_t i = 0; i < c->notifier_count; i++)
        json_array_append_new(names, json_string(c->notifiers[i].name));
    json_object_set_new(given, "notifiers", names);
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
        give_notifiers(given, c);
        give_calendars(given, c);
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

/* In the order of names, at every depth: what is kept of it as JSON packs to
 * the same bytes again, and so to the same hash. */
static void
pack_given(const json_t *given, struct buf *packed)
{
    struct buf text = {0};

    json_write(&text, given);
    if (pack_json_text(packed, buf_str(&text), text.len, NULL) != 0)
        pack_nil(packed);
    buf_free(&text);
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

/* The files of the language (a list of folders that NULL ends) and what the
 * rules may name (taken over); the rules are not in yet. */
static struct policy *
policy_new(const struct config *config, const char *dir, json_t *given,
           const char *const *preludes, struct err *e)
{
    struct policy *p = mem_zero(sizeof *p);
    struct buf packed = {0};

    p->holders = 1;
    p->config = config;
    p->dir = strdup(dir != NULL ? dir : "");
    p->set = script_set_new("policy");
    pack_given(given, &packed);
    script_set_given(p->set, &packed);
    buf_free(&packed);
    json_decref(given);
    for (; *preludes != NULL; preludes++)
        if (script_set_prelude(p->set, *preludes, e) != 0) {
            policy_release(p);
            return NULL;
        }
    return p;
}

static struct policy *
sealed(struct policy *p)
{
    script_set_seal(p->set);
    p->sees_waits = policy_may_see_waits(p->set);
    p->hash = script_set_hash(p->set);
    return p;
}

static const char *const language[] = {"rules/std", NULL};
static const char *const with_test_words[] = {"rules/std", "rules/test", NULL};

/* dir NULL: the words alone. */
static struct policy *
load(const struct config *config, const char *dir, json_t *given,
     const char *const *preludes, bool with_tests, struct err *e)
{
    struct policy *p;

    if (dir != NULL && check_folder(config, dir, e) != 0) {
        json_decref(given);
        return NULL;
    }
    p = policy_new(config, dir, given, preludes, e);
    if (p == NULL)
        return NULL;
    if (dir == NULL || script_set_add_folder(p->set, dir, with_tests, e) == 0)
        return sealed(p);
    policy_release(p);
    return NULL;
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
    return load(config, dir, given_of(config, recordings, more),
                with_tests ? with_test_words : language, with_tests, e);
}

/* What only the checks look at. */
static json_t *
seen_of(const struct config *c, bool with_tests, bool corpus)
{
    json_t *seen = json_object(), *sla = json_object(), *names = json_array();

    json_object_set_new(seen, "tests", json_boolean(with_tests));
    json_object_set_new(seen, "corpus", json_boolean(corpus));
    if (c != NULL) {
        for (int p = PRIORITY_LOW; p <= PRIORITY_URGENT; p++)
            if (sla_span_given(&c->sla.priorities[p].first_response))
                json_object_set_new(
                    sla, priority_name((enum priority)p),
                    json_integer(c->sla.priorities[p].first_response.ms /
                                 1000));
        for (size_t i = 0; i < c->calendar_count; i++)
            json_array_append_new(names, json_string(c->calendars[i].name));
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
    json_t *given = given_of(config, recordings, NULL);

    json_object_set_new(given, "lint", seen_of(config, with_tests, corpus));
    return load(config, dir, given, with_tests ? preludes : without, with_tests,
                e);
}

void
policy_keep(const struct policy *p, struct buf *json)
{
    struct arena *a = arena_new(0);
    struct buf packed = {0};
    const struct value *v;

    script_set_pack_whole(p->set, &packed);
    v = value_read(a, packed.data, packed.len, KEPT_NODES_MAX, NULL);
    if (v != NULL)
        value_to_json(json, v);
    buf_free(&packed);
    arena_free(a);
}

/* The rule language's own, lists of words among them. */
static bool
is_of_language(const char *name, const json_t *file)
{
    return json_is_true(json_array_get(file, 2)) ||
           strncmp(name, "rules/std/", 10) == 0;
}

/* [name, text, whether it is of the rule language]. */
static int
add_kept(struct policy *p, const json_t *file, struct err *e)
{
    const char *name = json_string_value(json_array_get(file, 0));
    const json_t *text = json_array_get(file, 1);

    if (name == NULL || !json_is_string(text))
        return err_set(e, ERR_INPUT, "the kept rules are unreadable");
    if (is_of_language(name, file))
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
        json != NULL
            ? policy_new(config, dir, given_of(config, NULL, NULL), language, e)
            : NULL;
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

void
policy_described(struct policy *p, const struct value *description)
{
    facts_wanted_free(p->wanted);
    p->wanted = facts_wanted_new(p->config, description);
    p->rules = value_count(value_get(description, "rules"));
}

static void
on_description(void *arg, const struct script_result *r)
{
    struct checking *c = arg;

    c->left--;
    if (r->class != SCRIPT_OK)
        c->failed = err_set(c->e, ERR_INPUT, "%s", r->text);
    else
        policy_described(c->policy, r->value);
    if (r->class == SCRIPT_OK && c->description != NULL)
        *c->description = value_json(r->value);
}

int
policy_check(struct pool *pool, struct policy *p, json_t **description,
             struct err *e)
{
    struct checking c = {p, description, e, 1, 0};
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
    struct checking c = {NULL, &answer, e, 1, 0};
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
policy_facts(const struct policy *p, const struct conversation *c,
             const struct policy_moment *m, struct buf *json)
{
    facts_json(p->wanted, c, m, json);
}

void
policy_pack_call(const struct policy *p, const struct conversation *c,
                 const struct policy_moment *m, enum policy_mode mode,
                 struct buf *args)
{
    pack_array(args, m->mutant > 0 ? 4 : 3);
    if (mode == POLICY_SHARED)
        conversation_pack_moment(c, m->upto_seq, args);
    else
        conversation_pack(c, m->upto_seq, args);
    facts_pack(p->wanted, c, m, args);
    if (mode == POLICY_WALK || mode == POLICY_SHARED)
        pack_int(args, m->until_ms);
    else
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
    other->config = p->config;
    other->wanted = p->wanted; /* the other's: it lives longer */
    other->mutant = n;
    return other;
}

bool
policy_counts_sessions(const struct policy *p)
{
    return facts_wanted_sessions(p->wanted);
}

bool
policy_wants_returns(const struct policy *p)
{
    return facts_wanted_returns(p->wanted);
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
    if (p->mutant == 0)
        facts_wanted_free(p->wanted);
    free(p->dir);
    free(p);
}
