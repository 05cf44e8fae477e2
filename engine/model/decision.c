#include "model/decision.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

#define TEXT_MAX_BYTES 4096
#define QUOTE_MAX_BYTES 400

static const char *const actions[ACTION_COUNT] = {
    "keep",   "offer",  "collect", "wait",   "escalate",
    "notify", "append", "link",    "inform", "ignore"};
static const char *const priorities[] = {"", "low", "normal", "high", "urgent"};

const char *
action_name(enum action a)
{
    return a < ACTION_COUNT ? actions[a] : "?";
}

bool
action_from_name(const char *s, size_t n, enum action *out)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (strlen(actions[i]) == n && memcmp(actions[i], s, n) == 0) {
            *out = (enum action)i;
            return true;
        }
    return false;
}

const char *
priority_name(enum priority p)
{
    return p > PRIORITY_NONE && p <= PRIORITY_URGENT ? priorities[p] : NULL;
}

bool
priority_from_name(const char *s, size_t n, enum priority *out)
{
    for (size_t i = 1; i <= PRIORITY_URGENT; i++)
        if (strlen(priorities[i]) == n && memcmp(priorities[i], s, n) == 0) {
            *out = (enum priority)i;
            return true;
        }
    return false;
}

/* --- members by table: text, json, and those with a rule of their own --- */

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
#define TEXT_MEMBER(m) {#m, offsetof(struct decision, m)}
    TEXT_MEMBER(reason),        TEXT_MEMBER(rule),
    TEXT_MEMBER(subject),       TEXT_MEMBER(group),
    TEXT_MEMBER(assignee),      TEXT_MEMBER(helpdesk),
    TEXT_MEMBER(as),            TEXT_MEMBER(need),
    TEXT_MEMBER(next_step),     TEXT_MEMBER(summary),
    TEXT_MEMBER(transcript),    TEXT_MEMBER(priority_from),
    TEXT_MEMBER(group_from),    TEXT_MEMBER(timing),
    TEXT_MEMBER(append_to),     TEXT_MEMBER(link_to),
    TEXT_MEMBER(risk),          TEXT_MEMBER(description),
};
static const struct {
    const char *name;
    size_t offset;
} jsons[] = {
    TEXT_MEMBER(fields),    TEXT_MEMBER(collect), TEXT_MEMBER(actions),
    TEXT_MEMBER(skills),    TEXT_MEMBER(reasons), TEXT_MEMBER(cancel_on),
    TEXT_MEMBER(rule_state),
};
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char **
text_at(struct decision *d, size_t offset)
{
    return (const char **)(void *)((char *)d + offset);
}

static json_t **
json_at_offset(struct decision *d, size_t offset)
{
    return (json_t **)(void *)((char *)d + offset);
}

struct reading {
    struct arena *arena;
    struct decision *d;
    bool want_trace;
    struct err *e;
};

static int
wrong(struct reading *r, struct str key, const char *what)
{
    return err_set(r->e, ERR_SCRIPT, "decision.%.*s: %s",
                   (int)(key.len < 60 ? key.len : 60), key.p, what);
}

/* An adapter of values: 1 taken, 0 not ours, -1 wrong. */
static int
take_text(struct reading *r, struct str key, const struct value *v)
{
    struct str s = value_str(v);

    for (size_t i = 0; i < COUNT(texts); i++) {
        if (!str_is(key, texts[i].name))
            continue;
        if (!value_is_str(v))
            return wrong(r, key, "string expected");
        *text_at(r->d, texts[i].offset) =
            arena_dup(r->arena, s.p, utf8_clip(s.p, s.len, TEXT_MAX_BYTES));
        return 1;
    }
    return 0;
}

static int
take_json(struct reading *r, struct str key, const struct value *v)
{
    for (size_t i = 0; i < COUNT(jsons); i++) {
        if (!str_is(key, jsons[i].name))
            continue;
        if (value_type(v) != VALUE_MAP && value_type(v) != VALUE_ARRAY)
            return wrong(r, key, "table expected");
        *json_at_offset(r->d, jsons[i].offset) = value_json(v);
        return 1;
    }
    return 0;
}

static bool
tag_fine(struct str s)
{
    if (s.len == 0 || s.len > 60)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (memchr("abcdefghijklmnopqrstuvwxyz0123456789_:.-", s.p[i], 40) ==
            NULL)
            return false;
    return true;
}

