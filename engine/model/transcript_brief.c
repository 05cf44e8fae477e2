#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/language.h"
#include "model/transcript_write.h"

#define QUOTE_MAX 160  /* bytes of a quoted piece of evidence */
#define VALUE_MAX 400  /* bytes of one field's value shown */
#define LINK_MAX  2048 /* bytes of an address that is still a link */
#define LINKS_MAX 20   /* articles shown */

/* --- escaping --- */

/* What stands for a byte; NULL: itself. Texts are mostly of such bytes, and
 * runs of them are copied whole. */
typedef const char *const escapes[256];

static escapes html_escapes = {
    ['&'] = "&amp;",  ['<'] = "&lt;",   ['>'] = "&gt;",
    ['"'] = "&quot;", ['\''] = "&#39;", ['\n'] = "<br>\n",
};

/* CommonMark's ASCII punctuation may all be escaped by a backslash; these are
 * the ones that can begin markup anywhere or at a line's start. */
static escapes markdown_escapes = {
    ['\\'] = "\\\\", ['`'] = "\\`",  ['*'] = "\\*", ['_'] = "\\_",
    ['{'] = "\\{",   ['}'] = "\\}",  ['['] = "\\[", [']'] = "\\]",
    ['('] = "\\(",   [')'] = "\\)",  ['<'] = "\\<", ['>'] = "\\>",
    ['#'] = "\\#",   ['+'] = "\\+",  ['-'] = "\\-", ['.'] = "\\.",
    ['!'] = "\\!",   ['|'] = "\\|",  ['~'] = "\\~", ['&'] = "\\&",
    ['='] = "\\=",   [':'] = "\\:",  ['$'] = "\\$", ['@'] = "\\@",
    ['^'] = "\\^",   ['"'] = "\\\"", ['\t'] = " ",  ['\''] = "\\'",
    ['\n'] = "  \n", /* a hard break: lines stay lines */
};

static void
escape(escapes table, const char *p, size_t n, struct buf *out)
{
    size_t from = 0;

    for (size_t i = 0; i < n; i++) {
        const char *instead = table[(unsigned char)p[i]];

        if (instead == NULL)
            continue;
        buf_add(out, p + from, i - from);
        buf_adds(out, instead);
        from = i + 1;
    }
    buf_add(out, p + from, n - from);
}

void
transcript_escape(enum text_format format, const char *p, size_t n,
                  struct buf *out)
{
    switch (format) {
    case FORMAT_HTML:
        escape(html_escapes, p, n, out);
        return;
    case FORMAT_MARKDOWN:
        escape(markdown_escapes, p, n, out);
        return;
    case FORMAT_TEXT:
        buf_add(out, p, n);
        return;
    }
}

/* --- words of the formats --- */

void
write_heading(enum text_format f, const char *text, struct buf *out)
{
    if (f == FORMAT_HTML) {
        buf_addf(out, "<h3>%s</h3>\n", text);
    } else if (f == FORMAT_MARKDOWN) {
        buf_addf(out, "\n### %s\n\n", text);
    } else {
        buf_addf(out, "\n%s\n", text);
        for (size_t i = utf8_count(text, strlen(text)); i > 0; i--)
            buf_addc(out, '-');
        buf_addc(out, '\n');
    }
}

void
write_paragraph(enum text_format f, const char *p, size_t n, struct buf *out)
{
    buf_adds(out, f == FORMAT_HTML ? "<p>" : "");
    transcript_escape(f, p, n, out);
    buf_adds(out, f == FORMAT_HTML       ? "</p>\n"
                  : f == FORMAT_MARKDOWN ? "\n\n"
                                         : "\n");
}

void
write_list_open(enum text_format f, struct buf *out)
{
    buf_adds(out, f == FORMAT_HTML ? "<ul>\n" : "");
}

void
write_list_close(enum text_format f, struct buf *out)
{
    buf_adds(out, f == FORMAT_HTML       ? "</ul>\n"
                  : f == FORMAT_MARKDOWN ? "\n"
                                         : "");
}

/* A row is a line: with a line break of its own, what a customer wrote would
 * look like the next row. */
static void
in_one_line(const char *s, size_t n, struct buf *out)
{
    char *to = buf_reserve(out, n);

    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)s[i] < ' ' ? ' ' : s[i];
    to[n] = '\0';
    out->len += n;
}

void
write_row(enum text_format f, const char *label, const char *value,
          struct buf *out)
{
    struct buf line = {0};
    size_t n;

