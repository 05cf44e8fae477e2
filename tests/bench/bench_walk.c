/*
 * bench_walk: what a back-test is measured beside: the same recordings, read
 * and packed the same way, walked message by message by the same rules in one
 * long-lived plain Lua state of this process (plain.h).
 *
 *   bench_walk make COUNT          recordings of 14 messages, to stdout
 *   bench_walk plain RULES FILE    {"plain": conversations a second,
 *                                   "cpu_us": each, "moments": decided}
 *   bench_walk fresh RULES FILE    the same as a worker does it: each moment in
 *                                   a fresh state, restored as it was behind
 *                                   what its conversation's moments share
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pack.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/sandbox.h"
#include "script/set.h"

#include "bench/plain.h"

#define MESSAGES 14

static const char *const asked[] = {
    "My parcel has not arrived, and I would like to know where it is.",
    "It is 88213, ordered two weeks ago.",
    "The tracking page shows nothing since Monday.",
    "No, the neighbours have not seen it either.",
    "Can you tell me which depot it went to?",
    "And how long does that usually take in December?",
    "Thanks, please write to me when there is news.",
};
static const char *const answered[] = {
    "I can help you with that. Could you tell me the number of your order?",
    "Thank you. The parcel left our warehouse on Monday and is on its way.",
};

struct bench {
    struct policy *policy;
    struct plain *plain;     /* this, */
    struct sandbox *sandbox; /* or this with its image */
    struct sandbox_image *image;
    struct buf args, said, keep, shared;
    size_t conversations, moments, failed;
};

static void
stop(const char *what, const struct err *e)
{
    fprintf(stderr, "bench_walk: %s: %s\n", what, e->text);
    exit(1);
}

static void
put_message(struct buf *out, int conversation, int i)
{
    buf_addf(out, "%s{\"role\":\"%s\",\"at\":\"2026-03-%02dT%02d:%02d:%02dZ\",",
             i > 0 ? "," : "", i % 2 == 0 ? "customer" : "ai",
             1 + conversation % 28, conversation % 24, i * 2,
             conversation % 60);
    buf_addf(out, "\"text\":\"%s\"}",
             i % 2 == 0 ? asked[i / 2] : answered[i / 2 % 2]);
}

static int
make(int count)
{
    struct buf out = {0};

    for (int i = 0; i < count; i++) {
        buf_clear(&out);
        buf_addf(&out,
                 "{\"id\":\"c-%d\",\"source\":\"web\",\"channel\":\"web\","
                 "\"customer\":{\"id\":\"k-%d\"},\"messages\":[",
                 i, i % 997);
        for (int k = 0; k < MESSAGES; k++)
            put_message(&out, i, k);
        buf_adds(&out, "]}\n");
        fwrite(out.data, 1, out.len, stdout);
    }
    buf_free(&out);
    return 0;
}

/* What is in args, asked; said gets the answer. False: it failed. */
static bool
ask(struct bench *b)
{
    struct sandbox_outcome o;

    if (b->plain != NULL)
        return plain_call(b->plain, b->args.data, b->args.len, &b->said);
    buf_clear(&b->said);
    sandbox_call(b->sandbox, b->image, "walk", b->args.data, b->args.len,
                 &script_limits_default[SCRIPT_DECIDE], &b->said, &o);
    return o.class == SCRIPT_OK;
}

/* True: go on to the next moment. */
static bool
decide(struct bench *b, const struct conversation *c, int64_t seq, bool ended)
{
    struct policy_moment m = {.event = ended ? EVENT_ENDED : EVENT_MESSAGE,
                              .upto_seq = seq};

    m.at_ms = m.now_ms = walk_time_at(c, seq);
    buf_clear(&b->args);
    /* Whatever waits is cut short: no clock runs here. */
    m.until_ms = 1;
    policy_pack_call(b->policy, c, &m,
                     b->sandbox != NULL ? POLICY_SHARED : POLICY_WALK,
                     &b->args);
    b->moments++;
    if (!ask(b)) {
        b->failed++;
        return false;
    }
    return b->said.len == b->keep.len &&
           memcmp(b->said.data, b->keep.data, b->keep.len) == 0;
}

