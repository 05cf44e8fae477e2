#include "vendor_talks.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/json.h"

#define FIRST_TICKET 600
/* Dixa's numbers have 64 bits: 2^53 + 1 is the first. */
#define FIRST_TALK 9007199254740993LL

struct talks {
    talks_ledger *ledger;
    void *arg;
    json_t *people; /* {id, external_id, email} */
    json_t *things; /* {kind, id, contact, first, mark, closed, notes} */
    long long made;
};

struct asked {
    struct talks *t;
    const char *method, *path, *query;
    const json_t *body;
    struct buf *out;
};

struct talks *
talks_new(talks_ledger *ledger, void *arg)
{
    struct talks *t = mem_zero(sizeof *t);

    t->ledger = ledger;
    t->arg = arg;
    t->people = json_array();
    t->things = json_array();
    return t;
}

static const char *
text(const json_t *o, const char *path)
{
    return json_string_value(json_at(o, path));
}

static bool
same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool
ends(const char *path, const char *with)
{
    size_t n = strlen(path), m = strlen(with);

    return n >= m && strcmp(path + n - m, with) == 0;
}

static bool
starts(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

static bool
is_dixa(const struct asked *a)
{
    return starts(a->path, "/v1/");
}

static int
say(const struct asked *a, int status, json_t *json)
{
    if (json != NULL)
        json_write(a->out, json);
    json_decref(json);
    return status;
}

static int
not_found(const struct asked *a)
{
    return say(a, 404,
               json_pack("{s:s, s:[{s:s}]}", "message", "not found", "errors",
                         "code", "not_found"));
}

/* --- people --- */

/* The first of whom this member is this. */
static json_t *
person_by(const struct talks *t, const char *key, const char *value)
{
    json_t *one;
    size_t i;

    json_array_foreach(t->people, i, one)
    {
        if (same(text(one, key), value))
            return one;
    }
    return NULL;
}

static json_t *
person_shown(const json_t *one, bool dixa)
{
    const char *account = text(one, "external_id"), *mail = text(one, "email");

    return json_pack("{s:s, s:s, s:s*, s:s*}", "type", "contact", "id",
                     text(one, "id"), dixa ? "externalId" : "external_id",
                     account, "email", mail);
}

static int
search_people(const struct asked *a)
{
    const json_t *filters = json_at(a->body, "query.value"), *filter;
    json_t *found = NULL;
    size_t i;

    json_array_foreach(filters, i, filter)
    {
        if (found == NULL)
            found =
                person_by(a->t, text(filter, "field"), text(filter, "value"));
    }
    if (found == NULL)
        return say(a, 200, json_pack("{s:s, s:[]}", "type", "list", "data"));
    return say(a, 200,
               json_pack("{s:s, s:[o]}", "type", "list", "data",
                         person_shown(found, false)));
}

static int
list_people(const struct asked *a)
{
    struct evkeyvalq q;
    const char *account, *mail;
    json_t *found = NULL;

    evhttp_parse_query_str(a->query != NULL ? a->query : "", &q);
    account = evhttp_find_header(&q, "externalId");
    mail = evhttp_find_header(&q, "email");
    found = account != NULL ? person_by(a->t, "external_id", account)
                            : person_by(a->t, "email", mail);
    evhttp_clear_headers(&q);
    if (found == NULL)
        return say(a, 200, json_pack("{s:[]}", "data"));
    return say(a, 200, json_pack("{s:[o]}", "data", person_shown(found, true)));
}

static int
make_person(const struct asked *a)
{
    const char *account =
        text(a->body, is_dixa(a) ? "externalId" : "external_id");
    const char *mail = text(a->body, "email");
    char id[32];
    json_t *one = person_by(a->t, "external_id", account);

    if (one == NULL)
        one = person_by(a->t, "email", mail);
    if (one != NULL) /* Intercom's words; Dixa's are not written down */
        return say(a, is_dixa(a) ? 400 : 409,
                   json_pack("{s:s, s:[{s:s, s:s+}]}", "message",
                             "Validation failure during enduser creation",
                             "errors", "code", "conflict", "message",
                             "exists with id=", text(one, "id")));
    snprintf(id, sizeof id, "6762f2d81bb69f9f%08zx",
             json_array_size(a->t->people));
    one = json_pack("{s:s, s:s*, s:s*}", "id", id, "external_id", account,
                    "email", mail);
    json_array_append_new(a->t->people, one);
    a->t->ledger(a->t->arg, "contact", id, account, mail);
    one = person_shown(one, is_dixa(a));
    return is_dixa(a) ? say(a, 201, json_pack("{s:o}", "data", one))
                      : say(a, 200, one);
}

/* --- tickets and conversations --- */

static json_t *
thing_by(const struct talks *t, const char *kind, const char *id, size_t n)
{
    json_t *one;
    size_t i;

    json_array_foreach(t->things, i, one)
    {
        const char *mine = text(one, "id");

        if (same(text(one, "kind"), kind) && strlen(mine) == n &&
            strncmp(mine, id, n) == 0)
            return one;
    }
    return NULL;
}

static json_t *
parts_of(const json_t *thing)
{
    json_t *parts = json_array(), *note;
    size_t i;

    json_array_foreach(json_object_get(thing, "notes"), i, note)
    {
        json_array_append_new(
            parts, json_pack("{s:s, s:O}", "part_type", "note", "body", note));
    }
    return parts;
}

static json_t *
ticket_shown(const json_t *thing)
{
    return json_pack(
        "{s:s, s:s, s:s+, s:b, s:{s:s}, s:{s:o}}", "type", "ticket", "id",
        text(thing, "id"), "ticket_id", "T", text(thing, "id"), "open",
        !json_is_true(json_object_get(thing, "closed")), "ticket_attributes",
        "_default_description_", text(thing, "first"), "ticket_parts",
        "ticket_parts", parts_of(thing));
}

static json_t *
talk_shown(const json_t *thing)
{
    bool closed = json_is_true(json_object_get(thing, "closed"));

    return json_pack("{s:s, s:s, s:b, s:s, s:{s:s}, s:{s:[{s:s}]}, s:{s:o}}",
                     "type", "conversation", "id", text(thing, "id"), "open",
                     !closed, "state", closed ? "closed" : "open", "source",
                     "body", text(thing, "first"), "contacts", "contacts", "id",
                     text(thing, "contact"), "conversation_parts",
                     "conversation_parts", parts_of(thing));
}

static json_t *
dixa_shown(const json_t *thing)
{
    return json_pack("{s:I, s:s, s:s}", "id",
                     (json_int_t)strtoll(text(thing, "id"), NULL, 10),
                     "requesterId", text(thing, "contact"), "state",
                     json_is_true(json_object_get(thing, "closed")) ? "Closed"
                                                                    : "Open");
}

static json_t *
thing_shown(const struct asked *a, const json_t *thing)
{
    if (is_dixa(a))
        return json_pack("{s:o}", "data", dixa_shown(thing));
    return same(text(thing, "kind"), "ticket") ? ticket_shown(thing)
                                               : talk_shown(thing);
}

/* What is made, with the hand-over's id at the end of its first words. */
static json_t *
keep_thing(const struct asked *a, const char *kind, const char *contact,
           const char *first, const char *mark)
{
    long long at = same(kind, "ticket") ? FIRST_TICKET : FIRST_TALK;
    char id[32];
    const char *reference = first != NULL ? strstr(first, "Ref. ") : NULL;
    json_t *one;

    snprintf(id, sizeof id, "%lld", at + a->t->made++);
    one =
        json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:[]}", "kind", kind, "id", id,
                  "contact", contact, "first", first, "mark", mark, "notes");
    json_array_append_new(a->t->things, one);
    a->t->ledger(a->t->arg, kind, reference != NULL ? reference + 5 : NULL,
                 contact, id);
    return one;
}

