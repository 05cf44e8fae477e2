#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/destination.h"
#include "flow/engine.h"
#include "flow/sending.h"
#include "http/client.h"

/*
 * A notice by mail: the message is made here, so that no header is ever a
 * script's; RFC 5322 with a Message-ID that stays the same over retries, and
 * Auto-Submitted, so that no auto-responder answers (RFC 3834).
 */

/* RFC 2047 where the subject is not plain ASCII. */
static void
put_subject(const char *subject, struct buf *out)
{
    bool plain = true;

    for (const char *p = subject; *p != '\0'; p++)
        plain = plain && (unsigned char)*p < 0x80;
    buf_adds(out, "Subject: ");
    if (plain) {
        buf_adds(out, subject);
    } else {
        buf_adds(out, "=?UTF-8?B?");
        digest_base64(out, subject, strlen(subject));
        buf_adds(out, "?=");
    }
    buf_adds(out, "\r\n");
}

/* Base64 in lines of 76: no line too long, no dot to stuff. */
static void
put_body(const struct buf *text, struct buf *out)
{
    struct buf encoded = {0};

    digest_base64(&encoded, text->data != NULL ? text->data : "", text->len);
    for (size_t i = 0; i < encoded.len; i += 76) {
        buf_add(out, encoded.data + i,
                encoded.len - i < 76 ? encoded.len - i : 76);
        buf_adds(out, "\r\n");
    }
    buf_free(&encoded);
}

static void
put_message(const struct sending *s, const char *from, struct buf *out)
{
    const char *at = strchr(from, '@');

    buf_addf(out, "From: <%s>\r\nTo: <%s>\r\n", from, s->out.mail_to);
    put_subject(s->out.mail_subject, out);
    buf_addf(out, "Message-ID: <usher.%s%s>\r\n", s->x->did,
             at != NULL ? at : "@localhost");
    if (s->x->hid[0] != '\0')
        buf_addf(out, "X-Usher-Handoff: %s\r\n", s->x->hid);
    buf_adds(out, "Auto-Submitted: auto-generated\r\n"
                  "X-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n");
    put_body(&s->out.body, out);
}

int
mail_send(struct sending *s, client_done *done, struct err *e)
{
    const struct adapter *a = s->x->dest->adapter;
    json_t *values = config_secret_values(s->engine->config, a->part, e);
    const char *from, *to[2] = {s->out.mail_to, NULL};
    struct client_mail mail = {0};
    int rc = -1;

    if (values == NULL)
        return -1;
    from = json_string_value(json_object_get(values, "from"));
    mail.url = json_string_value(json_object_get(values, "server"));
    mail.user = json_string_value(json_object_get(values, "user"));
    mail.password = json_string_value(json_object_get(values, "password"));
    mail.from = from;
    mail.to = to;
    mail.allow_private = a->part->allow_private;
    mail.allow_plain = a->part->allow_plain;
    if (from == NULL || mail.url == NULL) {
        err_set(e, ERR_INPUT, "%s: a mail notifier needs server and from",
                a->part->where);
    } else {
        buf_clear(&s->full);
        put_message(s, from, &s->full);
        mail.message = s->full.data;
        mail.message_n = s->full.len;
        if (client_mail(s->engine->client, &mail, done, s, e) != NULL)
            rc = 0;
    }
    json_decref(values);
    return rc;
}
