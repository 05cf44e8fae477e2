/*
 * adapter: a configured source, helpdesk or notifier: its script set, what
 * the script declared about the vendor (as typed data, read once at start),
 * and the requests' authentication, which scripts never see.
 */
#ifndef FLOW_ADAPTER_H
#define FLOW_ADAPTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "model/outbound.h"
#include "model/transcript.h"

struct config;
struct config_part;
struct pool;
struct request;
struct script_set;

enum adapter_kind {
    ADAPTER_SOURCE,
    ADAPTER_HELPDESK,
    ADAPTER_NOTIFIER
};

enum proof {
    PROOF_SIGNATURE, /* over the body */
    PROOF_BEARER,    /* "Bearer SECRET" */
    PROOF_TOKEN,     /* the secret, in a header of its own */
    PROOF_BASIC,     /* "Basic ...": the secret is "user:password" */
    PROOF_JWT        /* a token signed with the secret, or the secret */
};

/* One way to prove that a request is from the source. */
struct verify {
    enum proof proof;
    const char *header, *timestamp_header, *id_header;
    const char *prefix; /* "sha1=", or NULL */
    const char *form;   /* "{id}.{ts}.{body}" */
    char list;          /* separator of several signatures, or 0 */
    enum digest_algorithm algorithm;
    bool base64;
    enum {
        STAMP_NONE,
        STAMP_S,
        STAMP_MS,
        STAMP_ISO
    } stamp;
    int64_t tolerance_s;
    struct buf keys[2]; /* active secrets, decoded; the second while rotating */
    size_t key_count;
};

/* Where a key stands: a header, or a path of the body; tail: only what stands
 * behind its last slash. */
struct key_place {
    bool header, tail;
    const char *path;
};

#define ADAPTER_VERIFY_MAX 4
#define ADAPTER_PLACES_MAX 8
#define ADAPTER_STEPS_MAX  8

struct step {
    const char *name, *after; /* after: an earlier step, or NULL */
    bool repeatable;          /* done twice it is as done once */
    bool has_find;            /* a look-up of its own */
};

/* What a hand-over becomes in a helpdesk; the words are those of a decision's
 * `as`. */
enum made_as {
    MADE_TICKET,
    MADE_CONVERSATION,
    MADE_KINDS
};

struct adapter {
    enum adapter_kind kind;
    const struct config_part *part;
    struct arena *arena;
    struct script_set *set;
    struct buf cfg;     /* public configuration values, packed */
    const char *base;   /* URL prefix, filled; or NULL */
    const char **hosts; /* where its secrets may go; NULL ends */
    /* auth, with secrets filled in */
    enum {
        AUTH_NONE,
        AUTH_BASIC,
        AUTH_BEARER,
        AUTH_HEADER,
        AUTH_WEBHOOK
    } auth;
    struct buf auth_line; /* "Authorization: Basic ...", complete */
    struct buf auth_key;  /* webhook: the signing key */
    /* source */
    struct verify verify[ADAPTER_VERIFY_MAX];
    size_t verify_count;
    bool open;         /* declared "no verification" in the configuration */
    bool bearer_known; /* verify = "bearer" is one of its declared ways */
    const char *each;  /* path of the array to split, or NULL */
    struct key_place event_keys[ADAPTER_PLACES_MAX];
    struct key_place conversation_keys[ADAPTER_PLACES_MAX];
    size_t event_key_count, conversation_key_count;
    struct {
        const char *path, *is;
    } ignore[ADAPTER_PLACES_MAX];
    size_t ignore_count;
    int ack_status;
    bool checks; /* read may refuse a body: the answer waits for it */
    bool has_pause, has_reply, has_close;
    bool has_respond;      /* the answer to its request is what is said */
    int64_t respond_ms;    /* the answer is given after so long at the latest */
    bool reply_repeatable; /* the receiver knows a repeated message */
    /* helpdesk */
    bool builtin; /* kept by the engine */
    enum text_format format;
    size_t subject_max, body_max;
    bool attachments;
    enum {
        UNIQUE_HANDLE,
        UNIQUE_SEARCH,
        UNIQUE_NONE
    } unique;
    int64_t lag_s;
    int64_t repeat_s;     /* same bytes with the same key may be sent again */
    int64_t follow_batch; /* of how many tickets one request asks; 0: of none */
    double window_max;
    struct step steps[ADAPTER_STEPS_MAX];
    size_t step_count;
    bool has_find, has_update, has_update_find;
    bool has_append, has_append_find; /* it can go on in a ticket there is */
    bool closed_for_good;             /* a closed ticket takes nothing more */
    bool makes[MADE_KINDS];           /* with the settings that it has */
    enum made_as as;                  /* when a decision does not say */
    const char **continues;   /* sources whose conversations are its own, by
                                 their adapter; NULL ends */
    const char *reset_header; /* of a 429: until when, in seconds since 1970;
                                 or NULL */
};

