-- The configuration language: declarations at the top level of usher.conf.lua.
-- Every key is known, every value has a type, every complaint names file and
-- line and, where a name is wrong, the nearest right one. The entry function
-- config() gives one plain table; the engine fills in secrets later, by name.

local out = {
  sources = {}, helpdesks = {}, notifiers = {}, where = {},
  origin_tags = { "usher", "ai-handoff" },
}
local seen = {}

local function fail(place, message)
  error(place .. ": " .. message, 0)
end

local function hint(name, known)
  local near = text.nearest(tostring(name), known)
  return near and (" (did you mean '" .. near .. "'?)") or ""
end

local function names_of(t)
  local list = {}
  for name in pairs(t) do list[#list + 1] = name end
  return list
end

-- The near name, or else the names that there are: enough to go on with.
local NAMES_SHOWN = 12
local function hint_or_names(name, known)
  local near = hint(name, known)
  if near ~= "" then return near end
  if #known == 0 then return "; it names none" end
  local shown = {}
  for i, one in ipairs(known) do shown[i] = tostring(one) end
  table.sort(shown)
  local more = #shown - NAMES_SHOWN
  return "; it names " .. table.concat(shown, ", ", 1, math.min(#shown, NAMES_SHOWN))
    .. (more > 0 and " and " .. more .. " more" or "")
end

-- Check the keys and types of a declaration. spec: key -> type name, or a
-- list of type names; a trailing "?" is not needed, everything is optional.
local function strict(place, what, t, spec)
  if type(t) ~= "table" then
    fail(place, what .. " { ... } expected")
  end
  for key, value in pairs(t) do
    local want = spec[key]
    if not want then
      fail(place, what .. " has no setting '" .. tostring(key) .. "'" .. hint(key, names_of(spec)))
    end
    local fine = false
    for kind in want:gmatch("[^|]+") do fine = fine or type(value) == kind end
    if not fine then
      fail(place, what .. "." .. tostring(key) .. " must be a " .. want:gsub("|", " or ") .. ", not a " .. type(value))
    end
  end
  return t
end

local function once(place, word)
  if seen[word] then
    fail(place, word .. " is declared twice; the first time at " .. seen[word])
  end
  seen[word] = place
  out.where[word] = place
end

-- secret "NAME": from a credential file or the environment, at start.
-- secret { file = "path" }: from that file.
function secret(what)
  local place = where(2)
  if type(what) == "string" then return { secret = what } end
  strict(place, "secret", what, { file = "string" })
  if not what.file then fail(place, "secret { file = \"...\" } expected") end
  return { secret_file = what.file }
end

function listen(what)
  local place = where(2)
  once(place, "listen")
  if type(what) == "string" then what = { address = what } end
  out.listen = strict(place, "listen", what,
    { address = "string", tls_cert = "string", tls_key = "string", body_max = "number" })
  out.where.listen = place
  -- An adapter reads a body whole: it cannot be more than a script's string.
  local most = what.body_max
  if most and (math.type(most) ~= "integer" or most < 1024 or most > 1 << 20) then
    fail(place, "listen.body_max is a whole number of bytes from 1024 to 1048576")
  end
  if (what.tls_cert == nil) ~= (what.tls_key == nil) then
    fail(place, "tls_cert and tls_key go together")
  end
end

function admin(what)
  local place = where(2)
  once(place, "admin")
  out.where.admin = place
  out.admin = strict(place, "admin", what, { socket = "string", address = "string", token = "table" })
end

function store(what)
  local place = where(2)
  once(place, "store")
  if type(what) == "string" then what = { path = what } end
  out.store = strict(place, "store", what, { path = "string", key_file = "string" })
end

local function word_of(name)
  return function(value)
    local place = where(2)
    once(place, name)
    if type(value) ~= "string" then fail(place, name .. " \"...\" expected") end
    out.where[name] = place
    out[name] = value
  end
end

-- policy "rules", or policy { dir = "rules", conversations = "pin", ... }
local policy_words = {
  conversations = { follow = true, pin = true },
  changes = { live = true, draft = true, shadow = true },
}

local function backtest_of(place, what)
  strict(place, "policy backtest", what,
    { recordings = "string", max_changed = "string", max_new_escalations = "string", max_lost_escalations = "string" })
  if not what.recordings then
    fail(place, "policy backtest needs recordings = \"FILE\"")
  end
  for _, name in ipairs { "max_changed", "max_new_escalations", "max_lost_escalations" } do
    if what[name] and not what[name]:match("^%d+%.?%d*%%?$") then
      fail(place, "policy backtest: " .. name .. " is a share (\"2%\") or a number of conversations (\"12\")")
    end
  end
end

function policy(what)
  local place = where(2)
  once(place, "policy")
  if type(what) == "string" then what = { dir = what } end
  if type(what) ~= "table" then fail(place, "policy \"...\" expected") end
  strict(place, "policy", what, { dir = "string", conversations = "string", changes = "string", backtest = "table" })
  for name, known in pairs(policy_words) do
    if what[name] and not known[what[name]] then
      local words = {}
      for word in pairs(known) do words[#words + 1] = '"' .. word .. '"' end
      fail(place, "policy " .. name .. " is " .. table.concat(words, " or "))
    end
  end
  if what.backtest then backtest_of(place, what.backtest) end
  out.where.policy = place
  out.policy = what
end
tenant = word_of("tenant")
adapters = word_of("adapters")
default_group = word_of("default_group")
default_helpdesk = word_of("default_helpdesk")
response_time = word_of("response_time")

function workers(n)
  local place = where(2)
  if math.type(n) ~= "integer" or n < 1 or n > 64 then fail(place, "workers(1) to workers(64)") end
  out.workers = n
end

-- A notifier is told of every hand-over, after the ticket was made; one that is
-- on_request only of those whose rule names it, one that is at_once before.
local told_how = { "on_request", "at_once" }

local function check_told_how(place, kind, name, settings)
  for _, key in ipairs(told_how) do
    local value = settings[key]
    if value ~= nil and kind ~= "notifier" then
      fail(place, kind .. " \"" .. name .. "\" has no " .. key .. "; only notifiers have")
    elseif value ~= nil and type(value) ~= "boolean" then
      fail(place, "notifier \"" .. name .. "\"." .. key .. " must be true or false, not a " .. type(value))
    end
  end
end

-- source "web" { adapter = "custom", ... }: which settings an adapter has is
-- its own to say; here only what every part has is checked.
local function part(kind, list)
  return function(name)
    local place = where(2)
    if type(name) ~= "string" or not name:match("^[a-z][a-z0-9_-]*$") or #name > 40 then
      fail(place, kind .. " \"name\" { ... }: a name is a-z, 0-9, _ and -, at most 40")
    end
    if list[name] then
      fail(place, kind .. " \"" .. name .. "\" is declared twice; the first time at " .. out.where[kind .. "s." .. name])
    end
    return function(settings)
      if type(settings) ~= "table" then fail(place, kind .. " \"" .. name .. "\" { ... } expected") end
      if type(settings.adapter) ~= "string" then
        fail(place, kind .. " \"" .. name .. "\" needs adapter = \"...\"")
      end
      check_told_how(place, kind, name, settings)
      list[name] = settings
      out.where[kind .. "s." .. name] = place
      if kind == "helpdesk" and not out.default_helpdesk and not out.first_helpdesk then
        out.first_helpdesk = name
      end
    end
  end
end

source = part("source", out.sources)
helpdesk = part("helpdesk", out.helpdesks)
notifier = part("notifier", out.notifiers)

-- groups { "support", billing = { ids = { zd = 36001 } } }
function groups(list)
  local place = where(2)
  once(place, "groups")
  out.groups = {}
  for key, value in pairs(list) do
    if type(key) == "number" then
      out.groups[value] = {}
    else
      strict(place, "group " .. tostring(key), value, { ids = "table", calendar = "string", languages = "table",
        expected_wait = "string", fallback = "table", skills = "table", unassigned_after = "string", then_group = "string" })
      out.groups[key] = value
    end
  end
end

local function table_of(name)
  return function(value)
    local place = where(2)
    once(place, name)
    if type(value) ~= "table" then fail(place, name .. " { ... } expected") end
    out[name] = value
  end
end

routing = table_of("routing")
priorities = table_of("priorities")
origin_tags = table_of("origin_tags")
tags = table_of("tags")
fields = table_of("fields")
intents = table_of("intents")
tiers = table_of("tiers")

function redact(what)
  local place = where(2)
  once(place, "redact")
  out.redact = strict(place, "redact", what,
    { card = "boolean", iban = "boolean", secret = "boolean", email = "boolean", phone = "boolean" })
end

-- limits { decide = { wall_ms = 100 } }: what a call of a script may take; the
-- rest stays as `usher check` prints it. The heap's upper end is the engine's.
local least_and_most = {
  instructions = { 10000, 1000000000 }, pattern_steps = { 10000, 1000000000 },
  wall_ms = { 1, 60000 }, heap = { 1 << 20, 16 << 20 },
}

function limits(what)
  local place = where(2)
  once(place, "limits")
  local one = { instructions = "number", pattern_steps = "number", wall_ms = "number", heap = "number" }
  strict(place, "limits", what, { load = "table", read = "table", decide = "table", build = "table", test = "table" })
  for kind, values in pairs(what) do
    strict(place, "limits." .. kind, values, one)
    for name, value in pairs(values) do
      local least, most = least_and_most[name][1], least_and_most[name][2]
      if math.type(value) ~= "integer" or value < least or value > most then
        fail(place, ("limits.%s.%s is a whole number from %d to %d"):format(kind, name, least, most))
      end
    end
  end
  out.limits = what
end

-- Names that one declaration takes from another.
local function check_names()
  if out.groups then
    local known = names_of(out.groups)
    local function group(name, place)
      if name and not out.groups[name] then
        fail(place, "group \"" .. tostring(name) .. "\" is not in groups { ... }" .. hint_or_names(name, known))
      end
    end
    group(out.default_group, seen.default_group or "")
    for name, one in pairs(out.groups) do
      for _, other in ipairs(one.fallback or {}) do
        group(other, seen.groups)
        if other == name then fail(seen.groups, "group " .. name .. " falls back to itself") end
      end
      for _, skill in ipairs(one.skills or {}) do
        if type(skill) ~= "string" or skill == "" then fail(seen.groups, "group " .. name .. ".skills = { \"spanish\", ... } expected") end
      end
      for _, tag in ipairs(one.languages or {}) do
        if type(tag) ~= "string" or not (tag:match("^%a%a%a?$") or tag:match("^%a%a%a?%-[%w-]+$")) then
          fail(seen.groups, "group " .. name .. ".languages = { \"es\", \"pt-BR\", ... } expected")
        end
      end
    end
    for _, row in ipairs(out.routing or {}) do group(row.group, seen.routing) end
  end
  local levels = { "low", "normal", "high", "urgent" }
  for reason, level in pairs(out.priorities or {}) do
    local fine = false
    for _, known in ipairs(levels) do fine = fine or known == level end
    if not fine then
      fail(seen.priorities, "priorities." .. tostring(reason) .. ": '" .. tostring(level) .. "' is none of low, normal, high, urgent")
    end
  end
end

local entry = {
  finish = check_names,
  config = function()
    if not out.default_helpdesk then out.default_helpdesk = out.first_helpdesk end
    out.first_helpdesk = nil
    return out
  end,
}
-- For the other files of the configuration language.
configuration = {
  out = out, seen = seen, fail = fail, hint = hint, hint_or_names = hint_or_names, names_of = names_of, strict = strict,
  once = once, entry = entry,
}
return entry
