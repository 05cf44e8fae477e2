/* Mail against a scripted SMTP server: what was accepted, what never left, and
 * what nobody can know. (S22; F11; sec S14) */
#include "unit/http/fake.h"

/* One SMTP conversation as a table: what is said in front of and behind the
 * mail. NULL: the usual. "" says nothing and hangs; "." hangs up. */
struct dialogue {
    const char *name;
    const char *greeting, *hello, *auth, *from, *rcpt, *data, *end, *quit;
    enum client_wire wire;
    int status;
    bool with_user, plain_refused;
};

#define HANG   ""
#define HANGUP "."

static const struct dialogue dialogues[] = {
    {.name = "accepted", .wire = WIRE_ANSWERED, .status = 250},
    {.name = "accepted, no answer to QUIT",
     .quit = HANG,
     .wire = WIRE_ANSWERED,
     .status = 250},
    {.name = "250 lost", .end = HANGUP, .wire = WIRE_SENT, .status = 354},
    {.name = "250 never comes", .end = HANG, .wire = WIRE_SENT, .status = 354},
    {.name = "554 behind the mail",
     .end = "554 spam\r\n",
     .quit = HANG,
     .wire = WIRE_ANSWERED,
     .status = 554},
    {.name = "451 behind the mail",
     .end = "451-later\r\n451 please\r\n",
     .wire = WIRE_ANSWERED,
     .status = 451},
    {.name = "recipient unknown",
     .rcpt = "550 no such user\r\n",
     .quit = HANG,
     .wire = WIRE_ANSWERED,
     .status = 550},
    {.name = "sender refused",
     .from = "553 not you\r\n",
     .wire = WIRE_ANSWERED,
     .status = 553},
    {.name = "DATA refused",
     .data = "452 full\r\n",
     .wire = WIRE_ANSWERED,
     .status = 452},
    {.name = "lost at DATA", .data = HANGUP, .wire = WIRE_NOT_SENT},
    {.name = "hang at DATA", .data = HANG, .wire = WIRE_NOT_SENT},
    {.name = "lost at RCPT", .rcpt = HANGUP, .wire = WIRE_NOT_SENT},
    {.name = "no greeting", .greeting = HANG, .wire = WIRE_NOT_SENT},
    {.name = "closed at once", .greeting = HANGUP, .wire = WIRE_NOT_SENT},
    {.name = "greeting 421",
     .greeting = "421 busy\r\n",
     .wire = WIRE_ANSWERED,
     .status = 421},
    {.name = "password wrong",
     .auth = "535 no\r\n",
     .with_user = true,
     .wire = WIRE_ANSWERED,
     .status = 535},
    {.name = "password right",
     .with_user = true,
     .wire = WIRE_ANSWERED,
     .status = 250},
    {.name = "no STARTTLS where it is required",
     .plain_refused = true,
     .wire = WIRE_NOT_SENT},
};

static bool
say(int fd, const char *line, const char *usual)
{
    const char *text = line != NULL ? line : usual;
    if (strcmp(text, HANG) == 0) {
        fake_hang(fd);
        return false;
    }
    if (strcmp(text, HANGUP) == 0)
        return false;
    return raw_send_text(fd, text);
}

static bool
read_until(struct fake *f, int fd, const char *end, struct buf *in)
{
    size_t end_n = strlen(end);
    buf_clear(in);
    while (in->len < end_n ||
           memcmp(in->data + in->len - end_n, end, end_n) != 0) {
        char *to = buf_reserve(in, 1);
        if (recv(fd, to, 1, 0) <= 0)
            return false;
        in->data[++in->len] = '\0';
    }
    pthread_mutex_lock(&f->lock);
    buf_add(&f->seen, in->data, in->len);
    pthread_mutex_unlock(&f->lock);
    return true;
}

static bool
starts(const struct buf *in, const char *word)
{
    return strncasecmp(buf_str(in), word, strlen(word)) == 0;
}

static bool
answer_command(struct fake *f, const struct dialogue *d, int fd, struct buf *in)
{
    if (starts(in, "EHLO"))
        return say(fd, d->hello,
                   d->with_user ? "250-fake\r\n250 AUTH PLAIN\r\n"
                                : "250-fake\r\n250 SIZE 100000\r\n");
    if (starts(in, "AUTH"))
        return raw_send_text(fd, "334 \r\n") && read_until(f, fd, "\r\n", in) &&
               say(fd, d->auth, "235 fine\r\n");
    if (starts(in, "MAIL"))
        return say(fd, d->from, "250 ok\r\n");
    if (starts(in, "RCPT"))
        return say(fd, d->rcpt, "250 ok\r\n");
    if (starts(in, "QUIT"))
        return say(fd, d->quit, "221 bye\r\n") && false;
    if (!starts(in, "DATA"))
        return raw_send_text(fd, "500 what\r\n");
    if (!say(fd, d->data, "354 go on\r\n"))
        return false;
    if (d->data != NULL && d->data[0] == '4')
        return true;
    if (!read_until(f, fd, "\r\n.\r\n", in))
        return false;
    atomic_fetch_add(&f->requests, 1);
    return say(fd, d->end, "250 queued\r\n");
}

