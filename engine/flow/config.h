/*
 * config: usher.conf.lua as typed data. The file is evaluated in a worker like
 * any other script; what comes back is checked here once more, and secrets
 * are filled in from files or the environment at the last moment, by name.
 */
#ifndef FLOW_CONFIG_H
#define FLOW_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "flow/config_tickets.h"
#include "flow/config_time.h"
#include "model/redact.h"
#include "model/sla.h"
#include "script/pool.h"

/* One configured source, helpdesk or notifier. */
struct config_part {
    const char *name;     /* "web" */
    const char *adapter;  /* "custom" */
    const char *where;    /* "usher.conf.lua:12" */
    json_t *values;       /* object; a secret is {"secret": NAME} or
                             {"secret_file": PATH} */
    bool allow_private;   /* its requests may reach private addresses */
    bool allow_plain;     /* http:// allowed */
    const char *ca_file;  /* or NULL */
    double window_max;    /* 0: the adapter's */
    const char *helpdesk; /* a source's own helpdesk, or NULL */
    int64_t follow_ms; /* helpdesks: between two looks at a ticket; 0: none */
    /* Notifiers: told only of what names them; before the ticket is made. */
    bool on_request, at_once;
};

/* How changed rules come into force (reload.h, draft.h). */
enum policy_changes {
    CHANGES_LIVE,  /* at once, when they pass their own tests */
    CHANGES_DRAFT, /* when they are promoted */
    CHANGES_SHADOW /* the same; until then in shadow */
};
struct policy_options {
    bool pin; /* a conversation ends under the rules that it began under */
    enum policy_changes changes;
    const char *recordings; /* to test changed rules with; or NULL */
    /* The limits then, as `usher backtest` takes them; or NULL. */
    const char *max_changed, *max_new, *max_lost;
};

struct config {
    struct arena *arena;
    const char *path;   /* the file, or NULL */
    const char *folder; /* relative paths stand against it */
    const char *tenant;
    const char *listen; /* "127.0.0.1:8080" */
    /* "usher.conf.lua:3", of the declaration; NULL: none, a default holds */
    const char *listen_where, *admin_where, *policy_where;
    const char *tls_cert, *tls_key;
    size_t body_max;
    const char *admin_socket;  /* path, or NULL */
    const char *admin_address; /* or NULL */
    json_t *admin_token;       /* secret reference, or NULL */
    const char *store_path, *key_file;
    const char *policy_dir;
    struct policy_options policy;
    struct config_part *sources, *helpdesks, *notifiers;
    size_t source_count, helpdesk_count, notifier_count;
    const char *default_helpdesk;
    const char *default_group;
    json_t *groups; /* object name -> object; NULL: any group */
    json_t *routing, *priorities, *origin_tags, *tags, *fields, *intents,
        *tiers;
    json_t *where; /* object: "sla" -> "usher.conf.lua:12"; or NULL */
    struct zones *zones;
    struct config_calendar *calendars; /* config_time.h, like the next two */
    struct config_group *group_times;
    size_t calendar_count, group_count;
    struct config_tickets tickets;
    struct sla sla;
    const char
        *response_time; /* standard promise ("within 4 hours"), or NULL */
    struct redactor redactor;
    struct script_limits limits[SCRIPT_KINDS];
    unsigned workers;        /* 0: cores, at least 2 */
    const char *adapter_dir; /* a folder that adds or overrides adapters */
};

/* Evaluate and check; the pool's calls run within its limits from then on.
 * Complaints name file and line and the remedy. */
struct config *config_load(struct pool *p, const char *path,
                           struct err *e) MUST_CHECK;

/* The built-in configuration (no file): desk helpdesk, no source. */
struct config *config_default(void);

/* The text of a secret reference or a plain string: {"secret": NAME} from
 * $CREDENTIALS_DIRECTORY/NAME, then the environment; {"secret_file": PATH}
 * from that file (one trailing newline dropped). ERR_INPUT names the place,
 * what is missing and how to give it. */
int config_secret(const struct config *c, const json_t *value,
                  const char *where, struct buf *out, struct err *e) MUST_CHECK;

/* values of a part with secrets left out (what scripts see) or filled in (for
 * auth templates; caller json_decref()s and treats it as secret). */
json_t *config_public_values(const struct config_part *part);
json_t *config_secret_values(const struct config *c,
                             const struct config_part *part, struct err *e);

const struct config_part *config_source(const struct config *c, const char *n);
const struct config_part *config_helpdesk(const struct config *c,
                                          const char *n);
const struct config_part *config_notifier(const struct config *c,
                                          const char *n);

/* A path of the file against its folder, in the arena. */
const char *config_path(const struct config *c, const char *path);

void config_free(struct config *c); /* NULL is fine */

#endif
