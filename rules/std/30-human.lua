-- What people say when they want a person, when they are angry, and when they
-- ask the same thing again. Words are folded (case, accents) before they are
-- compared, so these lists are too.

local core = rule_language
local new = core.new_condition

local function set(list)
  local s = {}
  for word in list:gmatch("%S+") do s[word] = true end
  return s
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

local REACH = 6 -- words between the wish and somebody

local function negated(words, at)
  for k = math.max(1, at - 4), at - 1 do
    if words[k] == "" then return false end
    if no[words[k]] then return true end
  end
  return false
end

-- "direct", "vague" or nil for one message's words.
local function human_request(words)
  local vague
  for at = 1, #words do
    local word = words[at]
    if wish[word] and not negated(words, at) then
      for k = at + 1, math.min(#words, at + REACH) do
        if somebody[words[k]] or (through[word] and desk[words[k]]) then
          if not negated(words, k) then return "direct" end
        end
      end
    end
    if anyone[word] and not negated(words, at) then
      for k = at + 1, math.min(#words, at + REACH) do
        if speak[words[k]] then return "direct" end
      end
    end
    if stressed[word] and somebody[words[at + 1] or ""] and not negated(words, at) then
      if #words <= 4 then return "direct" end
      for k = math.max(1, at - 4), math.min(#words, at + 3) do
        if please[words[k]] then return "direct" end
      end
    end
    if somebody[word] and (words[at + 1] == "from" and desk[words[at + 2] or ""]) and not negated(words, at) then
      return "direct"
    end
    if alone[word] and not negated(words, at) then
      local asked = please[words[at - 1] or ""] or please[words[at + 1] or ""] or please[words[at - 2] or ""]
      if asked and #words <= 8 then return "direct" end
      if #words <= 2 then vague = "vague" end
    end
  end
  if #words <= 2 and (desk[words[1] or ""] or words[1] == "support") then vague = "vague" end
  return vague
end
core.human_request = human_request

-- asks_for_human(): a direct request in any message of the episode;
-- asks_for_human "vague": also a bare "agent" or "support".
function asks_for_human(how)
  local vague = how == "vague"
  return new {
    expr = vague and "asks_for_human \"vague\"" or "asks_for_human()",
    check = function(m)
      for _, message in ipairs(m.customer()) do
        local kind = human_request(m.words_of(message))
        if kind == "direct" or (vague and kind) then return true, kind, nil, nil, message.seq end
      end
      return false
    end,
  }
end

-- accepts_human(): the AI offered a person, and the customer's answer to it was
-- a yes that is no question of its own.
local offers = {}
for i, phrase in ipairs { "transfer you", "connect you", "hand you over", "human agent", "human representative", "a real person",
  "mit einem menschen", "mitarbeiter verbinden", "hablar con una persona", "con un agente", "un conseiller" } do
  offers[i] = text.words(phrase)
end
local yes = set "yes yeah yep sure ok okay please oui ja si sim tak certainly absolutely definitely helpful great"
local buts = set "no not dont before but first instead rather prefer however"

local function is_yes(words)
  local hit = false
  for at, word in ipairs(words) do
    if buts[word] then return false end
    if at <= 8 and yes[word] then hit = true end
  end
  return hit
end

local function offered(m, message)
  local index = m.index_of(message)
  if not index.at["would"] and not index.at["want"] and not message.text:find("?", 1, true) then return false end
  for _, phrase in ipairs(offers) do if core.find_phrase(index, phrase) then return true end end
  return false
end

function accepts_human()
  return new {
    expr = "accepts_human()",
    check = function(m)
      local before
      for _, message in ipairs(m.c.messages) do
        if message.role == "customer" and before and before.role == "ai" and not message.text:find("?", 1, true) then
          local words = m.words_of(message)
          if #words <= 30 and is_yes(words) and offered(m, before) then return true, "yes", nil, nil, message.seq end
        end
        before = message
      end
      return false
    end,
  }
end

-- --- the same question again ------------------------------------------------

local small = set [[ the a an and or to of in on is are was it its i im my me you your we be can could do does did for with
  that this have has had will would please hi hello hey so but not no yes ok thanks thank there what how when where
  der die das und ist ich mir mein wie wo wann el la los de que y es mi como le les et est je mon ]]

local function content(words)
  local list = {}
  for _, word in ipairs(words) do if not small[word] and #word > 1 then list[#list + 1] = word end end
  return list
end

-- shared words over all words (Jaccard)
local function alike(a, b)
  local seen, shared, total = {}, 0, 0
  for _, word in ipairs(a) do if not seen[word] then seen[word] = 1 total = total + 1 end end
  for _, word in ipairs(b) do
    if seen[word] == 1 then shared = shared + 1 seen[word] = 2
    elseif not seen[word] then seen[word] = 3 total = total + 1 end
  end
  return total > 0 and shared / total or 0
end

local WINDOW = 6 -- newest customer messages looked at
local ALIKE = 0.6
local BURST_MS = 30000

local function repeats_of(m)
  local customer, lists = m.customer(), {}
  local last
  for i = math.max(1, #customer - WINDOW + 1), #customer do
    local message = customer[i]
    local burst = last and message.at_ms and last.at_ms and message.at_ms - last.at_ms <= BURST_MS and
      message.text == last.text
    local words = content(m.words_of(message))
    if #words >= 3 and not burst then lists[#lists + 1] = { words = words, seq = message.seq } end
    last = message
  end
  local best, seq = 0, nil
  for i, one in ipairs(lists) do
    local count = 1
    for k, other in ipairs(lists) do
      if k ~= i and alike(one.words, other.words) >= ALIKE then count = count + 1 end
    end
    if count > best and (count > 1 or best == 0) then best, seq = count, one.seq end
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
local leaving = {}
for i, phrase in ipairs { "cancel everything", "cancel my account", "never again", "switching to", "last time i", "nie wieder",
  "nunca mas", "plus jamais", "mai piu", "nunca mais", "nooit meer", "nigdy wiecej", "waste of time", "waste of my time" } do
  leaving[i] = text.words(phrase)
end

local function shouts(s)
  if not s:find("%u%u%u") then return false end
  local letters, capitals = 0, 0
  for letter in s:gmatch("%a") do
    letters = letters + 1
    if letter:match("%u") then capitals = capitals + 1 end
  end
  return letters >= 12 and capitals / letters >= 0.7
end

local function points_of_message(m, message)
  local points, index = 0, m.index_of(message)
  local words, at = index.words, index.at
  local score = message.sentiment
  if score then points = points + (score <= -0.6 and 2 or score <= -0.3 and 1 or 0) end
  if shouts(message.text) then points = points + 1 end
  for i = 1, #words do
    local word = words[i]
    if angry[word] and not negated(words, at[word][1]) then points = points + 2 break end
  end
  for _, phrase in ipairs(leaving) do
    if core.find_phrase(index, phrase) then points = points + 2 break end
  end
  if message.text:find("[!?][!?][!?]") then points = points + 0.5 end
  return points
end

local function frustration(m)
  local customer = m.customer()
  local last = customer[#customer]
  if not last or (last.sentiment and last.sentiment >= 0.2) then return 0 end
  local sum, seq, most = 0, nil, 0
  for i = math.max(1, #customer - 2), #customer do
    local points = points_of_message(m, customer[i])
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
