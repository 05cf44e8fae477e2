-- What people say when they want a person. The words of eight languages stand
-- in lexicons/human.txt; this file says how they stand together. They are read
-- when a policy asks for them, and looked for only in messages that hold one of
-- the words without which nobody asks.

local core = rule_language
local new = core.new_condition

local REACH = 8 -- words between a wish and somebody
local none = {}
local denial = core.denial
local places, ending, covered = denial.places, denial.ending, denial.covered

-- The lexicon's sections, and what several of them are together. `anchors` is
-- what the first look goes by: a message that asks holds one of those; beside a
-- word of the second kind it holds one of the company too.
local words
local function load_words()
  if words then return end
  local w = core.lexicon("human")
  for name, set in pairs(denial.words()) do w[name] = set end
  w.anchors = text.join(w.human, w.person, w.desk, w.bot, w.callback)
  local with_anyone, reach = text.join(w.wish, w.wish_last, w.through, w.desk), text.join(w.reach, w.reach_us, w.number)
  w.anchors_in_company = { { w.anyone, with_anyone }, { reach, w.how } }
  w.may_ask = core.may({ "says", "own", w.anchors }, { "meets", "own", w.anyone, with_anyone }, { "meets", "own", reach, w.how })
  w.somebody = text.join(w.human, w.person, w.anyone)
  w.strangers = text.join(w.human, w.person)
  w.polite = text.join(w.please, w.between, w.give, w.asker)
  words = w
end

-- --- one clause: positions first to last of the tokens t ------------------------

-- A no before the position that still counts there.
local function denied(t, from, at, first)
  for _, set in ipairs { words["not"], words.no } do
    local reach = set == words.no and 2 or 6
    for _, no in ipairs(places(t, set, math.max(first, from - reach), at - 1)) do
      if not covered(t, no, words.cannot, first) and not text.find(t, words.but, no, at - 1) then return true end
    end
  end
end

-- The person at that position is one of ours: no "travel agent", no "agent app".
local function ours(t, at, first, last)
  local stop = ending(t, at, words.strangers) or at
  if at > first and covered(t, at - 1, words.other_before, first) then return false end
  return stop >= last or not text.is(t, stop + 1, words.other_after)
end

local function each_somebody(t, from, to, first, last, set, test)
  for _, at in ipairs(places(t, set, from, to)) do
    if (text.is(t, at, words.anyone) or ours(t, at, first, last)) and test(at) then return true end
  end
end

-- Only small words between: "transfer me to a live agent".
local function only_between(t, from, to)
  for at = from, to do
    if not text.is(t, at, words.between) and not text.is(t, at, words.please) and not text.is(t, at, words.but) then
      return false
    end
  end
  return true
end

-- "talk to a human", "mit einem Menschen sprechen", "talk to customer service"
local function wishes(t, first, last)
  for _, wish in ipairs(places(t, words.wish, first, last)) do
    local stop = ending(t, wish, words.wish)
    local hit = each_somebody(t, stop + 1, math.min(last, stop + REACH), first, last, words.somebody, function(at)
      return not denied(t, wish, at, first)
    end)
    if hit then return true end
    for _, at in ipairs(places(t, words.desk, stop + 1, math.min(last, stop + 4))) do
      if only_between(t, stop + 1, at - 1) and not denied(t, wish, at, first) then return true end
    end
    local bot = text.find(t, words.bot, stop + 1, math.min(last, stop + 5))
    if bot and denied(t, wish, stop + 1, first) then return true end
    if bot and text.find(t, words["not"], stop + 1, math.min(last, stop + 4)) then return true end
  end
end

local function wishes_last(t, first, last)
  for _, wish in ipairs(places(t, words.wish_last, first, last)) do
    local hit = each_somebody(t, math.max(first, wish - REACH), wish - 1, first, last, words.somebody, function(at)
      return not denied(t, at, wish, first)
    end)
    if hit then return true end
  end
end

-- "put me through to billing", "get me a real person"
local function asked_from(t, first, last, verbs, targets)
  for _, verb in ipairs(places(t, verbs, first, last)) do
    local stop = ending(t, verb, verbs)
    for _, target in ipairs(targets) do
      local hit = each_somebody(t, stop + 1, math.min(last, stop + REACH), first, last, target, function(at)
        return only_between(t, stop + 1, at - 1) and not denied(t, verb, at, first)
      end)
      if hit then return true end
    end
  end