/* The step of a hand-over that goes on in a ticket there is. */
#define ADAPTER_APPEND "append"

/* Load the script of a part, ask it to describe itself and check the answer
 * against the configuration (needs, secrets, hosts). Complaints begin with
 * the place in the configuration and say the remedy. */
struct adapter *adapter_load(struct pool *pool, const struct config *config,
                             const struct config_part *part,
                             enum adapter_kind kind, struct err *e) MUST_CHECK;
void adapter_free(struct adapter *a); /* NULL is fine */

/* "adapters/sources/custom.lua" exists in the binary or the folder. */
bool adapter_known(const struct config *config, enum adapter_kind kind,
                   const char *name);

/* Check the raw bytes of a request. ERR_INPUT with a text that says which
 * check failed, never the expected value. *stale: the signature was right and
 * the timestamp was not. A source without a way to verify passes only when it
 * is declared open. */
int adapter_verify(const struct adapter *a, const struct request *r,
                   int64_t now_ms, bool *stale, struct err *e) MUST_CHECK;

/* The same over plain parts (tests): a header getter and the body. */
typedef struct str header_fn(const void *arg, const char *name,
                             unsigned *count);
int verify_check(const struct verify *v, header_fn *header, const void *arg,
                 struct str body, int64_t now_ms, bool *stale,
                 struct err *e) MUST_CHECK;

/* True when the engine may authenticate a request to this URL: its host is
 * the adapter's base or one of its declared hosts, over https unless plain is
 * allowed. */
bool adapter_may_send(const struct adapter *a, const char *url);

/* Append the authentication header lines for these bytes ("Name: value" in
 * the arena) to headers[*count]. id is the webhook-id: constant over
 * retries. */
void adapter_authenticate(const struct adapter *a, const char *id,
                          struct str body, int64_t now_ms, struct arena *arena,
                          const char **headers, size_t *count);

/* "source", "helpdesk", "notifier". */
const char *adapter_word(enum adapter_kind kind);

/* What to say behind the name of an adapter that is not known, in the arena:
 * the nearest name, else those that there are. Part of adapter_load. */
const char *adapter_hint(const struct config *config, enum adapter_kind kind,
                         const char *name, struct arena *arena);

/* The part's settings (secrets filled in) against the description's `needs`:
 * an unknown name is refused with the nearest known one, a missing need and a
 * wrong type by name. Part of adapter_load. */
struct value;
int adapter_check_settings(const struct adapter *a, const struct value *d,
                           const json_t *values, struct err *e) MUST_CHECK;

/* Append a step's index by name; -1 when unknown. */
int adapter_step(const struct adapter *a, const char *name);

/* "ticket" or "conversation". */
const char *made_as_name(enum made_as as);

/* What a helpdesk makes of a decision that wants it as `word` (or NULL): that,
 * when it can, else what it is configured to. */
enum made_as adapter_as(const struct adapter *helpdesk, const char *word);

/* True when a hand-over that is made as `as` goes on in the conversation of a
 * source with this adapter: both are one vendor's. */
bool adapter_continues(const struct adapter *helpdesk, enum made_as as,
                       const char *source_adapter);

/* Read what a helpdesk makes, and check `as` of the configuration against it.
 * Part of adapter_load. */
int adapter_read_makes(struct adapter *a, const struct value *d,
                       struct err *e) MUST_CHECK;

#endif
