/*
 * The one description of the words (rules/author/20-schema.lua) against the
 * words there are: for a policy with its tests, for an adapter, and for the
 * configuration. A word that is described and not there, or there and not
 * described, is named (N20).
 */
#include "try.h"

#include "script/set.h"

/* In front of everything: the entry table, and a place for the schema where
 * there is no rule language. */
#define FIRST                                                                  \
    "rule_language = { author = {} }\n"                                        \
    "local entry, author, globals = {}, rule_language.author, {}\n"            \
    "function entry.finish()\n"                                                \
    "  for name, value in pairs(_ENV) do globals[name] = value end\n"          \
    "end\n"                                                                    \
    "function entry.run(scope, internal)\n"                                    \
    "  return json.list(author.drift(scope, globals, internal))\n"             \
    "end\n"                                                                    \
    "return entry\n"

/* What is no word: how the files find each other, and what they are given. */
#define INTERNAL                                                               \
    "[\"rule_language\", \"configuration\", \"conditions\", \"given\"]"

#define FILES_MAX 64

static size_t
add_folder(struct try_file *files, size_t n, const char *folder)
{
    size_t length = strlen(folder);

    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (strncmp(f->path, folder, length) == 0) {
            assert_true(n < FILES_MAX);
            files[n++] = (struct try_file){f->path, f->text, true};
        }
    return n;
}

static const char *
drift(const char *scope, const char *const *folders, const char *internal)
{
    static const char schema[] = "rules/author/20-schema.lua";
    struct try_file files[FILES_MAX] = {{"first.lua", FIRST, true}};
    struct buf args = {0};
    size_t n = 1;
    struct sandbox_image *image;

    files[n++] = (struct try_file){schema, embedded_find(schema)->text, true};
    for (; *folders; folders++)
        n = add_folder(files, n, *folders);
    image = try_load(files, n, "{}");
    if (image == NULL)
        return try_say();
    buf_addf(&args, "[\"%s\", %s]", scope, internal);
    try_limits = script_limits_default[SCRIPT_TEST];
    try_call(image, "run", buf_str(&args));
    buf_free(&args);
    sandbox_image_free(image);
    return buf_str(&try_text);
}

static void
test_rules(void **state)
{
    static const char *const folders[] = {"rules/std/", "rules/test/", NULL};

    (void)state;
    assert_string_equal(drift("rules", folders, INTERNAL), "[]");
}

static void
test_adapters(void **state)
{
    static const char *const folders[] = {"adapters/std/", NULL};

    (void)state;
    assert_string_equal(drift("adapters", folders, INTERNAL), "[]");
}

static void
test_config(void **state)
{
    static const char *const folders[] = {"rules/config/", NULL};

    (void)state;
    assert_string_equal(drift("config", folders, INTERNAL), "[]");
}

/* It can fail: without the words for tests these are missing, and a word that
 * is not described is named. */
static void
test_finds_drift(void **state)
{
    static const char *const folders[] = {"rules/std/", NULL};
    const char *said;

    (void)state;
    said = drift("rules", folders, "[]");
    assert_non_null(strstr(said, "conversation is described and not there"));
    assert_non_null(strstr(said, "rule_language is there and not described"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_adapters),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_finds_drift),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
