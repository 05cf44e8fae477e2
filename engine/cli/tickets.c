#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/verbs.h"

static struct option_spec options[] = {{"config", 'c', true, NULL},
                                       {"socket", 0, true, NULL},
                                       {"state", 0, true, NULL},
                                       {"json", 0, false, NULL},
                                       {0}};

/* What is done to a ticket, and what is said with it. */
static const struct deed {
    const char *verb, *member; /* member: of the body; or NULL */
    bool needed;
} deeds[] = {
    {"take", "by", true},    {"assign", "to", false},  {"move", "group", true},
    {"wait", NULL, false},   {"resolve", NULL, false}, {"close", NULL, false},
    {"reopen", NULL, false},
};

static int
usage(void)
{
    fputs("usage: usher tickets [list] [--state STATE] | show ID\n"
          "                     | take ID WHO | assign ID [WHO] | move ID "
          "GROUP\n"
          "                     | wait ID | resolve ID | close ID | reopen ID\n"
          "                     [-c FILE | --socket PATH] [--json]\n",
          stderr);
    return EXIT_USAGE;
}

static void
print_ticket(const json_t *t)
{
    const json_t *tag;
    size_t i;

    printf("%-12s  %-11s  %-8s  %-16s  %-16s  %s", json_str_or(t, "id", "-"),
           json_str_or(t, "status", "-"), json_str_or(t, "priority", "-"),
           json_str_or(t, "group", "-"), json_str_or(t, "assignee", "-"),
           json_str_or(t, "title", "-"));
    json_array_foreach(json_object_get(t, "added_tags"), i, tag)
        printf("  [%s]", json_string_value(tag));
    putchar('\n');
}

/* One, or a list of them. */
static void
print(const struct buf *body)
{
    json_t *answer = json_read(body->data, body->len, NULL);
    const json_t *list = json_object_get(answer, "tickets");
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one) print_ticket(one);
    if (list == NULL)
        print_ticket(answer);
    else if (json_array_size(list) == 0)
        fprintf(stderr, "no tickets\n");
    json_decref(answer);
}

static void
put_body(const char *member, const char *text, struct buf *body)
{
    json_t *o = json_object();

    if (member != NULL && text != NULL)
        json_object_set_new(o, member, json_string(text));
    json_write(body, o);
    json_decref(o);
}

static int
make_deed(const struct args *args, struct buf *path, struct buf *body)
{
    const char *what = args->operands[0];
    const char *text = args->count > 2 ? args->operands[2] : NULL;

    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        const struct deed *d = &deeds[i];

        if (strcmp(d->verb, what) != 0)
            continue;
        if ((d->needed && text == NULL) || (d->member == NULL && text != NULL))
            return -1;
        buf_addf(path, "/%s", d->verb);
        put_body(d->member, text, body);
        return 0;
    }
    return -1;
}

static int
make_request(const struct args *args, const char **method, struct buf *path,
             struct buf *body)
{
    const char *what = args->count > 0 ? args->operands[0] : "list";
    const char *state = args_value(options, "state");

    *method = "GET";
    buf_adds(path, "/v1/tickets");
    if (strcmp(what, "list") == 0 && args->count <= 1) {
        if (state != NULL) {
            buf_adds(path, "?state=");
            call_path_piece(path, state);
        }
        return 0;
    }
    if (args->count < 2 || args->count > 3 || state != NULL)
        return -1;
    buf_addc(path, '/');
    call_path_piece(path, args->operands[1]);
    if (strcmp(what, "show") == 0)
        return args->count == 2 ? 0 : -1;
    *method = "POST";
    return make_deed(args, path, body);
}

int
verb_tickets(int argc, char **argv)
{
    struct args args;
    struct buf path = {0}, body = {0}, answer = {0};
    const char *method;
    bool raw;
    int code;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    if (make_request(&args, &method, &path, &body) != 0) {
        code = usage();
    } else {
        code =
            call_for_verb("tickets", args_value(options, "socket"),
                          args_value(options, "config"), method, buf_str(&path),
                          body.len > 0 ? &body : NULL, &answer);
        raw = args_given(options, "json") ||
              (args.count > 0 && strcmp(args.operands[0], "show") == 0);
        if (code == EXIT_DONE && raw)
            printf("%s\n", buf_str(&answer));
        else if (code == EXIT_DONE)
            print(&answer);
    }
    buf_free(&path);
    buf_free(&body);
    buf_free(&answer);
    return code;
}
