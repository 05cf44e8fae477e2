-- Condition words. A condition is a table with three functions: test(m) says
-- yes or no and is quick; explain(m) says it in full (value, threshold, how
-- near); evidence(m, list) adds what was seen and where.

local core = rule_language
local condition = {}

-- Each has its own three: there is no table behind them that one file could
-- change for the rules of all others.
local function new(t)
  t.test, t.explain, t.evidence = condition.test, condition.explain, condition.evidence
  if core.made then core.made(t) end -- the words for tests remember where
  return t
end

function condition:test(m) return self.check(m) and true or false end

function condition:explain(m)
  local pass, value, missing, distance = self.check(m)
  return {
    expr = self.expr, op = self.op, threshold = self.threshold, pass = pass and true or false,
    value = value, missing = missing or nil, distance = distance,
  }
end

function condition:evidence(m, list)
  local pass, value, _, _, seq = self.check(m)
  if not pass or #list >= 16 then return end
  local one = { signal = self.expr, value = value, threshold = self.threshold }
  if seq then
    one.seq = seq
    local message = m.by_seq(seq)
    if message then one.quote = text.clip(message.text, 160) end
  end
  list[#list + 1] = one
end

-- A bare function is one opaque condition.
function core.condition(place, what)
  if type(what) == "function" then
    return new { expr = "function at " .. place, check = function(m) return what(m.c) end }
  end
  if type(what) ~= "table" or type(what.test) ~= "function" then
    core.fail(place, "when = ... is a condition word, all { ... }, any { ... } or a function")
  end
  return what
end

-- --- the moment: what conditions look at, worked out once when asked --------

-- The customer's messages of this episode and the AI's, each with the tokens of
-- all of them: string i of the tokens is message i of the list. What a machine
-- answered for the customer (message.auto) is nobody's word.
local function said_by(c, role, in_episode)
  local list, texts, index = {}, {}, {}
  for at, message in ipairs(c.messages) do
    if message.role == role and not message.auto and (not in_episode or not message.episode or message.episode == c.episode) then
      local n = #list + 1
      list[n], texts[n], index[at] = message, message.text, n
    end
  end
  return { list = list, tokens = text.tokens(texts), index = index }
end

function core.moment(c, facts)
  local customer, ai
  return {
    c = c, facts = facts,
    customer = function()
      customer = customer or said_by(c, "customer", c.episode)
      return customer
    end,
    ai = function()
      ai = ai or said_by(c, "ai")
      return ai
    end,
    by_seq = function(seq)
      for _, message in ipairs(c.messages) do if message.seq == seq then return message end end
    end,
  }
end

local function quoted(list)
  return "{ \"" .. table.concat(list, "\", \"") .. "\" }"
end

local function phrases_of(place, word, list)
  if type(list) == "string" then list = { list } end
  if type(list) ~= "table" or #list == 0 then core.fail(place, word .. " { \"a phrase\", ... } expected") end
  local shown = {}
  for i, phrase in ipairs(list) do
    shown[i] = tostring(phrase)
    if #text.words(shown[i]) == 0 then core.fail(place, word .. ": '" .. shown[i] .. "' holds no word") end
  end
  return text.phrases(shown), shown
end

local function phrase_word(word, look)
  return function(list)
    local phrases, shown = phrases_of(where(2), word, list)
    return new {
      expr = word .. " " .. quoted(shown),
      check = function(m)
        local said, from, to = look(m)
        local n, _, i = text.find(said.tokens, phrases, from, to)
        if n then return true, shown[n], nil, nil, said.list[i].seq end
        return false
      end,
    }
  end
end

-- says { "refund", "money back" }: whole words, any case, any accents, in what
-- the customer said since the episode began.
says = phrase_word("says", function(m) return m.customer() end)

-- says_now: in the newest customer message only.
says_now = phrase_word("says_now", function(m)
  local said = m.customer()
  if #said.list == 0 then return said end
  return said, text.span(said.tokens, #said.list)
end)

-- ai_says: what the AI told the customer in this episode ("I will transfer
-- you"): a promise that somebody has to keep.
ai_says = phrase_word("ai_says", function(m) return m.ai() end)

local function one_of(word, read)
  return function(list)
    if type(list) == "string" then list = { list } end
    local set = {}
    for _, name in ipairs(list) do set[name] = true end
    return new {
      expr = word .. " " .. quoted(list), op = "one of", threshold = table.concat(list, ", "),
      check = function(m)
        local value = read(m)
        if value == nil then return false, nil, true end
        return set[value] == true, value
      end,
    }
  end
end

intent = one_of("intent", function(m) return m.c.intent and m.c.intent.name end)
channel = one_of("channel", function(m) return m.c.channel end)
tier = one_of("tier", function(m) return m.c.customer and m.c.customer.tier end)
event = one_of("event", function(m) return m.facts.event and m.facts.event.type end)
requested_by = one_of("requested_by", function(m) return m.c.handoff and m.c.handoff.via end)
outcome = one_of("outcome", function(m) return m.c.outcome end)
source_is = one_of("source_is", function(m) return m.c.source end)
language = one_of("language", function(m) return m.c.language and m.c.language:match("^%a+") end)

-- A number against a limit; the distance is how much was missing.
local function number(word, op, read, compare)
  return function(limit)
    if type(limit) ~= "number" then core.fail(where(2), word .. "(" .. "a number" .. ") expected") end
    return new {
      expr = word .. "(" .. tostring(limit) .. ")", op = op, threshold = limit,
      check = function(m)
        local value, seq = read(m)
        if value == nil then return false, nil, true end
        local pass = compare(value, limit)
        return pass, value, nil, (not pass) and math.abs(value - limit) or nil, seq
      end,
    }
  end
end
local function below(a, b) return a < b end
local function at_least(a, b) return a >= b end

confidence_below = number("confidence_below", "<", function(m) return m.c.intent and m.c.intent.confidence end, below)
sentiment_below = number("sentiment_below", "<", function(m) return m.c.sentiment and m.c.sentiment.score end, below)
failed_attempts = number("failed_attempts", ">=", function(m) return m.c.ai and m.c.ai.failed_attempts end, at_least)
turns = number("turns", ">=", function(m) return m.c.turn_count end, at_least)

-- resolved by the AI or not: at the end of the session
function unresolved()
  return new {
    expr = "unresolved()", op = "is", threshold = "unresolved",
    check = function(m) return m.c.outcome == "unresolved", m.c.outcome end,
  }
end

function review_required()
  return new {
    expr = "review_required()",
    check = function(m) return m.c.flags and m.c.flags.review_required == true end,
  }
end

function handed_over()
  return new { expr = "handed_over()", check = function(m) return m.c.handoff_id ~= nil end }
end

-- field "order_value_minor" :at_least(50000)
local function subject(word, read)
  return function(name)
    local s = {}
    local function value(m) return read(m.c, name) end
    local function make(op, limit, compare)
      return new {
        expr = word .. " \"" .. name .. "\"", op = op, threshold = limit,
        check = function(m)
          local v = value(m)
          if v == nil then return op == "missing", nil, op ~= "missing" or nil end
          local pass, distance = compare(v)
          return pass, v, nil, distance
        end,
      }
    end
    local function numeric(op, limit, compare)
      return make(op, limit, function(v)
        v = tonumber(v)
        if not v then return false end
        local pass = compare(v, limit)
        return pass, (not pass) and math.abs(v - limit) or nil
      end)
    end
    function s:at_least(limit) return numeric(">=", limit, at_least) end
    function s:at_most(limit) return numeric("<=", limit, function(a, b) return a <= b end) end
    function s:is(wanted) return make("is", wanted, function(v) return v == wanted end) end
    function s:one_of(list)
      local set = {}
      for _, one in ipairs(list) do set[one] = true end
      return make("one of", table.concat(list, ", "), function(v) return set[v] == true end)
    end
    function s:present() return make("present", nil, function() return true end) end
    function s:missing() return make("missing", nil, function() return false end) end
    function s:matches(pattern)
      local good, why = regex.test(pattern)
      if not good then core.fail(where(2), "matches: " .. tostring(why)) end
      return make("matches", pattern, function(v) return regex.match(pattern, tostring(v)) ~= nil end)
    end
    return s
  end
end

field = subject("field", function(c, name) return c.fields and c.fields[name] end)
attribute = subject("attribute", function(c, name) return c.attributes and c.attributes[name] end)

-- matches "pcre": in what the customer wrote, message by message
function matches(pattern)
  local good, why = regex.test(pattern)
  if not good then core.fail(where(2), "matches: " .. tostring(why)) end
  return new {
    expr = "matches \"" .. pattern .. "\"",
    check = function(m)
      for _, message in ipairs(m.customer().list) do
        if regex.match(pattern, message.text) then return true, pattern, nil, nil, message.seq end
      end
      return false
    end,
  }
end

-- open "support", closed "support": by the calendar's facts at this moment
local function calendar_word(word, want)
  return function(name)
    local place = where(2)
    return new {
      expr = word .. " \"" .. name .. "\"",
      check = function(m)
        local fact = m.facts.calendars and m.facts.calendars[name]
        if not fact then return false, nil, true end
        return (fact.open == true) == want, fact.open and "open" or "closed"
      end,
    }
  end
end
open = calendar_word("open", true)
closed = calendar_word("closed", false)

-- --- together ----------------------------------------------------------------

local function group_of(word, list, place)
  local inner = {}
  for i, one in ipairs(list) do inner[i] = core.condition(place, one) end
  if #inner == 0 then core.fail(place, word .. " { ... } is empty") end
  local c = new { expr = word, inner = inner }
  function c:explain(m)
    local shown = {}
    for i, one in ipairs(inner) do shown[i] = one:explain(m) end
    return { expr = word, pass = self:test(m), conditions = shown }
  end
  function c:evidence(m, list_)
    for _, one in ipairs(inner) do if one:test(m) then one:evidence(m, list_) end end
  end
  return c
end

function all(list)
  local c = group_of("all", list, where(2))
  function c:test(m)
    for _, one in ipairs(self.inner) do if not one:test(m) then return false end end
    return true
  end
  return c
end

function any(list)
  local c = group_of("any", list, where(2))
  function c:test(m)
    for _, one in ipairs(self.inner) do if one:test(m) then return true end end
    return false
  end
  return c
end

function none(list)
  local c = group_of("none", list, where(2))
  function c:test(m)
    for _, one in ipairs(self.inner) do if one:test(m) then return false end end
    return true
  end
  function c:evidence() end
  return c
end

core.new_condition = new
