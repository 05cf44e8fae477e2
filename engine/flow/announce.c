#include "flow/announce.h"

#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/deliver.h"
#include "flow/engine.h"
#include "flow/rows.h"

#define MEMBER "announced"

/* As a hand-over's: after what customers wait for. */
#define PRIORITY        3
#define PRIORITY_URGENT (PRIORITY - 10)

static const char *
given(const char *s)
{
    return s != NULL ? s : "";
}

static const char *
payload_of(struct arena *a, const struct announcement *what)
{
    json_t *notice = json_copy(what->notice), *payload;
    struct buf text = {0};
    const char *kept;

    json_object_set_new(notice, "type", json_string(what->type));
    payload = json_pack("{s:o}", MEMBER, notice);
    json_write(&text, payload);
    kept = arena_dup(a, text.data, text.len);
    json_decref(payload);
    buf_free(&text);
    return kept;
}

static struct row_delivery *
row_for(struct arena *a, const struct announcement *what, const char *notifier,
        const char *payload, int64_t now_ms)
{
    struct row_delivery *x = arena_alloc(a, sizeof *x);
    bool urgent =
        strcmp(json_str_or(what->notice, "priority", ""), "urgent") == 0;
    char did[ID_SIZE];

    id_new(did);
    x->did = arena_str(a, did);
    x->hid = given(what->hid);
    x->conv = given(what->conv);
    x->dest = arena_printf(a, "notifier:%s", notifier);
    x->step = "";
    x->dkey = arena_printf(a, "%s/%s/%s", what->type, what->key, notifier);
    x->after = "";
    x->payload = payload;
    x->kind = DELIVER_NOTIFY;
    x->state = DELIVERY_READY;
    x->priority = urgent ? PRIORITY_URGENT : PRIORITY;
    x->next_at = x->created_at = now_ms;
    return x;
}

/* Where each waits to be named by a rule, somebody must be told. */
static bool
all_wait(const struct engine *en)
{
    for (struct adapter **n = en->notifiers; *n != NULL; n++)
        if (!(*n)->part->on_request)
            return false;
    return true;
}

struct row_delivery *
announce_rows(const struct engine *en, struct arena *a,
              const struct announcement *what, int64_t now_ms)
{
    const char *payload = payload_of(a, what);
    struct row_delivery *first = NULL, **end = &first;
    bool whoever = all_wait(en);

    for (struct adapter **n = en->notifiers; *n != NULL; n++) {
        if ((*n)->part->on_request && !whoever)
            continue;
        *end = row_for(a, what, (*n)->part->name, payload, now_ms);
        end = &(*end)->next;
    }
    return first;
}

int
announce_write(struct db *d, const char *tenant, struct row_delivery *rows,
               struct err *e)
{
    for (struct row_delivery *x = rows; x != NULL; x = x->next)
        if (rows_add_delivery(d, tenant, 0, x, e) != 0)
            return -1;
    return 0;
}

void
announce_send(struct deliver *d, const struct row_delivery *rows)
{
    for (const struct row_delivery *x = rows; x != NULL; x = x->next)
        if (!x->there)
            deliver_row(d, x);
}

json_t *
announce_of(const json_t *payload)
{
    return json_object_get(payload, MEMBER);
}

void
announce_pack(json_t *notice, const char *key, struct buf *out)
{
    json_object_set_new(notice, "key", json_string(key));
    pack_json(out, notice);
}
