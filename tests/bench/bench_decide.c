/*
 * bench_decide: decisions of one worker, frames in and out included, and the
 * same calls without process or frames as the reference.
 *
 *   bench_decide RULES SECONDS     prints {"pool": per second, "direct": ...}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/sandbox.h"
#include "script/set.h"

#define OUTSTANDING 16

static const char *const asked[] = {
    "My parcel has not arrived, and I would like to know where it is.",
    "It is 88213, ordered two weeks ago.",
    "The tracking page shows nothing since Monday.",
    "No, the neighbours have not seen it either.",
    "Can you tell me which depot it went to?",
    "And how long does that usually take in December?",
    "I will be travelling from Thursday on.",
    "Could somebody bring it to my office instead?",
    "The address is the one on my invoice of March.",
    "Thanks, please write to me when there is news.",
};
static const char *const answered[] = {
    "I can help you with that. Could you tell me the number of your order?",
    "Thank you. The parcel left our warehouse on Monday and is on its way.",
};

struct bench {
    struct pool *pool;
    struct policy *policy;
    struct buf args;
    int64_t until_ms;
    size_t left, done, failed;
};

static void
stop(const char *what, const struct err *e)
{
    fprintf(stderr, "bench_decide: %s: %s\n", what, e->text);
    exit(1);
}

static void
pack_conversation(struct buf *args)
{
    struct policy_moment m = {.event = EVENT_MESSAGE, .now_ms = clock_now_ms()};
    struct buf text = {0};
    struct err e = {0};
    struct conversation *c;
    json_t *json;

    buf_adds(&text, "{\"id\":\"bench:1\",\"messages\":[");
    for (int i = 0; i < 20; i++)
        buf_addf(&text, "%s{\"role\":\"%s\",\"text\":\"%s\"}", i > 0 ? "," : "",
                 i % 2 == 0 ? "customer" : "ai",
                 i % 2 == 0 ? asked[i / 2] : answered[i / 2 % 2]);
    buf_adds(&text, "]}");
    json = json_read(text.data, text.len, &e);
    c = json != NULL ? conversation_from_recording(json, &e) : NULL;
    if (c == NULL)
        stop("the conversation", &e);
    policy_pack_call(NULL, c, &m, POLICY_LIVE, args);
    conversation_free(c);
    json_decref(json);
    buf_free(&text);
}

static void on_decided(void *arg, const struct script_result *r);

static void
ask(struct bench *b)
{
    b->left++;
    pool_call(b->pool, b->policy->set, "decide", SCRIPT_DECIDE, &b->args,
              on_decided, b);
}

static void
on_decided(void *arg, const struct script_result *r)
{
    struct bench *b = arg;

    b->left--;
    b->done++;
    b->failed += r->class != SCRIPT_OK;
    if (clock_mono_ms() < b->until_ms)
        ask(b);
}

static double
through_pool(struct bench *b, double seconds)
{
    struct err e = {0};
    int64_t began;

    for (int warm = 1; warm >= 0; warm--) {
        began = clock_mono_us();
        b->done = 0;
        b->until_ms = clock_mono_ms() + (int64_t)(seconds * 1000 / (1 + warm));
        for (int i = 0; i < OUTSTANDING; i++)
            ask(b);
        if (pool_wait(b->pool, &b->left, -1, &e) != 0)
            stop("the pool", &e);
    }
    return (double)b->done * 1e6 / (double)(clock_mono_us() - began);
}

static double
directly(const struct bench *b, double seconds)
{
    struct err e = {0};
    struct sandbox *s = sandbox_new(&e);
    struct sandbox_outcome o;
    struct sandbox_image *image;
    struct buf set = {0}, out = {0};
    int64_t began, done = 0;

    if (s == NULL)
        stop("the sandbox", &e);
    script_set_pack(b->policy->set, &set);
    image = sandbox_load(s, set.data, set.len,
                         &script_limits_default[SCRIPT_LOAD], &o);
    if (image == NULL) {
        fprintf(stderr, "bench_decide: %s\n", o.text);
        exit(1);
    }
    began = clock_mono_us();
    while ((double)(clock_mono_us() - began) < seconds * 1e6) {
        buf_clear(&out);
        sandbox_call(s, image, "decide", b->args.data, b->args.len,
                     &script_limits_default[SCRIPT_DECIDE], &out, &o);
        done++;
    }
    return (double)done * 1e6 / (double)(clock_mono_us() - began);
}

int
main(int argc, char **argv)
{
    struct bench b = {0};
    struct pool_options o = {.workers = 1, .recycle = 1000000};
    struct err e = {0};
    double seconds, pool;

    if (argc == 2 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    if (argc != 3) {
        fprintf(stderr, "usage: bench_decide RULES SECONDS\n");
        return 2;
    }
    seconds = strtod(argv[2], NULL);
    b.policy = policy_load(NULL, argv[1], false, NULL, &e);
    if (b.policy == NULL)
        stop(argv[1], &e);
    b.pool = pool_new(&o, &e);
    if (b.pool == NULL)
        stop("the pool", &e);
    pack_conversation(&b.args);
    pool = through_pool(&b, seconds);
    printf("{\"pool\":%.0f,\"direct\":%.0f,\"failed\":%zu}\n", pool,
           directly(&b, seconds / 2), b.failed);
    pool_free(b.pool);
    policy_free(b.policy);
    buf_free(&b.args);
    return b.failed > 0;
}
