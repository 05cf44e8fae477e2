#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/corpus.h"
#include "cli/looking.h"
#include "cli/open.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "flow/policy.h"
#include "script/pool.h"

struct printing {
    struct opened opened;
    struct looking looking;
    json_t *about; /* what book() is given */
};

static int
fail(const struct err *e, int code)
{
    fprintf(stderr, "usher docs: %s\n", e->text);
    return code;
}

static void
add_counts(json_t *into, const json_t *page)
{
    const char *rule;
    json_t *n;

    json_object_foreach((json_t *)(uintptr_t)page, rule, n)
    {
        json_int_t before = json_integer_value(json_object_get(into, rule));

        json_object_set_new(into, rule,
                            json_integer(before + json_integer_value(n)));
    }
}

/* Everything but letters, digits and "-._~" as %XX; slashes too. */
static void
put_escaped(struct buf *out, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
            (c >= 'A' && c <= 'Z') || strchr("-._~", c) != NULL)
            buf_addc(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

/* One page of GET /v1/rules; NULL on failure. */
static json_t *
ask_page(const char *socket, const char *after, struct err *e)
{
    struct buf path = {0}, body = {0};
    json_t *page = NULL;
    int status;

    buf_adds(&path, "/v1/rules");
    if (after != NULL) {
        buf_addc(&path, '/');
        put_escaped(&path, after);
    }
    status = call_engine(socket, "GET", buf_str(&path), &body, e);
    if (status == 200)
        page = json_read(buf_str(&body), body.len, e);
    else if (status >= 0)
        err_set(e, ERR_SYSTEM, "the engine answered %d to %s", status,
                buf_str(&path));
    buf_free(&path);
    buf_free(&body);
    return page;
}

/* What the running engine decided, page by page. */
static int
count_live(struct printing *p, const char *socket, struct err *e)
{
    json_t *fired = json_object(), *page = NULL, *next = NULL;
    json_int_t decisions = 0;
    char counted[80];

    do {
        json_t *last = page;

        page = ask_page(socket, json_string_value(next), e);
        json_decref(last);
        if (page == NULL) {
            json_decref(fired);
            return -1;
        }
        add_counts(fired, json_object_get(page, "rules"));
        decisions += json_integer_value(json_object_get(page, "decisions"));
        next = json_object_get(page, "next");
    } while (json_is_string(next));
    json_decref(page);
    snprintf(counted, sizeof counted, "%lld decisions of the running engine",
             (long long)decisions);
    json_object_set_new(p->about, "fired", fired);
    json_object_set_new(p->about, "counted", json_string(counted));
    return 0;
}

/* What the rules decide on recordings. */
static int
count_corpus(struct printing *p, const struct args *files, struct err *e)
{
    json_t *measured =
        corpus_measure(p->opened.pool, p->opened.policy, &p->looking,
                       p->opened.config, files->operands, files->count, e);
    char counted[80];

    if (measured == NULL)
        return -1;
    snprintf(counted, sizeof counted, "%lld recorded conversations",
             (long long)json_integer_value(
                 json_object_get(measured, "conversations")));
    json_object_set(p->about, "fired", json_object_get(measured, "decided_by"));
    json_object_set_new(p->about, "counted", json_string(counted));
    json_decref(measured);
    return 0;
}

static int
print_book(struct printing *p, struct err *e)
{
    json_t *arguments = json_array(), *book;

    json_array_append(arguments, p->about);
    book = looking_ask(&p->looking, "book", arguments, e);
    json_decref(arguments);
    if (book == NULL)
        return -1;
    fputs(json_string_value(book), stdout);
    json_decref(book);
    return 0;
}

static int
run(struct printing *p, const char *socket, const struct args *files)
{
    struct err e = {0};

    if (looking_load(&p->looking, p->opened.config, p->opened.policy->dir, true,
                     files->count > 0, &e) != 0)
        return fail(&e, EXIT_CONFIG);
    if (socket != NULL && count_live(p, socket, &e) != 0)
        return fail(&e, EXIT_REACH);
    if (files->count > 0 && count_corpus(p, files, &e) != 0)
        return fail(&e, EXIT_FAILED);
    return print_book(p, &e) == 0 ? EXIT_DONE : fail(&e, EXIT_FAILED);
}

static const char usage[] =
    "usage: usher docs [--policy DIR] [-c FILE] [--format markdown|html]\n"
    "                  [--socket PATH | --corpus FILE...]\n";

int
verb_docs(int argc, char **argv)
{
    struct option_spec specs[] = {
        {"policy", 0, true, NULL}, {"config", 'c', true, NULL},
        {"format", 0, true, NULL}, {"socket", 0, true, NULL},
        {"corpus", 0, true, NULL}, {0}};
    struct args args;
    struct printing p = {0};
    const char *format, *dir, *config;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    format = args_value(specs, "format");
    dir = args_value(specs, "policy");
    config = args_value(specs, "config");
    if (args_given(specs, "corpus") && args.count < ARGS_OPERANDS_MAX)
        args.operands[args.count++] = args_value(specs, "corpus");
    if ((args.count > 0) != args_given(specs, "corpus") ||
        (args.count > 0 && args_given(specs, "socket")) ||
        (format != NULL && strcmp(format, "markdown") != 0 &&
         strcmp(format, "html") != 0)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (config == NULL && dir == NULL)
        config = "usher.conf.lua";
    code = open_policy(&p.opened, "docs", config, dir, false, NULL);
    if (code != EXIT_DONE)
        return code;
    p.about = json_pack("{s:s, s:s}", "dir", p.opened.policy->dir, "format",
                        format != NULL ? format : "markdown");
    code = run(&p, args_value(specs, "socket"), &args);
    json_decref(p.about);
    looking_close(&p.looking);
    open_close(&p.opened);
    return code;
}
