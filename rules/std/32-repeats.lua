-- The same question again: messages of the customer's newest turns that are
-- alike, or that the source gives one intent though the AI answered between.

local core = rule_language
local new = core.new_condition

local TURNS = 6
local ALIKE = 0.6
local MOST = 16 -- what text.alike compares
local BURST_MS = 30000

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

local function repeats_of(m, phrases)
  local said, starts, turns_there_are = m.own(), m.turns(TURNS)
  if turns_there_are == 0 then return 0 end
  local last = #said.list
  local first = math.max(starts[turns_there_are], last - MOST + 1)
  if not said.intents then -- most customers never repeat themselves
    local newest = text.unlike(said.tokens, first, last, phrases, ALIKE)
    if newest == 0 then return 0 end
    if newest then return 1, said.list[newest].seq end
  end
  local strings = {}
  for i = first, last do strings[#strings + 1] = i end
  local alike, valid = text.alike(said.tokens, strings, phrases, ALIKE), nil
  alike, valid = likeness(m, said, strings, units(said, starts, strings), alike)
  local count, newest = largest(alike, valid, #strings + 1, 0)
  return count, newest and said.list[strings[newest]].seq
end

-- repeats(3): so many of the customer's newest six turns ask the same. Messages
-- of fewer than three words that carry something are left out.
function repeats(limit)
  core.whole(core.place(2), "repeats(...)", limit, 1)
  local small = core.lexicon("small")
  local phrases = small.words
  small.may_repeat = small.may_repeat or core.may { "may_repeat", "own", phrases, ALIKE, TURNS, BURST_MS }
  return new {
    quick = limit > 1 and small.may_repeat or nil,
    expr = "repeats(" .. limit .. ")", op = ">=", threshold = limit,
    check = function(m)
      if not m.repeats then m.repeats = { repeats_of(m, phrases) } end
      local count, seq = m.repeats[1], m.repeats[2]
      return count >= limit, count, nil, count < limit and limit - count or nil, seq
    end,
  }
end
core.words.repeats = repeats
