#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/pack_json.h"
#include "flow/policy.h"
#include "model/conversation.h"
#include "script/set.h"

/* [name, text, whether it is of the rule language]. */
static int
add_file(struct script_set *set, const json_t *file, struct err *e)
{
    const char *name = json_string_value(json_array_get(file, 0));
    const json_t *text = json_array_get(file, 1);
    bool prelude = json_is_true(json_array_get(file, 2));

    if (name == NULL || !json_is_string(text))
        return err_set(e, ERR_INPUT, "the kept rules are unreadable");
    return (prelude ? script_set_add_prelude : script_set_add)(
        set, name, json_string_value(text), json_string_length(text), e);
}

/* As policy_load packs it. */
static int
give(struct script_set *set, const json_t *given, struct err *e)
{
    struct buf text = {0}, packed = {0};
    int rc;

    json_write(&text, given);
    rc = pack_json_text(&packed, buf_str(&text), text.len, e);
    script_set_given(set, &packed);
    buf_free(&text);
    buf_free(&packed);
    return rc;
}

struct policy *
policy_exactly(const json_t *kept, const char *extra, struct err *e)
{
    struct policy *p = mem_zero(sizeof *p);
    const json_t *file;
    int rc;
    size_t i;

    p->holders = 1;
    p->dir = strdup("");
    p->set = script_set_new("policy");
    rc = give(p->set, json_object_get(kept, "given"), e);
    json_array_foreach(json_object_get(kept, "files"), i, file)
    {
        if (rc == 0)
            rc = add_file(p->set, file, e);
    }
    if (rc == 0 && extra != NULL)
        rc = script_set_add_prelude(p->set, "explain", extra, strlen(extra), e);
    if (rc != 0) {
        policy_release(p);
        return NULL;
    }
    script_set_seal(p->set);
    p->hash = script_set_hash(p->set);
    return p;
}

void
policy_pack_replay(const struct conversation *c, int64_t upto_seq,
                   const json_t *facts, enum policy_mode mode, struct buf *args)
{
    json_t *seen = json_copy((json_t *)(uintptr_t)facts);

    /* Recorded beside what the rules saw, for whoever replays it. */
    json_object_del(seen, "conversation");
    json_object_del(seen, "upto_seq");
    pack_array(args, 3);
    conversation_pack(c, upto_seq, args);
    pack_json(args, seen);
    pack_cstr(args, mode == POLICY_EXPLAIN ? "explain" : "live");
    json_decref(seen);
}
