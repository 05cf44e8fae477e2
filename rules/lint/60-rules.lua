-- Findings about rules as wholes: which of them can decide, and what each of
-- them should have.

local core = rule_language
local lint = core.lint
local logic = lint.logic
local policy = core.policy

-- report(code, where, message): one finding; see 90-entry.lua.
local function report(...) return lint.report(...) end
lint.checks = {}
local function check(fn) lint.checks[#lint.checks + 1] = fn end

local function title(r) return "rule \"" .. r.name .. "\"" end
lint.title = title

function lint.is_risky(r) return r.risk == "high" or type(r.effect) == "table" and r.effect.risk == "high" end

-- A rule that only offers or that waits may let the next one decide later.
local function lets_pass(r)
  return r.action == "offer" or r.wait_s ~= nil or type(r.effect) == "table" and
    (r.effect.timing ~= nil and r.effect.timing ~= "immediate")
end

local function shown_fact(fact)
  local c = fact.from
  local shown = c.expr or "?"
  if fact.item then
    shown = (c.subject and c.expr or c.word) .. " \"" .. tostring(type(fact.item) == "table" and fact.item.shown or fact.item) .. "\""
  elseif c.subject and c.threshold ~= nil then
    shown = shown .. " " .. tostring(c.op) .. " " .. tostring(c.threshold)
  end
  return (fact.no and "none of " or "") .. shown
end

-- --- U0101, U0103: who is behind whom ---------------------------------------------------

local function takers(term, index)
  for i = 1, index - 1 do
    local r = policy.rules[i]
    if not lets_pass(r) and logic.entails(term, r.when) then return r end
  end
end

-- The rules that together take every term, or nil when one is left.
local function all_taken(r, index)
  local terms = logic.terms(r.when)
  local by, seen, live = {}, {}, false
  for _, term in ipairs(terms or {}) do
    if not logic.clash(term) then
      live = true
      local taker = takers(term, index)
      if not taker then return nil end
      if not seen[taker] then
        seen[taker] = true
        by[#by + 1] = taker
      end
    end
  end
  return live and by or nil
end

local function names_of_rules(list)
  local shown = {}
  for i, r in ipairs(list) do shown[i] = "\"" .. r.name .. "\" (" .. r.where .. ")" end
  return table.concat(shown, ", ")
end

local function catch_all_before(index)
  for i = 1, index - 1 do
    local r = policy.rules[i]
    if not r.final and not lint.is_risky(r) and not lets_pass(r) and logic.always(r.when) then return r end
  end
end

check(function()
  local told = {}
  for i, r in ipairs(policy.rules) do
    local catch_all = lint.is_risky(r) and catch_all_before(i)
    if catch_all then
      if not told[catch_all] then
        report("U0103", catch_all.where, title(catch_all) .. " matches whenever a customer writes, and stands before " ..
          "the high-risk " .. title(r) .. " (" .. r.where .. ")")
      end
      told[catch_all] = true
    else
      local by = all_taken(r, i)
      if by then report("U0101", r.where, title(r) .. " never decides: all it matches is taken by " .. names_of_rules(by)) end
    end
  end
end)

-- --- U0102, U0109: conditions ----------------------------------------------------------------

local function check_never(owner, when)
  local whole, other = logic.never(when)
  if whole then
    report("U0102", logic.group(when) and owner.where or when.where or owner.where,
      owner.shown .. " can never match: " .. shown_fact(whole) .. " excludes " .. shown_fact(other))
    return true
  end
  logic.each_group(when, function(node)
    local one, two = logic.never(node)
    if not one then return false end
    report("U0102", node.where or owner.where, "this part of " .. owner.shown .. " can never hold: " ..
      shown_fact(one) .. " excludes " .. shown_fact(two))
    return true
  end)
end

local function shown_condition(c)
  if logic.group(c) then return logic.group(c) .. " { ... }" end
  return shown_fact { from = c }
end

-- In all, the implied part is idle; elsewhere the implying one is. What can
-- never hold implies everything, and is told of elsewhere.
local function idle_part(node)
  local inner = {}
  for _, child in ipairs(node.inner) do if not logic.never(child) then inner[#inner + 1] = child end end
  for i = 1, #inner do
    for k = i + 1, #inner do
      local forth, back = logic.implies(inner[i], inner[k]), logic.implies(inner[k], inner[i])
      if forth and back then return inner[k], inner[i] end
      if forth or back then
        local narrow, wide = forth and inner[i] or inner[k], forth and inner[k] or inner[i]
        if node.expr == "all" then return wide, narrow end
        return narrow, wide
      end
    end
  end
end

local function check_idle(owner, when)
  logic.each_group(when, function(node)
    local idle, beside = idle_part(node)
    if idle then
      report("U0109", idle.where or node.where or owner.where, "in " .. owner.shown .. ", " .. shown_condition(idle) ..
        " adds nothing to " .. shown_condition(beside))
    end
  end)
end

check(function()
  for _, list in ipairs { policy.rules, policy.modifiers } do
    for _, r in ipairs(list) do
      local owner = { where = r.where, shown = r.action and title(r) or "modifier \"" .. r.name .. "\"" }
      if not check_never(owner, r.when) then check_idle(owner, r.when) end
    end
  end
end)

-- --- U0104 to U0106: high risk -------------------------------------------------------------------

local function waiting_before(r, index)
  for i = 1, index - 1 do
    local other = policy.rules[i]
    if lets_pass(other) and logic.may_meet(r.when, other.when) then return other end
  end
end

check(function()
  for i, r in ipairs(policy.rules) do
    if lint.is_risky(r) then
      if lets_pass(r) and r.action ~= "offer" then
        report("U0104", r.where, "the high-risk " .. title(r) .. " waits")
      elseif not r.final then
        report("U0105", r.where, "the high-risk " .. title(r) .. " is not final")
      end
      local other = waiting_before(r, i)
      if other then
        report("U0106", r.where, "the high-risk " .. title(r) .. " stands behind " .. title(other) .. " (" ..
          other.where .. "), which waits or offers")
      end
    end
  end
end)

-- --- U0107, U0108: modifiers ------------------------------------------------------------------------

local function may_change(one)
  for _, r in ipairs(policy.rules) do
    if not r.final and r.action ~= "keep" and logic.may_meet(one.when, r.when) then return true end
  end
  return #policy.rules == 0
end

check(function()
  for _, one in ipairs(policy.modifiers) do
    local shown = "modifier \"" .. one.name .. "\""
    if next(one.change) == nil then
      report("U0107", one.where, shown .. " changes nothing")
    elseif not logic.never(one.when) and not may_change(one) then
      report("U0108", one.where, shown .. " meets no rule that it may change: they are final, keep, or exclude it")
    end
  end
end)

-- --- U0303 to U0305: owner and tests ---------------------------------------------------------------

local compared = { "action", "reason", "group", "priority", "helpdesk", "need", "assignee", "as", "risk" }
local telling = { group = true, priority = true, helpdesk = true, need = true, assignee = true, as = true, risk = true }

local function said(r, key)
  if key == "action" then return r.action end
  local value = type(r.effect) == "table" and r.effect[key]
  if type(value) == "string" and not value:find("{", 1, true) then return value end
  return nil
end

-- "keep" is also what happens without any rule.
local function alone_with_action(r)
  if r.action == "keep" then return false end
  for _, other in ipairs(policy.rules) do if other ~= r and other.action == r.action then return false end end
  return true
end

local function mentions(r, because)
  local found = false
  logic.each_leaf(r.when, function(leaf)
    found = found or type(because) == "string" and (leaf.expr or ""):find(because, 1, true) ~= nil
  end)
  return found
end

-- Is this expectation about the rule? By name, by reason, or by what it alone
-- is known to give.
function lint.is_about(expect, r)
  if expect.rule ~= nil then return expect.rule == r.name end
  if expect.reason ~= nil then return expect.reason == said(r, "reason") or
    type(expect.reason) ~= "string" and type(r.effect) == "table" and type(r.effect.reason) == "function" end
  local told = mentions(r, expect.because)
  for _, key in ipairs(compared) do
    local want, have = expect[key], said(r, key)
    if type(want) == "string" then
      local fits = want == have or key == "action" and want == "wait" and r.wait_s ~= nil
      if not fits and have ~= nil then return false end
      told = told or fits and (telling[key] or alone_with_action(r))
    end
  end
  return told
end

local function check_tests(r)
  local files, tested, other = {}, false, {}
  for _, t in ipairs(lint.tests) do
    if lint.is_about(t.expect, r) then
      tested, files[t.file or ""] = true, true
    else
      other[t.file or ""] = true
    end
    if t.expect.not_rule == r.name then other[true] = true end
  end
  if not tested then
    report("U0304", r.where, "no test expects " .. title(r))
    return
  end
  local negative = other[true] or false
  for file in pairs(files) do negative = negative or other[file] == true end
  if not negative then report("U0305", r.where, "no test shows where " .. title(r) .. " stays quiet") end
end

check(function()
  for _, r in ipairs(policy.rules) do
    if not r.owner then report("U0303", r.where, title(r) .. " has no owner") end
    if lint.context.tests then check_tests(r) end
  end
end)

local function check_named(t, key, known)
  local name = t.expect[key]
  if type(name) ~= "string" or known[name] or name:find("^built%-in: ") then return end
  report("U0211", t.where, "test \"" .. t.name .. "\" names the rule \"" .. name .. "\", which is not there",
    lint.names.near(name, known))
end

check(function()
  local known = {}
  for _, r in ipairs(policy.rules) do known[r.name] = true end
  for _, t in ipairs(lint.tests) do
    check_named(t, "rule", known)
    check_named(t, "not_rule", known)
  end
end)
