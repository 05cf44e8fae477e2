/* Redaction, transcripts, outbound requests, decisions: what leaves the engine
 * and what may not. Rows S16 S17 S21 S25 S26 S56 S57 S74 S105 S132 S135 S136
 * S137 S138 S139 S140 S91, sec S14 S15 S20 S30. */
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
#include "base/str.h"
#include "base/value.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/outbound.h"
#include "model/redact.h"
#include "model/ticket.h"
#include "model/transcript.h"

/* --- redaction (sec S20) --- */

static void
redacts(const char *text, const char *want)
{
    struct redactor r = REDACTOR_DEFAULT;
    struct buf out = {0};

    r.on[REDACT_EMAIL] = r.on[REDACT_PHONE] = true;
    redact_text(&r, text, strlen(text), &out, NULL);
    assert_string_equal(buf_str(&out), want);
    assert_int_equal(redact_would(&r, text, strlen(text)),
                     strcmp(text, want) != 0);
    buf_free(&out);
}

static void
test_redact(void **state)
{
    (void)state;
    redacts("4111111111111111", "[card]");
    redacts("my card 4111-1111-1111-1111, thanks", "my card [card], thanks");
    redacts("5500 0000 0000 0004 exp 12/29", "[card] exp 12/29");
    redacts("amex 378282246310005.", "amex [card].");
    redacts("4111111111111112", "4111111111111112"); /* Luhn says no */
    redacts("order 1234567890123456", "order 1234567890123456");
    redacts("DE89 3704 0044 0532 0130 00 please", "[iban] please");
    redacts("GB82WEST12345698765432", "[iban]");
    redacts("DE89370400440532013001", "DE89370400440532013001");
    redacts("key sk-abcdefghijklmnopqrstuvwx", "key [secret]");
    redacts("password: hunter2!", "password: [secret]");
    redacts("my password is wrong", "my password is wrong");
    redacts("Bearer abcdefghijklmnop1234", "[secret]");
    redacts("write to jo.doe@example.test now", "write to [email] now");
    redacts("call +49 170 1234567 today", "call [phone] today");
    redacts("ticket 35436 of 2026-11-21 costs 499.99",
            "ticket 35436 of 2026-11-21 costs 499.99");
    redacts("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE "
            "KEY-----\nok",
            "[secret]\nok");
}

/* 400 generated cards are all found; 400 that fail Luhn all stay. */
static void
test_redact_recall(void **state)
{
    struct redactor r = REDACTOR_DEFAULT;
    int found = 0, kept = 0;

    (void)state;
    srand(3);
    for (int i = 0; i < 400; i++) {
        char digits[17], text[64];
        int sum = 0;

        digits[0] = '4';
        for (int k = 1; k < 15; k++)
            digits[k] = (char)('0' + rand() % 10);
        for (int k = 0; k < 15; k++) {
            int v = digits[k] - '0';

            if (k % 2 == 0)
                v = v * 2 > 9 ? v * 2 - 9 : v * 2;
            sum += v;
        }
        digits[15] = (char)('0' + (10 - sum % 10) % 10);
        digits[16] = '\0';
        snprintf(text, sizeof text, "pay with %s now", digits);
        found += redact_would(&r, text, strlen(text));
        digits[15] = (char)('0' + (digits[15] - '0' + 1) % 10);
        snprintf(text, sizeof text, "pay with %s now", digits);
        kept += !redact_would(&r, text, strlen(text));
    }
    assert_int_equal(found, 400);
    assert_int_equal(kept, 400);
}

/* sec S30: hostile text costs linear time: this would not end otherwise. */
static void
test_redact_linear(void **state)
{
    struct redactor r = REDACTOR_DEFAULT;
    struct buf text = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        buf_adds(&text, i % 3 == 0 ? "4 " : i % 3 == 1 ? "DE8-" : "sk-a ");
    (void)redact_would(&r, text.data, text.len);
    buf_free(&text);
}

/* --- transcripts --- */

