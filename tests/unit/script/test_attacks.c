/*
 * Hostile scripts in this process, without the wall timer: every *.lua of the
 * folders in the environment's ATTACKS (by default the ones of this
 * repository), as their first line says:
 *
 *   -- tries: ... | must: ... | expect: budget or error
 *
 * A file returns the attack function and may name a victim in a long string;
 * the victim is called afterwards and must find everything as it was. Those
 * that only the wall timer can stop end in "-wall" or are listed; policies
 * ("-rules") need the rule language: both are left to real workers.
 */
#include "try.h"

#include <dirent.h>

/* Few instructions, each of which takes long inside the interpreter. */
static const char *const wall_only[] = {"23-hash-flood.lua",
                                        "24-index-chain.lua"};

#define PRELUDE                                                                \
    "local entry, f = {}, nil\n"                                               \
    "function entry.loaded(name, value) f = value end\n"                       \
    "function entry.attack() return f { plan = 'gold', messages = { { role = " \
    "'customer', text = 'hello' } } } end\n"                                   \
    "function entry.victim() return victim and victim() or 'clean' end\n"      \
    "function entry.both() pcall(entry.attack) return entry.victim() end\n"    \
    "return entry\n"

struct attack {
    char name[300];
    char *text, *victim; /* victim: a prelude file that defines it, or NULL */
    char expect[100];
};

static char *
read_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = mem_zero(1 << 18);

    assert_non_null(f);
    assert_true(fread(text, 1, (1 << 18) - 1, f) > 0);
    fclose(f);
    return text;
}

static char *
find_victim(const char *text)
{
    const char *from = strstr(text, "local victim = [[");
    const char *to = from ? strstr(from, "]]") : NULL;
    char *file;

    if (to == NULL)
        return NULL;
    from += strlen("local victim = [[");
    file = mem_zero((size_t)(to - from) + 100);
    sprintf(file, "victim = function() %.*s end", (int)(to - from), from);
    return file;
}

static struct attack *
read_attack(const char *folder, const char *name)
{
    struct attack *a = mem_zero(sizeof *a);
    char path[600];
    const char *expect;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(a->name, sizeof a->name, "%s", name);
    a->text = read_text(path);
    a->victim = find_victim(a->text);
    expect = strstr(a->text, "expect: ");
    assert_non_null(expect);
    expect += strlen("expect: ");
    snprintf(a->expect, sizeof a->expect, "%.*s", (int)strcspn(expect, "\r\n"),
             expect);
    return a;
}

static void
free_attack(struct attack *a)
{
    free(a->text);
    free(a->victim);
    free(a);
}

static struct sandbox_image *
load_attack(const struct attack *a)
{
    const struct try_file files[] = {
        {"std.lua", PRELUDE, true},
        {"victim.lua", a->victim ? a->victim : "", true},
        {a->name, a->text, false}};

    return try_load(files, 3, NULL);
}

static bool
expected(const struct attack *a, enum script_class class)
{
    static const struct {
        const char *word;
        unsigned classes;
    } words[] = {
        {"budget", 1u << SCRIPT_BUDGET},
        {"memory", 1u << SCRIPT_MEMORY},
        {"error",
         1u << SCRIPT_ERROR | 1u << SCRIPT_BAD_SET | 1u << SCRIPT_BAD_RESULT},
        {"contained", 1u << SCRIPT_OK | 1u << SCRIPT_ERROR |
                          1u << SCRIPT_BAD_SET | 1u << SCRIPT_BAD_RESULT},
        {"deterministic", 1u << SCRIPT_OK},
        {"bad_result", 1u << SCRIPT_BAD_RESULT},
        {"bad_set",
         1u << SCRIPT_BAD_SET | 1u << SCRIPT_MEMORY | 1u << SCRIPT_BUDGET},
        {"ok", 1u << SCRIPT_OK},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(a->expect, words[i].word) && words[i].classes & 1u << class)
            return true;
    }
    return false;
}

static void
judge(const struct attack *a)
{
    const char *said = try_say();

    if (!expected(a, try_outcome.class))
        fail_msg("%s: expected %s: %s", a->name, a->expect, said);
    if (strncmp(said, "\"ESCAPED", 8) == 0)
        fail_msg("%s: %s", a->name, said);
    assert_in_range(strlen(try_outcome.text), 0, 1024);
    for (const char *p = try_outcome.text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void
harmless(void)
{
    static const struct try_file file = {
        "std.lua",
        "return { run = function(c) return #c.messages .. ('A'):lower() end }",
        true};
    struct sandbox_image *image = try_load(&file, 1, NULL);

    assert_non_null(image);
    assert_string_equal(try_call(image, "run", "[{\"messages\":[1,2]}]"),
                        "\"2a\"");
    sandbox_image_free(image);
}

static void
run_attack(const struct attack *a)
{
    struct sandbox_image *image = load_attack(a);
    struct buf first = {0};

    if (image == NULL) { /* a pool tells why, whatever it was, as "bad_set" */
        judge(a);
        return;
    }
    for (int i = 0; i < 5; i++) {
        try_call(image, "attack", "[]");
        judge(a);
        if (i == 0)
            buf_adds(&first, try_say());
        assert_string_equal(try_say(), buf_str(&first));
        assert_string_equal(try_call(image, "victim", "[]"), "\"clean\"");
    }
    try_call(image, "both", "[]");
    if (try_outcome.class == SCRIPT_OK)
        assert_string_equal(try_say(), "\"clean\"");
    sandbox_image_free(image);
    buf_free(&first);
}

static bool
needs_workers(const char *name)
{
    if (strstr(name, "-wall.") || strstr(name, "-rules."))
        return true;
    for (size_t i = 0; i < sizeof wall_only / sizeof *wall_only; i++) {
        if (strcmp(name, wall_only[i]) == 0)
            return true;
    }
    return false;
}

static int
is_lua(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0;
}

static int
run_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_lua, alphasort), ran = 0;

    for (int i = 0; i < n; i++) {
        if (!needs_workers(entries[i]->d_name)) {
            struct attack *a = read_attack(folder, entries[i]->d_name);

            run_attack(a);
            harmless();
            free_attack(a);
            ran++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ran;
}

static void
every_attack_is_contained(void **state)
{
    const char *given = getenv("ATTACKS");
    char *folders = strdup(given ? given : "tests/attack"), *rest = folders;
    int ran = 0;

    (void)state;
    for (char *folder; (folder = strsep(&rest, " :")) != NULL;)
        ran += run_folder(folder);
    free(folders);
    if (ran == 0)
        skip();
    print_message("%d attacks\n", ran);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attack_is_contained),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
