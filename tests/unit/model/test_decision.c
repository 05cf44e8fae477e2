/* The decision: what rules return is checked member by member; its JSON is
 * canonical and comes back. S29 S122 S140 S170, I4 I6. */
#include "unit/model/conversations.h"

#include "model/decision.h"

static int
read_json(struct arena *a, const char *text, struct decision *d, struct err *e)
{
    return decision_read(a, value_of(a, text), true, d, e);
}

static struct decision
decided(struct arena *a, const char *text)
{
    struct decision d;
    struct err e = {0};

    if (read_json(a, text, &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

/* Every member, in the order of its name: also what decision_json gives. */
static const char whole[] =
    "{\"action\":\"escalate\",\"actions\":[{\"type\":\"webhook\"}],"
    "\"append_to\":\"t1\",\"as\":\"conversation\",\"assignee\":\"kim\","
    "\"at_ms\":1770000000000,\"cancel_on\":[\"customer_message\"],"
    "\"collect\":{\"slots\":[\"a\"]},\"description\":\"d\",\"evidence\":[{"
    "\"quote\":\"I want it back\",\"seq\":3,\"signal\":\"says\","
    "\"threshold\":\"1\",\"value\":\"refund\"},{\"signal\":\"turns(3)\"}],"
    "\"fields\":{\"a\":9007199254740993,\"b\":0.5},\"final\":true,"
    "\"group\":\"billing\",\"group_from\":\"rule\",\"helpdesk\":\"zd\","
    "\"link_to\":\"t2\",\"message\":\"Hello \\\"you\\\"\",\"near\":"
    "[\"self_harm, but only a saying: killing me\"],\"need\":"
    "\"approval\",\"next_step\":\"Check\",\"notifiers\":[\"pager\"],"
    "\"priority\":\"high\","
    "\"priority_from\":\"reason\",\"reason\":\"refund\",\"reasons\":["
    "\"vip\"],\"risk\":\"low\",\"rule\":\"r\",\"rule_state\":{\"x\":1},"
    "\"skills\":[\"fr\"],\"subject\":\"Refund \xc3\xa4\",\"summary\":\"s\","
    "\"tags\":[\"usher\",\"reason:refund\"],\"timing\":\"wait\",\"trace\":[{"
    "\"fired\":true,\"rule\":\"r\"}],\"transcript\":\"last_n\","
    "\"transcript_n\":5,\"wait_s\":600}";

/* I6: read, written, read back from its row: the same bytes each time. */
static void
test_round_trip_i6(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d = decided(a, whole), back;
    struct buf one = {0}, two = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(d.action, ACTION_ESCALATE);
    assert_int_equal(d.priority, PRIORITY_HIGH);
    assert_int_equal(d.evidence_count, 2);
    assert_int_equal(d.evidence[1].seq, 0);
    assert_int_equal(d.wait_s, 600);
    decision_json(&d, true, &one);
    assert_string_equal(buf_str(&one), whole);
    assert_int_equal(decision_from_json(a, one.data, one.len, &back, &e), 0);
    decision_json(&back, true, &two);
    assert_string_equal(buf_str(&two), whole);
    buf_clear(&one);
    decision_json(&back, false, &one);
    assert_null(strstr(one.data, "trace"));
    assert_true(one.len < two.len);
    decision_clear(&d);
    decision_clear(&back);
    decision_clear(&back); /* twice is fine */
    buf_free(&one);
    buf_free(&two);
    arena_free(a);
}

/* The same decision with its members in another order: the same bytes. */
static void
test_order_does_not_matter(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d;
    struct buf packed = {0}, out = {0};
    json_t *json = json_of(whole);
    const char *keys[64], *key;
    size_t n = 0;
    json_t *value;
    struct err e = {0};

    (void)state;
    json_object_foreach(json, key, value)
    {
        keys[n++] = key;
    }
    pack_map(&packed, n);
    while (n-- > 0) {
        pack_cstr(&packed, keys[n]);
        pack_json(&packed, json_object_get(json, keys[n]));
    }
    assert_int_equal(decision_read(a, value_of_pack(a, &packed), true, &d, &e),
                     0);
    decision_json(&d, true, &out);
    assert_string_equal(buf_str(&out), whole);
    decision_clear(&d);
    json_decref(json);
    buf_free(&packed);
    buf_free(&out);
    arena_free(a);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *json, *says;
    } table[] = {
        {"[]", "decision: table"},
        {"{\"reason\":\"r\"}", "decision.action: missing"},
        {"{\"action\":\"fly\"}", "decision.action: keep, offer"},
        {"{\"action\":7}", "decision.action"},
        {"{\"action\":\"keep\",\"actoin\":1}", "decision.actoin: not a"},
        {"{\"action\":\"keep\",\"failed\":true}", "decision.failed: not a"},
        {"{\"action\":\"keep\",\"group\":7}", "decision.group: string"},
        {"{\"action\":\"keep\",\"priority\":\"p1\"}",
         "decision.priority: low, normal"},
        {"{\"action\":\"keep\",\"fields\":[1]}",
         "decision.fields: table of names"},
        {"{\"action\":\"keep\",\"fields\":\"x\"}",
         "decision.fields: table of names"},
        {"{\"action\":\"keep\",\"skills\":{\"a\":1}}", "decision.skills: list"},
        {"{\"action\":\"keep\",\"tags\":\"x\"}", "decision.tags: list"},
        {"{\"action\":\"keep\",\"tags\":{\"a\":1}}", "decision.tags: list"},
        {"{\"action\":\"keep\",\"tags\":[\"Upper\"]}",
         "decision.tags: a tag is"},
        {"{\"action\":\"keep\",\"tags\":[\"a b\"]}", "decision.tags: a tag"},
        {"{\"action\":\"keep\",\"tags\":[\"\"]}", "decision.tags: a tag is"},
        {"{\"action\":\"keep\",\"tags\":[7]}", "decision.tags: a tag is"},
        {"{\"action\":\"keep\",\"evidence\":[7]}",
         "decision.evidence: list of tables"},
        {"{\"action\":\"keep\",\"message\":{}}",
         "decision.message: string or false"},
        {"{\"action\":\"keep\",\"final\":1}", "decision.final: true or"},
        {"{\"action\":\"keep\",\"wait_s\":\"10m\"}", "decision.wait_s: number"},
        {"{\"action\":\"keep\",\"wait_s\":-1}", "decision.wait_s: a number"},
        {"{\"action\":\"keep\",\"at_ms\":1e300}", "decision.at_ms: a number"},
        {"{\"action\":\"keep\",\"as\":\"note\"}",
         "decision.as: ticket, conversation expected"},
        {"{\"action\":\"keep\",\"timing\":\"soon\"}", "decision.timing"},
        {"{\"action\":\"keep\",\"need\":\"money\"}", "decision.need"},
        {"{\"action\":\"keep\",\"trace\":7}", "decision.trace: table"},
        {"{\"action\":\"keep\",\"due_at_ms\":7}",
         "decision.due_at_ms: not a decision's member"},
        /* I4, S140 */
        {"{\"action\":\"escalate\",\"next_step\":\"n\"}",
         "decision.reason: escalate needs"},
        {"{\"action\":\"escalate\",\"reason\":\"r\"}",
         "decision.next_step: escalate needs"},
        {"{\"action\":\"escalate\",\"reason\":\"r\",\"next_step\":\"\"}",
         "decision.next_step: escalate needs"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct arena *a = arena_new(0);
        struct decision d;
        struct err e = {0};

        assert_int_equal(read_json(a, table[i].json, &d, &e), -1);
        assert_int_equal(e.class, ERR_SCRIPT);
        if (strstr(e.text, table[i].says) == NULL)
            fail_msg("'%s' in '%s'", table[i].says, e.text);
        arena_free(a);
    }
}

/* S170: priority and assignee: both absent, each alone, both. */
static void
test_optional_members_s170(void **state)
{
    static const struct {
        const char *json, *assignee, *priority;
    } table[] = {
        {"{\"action\":\"keep\"}", NULL, NULL},
        {"{\"action\":\"keep\",\"assignee\":\"a\"}", "a", NULL},
        {"{\"action\":\"keep\",\"priority\":\"low\"}", NULL, "low"},
        {"{\"action\":\"keep\",\"assignee\":\"a\",\"priority\":\"urgent\"}",
         "a", "urgent"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct arena *a = arena_new(0);
        struct decision d = decided(a, table[i].json);
        struct buf out = {0};
        json_t *json;

        decision_json(&d, true, &out);
        json = json_of(out.data);
        if (table[i].assignee == NULL)
            assert_null(json_at(json, "assignee"));
        else
            assert_string_equal(text_at(json, "assignee"), table[i].assignee);
        if (table[i].priority == NULL)
            assert_null(json_at(json, "priority"));
        else
            assert_string_equal(text_at(json, "priority"), table[i].priority);
        json_decref(json);
        buf_free(&out);
        arena_free(a);
    }
}

/* message = false says nothing to the customer, and that comes back; empty
 * tables of a script may come either way. */
static void
test_message_and_empty_tables(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d = decided(
        a, "{\"action\":\"keep\",\"message\":false,\"tags\":{},\"fields\":[],"
           "\"skills\":{},\"evidence\":{}}");
    struct decision back;
    struct buf out = {0};
    struct err e = {0};

    (void)state;
    assert_true(d.message_off);
    assert_null(d.fields);
    decision_json(&d, true, &out);
    assert_string_equal(buf_str(&out),
                        "{\"action\":\"keep\",\"message\":false}");
    assert_int_equal(decision_from_json(a, out.data, out.len, &back, &e), 0);
    assert_true(back.message_off);
    d = decided(a, "{\"action\":\"keep\",\"message\":true}");
    assert_false(d.message_off);
    assert_null(d.message);
    buf_free(&out);
    arena_free(a);
}

/* The subject has 150 characters at most, and none of them is cut in two. */
static void
test_subject_is_clipped(void **state)
{
    struct arena *a = arena_new(0);
    struct buf json = {0};
    struct decision d;

    (void)state;
    buf_adds(&json, "{\"action\":\"keep\",\"subject\":\"");
    for (int i = 0; i < DECISION_SUBJECT_MAX - 1; i++)
        buf_addc(&json, 'x');
    /* one character of several code points, then one too many */
    buf_adds(&json, "e\xcc\x81\xcc\xa3y\"}");
    d = decided(a, json.data);
    assert_int_equal(utf8_graphemes(d.subject, strlen(d.subject), 1000),
                     strlen(d.subject));
    assert_int_equal(strlen(d.subject), DECISION_SUBJECT_MAX - 1 + 5);
    buf_free(&json);
    arena_free(a);
}

/* Limits on lists: 32 tags are fine, 33 are not; evidence above 16 and texts
 * above their limit are cut. */
static void
test_limits(void **state)
{
    struct arena *a = arena_new(0);
    struct buf json = {0};
    struct decision d;
    struct err e = {0};

    (void)state;
    for (int tags = DECISION_TAGS_MAX; tags <= DECISION_TAGS_MAX + 1; tags++) {
        buf_clear(&json);
        buf_adds(&json, "{\"action\":\"keep\",\"tags\":[\"t0\"");
        for (int i = 1; i < tags; i++)
            buf_addf(&json, ",\"t%d\"", i);
        buf_adds(&json, "]}");
        assert_int_equal(read_json(a, json.data, &d, &e),
                         tags > DECISION_TAGS_MAX ? -1 : 0);
    }
    buf_clear(&json);
    buf_adds(&json, "{\"action\":\"keep\",\"summary\":\"");
    for (int i = 0; i < 3000; i++)
        buf_adds(&json, "\xc3\xa4");
    buf_adds(&json, "\",\"evidence\":[{\"seq\":-4,\"value\":{\"a\":1}}");
    for (int i = 1; i < 20; i++)
        buf_adds(&json, ",{\"seq\":1,\"value\":0.5}");
    buf_adds(&json, "]}");
    d = decided(a, json.data);
    assert_int_equal(strlen(d.summary), 4096);
    assert_true(utf8_valid(d.summary, 4096));
    assert_int_equal(d.evidence_count, 16);
    assert_int_equal(d.evidence[0].seq, 0);
    assert_string_equal(d.evidence[0].value, "{\"a\":1}");
    assert_string_equal(d.evidence[1].value, "0.5");
    buf_free(&json);
    arena_free(a);
}

/* Without a full trace the later rules that match too are all of it; not
 * wanted, neither is kept. */
static void
test_trace_and_would(void **state)
{
    static const char both[] = "{\"action\":\"keep\",\"trace\":[{\"rule\":"
                               "\"r\"}],\"would\":[\"a\"]}";
    struct arena *a = arena_new(0);
    struct decision d = decided(a, "{\"action\":\"keep\",\"would\":[\"a\"]}");
    struct err e = {0};

    (void)state;
    assert_string_equal(d.trace, "{\"would\":[\"a\"]}");
    d = decided(a, both);
    assert_string_equal(d.trace, "[{\"rule\":\"r\"}]");
    assert_int_equal(decision_read(a, value_of(a, both), false, &d, &e), 0);
    assert_null(d.trace);
    arena_free(a);
}

/* The fail-safe: a human, and why; whatever stands in the failure's text. */
static void
test_failsafe(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d, back;
    struct buf out = {0};
    struct err e = {0};
    char text[1000];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[999] = '\0';
    decision_failsafe(a, "budget", text, &d);
    assert_true(d.failed);
    assert_int_equal(d.action, ACTION_ESCALATE);
    assert_string_equal(d.reason, "error");
    assert_string_equal(d.tags[1], "usher:rule-failed");
    assert_string_equal(d.tags[3], "reason:error"); /* S28 */
    assert_non_null(strstr(d.next_step, "(budget)"));
    assert_true(utf8_valid(d.next_step, strlen(d.next_step)));
    assert_true(strlen(d.next_step) < 500);
    assert_null(d.group);
    decision_json(&d, true, &out);
    assert_int_equal(decision_from_json(a, out.data, out.len, &back, &e), 0);
    assert_true(back.failed);
    buf_free(&out);
    arena_free(a);
}

static void
test_keep(void **state)
{
    struct decision d;
    struct buf out = {0};

    (void)state;
    decision_keep(&d);
    decision_json(&d, true, &out);
    assert_string_equal(buf_str(&out), "{\"action\":\"keep\"}");
    buf_free(&out);
}

/* A stored decision that is not one, and hostile ones from a worker. */
static void
test_hostile(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "7"};
    static const char odd[] =
        "{\"action\":7,\"tags\":[7,{}],\"evidence\":[7,[]],\"fields\":7,"
        "\"skills\":{},\"trace\":null,\"wait_s\":\"x\",\"message\":[]}";
    struct arena *a = arena_new(0);
    json_t *json = json_of(whole);
    struct buf packed = {0}, mutated = {0}, out = {0};
    struct decision d;
    struct err e = {0};
    uint64_t seed = 5;
    int taken = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(decision_from_json(a, bad[i], strlen(bad[i]), &d, &e),
                         -1);
    assert_int_equal(decision_from_json(a, odd, strlen(odd), &d, &e), 0);
    decision_json(&d, true, &out);
    decision_clear(&d);
    pack_json(&packed, json);
    for (int round = 0; round < 20000; round++) {
        struct arena *own = arena_new(0);
        const struct value *v;

        buf_clear(&mutated);
        buf_add(&mutated, packed.data, packed.len);
        for (uint32_t n = 1 + next_random(&seed) % 3; n > 0; n--)
            mutated.data[next_random(&seed) % mutated.len] =
                (char)next_random(&seed);
        v = value_read(own, mutated.data, mutated.len, 1000, &e);
        if (v != NULL && decision_read(own, v, true, &d, &e) == 0) {
            struct decision back;
            struct buf one = {0}, two = {0};

            decision_json(&d, true, &one);
            assert_int_equal(
                decision_from_json(own, one.data, one.len, &back, &e), 0);
            decision_json(&back, true, &two);
            assert_string_equal(buf_str(&one), buf_str(&two));
            decision_clear(&d);
            decision_clear(&back);
            buf_free(&one);
            buf_free(&two);
            taken++;
        }
        arena_free(own);
    }
    assert_true(taken > 100);
    json_decref(json);
    buf_free(&packed);
    buf_free(&mutated);
    buf_free(&out);
    arena_free(a);
}

/* A row with a NUL could not be read again: nowhere, not even in a key. */
static void
test_no_nul(void **state)
{
    static const char *const members[] = {"summary", "fields", "trace"};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(members); i++) {
        struct arena *a = arena_new(0);
        struct buf packed = {0};
        struct decision d;
        struct err e = {0};

        pack_map(&packed, 2);
        pack_cstr(&packed, "action");
        pack_cstr(&packed, "keep");
        pack_cstr(&packed, members[i / 2]);
        if (i / 2 > 0)
            pack_map(&packed, 1);
        pack_str(&packed, "a\0b", i % 2 == 0 || i < 2 ? 3 : 1);
        if (i / 2 > 0)
            pack_str(&packed, "c\0d", i % 2 == 0 ? 1 : 3);
        assert_int_equal(
            decision_read(a, value_of_pack(a, &packed), true, &d, &e), -1);
        assert_non_null(strstr(e.text, "NUL"));
        buf_free(&packed);
        arena_free(a);
    }
}

static void
test_names(void **state)
{
    enum action action;
    enum priority priority;

    (void)state;
    for (int i = 0; i < ACTION_COUNT; i++) {
        const char *name = action_name((enum action)i);

        assert_true(action_from_name(name, strlen(name), &action));
        assert_int_equal(action, i);
    }
    for (int i = PRIORITY_LOW; i <= PRIORITY_URGENT; i++) {
        const char *name = priority_name((enum priority)i);

        assert_true(priority_from_name(name, strlen(name), &priority));
        assert_int_equal(priority, i);
    }
    assert_null(priority_name(PRIORITY_NONE));
    assert_false(priority_from_name("", 0, &priority));
    assert_false(action_from_name("keeper", 6, &action));
}

/* P14 P15: a hand-over into a ticket is one; a template of what nobody knows
 * names no ticket. */
static void
test_tickets_there(void **state)
{
    static const struct {
        const char *json;
        bool hands_over;
    } rows[] = {
        {"{\"action\":\"escalate\",\"reason\":\"r\",\"next_step\":\"n\"}",
         true},
        {"{\"action\":\"append\",\"append_to\":\"4711\"}", true},
        {"{\"action\":\"append\",\"append_to\":\"\"}", false},
        {"{\"action\":\"append\"}", false},
        {"{\"action\":\"link\",\"link_to\":\"90017\"}", false},
        {"{\"action\":\"keep\"}", false},
    };
    struct arena *a = arena_new(0);
    struct decision d;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        d = decided(a, rows[i].json);
        assert_int_equal(decision_hands_over(&d), rows[i].hands_over);
        decision_clear(&d);
    }
    d = decided(a, "{\"action\":\"escalate\",\"reason\":\"r\",\"next_step\":"
                   "\"n\",\"append_to\":\"\",\"link_to\":\"\"}");
    assert_null(d.append_to);
    assert_null(d.link_to);
    decision_clear(&d);
    arena_free(a);
}

/* N11 (P12): a hand-over asks the budgets, and so does the offer of one; what
 * is final, and what says nothing of a budget, asks nobody. */
static void
test_spends(void **state)
{
    static const struct {
        const char *json;
        bool spends;
    } rows[] = {
        {"{\"action\":\"escalate\",\"reason\":\"r\",\"next_step\":\"n\","
         "\"budget\":{\"name\":\"b\"}}",
         true},
        {"{\"action\":\"offer\",\"budget\":{\"share\":{}}}", true},
        {"{\"action\":\"inform\",\"message\":\"m\",\"budget\":{\"name\":"
         "\"b\"}}",
         false},
        {"{\"action\":\"offer\"}", false},
        {"{\"action\":\"escalate\",\"reason\":\"r\",\"next_step\":\"n\","
         "\"final\":true,\"budget\":{\"name\":\"b\"}}",
         false},
    };
    struct arena *a = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct decision d = decided(a, rows[i].json);

        assert_int_equal(decision_spends(&d), rows[i].spends);
        decision_clear(&d);
    }
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_i6),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_optional_members_s170),
        cmocka_unit_test(test_message_and_empty_tables),
        cmocka_unit_test(test_subject_is_clipped),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_trace_and_would),
        cmocka_unit_test(test_failsafe),
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_no_nul),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_tickets_there),
        cmocka_unit_test(test_spends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
