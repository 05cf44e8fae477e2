-- What stands decided already, for modifiers: decided { priority = "urgent" },
-- decided { group = { "billing", "tier2" } }; every entry must hold. In a rule
-- nothing is decided yet.

local core = rule_language
local new = core.new_condition

local members = { "action", "group", "priority", "reason", "rule" }
local keys = {}
for _, name in ipairs(members) do keys[name] = true end

-- One value or several, as a set.
local function set_of(place, name, value)
  local set = {}
  for _, one in ipairs(core.strings(place, "decided's " .. name, value)) do set[one] = true end
  return set
end

local function shown(what)
  local parts = {}
  for _, name in ipairs(members) do
    local value = what[name]
    if value ~= nil then
      parts[#parts + 1] = name .. " = " .. (type(value) == "table" and table.concat(value, " or ") or tostring(value))
    end
  end
  return table.concat(parts, ", ")
end

function decided(what)
  local place = core.place(2)
  core.strict(place, "decided", what, keys)
  if not next(what) then core.fail(place, "decided { ... } is empty: of what? { priority = \"urgent\" }") end
  local wanted = {}
  for name, value in pairs(what) do wanted[name] = set_of(place, name, value) end
  local expr, each = "decided { " .. shown(what) .. " }", {}
  for name, set in pairs(wanted) do each[#each + 1] = { quick = { "one_of", set, "decision", name } } end
  return new {
    quick = { "all", each },
    expr = expr, op = "is", threshold = shown(what),
    check = function(m)
      local d = m.decision
      if not d then return false, nil, true end
      local have, pass = {}, true
      for name, set in pairs(wanted) do
        have[name] = d[name] == nil and "none" or d[name]
        pass = pass and set[d[name]] == true
      end
      return pass, shown(have)
    end,
  }
end
core.words.decided = decided