static struct conversation *
chat(size_t messages, const char *text)
{
    struct buf json = {0};
    struct err e = {0};
    struct conversation *c;
    json_t *r;

    buf_adds(&json,
             "{\"id\":\"web:1\",\"source\":\"web\",\"channel\":\"chat\","
             "\"customer\":{\"name\":\"Mara <b>\",\"email\":\"m@x.test\"}"
             ",\"fields\":{\"order_number\":\"88213\"},\"attributes\":{"
             "\"plan\":\"pro\",\"order_number\":\"88213\"},\"intent\":"
             "\"delivery\",\"messages\":[");
    for (size_t i = 0; i < messages; i++) {
        buf_addf(&json,
                 "%s{\"role\":\"%s\",\"at\":\"2026-11-21T10:00:00Z\","
                 "\"text\":",
                 i > 0 ? "," : "", i % 2 == 0 ? "customer" : "ai");
        json_put_str(&json, text, strlen(text));
        buf_adds(&json, "}");
    }
    buf_adds(&json, "]}");
    r = json_read(json.data, json.len, &e);
    assert_non_null(r);
    c = conversation_from_recording(r, &e);
    assert_non_null(c);
    json_decref(r);
    buf_free(&json);
    return c;
}

static const struct decision asked = {
    .action = ACTION_ESCALATE,
    .reason = "customer_request",
    .rule = "asked for a person",
    .group = "support",
    .group_from = "default",
    .priority = PRIORITY_HIGH,
    .next_step = "Reply to the customer",
    .evidence =
        &(struct evidence){1, "asks_for_human()", "direct", NULL, "a person"},
    .evidence_count = 1,
};

static void
render(const struct conversation *c, enum text_format f, size_t max,
       struct buf *out, struct transcript_info *info)
{
    struct transcript_options o = {
        .format = f, .max = max, .handoff_id = "hid", .attached = true};

    buf_clear(out);
    transcript_render(c, &asked, &o, out, info);
}

static void
test_transcript_whole(void **state)
{
    struct conversation *c = chat(5, "Where is my order?");
    struct buf out = {0};
    struct transcript_info info = {0};
    const char *at;

    (void)state;
    render(c, FORMAT_TEXT, 0, &out, &info);
    assert_int_equal(info.messages, 5);
    assert_false(info.cut);
    for (int i = 1; i <= 5; i++) {
        char head[64];

        snprintf(head, sizeof head, "%d. %s, 2026-11-21T10:00:00Z", i,
                 i % 2 ? "Customer" : "AI");
        at = strstr(out.data, head);
        assert_non_null(at);
    }
    at = strstr(out.data, "order_number: 88213");
    assert_non_null(at);
    assert_null(strstr(at + 1, "order_number")); /* told once */
    assert_non_null(strstr(out.data, "plan: pro"));
    assert_non_null(strstr(out.data, "Next: Reply to the customer"));
    assert_non_null(strstr(out.data, "Urgency: high"));
    assert_non_null(strstr(out.data, "group support"));
    assert_non_null(strstr(out.data, "[message 1]"));
    assert_null(strstr(out.data, "null"));
    assert_true(strstr(out.data, "Next:") < out.data + 1000); /* N14 */
    buf_free(&out);
    conversation_free(c);
}

/* S73: of the newest matter only; all of it when there is only one, or when
 * it began after what is shown. */
/* P14 P15: the brief names the tickets it belongs with, and a ticket hears who
 * is counted with it, harmlessly. */
static void
test_tickets_named(void **state)
{
    struct conversation *c = chat(1, "<b>Where</b> is my order?");
    struct decision d = asked;
    struct transcript_options o = {.handoff_id = "hid", .format = FORMAT_HTML};
    struct buf out = {0};

    (void)state;
    transcript_brief(c, &d, &o, &out);
    assert_null(strstr(out.data, "Earlier ticket"));
    assert_null(strstr(out.data, "Belongs with ticket"));
    d.append_to = "47<11";
    d.link_to = "90017";
    buf_clear(&out);
    transcript_brief(c, &d, &o, &out);
    assert_non_null(strstr(out.data, "<b>Earlier ticket:</b> 47&lt;11"));
    assert_non_null(strstr(out.data, "<b>Belongs with ticket:</b> 90017"));
    buf_clear(&out);
    conversation_set(c, &c->customer.name, NULL);
    transcript_link(c, FORMAT_HTML, &out);
    assert_non_null(strstr(out.data, "<b>One more customer:</b> "));
    assert_non_null(strstr(out.data, "&lt;b&gt;Where&lt;/b&gt; is my order?"));
    buf_free(&out);
    conversation_free(c);
}

