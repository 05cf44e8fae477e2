#include "flow/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fail.h"
#include "base/id.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/pack_json.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/ask.h"
#include "flow/config.h"
#include "flow/decide.h"
#include "flow/engine.h"
#include "flow/escalate.h"
#include "flow/job.h"
#include "flow/lane.h"
#include "flow/rows.h"
#include "flow/turn.h"
#include "http/server.h"
#include "script/pool.h"
#include "script/set.h"
#include "store/store.h"

#define EVENTS_IN_BODY  100     /* an array longer than this is refused */
#define BODY_NODES      1000000 /* values in a body; its bytes are limited too */
#define KEY_MAX         200     /* bytes of an event or conversation key */
#define DELAY_REFUSE_MS 1000
#define WAIT_MAX_S      30 /* Prefer: wait=, at most */

/* The events of one body are answered together: when all are kept (and read,
 * where the adapter may refuse). */
struct batch {
    struct engine *engine;
    uint64_t handle;
    int status;  /* 2xx of the source */
    size_t left; /* jobs not yet kept or read */
    bool failed; /* not kept: the client must send again */
    char refusal[ERR_TEXT_MAX];
};

static void
refuse(struct engine *en, const struct request *r, const char *source,
       int status, const char *detail)
{
    en->count.events_refused++;
    log_warn("event.refused", LOG_STR("source", source),
             LOG_INT("status", status), LOG_STR("why", detail));
    server_problem(en->public_server, request_handle(r), status, detail);
}

bool
intake_admit(struct engine *en, struct request *r)
{
    char header[48],
        detail[] =
            "Nothing was kept: the disk is behind. Send the same request again "
            "after the time in Retry-After.";
    uint8_t spread;

    if (!en->draining && en->recovered &&
        store_delay_ms(en->store) <= DELAY_REFUSE_MS)
        return true;
    digest_random(&spread, 1);
    snprintf(header, sizeof header, "Retry-After: %d\r\n", 5 + spread % 26);
    en->count.overloads++;
    server_problem_with(en->public_server, request_handle(r), 503, detail,
                        header);
    return false;
}

/* --- answering --- */

static void
batch_over(struct batch *b)
{
    struct server *s = b->engine->public_server;
    const char *again =
        "Nothing was kept: the store could not take the event. Send the same "
        "request again.";

    if (b->left > 0)
        return;
    if (b->failed)
        server_problem_with(s, b->handle, 503, again, "Retry-After: 5\r\n");
    else if (b->refusal[0] != '\0')
        server_problem(s, b->handle, 422, b->refusal);
    else
        server_reply(
            s, b->handle,
            &(struct reply){.status = b->status, .body = "{}", .body_n = 2});
    free(b);
}

void
intake_answer(struct job *j)
{
    struct batch *b = j->batch;

    if (b == NULL || !(j->journaled || j->lost))
        return;
    /* The adapter may refuse the body: then the answer waits for both. */
    if (j->journaled && !j->repeated && j->source->checks && !j->read)
        return;
    j->batch = NULL;
    if (j->lost)
        b->failed = true;
    else if (j->refused)
        snprintf(b->refusal, sizeof b->refusal, "%s", j->error.text);
    b->left--;
    batch_over(b);
}

/* --- reading: the adapter's turn --- */

struct reading {
    struct job *job;
    void (*on_read)(struct job *j);
};

static void
take_events(struct job *j, const struct script_result *r)
{
    struct str refusal = value_str(value_get(r->value, "reject"));

    if (refusal.len > 0) {
        j->refused = true;
        err_set(&j->error, ERR_INPUT, "%.*s", (int)refusal.len, refusal.p);
        return;
    }
    /* What the adapter let through and is not an event is its fault, not the
     * sender's. */
    if (event_read(j->arena, r->value, &j->events, &j->event_count,
                   &j->error) != 0)
        j->failed = true;
}

static void
on_read_result(void *arg, const struct script_result *r)
{
    struct reading *reading = arg;
    struct job *j = reading->job;
    void (*on_read)(struct job * j) = reading->on_read;

    free(reading);
    j->reading = false;
    j->read = true;
    if (r->class == SCRIPT_OK) {
        take_events(j, r);
    } else {
        /* The adapter's fault, not the sender's: the event is kept and its
         * conversation goes to a human. */
        j->failed = true;
        err_set(&j->error, ERR_SCRIPT, "%s (%s)", r->text,
                script_class_name(r->class));
        log_warn("adapter.failed", LOG_STR("source", j->source->part->name),
                 LOG_STR("class", script_class_name(r->class)),
                 LOG_STR("why", r->text));
    }
    if (j->refused) {
        j->engine->count.events_refused++;
        log_warn("event.refused", LOG_STR("source", j->source->part->name),
                 LOG_STR("why", j->error.text));
    }
    on_read(j);
}

