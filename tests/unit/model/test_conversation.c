/* The conversation: merging, episodes, forms. Rows S12 S13 S16 S21 S37 S61
 * S133, F9, I10. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "model/conversation.h"
#include "model/event.h"
#include "model/redact.h"

static struct event *
events_of(struct arena *a, const char *text, size_t *count)
{
    struct err e = {0};
    struct buf packed = {0};
    json_t *json = json_read(text, strlen(text), &e);
    const struct value *v;
    struct event *events;

    assert_non_null(json);
    pack_json(&packed, json);
    json_decref(json);
    v = value_read(a, arena_dup(a, packed.data, packed.len), packed.len, 100000,
                   &e);
    buf_free(&packed);
    assert_non_null(v);
    if (event_read(a, v, &events, count, &e) != 0)
        fail_msg("%s", e.text);
    return events;
}

static void
apply(struct conversation *c, const char *text, struct conversation_change *ch)
{
    struct arena *a = arena_new(0);
    size_t count;
    struct event *events = events_of(a, text, &count);
    struct redactor r = REDACTOR_DEFAULT;
    struct err e = {0};

    for (size_t i = 0; i < count; i++) {
        event_redact(&events[i], &r, a);
        if (conversation_apply(c, &events[i], 1000000, ch, &e) != 0)
            fail_msg("%s", e.text);
    }
    event_clear(events, count);
    arena_free(a);
}

static void
say(struct conversation *c, const char *role, const char *id, long at,
    const char *text)
{
    struct conversation_change ch;
    char json[1024];

    snprintf(json, sizeof json,
             "{\"type\":\"message.created\",\"messages\":[{\"id\":\"%s\","
             "\"role\":\"%s\",\"at_ms\":%ld,\"text\":\"%s\"}]}",
             id, role, at, text);
    apply(c, json, &ch);
}

/* S13: customer turns only; a burst within 30 s is one. */
static void
test_turns(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");

    (void)state;
    say(c, "customer", "1", 1000, "Where is it");
    say(c, "customer", "2", 5000, "my parcel");
    say(c, "ai", "3", 6000, "On its way");
    say(c, "customer", "4", 7000, "When?");
    say(c, "customer", "5", 60000, "Hello?");
    assert_int_equal(c->turn_count, 3);
    assert_int_equal(c->message_count, 5);
    conversation_free(c);
}

/* S133: the first question is the first customer message that is no greeting. */
static void
test_first_question(void **state)
{
    static const char *const greetings[] = {"Hi!", "Good morning", "Hola",
                                            "Guten Tag!", "Bonjour", "Dzie\u0144 dobry",
                                            "ol\u00e1", "\U0001F44B"};

    (void)state;
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        struct conversation *c = conversation_new("t", "web", "web:1");

        say(c, "customer", "1", 1000, greetings[i]);
        say(c, "ai", "2", 2000, "How can I help?");
        say(c, "customer", "3", 40000, "My invoice is wrong");
        assert_string_equal(c->first_question, "My invoice is wrong");
        assert_int_equal(c->first_question_seq, 3);
        conversation_free(c);
    }
}

/* A snapshot sent again finds its messages again; nothing is new. */
static void
test_repeat(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");
    struct conversation_change ch;
    const char *text =
        "{\"type\":\"message.created\",\"messages\":[{\"index\":0,\"role\":"
        "\"customer\",\"text\":\"a\"},{\"index\":1,\"role\":\"ai\",\"text\":"
        "\"b\"}]}";

    (void)state;
    apply(c, text, &ch);
    assert_int_equal(ch.new_count, 2);
    assert_false(ch.repeated);
    apply(c, text, &ch);
    assert_true(ch.repeated);
    assert_int_equal(c->message_count, 2);
    conversation_free(c);
}

/* F9: late messages go to their place and are not lost; whatever the order of
 * arrival, the transcript is the same. */
static void
test_order(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 200; round++) {
        struct conversation *c = conversation_new("t", "web", "web:1");
        int order[8] = {0, 1, 2, 3, 4, 5, 6, 7};

        for (int i = 7; i > 0; i--) {
            int k = rand() % (i + 1), swap = order[i];

            order[i] = order[k];
            order[k] = swap;
        }
        for (int i = 0; i < 8; i++) {
            char id[16], text[32];

            snprintf(id, sizeof id, "m%d", order[i]);
            snprintf(text, sizeof text, "text %d", order[i]);
            say(c, order[i] % 2 ? "ai" : "customer", id,
                1000 + order[i] * 1000, text);
        }
        assert_int_equal(c->message_count, 8);
        for (int i = 0; i < 8; i++) {
            char text[32];

            snprintf(text, sizeof text, "text %d", i);
            assert_string_equal(c->messages[i]->text, text);
            assert_int_equal(c->messages[i]->seq, i + 1);
        }
        conversation_free(c);
    }
}

/* A customer message after it was resolved begins a new episode; signals are
 * counted anew (S61). */