static int
take_tags(struct reading *r, struct str key, const struct value *v)
{
    struct decision *d = r->d;

    if (!str_is(key, "tags"))
        return 0;
    if (value_type(v) != VALUE_ARRAY && value_count(v) > 0)
        return wrong(r, key, "list expected");
    for (size_t i = 0; i < value_count(v); i++) {
        struct str s = value_str(value_item(v, i));

        if (!tag_fine(s))
            return wrong(r, key,
                         "a tag is 1 to 60 of a-z 0-9 _ : . - in lower case");
        if (d->tag_count == DECISION_TAGS_MAX)
            return wrong(r, key, "more than 32");
        d->tags[d->tag_count++] = arena_dup(r->arena, s.p, s.len);
    }
    return 1;
}

static const char *
scalar_text(struct arena *a, const struct value *v, size_t max)
{
    struct buf out = {0};
    struct str s = value_str(v);
    const char *text;

    if (v == NULL)
        return NULL;
    if (value_is_str(v))
        return arena_dup(a, s.p, utf8_clip(s.p, s.len, max));
    value_to_json(&out, v);
    text = arena_dup(a, out.data, utf8_clip(out.data, out.len, max));
    buf_free(&out);
    return text;
}

static int
take_evidence(struct reading *r, struct str key, const struct value *v)
{
    struct decision *d = r->d;

    if (!str_is(key, "evidence"))
        return 0;
    if (value_type(v) != VALUE_ARRAY && value_count(v) > 0)
        return wrong(r, key, "list expected");
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *one = value_item(v, i);
        struct evidence *ev;

        if (d->evidence_count == COUNT(d->evidence))
            break;
        ev = &d->evidence[d->evidence_count++];
        ev->seq = value_get_int(one, "seq", 0);
        ev->signal = scalar_text(r->arena, value_get(one, "signal"), 200);
        ev->value = scalar_text(r->arena, value_get(one, "value"), 200);
        ev->threshold = scalar_text(r->arena, value_get(one, "threshold"), 200);
        ev->quote = scalar_text(r->arena, value_get(one, "quote"),
                                QUOTE_MAX_BYTES);
    }
    return 1;
}

static int
take_message(struct reading *r, struct str key, const struct value *v)
{
    if (!str_is(key, "message"))
        return 0;
    if (value_type(v) == VALUE_BOOL) {
        r->d->message_off = !value_bool(v, true);
        return 1;
    }
    if (!value_is_str(v))
        return wrong(r, key, "string or false expected");
    r->d->message = scalar_text(r->arena, v, TEXT_MAX_BYTES);
    return 1;
}

static int
take_named(struct reading *r, struct str key, const struct value *v)
{
    struct str s = value_str(v);

    if (str_is(key, "action")) {
        if (!action_from_name(s.p != NULL ? s.p : "", s.len, &r->d->action))
            return wrong(r, key, "not one of the ten actions");
        return 1;
    }
    if (str_is(key, "priority")) {
        if (!priority_from_name(s.p != NULL ? s.p : "", s.len,
                                &r->d->priority))
            return wrong(r, key, "low, normal, high or urgent expected");
        return 1;
    }
    return 0;
}

static int
take_number(struct reading *r, struct str key, const struct value *v)
{
    static const struct {
        const char *name;
        size_t offset;
    } table[] = {TEXT_MEMBER(wait_s), TEXT_MEMBER(at_ms),
                 TEXT_MEMBER(transcript_n)};

    for (size_t i = 0; i < COUNT(table); i++) {
        if (!str_is(key, table[i].name))
            continue;
        if (value_type(v) != VALUE_INT && value_type(v) != VALUE_NUM)
            return wrong(r, key, "number expected");
        *(int64_t *)(void *)((char *)r->d + table[i].offset) =
            (int64_t)value_num(v, 0);
        return 1;
    }
    if (str_is(key, "final")) {
        r->d->final = value_bool(v, false);
        return 1;
    }
    return 0;
}

