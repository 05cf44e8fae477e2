#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/recordings.h"
#include "cli/replay.h"
#include "cli/verbs.h"
#include "cli/walk.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "script/pool.h"

#define ROUND  32
#define WINDOW 256 /* conversations in flight or waiting for their turn */

/* Results are printed in the order of the input, whoever is done first. */
struct slot {
    struct deciding *all;
    struct walk *walk;
    bool ready;
};

struct deciding {
    struct opened *opened;
    struct slot slots[WINDOW];
    size_t first, next; /* numbers of conversations; slot = number % WINDOW */
    size_t left;        /* answers to wait for before printing and reading on */
    bool json, trace;
    size_t failed;  /* decisions by the fail-safe */
    size_t broken;  /* lines that could not be read */
    size_t changed; /* decisions other than keep */
    struct progress progress;
};

static void
put_tags(const struct decision *d, struct buf *out)
{
    json_put_key(out, "tags");
    buf_adds(out, "[");
    for (size_t i = 0; i < d->tag_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_put_cstr(out, d->tags[i]);
    }
    buf_adds(out, "]");
}

static void
print_json(const struct deciding *all, const struct walk *w)
{
    const struct decision *d = &w->decision;
    struct buf out = {0};

    buf_adds(&out, "{");
    json_put_member(&out, "id", w->conv->id);
    json_put_member_int(&out, "at_message", w->at);
    json_put_member(&out, "action", action_name(d->action));
    json_put_member(&out, "reason", d->reason);
    json_put_member(&out, "rule", d->rule);
    json_put_member(&out, "group", d->group);
    json_put_member(&out, "priority", priority_name(d->priority));
    json_put_member(&out, "subject", d->subject);
    put_tags(d, &out);
    json_put_member(&out, "next_step", d->next_step);
    if (w->failure[0] != '\0')
        json_put_member(&out, "failure", w->failure);
    if (all->trace && d->trace != NULL) {
        json_put_key(&out, "trace");
        buf_add(&out, d->trace, d->trace_n);
    }
    buf_adds(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

static const char *
or_dash(const char *s)
{
    return s != NULL ? s : "-";
}

static void
print_line(const struct deciding *all, const struct walk *w)
{
    const struct decision *d = &w->decision;
    bool keep = d->action == ACTION_KEEP;

    printf("%s%-24s %-9s%s at %-3lld %-16s %-12s %-7s %s\n",
           out_colour(keep ? COLOUR_DIM : COLOUR_GREEN), w->conv->id,
           action_name(d->action), out_colour(COLOUR_NONE), (long long)w->at,
           or_dash(d->reason), or_dash(d->group),
           or_dash(priority_name(d->priority)), or_dash(d->rule));
    if (d->subject != NULL)
        printf("    subject:   %s\n", d->subject);
    if (d->next_step != NULL)
        printf("    next step: %s\n", d->next_step);
    if (d->tag_count > 0) {
        printf("    tags:     ");
        for (size_t i = 0; i < d->tag_count; i++)
            printf(" %s", d->tags[i]);
        printf("\n");
    }
    if (all->trace && d->trace != NULL)
        printf("    trace:     %.*s\n", (int)d->trace_n, d->trace);
}

static void
print_ready(struct deciding *all)
{
    while (all->first < all->next && all->slots[all->first % WINDOW].ready) {
        struct slot *slot = &all->slots[all->first % WINDOW];

        if (all->json)
            print_json(all, slot->walk);
        else
            print_line(all, slot->walk);
        all->changed += slot->walk->decision.action != ACTION_KEEP;
        if (slot->walk->failure[0] != '\0') {
            all->failed++;
            fprintf(stderr, "usher decide: %s: %s\n", slot->walk->conv->id,
                    slot->walk->failure);
        }
        walk_free(slot->walk);
        slot->walk = NULL;
        slot->ready = false;
        all->first++;
        progress_step(&all->progress, all->first);
    }
}

static void
on_walked(void *arg, struct walk *w)
{
    struct slot *slot = arg;

    slot->walk = w;
    slot->ready = true;
    if (slot->all->left > 0)
        slot->all->left--;
}

static bool
start_next(struct deciding *all, struct recordings *r)
{
    struct err e = {0};
    bool broken;
    json_t *recording = recordings_next(r, &broken, &e);
    struct conversation *c = NULL;
    struct slot *slot = &all->slots[all->next % WINDOW];
    unsigned how = all->trace ? WALK_EXPLAIN : 0;

    if (recording == NULL && !broken)
        return false;
    if (recording != NULL) {
        c = conversation_from_recording(recording, &e);
        if (c == NULL)
            err_wrap(&e, "%s", recordings_place(r));
        if (recordings_running(recording))
            how |= WALK_RUNNING;
        json_decref(recording);
    }
    if (c == NULL) {
        all->broken++;
        fprintf(stderr, "usher decide: %s\n", e.text);
        return true;
    }
    all->next++;
    slot->all = all;
    walk_start(all->opened->pool, all->opened->policy, all->opened->config, c,
               how, 0, on_walked, slot);
    return true;
}

/* Some of those in flight: enough to work in rounds, few enough that the
 * workers never run dry. */
static size_t
waiting(const struct deciding *all)
{
    size_t n = 0;

    for (size_t i = all->first; i < all->next; i++)
        n += !all->slots[i % WINDOW].ready;
    return n > ROUND ? ROUND : n;
}

static int
decide_all(struct deciding *all, struct recordings *r)
{
    bool more = true;

    while (more || all->first < all->next) {
        struct err e = {0};

        while (more && all->next - all->first < WINDOW)
            more = start_next(all, r);
        print_ready(all);
        if (all->first == all->next)
            continue;
        all->left = waiting(all);
        if (pool_wait(all->opened->pool, &all->left, -1, &e) != 0)
            return -1;
    }
    return 0;
}

int
verb_decide(int argc, char **argv)
{
    struct option_spec specs[] = {
        {"policy", 0, true, NULL}, {"config", 'c', true, NULL},
        {"json", 0, false, NULL},  {"trace", 0, false, NULL},
        {"replay", 0, true, NULL}, {"replay-all", 0, false, NULL},
        {"since", 0, true, NULL},  {"socket", 0, true, NULL},
        {"store", 0, true, NULL},  {0}};
    struct args args;
    struct opened opened;
    struct deciding *all;
    struct recordings *r;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args_given(specs, "replay") || args_given(specs, "replay-all"))
        return replay_verb(&args, specs);
    if (args.count == 0) {
        fputs("usage: usher decide --policy DIR [-c FILE] [--json] [--trace] "
              "FILE...\n"
              "       usher decide --replay CONVERSATION/EPISODE/N | "
              "--replay-all [--since 30d]\n",
              stderr);
        return EXIT_USAGE;
    }
    code = open_policy(&opened, "decide", args_value(specs, "config"),
                       args_value(specs, "policy"), false, NULL);
    if (code != EXIT_DONE)
        return code;
    all = mem_zero(sizeof *all);
    all->opened = &opened;
    all->json = args_given(specs, "json");
    all->trace = args_given(specs, "trace");
    progress_start(&all->progress, "conversations", 0);
    r = recordings_open(args.operands, args.count);
    decide_all(all, r);
    progress_end(&all->progress);
    fprintf(stderr,
            "%zu conversations: %zu other than keep, %zu failed, %zu "
            "unreadable\n",
            all->first, all->changed, all->failed, all->broken);
    code = all->broken > 0   ? EXIT_PARTIAL
           : all->failed > 0 ? EXIT_FAILED
                             : EXIT_DONE;
    recordings_close(r);
    free(all);
    open_close(&opened);
    return code;
}
