#include "flow/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/str.h"
#include "base/value.h"
#include "flow/file.h"
#include "flow/zones.h"
#include "script/set.h"

#define CONFIG_FILE_MAX   (1u << 20)
#define CONFIG_SECRET_MAX 65536u

struct loading {
    struct config *config;
    struct err *e;
    size_t left;
    int failed;
};

static const char *
member_str(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *
member_path(struct config *c, const json_t *object, const char *key,
            const char *fallback)
{
    const char *path = member_str(object, key);

    return config_path(c, path != NULL ? path : fallback);
}

const char *
config_path(const struct config *c, const char *path)
{
    if (path == NULL)
        return NULL;
    if (path[0] == '/' || c->folder == NULL || strcmp(c->folder, ".") == 0)
        return arena_str(c->arena, path);
    return arena_printf(c->arena, "%s/%s", c->folder, path);
}

static void
set_folder(struct config *c, const char *path)
{
    const char *slash = strrchr(path, '/');

    c->path = arena_str(c->arena, path);
    c->folder = slash == NULL
                    ? "."
                    : arena_dup(c->arena, path,
                                slash == path ? 1 : (size_t)(slash - path));
}

/* A member of the table as an owned reference, or NULL. */
static json_t *
keep(const json_t *root, const char *key)
{
    json_t *value = json_object_get(root, key);

    if (value == NULL || json_is_null(value))
        return NULL;
    return json_incref(value);
}

static int
read_part(struct config *c, const char *kind, const char *name, json_t *values,
          const json_t *where, struct config_part *part, struct err *e)
{
    const char *place =
        member_str(where, arena_printf(c->arena, "%s.%s", kind, name));

    memset(part, 0, sizeof *part);
    part->name = arena_str(c->arena, name);
    part->where = arena_str(c->arena, place != NULL ? place : c->path);
    part->adapter = arena_str(c->arena, member_str(values, "adapter"));
    if (part->adapter == NULL)
        return err_set(e, ERR_INPUT, "%s: \"%s\" names no adapter", part->where,
                       name);
    part->allow_private =
        json_is_true(json_object_get(values, "allow_private"));
    part->allow_plain = json_is_true(json_object_get(values, "allow_plain"));
    part->on_request = json_is_true(json_object_get(values, "on_request"));
    part->at_once = json_is_true(json_object_get(values, "at_once"));
    part->ca_file = member_path(c, values, "ca_file", NULL);
    part->helpdesk = arena_str(c->arena, member_str(values, "helpdesk"));
    part->window_max = json_number_value(json_object_get(values, "window_max"));
    part->values = json_incref(values);
    return 0;
}

static int
read_parts(struct config *c, const json_t *root, const char *kind,
           struct config_part **out, size_t *count, struct err *e)
{
    json_t *parts = json_object_get(root, kind);
    const json_t *where = json_object_get(root, "where");
    const char *name;
    json_t *values;
    size_t n = json_object_size(parts);

    *out = arena_array(c->arena, n + 1, sizeof **out);
    *count = 0;
    json_object_foreach(parts, name, values)
    {
        if (read_part(c, kind, name, values, where, &(*out)[*count], e) != 0)
            return -1;
        (*count)++;
    }
    return 0;
}

static void
read_redact(struct config *c, const json_t *redact)
{
    for (int k = 0; k < REDACT_KINDS; k++) {
        json_t *on =
            json_object_get(redact, redact_kind_name((enum redact_kind)k));

        if (json_is_boolean(on))
            c->redactor.on[k] = json_is_true(on);
    }
}

static const char *const kind_names[SCRIPT_KINDS] = {
    [SCRIPT_LOAD] = "load",     [SCRIPT_READ] = "read",
    [SCRIPT_DECIDE] = "decide", [SCRIPT_BUILD] = "build",
    [SCRIPT_TEST] = "test",
};

static void
limit_int(const json_t *table, const char *key, int64_t *out)
{
    json_t *value = json_object_get(table, key);

    if (json_is_integer(value) && json_integer_value(value) > 0)
        *out = json_integer_value(value);
}

static void
read_limits(struct config *c, const json_t *limits)
{
    for (int k = 0; k < SCRIPT_KINDS; k++) {
        const json_t *table = json_object_get(limits, kind_names[k]);
        struct script_limits *l = &c->limits[k];
        int64_t heap = (int64_t)l->heap;

        limit_int(table, "instructions", &l->instructions);
        limit_int(table, "pattern_steps", &l->pattern_steps);
        limit_int(table, "wall_ms", &l->wall_ms);
        limit_int(table, "heap", &heap);
        l->heap = (size_t)heap;
    }
}

static void
read_listeners(struct config *c, const json_t *root)
{
    const json_t *listen = json_object_get(root, "listen");
    const json_t *admin = json_object_get(root, "admin");
    const json_t *where = json_object_get(root, "where");
    json_t *body_max = json_object_get(listen, "body_max");

    if (member_str(listen, "address") != NULL)
        c->listen = arena_str(c->arena, member_str(listen, "address"));
    c->listen_where = arena_str(c->arena, member_str(where, "listen"));
    c->admin_where = arena_str(c->arena, member_str(where, "admin"));
    c->tls_cert = member_path(c, listen, "tls_cert", NULL);
    c->tls_key = member_path(c, listen, "tls_key", NULL);
    if (json_is_integer(body_max))
        c->body_max = (size_t)json_integer_value(body_max);
    c->admin_socket = member_path(c, admin, "socket", c->admin_socket);
    c->admin_address = arena_str(c->arena, member_str(admin, "address"));
    c->admin_token = keep(admin, "token");
}

static int
check_default_helpdesk(struct config *c, struct err *e)
{
    if (c->default_helpdesk != NULL) {
        if (config_helpdesk(c, c->default_helpdesk) == NULL)
            return err_set(e, ERR_INPUT,
                           "%s: default_helpdesk \"%s\" is not declared; add "
                           "helpdesk \"%s\" { adapter = ... }",
                           c->path, c->default_helpdesk, c->default_helpdesk);
        return 0;
    }
    if (c->helpdesk_count > 0)
        c->default_helpdesk = c->helpdesks[0].name;
    return 0;
}

static int
check_source_helpdesks(const struct config *c, struct err *e)
{
    for (size_t i = 0; i < c->source_count; i++) {
        const struct config_part *s = &c->sources[i];

        if (s->helpdesk != NULL && config_helpdesk(c, s->helpdesk) == NULL)
            return err_set(e, ERR_INPUT,
                           "%s: source \"%s\" hands over to helpdesk \"%s\", "
                           "which is not declared",
                           s->where, s->name, s->helpdesk);
    }
    return 0;
}

/* The desk is always there: a hand-over needs somewhere to go. */
static void
add_desk(struct config *c)
{
    struct config_part *parts;

    if (c->helpdesk_count > 0)
        return;
    parts = arena_array(c->arena, 2, sizeof *parts);
    parts[0].name = "desk";
    parts[0].adapter = "desk";
    parts[0].where = c->path != NULL ? c->path : "built-in";
    parts[0].values = json_object();
    c->helpdesks = parts;
    c->helpdesk_count = 1;
}

static void
read_policy(struct config *c, const json_t *policy)
{
    const json_t *test = json_object_get(policy, "backtest");
    const char *changes = member_str(policy, "changes");
    const char *conversations = member_str(policy, "conversations");

    c->policy_dir = member_path(c, policy, "dir", "rules");
    c->policy.pin = conversations != NULL && strcmp(conversations, "pin") == 0;
    if (changes != NULL && strcmp(changes, "draft") == 0)
        c->policy.changes = CHANGES_DRAFT;
    else if (changes != NULL && strcmp(changes, "shadow") == 0)
        c->policy.changes = CHANGES_SHADOW;
    c->policy.recordings = member_path(c, test, "recordings", NULL);
    c->policy.max_changed =
        arena_str(c->arena, member_str(test, "max_changed"));
    c->policy.max_new =
        arena_str(c->arena, member_str(test, "max_new_escalations"));
    c->policy.max_lost =
        arena_str(c->arena, member_str(test, "max_lost_escalations"));
}

static int
read_root(struct config *c, const json_t *root, struct err *e)
{
    const json_t *store = json_object_get(root, "store");
    json_t *workers = json_object_get(root, "workers");

    if (!json_is_object(root))
        return err_set(e, ERR_INPUT, "%s: the configuration is no table",
                       c->path);
    read_listeners(c, root);
    if (member_str(root, "tenant") != NULL)
        c->tenant = arena_str(c->arena, member_str(root, "tenant"));
    c->store_path = member_path(c, store, "path", "usher.db");
    c->key_file = member_path(c, store, "key_file", NULL);
    read_policy(c, json_object_get(root, "policy"));
    c->policy_where = arena_str(
        c->arena, member_str(json_object_get(root, "where"), "policy"));
    c->adapter_dir = member_path(c, root, "adapters", NULL);
    c->default_group = arena_str(c->arena, member_str(root, "default_group"));
    c->default_helpdesk =
        arena_str(c->arena, member_str(root, "default_helpdesk"));
    c->response_time = arena_str(c->arena, member_str(root, "response_time"));
    if (json_is_integer(workers))
        c->workers = (unsigned)json_integer_value(workers);
    c->groups = keep(root, "groups");
    c->routing = keep(root, "routing");
    c->priorities = keep(root, "priorities");
    c->origin_tags = keep(root, "origin_tags");
    c->tags = keep(root, "tags");
    c->fields = keep(root, "fields");
    c->intents = keep(root, "intents");
    c->tiers = keep(root, "tiers");
    c->where = keep(root, "where");
    read_redact(c, json_object_get(root, "redact"));
    read_limits(c, json_object_get(root, "limits"));
    if (read_parts(c, root, "sources", &c->sources, &c->source_count, e) != 0 ||
        read_parts(c, root, "helpdesks", &c->helpdesks, &c->helpdesk_count,
                   e) != 0 ||
        read_parts(c, root, "notifiers", &c->notifiers, &c->notifier_count,
                   e) != 0)
        return -1;
    add_desk(c);
    config_read_tickets(c, root);
    if (config_read_time(c, root, e) != 0 || check_default_helpdesk(c, e) != 0)
        return -1;
    return check_source_helpdesks(c, e);
}

struct config *
config_default(void)
{
    struct arena *a = arena_new(8192);
    struct config *c = arena_alloc(a, sizeof *c);

    c->arena = a;
    c->folder = ".";
    c->tenant = "default";
    c->listen = "127.0.0.1:8080";
    c->admin_socket = "admin.sock";
    c->store_path = "usher.db";
    c->policy_dir = "rules";
    c->body_max = 1u << 20;
    c->redactor = REDACTOR_DEFAULT;
    memcpy(c->limits, script_limits_default, sizeof c->limits);
    add_desk(c);
    config_read_tickets(c, NULL);
    c->default_helpdesk = c->helpdesks[0].name;
    c->zones = zones_new();
    return c;
}

static void
on_config(void *arg, const struct script_result *r)
{
    struct loading *l = arg;
    json_t *root;

    l->left--;
    if (r->class != SCRIPT_OK) {
        l->failed = err_set(l->e, ERR_INPUT, "%s", r->text);
        return;
    }
    root = value_json(r->value);
    l->failed = read_root(l->config, root, l->e);
    json_decref(root);
}

struct config *
config_load(struct pool *p, const char *path, struct err *e)
{
    struct config *c = config_default();
    struct script_set *set = script_set_new("configuration");
    struct buf text = {0}, args = {0};
    struct loading loading = {c, e, 1, 0};
    const char *slash = strrchr(path, '/');

    c->helpdesk_count = 0;
    json_decref(c->helpdesks[0].values);
    c->default_helpdesk = NULL;
    set_folder(c, path);
    if (file_read(path, CONFIG_FILE_MAX, &text, e) != 0)
        goto fail;
    if (script_set_prelude(set, "rules/config", e) != 0 ||
        script_set_add(set, slash != NULL ? slash + 1 : path, text.data,
                       text.len, e) != 0)
        goto fail;
    script_set_seal(set);
    pack_array(&args, 0);
    pool_call(p, set, "config", SCRIPT_LOAD, &args, on_config, &loading);
    if (pool_wait(p, &loading.left, 10000, e) != 0 || loading.failed != 0)
        goto fail;
    buf_free(&text);
    buf_free(&args);
    script_set_release(set);
    pool_limit(p, c->limits);
    return c;
fail:
    buf_free(&text);
    buf_free(&args);
    script_set_release(set);
    config_free(c);
    return NULL;
}

static int
secret_from_file(const char *path, const char *where, struct buf *out,
                 struct err *e)
{
    size_t before = out->len;

    if (file_read(path, CONFIG_SECRET_MAX, out, e) != 0)
        return err_wrap(e, "%s: secret file", where);
    if (out->len > before && out->data[out->len - 1] == '\n')
        buf_cut(out, out->len - 1);
    if (out->len == before)
        return err_set(e, ERR_INPUT, "%s: secret file %s is empty", where,
                       path);
    return 0;
}

static int
secret_by_name(const char *name, const char *where, struct buf *out,
               struct err *e)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *value;
    char path[PATH_MAX];

    if (folder != NULL && strchr(name, '/') == NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (access(path, R_OK) == 0)
            return secret_from_file(path, where, out, e);
    }
    value = getenv(name);
    if (value == NULL || value[0] == '\0')
        return err_set(e, ERR_INPUT,
                       "%s: secret %s is missing; set the environment "
                       "variable %s, or use secret { file = \"...\" }",
                       where, name, name);
    buf_adds(out, value);
    return 0;
}

