#include "cli/fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "model/redact.h"

#define NAMES_MAX   64
#define NAME_LEAST  3 /* bytes: what is shorter is a word of its own */
#define NAME_MARK   "[name]"
#define LONG_NUMBER 1000000000LL /* ten digits: a phone, a card */

struct cleaning {
    struct redactor redactor;
    char *names[NAMES_MAX];
    size_t count;
};

static const char *
text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

/* --- the names --- */

/* What stands before the @ of a mailbox that is no person's. */
static bool
is_role(const char *p, size_t n)
{
    static const char *const roles[] = {
        "info",  "support", "sales",   "contact", "hello",   "mail",   "office",
        "admin", "team",    "service", "help",    "billing", "noreply"};

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strlen(roles[i]) == n && strncasecmp(roles[i], p, n) == 0)
            return true;
    return false;
}

static void
add_name(struct cleaning *c, const char *p, size_t n)
{
    while (n > 0 && isspace((unsigned char)p[n - 1]))
        n--;
    while (n > 0 && isspace((unsigned char)*p)) {
        p++;
        n--;
    }
    if (n < NAME_LEAST || c->count == NAMES_MAX)
        return;
    c->names[c->count] = mem_alloc(n + 1);
    memcpy(c->names[c->count], p, n);
    c->names[c->count++][n] = '\0';
}

/* The parts between these separators, each a name. */
static void
add_parts(struct cleaning *c, const char *s, size_t n, const char *separators)
{
    size_t from = 0;

    for (size_t at = 0; at <= n; at++)
        if (at == n || strchr(separators, s[at]) != NULL) {
            if (!is_role(s + from, at - from))
                add_name(c, s + from, at - from);
            from = at + 1;
        }
}

/* The whole name first: "Mara Klein" becomes one mark, not two. */
static void
add_person(struct cleaning *c, const char *name)
{
    if (name == NULL)
        return;
    add_name(c, name, strlen(name));
    if (strpbrk(name, " -") != NULL)
        add_parts(c, name, strlen(name), " -.,");
}

static void
add_address(struct cleaning *c, const char *email)
{
    const char *at = email != NULL ? strchr(email, '@') : NULL;

    if (at != NULL)
        add_parts(c, email, (size_t)(at - email), "._-+0123456789");
}

static void
collect_names(struct cleaning *c, const json_t *r, const char *more)
{
    const json_t *customer = json_object_get(r, "customer"), *one;
    const char *company = text_of(customer, "company");
    size_t i;

    if (more != NULL)
        add_parts(c, more, strlen(more), ",");
    add_person(c, text_of(customer, "name"));
    if (company != NULL)
        add_name(c, company, strlen(company));
    add_address(c, text_of(customer, "email"));
    add_person(c, text_of(json_object_get(r, "handoff"), "actor"));
    json_array_foreach(json_object_get(r, "messages"), i, one)
    {
        add_person(c, text_of(json_object_get(one, "author"), "name"));
    }
}

/* --- strings --- */

static bool
is_letter(char ch)
{
    return isalnum((unsigned char)ch) || (unsigned char)ch >= 0x80;
}

/* The length of the name that stands here as whole words, or 0. */
static size_t
name_at(const struct cleaning *c, const char *text, size_t at)
{
    if (at > 0 && is_letter(text[at - 1]))
        return 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t n = strlen(c->names[i]);

        if (strncasecmp(text + at, c->names[i], n) == 0 &&
            !is_letter(text[at + n]))
            return n;
    }
    return 0;
}

static void
clean_text(const struct cleaning *c, const char *text, size_t n,
           struct buf *out)
{
    struct buf redacted = {0};
    const char *p;

    redact_text(&c->redactor, text, n, &redacted, NULL);
    p = buf_str(&redacted);
    for (size_t at = 0; at < redacted.len;) {
        size_t found = name_at(c, p, at);

        if (found > 0)
            buf_adds(out, NAME_MARK);
        else
            buf_addc(out, p[at]);
        at += found > 0 ? found : 1;
    }
    buf_free(&redacted);
}

static json_t *
clean_string(const struct cleaning *c, const char *text, size_t n)
{
    struct buf out = {0};
    json_t *s;

    clean_text(c, text, n, &out);
    s = json_stringn(buf_str(&out), out.len);
    buf_free(&out);
    return s;
}

/* A card or a phone may be a number. */
static json_t *
clean_number(const struct cleaning *c, const json_t *v)
{
    json_int_t i = json_integer_value(v);
    char digits[24];

    if (i < LONG_NUMBER)
        return json_integer(i);
    snprintf(digits, sizeof digits, "%lld", (long long)i);
    if (redact_would(&c->redactor, digits, strlen(digits)))
        return clean_string(c, digits, strlen(digits));
    return json_integer(i);
}

