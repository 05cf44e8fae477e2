/* The conversation: merging, order, episodes, counts.
 * S11 S13 S18 S21 S37 S61 S133 S136 S161, F9, I9 I10. */
#include "unit/model/conversations.h"

/* --- counts --- */

/* S13: customer turns only; a burst within 30 s is one. */
static void
test_turns_merge_bursts_s13(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    say(c, "customer", "1", 1000, "Where is it");
    say(c, "customer", "2", 31000, "my parcel"); /* 30 s later: still one */
    say(c, "ai", "3", 32000, "On its way");
    say(c, "customer", "4", 33000, "When?");
    say(c, "customer", "5", 63001, "Hello?"); /* 1 ms too late */
    say(c, "system", "6", 63002, "joined");
    say(c, "customer", "7", 63003, "?");
    assert_int_equal(c->turn_count, 4);
    assert_int_equal(c->message_count, 7);
    conversation_free(c);
}

/* S133 */
static void
test_greetings_s133(void **state)
{
    static const struct {
        const char *text;
        bool greeting;
    } table[] = {
        {"Hi!", true},
        {"hi there", true},
        {"Hello, good morning!", true},
        {"Good evening everyone", true},
        {"Hola, buenos d\u00edas", true},
        {"Guten Tag!", true},
        {"Gr\u00fc\u00df Gott", true},
        {"Bonjour", true},
        {"Dzie\u0144 dobry", true},
        {"ol\u00e1", true},
        {"Buongiorno", true},
        {"goedemorgen", true},
        {"\u041f\u0440\u0438\u0432\u0435\u0442", true},
        {"\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439"
         "\u0442\u0435",
         true},
        {"\u4f60\u597d", true},
        {"\u3053\u3093\u306b\u3061\u306f", true},
        {"\u0645\u0631\u062d\u0628\u0627", true},
        {"\U0001F44B", true},
        {"...", true},
        {"Hi, my card was stolen", false},
        {"Hello?? Where is my order", false},
        {"Help", false},
        {"history", false},
        {"hi5", false},
        {"Hallo, wo ist mein Paket", false},
        {"agent", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (conversation_is_greeting(table[i].text, strlen(table[i].text)) !=
            table[i].greeting)
            fail_msg("%s", table[i].text);
}

static void
test_first_question_s133(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    say(c, "ai", "0", 500, "Welcome! What is wrong?");
    say(c, "customer", "1", 1000, "Hi there!");
    say(c, "customer", "2", 2000, "My invoice is wrong");
    say(c, "customer", "3", 3000, "and my address too");
    assert_string_equal(c->first_question, "My invoice is wrong");
    assert_int_equal(c->first_question_seq, 3);
    conversation_free(c);
}

/* S61: what the source tells wins; else thumbs down and fallbacks count, and
 * a confirmed resolution sets the count to 0. */
static void
test_failed_attempts_s61(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    apply(c, "{\"type\":\"feedback.given\",\"feedback\":\"not_helpful\"}");
    apply(c, "{\"type\":\"feedback.given\",\"feedback\":\"helpful\"}");
    assert_int_equal(c->ai_failed_attempts, 1);
    apply(c, "{\"type\":\"message.created\",\"messages\":[{\"id\":\"1\","
             "\"role\":\"ai\",\"text\":\"?\",\"intent\":\"Default Fallback "
             "Intent\"},{\"id\":\"2\",\"role\":\"ai\",\"text\":\"!\","
             "\"feedback\":\"not_helpful\"}]}");
    assert_int_equal(c->ai_failed_attempts, 3);
    assert_int_equal(c->ai_fallback_count, 1);
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"ai\":{"
             "\"failed_attempts\":7}}}");
    assert_int_equal(c->ai_failed_attempts, 7);
    apply(c, "{\"type\":\"session.ended\",\"outcome\":"
             "\"resolved_confirmed\"}");
    assert_int_equal(c->ai_failed_attempts, 0);
    conversation_free(c);
}

/* S136: attempts of several events add up; a snapshot tells them all again
 * and counts nothing twice. */
static void
test_attempts_s136(void **state)
{
    static const char first[] =
        "{\"type\":\"message.created\",\"messages\":[{\"index\":0,\"role\":"
        "\"customer\",\"text\":\"a\"},{\"index\":1,\"role\":\"ai\",\"text\":"
        "\"b\"}],\"conversation\":{\"ai\":{\"model\":\"m1\",\"attempts\":[{"
        "\"type\":\"fallback\",\"summary\":\"declined\"}]}}}";
    static const char second[] =
        "{\"type\":\"message.created\",\"messages\":[{\"index\":0,\"role\":"
        "\"customer\",\"text\":\"a\"},{\"index\":1,\"role\":\"ai\",\"text\":"
        "\"b\"},{\"index\":2,\"role\":\"ai\",\"text\":\"c\"}],"
        "\"conversation\":{\"ai\":{\"attempts\":[{\"type\":\"fallback\","
        "\"summary\":\"declined\"},{\"type\":\"tool\"}]}}}";
    static const char appended[] =
        "{\"type\":\"message.created\",\"messages\":[{\"index\":3,\"role\":"
        "\"ai\",\"text\":\"d\"}],\"conversation\":{\"ai\":{\"attempts\":[{"
        "\"type\":\"fallback\",\"summary\":\"declined\"}]}}}";
    struct conversation *c = new_conversation();

    (void)state;
    apply(c, first);
    apply(c, first);
    assert_int_equal(c->ai_failed_attempts, 1);
    apply(c, second);
    assert_int_equal(json_array_size(json_object_get(c->ai, "attempts")), 2);
    assert_int_equal(c->ai_failed_attempts, 1);
    apply(c, appended);
    assert_int_equal(json_array_size(json_object_get(c->ai, "attempts")), 3);
    assert_int_equal(c->ai_failed_attempts, 2);
    assert_int_equal(c->ai_fallback_count, 2);
    assert_string_equal(text_at(c->ai, "model"), "m1");
    conversation_free(c);
}

/* --- order --- */

/* A snapshot sent again finds its messages again; nothing is new. */
static void
test_snapshot_is_idempotent(void **state)
{
    static const char text[] =
        "{\"type\":\"message.created\",\"messages\":[{\"index\":0,\"role\":"
        "\"customer\",\"text\":\"card 4111 1111 1111 1111\"},{\"index\":1,"
        "\"role\":\"ai\",\"text\":\"b\"},{\"index\":2,\"role\":\"customer\","
        "\"text\":\"card 5500 0000 0000 0004\"}]}";
    struct conversation *c = new_conversation();
    struct conversation_change ch = apply(c, text);
    struct buf before = {0}, after = {0};

    (void)state;
    assert_int_equal(ch.new_count, 3);
    assert_false(ch.repeated);
    conversation_row(c, &before);
    ch = apply(c, text);
    conversation_row(c, &after);
    assert_true(ch.repeated);
    assert_false(ch.customer_spoke);
    assert_int_equal(c->message_count, 3);
    assert_string_equal(buf_str(&before), buf_str(&after));
    buf_free(&before);
    buf_free(&after);
    conversation_free(c);
}

static void
shuffle(int *list, int n, uint64_t *seed)
{
    for (int i = n - 1; i > 0; i--) {
        int k = (int)(next_random(seed) % (uint32_t)(i + 1)), swap = list[i];

        list[i] = list[k];
        list[k] = swap;
    }
}

#define SHUFFLED 12

/* Messages in this order, some of them together in one event. */
static struct conversation *
tell_shuffled(const int *order, uint64_t *seed)
{
    static const char *const roles[] = {"customer", "customer", "ai",
                                        "human_agent"};
    struct conversation *c = new_conversation();
    int i = 0;

    while (i < SHUFFLED) {
        struct buf json = {0};
        int together = 1 + (int)(next_random(seed) % 3);

        buf_adds(&json, "{\"type\":\"message.created\",\"messages\":[");
        for (int k = 0; k < together && i < SHUFFLED; k++, i++)
            buf_addf(&json,
                     "%s{\"id\":\"m%d\",\"role\":\"%s\",\"at_ms\":%d,"
                     "\"text\":\"text %d\"}",
                     k > 0 ? "," : "", order[i], roles[order[i] % 4],
                     1000 + order[i] * 9000, order[i]);
        buf_adds(&json, "]}");
        apply(c, json.data);
        buf_free(&json);
    }
    return c;
}

/* F9, I10: whatever the order of arrival, transcript, counts, hash and what a
 * rule sees are the same; and the same again after a restart. */
static void
test_any_order_of_arrival_f9(void **state)
{
    int order[SHUFFLED];
    uint64_t seed = 7;
    struct conversation *wanted;
    struct buf packed = {0}, other = {0};
    char hash[65], other_hash[65];

    (void)state;
    for (int i = 0; i < SHUFFLED; i++)
        order[i] = i;
    wanted = tell_shuffled(order, &seed);
    conversation_pack(wanted, 0, &packed);
    conversation_prefix_hash(wanted, 0, hash);
    for (int round = 0; round < 300; round++) {
        struct conversation *c, *back;

        shuffle(order, SHUFFLED, &seed);
        c = tell_shuffled(order, &seed);
        assert_int_equal(c->message_count, SHUFFLED);
        assert_int_equal(c->unsaved_count, SHUFFLED);
        for (int i = 0; i < SHUFFLED; i++)
            assert_int_equal(c->messages[i]->seq, i + 1);
        buf_clear(&other);
        conversation_pack(c, 0, &other);
        assert_int_equal(other.len, packed.len);
        assert_memory_equal(other.data, packed.data, packed.len);
        conversation_prefix_hash(c, 0, other_hash);
        assert_string_equal(hash, other_hash);
        back = loaded_again(c);
        buf_clear(&other);
        conversation_pack(back, 0, &other);
        assert_int_equal(other.len, packed.len);
        assert_memory_equal(other.data, packed.data, packed.len);
        conversation_free(back);
        conversation_free(c);
    }
    buf_free(&packed);
    buf_free(&other);
    conversation_free(wanted);
}

/* F9: a late message goes to its place, is told as late and is no reason to
 * decide; what counts from the beginning is counted anew. */
static void
test_late_message_f9(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch;

    (void)state;
    say(c, "customer", "2", 200000, "Second question");
    conversation_saved(c);
    ch = say(c, "customer", "1", 100000, "First question");
    assert_int_equal(ch.new_count, 0);
    assert_int_equal(ch.late_count, 1);
    assert_string_equal(ch.late[0]->key, "1");
    assert_int_equal(c->unsaved_count, 1);
    assert_false(ch.customer_spoke);
    assert_false(ch.repeated);
    assert_string_equal(c->first_question, "First question");
    assert_int_equal(c->first_question_seq, 1);
    assert_int_equal(c->turn_count, 2);
    assert_int_equal(c->started_at, 100000);
    assert_int_equal(c->last_customer_at, 200000);
    conversation_free(c);
}

/* New and late ones in one event: the new are those at the end. */
static void
test_new_and_late_together(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch;

    (void)state;
    say(c, "customer", "b", 20000, "b");
    ch = apply(c, "{\"type\":\"message.created\",\"messages\":[{\"id\":\"d\","
                  "\"role\":\"ai\",\"at_ms\":40000,\"text\":\"d\"},{\"id\":"
                  "\"a\",\"role\":\"ai\",\"at_ms\":10000,\"text\":\"a\"},{"
                  "\"id\":\"c\",\"role\":\"customer\",\"at_ms\":30000,"
                  "\"text\":\"c\"}]}");
    assert_int_equal(ch.first_new, 2);
    assert_int_equal(ch.new_count, 2);
    assert_string_equal(c->messages[2]->key, "c");
    assert_string_equal(c->messages[3]->key, "d");
    assert_int_equal(ch.late_count, 1);
    assert_string_equal(ch.late[0]->key, "a");
    assert_true(ch.customer_spoke);
    assert_true(ch.ai_spoke);
    conversation_free(c);
}

/* A whole history that comes after its last message, newest first: all in
 * place, all to be saved. */
static void
test_history_after_the_fact(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch;
    struct buf json = {0};

    (void)state;
    say(c, "customer", "last", 9000000, "last");
    conversation_saved(c);
    buf_adds(&json, "{\"type\":\"message.created\",\"messages\":[");
    for (int i = 2000; i > 0; i--)
        buf_addf(&json,
                 "{\"id\":\"%d\",\"role\":\"customer\",\"at_ms\":%d,\"text\":"
                 "\"%d\"}%s",
                 i, 1000 * i, i, i > 1 ? "," : "");
    buf_adds(&json, "]}");
    ch = apply(c, json.data);
    assert_int_equal(c->message_count, 2001);
    assert_int_equal(c->unsaved_count, 2000);
    assert_int_equal(ch.late_count, COUNT_OF(ch.late));
    for (size_t i = 1; i < c->message_count; i++)
        assert_true(c->messages[i]->ord > c->messages[i - 1]->ord);
    assert_string_equal(c->messages[0]->text, "1");
    assert_string_equal(c->messages[2000]->text, "last");
    buf_free(&json);
    conversation_free(c);
}

/* Messages without a time stay in the order of arrival, and late ones find
 * room between those that came in one millisecond. */
static void
test_unknown_and_equal_times(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    say(c, "customer", "a", 0, "a");
    say(c, "customer", "b", 0, "b");
    /* S131: what was promised counts from when it came, if nobody tells. */
    assert_int_equal(message_came_at(c, c->messages[0]), RECEIVED_MS);
    assert_int_equal(message_came_at(c, c->messages[1]), RECEIVED_MS + 1);
    say(c, "customer", "c", 5000, "c");
    assert_int_equal(message_came_at(c, c->messages[2]), 5000);
    say(c, "customer", "d", 5000, "d");
    say(c, "customer", "e", 5001, "e");
    say(c, "customer", "f", 5000, "f"); /* late: behind d */
    assert_string_equal(c->messages[4]->key, "f");
    for (size_t i = 1; i < c->message_count; i++)
        assert_true(c->messages[i]->ord > c->messages[i - 1]->ord);
    conversation_free(c);
}

/* --- episodes and what happened --- */

/* I9: a customer message after it was resolved begins a new episode; signals
 * are counted anew, what was collected stays. */
static void
test_new_episode_i9(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch;
    json_t *view;

    (void)state;
    say(c, "customer", "1", 1000, "My invoice is wrong");
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"intent\":"
             "\"billing\",\"sentiment\":-0.9,\"fields\":{\"order\":\"7\"}},"
             "\"review_required\":true,\"handoff\":{\"via\":\"flow\"}}");
    conversation_set(c, &c->handoff_id, "hid");
    apply(c, "{\"type\":\"session.ended\",\"outcome\":\"resolved_assumed\"}");
    assert_int_equal(c->outcome, OUTCOME_RESOLVED_ASSUMED);
    ch = say(c, "ai", "2", 2000, "Anything else?");
    assert_false(ch.reopened);
    ch = say(c, "customer", "3", 2000000, "Another thing");
    assert_true(ch.reopened);
    assert_int_equal(c->episode, 2);
    assert_int_equal(c->turn_count, 1);
    assert_string_equal(c->first_question, "Another thing");
    assert_int_equal(c->state, STATE_AI_ACTIVE);
    assert_int_equal(c->outcome, OUTCOME_OPEN);
    assert_null(c->handoff_id);
    view = view_of(c, 0);
    assert_null(json_at(view, "intent"));
    assert_null(json_at(view, "sentiment"));
    assert_null(json_at(view, "handoff"));
    assert_null(json_at(view, "ended_at_ms"));
    assert_null(json_at(view, "flags.review_required"));
    assert_string_equal(text_at(view, "fields.order"), "7");
    assert_int_equal(int_at(view, "messages.0.episode"), 1);
    assert_int_equal(int_at(view, "messages.2.episode"), 2);
    json_decref(view);
    conversation_free(c);
}

