#include <string.h>

#include "base/json.h"
#include "model/decision_members.h"

/* --- writing: the table is in order, and so is the JSON --- */

typedef void put_fn(const struct decision *d, const struct decision_member *m,
                    struct buf *out);

static const void *
at(const struct decision *d, const struct decision_member *m)
{
    return (const char *)d + m->offset;
}

static void
put_true(const char *name, struct buf *out)
{
    json_put_key(out, name);
    buf_adds(out, "true");
}

static void
put_text(const struct decision *d, const struct decision_member *m,
         struct buf *out)
{
    json_put_member(out, m->name, *(const char *const *)at(d, m));
}

static void
put_json(const struct decision *d, const struct decision_member *m,
         struct buf *out)
{
    const json_t *v = *(json_t *const *)at(d, m);

    if (v == NULL)
        return;
    json_put_key(out, m->name);
    json_write(out, v);
}

static void
put_number(const struct decision *d, const struct decision_member *m,
           struct buf *out)
{
    int64_t n = *(const int64_t *)at(d, m);

    if (n != 0)
        json_put_member_int(out, m->name, n);
}

static void
put_flag(const struct decision *d, const struct decision_member *m,
         struct buf *out)
{
    if (*(const bool *)at(d, m))
        put_true(m->name, out);
}

static void
put_action(const struct decision *d, const struct decision_member *m,
           struct buf *out)
{
    json_put_member(out, m->name, action_name(d->action));
}

static void
put_priority(const struct decision *d, const struct decision_member *m,
             struct buf *out)
{
    json_put_member(out, m->name, priority_name(d->priority));
}

static void
put_message(const struct decision *d, const struct decision_member *m,
            struct buf *out)
{
    json_put_member(out, m->name, d->message_off ? NULL : d->message);
    if (!d->message_off)
        return;
    json_put_key(out, m->name);
    buf_adds(out, "false");
}

static void
put_tags(const struct decision *d, const struct decision_member *m,
         struct buf *out)
{
    if (d->tag_count == 0)
        return;
    json_put_key(out, m->name);
    buf_addc(out, '[');
    for (size_t i = 0; i < d->tag_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        json_put_cstr(out, d->tags[i]);
    }
    buf_addc(out, ']');
}

static void
put_evidence(const struct decision *d, const struct decision_member *m,
             struct buf *out)
{
    if (d->evidence_count == 0)
        return;
    json_put_key(out, m->name);
    buf_addc(out, '[');
    for (size_t i = 0; i < d->evidence_count; i++) {
        const struct evidence *ev = &d->evidence[i];

        buf_adds(out, i > 0 ? ",{" : "{");
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
put_trace(const struct decision *d, const struct decision_member *m,
          struct buf *out)
{
    if (d->trace == NULL)
        return;
    json_put_key(out, m->name);
    buf_add(out, d->trace, d->trace_n);
}

static put_fn *const putters[] = {
    [MEMBER_TEXT] = put_text,         [MEMBER_MAP] = put_json,
    [MEMBER_LIST] = put_json,         [MEMBER_NUMBER] = put_number,
    [MEMBER_FLAG] = put_flag,         [MEMBER_ACTION] = put_action,
    [MEMBER_PRIORITY] = put_priority, [MEMBER_MESSAGE] = put_message,
    [MEMBER_TAGS] = put_tags,         [MEMBER_EVIDENCE] = put_evidence,
    [MEMBER_TRACE] = put_trace,       [MEMBER_WOULD] = NULL,
};

void
decision_json(const struct decision *d, bool with_trace, struct buf *out)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < decision_member_count; i++) {
        const struct decision_member *m = &decision_members[i];

        if (putters[m->kind] != NULL && (with_trace || m->kind != MEMBER_TRACE))
            putters[m->kind](d, m, out);
    }
    buf_addc(out, '}');
}

/* --- and back; a row is not trusted to hold what we once wrote --- */

static const char *
copy(struct arena *a, const json_t *v)
{
    return arena_str(a, json_string_value(v));
}

static void
tags_back(struct arena *a, const json_t *tags, struct decision *out)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *one = json_array_get(tags, i);

        if (out->tag_count < DECISION_TAGS_MAX && json_is_string(one))
            out->tags[out->tag_count++] = copy(a, one);
    }
}

static void
evidence_back(struct arena *a, const json_t *list, struct decision *out)
{
    size_t count = json_array_size(list) < DECISION_EVIDENCE_MAX
                       ? json_array_size(list)
                       : DECISION_EVIDENCE_MAX;

    out->evidence = arena_array(a, count, sizeof *out->evidence);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        struct evidence *ev = &out->evidence[out->evidence_count++];

        ev->seq = json_integer_value(json_object_get(one, "seq"));
        ev->signal = copy(a, json_object_get(one, "signal"));
        ev->value = copy(a, json_object_get(one, "value"));
        ev->threshold = copy(a, json_object_get(one, "threshold"));
        ev->quote = copy(a, json_object_get(one, "quote"));
    }
}

static void
trace_back(struct arena *a, const json_t *trace, struct decision *out)
{
    struct buf text = {0};

    json_write(&text, trace);
    out->trace = arena_dup(a, text.data, text.len);
    out->trace_n = text.len;
    buf_free(&text);
}

static void
scalar_back(struct arena *a, const struct decision_member *m, json_t *v,
            struct decision *out)
{
    if (m->kind == MEMBER_TEXT)
        *(const char **)decision_at(out, m) = copy(a, v);
    else if (m->kind == MEMBER_NUMBER)
        *(int64_t *)decision_at(out, m) = json_integer_value(v);
    else if (m->kind == MEMBER_FLAG)
        *(bool *)decision_at(out, m) = json_is_true(v);
    else if ((m->kind == MEMBER_MAP && json_is_object(v)) ||
             (m->kind == MEMBER_LIST && json_is_array(v)))
        *(json_t **)decision_at(out, m) = json_incref(v);
}

static void
named_back(struct arena *a, enum decision_member_kind kind, const json_t *v,
           struct decision *out)
{
    const char *s = json_string_value(v) != NULL ? json_string_value(v) : "";

    if (kind == MEMBER_ACTION)
        (void)action_from_name(s, strlen(s), &out->action);
    else if (kind == MEMBER_PRIORITY)
        (void)priority_from_name(s, strlen(s), &out->priority);
    else if (kind == MEMBER_TAGS)
        tags_back(a, v, out);
    else if (kind == MEMBER_EVIDENCE)
        evidence_back(a, v, out);
    else if (kind == MEMBER_TRACE)
        trace_back(a, v, out);
    if (kind != MEMBER_MESSAGE)
        return;
    out->message_off = json_is_false(v);
    out->message = copy(a, v);
}

int
decision_from_json(struct arena *a, const char *json, size_t n,
                   struct decision *out, struct err *e)
{
    struct err why = {0};
    json_t *o = json_read(json, n, &why);

    memset(out, 0, sizeof *out);
    if (!json_is_object(o)) {
        json_decref(o);
        return err_set(e, ERR_SYSTEM, "a stored decision is unreadable: %s",
                       o == NULL ? why.text : "no object");
    }
    for (size_t i = 0; i < decision_member_count; i++) {
        const struct decision_member *m = &decision_members[i];
        json_t *v = json_object_get(o, m->name);

        if (v == NULL)
            continue;
        if (m->kind < MEMBER_ACTION)
            scalar_back(a, m, v, out);
        else
            named_back(a, m->kind, v, out);
    }
    json_decref(o);
    return 0;
}
