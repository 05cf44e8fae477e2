#include "model/language.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/conversation_inside.h"

#define VOTES         3   /* newest messages that vote */
#define VOTE_WORDS    2   /* "ok" says nothing of a language */
#define SURE          0.6 /* of the conversation's own language */
#define LANGUAGES_MAX 10  /* that one ticket is told of */

static const struct {
    const char *base, *title;
} titles[] = {
    {"ar", "Arabic"},     {"bg", "Bulgarian"},  {"bn", "Bengali"},
    {"ca", "Catalan"},    {"cs", "Czech"},      {"da", "Danish"},
    {"de", "German"},     {"el", "Greek"},      {"en", "English"},
    {"es", "Spanish"},    {"et", "Estonian"},   {"fa", "Persian"},
    {"fi", "Finnish"},    {"fr", "French"},     {"he", "Hebrew"},
    {"hi", "Hindi"},      {"hr", "Croatian"},   {"hu", "Hungarian"},
    {"id", "Indonesian"}, {"it", "Italian"},    {"ja", "Japanese"},
    {"ko", "Korean"},     {"lt", "Lithuanian"}, {"lv", "Latvian"},
    {"ms", "Malay"},      {"nb", "Norwegian"},  {"nl", "Dutch"},
    {"no", "Norwegian"},  {"pl", "Polish"},     {"pt", "Portuguese"},
    {"ro", "Romanian"},   {"ru", "Russian"},    {"sk", "Slovak"},
    {"sl", "Slovenian"},  {"sr", "Serbian"},    {"sv", "Swedish"},
    {"th", "Thai"},       {"tr", "Turkish"},    {"uk", "Ukrainian"},
    {"ur", "Urdu"},       {"vi", "Vietnamese"}, {"zh", "Chinese"},
};

bool
language_base(const char *tag, char out[LANGUAGE_SIZE])
{
    size_t n = 0;

    for (; tag[n] != '\0' && tag[n] != '-' && tag[n] != '_'; n++) {
        char c = tag[n] >= 'A' && tag[n] <= 'Z' ? (char)(tag[n] + ('a' - 'A'))
                                                : tag[n];

        if (c < 'a' || c > 'z' || n + 1 >= LANGUAGE_SIZE)
            return false;
        out[n] = c;
    }
    out[n] = '\0';
    return n >= 2;
}

/* --- what is spoken --- */

static bool
has_words(const struct message *m)
{
    struct buf words = {0};
    size_t n = str_words(&words, m->text, m->text_n);

    buf_free(&words);
    return n >= VOTE_WORDS;
}

/* The newest votes first; how many there are. */
static size_t
take_votes(const struct conversation *c, int64_t upto,
           char votes[VOTES][LANGUAGE_SIZE])
{
    size_t n = 0;

    for (int64_t seq = upto; seq >= c->episode_first_seq && seq > 0; seq--) {
        const struct message *m = c->messages[seq - 1];

        if (!message_is_spoken(m) || m->language == NULL || !has_words(m) ||
            !language_base(m->language, votes[n]))
            continue;
        if (++n == VOTES)
            break;
    }
    return n;
}

/* Most of them; the newest of those that have as many. */
static bool
count_votes(const struct conversation *c, int64_t upto, char out[LANGUAGE_SIZE])
{
    char votes[VOTES][LANGUAGE_SIZE];
    size_t n = take_votes(c, upto, votes), most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t same = 0;

        for (size_t k = 0; k < n; k++)
            same += strcmp(votes[i], votes[k]) == 0;
        if (same > most) {
            most = same;
            strcpy(out, votes[i]);
        }
    }
    return n > 0;
}

static bool
told_for_sure(const struct conversation *c, char out[LANGUAGE_SIZE])
{
    return c->language != NULL &&
           (isnan(c->language_confidence) || c->language_confidence >= SURE) &&
           language_base(c->language, out);
}

bool
language_spoken(const struct conversation *c, const struct message *upto,
                char out[LANGUAGE_SIZE])
{
    return count_votes(c, upto->seq, out) ||
           (has_words(upto) && told_for_sure(c, out));
}

/* --- of a hand-over --- */

static const char *
next_word(const char *p, size_t *n)
{
    while (*p == ' ')
        p++;
    *n = strcspn(p, " ");
    return *n > 0 ? p : NULL;
}

/* Whether it is among them, and how many there are. */
static bool
is_told(const char *languages, const char *base, size_t *count)
{
    size_t n;

    *count = 0;
    for (const char *p = languages; (p = next_word(p, &n)) != NULL; p += n) {
        if (n == strlen(base) && memcmp(p, base, n) == 0)
            return true;
        ++*count;
    }
    return false;
}

void
language_begin(struct conversation *c)
{
    char base[LANGUAGE_SIZE];
    bool known =
        count_votes(c, (int64_t)c->message_count, base) ||
        told_for_sure(c, base) ||
        (c->customer.locale != NULL && language_base(c->customer.locale, base));

    conversation_set(c, &c->handoff_languages, known ? base : NULL);
}

const char *
language_changed(struct conversation *c, const struct message *m)
{
    char base[LANGUAGE_SIZE];
    size_t count;

    if (!message_is_spoken(m) || !language_spoken(c, m, base))
        return NULL;
    if (c->handoff_languages == NULL) {
        conversation_set(c, &c->handoff_languages, base);
        return NULL;
    }
    if (is_told(c->handoff_languages, base, &count) || count >= LANGUAGES_MAX)
        return NULL;
    c->handoff_languages =
        arena_printf(c->arena, "%s %s", c->handoff_languages, base);
    return arena_str(c->arena, base);
}

const char *
language_first(struct conversation *c)
{
    size_t n;
    const char *p = c->handoff_languages;

    if (p == NULL || (p = next_word(p, &n)) == NULL)
        return NULL;
    return arena_dup(c->arena, p, n);
}

void
language_tags(const struct conversation *c, struct buf *out)
{
    const char *p = c->handoff_languages;
    bool first = true;
    size_t n;

    buf_addc(out, '[');
    for (; p != NULL && (p = next_word(p, &n)) != NULL; p += n) {
        if (!first)
            buf_addf(out, "%s\"" LANGUAGE_TAG "%.*s\"",
                     out->data[out->len - 1] == '[' ? "" : ",", (int)n, p);
        first = false;
    }
    buf_addc(out, ']');
}

void
language_title(const char *base, struct buf *out)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].base, base) == 0) {
            buf_addf(out, "%s (%s)", titles[i].title, base);
            return;
        }
    buf_adds(out, base);
}
