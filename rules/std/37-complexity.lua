-- How much there is to a case: what a human will have to read and keep apart.
-- Four parts, each from 0 to its full share; the sum is 0 to 1, of nothing but
-- what was said and told.

local core = rule_language
local new = core.new_condition

-- part: what is full, and the share of the whole
local shares = {
  words = { full = 150, share = 0.3 },   -- the customer's, since the episode began
  turns = { full = 8, share = 0.2 },     -- of the customer
  intents = { full = 3, share = 0.2 },   -- different ones; one alone is no complication
  entities = { full = 6, share = 0.3 },  -- numbers, dates, codes, addresses; fields; what the source found
}
local TOKENS_MAX = 4000 -- words looked at for entities

-- What a message names holds a digit or an @: 4711, A-12, 3/4, x@y.example.
local function count_named(texts)
  local seen, n, looked = {}, 0, 0
  for _, one in ipairs(texts) do
    for token in one:gmatch("%S+") do
      looked = looked + 1
      if looked > TOKENS_MAX then return n end
      if token:find("[%d@]") then
        local name = token:lower():gsub("^%p+", ""):gsub("%p+$", "")
        if name ~= "" and not seen[name] then seen[name], n = true, n + 1 end
      end
    end
  end
  return n
end

local function size_of(t)
  local n = 0
  for _ in pairs(type(t) == "table" and t or {}) do n = n + 1 end
  return n
end

-- What was said and what was told are often the same things: the more counts.
local function count_entities(m, texts)
  local told = size_of(m.c.fields) + size_of(m.c.attributes and m.c.attributes.entities)
  return math.max(told, count_named(texts))
end

local function count_intents(m, said)
  local seen, n = {}, 0
  local function add(name)
    if name and not seen[name] then seen[name], n = true, n + 1 end
  end
  for _, message in ipairs(said.list) do add(message.intent) end
  add(m.c.intent and m.c.intent.name)
  return n
end

local function measure(m)
  local said = m.own()
  local n = #said.list
  local _, last = 0, 0
  if n > 0 then _, last = text.span(said.tokens, n) end
  return {
    words = math.max(0, last or 0), turns = m.c.turn_count or 0, intents = count_intents(m, said),
    entities = count_entities(m, said.texts),
  }
end

local function score_of(counts)
  local sum = 0
  for part, one in pairs(shares) do
    local least = part == "intents" and 1 or 0
    local filled = math.max(0, math.min(1, (counts[part] - least) / (one.full - least)))
    sum = sum + one.share * filled
  end
  return math.floor(sum * 1000 + 0.5) / 1000 -- tenths have no exact binary form
end

-- complexity(0.6): at least so much.
function complexity(limit)
  core.between(core.place(2), "complexity(...)", limit, 0, 1)
  return new {
    expr = "complexity(" .. tostring(limit) .. ")", op = ">=", threshold = limit,
    check = function(m)
      local score = score_of(measure(m))
      return score >= limit, score, nil, score < limit and limit - score or nil
    end,
  }
end
core.words.complexity = complexity
