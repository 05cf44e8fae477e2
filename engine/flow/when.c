#include "flow/when.h"

#include <string.h>

#include "base/date.h"
#include "model/zone.h"

#define DAY_S     86400
#define MINUTE_MS 60000

struct words {
    const char *tag;
    const char *weekdays[7]; /* from Monday */
    const char *months[12];  /* as they stand behind a day's number */
    const char *comma;       /* between weekday and day */
    const char *ordinal;     /* behind the day's number */
    const char *first;       /* behind the first day's; NULL: like others */
    const char *of;          /* before the month */
    const char *before_time, *after_time;
    const char *by, *now;
};

static const struct words all[WHEN_LANGUAGES] = {
    {"en",
     {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
      "Sunday"},
     {"January", "February", "March", "April", "May", "June", "July", "August",
      "September", "October", "November", "December"},
     " ",
     "",
     NULL,
     " ",
     ", ",
     "",
     "by ",
     "now"},
    {"de",
     {"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag",
      "Sonntag"},
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August",
      "September", "Oktober", "November", "Dezember"},
     ", ",
     ".",
     NULL,
     " ",
     ", ",
     " Uhr",
     "bis ",
     "jetzt"},
    {"fr",
     {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"},
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
      "septembre", "octobre", "novembre", "décembre"},
     " ",
     "",
     "er",
     " ",
     " à ",
     "",
     "au plus tard ",
     "maintenant"},
    {"es",
     {"lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"},
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
      "septiembre", "octubre", "noviembre", "diciembre"},
     ", ",
     "",
     NULL,
     " de ",
     ", ",
     "",
     "a más tardar el ",
     "ahora"},
    {"it",
     {"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato",
      "domenica"},
     {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio",
      "agosto", "settembre", "ottobre", "novembre", "dicembre"},
     " ",
     "",
     "º",
     " ",
     ", ore ",
     "",
     "entro ",
     "adesso"},
    {"pt",
     {"segunda-feira", "terça-feira", "quarta-feira", "quinta-feira",
      "sexta-feira", "sábado", "domingo"},
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho",
      "agosto", "setembro", "outubro", "novembro", "dezembro"},
     ", ",
     "",
     NULL,
     " de ",
     ", ",
     "",
     "até ",
     "agora"},
    {"nl",
     {"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag",
      "zondag"},
     {"januari", "februari", "maart", "april", "mei", "juni", "juli",
      "augustus", "september", "oktober", "november", "december"},
     " ",
     "",
     NULL,
     " ",
     ", ",
     " uur",
     "uiterlijk ",
     "nu"},
    {"pl",
     {"poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota",
      "niedziela"},
     {"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca",
      "sierpnia", "września", "października", "listopada", "grudnia"},
     ", ",
     "",
     NULL,
     " ",
     ", ",
     "",
     "najpóźniej ",
     "teraz"},
};

enum when_language
when_language(const char *tag)
{
    if (tag != NULL)
        for (int i = 0; i < WHEN_LANGUAGES; i++)
            if (strncmp(tag, all[i].tag, 2) == 0 &&
                (tag[2] == '\0' || tag[2] == '-' || tag[2] == '_'))
                return (enum when_language)i;
    return WHEN_EN;
}

void
when_text(enum when_language l, const struct zone *zone, bool name_zone,
          int64_t at_ms, struct buf *out)
{
    const struct words *w = &all[l];
    int64_t at_s = at_ms / 1000;
    int64_t local = zone != NULL ? zone_local(zone, at_s) : at_s;
    int64_t days = local / DAY_S - (local % DAY_S < 0);
    int second = (int)(local - days * DAY_S);
    struct date d = date_of_days(days);

    buf_addf(out, "%s%s%d%s%s%s%s%02d:%02d%s",
             w->weekdays[date_weekday(days) - 1], w->comma, d.day,
             d.day == 1 && w->first != NULL ? w->first : w->ordinal, w->of,
             w->months[d.month - 1], w->before_time, second / 3600,
             second / 60 % 60, w->after_time);
    if (zone == NULL)
        buf_adds(out, " (UTC)");
    else if (name_zone)
        buf_addf(out, " (%s)", zone_name(zone));
}

void
when_by(enum when_language l, const struct zone *zone, bool name_zone,
        int64_t at_ms, struct buf *out)
{
    buf_adds(out, all[l].by);
    when_text(l, zone, name_zone,
              (at_ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS, out);
}

const char *
when_now(enum when_language l)
{
    return all[l].now;
}
