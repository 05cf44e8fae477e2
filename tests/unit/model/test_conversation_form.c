/* The forms of a conversation: what rules see, the row, the API's JSON, the
 * hash of what a decision saw. S12 S16 S88 S94, I10 I11. */
#include "unit/model/conversations.h"

/* S12, S88: what a rule sees; unknown is absent, never 0 or "". */
static void
test_pack_s12(void **state)
{
    struct conversation *c = new_conversation();
    json_t *view = view_of(c, 0);
    static const char *const absent[] = {
        "intent",         "sentiment",
        "language",       "channel",
        "urgency",        "native_id",
        "first_question", "handoff",
        "handoff_id",     "ticket",
        "customer.name",  "started_at_ms",
        "ended_at_ms",    "language_confidence"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (json_at(view, absent[i]) != NULL)
            fail_msg("%s is there", absent[i]);
    assert_int_equal(int_at(view, "turn_count"), 0);
    assert_true(json_is_true(json_at(view, "flags.anonymous")));
    json_decref(view);
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"intent\":{"
             "\"name\":\"late\",\"confidence\":\"LOW\"},\"fields\":{\"order\":"
             "\"4711\"},\"attributes\":{\"plan\":\"pro\"},\"source_state\":{"
             "\"reply_url\":\"https://x.example\"},\"customer\":{\"name\":"
             "\"Jo\",\"phone\":\"+49\",\"tier\":\"vip\",\"more\":{\"seats\":3,"
             "\"tier\":\"fake\"}}}}");
    conversation_set(c, &c->ticket_id, "T-1");
    view = view_of(c, 0);
    assert_true(num_at(view, "intent.confidence") == 0.3);
    assert_string_equal(text_at(view, "attributes.plan"), "pro");
    assert_string_equal(text_at(view, "customer.tier"), "vip");
    assert_int_equal(int_at(view, "customer.seats"), 3);
    assert_string_equal(text_at(view, "ticket.id"), "T-1");
    assert_true(json_is_true(json_at(view, "flags.vip")));
    assert_null(json_at(view, "flags.anonymous"));
    assert_null(json_at(view, "source_state"));
    json_decref(view);
    conversation_free(c);
}

/* S94: duration by event times; times are those of the messages. */
static void
test_times_s94(void **state)
{
    struct conversation *c = new_conversation();
    json_t *view;

    (void)state;
    say(c, "customer", "1", 100000, "Question");
    say(c, "ai", "2", 161000, "Answer");
    view = view_of(c, 0);
    assert_int_equal(int_at(view, "started_at_ms"), 100000);
    assert_int_equal(int_at(view, "last_ai_at_ms"), 161000);
    assert_int_equal(int_at(view, "duration_s"), 61);
    json_decref(view);
    conversation_free(c);
}

/* Nothing later than the moment is seen. */
static void
test_pack_upto(void **state)
{
    struct conversation *c = new_conversation();
    json_t *view;

    (void)state;
    apply(c, "{\"type\":\"message.created\",\"messages\":[{\"id\":\"1\","
             "\"role\":\"customer\",\"at_ms\":1000,\"text\":\"Hi\","
             "\"language\":\"en\"},{\"id\":\"2\",\"role\":\"customer\","
             "\"at_ms\":60000,\"text\":\"It is late\",\"sentiment\":-0.2,"
             "\"intent\":\"late\",\"confidence\":0.4},{\"id\":\"3\",\"role\":"
             "\"ai\",\"at_ms\":70000,\"text\":\"Sorry\",\"feedback\":"
             "\"not_helpful\"},{\"id\":\"4\",\"role\":\"customer\",\"at_ms\":"
             "120000,\"text\":\"Refund!\",\"sentiment\":-0.9,\"intent\":"
             "\"refund\",\"language\":\"de\",\"attachments\":[{\"name\":\"a\"}"
             "]}],\"handoff\":{\"via\":\"flow\"}}");
    view = view_of(c, 1);
    assert_null(json_at(view, "intent"));
    assert_null(json_at(view, "sentiment"));
    assert_null(json_at(view, "first_question"));
    assert_null(json_at(view, "handoff"));
    assert_int_equal(int_at(view, "message_count"), 1);
    assert_int_equal(int_at(view, "ai.failed_attempts"), 0);
    json_decref(view);
    view = view_of(c, 3);
    assert_string_equal(text_at(view, "intent.name"), "late");
    assert_true(num_at(view, "intent.confidence") == 0.4);
    assert_true(num_at(view, "sentiment.score") == -0.2);
    assert_string_equal(text_at(view, "language"), "en");
    assert_int_equal(int_at(view, "turn_count"), 2);
    assert_int_equal(int_at(view, "first_question_seq"), 2);
    assert_int_equal(int_at(view, "last_customer_at_ms"), 60000);
    assert_int_equal(int_at(view, "ai.failed_attempts"), 1);
    assert_null(json_at(view, "flags.attachment"));
    assert_null(json_at(view, "messages.3"));
    json_decref(view);
    view = view_of(c, 0);
    assert_string_equal(text_at(view, "intent.name"), "refund");
    assert_null(json_at(view, "intent.confidence"));
    assert_string_equal(text_at(view, "language"), "de");
    assert_true(json_is_true(json_at(view, "flags.attachment")));
    assert_int_equal(int_at(view, "messages.3.attachments"), 1);
    assert_string_equal(text_at(view, "handoff.via"), "flow");
    json_decref(view);
    conversation_free(c);
}

