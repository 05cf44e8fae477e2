/*
 * attack: hostile scripts in real workers.
 *
 *   attack [--must-fail] FOLDER...
 *
 * The first line of each *.lua says what it tries, what must happen and how it
 * ends ("expect: budget or error"); the file returns the attack function. A
 * file named *-rules.lua is a policy in the rule language instead. Each runs 20
 * times in a row in one worker, with a harmless call right behind it, and then
 * all of them at once with harmless calls between them. Checked:
 *
 *   - it ends as expected within the wall limit + 10 ms (the one place that
 *     may judge time: late twelve times in a row is late), and none hangs;
 *   - the worker's memory stays within the heap's limit and 8 MiB;
 *   - a result that begins with "ESCAPED" never comes; errors are short and
 *     printable; the engine reads the result's text (redaction) at once;
 *   - harmless calls answer as before it: those of another set in the same
 *     worker and those of the file behind the attack in the same set; a victim
 *     that the attack brings says "clean";
 *   - "deterministic" ones say the same in five processes.
 *
 * Ends with 0 when all passed; with --must-fail, when some did not (a build
 * without the wall timer proves that this judge notices).
 */
#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 256

static int
compare(const void *x, const void *y)
{
    return strcmp(((const struct attack *)x)->path,
                  ((const struct attack *)y)->path);
}

/* What a call answers before anything happened. */
static char *
truth_of(struct ground *g, struct script_set *set, const char *function)
{
    struct answer out = {0};
    char *truth;

    ground_ask(g, set, function, ground_answer, &out);
    ground_wait(g, &out);
    if (out.hung || out.class != SCRIPT_OK) {
        fprintf(stderr, "attack: a harmless call failed: %s\n",
                buf_str(&out.text));
        exit(2);
    }
    truth = strdup(buf_str(&out.text));
    buf_free(&out.text);
    return truth;
}

/* How many of them failed; the crowd counts as one. */
static size_t
run_all(struct attack *list, size_t count)
{
    struct peace peace = {.calm = attack_set(NULL, false),
                          .rules = attack_set(NULL, true)};
    struct ground g;
    size_t failed = 0;

    ground_open(&g, 1);
    peace.says = truth_of(&g, peace.calm, "neighbour");
    peace.rules_say = truth_of(&g, peace.rules, "decide");
    for (size_t i = 0; i < count; i++) {
        list[i].failed = !bout_run(&g, &peace, &list[i]);
        failed += list[i].failed;
    }
    ground_close(&g);
    failed += !crowd_run(list, count, &peace);
    script_set_release(peace.calm);
    script_set_release(peace.rules);
    free(peace.says);
    free(peace.rules_say);
    return failed;
}

int
main(int argc, char **argv)
{
    static struct attack list[FILES_MAX];
    bool must_fail = argc > 1 && strcmp(argv[1], "--must-fail") == 0;
    size_t count = 0, failed;

    if (argc > 1 && strcmp(argv[1], "--zygote") == 0)
        zygote_main();
    for (int i = must_fail ? 2 : 1; i < argc; i++)
        count = attack_read_folder(argv[i], list, count, FILES_MAX);
    if (count == 0) {
        fprintf(stderr, "attack [--must-fail] FOLDER...\n");
        return 2;
    }
    qsort(list, count, sizeof *list, compare);
    failed = run_all(list, count);
    for (size_t i = 0; i < count; i++) {
        free(list[i].text);
        free(list[i].victim);
    }
    printf("%zu passed, %zu failed\n", count + 1 - failed, failed);
    return must_fail ? failed == 0 : failed > 0;
}
