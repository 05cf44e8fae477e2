-- Words for policy tests: conversations. A test is data: a conversation, what
-- happens, what to expect. The engine builds the conversation with its own
-- code, lets the policy decide in a worker like in production, and asks
-- expect() of 30-judge.lua.

local core = rule_language
local told = {}
core.told = told

-- --- time: "10:00", "Fri 17:50", "2026-03-02T10:00:00Z" -----------------------

-- Times of day are those of a Monday, or of the other days of its week.
local monday = time.parse("2026-01-05T00:00:00Z")
local days = { Mon = 0, Tue = 1, Wed = 2, Thu = 3, Fri = 4, Sat = 5, Sun = 6 }
local DAY = 86400000

function told.clock(value)
  local day, hour, minute, second = tostring(value):match("^(%a*) ?(%d%d?):(%d%d):?(%d*)$")
  if not hour or day ~= "" and not days[day] then return nil end
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second) or 0
  if hour > 23 or minute > 59 or second > 59 then return nil end
  return monday + (days[day] or 0) * DAY + ((hour * 60 + minute) * 60 + second) * 1000
end

-- before: the moment that was named last; a bare time of day is of its day.
function told.moment(place, value, before)
  local ms = told.clock(value)
  if ms and before and not tostring(value):find("%a") then ms = before - before % DAY + ms % DAY end
  ms = ms or time.parse(tostring(value))
  if not ms then
    core.fail(place, "a time is written \"10:00\", \"Fri 17:50\" or \"2026-03-02T10:00:00Z\", not '" .. tostring(value) .. "'")
  end
  if before and ms < before then core.fail(place, "'" .. value .. "' lies before what happened until then") end
  return ms
end

-- --- messages -----------------------------------------------------------------

local message_keys = { text = true, sentiment = true, confidence = true, intent = true, language = true, at = true,
  at_ms = true, feedback = true, kind = true, attachments = true, auto = true }

local function said_by(role)
  return function(what)
    local m = { role = role }
    if type(what) == "string" then m.text = what return m end
    m.text = what[1] or what.text or ""
    for key, value in pairs(what) do
      if key ~= 1 then
        if not message_keys[key] then core.fail(where(2), role .. " { ... } has no '" .. tostring(key) .. "'" .. core.hint(key, core.names_of(message_keys))) end
        m[key] = value
      end
    end
    return m
  end
end

customer = said_by("customer")
ai = said_by("ai")
agent = said_by("human_agent")
system = said_by("system")

-- --- conversations ------------------------------------------------------------

local conversation_keys = { fields = true, attributes = true, intent = true, confidence = true, sentiment = true, channel = true,
  tier = true, language = true, customer = true, customer_id = true, ai = true, handoff = true, outcome = true, source = true,
  handoff_id = true, review_required = true, id = true, failed_attempts = true, rule_state = true }

function told.copy(t)
  if type(t) ~= "table" then return t end
  local new = {}
  for key, value in pairs(t) do new[key] = told.copy(value) end
  return new
end

-- What was said (by position) and what is known (by name).
local function put(place, c, t, known)
  for _, m in ipairs(t) do
    if type(m) ~= "table" or not m.role then core.fail(place, "conversation: entry " .. #c.messages + 1 .. " is no customer, ai, agent or system") end
    c.messages[#c.messages + 1] = m
  end
  for key, value in pairs(t) do
    if type(key) == "string" then
      if not conversation_keys[key] and (known == nil or known[key] == nil) then
        core.fail(place, "conversation has no '" .. key .. "'" .. core.hint(key, core.names_of(conversation_keys)))
      end
      c[key] = value
    end
  end
  return c
end

local methods = { with = true, upto = true }
local equip

-- The same with other members; what is said besides comes at the end.
local function with(self, changes)
  local new = told.data(self)
  return equip(put(where(2), new, changes, new))
end

-- Its first n messages.
local function upto(self, n)
  local new = told.data(self)
  if math.type(n) ~= "integer" or n < 0 or n > #new.messages then
    core.fail(where(2), "upto(n): there are " .. #new.messages .. " messages")
  end
  for i = #new.messages, n + 1, -1 do new.messages[i] = nil end
  return equip(new)
end

function equip(c)
  c.with, c.upto = with, upto
  return c
end

-- Without what only we put there.
function told.data(c)
  local new = {}
  for key, value in pairs(c) do if not methods[key] then new[key] = told.copy(value) end end
  new.messages = new.messages or {}
  return new
end

-- conversation { customer "...", ai "...", fields = {...}, intent = "refund" }
function conversation(t)
  return equip(put(where(2), { messages = {} }, t))
end

-- recording "file.json": a recorded conversation that stands beside the test
function recording(name)
  local all = core.given.recordings or {}
  if not all[name] then
    core.fail(where(2), "recording \"" .. tostring(name) .. "\" is not beside the tests" .. core.hint(name, core.names_of(all)))
  end
  local c = told.copy(all[name])
  -- What became of it then is no part of what the rules may know now.
  if c.outcome == "escalated" then c.handoff_id = nil end
  c.outcome = nil
  return equip(c)
end

-- The recording form that the engine reads.
function told.as_recording(c)
  local r = told.data(c)
  r.customer = r.customer or {}
  if r.tier then r.customer.tier, r.tier = r.tier, nil end
  if r.customer_id then r.customer.id, r.customer_id = r.customer_id, nil end
  if r.failed_attempts then
    r.ai = r.ai or {}
    r.ai.failed_attempts, r.failed_attempts = r.failed_attempts, nil
  end
  if r.outcome then r.now, r.outcome = { outcome = r.outcome }, nil end
  if type(r.intent) == "string" then r.intent = { name = r.intent, confidence = r.confidence } r.confidence = nil end
  for _, m in ipairs(r.messages) do
    local ms = told.clock(m.at)
    if ms then m.at, m.at_ms = nil, ms end
  end
  r.id = r.id or "test"
  return r
end
