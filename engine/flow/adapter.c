#include "flow/adapter.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "flow/config.h"
#include "flow/file.h"
#include "http/server.h"
#include "model/template.h"
#include "script/pool.h"
#include "script/set.h"

static const char *const kind_folder[] = {
    [ADAPTER_SOURCE] = "sources",
    [ADAPTER_HELPDESK] = "helpdesks",
    [ADAPTER_NOTIFIER] = "notifiers",
};

struct describing {
    struct adapter *adapter;
    const struct config *config;
    struct err *e;
    size_t left;
    int failed;
};

static const char *
text(struct adapter *a, const struct value *v, const char *key)
{
    return value_get_cstr(v, key, a->arena);
}

bool
adapter_known(const struct config *config, enum adapter_kind kind,
              const char *name)
{
    char path[512];

    if (config->adapter_dir != NULL) {
        struct buf bytes = {0};
        bool there;

        snprintf(path, sizeof path, "%s/%s/%s.lua", config->adapter_dir,
                 kind_folder[kind], name);
        there = file_read(path, SCRIPT_FILE_MAX, &bytes, NULL) == 0;
        buf_free(&bytes);
        if (there)
            return true;
    }
    snprintf(path, sizeof path, "adapters/%s/%s.lua", kind_folder[kind], name);
    return embedded_find(path) != NULL;
}

static int
add_script(struct adapter *a, const struct config *config, struct err *e)
{
    const struct embedded_file *f;
    struct buf bytes = {0};
    char path[512];
    int rc;

    if (strchr(a->part->adapter, '/') != NULL)
        return err_set(e, ERR_INPUT, "%s: adapter \"%s\" is no plain name",
                       a->part->where, a->part->adapter);
    if (config->adapter_dir != NULL) {
        snprintf(path, sizeof path, "%s/%s/%s.lua", config->adapter_dir,
                 kind_folder[a->kind], a->part->adapter);
        if (file_read(path, SCRIPT_FILE_MAX, &bytes, NULL) == 0) {
            rc = script_set_add(a->set, path, bytes.data, bytes.len, e);
            buf_free(&bytes);
            return rc;
        }
        buf_free(&bytes);
    }
    snprintf(path, sizeof path, "adapters/%s/%s.lua", kind_folder[a->kind],
             a->part->adapter);
    f = embedded_find(path);
    if (f == NULL)
        return err_set(
            e, ERR_INPUT, "%s: no %s adapter \"%s\"; %s", a->part->where,
            adapter_word(a->kind), a->part->adapter,
            adapter_hint(config, a->kind, a->part->adapter, a->arena));
    return script_set_add(a->set, path, f->text, f->n, e);
}

/* --- verification declared by a source --- */

static int
add_key(struct verify *v, const char *how, struct str secret, const char *where,
        struct err *e)
{
    struct buf *key = &v->keys[v->key_count];
    bool fine = true;

    if (how != NULL && strcmp(how, "hex") == 0) {
        fine = digest_unhex(key, secret);
    } else if (how != NULL &&
               (strcmp(how, "base64") == 0 || strcmp(how, "whsec") == 0)) {
        if (str_starts(secret, "whsec_")) {
            secret.p += 6;
            secret.len -= 6;
        }
        fine = digest_unbase64(key, secret);
    } else {
        buf_add(key, secret.p, secret.len);
    }
    if (!fine || key->len == 0)
        return err_set(e, ERR_INPUT,
                       "%s: the secret is empty or not %s; make one with "
                       "`openssl rand -base64 32`",
                       where, how != NULL ? how : "text");
    v->key_count++;
    return 0;
}

static int
add_keys(struct adapter *a, const struct config *config, struct verify *v,
         const char *how, struct err *e)
{
    static const char *const names[] = {"secret", "secret_old"};
    struct buf secret = {0};

    for (size_t i = 0; i < 2; i++) {
        json_t *value = json_object_get(a->part->values, names[i]);

        if (value == NULL)
            continue;
        buf_clear(&secret);
        if (config_secret(config, value, a->part->where, &secret, e) != 0 ||
            add_key(v, how, (struct str){secret.data, secret.len},
                    a->part->where, e) != 0) {
            buf_free(&secret);
            return -1;
        }
    }
    if (secret.data != NULL)
        explicit_bzero(secret.data, secret.cap);
    buf_free(&secret);
    return 0;
}

