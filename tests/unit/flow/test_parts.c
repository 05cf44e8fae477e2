/* A conversation that goes to the rules in two parts, what its moments share
 * and what each has besides, is the same to them as the whole of it. */
#include "unit/model/conversations.h"
#include "unit/script/try.h"

/* One with every member there is, then some with less. */
static const char *const recordings[] = {
    "{\"id\":\"all\",\"source\":\"web\",\"channel\":\"chat\",\"brand\":\"b\","
    "\"native_id\":\"n\",\"native_url\":\"https://x.test/n\",\"language\":"
    "\"de\",\"intent\":{\"name\":\"refund\",\"title\":\"Refund\","
    "\"confidence\":"
    "0.9},\"sentiment\":{\"score\":-0.5},\"urgency\":\"high\","
    "\"customer\":{\"id\":\"1\",\"name\":\"Ada\",\"email\":\"a@x.test\","
    "\"tier\":\"vip\",\"locale\":\"de-DE\",\"floor\":3,\"email_verified\":true}"
    ","
    "\"fields\":{\"order\":\"88\",\"late\":1},\"attributes\":{\"a\":[1,{}]},"
    "\"ai\":{\"model\":\"m\",\"failed_attempts\":2},"
    "\"reveal\":[{\"after_message\":3,\"values\":{\"late\":2}}],"
    "\"handoff\":{\"via\":\"signal\",\"reason\":\"r\"},\"messages\":["
    "{\"role\":\"customer\",\"at\":\"2026-03-01T10:00:00Z\",\"text\":\"Wo?\","
    "\"language\":\"de\",\"attachments\":[{\"name\":\"x\"}]},"
    "{\"role\":\"ai\",\"at\":\"2026-03-01T10:00:09Z\",\"text\":\"Da.\","
    "\"confidence\":0.3,\"feedback\":\"not_helpful\"},"
    "{\"role\":\"customer\",\"at\":\"2026-03-01T10:01:00Z\",\"text\":"
    "\"My card is 4111 1111 1111 1111\",\"language\":\"en\","
    "\"intent\":\"payment\",\"sentiment\":-0.9},"
    "{\"role\":\"human_agent\",\"text\":\"Hi\"},"
    "{\"role\":\"customer\",\"at\":\"2026-03-01T10:09:00Z\",\"text\":\"?\"}]}",
    "{\"id\":\"few\",\"messages\":[{\"role\":\"customer\",\"text\":\"hi\"},"
    "{\"role\":\"ai\",\"text\":\"yes?\"}]}",
    "{\"id\":\"none\",\"messages\":[]}",
};

static struct sandbox_image *echo;

static int
open_echo(void **state)
{
    static const struct try_file file = {
        "std.lua",
        "return { run = function(c) local m = c.messages\n"
        "  if #m > 99 then c.messages = { #m, m[1], m[50], m[#m] } end\n"
        "  return c end }",
        true};

    try_setup(state);
    echo = try_load(&file, 1, NULL);
    assert_non_null(echo);
    return 0;
}

static int
close_echo(void **state)
{
    sandbox_image_free(echo);
    return try_teardown(state);
}

/* What the rules are given, as they would return it. */
static void
show(const struct buf *args, struct buf *out)
{
    buf_clear(out);
    sandbox_call(try_sandbox, echo, "run", args->data, args->len, &try_limits,
                 out, &try_outcome);
    assert_int_equal(try_outcome.class, SCRIPT_OK);
}

/* Packed whole, or what a moment has besides what is shared. */
typedef void pack_it(const struct conversation *c, int64_t upto,
                     struct buf *out);

static void
show_packed(const struct conversation *c, pack_it *pack, int64_t upto,
            struct buf *out)
{
    struct buf args = {0};

    pack_array(&args, 1);
    pack(c, upto, &args);
    show(&args, out);
    buf_free(&args);
}

static void
share(const struct conversation *c, int64_t upto)
{
    struct buf shared = {0};

    conversation_pack_shared(c, upto, &shared);
    sandbox_share(try_sandbox, echo, shared.data, shared.len, &try_limits,
                  &try_outcome);
    assert_int_equal(try_outcome.class, SCRIPT_OK);
    buf_free(&shared);
}

/* Every moment as far as `most` messages; 0 is the end. */
static void
compare(const struct conversation *c, size_t most)
{
    struct buf whole[100] = {{0}}, part = {0};

    for (size_t upto = 0; upto <= most; upto++)
        show_packed(c, conversation_pack, (int64_t)upto, &whole[upto]);
    share(c, most < c->message_count ? (int64_t)most : 0);
    for (size_t upto = most < c->message_count ? 1 : 0; upto <= most; upto++) {
        show_packed(c, conversation_pack_moment, (int64_t)upto, &part);
        assert_int_equal(part.len, whole[upto].len);
        assert_memory_equal(part.data, whole[upto].data, part.len);
    }
    sandbox_forget(try_sandbox);
    for (size_t upto = 0; upto <= most; upto++)
        buf_free(&whole[upto]);
    buf_free(&part);
}

static void
the_parts_make_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
        struct conversation *c = recorded(recordings[i]);

        for (size_t most = 0; most <= c->message_count; most++)
            compare(c, most);
        conversation_free(c);
    }
}

/* What an engine knows besides what was recorded. */
static void
a_ticket_and_a_wait_are_shared(void **state)
{
    struct conversation *c = recorded(recordings[0]);
    struct buf whole = {0};

    (void)state;
    conversation_set(c, &c->wait_rule, "later");
    c->wait_since = 5;
    c->wait_due = 9;
    c->state = STATE_WAITING;
    conversation_set(c, &c->handoff_id, "h-1");
    conversation_set(c, &c->ticket_id, "17");
    json_object_set_new(c->rule_state, "offered", json_object());
    compare(c, c->message_count);
    show_packed(c, conversation_pack, 0, &whole);
    assert_non_null(memmem(whole.data, whole.len, "due_at_ms", 9));
    assert_non_null(memmem(whole.data, whole.len, "offered", 7));
    conversation_free(c);
    buf_free(&whole);
}

/* Of a long one only the newest messages are offered. */
static void
the_oldest_are_left_out(void **state)
{
    struct buf text = {0};
    struct conversation *c;
    struct buf whole = {0}, part = {0};
    int64_t count = CONVERSATION_OFFER_MESSAGES + 30;

    (void)state;
    buf_adds(&text, "{\"id\":\"long\",\"messages\":[");
    for (int64_t i = 0; i < count; i++)
        buf_addf(&text, "%s{\"role\":\"%s\",\"text\":\"message %lld\"}",
                 i > 0 ? "," : "", i % 2 == 0 ? "customer" : "ai",
                 (long long)i);
    buf_adds(&text, "]}");
    c = recorded(buf_str(&text));
    for (int64_t upto = count - 40; upto <= count; upto += 13) {
        show_packed(c, conversation_pack, upto, &whole);
        share(c, 0);
        show_packed(c, conversation_pack_moment, upto, &part);
        assert_int_equal(part.len, whole.len);
        assert_memory_equal(part.data, whole.data, part.len);
        sandbox_forget(try_sandbox);
    }
    conversation_free(c);
    buf_free(&text);
    buf_free(&whole);
    buf_free(&part);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_make_the_whole),
        cmocka_unit_test(a_ticket_and_a_wait_are_shared),
        cmocka_unit_test(the_oldest_are_left_out),
    };

    return cmocka_run_group_tests(tests, open_echo, close_echo);
}