/* What was said before the resolution and comes after it belongs there. */
static void
test_late_message_opens_no_episode(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    say(c, "customer", "1", 1000, "Question");
    say(c, "ai", "2", 9000, "Answer");
    apply(c, "{\"type\":\"session.ended\",\"at_ms\":9500,\"outcome\":"
             "\"resolved_confirmed\"}");
    say(c, "customer", "3", 5000, "One detail");
    assert_int_equal(c->episode, 1);
    say(c, "customer", "4", 99000, "New");
    assert_int_equal(c->episode, 2);
    assert_int_equal(c->episode_first_seq, 4);
    say(c, "customer", "5", 8000, "One more detail");
    assert_int_equal(c->episode_first_seq, 5);
    assert_int_equal(c->messages[2]->episode, 1);
    assert_string_equal(c->messages[2]->key, "5");
    assert_int_equal(c->turn_count, 1);
    assert_int_equal(c->first_question_seq, 5);
    conversation_free(c);
}

/* S11: an end without a word on it is unresolved; assumed and confirmed are
 * told apart; who writes on has not ended. */
static void
test_end_s11(void **state)
{
    static const struct {
        const char *event;
        enum outcome outcome;
    } table[] = {
        {"{\"type\":\"session.ended\",\"at_ms\":5000}", OUTCOME_UNRESOLVED},
        {"{\"type\":\"session.ended\",\"outcome\":\"abandoned\"}",
         OUTCOME_ABANDONED},
        {"{\"type\":\"session.ended\",\"outcome\":\"resolved_assumed\"}",
         OUTCOME_RESOLVED_ASSUMED},
        {"{\"type\":\"session.ended\",\"outcome\":\"resolved_confirmed\"}",
         OUTCOME_RESOLVED_CONFIRMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct conversation *c = new_conversation();
        struct conversation_change ch;

        say(c, "customer", "1", 1000, "Question");
        ch = apply(c, table[i].event);
        assert_true(ch.ended);
        assert_int_equal(c->outcome, table[i].outcome);
        assert_true(c->ended_at > 0);
        if (i == 0) {
            say(c, "customer", "2", 6000, "Still there?");
            assert_int_equal(c->outcome, OUTCOME_OPEN);
            assert_int_equal(c->ended_at, 0);
            assert_int_equal(c->episode, 1);
        }
        conversation_free(c);
    }
}

/* A hand-over that happened is not undone by what the AI thinks. */
static void
test_escalated_stays(void **state)
{
    struct conversation *c = new_conversation();

    (void)state;
    c->outcome = OUTCOME_ESCALATED;
    c->state = STATE_HANDOFF_PENDING;
    apply(c, "{\"type\":\"session.ended\",\"outcome\":\"resolved_assumed\"}");
    assert_int_equal(c->outcome, OUTCOME_ESCALATED);
    assert_int_equal(c->state, STATE_HANDOFF_PENDING);
    conversation_free(c);
}

/* S37: AI text after the hand-over or a takeover is kept and counted, after
 * the hand-back it is fine again. */
static void
test_late_ai_s37(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch;

    (void)state;
    say(c, "customer", "1", 1000, "Human please");
    conversation_set(c, &c->handoff_id, "abc");
    c->control = CONTROL_USHER;
    say(c, "ai", "2", 2000, "Let me try again");
    assert_int_equal(c->late_ai_messages, 1);
    ch = apply(c, "{\"type\":\"takeover\",\"handoff\":{\"actor\":\"Kim\"}}");
    assert_true(ch.takeover);
    assert_int_equal(c->control, CONTROL_HUMAN);
    assert_string_equal(c->handoff_via, "takeover");
    say(c, "ai", "3", 3000, "And again");
    say(c, "human_agent", "4", 4000, "I am here");
    assert_int_equal(c->late_ai_messages, 2);
    ch = apply(c, "{\"type\":\"handback\"}");
    assert_true(ch.handed_back);
    assert_int_equal(c->control, CONTROL_AI);
    say(c, "ai", "5", 5000, "Back");
    assert_int_equal(c->late_ai_messages, 2);
    assert_int_equal(c->message_count, 5);
    conversation_free(c);
}

/* S161: a takeover told as a hand-over's way is one. */
static void
test_takeover_by_handoff_s161(void **state)
{
    struct conversation *c = new_conversation();
    struct conversation_change ch =
        apply(c, "{\"type\":\"handoff.requested\",\"handoff\":{\"via\":"
                 "\"takeover\",\"actor\":\"Kim\"}}");

    (void)state;
    assert_true(ch.takeover);
    assert_true(ch.handoff_requested);
    ch = apply(c, "{\"type\":\"handoff.requested\"}");
    assert_string_equal(c->handoff_via, "flow");
    assert_null(c->handoff_actor);
    conversation_free(c);
}

/* S18, S21: members are merged by name; another address is not verified
 * because the old one was; limits hold. */
static void
test_merge_s18_s21(void **state)
{
    struct conversation *c = new_conversation();
    struct buf json = {0};

    (void)state;
    apply(c, "{\"type\":\"conversation.started\",\"conversation\":{"
             "\"customer\":{\"external_id\":\"c1\",\"email\":\"a@x.test\","
             "\"email_verified\":true,\"tier\":\"gold\"},\"attributes\":{"
             "\"plan\":\"pro\",\"seats\":3}}}");
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"customer\":{"
             "\"email\":\"a@x.test\"},\"attributes\":{\"seats\":4}}}");
    assert_true(c->customer.email_verified);
    assert_int_equal(int_at(c->attributes, "seats"), 4);
    assert_string_equal(text_at(c->attributes, "plan"), "pro");
    apply(c, "{\"type\":\"signal.updated\",\"conversation\":{\"customer\":{"
             "\"email\":\"b@x.test\"}}}");
    assert_false(c->customer.email_verified);
    assert_string_equal(c->customer.tier, "gold");
    for (int round = 0; round < 3; round++) {
        buf_clear(&json);
        buf_adds(&json, "{\"type\":\"signal.updated\",\"conversation\":{"
                        "\"fields\":{");
        for (int i = 0; i < 100; i++)
            buf_addf(&json, "%s\"f%d\":%d", i > 0 ? "," : "", round * 100 + i,
                     i);
        buf_adds(&json, "}}}");
        apply(c, json.data);
    }
    assert_int_equal(json_object_size(c->fields), EVENT_FIELDS_MAX);
    buf_free(&json);
    conversation_free(c);
}

