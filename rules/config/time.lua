-- Time in the configuration: calendars with their holidays, and by when a
-- human is promised. What is written is checked here, with file and line, and
-- handed on as days and seconds; which zones there are, and what stands in a
-- file of holidays, the engine finds out.

local conf = configuration
local out, fail, hint, names_of, strict = conf.out, conf.fail, conf.hint, conf.names_of, conf.strict
local ALWAYS = "24x7"
local DAY_S = 86400
local DATES_MAX = 2000

-- --- hours and days ---------------------------------------------------------

local function clock(place, what, written)
  local h, m = tostring(written):match("^(%d%d?):(%d%d)$")
  local s = h and tonumber(h) * 3600 + tonumber(m) * 60
  if type(written) ~= "string" or not s or tonumber(m) > 59 or s > DAY_S then
    fail(place, what .. ": a time of day is written \"09:00\", up to \"24:00\", not '" .. tostring(written) .. "'")
  end
  return s
end

local function interval(place, what, pair)
  if type(pair) ~= "table" or #pair ~= 2 then
    fail(place, what .. ": hours are written { { \"09:00\", \"12:00\" }, { \"13:30\", \"18:00\" } }")
  end
  local from, to = clock(place, what, pair[1]), clock(place, what, pair[2])
  if from >= to then
    fail(place, what .. ": '" .. pair[1] .. "' to '" .. pair[2] .. "' ends before it begins; over midnight is { \""
      .. pair[1] .. "\", \"24:00\" } here and { \"00:00\", \"" .. pair[2] .. "\" } on the next day")
  end
  return { from, to }
end