/* Seen from its last message, a conversation told message by message looks
 * as it did when that message came. */
static void
test_upto_equals_then(void **state)
{
    struct conversation *c = new_conversation(), *whole = new_conversation();
    json_t *then[20];

    (void)state;
    for (int i = 0; i < 20; i++) {
        const char *role = i % 3 == 0 || i % 7 == 0 ? "customer" : "ai";
        char id[16], text[32];

        snprintf(id, sizeof id, "%d", i);
        snprintf(text, sizeof text, "text %d", i);
        say(whole, role, id, 1000 + i * 20000, text);
        say(c, role, id, 1000 + i * 20000, text);
        then[i] = view_of(c, 0);
    }
    for (int i = 0; i < 20; i++) {
        json_t *now = view_of(whole, i + 1);

        assert_true(json_equal(now, then[i]));
        json_decref(now);
        json_decref(then[i]);
    }
    conversation_free(c);
    conversation_free(whole);
}

/* The newest 500 messages and 128 KiB are offered; the rest is counted. */
static void
test_offer_limits(void **state)
{
    struct conversation *c = new_conversation();
    struct buf json = {0};
    json_t *view;

    (void)state;
    for (int i = 0; i < 700; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        say(c, "customer", id, 1000 + i * 1000, "short");
    }
    view = view_of(c, 0);
    assert_int_equal(json_array_size(json_object_get(view, "messages")), 500);
    assert_int_equal(int_at(view, "messages_left_out"), 200);
    assert_int_equal(int_at(view, "messages.0.seq"), 201);
    json_decref(view);
    for (int i = 0; i < 3; i++) { /* 60 KiB each: two of them fit */
        buf_clear(&json);
        buf_addf(&json,
                 "{\"type\":\"message.created\",\"messages\":[{\"id\":\"x%d\","
                 "\"role\":\"ai\",\"text\":\"",
                 i);
        for (int k = 0; k < 60 << 10; k++)
            buf_addc(&json, 'x');
        buf_adds(&json, "\"}]}");
        apply(c, json.data);
    }
    view = view_of(c, 0);
    assert_int_equal(json_array_size(json_object_get(view, "messages")), 2);
    assert_int_equal(int_at(view, "messages_left_out"), 701);
    assert_int_equal(int_at(view, "message_count"), 703);
    json_decref(view);
    buf_free(&json);
    conversation_free(c);
}

/* A row brings back everything that it held, byte for byte; and a
 * conversation loaded from its rows goes on as if it had never left. */