static void
read_stamp(struct verify *v, const char *unit)
{
    if (unit == NULL)
        v->stamp = v->timestamp_header != NULL ? STAMP_S : STAMP_NONE;
    else if (strcmp(unit, "ms") == 0)
        v->stamp = STAMP_MS;
    else if (strcmp(unit, "iso") == 0)
        v->stamp = STAMP_ISO;
    else
        v->stamp = STAMP_S;
}

static void
standard_webhooks(struct verify *v)
{
    v->header = "webhook-signature";
    v->timestamp_header = "webhook-timestamp";
    v->id_header = "webhook-id";
    v->form = "{id}.{ts}.{body}";
    v->prefix = "v1,";
    v->list = ' ';
    v->algorithm = DIGEST_SHA256;
    v->base64 = true;
    v->stamp = STAMP_S;
    v->tolerance_s = 300;
}

/* The schemes whose secret itself is shown, by name. */
static bool
read_shown(struct verify *v, const char *scheme, const char *header)
{
    static const struct {
        const char *scheme;
        enum proof proof;
    } known[] = {{"bearer", PROOF_BEARER},
                 {"token", PROOF_TOKEN},
                 {"basic", PROOF_BASIC},
                 {"jwt", PROOF_JWT}};

    for (size_t i = 0; scheme != NULL && i < sizeof known / sizeof *known; i++)
        if (strcmp(scheme, known[i].scheme) == 0) {
            v->proof = known[i].proof;
            v->header = v->proof == PROOF_TOKEN ? header : "authorization";
            v->tolerance_s = 300;
            return true;
        }
    return false;
}

static int
read_verify(struct adapter *a, const struct config *config,
            const struct value *d, struct err *e)
{
    struct verify *v = &a->verify[a->verify_count];
    const char *scheme = text(a, d, "scheme"), *how = text(a, d, "key");
    const char *list = text(a, d, "list"), *algorithm;
    const char *encoding = text(a, d, "encoding");

    if (scheme != NULL && strcmp(scheme, "standard_webhooks") == 0) {
        standard_webhooks(v);
        how = "whsec";
    } else if (read_shown(v, scheme, text(a, d, "header"))) {
        how = NULL;
    } else {
        algorithm = text(a, d, "algorithm");
        v->header = text(a, d, "header");
        v->timestamp_header = text(a, d, "timestamp_header");
        v->id_header = text(a, d, "id_header");
        v->prefix = text(a, d, "prefix");
        v->form = text(a, d, "signed");
        v->list = list != NULL ? list[0] : '\0';
        v->base64 = encoding != NULL && strcmp(encoding, "base64") == 0;
        v->algorithm = algorithm != NULL && strcmp(algorithm, "sha1") == 0
                           ? DIGEST_SHA1
                           : DIGEST_SHA256;
        v->tolerance_s = value_get_int(d, "tolerance_s", 300);
        read_stamp(v, text(a, d, "timestamp_unit"));
    }
    if (v->header == NULL || (v->proof == PROOF_SIGNATURE && v->form == NULL))
        return err_set(e, ERR_INPUT,
                       "adapter %s: verify without header or "
                       "signed form",
                       a->part->adapter);
    if (add_keys(a, config, v, how, e) != 0)
        return -1;
    a->verify_count++;
    return 0;
}

/* The configuration chooses among the declared alternatives, never the
 * request: verify = "standard_webhooks" | "bearer" | index; else the first. */
static bool
verify_chosen(const struct adapter *a, const struct value *d, size_t i)
{
    const json_t *want = json_object_get(a->part->values, "verify");
    struct str scheme = value_str(value_get(d, "scheme"));
    struct str name = value_str(value_get(d, "name"));

    if (!json_is_string(want))
        return i == 0;
    return str_is(scheme, json_string_value(want)) ||
           str_is(name, json_string_value(want));
}

