-- The condition words, row by row: P1 to P7, P10 and P16 are the policies that
-- support teams really run. What needs a clock, a collect flow or an offer made
-- before is tested where those are.

local kept = { action = "keep" }

-- A conversation about one word, and what comes of it.
local function about(word, t)
  t.fields = t.fields or {}
  t.fields.word = word
  return conversation(t)
end
local function hit(because) return { action = "escalate", reason = "word", because = because } end

-- Rows { name, conversation, expectation }: what hits does so by its own rule.
local function rows(title)
  return function(list)
    for _, row in ipairs(list) do
      if row[3].reason == "word" then row[3].rule = row[2].fields.word end
    end
    cases(title)(list)
  end
end
local function said(word, text, more)
  local t = more or {}
  table.insert(t, 1, customer(text))
  return about(word, t)
end

-- Messages at so many seconds.
local START = 1767607200000
local function at(seconds, text, more)
  local t = more or {}
  t[1], t.at_ms = text, START + seconds * 1000
  return customer(t)
end

-- --- P1 ------------------------------------------------------------------------

rows "P1 explicit human request" {
  { "a real person", said("direct", "I want to talk to a real person"), hit "asks_for_human()" },
  { "agent is not direct", said("direct", "agent"), kept },
  { "agent is vague", said("vague", "agent"), hit "asks_for_human \"vague\"" },
  { "agent again", about("vague twice", { customer "agent", ai "How can I help?", customer "agent" }), hit "times = 2" },
  { "agent once", about("vague twice", { customer "agent", ai "How can I help?" }), kept },
  { "an agent app", said("vague", "what does your agent app do"), kept },
  { "spanish", said("direct", "quiero hablar con una persona"), hit() },
  { "not needed", said("vague", "no human needed, thanks"), kept },
  { "the AI says it", about("vague", { customer "hello", ai "I can transfer you to a human" }), kept },
  { "takeover button", said("takeover", "hello", { handoff = { via = "takeover", actor = "ana" } }), { reason = "takeover" }, event = "takeover" },
  { "in a caption", about("direct", { customer { "let me talk to a human", kind = "attachment", attachments = { { name = "a.png" } } } }), hit() },
  { "how to contact", said("how to contact", "How can I contact you?"), hit() },
  { "how to contact is vague", said("vague", "How can I contact you?"), hit() },
  { "how to contact is not direct", said("direct", "How can I contact you?"), kept },
  { "a direct request is no question", said("how to contact", "I want to talk to a human"), kept },
  { "no need in German", said("vague", "Ich brauche keinen Menschen"), kept },
  { "nobody answers in French", said("vague", "personne ne répond"), kept },
  { "a bot is refused", said("direct", "I don't want to talk to a bot"), hit() },
  { "quoted", said("vague", "The mail said \"talk to a human\" but why?"), kept },
  { "nothing but a quote", said("direct", "\"talk to a human\""), hit() },
  { "in the answered mail", said("vague", "Thanks, solved.\n> I want to talk to a human"), kept },
  { "no after a comma", said("direct", "No, I want to talk to a human"), hit() },
  { "instead of a bot", said("direct", "not a bot but a human please"), hit() },
  { "wherever in the episode", about("direct", { customer "I want a human", ai "Why?", customer "because" }), hit() },
}

-- --- P2 ------------------------------------------------------------------------

