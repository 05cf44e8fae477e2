#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/explain_decision.h"
#include "cli/explain_modifiers.h"
#include "cli/explain_need.h"
#include "cli/explain_print.h"
#include "cli/open.h"
#include "cli/recordings.h"
#include "cli/verbs.h"
#include "cli/walk.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/pool.h"

#define CONFIG_DEFAULT "usher.conf.lua"

struct explaining {
    struct opened opened;
    const char *file, *id;   /* file NULL: the running engine knows the id */
    const char *socket_path; /* as given; NULL: the configuration's */
    const char *at, *why_not;
    int64_t seq; /* at, or 0 */
    bool json;
    json_t *recording;
    bool running;
    size_t left;
    struct walk *walk;
};

/* Whether the moment is one among others, or what the walk came to. */
static const char *
moment_word(const struct explaining *ex, const struct walk *w)
{
    if (w->ended)
        return " (the end)";
    if (ex->running && ex->at == NULL && w->decision.action == ACTION_KEEP)
        return " (so far)";
    return "";
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
take(struct explaining *ex, json_t *recording)
{
    ex->recording = json_incref(recording);
    ex->running = recordings_running(recording);
}

static int
find_in_file(struct explaining *ex)
{
    struct recordings *r = recordings_open(&ex->file, 1);
    struct err e = {0};
    json_t *recording;
    bool broken = false;

    while (ex->recording == NULL && e.class == ERR_NONE &&
           (recording = recordings_next(r, &broken, &e)) != NULL) {
        const char *this = json_string_value(json_object_get(recording, "id"));

        if (ex->id == NULL || (this != NULL && strcmp(this, ex->id) == 0))
            take(ex, recording);
        json_decref(recording);
    }
    recordings_close(r);
    if (ex->recording != NULL)
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
        take(ex, answer);
    else
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

/* Walk it by these rules: NULL with the reason in e. */
static struct walk *
walk_by(struct explaining *ex, const struct policy *policy, struct err *e)
{
    struct conversation *c = conversation_from_recording(ex->recording, e);

    if (c == NULL)
        return NULL;
    if (ex->seq < 0 || (size_t)ex->seq > c->message_count) {
        err_set(e, ERR_INPUT, "--at is 1 to %zu", c->message_count);
        conversation_free(c);
        return NULL;
    }
    ex->left = 1;
    walk_start(ex->opened.pool, policy, ex->opened.config, c,
               WALK_EXPLAIN | (ex->running ? WALK_RUNNING : 0), ex->seq,
               on_walked, ex);
    return pool_wait(ex->opened.pool, &ex->left, -1, e) == 0 ? ex->walk : NULL;
}

/* As it would be decided by other rules. */
static json_t *
decide_by(void *arg, const struct policy *policy, struct err *e)
{
    struct walk *w = walk_by(arg, policy, e);
    struct buf text = {0};
    json_t *decision;

    if (w == NULL)
        return NULL;
    decision_json(&w->decision, false, &text);
    decision = json_read(buf_str(&text), text.len, e);
    buf_free(&text);
    walk_free(w);
    return decision;
}

static int
print(struct explaining *ex, const struct walk *w)
{
    const struct decision *d = &w->decision;
    struct explained x = {.id = w->conv->id,
                          .moment = moment_word(ex, w),
                          .at = w->at,
                          .decision = d};
    struct err e = {0};
    int code = EXIT_DONE;

    if (d->trace != NULL)
        x.trace = json_read(d->trace, d->trace_n, &e);
    need_add(x.trace);
    if (explain_modifiers(x.trace, ex->opened.policy, decide_by, ex, &e) != 0)
        fprintf(stderr, "usher explain: %s\n", e.text);
    if (ex->json)
        explain_print_json(&x);
    else
        code = explain_print(&x, ex->why_not);
    if (w->failure[0] != '\0') {
        fprintf(stderr, "usher explain: %s\n", w->failure);
        code = EXIT_FAILED;
    }
    json_decref(x.trace);
    return code;
}

static int
explain(struct explaining *ex)
{
    struct err e = {0};
    struct walk *w;
    int code;

    ex->seq = ex->at != NULL ? strtoll(ex->at, NULL, 10) : 0;
    w = walk_by(ex, ex->opened.policy, &e);
    if (w == NULL) {
        fprintf(stderr, "usher explain: %s\n", e.text);
        return ex->at != NULL ? EXIT_USAGE : EXIT_FAILED;
    }
    code = print(ex, w);
    walk_free(w);
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
    json_decref(ex->recording);
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
                                  {"decision", 0, true, NULL},
                                  {"store", 0, true, NULL},
                                  {0}};
    struct args args;
    struct explaining ex = {0};

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args_given(specs, "decision"))
        return explain_decision(&args, specs);
    ex.socket_path = args_value(specs, "socket");
    ex.at = args_value(specs, "at");
    ex.why_not = args_value(specs, "why-not");
    ex.json = args_given(specs, "json");
    if (args_given(specs, "store") || !take_operands(&ex, &args)) {
        fputs("usage: usher explain [--policy DIR] [-c FILE] [--at N] "
              "[--why-not RULE] [--json] FILE [ID] | [--socket PATH] ID\n"
              "       usher explain --decision CONVERSATION/EPISODE/N\n",
              stderr);
        return EXIT_USAGE;
    }
    return run(&ex, args_value(specs, "config"), args_value(specs, "policy"));
}
