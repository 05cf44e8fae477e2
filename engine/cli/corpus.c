#include "cli/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/pack.h"
#include "cli/looking.h"
#include "flow/policy.h"
#include "flow/recordings.h"
#include "flow/walk.h"
#include "model/conversation.h"
#include "script/pool.h"
#include "script/set.h"

/* Conversations in flight at a time. */
#define ROUND 64

struct measuring {
    struct pool *pool;
    const struct policy *policy;
    const struct looking *looking;
    size_t phrases_left;
    const struct config *config;
    struct recordings *from;
    size_t left, walked;
    struct walk *walks[ROUND];
    json_int_t conversations, handoffs, urgent;
    json_t *urgent_by, *decided_by, *hits;
};

static void
count(json_t *counts, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(counts, key));

    json_object_set_new(counts, key, json_integer(n + 1));
}

static void
on_phrases(void *arg, const struct script_result *r)
{
    struct measuring *m = arg;
    char key[24];

    m->phrases_left--;
    if (r->class != SCRIPT_OK)
        return;
    for (size_t i = 0; i < value_count(r->value); i++) {
        snprintf(key, sizeof key, "%lld",
                 (long long)value_int(value_item(r->value, i), 0));
        count(m->hits, key);
    }
}

static void
on_walked(void *arg, struct walk *w)
{
    struct measuring *m = arg;
    const struct decision *d = &w->decision;

    m->left--;
    m->walks[m->walked++] = w;
    if (d->rule != NULL)
        count(m->decided_by, d->rule);
    if (d->action != ACTION_ESCALATE)
        return;
    m->handoffs++;
    if (d->priority != PRIORITY_URGENT)
        return;
    m->urgent++;
    count(m->urgent_by, d->rule != NULL ? d->rule : "?");
}

static void
pack_said(const struct conversation *c, enum role role, struct buf *args)
{
    size_t n = 0;

    for (size_t i = 0; i < c->message_count; i++)
        n += c->messages[i]->role == role;
    pack_array(args, n);
    for (size_t i = 0; i < c->message_count; i++)
        if (c->messages[i]->role == role)
            pack_str(args, c->messages[i]->text, c->messages[i]->text_n);
}

static void
start(struct measuring *m, struct conversation *c)
{
    struct buf args = {0};

    m->conversations++;
    m->left++;
    m->phrases_left++;
    pack_array(&args, 2);
    pack_said(c, ROLE_CUSTOMER, &args);
    pack_said(c, ROLE_AI, &args);
    pool_call(m->looking->pool, m->looking->seen->set, "phrases_in",
              SCRIPT_TEST, &args, on_phrases, m);
    buf_free(&args);
    walk_start(m->pool, m->policy, m->config, c, false, 0, on_walked, m);
}

/* The next of them; 0 at the end. */
static int
start_next(struct measuring *m, struct err *e)
{
    bool broken = false;
    json_t *recording = recordings_next(m->from, &broken, e);
    struct conversation *c;

    if (broken)
        return -1;
    if (recording == NULL)
        return 0;
    c = conversation_from_recording(recording, e);
    json_decref(recording);
    if (c != NULL)
        start(m, c);
    else
        err_clear(e);
    return 1;
}

static int
measure(struct measuring *m, struct err *e)
{
    int more = 1;

    while (more > 0) {
        for (int i = 0; more > 0 && i < ROUND; i++)
            more = start_next(m, e);
        if (pool_wait(m->pool, &m->left, -1, more < 0 ? NULL : e) != 0 ||
            pool_wait(m->looking->pool, &m->phrases_left, -1,
                      more < 0 ? NULL : e) != 0)
            more = -1;
        for (size_t i = 0; i < m->walked; i++)
            walk_free(m->walks[i]);
        m->walked = 0;
    }
    return more;
}

json_t *
corpus_measure(struct pool *pool, const struct policy *policy,
               const struct looking *looking, const struct config *config,
               const char *const *files, size_t n, struct err *e)
{
    struct measuring m = {.pool = pool, .policy = policy, .looking = looking};
    int rc;

    m.config = config;
    m.from = recordings_open(files, n);
    m.urgent_by = json_object();
    m.decided_by = json_object();
    m.hits = json_object();
    rc = measure(&m, e);
    recordings_close(m.from);
    if (rc < 0) {
        json_decref(m.urgent_by);
        json_decref(m.decided_by);
        json_decref(m.hits);
        return NULL;
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "conversations",
                     m.conversations, "handoffs", m.handoffs, "urgent",
                     m.urgent, "urgent_by", m.urgent_by, "decided_by",
                     m.decided_by, "hits", m.hits);
}
