#include <string.h>

#include "base/arena.h"
#include "base/value.h"
#include "flow/adapter.h"
#include "flow/config.h"

/*
 * What a hand-over becomes in a helpdesk: a ticket, a conversation, or what the
 * configuration chooses of the two. A helpdesk that declares nothing makes
 * tickets.
 */

static const char *const words[MADE_KINDS] = {
    [MADE_TICKET] = "ticket",
    [MADE_CONVERSATION] = "conversation",
};

const char *
made_as_name(enum made_as as)
{
    return words[as];
}

static enum made_as
from_word(struct str s)
{
    for (int i = 0; i < MADE_KINDS; i++)
        if (str_is(s, words[i]))
            return (enum made_as)i;
    return MADE_KINDS;
}

enum made_as
adapter_as(const struct adapter *helpdesk, const char *word)
{
    enum made_as as = word != NULL ? from_word(str_of(word)) : MADE_KINDS;

    return as < MADE_KINDS && helpdesk->makes[as] ? as : helpdesk->as;
}

bool
adapter_continues(const struct adapter *helpdesk, enum made_as as,
                  const char *source_adapter)
{
    if (as != MADE_CONVERSATION)
        return false;
    for (size_t i = 0; helpdesk->continues[i] != NULL; i++)
        if (strcmp(helpdesk->continues[i], source_adapter) == 0)
            return true;
    return false;
}

/* "a|b": one of them is set. */
static bool
is_set(const struct adapter *a, struct str names)
{
    struct str name;

    while (str_cut(&names, '|', &name))
        if (json_object_getn(a->part->values, name.p, name.len) != NULL)
            return true;
    return false;
}

/* The first of what it needs that is not set, or empty. */
static struct str
missing(const struct adapter *a, const struct value *needs)
{
    for (size_t i = 0; i < value_count(needs); i++)
        if (!is_set(a, value_str(value_item(needs, i))))
            return value_str(value_item(needs, i));
    return (struct str){0};
}

/* "email_integration", or "widget_id or conversation_field" */
static const char *
shown(const struct adapter *a, struct str names)
{
    struct buf out = {0};
    struct str name;
    const char *text;

    while (str_cut(&names, '|', &name))
        buf_addf(&out, "%s%.*s", out.len > 0 ? " or " : "", (int)name.len,
                 name.p);
    text = arena_dup(a->arena, out.data, out.len);
    buf_free(&out);
    return text;
}

static int
complain_setting(const struct adapter *a, const char *word, struct str need,
                 struct err *e)
{
    if (need.len > 0)
        return err_set(e, ERR_INPUT,
                       "%s: as = \"%s\" of helpdesk \"%s\" needs %s",
                       a->part->where, word, a->part->name, shown(a, need));
    return err_set(e, ERR_INPUT,
                   "%s: helpdesk \"%s\" cannot make a %s: adapter \"%s\" makes "
                   "%ss only",
                   a->part->where, a->part->name, word, a->part->adapter,
                   made_as_name(a->as));
}

/* What the configuration chooses must be among what it can. */
static int
choose(struct adapter *a, struct str need[MADE_KINDS], struct err *e)
{
    const json_t *given = json_object_get(a->part->values, "as");
    const char *word = json_string_value(given);
    enum made_as as = word != NULL ? from_word(str_of(word)) : MADE_KINDS;

    if (given == NULL)
        return 0;
    if (as == MADE_KINDS)
        return err_set(e, ERR_INPUT,
                       "%s: as of helpdesk \"%s\" is \"ticket\" or "
                       "\"conversation\"",
                       a->part->where, a->part->name);
    if (!a->makes[as])
        return complain_setting(a, words[as], need[as], e);
    a->as = as;
    return 0;
}

static void
read_continues(struct adapter *a, const struct value *list)
{
    size_t n = value_count(list);

    a->continues = arena_array(a->arena, n + 1, sizeof *a->continues);
    for (size_t i = 0; i < n; i++) {
        struct str s = value_str(value_item(list, i));

        a->continues[i] = arena_dup(a->arena, s.p, s.len);
    }
}

int
adapter_read_makes(struct adapter *a, const struct value *d, struct err *e)
{
    const struct value *list = value_get(d, "makes");
    struct str need[MADE_KINDS] = {{0}}, least = {0};
    bool any = false;

    read_continues(a, value_get(d, "continues"));
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);
        enum made_as as = from_word(value_str(value_get(one, "as")));

        if (as == MADE_KINDS)
            continue; /* adapters/std checks the words */
        need[as] = missing(a, value_get(one, "needs"));
        a->makes[as] = need[as].len == 0;
        if (a->makes[as] && !any)
            a->as = as;
        any = any || a->makes[as];
        least = need[as]; /* what takes least is declared last */
    }
    if (value_count(list) == 0)
        a->makes[MADE_TICKET] = any = true;
    if (!any)
        return err_set(e, ERR_INPUT, "%s: helpdesk \"%s\" needs %s",
                       a->part->where, a->part->name, shown(a, least));
    return choose(a, need, e);
}