static int
read_verifies(struct adapter *a, const struct config *config,
              const struct value *list, struct err *e)
{
    const json_t *want = json_object_get(a->part->values, "verify");

    if (json_is_string(want) && strcmp(json_string_value(want), "none") == 0) {
        a->open = true;
        return 0;
    }
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *d = value_item(list, i);

        if (str_is(value_str(value_get(d, "scheme")), "bearer"))
            a->bearer_known = true;
        if (a->verify_count < ADAPTER_VERIFY_MAX && verify_chosen(a, d, i) &&
            read_verify(a, config, d, e) != 0)
            return -1;
    }
    if (a->verify_count == 0)
        return err_set(e, ERR_INPUT,
                       "%s: source \"%s\" has no way to verify its requests; "
                       "choose verify = one that adapter \"%s\" knows, or "
                       "verify = \"none\" on a private network",
                       a->part->where, a->part->name, a->part->adapter);
    if (a->verify[0].key_count == 0)
        return err_set(e, ERR_INPUT,
                       "%s: source \"%s\" has no secret; add secret = secret "
                       "\"NAME\"",
                       a->part->where, a->part->name);
    return 0;
}

static size_t
read_places(struct adapter *a, const struct value *list,
            struct key_place out[ADAPTER_PLACES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < value_count(list) && n < ADAPTER_PLACES_MAX; i++) {
        struct str s = value_str(value_item(list, i));

        if (str_starts(s, "header:"))
            out[n++] = (struct key_place){
                .header = true,
                .path = arena_dup(a->arena, s.p + 7, s.len - 7)};
        else if (str_starts(s, "body:") || str_starts(s, "tail:"))
            out[n++] = (struct key_place){
                .tail = s.p[0] == 't',
                .path = arena_dup(a->arena, s.p + 5, s.len - 5)};
    }
    return n;
}

static int
read_source(struct adapter *a, const struct config *config,
            const struct value *d, struct err *e)
{
    const struct value *ignore = value_get(d, "ignore");

    if (read_verifies(a, config, value_get(d, "verify"), e) != 0)
        return -1;
    a->each = text(a, d, "each");
    a->event_key_count =
        read_places(a, value_get(d, "event_key"), a->event_keys);
    a->conversation_key_count =
        read_places(a, value_get(d, "conversation_key"), a->conversation_keys);
    for (size_t i = 0;
         i < value_count(ignore) && a->ignore_count < ADAPTER_PLACES_MAX; i++) {
        const struct value *one = value_item(ignore, i);

        a->ignore[a->ignore_count].path = text(a, one, "path");
        a->ignore[a->ignore_count].is = text(a, one, "is");
        if (a->ignore[a->ignore_count].path != NULL)
            a->ignore_count++;
    }
    a->ack_status = (int)value_get_int(d, "ack_status", 200);
    a->checks = value_get_bool(d, "checks", false);
    a->has_pause = value_get_bool(d, "has_pause", false);
    a->has_reply = value_get_bool(d, "has_reply", false);
    a->has_close = value_get_bool(d, "has_close", false);
    a->has_respond = value_get_bool(d, "has_respond", false);
    a->respond_ms = value_get_int(d, "respond_within_s", 3) * 1000;
    a->reply_repeatable = value_get_bool(d, "reply_repeatable", false);
    return 0;
}

static void
read_steps(struct adapter *a, const struct value *steps)
{
    for (size_t i = 0;
         i < value_count(steps) && a->step_count < ADAPTER_STEPS_MAX; i++) {
        const struct value *s = value_item(steps, i);

        a->steps[a->step_count].name = text(a, s, "name");
        a->steps[a->step_count].after = text(a, s, "after");
        a->steps[a->step_count].repeatable =
            value_get_bool(s, "repeatable", false);
        a->steps[a->step_count].has_find = value_get_bool(s, "has_find", false);
        if (a->steps[a->step_count].name != NULL)
            a->step_count++;
    }
    if (a->step_count == 0)
        a->steps[a->step_count++] = (struct step){.name = "create"};
}

