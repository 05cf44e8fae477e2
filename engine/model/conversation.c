#include "model/conversation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/str.h"
#include "model/conversation_inside.h"

struct names {
    const char *const *list;
    size_t count;
};

static bool
find(struct names names, const char *s, size_t n, size_t *out)
{
    for (size_t i = 0; i < names.count; i++)
        if (strlen(names.list[i]) == n && memcmp(names.list[i], s, n) == 0) {
            *out = i;
            return true;
        }
    return false;
}

/* An enum's names both ways. */
#define NAMED(type, prefix, count, ...)                                        \
    static const char *const prefix##_names[] = {__VA_ARGS__};                 \
    _Static_assert(sizeof prefix##_names / sizeof *prefix##_names == (count),  \
                   "a name for each");                                         \
    const char *prefix##_name(enum type v)                                     \
    {                                                                          \
        return (size_t)v < (size_t)(count) ? prefix##_names[v] : "?";          \
    }                                                                          \
    bool prefix##_from_name(const char *s, size_t n, enum type *out)           \
    {                                                                          \
        size_t i;                                                              \
        if (!find((struct names){prefix##_names, (count)}, s, n, &i))          \
            return false;                                                      \
        *out = (enum type)i;                                                   \
        return true;                                                           \
    }

NAMED(message_kind, message_kind, KIND_COUNT, "text", "attachment", "action",
      "form", "event", "note")
NAMED(conversation_state, conversation_state, STATE_COUNT, "ai_active",
      "collecting", "offered", "waiting", "handoff_pending", "human_active",
      "resolved", "closed")
NAMED(control, control, CONTROL_COUNT, "ai", "usher", "human", "none")
NAMED(outcome, outcome, OUTCOME_COUNT, "open", "resolved_confirmed",
      "resolved_assumed", "unresolved", "abandoned", "escalated", "spam")

static const char *const role_names[ROLE_COUNT] = {"customer", "ai",
                                                   "human_agent", "system"};

const char *
role_name(enum role r)
{
    return r < ROLE_COUNT ? role_names[r] : "?";
}

bool
role_from_name(const char *s, size_t n, enum role *out)
{
    size_t i;

    if (n == 5 && memcmp(s, "agent", 5) == 0) {
        *out = ROLE_HUMAN_AGENT;
        return true;
    }
    if (!find((struct names){role_names, ROLE_COUNT}, s, n, &i))
        return false;
    *out = (enum role)i;
    return true;
}

struct conversation *
conversation_new(const char *tenant, const char *source, const char *id)
{
    struct arena *a = arena_new(2048);
    struct conversation *c = arena_alloc(a, sizeof *c);

    c->arena = a;
    c->tenant = arena_str(a, tenant);
    c->source = arena_str(a, source);
    c->id = arena_str(a, id);
    c->episode = 1;
    c->language_confidence = (double)NAN;
    c->intent_confidence = (double)NAN;
    c->sentiment = (double)NAN;
    c->keys = map_new();
    c->fields = json_object();
    c->attributes = json_object();
    c->ai = json_object();
    c->source_state = json_object();
    c->known_tickets = json_object();
    c->rule_state = json_object();
    c->episode_first_seq = 1;
    return c;
}

/* Shared by forks, each with a reference of its own. */
static void
hold_shared(const struct conversation *c)
{
    json_incref(c->attributes);
    json_incref(c->ai);
    json_incref(c->source_state);
    json_incref(c->known_tickets);
    json_incref(c->customer.more);
    json_incref(c->reveal);
}

static void
release_shared(const struct conversation *c)
{
    json_decref(c->attributes);
    json_decref(c->ai);
    json_decref(c->source_state);
    json_decref(c->known_tickets);
    json_decref(c->customer.more);
    json_decref(c->reveal);
}

/* Another's in everything, for now. */
static void
share(struct conversation *f, const struct conversation *c)
{
    *f = *c;
    hold_shared(f);
    f->forked = true;
    f->unsaved = NULL;
    f->unsaved_count = f->unsaved_room = 0;
}

/* What is a fork's own. */
static void
take_own(struct conversation *f, const struct conversation *own)
{
    f->arena = own->arena;
    f->state = own->state;
    f->outcome = own->outcome;
    f->fields = own->fields;
    f->rule_state = own->rule_state;
    f->wait_rule = own->wait_rule;
    f->wait_cancel_on = own->wait_cancel_on;
    f->wait_since = own->wait_since;
    f->wait_due = own->wait_due;
    f->wait_number = own->wait_number;
}

/* What rules change is copied, the rest shared. */
struct conversation *
conversation_fork(const struct conversation *c)
{
    struct arena *a = arena_new(1024);
    struct conversation *f = arena_alloc(a, sizeof *f);

    share(f, c);
    f->arena = a;
    f->fields = json_copy(c->fields);
    f->rule_state = json_copy(c->rule_state);
    return f;
}

void
conversation_let_go(struct conversation *fork)
{
    struct conversation own = {.forked = true};

    take_own(&own, fork);
    release_shared(fork);
    *fork = own;
}

void
conversation_take_up(struct conversation *fork, const struct conversation *c)
{
    struct conversation own = *fork;

    share(fork, c);
    take_own(fork, &own);
}

static void
free_messages(struct conversation *c)
{
    for (size_t i = 0; i < c->message_count; i++) {
        json_decref(c->messages[i]->attachments);
        json_decref(c->messages[i]->redactions);
    }
    map_free(c->keys);
    free(c->messages);
    buf_free(&c->packed);
}

void
conversation_free(struct conversation *c)
{
    if (c == NULL)
        return;
    if (!c->forked)
        free_messages(c);
    json_decref(c->fields);
    json_decref(c->rule_state);
    release_shared(c);
    free(c->unsaved);
    arena_free(c->arena);
}

char *
conversation_id(struct arena *a, const char *source, const char *native)
{
    return arena_printf(a, "%s:%s", source, native);
}

void
conversation_set(struct conversation *c, const char **member, const char *value)
{
    if (value == NULL) {
        *member = NULL;
        return;
    }
    if (*member != NULL && strcmp(*member, value) == 0)
        return;
    *member = arena_str(c->arena, value);
}

/* Members of objects are counted, not measured: an estimate for a cache. */
size_t
conversation_size(const struct conversation *c)
{
    size_t members = json_object_size(c->fields) +
                     json_object_size(c->attributes) + json_object_size(c->ai) +
                     json_object_size(c->source_state) +
                     json_object_size(c->rule_state) +
                     json_object_size(c->known_tickets) * 8 +
                     json_object_size(c->customer.more);

    return sizeof *c + arena_used(c->arena) + c->packed.cap +
           (c->message_room + c->unsaved_room) * sizeof(void *) +
           c->message_count * 64 + members * 128 + 2048;
}

/* --- greetings --- */

#define GREETING_MAX_BYTES 80

/* Folded words, as str_words gives them. */
static const char *const greetings[] = {
    /* en */ "hi",
    "hello",
    "hey",
    "hiya",
    "howdy",
    "good morning",
    "morning",
    "good afternoon",
    "afternoon",
    "good evening",
    "evening",
    "good day",
    "greetings",
    "there",
    "all",
    "everyone",
    "team",
    "support",
    "dear team",
    "dear sir or madam",
    "how are you",
    "hope you are well",
    "yo",
    /* de */ "hallo",
    "guten tag",
    "guten morgen",
    "guten abend",
    "moin",
    "servus",
    "gruss gott",
    "gruezi",
    "grussgott",
    "hallo zusammen",
    "liebes team",
    /* fr */ "bonjour",
    "bonsoir",
    "salut",
    "coucou",
    "madame",
    "monsieur",
    /* es, pt */ "hola",
    "buenos dias",
    "buen dia",
    "buenas tardes",
    "buenas noches",
    "buenas",
    "que tal",
    "ola",
    "oi",
    "bom dia",
    "boa tarde",
    "boa noite",
    "tudo bem",
    /* it */ "ciao",
    "buongiorno",
    "buon giorno",
    "buonasera",
    "salve",
    /* nl */ "goedemorgen",
    "goedemiddag",
    "goedenavond",
    "goedendag",
    "hoi",
    "dag",
    /* pl, cs, hu, ro */ "czesc",
    "dzien dobry",
    "dobry wieczor",
    "witam",
    "witaj",
    "hej",
    "ahoj",
    "dobry den",
    "szia",
    "jo napot",
    "buna",
    "buna ziua",
    /* da, no, sv, fi, tr */ "hei",
    "heisann",
    "goddag",
    "god dag",
    "god morgen",
    "god morgon",
    "moi",
    "terve",
    "merhaba",
    "selam",
    "iyi gunler",
    /* ru, uk */ "привет",
    "здравствуите",
    "добрыи день",
    "доброе утро",
    "добрыи вечер",
    "привіт",
    "доброго дня",
    /* zh, ja, ar, he */ "你 好",
    "您 好",
    "こ ん に ち は",
    "مرحبا",
    "السلام عليكم",
    "שלום",
};

/* Bytes of the longest greeting that the words begin with, or 0. */
static size_t
greeting_at(const char *words)
{
    size_t longest = 0;

    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        size_t n;

        if (greetings[i][0] != words[0])
            continue;
        n = strlen(greetings[i]);
        if (n > longest && strncmp(words, greetings[i], n) == 0 &&
            words[n] == ' ')
            longest = n;
    }
    return longest;
}

bool
conversation_is_greeting(const char *text, size_t n)
{
    struct buf words = {0};
    const char *p;
    size_t step = 1;

    if (n > GREETING_MAX_BYTES)
        return false;
    str_words(&words, text, n);
    for (size_t i = 0; i < words.len; i++)
        if (words.data[i] == '\n')
            words.data[i] = ' ';
    for (p = buf_str(&words); *p != '\0' && step > 0; p += step + (step > 0))
        step = greeting_at(p);
    buf_free(&words);
    return step > 0;
}

/* --- adding messages --- */

static struct message **
make_room(struct message **list, size_t count, size_t *room)
{
    if (count < *room)
        return list;
    *room = *room * 2 + 16;
    return mem_grow(list, *room * sizeof(*list));
}

static void
pack_message(struct conversation *c, struct message *m)
{
    m->pack_at = (uint32_t)c->packed.len;
    message_pack(m, &c->packed);
    m->pack_n = (uint32_t)(c->packed.len - m->pack_at);
}

/* Number, running sum and packed form. Sums that end with a message: where an
 * offer begins is found by bisection instead of a walk. */
static void
place(struct conversation *c, size_t i)
{
    struct message *m = c->messages[i];

    m->seq = (int64_t)i + 1;
    m->text_sum = (i > 0 ? c->messages[i - 1]->text_sum : 0) + m->text_n;
    pack_message(c, m);
}

static void
note_flags(struct conversation *c, const struct message *m)
{
    if (m->episode != c->episode)
        return;
    c->has_attachment |=
        m->kind == KIND_ATTACHMENT || json_array_size(m->attachments) > 0;
    c->pii_found |= json_array_size(m->redactions) > 0;
}

void
conversation_append(struct conversation *c, struct message *m)
{
    c->messages = make_room(c->messages, c->message_count, &c->message_room);
    c->messages[c->message_count++] = m;
    map_put(c->keys, m->key, m);
    note_flags(c, m);
    place(c, c->message_count - 1);
}

void
conversation_insert(struct conversation *c, struct message *m, size_t at)
{
    c->messages = make_room(c->messages, c->message_count, &c->message_room);
    memmove(&c->messages[at + 1], &c->messages[at],
            (c->message_count - at) * sizeof(*c->messages));
    c->messages[at] = m;
    c->message_count++;
    map_put(c->keys, m->key, m);
    note_flags(c, m);
}

void
conversation_settle(struct conversation *c, size_t from)
{
    const struct message *before = from > 0 ? c->messages[from - 1] : NULL;

    buf_cut(&c->packed, before != NULL ? before->pack_at + before->pack_n : 0);
    for (size_t i = from; i < c->message_count; i++)
        place(c, i);
    c->hash_seq = 0; /* the prefix changed: hash it anew */
}

void
conversation_add_loaded(struct conversation *c, struct message *m)
{
    conversation_append(c, m);
    if (m->seq == c->first_question_seq)
        c->first_question = m->text; /* the row has its number only */
}

void
conversation_saved(struct conversation *c)
{
    c->unsaved_count = 0;
}

/* --- the hash of what a decision saw --- */

static void
hash_message(uint8_t chain[SHA256_SIZE], const struct message *m)
{
    struct digest *d = digest_new();
    uint8_t head[9];

    head[0] = (uint8_t)m->role;
    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)m->at_ms >> (8 * (7 - i)));
    digest_add(d, chain, SHA256_SIZE);
    digest_add(d, head, sizeof head);
    digest_add(d, m->text, m->text_n);
    digest_end(d, chain);
}