static json_t *
clean_json(const struct cleaning *c, const json_t *v)
{
    json_t *out, *one;
    const char *key;
    size_t i;

    if (json_is_string(v))
        return clean_string(c, json_string_value(v), json_string_length(v));
    if (json_is_integer(v))
        return clean_number(c, v);
    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach(v, i, one)
        {
            json_array_append_new(out, clean_json(c, one));
        }
        return out;
    }
    if (!json_is_object(v))
        return json_incref((json_t *)(uintptr_t)v);
    out = json_object();
    json_object_foreach((json_t *)(uintptr_t)v, key, one)
    {
        json_t *name = clean_string(c, key, strlen(key));

        json_object_set_new(out, json_string_value(name), clean_json(c, one));
        json_decref(name);
    }
    return out;
}

/* --- what is taken over --- */

static void
take(const struct cleaning *c, json_t *to, const json_t *from,
     const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const json_t *v = json_object_get(from, *keys);

        if (v != NULL && !json_is_null(v))
            json_object_set_new(to, *keys, clean_json(c, v));
    }
}

static json_t *
make_customer(const struct cleaning *c, const json_t *from)
{
    static const char *const keys[] = {
        "tier", "locale",         "time_zone",      "country",
        "more", "email_verified", "phone_verified", NULL};
    json_t *to = json_object();

    take(c, to, from, keys);
    if (text_of(from, "name") != NULL)
        json_object_set_new(to, "name", json_string(NAME_MARK));
    return to;
}

static json_t *
make_message(const struct cleaning *c, const json_t *from)
{
    static const char *const keys[] = {
        "role",   "kind",       "text",      "at",       "at_ms", "language",
        "intent", "confidence", "sentiment", "feedback", "auto",  NULL};
    const json_t *files = json_object_get(from, "attachments");
    json_t *to = json_object(), *list;

    take(c, to, from, keys);
    if (json_array_size(files) == 0)
        return to;
    list = json_array();
    for (size_t i = 0; i < json_array_size(files); i++)
        json_array_append_new(list, json_pack("{s:s}", "name", "attachment"));
    json_object_set_new(to, "attachments", list);
    return to;
}

static bool
is_human(const json_t *message)
{
    const char *role = text_of(message, "role");

    return role != NULL &&
           (strcmp(role, "human_agent") == 0 || strcmp(role, "agent") == 0);
}

static json_t *
make_messages(const struct cleaning *c, const json_t *r)
{
    json_int_t episode = json_integer_value(json_object_get(r, "episode"));
    bool handed_over = json_object_get(r, "handoff_id") != NULL ||
                       json_object_get(r, "handoff") != NULL;
    json_t *list = json_array();
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(r, "messages"), i, one)
    {
        json_int_t its = json_integer_value(json_object_get(one, "episode"));

        if (episode > 0 && its > 0 && its != episode)
            continue;
        if (handed_over && is_human(one))
            break;
        json_array_append_new(list, make_message(c, one));
    }
    return list;
}

/* The id may be an address: its digest tells two conversations apart. */
static json_t *
make_id(const json_t *r)
{
    const char *id = text_of(r, "id");
    uint8_t hash[SHA256_SIZE];
    struct buf hex = {0};
    json_t *made;

    digest_sha256(id != NULL ? id : "", id != NULL ? strlen(id) : 0, hash);
    buf_adds(&hex, "recorded-");
    digest_hex(&hex, hash, 6);
    made = json_stringn(buf_str(&hex), hex.len);
    buf_free(&hex);
    return made;
}

static void
make_now(const json_t *r, json_t *to)
{
    const char *outcome = text_of(r, "outcome");

    if (outcome != NULL && strcmp(outcome, "open") != 0 &&
        strcmp(outcome, "escalated") != 0)
        json_object_set_new(to, "now", json_pack("{s:s}", "outcome", outcome));
}

json_t *
fixture_make(const json_t *r, const char *names)
{
    static const char *const keys[] = {"source",
                                       "channel",
                                       "brand",
                                       "language",
                                       "language_confidence",
                                       "intent",
                                       "urgency",
                                       "fields",
                                       "data",
                                       "attributes",
                                       "ai",
                                       "actions",
                                       "started_at",
                                       "sentiment",
                                       "confidence",
                                       "flags",
                                       "review_required",
                                       "rule_state",
                                       NULL};
    static const char *const handoff_keys[] = {"via", "reason", "summary",
                                               "after_message", NULL};
    struct cleaning c = {.redactor = {{true, true, true, true, true}}};
    const json_t *handoff = json_object_get(r, "handoff");
    json_t *to = json_object();

    collect_names(&c, r, names);
    json_object_set_new(to, "id", make_id(r));
    take(&c, to, r, keys);
    json_object_set_new(to, "customer",
                        make_customer(&c, json_object_get(r, "customer")));
    if (handoff != NULL) {
        json_t *made = json_object();

        take(&c, made, handoff, handoff_keys);
        json_object_set_new(to, "handoff", made);
    }
    make_now(r, to);
    json_object_set_new(to, "messages", make_messages(&c, r));
    for (size_t i = 0; i < c.count; i++)
        free(c.names[i]);
    return to;
}
