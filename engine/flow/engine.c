#include "flow/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/adapter.h"
#include "flow/availability.h"
#include "flow/budgets.h"
#include "flow/cache.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/draft.h"
#include "flow/file.h"
#include "flow/follow.h"
#include "flow/lane.h"
#include "flow/owners.h"
#include "flow/policy.h"
#include "flow/reload.h"
#include "flow/routes.h"
#include "flow/sweep.h"
#include "flow/timers.h"
#include "flow/versions.h"
#include "http/client.h"
#include "http/loop.h"
#include "http/server.h"
#include "script/pool.h"
#include "store/store.h"

#define CACHE_BYTES        (6u << 20)
#define CLIENT_CONNECTIONS 256
#define TICK_MS            250
#define DRAIN_MS           20000
#define DELAY_PAUSE_MS     250 /* the disk's delay at which sockets wait */

struct adapter *
engine_source(const struct engine *en, const char *name, size_t n)
{
    for (struct adapter **a = en->sources; *a != NULL; a++)
        if (strlen((*a)->part->name) == n &&
            memcmp((*a)->part->name, name, n) == 0)
            return *a;
    return NULL;
}

static struct adapter *
by_name(struct adapter **list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcmp((*list)->part->name, name) == 0)
            return *list;
    return NULL;
}

struct adapter *
engine_helpdesk(const struct engine *en, const char *name)
{
    return by_name(en->helpdesks, name);
}

struct adapter *
engine_notifier(const struct engine *en, const char *name)
{
    return by_name(en->notifiers, name);
}

/* --- the key that seals the journal --- */

static int
read_key(struct engine *en, const char *path, struct err *e)
{
    struct buf text = {0}, bytes = {0};
    int rc = 0;

    if (file_read(path, 4096, &text, e) != 0)
        return -1;
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        buf_cut(&text, text.len - 1);
    if (!digest_unhex(&bytes, (struct str){text.data, text.len}) ||
        bytes.len != SEAL_KEY_SIZE)
        rc = err_set(e, ERR_INPUT,
                     "%s: not a key: 64 hex digits expected; restore the file "
                     "from your backup (without it the journal cannot be read)",
                     path);
    else
        memcpy(en->seal_key, bytes.data, SEAL_KEY_SIZE);
    explicit_bzero(text.data, text.cap);
    buf_free(&text);
    buf_free(&bytes);
    return rc;
}

static int
open_key(struct engine *en, struct err *e)
{
    const struct config *c = en->config;
    char path[4096];
    uint8_t key[SEAL_KEY_SIZE];
    struct buf text = {0};
    struct err made = {0};

    if (c->key_file != NULL)
        snprintf(path, sizeof path, "%s", c->key_file);
    else
        snprintf(path, sizeof path, "%s.key", c->store_path);
    digest_random(key, sizeof key);
    digest_hex(&text, key, sizeof key);
    buf_addc(&text, '\n');
    /* Made at the first start; never replaced. */
    if (file_create(path, text.data, text.len, &made) == 0)
        log_info("key.created", LOG_STR("file", path));
    else if (made.class != ERR_CONFLICT) {
        *e = made;
        buf_free(&text);
        return -1;
    }
    buf_free(&text);
    return read_key(en, path, e);
}

/* --- opening --- */

static int
load_adapters(struct engine *en, const struct config_part *parts, size_t count,
              enum adapter_kind kind, struct adapter ***out, struct err *e)
{
    *out = mem_zero((count + 1) * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = adapter_load(en->pool, en->config, &parts[i], kind, e);
        if ((*out)[i] == NULL)
            return -1;
    }
    return 0;
}

static int
open_adapters(struct engine *en, struct err *e)
{
    const struct config *c = en->config;

    if (load_adapters(en, c->sources, c->source_count, ADAPTER_SOURCE,
                      &en->sources, e) != 0 ||
        load_adapters(en, c->helpdesks, c->helpdesk_count, ADAPTER_HELPDESK,
                      &en->helpdesks, e) != 0)
        return -1;
    return load_adapters(en, c->notifiers, c->notifier_count, ADAPTER_NOTIFIER,
                         &en->notifiers, e);
}

static void
on_store_fatal(void *arg, const struct err *e)
{
    struct engine *en = arg;

    log_failure(LOG_ERROR, "store.fatal", NULL, NULL, e);
    log_error("engine.stopped",
              LOG_STR("why", "whether the last commit is on disk is not known; "
                             "start again: the journal is read and every "
                             "sender repeats what was not acknowledged"));
    en->exit_code = ENGINE_EXIT_STORE;
    loop_stop(en->loop);
}

