#include "model/decision.h"

#include <string.h>

#include "base/str.h"
#include "model/decision_members.h"

#define TEXT_MAX_BYTES  4096
#define SHORT_MAX_BYTES 200 /* of a signal, a value, a quote */
#define TAG_MAX_BYTES   60
#define TIME_MAX        253402300799999.0 /* the end of 9999, in ms */

static const char *const actions[ACTION_COUNT] = {
    [ACTION_KEEP] = "keep",         [ACTION_OFFER] = "offer",
    [ACTION_COLLECT] = "collect",   [ACTION_WAIT] = "wait",
    [ACTION_ESCALATE] = "escalate", [ACTION_NOTIFY] = "notify",
    [ACTION_APPEND] = "append",     [ACTION_LINK] = "link",
    [ACTION_INFORM] = "inform",     [ACTION_IGNORE] = "ignore",
};
static const char *const priorities[] = {
    [PRIORITY_NONE] = "",         [PRIORITY_LOW] = "low",
    [PRIORITY_NORMAL] = "normal", [PRIORITY_HIGH] = "high",
    [PRIORITY_URGENT] = "urgent",
};

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

/* --- the members, in the order of their names --- */

/* Words that a text member must be one of. */
static const char *const as_words[] = {"ticket", "conversation", NULL};
static const char *const need_words[] = {"judgment",    "approval", "follow_up",
                                         "investigate", "reply",    "callback",
                                         NULL};
static const char *const risk_words[] = {"low", "medium", "high", NULL};
static const char *const timing_words[] = {"immediate", "wait", "sla",
                                           "next_open", "at",   NULL};
static const char *const transcript_words[] = {"full", "last_n", "since_topic",
                                               "restricted", NULL};

#define MEMBER(name, kind, ...)                                                \
    {                                                                          \
#name, kind, offsetof(struct decision, name), __VA_ARGS__              \
    }
#define OWN(name, kind)                                                        \
    {                                                                          \
        name, kind, 0, NULL                                                    \
    }

const struct decision_member decision_members[] = {
    OWN("action", MEMBER_ACTION),
    MEMBER(actions, MEMBER_LIST, NULL),
    MEMBER(append_to, MEMBER_TEXT, NULL),
    MEMBER(as, MEMBER_TEXT, as_words),
    MEMBER(assignee, MEMBER_TEXT, NULL),
    MEMBER(at_ms, MEMBER_NUMBER, NULL),
    MEMBER(budget, MEMBER_MAP, NULL),
    MEMBER(cancel_on, MEMBER_LIST, NULL),
    MEMBER(collect, MEMBER_MAP, NULL),
    MEMBER(description, MEMBER_TEXT, NULL),
    MEMBER(due_at_ms, MEMBER_NUMBER, NULL),
    OWN("evidence", MEMBER_EVIDENCE),
    MEMBER(failed, MEMBER_FLAG, NULL),
    MEMBER(fields, MEMBER_MAP, NULL),
    MEMBER(final, MEMBER_FLAG, NULL),
    MEMBER(group, MEMBER_TEXT, NULL),
    MEMBER(group_from, MEMBER_TEXT, NULL),
    MEMBER(helpdesk, MEMBER_TEXT, NULL),
    MEMBER(link_to, MEMBER_TEXT, NULL),
    OWN("message", MEMBER_MESSAGE),
    MEMBER(near, MEMBER_LIST, NULL),
    MEMBER(need, MEMBER_TEXT, need_words),
    MEMBER(next_step, MEMBER_TEXT, NULL),
    MEMBER(notifiers, MEMBER_LIST, NULL),
    OWN("priority", MEMBER_PRIORITY),
    MEMBER(priority_from, MEMBER_TEXT, NULL),
    MEMBER(reason, MEMBER_TEXT, NULL),
    MEMBER(reasons, MEMBER_LIST, NULL),
    MEMBER(risk, MEMBER_TEXT, risk_words),
    MEMBER(rule, MEMBER_TEXT, NULL),
    MEMBER(rule_state, MEMBER_MAP, NULL),
    MEMBER(skills, MEMBER_LIST, NULL),
    MEMBER(subject, MEMBER_TEXT, NULL),
    MEMBER(summary, MEMBER_TEXT, NULL),
    OWN("tags", MEMBER_TAGS),
    MEMBER(timing, MEMBER_TEXT, timing_words),
    OWN("trace", MEMBER_TRACE),
    MEMBER(transcript, MEMBER_TEXT, transcript_words),
    MEMBER(transcript_n, MEMBER_NUMBER, NULL),
    MEMBER(wait_s, MEMBER_NUMBER, NULL),
    OWN("would", MEMBER_WOULD),
};
const size_t decision_member_count =
    sizeof decision_members / sizeof *decision_members;

