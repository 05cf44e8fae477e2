-- Words for policy tests: test, cases, and what happens in time. Each test
-- becomes a row for the engine: a conversation and one moment; or a play, all
-- that happens in order, with the moments at which the test looks.

local core = rule_language
local told = core.told
local tests = {}
core.tests = tests

local test_keys = { groups = true, given = true, expect = true, event = true, now = true, at = true, then_at = true, then_expect = true, steps = true,
  others = true }

-- What a step may say besides its messages: what the source learned.
local signal_keys = { fields = true, attributes = true, intent = true, confidence = true, sentiment = true, language = true,
  customer = true, tier = true, ai = true, failed_attempts = true, channel = true }
local event_keys = { outcome = true, handoff = true, feedback = true, review_required = true }
local step_keys = { at = true, advance = true, event = true, expect = true }
for _, keys in ipairs { signal_keys, event_keys } do
  for key in pairs(keys) do step_keys[key] = true end
end

local function is_empty(t) return next(t) == nil end

-- --- a play ---------------------------------------------------------------------

-- The messages of one moment come together, as one event; each has an id, so
-- that the same words said twice are two messages.
local function add_messages(p, messages, at_ms)
  for _, m in ipairs(messages) do
    p.count = p.count + 1
    m.at, m.at_ms, m.id = nil, at_ms, m.id or ("m" .. p.count)
  end
  p[#p + 1] = { at_ms = at_ms, event = { type = "message.created", at_ms = at_ms, messages = messages } }
end

local function told_of(step)
  local c, event = {}, {}
  for key in pairs(signal_keys) do c[key] = step[key] end
  for key in pairs(event_keys) do event[key] = step[key] end
  if c.tier then
    c.customer = told.copy(c.customer or {})
    c.customer.tier, c.tier = c.tier, nil
  end
  if c.failed_attempts then
    c.ai = told.copy(c.ai or {})
    c.ai.failed_attempts, c.failed_attempts = c.failed_attempts, nil
  end
  if c.confidence then
    c.intent = type(c.intent) == "table" and told.copy(c.intent) or { name = c.intent }
    c.intent.confidence, c.confidence = c.confidence, nil
  end
  if not is_empty(c) then event.conversation = c end
  return event
end

-- Messages with times of their own come at these, the others at the moment.
local function add_said(place, p, list, at_ms)
  local together, then_ms
  for _, one in ipairs(list) do
    local m = told.copy(one)
    local own = m.at and told.moment(place, m.at, p.now) or m.at_ms
    local when = own or then_ms or at_ms
    if when > at_ms then core.fail(place, "a message of " .. tostring(m.at or m.at_ms) .. " comes after the moment of its step") end
    if together and then_ms == when then
      together[#together + 1] = m
    else
      if together then add_messages(p, together, then_ms) end
      together, then_ms = { m }, when
      p.now = math.max(p.now or when, when)
    end
  end
  if together then add_messages(p, together, then_ms) end
end

local function add_happened(p, step, at_ms)
  local event, last = told_of(step), p[#p]
  local by_itself = step.event ~= nil and step.event ~= "message.created"
  if is_empty(event) and not by_itself then return end
  if not by_itself and step[1] and last and last.event and last.at_ms == at_ms then
    for key, value in pairs(event) do last.event[key] = value end
    return
  end
  event.type, event.at_ms = step.event or "signal.updated", at_ms
  p[#p + 1] = { at_ms = at_ms, event = event }
end

-- A step that expects nothing in particular is looked at by number 0: what it
-- did is not the next one's doing.
local function add_look(p, expects, expect, at_ms, label)
  if expect ~= nil then expects[#expects + 1] = { want = expect, at = label } end
  p[#p + 1] = { at_ms = at_ms, judge = expect ~= nil and #expects or 0 }
end

local function time_of(place, p, step)
  if step.at then return told.moment(place, step.at, p.now), "at " .. tostring(step.at) end
  if step.advance then
    local from = p.now or told.clock("10:00")
    return from + core.duration(place, step.advance) * 1000, "after " .. step.advance
  end
  return p.now or told.clock("10:00"), "at the start"
end

local function add_step(place, p, expects, step)
  local at_ms, label = time_of(place, p, step)
  add_said(place, p, step, at_ms)
  p.now = at_ms
  add_happened(p, step, at_ms)
  add_look(p, expects, step.expect, at_ms, label)
end

-- What was said before the first step and has its time comes at that; what has
-- none comes at the first step.
local function split_given(given, first)
  local timed = {}
  for _, m in ipairs(given.messages) do
    m.at_ms = m.at_ms or (m.at and time.parse(m.at)) or (timed[#timed] and timed[#timed].at_ms)
    m.at = nil
    local list = m.at_ms and timed or first
    list[#list + 1] = m
  end
  given.messages = {}
  return timed
end

-- The short form: at = "10:00" or { "10:00", "10:09" }, then_at, then_expect.
local function short_steps(place, t)
  local steps = {}
  for i, at in ipairs(type(t.at) == "table" and t.at or { t.at }) do
    steps[i] = { at = at, expect = t.expect, event = i == 1 and t.event or nil }
  end
  if #steps == 0 then core.fail(place, "at = \"10:00\" or at = { \"10:00\", ... } expected") end
  if t.then_at then steps[#steps + 1] = { at = t.then_at, expect = t.then_expect } end
  return steps
end

local function check_steps(place, name, t)
  if t.steps and (t.at or t.then_at or t.expect or t.then_expect or t.event) then
    core.fail(place, "test \"" .. name .. "\": what is in steps has its time and its expect there")
  end
  if (t.then_at == nil) ~= (t.then_expect == nil) then core.fail(place, "test \"" .. name .. "\": then_at and then_expect go together") end
  if t.now then core.fail(place, "test \"" .. name .. "\": at says when it is, not now") end
end

local function check_step(place, step)
  if type(step) ~= "table" then core.fail(place, "steps = { { at = ..., expect = ... }, ... } expected") end
  for key in pairs(step) do
    if type(key) == "string" and not step_keys[key] then
      core.fail(place, "a step has no '" .. key .. "'" .. core.hint(key, core.names_of(step_keys)))
    end
  end
  if step.at and step.advance then core.fail(place, "a step has at or advance, not both") end
end

local function play_of(place, name, t, given)
  check_steps(place, name, t)
  local steps, p, expects = told.copy(t.steps) or short_steps(place, t), { count = 0 }, {}
  for _, step in ipairs(steps) do check_step(place, step) end
  local first = steps[1]
  if not first then core.fail(place, "test \"" .. name .. "\": steps is empty") end
  local said = {}
  local timed = split_given(given, said)
  for i, m in ipairs(first) do said[#said + 1], first[i] = m, nil end
  for i, m in ipairs(said) do first[i] = m end
  local last = timed[#timed]
  if last then add_said(place, p, timed, last.at_ms) end
  for _, step in ipairs(steps) do add_step(place, p, expects, step) end
  if #expects == 0 then core.fail(place, "test \"" .. name .. "\" expects nothing; expect = \"nothing\" says that nothing happens") end
  p.now, p.count = nil, nil
  return p, expects
end

-- --- the others ----------------------------------------------------------------

local other_keys = { handed_over = true, conversations = true, from = true, to = true }

-- others = { handed_over = 40, from = "10:00", to = "11:00" }: so many of the
-- conversations besides this one were handed over to the same team, evenly;
-- what the budgets have left for this one follows from it.
local function others_of(place, t)
  core.strict(place, "others", t, other_keys)
  local handed = t.handed_over or 0
  core.whole(place, "handed_over", handed, 0)
  if t.conversations then core.whole(place, "conversations", t.conversations, handed) end
  local from = t.from and told.moment(place, t.from)
  local to = t.to and told.moment(place, t.to, from)
  if from and not to or handed + (t.conversations or 0) > 100000 then
    core.fail(place, "others = { handed_over = 40, conversations = 100, from = \"10:00\", to = \"11:00\" }: 100,000 at most, from with to")
  end
  return { handed_over = handed, conversations = t.conversations or handed, from_ms = from, to_ms = to }
end

-- --- test, cases ------------------------------------------------------------------

local group_states = { available = true, offline = true, full = true }

-- groups = { billing = "offline" }: as facts of every moment of the test
local function availability_of(place, states)
  if states == nil then return nil end
  local facts = {}
  for name, state in pairs(type(states) == "table" and states or core.fail(place, "groups = { billing = \"offline\" } expected")) do
    core.check_group(place, name)
    if not group_states[state] then
      core.fail(place, "groups." .. tostring(name) .. ": '" .. tostring(state) .. "' is none of available, full, offline")
    end
    facts[name] = state == "full" and { state = state, capacity = 1, open = 1 } or { state = state }
  end
  return facts
end

local function add(place, name, t)
  if type(name) ~= "string" or name == "" then core.fail(place, "test \"a title in plain words\" { ... }") end
  core.strict(place, "test", t, test_keys)
  if t.given == nil and t.steps then t.given = conversation {} end
  if type(t.given) ~= "table" then core.fail(place, "test \"" .. name .. "\" has no given = conversation { ... }") end
  local one = { name = name, where = place, given = told.as_recording(t.given), event = t.event,
    availability = availability_of(place, t.groups) }
  if t.steps or t.at or t.then_at then
    one.play, one.expects = play_of(place, name, t, one.given)
    one.event = nil
  else
    if t.expect == nil then core.fail(place, "test \"" .. name .. "\" has no expect = { ... }") end
    one.expects = { { want = t.expect } }
    one.now_ms = t.now and told.moment(place, t.now) or nil
  end
  if t.others ~= nil then one.others = others_of(place, t.others) end
  for _, e in ipairs(one.expects) do core.check_expect(place, e.want) end
  tests[#tests + 1] = one
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
      local t = { given = row[2], expect = row[3] }
      for key, value in pairs(row) do if type(key) == "string" then t[key] = value end end
      add(place, title .. ": " .. tostring(row[1] or i), t)
    end
    if #list == 0 then core.fail(place, "cases \"" .. title .. "\" is empty") end
  end
end

core.entry.tests = function()
  local list = {}
  for i, t in ipairs(tests) do
    list[i] = { name = t.name, where = t.where, given = t.given, event = t.event, now_ms = t.now_ms, play = t.play,
      others = t.others, availability = t.availability }
  end
  return list
end
