/*
 * conversations: what the tests of the conversation and its events share:
 * events written as JSON, taken the way an adapter's answer is.
 */
#ifndef UNIT_MODEL_CONVERSATIONS_H
#define UNIT_MODEL_CONVERSATIONS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/pack.h"
#include "base/value.h"
#include "model/conversation.h"
#include "model/event.h"
#include "model/redact.h"

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))
#define RECEIVED_MS    1000000

static inline json_t *
json_of(const char *text)
{
    struct err e = {0};
    json_t *json = json_read(text, strlen(text), &e);

    if (json == NULL)
        fail_msg("%s in %s", e.text, text);
    return json;
}

static inline struct conversation *
recorded(const char *text)
{
    json_t *json = json_of(text);
    struct err e = {0};
    struct conversation *c = conversation_from_recording(json, &e);

    if (c == NULL)
        fail_msg("%s", e.text);
    json_decref(json);
    return c;
}

/* The value that these bytes hold, copied into the arena. */
static inline const struct value *
value_of_pack(struct arena *a, const struct buf *packed)
{
    struct err e = {0};
    const struct value *v = value_read(
        a, arena_dup(a, packed->data, packed->len), packed->len, 1000000, &e);

    if (v == NULL)
        fail_msg("%s", e.text);
    return v;
}

static inline const struct value *
value_of(struct arena *a, const char *text)
{
    json_t *json = json_of(text);
    struct buf packed = {0};
    const struct value *v;

    pack_json(&packed, json);
    v = value_of_pack(a, &packed);
    json_decref(json);
    buf_free(&packed);
    return v;
}

/* Merge what the JSON tells, as the engine does: read, redacted, applied. */
static inline struct conversation_change
apply(struct conversation *c, const char *text)
{
    struct arena *a = arena_new(0);
    struct redactor r = REDACTOR_DEFAULT;
    struct conversation_change change = {0};
    struct event *events;
    struct err e = {0};
    size_t count;

    if (event_read(a, value_of(a, text), &events, &count, &e) != 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < count; i++) {
        event_redact(&events[i], &r, a);
        if (conversation_apply(c, &events[i], RECEIVED_MS, &change, &e) != 0)
            fail_msg("%s", e.text);
    }
    event_clear(events, count);
    arena_free(a);
    return change;
}

static inline struct conversation_change
say(struct conversation *c, const char *role, const char *id, long long at,
    const char *text)
{
    char json[2048];

    snprintf(json, sizeof json,
             "{\"type\":\"message.created\",\"messages\":[{\"id\":\"%s\","
             "\"role\":\"%s\",\"at_ms\":%lld,\"text\":\"%s\"}]}",
             id, role, at, text);
    return apply(c, json);
}

static inline struct conversation *
new_conversation(void)
{
    return conversation_new("default", "web", "web:1");
}

/* What a rule would see, as JSON. */
static inline json_t *
view_of(const struct conversation *c, int64_t upto)
{
    struct arena *a = arena_new(0);
    struct buf packed = {0};
    json_t *json;

    conversation_pack(c, upto, &packed);
    json = value_json(value_of_pack(a, &packed));
    buf_free(&packed);
    arena_free(a);
    return json;
}

static inline int64_t
int_at(const json_t *json, const char *path)
{
    const json_t *v = json_at(json, path);

    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static inline double
num_at(const json_t *json, const char *path)
{
    const json_t *v = json_at(json, path);

    assert_true(json_is_number(v));
    return json_number_value(v);
}

static inline const char *
text_at(const json_t *json, const char *path)
{
    const char *s = json_string_value(json_at(json, path));

    assert_non_null(s);
    return s;
}

/* The rows of all messages, loaded in the order of ord. */
static inline struct conversation *
loaded_again(const struct conversation *c)
{
    struct buf row = {0};
    struct conversation *back;
    struct err e = {0};
    int64_t last = INT64_MIN;

    conversation_row(c, &row);
    back = conversation_from_row(c->tenant, c->source, c->id, row.data, row.len,
                                 &e);
    assert_non_null(back);
    for (size_t i = 0; i < c->message_count; i++) {
        const struct message *m = c->messages[i];
        struct message *copy;

        assert_true(m->ord > last);
        last = m->ord;
        buf_clear(&row);
        message_row(m, &row);
        copy = message_from_row(back, m->key, m->ord, row.data, row.len, &e);
        assert_non_null(copy);
        conversation_add_loaded(back, copy);
    }
    buf_free(&row);
    return back;
}

/* A small generator with a fixed start: every run sees the same. */
static inline uint32_t
next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
