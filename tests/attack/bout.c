#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/redact.h"

#define ROUNDS 20
/* Something else that keeps the cores busy for a moment is no attack's doing;
 * a wall that does not hold is late every time. */
#define TRIES        12
#define TRY_PAUSE_US 20000
#define RETRY_MS     300         /* later than this is not a busy machine */
#define READ_MS      20          /* for the engine to read one result */
#define OWN_KIB      (24L << 10) /* the heap's limit and 8 MiB */

/* --- judging --- */

static bool
printable(const struct buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->data[i] < 0x20 || text->data[i] == 0x7f)
            return false;
    return true;
}

/* What the engine does with a text before it keeps it. */
static int64_t
ms_to_redact(const struct buf *text)
{
    struct redactor all = {{true, true, true, true, true}};
    int64_t began = clock_mono_us();
    struct buf out = {0};

    redact_text(&all, text->data, text->len, &out, NULL);
    buf_free(&out);
    return (clock_mono_us() - began) / 1000;
}

static const char *
judge(const struct attack *a, struct answer *out)
{
    if (out->hung)
        return "hangs";
    if (strncmp(buf_str(&out->text), "ESCAPED", 7) == 0)
        return "escaped";
    if (!attack_may_end(a, out->class))
        return "ended otherwise than expected";
    if (out->class == SCRIPT_OK)
        return ms_to_redact(&out->text) > READ_MS &&
                       ms_to_redact(&out->text) > READ_MS
                   ? "the engine takes too long to read the result"
                   : NULL;
    if (out->text.len > 1024)
        return "the error's text is too long";
    return printable(&out->text) ? NULL : "the error's text is not printable";
}

/* --- one attack, again and again, in one worker --- */

struct bout {
    const struct attack *a;
    struct ground *ground;
    const struct peace *peace;
    struct script_set *hostile;
    int64_t limit_ms;
    struct answer last;
};

static int64_t
wall_ms(enum script_kind kind)
{
    return script_limits_default[kind].wall_ms + MARGIN_MS;
}

/* The set's first call in a worker loads it, within limits of their own.
 * False: too late. */
static bool
warm(struct bout *b)
{
    const char *function = b->a->rules ? "describe" : "harmless";

    for (int i = 0; i < 3; i++) {
        struct answer out = {0};

        ground_ask(b->ground, b->hostile, function, ground_answer, &out);
        ground_wait(b->ground, &out);
        buf_free(&out.text);
        if (out.hung)
            return false;
        if (out.ms <= wall_ms(SCRIPT_LOAD) + wall_ms(SCRIPT_DECIDE))
            return true;
        if (out.ms > wall_ms(SCRIPT_LOAD) + wall_ms(SCRIPT_DECIDE) + RETRY_MS)
            return false;
    }
    return false;
}

/* The attack, and right behind it in the same worker a call of another set:
 * that waits in the worker's socket while the attack runs. */
static const char *
strike(struct bout *b)
{
    const char *function = b->a->rules ? "decide" : "attack", *bad = NULL;
    struct answer behind = {0};

    ground_ask(b->ground, b->hostile, function, ground_answer, &b->last);
    ground_ask(b->ground, b->peace->calm, "neighbour", ground_answer, &behind);
    ground_wait(b->ground, &b->last);
    ground_wait(b->ground, &behind);
    if (b->last.hung)
        bad = "hangs";
    else if (b->last.ms > b->limit_ms)
        bad = "over the wall limit";
    else if (behind.class != SCRIPT_OK ||
             strcmp(buf_str(&behind.text), b->peace->says) != 0)
        bad = "the call behind it was wrong";
    buf_free(&behind.text);
    return bad;
}