static void
test_transcript_since_topic(void **state)
{
    static const struct {
        int64_t topic, upto;
        size_t shown; /* the first one */
    } table[] = {{4, 0, 4}, {5, 0, 5},  {0, 0, 1}, {1, 0, 1},
                 {9, 0, 1}, {-1, 0, 1}, {4, 4, 4}, {5, 4, 1}};
    struct conversation *c = chat(5, "Where is my order?");

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct decision d = asked;
        struct transcript_options o = {.handoff_id = "hid",
                                       .upto_seq = table[i].upto};
        struct transcript_info info;
        struct buf out = {0};
        size_t last = table[i].upto > 0 ? (size_t)table[i].upto : 5;

        c->topic_seq = table[i].topic;
        d.transcript = "since_topic";
        transcript_render(c, &d, &o, &out, &info);
        for (size_t k = 1; k <= 5; k++) {
            char head[64];

            snprintf(head, sizeof head, "\n%zu. %s, 2026", k,
                     k % 2 ? "Customer" : "AI");
            assert_true((strstr(out.data, head) != NULL) ==
                        (k >= table[i].shown && k <= last));
        }
        buf_free(&out);
    }
    conversation_free(c);
}

/* Whatever the limit: within it, valid UTF-8, tags whole, newest kept. */
static void
test_transcript_limits(void **state)
{
    struct conversation *c =
        chat(60, "Stra\xc3\x9f"
                 "e \xf0\x9f\x98\x80 <script>alert(1)</script> & "
                 "more words to fill the line");
    struct buf out = {0};

    (void)state;
    for (size_t max = 40; max < 9000; max += 37) {
        for (int f = FORMAT_TEXT; f <= FORMAT_HTML; f++) {
            struct transcript_info info = {0};
            size_t open = 0, close = 0;

            render(c, (enum text_format)f, max, &out, &info);
            assert_true(out.len <= max);
            assert_true(utf8_valid(out.data, out.len));
            assert_true(info.cut || max > 6000);
            if (f != FORMAT_HTML)
                continue;
            assert_null(strstr(buf_str(&out), "<script"));
            for (size_t i = 0; i < out.len; i++) {
                open += out.data[i] == '<';
                close += out.data[i] == '>';
            }
            assert_int_equal(open, close);
        }
    }
    {
        struct transcript_info info = {0};

        render(c, FORMAT_TEXT, 6000, &out, &info);
        assert_non_null(strstr(out.data, "60. "));
        assert_non_null(strstr(out.data, "1. Customer"));
        assert_non_null(strstr(out.data, "left out here"));
        assert_true(info.left_out > 0);
    }
    buf_free(&out);
    conversation_free(c);
}

/* sec S15: nothing of the customer's is markup in any format. */
static void
test_transcript_injection(void **state)
{
    static const char *const hostile[] = {
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![x](http://evil.example/p.png)",
        "`</code><script>`",
        "</p></div><h1>x",
        "# Heading",
        "> quote",
        "| a | b |",
        "&lt;script&gt;",
        "<a href=\"http://evil.example\">x</a>",
        "- [ ] task",
        "***bold***",
        "~~~\ncode\n~~~",
        "&#60;script&#62;",
    };
    struct buf out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        buf_clear(&out);
        transcript_escape(FORMAT_HTML, hostile[i], strlen(hostile[i]), &out);
        for (size_t k = 0; k < out.len; k++)
            if (out.data[k] == '<')
                assert_int_equal(memcmp(out.data + k, "<br>", 4), 0);
        assert_null(strstr(out.data, "\""));
        buf_clear(&out);
        transcript_escape(FORMAT_MARKDOWN, hostile[i], strlen(hostile[i]),
                          &out);
        for (size_t k = 0; k < out.len; k++)
            if (strchr("[]()<>`*_#|~!", out.data[k]) != NULL)
                assert_true(k > 0 && out.data[k - 1] == '\\');
    }
    buf_free(&out);
}

/* What the AI tried, with articles. */
static struct conversation *
consulted(const char *attempts)
{
    struct conversation *c = chat(2, "Where is it?");
    struct err e = {0};

    json_object_set_new(c->ai, "attempts",
                        json_read(attempts, strlen(attempts), &e));
    assert_non_null(json_object_get(c->ai, "attempts"));
    return c;
}

