/* Recorded conversations: both forms, what a rule must never see, and the real
 * ones when USHER_RECORDINGS names their folder. S16 S78 S82. */
#include <dirent.h>

#include <zlib.h>

#include "unit/model/conversations.h"

/* The public form; outcome, labels and raw never reach a rule. */
static void
test_public_form(void **state)
{
    struct conversation *c = recorded(
        "{\"id\":\"r1\",\"source\":\"x\",\"channel\":\"chat\",\"started_at\":"
        "\"2020-05-13T13:14:00Z\",\"customer\":{\"id\":\"c1\",\"name\":null,"
        "\"tier\":\"gold\"},\"messages\":[{\"role\":\"customer\",\"text\":"
        "\"hi\",\"at\":null},{\"role\":\"agent\",\"text\":\"hello\",\"at\":"
        "\"2020-05-13T13:14:57Z\"},{\"role\":\"ai\",\"text\":null}],"
        "\"actions\":[{\"after_message\":2,\"name\":\"f\",\"values\":{"
        "\"order_id\":\"6\",\"other\":1}},{\"after_message\":3,\"values\":{"
        "\"order_id\":\"7\"}},{\"name\":\"none\"}],\"data\":{\"order_id\":"
        "\"7\",\"pin\":\"1\"},\"intent\":\"late\",\"outcome\":"
        "\"transferred_to_human\",\"labels\":{\"x\":true},\"raw\":{\"secret\":"
        "1}}");
    struct buf all = {0};
    json_t *view;

    (void)state;
    assert_int_equal(c->messages[1]->role, ROLE_HUMAN_AGENT);
    assert_int_equal(c->outcome, OUTCOME_OPEN);
    assert_string_equal(c->customer.external_id, "c1");
    assert_null(c->customer.name);
    view = view_of(c, 1);
    assert_null(json_at(view, "fields.order_id"));
    assert_string_equal(text_at(view, "fields.pin"), "1");
    json_decref(view);
    view = view_of(c, 2);
    assert_string_equal(text_at(view, "fields.order_id"), "6");
    assert_null(json_at(view, "fields.other"));
    json_decref(view);
    view = view_of(c, 3);
    assert_string_equal(text_at(view, "fields.order_id"), "7");
    assert_string_equal(text_at(view, "intent.name"), "late");
    assert_int_equal(int_at(view, "started_at_ms"), 1589375640000);
    json_write(&all, view);
    assert_null(strstr(all.data, "labels"));
    assert_null(strstr(all.data, "secret"));
    assert_null(strstr(all.data, "transferred"));
    json_decref(view);
    buf_free(&all);
    conversation_free(c);
}

/* Message members as a policy test gives them; confidence words (S78). */
static void
test_message_members_s78(void **state)
{
    struct conversation *c = recorded(
        "{\"messages\":[{\"role\":\"customer\",\"text\":\"a\",\"sentiment\":"
        "-0.7,\"confidence\":\"High\",\"at_ms\":5000},{\"role\":\"ai\","
        "\"text\":\"b\",\"feedback\":\"not_helpful\"},{\"role\":\"customer\","
        "\"text\":\"c\",\"sentiment\":0.1,\"confidence\":0.2,\"language\":"
        "\"de\"}],\"now\":{\"outcome\":\"unresolved\"},\"handoff_id\":\"h\","
        "\"review_required\":true,\"rule_state\":{\"asked\":1}}");
    json_t *view = view_of(c, 1);

    (void)state;
    assert_true(num_at(view, "intent.confidence") == 0.9);
    assert_true(num_at(view, "sentiment.score") == -0.7);
    json_decref(view);
    view = view_of(c, 0);
    assert_true(num_at(view, "intent.confidence") == 0.2);
    assert_string_equal(text_at(view, "outcome"), "unresolved");
    assert_string_equal(text_at(view, "handoff_id"), "h");
    assert_string_equal(text_at(view, "language"), "de");
    assert_int_equal(int_at(view, "ai.failed_attempts"), 1);
    assert_int_equal(int_at(view, "rule_state.asked"), 1);
    assert_true(json_is_true(json_at(view, "flags.review_required")));
    json_decref(view);
    conversation_free(c);
}

