#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "model/event.h"
#include "model/redact.h"

#define VALUE_MAX_BYTES 4096
#define KEY_MAX_BYTES   256

#define BLOCK 64 /* the compiler makes vectors of that */

/* Plain printable ASCII is harmless as it is, and most of what comes. */
static bool
is_plain(const char *p, size_t n)
{
    unsigned char block[BLOCK], odd = 0;

    for (; n >= BLOCK; p += BLOCK, n -= BLOCK) {
        memcpy(block, p, BLOCK);
        for (size_t i = 0; i < BLOCK; i++)
            odd |= (unsigned char)(block[i] - ' ') >= 0x7F - ' ';
        if (odd != 0)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (p[i] < ' ' || p[i] == 0x7F)
            return false;
    return true;
}

/* Harmless, and redacted when there is a redactor. */
static void
clean(const struct redactor *r, const char *p, size_t n, struct buf *out,
      unsigned counts[REDACT_KINDS])
{
    struct buf harmless = {0};

    if (!is_plain(p, n)) {
        utf8_harmless(&harmless, p, n);
        p = buf_str(&harmless);
        n = harmless.len;
    }
    if (r != NULL)
        redact_text(r, p, n, out, counts);
    else
        buf_add(out, p, n);
    buf_free(&harmless);
}

static void
clean_member(const struct redactor *r, struct arena *a, const char **member)
{
    struct buf out = {0};

    if (*member == NULL)
        return;
    clean(r, *member, strlen(*member), &out, NULL);
    if (strcmp(buf_str(&out), *member) != 0)
        *member = arena_dup(a, buf_str(&out), out.len);
    buf_free(&out);
}

/* --- JSON: strings and names, at any depth --- */

static json_t *clean_json(const struct redactor *r, const json_t *v);

static json_t *
clean_string(const struct redactor *r, const json_t *v)
{
    struct buf out = {0};
    json_t *s;

    clean(r, json_string_value(v), json_string_length(v), &out, NULL);
    if (r != NULL) /* what only the adapter reads stays whole */
        buf_cut(&out, utf8_clip(buf_str(&out), out.len, VALUE_MAX_BYTES));
    s = json_stringn(buf_str(&out), out.len);
    buf_free(&out);
    return s;
}

static json_t *
clean_array(const struct redactor *r, const json_t *v)
{
    json_t *out = json_array();

    for (size_t i = 0; i < json_array_size(v); i++)
        json_array_append_new(out, clean_json(r, json_array_get(v, i)));
    return out;
}

static json_t *
clean_object(const struct redactor *r, const json_t *v)
{
    json_t *out = json_object();
    /* jansson's iterator takes a pointer to non-const and does not write. */
    json_t *o = (json_t *)(uintptr_t)v;
    struct buf key = {0};

    for (void *at = json_object_iter(o); at != NULL;
         at = json_object_iter_next(o, at)) {
        buf_clear(&key);
        clean(r, json_object_iter_key(at), json_object_iter_key_len(at), &key,
              NULL);
        buf_cut(&key, utf8_clip(buf_str(&key), key.len, KEY_MAX_BYTES));
        json_object_set_new(out, buf_str(&key),
                            clean_json(r, json_object_iter_value(at)));
    }
    buf_free(&key);
    return out;
}

static json_t *
clean_json(const struct redactor *r, const json_t *v)
{
    if (json_is_string(v))
        return clean_string(r, v);
    if (json_is_array(v))
        return clean_array(r, v);
    if (json_is_object(v))
        return clean_object(r, v);
    return json_incref((json_t *)(uintptr_t)v);
}

static void
replace_json(const struct redactor *r, json_t **member)
{
    json_t *clean;

    if (*member == NULL)
        return;
    clean = clean_json(r, *member);
    json_decref(*member);
    *member = clean;
}

/* --- the parts of an event --- */

static void
note_redactions(struct message *m, const unsigned counts[REDACT_KINDS])
{
    for (int k = 0; k < REDACT_KINDS; k++) {
        json_t *one;

        if (counts[k] == 0)
            continue;
        if (m->redactions == NULL)
            m->redactions = json_array();
        one = json_object();
        json_object_set_new(one, "kind",
                            json_string(redact_kind_name((enum redact_kind)k)));
        json_object_set_new(one, "count", json_integer((json_int_t)counts[k]));
        json_array_append_new(m->redactions, one);
    }
}

static void
clean_message(struct message *m, const struct redactor *r, struct arena *a)
{
    unsigned counts[REDACT_KINDS] = {0};
    struct buf out = {0};

    clean(r, m->text, m->text_n, &out, counts);
    m->text = arena_dup(a, buf_str(&out), out.len);
    m->text_n = out.len;
    buf_free(&out);
    note_redactions(m, counts);
    clean_member(NULL, a, &m->key);
    clean_member(NULL, a, &m->author_id);
    clean_member(r, a, &m->author_name);
    clean_member(NULL, a, &m->language);
    clean_member(r, a, &m->intent);
    replace_json(r, &m->attachments);
}

/* Addresses and ids are needed as they are; names are free text. */
static void
clean_customer(struct customer *c, const struct redactor *r, struct arena *a)
{
    const char **const exact[] = {&c->external_id, &c->email,  &c->phone,
                                  &c->tier,        &c->locale, &c->time_zone,
                                  &c->country};

    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        clean_member(NULL, a, exact[i]);
    clean_member(r, a, &c->name);
    clean_member(r, a, &c->company);
    replace_json(r, &c->more);
}

void
event_redact(struct event *ev, const struct redactor *r, struct arena *a)
{
    const char **const exact[] = {&ev->native_url, &ev->channel, &ev->brand,
                                  &ev->language, &ev->handoff_via};
    const char **const free_text[] = {&ev->intent, &ev->intent_title,
                                      &ev->handoff_reason, &ev->handoff_actor,
                                      &ev->handoff_summary};

    for (size_t i = 0; i < ev->message_count; i++)
        clean_message(&ev->messages[i], r, a);
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        clean_member(NULL, a, exact[i]);
    for (size_t i = 0; i < sizeof free_text / sizeof *free_text; i++)
        clean_member(r, a, free_text[i]);
    clean_customer(&ev->customer, r, a);
    replace_json(r, &ev->fields);
    replace_json(r, &ev->attributes);
    replace_json(r, &ev->ai);
    replace_json(NULL, &ev->source_state);
}