/* S91: articles are links, with what the AI answered behind them. */
static void
test_articles(void **state)
{
    static const char attempts[] =
        "[{\"type\":\"clarify\"},{\"type\":\"answer\",\"summary\":"
        "\"It is on its way.\",\"articles\":[{\"title\":\"Late <b>[parcels]\","
        "\"url\":\"https://help.test/late?a=1&copy;=2\"},"
        "{\"url\":\"http://help.test/x(y)\"},{\"title\":\"On paper\"}]}]";
    static const char *const wanted[] = {
        [FORMAT_TEXT] =
            "Late <b>[parcels]: https://help.test/late?a=1&copy;=2\n"
            "- http://help.test/x(y)\n"
            "Article: On paper\n"
            "The AI answered: It is on its way.\n",
        [FORMAT_MARKDOWN] =
            "- [Late \\<b\\>\\[parcels\\]]"
            "(<https://help.test/late?a=1&amp;copy;=2>)\n"
            "- [http\\://help\\.test/x\\(y\\)](<http://help.test/x(y)>)\n",
        [FORMAT_HTML] =
            "<li><a href=\"https://help.test/late?a=1&amp;copy;=2\" "
            "rel=\"noreferrer noopener\">Late &lt;b&gt;[parcels]</a></li>\n"
            "<li><a href=\"http://help.test/x(y)\" ",
    };
    struct conversation *c = consulted(attempts);
    struct buf out = {0};
    struct transcript_info info = {0};

    (void)state;
    for (int f = FORMAT_TEXT; f <= FORMAT_HTML; f++) {
        render(c, f, 0, &out, &info);
        if (strstr(buf_str(&out), wanted[f]) == NULL)
            fail_msg("no '%s' in %s", wanted[f], buf_str(&out));
    }
    buf_free(&out);
    conversation_free(c);
}

/* S91, sec S15: what is no plain address of the web leads nowhere. */
static void
test_articles_without_link(void **state)
{
    static const char *const addresses[] = {
        "javascript:alert(1)",
        "data:text/html,x",
        "//help.test/x",
        "https://help.test/\" onclick=\"alert(1)",
        "https://help.test/> [x](http://evil.test)",
        "https://help.test/\\x",
        "https://help.test/\xe2\x80\xae",
        " https://help.test",
        "",
    };
    struct buf out = {0};
    struct transcript_info info = {0};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct conversation *c;
        json_t *attempts = json_pack("[{s:[{s:s,s:s}]}]", "articles", "title",
                                     "The page", "url", addresses[i]);

        buf_clear(&out);
        json_write(&out, attempts);
        json_decref(attempts);
        c = consulted(buf_str(&out));
        for (int f = FORMAT_TEXT; f <= FORMAT_HTML; f++) {
            render(c, f, 0, &out, &info);
            assert_non_null(strstr(buf_str(&out), "The page"));
            assert_null(strstr(buf_str(&out), "href"));
            assert_null(strstr(buf_str(&out), "help.test"));
            assert_null(strstr(buf_str(&out), "alert"));
        }
        conversation_free(c);
    }
    buf_free(&out);
}

/* --- outbound requests --- */

static int
outbound(const char *text, struct outbound *o, struct arena *a, struct err *e)
{
    static const struct outbound_mark mark = {
        "usher-text-0123456789abcdef", "line \"one\"\nline two", 19, false};
    struct buf packed = {0};
    json_t *json = json_read(text, strlen(text), e);
    const struct value *v;
    int rc;

    assert_non_null(json);
    pack_json(&packed, json);
    json_decref(json);
    v = value_read(a, arena_dup(a, packed.data, packed.len), packed.len, 10000,
                   e);
    buf_free(&packed);
    rc = outbound_read(a, v, "https://desk.example/api", &mark, 1, o, e);
    return rc;
}

static void
test_outbound(void **state)
{
    struct arena *a = arena_new(0);
    struct outbound o, back;
    struct buf frozen = {0}, again = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(
        outbound("{\"method\":\"POST\",\"path\":\"/tickets\",\"query\":{\"a\":"
                 "\"b c\"},\"headers\":{\"Idempotency-Key\":\"k\"},\"json\":{"
                 "\"z\":9007199254740993,\"a\":\"<usher-text-0123456789abcdef>"
                 "\"}}",
                 &o, a, &e),
        0);
    assert_string_equal(o.url, "https://desk.example/api/tickets?a=b%20c");
    assert_string_equal(buf_str(&o.body),
                        "{\"a\":\"<line \\\"one\\\"\\nline two>\",\"z\":"
                        "9007199254740993}");
    outbound_freeze(&o, &frozen);
    assert_int_equal(outbound_thaw(a, frozen.data, frozen.len, &back, &e), 0);
    outbound_freeze(&back, &again);
    assert_string_equal(buf_str(&frozen), buf_str(&again));
    outbound_clear(&o);
    outbound_clear(&back);
    buf_free(&frozen);
    buf_free(&again);
    arena_free(a);
}