/* What is told for the whole conversation is known at every moment. */
static void
test_told_for_the_whole(void **state)
{
    struct conversation *c = recorded(
        "{\"messages\":[{\"role\":\"customer\",\"text\":\"a\"},{\"role\":"
        "\"ai\",\"text\":\"b\"}],\"intent\":{\"name\":\"refund\",\"title\":"
        "\"Refund\",\"confidence\":\"low\"},\"sentiment\":{\"score\":-0.5},"
        "\"language\":\"fr\",\"ai\":{\"failed_attempts\":2,\"summary\":\"s\"},"
        "\"handoff\":{\"via\":\"flow\"},\"channel\":\"chat\"}");
    json_t *view = view_of(c, 1);

    (void)state;
    assert_string_equal(text_at(view, "intent.title"), "Refund");
    assert_true(num_at(view, "intent.confidence") == 0.3);
    assert_true(num_at(view, "sentiment.score") == -0.5);
    assert_string_equal(text_at(view, "language"), "fr");
    assert_int_equal(int_at(view, "ai.failed_attempts"), 2);
    assert_string_equal(text_at(view, "handoff.via"), "flow");
    json_decref(view);
    conversation_free(c);
}

/* S16: what the API gives can be read as a recording, and gives the same
 * messages, hash and view; what became of it stays behind. */
static void
test_api_form_comes_back_s16(void **state)
{
    struct conversation *c = new_conversation(), *back;
    struct buf json = {0};
    char hash[65], other[65];
    json_t *view;

    (void)state;
    apply(c, "{\"type\":\"handoff.requested\",\"handoff\":{\"via\":"
             "\"tool_call\",\"reason\":\"r\"},\"conversation\":{\"channel\":"
             "\"chat\",\"customer\":{\"external_id\":\"c\",\"email\":"
             "\"a@x.test\",\"email_verified\":true,\"more\":{\"seats\":2}},"
             "\"intent\":{\"name\":\"late\",\"confidence\":0.4},\"sentiment\":"
             "-0.25,\"fields\":{\"n\":9007199254740993}},\"messages\":[{"
             "\"id\":\"a\",\"role\":\"customer\",\"at_ms\":1001,\"text\":"
             "\"Where is it\",\"attachments\":[{\"name\":\"f\",\"size\":3}]},{"
             "\"id\":\"b\",\"role\":\"ai\",\"at_ms\":2002,\"text\":\"Soon\","
             "\"auto\":true,\"author\":{\"name\":\"Bot\"},\"kind\":"
             "\"action\"}]}");
    conversation_prefix_hash(c, 0, hash);
    conversation_set(c, &c->handoff_id, "hid");
    c->outcome = OUTCOME_ESCALATED;
    conversation_json(c, &json);
    back = recorded(json.data);
    conversation_prefix_hash(back, 0, other);
    assert_string_equal(hash, other);
    assert_int_equal(back->messages[1]->kind, KIND_ACTION);
    assert_true(back->messages[1]->auto_reply);
    assert_string_equal(back->messages[1]->author_name, "Bot");
    assert_string_equal(back->messages[0]->key, "a");
    assert_true(back->customer.email_verified);
    view = view_of(back, 1);
    assert_null(json_at(view, "handoff_id"));
    assert_null(json_at(view, "handoff"));
    assert_string_equal(text_at(view, "outcome"), "open");
    assert_int_equal(int_at(view, "fields.n"), 9007199254740993);
    assert_int_equal(int_at(view, "customer.seats"), 2);
    json_decref(view);
    view = view_of(back, 0);
    assert_string_equal(text_at(view, "handoff.via"), "tool_call");
    json_decref(view);
    buf_free(&json);
    conversation_free(c);
    conversation_free(back);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *json, *says;
    } table[] = {
        {"[]", "object"},
        {"{\"messages\":7}", "messages: array"},
        {"{\"messages\":[7]}", "messages[0].role: missing"},
        {"{\"messages\":[{\"role\":\"bot\",\"text\":\"\"}]}",
         "messages[0].role: bot"},
        {"{\"messages\":[{\"role\":\"ai\"},{\"role\":\"ai\",\"text\":7}]}",
         "messages[1].text"},
        {"{\"messages\":[{\"role\":\"ai\",\"kind\":\"song\"}]}",
         "messages[0].kind: song"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        json_t *json = json_of(table[i].json);
        struct err e = {0};

        assert_null(conversation_from_recording(json, &e));
        assert_int_equal(e.class, ERR_INPUT);
        if (strstr(e.text, table[i].says) == NULL)
            fail_msg("'%s' in '%s'", table[i].says, e.text);
        json_decref(json);
    }
}