    if (value == NULL || value[0] == '\0')
        return;
    n = utf8_clip(value, strlen(value), VALUE_MAX);
    in_one_line(value, n, &line);
    if (f == FORMAT_HTML)
        buf_adds(out, "<li><b>");
    else if (f == FORMAT_MARKDOWN)
        buf_adds(out, "- **");
    transcript_escape(f, label, strlen(label), out);
    buf_adds(out, f == FORMAT_HTML       ? ":</b> "
                  : f == FORMAT_MARKDOWN ? ":** "
                                         : ": ");
    transcript_escape(f, buf_str(&line), n, out);
    if (value[n] != '\0')
        buf_adds(out, "\xe2\x80\xa6");
    buf_adds(out, f == FORMAT_HTML ? "</li>\n" : "\n");
    buf_free(&line);
}

/* --- the five parts --- */

static void
write_evidence(const struct decision *d, enum text_format f, struct buf *out)
{
    for (size_t i = 0; i < d->evidence_count; i++) {
        const struct evidence *ev = &d->evidence[i];
        struct buf text = {0};

        if (ev->signal != NULL)
            buf_adds(&text, ev->signal);
        if (ev->value != NULL)
            buf_addf(&text, " %s", ev->value);
        if (ev->threshold != NULL)
            buf_addf(&text, " (limit %s)", ev->threshold);
        if (ev->quote != NULL)
            buf_addf(&text, ": \xe2\x80\x9c%.*s\xe2\x80\x9d",
                     (int)utf8_clip(ev->quote, strlen(ev->quote), QUOTE_MAX),
                     ev->quote);
        if (ev->seq > 0)
            buf_addf(&text, " [message %" PRId64 "]", ev->seq);
        write_row(f, "Evidence", buf_str(&text), out);
        buf_free(&text);
    }
}

static void
write_why(const struct conversation *c, const struct decision *d,
          enum text_format f, struct buf *out)
{
    struct buf text = {0};

    buf_adds(&text, d->reason != NULL ? d->reason : "escalated");
    if (d->rule != NULL)
        buf_addf(&text, " (rule: %s)", d->rule);
    write_row(f, "Why", buf_str(&text), out);
    write_evidence(d, f, out);
    if (c->handoff_reason != NULL)
        write_row(f, "The AI's reason", c->handoff_reason, out);
    if (d->summary != NULL)
        write_row(f, "Summary", d->summary, out);
    else if (c->handoff_summary != NULL)
        write_row(f, "Summary", c->handoff_summary, out);
    else if (json_string_value(json_object_get(c->ai, "summary")) != NULL)
        write_row(f, "Summary",
                  json_string_value(json_object_get(c->ai, "summary")), out);
    else
        write_row(f, "Summary",
                  c->first_question != NULL ? c->first_question
                                            : "no question was asked yet",
                  out);
    buf_free(&text);
}

static void
write_who(const struct decision *d, enum text_format f, struct buf *out)
{
    struct buf text = {0};
    const json_t *skill;
    size_t i;

    if (d->group != NULL)
        buf_addf(&text, "group %s", d->group);
    if (d->assignee != NULL)
        buf_addf(&text, "%s%s", text.len > 0 ? ", " : "", d->assignee);
    if (d->group_from != NULL && d->group != NULL)
        buf_addf(&text, " (by %s)", d->group_from);
    json_array_foreach(d->skills, i, skill)
    {
        if (json_is_string(skill))
            buf_addf(&text, "%s%s",
                     i > 0 ? ", " : "; skills: ", json_string_value(skill));
    }
    write_row(f, "Who", text.len > 0 ? buf_str(&text) : "the default group",
              out);
    buf_free(&text);
}

static void
write_urgency(const struct decision *d, enum text_format f, struct buf *out)
{
    struct buf text = {0};
    const char *priority = priority_name(d->priority);

    buf_adds(&text, priority != NULL ? priority : "normal");
    if (d->priority_from != NULL)
        buf_addf(&text, " (by %s)", d->priority_from);
    if (d->due_at_ms > 0) {
        char due[CLOCK_TEXT_MAX];

        clock_format(d->due_at_ms, due);
        buf_addf(&text, ", due %s", due);
    }
    write_row(f, "Urgency", buf_str(&text), out);
    buf_free(&text);
}

