/*
 * bench_decide: decisions of one worker, frames in and out included, beside
 * the same rules in one long-lived plain Lua state of this process (plain.h).
 * Both must decide the same, byte for byte.
 *
 *   bench_decide RULES SECONDS
 *
 * Prints {"pool": per second, "plain": per second, "failed": count}. The two
 * take turns, four each, so that both see the same machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

#include "bench/plain.h"

#define OUTSTANDING 16
#define TURNS       4

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
    struct plain *plain;
    struct buf args, said_by_pool, said_by_plain;
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
pack_conversation(const struct policy *p, struct buf *args)
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
    policy_pack_call(p, c, &m, POLICY_LIVE, args);
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
    if (r->class == SCRIPT_OK && b->said_by_pool.len == 0)
        buf_add(&b->said_by_pool, r->packed, r->packed_n);
    if (clock_mono_ms() < b->until_ms)
        ask(b);
}

static double
through_pool(struct bench *b, double seconds)
{
    struct err e = {0};
    int64_t began = clock_mono_us();

    b->done = 0;
    b->until_ms = clock_mono_ms() + (int64_t)(seconds * 1000);
    for (int i = 0; i < OUTSTANDING; i++)
        ask(b);
    if (pool_wait(b->pool, &b->left, -1, &e) != 0)
        stop("the pool", &e);
    return (double)b->done * 1e6 / (double)(clock_mono_us() - began);
}

/* --- the plain state --- */

static double
through_plain(struct bench *b, double seconds)
{
    int64_t began = clock_mono_us(), now = began, done = 0;

    for (; (double)(now - began) < seconds * 1e6; now = clock_mono_us()) {
        b->failed +=
            !plain_call(b->plain, b->args.data, b->args.len, &b->said_by_plain);
        done++;
    }
    return (double)done * 1e6 / (double)(now - began);
}

/* --- both --- */

static void
setup(struct bench *b, const char *rules)
{
    /* One worker's whole life: replacing it is not what is measured. */
    struct pool_options o = {.workers = 1, .recycle = 1000000};
    struct err e = {0};

    b->policy = policy_load(NULL, rules, false, NULL, &e);
    if (b->policy == NULL)
        stop(rules, &e);
    b->pool = pool_new(&o, &e);
    if (b->pool == NULL)
        stop("the pool", &e);
    pack_conversation(b->policy, &b->args);
    b->plain = plain_new(b->policy->set, "decide", &e);
    if (b->plain == NULL)
        stop("the plain state", &e);
}

static void
compare(const struct bench *b)
{
    if (b->said_by_pool.len == b->said_by_plain.len &&
        memcmp(b->said_by_pool.data, b->said_by_plain.data,
               b->said_by_pool.len) == 0)
        return;
    fprintf(stderr, "bench_decide: the two do not decide the same\n");
    exit(1);
}

int
main(int argc, char **argv)
{
    struct bench b = {0};
    double seconds, pool = 0, plain = 0;

    if (argc == 2 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    if (argc != 3) {
        fprintf(stderr, "usage: bench_decide RULES SECONDS\n");
        return 2;
    }
    seconds = strtod(argv[2], NULL);
    setup(&b, argv[1]);
    through_pool(&b, 0.5);
    through_plain(&b, 0.5);
    compare(&b);
    for (int i = 0; i < TURNS; i++) {
        pool += through_pool(&b, seconds / TURNS) / TURNS;
        plain += through_plain(&b, seconds / TURNS) / TURNS;
    }
    printf("{\"pool\":%.0f,\"plain\":%.0f,\"failed\":%zu}\n", pool, plain,
           b.failed);
    pool_free(b.pool);
    policy_release(b.policy);
    plain_free(b.plain);
    buf_free(&b.args);
    buf_free(&b.said_by_pool);
    buf_free(&b.said_by_plain);
    return b.failed > 0;
}