static void
test_row(void **state)
{
    struct conversation *c = new_conversation(), *back;
    struct buf row = {0}, again = {0};
    json_t *view, *other;

    (void)state;
    say(c, "customer", "1", 1000, "Hi");
    say(c, "customer", "2", 2000, "My order 4111 1111 1111 1111 is late");
    apply(c, "{\"type\":\"handoff.requested\",\"handoff\":{\"via\":"
             "\"tool_call\",\"reason\":\"asked\",\"actor\":\"bot\","
             "\"summary\":\"s\"},\"review_required\":true,\"conversation\":{"
             "\"native_url\":\"https://x.test\",\"channel\":\"chat\","
             "\"brand\":\"b\",\"language\":\"de\",\"language_confidence\":0.5,"
             "\"urgency\":\"high\",\"customer\":{\"name\":\"Jo\",\"email\":"
             "\"jo@example.test\",\"email_verified\":true,\"more\":{\"vip\":"
             "true}},\"intent\":{\"name\":\"i\",\"title\":\"T\","
             "\"confidence\":0.7},\"sentiment\":-0.5,\"fields\":{\"n\":"
             "9007199254740993,\"u\":\"\\u00e4\\\"\\n\"},\"ai\":{"
             "\"failed_attempts\":2},\"source_state\":{\"reply_url\":\"r\"}}}");
    apply(c, "{\"type\":\"session.ended\",\"at_ms\":7000}");
    conversation_set(c, &c->handoff_id, "hid");
    conversation_set(c, &c->policy_hash, "rules-of-then");
    c->policy_at = 8000;
    conversation_row(c, &row);
    back = loaded_again(c);
    conversation_row(back, &again);
    assert_string_equal(buf_str(&row), buf_str(&again));
    assert_string_equal(back->policy_hash, "rules-of-then");
    assert_int_equal(back->policy_at, 8000);
    buf_clear(&again); /* which rules are asked is nothing they are told */
    conversation_seen(back, &again);
    assert_null(strstr(buf_str(&again), "policy"));
    assert_int_equal(int_at(back->fields, "n"), 9007199254740993);
    assert_string_equal(back->first_question, "My order [card] is late");
    say(c, "customer", "3", 90000, "And now?");
    say(back, "customer", "3", 90000, "And now?");
    view = view_of(c, 0);
    other = view_of(back, 0);
    assert_true(json_equal(view, other));
    assert_true(json_is_true(json_at(view, "flags.pii_found")));
    assert_string_equal(text_at(view, "first_question"),
                        "My order [card] is late");
    json_decref(view);
    json_decref(other);
    buf_free(&row);
    buf_free(&again);
    conversation_free(c);
    conversation_free(back);
}

/* A row that is not ours is an error, never a crash. */
static void
test_bad_rows(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "7", "null"};
    static const char *const odd[] = {
        "{\"episode\":-5,\"episode_first_seq\":-9,\"turn_count\":\"x\"}",
        "{\"customer\":7,\"fields\":[],\"state\":\"?\",\"ai\":null}",
        "{\"customer\":{\"more\":7,\"name\":{}},\"handoff_id\":[]}",
    };
    static const char *const bad_messages[] = {
        "", "{}", "{\"role\":\"bot\",\"text\":\"\"}",
        "{\"role\":\"ai\",\"text\":7}",
        "{\"role\":\"ai\",\"text\":\"\",\"kind\":\"?\"}"};
    struct err e = {0};
    struct conversation *c;
    struct buf out = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_null(
            conversation_from_row("t", "s", "s:1", bad[i], strlen(bad[i]), &e));
    assert_int_equal(e.class, ERR_SYSTEM);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        c = conversation_from_row("t", "s", "s:1", odd[i], strlen(odd[i]), &e);
        assert_non_null(c);
        assert_int_equal(c->episode, 1);
        conversation_pack(c, 1, &out);
        conversation_free(c);
    }
    c = new_conversation();
    for (size_t i = 0; i < COUNT_OF(bad_messages); i++)
        assert_null(message_from_row(c, "k", 1, bad_messages[i],
                                     strlen(bad_messages[i]), &e));
    buf_free(&out);
    conversation_free(c);
}