/* Our own form needs no adapter. */
static void
read_escalation(struct job *j)
{
    struct buf event = {0};
    const struct value *v;
    json_t *body;

    v = value_read(j->arena, j->event.data, j->event.len, 100000, &j->error);
    body = value_json(v);
    escalation_pack(body, &event);
    json_decref(body);
    /* The value points into these bytes for the job's life. */
    v = value_read(j->arena, arena_dup(j->arena, event.data, event.len),
                   event.len, 100000, &j->error);
    buf_free(&event);
    j->read = true;
    if (v == NULL ||
        event_read(j->arena, v, &j->events, &j->event_count, &j->error) != 0)
        j->refused = true;
}

void
intake_read(struct job *j, void (*on_read)(struct job *j))
{
    struct reading *reading;
    struct buf args = {0};

    if (escalation_marked(&j->headers)) {
        read_escalation(j);
        on_read(j);
        return;
    }
    reading = mem_alloc(sizeof *reading);
    reading->job = j;
    reading->on_read = on_read;
    j->reading = true;
    pack_array(&args, 3);
    buf_add(&args, j->event.data, j->event.len);
    buf_add(&args, j->headers.data, j->headers.len);
    buf_add(&args, j->source->cfg.data, j->source->cfg.len);
    pool_call(j->engine->pool, j->source->set, "read", SCRIPT_READ, &args,
              on_read_result, reading);
    buf_free(&args);
}

/* Read while the row is being written: whichever ends last goes on. */
static void
on_first_read(struct job *j)
{
    intake_answer(j);
    if (j->lost || j->repeated)
        job_free(j);
    else if (j->at_head)
        decide_event(j);
}

/* --- keeping --- */

static void
on_kept(void *arg, const struct err *e)
{
    struct job *j = arg;
    struct engine *en = j->engine;
    bool urgent = j->urgent;

    FAIL_POINT("intake.after_commit");
    buf_free(&j->sealed);
    j->lost = e != NULL;
    j->journaled = e == NULL;
    j->repeated = e == NULL && j->row_repeated;
    if (e != NULL) {
        log_failure(LOG_ERROR, "event.not_kept", "source",
                    j->source->part->name, e);
    } else if (j->repeated) {
        en->count.events_repeated++;
        /* Answered like the first one. */
        j->refused = j->old_answer.len > 0;
        if (j->refused)
            err_set(&j->error, ERR_INPUT, "%s", buf_str(&j->old_answer));
    } else {
        en->count.events_kept++;
    }
    intake_answer(j);
    if (j->lost)
        turn_lost(j);
    else if (j->repeated)
        turn_end(j);
    if (e == NULL && !j->repeated)
        lane_add(en->lanes, j, urgent);
    else if (!j->reading)
        job_free(j);
}

/* Keep what stands behind the last slash. */
static void
cut_to_tail(struct buf *key)
{
    const char *slash = strrchr(buf_str(key), '/');
    size_t skip = slash != NULL ? (size_t)(slash + 1 - key->data) : 0;

    memmove(key->data, key->data + skip, key->len - skip);
    buf_cut(key, key->len - skip);
}

static bool
key_at(const struct key_place *place, const struct request *r,
       const struct value *body, struct buf *out)
{
    unsigned count = 0;
    struct str s;

    buf_clear(out);
    if (!place->header) {
        if (!value_text_at(body, place->path, out))
            return false;
        if (place->tail && out->len > 0)
            cut_to_tail(out);
        return out->len > 0;
    }
    s = request_header(r, place->path, &count);
    buf_add(out, s.p, s.len);
    return count == 1 && s.len > 0;
}

static bool
first_key(const struct key_place *places, size_t count, const struct request *r,
          const struct value *body, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        if (key_at(&places[i], r, body, out))
            return true;
    return false;
}

static void
pack_headers(const struct request *r, struct buf *out)
{
    size_t at = pack_map_open(out), n = 0;

    for (size_t i = 0; i < request_header_count(r); i++) {
        struct str name, value;

        request_header_at(r, i, &name, &value);
        /* What proves who sent it is nobody's business any more. */
        if (str_is(name, "authorization") || str_is(name, "cookie") ||
            str_is(name, "x-api-key") || !utf8_valid(value.p, value.len))
            continue;
        pack_str(out, name.p, name.len);
        pack_str(out, value.p, value.len);
        n++;
    }
    pack_map_close(out, at, n);
}