static int
take_trace(struct reading *r, struct str key, const struct value *v)
{
    struct buf out = {0};

    /* would: names of later rules that also match; part of the trace. */
    if (!str_is(key, "trace") && !str_is(key, "would"))
        return 0;
    if (!r->want_trace || (str_is(key, "would") && r->d->trace != NULL))
        return 1;
    value_to_json(&out, v);
    if (str_is(key, "would")) {
        struct buf wrapped = {0};

        buf_addf(&wrapped, "{\"would\":%s}", buf_str(&out));
        buf_free(&out);
        out = wrapped;
    }
    r->d->trace = arena_dup(r->arena, out.data, out.len);
    r->d->trace_n = out.len;
    buf_free(&out);
    return 1;
}

typedef int take_fn(struct reading *r, struct str key, const struct value *v);
static take_fn *const takers[] = {take_named,    take_text,    take_tags,
                                  take_evidence, take_message, take_number,
                                  take_json,     take_trace};

static int
take_member(struct reading *r, struct str key, const struct value *v)
{
    for (size_t i = 0; i < COUNT(takers); i++) {
        int took = takers[i](r, key, v);

        if (took != 0)
            return took < 0 ? -1 : 0;
    }
    return wrong(r, key, "not a member of a decision");
}

static int
check_whole(struct reading *r)
{
    struct decision *d = r->d;
    size_t n;

    if (d->action == ACTION_ESCALATE && (d->reason == NULL ||
                                         d->next_step == NULL ||
                                         d->next_step[0] == '\0'))
        return err_set(r->e, ERR_SCRIPT,
                       "decision: escalate without reason or next_step");
    if (d->subject == NULL)
        return 0;
    n = utf8_graphemes(d->subject, strlen(d->subject), DECISION_SUBJECT_MAX);
    d->subject = arena_dup(r->arena, d->subject, n);
    return 0;
}

int
decision_read(struct arena *a, const struct value *v, bool want_trace,
              struct decision *out, struct err *e)
{
    struct reading r = {a, out, want_trace, e};

    memset(out, 0, sizeof *out);
    if (value_type(v) != VALUE_MAP)
        return err_set(e, ERR_SCRIPT, "decision: table expected");
    for (size_t i = 0; i < value_count(v); i++) {
        struct str key;
        const struct value *member = value_member(v, i, &key);

        if (member != NULL && take_member(&r, key, member) != 0) {
            decision_clear(out);
            return -1;
        }
    }
    if (check_whole(&r) != 0) {
        decision_clear(out);
        return -1;
    }
    return 0;
}

void
decision_failsafe(struct arena *a, const char *class, const char *text,
                  struct decision *out)
{
    memset(out, 0, sizeof *out);
    out->action = ACTION_ESCALATE;
    out->failed = true;
    out->reason = "error";
    out->rule = "built-in: fail-safe";
    out->priority = PRIORITY_NORMAL;
    out->priority_from = "fail-safe";
    out->tags[out->tag_count++] = "usher";
    out->tags[out->tag_count++] = "usher:rule-failed";
    out->subject = "Please take over: the escalation rules failed";
    out->next_step = arena_printf(
        a,
        "Read the conversation and reply. The rules could not decide (%s): "
        "%.300s",
        class, text);
}

void
decision_keep(struct decision *out)
{
    memset(out, 0, sizeof *out);
}

/* --- JSON --- */