-- Intervals in order; those that meet are one.
local function hours(place, what, list)
  if type(list) ~= "table" then
    fail(place, what .. ": hours are written { { \"09:00\", \"17:00\" } }, and {} is closed")
  end
  if type(list[1]) == "string" then list = { list } end
  local sorted = {}
  for key, pair in pairs(list) do
    if type(key) ~= "number" then fail(place, what .. " has no '" .. tostring(key) .. "'") end
    sorted[#sorted + 1] = interval(place, what, pair)
  end
  table.sort(sorted, function(a, b) return a[1] < b[1] end)
  local merged = {}
  for _, one in ipairs(sorted) do
    local last = merged[#merged]
    if last and one[1] < last[2] then fail(place, what .. ": two intervals overlap") end
    if last and one[1] == last[2] then last[2] = one[2] else merged[#merged + 1] = one end
  end
  return merged
end

local weekdays = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" }

local function week(place, what, weekly)
  local list, known = {}, {}
  for _, day in ipairs(weekdays) do known[day] = true end
  for day in pairs(weekly) do
    if not known[day] then
      fail(place, what .. " has no day '" .. tostring(day) .. "'; the days are mon, tue, wed, thu, fri, sat and sun")
    end
  end
  for i, day in ipairs(weekdays) do
    list[i] = weekly[day] and hours(place, what .. "." .. day, weekly[day]) or {}
  end
  return list
end

-- "2026-12-24" -> days since 1970, "12-24" -> 1224 and true: every year
local function date(place, what, written)
  local text = tostring(written)
  local m, d = text:match("^(%d%d)-(%d%d)$")
  local ms = time.parse((m and "2024-" .. text or text) .. "T00:00:00Z")
  if type(written) ~= "string" or #text > 10 or not ms then
    fail(place, what .. ": a date is written \"2026-12-24\", or \"12-24\" for every year; '" .. text .. "' is none")
  end
  if m then return tonumber(m) * 100 + tonumber(d), true end
  local year = tonumber(text:sub(1, 4))
  if year < 2000 or year > 2199 then fail(place, what .. ": the year " .. year .. " is not in 2000 to 2199") end
  return ms // (DAY_S * 1000), false
end

-- { "2026-12-24", "Christmas Eve", { { "09:00", "13:00" } }, to = "2026-12-26" }
local function entry(place, what, row)
  if type(row) == "string" then row = { row } end
  if type(row) ~= "table" then
    fail(place, what .. ": a day is written { \"2026-12-24\", \"Christmas Eve\", { { \"09:00\", \"13:00\" } } }")
  end
  for key in pairs(row) do
    if key ~= "to" and math.type(key) ~= "integer" then
      fail(place, what .. " has no '" .. tostring(key) .. "'" .. hint(key, { "to" }))
    end
  end
  local one = {}
  one.from, one.yearly = date(place, what, row[1])
  one.to = one.from
  if row.to ~= nil then
    local yearly
    one.to, yearly = date(place, what .. ".to", row.to)
    if one.yearly or yearly then fail(place, what .. ": to = ... wants dates with a year") end
    if one.to < one.from or one.to - one.from > 366 then
      fail(place, what .. ": to = \"" .. row.to .. "\" is not within a year after \"" .. row[1] .. "\"")
    end
  end
  for i = 2, #row do
    local v = row[i]
    if type(v) == "string" and not one.name then
      one.name = v
    elseif type(v) == "table" and not one.hours then
      one.hours = hours(place, what, v)
    else
      fail(place, what .. ": behind the date stand a name and hours, each once")
    end
  end
  return one
end

-- Every day of a list once, with its layer.
local function add_days(place, name, word, list, days)
  local first = {}
  for i, row in ipairs(list) do
    local what = "calendar \"" .. name .. "\"." .. word .. "[" .. i .. "]"
    local one = entry(place, what, row)
    if word == "exceptions" and one.yearly then fail(place, what .. ": an exception has a year; every year is a holiday") end
    if word == "exceptions" and not one.hours then
      fail(place, what .. ": what are the hours on that day? Add { { \"10:00\", \"16:00\" } }; a closed day stands in holidays")
    end
    for day = one.from, one.to do
      local key = (one.yearly and "every " or "") .. day
      if first[key] then fail(place, what .. ": that day stands in " .. word .. "[" .. first[key] .. "] already") end
      first[key] = i
      if #days >= DATES_MAX then fail(place, "calendar \"" .. name .. "\": more than " .. DATES_MAX .. " days") end
      days[#days + 1] = {
        layer = word == "exceptions" and "exception" or one.yearly and "yearly" or "holiday",
        day = day, name = one.name, hours = one.hours or {},
      }
    end
  end
  for key in pairs(list) do
    if type(key) ~= "number" then fail(place, "calendar \"" .. name .. "\"." .. word .. " is a list of days; '" .. tostring(key) .. "' is none") end
  end
end

local function files(place, name, what)
  local list = type(what) == "string" and { what } or what or {}
  for _, file in ipairs(list) do
    if type(file) ~= "string" then fail(place, "calendar \"" .. name .. "\".holidays_file is \"file.ics\", or a list of them") end
  end
  return list
end

-- calendar "support" { zone = "Europe/Berlin", weekly = { mon = ... }, ... }
function calendar(name)
  local place = where(2)
  if type(name) ~= "string" or not name:match("^[%w_-]+$") or #name > 40 then
    fail(place, "calendar \"name\" { ... }: a name is letters, 0-9, _ and -, at most 40")
  end
  if name == ALWAYS then fail(place, "calendar \"" .. ALWAYS .. "\" is always open and need not be declared") end
  local known = "calendars." .. name
  if out.where[known] then
    fail(place, "calendar \"" .. name .. "\" is declared twice; the first time at " .. out.where[known])
  end
  return function(t)
    local what = "calendar \"" .. name .. "\""
    strict(place, what, t, { zone = "string", weekly = "table", holidays = "table", exceptions = "table", holidays_file = "string|table" })
    if not t.zone then fail(place, what .. " needs zone = \"Europe/Berlin\": where its hours are") end
    if not t.weekly and not t.exceptions then fail(place, what .. " needs weekly = { mon = { { \"09:00\", \"17:00\" } }, ... }") end
    local days = {}
    add_days(place, name, "exceptions", t.exceptions or {}, days)
    add_days(place, name, "holidays", t.holidays or {}, days)
    out.where[known] = place
    out.calendars = out.calendars or {}
    out.calendars[name] = {
      zone = t.zone, weekly = week(place, what .. ".weekly", t.weekly or {}), days = days,
      files = files(place, name, t.holidays_file),
    }
  end
end

-- --- promises ---------------------------------------------------------------

local levels = { "low", "normal", "high", "urgent" }
local unit_s = { s = 1, m = 60, h = 3600, d = DAY_S }

local function seconds(written)
  local n, unit = tostring(written):match("^(%d+)([smhd])$")
  local s = n and tonumber(n) * unit_s[unit]
  return s and s >= 1 and s <= 366 * DAY_S and s or nil
end

conf.seconds = seconds

-- "10m" -> { s = 600 }, "2 business days" -> { days = 2 }
local function span(place, what, written)
  if type(written) ~= "string" then fail(place, what .. " must be a string, not a " .. type(written)) end
  local n = written:match("^(%d+) business days?$")
  n = written == "next business day" and 1 or n and tonumber(n)
  if n and n >= 1 and n <= 60 then return { days = n } end
  local s = seconds(written)
  if not s then
    fail(place, what .. ": a time is written \"30m\", \"4h\" or \"1d\" (at most 366 days), or \"1 business day\" (at most 60), not '" .. written .. "'")
  end
  return { s = s }
end

local function is_level(key)
  for _, one in ipairs(levels) do if one == key then return true end end
  return false
end

local function promise(place, what, row, by_tier)
  if type(row) == "string" then row = { first_response = row } end
  strict(place, what, row, { first_response = "string", escalate = "string", calendar = "string" })
  if row.escalate and not by_tier then
    fail(place, what .. ".escalate: how long the AI may try is said by tier, not by priority")
  end
  if not row.first_response and not row.escalate then
    fail(place, what .. " promises nothing; add first_response = \"10m\"")
  end
  return {
    first_response = row.first_response and span(place, what .. ".first_response", row.first_response),
    escalate = row.escalate and span(place, what .. ".escalate", row.escalate), calendar = row.calendar,
  }
end

-- sla { vip = { first_response = "2m", escalate = "10m", calendar = "24x7" }, urgent = "1h" }
function sla(what)
  local place = where(2)
  conf.once(place, "sla")
  if type(what) ~= "table" then fail(place, "sla { ... } expected") end
  out.sla = { priorities = {}, tiers = {} }
  for key, value in pairs(what) do
    local name = "sla." .. tostring(key)
    if is_level(key) then
      if type(value) ~= "table" then span(place, name, value) end
      out.sla.priorities[key] = promise(place, name, value, false)
    elseif type(key) ~= "string" or type(value) ~= "table" then
      fail(place, "sla has no priority '" .. tostring(key) .. "'" .. hint(key, levels)
        .. "; a tier is written " .. tostring(key) .. " = { first_response = \"10m\", escalate = \"1h\" }")
    else
      local row = promise(place, name, value, true)
      row.name = key
      out.sla.tiers[#out.sla.tiers + 1] = row
    end
  end
end

-- --- names that one declaration takes from another --------------------------

local function check_calendar(place, what, name)
  if name == nil or name == ALWAYS or out.calendars and out.calendars[name] then return end
  local known = names_of(out.calendars or {})
  known[#known + 1] = ALWAYS
  fail(place, what .. ": calendar \"" .. tostring(name) .. "\" is not declared" .. conf.hint_or_names(name, known))
end

local finish = conf.entry.finish
function conf.entry.finish()
  finish()
  for name, group in pairs(out.groups or {}) do
    local what = "group " .. tostring(name)
    check_calendar(conf.seen.groups, what, group.calendar)
    if group.expected_wait then
      group.expected_wait_s = seconds(group.expected_wait)
      if not group.expected_wait_s then
        fail(conf.seen.groups, what .. ".expected_wait: a time is written \"90s\" or \"5m\", not '" .. group.expected_wait .. "'")
      end
    end
  end
  if not out.sla then return end
  for level, row in pairs(out.sla.priorities) do check_calendar(conf.seen.sla, "sla." .. level, row.calendar) end
  for _, row in ipairs(out.sla.tiers) do check_calendar(conf.seen.sla, "sla." .. row.name, row.calendar) end
end