end

-- "is there a human", "is there anybody I can talk to"
local function exists(t, first, last)
  for _, at in ipairs(places(t, words.exists, first, last)) do
    local stop = ending(t, at, words.exists)
    if text.find(t, words.human, stop + 1, math.min(last, stop + 4)) then return true end
    if text.find(t, words.anyone, stop, math.min(last, stop + 3)) and
        (text.find(t, words.wish, stop, last) or text.find(t, words.wish_last, stop, last)) then
      return true
    end
  end
end

-- "can someone call me back", "please call me"
local function called_back(t, first, last)
  for _, at in ipairs(places(t, words.callback, first, last)) do
    if text.find(t, words.please, first, last) and not denied(t, at, at, first) then return true end
  end
end

-- "someone from support should ..."
local function sent_by_desk(t, first, last)
  for _, at in ipairs(places(t, words.anyone, first, last)) do
    local desk = text.find(t, words.desk, at + 1, math.min(last, at + 4))
    if desk and text.find(t, words.please, first, last) and not denied(t, at, at, first) then return true end
  end
end

-- Nothing in the clause but the person, the desk and polite words.
local function bare(t, first, last, set)
  local at, seen = first, false
  while at <= last do
    local hit = ending(t, at, set)
    if hit and ours(t, at, first, last) then
      seen, at = true, hit + 1
    else
      local skip = ending(t, at, words.polite) or ending(t, at, words.human)
      if not skip then return false end
      at = skip + 1
    end
  end
  return seen
end

local function direct(t, first, last)
  if text.find(t, words.needless, first, last) then return false end
  if denied(t, last, last + 1, last) then return false end
  return wishes(t, first, last) or wishes_last(t, first, last) or
    asked_from(t, first, last, words.through, { words.somebody, words.desk }) or
    asked_from(t, first, last, words.give, { words.strangers }) or
    exists(t, first, last) or called_back(t, first, last) or sent_by_desk(t, first, last)
end

-- How to reach us: "how do I contact you", "do you have a phone number".
local function how_to_contact(t, first, last)
  local how, at = text.find(t, words.how, first, last)
  if not how or text.find(t, words.mine, first, last) then return false end
  local reach = text.find(t, words.reach, at, last)
  return text.find(t, words.reach_us, at, last) ~= nil or text.find(t, words.number, at, last) ~= nil or
    reach ~= nil and (text.find(t, words.us, at, last) ~= nil or text.find(t, words.desk, at, last) ~= nil)
end

-- The clause alone: a human said so, or with a please, is direct; a bare
-- "agent" or "support" may mean anything.
local function alone(t, first, last)
  if last - first > 4 then return nil end
  if bare(t, first, last, words.strangers) then
    local clear = text.find(t, words.human, first, last) or text.find(t, words.please, first, last)
    return clear and "direct" or "vague"
  end
  return bare(t, first, last, words.desk) and "vague" or nil
end

