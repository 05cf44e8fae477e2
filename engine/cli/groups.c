#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/past.h"
#include "cli/verbs.h"

static struct option_spec options[] = {{"config", 'c', true, NULL},
                                       {"socket", 0, true, NULL},
                                       {"capacity", 0, true, NULL},
                                       {"open", 0, true, NULL},
                                       {"for", 0, true, NULL},
                                       {"json", 0, false, NULL},
                                       {0}};

static int
usage(void)
{
    fputs("usage: usher groups [list] | set GROUP [available|offline] "
          "[--capacity N --open N] [--for 30m] | forget GROUP\n"
          "                    [-c FILE | --socket PATH] [--json]\n",
          stderr);
    return EXIT_USAGE;
}

static void
print_count(const json_t *row)
{
    const json_t *open = json_object_get(row, "open");
    const json_t *capacity = json_object_get(row, "capacity");

    if (open != NULL && capacity != NULL)
        printf("  %lld of %lld", (long long)json_integer_value(open),
               (long long)json_integer_value(capacity));
    if (json_object_get(row, "until") != NULL)
        printf("  until %s", json_str_or(row, "until", "-"));
}

static void
print_groups(const struct buf *body)
{
    json_t *list = json_read(body->data, body->len, NULL);
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(list, "groups"), i, row)
    {
        printf("%-20s  %-9s", json_str_or(row, "name", "-"),
               json_str_or(row, "state", "-"));
        print_count(row);
        printf("\n");
    }
    json_decref(list);
}

static bool
put_number(json_t *body, const char *key)
{
    const char *text = args_value(options, key);
    uint64_t n;

    if (text == NULL)
        return true;
    if (!str_to_u64(str_of(text), &n) || n > INT32_MAX)
        return false;
    json_object_set_new(body, key, json_integer((json_int_t)n));
    return true;
}

/* What is to be said of a group; false: it is not well said. */
static bool
make_body(const struct args *args, struct buf *out)
{
    const char *word = args->count > 2 ? args->operands[2] : NULL;
    const char *span = args_value(options, "for");
    json_t *body = json_object();
    bool fine = put_number(body, "capacity") && put_number(body, "open");

    if (word != NULL && strcmp(word, "available") == 0)
        json_object_set_new(body, "available", json_true());
    else if (word != NULL && strcmp(word, "offline") == 0)
        json_object_set_new(body, "available", json_false());
    else if (word != NULL)
        fine = false;
    if (span != NULL && past_span_ms(span) == 0)
        fine = false;
    else if (span != NULL)
        json_object_set_new(body, "ttl_s",
                            json_integer(past_span_ms(span) / 1000));
    json_write(out, body);
    json_decref(body);
    return fine;
}

static int
make_request(const struct args *args, const char **method, struct buf *path,
             struct buf *body)
{
    const char *what = args->count > 0 ? args->operands[0] : "list";
    bool set = strcmp(what, "set") == 0 && args->count >= 2 && args->count <= 3;
    bool forget = strcmp(what, "forget") == 0 && args->count == 2;

    buf_adds(path, "/v1/groups");
    *method = set ? "PUT" : forget ? "DELETE" : "GET";
    if (!set && !forget)
        return strcmp(what, "list") == 0 && args->count <= 1 ? 0 : -1;
    buf_addc(path, '/');
    call_path_piece(path, args->operands[1]);
    return forget || make_body(args, body) ? 0 : -1;
}

int
verb_groups(int argc, char **argv)
{
    struct args args;
    struct buf path = {0}, body = {0}, answer = {0};
    const char *method;
    int code;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    if (make_request(&args, &method, &path, &body) != 0)
        code = usage();
    else
        code = call_for_verb("groups", args_value(options, "socket"),
                             args_value(options, "config"), method,
                             buf_str(&path), &body, &answer);
    if (code == EXIT_DONE && args_given(options, "json"))
        printf("%s\n", buf_str(&answer));
    else if (code == EXIT_DONE)
        print_groups(&answer);
    buf_free(&path);
    buf_free(&body);
    buf_free(&answer);
    return code;
}
