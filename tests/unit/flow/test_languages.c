/* The rules and the engine take the same votes on what a customer writes in
 * (P10): the word `speaks` decides who gets a conversation, the other what its
 * ticket is told afterwards. */
#include "unit/script/try.h"

#include "model/conversation.h"
#include "model/language.h"
#include "script/set.h"

static const char ask[] =
    "local core = rule_language\n"
    "function core.entry.spoken(c)\n"
    "  local tag = core.spoken(core.moment(c, {}))\n"
    "  return tag and tag:match('^%a+'):lower() or false\n"
    "end\n";

static const char *const texts[] = {
    "hello there",
    "ok",
    "ok!",
    "s\xc3\xad por favor",
    "don't",
    "well-known",
    "12 34",
    "12",
    "\xf0\x9f\x91\x8d \xf0\x9f\x91\x8d",
    "...",
    "a.b",
    "http://x.test",
    "one_two",
    "x  y",
    "\xe4\xbd\xa0\xe5\xa5\xbd",
    "wo ist es?",
};
static const char *const tags[] = {NULL,    "en", "en-GB", "de",
                                   "DE-at", "es", "pt-BR", NULL};
static const char *const roles[] = {"customer", "customer", "ai",
                                    "human_agent"};

static struct sandbox_image *rules;
static unsigned seed = 11;

static unsigned
pick(unsigned count)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % count;
}

static int
open_rules(void **state)
{
    struct script_set *set = script_set_new("policy");
    struct buf packed = {0};
    struct err e = {0};

    try_setup(state);
    assert_int_equal(script_set_prelude(set, "rules/std", &e), 0);
    assert_int_equal(
        script_set_add_prelude(set, "99-ask.lua", ask, sizeof ask - 1, &e), 0);
    script_set_seal(set);
    script_set_pack(set, &packed);
    rules = sandbox_load(try_sandbox, packed.data, packed.len,
                         &script_limits_default[SCRIPT_LOAD], &try_outcome);
    if (rules == NULL)
        fail_msg("%s", try_outcome.text);
    script_set_release(set);
    buf_free(&packed);
    return 0;
}

static int
close_rules(void **state)
{
    sandbox_image_free(rules);
    return try_teardown(state);
}

static void
add_message(json_t *messages, const char *role, const char *text,
            const char *tag)
{
    json_t *one = json_pack("{s:s, s:s}", "role", role, "text", text);

    if (tag != NULL)
        json_object_set_new(one, "language", json_string(tag));
    json_array_append_new(messages, one);
}

/* The engine asks only behind a message of two words. */
static struct conversation *
any_conversation(void)
{
    json_t *messages = json_array(), *all;
    struct conversation *c;
    struct err e = {0};

    for (unsigned i = pick(7); i > 0; i--)
        add_message(messages, roles[pick(4)],
                    texts[pick(sizeof texts / sizeof *texts)], tags[pick(8)]);
    add_message(messages, "customer", "two words", tags[pick(8)]);
    all = json_pack("{s:s, s:o}", "id", "c", "messages", messages);
    if (pick(3) == 0)
        json_object_set_new(all, "language", json_string(tags[1 + pick(6)]));
    c = conversation_from_recording(all, &e);
    assert_non_null(c);
    json_decref(all);
    return c;
}

static const char *
by_rules(const struct conversation *c)
{
    struct buf args = {0};

    pack_array(&args, 1);
    conversation_pack(c, 0, &args);
    buf_clear(&try_packed);
    sandbox_call(try_sandbox, rules, "spoken", args.data, args.len, &try_limits,
                 &try_packed, &try_outcome);
    buf_free(&args);
    return try_say();
}

static void
show(const struct conversation *c)
{
    for (size_t i = 0; i < c->message_count; i++)
        print_message("%s %s: %s\n", role_name(c->messages[i]->role),
                      c->messages[i]->language, c->messages[i]->text);
}

static void
both_hear_the_same(void **state)
{
    size_t known = 0;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct conversation *c = any_conversation();
        char base[LANGUAGE_SIZE], wanted[LANGUAGE_SIZE + 2] = "false";

        if (language_spoken(c, c->messages[c->message_count - 1], base)) {
            snprintf(wanted, sizeof wanted, "\"%s\"", base);
            known++;
        }
        if (strcmp(by_rules(c), wanted) != 0) {
            show(c);
            fail_msg("the rules hear %s, the engine %s", buf_str(&try_text),
                     wanted);
        }
        conversation_free(c);
    }
    assert_in_range(known, 1000, 2999);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_hear_the_same)};

    return cmocka_run_group_tests(tests, open_rules, close_rules);
}
