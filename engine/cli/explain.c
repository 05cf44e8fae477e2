#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"

#define CONFIG_DEFAULT "usher.conf.lua"

struct explaining {
    struct opened opened;
    const char *file, *id;   /* file NULL: the running engine knows the id */
    const char *socket_path; /* as given; NULL: the configuration's */
    const char *at, *why_not;
    bool json;
    struct conversation *conv; /* until the walk takes it */
    bool running;
    size_t left;
    struct walk *walk;
};

static const char *
text_of(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s != NULL ? s : "";
}

static void
print_scalar(const json_t *v)
{
    struct buf out = {0};

    if (json_is_string(v))
        buf_adds(&out, json_string_value(v));
    else
        json_write(&out, v);
    printf("%s", buf_str(&out));
    buf_free(&out);
}

static void
print_condition(const json_t *c, int depth)
{
    bool pass = json_is_true(json_object_get(c, "pass"));
    const json_t *value = json_object_get(c, "value");
    const json_t *threshold = json_object_get(c, "threshold");
    const json_t *inner;
    size_t i;

    printf("    %*s%s%s%s %s", depth * 2, "",
           out_colour(pass ? COLOUR_GREEN : COLOUR_RED), pass ? "yes" : "no ",
           out_colour(COLOUR_NONE), text_of(c, "expr"));
    if (json_is_true(json_object_get(c, "missing")))
        printf("  (missing)");
    else if (value != NULL) {
        printf("  is ");
        print_scalar(value);
    }
    if (threshold != NULL) {
        printf(", wants %s ", text_of(c, "op"));
        print_scalar(threshold);
    }
    if (json_object_get(c, "distance") != NULL && !pass) {
        printf(", off by ");
        print_scalar(json_object_get(c, "distance"));
    }
    printf("\n");
    json_array_foreach(json_object_get(c, "conditions"), i, inner)
        print_condition(inner, depth + 1);
}

static void
print_rule(const json_t *rule)
{
    bool fired = json_is_true(json_object_get(rule, "fired"));
    const json_t *c;
    size_t i;

    printf("  %s%s%s  %s  %s\n", out_colour(fired ? COLOUR_GREEN : COLOUR_DIM),
           fired ? "matches" : "no match", out_colour(COLOUR_NONE),
           text_of(rule, "rule"), text_of(rule, "where"));
    json_array_foreach(json_object_get(rule, "conditions"), i, c)
        print_condition(c, 0);
}

static bool
print_trace(const struct explaining *ex, const json_t *trace)
{
    const json_t *rule;
    bool shown = false;
    size_t i;

    json_array_foreach(trace, i, rule)
    {
        if (ex->why_not != NULL &&
            strcmp(text_of(rule, "rule"), ex->why_not) != 0)
            continue;
        print_rule(rule);
        shown = true;
    }
    return shown;
}

/* Whether the moment is one among others, or what the walk came to. */
static const char *
moment_word(const struct explaining *ex)
{
    const struct walk *w = ex->walk;

    if (w->ended)
        return " (the end)";
    if (ex->running && ex->at == NULL && w->decision.action == ACTION_KEEP)
        return " (so far)";
    return "";
}

static int
print_walk(const struct explaining *ex)
{
    const struct walk *w = ex->walk;
    const struct decision *d = &w->decision;
    json_t *trace =
        d->trace != NULL ? json_read(d->trace, d->trace_n, NULL) : NULL;
    int code = EXIT_DONE;

    if (ex->json) {
        struct buf out = {0};

        decision_json(d, true, &out);
        printf("%s\n", out.data);
        buf_free(&out);
    } else {
        printf("%s at message %lld%s: %s%s%s", w->conv->id, (long long)w->at,
               moment_word(ex), out_colour(COLOUR_GREEN),
               action_name(d->action), out_colour(COLOUR_NONE));
        printf("%s%s%s%s\n", d->rule != NULL ? " by rule " : "",
               d->rule != NULL ? d->rule : "",
               d->reason != NULL ? ", reason " : "",
               d->reason != NULL ? d->reason : "");
        if (d->rule == NULL)
            printf("  no rule matched; without a match the AI keeps the "
                   "conversation\n");
        if (!print_trace(ex, trace) && ex->why_not != NULL) {
            fprintf(stderr, "usher explain: no rule is named \"%s\"\n",
                    ex->why_not);
            code = EXIT_FAILED;
        }
    }
    if (w->failure[0] != '\0') {
        fprintf(stderr, "usher explain: %s\n", w->failure);
        code = EXIT_FAILED;
    }
    json_decref(trace);
    return code;
}

static void
on_walked(void *arg, struct walk *w)
{
    struct explaining *ex = arg;

    ex->walk = w;
    ex->left = 0;
}

/* --- the conversation --- */

static void
take(struct explaining *ex, const json_t *recording, struct err *e)
{
    ex->conv = conversation_from_recording(recording, e);
    ex->running = recordings_running(recording);
}

static int
find_in_file(struct explaining *ex)
{
    struct recordings *r = recordings_open(&ex->file, 1);
    struct err e = {0};
    json_t *recording;
    bool broken = false;

    while (ex->conv == NULL && e.class == ERR_NONE &&
           (recording = recordings_next(r, &broken, &e)) != NULL) {
        const char *this = json_string_value(json_object_get(recording, "id"));

        if (ex->id == NULL || (this != NULL && strcmp(this, ex->id) == 0))
            take(ex, recording, &e);
        json_decref(recording);
    }
    recordings_close(r);
    if (ex->conv != NULL)
        return EXIT_DONE;
    if (e.class == ERR_NONE)
        err_set(&e, ERR_INPUT, "%s holds no conversation%s%s", ex->file,
                ex->id != NULL ? " " : "", ex->id != NULL ? ex->id : "");
    fprintf(stderr, "usher explain: %s\n", e.text);
    return EXIT_FAILED;
}

