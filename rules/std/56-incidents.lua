-- What is broken right now, from a list beside the rules: incidents
-- "incidents.txt", a line each, its parts between "|":
--
--   pay-0412 | title Card payments fail | ticket 90017
--     | status https://status.shop.example/pay-0412 | intent payment_failed
--     | words payment failed, cannot pay | region eu, uk
--
-- (in one line). "closed" as a part takes it out. intent and words tell of the
-- problem; title, ticket and status are for texts ({incident.status}); every
-- other part is an attribute or a field and the values it must have. What fits
-- gives a point each; what is known and does not fit rules the incident out.

local core = rule_language
local new = core.new_condition

local require = require
local POINTS = 2
local texts = { title = true, ticket = true, status = true }
local declared, place_declared
local intents, phrases = {}, {} -- of all of them, closed ones too

local function values_of(part)
  local set, list = {}, {}
  for one in part:gmatch("[^,]+") do
    one = text.trim(one)
    if one ~= "" then list[#list + 1], set[text.fold(one)] = one, true end
  end
  return list, set
end

local function read_part(place, incident, name, value)
  if texts[name] then
    incident[name] = value
    return
  end
  local list, set = values_of(value)
  if #list == 0 then core.fail(place, "incident " .. incident.id .. ": '" .. name .. "' says nothing") end
  if name == "intent" then
    incident.intents = set
    for one in pairs(set) do intents[one] = true end
  elseif name == "words" then
    incident.words = text.phrases(list)
    for _, phrase in ipairs(list) do phrases[#phrases + 1] = phrase end
  else
    incident.facts[#incident.facts + 1] = { name = name, values = set }
  end
end

local function read_line(place, line)
  local incident
  for part in line:gmatch("[^|]+") do
    part = text.trim(part)
    if not incident then
      if not part:match("^[a-z0-9_.-]+$") then core.fail(place, "an incident's line begins with its id (a-z 0-9 _ . -), not '" .. part .. "'") end
      incident = { id = part, facts = {} }
    elseif part == "closed" then
      incident.closed = true
    elseif part ~= "" then
      local name, value = part:match("^([%l][%w_]*)%s+(.+)$")
      if not name then core.fail(place, "incident " .. incident.id .. ": '" .. part .. "' is no part: \"words payment failed, cannot pay\"") end
      read_part(place, incident, name, value)
    end
  end
  if not incident.intents and not incident.words then
    core.fail(place, "incident " .. incident.id .. " needs intent or words: how is it recognised?")
  end
  return incident
end

function incidents(name)
  local place = core.place(2)
  if declared then core.fail(place, "incidents is declared twice; the first time at " .. place_declared) end
  if type(name) ~= "string" or not name:find("%.txt$") then
    core.fail(place, "incidents \"incidents.txt\" expected: a .txt file beside the rules, an incident a line")
  end
  declared, place_declared = {}, place
  local lines = require(name)
  for line in lines:gsub("^\u{feff}", ""):gmatch("[^\r\n]+") do
    line = text.trim(line)
    if line ~= "" and line:sub(1, 1) ~= "#" then
      local incident = read_line(place, line)
      if not incident.closed then declared[#declared + 1] = incident end
    end
  end
end

-- Points, what gave them, and the message; nil when something contradicts.
local function fits(m, incident)
  local c, points, why, seq = m.c, 0, {}, nil
  local function point(what) points, why[#why + 1] = points + 1, what end
  if incident.intents and c.intent and c.intent.name and incident.intents[text.fold(c.intent.name)] then point "intent" end
  if incident.words then
    local said = m.customer()
    local n, _, i = text.find(said.tokens, incident.words)
    if n then
      point(text.phrase(incident.words, n))
      seq = said.list[i].seq
    end
  end
  if points == 0 then return nil end
  for _, fact in ipairs(incident.facts) do
    local value = c.attributes and c.attributes[fact.name]
    if value == nil then value = c.fields and c.fields[fact.name] end
    if value ~= nil then
      if not fact.values[text.fold(tostring(value))] then return nil end
      point(fact.name)
    end
  end
  return points, table.concat(why, ", "), seq
end

local function best_of(m)
  if m.incident then return m.incident end
  local best = { points = 0 }
  for _, incident in ipairs(declared) do
    local points, why, seq = fits(m, incident)
    if points and points > best.points then best = { points = points, why = why, seq = seq, incident = incident } end
  end
  m.incident = best
  return best
end

-- Without an intent or a word of theirs none fits.
local quick
local function may_fit()
  quick = quick or core.may({ "folded_one_of", intents, "c", "intent", "name" },
    #phrases > 0 and { "says", "customer", text.phrases(phrases) } or nil)
  return quick
end

-- incident(): one of the list fits with two points at least. From then on the
-- texts of the rule know it: {incident.id}, {incident.title}, {incident.ticket},
-- {incident.status}.
function incident()
  if not declared then core.fail(core.place(2), "incident() needs incidents \"incidents.txt\" before it") end
  return new {
    quick = may_fit(),
    expr = "incident()", op = ">=", threshold = POINTS,
    count = function(m) return best_of(m).points end,
    check = function(m)
      local best = best_of(m)
      local one = best.incident
      if best.points < POINTS then return false, one and one.id .. ": " .. best.why, nil, POINTS - best.points end
      m.c.incident = { id = one.id, title = one.title, ticket = one.ticket, status = one.status }
      return true, one.id .. ": " .. best.why, nil, nil, best.seq
    end,
  }
end
core.words.incident = incident