void *
decision_at(struct decision *d, const struct decision_member *m)
{
    return (char *)d + m->offset;
}

/* --- reading: what the rules returned, member by member --- */

struct reading {
    struct arena *arena;
    struct decision *d;
    bool want_trace;
    const struct value *trace, *would;
    struct err *e;
};

typedef int take_fn(struct reading *r, const struct decision_member *m,
                    const struct value *v);

static int
wrong(struct reading *r, const char *member, const char *what)
{
    return err_set(r->e, ERR_SCRIPT, "decision.%s: %s", member, what);
}

static const char *
copy_text(struct arena *a, struct str s, size_t max)
{
    return arena_dup(a, s.p != NULL ? s.p : "", utf8_clip(s.p, s.len, max));
}

/* No text of ours may hold a NUL: a C string would end there, and a row with
 * one could not be read again. */
static bool
holds_nul(const struct value *v)
{
    struct str s = value_str(v);

    if (s.len > 0 && memchr(s.p, '\0', s.len) != NULL)
        return true;
    for (size_t i = 0; i < value_count(v); i++) {
        struct str key = {0};
        const struct value *one = value_type(v) == VALUE_MAP
                                      ? value_member(v, i, &key)
                                      : value_item(v, i);

        if ((key.len > 0 && memchr(key.p, '\0', key.len) != NULL) ||
            holds_nul(one))
            return true;
    }
    return false;
}

static int
check_word(struct reading *r, const char *member, const char *const *words,
           struct str s)
{
    struct buf all = {0};
    int result;

    for (size_t i = 0; words[i] != NULL; i++)
        if (str_is(s, words[i]))
            return 0;
    for (size_t i = 0; words[i] != NULL; i++)
        buf_addf(&all, "%s%s", words[i], words[i + 1] != NULL ? ", " : "");
    buf_adds(&all, " expected");
    result = wrong(r, member, buf_str(&all));
    buf_free(&all);
    return result;
}

static int
take_text(struct reading *r, const struct decision_member *m,
          const struct value *v)
{
    struct str s = value_str(v);

    if (!value_is_str(v))
        return wrong(r, m->name, "string expected");
    if (m->words != NULL && check_word(r, m->name, m->words, s) != 0)
        return -1;
    *(const char **)decision_at(r->d, m) =
        copy_text(r->arena, s, TEXT_MAX_BYTES);
    return 0;
}

static bool
is_empty(const struct value *v)
{
    return (value_type(v) == VALUE_MAP || value_type(v) == VALUE_ARRAY) &&
           value_count(v) == 0;
}

/* A script's empty table may come as a list or as a map. */
static int
take_json(struct reading *r, const struct decision_member *m,
          const struct value *v)
{
    enum value_type wanted = m->kind == MEMBER_LIST ? VALUE_ARRAY : VALUE_MAP;

    if (is_empty(v))
        return 0;
    if (value_type(v) != wanted)
        return wrong(r, m->name,
                     wanted == VALUE_ARRAY ? "list expected"
                                           : "table of names expected");
    json_decref(*(json_t **)decision_at(r->d, m));
    *(json_t **)decision_at(r->d, m) = value_json(v);
    return 0;
}

