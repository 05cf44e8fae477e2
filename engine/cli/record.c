#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/fixture.h"
#include "cli/open.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/file.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"

struct recording {
    struct opened opened;
    size_t left;
    struct walk *walk;
};

static int
fail(const struct err *e, int code)
{
    fprintf(stderr, "usher record: %s\n", e->text);
    return code;
}

/* --- getting the conversation --- */

static json_t *
from_file(const char *file, const char *id, struct err *e)
{
    const char *files[1] = {file};
    struct recordings *from = recordings_open(files, 1);
    json_t *one;
    bool broken = false;

    while ((one = recordings_next(from, &broken, e)) != NULL) {
        const char *its = json_string_value(json_object_get(one, "id"));

        if (its != NULL && strcmp(its, id) == 0)
            break;
        json_decref(one);
    }
    if (one == NULL && !broken)
        err_set(e, ERR_INPUT, "%s holds no conversation %s", file, id);
    recordings_close(from);
    return one;
}

static json_t *
from_engine(const char *socket, const char *id, struct err *e)
{
    struct buf path = {0}, body = {0};
    json_t *answer = NULL;
    int status;

    buf_adds(&path, "/v1/conversations/");
    for (const char *p = id; *p != '\0'; p++)
        buf_addf(&path, "%%%02X", (unsigned)(unsigned char)*p);
    status = call_engine(socket, "GET", buf_str(&path), &body, e);
    if (status == 200)
        answer = json_read(buf_str(&body), body.len, e);
    else if (status == 404)
        err_set(e, ERR_INPUT,
                "the engine has no conversation %s; ids are <source>:<the "
                "source's own id>",
                id);
    else if (status >= 0)
        err_set(e, ERR_SYSTEM, "the engine answered %d", status);
    buf_free(&path);
    buf_free(&body);
    return answer;
}

/* --- the present decision --- */

static void
on_walked(void *arg, struct walk *w)
{
    struct recording *r = arg;

    r->walk = w;
    r->left = 0;
}

static const char *
event_of(const json_t *fixture)
{
    const char *via = json_string_value(
        json_object_get(json_object_get(fixture, "handoff"), "via"));

    if (via != NULL && strcmp(via, "takeover") == 0)
        return "takeover";
    if (via != NULL)
        return "handoff.requested";
    return json_object_get(fixture, "now") != NULL ? "session.ended"
                                                   : "message.created";
}

/* The walk keeps the decision; walk_free()s it by the caller. */
static struct walk *
decide(struct recording *r, const json_t *fixture, struct err *e)
{
    struct conversation *c = conversation_from_recording(fixture, e);

    if (c == NULL)
        return NULL;
    r->left = 1;
    r->walk = NULL;
    walk_moment(r->opened.pool, r->opened.policy, r->opened.config, c,
                event_of(fixture), 0, NULL, on_walked, r);
    if (pool_wait(r->opened.pool, &r->left, -1, e) != 0)
        return NULL;
    if (r->walk->failure[0] != '\0')
        err_set(e, ERR_SCRIPT, "%s", r->walk->failure);
    return r->walk;
}

/* --- the test --- */

/* A Lua string literal; control characters by number. */
static void
put_lua(struct buf *out, const char *s)
{
    buf_addc(out, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            buf_addf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            buf_addf(out, "\\%03d", *s);
        else
            buf_addc(out, *s);
    }
    buf_addc(out, '"');
}

static void
put_expected(struct buf *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buf_addf(out, ", %s = ", key);
    put_lua(out, value);
}

static void
make_test(const json_t *fixture, const struct decision *d, const char *name,
          struct buf *out)
{
    const char *event = event_of(fixture);

    buf_adds(out, "test ");
    put_lua(out, name);
    buf_addf(out, " {\n  given  = recording \"%s.json\",\n", name);
    if (strcmp(event, "message.created") != 0)
        buf_addf(out, "  event  = \"%s\",\n", event);
    buf_addf(out, "  expect = { action = \"%s\"", action_name(d->action));
    put_expected(out, "rule", d->rule);
    put_expected(out, "reason", d->reason);
    if (d->action == ACTION_ESCALATE) {
        put_expected(out, "group", d->group);
        put_expected(out, "priority", priority_name(d->priority));
    }
    buf_adds(out, " },\n}\n");
}

static int
write_file(const char *dir, const char *name, const char *end,
           const struct buf *text, struct err *e)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s%s", dir, name, end);
    if (file_create(path, buf_str(text), text->len, e) != 0)
        return e->class == ERR_CONFLICT
                   ? err_set(e, ERR_CONFLICT, "%s is there already", path)
                   : -1;
    chmod(path, 0644);
    printf("made %s\n", path);
    return 0;
}

/* Without a name to write: the fixture is the output, the test a hint. */
static int
tell(const struct recording *r, const json_t *fixture, const char *name,
     struct err *e)
{
    char *json = json_dumps(fixture, JSON_INDENT(2) | JSON_SORT_KEYS);
    struct buf text = {0}, test = {0};
    const char *dir = r->opened.policy->dir;
    int rc = 0;