static bool
is_taken(const struct talks *t, const char *mark)
{
    const json_t *one;
    size_t i;

    json_array_foreach(t->things, i, one)
    {
        if (same(text(one, "mark"), mark))
            return true;
    }
    return false;
}

static int
make_in_dixa(const struct asked *a)
{
    const char *mark = text(a->body, "message.externalId");
    json_t *one;

    if (is_taken(a->t, mark))
        return say(
            a, 400,
            json_pack("{s:s+}", "message", "Duplicate externalId ", mark));
    one = keep_thing(a, "conversation", text(a->body, "requesterId"),
                     text(a->body, "message.content.value"), mark);
    return say(a, 201,
               json_pack("{s:{s:I}}", "data", "id",
                         (json_int_t)strtoll(text(one, "id"), NULL, 10)));
}

static int
make_thing(const struct asked *a)
{
    const json_t *contacts = json_object_get(a->body, "contacts");
    json_t *one;

    if (is_dixa(a))
        return make_in_dixa(a);
    if (starts(a->path, "/tickets")) {
        one = keep_thing(
            a, "ticket", text(json_array_get(contacts, 0), "id"),
            text(a->body, "ticket_attributes._default_description_"), NULL);
        return say(a, 200, ticket_shown(one));
    }
    one = keep_thing(a, "conversation", text(a->body, "from.id"),
                     text(a->body, "body"), NULL);
    return say(a, 200,
               json_pack("{s:s, s:s, s:s}", "type", "user_message", "id", "1",
                         "conversation_id", text(one, "id")));
}

