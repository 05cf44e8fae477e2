#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/out.h"
#include "cli/past.h"
#include "cli/replay.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "script/pool.h"

#define CONFIG_DEFAULT "usher.conf.lua"

struct replay_options {
    const char *id; /* NULL: all */
    int64_t since_ms;
    bool json;
};

struct running {
    struct replays *all;
    const struct replay_options *options;
    size_t counts[REPLAY_WORDS];
    struct progress progress;
};

/* The lines of a text, each behind some blanks. */
static void
print_lines(const struct buf *text)
{
    struct str rest = {buf_str(text), text->len}, line;

    while (str_cut(&rest, '\n', &line))
        if (line.len > 0)
            printf("    %.*s\n", (int)line.len, line.p);
}

static void
print_text(const struct replay *r)
{
    static const enum colour colours[REPLAY_WORDS] = {
        [REPLAY_IDENTICAL] = COLOUR_GREEN,
        [REPLAY_DIFFERS] = COLOUR_RED,
        [REPLAY_AS_RECORDED] = COLOUR_GREEN,
        [REPLAY_IMPOSSIBLE] = COLOUR_YELLOW,
    };
    struct buf differs = {0};

    if (r->word == REPLAY_DIFFERS)
        replay_differences(r, &differs);
    printf("%s: %s%s%s\n", r->id, out_colour(colours[r->word]),
           replay_word_name(r->word), out_colour(COLOUR_NONE));
    print_lines(&differs);
    print_lines(&r->note);
    buf_free(&differs);
}

