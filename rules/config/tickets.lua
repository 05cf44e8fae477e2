-- Tickets after they are made: how often a helpdesk is asked what became of
-- them, for how long a message still belongs to one that is done, and what
-- happens with one that nobody takes.

local conf = configuration
local out, fail, strict = conf.out, conf.fail, conf.strict

-- A span of time in words, in seconds.
local function span(place, what, written)
  local s = conf.seconds(written)
  if not s then
    fail(place, what .. ": a time is written \"30s\", \"5m\" or \"72h\", not '" .. tostring(written) .. "'")
  end
  return s
end

-- tickets { follow = "5m", reopen_within = "72h", unassigned_after = "30m", then_group = "support" }
function tickets(what)
  local place = where(2)
  conf.once(place, "tickets")
  strict(place, "tickets", what,
    { follow = "string|boolean", reopen_within = "string", unassigned_after = "string", then_group = "string" })
  out.tickets = what
end

local function check_group(place, what, name)
  if name and out.groups and not out.groups[name] then
    fail(place, what .. ".then_group: group \"" .. name .. "\" is not in groups { ... }"
      .. conf.hint_or_names(name, conf.names_of(out.groups)))
  end
end

local function check_unassigned(place, what, t)
  if t.unassigned_after then
    t.unassigned_after_s = span(place, what .. ".unassigned_after", t.unassigned_after)
  end
  check_group(place, what, t.then_group)
end

-- A time, or false: never. true says no more than nothing.
local function check_follow(place, what, t)
  if type(t.follow) == "string" then
    t.follow = span(place, what .. ".follow", t.follow)
  elseif t.follow ~= nil and type(t.follow) ~= "boolean" then
    fail(place, what .. ".follow is a time (\"5m\"), or false")
  end
end

local finish = conf.entry.finish
function conf.entry.finish()
  finish()
  local all = out.tickets
  if all then
    local place = conf.seen.tickets
    check_follow(place, "tickets", all)
    check_unassigned(place, "tickets", all)
    if all.reopen_within then
      all.reopen_within_s = span(place, "tickets.reopen_within", all.reopen_within)
    end
  end
  for name, group in pairs(out.groups or {}) do
    local what = "group " .. tostring(name)
    check_unassigned(conf.seen.groups, what, group)
    if group.then_group == name then fail(conf.seen.groups, what .. " gives what nobody takes to itself") end
  end
  for name, helpdesk in pairs(out.helpdesks) do
    check_follow(out.where["helpdesks." .. name], "helpdesk \"" .. name .. "\"", helpdesk)
  end
end
