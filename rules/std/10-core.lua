-- The rule language. This file holds what a policy is: the list of rules, in
-- reading order; the first that matches decides, later matches are recorded as
-- "would", then modifiers may change what is not final. The words that rules
-- are written with stand in the files behind this one. Everything declared is
-- data that can be shown: that is why a decision can be explained.

local policy = {
  rules = {}, modifiers = {}, by_name = {},
  routing = given and given.routing or {},
  default = { group = given and given.default_group or "support" },
}

-- The words of the other files find it here; user files cannot see it.
local core = { policy = policy, given = given or {} }

function core.fail(place, message)
  error(place .. ": " .. message, 0)
end

function core.hint(name, known)
  local near = text.nearest(tostring(name), known)
  return near and (" (did you mean '" .. near .. "'?)") or ""
end

function core.names_of(t)
  local list = {}
  for name in pairs(t) do list[#list + 1] = tostring(name) end
  return list
end

-- Known keys only; spec: key -> true or a list of type names.
function core.strict(place, what, t, spec)
  if type(t) ~= "table" then core.fail(place, what .. " { ... } expected") end
  for key in pairs(t) do
    if not spec[key] then
      core.fail(place, what .. " has no '" .. tostring(key) .. "'" .. core.hint(key, core.names_of(spec)))
    end
  end
  return t
end

-- What a rule may do, and what a ticket may carry.
local effect_keys = {
  reason = true, reasons = true, group = true, assignee = true, priority = true, subject = true, tags = true,
  fields = true, skills = true, helpdesk = true, as = true, need = true, next_step = true, summary = true,
  message = true, transcript = true, transcript_n = true, timing = true, append_to = true, link_to = true,
  actions = true, cancel_on = true, risk = true, notifiers = true,
}
local rule_keys = {
  owner = true, description = true, when = true, collect = true, wait = true, final = true, risk = true,
  escalate = true, offer = true, inform = true, notify = true, append = true, link = true, ignore = true, keep = true,
}
core.effects = { "escalate", "offer", "inform", "notify", "append", "link", "ignore", "keep" }

-- The words that some of them must be one of, and the kinds of the others; a
-- function gives its value later, when there is a conversation.
local effect_words = {
  priority = { "low", "normal", "high", "urgent" },
  as = { "ticket", "conversation" },
  need = { "judgment", "approval", "follow_up", "investigate", "reply", "callback" },
  risk = { "low", "medium", "high" },
  timing = { "immediate", "wait", "sla", "next_open", "at" },
  transcript = { "full", "last_n", "since_topic", "restricted" },
}
local effect_kinds = {
  reason = "string", group = "string", assignee = "string", subject = "string", helpdesk = "string",
  next_step = "string", summary = "string", append_to = "string", link_to = "string", transcript_n = "number",
  tags = "table", fields = "table", skills = "table", reasons = "table", actions = "table", cancel_on = "table",
  notifiers = "table",
}

-- "10m", "2h", "90s", "1d" -> seconds.
function core.duration(place, value)
  local n, unit = tostring(value):match("^(%d+)([smhd])$")
  if not n then core.fail(place, "a time is written \"90s\", \"10m\", \"2h\" or \"1d\", not '" .. tostring(value) .. "'") end
  return tonumber(n) * ({ s = 1, m = 60, h = 3600, d = 86400 })[unit]
end

local function check_name(place, what, name, known, list_name)
  if known == nil or type(name) == "function" then return end
  if not known[name] then
    core.fail(place, what .. " '" .. tostring(name) .. "' is not in " .. list_name .. core.hint(name, core.names_of(known)))
  end
end

function core.check_group(place, name)
  check_name(place, "group", name, core.given.groups, "groups")
end

local function set_of(list)
  if list == nil then return nil end
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  for name in pairs(list) do if type(name) == "string" then set[name] = true end end
  return set
end

local function check_known(place, key, value, words)
  for _, word in ipairs(words) do if word == value then return end end
  core.fail(place, key .. " '" .. tostring(value) .. "' is none of " .. table.concat(words, ", ") .. core.hint(value, words))
end

local function check_word(place, key, value)
  if type(value) == "function" or type(value) == "string" and value:find("{", 1, true) then return end
  check_known(place, key, value, effect_words[key])
end

local function check_value(place, key, value)
  local want = effect_kinds[key]
  if effect_words[key] then
    check_word(place, key, value)
  elseif want and type(value) ~= want and type(value) ~= "function" then
    core.fail(place, key .. " must be a " .. want .. ", not a " .. type(value))
  elseif key == "message" and value ~= false and type(value) ~= "string" and type(value) ~= "function" then
    core.fail(place, "message is a text for the customer, or false to say nothing")
  elseif key == "transcript_n" and type(value) == "number" and (math.type(value) ~= "integer" or value < 1) then
    core.fail(place, "transcript_n is the number of messages, from 1 on")
  end
end

local known_groups = core.given.groups
local known_helpdesks = set_of(core.given.helpdesks)
local known_tags = set_of(core.given.tags)
local known_notifiers = set_of(core.given.notifiers)

-- What these do needs to be said.
local needs = {
  escalate = { reason = "why a human must take over", next_step = "what the human does first" },
  append = { append_to = "which ticket it goes on in", reason = "why a human must take over", next_step = "what the human does first" },
  link = { link_to = "which ticket it is counted with" },
}

-- What does not depend on a conversation is checked while loading.
function core.check_effect(place, what, effect)
  core.strict(place, what, effect, effect_keys)
  for key, value in pairs(effect) do check_value(place, key, value) end
  if what ~= "change" and effect.transcript == "last_n" and effect.transcript_n == nil then
    core.fail(place, "transcript = \"last_n\" needs transcript_n = 20: how many messages")
  end
  if effect.group ~= nil then check_name(place, "group", effect.group, known_groups, "groups") end
  if type(effect.skills) == "table" then core.check_skills(place, effect.skills) end
  if effect.helpdesk ~= nil then check_name(place, "helpdesk", effect.helpdesk, known_helpdesks, "the configured helpdesks") end
  for _, name in ipairs(type(effect.notifiers) == "table" and effect.notifiers or {}) do
    check_name(place, "notifier", name, known_notifiers, "the configured notifiers")
  end
  for _, tag in ipairs(type(effect.tags) == "table" and effect.tags or {}) do
    if type(tag) ~= "string" or not tag:match("^[a-z0-9_:.-]+$") or #tag > 60 then
      core.fail(place, "tag '" .. tostring(tag) .. "' must be 1 to 60 of a-z 0-9 _ : . -")
    end
    check_name(place, "tag", tag, known_tags, "tags")
  end
  for _, key in ipairs { "append_to", "link_to", "reason", "next_step" } do
    local why = needs[what] and needs[what][key]
    if why and effect[key] == nil then core.fail(place, what .. " needs " .. key .. " = \"...\": " .. why) end
  end
end

-- What may end a wait before its time.
local cancel_words = { "customer_message", "ai_message", "session_ended", "takeover", "resolved" }

local function add_rule(place, name, t)
  if t.risk ~= nil then check_word(place, "risk", t.risk) end
  local r = { name = name, where = place, owner = t.owner, description = t.description, final = t.final == true, risk = t.risk }
  core.strict(place, "rule \"" .. name .. "\"", t, rule_keys)
  for _, kind in ipairs(core.effects) do
    if t[kind] ~= nil and t[kind] ~= false then
      if r.action then core.fail(place, "rule \"" .. name .. "\" does two things: " .. r.action .. " and " .. kind) end
      r.action, r.effect = kind, t[kind]
    end
  end
  if not r.action then
    core.fail(place, "rule \"" .. name .. "\" does nothing; add escalate = { ... }, offer, inform, notify, append, link, ignore or keep")
  end
  if r.effect == true then r.effect = {} end
  core.check_effect(place, r.action, r.effect)
  if t.when == nil then core.fail(place, "rule \"" .. name .. "\" has no when") end
  r.when = core.condition(place, t.when)
  if t.collect ~= nil then
    r.collect = core.collect_of(place, t.collect)
    if r.action ~= "escalate" then core.fail(place, "rule \"" .. name .. "\" collects and does not escalate") end
    if r.final then core.fail(place, "rule \"" .. name .. "\" is final and asks; what is final happens at once") end
  end
  if t.wait then
    core.read_wait(place, r, t.wait)
    if r.final then core.fail(place, "rule \"" .. name .. "\" is final and waits; what is final happens at once") end
    local ends = r.effect.cancel_on
    for _, word in ipairs(type(ends) == "table" and ends or {}) do check_known(place, "cancel_on", word, cancel_words) end
  end
  core.read_timing(place, r)
  policy.rules[#policy.rules + 1] = r
end

function core.declare(word, add)
  return function(name)
    local place = where(2)
    if type(name) ~= "string" or name == "" then core.fail(place, word .. " \"a title in plain words\" { ... }") end
    if policy.by_name[name] then
      core.fail(place, word .. " \"" .. name .. "\" has the name of another one at " .. policy.by_name[name])
    end
    policy.by_name[name] = place
    return function(t) add(place, name, t) end
  end
end

rule = core.declare("rule", add_rule)

modifier = core.declare("modifier", function(place, name, t)
  core.strict(place, "modifier \"" .. name .. "\"", t, { when = true, change = true, owner = true, description = true })
  core.check_effect(place, "change", t.change or {})
  policy.modifiers[#policy.modifiers + 1] =
    { name = name, where = place, when = core.condition(place, t.when), change = t.change or {} }
end)

function routing(list)
  local place = where(2)
  for _, row in ipairs(list) do
    core.strict(place, "routing", row, { intent = true, tier = true, language = true, group = true })
    check_name(place, "group", row.group, known_groups, "groups")
  end
  policy.routing = list
end

function default(t)
  local place = where(2)
  core.strict(place, "default", t, { group = true, priority = true })
  if t.group then check_name(place, "group", t.group, known_groups, "groups") end
  if t.priority ~= nil then check_word(place, "priority", t.priority) end
  policy.default.group = t.group or policy.default.group
  policy.default.priority = t.priority
end

-- --- filling a decision ---------------------------------------------------

local function at_path(c, path)
  local v = c
  for step in path:gmatch("[^.]+") do
    if type(v) ~= "table" then return nil end
    v = v[step]
  end
  return v
end

-- "{path}" places; "{path, 60}" is cut to 60 characters. What is not known is
-- left out, with the space before it; but what a customer's message says of
-- the ticket is known only when there is one, and stays as it is until then.
local told_later = { ticket = true, handoff_id = true, response_time = true, eta = true, next_open = true }

function core.fill(template, c, for_customer)
  if type(template) ~= "string" or not template:find("{", 1, true) then return template end
  local s = template:gsub("(%s?){%s*([%w_.]+)%s*,?%s*(%d*)%s*}", function(space, path, width)
    if for_customer and told_later[path:match("^[^.]+")] then return nil end
    local v = at_path(c, path)
    if v == nil or type(v) == "table" then return "" end
    v = tostring(v)
    if width ~= "" then v = text.clip(v, tonumber(width)) end
    return space .. v
  end)
  return s
end

-- Of { en = ..., de = ... } the words for this customer.
function core.in_language(words, c)
  local language = (c.language or (c.customer and c.customer.locale) or "en"):match("^%a+")
  return words[language] or words.en or words[core.names_of(words)[1]]
end

-- A function is given the conversation and the decision as far as it goes.
local function value_of(v, c, for_customer, d)
  if type(v) == "function" then return v(c, d) end
  return core.fill(v, c, for_customer)
end

local function in_list(list, value)
  if list == nil then return true end
  if type(list) ~= "table" then return list == value end
  for _, one in ipairs(list) do if one == value then return true end end
  return false
end

local function route(c)
  local intent = c.intent and c.intent.name
  local tier = c.customer and c.customer.tier
  for _, row in ipairs(policy.routing) do
    if in_list(row.intent, intent) and in_list(row.tier, tier) and in_list(row.language, c.language) then
      return row.group
    end
  end
end

local function choose_group(d, c, facts)
  if d.group then d.group_from = "rule" return end
  d.group, d.group_from = core.by_skills(d.skills, facts), "skills"
  if d.group then return end
  d.group, d.group_from = route(c), "routing"
  if not d.group then d.group, d.group_from = policy.default.group, "default" end
end

local function choose_priority(d)
  if d.priority then d.priority_from = "rule" return end
  local by_reason = core.given.priorities and core.given.priorities[d.reason]
  if by_reason then d.priority, d.priority_from = by_reason, "reason" return end
  d.priority, d.priority_from = policy.default.priority or "normal", "default"
end

local function default_subject(c)
  local title = c.intent and (c.intent.title or c.intent.name)
  local question = c.first_question and text.clip(c.first_question, 60) or "a customer needs help"
  return "[AI] " .. (title and (title .. ": ") or "") .. question:gsub("%s+", " ")
end

-- "rule:asked-for-a-person": a name as the end of a tag, 60 characters in all.
local function named_tag(kind, name)
  local slug = text.fold(tostring(name or "")):gsub("[^a-z0-9_:.-]+", "-"):gsub("^-+", "")
  slug = slug:sub(1, 59 - #kind):gsub("-+$", "")
  return slug ~= "" and (kind .. ":" .. slug) or nil
end

local function add_tags(d, c, event)
  local tags, seen = {}, {}
  local function add(tag)
    if tag and not seen[tag] and #tags < 32 then seen[tag] = true tags[#tags + 1] = tag end
  end
  for _, tag in ipairs(core.given.origin_tags or { "usher", "ai-handoff" }) do add(tag) end
  for _, tag in ipairs(d.tags or {}) do add(value_of(tag, c)) end
  add("reason:" .. d.reason)
  local intent = c.intent and c.intent.name
  if intent then
    local tag = intent:lower():gsub("[^a-z0-9_:.-]+", "_"):sub(1, 60)
    if tag ~= "" then add(tag) end
  end
  add(named_tag("rule", d.rule))
  if event.type ~= "message.created" then add(named_tag("event", event.type)) end
  d.tags = tags
end

-- The names of what an effect says, in their order; worked out while the rules
-- load, for those that are theirs.
local keys_of = {}
local function list_keys(effect)
  local keys = {}
  for key in pairs(effect) do keys[#keys + 1] = key end
  return keys
end

local function apply_effect(d, effect, c)
  local keys = keys_of[effect] or list_keys(effect)
  for i = 1, #keys do
    local key = keys[i]
    local v = effect[key]
    if key == "tags" then
      d.tags = d.tags or {}
      for _, tag in ipairs(value_of(v, c, false, d)) do d.tags[#d.tags + 1] = tag end
    elseif key == "fields" then
      local fields = {}
      for name, one in pairs(value_of(v, c, false, d)) do fields[name] = value_of(one, c) end
      d.fields = fields
    elseif key == "timing" and type(v) == "string" then
      d.timing = v
    else
      d[key] = value_of(v, c, key == "message", d)
    end
  end
end

-- Before the modifiers: they look at the group and change it.
local function choose(d, c, facts)
  choose_group(d, c, facts)
  choose_priority(d)
end

local function finish_escalation(d, c, event)
  d.subject = d.subject or default_subject(c)
  add_tags(d, c, event)
end

-- A ticket that nobody knows is none to go on in: it is a hand-over like any.
local function acts(d)
  if d.action == "append" and (d.append_to or "") == "" then d.action = "escalate" end
end

local function decide_by(r, c, m)
  local d = { -- with room for what an effect says
    action = core.must_wait(r, m.facts) and "wait" or r.action, rule = r.name, description = r.description,
    final = r.final or nil, reason = nil,
  }
  apply_effect(d, r.effect, c)
  d.risk = d.risk or r.risk
  acts(d)
  if d.action == "wait" then core.put_wait(d, r, m.facts) end
  local evidence = {}
  r.when:evidence(m, evidence)
  if #evidence > 0 then d.evidence = evidence end
  return d
end

-- Built in, before any rule: a human who takes over is never vetoed; and with
-- an empty policy an explicit hand-over signal still reaches a human.
local takeover = {
  action = "escalate", name = "built-in: a human took over", final = true,
  effect = { reason = "takeover", next_step = "You took this conversation over: reply to {first_question}" },
  when = { evidence = function() end },
}
local requested = {
  action = "escalate", name = "built-in: the AI asked for a human",
  effect = { reason = "customer_request", next_step = "Reply to: {first_question}" },
  when = { evidence = function() end },
}

-- After the hand-over the customer's messages go to the ticket.
local function follow_up(c, facts)
  local last = c.messages[#c.messages]
  if facts.event.type == "message.created" and last and last.role == "customer" then
    return { action = "append", reason = "follow_up", rule = "built-in: the ticket is open" }
  end
  return { action = "keep", rule = "built-in: the ticket is open" }
end

-- What is done once an episode, and where the rules' memory keeps it.
local once = { offer = "offered", link = "linked" }

local function remember(d, c, member)
  local made = {}
  for name, seq in pairs(c.rule_state and c.rule_state[member] or {}) do made[name] = seq end
  local last = c.messages[#c.messages]
  made[d.rule] = last and last.seq or 0
  d.rule_state = d.rule_state or {}
  d.rule_state[member] = made
end

-- An offer is made once an episode, and so is a link: then the rule matches no
-- more, and those behind it have their turn.
local function was_made(r, c)
  local state = c.rule_state
  local made = state and state[once[r.action]]
  return made ~= nil and made[r.name] ~= nil
end

local function matches(r, m, collecting)
  return (r.name == collecting or r.when:test(m)) and not was_made(r, m.c)
end

-- All that match, in their order. A rule that is asking for details goes on
-- asking, whatever its condition says now.
local function matching(m)
  local collecting, list = core.collecting(m.c), {}
  if collecting or not policy.program then
    for _, r in ipairs(policy.rules) do
      if matches(r, m, collecting) then list[#list + 1] = r end
    end
    return list
  end
  local numbers = core.matching(m)
  for k = 1, numbers and #numbers or 0 do
    local r = policy.rules[numbers[k]]
    if not was_made(r, m.c) then list[#list + 1] = r end
  end
  return list
end

local function first_match(m, would)
  local list = matching(m)
  for i = 2, #list do would[#would + 1] = list[i].name end
  return list[1]
end

local function change(d, one, c)
  local group, priority = d.group, d.priority
  apply_effect(d, one.change, c)
  if d.group ~= group then d.group_from = "modifier" end
  if d.priority ~= priority then d.priority_from = "modifier" end
end

local function change_by(one, d, c, m)
  if d.final or d.action == "keep" then return end
  m.changed = true
  change(d, one, c)
end

-- One by one: a trace tells of each.
local function modify_traced(d, c, m, trace)
  for _, one in ipairs(policy.modifiers) do
    local hit = one.when:test(m)
    if trace then
      trace[#trace + 1] = {
        modifier = one.name, where = one.where, fired = hit and not d.final or false, conditions = { one.when:explain(m) },
      }
    end
    if hit then change_by(one, d, c, m) end
  end
end

-- m.decision is for decided { ... }: each modifier sees what those before it
-- have made of the decision. Rules see none, not in a trace either.
local function modify(d, c, m, trace)
  m.decision = d
  if trace or not policy.program then
    modify_traced(d, c, m, trace)
  else
    local i = core.next_modifier(m, 1)
    while i do
      change_by(policy.modifiers[i], d, c, m)
      i = core.next_modifier(m, i + 1)
    end
  end
  m.decision = nil
end

local function trace_of(m, chosen)
  local trace = {}
  for _, r in ipairs(policy.rules) do
    trace[#trace + 1] = {
      rule = r.name, where = r.where, fired = matches(r, m, core.collecting(m.c)), decided = r == chosen,
      offered = was_made(r, m.c) or nil, conditions = { r.when:explain(m) },
    }
  end
  return trace
end

-- What the rule makes of it, modifiers and all.
local function decide_for(r, c, m, changes)
  local read = r.collect and not core.must_wait(r, m.facts) and core.collect_read(r, c, m)
  local d = decide_by(r, c, m)
  if read then core.collect(r, c, m, d, read) end
  if once[d.action] then remember(d, c, once[d.action]) end
  local hands_over = d.action == "escalate" or d.action == "append"
  if hands_over then choose(d, c, m.facts) end
  hands_over = hands_over and not core.defer(d, m.facts)
  modify(d, c, m, changes)
  if hands_over then
    if d.action == "escalate" then core.fall_back(d, m.facts) end
    finish_escalation(d, c, m.facts.event or {})
    if not d.final and d.action == "escalate" then core.spend(d, c, m.facts) end
  elseif d.action == "offer" and not d.final then
    core.spare(d, c, m.facts)
  end
  return d
end

-- The rule that decides; while the promise leaves time, perhaps one behind it.
local function decide_in_time(r, c, m, changes, would)
  local d = decide_for(r, c, m, changes)
  if d.action ~= "wait" or d.timing ~= "sla" then return d, r end
  local collecting = core.collecting(c)
  local other = core.sooner(m, policy.rules, r, d.at_ms, function(one) return matches(one, m, collecting) end)
  if not other then return d, r end
  would[#would + 1] = r.name
  for i = #would, 1, -1 do if would[i] == other.name then table.remove(would, i) end end
  for i = 1, changes and #changes or 0 do changes[i] = nil end
  return decide_for(other, c, m, changes), other
end

-- The decision, and the rule that made it.
local function decide_moment(m, mode)
  local c, facts = m.c, m.facts
  local event = facts.event or {}
  if c.handoff_id then
    return follow_up(c, facts)
  end
  local via = c.handoff and c.handoff.via
  local would = {}
  local r = via == "takeover" and takeover or first_match(m, would)
  if not r and via and (event.type == "handoff.requested" or event.type == "takeover") then
    r = requested
  end
  local changes = mode == "explain" and {} or nil
  local d
  if r then d, r = decide_in_time(r, c, m, changes, would) else d = { action = "keep" } end
  d.near = m.near
  if mode == "explain" then
    d.trace = trace_of(m, r)
    for _, one in ipairs(changes) do d.trace[#d.trace + 1] = one end
  elseif #would > 0 then
    d.would = would
  end
  return d, r
end

local function decide(c, facts, mode)
  local d = decide_moment(core.moment(c, facts), mode)
  return d
end

-- What says the same whatever the conversation.
local function is_constant(value)
  if type(value) == "table" then
    for _, one in pairs(value) do if not is_constant(one) then return false end end
  end
  return type(value) ~= "function" and not (type(value) == "string" and value:find("{", 1, true))
end

-- What an effect makes of each conversation anew, if that is texts alone.
local is_text = { message = true, subject = true, next_step = true, summary = true }
local function texts_of(effect)
  local texts = {}
  for key, value in pairs(effect) do
    if not is_constant(value) then
      if not is_text[key] then return nil end
      texts[#texts + 1] = key
    end
  end
  return texts
end

-- Whether the engine takes what the rule has made of this conversation, as far
-- as it is seen at a glance: texts, and what is always the same.
local function is_plain(d, r)
  local texts = r.texts
  for i = 1, texts and #texts or 0 do
    local made = d[texts[i]]
    if made ~= nil and not (type(made) == "string" and #made < 256 and utf8.len(made)) then return false end
  end
  return texts ~= nil
end

-- Whether the next message of the customer's, which comes by until_ms, ends the
-- wait before its time and nothing else is left of it.
local function is_cut_short(d, facts, until_ms)
  if d.action ~= "wait" or d.timing == "sla" or d.cancel_on or d.rule_state or d.collect then return false end
  local due = d.at_ms or d.wait_s and (facts.now_ms or 0) + d.wait_s * 1000
  return due ~= nil and due > until_ms
end

-- A moment of a conversation that is walked to its end. Who walks asks for many
-- moments at once and goes on where nothing comes of one: of a wait that is cut
-- short nothing does. until_ms 0: no such message comes.
local function walk(c, facts, until_ms)
  local m = core.moment(c, facts)
  local d, r = decide_moment(m, "live")
  if until_ms > 0 and not m.changed and is_cut_short(d, facts, until_ms) and is_plain(d, r) then return { action = "keep" } end
  return d
end

local function describe()
  local rules, modifiers = {}, {}
  for i, r in ipairs(policy.rules) do
    rules[i] = { name = r.name, owner = r.owner, description = r.description, where = r.where, action = r.action, risk = r.risk }
  end
  for i, one in ipairs(policy.modifiers) do modifiers[i] = { name = one.name, where = one.where } end
  return { rules = rules, modifiers = modifiers }
end

-- Behind the last file.
local function finish()
  core.compile()
  for _, r in ipairs(policy.rules) do
    r.texts = texts_of(r.effect)
    keys_of[r.effect] = list_keys(r.effect)
  end
  for _, one in ipairs(policy.modifiers) do keys_of[one.change] = list_keys(one.change) end
end

-- For the other files of the language.
rule_language = core
core.entry = { decide = decide, walk = walk, describe = describe, finish = finish }
return core.entry