static void
put_evidence(const struct decision *d, struct buf *out)
{
    if (d->evidence_count == 0)
        return;
    json_put_key(out, "evidence");
    buf_addc(out, '[');
    for (size_t i = 0; i < d->evidence_count; i++) {
        const struct evidence *ev = &d->evidence[i];

        if (i > 0)
            buf_addc(out, ',');
        buf_addc(out, '{');
        json_put_member(out, "quote", ev->quote);
        if (ev->seq > 0)
            json_put_member_int(out, "seq", ev->seq);
        json_put_member(out, "signal", ev->signal);
        json_put_member(out, "threshold", ev->threshold);
        json_put_member(out, "value", ev->value);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
put_tags(const struct decision *d, struct buf *out)
{
    if (d->tag_count == 0)
        return;
    json_put_key(out, "tags");
    buf_addc(out, '[');
    for (size_t i = 0; i < d->tag_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_put_cstr(out, d->tags[i]);
    }
    buf_addc(out, ']');
}

static void
put_numbers(const struct decision *d, struct buf *out)
{
    if (d->at_ms != 0)
        json_put_member_int(out, "at_ms", d->at_ms);
    if (d->wait_s != 0)
        json_put_member_int(out, "wait_s", d->wait_s);
    if (d->transcript_n != 0)
        json_put_member_int(out, "transcript_n", d->transcript_n);
    if (d->final) {
        json_put_key(out, "final");
        buf_adds(out, "true");
    }
}

void
decision_json(const struct decision *d, bool with_trace, struct buf *out)
{
    struct decision *all = (struct decision *)(uintptr_t)d;

    buf_addc(out, '{');
    json_put_member(out, "action", action_name(d->action));
    json_put_member(out, "priority", priority_name(d->priority));
    for (size_t i = 0; i < COUNT(texts); i++)
        json_put_member(out, texts[i].name, *text_at(all, texts[i].offset));
    put_numbers(d, out);
    if (d->message_off) {
        json_put_key(out, "message");
        buf_adds(out, "false");
    } else {
        json_put_member(out, "message", d->message);
    }
    put_tags(d, out);
    put_evidence(d, out);
    for (size_t i = 0; i < COUNT(jsons); i++) {
        const json_t *v = *json_at_offset(all, jsons[i].offset);

        if (v == NULL)
            continue;
        json_put_key(out, jsons[i].name);
        json_write(out, v);
    }
    if (d->failed) {
        json_put_key(out, "failed");
        buf_adds(out, "true");
    }
    if (with_trace && d->trace != NULL) {
        json_put_key(out, "trace");
        buf_add(out, d->trace, d->trace_n);
    }
    buf_addc(out, '}');
}

static const char *
copy(struct arena *a, const json_t *o, const char *key)
{
    return arena_str(a, json_string_value(json_object_get(o, key)));
}

static void
tags_back(struct arena *a, const json_t *o, struct decision *out)
{
    const json_t *tags = json_object_get(o, "tags"), *one;
    size_t i;

    json_array_foreach(tags, i, one)
    {
        if (out->tag_count < DECISION_TAGS_MAX && json_is_string(one))
            out->tags[out->tag_count++] = arena_str(a, json_string_value(one));
    }
}

static void
evidence_back(struct arena *a, const json_t *o, struct decision *out)
{
    const json_t *list = json_object_get(o, "evidence"), *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        struct evidence *ev;

        if (out->evidence_count == COUNT(out->evidence))
            return;
        ev = &out->evidence[out->evidence_count++];
        ev->seq = json_integer_value(json_object_get(one, "seq"));
        ev->signal = copy(a, one, "signal");
        ev->value = copy(a, one, "value");
        ev->threshold = copy(a, one, "threshold");
        ev->quote = copy(a, one, "quote");
    }
}

int
decision_from_json(struct arena *a, const char *json, size_t n,
                   struct decision *out, struct err *e)
{
    json_t *o = json_read(json, n, e), *message;
    const char *s;

    memset(out, 0, sizeof *out);
    if (!json_is_object(o)) {
        json_decref(o);
        return err_wrap(e, "a stored decision");
    }
    s = json_string_value(json_object_get(o, "action"));
    if (s != NULL)
        (void)action_from_name(s, strlen(s), &out->action);
    s = json_string_value(json_object_get(o, "priority"));
    if (s != NULL)
        (void)priority_from_name(s, strlen(s), &out->priority);
    for (size_t i = 0; i < COUNT(texts); i++)
        *text_at(out, texts[i].offset) = copy(a, o, texts[i].name);
    for (size_t i = 0; i < COUNT(jsons); i++)
        *json_at_offset(out, jsons[i].offset) =
            json_incref(json_object_get(o, jsons[i].name));
    message = json_object_get(o, "message");
    out->message_off = json_is_false(message);
    out->message = arena_str(a, json_string_value(message));
    out->at_ms = json_integer_value(json_object_get(o, "at_ms"));
    out->wait_s = json_integer_value(json_object_get(o, "wait_s"));
    out->transcript_n = json_integer_value(json_object_get(o, "transcript_n"));
    out->final = json_is_true(json_object_get(o, "final"));
    out->failed = json_is_true(json_object_get(o, "failed"));
    tags_back(a, o, out);
    evidence_back(a, o, out);
    json_decref(o);
    return 0;
}

void
decision_clear(struct decision *d)
{
    for (size_t i = 0; i < COUNT(jsons); i++) {
        json_t **member = json_at_offset(d, jsons[i].offset);

        json_decref(*member);
        *member = NULL;
    }
}
