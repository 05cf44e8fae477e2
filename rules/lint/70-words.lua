-- Findings about what stands inside rules: names, templates, phrases, patterns,
-- times, and how often the strong words are used.

local core = rule_language
local lint = core.lint
local logic, names = lint.logic, lint.names
local policy = core.policy

local URGENT_RULES, URGENT_RULES_LEAST = 0.30, 4
local URGENT_HANDOFFS, HANDOFFS_LEAST = 0.05, 20
local PHRASE_SHARE, RULE_SHARE, CONVERSATIONS_LEAST = 0.20, 0.20, 20

local function report(...) return lint.report(...) end
local function check(fn) lint.checks[#lint.checks + 1] = fn end
local title = lint.title

-- fn(owner, leaf, alone) for every leaf of every rule and modifier, each once.
local function each_leaf(fn)
  local seen = {}
  for _, list in ipairs { policy.rules, policy.modifiers } do
    for _, r in ipairs(list) do
      local owner = { where = r.where, rule = r.action and r or nil,
        shown = r.action and title(r) or "modifier \"" .. r.name .. "\"" }
      logic.each_leaf(r.when, function(leaf, alone) fn(owner, leaf, alone, seen[leaf] == true) seen[leaf] = true end)
    end
  end
end

-- --- U02: names in conditions ---------------------------------------------------------------

local function base_language(name) return tostring(name):match("^(%a+)") or tostring(name) end

local known_of = {
  intent = { "U0202", function() return names.intents end, "an intent of the configuration" },
  tier = { "U0204", function() return names.tiers end, "a tier of the configuration" },
  channel = { "U0210", function() return names.channels end, "a channel" },
  outcome = { "U0210", function() return names.outcomes end, "an outcome" },
  event = { "U0210", function() return names.events end, "an event" },
  language = { "U0203", function() return names.languages end, "a language code" },
  speaks = { "U0203", function() return names.languages end, "a language code" },
}

local function check_name(row, name, where)
  local known = row[2]()
  if known == nil or type(name) ~= "string" then return end
  if known[row[1] == "U0203" and base_language(name) or name] then return end
  report(row[1], where, "'" .. name .. "' is not " .. row[3], names.near(name, known))
end

check(function()
  each_leaf(function(owner, leaf, _, again)
    if again or not leaf.word then return end
    local where = leaf.where or owner.where
    local row, value = known_of[leaf.word], leaf.args[1]
    if row then
      for _, name in ipairs(type(value) == "table" and value or { value }) do check_name(row, name, where) end
    elseif leaf.word == "field" and names.fields and not names.fields[leaf.subject] then
      report("U0201", where, "field '" .. tostring(leaf.subject) .. "' is not in the configuration's fields",
        names.near(leaf.subject, names.fields))
    end
  end)
end)

local function each_name(value, fn)
  if type(value) == "table" then for _, name in ipairs(value) do fn(name) end elseif value ~= nil then fn(value) end
end

check(function()
  if not lint.routing_where then return end
  for _, row in ipairs(policy.routing) do
    for _, word in ipairs { "intent", "tier", "language" } do
      each_name(row[word], function(name) check_name(known_of[word], name, lint.routing_where) end)
    end
  end
end)

-- --- U0209: templates ----------------------------------------------------------------------------

-- What is wrong with a path, and the nearest right one; nil when it is fine.
local function path_fault(path, for_customer)
  local head, rest = path:match("^([^.]+)%.?(.*)$")
  local known = names.paths[head]
  if names.told_later[head] then
    return not for_customer and "{" .. path .. "} is known in messages to the customer only" or nil
  elseif known == nil then
    return "{" .. path .. "} is never set", names.near(head, names.paths)
  elseif known == "value" then
    return rest ~= "" and "{" .. path .. "} is never set" or nil, head
  elseif rest == "" then
    return "{" .. path .. "} is no text; name one of its members"
  elseif head == "fields" and names.fields then
    local field = rest:match("^[^.]+")
    if names.fields[field] then return nil end
    local near = names.near(field, names.fields)
    return "{" .. path .. "} is not in the configuration's fields", near and "fields." .. near
  elseif known ~= true then
    local set = names.set_of(known)
    if set[rest] then return nil end
    local near = names.near(rest, set)
    if names.more_of[head] and not near then return nil end
    return "{" .. path .. "} is never set", near and head .. "." .. near
  end
end

local function check_template(r, key, value)
  for path in value:gmatch("{%s*([%w_.]+)%s*,?%s*%d*%s*}") do
    local fault, near = path_fault(path, key == "message")
    if fault then report("U0209", r.where, title(r) .. ", " .. key .. ": " .. fault, near) end
  end
end

local function each_text(value, fn)
  if type(value) == "string" then fn(value)
  elseif type(value) == "table" then for _, one in pairs(value) do each_text(one, fn) end end
end

local function has_function(value, depth)
  if type(value) == "function" then return true end
  if type(value) ~= "table" or depth > 4 then return false end
  for _, one in pairs(value) do if has_function(one, depth + 1) then return true end end
  return false
end

check(function()
  for _, r in ipairs(policy.rules) do
    for key, value in pairs(type(r.effect) == "table" and r.effect or {}) do
      each_text(value, function(one) check_template(r, key, one) end)
      if has_function(value, 1) then report("U0604", r.where, title(r) .. ": " .. key .. " is worked out by a function") end
    end
  end
  for _, one in ipairs(policy.modifiers) do
    for key, value in pairs(one.change) do
      each_text(value, function(s) check_template({ where = one.where, name = one.name }, key, s) end)
      if has_function(value, 1) then
        report("U0604", one.where, "modifier \"" .. one.name .. "\": " .. key .. " is worked out by a function")
      end
    end
  end
end)

check(function()
  each_leaf(function(owner, leaf, _, again)
    if not again and not leaf.word and (leaf.expr or ""):find("^function at ") then
      report("U0603", owner.where, owner.shown .. " asks a function")
    end
  end)
end)

-- --- U04: time --------------------------------------------------------------------------------------

local function shown_time(s)
  if s % 86400 == 0 then return s // 86400 .. "d" end
  if s % 3600 == 0 then return s // 3600 .. "h" end
  return s % 60 == 0 and s // 60 .. "m" or s .. "s"
end

local function priority_of(r)
  local own = type(r.effect) == "table" and r.effect.priority
  if own then return type(own) == "string" and own or nil end
  local by_reason = core.given.priorities and core.given.priorities[r.effect.reason or ""]
  return by_reason or policy.default.priority or "normal"
end

check(function()
  local sla = lint.context.sla or {}
  for _, r in ipairs(policy.rules) do
    local priority = r.wait_s and type(r.effect) == "table" and priority_of(r)
    local promised = priority and sla[priority]
    if promised and r.wait_s >= promised then
      report("U0401", r.where, title(r) .. " waits " .. shown_time(r.wait_s) .. "; " .. priority ..
        " tickets are promised an answer within " .. shown_time(promised))
    end
  end
end)

check(function()
  local context, without = lint.context, {}
  if not context.sla or next(context.sla) == nil then return end
  for name, group in pairs(core.given.groups or {}) do
    if type(group) ~= "table" or not group.calendar then without[#without + 1] = name end
  end
  if #without > 0 then
    report("U0402", context.sla_where or context.file, "response times are promised, and these groups have no calendar: " ..
      table.concat(without, ", "))
  end
end)

-- --- U0212: as -------------------------------------------------------------------------------------------

local function makes_it(makes, helpdesk, as)
  for name, words in pairs(makes) do
    for _, word in ipairs((helpdesk == nil or name == helpdesk) and words or {}) do
      if word == as then return true end
    end
  end
  return false
end

-- makes: helpdesk -> what it makes. A value that is worked out later is not known now.
function lint.check_makes(makes)
  local function look(what, where, effect)
    local as, helpdesk = effect.as, effect.helpdesk
    if type(as) ~= "string" or as:find("{", 1, true) or helpdesk ~= nil and not makes[helpdesk] then return end
    if makes_it(makes, helpdesk, as) then return end
    report("U0212", where, what .. " wants a " .. as .. ", and " ..
      (helpdesk and "helpdesk \"" .. helpdesk .. "\" makes none" or "no helpdesk makes one"))
  end
  for _, r in ipairs(policy.rules) do
    if type(r.effect) == "table" then look(title(r), r.where, r.effect) end
  end
  for _, m in ipairs(policy.modifiers) do
    if type(m.change) == "table" then look("modifier \"" .. m.name .. "\"", m.where, m.change) end
  end
end

-- --- U05: phrases and patterns ---------------------------------------------------------------------------

local function check_repeated(owner, leaf)
  local seen, set = {}, {}
  for _, phrase in ipairs(leaf.phrases) do
    local folded = table.concat(phrase.words, " ")
    if seen[folded] then report("U0503", leaf.where or owner.where, "\"" .. phrase.shown .. "\" stands in the list twice") end
    seen[folded], set[folded] = true, phrase.shown
  end
  return set
end

local function shorter_within(words, set)
  for from = 1, #words do
    for to = from, #words do
      local part = to - from + 1 < #words and set[table.concat(words, " ", from, to)]
      if part then return part end
    end
  end
end

local function check_phrases(owner, leaf, alone)
  local set = check_repeated(owner, leaf)
  for _, phrase in ipairs(leaf.phrases) do
    local part = shorter_within(phrase.words, set)
    local broad = alone and owner.rule and names.too_broad(phrase.words)
    if part then
      report("U0504", leaf.where or owner.where, "\"" .. phrase.shown .. "\" adds nothing to \"" .. part .. "\"")
    end
    if broad then
      report("U0501", leaf.where or owner.where, "\"" .. phrase.shown .. "\" " .. broad .. ", and is enough for " .. owner.shown)
    end
  end
end

local costs = { nested = "repeats what repeats", chain = "holds several .* in a row" }

check(function()
  each_leaf(function(owner, leaf, alone, again)
    if leaf.phrases and not again then check_phrases(owner, leaf, alone) end
    local pattern = not again and (leaf.word == "matches" or leaf.method == "matches") and leaf.args[1]
    local cost = type(pattern) == "string" and lint.pattern_cost(pattern)
    if cost then report("U0505", leaf.where or owner.where, "the pattern \"" .. pattern .. "\" " .. costs[cost]) end
  end)
end)

-- --- U0601, and what a corpus shows -----------------------------------------------------------------------

local function percent(part, whole) return string.format("%d %%", part * 100 // whole) end

check(function()
  local first, urgent, all = nil, 0, 0
  for _, r in ipairs(policy.rules) do
    if r.action == "escalate" then
      all = all + 1
      if r.effect.priority == "urgent" then
        urgent, first = urgent + 1, first or r
      end
    end
  end
  if all >= URGENT_RULES_LEAST and urgent > all * URGENT_RULES then
    report("U0601", first.where, urgent .. " of " .. all .. " rules that hand over are urgent (" .. percent(urgent, all) .. ")")
  end
end)

local function check_urgent_handoffs(corpus)
  if corpus.handoffs < HANDOFFS_LEAST or corpus.urgent <= corpus.handoffs * URGENT_HANDOFFS then return end
  local most, place = 0, policy.rules[1] and policy.rules[1].where
  local name
  for _, r in ipairs(policy.rules) do
    local n = corpus.urgent_by[r.name] or 0
    if n > most then most, place, name = n, r.where, r.name end
  end
  report("U0602", place, corpus.urgent .. " of " .. corpus.handoffs .. " hand-overs of the corpus are urgent (" ..
    percent(corpus.urgent, corpus.handoffs) .. ")" .. (name and ", most of them by rule \"" .. name .. "\"" or ""))
end

-- Gives the rules that a phrase alone is to blame for.
local function check_shares(corpus)
  local blamed = {}
  each_leaf(function(owner, leaf, alone, again)
    if again or not leaf.phrases or not alone or not owner.rule then return end
    for _, phrase in ipairs(leaf.phrases) do
      local n = corpus.hits[tostring(phrase.id)] or 0
      if n > corpus.conversations * PHRASE_SHARE then
        blamed[owner.rule] = true
        report("U0502", leaf.where or owner.where, "\"" .. phrase.shown .. "\" is said in " ..
          percent(n, corpus.conversations) .. " of the corpus's conversations, and is enough for " .. owner.shown)
      end
    end
  end)
  return blamed
end

-- What waits comes last and gets whoever is left; it is no rule for a matter.
local function check_broad_rules(corpus, blamed)
  for _, r in ipairs(policy.rules) do
    local n = corpus.decided_by[r.name] or 0
    if r.action == "escalate" and not r.wait_s and not blamed[r] and n > corpus.conversations * RULE_SHARE then
      report("U0605", r.where, "rule \"" .. r.name .. "\" matches " .. percent(n, corpus.conversations) ..
        " of the corpus's conversations")
    end
  end
end

function lint.check_corpus(corpus)
  check_urgent_handoffs(corpus)
  if corpus.conversations < CONVERSATIONS_LEAST then return end
  check_broad_rules(corpus, check_shares(corpus))
end
