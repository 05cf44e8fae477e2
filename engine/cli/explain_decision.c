#include "cli/explain_decision.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/explain_modifiers.h"
#include "cli/explain_need.h"
#include "cli/explain_print.h"
#include "cli/replay.h"
#include "cli/verbs.h"
#include "model/conversation.h"

static int
complain(const char *id, const char *why, int code)
{
    fprintf(stderr, "usher explain: %s: %s\n", id, why);
    return code;
}

struct variants {
    struct replays all;
    const char *id;
};

/* The same inputs under other rules. */
static json_t *
decide(void *arg, const struct policy *p, struct err *e)
{
    const struct variants *v = arg;
    struct replays all = v->all;
    struct replay r;
    json_t *made = NULL;

    all.other = (struct policy *)(uintptr_t)p;
    if (replay_read(&all, v->id, &r, e) == 0 &&
        replay_run(&all, &r, POLICY_LIVE, e) == 0)
        made = json_incref(r.made);
    replay_clear(&r);
    return made;
}

/* Whether what is explained is what was decided. */
static void
tell_difference(const struct replay *live)
{
    struct buf differs = {0};

    if (live->word != REPLAY_DIFFERS && live->word != REPLAY_AS_RECORDED)
        return;
    replay_differences(live, &differs);
    fprintf(stderr, "usher explain: what was decided then is different:\n%s%s",
            buf_str(&differs), buf_str(&live->note));
    buf_free(&differs);
}

static int
print(struct replays *all, struct replay *r, const struct option_spec *specs)
{
    struct variants v = {*all, r->id};
    struct buf title = {0};
    struct err e = {0};
    struct explained x = {
        .moment = "", .at = r->upto_seq, .decision = &r->decision};
    int code = EXIT_DONE;

    if (r->decision.trace != NULL)
        x.trace = json_read(r->decision.trace, r->decision.trace_n, &e);
    need_add(x.trace);
    if (explain_modifiers(x.trace, r->policy, decide, &v, &e) != 0)
        complain(r->id, e.text, EXIT_FAILED);
    buf_addf(&title, "%s, %s", r->id, r->conv->id);
    x.id = buf_str(&title);
    if (args_given(specs, "json"))
        explain_print_json(&x);
    else
        code = explain_print(&x, args_value(specs, "why-not"));
    json_decref(x.trace);
    buf_free(&title);
    return code;
}

static int
explain(struct replays *all, const char *id, const struct option_spec *specs)
{
    struct replay r, live;
    struct err e = {0};
    int code = EXIT_DONE;

    memset(&live, 0, sizeof live);
    if (replay_read(all, id, &r, &e) != 0) {
        code = complain(id, e.text,
                        e.class == ERR_INPUT ? EXIT_FAILED : EXIT_REACH);
    } else if (r.policy == NULL) {
        code = complain(id, buf_str(&r.note), EXIT_PARTIAL);
    } else if (replay_read(all, id, &live, &e) != 0 ||
               replay_run(all, &live, POLICY_LIVE, &e) != 0 ||
               replay_run(all, &r, POLICY_EXPLAIN, &e) != 0) {
        code = complain(id, e.text, EXIT_FAILED);
    } else {
        tell_difference(&live);
        code = print(all, &r, specs);
    }
    replay_clear(&r);
    if (live.arena != NULL)
        replay_clear(&live);
    return code;
}

int
explain_decision(const struct args *args, const struct option_spec *specs)
{
    struct replays all = {0};
    int code;

    if (args->count > 0 || args_given(specs, "at") ||
        args_given(specs, "policy")) {
        fputs(
            "usage: usher explain --decision CONVERSATION/EPISODE/N [-c FILE] "
            "[--socket PATH | --store FILE]\n"
            "       [--why-not RULE] [--json]\n",
            stderr);
        return EXIT_USAGE;
    }
    code = replays_start(&all, "explain", specs);
    if (code == EXIT_DONE)
        code = explain(&all, args_value(specs, "decision"), specs);
    replays_end(&all);
    return code;
}