static int
open_store(struct engine *en, struct err *e)
{
    struct store_options o = {.driver = "sqlite",
                              .where = en->config->store_path,
                              .fatal = on_store_fatal,
                              .arg = en};

    en->store = store_open(&o, e);
    return en->store == NULL ? -1 : 0;
}

/* Where the address is configured, and what to do when somebody has it. */
static int
explain_address(const char *where, const char *word, struct err *e)
{
    if (e->sys == EADDRINUSE)
        err_set(e, ERR_SYSTEM,
                "%s; another program, or another usher, has it: stop that one, "
                "or change %s",
                e->text, word);
    return where != NULL ? err_wrap(e, "%s", where) : -1;
}

static int
open_admin(struct engine *en, struct err *e)
{
    const struct config *c = en->config;
    struct server_options o = {.name = "admin", .unix_path = c->admin_socket};

    if (c->admin_socket != NULL) {
        en->admin_server = server_new(en->loop, &o, routes_admin, en, e);
        if (en->admin_server == NULL)
            return -1;
    }
    if (c->admin_address == NULL)
        return 0;
    if (c->admin_token == NULL)
        return err_set(e, ERR_INPUT,
                       "%s: admin has an address and no token; add token = "
                       "secret \"ADMIN_TOKEN\"",
                       c->path);
    if (config_secret(c, c->admin_token, c->path, &en->admin_token, e) != 0)
        return err_wrap(e, "admin token");
    o = (struct server_options){.name = "admin-tcp",
                                .address = c->admin_address};
    en->admin_tcp = server_new(en->loop, &o, routes_admin_tcp, en, e);
    return en->admin_tcp != NULL
               ? 0
               : explain_address(c->admin_where, "admin { address = ... }", e);
}

static int
open_public(struct engine *en, struct err *e)
{
    const struct config *c = en->config;
    struct server_options o = {.name = "public",
                               .address = c->listen,
                               .tls_cert_file = c->tls_cert,
                               .tls_key_file = c->tls_key,
                               .body_max = c->body_max,
                               .body_hint = "Send less at a time; listen { "
                                            "body_max = ... } may be 1048576 "
                                            "at most."};

    en->public_server = server_new(en->loop, &o, routes_public, en, e);
    return en->public_server != NULL
               ? 0
               : explain_address(c->listen_where, "listen", e);
}

static void
on_pool(void *arg)
{
    struct engine *en = arg;

    pool_poll(en->pool);
}

static void
flush_pool(void *p)
{
    pool_flush(p);
}

static void
on_unsent(void *arg)
{
    struct engine *en = arg;

    loop_at_end(en->loop, flush_pool, en->pool);
}

static void
on_store(void *arg)
{
    struct engine *en = arg;

    store_poll(en->store);
}

static void
on_signal(void *arg, int signal)
{
    struct engine *en = arg;

    log_info("engine.stopping", LOG_INT("signal", signal));
    engine_stop(en);
}

static int
open_loop(struct engine *en, struct err *e)
{
    en->loop = loop_new(e);
    if (en->loop == NULL)
        return -1;
    en->client = client_new(en->loop, CLIENT_CONNECTIONS, e);
    if (en->client == NULL)
        return -1;
    if (loop_on_signal(en->loop, SIGTERM, on_signal, en, e) != 0)
        return -1;
    return loop_on_signal(en->loop, SIGINT, on_signal, en, e);
}

