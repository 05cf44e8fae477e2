#include "flow/notice.h"

#include <jansson.h>
#include <string.h>

#include "flow/config.h"
#include "flow/when.h"
#include "flow/zones.h"
#include "model/calendar.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/template.h"

/* One row a language. */
struct words {
    const char *received; /* with the reference */
    const char *promise;  /* with the time, or left out */
    const char *back;     /* with the time of the next opening, if closed */
    const char *offer;
};
static const struct words words[WHEN_LANGUAGES] = {
    [WHEN_EN] = {"I have handed your request to our team. Your ticket is %s.",
                 " Expected reply: %s.", " Our team is back on %s.",
                 "Would you like me to connect you with a person?"},
    [WHEN_DE] = {"Ich habe Ihr Anliegen an unser Team übergeben. Ihr Ticket "
                 "ist %s.",
                 " Voraussichtliche Antwort: %s.",
                 " Unser Team ist wieder da: %s.",
                 "Möchten Sie mit einer Person verbunden werden?"},
    [WHEN_FR] = {"J’ai transmis votre demande à notre équipe. Votre ticket : "
                 "%s.",
                 " Réponse prévue : %s.", " Notre équipe est de retour : %s.",
                 "Souhaitez-vous être mis en relation avec une personne ?"},
    [WHEN_ES] = {"He pasado su solicitud a nuestro equipo. Su ticket es %s.",
                 " Respuesta prevista: %s.", " Nuestro equipo vuelve el %s.",
                 "¿Desea que le conecte con una persona?"},
    [WHEN_IT] = {"Ho passato la richiesta al nostro team. Il ticket è %s.",
                 " Risposta prevista: %s.",
                 " Il nostro team è di nuovo disponibile: %s.",
                 "Desidera parlare con una persona?"},
    [WHEN_PT] = {"Passei o seu pedido à nossa equipa. O seu ticket é %s.",
                 " Resposta prevista: %s.", " A nossa equipa regressa: %s.",
                 "Deseja falar com uma pessoa?"},
    [WHEN_NL] = {"Ik heb uw verzoek aan ons team doorgegeven. Uw ticket is %s.",
                 " Verwacht antwoord: %s.", " Ons team is er weer: %s.",
                 "Wilt u met een medewerker spreken?"},
    [WHEN_PL] = {"Przekazaliśmy Państwa sprawę zespołowi. Numer zgłoszenia: "
                 "%s.",
                 " Przewidywana odpowiedź: %s.",
                 " Nasz zespół będzie znów dostępny: %s.",
                 "Czy połączyć Państwa z konsultantem?"},
};

static enum when_language
language_of(const struct conversation *c)
{
    return when_language(c->language != NULL ? c->language
                                             : c->customer.locale);
}

/* How a time is told to the customer: in their zone; when that is not known
 * in the one of the group's calendar, which is then named. */
struct telling {
    enum when_language language;
    const struct zone *zone;
    bool name_zone;
};

static const struct calendar *
calendar_of(const struct config *config, const struct decision *d)
{
    const struct config_group *g = config_group(config, d->group);

    return g != NULL ? g->calendar : NULL;
}

static struct telling
telling_of(const struct config *config, const struct conversation *c,
           const struct decision *d)
{
    const struct calendar *calendar = calendar_of(config, d);
    struct telling t = {.language = language_of(c)};

    t.zone = zones_find(config->zones, c->customer.time_zone);
    t.name_zone = t.zone == NULL;
    if (t.zone == NULL && calendar != NULL)
        t.zone = calendar_zone(calendar);
    return t;
}

/* What is promised for this decision, else what is always promised. */
void
notice_promise(const struct config *config, const struct conversation *c,
               const struct decision *d, int64_t now_ms, struct buf *out)
{
    struct telling t;

    if (d->due_at_ms > now_ms) {
        t = telling_of(config, c, d);
        when_by(t.language, t.zone, t.name_zone, d->due_at_ms, out);
    } else if (config->response_time != NULL) {
        buf_adds(out, config->response_time);
    }
}

/* When the team is back; "now" while it is there, "" when nobody knows. */
static void
next_open(const struct config *config, const struct conversation *c,
          const struct decision *d, int64_t now_ms, struct buf *out)
{
    const struct calendar *calendar = calendar_of(config, d);
    struct telling t = telling_of(config, c, d);
    int64_t at = calendar_next_open(
        calendar != NULL ? calendar : &calendar_always, now_ms);

    if (at == now_ms)
        buf_adds(out, when_now(t.language));
    else if (at != CALENDAR_NEVER)
        when_text(t.language, t.zone, t.name_zone, at, out);
}

static bool
waits_for_opening(const struct decision *d, int64_t now_ms)
{
    return d->timing != NULL && strcmp(d->timing, "next_open") == 0 &&
           d->at_ms > now_ms;
}

static json_t *
values_of(const char *ticket, const char *url, const char *handoff_id,
          const struct buf *promise, const struct buf *opening)
{
    const char *shown = ticket != NULL ? ticket : handoff_id;

    return json_pack("{s:{s:s,s:s,s:s},s:s,s:s,s:s,s:s}", "ticket", "id", shown,
                     "display_id", shown, "url", url != NULL ? url : "",
                     "response_time", buf_str(promise), "eta", buf_str(promise),
                     "next_open", buf_str(opening), "handoff_id", handoff_id);
}

static void
own_words(const struct words *w, const char *reference,
          const struct buf *promise, const struct buf *opening, bool closed,
          struct buf *out)
{
    /* The formats are the constants above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_addf(out, w->received, reference);
    if (closed)
        buf_addf(out, w->back, buf_str(opening));
    if (promise->len > 0)
        buf_addf(out, w->promise, buf_str(promise));
#pragma GCC diagnostic pop
}

void
notice_ticket(const struct config *config, const struct conversation *c,
              const struct decision *d, const char *ticket, const char *url,
              const char *handoff_id, int64_t now_ms, struct buf *out)
{
    struct buf promise = {0}, opening = {0};
    size_t before = out->len;
    json_t *values;

    notice_promise(config, c, d, now_ms, &promise);
    next_open(config, c, d, now_ms, &opening);
    if (d->message != NULL) {
        values = values_of(ticket, url, handoff_id, &promise, &opening);
        if (template_fill(d->message, values, out, NULL) != 0) {
            buf_cut(out, before);
            buf_adds(out, d->message);
        }
        json_decref(values);
    } else {
        own_words(&words[language_of(c)], ticket != NULL ? ticket : handoff_id,
                  &promise, &opening, waits_for_opening(d, now_ms), out);
    }
    buf_free(&promise);
    buf_free(&opening);
}

void
notice_message(const struct conversation *c, const struct decision *d,
               struct buf *out)
{
    buf_adds(out,
             d->message != NULL ? d->message : words[language_of(c)].offer);
}