/* Those of one contact. */
static json_t *
things_of(const struct asked *a, const char *kind, const char *contact)
{
    json_t *list = json_array(), *one;
    size_t i;

    json_array_foreach(a->t->things, i, one)
    {
        if (same(text(one, "kind"), kind) &&
            same(text(one, "contact"), contact))
            json_array_append_new(list, is_dixa(a) ? dixa_shown(one)
                                                   : thing_shown(a, one));
    }
    return list;
}

static int
search_things(const struct asked *a)
{
    bool tickets = starts(a->path, "/tickets");
    const char *contact = text(a->body, "query.value");

    return say(
        a, 200,
        json_pack("{s:o}", tickets ? "tickets" : "conversations",
                  things_of(a, tickets ? "ticket" : "conversation", contact)));
}

static int
talks_of_person(const struct asked *a)
{
    const char *id = a->path + strlen("/v1/endusers/");
    char contact[64];

    snprintf(contact, sizeof contact, "%.*s", (int)strcspn(id, "/"), id);
    return say(
        a, 200,
        json_pack("{s:o}", "data", things_of(a, "conversation", contact)));
}

/* --- one of them --- */

static int
add_note(const struct asked *a, json_t *thing)
{
    const char *note = text(a->body, is_dixa(a) ? "message" : "body");
    const char *reference = note != NULL ? strstr(note, "Reference:") : NULL;
    char hid[32] = "";

    if (reference != NULL) {
        reference += strcspn(reference, " ") + 1;
        snprintf(hid, sizeof hid, "%.26s", reference);
    }
    json_array_append_new(json_object_get(thing, "notes"),
                          json_string(note != NULL ? note : ""));
    a->t->ledger(a->t->arg, "note", hid, text(thing, "id"), NULL);
    return say(a, 200,
               json_pack("{s:s, s:{s:s}}", "id", "1", "data", "id", "1"));
}

static int
dixa_notes(const struct asked *a, const json_t *thing)
{
    json_t *list = json_array(), *note;
    size_t i;

    json_array_foreach(json_object_get(thing, "notes"), i, note)
    {
        json_array_append_new(list, json_pack("{s:O}", "message", note));
    }
    return say(a, 200, json_pack("{s:o}", "data", list));
}