static bool
tag_fine(struct str s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_:.-";

    if (s.len == 0 || s.len > TAG_MAX_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (memchr(allowed, s.p[i], sizeof allowed - 1) == NULL)
            return false;
    return true;
}

static int
take_tags(struct reading *r, const struct decision_member *m,
          const struct value *v)
{
    struct decision *d = r->d;

    if (is_empty(v))
        return 0;
    if (value_type(v) != VALUE_ARRAY)
        return wrong(r, m->name, "list expected");
    d->tag_count = 0;
    for (size_t i = 0; i < value_count(v); i++) {
        struct str s = value_str(value_item(v, i));

        if (!tag_fine(s))
            return wrong(r, m->name,
                         "a tag is 1 to 60 of a-z 0-9 _ : . - in lower case");
        if (d->tag_count == DECISION_TAGS_MAX)
            return wrong(r, m->name, "more than 32");
        d->tags[d->tag_count++] = copy_text(r->arena, s, TAG_MAX_BYTES);
    }
    return 0;
}

/* Any scalar or table as a short text. */
static const char *
short_text(struct arena *a, const struct value *v)
{
    struct buf out = {0};
    struct str s = value_str(v);
    const char *text;

    if (v == NULL)
        return NULL;
    if (value_is_str(v))
        return copy_text(a, s, SHORT_MAX_BYTES);
    value_to_json(&out, v);
    text = copy_text(a, (struct str){out.data, out.len}, SHORT_MAX_BYTES);
    buf_free(&out);
    return text;
}

static int
take_evidence(struct reading *r, const struct decision_member *m,
              const struct value *v)
{
    struct decision *d = r->d;
    size_t count;

    if (is_empty(v))
        return 0;
    if (value_type(v) != VALUE_ARRAY)
        return wrong(r, m->name, "list expected");
    count = value_count(v) < DECISION_EVIDENCE_MAX ? value_count(v)
                                                   : DECISION_EVIDENCE_MAX;
    d->evidence = arena_array(r->arena, count, sizeof *d->evidence);
    d->evidence_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *one = value_item(v, i);
        int64_t seq = value_get_int(one, "seq", 0);
        struct evidence *ev = &d->evidence[d->evidence_count++];

        if (value_type(one) != VALUE_MAP)
            return wrong(r, m->name, "list of tables expected");
        ev->seq = seq > 0 ? seq : 0;
        ev->signal = short_text(r->arena, value_get(one, "signal"));
        ev->value = short_text(r->arena, value_get(one, "value"));
        ev->threshold = short_text(r->arena, value_get(one, "threshold"));
        ev->quote = short_text(r->arena, value_get(one, "quote"));
    }
    return 0;
}

static int
take_message(struct reading *r, const struct decision_member *m,
             const struct value *v)
{
    struct decision *d = r->d;

    d->message = NULL;
    d->message_off = value_type(v) == VALUE_BOOL && !value_bool(v, true);
    if (value_type(v) == VALUE_BOOL)
        return 0;
    if (!value_is_str(v))
        return wrong(r, m->name, "string or false expected");
    d->message = copy_text(r->arena, value_str(v), TEXT_MAX_BYTES);
    return 0;
}

static int
take_action(struct reading *r, const struct decision_member *m,
            const struct value *v)
{
    struct str s = value_str(v);

    if (action_from_name(s.p != NULL ? s.p : "", s.len, &r->d->action))
        return 0;
    return wrong(r, m->name,
                 "keep, offer, collect, wait, escalate, notify, append, link, "
                 "inform or ignore expected");
}

static int
take_priority(struct reading *r, const struct decision_member *m,
              const struct value *v)
{
    struct str s = value_str(v);

    if (priority_from_name(s.p != NULL ? s.p : "", s.len, &r->d->priority))
        return 0;
    return wrong(r, m->name, "low, normal, high or urgent expected");
}

static int
take_number(struct reading *r, const struct decision_member *m,
            const struct value *v)
{
    double n = value_num(v, -1);

    if (value_type(v) != VALUE_INT && value_type(v) != VALUE_NUM)
        return wrong(r, m->name, "number expected");
    if (n < 0 || n > TIME_MAX)
        return wrong(r, m->name, "a number from 0 on expected");
    *(int64_t *)decision_at(r->d, m) = (int64_t)n;
    return 0;
}

static int
take_flag(struct reading *r, const struct decision_member *m,
          const struct value *v)
{
    if (value_type(v) != VALUE_BOOL)
        return wrong(r, m->name, "true or false expected");
    *(bool *)decision_at(r->d, m) = value_bool(v, false);
    return 0;
}

static int
take_trace(struct reading *r, const struct decision_member *m,
           const struct value *v)
{
    if (value_type(v) != VALUE_ARRAY && value_type(v) != VALUE_MAP)
        return wrong(r, m->name, "table expected");
    *(m->kind == MEMBER_TRACE ? &r->trace : &r->would) = v;
    return 0;
}

static take_fn *const takers[] = {
    [MEMBER_TEXT] = take_text,         [MEMBER_MAP] = take_json,
    [MEMBER_LIST] = take_json,         [MEMBER_NUMBER] = take_number,
    [MEMBER_FLAG] = take_flag,         [MEMBER_ACTION] = take_action,
    [MEMBER_PRIORITY] = take_priority, [MEMBER_MESSAGE] = take_message,
    [MEMBER_TAGS] = take_tags,         [MEMBER_EVIDENCE] = take_evidence,
    [MEMBER_TRACE] = take_trace,       [MEMBER_WOULD] = take_trace,
};

