#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/out.h"
#include "cli/past.h"
#include "cli/review.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/config_time.h"
#include "flow/policy.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"

#define CONFIG_DEFAULT "usher.conf.lua"
#define SINCE          "7d"
#define MINUTES        10
#define MINUTES_MAX    10080
#define TOP            20
#define TOP_MAX        1000

/* Whether somebody thanks is what the rule language says it is. */
static const char thanks_rules[] =
    "{\"files\":[[\"rules/thanks.lua\",\"rule \\\"thanks\\\" { when = thanks(),"
    " escalate = { reason = \\\"thanks\\\", next_step = \\\"-\\\" } }\","
    "false]]}";

struct reporting {
    struct pool *pool;
    struct config *config; /* or NULL */
    struct past *past;
    struct policy *thanks;
    struct review *review;
    int64_t since_ms;
};

static int
complain(const struct err *e, int code)
{
    fprintf(stderr, "usher report: %s\n", e->text);
    return code;
}

static int
usage(const char *what)
{
    fprintf(stderr,
            "usher report: %s\n"
            "usage: usher report [--since 7d] [-c FILE] [--minutes N] "
            "[--top N] [--html FILE]\n"
            "       [--json] [--socket PATH | --store FILE]\n",
            what);
    return EXIT_USAGE;
}

/* --- thanks --- */

struct thanking {
    size_t left;
    bool thanked;
};

static void
on_looked(void *arg, struct walk *w)
{
    struct thanking *t = arg;

    t->left--;
    t->thanked |=
        w->decision.rule != NULL && strcmp(w->decision.rule, "thanks") == 0;
}

static struct walk *
look(struct reporting *r, json_t *said, struct thanking *t)
{
    json_t *recording = json_pack("{s:s,s:[{s:s,s:O}]}", "id", "said",
                                  "messages", "role", "customer", "text", said);
    struct conversation *c = conversation_from_recording(recording, NULL);

    json_decref(recording);
    if (c == NULL)
        return NULL;
    t->left++;
    return walk_moment(r->pool, r->thanks, NULL, c, "message.created", 0, NULL,
                       on_looked, t);
}

/* In any of the first messages since; there are few. */
static int
has_thanked(struct reporting *r, const json_t *handoff, bool *thanked,
            struct err *e)
{
    struct thanking t = {0};
    struct walk *walks[8] = {NULL};
    json_t *said;
    size_t i;
    int rc;

    json_array_foreach(json_object_get(handoff, "said_after"), i, said)
    {
        if (i < sizeof walks / sizeof *walks)
            walks[i] = look(r, said, &t);
    }
    rc = pool_wait(r->pool, &t.left, -1, e);
    for (i = 0; rc == 0 && i < sizeof walks / sizeof *walks; i++)
        walk_free(walks[i]);
    *thanked = t.thanked;
    return rc;
}

static int
load_thanks(struct reporting *r, struct err *e)
{
    r->thanks = policy_from_kept(NULL, "rules", str_of(thanks_rules), e);
    return r->thanks != NULL ? policy_check(r->pool, r->thanks, NULL, e) : -1;
}

/* --- reading --- */

typedef int item_fn(struct reporting *r, const json_t *item, struct err *e);

static int
add_decision(struct reporting *r, const json_t *item, struct err *e)
{
    (void)e;
    review_add_decision(r->review, item);
    return 0;
}

static int
add_handoff(struct reporting *r, const json_t *item, struct err *e)
{
    bool thanked;

    if (has_thanked(r, item, &thanked, e) != 0)
        return -1;
    review_add_handoff(r->review, item, thanked);
    return 0;
}

static int
each(struct reporting *r, enum past_list list, item_fn *add, struct err *e)
{
    struct past_place place = {.since_ms = r->since_ms};
    json_t *page, *item;
    size_t i;
    int rc = 0;

    while (rc == 0 && (page = past_page(r->past, list, &place, e)) != NULL) {
        json_array_foreach(page, i, item)
        {
            rc = rc == 0 ? add(r, item, e) : rc;
        }
        json_decref(page);
    }
    buf_free(&place.next);
    return place.ended ? rc : -1;
}

static json_t *
rules_in_force(struct reporting *r, struct err *e)
{
    struct buf hash = {0}, text = {0};
    struct policy *p = NULL;
    json_t *kept = NULL, *description = NULL;

    if (past_policy_hash(r->past, &hash, e) == 0) {
        if (hash.len == 0)
            err_set(e, ERR_INPUT, "nothing was decided yet");
        else
            kept = past_thing(r->past, PAST_POLICY, buf_str(&hash), e);
    }
    if (kept != NULL) {
        json_write(&text, kept);
        p = policy_from_kept(r->config, "rules",
                             (struct str){text.data, text.len}, e);
    }
    if (p != NULL && policy_check(r->pool, p, &description, e) != 0)
        description = NULL;
    policy_release(p);
    json_decref(kept);
    buf_free(&hash);
    buf_free(&text);
    return description;
}