/* Each message's hash holds the one before: the newest stands for all, and
 * one more message costs one more step. */
void
conversation_prefix_hash(const struct conversation *c, int64_t upto_seq,
                         char out[65])
{
    struct conversation *memo = (struct conversation *)(uintptr_t)c;
    int64_t end = upto_seq > 0 && upto_seq < (int64_t)c->message_count
                      ? upto_seq
                      : (int64_t)c->message_count;
    uint8_t chain[SHA256_SIZE] = {0};
    int64_t seq = 0;
    struct buf hex = {0};

    if (c->hash_seq > 0 && c->hash_seq <= end) {
        memcpy(chain, c->hash, sizeof chain);
        seq = c->hash_seq;
    }
    for (; seq < end; seq++)
        hash_message(chain, c->messages[seq]);
    memcpy(memo->hash, chain, sizeof chain);
    memo->hash_seq = end;
    digest_hex(&hex, chain, sizeof chain);
    memcpy(out, hex.data, 64);
    out[64] = '\0';
    buf_free(&hex);
}

void
conversation_wait_over(struct conversation *c)
{
    c->wait_rule = c->wait_cancel_on = NULL;
    c->wait_since = c->wait_due = c->wait_number = 0;
    if (c->state == STATE_WAITING)
        c->state = STATE_AI_ACTIVE;
}

json_t *
conversation_attributes(const struct conversation *c)
{
    json_t *last = json_object_get(c->known_tickets, "last"), *all;

    if (json_object_size(last) == 0 ||
        json_object_get(c->attributes, "last_ticket_id") != NULL)
        return json_incref(c->attributes);
    all = json_copy(c->attributes);
    json_object_update_missing(all, last);
    return all;
}

void
conversation_remember(struct conversation *c, json_t *rule_state,
                      json_t *collected)
{
    if (rule_state != NULL)
        json_object_update(c->rule_state, rule_state);
    if (collected != NULL)
        json_object_update_missing(c->fields, collected);
}