static void
smtp(struct fake *f, int fd, unsigned nth)
{
    (void)nth;
    const struct dialogue *d = f->arg;
    struct buf in = {0};
    if (say(fd, d->greeting, "220 fake ESMTP\r\n"))
        while (read_until(f, fd, "\r\n", &in) && answer_command(f, d, fd, &in))
            ;
    buf_free(&in);
}

#define MAIL_TEXT                                                              \
    "From: a@x.test\r\nTo: b@y.test\r\nSubject: s\r\n\r\nHi\r\n.dot\r\n..\r\n"

static const char *const both[] = {"b@y.test", "c@y.test", NULL};

static struct client_mail
mail_to(const struct fake *f, char url[64])
{
    snprintf(url, 64, "smtp://127.0.0.1:%d", f->port);
    return (struct client_mail){.url = url,
                                .from = "a@x.test",
                                .to = both,
                                .message = MAIL_TEXT,
                                .message_n = sizeof(MAIL_TEXT) - 1,
                                .timeout_ms = 1000,
                                NEAR};
}

static void
send_mail(struct user *u, const struct client_mail *m, struct outcome *o)
{
    struct err e = {0};
    outcome_clear(o);
    o->user = u;
    u->waiting = 1;
    if (client_mail(u->client, m, on_outcome, o, &e) == NULL)
        fail_msg("%s", e.text);
    assert_int_equal(o->ran, 0);
    assert_int_equal(client_running(u->client), 1);
    user_run(u);
    assert_int_equal(o->ran, 1);
    assert_int_equal(client_running(u->client), 0);
    /* curl's SMTP waits; the loop never does. */
    assert_true(u->worst_gap < 500);
}

#define START(f, d)                                                            \
    struct fake f = {.script = smtp, .arg = (void *)(uintptr_t)(d)};           \
    fake_start(&f)

static void
run(const struct dialogue *d)
{
    START(f, d);
    struct user u;
    struct outcome o = {0};
    char url[64];
    struct client_mail m = mail_to(&f, url);
    if (d->with_user) {
        m.user = "me";
        m.password = "secret";
    }
    m.allow_plain = !d->plain_refused;
    user_open(&u, 4);
    send_mail(&u, &m, &o);
    bool status_fits = d->status == 0 || o.status == d->status;
    if (o.wire != d->wire || !status_fits ||
        (o.wire != WIRE_ANSWERED) != (o.err.text[0] != '\0'))
        fail_msg("%s: wire %u, status %d, %s", d->name, o.wire, o.status,
                 o.err.text);
    if (o.wire == WIRE_NOT_SENT && f.requests != 0)
        fail_msg("%s: the mail left all the same", d->name);
    assert_true(f.requests <= 1);
    if (d->plain_refused)
        assert_false(fake_saw(&f, "MAIL"));
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
dialogues_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++)
        run(&dialogues[i]);
}

