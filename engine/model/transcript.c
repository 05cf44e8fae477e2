#include "model/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/transcript_write.h"

#define CONTEXT_SHARE 2   /* context may take 1/2 of what the brief leaves */
#define NOTE_ROOM     256 /* bytes kept for the words on what was left out */
#define MESSAGE_LEAST 80  /* a message is cut only when this much can stay */

static const char *const format_names[] = {
    [FORMAT_TEXT] = "text",
    [FORMAT_MARKDOWN] = "markdown",
    [FORMAT_HTML] = "html",
};

const char *
text_format_name(enum text_format f)
{
    return format_names[f];
}

bool
text_format_from_name(const char *s, size_t n, enum text_format *out)
{
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (strlen(format_names[i]) == n &&
            memcmp(s, format_names[i], n) == 0) {
            *out = (enum text_format)i;
            return true;
        }
    return false;
}

static const char *
role_shown(enum role r)
{
    static const char *const shown[ROLE_COUNT] = {
        [ROLE_CUSTOMER] = "Customer",
        [ROLE_AI] = "AI",
        [ROLE_HUMAN_AGENT] = "Agent",
        [ROLE_SYSTEM] = "System",
    };

    return r < ROLE_COUNT ? shown[r] : "?";
}

static void
put_head(enum text_format f, const struct message *m, struct buf *out)
{
    char at[CLOCK_TEXT_MAX] = "";
    struct buf head = {0};

    if (m->at_ms > 0)
        clock_format(m->at_ms, at);
    buf_addf(&head, "%" PRId64 ". %s", m->seq, role_shown(m->role));
    if (m->author_name != NULL)
        buf_addf(&head, " (%s)", m->author_name);
    if (at[0] != '\0')
        buf_addf(&head, ", %s", at);
    if (m->kind == KIND_NOTE)
        buf_adds(&head, ", internal note");
    buf_adds(out, f == FORMAT_HTML       ? "<p><b>"
                  : f == FORMAT_MARKDOWN ? "**"
                                         : "");
    transcript_escape(f, head.data, head.len, out);
    buf_adds(out, f == FORMAT_HTML       ? "</b><br>\n"
                  : f == FORMAT_MARKDOWN ? "**  \n"
                                         : "\n");
    buf_free(&head);
}

static void
put_attachment(enum text_format f, const json_t *one, struct buf *out)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *mime = json_string_value(json_object_get(one, "mime"));
    const char *url = json_string_value(json_object_get(one, "url"));
    json_t *size = json_object_get(one, "size");
    struct buf text = {0};

    buf_addf(&text, "[attachment: %s", name != NULL ? name : "unnamed");
    if (mime != NULL)
        buf_addf(&text, ", %s", mime);
    if (json_is_integer(size))
        buf_addf(&text, ", %lld bytes", (long long)json_integer_value(size));
    if (url != NULL)
        buf_addf(&text, ", %s", url);
    buf_adds(&text, "]");
    transcript_escape(f, text.data, text.len, out);
    buf_adds(out, f == FORMAT_HTML ? "<br>\n" : "\n");
    buf_free(&text);
}

/* A message whole, or its first `most` bytes of text with an ellipsis. */
static void
put_message(enum text_format f, const struct message *m, size_t most,
            struct buf *out)
{
    size_t n = utf8_clip(m->text, m->text_n, most), i;
    const json_t *one;

    put_head(f, m, out);
    transcript_escape(f, m->text, n, out);
    if (n < m->text_n)
        buf_adds(out, " \xe2\x80\xa6");
    buf_adds(out, f == FORMAT_HTML ? "<br>\n" : "\n");
    json_array_foreach(m->attachments, i, one) put_attachment(f, one, out);
    buf_adds(out, f == FORMAT_HTML ? "</p>\n" : "\n");
}

static void
put_left_out(const struct transcript_options *o, size_t count, struct buf *out)
{
    struct buf text = {0};

    buf_addf(&text, "\xe2\x80\xa6 %zu message%s left out here", count,
             count == 1 ? "" : "s");
    buf_adds(&text, o->attached
                        ? "; the full transcript is attached \xe2\x80\xa6"
                        : "; the full transcript is in usher under the "
                          "reference above \xe2\x80\xa6");
    write_paragraph(o->format, text.data, text.len, out);
    buf_free(&text);
}

/* The messages of this hand-over: of the episode, up to the decision. */
static void
range_of(const struct conversation *c, const struct transcript_options *o,
         size_t *first, size_t *end)
{
    *first = c->episode_first_seq > 1 ? (size_t)c->episode_first_seq - 1 : 0;
    *end = o->upto_seq > 0 && (size_t)o->upto_seq < c->message_count
               ? (size_t)o->upto_seq
               : c->message_count;
    if (*first > *end)
        *first = *end;
}

/* "last_n" shows the newest ones only, "since_topic" those of the newest
 * intent; "restricted" none. */
