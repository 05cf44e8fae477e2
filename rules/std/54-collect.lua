-- Asking for what is missing before a human takes over: one question a message,
-- never for what is known, never for ever, and always with a way out. What is
-- being asked stands in c.rule_state.collect, so a decision needs no memory.

local core = rule_language
local declared = {}

local SLOTS_MAX = 3  -- a form in a chat is no hand-over any more
local TRIES = 3      -- the question and two repetitions
local SILENCE_S = 600
local VALUE_MAX = 200

-- --- what an answer may look like ------------------------------------------

-- What a customer writes around a value: "it's AB123456, thanks".
local function words_of(message)
  local list = {}
  for word in message:gmatch("%S+") do
    word = word:gsub("^[%p]+", ""):gsub("[%p]+$", "")
    if word ~= "" then list[#list + 1] = word end
  end
  return list
end

-- The engine has put "[card]" where a card's number was: no value.
local function is_redacted(message)
  return message:find("%[%l[%l_]*%]") ~= nil
end

local function by_pattern(pattern)
  local whole = "^" .. pattern:gsub("^%^", ""):gsub("%$$", "") .. "$"
  return function(message)
    for _, word in ipairs(words_of(message)) do
      if word:match(whole) then return word end
      if word:upper():match(whole) then return word:upper() end
    end
    local trimmed = message:match("^%s*(.-)%s*$")
    return trimmed:match(whole) and trimmed or nil
  end
end

local function pad(y, m, d)
  y, m, d = tonumber(y), tonumber(m), tonumber(d)
  if m < 1 or m > 12 or d < 1 or d > 31 then return nil end
  return ("%04d-%02d-%02d"):format(y, m, d)
end

local kinds = {
  email = function(message)
    for word in message:gmatch("[%w.!#$%%&'*+/=?^_`{|}~-]+@[%w.-]+") do
      word = word:gsub("%.+$", "")
      if word:match("^[^@]+@[%w-]+%.[%w.-]*%w$") then return word end
    end
  end,
  number = function(message)
    local n = message:match("%f[%d-]%-?%d[%d.,]*")
    if n then return (n:gsub("[.,]+$", "")) end
  end,
  -- 2026-11-21, 21.11.2026 or 21/11/2026: as the first
  date = function(message)
    local y, m, d = message:match("%f[%d](%d%d%d%d)[-/.](%d%d?)[-/.](%d%d?)%f[%D]")
    if not y then d, m, y = message:match("%f[%d](%d%d?)[-/.](%d%d?)[-/.](%d%d%d%d)%f[%D]") end
    if y then return pad(y, m, d) end
  end,
}

-- Any words will do; so only the answer to the question itself is taken.
local function any_text(message)
  local trimmed = message:match("^%s*(.-)%s*$")
  if trimmed ~= "" and not is_redacted(trimmed) then return text.clip(trimmed, VALUE_MAX) end
end

local function one_of(list)
  return function(message)
    local folded = text.fold(message)
    for _, value in ipairs(list) do
      if folded:find(text.fold(value), 1, true) then return value end
    end
  end
end

-- --- slot "order_number" { ask = "...", pattern = "^%u%u%d%d%d%d%d%d$" } -----

local slot_keys = { ask = true, again = true, pattern = true, kind = true, one_of = true, tries = true, title = true }

local function check_words(place, key, value)
  if value == nil or type(value) == "string" then return end
  if type(value) ~= "table" or next(value) == nil then
    core.fail(place, key .. " is a text, or one for each language: { en = \"...\", de = \"...\" }")
  end
end

local function reader_of(place, t)
  local ways = (t.pattern and 1 or 0) + (t.kind and 1 or 0) + (t.one_of and 1 or 0)
  if ways > 1 then core.fail(place, "a slot has one of pattern, kind and one_of") end
  if t.pattern then return by_pattern(t.pattern), true end
  if t.one_of then return one_of(t.one_of), true end
  if t.kind == nil or t.kind == "text" then return any_text, false end
  if not kinds[t.kind] then
    core.fail(place, "kind '" .. tostring(t.kind) .. "' is none of text, email, number, date" .. core.hint(t.kind, core.names_of(kinds)))
  end
  return kinds[t.kind], true
end

local function new_slot(place, name, t)
  core.strict(place, "slot \"" .. name .. "\"", t, slot_keys)
  check_words(place, "ask", t.ask)
  check_words(place, "again", t.again)
  local read, anywhere = reader_of(place, t)
  return {
    name = name, title = t.title or name:gsub("_", " "), ask = t.ask, again = t.again, tries = t.tries or TRIES,
    read = read, anywhere = anywhere,
  }
end

function slot(name)
  local place = where(2)
  if type(name) ~= "string" or not name:match("^[%l][%l%d_]*$") then
    core.fail(place, "slot \"name\" { ... }: a field's name, a-z, 0-9 and _")
  end
  if declared[name] then core.fail(place, "slot \"" .. name .. "\" is declared twice") end
  return function(t) declared[name] = new_slot(place, name, t) end
end

-- collect = { "order_number", "payment_date", silence = "10m" }
function core.collect_of(place, what)
  if type(what) == "string" then what = { what } end
  core.strict(place, "collect", what, { silence = true, [1] = true, [2] = true, [3] = true })
  if #what == 0 or #what > SLOTS_MAX then
    core.fail(place, "collect { ... } names 1 to " .. SLOTS_MAX .. " fields to ask for")
  end
  local list = {}
  for i, name in ipairs(what) do
    if type(name) ~= "string" then core.fail(place, "collect: a field's name expected, not a " .. type(name)) end
    list[i] = name
  end
  core.load_requests()
  return { names = list, silence_s = what.silence and core.duration(place, what.silence) or SILENCE_S }
end

-- A slot that nobody declared is asked for in plain words; any text will do.
local function slot_of(name)
  declared[name] = declared[name] or new_slot("", name, {})
  return declared[name]
end

-- --- the question ------------------------------------------------------------

local questions = {
  en = "Before I hand you over to a colleague: what is your %s?",
  de = "Bevor ich Sie an eine Kollegin oder einen Kollegen übergebe: Wie lautet %s?",
  fr = "Avant de vous passer un collègue : quel est votre %s ?",
  es = "Antes de pasarle con un compañero: ¿cuál es su %s?",
  it = "Prima di passarla a un collega: qual è il suo %s?",
  pt = "Antes de o passar a um colega: qual é o seu %s?",
  nl = "Voordat ik u doorverbind: wat is uw %s?",
  pl = "Zanim przekażę rozmowę: proszę podać: %s.",
}
local repetitions = {
  en = "I could not read that. What is your %s? If you do not have it, just say so.",
  de = "Das konnte ich nicht lesen. Wie lautet %s? Wenn Sie es nicht haben, sagen Sie es einfach.",
  fr = "Je n’ai pas pu lire cela. Quel est votre %s ? Si vous ne l’avez pas, dites-le simplement.",
  es = "No he podido leerlo. ¿Cuál es su %s? Si no lo tiene, dígalo sin más.",
  it = "Non sono riuscito a leggerlo. Qual è il suo %s? Se non lo ha, lo dica pure.",
  pt = "Não consegui ler. Qual é o seu %s? Se não o tiver, diga apenas.",
  nl = "Dat kon ik niet lezen. Wat is uw %s? Als u het niet hebt, zegt u dat gewoon.",
  pl = "Nie udało się odczytać. Proszę podać: %s. Jeśli Państwo nie mają, proszę napisać.",
}

local function question_of(s, c, tried)
  local own = tried > 0 and s.again or s.ask
  if type(own) == "string" then return core.fill(own, c) end
  if own then return core.fill(core.in_language(own, c), c) end
  return core.in_language(tried > 0 and repetitions or questions, c):format(s.title)
end

-- --- the state ---------------------------------------------------------------

local function newest(m)
  local list = m.customer().list
  return list[#list]
end

local function copied(t)
  local new = {}
  for key, value in pairs(t or {}) do new[key] = value end
  return new
end

-- "I do not have it", "just get me a person", and worse.
local cannot = text.phrases { "dont have it", "don't have it", "dont know", "don't know", "no idea", "not at hand", "weiß ich nicht",
  "habe ich nicht", "je ne sais pas", "je ne l'ai pas", "no lo tengo", "no lo sé", "non lo so", "não sei", "não tenho", "weet ik niet",
  "heb ik niet", "nie wiem", "nie mam" }

local function wants_out(message)
  if core.asks_in(message) == "direct" then return "asked for a human again" end
  if message.sentiment and message.sentiment <= -0.6 then return "had enough of questions" end
end

local function cannot_say(message)
  return text.find(text.tokens { message.text }, cannot) ~= nil
end

local function known(c, values, name)
  local v = c.fields and c.fields[name]
  return (v ~= nil and v ~= "") or values[name] ~= nil
end

local function missing_of(r, c, values)
  local list = {}
  for _, name in ipairs(r.collect.names) do
    if not known(c, values, name) then list[#list + 1] = name end
  end
  return list
end

-- What the newest message says of the slots; the one that was asked may be any
-- text.
local function read_answer(r, c, state, message)
  for _, name in ipairs(missing_of(r, c, state.values)) do
    local s = slot_of(name)
    if s.anywhere or name == state.slot then
      state.values[name] = s.read(message.text or "")
    end
  end
end

local function give_up(d, missing, why)
  local titles = {}
  for i, name in ipairs(missing) do titles[i] = slot_of(name).title end
  d.reasons = copied(d.reasons)
  table.insert(d.reasons, 1, d.reason)
  d.reason = "incomplete_info"
  d.summary = "Not known: " .. table.concat(titles, ", ") .. " (the customer " .. why .. ")." .. (d.summary and (" " .. d.summary) or "")
end

local function hand_over(d, state, missing, why)
  d.fields = d.fields or {}
  for name, value in pairs(state.values) do
    if d.fields[name] == nil then d.fields[name] = value end
  end
  if state.raw then d.fields[state.slot .. "_as_written"] = state.raw end
  d.collect = { values = state.values, missing = missing }
  if #missing > 0 then give_up(d, missing, why) end
end

local function ask(d, r, c, state, seq)
  d.action, d.timing, d.wait_s = "collect", "wait", r.collect.silence_s
  d.message = question_of(slot_of(state.slot), c, state.tried)
  state.tried = state.tried + 1
  state.seq = seq
  d.collect = { slot = state.slot, tries = state.tried, values = state.values, missing = missing_of(r, c, state.values) }
  d.rule_state = d.rule_state or {}
  d.rule_state.collect = state
end

local function begin_state(r)
  return { rule = r.name, values = {}, tried = 0 }
end

local function state_of(r, c)
  local old = c.rule_state and c.rule_state.collect
  if not old or old.rule ~= r.name then return begin_state(r), false end
  local state = copied(old)
  state.values = copied(old.values)
  return state, true
end

-- Why no more is asked, or nil: go on.
local function reason_to_stop(state, m, message, was_asked)
  local facts = m.facts
  if facts.cannot_ask then return "cannot be asked here" end
  if facts.timer and facts.timer.rule == state.rule then return "did not answer" end
  if facts.event and facts.event.type == "session.ended" then return "left" end
  if not was_asked then return nil end
  local out = wants_out(message)
  if out then return out end
  if known(m.c, state.values, state.slot) then return nil end
  if cannot_say(message) then return "does not have it" end
  if state.tried >= slot_of(state.slot).tries then
    state.raw = text.clip(message.text or "", VALUE_MAX)
    return "gave no answer that could be read"
  end
end

-- What the newest message answers. The values count as fields from here on,
-- also for the texts of the rule.
function core.collect_read(r, c, m)
  local state, running = state_of(r, c)
  local message = newest(m)
  local answered = running and message ~= nil and message.seq > (state.seq or 0)
  if message and (answered or not running) then read_answer(r, c, state, message) end
  c.fields = c.fields or {}
  for name, value in pairs(state.values) do
    if not known(c, {}, name) then c.fields[name] = value end
  end
  return { state = state, running = running, answered = answered, message = message }
end

-- d is the escalation of a rule that collects: filled in, or turned into the
-- next question.
function core.collect(r, c, m, d, read)
  local state, message = read.state, read.message
  local stop = reason_to_stop(state, m, message, read.answered)
  local missing = missing_of(r, c, state.values)
  if stop or #missing == 0 then
    hand_over(d, state, missing, stop)
  elseif read.running and not read.answered then
    -- Something else happened meanwhile; the question stands.
    d.action, d.collect = "keep", { slot = state.slot, values = state.values, missing = missing }
  else
    if state.slot ~= missing[1] then state.slot, state.tried = missing[1], 0 end
    ask(d, r, c, state, message and message.seq or 0)
  end
end

-- The rule whose questions are under way.
function core.collecting(c)
  local state = c.rule_state and c.rule_state.collect
  return state and state.rule
end