static void
put_lines(struct buf *out, const char *key, const struct buf *text)
{
    struct str rest = {buf_str(text), text->len}, line;
    bool first = true;

    json_put_key(out, key);
    buf_addc(out, '[');
    while (str_cut(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        if (!first)
            buf_addc(out, ',');
        first = false;
        json_put_str(out, line.p, line.len);
    }
    buf_addc(out, ']');
}

static void
print_json(const struct replay *r)
{
    struct buf out = {0}, differs = {0};

    if (r->word == REPLAY_DIFFERS)
        replay_differences(r, &differs);
    buf_addc(&out, '{');
    json_put_member(&out, "id", r->id);
    json_put_member(&out, "replay", replay_word_name(r->word));
    json_put_member(
        &out, "policy_hash",
        json_string_value(json_object_get(r->inputs, "policy_hash")));
    json_put_key(&out, "exact");
    buf_adds(&out, r->exact ? "true" : "false");
    put_lines(&out, "differences", &differs);
    put_lines(&out, "notes", &r->note);
    json_put_key(&out, "stored");
    json_write(&out, r->stored);
    if (r->made != NULL) {
        json_put_key(&out, "made");
        json_write(&out, r->made);
    }
    buf_adds(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    buf_free(&differs);
}

/* Of many, those that are as they should be are counted only. */
static void
tell(const struct running *w, const struct replay *r)
{
    if (w->options->json)
        print_json(r);
    else if (w->options->id != NULL || r->word == REPLAY_DIFFERS ||
             r->word == REPLAY_IMPOSSIBLE)
        print_text(r);
}

static int
replay_one(struct running *w, const char *id)
{
    struct replay r;
    struct err e = {0};
    int code = EXIT_DONE;

    if (replay_read(w->all, id, &r, &e) == 0 &&
        replay_run(w->all, &r, POLICY_LIVE, &e) == 0) {
        w->counts[r.word]++;
        tell(w, &r);
    } else {
        fprintf(stderr, "usher decide: %s: %s\n", id, e.text);
        code = e.class == ERR_INPUT ? EXIT_FAILED : EXIT_REACH;
    }
    replay_clear(&r);
    return code;
}

static int
replay_page(struct running *w, const json_t *page)
{
    const json_t *one;
    size_t i;
    int code = EXIT_DONE;

    json_array_foreach(page, i, one)
    {
        const char *id = json_string_value(json_object_get(one, "id"));

        if (id != NULL && code == EXIT_DONE)
            code = replay_one(w, id);
        progress_step(&w->progress, w->progress.done + 1);
    }
    return code;
}

static int
replay_all(struct running *w)
{
    struct past_place place = {.since_ms = w->options->since_ms};
    struct err e = {0};
    int code = EXIT_DONE;
    json_t *page;

    progress_start(&w->progress, "decisions", 0);
    while (code == EXIT_DONE && (page = past_page(w->all->past, PAST_DECISIONS,
                                                  &place, &e)) != NULL) {
        code = replay_page(w, page);
        json_decref(page);
    }
    progress_end(&w->progress);
    buf_free(&place.next);
    if (code == EXIT_DONE && !place.ended) {
        fprintf(stderr, "usher decide: %s\n", e.text);
        return EXIT_REACH;
    }
    fprintf(stderr,
            "%zu identical, %zu as recorded, %zu differ, %zu cannot be "
            "replayed\n",
            w->counts[REPLAY_IDENTICAL], w->counts[REPLAY_AS_RECORDED],
            w->counts[REPLAY_DIFFERS], w->counts[REPLAY_IMPOSSIBLE]);
    return code;
}

static int
run(struct replays *all, const struct replay_options *o)
{
    struct running w = {.all = all, .options = o};
    int code = o->id != NULL ? replay_one(&w, o->id) : replay_all(&w);

    if (code != EXIT_DONE)
        return code;
    if (w.counts[REPLAY_DIFFERS] > 0)
        return EXIT_FAILED;
    return w.counts[REPLAY_IMPOSSIBLE] > 0 ? EXIT_PARTIAL : EXIT_DONE;
}

/* --- what it needs --- */

static int
complain(const char *verb, const struct err *e, int code)
{
    fprintf(stderr, "usher %s: %s\n", verb, e->text);
    return code;
}

int
replays_start(struct replays *r, const char *verb,
              const struct option_spec *specs)
{
    const char *config = args_value(specs, "config");
    const char *socket_path = args_value(specs, "socket");
    const char *store = args_value(specs, "store");
    struct err e = {0};

    *r = (struct replays){.policies = map_new()};
    if (config == NULL && access(CONFIG_DEFAULT, F_OK) == 0)
        config = CONFIG_DEFAULT;
    if (config == NULL && socket_path == NULL && store == NULL) {
        err_set(&e, ERR_INPUT,
                "which engine? say -c FILE, --socket PATH or --store FILE");
        return complain(verb, &e, EXIT_USAGE);
    }
    r->pool = pool_new(&(struct pool_options){0}, &e);
    if (r->pool == NULL)
        return complain(verb, &e, EXIT_FAILED);
    if (config != NULL) {
        r->config = config_load(r->pool, config, &e);
        if (r->config == NULL)
            return complain(verb, &e, EXIT_CONFIG);
    }
    if (socket_path == NULL && store == NULL)
        socket_path = r->config->admin_socket;
    r->past = past_open(socket_path, store,
                        r->config != NULL ? r->config->tenant : NULL, &e);
    return r->past != NULL ? EXIT_DONE : complain(verb, &e, EXIT_REACH);
}

static int
take_other(struct replays *r, const char *dir)
{
    struct err e = {0};

    if (dir == NULL)
        return EXIT_DONE;
    r->other = policy_load(r->config, dir, false, NULL, &e);
    if (r->other == NULL || policy_check(r->pool, r->other, NULL, &e) != 0)
        return complain("decide", &e, EXIT_CONFIG);
    return EXIT_DONE;
}

int
replay_verb(const struct args *args, const struct option_spec *specs)
{
    struct replay_options o = {.id = args_value(specs, "replay"),
                               .json = args_given(specs, "json")};
    const char *since = args_value(specs, "since");
    struct replays all = {0};
    int code;

    if (args->count > 0 || (o.id != NULL) == args_given(specs, "replay-all")) {
        fputs("usage: usher decide --replay CONVERSATION/EPISODE/N | "
              "--replay-all [--since 30d]\n"
              "       [-c FILE] [--socket PATH | --store FILE] [--policy DIR] "
              "[--json]\n",
              stderr);
        return EXIT_USAGE;
    }
    if (since != NULL && past_span_ms(since) == 0) {
        fputs("usher decide: --since is a time back from now: 30d, 12h, 2w\n",
              stderr);
        return EXIT_USAGE;
    }
    if (since != NULL)
        o.since_ms = clock_now_ms() - past_span_ms(since);
    code = replays_start(&all, "decide", specs);
    if (code == EXIT_DONE)
        code = take_other(&all, args_value(specs, "policy"));
    if (code == EXIT_DONE)
        code = run(&all, &o);
    replays_end(&all);
    return code;
}