/* sec S14: no header, method or URL of a script's can add to the request. */
static void
test_outbound_refused(void **state)
{
    static const char *const bad[] = {
        "{\"path\":\"/x\",\"headers\":{\"X\":\"a\\r\\nEvil: b\"}}",
        "{\"path\":\"/x\",\"headers\":{\"X: y\\nZ\":\"a\"}}",
        "{\"path\":\"/x\",\"method\":\"CONNECT\"}",
        "{\"url\":\"ftp://desk.example/\"}",
        "{\"url\":\"https://user:pw@desk.example/\"}",
        "{\"url\":\"https://desk.example/ x\"}",
        "{\"url\":\"https://desk.example/#f\"}",
        "{\"path\":\"no-slash\"}",
        "{\"to\":\"a@b\\r\\nBcc: c@d\",\"subject\":\"s\",\"text\":\"t\"}",
        "{\"path\":\"/"
        "x\",\"multipart\":[{\"name\":\"a\\\"b\",\"value\":\"v\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena *a = arena_new(0);
        struct outbound o;
        struct err e = {0};

        if (outbound(bad[i], &o, a, &e) == 0)
            fail_msg("not refused: %s", bad[i]);
        arena_free(a);
    }
}

/* reliability §6: what a status alone says. */
static void
test_status(void **state)
{
    static const struct {
        int status;
        bool decided;
        enum result_class class;
    } rows[] = {
        {200, false, RESULT_DONE},   {201, false, RESULT_DONE},
        {301, true, RESULT_UNKNOWN}, {302, true, RESULT_UNKNOWN},
        {400, false, RESULT_DONE},   {401, true, RESULT_AUTH},
        {403, true, RESULT_AUTH},    {404, false, RESULT_DONE},
        {408, true, RESULT_UNKNOWN}, {409, false, RESULT_DONE},
        {422, false, RESULT_DONE},   {429, true, RESULT_RETRY},
        {500, true, RESULT_UNKNOWN}, {502, true, RESULT_UNKNOWN},
        {503, true, RESULT_UNKNOWN}, {504, true, RESULT_UNKNOWN},
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            result_from_status(rows[i].status, STR(""), false, 0, &r),
            rows[i].decided);
        if (rows[i].decided)
            assert_int_equal(r.class, rows[i].class);
    }
    assert_true(result_from_status(429, STR("7"), false, 0, &r));
    assert_int_equal(r.after_s, 7);
    assert_true(result_from_status(429, STR("999999999"), false, 0, &r));
    assert_int_equal(r.after_s, 3600); /* ten years are an hour (F13) */
    assert_true(result_from_status(429, STR("Sun, 06 Nov 1994 08:49:37 GMT"),
                                   false, 784111777000LL - 5000, &r));
    assert_in_range((unsigned long)r.after_s, 5, 6);
}

/* --- decisions --- */

static int
read_decision(const char *text, struct arena *a, struct decision *d,
              struct err *e)
{
    struct buf packed = {0};
    json_t *json = json_read(text, strlen(text), e);
    const struct value *v;

    assert_non_null(json);
    pack_json(&packed, json);
    json_decref(json);
    v = value_read(a, arena_dup(a, packed.data, packed.len), packed.len, 10000,
                   e);
    buf_free(&packed);
    return decision_read(a, v, true, d, e);
}

static void
test_decision(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d, back;
    struct buf one = {0}, two = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(
        read_decision(
            "{\"action\":\"escalate\",\"reason\":\"refund\",\"rule\":\"r\","
            "\"priority\":\"high\",\"group\":\"billing\",\"tags\":[\"refund\"],"
            "\"next_step\":\"Check\",\"final\":true,\"fields\":{\"n\":1},"
            "\"evidence\":[{\"seq\":3,\"signal\":\"says\",\"value\":\"x\"}],"
            "\"trace\":[{\"rule\":\"r\",\"fired\":true}]}",
            a, &d, &e),
        0);
    decision_json(&d, true, &one);
    assert_int_equal(decision_from_json(a, one.data, one.len, &back, &e), 0);
    decision_json(&back, true, &two);
    /* the trace is text of its own and is not read back */
    assert_memory_equal(one.data, two.data, two.len - 1);
    assert_true(back.final);
    decision_clear(&d);
    decision_clear(&back);
    buf_free(&one);
    buf_free(&two);
    arena_free(a);
}