static void
hash_key(const struct value *piece, struct buf *out)
{
    struct buf text = {0};
    uint8_t hash[SHA256_SIZE];

    value_to_json(&text, piece);
    digest_sha256(text.data, text.len, hash);
    buf_adds(out, "sha256-");
    digest_hex(out, hash, sizeof hash);
    buf_free(&text);
}

/* Bound to its row: a sealed body cannot be moved to another. */
static void
put_about(const struct job *j, struct buf *about)
{
    buf_addf(about, "%s/%s/%s", j->engine->config->tenant,
             j->source->part->name, j->ekey);
}

int
intake_unseal(struct job *j, struct err *e)
{
    struct buf about = {0}, raw = {0};
    int rc;

    put_about(j, &about);
    rc = digest_open(j->engine->seal_key, (struct str){about.data, about.len},
                     j->sealed.data, j->sealed.len, &raw, e);
    buf_clear(&j->event);
    if (rc == 0)
        rc = pack_json_text(&j->event, raw.data, raw.len, e);
    buf_free(&about);
    buf_free(&raw);
    buf_free(&j->sealed);
    return rc;
}

static void
seal(struct job *j, struct str raw)
{
    struct buf about = {0};

    put_about(j, &about);
    digest_seal(j->engine->seal_key, (struct str){about.data, about.len}, raw.p,
                raw.len, &j->sealed);
    buf_free(&about);
}

/* A webhook's body. */
struct body {
    struct arena *arena;
    struct buf packed;
    const struct value *value;
};

/* One event of it. */
struct piece {
    const struct value *value;
    struct str raw;    /* the bytes to keep */
    struct str packed; /* empty: to be packed from the value */
    size_t index, of;
};

static int
name_job(struct job *j, const struct request *r, const struct piece *piece,
         struct err *e)
{
    const struct adapter *a = j->source;
    struct buf key = {0};

    if (!first_key(a->conversation_keys, a->conversation_key_count, r,
                   piece->value, &key) ||
        key.len > KEY_MAX) {
        buf_free(&key);
        return err_set(e, ERR_INPUT,
                       "Nothing was kept: the body does not say which "
                       "conversation it is about (looked at %s, at most %d "
                       "bytes).",
                       a->conversation_key_count > 0
                           ? a->conversation_keys[0].path
                           : "nothing",
                       KEY_MAX);
    }
    j->native = arena_dup(j->arena, key.data, key.len);
    j->conv_id = conversation_id(j->arena, a->part->name, j->native);
    j->shard = id_shard(j->engine->config->tenant, j->conv_id);
    if (!first_key(a->event_keys, a->event_key_count, r, piece->value, &key) ||
        key.len > KEY_MAX) {
        buf_clear(&key);
        hash_key(piece->value, &key);
    }
    if (piece->of > 1)
        buf_addf(&key, "#%zu", piece->index);
    j->ekey = arena_dup(j->arena, key.data, key.len);
    buf_free(&key);
    return 0;
}

static struct job *
piece_job(struct engine *en, const struct adapter *source,
          const struct request *r, const struct piece *piece, struct err *e)
{
    struct job *j = job_new(en);

    j->source = source;
    j->received_ms = clock_now_ms();
    if (name_job(j, r, piece, e) != 0) {
        job_free(j);
        return NULL;
    }
    if (piece->packed.len > 0)
        buf_add(&j->event, piece->packed.p, piece->packed.len);
    else
        value_pack(&j->event, piece->value);
    pack_headers(r, &j->headers);
    seal(j, piece->raw);
    return j;
}

static void
keep(struct job *j)
{
    FAIL_POINT("intake.before_commit");
    store_submit(j->engine->store, run_keep, on_kept, j);
    intake_read(j, on_first_read);
}

static bool
is_ignored(const struct adapter *a, const struct value *body)
{
    struct buf text = {0};
    bool hit = false;

    for (size_t i = 0; i < a->ignore_count && !hit; i++) {
        buf_clear(&text);
        hit = value_text_at(body, a->ignore[i].path, &text) &&
              a->ignore[i].is != NULL &&
              strcmp(buf_str(&text), a->ignore[i].is) == 0;
    }
    buf_free(&text);
    return hit;
}

