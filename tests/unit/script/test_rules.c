/* The rule language on conversations that no recording can be: several
 * episodes. */
#include "try.h"

#include "script/set.h"

/* The decision's action on the conversation under one rule. */
static const char *
decided(const char *when, const char *conversation)
{
    struct script_set *set = script_set_new("policy");
    struct sandbox_image *image;
    struct buf rule = {0}, packed = {0}, args = {0};
    struct err e = {0};
    const char *said;

    buf_addf(&rule, "rule \"a\" { when = %s, keep = true }", when);
    assert_int_equal(script_set_prelude(set, "rules/std", &e), 0);
    assert_int_equal(script_set_add(set, "a.lua", rule.data, rule.len, &e), 0);
    script_set_seal(set);
    script_set_pack(set, &packed);
    image = sandbox_load(try_sandbox, packed.data, packed.len,
                         &script_limits_default[SCRIPT_LOAD], &try_outcome);
    if (image == NULL)
        fail_msg("%s", try_outcome.text);
    buf_addf(&args, "[%s,{\"event\":{\"type\":\"message.created\"}},\"live\"]",
             conversation);
    said = try_call(image, "decide", args.data);
    sandbox_image_free(image);
    script_set_release(set);
    buf_free(&rule);
    buf_free(&packed);
    buf_free(&args);
    return said;
}

static bool
fired(const char *when, const char *conversation)
{
    return strstr(decided(when, conversation), "\"rule\":\"a\"") != NULL;
}

#define SAID(seq, episode, text)                                               \
    "{\"seq\":" #seq ",\"episode\":" #episode                                  \
    ",\"role\":\"customer\",\"text\":\"" text "\"}"
#define ANSWERED(seq, episode)                                                 \
    "{\"seq\":" #seq ",\"episode\":" #episode                                  \
    ",\"role\":\"ai\",\"text\":\"Let me see.\"}"

/* P3: repeats before a reopening and one after are no repetition. */
static void
repeats_are_of_the_episode(void **state)
{
    static const char two_episodes[] =
        "{\"episode\":2,\"messages\":[" SAID(1, 1, "where is my order") "," ANSWERED(
            2,
            1) "," SAID(3, 1,
                        "where is my order") "," ANSWERED(4,
                                                          1) "," SAID(5, 2,
                                                                      "where"
                                                                      " is "
                                                                      "my "
                                                                      "orde"
                                                                      "r") "]}";
    static const char one_episode[] =
        "{\"episode\":1,\"messages\":[" SAID(1, 1, "where is my order") "," ANSWERED(
            2,
            1) "," SAID(3, 1,
                        "where is my order") "," ANSWERED(4,
                                                          1) "," SAID(5, 1,
                                                                      "where"
                                                                      " is "
                                                                      "my "
                                                                      "orde"
                                                                      "r") "]}";

    (void)state;
    assert_true(fired("repeats(3)", one_episode));
    assert_false(fired("repeats(2)", two_episodes));
}

/* What was said in an episode that is over belongs to it. */
static void
words_are_of_the_episode(void **state)
{
    static const char *const words[] = {"asks_for_human()", "mentions 'legal'",
                                        "frustrated(1)", "says 'lawyer'",
                                        "speaks 'en'"};
    static const char now[] =
        "{\"episode\":1,\"messages\":[{\"seq\":1,\"episode\":1,\"role\":"
        "\"customer\",\"language\":\"en\",\"text\":\"let me talk to a fucking "
        "human or my lawyer\"}]}";
    static const char before[] =
        "{\"episode\":2,\"messages\":[{\"seq\":1,\"episode\":1,\"role\":"
        "\"customer\",\"language\":\"en\",\"text\":\"let me talk to a fucking "
        "human or my lawyer\"},{\"seq\":2,\"episode\":2,\"role\":\"customer\","
        "\"text\":\"hello again\"}]}";

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!fired(words[i], now))
            fail_msg("%s: not now", words[i]);
        if (fired(words[i], before))
            fail_msg("%s: of an episode that is over", words[i]);
    }
}

/* S140: what was found, in the words of the customer. */
static void
evidence_quotes_the_message(void **state)
{
    static const char said[] = "{\"episode\":1,\"messages\":[" SAID(
        1, 1, "hello") "," SAID(2, 1, "My Attorney! A human please!") "]}";
    static const char *const cases[][2] = {
        {"mentions 'legal'",
         "\"evidence\":[{\"quote\":\"My Attorney! A human please!\","
         "\"seq\":2,\"signal\":\"mentions \\\"legal\\\"\",\"value\":\"legal: "
         "attorney\"}]"},
        {"asks_for_human 'vague'",
         "\"evidence\":[{\"quote\":\"My Attorney! A human please!\","
         "\"seq\":2,\"signal\":\"asks_for_human \\\"vague\\\"\",\"value\":"
         "\"direct\"}]"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *decision = decided(cases[i][0], said);

        if (strstr(decision, cases[i][1]) == NULL)
            fail_msg("%s", decision);
    }
}

/* Long lexicons lie beside the image: they cost a call nothing. */
static void
lexicons_take_no_room_in_the_image(void **state)
{
    static const char *const rules[] = {
        "rule 'a' { when = says 'x', keep = true }",
        "rule 'a' { when = mentions { 'legal', 'privacy', 'press', 'medical', "
        "'threat', 'takeover', 'self_harm', 'chargeback' }, keep = true }\n"
        "rule 'b' { when = any { asks_for_human(), thanks(), frustrated(4) }, "
        "keep = true }"};
    size_t size[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct script_set *set = script_set_new("policy");
        struct sandbox_image *image;
        struct buf packed = {0};
        struct err e = {0};

        assert_int_equal(script_set_prelude(set, "rules/std", &e), 0);
        assert_int_equal(
            script_set_add(set, "a.lua", rules[i], strlen(rules[i]), &e), 0);
        script_set_seal(set);
        script_set_pack(set, &packed);
        image = sandbox_load(try_sandbox, packed.data, packed.len,
                             &script_limits_default[SCRIPT_LOAD], &try_outcome);
        assert_non_null(image);
        size[i] = sandbox_image_size(image);
        sandbox_image_free(image);
        script_set_release(set);
        buf_free(&packed);
    }
    assert_in_range(size[1], 1, size[0] + 32768);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_of_the_episode),
        cmocka_unit_test(words_are_of_the_episode),
        cmocka_unit_test(evidence_quotes_the_message),
        cmocka_unit_test(lexicons_take_no_room_in_the_image),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