/* The 5,000 messages' limit refuses the whole event, and nothing of it. */
/* S40: kept, and nobody spoke: no turn, no question, no new episode. */
static void
test_automatic_s40(void **state)
{
    static const char answer[] =
        "{\"type\":\"message.created\",\"messages\":[{\"id\":\"%s\",\"role\":"
        "\"customer\",\"text\":\"Out of office, where are you?\",\"at_ms\":%d,"
        "\"auto\":true,\"language\":\"fr\",\"sentiment\":-1}]}";
    struct conversation *c = new_conversation();
    struct conversation_change ch;
    char json[400];

    (void)state;
    snprintf(json, sizeof json, answer, "1", 1000);
    ch = apply(c, json);
    assert_int_equal(c->message_count, 1);
    assert_false(ch.customer_spoke);
    assert_int_equal(c->turn_count, 0);
    assert_null(c->first_question);
    assert_null(c->language);
    assert_int_equal(c->last_customer_at, 0);
    ch = say(c, "customer", "2", 2000, "Where is my parcel?");
    assert_true(ch.customer_spoke);
    assert_int_equal(c->turn_count, 1); /* in no burst with the robot */
    assert_int_equal(c->first_question_seq, 2);
    c->state = STATE_RESOLVED;
    snprintf(json, sizeof json, answer, "3", 900000);
    ch = apply(c, json);
    assert_false(ch.reopened);
    assert_int_equal(c->episode, 1);
    assert_int_equal(c->last_customer_at, 2000);
    conversation_free(c);
}