static void
test_episode(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");
    struct conversation_change ch;

    (void)state;
    say(c, "customer", "1", 1000, "My invoice is wrong");
    apply(c, "{\"type\":\"feedback.given\",\"feedback\":\"not_helpful\"}", &ch);
    assert_int_equal(c->ai_failed_attempts, 1);
    apply(c,
          "{\"type\":\"session.ended\",\"outcome\":\"resolved_confirmed\"}",
          &ch);
    assert_int_equal(c->ai_failed_attempts, 0);
    assert_int_equal(c->outcome, OUTCOME_RESOLVED_CONFIRMED);
    say(c, "customer", "2", 90000, "Another thing");
    assert_int_equal(c->episode, 2);
    assert_int_equal(c->turn_count, 1);
    assert_string_equal(c->first_question, "Another thing");
    conversation_free(c);
}

/* S11: an end without a confirmed resolution is unresolved; assumed and
 * confirmed are told apart. */
static void
test_end(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");
    struct conversation_change ch;

    (void)state;
    say(c, "customer", "1", 1000, "Question");
    apply(c, "{\"type\":\"session.ended\"}", &ch);
    assert_true(ch.ended);
    assert_int_equal(c->outcome, OUTCOME_UNRESOLVED);
    conversation_free(c);
}

/* S37: AI text after the hand-over is kept and counted. */
static void
test_late_ai(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");

    (void)state;
    say(c, "customer", "1", 1000, "Human please");
    conversation_set(c, &c->handoff_id, "abc");
    c->control = CONTROL_USHER;
    say(c, "ai", "2", 2000, "Let me try again");
    assert_int_equal(c->late_ai_messages, 1);
    assert_int_equal(c->message_count, 2);
    conversation_free(c);
}

static json_t *
packed_view(const struct conversation *c, int64_t upto)
{
    struct buf packed = {0};
    struct arena *a = arena_new(0);
    const struct value *v;
    struct err e = {0};
    json_t *json;

    conversation_pack(c, upto, &packed);
    v = value_read(a, packed.data, packed.len, 100000, &e);
    assert_non_null(v);
    json = value_json(v);
    buf_free(&packed);
    arena_free(a);
    return json;
}

/* What a rule sees: names, absent when unknown (S12: missing is nil), nothing
 * later than its moment. */
static void
test_pack(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");
    struct conversation_change ch;
    json_t *now, *then;

    (void)state;
    say(c, "customer", "1", 1000, "My order is late");
    say(c, "ai", "2", 2000, "Sorry");
    say(c, "customer", "3", 50000, "I want a human");
    apply(c,
          "{\"type\":\"signal.updated\",\"conversation\":{\"intent\":{\"name\":"
          "\"late\",\"confidence\":\"low\"},\"fields\":{\"order\":\"4711\"},"
          "\"attributes\":{\"plan\":\"pro\"},\"source_state\":{\"reply_url\":"
          "\"https://x.example\"}}}",
          &ch);
    now = packed_view(c, 0);
    then = packed_view(c, 1);
    assert_int_equal(json_integer_value(json_object_get(now, "turn_count")), 2);
    assert_int_equal(json_array_size(json_object_get(now, "messages")), 3);
    assert_true(json_real_value(json_at(now, "intent.confidence")) == 0.3);
    assert_string_equal(json_string_value(json_at(now, "attributes.plan")),
                        "pro");
    assert_null(json_object_get(now, "sentiment"));
    assert_null(json_object_get(now, "source_state"));
    assert_int_equal(json_array_size(json_object_get(then, "messages")), 1);
    assert_int_equal(json_integer_value(json_object_get(then, "turn_count")),
                     1);
    json_decref(now);
    json_decref(then);
    conversation_free(c);
}

/* The newest 500 messages and 128 KiB are offered; the rest is counted. */
static void
test_offer_limits(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");
    json_t *view;

    (void)state;
    for (int i = 0; i < 700; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        say(c, "customer", id, 1000 + i * 1000, "short");
    }
    view = packed_view(c, 0);
    assert_int_equal(json_array_size(json_object_get(view, "messages")), 500);
    assert_int_equal(
        json_integer_value(json_object_get(view, "messages_left_out")), 200);
    json_decref(view);
    conversation_free(c);
}

/* A row brings back everything that it held. */
static void
test_row(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1"), *back;
    struct conversation_change ch;
    struct buf row = {0}, again = {0};
    struct err e = {0};

    (void)state;
    say(c, "customer", "1", 1000, "My order is late");
    apply(c,
          "{\"type\":\"handoff.requested\",\"handoff\":{\"via\":\"tool_call\","
          "\"reason\":\"asked\"},\"conversation\":{\"customer\":{\"name\":"
          "\"Jo\",\"email\":\"jo@example.test\",\"more\":{\"vip\":true}},"
          "\"sentiment\":-0.5,\"fields\":{\"n\":9007199254740993}}}",
          &ch);
    assert_true(ch.handoff_requested);
    conversation_row(c, &row);
    back = conversation_from_row("t", "web", "web:1", row.data, row.len, &e);
    assert_non_null(back);
    conversation_row(back, &again);
    assert_string_equal(buf_str(&row), buf_str(&again));
    assert_int_equal(
        json_integer_value(json_object_get(back->fields, "n")),
        9007199254740993);
    for (size_t i = 0; i < c->message_count; i++) {
        struct message *m;

        buf_clear(&row);
        buf_clear(&again);
        message_row(c->messages[i], &row);
        m = message_from_row(back, c->messages[i]->key, c->messages[i]->ord,
                             row.data, row.len, &e);
        assert_non_null(m);
        message_row(m, &again);
        assert_string_equal(buf_str(&row), buf_str(&again));
        conversation_add_loaded(back, m);
    }
    buf_free(&row);
    buf_free(&again);
    conversation_free(c);
    conversation_free(back);
}

