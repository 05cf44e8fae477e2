-- Words for policy tests: what is expected, and whether it came. Everything
-- wanted must be there; what is not named does not matter.

local core = rule_language

local expect_keys = { action = true, reason = true, reasons = true, rule = true, group = true, priority = true, subject = true,
  tags = true, next_step = true, helpdesk = true, assignee = true, need = true, final = true, fields = true, message = true,
  as = true, budget = true, transcript = true, transcript_n = true, timing = true, wait_s = true, collect = true, summary = true,
  group_from = true, priority_from = true, skills = true, risk = true, append_to = true, link_to = true, actions = true,
  cancel_on = true, notifiers = true, at_ms = true, description = true, rule_state = true, failed = true,
  because = true, not_rule = true, would = true, near = true }

-- --- what must not be there -------------------------------------------------------

local spoken = {} -- how such a function is shown

-- expect = { append_to = absent }: the decision has no such member.
function absent(have) return have == nil end
spoken[absent] = "nothing"

-- expect = { tags = lacks "refund" }: none of these is in it, and nothing is
-- fine too.
function lacks(what)
  local list = core.strings(where(2), "lacks", what)
  local function missing(have)
    for _, one in ipairs(type(have) == "table" and have or { have }) do
      for _, unwanted in ipairs(list) do if one == unwanted then return false end end
    end
    return true
  end
  spoken[missing] = "none of " .. table.concat(list, ", ")
  return missing
end

-- --- what is expected ---------------------------------------------------------------

local function list_of(v) return type(v) == "table" and v or { v } end

-- A name that no rule has would pass for ever.
local function check_names(place, key, names)
  for _, name in ipairs(list_of(names)) do
    if type(name) ~= "string" or not core.policy.by_name[name] then
      core.fail(place, key .. ": no rule \"" .. tostring(name) .. "\"" .. core.hint(name, core.names_of(core.policy.by_name)))
    end
  end
end

local function check_patterns(place, key, want)
  if type(want) ~= "table" then return end
  if want.matches ~= nil then
    local good, why = regex.test(want.matches)
    if not good then core.fail(place, key .. ": matches: " .. tostring(why)) end
  end
  for name, one in pairs(want) do check_patterns(place, key .. "." .. tostring(name), one) end
end

-- "nothing", a function of the decision, or what its members must be.
function core.check_expect(place, want)
  if want == "nothing" or type(want) == "function" then return end
  if type(want) ~= "table" then core.fail(place, "expect = { ... }, \"nothing\" or a function of the decision") end
  core.strict(place, "expect", want, expect_keys)
  if next(want) == nil then core.fail(place, "expect = {} holds for anything; expect = \"nothing\" says that nothing happens") end
  if want.not_rule then check_names(place, "not_rule", want.not_rule) end
  check_patterns(place, "expect", want)
end

local function is_pattern(t)
  if type(t.matches) ~= "string" then return false end
  for key in pairs(t) do if key ~= "matches" then return false end end
  return true
end

local function shown(v)
  if v ~= nil and spoken[v] then return spoken[v] end
  if type(v) == "function" then return "what a function says yes to" end
  if type(v) == "table" and is_pattern(v) then return "a match of " .. v.matches end
  if type(v) == "table" then
    local good, said = pcall(json.encode, v)
    return good and said or "a table with functions"
  end
  if v == nil then return "nothing" end
  return tostring(v)
end

local holds

local function in_list(want, have)
  for _, one in ipairs(want) do
    local found = false
    for _, other in ipairs(have) do found = found or holds(one, other) end
    if not found then return false end
  end
  return true
end

function holds(want, have)
  if type(want) == "function" then return want(have) and true or false end
  if type(want) ~= "table" then return want == have end
  if is_pattern(want) then return have ~= nil and regex.match(want.matches, tostring(have)) ~= nil end
  if type(have) ~= "table" then return false end
  if #want > 0 then return in_list(want, have) end
  for key, value in pairs(want) do if not holds(value, have[key]) then return false end end
  return true
