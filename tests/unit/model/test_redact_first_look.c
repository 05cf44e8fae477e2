/* The first look of redaction goes by the first letters of what it knows, which
 * stand in tables of their own: none of the lists may hold what they miss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../engine/model/redact.c"

static void
all_keys_are_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_prefixes / sizeof *key_prefixes; i++) {
        const char *prefix = key_prefixes[i].prefix;

        if ((secret_begins[(unsigned char)prefix[0]] & MAY_BE_KEY) == 0)
            fail_msg("no key may begin like %s", prefix);
    }
}

static void
all_passwords_are_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof password_words / sizeof *password_words; i++)
        if (!may_be_password(password_words[i], strlen(password_words[i])))
            fail_msg("no password may begin like %s", password_words[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_are_looked_at),
        cmocka_unit_test(all_passwords_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
