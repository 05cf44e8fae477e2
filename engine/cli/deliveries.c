#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/verbs.h"

static void
print_row(const json_t *row)
{
    printf("%-26s  %-11s  %-8s  %-22s  try %lld  %s\n",
           json_str_or(row, "id", "-"), json_str_or(row, "state", "-"),
           json_str_or(row, "kind", "-"), json_str_or(row, "destination", "-"),
           (long long)json_integer_value(json_object_get(row, "tries")),
           json_str_or(row, "why", "-"));
}

static void
print_list(const struct buf *body)
{
    json_t *list = json_read(body->data, body->len, NULL);
    const json_t *rows = json_object_get(list, "deliveries");
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row) print_row(row);
    fprintf(stderr, "%zu deliveries\n", json_array_size(rows));
    json_decref(list);
}

/* Of a state; which ones there are the engine says. */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static int
usage(void)
{
    fputs("usage: usher deliveries list|show ID|retry ID [-c FILE] [--state "
          "READY|LEASED|UNCERTAIN|RECONCILING|DONE|HELD|DEAD] [--json]\n",
          stderr);
    return EXIT_USAGE;
}

static int
make_path(const struct args *args, const char *state, struct buf *path,
          const char **method)
{
    const char *what = args->count > 0 ? args->operands[0] : "";
    const char *id = args->count > 1 ? args->operands[1] : NULL;

    *method = "GET";
    if (id != NULL &&
        strspn(id, "abcdefghijklmnopqrstuvwxyz234567") != strlen(id))
        return -1;
    if (strcmp(what, "list") == 0 && args->count == 1) {
        buf_adds(path, "/v1/deliveries");
        if (state != NULL && state[strspn(state, LETTERS)] != '\0')
            return -1;
        if (state != NULL)
            buf_addf(path, "?state=%s", state);
    } else if (strcmp(what, "show") == 0 && args->count == 2) {
        buf_addf(path, "/v1/deliveries/%s", id);
    } else if (strcmp(what, "retry") == 0 && args->count == 2) {
        *method = "POST";
        buf_addf(path, "/v1/deliveries/%s/retry", id);
    } else {
        return -1;
    }
    return 0;
}

int
verb_deliveries(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL},
                                  {"state", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    struct args args;
    struct buf path = {0}, body = {0};
    const char *method;
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (make_path(&args, args_value(specs, "state"), &path, &method) != 0) {
        buf_free(&path);
        return usage();
    }
    code = call_for_verb("deliveries", NULL, args_value(specs, "config"),
                         method, buf_str(&path), NULL, &body);
    if (code == EXIT_DONE &&
        (args_given(specs, "json") || strcmp(args.operands[0], "list") != 0))
        printf("%s\n", buf_str(&body));
    else if (code == EXIT_DONE)
        print_list(&body);
    buf_free(&path);
    buf_free(&body);
    return code;
}
