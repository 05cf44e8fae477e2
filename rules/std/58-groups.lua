-- Which team: one that can do what is needed, and is there. What the
-- configuration says of groups (skills, fallback) is known while the rules
-- load; who is offline or full is a fact of the moment.

local core = rule_language
local new = core.new_condition
local groups = core.given.groups
local unable = { offline = true, full = true }

local function fact_of(facts, name)
  return facts.availability and facts.availability[name]
end

local function is_away(facts, name)
  local fact = fact_of(facts, name)
  return fact ~= nil and unable[fact.state] == true
end

local function shown(fact)
  if fact.state == "full" or fact.capacity and fact.open then
    return fact.state .. " (" .. fact.open .. " of " .. fact.capacity .. ")"
  end
  return fact.state
end

-- --- skills ------------------------------------------------------------------

local function can(name, skills)
  local has = groups and groups[name] and groups[name].skills
  if not has then return false end
  for _, wanted in ipairs(skills) do
    local found = false
    for _, one in ipairs(has) do found = found or one == wanted end
    if not found then return false end
  end
  return true
end

-- Of the groups that can do all of it the first that is there, in the order of
-- their names; else the first.
function core.by_skills(skills, facts)
  local first
  if type(skills) ~= "table" or #skills == 0 then return nil end
  for name in pairs(groups or {}) do
    if can(name, skills) then
      if not is_away(facts, name) then return name end
      first = first or name
    end
  end
  return first
end

-- A skill is known when some group says that it has it; where none says so,
-- they are the helpdesk's own and any name may be one.
function core.check_skills(place, skills)
  local known, any = {}, false
  for _, group in pairs(groups or {}) do
    for _, one in ipairs(group.skills or {}) do known[one], any = true, true end
  end
  for _, one in ipairs(skills) do
    if type(one) ~= "string" or one == "" or #one > 60 then
      core.fail(place, "skills = { \"spanish\", ... }: each is a text of 1 to 60 characters")
    end
    if any and not known[one] then
      core.fail(place, "no group has the skill '" .. one .. "'" .. core.hint(one, core.names_of(known)))
    end
  end
end

-- --- who is there ------------------------------------------------------------

local function first_there(list, facts, skills)
  for _, name in ipairs(list or {}) do
    if not is_away(facts, name) and (skills == nil or can(name, skills)) then return name end
  end
end

-- The last step before a hand-over: a group that is offline or full gives way
-- to the first of its fallbacks that is there (one with the skills before one
-- without). With nobody there it stays: a ticket waits better than it strays.
function core.fall_back(d, facts)
  if d.final or not is_away(facts, d.group) then return end
  local list = groups and groups[d.group] and groups[d.group].fallback
  local to = d.skills and first_there(list, facts, d.skills) or first_there(list, facts)
  d.evidence = d.evidence or {}
  d.evidence[#d.evidence + 1] = { signal = "group " .. d.group, value = shown(fact_of(facts, d.group)) }
  if to then d.group, d.group_from = to, "fallback" end
end

-- available "billing", unavailable "billing": when somebody said so.
local function availability_word(word, want)
  return function(name)
    local place = core.place(2)
    if type(name) ~= "string" then core.fail(place, word .. " \"name\": of a group") end
    core.check_group(place, name)
    return new {
      quick = core.may(core.present("facts", "availability")),
      expr = word .. " \"" .. name .. "\"", op = "is", threshold = word,
      check = function(m)
        local fact = fact_of(m.facts, name)
        if not fact then return false, nil, true end
        return is_away(m.facts, name) ~= want, shown(fact)
      end,
    }
  end
end
available = availability_word("available", true)
unavailable = availability_word("unavailable", false)
core.words.available, core.words.unavailable = available, unavailable

-- --- who speaks it -------------------------------------------------------------

local languages = {}
for name, group in pairs(groups or {}) do
  if group.languages then
    languages[name] = {
      set = core.language_set("group " .. name, "languages", group.languages),
      shown = table.concat(group.languages, ", "),
    }
  end
end

-- For modifiers: the group that stands decided does not answer in the customer's
-- language. Not known while the language is not, or the group names none.
group_lacks_language = new {
  expr = "group_lacks_language", op = "is none of", threshold = "its languages",
  check = function(m)
    local d = m.decision
    local has = d and languages[d.group]
    local tag, seq
    if has then tag, seq = core.spoken(m) end
    if not tag then return false, nil, true end
    return not core.in_languages(has.set, tag), tag .. " (" .. d.group .. ": " .. has.shown .. ")", nil, nil, seq
  end,
}
core.words.group_lacks_language = group_lacks_language