static int
read_helpdesk(struct adapter *a, const struct value *d, struct err *e)
{
    const struct value *carries = value_get(d, "carries");
    struct str format = value_str(value_get(carries, "format"));
    struct str unique = value_str(value_get(d, "unique"));
    json_t *lag = json_object_get(a->part->values, "lag_s");

    a->builtin = value_get_bool(d, "builtin", false);
    if (!text_format_from_name(format.p, format.len, &a->format))
        a->format = FORMAT_TEXT;
    a->subject_max = (size_t)value_get_int(carries, "subject_max", 150);
    a->body_max = (size_t)value_get_int(carries, "body_max", 0);
    a->attachments = value_get_bool(carries, "attachments", false);
    a->unique = str_is(unique, "handle")   ? UNIQUE_HANDLE
                : str_is(unique, "search") ? UNIQUE_SEARCH
                                           : UNIQUE_NONE;
    a->lag_s = json_is_number(lag) ? (int64_t)json_number_value(lag)
                                   : value_get_int(d, "lag_s", 0);
    a->repeat_s = value_get_int(d, "idempotency_s", 0);
    a->window_max = a->part->window_max > 0
                        ? a->part->window_max
                        : value_get_num(d, "window_max", 20);
    read_steps(a, value_get(d, "steps"));
    a->has_find = value_get_bool(d, "has_find", false);
    a->has_update = value_get_bool(d, "has_update", false);
    a->has_update_find = value_get_bool(d, "has_update_find", false);
    a->has_append = value_get_bool(d, "has_append", false);
    a->has_append_find = value_get_bool(d, "has_append_find", false);
    a->follow_batch = value_get_int(d, "follow_batch", 0);
    a->closed_for_good = value_get_bool(d, "closed_for_good", false);
    a->reset_header = text(a, d, "reset_header");
    return adapter_read_makes(a, d, e);
}

/* --- where it sends and how it proves who it is --- */

static const char *
fill(struct adapter *a, const char *template, const json_t *values,
     struct err *e)
{
    struct buf out = {0};
    const char *s = NULL;

    if (template_fill(template, values, &out, e) == 0)
        s = arena_dup(a->arena, out.data, out.len);
    else
        err_wrap(e, "%s", a->part->where);
    if (out.data != NULL)
        explicit_bzero(out.data, out.cap);
    buf_free(&out);
    return s;
}

static int
read_hosts(struct adapter *a, const struct value *d, const json_t *values,
           struct err *e)
{
    const struct value *hosts = value_get(d, "hosts");
    const char *url = json_string_value(json_object_get(values, "url"));
    const char *base = text(a, d, "base");
    const json_t *more = json_object_get(values, "reply_hosts");
    size_t n = 0, m = value_count(hosts) + json_array_size(more) + 2;

    a->hosts = arena_array(a->arena, m + 1, sizeof *a->hosts);
    if (url != NULL)
        a->base = arena_str(a->arena, url);
    else if (base != NULL && (a->base = fill(a, base, values, e)) == NULL)
        return -1;
    if (a->base != NULL) {
        struct buf host = {0};
        bool https;

        if (!outbound_host(a->base, &host, &https)) {
            buf_free(&host);
            return err_set(e, ERR_INPUT, "%s: url \"%s\" is no http(s) URL",
                           a->part->where, a->base);
        }
        a->hosts[n++] = arena_dup(a->arena, host.data, host.len);
        buf_free(&host);
    }
    for (size_t i = 0; i < value_count(hosts); i++) {
        struct str s = value_str(value_item(hosts, i));
        /* A host whose place is not configured is simply not allowed. */
        const char *host =
            fill(a, arena_dup(a->arena, s.p, s.len), values, NULL);
        struct buf only = {0};
        bool https;

        /* "{reply_url}" fills in a whole URL: its host is meant. */
        if (host != NULL && outbound_host(host, &only, &https))
            host = arena_dup(a->arena, only.data, only.len);
        if (host != NULL)
            a->hosts[n++] = host;
        buf_free(&only);
    }
    for (size_t i = 0; i < json_array_size(more); i++)
        if (json_is_string(json_array_get(more, i)))
            a->hosts[n++] =
                arena_str(a->arena, json_string_value(json_array_get(more, i)));
    return 0;
}