static void
intends(struct conversation *c, const char *intent)
{
    char json[200];

    snprintf(json, sizeof json,
             "{\"type\":\"signal.updated\",\"conversation\":{\"intent\":{"
             "\"name\":\"%s\"}}}",
             intent);
    apply(c, json);
}

/* S73: where the newest matter began, whoever told of it and when. */
static void
test_topic_s73(void **state)
{
    struct conversation *c = new_conversation(), *back;

    (void)state;
    say(c, "customer", "1", 1000, "Where is my parcel?");
    intends(c, "delivery");
    assert_int_equal(c->topic_seq, 0); /* named, not changed */
    say(c, "ai", "2", 2000, "On its way.");
    say(c, "customer", "3", 3000, "And the invoice?");
    say(c, "ai", "4", 4000, "Which one?");
    intends(c, "delivery");
    assert_int_equal(c->topic_seq, 0);
    intends(c, "invoice"); /* after the answer to it */
    assert_int_equal(c->topic_seq, 3);
    say(c, "customer", "1b", 1500, "Hello?"); /* late */
    assert_int_equal(c->topic_seq, 4);
    apply(c, "{\"type\":\"message.created\",\"conversation\":{\"intent\":{"
             "\"name\":\"login\"}},\"messages\":[{\"id\":\"5\",\"role\":"
             "\"ai\",\"text\":\"Here.\",\"at_ms\":5000},{\"id\":\"6\","
             "\"role\":\"customer\",\"text\":\"I am locked out\",\"at_ms\":"
             "6000},{\"id\":\"7\",\"role\":\"customer\",\"text\":\"Help\","
             "\"at_ms\":7000}]}");
    assert_int_equal(c->topic_seq, 7); /* "I am locked out" */
    apply(c, "{\"type\":\"message.created\",\"messages\":[{\"id\":\"8\","
             "\"role\":\"customer\",\"text\":\"And my parcel?\",\"at_ms\":"
             "8000,\"intent\":\"delivery\"}]}");
    assert_int_equal(c->topic_seq, 9);
    back = loaded_again(c);
    assert_int_equal(back->topic_seq, 9);
    conversation_free(back);
    c->state = STATE_RESOLVED;
    say(c, "customer", "9", 9000, "Something else");
    assert_int_equal(c->topic_seq, 0); /* another episode */
    intends(c, "refund");
    assert_int_equal(c->topic_seq, 0);
    conversation_free(c);
}