/* Every member may be of any type. */
static void
test_hostile_types(void **state)
{
    static const char *const members[] = {
        "id",       "source",     "customer",   "fields",     "data",
        "actions",  "ai",         "intent",     "handoff",    "sentiment",
        "language", "channel",    "flags",      "now",        "rule_state",
        "outcome",  "attributes", "started_at", "confidence", "handoff_id"};
    static const char *const values[] = {
        "null",
        "true",
        "-7",
        "1e308",
        "\"x\"",
        "[]",
        "[[],7,{\"values\":7}]",
        "{\"name\":[],\"confidence\":{},\"more\":[],\"after_message\":-1}"};
    struct buf json = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(members); i++)
        for (size_t k = 0; k < COUNT_OF(values); k++) {
            struct conversation *c;
            struct buf out = {0};

            buf_clear(&json);
            buf_addf(&json,
                     "{\"messages\":[{\"role\":\"customer\",\"text\":\"a\","
                     "\"at\":7,\"author\":7,\"attachments\":{},\"sentiment\":"
                     "\"bad\"},{\"role\":\"ai\"}],\"%s\":%s}",
                     members[i], values[k]);
            c = recorded(json.data);
            json_decref(view_of(c, 1));
            json_decref(view_of(c, 0));
            conversation_json(c, &out);
            json_decref(json_of(out.data));
            buf_free(&out);
            conversation_free(c);
        }
    buf_free(&json);
}

/* One line of a real recording: read, and looked at from every moment. */
static size_t
check_line(const char *line)
{
    json_t *json = json_of(line), *view;
    struct err e = {0};
    struct conversation *c = conversation_from_recording(json, &e), *back;
    struct buf out = {0};
    char hash[65], other[65];

    if (c == NULL)
        fail_msg("%s", e.text);
    assert_int_equal(c->message_count,
                     json_array_size(json_object_get(json, "messages")));
    for (size_t i = 1; i <= c->message_count; i++) {
        view = view_of(c, (int64_t)i);
        assert_int_equal(json_array_size(json_at(view, "messages")), i);
        json_decref(view);
    }
    conversation_json(c, &out);
    back = recorded(out.data);
    conversation_prefix_hash(c, 0, hash);
    conversation_prefix_hash(back, 0, other);
    assert_string_equal(hash, other);
    buf_free(&out);
    json_decref(json);
    conversation_free(c);
    conversation_free(back);
    return 1;
}

static size_t
check_file(const char *path)
{
    static char line[4 << 20];
    gzFile file = gzopen(path, "rb");
    size_t count = 0;

    assert_non_null(file);
    while (gzgets(file, line, sizeof line) != NULL)
        count += check_line(line);
    gzclose(file);
    return count;
}

/* Its own id, where nobody before has it; else the number of its place. */
static void
test_keys(void **state)
{
    struct buf text = {0};
    struct conversation *c;

    (void)state;
    buf_adds(&text, "{\"messages\":[{\"role\":\"ai\",\"id\":\"#2\"}");
    for (size_t i = 1; i < 101; i++)
        buf_adds(&text, i == 50 ? ",{\"role\":\"ai\",\"id\":\"own\"}"
                                : ",{\"role\":\"ai\",\"id\":\"#2\"}");
    buf_adds(&text, "]}");
    c = recorded(buf_str(&text));
    assert_string_equal(c->messages[0]->key, "#2");
    assert_string_equal(c->messages[8]->key, "#9");
    assert_string_equal(c->messages[9]->key, "#10");
    assert_string_equal(c->messages[50]->key, "own");
    assert_string_equal(c->messages[100]->key, "#101");
    conversation_free(c);
    buf_free(&text);
}