static int
dixa_messages(const struct asked *a, const json_t *thing)
{
    return say(a, 200,
               json_pack("{s:[{s:s, s:s*}]}", "data", "id", "m", "externalId",
                         text(thing, "mark")));
}

static int
settle(const struct asked *a, json_t *thing)
{
    const char *what = text(a->body, "message_type");
    const char *to = text(a->body, is_dixa(a) ? "queueId" : "assignee_id");
    bool tag = ends(a->path, "/tags");

    if (tag)
        to = text(a->body, "id");
    if (ends(a->path, "/tags/bulk"))
        to = json_string_value(json_object_get(
            json_array_get(json_object_get(a->body, "data"), 0), "name"));
    if (ends(a->path, "/reopen") || same(what, "open"))
        json_object_set_new(thing, "closed", json_false());
    if (same(what, "close"))
        json_object_set_new(thing, "closed", json_true());
    a->t->ledger(a->t->arg, "settle", text(thing, "id"),
                 strrchr(a->path, '/') + 1, to != NULL ? to : what);
    if (tag)
        return say(a, 200, json_pack("{s:s, s:s*}", "type", "tag", "id", to));
    return say(a, is_dixa(a) ? 204 : 200,
               is_dixa(a) ? NULL : thing_shown(a, thing));
}

static int
one_thing(const struct asked *a)
{
    bool get = same(a->method, "GET");
    const char *kind = starts(a->path, "/tickets/") ? "ticket" : "conversation";
    const char *id = strchr(a->path + (is_dixa(a) ? 4 : 1), '/');
    json_t *thing =
        id != NULL ? thing_by(a->t, kind, id + 1, strcspn(id + 1, "/")) : NULL;

    if (thing == NULL)
        return not_found(a);
    if (ends(a->path, "/reply") || (ends(a->path, "/notes") && !get))
        return add_note(a, thing);
    if (ends(a->path, "/notes"))
        return dixa_notes(a, thing);
    if (ends(a->path, "/messages"))
        return dixa_messages(a, thing);
    return get ? say(a, 200, thing_shown(a, thing)) : settle(a, thing);
}

/* --- which is meant --- */

static const struct {
    const char *method, *path;
    const char *stage;
    int (*apply)(const struct asked *a);
} routes[] = {
    {"POST", "/contacts/search", "search", search_people},
    {"POST", "/contacts", "contact", make_person},
    {"GET", "/v1/endusers", "search", list_people},
    {"POST", "/v1/endusers", "contact", make_person},
    {"POST", "/tickets/search", "search", search_things},
    {"POST", "/conversations/search", "search", search_things},
    {"POST", "/tickets", "ticket", make_thing},
    {"POST", "/conversations", "ticket", make_thing},
    {"POST", "/v1/conversations", "ticket", make_thing},
};

static bool
is_theirs(const char *path)
{
    static const char *const under[] = {"/tickets/", "/conversations/",
                                        "/v1/conversations/", "/v1/endusers/"};

    for (size_t i = 0; i < sizeof under / sizeof *under; i++)
        if (starts(path, under[i]))
            return true;
    return false;
}

const char *
talks_stage(const char *method, const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (same(method, routes[i].method) && same(path, routes[i].path))
            return routes[i].stage;
    if (!is_theirs(path))
        return NULL;
    if (same(method, "GET"))
        return "search";
    return ends(path, "/reply") || ends(path, "/notes") ? "note" : "settle";
}

int
talks_apply(struct talks *t, const char *method, const char *path,
            const char *query, const json_t *body, struct buf *out)
{
    struct asked a = {t, method, path, query, body, out};

    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (same(method, routes[i].method) && same(path, routes[i].path))
            return routes[i].apply(&a);
    if (starts(path, "/v1/endusers/"))
        return talks_of_person(&a);
    return one_thing(&a);
}