/* The engine's own members: no rule may give them. */
static bool
is_ours(const char *name)
{
    return strcmp(name, "failed") == 0 || strcmp(name, "due_at_ms") == 0;
}

static int
take_member(struct reading *r, struct str key, const struct value *v)
{
    for (size_t i = 0; i < decision_member_count; i++) {
        const struct decision_member *m = &decision_members[i];

        if (str_is(key, m->name) && !is_ours(m->name))
            return takers[m->kind](r, m, v);
    }
    return err_set(r->e, ERR_SCRIPT, "decision.%.*s: not a decision's member",
                   (int)utf8_clip(key.p, key.len, 60), key.p);
}

/* The later rules that match too are a part of the trace; without a full one
 * they are all of it. */
static void
keep_trace(struct reading *r)
{
    struct buf out = {0};

    if (!r->want_trace || (r->trace == NULL && r->would == NULL))
        return;
    if (r->trace != NULL) {
        value_to_json(&out, r->trace);
    } else {
        buf_adds(&out, "{\"would\":");
        value_to_json(&out, r->would);
        buf_addc(&out, '}');
    }
    r->d->trace = arena_dup(r->arena, out.data, out.len);
    r->d->trace_n = out.len;
    buf_free(&out);
}

/* A template of what nobody knows: it names no ticket. */
static void
drop_empty(const char **text)
{
    if (*text != NULL && (*text)[0] == '\0')
        *text = NULL;
}

static int
check_whole(struct reading *r)
{
    struct decision *d = r->d;

    drop_empty(&d->append_to);
    drop_empty(&d->link_to);
    if (d->action == ACTION_ESCALATE &&
        (d->reason == NULL || d->reason[0] == '\0'))
        return wrong(r, "reason", "escalate needs one");
    if (d->action == ACTION_ESCALATE &&
        (d->next_step == NULL || d->next_step[0] == '\0'))
        return wrong(r, "next_step", "escalate needs one");
    if (d->subject != NULL)
        d->subject = arena_dup(r->arena, d->subject,
                               utf8_graphemes(d->subject, strlen(d->subject),
                                              DECISION_SUBJECT_MAX));
    return 0;
}

int
decision_read(struct arena *a, const struct value *v, bool want_trace,
              struct decision *out, struct err *e)
{
    struct reading r = {.arena = a, .d = out, .want_trace = want_trace, .e = e};

    memset(out, 0, sizeof *out);
    if (value_type(v) != VALUE_MAP)
        return err_set(e, ERR_SCRIPT, "decision: table expected");
    if (holds_nul(v))
        return err_set(e, ERR_SCRIPT, "decision: a NUL in a text");
    if (value_get(v, "action") == NULL)
        return wrong(&r, "action", "missing");
    for (size_t i = 0; i < value_count(v); i++) {
        struct str key;
        const struct value *member = value_member(v, i, &key);

        if (member != NULL && take_member(&r, key, member) != 0)
            goto fail;
    }
    if (check_whole(&r) != 0)
        goto fail;
    keep_trace(&r);
    return 0;
fail:
    decision_clear(out);
    return -1;
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
    out->priority_from = "default";
    out->tags[out->tag_count++] = "usher";
    out->tags[out->tag_count++] = "usher:rule-failed";
    out->tags[out->tag_count++] = "ai-handoff";
    out->tags[out->tag_count++] = "reason:error";
    out->subject = "Please take over: the escalation rules failed";
    out->next_step = arena_printf(
        a,
        "Read the conversation and reply. The rules could not decide (%s): "
        "%.*s",
        class, (int)utf8_clip(text, strlen(text), 300), text);
}

bool
decision_hands_over(const struct decision *d)
{
    return d->action == ACTION_ESCALATE ||
           (d->action == ACTION_APPEND && d->append_to != NULL);
}

bool
decision_spends(const struct decision *d)
{
    return d->budget != NULL && !d->final &&
           (d->action == ACTION_ESCALATE || d->action == ACTION_OFFER);
}

void
decision_keep(struct decision *out)
{
    memset(out, 0, sizeof *out);
}

void
decision_clear(struct decision *d)
{
    for (size_t i = 0; i < decision_member_count; i++) {
        const struct decision_member *m = &decision_members[i];
        json_t **json = decision_at(d, m);

        if (m->kind != MEMBER_MAP && m->kind != MEMBER_LIST)
            continue;
        json_decref(*json);
        *json = NULL;
    }
}