static int
webhook_key(struct adapter *a, const char *secret, struct err *e)
{
    struct str s = str_of(secret);

    if (str_starts(s, "whsec_")) {
        s.p += 6;
        s.len -= 6;
    }
    if (!digest_unbase64(&a->auth_key, s) || a->auth_key.len == 0)
        return err_set(e, ERR_INPUT,
                       "%s: the signing secret is not base64; make one with "
                       "`openssl rand -base64 32`",
                       a->part->where);
    a->auth = AUTH_WEBHOOK;
    return 0;
}

/* True when the configuration fills every place of the template, or there is
 * no template. */
static bool
is_filled(const char *template, const json_t *values)
{
    struct buf out = {0};
    bool filled =
        template == NULL || template_fill(template, values, &out, NULL) == 0;

    if (out.data != NULL)
        explicit_bzero(out.data, out.cap);
    buf_free(&out);
    return filled;
}

/* The first alternative whose places are all filled; without one the first,
 * so that the complaint names what is missing there. */
static const struct value *
choose_auth(struct adapter *a, const struct value *first, const json_t *values)
{
    static const char *const places[] = {"user", "password", "token", "value",
                                         "secret"};

    for (const struct value *auth = first; auth != NULL;
         auth = value_get(auth, "otherwise")) {
        bool filled = true;

        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            filled = filled && is_filled(text(a, auth, places[i]), values);
        if (filled)
            return auth;
    }
    return first;
}

static int
read_basic(struct adapter *a, const struct value *auth, const json_t *values,
           struct err *e)
{
    const char *user = fill(a, text(a, auth, "user"), values, e);
    const char *password =
        user == NULL ? NULL : fill(a, text(a, auth, "password"), values, e);
    struct buf pair = {0};

    if (password == NULL)
        return -1;
    buf_addf(&pair, "%s:%s", user, password);
    buf_adds(&a->auth_line, "Authorization: Basic ");
    digest_base64(&a->auth_line, pair.data, pair.len);
    explicit_bzero(pair.data, pair.cap);
    buf_free(&pair);
    a->auth = AUTH_BASIC;
    return 0;
}

static int
read_auth(struct adapter *a, const struct value *d, const json_t *values,
          struct err *e)
{
    const struct value *first = value_get(d, "auth");
    const struct value *auth = choose_auth(a, first, values);
    struct str scheme = value_str(value_get(auth, "scheme"));
    const char *one, *header;

    if (scheme.len == 0 || str_is(scheme, "none"))
        return 0;
    if (str_is(scheme, "basic"))
        return read_basic(a, auth, values, e);
    if (str_is(scheme, "standard_webhooks")) {
        one = fill(a, text(a, auth, "secret"), values, e);
        if (one == NULL)
            return -1;
        /* A secret given for something else (a bearer token) that is no
         * signing key signs nothing. */
        return webhook_key(a, one, e) == 0 || auth != first ? 0 : -1;
    }
    if (str_is(scheme, "bearer")) {
        one = fill(a, text(a, auth, "token"), values, e);
        if (one == NULL)
            return -1;
        buf_addf(&a->auth_line, "Authorization: Bearer %s", one);
        a->auth = AUTH_BEARER;
        return 0;
    }
    header = text(a, auth, "header");
    one = fill(a, text(a, auth, "value"), values, e);
    if (one == NULL)
        return -1;
    buf_addf(&a->auth_line, "%s: %s", header != NULL ? header : "Authorization",
             one);
    a->auth = AUTH_HEADER;
    return 0;
}

static int
read_description(struct adapter *a, const struct config *config,
                 const struct value *d, struct err *e)
{
    struct str kind = value_str(value_get(d, "kind"));
    json_t *values, *visible;
    int rc = -1;

    if (!str_is(kind, adapter_word(a->kind)))
        return err_set(e, ERR_INPUT, "%s: adapter \"%s\" is no %s",
                       a->part->where, a->part->adapter, adapter_word(a->kind));
    values = config_secret_values(config, a->part, e);
    if (values == NULL)
        return -1;
    if (adapter_check_settings(a, d, values, e) == 0 &&
        read_hosts(a, d, values, e) == 0 && read_auth(a, d, values, e) == 0)
        rc = a->kind == ADAPTER_SOURCE ? read_source(a, config, d, e) : 0;
    if (rc == 0 && a->kind == ADAPTER_HELPDESK)
        rc = read_helpdesk(a, d, e);
    json_decref(values);
    visible = config_public_values(a->part);
    pack_json(&a->cfg, visible);
    json_decref(visible);
    return rc;
}

