#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/verbs.h"

/* reload and policy: the rules of the running engine. */
static struct option_spec options[] = {{"config", 'c', true, NULL},
                                       {"socket", 0, true, NULL},
                                       {"force", 0, false, NULL},
                                       {"json", 0, false, NULL},
                                       {0}};

static void
print_outcome(const json_t *body)
{
    bool changed = strcmp(json_str_or(body, "outcome", "-"), "in force") == 0;

    printf("%s: %s is in force", changed ? "changed" : "unchanged",
           json_str_or(body, "hash", "-"));
    if (changed)
        printf(" (%lld of its tests passed)",
               (long long)json_integer_value(
                   json_object_get(body, "tests_passed")));
    printf("\n");
}

static void
print_policies(const json_t *body)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(body, "policies"), i, row)
    {
        printf(
            "%s  since %s%s%s\n", json_str_or(row, "hash", "-"),
            json_str_or(row, "in_force_at", "-"),
            json_is_true(json_object_get(row, "in_force")) ? "  in force" : "",
            json_object_get(row, "withdrawn_at") != NULL ? "  withdrawn" : "");
    }
}

static int
call(const char *verb, const char *method, const char *path,
     void (*print)(const json_t *body))
{
    struct buf body = {0};
    json_t *json;
    int code =
        call_for_verb(verb, args_value(options, "socket"),
                      args_value(options, "config"), method, path, NULL, &body);

    if (code == EXIT_DONE && args_given(options, "json")) {
        printf("%s\n", buf_str(&body));
    } else if (code == EXIT_DONE) {
        json = json_read(body.data, body.len, NULL);
        print(json);
        json_decref(json);
    }
    buf_free(&body);
    return code;
}

int
verb_reload(int argc, char **argv)
{
    struct args args;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    if (args.count > 0) {
        fputs("usage: usher reload [-c FILE | --socket PATH] [--force] "
              "[--json]\n",
              stderr);
        return EXIT_USAGE;
    }
    return call("reload", "POST",
                args_given(options, "force") ? "/v1/policy/reload?force=1"
                                             : "/v1/policy/reload",
                print_outcome);
}

int
verb_policy(int argc, char **argv)
{
    struct args args;
    struct buf path = {0};
    const char *what;
    int code;

    if (args_parse(argc, argv, options, &args) != 0)
        return EXIT_USAGE;
    what = args.count > 0 ? args.operands[0] : "";
    if (strcmp(what, "list") == 0 && args.count == 1)
        return call("policy", "GET", "/v1/policies", print_policies);
    if (strcmp(what, "back") != 0 || args.count > 2) {
        fputs("usage: usher policy list|back [HASH] [-c FILE | --socket PATH] "
              "[--json]\n",
              stderr);
        return EXIT_USAGE;
    }
    buf_adds(&path, "/v1/policy/back");
    if (args.count == 2) {
        buf_adds(&path, "?to=");
        call_path_piece(&path, args.operands[1]);
    }
    code = call("policy", "POST", buf_str(&path), print_outcome);
    buf_free(&path);
    return code;
}