-- "not a bot but a human please": what stands behind the last but
local function instead(t, first, last)
  local buts = places(t, words.but, first, last - 1)
  local from = buts[#buts]
  return from and alone(t, from + 1, last) == "direct" and "direct" or nil
end

-- --- a message ---------------------------------------------------------------------

-- What is quoted is not said, unless everything is quoted.
local quotes = { { "\"", "\"" }, { "“", "”" }, { "„", "“" }, { "„", "”" }, { "«", "»" } }
local function unquoted(s)
  local left = s
  for _, pair in ipairs(quotes) do
    if left:find(pair[1], 1, true) then left = left:gsub(pair[1] .. "[^\"“”„«»]*" .. pair[2], " ") end
  end
  return left:find("%w") and left or s
end

local rank = { direct = 3, how_to_contact = 2, vague = 1 }

local function kind_of(s)
  local clauses = denial.clauses(unquoted(s))
  local t = text.tokens(clauses)
  local best, count = nil, text.count(t)
  for i = 1, #clauses do
    local first, last = text.span(t, i)
    local kind
    if first <= last then
      kind = direct(t, first, last) and "direct" or how_to_contact(t, first, last) and "how_to_contact" or
        alone(t, first, last) or instead(t, first, last)
      if kind == "vague" and count > 4 then kind = nil end
    end
    if kind and rank[kind] > (best and rank[best] or 0) then best = kind end
  end
  return best
end

-- What each message asks for: number in the customer's list -> kind; any: a kind
-- when there is one at all.
local function requests(m)
  if m.requests then return m.requests end
  local said, found, seen = m.own(), {}, {}
  local t = said.tokens
  local function look(at, company)
    local i = text.string_at(t, at)
    if seen[i] then return end
    if company then
      local first, last = text.span(t, i)
      if not text.find(t, company, first, last) then return end
    end
    seen[i] = true
    found[i] = kind_of(said.texts[i])
    found.any = found.any or found[i]
  end
  for _, at in ipairs(text.places(t, words.anchors) or none) do look(at) end
  for _, pair in ipairs(words.anchors_in_company) do
    for _, at in ipairs(text.places(t, pair[1]) or none) do look(at, pair[2]) end
  end
  m.requests = found
  return found
end

-- For the other files: what one message asks for, "direct" or less, once the
-- words are loaded (by a rule that needs them).
core.load_requests = load_words
function core.asks_in(message) return kind_of(message.text or "") end

-- asks_for_human(): a direct request in a message of the episode; asks_for_human
-- "vague": that, a bare "agent" or "support", or how to reach somebody; and
-- "how_to_contact": that alone. { times = 2 }: in so many messages at least.
local accepted = {
  direct = { direct = true },
  vague = { direct = true, vague = true, how_to_contact = true },
  how_to_contact = { how_to_contact = true },
}

function asks_for_human(kind, options)
  local place = core.place(2)
  if type(kind) == "table" then kind, options = nil, kind end
  local wanted = accepted[kind or "direct"]
  if not wanted then
    core.fail(place, "asks_for_human '" .. tostring(kind) .. "' is none of direct, vague, how_to_contact" ..
      core.hint(kind, { "direct", "vague", "how_to_contact" }))
  end
  local times = core.options(place, "asks_for_human", options, { times = true }).times
  if times then core.whole(place, "asks_for_human's times", times, 1) end
  load_words()
  local shown = kind and "asks_for_human \"" .. kind .. "\"" or "asks_for_human()"
  if times then shown = "asks_for_human(\"" .. (kind or "direct") .. "\", { times = " .. times .. " })" end
  return new {
    quick = words.may_ask,
    expr = shown, op = times and ">=" or nil, threshold = times,
    check = function(m)
      local found, list = requests(m), m.customer().list
      if not found.any and not times then return false end
      local count, best, at = 0, nil, nil
      for i = 1, #list do
        local said = found[i]
        if wanted[said] then
          count = count + 1
          if not best or rank[said] > rank[best] then best, at = said, i end
        end
      end
      if times then return count >= times, count, nil, count < times and times - count or nil, at and list[at].seq end
      return best ~= nil, best, nil, nil, at and list[at].seq
    end,
  }
end
core.words.asks_for_human = asks_for_human

-- --- a yes to the AI's offer ---------------------------------------------------------

local function is_yes(said, i)
  local first, last = text.span(said.tokens, i)
  return last - first < 30 and not text.find(said.tokens, words.declining, first, last) and
    text.find(said.tokens, words.yes, first, math.min(last, first + 7)) ~= nil
end

local function is_offer(ai, i)
  local first, last = text.span(ai.tokens, i)
  return text.find(ai.tokens, words.offer, first, last) ~= nil and
    (text.find(ai.tokens, words.asking, first, last) ~= nil or ai.list[i].text:find("?", 1, true) ~= nil)
end

-- Which message of the conversation each of the list is: place -> its number.
local function places_of(list, messages)
  local index, first = {}, messages[1].seq
  for i = 1, #list do index[list[i].seq - first + 1] = i end
  return index
end

-- accepts_human(): the AI offered a person, and the customer's answer to it was
-- a yes that is no question of its own.
function accepts_human()
  load_words()
  return new {
    quick = core.may { "says", "ai", words.offer },
    expr = "accepts_human()",
    check = function(m)
      local ai = m.ai()
      if not text.find(ai.tokens, words.offer) then return false end
      local customer, offers = m.customer(), places_of(ai.list, m.c.messages)
      for answer = 1, #customer.list do
        local message = customer.list[answer]
        local offer = offers[message.seq - m.c.messages[1].seq]
        if offer and is_offer(ai, offer) and not message.text:find("?", 1, true) and is_yes(customer, answer) then
          return true, "yes", nil, nil, message.seq
        end
      end
      return false
    end,
  }
end
core.words.accepts_human = accepts_human
