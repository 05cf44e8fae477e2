-- Mutants: the policy with one small change. Tests that are worth something
-- notice each of them. The list is made when the policy is loaded, always the
-- same, in the order of the rules; decide() makes the change that it is told
-- and decides then. No call knows of another: there is nothing to take back.

local core = rule_language

local function without(list, n)
  local rest = {}
  for i, one in ipairs(list) do if i ~= n then rest[#rest + 1] = one end end
  return rest
end

-- --- numbers ----------------------------------------------------------------------

local compare = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}
local flipped = { ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">" }

-- One step of a number as it is written: 1 of 8, 0.01 of 0.55.
local function step_of(n)
  if math.type(n) == "integer" or n == math.floor(n) then return 1 end
  local decimals = #(("%.10f"):format(n):gsub("0+$", ""):match("%.(%d*)$") or "")
  return 10 ^ -decimals
end

-- What adds up points goes in steps of what they have in common, in thousandths:
-- between 2 and 2.5 there is nothing that a test could show.
local function common_step(points)
  local step = 0
  for _, n in pairs(points) do
    local a, b = step, math.floor(n * 1000 + 0.5)
    while b > 0 do a, b = b, a % b end
    step = a
  end
  return step > 0 and step / 1000 or 1
end

-- Flipping < to <= is a step up for what comes in whole steps; the other
-- neighbour of the limit is a step down.
local other_side = { ["<"] = -1, ["<="] = 1, [">"] = 1, [">="] = -1 }

local function rounded(n)
  if math.type(n) == "integer" then return n end
  return tonumber(("%.10g"):format(n))
end

local function compares(c, op, limit)
  local check = c.check
  c.op, c.threshold = op, limit
  c.check = function(m)
    local pass, value, missing, _, seq = check(m)
    local n = c.count and c.count(m) or tonumber(value)
    if missing or not n then return pass, value, missing end
    return compare[op](n, limit), value, nil, nil, seq
  end
end

local function numbers(c, each)
  if not c.check or not compare[c.op] or type(c.threshold) ~= "number" then return end
  local op, limit = c.op, c.threshold
  local step = c.points and common_step(c.points) or step_of(limit)
  local moved = rounded(limit + other_side[op] * step)
  local function became(text) return c.expr .. ": " .. op .. " " .. limit .. " became " .. text end
  each(became(flipped[op] .. " " .. limit), function() compares(c, flipped[op], limit) end)
  each(became(op .. " " .. moved), function() compares(c, op, moved) end)
end

-- --- words --------------------------------------------------------------------------

