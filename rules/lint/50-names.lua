-- The names there are: what the engine sets, and what the configuration says.

local core = rule_language
local lint = core.lint
local names = {}
lint.names = names

local function words_of(list)
  local set = {}
  for word in list:gmatch("%S+") do set[word] = true end
  return set
end

-- ISO 639-1
names.languages = words_of [[
  aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
  es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
  ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
  no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
  te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ]]

names.channels = words_of "chat mobile help_center email whatsapp sms messenger instagram telegram voice_transcript api"
names.outcomes = words_of "open resolved_confirmed resolved_assumed unresolved abandoned escalated spam"
names.events = words_of [[conversation.started message.created handoff.requested session.ended signal.updated
  feedback.given takeover handback ticket.updated timer.fired manual ]]

-- What a template can name: a list of members, or true where anything may stand.
names.paths = {
  incident = { "id", "title", "ticket", "status" },
  customer = { "external_id", "name", "email", "phone", "tier", "locale", "time_zone", "company", "country",
    "email_verified", "phone_verified" },
  intent = { "name", "title", "confidence" }, sentiment = { "score" }, handoff = { "via", "reason", "actor", "summary" },
  ai = true, fields = true, attributes = true, flags = true, rule_state = true, ticket = { "id", "url" },
}
for name in ([[ id source tenant brand native_id native_url channel state control outcome episode started_at_ms
    last_customer_at_ms last_ai_at_ms ended_at_ms duration_s language language_confidence urgency turn_count
    message_count messages_left_out first_question first_question_seq handoff_id ]]):gmatch("%S+") do
  names.paths[name] = "value"
end
names.told_later = words_of "ticket handoff_id response_time eta next_open"
-- The source may say more of these than is listed: only a near miss is an error.
names.more_of = words_of "customer"

-- A list of names, or names as keys, as the configuration gives them.
function names.set_of(list)
  if list == nil then return nil end
  local set = {}
  for key, value in pairs(list) do set[type(key) == "string" and key or value] = true end
  return set
end

local given = core.given
names.fields = names.set_of(given.fields)
names.intents = names.set_of(given.intents)
names.tiers = names.set_of(lint.context.tiers)
names.calendars = names.set_of(lint.context.calendars)

function names.near(name, known)
  return text.nearest(tostring(name), core.names_of(known))
end

-- --- words that nearly everybody says ---------------------------------------------------


local everyday = words_of [[
  a an the and or but if of in on at to for from by with as is are was were be been am do does did done have has had
  can could will would shall should may might must not no yes ok okay i im me my mine you your we us our he she it its
  they them their this that these those there here what which who when where why how all any some more very just
  now then please thanks thank hello hi hey dear help problem problems issue issues question questions order orders
  account accounts email app website site service support team product products item information info need want get
  got know see use try tried work works working time day today customer number thing things
  der die das den dem ein eine einen und oder aber nicht kein ich mich mir mein meine du sie wir uns es ist sind war
  haben habe hat kann konnen wie was wo wann warum bitte danke hallo hilfe frage fragen problem probleme bestellung
  konto auf mit von zu im in an fur ja nein
  le la les un une des et ou mais pas je me mon ma mes vous votre nous il elle ce cette est sont etre avoir ai as a de
  du dans en sur pour avec oui non merci bonjour aide question probleme commande compte que qui quoi ou quand comment
  el los las una unos y o pero no yo mi mis tu su usted es son ser estar tengo tiene de en por para con si gracias hola
  ayuda pregunta problema pedido cuenta que quien donde cuando como
  il lo gli i uno e ma non io mio mia sono ho hai ha di da con per su grazie ciao aiuto domanda ordine conto che chi
  dove quando come
  o os as um uma e mas nao eu meu minha voce e sao tenho tem de em por para com sim obrigado ola ajuda pergunta pedido
  conta que quem onde quando como
  de het een en of maar niet geen ik mij mijn jij u wij is zijn heb heeft met van voor op ja nee dank bedankt hallo
  hulp vraag probleem bestelling wat wie waar wanneer hoe
  i a w z na do to jest sa nie tak ja mnie moj moje ty pan pani my czy jak co kto gdzie kiedy prosze dziekuje dzien
  dobry pomoc pytanie zamowienie konto ]]

local function letters(word)
  local n = 0
  for _, code in utf8.codes(word) do
    if code >= 0x2E80 then return 3 end -- a sign of these scripts is a whole word
    n = n + 1
  end
  return n
end

-- Why a phrase says nothing by itself, or nil.
function names.too_broad(words)
  local whole, everyday_only = 0, true
  for _, word in ipairs(words) do
    whole = whole + letters(word)
    everyday_only = everyday_only and everyday[word] == true
  end
  if whole < 3 then return "has fewer than three letters" end
  if not everyday_only then return nil end
  return #words == 1 and "is an everyday word" or "holds everyday words only"
end