static void
mail_arrives_as_given(void **state)
{
    (void)state;
    START(f, &dialogues[0]);
    struct user u;
    struct outcome o = {0};
    char url[64];
    struct client_mail m = mail_to(&f, url);
    user_open(&u, 4);
    send_mail(&u, &m, &o);
    assert_int_equal(o.wire, WIRE_ANSWERED);
    assert_true(fake_saw(&f, "MAIL FROM:<a@x.test>"));
    assert_true(fake_saw(&f, "RCPT TO:<b@y.test>"));
    assert_true(fake_saw(&f, "RCPT TO:<c@y.test>"));
    assert_true(fake_saw(&f, "\r\n\r\nHi\r\n..dot\r\n...\r\n.\r\n"));
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

static void
nobody_listens(void **state)
{
    (void)state;
    START(f, &dialogues[0]);
    struct fake gone = {.port = f.port};
    fake_stop(&f);
    struct user u;
    struct outcome o = {0};
    char url[64];
    struct client_mail m = mail_to(&gone, url);
    user_open(&u, 4);
    send_mail(&u, &m, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    user_close(&u);
    outcome_clear(&o);
}

static void
private_mail_server_is_refused(void **state)
{
    (void)state;
    START(f, &dialogues[0]);
    struct user u;
    struct outcome o = {0};
    char url[64];
    struct client_mail m = mail_to(&f, url);
    m.allow_private = false;
    user_open(&u, 4);
    send_mail(&u, &m, &o);
    assert_int_equal(o.wire, WIRE_NOT_SENT);
    assert_int_equal(o.err.class, ERR_REFUSED);
    assert_int_equal(f.connections, 0);
    user_close(&u);
    fake_stop(&f);
    outcome_clear(&o);
}

/* More mails than threads, and one server that hangs with the first of them:
 * all come to an end. */
static void
many_mails_at_once(void **state)
{
    (void)state;
    START(f, &dialogues[0]);
    static const struct dialogue hanging = {.greeting = HANG};
    START(h, &hanging);
    struct user u;
    struct outcome outcomes[12] = {0};
    char good[64], bad[64];
    struct client_mail m = mail_to(&f, good), stuck = mail_to(&h, bad);
    m.timeout_ms = 10000;
    user_open(&u, 4);
    u.waiting = 12;
    for (int i = 0; i < 12; i++) {
        outcomes[i].user = &u;
        assert_non_null(client_mail(u.client, i == 0 ? &stuck : &m, on_outcome,
                                    &outcomes[i], NULL));
    }
    user_run(&u);
    assert_int_equal(outcomes[0].wire, WIRE_NOT_SENT);
    for (int i = 1; i < 12; i++)
        assert_int_equal(outcomes[i].wire, WIRE_ANSWERED);
    assert_int_equal(f.requests, 11);
    user_close(&u);
    fake_stop(&f);
    fake_stop(&h);
    for (int i = 0; i < 12; i++)
        outcome_clear(&outcomes[i]);
}

static void
never(void *arg, const struct client_response *r)
{
    (void)arg;
    (void)r;
    fail_msg("a mail that is not awaited called back");
}

/* Cancelled in the queue, in the conversation, and with the client. */
static void
cancelled_mail_never_calls_back(void **state)
{
    (void)state;
    static const struct dialogue hanging = {.end = HANG};
    START(f, &hanging);
    struct user u;
    char url[64];
    struct client_mail m = mail_to(&f, url);
    m.timeout_ms = 20000;
    user_open(&u, 4);
    struct client_call *calls[8];
    for (int i = 0; i < 8; i++)
        calls[i] = client_mail(u.client, &m, never, NULL, NULL);
    user_run_pass(&u);
    for (int i = 0; i < 7; i++)
        client_cancel(calls[i]);
    assert_int_equal(client_running(u.client), 1);
    user_run_pass(&u);
    int64_t before = clock_mono_ms();
    user_close(&u);
    assert_true(clock_mono_ms() - before < RAW_WAIT_S * 1000 / 2);
    fake_stop(&f);
}

/* --- what is refused at once: sec S14
 * ------------------------------------------------ */

static void
expect_refused(struct user *u, const struct client_mail *m, const char *what)
{
    struct err e = {0};
    assert_null(client_mail(u->client, m, never, NULL, &e));
    if (e.class != ERR_INPUT || e.text[0] == '\0')
        fail_msg("%s: %s", what, e.text);
    assert_int_equal(client_running(u->client), 0);
}

static void
bad_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a@x.test\r\nRCPT TO:<z@z.test>",
        "a@x.test\n",
        "a@x.test\r",
        "a@x.test> SIZE=1",
        "<a@x.test>",
        "a b@x.test",
        "a@x\x7f.test",
        "a\x01@x",
        "",
    };
    struct fake f = {.port = 1};
    struct user u;
    char url[64];
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const to[] = {"fine@y.test", bad[i], NULL};
        struct client_mail m = mail_to(&f, url);
        m.from = bad[i];
        expect_refused(&u, &m, bad[i]);
        m = mail_to(&f, url);
        m.to = to;
        expect_refused(&u, &m, bad[i]);
    }
    static const char *const nobody[] = {NULL};
    struct client_mail m = mail_to(&f, url);
    m.to = nobody;
    expect_refused(&u, &m, "no recipient");
    m = mail_to(&f, url);
    m.from = NULL;
    expect_refused(&u, &m, "no sender");
    user_close(&u);
}

static void
bad_messages_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {
        {"a\nb\r\n", 5},     {"a\rb\r\n", 5},
        {"a\r\n.\n\r\n", 7}, {"a\r\n\n.\r\nMAIL", 10},
        {"a\r\n.\rQUIT", 9}, {"a\0b\r\n", 5},
        {"a\r", 2},          {"\n", 1},
    };
    struct fake f = {.port = 1};
    struct user u;
    char url[64];
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct client_mail m = mail_to(&f, url);
        m.message = bad[i].text;
        m.message_n = bad[i].n;
        expect_refused(&u, &m, bad[i].text);
    }
    user_close(&u);
}

static void
bad_mail_urls_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "http://127.0.0.1/",    "127.0.0.1:25",           "smtp://",
        "smtp://u:p@127.0.0.1", "smtp://127.0.0.1/\r\nX", "",
    };
    struct fake f = {.port = 1};
    struct user u;
    char url[64];
    user_open(&u, 4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct client_mail m = mail_to(&f, url);
        m.url = bad[i];
        expect_refused(&u, &m, bad[i]);
    }
    struct client_mail m = mail_to(&f, url);
    m.user = "u\r\nX";
    expect_refused(&u, &m, "user");
    user_close(&u);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialogues_are_told_apart),
        cmocka_unit_test(mail_arrives_as_given),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(private_mail_server_is_refused),
        cmocka_unit_test(many_mails_at_once),
        cmocka_unit_test(cancelled_mail_never_calls_back),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(bad_messages_are_refused),
        cmocka_unit_test(bad_mail_urls_are_refused),
    };
    return cmocka_run_group_tests_name("client: mail", tests, NULL, NULL);
}