static void
write_tried(const struct conversation *c, enum text_format f, struct buf *out)
{
    const json_t *attempts = json_object_get(c->ai, "attempts"), *one;
    struct buf text = {0};
    size_t i;

    if (json_array_size(attempts) > 0)
        buf_addf(&text, "%zu attempt%s", json_array_size(attempts),
                 json_array_size(attempts) == 1 ? "" : "s");
    if (c->ai_failed_attempts > 0)
        buf_addf(&text, "%s%" PRId64 " failed", text.len > 0 ? ", " : "",
                 c->ai_failed_attempts);
    write_row(f, "The AI tried",
              text.len > 0 ? buf_str(&text) : "see the transcript", out);
    buf_free(&text);
    json_array_foreach(attempts, i, one)
    {
        struct buf line = {0};
        const char *type = json_string_value(json_object_get(one, "type"));
        const char *what = json_string_value(json_object_get(one, "summary"));
        const json_t *tool = json_object_get(one, "tool");
        const char *name = json_string_value(json_object_get(tool, "name"));
        const char *status = json_string_value(json_object_get(tool, "status"));

        if (i == 8)
            break;
        buf_adds(&line, type != NULL ? type : "attempt");
        if (name != NULL)
            buf_addf(&line, " %s%s%s", name, status != NULL ? " " : "",
                     status != NULL ? status : "");
        if (what != NULL)
            buf_addf(&line, ": %s", what);
        write_row(f, "Tried", buf_str(&line), out);
        buf_free(&line);
    }
}

static void
write_next(const struct conversation *c, const struct decision *d,
           enum text_format f, struct buf *out)
{
    struct buf text = {0};

    buf_adds(&text, d->next_step != NULL ? d->next_step
                                         : "Read the conversation and reply.");
    if (d->need != NULL)
        buf_addf(&text, " (%s)", d->need);
    write_row(f, "Next", buf_str(&text), out);
    if (c->first_question != NULL) {
        buf_clear(&text);
        /* More than this the row cuts off. */
        buf_add(&text, c->first_question,
                strnlen(c->first_question, (size_t)2 * VALUE_MAX));
        buf_addf(&text, " [message %" PRId64 "]", c->first_question_seq);
        write_row(f, "First question", buf_str(&text), out);
    }
    buf_free(&text);
}

void
write_brief(const struct conversation *c, const struct decision *d,
            const struct transcript_options *o, struct buf *out)
{
    enum text_format f = o->format;

    write_heading(f, "Handed over by the AI", out);
    write_list_open(f, out);
    write_why(c, d, f, out);
    write_who(d, f, out);
    write_urgency(d, f, out);
    write_tried(c, f, out);
    write_next(c, d, f, out);
    write_row(f, "Earlier ticket", d->append_to, out);
    write_row(f, "Belongs with ticket", d->link_to, out);
    write_row(f, "Reference", o->handoff_id, out);
    write_list_close(f, out);
}

void
transcript_brief(const struct conversation *c, const struct decision *d,
                 const struct transcript_options *o, struct buf *out)
{
    write_brief(c, d, o, out);
}

void
transcript_link(const struct conversation *c, enum text_format f,
                struct buf *out)
{
    const struct customer *p = &c->customer;
    const char *who = p->name != NULL          ? p->name
                      : p->email != NULL       ? p->email
                      : p->external_id != NULL ? p->external_id
                                               : "anonymous";

    write_list_open(f, out);
    write_row(f, "One more customer", who, out);
    write_row(f, "First question", c->first_question, out);
    write_row(f, "Conversation", c->native_url != NULL ? c->native_url : c->id,
              out);
    write_list_close(f, out);
}

void
transcript_language(const char *now, const char *before, enum text_format f,
                    struct buf *out)
{
    struct buf text = {0};

    buf_adds(&text, "now ");
    language_title(now, &text);
    buf_adds(&text, ", handed over in ");
    language_title(before, &text);
    write_list_open(f, out);
    write_row(f, "Language", buf_str(&text), out);
    write_list_close(f, out);
    if (f == FORMAT_TEXT)
        buf_addc(out, '\n');
    buf_free(&text);
}

/* --- the customer, the fields, everything else the source told --- */

static void
write_value(enum text_format f, const char *label, const json_t *v,
            struct buf *out)
{
    struct buf text = {0};

    if (v == NULL || json_is_null(v))
        return;
    if (json_is_string(v))
        buf_adds(&text, json_string_value(v));
    else
        json_write(&text, v);
    write_row(f, label, buf_str(&text), out);
    buf_free(&text);
}

/* told: what a reader has seen already is not told again. */
static void
write_object(enum text_format f, const char *heading, const json_t *object,
             const json_t *told, struct buf *out)
{
    size_t count = 0;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_equal(value, json_object_get(told, key)) || count >= 60)
            continue;
        if (count++ == 0) {
            write_heading(f, heading, out);
            write_list_open(f, out);
        }
        write_value(f, key, value, out);
    }
    if (count > 0)
        write_list_close(f, out);
}