static void
test_decision_refused(void **state)
{
    static const char *const bad[] = {
        "{\"action\":\"explode\"}",
        "{\"action\":\"escalate\",\"reason\":\"x\"}",
        "{\"action\":\"escalate\",\"next_step\":\"x\"}",
        "{\"action\":\"keep\",\"colour\":\"red\"}",
        "{\"action\":\"keep\",\"tags\":[\"Not Fine\"]}",
        "{\"action\":\"keep\",\"priority\":\"asap\"}",
        "{\"action\":\"keep\",\"reason\":7}",
        "{\"action\":\"keep\",\"fields\":\"x\"}",
        "[1]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena *a = arena_new(0);
        struct decision d;
        struct err e = {0};

        if (read_decision(bad[i], a, &d, &e) == 0)
            fail_msg("not refused: %s", bad[i]);
        assert_non_null(strstr(e.text, "decision"));
        arena_free(a);
    }
}

/* S25: a subject is cut at a character, at most 150. */
static void
test_subject(void **state)
{
    struct arena *a = arena_new(0);
    struct buf text = {0};
    struct decision d;
    struct err e = {0};

    (void)state;
    buf_adds(&text, "{\"action\":\"keep\",\"subject\":\"");
    for (int i = 0; i < 200; i++)
        buf_adds(&text, "\xc3\xa9");
    buf_adds(&text, "\"}");
    assert_int_equal(read_decision(text.data, a, &d, &e), 0);
    assert_int_equal(strlen(d.subject), 300);
    assert_true(utf8_valid(d.subject, strlen(d.subject)));
    buf_free(&text);
    arena_free(a);
}

/* Every failure of the rules is a hand-over to a human, with the reason. */
static void
test_failsafe(void **state)
{
    struct arena *a = arena_new(0);
    struct decision d;

    (void)state;
    decision_failsafe(a, "wall", "20-refunds.lua:14: too slow", &d);
    assert_int_equal(d.action, ACTION_ESCALATE);
    assert_true(d.failed);
    assert_non_null(strstr(d.next_step, "20-refunds.lua:14"));
    assert_string_equal(d.tags[1], "usher:rule-failed");
    arena_free(a);
}

/* I4: states only move along their arcs. */
static void
test_arcs(void **state)
{
    (void)state;
    assert_true(delivery_move_allowed(DELIVERY_READY, DELIVERY_LEASED, false));
    assert_false(delivery_move_allowed(DELIVERY_LEASED, DELIVERY_READY, true));
    assert_true(
        delivery_move_allowed(DELIVERY_LEASED, DELIVERY_UNCERTAIN, true));
    assert_false(delivery_move_allowed(DELIVERY_DONE, DELIVERY_READY, true));
    assert_true(handoff_move_allowed(HANDOFF_OPENING, HANDOFF_TICKETED));
    assert_false(handoff_move_allowed(HANDOFF_TICKETED, HANDOFF_OPENING));
    assert_true(ticket_move_expected(TICKET_RESOLVED, TICKET_IN_PROGRESS));
    assert_false(ticket_move_expected(TICKET_OPEN, TICKET_RESOLVED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redact),
        cmocka_unit_test(test_redact_recall),
        cmocka_unit_test(test_redact_linear),
        cmocka_unit_test(test_transcript_whole),
        cmocka_unit_test(test_tickets_named),
        cmocka_unit_test(test_transcript_since_topic),
        cmocka_unit_test(test_transcript_limits),
        cmocka_unit_test(test_transcript_injection),
        cmocka_unit_test(test_articles),
        cmocka_unit_test(test_articles_without_link),
        cmocka_unit_test(test_outbound),
        cmocka_unit_test(test_outbound_refused),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_decision),
        cmocka_unit_test(test_decision_refused),
        cmocka_unit_test(test_subject),
        cmocka_unit_test(test_failsafe),
        cmocka_unit_test(test_arcs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