-- intent { "refund", "invoice" }: the list is the threshold.
local function names(c, each)
  if c.op ~= "one of" or type(c.threshold) ~= "string" then return end
  local list = {}
  for name in (c.threshold .. ", "):gmatch("(.-), ") do list[#list + 1] = name end
  for _, name in ipairs(#list > 1 and list or {}) do
    each(c.expr .. ": without \"" .. name .. "\"", function()
      local check = c.check
      c.check = function(m)
        local pass, value, missing = check(m)
        return pass and tostring(value) ~= name, value, missing
      end
    end)
  end
end

-- The list of a condition that holds when one of its phrases was said, as a
-- condition for each; nil: it is none.
local function each_phrase(c)
  if c.op ~= nil or type(c.expr) ~= "string" then return nil end
  local word, inside = c.expr:match("^([%a_]*says[%w_]*) { \"(.*)\" }$")
  local make = word and _ENV[word]
  if type(make) ~= "function" then return nil end
  local list, ones = {}, {}
  for phrase in (inside .. "\", \""):gmatch("(.-)\", \"") do list[#list + 1] = phrase end
  for i, phrase in ipairs(#list > 1 and list or {}) do
    local good, one = pcall(make, { phrase })
    if not good then return nil end
    ones[i] = one
  end
  return ones, list
end

local function phrases(c, each)
  local ones, list = each_phrase(c)
  for i in ipairs(ones or {}) do
    each(c.expr .. ": without \"" .. list[i] .. "\"", function()
      c.check = function(m)
        for k, one in ipairs(ones) do
          if k ~= i and one:test(m) then return one.check(m) end
        end
        return false
      end
    end)
  end
end

-- --- all, any, none -------------------------------------------------------------------

local together = {}
function together.all(self, m)
  for _, one in ipairs(self.inner) do if not one:test(m) then return false end end
  return true
end
function together.any(self, m)
  for _, one in ipairs(self.inner) do if one:test(m) then return true end end
  return false
end
local function always() return true end
local function never() return false end

local turned = { all = "any", any = "all" }

-- A none that always holds is no other mutant where it is the whole condition,
-- or one of an all: there it is dropped already.
local function is_dropped_elsewhere(within)
  return within == nil or within.expr == "all" and #within.inner > 1
end

-- within: the condition that it is an inner one of.
local function groups(c, within, each)
  if not c.inner then return end
  if turned[c.expr] and #c.inner > 1 then
    each(c.expr .. " became " .. turned[c.expr], function() c.test = together[turned[c.expr]] end)
  end
  if c.expr == "none" and not is_dropped_elsewhere(within) then
    each("none { ... } was dropped", function() c.test = always end)
  end
  for i, one in ipairs(#c.inner > 1 and c.inner or {}) do
    -- What the language adds by itself (implied) nobody could have left out.
    if not one.implied then
      each("in " .. c.expr .. ": " .. one.expr .. " was dropped", function() table.remove(c.inner, i) end, one.where)
    end
  end
end

-- A condition that several rules share is one.
local function conditions(owner, when, seen, each)
  core.walk_conditions(when, "1", function(c, _, within)
    if seen[c] then return end
    seen[c] = true
    local function at(what, apply, place) each(place or c.where or owner.where, what, apply) end
    numbers(c, at)
    names(c, at)
    phrases(c, at)
    groups(c, within, at)
  end)
end

-- --- what a rule does -------------------------------------------------------------------

local priorities = { low = "high", normal = "urgent", high = "low", urgent = "normal" }

local function another_group(group)
  local names_ = core.names_of(core.given.groups or {})
  local list = {}
  for _, name in ipairs(core.given.groups or {}) do list[#list + 1] = name end
  for _, name in ipairs(#list > 0 and list or names_) do if name ~= group and type(name) == "string" then return name end end
  return "another-group"
end

local function changed(effect, key, value)
  local new = {}
  for name, one in pairs(effect) do new[name] = one end
  new[key] = value
  return new
end

-- member: where the owner keeps its effect.
local function effects(owner, member, each)
  local effect = owner[member]
  if type(effect.group) == "string" then
    local other = another_group(effect.group)
    each(owner.where, "group " .. effect.group .. " became " .. other, function() owner[member] = changed(effect, "group", other) end)
  end
  local other = priorities[effect.priority]
  if other then
    each(owner.where, "priority " .. effect.priority .. " became " .. other,
      function() owner[member] = changed(effect, "priority", other) end)
  end
end

local function actions(r, each)
  if r.action == "keep" or r.action == "ignore" then
    each(r.where, r.action .. " became escalate", function()
      r.action, r.effect = "escalate", { reason = "mutant", next_step = "mutant" }
    end)
  else
    each(r.where, r.action .. " became keep", function() r.action, r.effect = "keep", {} end)
  end
end

local function waits(r, each)
  if not r.wait_s then return end
  each(r.where, "the wait was dropped", function() r.wait_s = nil end)
  each(r.where, "the wait of " .. r.wait_s .. " s became twice as long", function() r.wait_s, r.wait_key = 2 * r.wait_s, nil end)
end

local function of_rule(r, seen, each)
  each(r.where, "the rule was dropped", function() r.when = { test = never, explain = r.when.explain, evidence = r.when.evidence } end)
  each(r.where, "its condition was dropped", function() r.when = core.condition(r.where, always) end)
  conditions(r, r.when, seen, each)
  actions(r, each)
  effects(r, "effect", each)
  waits(r, each)
end

local function of_modifier(one, seen, each)
  each(one.where, "the modifier was dropped", function() one.change = {} end)
  each(one.where, "its condition was dropped", function() one.when = core.condition(one.where, always) end)
  conditions(one, one.when, seen, each)
  effects(one, "change", each)
end

local function every(each)
  local seen = {}
  for _, r in ipairs(core.policy.rules) do
    of_rule(r, seen, function(place, what, apply) each("rule", r.name, place, what, apply) end)
  end
  for _, one in ipairs(core.policy.modifiers) do
    of_modifier(one, seen, function(place, what, apply) each("modifier", one.name, place, what, apply) end)
  end
end

local decide = core.entry.decide
local list, changes = {}, {}

-- When all is loaded; words can be said then only.
local finish = core.entry.finish
core.entry.finish = function()
  finish()
  if not core.given.mutants then return end
  every(function(kind, name, place, what, apply)
    list[#list + 1] = { kind = kind, of = name, where = place, what = what }
    changes[#changes + 1] = apply
  end)
end

core.entry.mutants = function() return list end

core.entry.decide = function(c, facts, mode, mutant)
  if mutant then
    changes[mutant]()
    core.policy.program = nil -- it is of the rules as they were
  end
  return decide(c, facts, mode)
end