/* A fork looks the same, and what becomes of it is its own. */
static void
test_fork(void **state)
{
    struct conversation *c = recorded(
        "{\"id\":\"f\",\"customer\":{\"id\":\"1\",\"floor\":3},\"fields\":{"
        "\"a\":1},\"ai\":{\"model\":\"m\"},\"messages\":[{\"role\":"
        "\"customer\",\"text\":\"hi\",\"attachments\":[{\"name\":\"x\"}]},{"
        "\"role\":\"ai\",\"text\":\"yes?\"}]}");
    struct conversation *f = conversation_fork(c);
    json_t *remembered = json_of("{\"b\":2}");
    struct buf before = {0}, fork = {0}, after = {0};

    (void)state;
    conversation_pack(c, 0, &before);
    conversation_pack(f, 0, &fork);
    assert_int_equal(fork.len, before.len);
    assert_memory_equal(fork.data, before.data, before.len);
    conversation_remember(f, remembered, remembered);
    conversation_set(f, &f->wait_rule, "r");
    f->outcome = OUTCOME_UNRESOLVED;
    assert_int_equal(json_object_size(f->fields), 2);
    conversation_pack(c, 0, &after);
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.data, before.data, before.len);
    conversation_free(f);
    buf_clear(&after);
    conversation_pack(c, 1, &after);
    conversation_free(c);
    json_decref(remembered);
    buf_free(&before);
    buf_free(&fork);
    buf_free(&after);
}

/* What a fork knew it knows again when it has the conversation back. */
static void
test_fork_let_go(void **state)
{
    static const char text[] =
        "{\"id\":\"f\",\"customer\":{\"id\":\"1\",\"floor\":3},\"fields\":{"
        "\"a\":1},\"ai\":{\"model\":\"m\"},\"messages\":[{\"role\":"
        "\"customer\",\"text\":\"hi\",\"attachments\":[{\"name\":\"x\"}]}]}";
    struct conversation *c = recorded(text);
    struct conversation *f = conversation_fork(c);
    json_t *remembered = json_of("{\"b\":2}");
    struct buf before = {0}, after = {0};

    (void)state;
    conversation_remember(f, remembered, remembered);
    conversation_set(f, &f->wait_rule, "r");
    conversation_set(f, &f->wait_cancel_on, "takeover");
    f->wait_since = 5;
    f->wait_due = 9;
    f->wait_number = 2;
    f->state = STATE_WAITING;
    f->outcome = OUTCOME_UNRESOLVED;
    conversation_pack(f, 0, &before);
    conversation_let_go(f);
    conversation_free(c);
    c = recorded(text);
    conversation_take_up(f, c);
    conversation_pack(f, 0, &after);
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.data, before.data, before.len);
    assert_string_equal(f->wait_cancel_on, "takeover");
    assert_int_equal(f->wait_number, 2);
    /* And once more, for good. */
    conversation_let_go(f);
    conversation_free(c);
    conversation_free(f);
    json_decref(remembered);
    buf_free(&before);
    buf_free(&after);
}

static void
test_real_recordings(void **state)
{
    const char *folder = getenv("USHER_RECORDINGS");
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    struct dirent *entry;
    size_t count = 0;

    (void)state;
    if (dir == NULL)
        skip();
    while ((entry = readdir(dir)) != NULL) {
        char path[4096];

        if (strstr(entry->d_name, ".jsonl.gz") == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count += check_file(path);
    }
    closedir(dir);
    assert_true(count > 0);
    print_message("%zu recorded conversations\n", count);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_form),
        cmocka_unit_test(test_message_members_s78),
        cmocka_unit_test(test_told_for_the_whole),
        cmocka_unit_test(test_api_form_comes_back_s16),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile_types),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_fork_let_go),
        cmocka_unit_test(test_real_recordings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