struct engine *
engine_new(const struct config *config, struct pool *pool, struct err *e)
{
    struct engine *en = mem_zero(sizeof *en);

    en->config = config;
    en->pool = pool;
    en->started_ms = clock_now_ms();
    if (open_adapters(en, e) != 0 || open_loop(en, e) != 0 ||
        open_store(en, e) != 0 || reload_first(en, e) != 0 ||
        open_key(en, e) != 0)
        goto fail;
    en->draft = draft_new(en, e);
    if (en->draft == NULL)
        goto fail;
    en->versions = versions_new(en);
    en->cache = cache_new(en, CACHE_BYTES);
    en->lanes = lanes_new(en);
    en->deliver = deliver_new(en);
    en->pool_watch = loop_watch(en->loop, pool_fd(pool), on_pool, en);
    pool_on_unsent(pool, on_unsent, en);
    en->store_watch = loop_watch(en->loop, store_fd(en->store), on_store, en);
    en->budgets = budgets_new(en, e);
    en->availability = en->budgets != NULL ? availability_new(en, e) : NULL;
    if (en->availability == NULL)
        goto fail;
    if (deliver_recover(en->deliver, e) != 0 ||
        lanes_recover(en->lanes, e) != 0)
        goto fail;
    en->follow = follow_new(en);
    en->timers = timers_new(en);
    follow_begin(en->follow);
    en->owners = owners_new(en);
    en->recovered = true;
    en->sweep = sweep_new(en);
    en->reload = reload_new(en, e);
    if (en->reload == NULL)
        goto fail;
    /* Doors open last: who is let in finds everybody at work. */
    if (open_admin(en, e) != 0 || open_public(en, e) != 0)
        goto fail;
    return en;
fail:
    engine_free(en);
    return NULL;
}

/* --- running --- */

static bool
idle(const struct engine *en)
{
    return lanes_waiting(en->lanes) == 0 && deliver_running(en->deliver) == 0 &&
           draft_idle(en->draft) && server_pending(en->public_server) == 0;
}

static void
on_tick(void *arg)
{
    struct engine *en = arg;
    int64_t delay = store_delay_ms(en->store);

    server_pause(en->public_server, delay > DELAY_PAUSE_MS);
    if (en->draining && idle(en)) {
        loop_stop(en->loop);
        return;
    }
    sd_notify(0, "WATCHDOG=1");
    en->tick = loop_after(en->loop, TICK_MS, on_tick, en);
}

int
engine_run(struct engine *en)
{
    en->tick = loop_after(en->loop, TICK_MS, on_tick, en);
    sd_notify(0, "READY=1");
    log_info("engine.ready", LOG_STR("listen", en->config->listen),
             LOG_INT("port", server_port(en->public_server)),
             LOG_STR("policy", en->policy->hash),
             LOG_INT("workers", pool_workers(en->pool)));
    loop_run(en->loop);
    return en->exit_code;
}

static void
on_drain_over(void *arg)
{
    struct engine *en = arg;

    log_warn("engine.drain_cut",
             LOG_STR("why", "work was still in flight after 20 s; it is on "
                            "disk and goes on at the next start"));
    loop_stop(en->loop);
}

void
engine_stop(struct engine *en)
{
    if (en->draining) {
        loop_stop(en->loop); /* asked twice */
        return;
    }
    en->draining = true;
    sd_notify(0, "STOPPING=1");
    server_drain(en->public_server);
    deliver_stop(en->deliver);
    follow_stop(en->follow);
    loop_after(en->loop, DRAIN_MS, on_drain_over, en);
}

static void
free_adapters(struct adapter **list)
{
    if (list == NULL)
        return;
    for (struct adapter **a = list; *a != NULL; a++)
        adapter_free(*a);
    free(list);
}

void
engine_free(struct engine *en)
{
    if (en == NULL)
        return;
    reload_stop(en->reload);
    draft_stop(en->draft);
    versions_stop(en->versions);
    sweep_stop(en->sweep);
    follow_stop(en->follow);
    server_free(en->public_server);
    en->public_server = NULL; /* an answer that comes yet has nowhere to go */
    server_free(en->admin_server);
    server_free(en->admin_tcp);
    loop_unwatch(en->store_watch);
    loop_unwatch(en->pool_watch);
    client_free(en->client);
    /* Their callbacks may still touch jobs: these go first. */
    store_close(en->store);
    reload_free(en->reload);
    sweep_free(en->sweep);
    pool_free(en->pool);
    versions_free(en->versions);
    timers_free(en->timers);
    follow_free(en->follow);
    owners_free(en->owners);
    budgets_free(en->budgets);
    availability_free(en->availability);
    deliver_free(en->deliver);
    lanes_free(en->lanes);
    cache_free(en->cache);
    policy_release(en->policy);
    free_adapters(en->sources);
    free_adapters(en->helpdesks);
    free_adapters(en->notifiers);
    loop_free(en->loop);
    draft_free(en->draft); /* the loop may still have held its worker */
    explicit_bzero(en->seal_key, sizeof en->seal_key);
    if (en->admin_token.data != NULL)
        explicit_bzero(en->admin_token.data, en->admin_token.cap);
    buf_free(&en->admin_token);
    free(en);
}