static void
walk(struct bench *b, struct conversation *c)
{
    int64_t at = 0;

    while ((at = walk_next_moment(c, at)) > 0)
        if (!decide(b, c, at, false))
            return;
    if (c->outcome == OUTCOME_OPEN)
        c->outcome = OUTCOME_UNRESOLVED;
    decide(b, c, (int64_t)c->message_count, true);
}

static void
share(struct bench *b, const struct conversation *c)
{
    struct sandbox_outcome o;

    buf_clear(&b->shared);
    conversation_pack_shared(c, 0, &b->shared);
    sandbox_remember(b->sandbox);
    sandbox_share(b->sandbox, b->image, b->shared.data, b->shared.len,
                  &script_limits_default[SCRIPT_DECIDE], &o);
    b->failed += o.class != SCRIPT_OK;
}

static void
walk_all(struct bench *b, const char *file)
{
    struct recordings *r = recordings_open(&file, 1);
    struct err e = {0};
    json_t *recording;
    bool broken;

    while ((recording = recordings_next(r, &broken, &e)) != NULL) {
        struct conversation *c = conversation_from_recording(recording, &e);

        if (c == NULL)
            stop(file, &e);
        json_decref(recording);
        if (b->sandbox != NULL)
            share(b, c);
        walk(b, c);
        if (b->sandbox != NULL)
            sandbox_forget(b->sandbox);
        conversation_free(c);
        b->conversations++;
    }
    if (broken)
        stop(file, &e);
    recordings_close(r);
}

/* --- the two ways --- */

static void
load_plain(struct bench *b)
{
    struct err e = {0};

    b->plain = plain_new(b->policy->set, "walk", &e);
    if (b->plain == NULL)
        stop("plain", &e);
}

/* As a worker has it; only the wall timer is not there. */
static void
load_fresh(struct bench *b)
{
    struct sandbox_outcome o;
    struct buf packed = {0};
    struct err e = {0};

    b->sandbox = sandbox_new(&e);
    if (b->sandbox == NULL)
        stop("fresh", &e);
    sandbox_watch(b->sandbox);
    sandbox_try_uncounted(b->sandbox);
    script_set_pack(b->policy->set, &packed);
    b->image = sandbox_load(b->sandbox, packed.data, packed.len,
                            &script_limits_default[SCRIPT_LOAD], &o);
    buf_free(&packed);
    if (b->image == NULL) {
        err_set(&e, ERR_INPUT, "%s", o.text);
        stop("fresh", &e);
    }
}

static void
unload(struct bench *b)
{
    plain_free(b->plain);
    sandbox_image_free(b->image);
    policy_release(b->policy);
    buf_free(&b->args);
    buf_free(&b->said);
    buf_free(&b->keep);
    buf_free(&b->shared);
}

static int
measure(const char *way, const char *rules, const char *file)
{
    struct bench b = {0};
    struct err e = {0};
    int64_t began, cpu;

    b.policy = policy_load(NULL, rules, false, NULL, &e);
    if (b.policy == NULL)
        stop(rules, &e);
    if (strcmp(way, "plain") == 0)
        load_plain(&b);
    else
        load_fresh(&b);
    pack_map(&b.keep, 1);
    pack_member(&b.keep, "action", "keep");
    began = clock_mono_us();
    cpu = clock_cpu_us();
    walk_all(&b, file);
    printf("{\"%s\":%.0f,\"cpu_us\":%.1f,\"moments\":%zu,\"failed\":%zu}\n",
           way,
           (double)b.conversations * 1e6 / (double)(clock_mono_us() - began),
           (double)(clock_cpu_us() - cpu) / (double)b.conversations, b.moments,
           b.failed);
    unload(&b);
    return b.failed > 0;
}

int
main(int argc, char **argv)
{
    static const char *const ways[] = {"plain", "fresh"};

    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make((int)strtol(argv[2], NULL, 10));
    for (size_t i = 0; argc == 4 && i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(argv[1], ways[i]) == 0)
            return measure(ways[i], argv[2], argv[3]);
    fputs("usage: bench_walk make COUNT | plain|fresh RULES FILE\n", stderr);
    return 2;
}
