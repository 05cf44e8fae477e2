#include "cli/policy_diff.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/backtest_report.h"
#include "cli/call.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "flow/backtest_tally.h"
#include "flow/backtest_walk.h"

#define TOP 20

struct diffing {
    const struct option_spec *specs;
    struct tally *tally;
    size_t number;
    json_t *draft; /* as the engine tells it */
    size_t rules[SIDES];
    struct buf next;
};

/* --- a conversation of the diff as the back-test's pair --- */

static int
read_verdict(struct arena *a, const json_t *side, struct verdict *v)
{
    struct buf text = {0};
    struct err e = {0};
    int rc;

    json_write(&text, json_object_get(side, "decision"));
    rc = decision_from_json(a, text.data, text.len, &v->decision, &e);
    buf_free(&text);
    v->at = json_integer_value(json_object_get(side, "messages"));
    v->ended = json_is_true(json_object_get(side, "ended"));
    v->at_ms = json_integer_value(json_object_get(side, "at_ms"));
    v->failure = json_string_value(json_object_get(side, "failure"));
    return rc;
}

static void
add(struct diffing *d, const json_t *row)
{
    const char *id = json_str_or(row, "conversation", "?");
    struct walk_ground ground = {0};
    struct arena *a = arena_new(2048);
    struct pair p = {
        .ground = &ground,
        .arena = a,
        .id = id,
        .started_at = json_integer_value(json_object_get(row, "started_at_ms")),
    };
    int rc = read_verdict(a, json_object_get(row, "old"), &p.verdict[SIDE_OLD]);

    rc |= read_verdict(a, json_object_get(row, "new"), &p.verdict[SIDE_NEW]);
    if (rc == 0)
        tally_add(d->tally, &p, d->number++, -1, NULL);
    else
        tally_add_unreadable(d->tally, id, "its decisions are unreadable");
    for (size_t i = 0; i < SIDES; i++)
        decision_clear(&p.verdict[i].decision);
    arena_free(a);
}

/* --- page by page --- */

static int
read_page(struct diffing *d, bool *more)
{
    struct buf path = {0}, body = {0};
    const json_t *row, *next;
    json_t *page;
    size_t i;
    int code;

    buf_adds(&path, "/v1/policy/diff");
    if (d->next.len > 0)
        buf_addf(&path, "?after=%s", buf_str(&d->next));
    code = call_for_verb("policy", args_value(d->specs, "socket"),
                         args_value(d->specs, "config"), "GET", buf_str(&path),
                         NULL, &body);
    page = code == EXIT_DONE ? json_read(body.data, body.len, NULL) : NULL;
    json_array_foreach(json_object_get(page, "conversations"), i, row)
        add(d, row);
    next = json_object_get(page, "next");
    *more = json_is_string(next);
    buf_clear(&d->next);
    buf_adds(&d->next, *more ? json_string_value(next) : "");
    json_decref(d->draft);
    d->draft = json_incref(json_object_get(page, "draft"));
    d->rules[SIDE_OLD] = (size_t)json_integer_value(json_at(page, "rules.old"));
    d->rules[SIDE_NEW] = (size_t)json_integer_value(json_at(page, "rules.new"));
    json_decref(page);
    buf_free(&path);
    buf_free(&body);
    return code;
}

/* --- telling --- */

/* What was not asked is not in the figures, and has to be known with them. */
static void
tell_draft(const json_t *draft)
{
    fprintf(stderr, "draft %s, %s since %s", json_str_or(draft, "hash", "?"),
            json_str_or(draft, "state", "?"), json_str_or(draft, "since", "?"));
    if (json_object_get(draft, "decisions") != NULL)
        fprintf(
            stderr, ": %lld decisions, %lld skipped under load",
            (long long)json_integer_value(json_object_get(draft, "decisions")),
            (long long)json_integer_value(json_object_get(draft, "skipped")));
    fputc('\n', stderr);
}

static int
tell(struct diffing *d)
{
    struct report report = {.tally = d->tally,
                            .digest = {"live", "draft"},
                            .rules = {d->rules[SIDE_OLD], d->rules[SIDE_NEW]}};

    tally_end(d->tally);
    tell_draft(d->draft);
    return report_tell("policy", &report, args_given(d->specs, "json"),
                       args_value(d->specs, "html"));
}

int
policy_diff(const struct option_spec *specs)
{
    struct diffing d = {.specs = specs};
    const char *top = args_value(specs, "top");
    uint64_t count = TOP;
    bool more = true;
    int code = EXIT_DONE;

    if (top != NULL && (!str_to_u64(str_of(top), &count) || count > 1000)) {
        fputs("usher policy diff: --top is 0 to 1000\n", stderr);
        return EXIT_USAGE;
    }
    d.tally = tally_new(false, (size_t)count, NULL, NULL);
    while (more && code == EXIT_DONE)
        code = read_page(&d, &more);
    if (code == EXIT_DONE)
        code = tell(&d);
    tally_free(d.tally);
    json_decref(d.draft);
    buf_free(&d.next);
    return code;
}
