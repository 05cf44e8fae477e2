/* "{path}" places in configuration values and standard texts. S35. */
#include "unit/model/conversations.h"

#include "model/template.h"

static const char values[] =
    "{\"subdomain\":\"acme\",\"ticket\":{\"display_id\":\"T-7\",\"n\":"
    "9007199254740993},\"list\":[\"a\",\"b\"],\"empty\":\"\",\"brace\":"
    "\"{subdomain}\"}";

static void
test_filled_s35(void **state)
{
    static const struct {
        const char *template, *text;
    } table[] = {
        {"", ""},
        {"plain }", "plain }"},
        {"https://{subdomain}.example.com", "https://acme.example.com"},
        {"{ticket.display_id}", "T-7"},
        {"<{ticket.n}>", "<9007199254740993>"},
        {"{list.1}{list.0}", "ba"},
        {"[{empty}]", "[]"},
        {"{{subdomain}", "{subdomain}"},
        {"{{{subdomain}", "{acme"},
        {"{brace}", "{subdomain}"}, /* filled once, not again */
    };
    json_t *json = json_of(values);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf out = {0};
        struct err e = {0};

        if (template_fill(table[i].template, json, &out, &e) != 0)
            fail_msg("%s", e.text);
        assert_string_equal(buf_str(&out), table[i].text);
        buf_free(&out);
    }
    json_decref(json);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *template, *says;
    } table[] = {
        {"https://{nowhere}.example.com", "nowhere is not set"},
        {"{ticket.none}", "ticket.none is not set"},
        {"{ticket}", "ticket is not set"},
        {"{subdomain", "without its }"},
        {"{}", "without its }"},
    };
    json_t *json = json_of(values);
    struct buf out = {0};
    struct err e = {0};
    char longest[400] = "{";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        assert_int_equal(template_fill(table[i].template, json, &out, &e), -1);
        assert_int_equal(e.class, ERR_INPUT);
        if (strstr(e.text, table[i].says) == NULL)
            fail_msg("'%s' in '%s'", table[i].says, e.text);
    }
    memset(longest + 1, 'a', 300);
    longest[301] = '}';
    assert_int_equal(template_fill(longest, json, &out, &e), -1);
    assert_int_equal(template_fill("{a}", NULL, &out, &e), -1);
    json_decref(json);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filled_s35),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