end

-- --- the members that are no members of a decision ----------------------------------

local special = {}

local function signals(decision)
  local list = {}
  for i, one in ipairs(decision.evidence or {}) do list[i] = one.signal end
  return list
end

function special.because(want, decision)
  local seen = signals(decision)
  for _, one in ipairs(list_of(want)) do
    local found = false
    for _, signal in ipairs(seen) do found = found or signal:find(one, 1, true) ~= nil end
    if not found then return "a condition with '" .. one .. "'", #seen > 0 and table.concat(seen, "; ") or "no condition that held" end
  end
end

function special.not_rule(want, decision)
  for _, name in ipairs(list_of(want)) do
    if decision.rule == name then return "another rule than " .. name, "it" end
  end
end

-- --- nothing --------------------------------------------------------------------------

local function happened(d)
  if d.action ~= "keep" then return "action", d.action end
  if d.message ~= nil and d.message ~= false then return "message", d.message end
  if d.would and #d.would > 0 then return "would", table.concat(d.would, ", ") end
end

local function judge_nothing(decisions, from, upto, differs, at)
  for i = from + 1, upto do
    local name, got = happened(decisions[i])
    if name then
      differs[#differs + 1] = { name = name, want = "nothing happens", got = got, at = at }
      return
    end
  end
end

-- --- one look ---------------------------------------------------------------------------

local function judge_members(want, d, differs, at)
  local names = core.names_of(want)
  table.sort(names)
  for _, name in ipairs(names) do
    local wanted, got = nil, nil
    if special[name] then
      wanted, got = special[name](want[name], d)
    elseif not holds(want[name], d[name]) then
      wanted, got = shown(want[name]), shown(d[name])
    end
    if wanted then differs[#differs + 1] = { name = name, want = wanted, got = got, at = at } end
  end
end

local function judge_function(want, d, differs, at)
  local good, why = want(d)
  if not good then differs[#differs + 1] = { name = "decision", want = tostring(why or shown(want)), got = shown(d), at = at } end
end

-- The last decision stands until there is another.
local function judge(one, decisions, look, differs)
  local want = one.want
  if want == "nothing" then return judge_nothing(decisions, look.from, look.upto, differs, one.at) end
  local d = decisions[look.upto]
  if not d then
    differs[#differs + 1] = { name = "decision", want = shown(want), got = "none was made until then", at = one.at }
  elseif type(want) == "function" then
    judge_function(want, d, differs, one.at)
  else
    judge_members(want, d, differs, one.at)
  end
end

-- --- which rules to look at when it failed ------------------------------------------------

local telling = { "reason", "group" }

local function does(r, want)
  for _, key in ipairs(telling) do
    if type(want[key]) == "string" and r.effect[key] == want[key] then return true end
  end
  return want.reason == nil and want.group == nil and want.action ~= nil and r.action == want.action
end

local function is_in(list, name)
  for _, one in ipairs(list or {}) do if one == name then return true end end
  return false
end

-- Those that matched, are named, or do what was wanted; else all.
local function matter(want, d)
  local list, every = {}, {}
  local named = type(want) == "table" and want or {}
  for i, r in ipairs(core.policy.rules) do
    every[i] = r.name
    if d.rule == r.name or is_in(d.would, r.name) or named.rule == r.name or does(r, named) then list[#list + 1] = r.name end
  end
  return #list > 0 and list or every
end

core.entry.expect = function(i, decisions, looks)
  local differs = {}
  for _, look in ipairs(looks) do
    local one = core.tests[i].expects[look.judge]
    if one then judge(one, decisions, look, differs) end
    if #differs > 0 then
      local d = decisions[look.upto] or {}
      return { ok = false, differs = differs, judged = look.upto, matter = matter(one.want, d), rule = d.rule }
    end
  end
  return { ok = true, judged = #decisions }
end
