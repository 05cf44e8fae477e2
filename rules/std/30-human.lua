-- What people say when they want a person, when they are angry, and when they
-- ask the same thing again. Words are folded (case, accents) before they are
-- compared, so these lists are too.

local core = rule_language
local new = core.new_condition

-- Single words, as phrases.
local function set(list)
  local words = {}
  for word in list:gmatch("%S+") do words[#words + 1] = word end
  return text.phrases(words)
end

-- A wish (speak, connect, ...) and, close behind it, somebody: a direct request.
local somebody = set [[
  human humans person people agent agents representative rep reps advisor adviser operator supervisor manager
  somebody someone staff employee teammate
  mensch menschen echten person mitarbeiter mitarbeiterin berater kollegen jemandem jemanden
  humain personne conseiller conseillere agent quelquun operateur
  persona humano humana agente asesor alguien operador representante
  umano persona operatore operatrice qualcuno consulente menschlichen
  pessoa humano atendente alguem operador
  mens persoon medewerker iemand collega
  czlowiek czlowiekiem konsultant konsultantem konsultanta osoba pracownikiem kims ]]
local wish = set [[
  talk speak speaking talking chat connect transfer escalate forward put
  sprechen spreche reden rede verbinden verbinde weiterleiten verbunden
  parler passer joindre transferer discuter
  hablar comunicar conectar transferir pasar paseme contactar
  parlare contattare collegare passare passami
  falar transferir conectar contactar
  spreken praten verbinden doorverbinden
  rozmawiac porozmawiac polaczyc polaczcie przelaczyc skontaktowac ]]
-- "support" is somebody only behind words that ask to be put through.
local through = set "connect transfer escalate forward contact verbinden conectar collegare polaczyc doorverbinden"
local desk = set "support team service helpdesk kundenservice soporte assistenza suporte klantenservice"
local alone = set "human person agent representative operator mensch mitarbeiter persona agente humano humain conseiller operatore atendente medewerker konsultant"
local please = set "please now bitte por favor plait plais prosze alstublieft per favore need want give get brauche will quiero necesito veux voglio quero preciso wil chce"
local no = set "no not dont doesnt without never neednt kein keinen keine nicht ohne sans pas ni sin non senza nao sem geen niet zonder nie bez ungern"

-- "is there someone else I can speak to": the other way round.
local anyone = set "menschen mensch mitarbeiter mitarbeiterin berater medewerker someone somebody anyone anybody supervisor manager jemand jemanden alguien quelquun qualcuno alguem iemand ktos"
local speak = set "speak talk sprechen reden hablar parler parlare falar spreken praten rozmawiac porozmawiac"

local stressed = set "real actual live human echten menschlichen humano humana umana verdadera"

local from = set "from"

local REACH = 6 -- words between the wish and somebody
local none = {}

-- One place of a word, and the message around it.
local function around(t, at)
  local first, last = text.span(t, text.string_at(t, at))
  return first, last, last - first + 1
end

local function negated(t, at, first)
  return text.find(t, no, math.max(first, at - 4), at - 1) ~= nil
end

local function near(t, words, at, first, last)
  for _, k in ipairs(text.places(t, words, at + 1, math.min(last, at + REACH)) or none) do
    if not negated(t, k, first) then return true end
  end
end

-- Each way to ask looks at the places of its own word, and says how direct it
-- is there: "direct", "vague" or nil.
local ways = {
  { wish, function(t, at, first, last)
    if near(t, somebody, at, first, last) or (text.is(t, at, through) and near(t, desk, at, first, last)) then
      return "direct"
    end
  end },
  { anyone, function(t, at, _, last)
    return text.find(t, speak, at + 1, math.min(last, at + REACH)) and "direct"
  end },
  { stressed, function(t, at, first, last, count)
    if at == last or not text.is(t, at + 1, somebody) then return end
    return (count <= 4 or text.find(t, please, math.max(first, at - 4), math.min(last, at + 3))) and "direct"
  end },
  { somebody, function(t, at, _, last)
    return at + 2 <= last and text.is(t, at + 1, from) and text.is(t, at + 2, desk) and "direct"
  end },
  { alone, function(t, at, first, last, count)
    if count <= 8 and (text.find(t, please, math.max(first, at - 2), at - 1) or
        text.find(t, please, at + 1, math.min(last, at + 1))) then
      return "direct"
    end
    return count <= 2 and "vague"
  end },
}

-- The first message with a direct request, and the first with a vague one: a
-- bare "agent" or "support".
local function requests(m)
  if m.requests then return m.requests end
  local t = m.customer().tokens
  local found = {}
  local function note(kind, at)
    local i = text.string_at(t, at)
    if not found[kind] or i < found[kind] then found[kind] = i end
  end
  for _, way in ipairs(ways) do
    for _, at in ipairs(text.places(t, way[1]) or none) do
      local first, last, count = around(t, at)
      local kind = not negated(t, at, first) and way[2](t, at, first, last, count)
      if kind then note(kind, at) end
    end
  end
  for _, at in ipairs(text.places(t, desk) or none) do
    local first, _, count = around(t, at)
    if at == first and count <= 2 then note("vague", at) end
  end
  m.requests = found
  return found
end

core.requests = requests

-- asks_for_human(): a direct request in any message of the episode;
-- asks_for_human "vague": also a bare "agent" or "support".
function asks_for_human(how)
  local vague = how == "vague"
  return new {
    expr = vague and "asks_for_human \"vague\"" or "asks_for_human()",
    check = function(m)
      local found = requests(m)
      local kind = found.direct and "direct"
      if vague and found.vague and (not kind or found.vague < found.direct) then kind = "vague" end
      if not kind then return false end
      return true, kind, nil, nil, m.customer().list[found[kind]].seq
    end,
  }
end

-- accepts_human(): the AI offered a person, and the customer's answer to it was
-- a yes that is no question of its own.
local offers = text.phrases { "transfer you", "connect you", "hand you over", "human agent", "human representative",
  "a real person", "mit einem menschen", "mitarbeiter verbinden", "hablar con una persona", "con un agente",
  "un conseiller" }
local asking = set "would want"
local yes = set "yes yeah yep sure ok okay please oui ja si sim tak certainly absolutely definitely helpful great"
local buts = set "no not dont before but first instead rather prefer however"

local function is_yes(said, i)
  local first, last = text.span(said.tokens, i)
  return last - first < 30 and not text.find(said.tokens, buts, first, last) and
    text.find(said.tokens, yes, first, math.min(last, first + 7)) ~= nil
end

local function is_offer(ai, i)
  local first, last = text.span(ai.tokens, i)
  return text.find(ai.tokens, offers, first, last) ~= nil and
    (text.find(ai.tokens, asking, first, last) ~= nil or ai.list[i].text:find("?", 1, true) ~= nil)
end

function accepts_human()
  return new {
    expr = "accepts_human()",
    check = function(m)
      local ai = m.ai()
      if not text.find(ai.tokens, offers) then return false end
      local customer = m.customer()
      for at, message in ipairs(m.c.messages) do
        local answer, offer = customer.index[at], ai.index[at - 1]
        if answer and offer and is_offer(ai, offer) and not message.text:find("?", 1, true) and
            is_yes(customer, answer) then
          return true, "yes", nil, nil, message.seq
        end
      end
      return false
    end,
  }
end

-- --- the same question again ------------------------------------------------

local small = set [[ the a an and or to of in on is are was it its i im my me you your we be can could do does did for with
  that this have has had will would please hi hello hey so but not no yes ok thanks thank there what how when where
  der die das und ist ich mir mein wie wo wann el la los de que y es mi como le les et est je mon ]]

local WINDOW = 6 -- newest customer messages looked at
local ALIKE = 0.6
local BURST_MS = 30000

local function repeats_of(m)
  local said = m.customer()
  local customer, strings = said.list, {}
  local last
  for i = math.max(1, #customer - WINDOW + 1), #customer do
    local message = customer[i]
    local burst = last and message.at_ms and last.at_ms and message.at_ms - last.at_ms <= BURST_MS and
      message.text == last.text
    if not burst then strings[#strings + 1] = i end
    last = message
  end
  if #strings == 1 then return 1, customer[strings[1]].seq end
  local best, seq = 0, nil
  for i, count in ipairs(text.alike(said.tokens, strings, small, ALIKE)) do
    if count > best then best, seq = count, customer[strings[i]].seq end
  end
  return best, seq
end

function repeats(limit)
  return new {
    expr = "repeats(" .. limit .. ")", op = ">=", threshold = limit,
    check = function(m)
      local count, seq = repeats_of(m)
      return count >= limit, count, nil, count < limit and limit - count or nil, seq
    end,
  }
end

-- --- frustration: points over the last three customer messages ---------------

local angry = set [[ ridiculous useless unacceptable terrible awful horrible worst frustrated frustrating annoying annoyed
  furious angry disgusting disgrace pathetic joke nonsense stupid idiot idiots incompetent fed
  unverschamt lacherlich unfassbar katastrophe schlecht wutend inaceptable ridiculo pesimo horrible inadmissible scandaleux
  nul ridicule inaccettabile ridicolo pessimo inaceitavel ridiculo belachelijk schandalig niedopuszczalne skandal ]]
local leaving = text.phrases { "cancel everything", "cancel my account", "never again", "switching to", "last time i",
  "nie wieder", "nunca mas", "plus jamais", "mai piu", "nunca mais", "nooit meer", "nigdy wiecej", "waste of time",
  "waste of my time" }

local function angry_word(t, first, last)
  for _, at in ipairs(text.places(t, angry, first, last) or none) do
    if not negated(t, at, first) then return true end
  end
end

local function points_of_message(t, i, message)
  local points = 0
  local first, last = text.span(t, i)
  local score = message.sentiment
  if score then points = points + (score <= -0.6 and 2 or score <= -0.3 and 1 or 0) end
  local capitals, letters, marks = text.shouting(message.text)
  if letters >= 12 and capitals >= 0.7 then points = points + 1 end
  if angry_word(t, first, last) then points = points + 2 end
  if text.find(t, leaving, first, last) then points = points + 2 end
  if marks >= 3 then points = points + 0.5 end
  return points
end

local function frustration(m)
  local said = m.customer()
  local customer = said.list
  local last = customer[#customer]
  if not last or (last.sentiment and last.sentiment >= 0.2) then return 0 end
  local sum, seq, most = 0, nil, 0
  for i = math.max(1, #customer - 2), #customer do
    local points = points_of_message(said.tokens, i, customer[i])
    sum = sum + points
    if points > most then most, seq = points, customer[i].seq end
  end
  return sum, seq
end

function frustrated(limit)
  limit = limit or 4
  return new {
    expr = "frustrated(" .. tostring(limit) .. ")", op = ">=", threshold = limit,
    check = function(m)
      local points, seq = frustration(m)
      return points >= limit, points, nil, points < limit and limit - points or nil, seq
    end,
  }
end
