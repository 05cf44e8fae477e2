-- Where each condition of a policy stands: what coverage and mutation tell of.

local core = rule_language

-- The line of the policy's own file that a word was called from.
local function place_of_user()
  for level = 2, 16 do
    local place = where(level)
    if place and not place:find("^rules/std/") and not place:find("^rules/test/") then return place end
  end
end

function core.made(condition) condition.where = place_of_user() end

-- Conditions in the order and with the paths of explain(): "1", "1.2", "1.2.1";
-- and the one that each stands in.
local function walk(c, path, each, within)
  each(c, path, within)
  for i, one in ipairs(c.inner or {}) do walk(one, path .. "." .. i, each, c) end
end
core.walk_conditions = walk

local function parts_of(kind, one)
  local conditions = {}
  walk(one.when, "1", function(c, path)
    conditions[#conditions + 1] = { path = path, expr = c.expr, where = c.where or one.where }
  end)
  return { kind = kind, name = one.name, where = one.where, conditions = conditions }
end

-- All that tests can see happen.
core.entry.parts = function()
  local list = {}
  for _, r in ipairs(core.policy.rules) do list[#list + 1] = parts_of("rule", r) end
  for _, one in ipairs(core.policy.modifiers) do list[#list + 1] = parts_of("modifier", one) end
  return list
end
