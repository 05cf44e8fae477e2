/* Events as an adapter reports them: checked field by field. S21, I11; the
 * adapters' own golden events are taken too. */
#include <dirent.h>

#include "unit/model/conversations.h"

static int
read_json(struct arena *a, const char *text, struct event **events,
          size_t *count, struct err *e)
{
    return event_read(a, value_of(a, text), events, count, e);
}

static struct event *
one_event(struct arena *a, const char *text)
{
    struct event *events;
    struct err e = {0};
    size_t count;

    if (read_json(a, text, &events, &count, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(count, 1);
    return events;
}

static void
test_every_member_s21(void **state)
{
    struct arena *a = arena_new(0);
    struct event *ev = one_event(
        a, "[{\"type\":\"message.created\",\"at_ms\":1770000000000,"
           "\"conversation\":{\"native_url\":\"https://x.test/1\","
           "\"channel\":\"chat\",\"brand\":\"b\",\"language\":\"pt-BR\","
           "\"language_confidence\":0.5,\"urgency\":\"high\",\"customer\":{"
           "\"external_id\":123456789012345678,\"name\":\"Jo\",\"email\":"
           "\"jo@x.test\",\"email_verified\":true,\"phone\":\"+49\",\"tier\":"
           "\"gold\",\"locale\":\"de\",\"time_zone\":\"Europe/Berlin\","
           "\"company\":\"C\",\"country\":\"DE\",\"more\":{\"seats\":3}},"
           "\"intent\":{\"name\":\"i\",\"title\":\"T\",\"confidence\":"
           "\"Medium\"},\"sentiment\":-3,\"fields\":{\"order\":\"7\"},"
           "\"attributes\":{\"x\":[1,{\"y\":null}]},\"ai\":{"
           "\"failed_attempts\":2},\"source_state\":{\"reply_url\":\"r\"}},"
           "\"messages\":[{\"id\":77,\"index\":4,\"role\":\"agent\",\"author\":"
           "{\"id\":\"9\",\"name\":\"Kim\"},\"at_ms\":5,\"kind\":\"note\","
           "\"text\":\"t\",\"language\":\"en\",\"intent\":\"j\","
           "\"confidence\":2,\"sentiment\":0.5,\"attachments\":[{\"name\":"
           "\"n\",\"mime\":\"m\",\"size\":9,\"url\":\"u\",\"evil\":1}],"
           "\"feedback\":\"helpful\",\"auto\":true}],\"handoff\":{\"via\":"
           "\"flow\",\"reason\":\"r\",\"actor\":\"a\",\"summary\":\"s\"},"
           "\"feedback\":\"not_helpful\",\"outcome\":\"unresolved\","
           "\"review_required\":true}]");
    const struct message *m = &ev->messages[0];

    (void)state;
    assert_int_equal(ev->type, EVENT_MESSAGE);
    assert_int_equal(ev->at_ms, 1770000000000);
    assert_string_equal(ev->customer.external_id, "123456789012345678");
    assert_string_equal(ev->customer.time_zone, "Europe/Berlin");
    assert_true(ev->customer.email_verified);
    assert_int_equal(int_at(ev->customer.more, "seats"), 3);
    assert_true(ev->intent_confidence == 0.6);
    assert_true(ev->sentiment == -1);
    assert_int_equal(ev->ai_failed_attempts, 2);
    assert_string_equal(ev->urgency, "high");
    assert_string_equal(m->key, "77");
    assert_int_equal(ev->indexes[0], 4);
    assert_int_equal(m->role, ROLE_HUMAN_AGENT);
    assert_int_equal(m->kind, KIND_NOTE);
    assert_true(m->confidence == 1);
    assert_true(m->auto_reply);
    assert_int_equal(int_at(m->attachments, "0.size"), 9);
    assert_null(json_at(m->attachments, "0.evil"));
    assert_string_equal(ev->handoff_summary, "s");
    assert_true(ev->has_outcome);
    assert_true(ev->review_required);
    event_clear(ev, 1);
    arena_free(a);
}

/* Unknown stays unknown. */
static void
test_nothing_told(void **state)
{
    struct arena *a = arena_new(0);
    struct event *ev = one_event(a, "{\"type\":\"signal.updated\"}");

    (void)state;
    assert_null(ev->channel);
    assert_null(ev->customer.external_id);
    assert_null(ev->fields);
    assert_true(isnan(ev->sentiment));
    assert_true(isnan(ev->intent_confidence));
    assert_true(isnan(ev->language_confidence));
    assert_int_equal(ev->ai_failed_attempts, -1);
    assert_false(ev->has_outcome);
    assert_int_equal(ev->message_count, 0);
    arena_free(a);
}

/* Nil, an empty list and an empty map are no events; empty tables of a script
 * may be either. */
static void
test_empty(void **state)
{
    static const char *const none[] = {"null", "[]", "{}"};
    struct arena *a = arena_new(0);
    struct event *events;
    struct err e = {0};
    size_t count;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        struct buf packed = {0};
        json_t *json = json_loads(none[i], JSON_DECODE_ANY, NULL);

        pack_json(&packed, json);
        assert_int_equal(
            event_read(a, value_of_pack(a, &packed), &events, &count, &e), 0);
        assert_int_equal(count, 0);
        json_decref(json);
        buf_free(&packed);
    }
    events = one_event(a, "{\"type\":\"signal.updated\",\"messages\":{},"
                          "\"conversation\":[],\"handoff\":[]}");
    event_clear(events, 1);
    arena_free(a);
}

static void
test_complaints_name_the_place(void **state)
{
    static const struct {
        const char *json, *says;
    } table[] = {
        {"[7]", "events[0].event: table"},
        {"{\"type\":\"nonsense\"}", "type: unknown type 'nonsense'"},
        {"[{\"type\":\"manual\"},{\"type\":\"message.created\",\"messages\":[{"
         "\"role\":\"bot\",\"text\":\"x\"}]}]",
         "read: events[1].messages[0].role: unknown role 'bot'"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\"},{"
         "\"role\":\"ai\",\"text\":7}]}",
         "messages[1].text: string"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
         "\"kind\":\"song\"}]}",
         "messages[0].kind: unknown kind 'song'"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
         "\"attachments\":\"x\"}]}",
         "messages[0].attachments: list"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
         "\"auto\":1}]}",
         "messages[0].auto: true or false"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
         "\"feedback\":\"fine\"}]}",
         "messages[0].feedback: unknown feedback 'fine'"},
        {"{\"type\":\"message.created\",\"messages\":\"x\"}", "messages: list"},
        {"{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
         "\"at_ms\":-1}]}",
         "messages[0].at_ms"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"fields\":\"x\"}}",
         "fields: table"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"customer\":7}}",
         "customer: table"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"channel\":[1]}}",
         "channel: string"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"urgency\":\"so\"}}",
         "urgency: unknown urgency 'so'"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"intent\":{"
         "\"confidence\":\"sure\"}}}",
         "confidence: unknown confidence 'sure'"},
        {"{\"type\":\"signal.updated\",\"conversation\":{\"sentiment\":"
         "\"sad\"}}",
         "sentiment: number"},
        {"{\"type\":\"message.created\",\"at_ms\":\"now\"}", "at_ms: milli"},
        {"{\"type\":\"message.created\",\"at_ms\":1e300}", "at_ms: a time"},
        {"{\"type\":\"session.ended\",\"outcome\":\"fine\"}",
         "outcome: unknown outcome 'fine'"},
        {"{\"type\":\"session.ended\",\"handoff\":\"now\"}", "handoff: table"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct arena *a = arena_new(0);
        struct err e = {0};
        struct event *events;
        size_t count;

        assert_int_equal(read_json(a, table[i].json, &events, &count, &e), -1);
        assert_int_equal(e.class, ERR_SCRIPT);
        assert_int_equal(count, 0);
        if (strstr(e.text, table[i].says) == NULL)
            fail_msg("'%s' in '%s'", table[i].says, e.text);
        arena_free(a);
    }
}

static void
expect_refused(const struct buf *json, const char *says)
{
    struct arena *a = arena_new(0);
    struct err e = {0};
    struct event *events;
    size_t count;

    assert_int_equal(read_json(a, json->data, &events, &count, &e), -1);
    if (strstr(e.text, says) == NULL)
        fail_msg("'%s' in '%s'", says, e.text);
    arena_free(a);
}

static void
test_limits(void **state)
{
    struct buf json = {0};

    (void)state;
    buf_adds(&json, "{\"type\":\"manual\",\"conversation\":{\"attributes\":{");
    for (int i = 0; i <= EVENT_FIELDS_MAX; i++)
        buf_addf(&json, "%s\"k%d\":1", i > 0 ? "," : "", i);
    buf_adds(&json, "}}}");
    expect_refused(&json, "attributes: more than 200");
    buf_clear(&json);
    buf_adds(&json, "{\"type\":\"manual\",\"messages\":[");
    for (int i = 0; i <= EVENT_MESSAGES_MAX; i++)
        buf_addf(&json, "%s{\"role\":\"ai\"}", i > 0 ? "," : "");
    buf_adds(&json, "]}");
    expect_refused(&json, "messages: more than 2,500");
    buf_clear(&json);
    buf_adds(&json, "{\"type\":\"manual\",\"messages\":[{\"role\":\"ai\","
                    "\"text\":\"");
    for (unsigned i = 0; i <= EVENT_TEXT_MAX; i++)
        buf_addc(&json, 'x');
    buf_adds(&json, "\"}]}");
    expect_refused(&json, "messages[0].text: longer than 64 KiB");
    buf_clear(&json);
    buf_addc(&json, '[');
    for (int i = 0; i < 65; i++)
        buf_addf(&json, "%s{\"type\":\"manual\"}", i > 0 ? "," : "");
    buf_addc(&json, ']');
    expect_refused(&json, "more than 64 events");
    buf_free(&json);
}

/* A NUL would cut a C string in silence: two ids would become one. */
static void
test_nul_in_a_name(void **state)
{
    struct arena *a = arena_new(0);
    struct buf packed = {0};
    struct event *events;
    struct err e = {0};
    size_t count;

    (void)state;
    pack_map(&packed, 2);
    pack_cstr(&packed, "type");
    pack_cstr(&packed, "manual");
    pack_cstr(&packed, "conversation");
    pack_map(&packed, 1);
    pack_cstr(&packed, "native_url");
    pack_str(&packed, "a\0b", 3);
    assert_int_equal(
        event_read(a, value_of_pack(a, &packed), &events, &count, &e), -1);
    assert_non_null(strstr(e.text, "native_url: a NUL inside"));
    buf_free(&packed);
    arena_free(a);
}

/* --- keys --- */

static void
test_keys(void **state)
{
    struct arena *a = arena_new(0);
    struct event *ev = one_event(
        a, "{\"type\":\"message.created\",\"messages\":["
           "{\"role\":\"ai\",\"text\":\"yes\",\"id\":\"n1\",\"index\":3},"
           "{\"role\":\"ai\",\"text\":\"yes\",\"index\":3},"
           "{\"role\":\"customer\",\"text\":\"yes\",\"index\":3},"
           "{\"role\":\"ai\",\"text\":\"yes\",\"at_ms\":5},"
           "{\"role\":\"ai\",\"text\":\"yes\"},"
           "{\"role\":\"ai\",\"text\":\"yes\"},"
           "{\"role\":\"ai\",\"text\":\"yes\"}]}");

    (void)state;
    assert_string_equal(ev->messages[0].key, "n1");
    assert_memory_equal(ev->messages[1].key, "i3-", 3);
    assert_int_equal(strlen(ev->messages[1].key), 3 + 8);
    assert_string_not_equal(ev->messages[1].key, ev->messages[2].key);
    assert_memory_equal(ev->messages[3].key, "t5-", 3);
    assert_memory_equal(ev->messages[4].key, "h-", 2);
    /* said three times: three messages, and the same three when sent again */
    assert_string_equal(ev->messages[5].key,
                        arena_printf(a, "%s-2", ev->messages[4].key));
    assert_string_equal(ev->messages[6].key,
                        arena_printf(a, "%s-3", ev->messages[4].key));
    arena_free(a);
}

/* Two cards in the same place are two messages: the key is made before the
 * numbers are taken out. */
static void
test_key_before_redaction(void **state)
{
    struct arena *a = arena_new(0);
    struct event *one = one_event(
        a, "{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
           "\"index\":0,\"text\":\"4111 1111 1111 1111\"}]}");
    struct event *two = one_event(
        a, "{\"type\":\"message.created\",\"messages\":[{\"role\":\"ai\","
           "\"index\":0,\"text\":\"5500 0000 0000 0004\"}]}");
    struct redactor r = REDACTOR_DEFAULT;

    (void)state;
    event_redact(one, &r, a);
    event_redact(two, &r, a);
    assert_string_equal(one->messages[0].text, two->messages[0].text);
    assert_string_not_equal(one->messages[0].key, two->messages[0].key);
    event_clear(one, 1);
    event_clear(two, 1);
    arena_free(a);
}

/* --- redaction: I11 --- */

#define CARD "4111 1111 1111 1111"

static void
test_redaction_everywhere_i11(void **state)
{
    struct arena *a = arena_new(0);
    struct event *ev = one_event(
        a, "{\"type\":\"handoff.requested\",\"messages\":[{\"role\":\"ai\","
           "\"text\":\"t " CARD "\",\"author\":{\"name\":\"" CARD
           "\"},\"attachments\":[{\"name\":\"" CARD "\"}]}],\"handoff\":{"
           "\"reason\":\"" CARD "\",\"summary\":\"" CARD "\",\"actor\":\"" CARD
           "\"},\"conversation\":{\"fields\":{\"card\":\"" CARD
           "\"},\"attributes\":{\"a\":[{\"" CARD "\":\"" CARD
           "\"}]},\"ai\":{\"summary\":\"" CARD "\"},\"intent\":{\"title\":"
           "\"" CARD "\"},\"customer\":{\"name\":\"" CARD
           "\",\"more\":{\"note\":\"" CARD "\"}}}}");
    struct redactor r = REDACTOR_DEFAULT;
    struct conversation *c = new_conversation();
    struct conversation_change change;
    struct err e = {0};
    struct buf all = {0};

    (void)state;
    event_redact(ev, &r, a);
    assert_int_equal(conversation_apply(c, ev, 1, &change, &e), 0);
    conversation_row(c, &all);
    conversation_json(c, &all);
    conversation_pack(c, 0, &all);
    for (size_t i = 0; i + 4 <= all.len; i++)
        assert_memory_not_equal(all.data + i, "4111", 4);
    assert_string_equal(text_at(c->fields, "card"), "[card]");
    event_clear(ev, 1);
    buf_free(&all);
    conversation_free(c);
    arena_free(a);
}

/* Marks that act on a reader's screen are dropped everywhere, long values
 * are cut, and what the adapter needs to write back stays whole. */
static void
test_harmless_values(void **state)
{
    struct arena *a = arena_new(0);
    struct redactor r = REDACTOR_DEFAULT;
    struct buf json = {0};
    struct event *ev;
    const json_t *state_of_source;

    (void)state;
    buf_adds(&json, "{\"type\":\"manual\",\"conversation\":{\"channel\":"
                    "\"ch\\u202eat\",\"customer\":{\"email\":\"a\\r\\nb@x\"},"
                    "\"fields\":{\"k\\u0007ey\":\"v\\u001b[31m\",\"long\":\"");
    for (int i = 0; i < 5000; i++)
        buf_addc(&json, 'x');
    buf_adds(&json, "\"},\"source_state\":{\"token\":\"");
    for (int i = 0; i < 5000; i++)
        buf_addc(&json, 'x');
    buf_adds(&json, "\"}}}");
    ev = one_event(a, json.data);
    event_redact(ev, &r, a);
    assert_string_equal(ev->channel, "chat");
    assert_string_equal(ev->customer.email, "a\nb@x");
    assert_string_equal(text_at(ev->fields, "key"), "v[31m");
    assert_int_equal(strlen(text_at(ev->fields, "long")), 4096);
    state_of_source = ev->source_state;
    assert_int_equal(strlen(text_at(state_of_source, "token")), 5000);
    event_clear(ev, 1);
    buf_free(&json);
    arena_free(a);
}

/* --- hostile bytes --- */

static const char rich[] =
    "[{\"type\":\"message.created\",\"at_ms\":1770000000000,\"conversation\":{"
    "\"native_url\":\"u\",\"channel\":\"chat\",\"language\":\"de\","
    "\"urgency\":\"low\",\"customer\":{\"external_id\":\"c\",\"name\":\"n\","
    "\"email\":\"e\",\"email_verified\":true,\"more\":{\"a\":1}},\"intent\":{"
    "\"name\":\"i\",\"confidence\":0.5},\"sentiment\":0.5,\"fields\":{\"f\":"
    "\"v\"},\"attributes\":{\"a\":[1,2,{\"b\":null}]},\"ai\":{\"attempts\":[{"
    "\"type\":\"fallback\"}],\"failed_attempts\":1},\"source_state\":{\"s\":"
    "1.5}},\"messages\":[{\"id\":\"1\",\"role\":\"customer\",\"author\":{"
    "\"id\":\"a\"},\"at_ms\":5,\"text\":\"hello\",\"attachments\":[{\"name\":"
    "\"n\",\"size\":3}],\"confidence\":0.1},{\"index\":2,\"role\":\"ai\","
    "\"text\":\"x\",\"feedback\":\"helpful\",\"auto\":false}],\"handoff\":{"
    "\"via\":\"flow\",\"reason\":\"r\"},\"feedback\":\"not_helpful\","
    "\"outcome\":\"unresolved\",\"review_required\":true},{\"type\":"
    "\"takeover\"},{\"type\":\"session.ended\",\"outcome\":"
    "\"resolved_confirmed\"}]";

/* All forms of what came out of it can be read again. */
static void
check_forms(struct conversation *c)
{
    struct buf row = {0}, json = {0};
    struct conversation *back;
    struct err e = {0};

    json_decref(view_of(c, 0));
    json_decref(view_of(c, 1));
    conversation_row(c, &row);
    conversation_json(c, &json);
    back = conversation_from_row("t", "s", "s:1", row.data, row.len, &e);
    if (back == NULL)
        fail_msg("%s: %s", e.text, row.data);
    json_decref(json_of(json.data));
    conversation_free(back);
    buf_free(&row);
    buf_free(&json);
}

static bool
take_mutated(const struct buf *packed)
{
    struct arena *a = arena_new(0);
    struct redactor r = REDACTOR_DEFAULT;
    struct conversation *c = new_conversation();
    struct conversation_change change;
    struct err e = {0};
    char *bytes = arena_dup(a, packed->data, packed->len);
    const struct value *v = value_read(a, bytes, packed->len, 10000, &e);
    struct event *events;
    size_t count = 0;
    bool taken = v != NULL && event_read(a, v, &events, &count, &e) == 0;

    for (size_t i = 0; taken && i < count; i++) {
        event_redact(&events[i], &r, a);
        assert_int_equal(conversation_apply(c, &events[i], 7, &change, &e), 0);
    }
    if (taken)
        event_clear(events, count);
    check_forms(c);
    conversation_free(c);
    arena_free(a);
    return taken;
}

static void
test_mutated_events(void **state)
{
    json_t *json = json_of(rich);
    struct buf packed = {0}, mutated = {0};
    uint64_t seed = 11;
    int taken = 0;

    (void)state;
    pack_json(&packed, json);
    assert_true(take_mutated(&packed));
    for (int round = 0; round < 20000; round++) {
        uint32_t bytes = 1 + next_random(&seed) % 3;

        buf_clear(&mutated);
        buf_add(&mutated, packed.data, packed.len);
        while (bytes-- > 0)
            mutated.data[next_random(&seed) % mutated.len] =
                (char)next_random(&seed);
        taken += take_mutated(&mutated);
    }
    assert_true(taken > 100); /* else nothing behind the parser was tried */
    json_decref(json);
    buf_free(&packed);
    buf_free(&mutated);
}

/* Each member in turn replaced by a value of each type. */
static json_t *
odd_value(int which)
{
    switch (which) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer(INT64_MIN);
    case 3:
        return json_real(-1e308);
    case 4:
        return json_string("");
    case 5:
        return json_array();
    case 6:
        return json_pack("[i,{s:i},n,s]", 1, "a", 2, "x");
    default:
        return json_pack("{s:{s:n},s:[]}", "a", "b", "c");
    }
}
#define ODD_VALUES 8

static int
replace_each(json_t *whole, json_t *part, int *tried)
{
    int taken = 0;
    const char *key;
    json_t *member;
    void *next;

    json_object_foreach_safe(part, next, key, member)
    {
        json_incref(member);
        for (int i = 0; i < ODD_VALUES; i++, ++*tried) {
            struct buf packed = {0};

            json_object_set_new(part, key, odd_value(i));
            pack_json(&packed, whole);
            taken += take_mutated(&packed);
            buf_free(&packed);
        }
        json_object_set(part, key, member);
        if (json_is_object(member))
            taken += replace_each(whole, member, tried);
        for (size_t i = 0; i < json_array_size(member); i++)
            taken += replace_each(whole, json_array_get(member, i), tried);
        json_decref(member);
    }
    return taken;
}

static void
test_every_type_everywhere(void **state)
{
    json_t *json = json_of(rich);
    int tried = 0, taken = replace_each(json, json_array_get(json, 0), &tried);

    (void)state;
    assert_true(tried > 300);
    assert_true(taken > 50 && taken < tried);
    json_decref(json);
}

/* --- the adapters' golden events, from the project's folder --- */

static void
test_golden_events(void **state)
{
    static const char folder[] = "adapters/sources/golden";
    static const char ending[] = ".expected.json";
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t files = 0;

    (void)state;
    if (dir == NULL)
        skip();
    while ((entry = readdir(dir)) != NULL) {
        struct arena *a = arena_new(0);
        size_t n = strlen(entry->d_name), count;
        struct buf packed = {0};
        struct event *events;
        struct err e = {0};
        char path[512];
        json_t *json;

        snprintf(path, sizeof path, "%s/%.300s", folder, entry->d_name);
        json =
            n > sizeof ending &&
                    strcmp(entry->d_name + n - (sizeof ending - 1), ending) == 0
                ? json_load_file(path, 0, NULL)
                : NULL;
        if (json_is_array(json)) {
            pack_json(&packed, json);
            if (event_read(a, value_of_pack(a, &packed), &events, &count, &e) !=
                0)
                fail_msg("%s: %s", path, e.text);
            event_clear(events, count);
            files++;
        }
        json_decref(json);
        buf_free(&packed);
        arena_free(a);
    }
    closedir(dir);
    assert_true(files > 0);
}

static void
test_type_names(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT; i++) {
        const char *name = event_type_name((enum event_type)i);
        enum event_type back;

        assert_true(event_type_from_name(name, strlen(name), &back));
        assert_int_equal(back, i);
    }
    assert_string_equal(event_type_name(EVENT_COUNT), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_s21),
        cmocka_unit_test(test_nothing_told),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_complaints_name_the_place),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_nul_in_a_name),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_key_before_redaction),
        cmocka_unit_test(test_redaction_everywhere_i11),
        cmocka_unit_test(test_harmless_values),
        cmocka_unit_test(test_mutated_events),
        cmocka_unit_test(test_every_type_everywhere),
        cmocka_unit_test(test_golden_events),
        cmocka_unit_test(test_type_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
