/* What customers are told of time: the next opening and by when somebody
 * answers, in their language and zone. P9, S36 S87 S139 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "flow/config.h"
#include "flow/due.h"
#include "flow/notice.h"
#include "flow/when.h"
#include "flow/zones.h"
#include "model/calendar.h"
#include "model/conversation.h"
#include "model/decision.h"

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

/* A group of Berlin that works Mon to Fri, 09:00 to 18:00, and 24 hours. */
struct desk {
    struct config *config;
    struct config_calendar calendar;
    struct config_group groups[2];
    struct sla_row vip;
    struct conversation *conv;
};

static int64_t
at(const char *text)
{
    int64_t ms;

    assert_true(clock_parse(text, strlen(text), &ms));
    return ms;
}

static int
set_up(void **state)
{
    static const struct calendar_interval hours[] = {{9 * 3600, 18 * 3600}};
    struct desk *d = calloc(1, sizeof *d);
    struct config *c = config_default();
    struct calendar *to = calendar_new(c->arena, "support",
                                       zones_find(c->zones, "Europe/Berlin"));

    for (int weekday = 1; weekday <= 5; weekday++)
        assert_int_equal(calendar_set_weekday(to, weekday, hours, 1, NULL), 0);
    assert_int_equal(calendar_seal(to, NULL), 0);
    d->config = c;
    d->calendar = (struct config_calendar){.name = "support", .calendar = to};
    d->groups[0] = (struct config_group){
        .name = "support", .calendar = to, .expected_wait_ms = 60000};
    d->groups[1] = (struct config_group){.name = "everybody"};
    d->vip = (struct sla_row){
        "vip", {.ms = 120000}, {.ms = 600000}, &calendar_always};
    c->calendars = &d->calendar;
    c->calendar_count = 1;
    c->group_times = d->groups;
    c->group_count = 2;
    c->default_group = "support";
    c->sla.tiers = &d->vip;
    c->sla.tier_count = 1;
    c->sla.priorities[PRIORITY_NORMAL].first_response.ms = 8 * 3600000;
    d->conv = conversation_new("default", "web", "1");
    *state = d;
    return 0;
}

static int
tear_down(void **state)
{
    struct desk *d = *state;

    conversation_free(d->conv);
    config_free(d->config);
    free(d);
    return 0;
}

static void
test_languages(void **state)
{
    static const struct {
        const char *tag, *text, *by;
    } cases[] = {
        {"en", "Friday 1 January, 09:05", "by Friday 1 January, 09:05"},
        {"de-AT", "Freitag, 1. Januar, 09:05 Uhr",
         "bis Freitag, 1. Januar, 09:05 Uhr"},
        {"fr_CA", "vendredi 1er janvier à 09:05",
         "au plus tard vendredi 1er janvier à 09:05"},
        {"es", "viernes, 1 de enero, 09:05",
         "a más tardar el viernes, 1 de enero, 09:05"},
        {"it", "venerdì 1º gennaio, ore 09:05",
         "entro venerdì 1º gennaio, ore 09:05"},
        {"pt-BR", "sexta-feira, 1 de janeiro, 09:05",
         "até sexta-feira, 1 de janeiro, 09:05"},
        {"nl", "vrijdag 1 januari, 09:05 uur",
         "uiterlijk vrijdag 1 januari, 09:05 uur"},
        {"pl", "piątek, 1 stycznia, 09:05",
         "najpóźniej piątek, 1 stycznia, 09:05"},
        {"yo", "Friday 1 January, 09:05", "by Friday 1 January, 09:05"},
        {"dey", "Friday 1 January, 09:05", "by Friday 1 January, 09:05"},
        {"", "Friday 1 January, 09:05", "by Friday 1 January, 09:05"},
    };
    const struct desk *d = *state;
    const struct zone *z = zones_find(d->config->zones, "Europe/Berlin");

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text = {0}, by = {0};

        when_text(when_language(cases[i].tag), z, false,
                  at("2027-01-01T09:05:00+01:00"), &text);
        assert_string_equal(text.data, cases[i].text);
        /* what is promised is never earlier than it is due */
        when_by(when_language(cases[i].tag), z, false,
                at("2027-01-01T09:04:00.001+01:00"), &by);
        assert_string_equal(by.data, cases[i].by);
        buf_free(&text);
        buf_free(&by);
    }
    assert_int_equal(when_language(NULL), WHEN_EN);
}

struct told {
    const char *title, *language, *zone, *tier, *group, *timing, *message;
    const char *now, *text; /* "T" is the ticket */
};

