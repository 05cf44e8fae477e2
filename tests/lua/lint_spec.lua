-- The reasoning behind `usher check`, against brute force: random conditions
-- and random moments. What it claims must hold at every moment; how often it
-- claims anything is counted, so that it cannot pass by saying nothing. Run
-- with a plain Lua from the project's folder.

rule_language = { lint = {} }
dofile "rules/lint/30-logic.lua"
dofile "rules/lint/40-patterns.lua"
local lint = rule_language.lint
local logic = lint.logic

local passed, failed = 0, 0
local function check(what, held)
  if held then passed = passed + 1 return end
  failed = failed + 1
  print("FAILED: " .. what)
end

-- --- a small world: what a moment may be ------------------------------------------

local seed = 20261121
local function random(n)
  seed = (seed * 6364136223846793005 + 1442695040888963407)
  return (seed >> 33) % n + 1
end
local function pick(list) return list[random(#list)] end

local texts = { "refund", "my refund", "where is my refund now", "money", "hello", "late parcel", "parcel" }
local values = { 1, 2, 5, "5", "abc" }

local function moment()
  local m = { texts = {}, value = random(3) > 1 and pick(values) or nil, turns = random(6) - 1 }
  for i = 1, random(3) do m.texts[i] = pick(texts) end
  m.intent = random(4) > 1 and pick { "a", "b", "c" } or nil
  m.score = random(3) > 1 and (random(9) - 5) / 4 or nil
  m.calendar = pick { "open", "closed", false }
  return m
end

local function words_of(s)
  local list = {}
  for word in s:gmatch("%a+") do list[#list + 1] = word end
  return list
end
local function heard(s, phrase) return (" " .. s .. " "):find(" " .. phrase .. " ", 1, true) ~= nil end

-- --- conditions: each with what the language's own word would say ------------------

local function leaf(word, args, holds, more)
  local c = { word = word, args = table.pack(table.unpack(args)), holds = holds, expr = word .. tostring(args[1]) }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

local function phrases(word)
  local list, shown = {}, {}
  for i = 1, random(2) do
    shown[i] = pick(texts)
    list[i] = { shown = shown[i], words = words_of(shown[i]) }
  end
  return leaf(word, { shown }, function(m)
    for i = word == "says_now" and #m.texts or 1, #m.texts do
      for _, phrase in ipairs(shown) do if heard(m.texts[i], phrase) then return true end end
    end
    return false
  end, { phrases = list })
end

local function subject(method, value, holds)
  return leaf("field", { value }, holds, { subject = "value", method = method, expr = "field" })
end

local makers = {
  function() return phrases "says" end,
  function() return phrases "says_now" end,
  function() local n = random(5) - 1 return leaf("turns", { n }, function(m) return m.turns >= n end) end,
  function()
    local limit = (random(9) - 5) / 4
    return leaf("sentiment_below", { limit }, function(m) return m.score ~= nil and m.score < limit end)
  end,
  function()
    local set = { pick { "a", "b" }, pick { "b", "c" } }
    return leaf("intent", { set }, function(m) return m.intent == set[1] or m.intent == set[2] end)
  end,
  function()
    local n = random(6)
    return subject("at_least", n, function(m) local v = tonumber(m.value) return v ~= nil and v >= n end)
  end,
  function()
    local n = random(6)
    return subject("at_most", n, function(m) local v = tonumber(m.value) return v ~= nil and v <= n end)
  end,
  function() local v = pick(values) return subject("is", v, function(m) return m.value == v end) end,
  function()
    local set = { pick(values), pick(values) }
    return subject("one_of", set, function(m) return m.value ~= nil and (m.value == set[1] or m.value == set[2]) end)
  end,
  function() return subject("present", nil, function(m) return m.value ~= nil end) end,
  function() return subject("missing", nil, function(m) return m.value == nil end) end,
  function() local w = pick { "open", "closed" } return leaf(w, { "desk" }, function(m) return m.calendar == w end) end,
}

local holds = {}
local function group(word, inner)
  return { expr = word, inner = inner, holds = function(m) return holds[word](inner, m) end }
end
function holds.all(inner, m) for _, c in ipairs(inner) do if not c.holds(m) then return false end end return true end
function holds.any(inner, m) for _, c in ipairs(inner) do if c.holds(m) then return true end end return false end
function holds.none(inner, m) return not holds.any(inner, m) end

local function condition(depth)
  if depth == 0 or random(3) == 1 then return pick(makers)() end
  local inner = {}
  for i = 1, random(3) do inner[i] = condition(depth - 1) end
  return group(pick { "all", "any", "none" }, inner)
end

-- --- claims against moments -----------------------------------------------------------

local moments = {}
for i = 1, 1500 do moments[i] = moment() end

local claims = { never = 0, implies = 0, meets_not = 0 }
local function claim(kind, held_everywhere)
  claims[kind] = claims[kind] + 1
  for _, m in ipairs(moments) do
    if not held_everywhere(m) then check("claimed wrongly: " .. kind, false) return end
  end
  passed = passed + 1
end

local missed, apart = 0, 0
for _ = 1, 6000 do
  local a, b = condition(2), condition(2)
  if logic.never(a) then claim("never", function(m) return not a.holds(m) end) end
  if logic.implies(a, b) then claim("implies", function(m) return not a.holds(m) or b.holds(m) end)
  else
    local counter = false
    for _, m in ipairs(moments) do counter = counter or a.holds(m) and not b.holds(m) end
    if not counter then missed = missed + 1 end
  end
  if not logic.may_meet(a, b) then claim("meets_not", function(m) return not (a.holds(m) and b.holds(m)) end) end
end
check("it claims what there is to claim", claims.never > 200 and claims.implies > 500 and claims.meets_not > 1000)
check("and misses less than half", missed < claims.implies)

-- --- patterns ----------------------------------------------------------------------------

for _, row in ipairs {
  { "\\b[A-Z]{2}[0-9]{9,11}\\b" }, { "refund.*late" }, { "(?:re)?fund(s|ed)*" }, { "[a-z]+@[a-z]+" }, { "(a|b)+c" },
  { "(?i)order\\s+#?\\d+" }, { "a.*b|c.*d" }, { "(\\w++\\s?)+x" }, { "(?>a+b)+" }, { "\\Q(a+)+\\E" }, { "[(a+)+]" },
  { "(a+)+", "nested" }, { "(\\w+\\s?)+late", "nested" }, { "((ab)*c)*", "nested" }, { "(?:x{2,})*", "nested" },
  { "(?<n>a+)+", "nested" }, { "([^)]+)*", "nested" }, { "(a{1,3}b*)+", "nested" },
  { ".*a.*b", "chain" }, { "a.*b.+c", "chain" }, { "x(.*a)(.*b)", "chain" }, { "a.*?b.*?c", "chain" },
} do
  check("pattern " .. row[1], lint.pattern_cost(row[1]) == row[2])
end

print(("lint: %d passed, %d failed"):format(passed, failed))
print(("claims: %d never, %d implies, %d apart; %d implications not seen"):format(claims.never, claims.implies,
  claims.meets_not, missed))
os.exit(failed == 0)