/* What stays: sets of others, and other files of the same set. */
static const char *
look_around(struct bout *b)
{
    const struct attack *a = b->a;
    bool loaded = !a->loading && b->last.class != SCRIPT_BAD_SET;

    if (!ground_says(b->ground, b->peace->calm, "neighbour", b->peace->says) ||
        !ground_says(b->ground, b->peace->rules, "decide", b->peace->rules_say))
        return "another set's answer changed";
    if (loaded && !a->rules &&
        !ground_says(b->ground, b->hostile, "neighbour", b->peace->says))
        return "the answer of the file behind it changed";
    if (loaded && strstr(a->expect, "neighbour") != NULL &&
        !ground_says(b->ground, b->hostile, "decide", b->peace->rules_say))
        return "the answer of the rule behind it changed";
    if (loaded && a->victim != NULL &&
        !ground_says(b->ground, b->hostile, "victim", "clean"))
        return "the victim is not clean";
    return NULL;
}

static const char *
one_round(struct bout *b)
{
    const char *bad = "over the wall limit";

    if (!warm(b))
        return "loading took too long";
    for (int i = 0; i < TRIES; i++) {
        if (i > 0)
            usleep((useconds_t)i * TRY_PAUSE_US);
        bad = strike(b);
        if (bad == NULL || b->last.hung || b->last.ms > b->limit_ms + RETRY_MS)
            break;
    }
    if (bad == NULL)
        bad = judge(b->a, &b->last);
    return bad != NULL ? bad : look_around(b);
}

static const char *
try_elsewhere(struct bout *b)
{
    const char *bad = NULL;

    for (int i = 0; i < 5 && bad == NULL; i++) {
        struct answer out = {0};
        struct ground g;

        ground_open(&g, 1);
        ground_ask(&g, b->hostile, "attack", ground_answer, &out);
        ground_wait(&g, &out);
        if (out.text.len != b->last.text.len ||
            memcmp(buf_str(&out.text), buf_str(&b->last.text), out.text.len) !=
                0)
            bad = "says something else in another process";
        buf_free(&out.text);
        ground_close(&g);
    }
    return bad;
}

/* A worker that was retired at once is gone when its memory is sampled. */
static void
note_peak(struct bout *b)
{
    long kib = (long)(b->last.peak >> 10);

    if (kib > b->ground->own_kib)
        b->ground->own_kib = kib;
}

static const char *
fight(struct bout *b)
{
    const char *bad = NULL;

    for (int i = 0; i < (b->a->loading ? 3 : ROUNDS) && bad == NULL; i++) {
        ground_find_workers(b->ground);
        bad = one_round(b);
        ground_sample(b->ground);
        note_peak(b);
    }
    if (bad == NULL && b->ground->own_kib > OWN_KIB)
        bad = "a worker holds too much memory";
    if (bad == NULL && strstr(b->a->expect, "deterministic") != NULL)
        bad = try_elsewhere(b);
    return bad;
}

static void
print_bout(const struct bout *b, const char *bad)
{
    char shown[61];
    size_t n = 0;

    for (const char *p = buf_str(&b->last.text); *p != '\0' && n < 60; p++)
        shown[n++] = *p == '\n' ? ' ' : *p;
    shown[n] = '\0';
    printf("%-32s %-10s %4lld ms %5.1f MiB  %-3s %s%s%s\n", b->a->name,
           b->last.hung ? "hung" : script_class_name(b->last.class),
           (long long)b->last.ms, (double)b->ground->own_kib / 1024,
           bad != NULL ? "NOT" : "ok", bad != NULL ? bad : "",
           bad != NULL ? ": " : "", shown);
    fflush(stdout);
}

bool
bout_run(struct ground *g, const struct peace *peace, const struct attack *a)
{
    struct bout b = {.a = a, .ground = g, .peace = peace};
    const char *bad;

    b.hostile = attack_set(a, a->rules);
    b.limit_ms = wall_ms(SCRIPT_DECIDE);
    if (a->loading)
        b.limit_ms += wall_ms(SCRIPT_LOAD);
    g->own_kib = 0;
    bad = fight(&b);
    print_bout(&b, bad);
    script_set_release(b.hostile);
    buf_free(&b.last.text);
    return bad == NULL;
}
