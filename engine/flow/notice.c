#include "flow/notice.h"

#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "flow/config.h"
#include "model/conversation.h"
#include "model/decision.h"
#include "model/template.h"

/* One row a language; {ticket} and {promise} are filled in below. Languages
 * follow the policies' list; anything else is told in English. */
struct words {
    const char *language;
    const char *received; /* with the reference */
    const char *promise;  /* with the time, or left out */
    const char *offer;
};
static const struct words words[] = {
    {"en", "I have handed your request to our team. Your ticket is %s.",
     " Expected reply: %s.", "Would you like me to connect you with a person?"},
    {"de", "Ich habe Ihr Anliegen an unser Team übergeben. Ihr Ticket ist %s.",
     " Voraussichtliche Antwort: %s.",
     "Möchten Sie mit einer Person verbunden werden?"},
    {"fr", "J’ai transmis votre demande à notre équipe. Votre ticket : %s.",
     " Réponse prévue : %s.",
     "Souhaitez-vous être mis en relation avec une personne ?"},
    {"es", "He pasado su solicitud a nuestro equipo. Su ticket es %s.",
     " Respuesta prevista: %s.", "¿Desea que le conecte con una persona?"},
    {"it", "Ho passato la richiesta al nostro team. Il ticket è %s.",
     " Risposta prevista: %s.", "Desidera parlare con una persona?"},
    {"pt", "Passei o seu pedido à nossa equipa. O seu ticket é %s.",
     " Resposta prevista: %s.", "Deseja falar com uma pessoa?"},
    {"nl", "Ik heb uw verzoek aan ons team doorgegeven. Uw ticket is %s.",
     " Verwacht antwoord: %s.", "Wilt u met een medewerker spreken?"},
    {"pl", "Przekazaliśmy Państwa sprawę zespołowi. Numer zgłoszenia: %s.",
     " Przewidywana odpowiedź: %s.", "Czy połączyć Państwa z konsultantem?"},
};

static const struct words *
words_of(const struct conversation *c)
{
    const char *language =
        c->language != NULL ? c->language : c->customer.locale;

    if (language != NULL)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncmp(language, words[i].language, 2) == 0 &&
                (language[2] == '\0' || language[2] == '-' ||
                 language[2] == '_'))
                return &words[i];
    return &words[0];
}

void
notice_promise(const struct config *config, const struct conversation *c,
               const struct decision *d, int64_t now_ms, struct buf *out)
{
    (void)c;
    (void)d;
    (void)now_ms;
    if (config->response_time != NULL)
        buf_adds(out, config->response_time);
}

static json_t *
values_of(const char *ticket, const char *url, const char *handoff_id,
          const struct buf *promise)
{
    const char *shown = ticket != NULL ? ticket : handoff_id;

    return json_pack("{s:{s:s,s:s,s:s},s:s,s:s,s:s}", "ticket", "id", shown,
                     "display_id", shown, "url", url != NULL ? url : "",
                     "response_time", buf_str(promise), "eta", buf_str(promise),
                     "handoff_id", handoff_id);
}

void
notice_ticket(const struct config *config, const struct conversation *c,
              const struct decision *d, const char *ticket, const char *url,
              const char *handoff_id, int64_t now_ms, struct buf *out)
{
    const struct words *w = words_of(c);
    struct buf promise = {0};
    size_t before = out->len;
    json_t *values;

    notice_promise(config, c, d, now_ms, &promise);
    if (d->message != NULL) {
        values = values_of(ticket, url, handoff_id, &promise);
        if (template_fill(d->message, values, out, NULL) != 0) {
            buf_cut(out, before);
            buf_adds(out, d->message);
        }
        json_decref(values);
    } else {
        /* The formats are the constants above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_addf(out, w->received, ticket != NULL ? ticket : handoff_id);
        if (promise.len > 0)
            buf_addf(out, w->promise, buf_str(&promise));
#pragma GCC diagnostic pop
    }
    buf_free(&promise);
}

void
notice_message(const struct conversation *c, const struct decision *d,
               struct buf *out)
{
    buf_adds(out, d->message != NULL ? d->message : words_of(c)->offer);
}