int
config_secret(const struct config *c, const json_t *value, const char *where,
              struct buf *out, struct err *e)
{
    const json_t *inner = json_object_get(value, "secret");
    const char *file = member_str(value, "secret_file");

    if (json_is_string(value)) {
        buf_add(out, json_string_value(value), json_string_length(value));
        return 0;
    }
    if (file == NULL)
        file = member_str(inner, "file");
    if (file != NULL)
        return secret_from_file(config_path(c, file), where, out, e);
    if (json_is_string(inner))
        return secret_by_name(json_string_value(inner), where, out, e);
    return err_set(e, ERR_INPUT,
                   "%s: a secret is written secret \"NAME\" or secret { file "
                   "= \"...\" }",
                   where);
}

static bool
is_secret(const json_t *value)
{
    return json_is_object(value) &&
           (json_object_get(value, "secret") != NULL ||
            json_object_get(value, "secret_file") != NULL);
}

json_t *
config_public_values(const struct config_part *part)
{
    json_t *out = json_object(), *value;
    const char *key;

    json_object_foreach(part->values, key, value)
    {
        if (!is_secret(value))
            json_object_set(out, key, value);
    }
    return out;
}

json_t *
config_secret_values(const struct config *c, const struct config_part *part,
                     struct err *e)
{
    json_t *out = json_object(), *value;
    const char *key;
    struct buf text = {0};

