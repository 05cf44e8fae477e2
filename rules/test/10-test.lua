-- Words for policy tests. A test is data: a conversation, what to expect. The
-- engine builds the conversation with its own code, lets the policy decide in
-- a worker like in production, and asks expect() here to judge.

local core = rule_language
local tests = {}

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

local conversation_keys = { fields = true, attributes = true, intent = true, confidence = true, sentiment = true, channel = true,
  tier = true, language = true, customer = true, customer_id = true, ai = true, handoff = true, outcome = true, source = true,
  handoff_id = true, review_required = true, id = true, failed_attempts = true, rule_state = true }

local function copy(t)
  if type(t) ~= "table" then return t end
  local new = {}
  for key, value in pairs(t) do if key ~= "with" then new[key] = copy(value) end end
  return new
end

local function with(self, changes)
  local new = copy(self)
  for key, value in pairs(changes) do new[key] = value end
  new.with = with
  return new
end

-- conversation { customer "...", ai "...", fields = {...}, intent = "refund" }
function conversation(t)
  local place = where(2)
  local c = { messages = {}, with = with }
  for i, m in ipairs(t) do
    if type(m) ~= "table" or not m.role then core.fail(place, "conversation: entry " .. i .. " is no customer, ai, agent or system") end
    c.messages[i] = m
  end
  for key, value in pairs(t) do
    if type(key) == "string" then
      if not conversation_keys[key] then core.fail(place, "conversation has no '" .. key .. "'" .. core.hint(key, core.names_of(conversation_keys))) end
      c[key] = value
    end
  end
  return c
end

-- recording "file.json": a recorded conversation that stands beside the test
function recording(name)
  local all = given.recordings or {}
  if not all[name] then
    core.fail(where(2), "recording \"" .. tostring(name) .. "\" is not beside the tests" .. core.hint(name, core.names_of(all)))
  end
  local c = copy(all[name])
  c.with = with
  return c
end

-- The recording form that the engine reads.
local function as_recording(c)
  local r = copy(c)
  r.customer = r.customer or {}
  if r.tier then r.customer.tier, r.tier = r.tier, nil end
  if r.customer_id then r.customer.id, r.customer_id = r.customer_id, nil end
  if r.failed_attempts then
    r.ai = r.ai or {}
    r.ai.failed_attempts, r.failed_attempts = r.failed_attempts, nil
  end
  if r.outcome then r.now, r.outcome = { outcome = r.outcome }, nil end
  if type(r.intent) == "string" then r.intent = { name = r.intent, confidence = r.confidence } r.confidence = nil end
  r.id = r.id or "test"
  return r
end

local expect_keys = { action = true, reason = true, rule = true, group = true, priority = true, subject = true, tags = true,
  next_step = true, helpdesk = true, assignee = true, need = true, final = true, fields = true, because = true, message = true,
  as = true, transcript = true, timing = true, wait_s = true, collect = true, summary = true, group_from = true,
  priority_from = true, skills = true, risk = true, append_to = true, link_to = true }

local function add(place, name, t)
  core.strict(place, "test", t, { given = true, expect = true, event = true, now = true })
  if type(t.given) ~= "table" then core.fail(place, "test \"" .. name .. "\" has no given = conversation { ... }") end
  core.strict(place, "expect", t.expect, expect_keys)
  tests[#tests + 1] = {
    name = name, where = place, given = as_recording(t.given), expect = t.expect, event = t.event,
    now_ms = t.now and time.parse(t.now) or nil,
  }
end

function test(name)
  local place = where(2)
  return function(t) add(place, name, t) end
end

-- a table of cases: cases "title" { { "name", conversation {...}, { action = ... } }, ... }
function cases(title)
  local place = where(2)
  return function(list)
    for i, row in ipairs(list) do
      add(place, title .. ": " .. tostring(row[1]), { given = row[2], expect = row[3], event = row.event })
    end
    if #list == 0 then core.fail(place, "cases \"" .. title .. "\" is empty") end
  end
end

local function shown(v)
  if type(v) == "table" then return json.encode(v) end
  if v == nil then return "nothing" end
  return tostring(v)
end

-- Everything wanted must be there; what is not named does not matter.
local function holds(want, have)
  if type(want) ~= "table" then return want == have end
  if type(have) ~= "table" then return false end
  if #want > 0 then
    for _, one in ipairs(want) do
      local found = false
      for _, other in ipairs(have) do found = found or holds(one, other) end
      if not found then return false end
    end
    return true
  end
  for key, value in pairs(want) do if not holds(value, have[key]) then return false end end
  return true
end

local function because(want, decision)
  for _, one in ipairs(decision.evidence or {}) do
    if one.signal and one.signal:find(want, 1, true) then return true end
  end
  return false
end

core.entry.tests = function()
  local list = {}
  for i, t in ipairs(tests) do
    list[i] = { name = t.name, where = t.where, given = t.given, event = t.event, now_ms = t.now_ms }
  end
  return list
end

core.entry.expect = function(i, decision)
  local lines = {}
  for key, want in pairs(tests[i].expect) do
    if key == "because" then
      if not because(want, decision) then lines[#lines + 1] = "because: expected a condition with '" .. want .. "', got " .. shown(decision.evidence) end
    elseif not holds(want, decision[key]) then
      lines[#lines + 1] = key .. ": expected " .. shown(want) .. ", got " .. shown(decision[key])
    end
  end
  if #lines > 0 and decision.rule then lines[#lines + 1] = "decided by rule: " .. decision.rule end
  return { ok = #lines == 0, diff = table.concat(lines, "\n") }
end