/* The rest of the report can be told without them. */
static void
add_rules(struct reporting *r)
{
    struct err e = {0};
    json_t *description = rules_in_force(r, &e);

    if (description != NULL)
        review_add_rules(r->review, description);
    else
        r->review->rules_why = arena_str(r->review->arena, e.text);
    json_decref(description);
}

static int
gather(struct reporting *r, struct err *e)
{
    if (load_thanks(r, e) != 0 ||
        each(r, PAST_DECISIONS, add_decision, e) != 0 ||
        each(r, PAST_HANDOFFS, add_handoff, e) != 0)
        return -1;
    add_rules(r);
    review_end(r->review);
    return 0;
}

/* --- the verb --- */

static int
tell(const struct review *r, const struct option_spec *specs, struct err *e)
{
    const char *html = args_value(specs, "html");
    struct buf out = {0};
    int rc = 0;

    if (args_given(specs, "json"))
        review_json(r, &out);
    else
        review_text(r, &out);
    fwrite(out.data, 1, out.len, stdout);
    if (html != NULL) {
        buf_clear(&out);
        review_html(r, &out);
        rc = out_write_file(html, &out, e);
    }
    buf_free(&out);
    return rc;
}

static int
open_all(struct reporting *r, const struct option_spec *specs)
{
    const char *config = args_value(specs, "config");
    const char *store = args_value(specs, "store");
    const char *socket_path = args_value(specs, "socket");
    struct pool_options options = {.recycle = 1000000};
    struct err e = {0};

    r->pool = pool_new(&options, &e);
    if (r->pool == NULL)
        return complain(&e, EXIT_FAILED);
    if (config == NULL && access(CONFIG_DEFAULT, F_OK) == 0)
        config = CONFIG_DEFAULT;
    if (config == NULL && store == NULL && socket_path == NULL)
        return usage("which engine? say -c FILE, --socket PATH or --store "
                     "FILE");
    if (config != NULL &&
        (r->config = config_load(r->pool, config, &e)) == NULL)
        return complain(&e, EXIT_CONFIG);
    if (socket_path == NULL && r->config != NULL)
        socket_path = r->config->admin_socket;
    r->past = past_open(socket_path, store,
                        r->config != NULL ? r->config->tenant : NULL, &e);
    return r->past != NULL ? EXIT_DONE : complain(&e, EXIT_REACH);
}

static void
close_all(struct reporting *r)
{
    review_free(r->review);
    policy_release(r->thanks);
    past_close(r->past);
    pool_free(r->pool);
    config_free(r->config);
}

static int
run(const struct option_spec *specs, const char *since, uint64_t minutes,
    uint64_t top)
{
    struct reporting r = {.since_ms = clock_now_ms() - past_span_ms(since)};
    struct err e = {0};
    int code = open_all(&r, specs);

    if (code == EXIT_DONE) {
        r.review = review_new(since, (int64_t)minutes * 60000, (size_t)top,
                              config_zone(r.config));
        if (gather(&r, &e) != 0)
            code = complain(&e, EXIT_REACH);
        else if (tell(r.review, specs, &e) != 0)
            code = complain(&e, EXIT_FAILED);
    }
    close_all(&r);
    return code;
}

static bool
take_number(const struct option_spec *specs, const char *name, uint64_t most,
            uint64_t *out)
{
    const char *given = args_value(specs, name);

    return given == NULL || (str_to_u64(str_of(given), out) && *out <= most);
}

int
verb_report(int argc, char **argv)
{
    struct option_spec specs[] = {{"since", 0, true, NULL},
                                  {"config", 'c', true, NULL},
                                  {"socket", 0, true, NULL},
                                  {"store", 0, true, NULL},
                                  {"minutes", 0, true, NULL},
                                  {"top", 0, true, NULL},
                                  {"html", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    uint64_t minutes = MINUTES, top = TOP;
    const char *since = SINCE;
    struct args args;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args_given(specs, "since"))
        since = args_value(specs, "since");
    if (args.count > 0)
        return usage("it takes no operands");
    if (past_span_ms(since) <= 0)
        return usage("--since is a time back from now: 30d, 12h, 2w");
    if (!take_number(specs, "minutes", MINUTES_MAX, &minutes) ||
        !take_number(specs, "top", TOP_MAX, &top))
        return usage("--minutes is 0 to 10080, --top 0 to 1000");
    return run(specs, since, minutes, top);
}