    json_object_foreach(part->values, key, value)
    {
        if (!is_secret(value)) {
            json_object_set(out, key, value);
            continue;
        }
        buf_clear(&text);
        if (config_secret(c, value, part->where, &text, e) != 0) {
            err_wrap(e, "%s", key);
            buf_free(&text);
            json_decref(out);
            return NULL;
        }
        json_object_set_new(out, key, json_stringn(text.data, text.len));
    }
    if (text.data != NULL)
        explicit_bzero(text.data, text.cap);
    buf_free(&text);
    return out;
}

static const struct config_part *
find_part(const struct config_part *parts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

const struct config_part *
config_source(const struct config *c, const char *n)
{
    return find_part(c->sources, c->source_count, n);
}

const struct config_part *
config_helpdesk(const struct config *c, const char *n)
{
    return find_part(c->helpdesks, c->helpdesk_count, n);
}

const struct config_part *
config_notifier(const struct config *c, const char *n)
{
    return find_part(c->notifiers, c->notifier_count, n);
}

static void
drop_parts(struct config_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(parts[i].values);
}

void
config_free(struct config *c)
{
    if (c == NULL)
        return;
    drop_parts(c->sources, c->source_count);
    drop_parts(c->helpdesks, c->helpdesk_count);
    drop_parts(c->notifiers, c->notifier_count);
    json_decref(c->admin_token);
    json_decref(c->groups);
    json_decref(c->routing);
    json_decref(c->priorities);
    json_decref(c->origin_tags);
    json_decref(c->tags);
    json_decref(c->fields);
    json_decref(c->intents);
    zones_free(c->zones);
    json_decref(c->tiers);
    json_decref(c->where);
    arena_free(c->arena);
}