static void
on_description(void *arg, const struct script_result *r)
{
    struct describing *d = arg;

    d->left--;
    if (r->class != SCRIPT_OK)
        d->failed = err_set(d->e, ERR_INPUT, "%s: adapter %s: %s",
                            d->adapter->part->where, d->adapter->part->adapter,
                            r->text);
    else
        d->failed = read_description(d->adapter, d->config, r->value, d->e);
}

struct adapter *
adapter_load(struct pool *pool, const struct config *config,
             const struct config_part *part, enum adapter_kind kind,
             struct err *e)
{
    struct arena *arena = arena_new(4096);
    struct adapter *a = arena_alloc(arena, sizeof *a);
    struct describing d = {a, config, e, 1, 0};
    struct buf args = {0};
    char name[160];

    a->arena = arena;
    a->part = part;
    a->kind = kind;
    snprintf(name, sizeof name, "%s %s", adapter_word(kind), part->name);
    a->set = script_set_new(name);
    if (script_set_prelude(a->set, "adapters/std", e) != 0 ||
        add_script(a, config, e) != 0)
        goto fail;
    script_set_seal(a->set);
    pack_array(&args, 0);
    pool_call(pool, a->set, "describe", SCRIPT_LOAD, &args, on_description, &d);
    if (pool_wait(pool, &d.left, 10000, e) != 0 || d.failed != 0)
        goto fail;
    buf_free(&args);
    return a;
fail:
    buf_free(&args);
    adapter_free(a);
    return NULL;
}

static void
wipe(struct buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->cap);
    buf_free(b);
}

void
adapter_free(struct adapter *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->verify_count; i++)
        for (size_t k = 0; k < a->verify[i].key_count; k++)
            wipe(&a->verify[i].keys[k]);
    wipe(&a->auth_line);
    wipe(&a->auth_key);
    buf_free(&a->cfg);
    script_set_release(a->set);
    arena_free(a->arena);
}

int
adapter_step(const struct adapter *a, const char *name)
{
    for (size_t i = 0; i < a->step_count; i++)
        if (strcmp(a->steps[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool
adapter_may_send(const struct adapter *a, const char *url)
{
    struct buf host = {0};
    bool https = false, allowed = false;

    if (outbound_host(url, &host, &https) && (https || a->part->allow_plain))
        for (size_t i = 0; a->hosts[i] != NULL && !allowed; i++)
            allowed = strcmp(a->hosts[i], host.data) == 0;
    buf_free(&host);
    return allowed;
}

static void
sign_webhook(const struct adapter *a, const char *id, struct str body,
             int64_t now_ms, struct arena *arena, const char **headers,
             size_t *count)
{
    char stamp[24];
    uint8_t mac[DIGEST_MAX];
    struct buf line = {0};
    int n;

    snprintf(stamp, sizeof stamp, "%lld", (long long)(now_ms / 1000));
    n = digest_hmac(
        DIGEST_SHA256, a->auth_key.data, a->auth_key.len,
        (struct str[]){str_of(id), STR("."), str_of(stamp), STR("."), body}, 5,
        mac, NULL);
    if (n < 0)
        return;
    buf_adds(&line, "webhook-signature: v1,");
    digest_base64(&line, mac, (size_t)n);
    headers[(*count)++] = arena_printf(arena, "webhook-id: %s", id);
    headers[(*count)++] = arena_printf(arena, "webhook-timestamp: %s", stamp);
    headers[(*count)++] = arena_dup(arena, line.data, line.len);
    buf_free(&line);
}

void
adapter_authenticate(const struct adapter *a, const char *id, struct str body,
                     int64_t now_ms, struct arena *arena, const char **headers,
                     size_t *count)
{
    if (a->auth == AUTH_WEBHOOK)
        sign_webhook(a, id, body, now_ms, arena, headers, count);
    else if (a->auth != AUTH_NONE)
        headers[(*count)++] =
            arena_dup(arena, a->auth_line.data, a->auth_line.len);
}