/* Whoever meant a file learns why an engine was asked. */
static int
complain_asked(const struct explaining *ex, const char *why, int code)
{
    if (ex->socket_path != NULL)
        fprintf(stderr, "usher explain: %s\n", why);
    else
        fprintf(stderr,
                "usher explain: %s is no file, and as the id of a "
                "conversation: %s\n",
                ex->id, why);
    return code;
}

static int
read_answer(struct explaining *ex, int status, const struct buf *body)
{
    struct err e = {0};
    struct buf why = {0};
    json_t *answer;
    int code = EXIT_DONE;

    if (status != 200) {
        call_problem(body, &why);
        code = complain_asked(ex, buf_str(&why), EXIT_FAILED);
        buf_free(&why);
        return code;
    }
    answer = json_read(buf_str(body), body->len, &e);
    if (answer != NULL)
        take(ex, answer, &e);
    if (ex->conv == NULL)
        code = complain_asked(ex, e.text, EXIT_FAILED);
    json_decref(answer);
    return code;
}

static int
ask_engine(struct explaining *ex)
{
    const char *socket_path = ex->socket_path != NULL
                                  ? ex->socket_path
                                  : ex->opened.config->admin_socket;
    struct buf path = {0}, body = {0};
    struct err e = {0};
    int status, code;

    buf_adds(&path, "/v1/conversations/");
    call_path_piece(&path, ex->id);
    status = call_engine(socket_path, "GET", buf_str(&path), &body, &e);
    code = status < 0 ? complain_asked(ex, e.text, EXIT_REACH)
                      : read_answer(ex, status, &body);
    buf_free(&path);
    buf_free(&body);
    return code;
}

/* --- explained --- */

static int
explain(struct explaining *ex)
{
    struct conversation *c = ex->conv;
    int64_t seq = ex->at != NULL ? strtoll(ex->at, NULL, 10) : 0;
    struct err e = {0};
    int code;

    if (seq < 0 || (size_t)seq > c->message_count) {
        fprintf(stderr, "usher explain: --at is 1 to %zu\n", c->message_count);
        conversation_free(c);
        return EXIT_USAGE;
    }
    ex->left = 1;
    walk_start(ex->opened.pool, ex->opened.policy, ex->opened.config, c,
               WALK_EXPLAIN | (ex->running ? WALK_RUNNING : 0), seq, on_walked,
               ex);
    if (pool_wait(ex->opened.pool, &ex->left, -1, &e) != 0) {
        fprintf(stderr, "usher explain: %s\n", e.text);
        return EXIT_FAILED;
    }
    code = print_walk(ex);
    walk_free(ex->walk);
    return code;
}

static bool
is_file(const char *name)
{
    struct stat st;

    return strcmp(name, "-") == 0 ||
           (stat(name, &st) == 0 && !S_ISDIR(st.st_mode));
}

/* FILE, FILE ID or ID: a file that is there is meant as one, unless a socket
 * is named. False: none of the three. */
static bool
take_operands(struct explaining *ex, const struct args *args)
{
    const char *first = args->operands[0];

    if (args->count < 1 || args->count > (ex->socket_path != NULL ? 1 : 2))
        return false;
    if (ex->socket_path == NULL && (args->count == 2 || is_file(first))) {
        ex->file = first;
        ex->id = args->count == 2 ? args->operands[1] : NULL;
    } else {
        ex->id = first;
    }
    return true;
}

static int
run(struct explaining *ex, const char *config, const char *dir)
{
    bool lacks_socket = ex->file == NULL && ex->socket_path == NULL;
    int code;

    if (config == NULL && (dir == NULL || lacks_socket) &&
        access(CONFIG_DEFAULT, F_OK) == 0)
        config = CONFIG_DEFAULT;
    if (config == NULL && lacks_socket)
        return complain_asked(ex,
                              "which engine? say -c FILE or --socket PATH, or "
                              "go where " CONFIG_DEFAULT " is",
                              EXIT_FAILED);
    code = open_policy(&ex->opened, "explain", config, dir, false, NULL);
    if (code != EXIT_DONE)
        return code;
    code = ex->file != NULL ? find_in_file(ex) : ask_engine(ex);
    if (code == EXIT_DONE)
        code = explain(ex);
    open_close(&ex->opened);
    return code;
}

int
verb_explain(int argc, char **argv)
{
    struct option_spec specs[] = {{"policy", 0, true, NULL},
                                  {"config", 'c', true, NULL},
                                  {"socket", 0, true, NULL},
                                  {"at", 0, true, NULL},
                                  {"why-not", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    struct args args;
    struct explaining ex = {0};

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    ex.socket_path = args_value(specs, "socket");
    ex.at = args_value(specs, "at");
    ex.why_not = args_value(specs, "why-not");
    ex.json = args_given(specs, "json");
    if (!take_operands(&ex, &args)) {
        fputs("usage: usher explain [--policy DIR] [-c FILE] [--at N] "
              "[--why-not RULE] [--json] FILE [ID] | [--socket PATH] ID\n",
              stderr);
        return EXIT_USAGE;
    }
    return run(&ex, args_value(specs, "config"), args_value(specs, "policy"));
}
