/* The language a customer writes in, as the source told it, and what a ticket
 * is told of it. P10 */
#include "conversations.h"

#include "model/language.h"
#include "model/transcript.h"

/* A customer's message of which the source tells this language, or nothing. */
static void
says(struct conversation *c, const char *language, const char *text)
{
    char json[512], member[64] = "";

    if (language != NULL)
        snprintf(member, sizeof member, ",\"language\":\"%s\"", language);
    snprintf(json, sizeof json,
             "{\"type\":\"message.created\",\"messages\":[{\"id\":\"m%zu\","
             "\"role\":\"customer\",\"text\":\"%s\"%s}]}",
             c->message_count, text, member);
    apply(c, json);
}

static const char *
spoken(const struct conversation *c)
{
    static char base[LANGUAGE_SIZE];

    return language_spoken(c, c->messages[c->message_count - 1], base) ? base
                                                                       : "-";
}

/* What its ticket is told with one more message; "-": nothing. */
static const char *
told(struct conversation *c, const char *language, const char *text)
{
    const char *now;

    says(c, language, text);
    now = language_changed(c, c->messages[c->message_count - 1]);
    return now != NULL ? now : "-";
}

static void
test_base(void **state)
{
    static const char *const none[] = {"", "e", "e1", "12", "-", "klingonish"};
    char base[LANGUAGE_SIZE];

    (void)state;
    assert_true(language_base("pt-BR", base));
    assert_string_equal(base, "pt");
    assert_true(language_base("DE_at", base));
    assert_string_equal(base, "de");
    assert_true(language_base("yue", base));
    assert_string_equal(base, "yue");
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(language_base(none[i], base));
}

/* The same rows as tests/policies/words/words_test.lua has for `speaks`. */
static void
test_votes(void **state)
{
    static const struct {
        const char *said[8];
        const char *spoken;
    } rows[] = {
        {{"es", "no me han cobrado bien"}, "es"},
        {{"en", "hello there", "es", "hola a todos", "es", "buenas tardes"},
         "es"},
        {{"en", "hello there", "en", "it is me", "es", "buenas tardes"}, "en"},
        {{"en", "hello there", "es", "buenas tardes"}, "es"},
        {{"en", "a b", "de", "ja so", "es", "buenas tardes"}, "es"},
        {{"en", "a b", "en", "a b", "es", "hola a", "es", "hola b"}, "es"},
        {{"es", "no me han cobrado", "en", "ok", "en", "ok!"}, "es"},
        {{"pt-BR", "quero uma nota", "pt-PT", "outra nota"}, "pt"},
        {{"ja", "\xE3\x82\x8F\xE3\x81\x8B"}, "ja"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct conversation *c = new_conversation();

        for (size_t k = 0; k < 8 && rows[i].said[k] != NULL; k += 2)
            says(c, rows[i].said[k], rows[i].said[k + 1]);
        assert_string_equal(spoken(c), rows[i].spoken);
        conversation_free(c);
    }
}

/* Of the conversation: when it is sure, and something was said. */
static void
test_of_the_conversation(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    says(c, NULL, "hola a todos");
    assert_string_equal(spoken(c), "-"); /* nobody told: nothing is guessed */
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"language\":"
             "\"es\",\"language_confidence\":0.59}}");
    assert_string_equal(spoken(c), "-");
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{"
             "\"language_confidence\":0.6}}");
    assert_string_equal(spoken(c), "es");
    says(c, NULL, "ok");
    assert_string_equal(spoken(c), "-");
    conversation_free(c);
}

static void
assert_tags(const struct conversation *c, const char *wanted)
{
    struct buf tags = {0};

    language_tags(c, &tags);
    assert_string_equal(buf_str(&tags), wanted);
    buf_free(&tags);
}

static void
test_changes(void **state)
{
    struct conversation *c = new_conversation(), *back;

    (void)state;
    says(c, "en-GB", "where is it");
    language_begin(c);
    assert_string_equal(language_first(c), "en");
    assert_tags(c, "[]");
    assert_string_equal(told(c, "es", "ok"), "-");
    assert_string_equal(told(c, "es-MX", "hola, soy yo"), "es");
    assert_string_equal(told(c, "es", "hola otra vez"), "-"); /* once */
    assert_string_equal(told(c, NULL, "nobody told of this"), "-");
    assert_string_equal(told(c, "en", "in english again"), "-");
    assert_string_equal(told(c, "en", "and once more"), "-"); /* its own */
    back = loaded_again(c); /* after a restart */
    assert_string_equal(told(back, "es", "y en castellano"), "-");
    assert_string_equal(told(back, "fr", "puis en effet"), "fr");
    assert_string_equal(told(back, "fr", "encore une fois"), "-");
    assert_string_equal(language_first(back), "en");
    assert_tags(back, "[\"language:es\",\"language:fr\"]");
    conversation_free(back);
    conversation_free(c);
}

/* The account's language is what is known first; without any it is the first
 * that somebody tells. */
static void
test_begins(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    apply(c, "{\"type\":\"message.created\",\"conversation\":{\"customer\":{"
             "\"locale\":\"de-AT\"},\"language\":\"nl\","
             "\"language_confidence\":0.3},\"messages\":[{\"role\":"
             "\"customer\",\"text\":\"ein Mensch bitte\"}]}");
    language_begin(c);
    assert_string_equal(language_first(c), "de");
    conversation_free(c);
    c = new_conversation();
    says(c, NULL, "somebody please");
    language_begin(c);
    assert_null(language_first(c));
    assert_string_equal(told(c, "fr", "quelqu'un ici"), "-");
    assert_string_equal(language_first(c), "fr");
    assert_tags(c, "[]");
    assert_string_equal(told(c, "es", "alguien por favor"), "es");
    conversation_free(c);
}

/* A source that tells a new one each time fills no ticket with tags; and what a
 * machine wrote for the customer says nothing of them. */
static void
test_limits(void **state)
{
    struct conversation *c = new_conversation();
    int tags = 0;

    (void)state;
    says(c, "en", "a b");
    language_begin(c);
    apply(c, "{\"type\":\"message.created\",\"messages\":[{\"role\":"
             "\"customer\",\"text\":\"je suis absent\",\"language\":\"fr\","
             "\"auto\":true}]}");
    assert_null(language_changed(c, c->messages[1]));
    for (int i = 0; i < 26; i++) {
        char base[] = {'x', (char)('a' + i), '\0'};

        told(c, base, "a b");
        tags += strcmp(told(c, base, "a b"), base) == 0;
    }
    assert_in_range(strlen(c->handoff_languages), 3 * 9, 3 * 10);
    assert_in_range(tags, 0, 9);
    conversation_free(c);
}

static void
assert_line(enum text_format f, const char *now, const char *wanted)
{
    struct buf out = {0};

    transcript_language(now, "en", f, &out);
    assert_string_equal(buf_str(&out), wanted);
    buf_free(&out);
}

static void
test_line(void **state)
{
    (void)state;
    assert_line(FORMAT_TEXT, "es",
                "Language: now Spanish (es), handed over in English (en)\n\n");
    assert_line(FORMAT_HTML, "tlh",
                "<ul>\n<li><b>Language:</b> now tlh, handed over in English "
                "(en)</li>\n</ul>\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_votes),
        cmocka_unit_test(test_of_the_conversation),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_begins),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