static size_t
count_pieces(const struct adapter *a, const struct value *body,
             const struct value **list)
{
    *list = value_type(body) == VALUE_ARRAY ? body
            : a->each != NULL               ? value_at(body, a->each)
                                            : NULL;
    if (value_type(*list) == VALUE_ARRAY)
        return value_count(*list);
    *list = NULL;
    return 1;
}

/* Make all jobs first: a body with one bad event is refused whole. */
static int
make_jobs(struct engine *en, const struct adapter *source,
          const struct request *r, const struct body *body,
          const struct value *list, size_t count, struct job **jobs,
          struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        struct piece piece = {.value = body->value,
                              .raw = request_body(r),
                              .packed = {body->packed.data, body->packed.len},
                              .index = i,
                              .of = count};
        struct buf text = {0};

        if (list != NULL) {
            piece.value = value_item(list, i);
            piece.packed.len = 0;
            value_to_json(&text, piece.value);
            piece.raw = (struct str){text.data, text.len};
        }
        jobs[i] = piece_job(en, source, r, &piece, e);
        buf_free(&text);
        if (jobs[i] == NULL) {
            while (i-- > 0)
                job_free(jobs[i]);
            return -1;
        }
    }
    return 0;
}

static void
keep_all(struct engine *en, const struct adapter *source, struct request *r,
         const struct body *body)
{
    struct job *jobs[EVENTS_IN_BODY];
    const struct value *list;
    size_t count = count_pieces(source, body->value, &list);
    struct batch *b;
    struct err e = {0};

    if (count > EVENTS_IN_BODY) {
        refuse(en, r, source->part->name, 413,
               "Nothing was kept: more than 100 events in one body. Send fewer "
               "at a time.");
        return;
    }
    if (make_jobs(en, source, r, body, list, count, jobs, &e) != 0) {
        refuse(en, r, source->part->name, 422, e.text);
        return;
    }
    if (source->has_respond && count == 1) {
        turn_begin(jobs[0], request_handle(r));
        keep(jobs[0]);
        return;
    }
    b = mem_zero(sizeof *b);
    b->engine = en;
    b->handle = request_handle(r);
    b->status = source->ack_status;
    b->left = count;
    for (size_t i = 0; i < count; i++)
        jobs[i]->batch = b;
    for (size_t i = 0; i < count; i++)
        keep(jobs[i]);
    if (count == 0)
        batch_over(b);
}

static void
body_free(struct body *b)
{
    arena_free(b->arena);
    buf_free(&b->packed);
}

/* False: refused and answered. */
static bool
read_body(struct engine *en, struct request *r, const char *source,
          struct body *b)
{
    struct str raw = request_body(r);
    struct err e = {0};
    enum value_type type = VALUE_NIL;
    char detail[ERR_TEXT_MAX + 80];

    *b = (struct body){.arena = arena_new(raw.len / 2 + 1024)};
    if (pack_json_text(&b->packed, raw.p, raw.len, &e) == 0)
        b->value =
            value_read(b->arena, b->packed.data, b->packed.len, BODY_NODES, &e);
    if (b->value != NULL)
        type = value_type(b->value);
    if (type == VALUE_MAP || type == VALUE_ARRAY)
        return true;
    snprintf(detail, sizeof detail,
             "Nothing was kept: the body is no JSON object.%s%s",
             e.text[0] != '\0' ? " " : "", e.text);
    refuse(en, r, source, 400, detail);
    body_free(b);
    return false;
}

static bool
prove(struct engine *en, struct request *r, const struct adapter *source)
{
    struct err e = {0};
    bool stale = false;
    char detail[ERR_TEXT_MAX + 80];

    if (adapter_verify(source, r, clock_now_ms(), &stale, &e) == 0)
        return true;
    en->count.signature_failures++;
    snprintf(detail, sizeof detail, "Nothing was kept: %s.", e.text);
    refuse(en, r, source->part->name, 401, detail);
    return false;
}