static void
test_message_limit(void **state)
{
    struct conversation *c = new_conversation();
    struct message m = {.key = "k",
                        .role = ROLE_AI,
                        .text = "x",
                        .text_n = 1,
                        .confidence = (double)NAN,
                        .sentiment = (double)NAN};
    struct message two[2] = {m, m};
    struct event ev = {.type = EVENT_MESSAGE,
                       .messages = &m,
                       .message_count = 1,
                       .ai_failed_attempts = -1,
                       .language_confidence = (double)NAN,
                       .intent_confidence = (double)NAN,
                       .sentiment = (double)NAN};
    struct conversation_change ch;
    struct err e = {0};
    char key[16];

    (void)state;
    for (int i = 0; i < CONVERSATION_MESSAGES_MAX - 1; i++) {
        snprintf(key, sizeof key, "%d", i);
        m.key = key;
        assert_int_equal(conversation_apply(c, &ev, 1, &ch, &e), 0);
    }
    two[0].key = "7"; /* known: does not count */
    two[1].key = "new";
    ev.messages = two;
    ev.message_count = 2;
    assert_int_equal(conversation_apply(c, &ev, 1, &ch, &e), 0);
    two[1].key = "more";
    ev.channel = "chat";
    assert_int_equal(conversation_apply(c, &ev, 1, &ch, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_int_equal(c->message_count, CONVERSATION_MESSAGES_MAX);
    assert_null(c->channel);
    conversation_free(c);
}

static void
test_names(void **state)
{
    enum role role;
    enum conversation_state s;
    enum control control;
    enum outcome outcome;
    enum message_kind kind;

    (void)state;
    for (int i = 0; i < ROLE_COUNT; i++) {
        const char *name = role_name((enum role)i);

        assert_true(role_from_name(name, strlen(name), &role));
        assert_int_equal(role, i);
    }
    assert_true(role_from_name("agent", 5, &role));
    assert_int_equal(role, ROLE_HUMAN_AGENT);
    assert_false(role_from_name("", 0, &role));
    assert_false(role_from_name("aix", 3, &role));
    for (int i = 0; i < STATE_COUNT; i++) {
        const char *name = conversation_state_name((enum conversation_state)i);

        assert_true(conversation_state_from_name(name, strlen(name), &s));
        assert_int_equal(s, i);
    }
    for (int i = 0; i < CONTROL_COUNT; i++) {
        const char *name = control_name((enum control)i);

        assert_true(control_from_name(name, strlen(name), &control));
        assert_int_equal(control, i);
    }
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        const char *name = outcome_name((enum outcome)i);

        assert_true(outcome_from_name(name, strlen(name), &outcome));
        assert_int_equal(outcome, i);
    }
    for (int i = 0; i < KIND_COUNT; i++) {
        const char *name = message_kind_name((enum message_kind)i);

        assert_true(message_kind_from_name(name, strlen(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(outcome_name(OUTCOME_COUNT), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns_merge_bursts_s13),
        cmocka_unit_test(test_greetings_s133),
        cmocka_unit_test(test_first_question_s133),
        cmocka_unit_test(test_failed_attempts_s61),
        cmocka_unit_test(test_attempts_s136),
        cmocka_unit_test(test_snapshot_is_idempotent),
        cmocka_unit_test(test_any_order_of_arrival_f9),
        cmocka_unit_test(test_late_message_f9),
        cmocka_unit_test(test_new_and_late_together),
        cmocka_unit_test(test_history_after_the_fact),
        cmocka_unit_test(test_unknown_and_equal_times),
        cmocka_unit_test(test_new_episode_i9),
        cmocka_unit_test(test_late_message_opens_no_episode),
        cmocka_unit_test(test_end_s11),
        cmocka_unit_test(test_escalated_stays),
        cmocka_unit_test(test_late_ai_s37),
        cmocka_unit_test(test_takeover_by_handoff_s161),
        cmocka_unit_test(test_merge_s18_s21),
        cmocka_unit_test(test_automatic_s40),
        cmocka_unit_test(test_topic_s73),
        cmocka_unit_test(test_message_limit),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