static void
narrow(const struct conversation *c, const struct decision *d, size_t *first,
       size_t end)
{
    size_t topic = (size_t)c->topic_seq;

    if (d->transcript == NULL)
        return;
    if (strcmp(d->transcript, "restricted") == 0)
        *first = end;
    else if (strcmp(d->transcript, "last_n") == 0 && d->transcript_n > 0 &&
             end - *first > (size_t)d->transcript_n)
        *first = end - (size_t)d->transcript_n;
    else if (strcmp(d->transcript, "since_topic") == 0 && topic > *first &&
             topic <= end)
        *first = topic - 1;
}

static void
put_all(const struct conversation *c, enum text_format f, size_t first,
        size_t end, struct buf *out)
{
    for (size_t i = first; i < end; i++)
        put_message(f, c->messages[i], SIZE_MAX, out);
}

/* First question, then as many of the newest as fit. */
static void
put_fitting(const struct conversation *c, const struct transcript_options *o,
            size_t first, size_t end, size_t room, struct buf *out,
            struct transcript_info *info)
{
    struct buf head = {0}, one = {0}, tail = {0};
    size_t keep = end, asked = (size_t)c->first_question_seq;
    bool has_first = asked >= 1 && asked - 1 >= first && asked - 1 < end;

    room = room > NOTE_ROOM ? room - NOTE_ROOM : 0;
    if (has_first) {
        put_message(o->format, c->messages[asked - 1], room / 16, &head);
        if (head.len > room)
            buf_clear(&head);
    }
    while (keep > first) {
        buf_clear(&one);
        put_message(o->format, c->messages[keep - 1], SIZE_MAX, &one);
        if (head.len + tail.len + one.len > room)
            break;
        buf_add(&one, tail.data, tail.len);
        {
            struct buf swap = tail;

            tail = one;
            one = swap;
        }
        keep--;
    }
    /* Not even the newest one fits: its beginning does. */
    if (keep == end && end > first && room > head.len + MESSAGE_LEAST * 4) {
        put_message(o->format, c->messages[end - 1], (room - head.len) / 8,
                    &tail);
        if (head.len + tail.len > room)
            buf_clear(&tail);
        else
            keep--;
    }
    if (has_first && asked - 1 >= keep)
        buf_clear(&head); /* it is among the newest */
    info->left_out = keep - first - (head.len > 0 && keep > first ? 1 : 0);
    info->cut = true;
    buf_add(out, head.data, head.len);
    if (info->left_out > 0)
        put_left_out(o, info->left_out, out);
    buf_add(out, tail.data, tail.len);
    buf_free(&head);
    buf_free(&one);
    buf_free(&tail);
}

/* A limit that not even the brief fits into: plain words, cut. */
static void
put_least(const struct conversation *c, const struct decision *d,
          const struct transcript_options *o, size_t max, struct buf *out)
{
    struct buf text = {0};
    size_t n;

    buf_addf(&text, "%s. Next: %s", d->reason != NULL ? d->reason : "escalated",
             d->next_step != NULL ? d->next_step : "reply");
    if (c->first_question != NULL)
        buf_addf(&text, " First question: %s", c->first_question);
    n = utf8_clip(text.data, text.len, max);
    for (;;) {
        struct buf escaped = {0};

        transcript_escape(o->format, text.data, n, &escaped);
        if (escaped.len <= max || n == 0) {
            buf_add(out, escaped.data, escaped.len);
            buf_free(&escaped);
            break;
        }
        n = utf8_clip(text.data, text.len, n - (n > 16 ? n / 16 : 1));
        buf_free(&escaped);
    }
    buf_free(&text);
}

void
transcript_render(const struct conversation *c, const struct decision *d,
                  const struct transcript_options *o, struct buf *out,
                  struct transcript_info *info)
{
    size_t start = out->len, first, end, before, room, used;
    struct buf context = {0};

    range_of(c, o, &first, &end);
    info->messages = end - first;
    info->left_out = 0;
    info->cut = false;
    narrow(c, d, &first, end);
    write_brief(c, d, o, out);
    write_context(c, o->format, &context);
    room = o->max == 0 ? SIZE_MAX : o->max;
    if (out->len - start > room) {
        buf_cut(out, start);
        put_least(c, d, o, o->max, out);
        info->cut = true;
        info->left_out = info->messages;
        buf_free(&context);
        return;
    }
    room -= out->len - start;
    if (context.len <= room / CONTEXT_SHARE || o->max == 0)
        buf_add(out, context.data, context.len);
    else
        info->cut = true;
    buf_free(&context);
    if (first < end)
        write_heading(o->format, "Conversation", out);
    used = out->len - start;
    room = o->max == 0 ? SIZE_MAX : o->max > used ? o->max - used : 0;
    before = out->len;
    put_all(c, o->format, first, end, out);
    if (out->len - before <= room) {
        return;
    }
    buf_cut(out, before);
    put_fitting(c, o, first, end, room, out, info);
    if (o->max > 0 && out->len - start > o->max) { /* the heading itself */
        buf_cut(out, start);
        put_least(c, d, o, o->max, out);
        info->left_out = info->messages;
    }
}