void
intake_source(struct engine *en, struct request *r, struct str name)
{
    struct adapter *source = engine_source(en, name.p, name.len);
    const char *method = request_method(r);
    char shown[80];
    struct body body;

    snprintf(shown, sizeof shown, "%.*s", (int)name.len, name.p);
    if (source == NULL) {
        refuse(en, r, shown, 404,
               "No such source. The configuration names the sources: source "
               "\"name\" { ... }.");
        return;
    }
    if (strcmp(method, "POST") != 0) {
        bool probe = strcmp(method, "GET") == 0 ||
                     strcmp(method, "HEAD") == 0 ||
                     strcmp(method, "OPTIONS") == 0;

        if (probe)
            server_reply(
                en->public_server, request_handle(r),
                &(struct reply){.status = 200, .body = "{}", .body_n = 2});
        else
            server_problem_with(en->public_server, request_handle(r), 405,
                                "Events are sent by POST.",
                                "Allow: POST, GET, HEAD, OPTIONS\r\n");
        return;
    }
    if (!prove(en, r, source) || !intake_admit(en, r))
        return;
    if (!read_body(en, r, source->part->name, &body))
        return;
    if (is_ignored(source, body.value)) {
        en->count.events_ignored++;
        server_reply(en->public_server, request_handle(r),
                     &(struct reply){.status = 200, .body = "{}", .body_n = 2});
    } else {
        keep_all(en, source, r, &body);
    }
    body_free(&body);
}

/* --- POST /v1/escalations --- */

static int64_t
prefer_wait_ms(struct str prefer)
{
    struct str part;

    while (str_cut(&prefer, ',', &part)) {
        uint64_t s;

        part = str_trim(part);
        if (!str_starts(part, "wait="))
            continue;
        part.p += 5;
        part.len -= 5;
        if (str_to_u64(part, &s))
            return s > WAIT_MAX_S ? WAIT_MAX_S * 1000 : (int64_t)s * 1000;
    }
    return 0;
}

static void
escalation_key(struct request *r, const struct value *body, struct buf *key)
{
    static const char *const names[] = {"idempotency-key", "webhook-id"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str s = request_header(r, names[i], NULL);

        if (s.len > 0 && s.len <= KEY_MAX) {
            buf_add(key, s.p, s.len);
            return;
        }
    }
    hash_key(body, key);
}

static void
on_escalation_kept(void *arg, const struct err *e)
{
    struct job *j = arg;
    struct engine *en = j->engine;

    FAIL_POINT("intake.after_commit");
    if (e != NULL) {
        log_failure(LOG_ERROR, "event.not_kept", "source",
                    j->source->part->name, e);
        server_problem_with(en->public_server, j->asker, 503,
                            "Nothing was kept: the store could not take the "
                            "call. Send it again.",
                            "Retry-After: 5\r\n");
        job_free(j);
        return;
    }
    buf_free(&j->sealed);
    j->journaled = true;
    if (j->row_repeated) {
        en->count.events_repeated++;
        escalation_repeat(en, j->asker, j->wait_ms, j->conv_id);
        job_free(j);
        return;
    }
    en->count.events_kept++;
    lane_add(en->lanes, j, true);
}

static void
keep_escalation(struct engine *en, struct adapter *source, struct request *r,
                const struct body *body, struct str native)
{
    struct job *j = job_new(en);
    struct buf key = {0};
    size_t at;

    j->source = source;
    j->received_ms = clock_now_ms();
    j->native = arena_dup(j->arena, native.p, native.len);
    j->conv_id = conversation_id(j->arena, source->part->name, j->native);
    j->shard = id_shard(en->config->tenant, j->conv_id);
    escalation_key(r, body->value, &key);
    j->ekey = arena_printf(j->arena, "escalation-%s", buf_str(&key));
    buf_free(&key);
    buf_add(&j->event, body->packed.data, body->packed.len);
    at = pack_map_open(&j->headers);
    pack_map_close(&j->headers, at,
                   pack_member(&j->headers, ESCALATION_MARK, "1"));
    seal(j, request_body(r));
    j->asker = request_handle(r);
    j->wait_ms = prefer_wait_ms(request_header(r, "prefer", NULL));
    FAIL_POINT("intake.before_commit");
    store_submit(en->store, run_keep, on_escalation_kept, j);
}

void
intake_escalation(struct engine *en, struct request *r)
{
    struct adapter *source = ask_source(en, r);
    struct body body;
    struct str native;

    if (source == NULL || !intake_admit(en, r) ||
        !read_body(en, r, source->part->name, &body))
        return;
    native = value_str(value_get(body.value, "conversation_id"));
    if (native.len == 0 || native.len > KEY_MAX ||
        memchr(native.p, '\0', native.len) != NULL)
        refuse(en, r, source->part->name, 422,
               "Nothing was kept: conversation_id is missing. It names the "
               "conversation to hand over, as the source knows it.");
    else
        keep_escalation(en, source, r, &body, native);
    body_free(&body);
}