static void
write_customer(const struct conversation *c, enum text_format f,
               struct buf *out)
{
    const struct customer *p = &c->customer;

    write_heading(f, "Customer", out);
    write_list_open(f, out);
    if (p->name == NULL && p->email == NULL && p->external_id == NULL &&
        p->phone == NULL)
        write_row(f, "Identity", "not known (anonymous)", out);
    write_row(f, "Name", p->name, out);
    write_row(f, "E-mail", p->email, out);
    write_row(f, "Phone", p->phone, out);
    write_row(f, "Customer id", p->external_id, out);
    write_row(f, "Tier", p->tier, out);
    write_row(f, "Company", p->company, out);
    write_row(f, "Locale", p->locale, out);
    write_row(f, "Time zone", p->time_zone, out);
    write_row(f, "Language", c->language, out);
    write_row(f, "Channel", c->channel, out);
    write_row(f, "Intent",
              c->intent_title != NULL ? c->intent_title : c->intent, out);
    write_row(f, "Conversation", c->native_url != NULL ? c->native_url : c->id,
              out);
    write_list_close(f, out);
}

/* An address that may become a link: nothing but the web, and nothing that
 * could end the address or hide a second one in any of the formats. */
static bool
is_link(const char *url)
{
    size_t n = url != NULL ? strlen(url) : 0;

    if (n > LINK_MAX || !(str_starts((struct str){url, n}, "http://") ||
                          str_starts((struct str){url, n}, "https://")))
        return false;
    for (size_t i = 0; i < n; i++)
        if (url[i] <= ' ' || url[i] > '~' || strchr("<>\"'`\\", url[i]))
            return false;
    return true;
}

/* An item whose words lead to the address; in plain text it stands behind
 * them. */
static void
write_link(enum text_format f, const char *words, const char *url,
           struct buf *out)
{
    size_t n = utf8_clip(words, strlen(words), VALUE_MAX);

    buf_adds(out, f == FORMAT_HTML ? "<li><a href=\"" : "- ");
    if (f == FORMAT_MARKDOWN)
        buf_adds(out, "[");
    else if (f == FORMAT_HTML) {
        escape(html_escapes, url, strlen(url), out);
        buf_adds(out, "\" rel=\"noreferrer noopener\">");
    }
    transcript_escape(f, words, n, out);
    if (f == FORMAT_HTML) {
        buf_adds(out, "</a></li>\n");
    } else if (f == FORMAT_MARKDOWN) {
        buf_adds(out, "](<");
        /* Of an address in <> only what looks like an entity is read. */
        for (const char *p = url; *p != '\0'; p++)
            *p == '&' ? buf_adds(out, "&amp;") : buf_addc(out, *p);
        buf_adds(out, ">)\n");
    } else {
        buf_addf(out, "%s%s\n", strcmp(words, url) == 0 ? "" : ": ",
                 strcmp(words, url) == 0 ? "" : url);
    }
}

static void
write_article(enum text_format f, const json_t *article, struct buf *out)
{
    const char *title = json_string_value(json_object_get(article, "title"));
    const char *url = json_string_value(json_object_get(article, "url"));

    if (is_link(url))
        write_link(f, title != NULL ? title : url, url, out);
    else
        write_row(f, "Article", title, out);
}

/* Each attempt's articles, then what the AI made of them. */
static void
write_articles(const struct conversation *c, enum text_format f,
               struct buf *out)
{
    const json_t *attempts = json_object_get(c->ai, "attempts"), *one, *article;
    size_t i, k, shown = 0;

    json_array_foreach(attempts, i, one)
    {
        const json_t *articles = json_object_get(one, "articles");

        if (json_array_size(articles) == 0 || shown >= LINKS_MAX)
            continue;
        if (shown == 0) {
            write_heading(f, "Articles the AI used", out);
            write_list_open(f, out);
        }
        json_array_foreach(articles, k, article)
        {
            if (shown++ < LINKS_MAX)
                write_article(f, article, out);
        }
        write_row(f, "The AI answered",
                  json_string_value(json_object_get(one, "summary")), out);
    }
    if (shown > 0)
        write_list_close(f, out);
}

void
write_context(const struct conversation *c, enum text_format f, struct buf *out)
{
    write_customer(c, f, out);
    write_object(f, "Collected details", c->fields, NULL, out);
    write_articles(c, f, out);
    write_object(f, "More from the chat", c->attributes, c->fields, out);
}
