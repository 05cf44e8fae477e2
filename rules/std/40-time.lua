-- Words about time. The clock and the calendars are facts: worked out by the
-- engine for the moment of the decision, and only those that a policy names.

local core = rule_language
local new = core.new_condition
local given = core.given

-- --- what the policy asks for ------------------------------------------------

local asks = { calendars = {}, days = {}, waits = {}, sla = false, sla_groups = {} }
local asked = { calendars = {}, days = {}, waits = {}, sla_groups = {} }

local function ask(kind, name)
  if asked[kind][name] then return end
  asked[kind][name] = true
  asks[kind][#asks[kind] + 1] = name
end

-- When a wait of business time would be over that began now.
function core.ask_wait(wait)
  if asked.waits[wait.key] then return end
  asked.waits[wait.key] = true
  asks.waits[#asks.waits + 1] = wait
end

-- When the promise leaves no more time: for the group, or for whichever the
-- routing finds.
local routed = false
function core.ask_sla(group)
  asks.sla = true
  if group then ask("sla_groups", group) else routed = true end
end

-- What is known of the customer's tickets (attributes last_ticket_...).
function core.ask_returns() asks.returns = true end

-- Is it a calendar, or a group that has one? Without a configuration any name
-- may be one, and none has hours.
local function check_name(place, word, name)
  if type(name) ~= "string" then
    core.fail(place, word .. " \"name\": of a calendar, or of a group that has one")
  end
  if not given.calendars then return end
  for _, known in ipairs(given.calendars) do if known == name then return end end
  local group = given.groups and given.groups[name]
  if group and group.calendar then return end
  if group then
    core.fail(place, word .. " \"" .. name .. "\": the group has no calendar; say groups { " .. name .. " = { calendar = \"...\" } }")
  end
  local known = core.names_of(given.groups or {})
  for _, one in ipairs(given.calendars) do known[#known + 1] = one end
  core.fail(place, word .. ": there is no calendar \"" .. name .. "\"" .. core.hint(name, known))
end

local function calendar_at(m, name)
  local calendars, groups = m.facts.calendars, m.facts.groups
  if not calendars then return nil end
  local group = not calendars[name] and groups and groups[name]
  return calendars[group and group.calendar or name]
end

-- "in 90 min", "in 14 h", "in 3 days": how far off, for explain
local function far(ms)
  if not ms then return "" end
  local minutes = (ms + 59999) // 60000
  if minutes < 120 then return " in " .. minutes .. " min" end
  if minutes < 48 * 60 then return " in " .. minutes // 60 .. " h" end
  return " in " .. minutes // 1440 .. " days"
end

-- open "support", closed "support": by its calendar, now
local function calendar_word(word, want)
  return function(name)
    check_name(core.place(2), word, name)
    ask("calendars", name)
    return new {
      quick = { "calendar", name, want },
      expr = word .. " \"" .. name .. "\"", op = "is", threshold = word,
      check = function(m)
        local fact = calendar_at(m, name)
        if not fact then return false, nil, true end
        local now = m.facts.now_ms
        if fact.open then
          local left = fact.next_close_ms and fact.next_close_ms - now
          return want, "open" .. (left and ", closes" .. far(left) or "")
        end
        local left = fact.next_open_ms and fact.next_open_ms - now
        return not want, "closed" .. (left and ", opens" .. far(left) or "")
      end,
    }
  end
end
open = calendar_word("open", true)
closed = calendar_word("closed", false)

-- --- on which day ------------------------------------------------------------

local weekdays = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" }
local number_of = {}
for i, day in ipairs(weekdays) do number_of[day] = i end

-- Each test of one day gets the fact: "saturday", "weekend", "2026-12-24",
-- "12-24", "holiday", or the name of a holiday.
local function day_test(place, written)
  if type(written) ~= "string" or written == "" then
    core.fail(place, "on \"saturday\", \"weekend\", \"holiday\", \"2026-12-24\", \"12-24\" or a holiday's name; not a " .. type(written))
  end
  local word = written:lower()
  if number_of[word] then return function(fact) return fact.weekday == number_of[word] end end
  if word == "weekend" then return function(fact) return fact.weekday >= 6 end end
  if word == "holiday" then return function(fact) return fact.holiday ~= nil end end
  if word:match("^[%d-]+$") then
    local full = word:match("^%d%d%-%d%d$") and "2024-" .. word or word
    if #full ~= 10 or not time.parse(full .. "T00:00:00Z") then
      core.fail(place, "on: a date is written \"2026-12-24\", or \"12-24\" for every year; '" .. written .. "' is none")
    end
    return function(fact) return fact.date == word or fact.date:sub(6) == word end
  end
  local near = #word >= 5 and text.nearest(word, weekdays)
  if near then core.fail(place, "on: there is no day '" .. written .. "' (did you mean '" .. near .. "'?)") end
  local folded = text.fold(written)
  return function(fact) return fact.holiday ~= nil and text.fold(fact.holiday) == folded end
end

local function only_calendar()
  local found
  for _, name in ipairs(given.calendars or {}) do
    if name ~= "24x7" then
      if found then return nil end
      found = name
    end
  end
  return found
end

-- Where it is that day: the calendar that is named, else that of the default
-- group, else the only one.
function core.calendar_for(place, name, written)
  if name ~= nil then
    check_name(place, written:match("^%l+"), name)
    return name
  end
  local group = given.default_group
  local row = group and given.groups and given.groups[group]
  if row and row.calendar or not given.calendars then return group end
  local only = only_calendar()
  if not only then core.fail(place, written .. ": on which calendar? Add calendar = \"...\" inside the braces") end
  return only
end

-- on "saturday"; on { "weekend", "holiday", calendar = "support" }
function on(what)
  local place = core.place(2)
  if type(what) ~= "table" then what = { what } end
  for key in pairs(what) do
    if type(key) ~= "number" and key ~= "calendar" then
      core.fail(place, "on { ... } has no '" .. tostring(key) .. "'" .. core.hint(key, { "calendar" }))
    end
  end
  local tests, shown = {}, {}
  for i, one in ipairs(what) do tests[i], shown[i] = day_test(place, one), tostring(one) end
  if #tests == 0 then core.fail(place, "on { \"saturday\", ... } expected") end
  local name = core.calendar_for(place, what.calendar, "on(...)")
  ask("days", name)
  local list = table.concat(shown, ", ")
  return new {
    quick = core.may(core.present("facts", "calendars")),
    expr = "on { \"" .. table.concat(shown, "\", \"") .. "\" }", op = "one of", threshold = list,
    check = function(m)
      local fact = calendar_at(m, name)
      if not fact or not fact.date then return false, nil, true end
      local value = weekdays[fact.weekday] .. " " .. fact.date .. (fact.holiday and ", " .. fact.holiday or "")
      for _, test in ipairs(tests) do if test(fact) then return true, value end end
      return false, value
    end,
  }
end

-- --- what is promised --------------------------------------------------------

-- sla_left_below "10m": of the time the AI may try with this customer's tier
-- (sla { vip = { escalate = "20m" } }), so much business time is left, or less
function sla_left_below(span)
  local place = core.place(2)
  local limit = core.duration(place, span)
  asks.sla = true
  return new {
    quick = core.may(core.present("facts", "sla")),
    expr = "sla_left_below \"" .. span .. "\"", op = "<", threshold = limit,
    check = function(m)
      local fact = m.facts.sla
      if not fact or not fact.left_ms then return false, nil, true end
      local left = fact.left_ms / 1000
      local pass = left < limit
      return pass, left, nil, (not pass) and left - limit or nil
    end,
  }
end

for name, word in pairs { open = open, closed = closed, on = on, sla_left_below = sla_left_below } do core.words[name] = word end

-- What it asks for is part of its description: the engine reads it there.
local describe = core.entry.describe
function core.entry.describe()
  local description = describe()
  for _, row in ipairs(routed and core.policy.routing or {}) do ask("sla_groups", row.group) end
  if #asks.calendars > 0 or #asks.days > 0 or #asks.waits > 0 or asks.sla or asks.returns then description.asks = asks end
  return description
end