local function sure(word, ...)
  local t = {}
  for _, confidence in ipairs { ... } do
    t[#t + 1] = customer { "hm", intent = "other", confidence = confidence or nil }
    t[#t + 1] = ai "so?"
  end
  return about(word, t)
end
local function exchanges(word, count, more)
  local t = more or {}
  for i = 1, count do
    t[#t + 1] = customer("question " .. i)
    t[#t + 1] = ai("answer " .. i)
  end
  return about(word, t)
end

rows "P2 failed resolution" {
  { "0.54, 0.50", sure("unsure twice", 0.54, 0.50), hit "confidence_below(0.55, { turns = 2 })" },
  { "0.54, 0.80", sure("unsure twice", 0.54, 0.80), kept },
  { "0.80, 0.54", sure("unsure twice", 0.80, 0.54), kept },
  { "0.55, 0.55: strict", sure("unsure twice", 0.55, 0.55), kept },
  { "0.80 long ago", sure("unsure twice", 0.80, 0.1, 0.2), hit() },
  { "one turn only", sure("unsure twice", 0.1), kept },
  { "one of them unknown", sure("unsure twice", 0.1, false), kept },
  { "none known", sure("unsure twice", false, false), kept },
  { "words: low, low", sure("unsure twice", "low", "low"), hit() },
  { "words: High, low", sure("unsure twice", "High", "low"), kept },
  { "two messages of a burst are one turn", about("unsure twice",
    { at(0, "hm", { confidence = 0.1 }), at(5, "hm", { confidence = 0.1 }) }), kept },
  { "the burst's last word counts", about("unsure twice",
    { at(0, "hm", { confidence = 0.1 }), at(100, "a", { confidence = 0.9 }), at(105, "b", { confidence = 0.2 }) }), hit() },
  { "mood of two turns", about("sad twice", { customer { "a", sentiment = -0.4 }, ai "b", customer { "c", sentiment = -0.5 } }), hit() },
  { "mood of one", about("sad twice", { customer { "a", sentiment = -0.2 }, ai "b", customer { "c", sentiment = -0.5 } }), kept },
  { "two failed attempts", said("failed", "hm", { failed_attempts = 2 }), hit() },
  { "one", said("failed", "hm", { failed_attempts = 1 }), kept },
  { "eight turns", exchanges("long", 8), hit "turns(8)" },
  { "seven turns", exchanges("long", 7), kept },
  { "eight, resolved", exchanges("long", 8, { outcome = "resolved_confirmed" }), kept, event = "session.ended" },
  { "ended after two", exchanges("ended", 2, { outcome = "unresolved" }), hit(), event = "session.ended" },
  { "ended after one", exchanges("ended", 1, { outcome = "unresolved" }), kept, event = "session.ended" },
}

rows "P2 thanks and confirmations" {
  { "en", said("thanks", "Thanks!"), hit "thanks()" },
  { "en, with reasons", said("thanks", "Thank you so much, that solved it"), hit() },
  { "en, found", said("thanks", "sorry, found it, thanks"), hit() },
  { "en, a confirmation", said("thanks", "ok great"), hit() },
  { "de", said("thanks", "Vielen Dank, hat funktioniert"), hit() },
  { "fr", said("thanks", "Merci beaucoup !"), hit() },
  { "es", said("thanks", "muchas gracias"), hit() },
  { "it", said("thanks", "Grazie mille"), hit() },
  { "pt", said("thanks", "Obrigada, era só isso"), hit() },
  { "nl", said("thanks", "Dank je wel"), hit() },
  { "pl", said("thanks", "Dziękuję bardzo"), hit() },
  { "but", said("thanks", "Thanks, but it still fails"), kept },
  { "for nothing", said("thanks", "thanks for nothing"), kept },
  { "in advance", said("thanks", "Vielen Dank im Voraus"), kept },
  { "a request", said("thanks", "Please cancel my order, thanks"), kept },
  { "a question", said("thanks", "Thanks, and the invoice?"), kept },
  { "only the newest", about("thanks", { customer "Thanks!", ai "Gladly.", customer "Where is my order 5" }), kept },
  { "the AI's thanks", about("thanks", { customer "hello", ai "Thanks!" }), kept },
  { "a picture", said("thanks", "👍"), kept },
}

-- --- P3 ------------------------------------------------------------------------

local function asking(word, ...)
  local t = {}
  for _, message in ipairs { ... } do
    t[#t + 1] = type(message) == "string" and customer(message) or message
    t[#t + 1] = ai "Let me see."
  end
  return about(word, t)
end
local function meaning(text, intent) return customer { text, intent = intent } end

rows "P3 repeated question" {
  { "three ways to ask", asking("repeats", "Where is my order?", "So where is my order now?", "WHERE is my ORDER, please"), hit "repeats(3)" },
  { "two are not three", asking("repeats", "Where is my order?", "Where is my order now?"), kept },
  { "two", asking("repeats twice", "Where is my order?", "Where is my order now?"), hit() },
  { "ok, ok, ok", asking("repeats twice", "ok", "ok", "ok"), kept },
  { "two words that carry something", asking("repeats twice", "my order", "my order", "my order"), kept },
  { "pasted three times in ten seconds", about("repeats twice",
    { at(0, "where is my order"), at(5, "where is my order"), at(10, "where is my order") }), kept },
  { "pasted while the AI answers", about("repeats twice",
    { at(0, "where is my order"), ai { "Hm.", at_ms = START + 1000 }, at(10, "where is my order") }), kept },
  { "again after a minute", about("repeats twice",
    { at(0, "where is my order"), ai { "Hm.", at_ms = START + 1000 }, at(60, "where is my order") }), hit() },
  { "two languages, one intent", asking("repeats",
    meaning("Where is my order?", "order_status"), meaning("¿Dónde está mi pedido?", "order_status"),
    meaning("Wo ist meine Bestellung?", "order_status")), hit() },
  { "one intent without an answer between", about("repeats twice",
    { meaning("Where is my order?", "order_status"), meaning("¿Dónde está mi pedido?", "order_status") }), kept },
  { "other intents", asking("repeats twice",
    meaning("Where is my order?", "order_status"), meaning("¿Dónde está mi pedido?", "other")), kept },
  { "not each like each", asking("repeats", "alpha beta gamma delta", "beta gamma delta epsilon", "gamma delta epsilon zeta"), kept },
  { "longer ago than six turns", asking("repeats", "where is my order", "where is my order",
    "alpha beta gamma", "delta epsilon zeta", "eta theta iota", "kappa lambda my", "nu omikron rho", "where is my order"), kept },
  { "within six turns", asking("repeats", "where is my order", "alpha beta gamma",
    "delta epsilon zeta", "where is my order", "eta theta iota", "where is my order"), hit() },
}

-- --- P4 ------------------------------------------------------------------------

local function mood(word, ...)
  local t = {}
  for _, score in ipairs { ... } do
    t[#t + 1] = customer { "it is about my order", sentiment = score }
    t[#t + 1] = ai "I see."
  end
  return about(word, t)
end
local angry = "THIS IS RIDICULOUS FIX IT NOW"

rows "P4 frustration" {
  { "one insult, then thanks", about("annoyed", { customer "you idiots", ai "Sorry.", customer "sorry, found it, thanks" }), kept },
  { "by trajectory", mood("falling", 0.3, 0.0, -0.25, -0.5), hit "falling(0.6, 4)" },
  { "its points alone", mood("frustrated", 0.3, 0.0, -0.25, -0.5), kept },
  { "its points alone are one", mood("a point", 0.3, 0.0, -0.25, -0.5), hit() },
  { "by points", mood("frustrated", -0.2, -0.3, -0.45, -0.82), hit "frustrated(4)" },
  { "by points, one less", mood("frustrated", -0.2, -0.29, -0.45, -0.82), kept },
  { "HELLO", said("half a point", "HELLO"), kept },
  { "a product in capitals", said("annoyed", "BAD DOG TREATS XXL"), kept },
  { "a product in a sentence", said("half a point", "do you have BAD DOG TREATS XXL in stock?"), kept },
  { "shouting at -0.7: three points", about("annoyed", { customer { angry, sentiment = -0.7 } }), hit() },
  { "shouting at -0.7 is not four", about("frustrated", { customer { angry, sentiment = -0.7 } }), kept },
  { "an error log", said("half a point", "```\nfatal: what the fuck, idiot!!!\n```"), kept },
  { "its like outside of it", said("a point", "what the fuck"), hit() },
  { "a log without an end", said("half a point", "see:\n```\nfuck"), kept },
  { "the mail that is answered", said("half a point", "Solved.\n> what the fuck is this!!!"), kept },
  { "a greater-than sign", said("a point", "a > b, what the fuck"), hit() },
  { "marks", said("half a point", "really???"), hit() },
  { "two marks", said("half a point", "really??"), kept },
  { "leaving", said("annoyed", "I will never use you again!!! cancel everything"), hit() },
  { "a product's word is no anger", said("half a point", "this is ridiculous"), kept },
  { "unless it counts", said("anger counts", "this is ridiculous"), hit "frustrated(2, { anger = 2 })" },
  { "not ridiculous", said("anger counts", "not ridiculous at all"), kept },
  { "older than three turns", mood("a point", -0.9, 0.1, 0.1, 0.1), kept },
  { "calm again", mood("half a point", -0.9, -0.9, 0.2), kept },
  { "not calm enough", mood("frustrated", -0.9, -0.9, 0.19), hit() },
  { "a burst is one turn", about("annoyed", { at(0, "what the fuck"), at(3, "fuck"), at(6, "fuck") }), kept },
  { "profanity in German", said("a point", "So ein Scheiß"), hit() },
  { "profanity in Polish", said("a point", "kurwa"), hit() },
  { "leaving in French", said("a point", "Plus jamais !"), hit() },
}

rows "P4 falling" {
  { "by 0.6", mood("falling", 0.3, 0.2, 0.0, -0.3), hit() },
  { "by 0.59", mood("falling", 0.29, 0.2, 0.0, -0.3), kept },
  { "one very bad by itself", mood("falling", 0.5, 0.0, -0.6, -0.5), kept },
  { "up again", mood("falling", 0.9, 0.1, 0.0, 0.2), kept },
  { "three turns", mood("falling", 0.3, 0.0, -0.5), kept },
  { "one unknown", about("falling", { customer { "a", sentiment = 0.5 }, ai "b", customer "c", ai "d",
    customer { "e", sentiment = 0 }, ai "f", customer { "g", sentiment = -0.5 } }), kept },
  { "from the height between", mood("falling", 0.0, 0.4, 0.1, -0.2), hit() },
}

-- --- P5 ------------------------------------------------------------------------

local function costs(word, minor, currency) return said(word, "refund", { fields = { total_minor = minor, currency = currency } }) end
local function totals(word, total) return said(word, "refund", { fields = { total = total } }) end

rows "P5 values" {
  { "49.99", costs("fifty", 4999, "EUR"), kept },
  { "50.00", costs("fifty", 5000, "EUR"), hit "amount" },
  { "499.99", costs("five hundred", 49999, "EUR"), kept },
  { "500.00", costs("five hundred", 50000, "EUR"), hit() },
  { "4999.99", costs("five thousand", 499999, "EUR"), kept },
  { "5 000", costs("five thousand", 500000, "EUR"), hit() },
  { "JPY 7 500 are 46.50", costs("fifty", 7500, "JPY"), kept },
  { "JPY 7 500 are under fifty", costs("under fifty", 7500, "JPY"), hit() },
  { "JPY 8 065 are 50.00", costs("fifty", 8065, "JPY"), hit() },
  { "KWD has thousandths", costs("fifty", 16667, "KWD"), hit() },
  { "KWD, a little less", costs("fifty", 16666, "KWD"), kept },
  { "usd in small letters", costs("fifty", 5435, "usd"), hit() },
  { "a currency that is not in the table", costs("under fifty", 1, "XYZ"), kept },
  { "no currency", costs("under fifty", 1, nil), kept },
  { "no value", costs("under fifty", nil, "EUR"), kept },
  { "the default currency, whole units", totals("whole units", 50), hit() },
  { "third refund", said("refunds", "refund", { fields = { refund_count_90d = 3 } }), hit() },
  { "second refund", said("refunds", "refund", { fields = { refund_count_90d = 2 } }), kept },
}

rows "P5 numbers as text" {
  { "50", totals("at least", "50"), hit() },
  { "49.99", totals("at least", "49.99"), kept },
  { "1.234,50", totals("at least", "1.234,50"), hit() },
  { "1,234.50 EUR", totals("at least", "1,234.50 EUR"), hit() },
  { "€ 49,99", totals("at least", "€ 49,99"), kept },
  { "€ 50,00", totals("at least", "€ 50,00"), hit() },
  { "7 500", totals("at least", "7 500"), hit() },
  { "1,234 is no decimal", totals("at least", "1,234"), hit() },
  { "1.234 is one", totals("at least", "1.234"), kept },
  { "-80", totals("at least", "-80"), kept },
  { "words", totals("at least", "a lot"), kept },
  { "a version", totals("at least", "v51"), kept },
  { "below: 50", totals("below", 50), kept },
  { "below: 49.5", totals("below", 49.5), hit() },
  { "above: 50", totals("above", 50), kept },
  { "above: 50.5", totals("above", "50,5"), hit() },
  { "at most: 50", totals("at most", 50), hit() },
}

local function paid(word, when) return said(word, "refund", { fields = { paid = when } }) end

local now = "2026-01-15T12:00:00Z"
local function on_day(name, given, expect) test("P5 dates: " .. name) { given = given, expect = expect, now = now } end
on_day("the day before", paid("before", "2025-12-31"), hit())
on_day("the day itself is not before", paid("before", "2026-01-01"), kept)
on_day("the day itself is not after", paid("after", "2026-01-01T23:59:59Z"), kept)
on_day("the day after", paid("after", "2026-01-02"), hit())
on_day("a zone", paid("before", "2026-01-01T00:30:00+01:00"), hit())
on_day("a time without seconds", paid("after", "2026-01-02 09:30"), hit())
on_day("seconds since 1970", paid("before", 1767225599), hit())
on_day("milliseconds", paid("before", 1767225600000), kept)
on_day("no date", paid("before", "last year"), kept)
on_day("an impossible one", paid("before", "2025-02-30"), kept)
on_day("within: that day fourteen days ago", paid("within", "2026-01-01"), hit())
on_day("within: fifteen days ago", paid("within", "2025-12-31"), kept)
on_day("within: to come", paid("within", "2026-01-29"), hit())
on_day("within: too far to come", paid("within", "2026-01-30"), kept)
on_day("unknown", paid("within", nil), kept)

-- --- P6, P7 -------------------------------------------------------------------

rows "P6 legal, security, account" {
  { "my lawyer", said("mentions legal", "my lawyer will contact you"), hit "mentions \"legal\"" },
  { "a lawyer signs up", said("law, not sales", "I am a lawyer, what do three seats cost?", { intent = "sales" }), kept },
  { "a lawyer with another intent", said("law, not sales", "I am a lawyer", { intent = "complaint" }), hit() },
  { "e-mail changed", said("mentions takeover", "Someone changed my e-mail"), hit() },
  { "logged in", said("mentions takeover", "someone logged in from Brazil"), hit() },
  { "delete my data", said("mentions privacy", "Please delete my account data"), hit() },
  { "charge back", said("mentions chargeback", "I'll charge back"), hit() },
  { "Anwalt", said("mentions legal", "Ich gebe das meinem Anwalt"), hit() },
  { "both legal and refund", said("mentions legal", "refund me or my attorney will call"), hit() },
  { "tennis court", said("mentions legal", "are these good on a tennis court in courtyards?"), kept },
  { "an avocado", said("mentions legal", "la sauce avocat était périmée"), kept },
  { "the newspaper", said("two themes", "I will tell the newspapers"), hit "mentions { \"press\", \"threat\" }" },
  { "neither", said("two themes", "I will tell my friends"), kept },
}

-- Each theme in each language.
local themes = {
  legal = { en = "This goes to court order", de = "Das geht vor Gericht", fr = "Je vais porter plainte", es = "voy a demandar",
            it = "passo alle vie legali", pt = "vou processar a empresa", nl = "dit wordt een rechtszaak", pl = "spotkamy się w sądzie" },
  privacy = { en = "under GDPR", de = "nach der DSGVO", fr = "supprimez mes données", es = "protección de datos", it = "i miei dati personali",
              pt = "pela LGPD", nl = "verwijder mijn gegevens", pl = "na podstawie RODO" },
  chargeback = { en = "I dispute the charge", de = "eine Rückbuchung", fr = "je vais contester le prélèvement", es = "pediré un contracargo",
                 it = "voglio contestare l'addebito", pt = "vou contestar a cobrança", nl = "ik laat storneren", pl = "złożę reklamację w banku" },
  takeover = { en = "I was hacked", de = "Mein Konto wurde gehackt", fr = "mon compte est piraté", es = "me robaron la cuenta",
               it = "account rubato", pt = "invadiram minha conta", nl = "mijn account is gehackt", pl = "ktoś się zalogował na moje konto" },
  press = { en = "I am a journalist", de = "Ich wende mich an die Presse", fr = "je suis journaliste", es = "soy periodista", it = "sono una giornalista",
            pt = "sou jornalista", nl = "ik ga naar de krant", pl = "jestem dziennikarzem, to jest prasa" },
  self_harm = { en = "I want to kill myself", de = "Ich will mich umbringen", fr = "je veux mourir", es = "quiero morir", it = "voglio farla finita",
                pt = "quero morrer", nl = "ik wil dood", pl = "chcę umrzeć" },
  threat = { en = "I will kill you", de = "ich weiß wo ihr wohnt", fr = "je sais où vous habitez", es = "los voy a matar", it = "vi ammazzo",
             pt = "vou te matar", nl = "ik weet waar je woont", pl = "zabiję was" },
  medical = { en = "he had an allergic reaction", de = "wir brauchen einen Krankenwagen", fr = "du mal à respirer", es = "no puedo respirar",
              it = "serve un'ambulanza", pt = "falta de ar", nl = "bel een ambulance", pl = "wezwijcie karetkę" },
}
for theme, languages in pairs(themes) do
  for language, text in pairs(languages) do
    test("P6 P7 " .. theme .. " in " .. language) { given = said("mentions " .. theme, text), expect = hit() }
  end
end

-- What is denied is not mentioned; what only sounds so is.
local function denied(theme, texts)
  for _, text in ipairs(texts) do
    test("P6 denied: " .. text) { given = said("mentions " .. theme, text), expect = kept }
  end
end
local function meant(theme, texts)
  for _, text in ipairs(texts) do
    test("P6 meant: " .. text) { given = said("mentions " .. theme, text), expect = { action = "escalate", rule = "mentions " .. theme } }
  end
end

denied("legal", {
  "This is not about a lawsuit", "I don't need a lawyer, I want my parcel", "No lawyer needed", "I am not going to sue you",
  "We can settle this without a lawyer", "I never wanted to take legal action", "A lawyer is not needed here",
  "Das ist keine Klage", "Ich brauche keinen Anwalt", "Einen Anwalt brauche ich nicht", "Ich will euch nicht verklagen", "Das geht auch ohne Anwalt",
  "Je n'ai pas besoin d'un avocat", "Sans avocat", "Je ne vais pas porter plainte",
  "No quiero denunciar a la empresa", "No necesito un abogado", "Sin abogado",
  "Non voglio un avvocato", "Senza avvocato", "Non è una denuncia",
  "Não preciso de um advogado", "Sem advogado", "Não vou processar a empresa",
  "Ik heb geen advocaat nodig", "Dit gaat niet over een rechtszaak", "Zonder advocaat",
  "Nie potrzebuję prawnika", "Bez prawnika", "To nie jest pozew",
})
-- Who is named before the no, or between it and the word, is only spoken of.
denied("legal", {
  "Ich werde Sie nicht verklagen", "Ich will Sie nicht verklagen", "Ich möchte Sie nicht verklagen", "Ich werde euch nicht verklagen",
  "Wir werden Sie nicht verklagen", "Wir wollen Sie nicht verklagen", "Dann werde ich Sie nicht verklagen", "Ich verklage Sie nicht",
  "Wir verklagen euch nicht", "Ich werde Sie deswegen nicht verklagen", "I will not sue you", "I won't sue you", "We won't sue you",
  "I wouldn't sue you", "I assure you I will not sue you", "I promise you, I won't sue you", "This isn't about a lawsuit",
  "There won't be a lawsuit", "Je ne vous attaquerai pas en justice", "Je ne vais pas vous attaquer en justice",
  "Nous n'allons pas porter plainte contre vous", "Je ne vous poursuivrai pas en justice", "No los voy a demandar", "No le voy a demandar",
  "No te voy a demandar", "No voy a demandarlos", "Yo no les voy a demandar", "Non vi faccio causa", "Io non vi faccio causa",
  "Non ti voglio denunciare", "Non voglio denunciare nessuno", "Não vou processar vocês", "Não os vou processar",
  "Eu não vos vou processar", "Ik ga u niet aanklagen", "Ik zal jullie niet aanklagen", "Wij gaan u niet dagvaarden",
  "Ik wil u niet aanklagen", "Wij dagvaarden u niet", "Nie pozwę was", "Nie zamierzam was pozwać", "Nie chcę państwa pozwać",
  "Ja was nie pozwę",
})
denied("press", { "I am not a journalist", "Ich bin keine Journalistin", "je ne suis pas journaliste", "no soy periodista", "non sono giornalista",
  "não sou jornalista", "ik ben geen journalist", "nie jestem dziennikarzem" })
denied("takeover", { "My account was not hacked", "Mein Konto wurde nicht gehackt", "This is no phishing" })
denied("chargeback", { "I do not want a chargeback", "Ich will keine Rückbuchung" })
denied("privacy", { "This is not about data protection", "Please do not delete my data", "Es geht nicht um Datenschutz" })

meant("legal", {
  -- a condition, and what comes when it is not met
  "If you do not pay I call my lawyer", "Unless this is solved I will not rest and sue you", "Pay me or I will not need a lawyer to sue you",
  "Wenn Sie nicht zahlen gehe ich zum Anwalt", "Si no pagan voy a demandar", "Se non pagate vado dall'avvocato", "Als jullie niet betalen ga ik naar de rechter",
  -- taken back
  "I do not want to go to court order or lawsuit, but I will", "Ich will nicht klagen, aber mein Anwalt schon",
  "Ich will keine Klage, aber es muss wohl sein", "No quiero denunciar, pero lo haré",
  -- the no is about something else
  "Do not make me call my lawyer", "I have no choice and will sue you", "You did not answer my lawyer", "I am not saying that I will sue you",
  "I did not get my money. My lawyer writes to you", "not only my lawyer is angry",
  "Sie haben meinem Anwalt nicht geantwortet", "Mein Geld ist nicht da und mein Anwalt schreibt Ihnen",
  -- one is denied, another is not
  "I don't want a lawyer. I want a lawsuit",
  -- a question is none
  "Why not a lawyer?", "Is this not a case for a lawyer?",
})
-- Not only, without a second thought, not yet, in doubt, or theirs.
meant("legal", {
  "Not only will I sue you", "I will not only sue you", "Wenn Sie nicht zahlen, verklage ich Sie", "Zahlen Sie nicht, verklage ich Sie",
  "Zahlen Sie nicht verklage ich Sie", "Nicht nur verklage ich Sie", "Ich glaube Sie wollen nicht verklagt werden",
  "Sie glauben, ich werde Sie nicht verklagen", "Sie glauben ich werde Sie nicht verklagen",
  "Glauben Sie nicht, dass ich Sie nicht verklage", "You think I won't sue you", "You think I will not sue you",
  "Don't think I won't sue you", "I think you do not want a lawsuit", "I won't hesitate to sue you", "I won't rest and will sue you",
  "I won't just sue you", "You won't get away without a lawyer", "Won't my lawyer be pleased", "I won't sue you yet",
  "I won't sue you if you pay", "I don't want to have to sue you", "Ich möchte Sie nicht verklagen müssen",
  "Ich werde Sie noch nicht verklagen", "Ich zögere nicht einen Anwalt einzuschalten", "Ich scheue mich nicht einen Anwalt zu nehmen",
  "Ich verklage Sie nicht nur", "Ich verklage Sie nicht ohne Grund", "Zahlen Sie, dann verklage ich Sie nicht",
  "Je n'hésiterai pas à porter plainte", "Je n'hésite pas à aller au tribunal", "Je ne vais pas encore porter plainte",
  "Vous ne voulez pas d'un avocat", "Je sais que vous ne voulez pas d'un avocat", "Vous pensez que je ne vais pas porter plainte",
  "Pas seulement mon avocat", "No dudaré en denunciar", "No solo voy a demandar", "Aún no quiero denunciar", "Creen que no voy a demandar",
  "Usted no quiere un abogado", "Si no pagan voy a demandar", "Non esiterò a denunciare", "Non solo vi faccio causa",
  "Pensate che non vi faccio causa", "Se non pagate vi faccio causa", "Não hesitarei em processar", "Não só vou processar vocês",
  "Ainda não vou processar", "Acham que não vou processar vocês", "Se não pagarem vou processar",
  "Ik aarzel niet om naar de rechter te gaan", "Niet alleen ga ik naar de rechter", "Ik ga u nog niet aanklagen",
  "U denkt dat ik u niet ga aanklagen", "Als u niet betaalt ga ik naar de rechter", "U wilt niet naar de rechtbank", "Nie tylko was pozwę",
  "Nie zawaham się pozwać was", "Myślicie że nie pozwę was", "Jeśli nie zapłacicie pozwę was", "Jeszcze nie chcę iść do sądu",
})
meant("privacy", { "You did not delete my data", "You still did not delete my data" })
meant("takeover", { "I did not make this unknown charge", "I did not authorize it: an unauthorized charge", "This was not my login, I was hacked" })
-- In danger no denial is believed.
meant("self_harm", { "I do not want to kill myself", "I am not suicidal" })
meant("threat", { "I do not have a bomb" })
meant("medical", { "I need no ambulance" })

-- Each near miss is kept with the decision, once; a theme that is meant is none.
test "P7 near misses are kept" {
  given = said("mentions privacy", "this is not about data protection"), expect = { action = "keep", near = { "privacy, but denied: data protection" } },
}

rows "P7 safety" {
  { "an idiom", said("mentions self_harm", "this app is killing me"), kept },
  { "an idiom and more", said("mentions self_harm", "this app is killing me, I want to kill myself"), hit() },
  { "a quoted lyric", said("mentions self_harm", "she sings \"I want to end my life\" and it is on your radio"), hit() },
  { "dying of laughter", said("mentions self_harm", "c'était à mourir de rire"), kept },
  { "a film", said("mentions self_harm", "is Suicide Squad on your service?"), kept },
  { "a bath bomb", said("mentions threat", "one bath bomb arrived broken"), kept },
  { "the right mouse button", said("mentions legal", "de rechter muisknop werkt niet"), kept },
}

-- --- lists ------------------------------------------------------------------------

rows "lists beside the rules" {
  { "a line with an accent", said("listed phrase", "J'ai été CHARGE DEUX FOIS"), hit "list \"phrases.txt\"" },
  { "another line", said("listed phrase", "es wurde doppelt abgebucht"), hit() },
  { "beside the list", said("listed phrase", "a double charge"), hit() },
  { "a comment is no line", said("listed phrase", "a comment"), kept },
  { "a field", said("listed customer", "hi", { fields = { company = "Müller & Söhne" } }), hit() },
  { "another field", said("listed customer", "hi", { fields = { company = "Meier" } }), kept },
}

-- --- P10 --------------------------------------------------------------------------

local function spoke(word, ...)
  local t = {}
  for _, row in ipairs { ... } do t[#t + 1] = customer { row[2], language = row[1] } end
  return t, word
end
local function votes(word, ...)
  local t = spoke(word, ...)
  return about(word, t)
end

rows "P10 the language by vote" {
  { "spanish", votes("speaks es", { "es", "no me han cobrado bien" }), hit "speaks \"es\"" },
  { "the last two of three", votes("speaks es", { "en", "hello there" }, { "es", "hola a todos" }, { "es", "buenas tardes" }), hit() },
  { "one of three", votes("speaks es", { "en", "hello there" }, { "en", "it is me" }, { "es", "buenas tardes" }), kept },
  { "evenly: the newest", votes("speaks es", { "en", "hello there" }, { "es", "buenas tardes" }), hit() },
  { "three to one, long ago", votes("speaks es", { "en", "a b" }, { "en", "a b" }, { "es", "hola a" }, { "es", "hola a" }), hit() },
  { "ok 👍 changes nothing", votes("speaks es", { "es", "no me han cobrado bien" }, { "en", "ok 👍" }, { "en", "ok" }), hit() },
  { "a country", votes("speaks pt", { "pt-BR", "quero uma nota" }), hit() },
  { "this country", votes("speaks pt-BR", { "pt-br", "quero uma nota" }), hit() },
  { "another country", votes("speaks pt-BR", { "pt-PT", "quero uma nota" }), kept },
  { "told of the conversation", said("speaks es", "ok", { language = "es" }), hit() },
  { "nothing known", said("speaks es", "hola a todos"), kept },
  { "the account's", said("speaks es", "ok", { customer = { locale = "es-MX" } }), hit() },
}

-- --- P16 --------------------------------------------------------------------------

local function mail(attributes) return said("automatic", "I am away until Monday", { attributes = attributes }) end

rows "P16 automatic messages" {
  { "marked", about("automatic", { customer "hello", customer { "I am away", auto = true } }), hit "automatic()" },
  { "an older one was marked", about("automatic", { customer { "I am away", auto = true }, customer "back again" }), kept },
  { "Auto-Submitted", mail { ["Auto-Submitted"] = "auto-replied" }, hit() },
  { "Auto-Submitted: no", mail { ["Auto-Submitted"] = "no" }, kept },
  { "Precedence: bulk", mail { precedence = "bulk" }, hit() },
  { "Precedence: auto_reply", mail { Precedence = "auto_reply" }, hit() },
  { "Precedence: first-class", mail { Precedence = "first-class" }, kept },
  { "X-Auto-Response-Suppress", mail { ["X-Auto-Response-Suppress"] = "All" }, hit() },
  { "spam", mail { spam = true }, hit() },
  { "no spam", mail { spam = false }, kept },
  { "out of office", mail { subject = "Out of Office: Mara Novak" }, hit() },
  { "in German", mail { subject = "Automatische Antwort: Ihr Auftrag" }, hit() },
  { "a human who quotes it", mail { subject = "Re: Out of Office" }, kept },
  { "where is your office", mail { subject = "Out of office? where is your office" }, kept },
  { "no header", mail { plan = "gold" }, kept },
}

rows "P16 empty openings" {
  { "nothing", said("empty", ""), hit "empty_opening()" },
  { "pictures", said("empty", "👍🏽❤️ !!"), hit() },
  { "a word", said("empty", "hi"), kept },
  { "a picture after a word", about("empty", { customer "hi", customer "👍" }), kept },
  { "an attachment", about("empty", { customer { "", attachments = { { name = "a.png" } } } }), kept },
}

-- --- rules as data -------------------------------------------------------------------

local function order(word, value) return said(word, "a refund please", { fields = { order_value_minor = value } }) end

rows "rules as pure data" {
  { "both hold", order("data", 50000), hit "says { \"refund\" }" },
  { "one holds", order("data", 49999), kept },
  { "the same in words", order("data's words", 50000), hit "says { \"refund\" }" },
  { "the same in words, one holds", order("data's words", 49999), kept },
  { "nested: any of tables and words", about("nested data",
    { customer { "agent", sentiment = 0.5 }, ai "a", customer { "hm", sentiment = 0.1 } }), hit() },
  { "nested: none", about("nested data",
    { tier = "free", customer { "agent", sentiment = 0.5 }, ai "a", customer { "hm", sentiment = 0.1 } }), kept },
  { "nested: a word", about("nested data",
    { customer { "hello", sentiment = 0.5 }, ai "a", customer { "do it now", sentiment = 0.1 } }), hit "says_now" },
  { "nested: options", about("nested data",
    { outcome = "unresolved", customer { "hm", sentiment = 0.5, confidence = 0.2 }, ai "a", customer { "hm", sentiment = 0.1, confidence = 0.2 } }),
    hit "turns = 2", event = "session.ended" },
  { "one word", said("one word of data", "my lawyer"), hit() },
}