    buf_addf(&text, "%s\n", json);
    free(json);
    make_test(fixture, &r->walk->decision, name != NULL ? name : "NAME", &test);
    if (name != NULL) {
        rc = write_file(dir, name, ".json", &text, e);
        if (rc == 0)
            rc = write_file(dir, name, "_test.lua", &test, e);
        if (rc == 0)
            printf("next: usher test %s --filter \"%s\"\n", dir, name);
    } else {
        fputs(buf_str(&text), stdout);
        fprintf(stderr, "-- a test of it, in a *_test.lua beside it:\n%s",
                buf_str(&test));
    }
    buf_free(&text);
    buf_free(&test);
    return rc;
}

static bool
same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What was taken out may have been what a rule looked for. */
static void
warn_if_changed(const struct decision *before, const struct decision *after)
{
    if (before->action != after->action || !same(before->rule, after->rule))
        fprintf(stderr,
                "usher record: warning: with all that was taken out the "
                "decision is another (%s by %s before, %s by %s now)\n",
                action_name(before->action),
                before->rule != NULL ? before->rule : "no rule",
                action_name(after->action),
                after->rule != NULL ? after->rule : "no rule");
}

/* The same cut of the conversation, nothing taken out of it. */
static json_t *
unredacted(const json_t *original, const json_t *fixture)
{
    json_t *whole = json_copy((json_t *)(uintptr_t)original);
    const json_t *messages = json_object_get(original, "messages");
    size_t n = json_array_size(json_object_get(fixture, "messages"));
    size_t all = json_array_size(messages);
    json_t *cut = json_array();

    for (size_t i = 0; i < all && json_array_size(cut) < n; i++)
        json_array_append(cut, json_array_get(messages, i));
    json_object_set_new(whole, "messages", cut);
    json_object_del(whole, "handoff_id");
    json_object_set(whole, "now", json_object_get(fixture, "now"));
    return whole;
}

static int
record(struct recording *r, const json_t *original, const char *names,
       const char *write, struct err *e)
{
    json_t *fixture = fixture_make(original, names);
    json_t *whole = unredacted(original, fixture);
    struct walk *before = decide(r, whole, e), *after = NULL;
    int rc = -1;

    if (before != NULL)
        after = decide(r, fixture, e);
    if (after != NULL && e->class == ERR_NONE) {
        warn_if_changed(&before->decision, &after->decision);
        rc = tell(r, fixture, write, e);
    }
    walk_free(before);
    walk_free(after);
    json_decref(whole);
    json_decref(fixture);
    return rc;
}

/* A file name, and half of another: letters, digits, "-" and "_". */
static bool
is_name(const char *name)
{
    return name[0] != '\0' && name[0] != '-' && strlen(name) <= 100 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_") == strlen(name);
}

static const char usage[] =
    "usage: usher record CONVERSATION [--policy DIR] [-c FILE]\n"
    "                    [--from FILE | --socket PATH] [--names A,B] "
    "[--write NAME]\n";

static int
run(const struct option_spec *specs, const char *id)
{
    struct recording r = {0};
    const char *config = args_value(specs, "config");
    const char *dir = args_value(specs, "policy");
    const char *from = args_value(specs, "from");
    const char *socket = args_value(specs, "socket");
    struct err e = {0};
    json_t *original;
    int code;

    if (config == NULL && (dir == NULL || (from == NULL && socket == NULL)))
        config = "usher.conf.lua";
    code = open_policy(&r.opened, "record", config, dir, false, NULL);
    if (code != EXIT_DONE)
        return code;
    if (socket == NULL && r.opened.config != NULL)
        socket = r.opened.config->admin_socket;
    original =
        from != NULL ? from_file(from, id, &e) : from_engine(socket, id, &e);
    if (original == NULL)
        code = fail(&e, from == NULL && e.class == ERR_SYSTEM ? EXIT_REACH
                                                              : EXIT_FAILED);
    else if (record(&r, original, args_value(specs, "names"),
                    args_value(specs, "write"), &e) != 0)
        code = fail(&e, EXIT_FAILED);
    json_decref(original);
    open_close(&r.opened);
    return code;
}

int
verb_record(int argc, char **argv)
{
    struct option_spec specs[] = {{"policy", 0, true, NULL},
                                  {"config", 'c', true, NULL},
                                  {"from", 0, true, NULL},
                                  {"socket", 0, true, NULL},
                                  {"names", 0, true, NULL},
                                  {"write", 0, true, NULL},
                                  {0}};
    struct args args;
    const char *write;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    write = args_value(specs, "write");
    if (args.count != 1 ||
        (args_given(specs, "from") && args_given(specs, "socket"))) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (write != NULL && !is_name(write)) {
        fputs("usher record: --write takes a name of letters, digits, - and "
              "_; .json and _test.lua are added\n",
              stderr);
        return EXIT_USAGE;
    }
    return run(specs, args.operands[0]);
}
