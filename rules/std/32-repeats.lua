-- The same question again: messages of the customer's newest turns that are
-- alike, or that the source gives one intent though the AI answered between.

local core = rule_language
local new = core.new_condition

local TURNS = 6
local ALIKE = 0.6
local MOST = 16 -- what text.alike compares
local BURST_MS = 30000

-- Words that carry no question: articles, auxiliaries, greetings, yes and no.
-- "where", "my" and the like do carry it.
local small = [[
  the a an and or to of in on is are was were it its i im me you your we be am been can could do does did for with that this have
  has had will would please hi hello hey so but not no yes ok okay thanks thank there just now
  der die das den dem des ein eine einen und oder ist sind war ich mir mich sie es bitte hallo ja nein danke nicht noch jetzt da so
  le la les un une des du de et ou est suis je il elle nous vous bonjour merci oui non ne pas svp maintenant
  el los las una uno del y o es esta estan soy yo lo se que hola gracias si ahora favor por
  il lo gli i uno e sono io ci ciao grazie ora adesso non per favore
  os as um uma do da e ou estou eu se ola obrigado obrigada sim nao agora
  de het een en of is zijn ik hij zij er hallo dank bedankt ja nee niet nu aub
  i w na z do to jest sa ja sie czy prosze dziekuje tak nie teraz ]]

local function word_list(s)
  local list = {}
  for word in s:gmatch("%S+") do list[#list + 1] = word end
  return list
end

-- The newest turns' messages.
local function candidates(said, starts)
  local strings = {}
  for i = math.max(starts[#starts], #said.list - MOST + 1), #said.list do strings[#strings + 1] = i end
  return strings
end

-- Which of them count as said at one time: a turn, or the same text pasted
-- within the burst.
local function units(said, starts, strings)
  local begins, unit, n = {}, {}, 0
  for _, start in ipairs(starts) do begins[start] = true end
  for k, i in ipairs(strings) do
    local message, before = said.list[i], said.list[i - 1]
    local pasted = before and before.text == message.text and before.at_ms and message.at_ms and
      message.at_ms - before.at_ms <= BURST_MS
    if n == 0 or begins[i] and not pasted then n = n + 1 end
    unit[k] = n
  end
  return unit
end

-- The AI answered after message a and before message b (their seqs).
local function answered_between(m, a, b)
  for _, message in ipairs(m.ai().list) do
    if message.seq > a and message.seq < b then return true end
  end
end

-- alike[i]: bits of those that ask the same as i, at other times; valid: bits of
-- all that say enough.
local function likeness(m, said, strings, unit, alike)
  local valid = 0
  for i = 1, #strings do
    if alike[i] ~= 0 then valid = valid | 1 << (i - 1) end
  end
  for i = 1, #strings do
    local mine = said.list[strings[i]]
    for k = 1, i do
      local other, here, there = said.list[strings[k]], 1 << (i - 1), 1 << (k - 1)
      if unit[i] == unit[k] then
        alike[i], alike[k] = alike[i] & ~there, alike[k] & ~here
      elseif mine.intent and mine.intent == other.intent and valid & here ~= 0 and valid & there ~= 0 and
          answered_between(m, other.seq, mine.seq) then
        alike[i], alike[k] = alike[i] | there, alike[k] | here
      end
    end
  end
  return alike, valid
end

-- The most messages that are all alike each other, and the newest of them: of
-- those in `rest` (bits below `below`) the ones that join a group of `size`.
local function largest(alike, rest, below, size)
  local best, newest = size, nil
  for i = below - 1, 1, -1 do
    if rest & 1 << (i - 1) ~= 0 then
      local found = largest(alike, rest & alike[i], i, size + 1)
      if found > best then best, newest = found, i end
    end
  end
  return best, newest
end

-- Whether any two may be: most customers never repeat themselves.
local function worth_comparing(said, strings, alike)
  for i = 1, #strings do
    if alike[i] & alike[i] - 1 ~= 0 or said.list[strings[i]].intent then return true end
  end
end

local function repeats_of(m, phrases)
  local said, starts = m.own(), m.turns(TURNS)
  if #starts == 0 then return 0 end
  local strings = candidates(said, starts)
  local alike = text.alike(said.tokens, strings, phrases, ALIKE)
  if not worth_comparing(said, strings, alike) then
    for i = #strings, 1, -1 do if alike[i] ~= 0 then return 1, said.list[strings[i]].seq end end
    return 0
  end
  local valid
  alike, valid = likeness(m, said, strings, units(said, starts, strings), alike)
  local count, newest = largest(alike, valid, #strings + 1, 0)
  return count, newest and said.list[strings[newest]].seq
end

-- repeats(3): so many of the customer's newest six turns ask the same. Messages
-- of fewer than three words that carry something are left out.
local phrases
function repeats(limit)
  core.whole(core.place(2), "repeats(...)", limit, 1)
  phrases = phrases or text.phrases(word_list(small))
  return new {
    expr = "repeats(" .. limit .. ")", op = ">=", threshold = limit,
    check = function(m)
      local count, seq = repeats_of(m, phrases)
      return count >= limit, count, nil, count < limit and limit - count or nil, seq
    end,
  }
end
core.words.repeats = repeats