/* The prefix hash costs one step a message and changes with every text. */
static void
test_prefix_hash(void **state)
{
    struct conversation *a = conversation_new("t", "web", "web:1");
    struct conversation *b = conversation_new("t", "web", "web:1");
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
    conversation_free(a);
    conversation_free(b);
}

/* Both recording forms; outcome and labels never reach a rule. */
static void
test_recording(void **state)
{
    const char *text =
        "{\"id\":\"r1\",\"source\":\"x\",\"channel\":\"chat\",\"customer\":{"
        "\"id\":\"c1\",\"name\":null,\"tier\":\"gold\"},\"messages\":[{\"role\":"
        "\"customer\",\"text\":\"hi\",\"at\":null},{\"role\":\"agent\",\"text\":"
        "\"hello\",\"at\":\"2020-05-13T13:14:57Z\"}],\"actions\":[{"
        "\"after_message\":2,\"name\":\"f\",\"values\":{\"order_id\":\"7\"}}],"
        "\"data\":{\"order_id\":\"7\",\"pin\":\"1\"},\"intent\":\"late\","
        "\"outcome\":\"transferred_to_human\",\"labels\":{\"x\":true},\"raw\":"
        "{\"secret\":1}}";
    struct err e = {0};
    json_t *json = json_read(text, strlen(text), &e), *view;
    struct conversation *c = conversation_from_recording(json, &e);
    struct buf all = {0};

    (void)state;
    assert_non_null(c);
    assert_int_equal(c->messages[1]->role, ROLE_HUMAN_AGENT);
    assert_int_equal(c->outcome, OUTCOME_OPEN);
    view = packed_view(c, 1);
    assert_null(json_at(view, "fields.order_id"));
    assert_non_null(json_at(view, "fields.pin"));
    json_write(&all, view);
    assert_null(strstr(all.data, "labels"));
    assert_null(strstr(all.data, "secret"));
    assert_null(strstr(all.data, "transferred"));
    json_decref(view);
    view = packed_view(c, 2);
    assert_non_null(json_at(view, "fields.order_id"));
    json_decref(view);
    json_decref(json);
    buf_free(&all);
    conversation_free(c);
}

/* Wrong events are complaints that name the place, never a crash. */
static void
test_bad_events(void **state)
{
    static const char *const bad[] = {
        "{\"type\":\"nonsense\"}",
        "{\"type\":\"message.created\",\"messages\":[{\"role\":\"bot\","
        "\"text\":\"x\"}]}",
        "{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\",\"text\":"
        "7}]}",
        "{\"type\":\"message.created\",\"messages\":\"x\"}",
        "{\"type\":\"signal.updated\",\"conversation\":{\"fields\":\"x\"}}",
        "{\"type\":\"signal.updated\",\"conversation\":{\"sentiment\":\"sad\"}}",
        "{\"type\":\"message.created\",\"at_ms\":\"now\"}",
        "{\"type\":\"session.ended\",\"outcome\":\"fine\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena *a = arena_new(0);
        struct buf packed = {0};
        struct err e = {0};
        json_t *json = json_read(bad[i], strlen(bad[i]), &e);
        const struct value *v;
        struct event *events;
        size_t count;

        pack_json(&packed, json);
        v = value_read(a, packed.data, packed.len, 1000, &e);
        assert_int_equal(event_read(a, v, &events, &count, &e), -1);
        assert_true(strlen(e.text) > 5);
        json_decref(json);
        buf_free(&packed);
        arena_free(a);
    }
}

/* Cards and secrets never stay; texts are harmless (I11). */
static void
test_redacted(void **state)
{
    struct conversation *c = conversation_new("t", "web", "web:1");

    (void)state;
    say(c, "customer", "1", 1000, "card 4111 1111 1111 1111 ok\\u202e");
    assert_string_equal(c->messages[0]->text, "card [card] ok");
    assert_int_equal(json_array_size(c->messages[0]->redactions), 1);
    conversation_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_first_question),
        cmocka_unit_test(test_repeat),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_episode),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_late_ai),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_offer_limits),
        cmocka_unit_test(test_row),
        cmocka_unit_test(test_prefix_hash),
        cmocka_unit_test(test_recording),
        cmocka_unit_test(test_bad_events),
        cmocka_unit_test(test_redacted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
