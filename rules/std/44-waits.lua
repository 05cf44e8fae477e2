-- When a rule acts that does not act at once: after a time (wait), after a
-- time that counts only while a team is there, or when the promise to the
-- customer leaves no more time (timing = "sla").

local core = rule_language
local new = core.new_condition
local given = core.given
local all = all

-- --- wait = "10m", "4 business hours", { "1 business day", calendar = "support" } ---

local unit_s = { minute = 60, hour = 3600 }
local DAY_S = 86400

-- So many days, or seconds, of business; nil when it is plain time.
local function business(written)
  local n, unit = tostring(written):match("^(%d+) business (%l-)s?$")
  if written == "next business day" then n, unit = 1, "day" end
  n = tonumber(n)
  if not n or n < 1 or n > 1000 then return nil end
  if unit == "day" then return n, nil end
  return nil, unit_s[unit] and n * unit_s[unit]
end

-- Where it is counted: the calendar that is named, else that of the rule's
-- group, else that of the default group, else the only one.
local function calendar_of(place, effect, named)
  if named == nil then
    local group = effect.group or given.default_group
    local row = type(group) == "string" and given.groups and given.groups[group]
    if row and row.calendar then return row.calendar end
  end
  return core.calendar_for(place, named, "wait = { \"1 business day\", calendar = \"...\" }")
end

function core.read_wait(place, r, wait)
  local named
  if type(wait) == "table" then
    core.strict(place, "wait", wait, { [1] = true, calendar = true })
    wait, named = wait[1], wait.calendar
  end
  local days, seconds = business(wait)
  if not (days or seconds) then
    if named then core.fail(place, "wait: \"" .. tostring(wait) .. "\" is plain time and wants no calendar; \"4 business hours\" counts on one") end
    if tostring(wait):find("business") then
      core.fail(place, "wait = \"30 business minutes\", \"4 business hours\" or \"1 business day\" (at most 1000), not '" .. tostring(wait) .. "'")
    end
    r.wait_s = core.duration(place, wait)
    return
  end
  local calendar = calendar_of(place, r.effect, named)
  r.wait_s = seconds or days * DAY_S
  r.wait_key = wait .. " of " .. tostring(calendar)
  core.ask_wait { key = r.wait_key, calendar = calendar, days = days, s = seconds }
end

-- When its time comes if it begins now. Without a configuration nobody knows
-- who is there when: all time counts.
local function time_of(r, facts)
  local at_ms = r.wait_key and facts.waits and facts.waits[r.wait_key]
  return at_ms or (facts.now_ms or 0) + r.wait_s * 1000, at_ms ~= nil
end

-- A rule that waits acts when its own timer has run out, and not before.
function core.must_wait(r, facts)
  return r.wait_s ~= nil and not (facts.timer and facts.timer.rule == r.name)
end

function core.put_wait(d, r, facts)
  local at_ms, counted = time_of(r, facts)
  d.timing, d.wait_s = "wait", r.wait_s
  if counted then d.at_ms, d.wait_s = at_ms, (at_ms - facts.now_ms + 999) // 1000 end
end

-- --- timing = "sla" ------------------------------------------------------------

-- The limit of the customer's tier, less the queue of the group and a minute.
local function promised_at(facts, group)
  local sla = facts.sla
  return sla and (sla.groups and sla.groups[group] or sla.escalate_at_ms)
end

-- Where nothing is promised there is nothing to be late for: the rule does not
-- match.
local function has_promise()
  return new {
    expr = "timing = \"sla\"", op = "is", threshold = "promised", implied = true,
    check = function(m)
      local at_ms = promised_at(m.facts)
      if not at_ms then return false, nil, true end
      return true, "until " .. time.format(at_ms)
    end,
  }
end

function core.read_timing(place, r)
  if r.effect.timing ~= "sla" then return end
  if r.final then core.fail(place, "rule \"" .. r.name .. "\" is final and waits; what is final happens at once") end
  if r.wait_s then core.fail(place, "rule \"" .. r.name .. "\" has wait and timing = \"sla\": until when does it wait?") end
  r.when = all { r.when, has_promise() }
  core.ask_sla(type(r.effect.group) == "string" and r.effect.group or nil)
end

-- An escalation that the promise leaves time for: the AI may go on until then.
-- d knows the group that rule or routing found; modifiers see a wait.
function core.defer(d, facts)
  if d.timing ~= "sla" or d.final then return false end
  local at_ms, now = promised_at(facts, d.group), facts.now_ms
  if not at_ms or now >= at_ms then return false end
  d.action, d.at_ms, d.wait_s = "wait", at_ms, (at_ms - now + 999) // 1000
  return true
end

-- --- who has the timer -----------------------------------------------------------

-- Does what happens now begin its wait anew?
local function begins_anew(r, c, event)
  local last = c.messages[#c.messages]
  if event.type ~= "message.created" or not last or last.role ~= "customer" then return false end
  local ends = r.effect.cancel_on
  if type(ends) ~= "table" then return true end
  for _, word in ipairs(ends) do if word == "customer_message" then return true end end
  return false
end

local function comes_at(r, m)
  local waiting = m.c.waiting
  if waiting and waiting.rule == r.name and not begins_anew(r, m.c, m.facts.event or {}) then return waiting.due_at_ms end
  return (time_of(r, m.facts))
end

-- A promise's moment stands fast, whoever has the conversation's one timer: a
-- rule behind that waits to hand over, and whose time comes before, has it
-- first. (One that would do less must not: the promise would be forgotten.)
local hands_over = { escalate = true, append = true }

function core.sooner(m, rules, first, at_ms, matches)
  local found
  local behind = false
  for _, r in ipairs(rules) do
    if behind and r.wait_s and hands_over[r.action] and matches(r) then
      if not core.must_wait(r, m.facts) then return r end
      local comes = comes_at(r, m)
      if comes < at_ms then found, at_ms = r, comes end
    end
    behind = behind or r == first
  end
  return found
end
