#include "attack.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

#define CALLERS 8

/* One of the callers: an attack, a harmless call, the next attack ... */
struct caller {
    struct answer answer; /* first: its address is the caller's */
    struct crowd *crowd;
    size_t at, until;
    bool harmless; /* what is being asked */
};

struct crowd {
    struct ground ground;
    const struct attack *list;
    size_t count, left; /* callers that are not done */
    struct script_set **sets;
    const struct peace *peace;
    struct caller callers[CALLERS];
    size_t answered, harmless, right, wrong;
    char first_wrong[200];
    bool closing;
};

static void next_call(struct caller *c);

static void
note_wrong(struct crowd *k, const char *about, const char *name,
           const struct answer *out)
{
    if (k->wrong++ == 0)
        snprintf(k->first_wrong, sizeof k->first_wrong, "%s %s: %s: %.100s",
                 about, name, script_class_name(out->class),
                 buf_str(&out->text));
}

static void
check_call(struct caller *c)
{
    struct crowd *k = c->crowd;
    const struct attack *a = &k->list[c->at % k->count];
    struct answer *out = &c->answer;

    if (!c->harmless) {
        if (strncmp(buf_str(&out->text), "ESCAPED", 7) == 0 ||
            !attack_may_end(a, out->class))
            note_wrong(k, "attack", a->name, out);
    } else if (out->class != SCRIPT_OK ||
               strcmp(buf_str(&out->text), k->peace->says) != 0) {
        note_wrong(k, "harmless, near", a->name, out);
    } else {
        k->right++;
    }
}

static void
on_call(void *arg, const struct script_result *r)
{
    struct caller *c = arg;

    if (c->crowd->closing)
        return;
    ground_answer(&c->answer, r);
    check_call(c);
    c->crowd->answered++;
    c->crowd->harmless += c->harmless;
    if (c->harmless)
        c->at++;
    c->harmless = !c->harmless;
    next_call(c);
}

static void
next_call(struct caller *c)
{
    struct crowd *k = c->crowd;

    while (c->at < c->until && k->list[c->at % k->count].failed)
        c->at++;
    if (c->at >= c->until) {
        k->left--;
        return;
    }
    if (c->harmless)
        ground_ask(&k->ground, k->peace->calm, "neighbour", on_call,
                   &c->answer);
    else
        ground_ask(&k->ground, k->sets[c->at % k->count],
                   k->list[c->at % k->count].rules ? "decide" : "attack",
                   on_call, &c->answer);
}

static void
crowd_open(struct crowd *k, const struct attack *list, size_t count,
           const struct peace *peace)
{
    memset(k, 0, sizeof *k);
    ground_open(&k->ground, 2);
    k->list = list;
    k->count = count;
    k->peace = peace;
    k->left = CALLERS;
    k->sets = mem_zero(count * sizeof(struct script_set *));
    for (size_t i = 0; i < count; i++)
        k->sets[i] = attack_set(&list[i], list[i].rules);
    for (size_t i = 0; i < CALLERS; i++)
        k->callers[i] = (struct caller){.crowd = k,
                                        .at = i * count / CALLERS,
                                        .until = i * count / CALLERS + count,
                                        .harmless = i % 2 == 1};
}

static void
crowd_close(struct crowd *k)
{
    k->closing = true;
    ground_close(&k->ground);
    for (size_t i = 0; i < k->count; i++)
        script_set_release(k->sets[i]);
    for (size_t i = 0; i < CALLERS; i++)
        buf_free(&k->callers[i].answer.text);
    free(k->sets);
}

/* Until all callers are done, or none has been answered for too long. */
static void
crowd_go_on(struct crowd *k)
{
    int64_t last = clock_mono_ms();
    size_t done = 0;

    for (size_t i = 0; i < CALLERS; i++)
        next_call(&k->callers[i]);
    while (k->left > 0 && clock_mono_ms() - last < 3 * GIVE_UP_MS) {
        struct pollfd fd = {.fd = pool_fd(k->ground.pool), .events = POLLIN};

        poll(&fd, 1, 100);
        pool_poll(k->ground.pool);
        if (k->answered == done)
            continue;
        done = k->answered;
        last = clock_mono_ms();
    }
}

bool
crowd_run(const struct attack *list, size_t count, const struct peace *peace)
{
    static struct crowd k;
    int64_t began = clock_mono_ms();
    bool good;

    crowd_open(&k, list, count, peace);
    crowd_go_on(&k);
    good = k.left == 0 && k.wrong == 0 && k.right > 0;
    printf("%d callers at once: %zu attacks, %zu harmless answers right, %zu "
           "answers wrong, %lld ms  %s%s %s\n",
           CALLERS, k.answered - k.harmless, k.right, k.wrong,
           (long long)(clock_mono_ms() - began), good ? "ok" : "NOT",
           k.left > 0 ? " hangs" : "", k.first_wrong);
    crowd_close(&k);
    return good;
}
