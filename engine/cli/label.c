#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/call.h"
#include "cli/verbs.h"

static int
usage(void)
{
    fputs("usage: usher label HANDOFF needed|needless|none [-c FILE | "
          "--socket PATH] [--json]\n",
          stderr);
    return EXIT_USAGE;
}

static bool
is_word(const char *s)
{
    return strcmp(s, "needed") == 0 || strcmp(s, "needless") == 0 ||
           strcmp(s, "none") == 0;
}

static void
print_label(const struct buf *body)
{
    json_t *handoff = json_read(body->data, body->len, NULL);

    printf("%s (%s): %s\n", json_str_or(handoff, "id", "-"),
           json_str_or(handoff, "conversation", "-"),
           json_str_or(handoff, "label", "no label"));
    json_decref(handoff);
}

int
verb_label(int argc, char **argv)
{
    struct option_spec specs[] = {{"config", 'c', true, NULL},
                                  {"socket", 0, true, NULL},
                                  {"json", 0, false, NULL},
                                  {0}};
    struct args args;
    struct buf path = {0}, body = {0};
    int code;

    if (args_parse(argc, argv, specs, &args) != 0)
        return EXIT_USAGE;
    if (args.count != 2 || !is_word(args.operands[1]))
        return usage();
    buf_adds(&path, "/v1/handoffs/");
    call_path_piece(&path, args.operands[0]);
    buf_addf(&path, "/label?is=%s", args.operands[1]);
    code = call_for_verb("label", args_value(specs, "socket"),
                         args_value(specs, "config"), "POST", buf_str(&path),
                         NULL, &body);
    if (code == EXIT_DONE && args_given(specs, "json"))
        printf("%s\n", buf_str(&body));
    else if (code == EXIT_DONE)
        print_label(&body);
    buf_free(&path);
    buf_free(&body);
    return code;
}