/* The prefix hash costs one step a message and changes with every text. */
static void
test_prefix_hash(void **state)
{
    struct conversation *a = new_conversation(), *b = new_conversation();
    char one[65], two[65], three[65];

    (void)state;
    say(a, "customer", "1", 1000, "x");
    conversation_prefix_hash(a, 0, one);
    say(a, "ai", "2", 2000, "y");
    conversation_prefix_hash(a, 0, two);
    say(b, "customer", "1", 1000, "x");
    say(b, "ai", "2", 2000, "y");
    conversation_prefix_hash(b, 0, three);
    assert_string_equal(two, three);
    assert_string_not_equal(one, two);
    conversation_prefix_hash(b, 1, three);
    assert_string_equal(one, three);
    conversation_prefix_hash(b, 99, three);
    assert_string_equal(two, three);
    say(b, "ai", "0", 500, "before all");
    conversation_prefix_hash(b, 0, three);
    assert_string_not_equal(two, three);
    conversation_free(a);
    conversation_free(b);
}

/* S16: the API's form holds every message in order, and source_state never. */
static void
test_json_s16(void **state)
{
    struct conversation *c = new_conversation();
    struct buf out = {0};
    json_t *json;

    (void)state;
    say(c, "customer", "1", 1000, "a");
    apply(c, "{\"type\":\"message.created\",\"messages\":[{\"id\":\"2\","
             "\"role\":\"human_agent\",\"at_ms\":2500,\"text\":\"b\","
             "\"author\":{\"id\":\"7\",\"name\":\"Kim\"},\"auto\":true}],"
             "\"conversation\":{\"source_state\":{\"token\":\"hidden\"}}}");
    conversation_json(c, &out);
    assert_null(strstr(out.data, "hidden"));
    json = json_of(out.data);
    assert_int_equal(int_at(json, "schema"), 1);
    assert_string_equal(text_at(json, "messages.0.at"), "1970-01-01T00:00:01Z");
    assert_string_equal(text_at(json, "messages.1.author.name"), "Kim");
    assert_true(json_is_true(json_at(json, "messages.1.auto")));
    assert_int_equal(int_at(json, "messages.1.seq"), 2);
    json_decref(json);
    buf_free(&out);
    conversation_free(c);
}

/* I11: cards and secrets never stay, and texts are harmless. */
static void
test_redacted_i11(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    say(c, "customer", "1", 1000, "card 4111 1111 1111 1111 ok\\u202e");
    assert_string_equal(c->messages[0]->text, "card [card] ok");
    assert_int_equal(json_array_size(c->messages[0]->redactions), 1);
    assert_true(c->pii_found);
    conversation_free(c);
}

/* P15: what is known of the customer's tickets is an attribute of the source's,
 * unless the source tells one itself; and it is kept. */
static void
test_known_tickets_p15(void **state)
{
    struct conversation *c = new_conversation(), *back;
    json_t *view;

    (void)state;
    say(c, "customer", "1", 1000, "Hi");
    json_object_set_new(c->known_tickets, "last",
                        json_pack("{s:s,s:s}", "last_ticket_id", "7",
                                  "last_ticket_state", "open"));
    json_object_set_new(c->known_tickets, "open",
                        json_pack("[{s:s}]", "id", "7"));
    back = loaded_again(c);
    view = view_of(back, 0);
    assert_string_equal(text_at(view, "attributes.last_ticket_id"), "7");
    assert_string_equal(text_at(view, "open_tickets.0.id"), "7");
    json_decref(view);
    apply(back, "{\"type\":\"signal.updated\",\"conversation\":{"
                "\"attributes\":{\"last_ticket_id\":\"9\"}}}");
    view = view_of(back, 0);
    assert_string_equal(text_at(view, "attributes.last_ticket_id"), "9");
    assert_null(json_at(view, "attributes.last_ticket_state"));
    json_decref(view);
    conversation_free(c);
    conversation_free(back);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack_s12),
        cmocka_unit_test(test_times_s94),
        cmocka_unit_test(test_pack_upto),
        cmocka_unit_test(test_upto_equals_then),
        cmocka_unit_test(test_offer_limits),
        cmocka_unit_test(test_row),
        cmocka_unit_test(test_known_tickets_p15),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_prefix_hash),
        cmocka_unit_test(test_json_s16),
        cmocka_unit_test(test_redacted_i11),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