static const struct told told[] = {
    {"closed, nothing known of the customer: the calendar's zone, named", NULL,
     NULL, NULL, NULL, "next_open", NULL, "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Our team is "
     "back on Monday 23 November, 09:00 (Europe/Berlin). Expected reply: by "
     "Monday 23 November, 17:00 (Europe/Berlin)."},
    {"P9: the customer in Tokyo sees the time there", "en", "Asia/Tokyo", NULL,
     NULL, "next_open", NULL, "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Our team is "
     "back on Monday 23 November, 17:00. Expected reply: by Tuesday 24 "
     "November, 01:00."},
    {"in German", "de", "Europe/Vienna", NULL, NULL, "next_open", NULL,
     "2026-11-21T12:00:00Z",
     "Ich habe Ihr Anliegen an unser Team übergeben. Ihr Ticket ist T. Unser "
     "Team ist wieder da: Montag, 23. November, 09:00 Uhr. Voraussichtliche "
     "Antwort: bis Montag, 23. November, 17:00 Uhr."},
    {"open: no word of an opening", "en", "Europe/Berlin", NULL, NULL,
     "next_open", NULL, "2026-11-23T10:00:00+01:00",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Monday 23 November, 18:00."},
    {"closed, but at once", "en", "Europe/Berlin", NULL, NULL, NULL, NULL,
     "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Monday 23 November, 17:00."},
    {"a zone that there is not", "en", "Mars/Olympus", NULL, NULL, NULL, NULL,
     "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Monday 23 November, 17:00 (Europe/Berlin)."},
    {"nor a path", "en", "../../../etc/passwd", NULL, NULL, NULL, NULL,
     "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Monday 23 November, 17:00 (Europe/Berlin)."},
    {"vip: by tier, on a Saturday", "en", "Europe/Berlin", "vip", NULL, NULL,
     NULL, "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Saturday 21 November, 13:02."},
    {"S36: {eta} on Friday at 17:55 in Berlin is Monday, in the customer's own "
     "zone",
     "en", "America/New_York", NULL, NULL, NULL, "You hear from us {eta}.",
     "2026-11-20T17:55:00+01:00",
     "You hear from us by Monday 23 November, 10:55."},
    {"a group without a calendar, UTC is named", "en", NULL, NULL, "everybody",
     NULL, NULL, "2026-11-21T12:00:00Z",
     "I have handed your request to our team. Your ticket is T. Expected "
     "reply: by Saturday 21 November, 20:00 (UTC)."},
    {"own words", "fr", "America/Montreal", NULL, NULL, "next_open",
     "Retour : {next_open}. Réponse {response_time}. {ticket.id}",
     "2026-11-21T12:00:00Z",
     "Retour : lundi 23 novembre à 03:00. Réponse au plus tard lundi 23 "
     "novembre à 11:00. T"},
    {"own words while open", "en", "Europe/Berlin", NULL, NULL, NULL,
     "Back: {next_open}", "2026-11-23T10:00:00+01:00", "Back: now"},
};

static void
test_what_the_customer_is_told(void **state)
{
    struct desk *d = *state;

    for (size_t i = 0; i < COUNT_OF(told); i++) {
        const struct told *t = &told[i];
        struct decision decision = {.action = ACTION_ESCALATE,
                                    .group = t->group,
                                    .timing = t->timing,
                                    .message = t->message};
        struct buf out = {0};

        print_message("%s\n", t->title);
        d->conv->language = t->language;
        d->conv->customer.time_zone = t->zone;
        d->conv->customer.tier = t->tier;
        due_set(d->config, d->conv, at(t->now), &decision);
        notice_ticket(d->config, d->conv, &decision, "T", NULL, "h", at(t->now),
                      &out);
        assert_string_equal(buf_str(&out), t->text);
        buf_free(&out);
    }
}

/* Without a promise by calendar the configuration's own words stand. */
static void
test_fixed_words(void **state)
{
    struct desk *d = *state;
    struct decision decision = {.priority = PRIORITY_LOW};
    struct buf out = {0};

    d->config->response_time = "within 4 hours";
    due_set(d->config, d->conv, at("2026-11-21T12:00:00Z"), &decision);
    assert_int_equal(decision.due_at_ms, 0);
    notice_promise(d->config, d->conv, &decision, at("2026-11-21T12:00:00Z"),
                   &out);
    assert_string_equal(buf_str(&out), "within 4 hours");
    buf_free(&out);
}

static void
test_at(void **state)
{
    struct desk *d = *state;
    struct decision decision = {.timing = "sla"};
    int64_t now = at("2026-11-24T10:03:00Z");

    /* vip, asked now: 10 minutes, less one of queue and one to spare */
    d->conv->customer.tier = "vip";
    due_set(d->config, d->conv, now, &decision);
    assert_int_equal(decision.at_ms, now + 8 * 60000);
    /* no tier: nothing to wait for */
    d->conv->customer.tier = NULL;
    decision.at_ms = 0;
    due_set(d->config, d->conv, now, &decision);
    assert_int_equal(decision.at_ms, 0);
    /* what the rule says stays */
    decision = (struct decision){.timing = "next_open", .at_ms = 7};
    due_set(d->config, d->conv, now, &decision);
    assert_int_equal(decision.at_ms, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        T(test_languages),
        T(test_what_the_customer_is_told),
        T(test_fixed_words),
        T(test_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
