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
  -- 50 - 49.99 is 0.00999999999999801 to a machine
  if math.type(distance) == "float" then distance = math.floor(distance * 1000000 + 0.5) / 1000000 end
  return {
    expr = self.expr, op = self.op, threshold = self.threshold, pass = pass and true or false,
    value = value, missing = missing or nil, distance = distance,
  }
end

local function message_of(c, seq)
  local first = c.messages[1]
  return first and c.messages[seq - first.seq + 1]
end

function condition:evidence(m, list)
  local pass, value, _, _, seq = self.check(m)
  if not pass or #list >= 16 then return end
  local one = { signal = self.expr, value = value, threshold = self.threshold }
  if seq then
    one.seq = seq
    local message = message_of(m.c, seq)
    if message then one.quote = text.clip(message.text, 160) end
  end
  list[#list + 1] = one
end

-- For `quick`: a condition that does not hold unless one of these does, each
-- as `quick` would have it; then its test tells. One that is the same table in
-- several conditions is looked at once.
function core.may(...)
  local list = {}
  for i, one in ipairs { ... } do list[i] = { quick = one } end
  return { "may", list }
end

-- Of these: something is at the path.
function core.present(...) return { "present", true, ... } end

-- Behind the last file: the rules' conditions as one program, and those of the
-- modifiers as another.
local conditions = conditions
local changes

local function program_of(owners)
  local list = {}
  for i, one in ipairs(owners) do list[i] = one.when end
  return conditions.compile(list, condition.test)
end

function core.compile()
  core.policy.program = program_of(core.policy.rules)
  changes = program_of(core.policy.modifiers)
end

-- The numbers of the rules that match, rising; nil when none does.
function core.matching(m)
  return conditions.matching(core.policy.program, m)
end

-- The number of the first modifier from that one on whose condition holds.
function core.next_modifier(m, from)
  return conditions.next(changes, m, from)
end

-- A bare function is one opaque condition; a plain table is read as data
-- (50-data.lua).
function core.condition(place, what)
  if type(what) == "function" then
    return new { expr = "function at " .. place, opaque = true, check = function(m) return what(m.c) end }
  end
  if type(what) ~= "table" then
    core.fail(place, "when = ... is a condition word, all { ... }, any { ... }, a table of words or a function")
  end
  if type(what.test) ~= "function" then return core.condition_of_data(place, what) end
  return what
end

-- The words that a table of data may use: name -> how it is called.
core.words = {}
-- Those that take several values in a row, not one and options.
core.spread_words = {}

-- --- what words are given -----------------------------------------------------

-- Where the word at that level was called from: in the policy, or, when a rule
-- is pure data, where the rule stands.
function core.place(level)
  return core.reading or where(level + 1)
end

-- A whole number from `least` on, a number between two limits.
function core.whole(place, word, value, least)
  if math.type(value) ~= "integer" or value < least then
    core.fail(place, word .. " needs a whole number from " .. least .. " on, not " .. tostring(value))
  end
  return value
end

function core.between(place, word, value, low, high)
  if type(value) ~= "number" or value ~= value or value < low or value > high then
    core.fail(place, word .. " needs a number from " .. low .. " to " .. high .. ", not " .. tostring(value))
  end
  return value
end

-- A word's last argument, { name = value }, with no unknown names in it.
function core.options(place, word, options, known)
  if options == nil then return {} end
  return core.strict(place, word .. "'s options", options, known)
end

-- Strings of a list, of lists within it (list "file.txt") and of one string.
function core.strings(place, word, list)
  local flat = {}
  local function add(one)
    if type(one) == "string" then
      flat[#flat + 1] = one
    elseif type(one) == "table" then
      for i = 1, #one do add(one[i]) end
    else
      core.fail(place, word .. ": a text in quotes expected, not " .. tostring(one))
    end
  end
  add(list)
  if #flat == 0 then core.fail(place, word .. " { \"...\", ... } is empty") end
  for key in pairs(type(list) == "table" and list or {}) do
    if type(key) == "string" and key ~= "file" then core.fail(place, word .. " { ... } is a list; it has no '" .. key .. "'") end
  end
  return flat
end

-- How a list is shown: a file by its name, what was written as it was written.
function core.shown(list)
  if type(list) == "string" then return "\"" .. list .. "\"" end
  if list.file then return "list \"" .. list.file .. "\"" end
  local parts = {}
  for i, one in ipairs(list) do parts[i] = core.shown(one) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- list "countries.txt": the lines of a file beside the rules; empty ones and
-- those that begin with # are left out.
local require = require
function list(name)
  local place = core.place(2)
  if type(name) ~= "string" or not name:find("%.txt$") then
    core.fail(place, "list \"names.txt\" expected: a .txt file beside the rules, a line each")
  end
  local lines, found, all = { file = name }, pcall(require, name)
  if not found then core.fail(place, "list \"" .. name .. "\": " .. all:gsub("^.-require:? ", "")) end
  for line in all:gsub("^\u{feff}", ""):gmatch("[^\r\n]+") do
    line = text.trim(line)
    if line ~= "" and line:sub(1, 1) ~= "#" then lines[#lines + 1] = line end
  end
  if #lines == 0 then core.fail(place, "list \"" .. name .. "\" is empty") end
  return lines
end

-- Words that come with the language, a file a theme: section -> phrases, of all
-- languages at once. Only what a policy uses is read.
local lexicons = {}
function core.lexicon(name)
  lexicons[name] = lexicons[name] or text.lexicon("rules/std/lexicons/" .. name .. ".txt")
  return lexicons[name]
end

-- --- the moment: what conditions look at, worked out once when asked --------

-- The customer's messages of this episode and the AI's, each with the tokens of
-- all of them: string i of the tokens is message i of the list. What a machine
-- answered for the customer (message.auto) is nobody's word.
-- Whether there is anything of a kind to look at is told too: quotes, loud,
-- rated, intents, unsure (a confidence); machine: something was left out; and
-- wordless.
local function said_by(c, role, episode)
  local list, texts, tokens, quotes, loud, rated, intents, unsure, machine, wordless =
    text.said(c.messages, role, episode)
  return {
    list = list, texts = texts, tokens = tokens, quotes = quotes, loud = loud, rated = rated, intents = intents,
    unsure = unsure, machine = machine, wordless = wordless,
  }
end

-- What is somebody else's in a message, or a machine's: ``` code ``` and the
-- lines of a mail that is answered ("> ...").
local function own_words(s)
  s = s:gsub("```.-```", "\n"):gsub("```.*$", "")
  return ("\n" .. s):gsub("\n%s*>[^\n]*", "\n"):sub(2)
end

local function own(said)
  if not said.quotes then return said end
  local texts = {}
  for i, one in ipairs(said.texts) do texts[i] = own_words(one) end
  return {
    list = said.list, texts = texts, tokens = text.tokens(texts), loud = said.loud, rated = said.rated, intents = said.intents,
  }
end

local BURST_MS = 30000
local TURNS = 6 -- what most words look at

-- What was worked out stands in the moment itself, which has room for it.
function core.moment(c, facts)
  local m
  m = {
    c = c, facts = facts, customers = false, ais = false, owned = false, starts = false,
    customer = function()
      local said = m.customers
      if not said then
        said = said_by(c, "customer", c.episode)
        m.customers = said
      end
      return said
    end,
    ai = function()
      local said = m.ais
      if not said then
        said = said_by(c, "ai")
        m.ais = said
      end
      return said
    end,
    -- the customer's without what they quote, and their texts
    own = function()
      local said = m.owned
      if not said then
        said = own(m.customer())
        m.owned = said
      end
      return said
    end,
    -- The customer's newest turns, newest first: where each begins in the list,
    -- and how many of those asked for there are. Messages on each other's heels
    -- with nothing between are one turn.
    turns = function(count)
      local starts = m.starts
      if not starts or #starts < count and starts[#starts] ~= 1 then
        starts = text.turns(m.customer().list, count > TURNS and count or TURNS, BURST_MS)
        m.starts = starts
      end
      local there = #starts
      return starts, count < there and count or there
    end,
  }
  return m
end

local function phrases_of(place, word, what)
  local flat = core.strings(place, word, what)
  for _, phrase in ipairs(flat) do
    if #text.words(phrase) == 0 then core.fail(place, word .. ": '" .. phrase .. "' holds no word") end
  end
  return text.phrases(flat), flat
end

-- of: the function of m that gives what is looked at
local function phrase_word(word, of, newest, look)
  return function(what)
    local phrases, shown = phrases_of(core.place(2), word, what)
    return new {
      quick = { "says", of, phrases, newest },
      expr = word .. " " .. core.shown(type(what) == "string" and { what } or what),
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
says = phrase_word("says", "customer", false, function(m) return m.customer() end)

-- says_now: in the newest customer message only.
says_now = phrase_word("says_now", "customer", true, function(m)
  local said = m.customer()
  if #said.list == 0 then return said end
  return said, text.span(said.tokens, #said.list)
end)

-- ai_says: what the AI told the customer in this episode ("I will transfer
-- you"): a promise that somebody has to keep.
ai_says = phrase_word("ai_says", "ai", false, function(m) return m.ai() end)

-- What is at the path { "c", "intent", "name" } of m.
local function at(m, path)
  for i = 1, #path do
    if not m then return nil end
    m = m[path[i]]
  end
  return m
end

-- known: the names there are, where they are the engine's and not a source's;
-- read, quick: where it is no path.
local function one_of(word, path, known, read, quick)
  local known_set = {}
  for _, name in ipairs(known or {}) do known_set[name] = true end
  return function(what)
    local place = core.place(2)
    local names, set = core.strings(place, word, what), {}
    for _, name in ipairs(names) do
      set[name] = true
      if known and not known_set[name] then
        core.fail(place, word .. " '" .. name .. "' is none of " .. table.concat(known, ", ") .. core.hint(name, known))
      end
    end
    return new {
      quick = path and { "one_of", set, table.unpack(path) } or quick,
      expr = word .. " " .. core.shown(type(what) == "string" and { what } or what), op = "one of",
      threshold = what.file and core.shown(what) or table.concat(names, ", "),
      check = function(m)
        local value
        if path then value = at(m, path) else value = read(m) end
        if value == nil then return false, nil, true end
        return set[value] == true, value
      end,
    }
  end
end

intent = one_of("intent", { "c", "intent", "name" })
channel = one_of("channel", { "c", "channel" })
tier = one_of("tier", { "c", "customer", "tier" })
event = one_of("event", { "facts", "event", "type" }, {
  "conversation.started", "message.created", "handoff.requested", "session.ended", "signal.updated", "feedback.given",
  "takeover", "handback", "ticket.updated", "timer.fired", "manual",
})
requested_by = one_of("requested_by", { "c", "handoff", "via" }, {
  "customer_request", "flow", "action_node", "tool_call", "takeover", "session_end", "error",
})
outcome = one_of("outcome", { "c", "outcome" }, {
  "open", "resolved_confirmed", "resolved_assumed", "unresolved", "abandoned", "escalated", "spam",
})
source_is = one_of("source_is", { "c", "source" })
language = one_of("language", nil, nil, function(m) return m.c.language and m.c.language:match("^%a+") end,
  core.may(core.present("c", "language")))

-- A number against a limit; the distance is how much was missing.
local function compared(pass, value, limit, seq)
  return pass, value, nil, (not pass) and math.abs(value - limit) or nil, seq
end

-- The largest of what the newest `count` turns tell of themselves; nil when one
-- of them tells nothing. A turn's is what its last telling message says.
local function highest_of_turns(m, key, count)
  local said, starts, n = m.customer().list, m.turns(count)
  if n < count then return nil end
  local high, seq
  local last = #said
  for k = 1, n do
    local start, told = starts[k], nil
    for i = last, start, -1 do
      local value = said[i][key]
      if value then told, seq = value, seq or said[i].seq break end
    end
    if not told then return nil end
    if not high or told > high then high = told end
    last = start - 1
  end
  return high, seq
end

-- What is said of the customer's messages when one of them tells it.
local told_by = {
  confidence = core.may { "sign", "customer", "unsure" }, sentiment = core.may { "sign", "customer", "rated" },
}

-- confidence_below(0.55), confidence_below(0.55, { turns = 2 }): strictly below,
-- now or in each of the customer's newest turns.
local function below_word(word, key, low, high, path)
  return function(limit, options)
    local place = core.place(2)
    core.between(place, word .. "(...)", limit, low, high)
    local count = core.options(place, word, options, { turns = true }).turns
    if count then core.whole(place, word .. "'s turns", count, 1) end
    local shown = count and ", { turns = " .. count .. " }" or ""
    return new {
      quick = count and told_by[key] or { "below", limit, table.unpack(path) },
      expr = word .. "(" .. tostring(limit) .. shown .. ")", op = "<", threshold = limit,
      check = function(m)
        local value, seq
        if count then
          value, seq = highest_of_turns(m, key, count)
        else
          value = at(m, path)
        end
        if value == nil then return false, nil, true end
        return compared(value < limit, value, limit, seq)
      end,
    }
  end
end
confidence_below = below_word("confidence_below", "confidence", 0, 1, { "c", "intent", "confidence" })
sentiment_below = below_word("sentiment_below", "sentiment", -1, 1, { "c", "sentiment", "score" })

local function count_word(word, path)
  return function(limit)
    core.whole(core.place(2), word .. "(...)", limit, 1)
    return new {
      quick = { "at_least", limit, table.unpack(path) },
      expr = word .. "(" .. limit .. ")", op = ">=", threshold = limit,
      check = function(m)
        local value = at(m, path)
        if value == nil then return false, nil, true end
        return compared(value >= limit, value, limit)
      end,
    }
  end
end
failed_attempts = count_word("failed_attempts", { "c", "ai", "failed_attempts" })
turns = count_word("turns", { "c", "turn_count" })

-- resolved by the AI or not: at the end of the session
function unresolved()
  return new {
    quick = { "is", "unresolved", "c", "outcome" },
    expr = "unresolved()", op = "is", threshold = "unresolved",
    check = function(m) return m.c.outcome == "unresolved", m.c.outcome end,
  }
end

function review_required()
  return new {
    quick = { "is", true, "c", "flags", "review_required" },
    expr = "review_required()",
    check = function(m) return m.c.flags and m.c.flags.review_required == true end,
  }
end

-- offered(): an offer was made in this episode; offered "a rule": that one.
function offered(rule_name)
  return new {
    quick = core.may(core.present("c", "rule_state")),
    expr = rule_name and ("offered \"" .. rule_name .. "\"") or "offered()",
    check = function(m)
      local made = m.c.rule_state and m.c.rule_state.offered or {}
      if rule_name then return made[rule_name] ~= nil, rule_name, nil, nil, made[rule_name] end
      for name, seq in pairs(made) do return true, name, nil, nil, seq end
      return false
    end,
  }
end

function handed_over()
  return new {
    quick = core.present("c", "handoff_id"),
    expr = "handed_over()",
    check = function(m) return m.c.handoff_id ~= nil end,
  }
end

function core.pattern(place, pattern)
  if type(pattern) ~= "string" then core.fail(place, "matches \"a regular expression\" expected, not " .. tostring(pattern)) end
  local good, why = regex.test(pattern)
  if not good then core.fail(place, "matches: " .. tostring(why)) end
end

-- matches "pcre": in what the customer wrote, message by message
function matches(pattern)
  core.pattern(core.place(2), pattern)
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

-- --- together ----------------------------------------------------------------

local function nothing() end

-- A word's own evidence looks for itself whether the condition holds.
local function show(one, m, list)
  local evidence = one.evidence
  local looks = evidence == condition.evidence and one.test == condition.test
  if looks or evidence ~= nothing and one:test(m) then evidence(one, m, list) end
end

-- word: all, any or none; list: conditions, or what core.condition makes one of.
local function group_of(word, list, place)
  local inner = {}
  if type(list) ~= "table" then core.fail(place, word .. " { condition, ... } expected") end
  for i, one in ipairs(list) do inner[i] = core.condition(place, one) end
  if #inner == 0 then core.fail(place, word .. " { ... } is empty") end
  local c = new { expr = word, inner = inner }
  function c:explain(m)
    local shown = {}
    for i, one in ipairs(inner) do shown[i] = one:explain(m) end
    return { expr = word, pass = self:test(m), conditions = shown }
  end
  function c:evidence(m, list_)
    for i = 1, #inner do show(inner[i], m, list_) end
  end
  return c
end

-- How each tells from its inner ones.
local together = {}
function together:all(m)
  for _, one in ipairs(self.inner) do if not one:test(m) then return false end end
  return true
end
function together:any(m)
  for _, one in ipairs(self.inner) do if one:test(m) then return true end end
  return false
end
function together:none(m)
  return not together.any(self, m)
end

function core.group_of(word, list, place)
  local c = group_of(word, list, place)
  c.test, c.quick = together[word], { word }
  if word == "none" then c.evidence = nothing end
  return c
end

function all(list) return core.group_of("all", list, core.place(2)) end
function any(list) return core.group_of("any", list, core.place(2)) end
function none(list) return core.group_of("none", list, core.place(2)) end

core.new_condition = new
for name, word in pairs {
  says = says, says_now = says_now, ai_says = ai_says, intent = intent, channel = channel, tier = tier, event = event,
  requested_by = requested_by, outcome = outcome, source_is = source_is, language = language, matches = matches,
  confidence_below = confidence_below, sentiment_below = sentiment_below, failed_attempts = failed_attempts, turns = turns,
  unresolved = unresolved, review_required = review_required, handed_over = handed_over, offered = offered,
} do core.words[name] = word end
