/* A policy's folder as a script set: what is taken, in which order, and what
 * the hash stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "script/set.h"

static char folder[64];

static void
put(const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
drop(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

static int
make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/usher-set.XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *
text_of(const struct script_set *s, const char *name)
{
    char shown[128];

    snprintf(shown, sizeof shown, "%s/%s", folder, name);
    return script_set_text(s, shown).p;
}

/* The sealed set of the folder, or NULL. */
static struct script_set *
take(int tests, struct err *e)
{
    struct script_set *s = script_set_new("policy");

    if (script_set_add_folder(s, folder, tests, e) != 0) {
        script_set_release(s);
        return NULL;
    }
    script_set_seal(s);
    return s;
}

static void
a_folder_brings_scripts_and_lists(void **state)
{
    struct err e = {0};
    struct script_set *s;

    (void)state;
    put("a.lua", "return 1");
    put("a_test.lua", "return 2");
    put("vip.txt", "ana\n");
    put(".hidden.txt", "x");
    put("notes.md", "x");
    s = take(0, &e);
    assert_non_null(s);
    assert_string_equal(text_of(s, "a.lua"), "return 1");
    assert_string_equal(text_of(s, "vip.txt"), "ana\n");
    assert_null(text_of(s, "a_test.lua"));
    assert_null(text_of(s, ".hidden.txt"));
    assert_null(text_of(s, "notes.md"));
    script_set_release(s);
    s = take(1, &e);
    assert_non_null(text_of(s, "a_test.lua"));
    script_set_release(s);
    drop("a.lua");
    drop("a_test.lua");
    assert_null(take(0, &e)); /* lists alone are no policy */
    assert_non_null(strstr(e.text, "no file ends in .lua"));
    drop("vip.txt");
    drop(".hidden.txt");
    drop("notes.md");
}

/* A list decides as much as a rule does. */
static void
the_hash_stands_for_the_lists_too(void **state)
{
    struct err e = {0};
    struct script_set *one, *other;

    (void)state;
    put("a.lua", "return 1");
    put("vip.txt", "ana\n");
    one = take(0, &e);
    put("vip.txt", "bea\n");
    other = take(0, &e);
    assert_string_not_equal(script_set_hash(one), script_set_hash(other));
    script_set_release(one);
    script_set_release(other);
    drop("a.lua");
    drop("vip.txt");
}

static void
lists_are_held_to_the_limits_of_scripts(void **state)
{
    struct err e = {0};
    char *large = malloc(SCRIPT_FILE_MAX + 2);

    (void)state;
    put("a.lua", "return 1");
    put("vip.txt", "ana\xff\n");
    assert_null(take(0, &e));
    assert_non_null(strstr(e.text, "vip.txt: not UTF-8"));
    memset(large, 'x', SCRIPT_FILE_MAX + 1);
    large[SCRIPT_FILE_MAX + 1] = '\0';
    put("vip.txt", large);
    assert_null(take(0, &e));
    assert_non_null(strstr(e.text, "vip.txt: longer than 256 KiB"));
    free(large);
    drop("a.lua");
    drop("vip.txt");
}

static void
the_language_brings_its_lexicons(void **state)
{
    struct err e = {0};
    struct script_set *s = script_set_new("policy");

    (void)state;
    assert_int_equal(script_set_prelude(s, "rules/std", &e), 0);
    assert_non_null(script_set_text(s, "rules/std/10-core.lua").p);
    assert_non_null(script_set_text(s, "rules/std/lexicons/human.txt").p);
    script_set_release(s);
}

/* A worker has the language itself; what is kept is for any version. */
static void
embedded_files_are_sent_by_name(void **state)
{
    struct script_set *s = script_set_new("test");
    struct buf sent = {0}, whole = {0};
    const char *text = "-- not the language's own\n";
    struct err e;

    (void)state;
    assert_int_equal(script_set_prelude(s, "rules/std", &e), 0);
    assert_int_equal(
        script_set_add(s, "rules/starter/10-human.lua", text, strlen(text), &e),
        0);
    script_set_seal(s);
    script_set_pack(s, &sent);
    script_set_pack_whole(s, &whole);
    assert_in_range(sent.len, 100, 10000);
    assert_in_range(whole.len, 100000, 1 << 20);
    /* A name alone makes no file of the program. */
    assert_non_null(memmem(sent.data, sent.len, text, strlen(text)));
    buf_free(&sent);
    buf_free(&whole);
    script_set_release(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedded_files_are_sent_by_name),
        cmocka_unit_test(a_folder_brings_scripts_and_lists),
        cmocka_unit_test(the_hash_stands_for_the_lists_too),
        cmocka_unit_test(lists_are_held_to_the_limits_of_scripts),
        cmocka_unit_test(the_language_brings_its_lexicons),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
