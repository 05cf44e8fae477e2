-- The policy book: the rules in order, in words and tables, for people who do
-- not read Lua. It is made of blocks (headings, paragraphs, tables, lists)
-- that are written as Markdown or as HTML.

local core = rule_language
local lint, author = core.lint, core.author
local logic, policy = lint.logic, core.policy

-- --- conditions in words ----------------------------------------------------------------------

local function shown_value(v)
  if type(v) == "string" then return "“" .. v .. "”" end
  if type(v) == "table" then
    local list = {}
    for i, one in ipairs(v) do list[i] = shown_value(one) end
    if #list < 2 then return list[1] or "nothing" end
    return table.concat(list, ", ", 1, #list - 1) .. " or " .. list[#list]
  end
  return tostring(v)
end

-- {1}: the first argument; what is bracketed stands only when there is one.
local sentences = {
  says = "the customer said {1}", says_now = "the newest customer message says {1}", ai_says = "the AI said {1}",
  asks_for_human = "the customer asks for a person[ (also {1})]", accepts_human = "the customer accepts the person that the AI offered",
  matches = "a customer message matches the pattern {1}", intent = "the intent is {1}",
  confidence_below = "the AI's confidence is below {1}", sentiment_below = "the mood is below {1}",
  failed_attempts = "at least {1} answers of the AI did not help", turns = "the customer wrote at least {1} times",
  repeats = "the same question was asked {1} times", frustrated = "the customer is frustrated[ ({1} points or more)]",
  unresolved = "the session ended unresolved", outcome = "the session ended {1}", review_required = "the source wants a review",
  handed_over = "a human has it already", requested_by = "a human was requested by {1}", event = "the event is {1}",
  channel = "the channel is {1}", source_is = "the source is {1}", tier = "the customer's tier is {1}",
  language = "the language is {1}", open = "{1} is open", closed = "{1} is closed",
  mentions = "the customer writes about {1}", speaks = "the customer writes in {1}", thanks = "the customer says thanks",
  mood_below = "the mood, by score or words, is below {1}", mood_falls = "the mood, by score or words, falls by {1}",
  falling = "the mood falls by {1}", complexity = "the complexity is {1} or more",
  available = "{1} can take something", unavailable = "{1} is offline or full",
  group_lacks_language = "the group does not answer in the customer's language",
  automatic = "a machine wrote it", empty_opening = "the first message is empty", on = "today is {1}",
}
local comparisons = {
  at_least = "is at least {1}", at_most = "is at most {1}", is = "is {1}", one_of = "is {1}", present = "is known",
  missing = "is not known", matches = "matches the pattern {1}", before = "is before {1}", after = "is after {1}",
  within = "is within {1} of now", above = "is above {1}", below = "is below {1}",
}

local function filled(sentence, args)
  local value = args[1] ~= nil and shown_value(args[1]) or nil
  local s = sentence:gsub("%[(.-)%]", function(part) return value and part or "" end)
  s = s:gsub("{1}", function() return value or "" end)
  return s
end

local function leaf_words(c)
  if c.subject and comparisons[c.method] then
    return c.word .. " " .. c.subject .. " " .. filled(comparisons[c.method], c.args)
  elseif c.word and not c.subject and sentences[c.word] then
    return filled(sentences[c.word], c.args)
  end
  local shown = c.expr or "?"
  if c.threshold ~= nil and c.op then shown = shown .. " " .. tostring(c.op) .. " " .. tostring(c.threshold) end
  return shown
end

local headings = { all = "all of these:", any = "one of these:", none = "none of these:" }

-- A nested list: { text, inner }
local function condition_words(c)
  local word = logic.group(c)
  if not word then return { text = leaf_words(c) } end
  if #c.inner == 1 and word ~= "none" then return condition_words(c.inner[1]) end
  local node = { text = headings[word], inner = {} }
  for i, child in ipairs(c.inner) do node.inner[i] = condition_words(child) end
  return node
end

-- --- effects in words --------------------------------------------------------------------------

local does = {
  escalate = "hands over to a human", offer = "offers a human", inform = "informs the customer", notify = "notifies the team",
  append = "adds to the open ticket", link = "links to an incident", ignore = "does nothing, on purpose", keep = "stays with the AI",
}

local function shown_effect(value)
  if type(value) == "function" then return "worked out by a function" end
  if type(value) == "boolean" then return value and "yes" or "no" end
  if type(value) ~= "table" then return tostring(value) end
  local list = {}
  for key, one in pairs(value) do
    list[#list + 1] = (type(key) == "string" and key .. " = " or "") .. shown_effect(one)
  end
  return table.concat(list, ", ")
end

local order = { "reason", "group", "assignee", "priority", "need", "next_step", "subject", "tags", "message", "helpdesk",
  "timing", "transcript", "summary", "fields", "skills" }

local function effect_rows(effect)
  local rows, seen = {}, {}
  for _, key in ipairs(order) do
    seen[key] = true
    if effect[key] ~= nil then rows[#rows + 1] = { key:gsub("_", " "), shown_effect(effect[key]) } end
  end
  for key, value in pairs(effect) do
    if not seen[key] then rows[#rows + 1] = { (key:gsub("_", " ")), shown_effect(value) } end
  end
  for _, row in ipairs(rows) do row[1] = (row[1]:gsub("_", " ")) end
  return rows
end

local function shown_time(s)
  for _, unit in ipairs { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } } do
    if s % unit[1] == 0 then
      local n = s // unit[1]
      return n .. " " .. unit[2] .. (n == 1 and "" or "s")
    end
  end
  return s .. " seconds"
end

local function rule_rows(r)
  local effect = type(r.effect) == "table" and r.effect or {}
  local rows = { { "owner", r.owner or "nobody" }, { "does", does[r.action] or r.action } }
  for _, row in ipairs(effect_rows(effect)) do rows[#rows + 1] = row end
  if r.action == "escalate" and effect.group == nil then
    rows[#rows + 1] = { "group", "by routing, else " .. tostring(policy.default.group) }
  end
  if r.wait_s then rows[#rows + 1] = { "waits", shown_time(r.wait_s) } end
  if r.collect then rows[#rows + 1] = { "asks for", table.concat(r.collect.names, ", ") } end
  if r.risk then rows[#rows + 1] = { "risk", r.risk } end
  if r.final then rows[#rows + 1] = { "final", "yes: no modifier changes it" } end
  rows[#rows + 1] = { "stands in", r.where }
  return rows
end

local function tests_of(r)
  local list, seen = {}, {}
  for _, t in ipairs(lint.tests) do
    if lint.is_about(t.expect, r) and not seen[t.name] then
      seen[t.name] = true
      list[#list + 1] = { text = t.name .. " (" .. t.where .. ")" }
    end
  end
  return list
end

-- --- the book --------------------------------------------------------------------------------------

local function overview(fired)
  local head = { "#", "rule", "owner", "does", "group", "priority", "risk", "final", "tests" }
  if fired then head[#head + 1] = "decided" end
  local rows = {}
  for i, r in ipairs(policy.rules) do
    local effect = type(r.effect) == "table" and r.effect or {}
    local row = { tostring(i), r.name, r.owner or "nobody", r.action, effect.group and shown_effect(effect.group) or "",
      effect.priority and shown_effect(effect.priority) or "", r.risk or "", r.final and "yes" or "", tostring(#tests_of(r)) }
    if fired then row[#row + 1] = tostring(fired[r.name] or 0) end
    rows[i] = row
  end
  return { table = head, rows = rows }
end

local function rule_blocks(out, i, r, fired)
  out[#out + 1] = { heading = 2, text = i .. ". " .. r.name }
  if r.description then out[#out + 1] = { text = r.description } end
  out[#out + 1] = { heading = 3, text = "When" }
  out[#out + 1] = { list = { condition_words(r.when) } }
  out[#out + 1] = { heading = 3, text = "Then" }
  out[#out + 1] = { table = { "", "" }, rows = rule_rows(r) }
  local tests = tests_of(r)
  out[#out + 1] = { heading = 3, text = "Tests" }
  out[#out + 1] = #tests > 0 and { list = tests } or { text = "None." }
  if fired then
    local n = fired[r.name] or 0
    out[#out + 1] = { text = "Decided " .. n .. (n == 1 and " time." or " times.") }
  end
end

local function plural(n, word) return n .. " " .. word .. (n == 1 and "" or "s") end

local function shown_name(value) return value == nil and "any" or type(value) == "table" and table.concat(value, ", ") or tostring(value) end

local function blocks_of(about)
  local fired = about.fired
  local out = { { heading = 1, text = "Policy book" } }
  out[#out + 1] = { text = plural(#policy.rules, "rule") .. " and " .. plural(#policy.modifiers, "modifier") .. " in " ..
    about.dir .. ". The first rule that matches decides; modifiers may change what is not final. Without a match " ..
    "the AI keeps the conversation." }
  if about.counted then out[#out + 1] = { text = "Decided: counted over " .. about.counted .. "." } end
  out[#out + 1] = overview(fired)
  for i, r in ipairs(policy.rules) do rule_blocks(out, i, r, fired) end
  if #policy.modifiers > 0 then out[#out + 1] = { heading = 2, text = "Modifiers" } end
  for _, one in ipairs(policy.modifiers) do
    out[#out + 1] = { heading = 3, text = one.name }
    out[#out + 1] = { list = { condition_words(one.when) } }
    out[#out + 1] = { table = { "changes", "to" }, rows = effect_rows(one.change) }
  end
  local routes = {}
  for i, row in ipairs(policy.routing) do
    routes[i] = { shown_name(row.intent), shown_name(row.tier), shown_name(row.language), row.group }
  end
  out[#out + 1] = { heading = 2, text = "Routing" }
  if #routes > 0 then out[#out + 1] = { table = { "intent", "tier", "language", "group" }, rows = routes } end
  out[#out + 1] = { text = "Rules that name no group, and no row fits: " .. tostring(policy.default.group) .. "." }
  return out
end

-- --- Markdown ------------------------------------------------------------------------------------------

-- "_" within a word is no mark of emphasis.
local function md(s)
  s = s:gsub("\\", "\\\\"):gsub("[|*`<>%[%]]", "\\%0"):gsub("\n", " ")
  return (s:gsub("%f[%w_]_", "\\_"):gsub("_%f[^%w_]", "\\_"))
end

local function md_list(out, list, depth)
  for _, node in ipairs(list) do
    out[#out + 1] = ("  "):rep(depth) .. "- " .. md(node.text)
    if node.inner then md_list(out, node.inner, depth + 1) end
  end
end

local function md_table(out, block)
  local function row(cells)
    local shown = {}
    for i, cell in ipairs(cells) do shown[i] = md(cell) end
    out[#out + 1] = "| " .. table.concat(shown, " | ") .. " |"
  end
  row(block.table)
  out[#out + 1] = "|" .. ("---|"):rep(#block.table)
  for _, cells in ipairs(block.rows) do row(cells) end
end

local function markdown(blocks)
  local out = {}
  for _, block in ipairs(blocks) do
    if block.heading then out[#out + 1] = ("#"):rep(block.heading) .. " " .. md(block.text)
    elseif block.list then md_list(out, block.list, 0)
    elseif block.table then md_table(out, block)
    else out[#out + 1] = md(block.text) end
    out[#out + 1] = ""
  end
  out[#out] = nil
  return table.concat(out, "\n") .. "\n"
end

-- --- HTML -----------------------------------------------------------------------------------------------

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }
local function html(s) return (s:gsub("[&<>\"']", entities)) end

local function html_list(out, list)
  out[#out + 1] = "<ul>"
  for _, node in ipairs(list) do
    out[#out + 1] = "<li>" .. html(node.text)
    if node.inner then html_list(out, node.inner) end
    out[#out + 1] = "</li>"
  end
  out[#out + 1] = "</ul>"
end

local function html_table(out, block)
  local function row(cells, tag)
    local shown = {}
    for i, cell in ipairs(cells) do shown[i] = "<" .. tag .. ">" .. html(cell) .. "</" .. tag .. ">" end
    out[#out + 1] = "<tr>" .. table.concat(shown) .. "</tr>"
  end
  out[#out + 1] = "<table>"
  if table.concat(block.table) ~= "" then row(block.table, "th") end
  for _, cells in ipairs(block.rows) do row(cells, "td") end
  out[#out + 1] = "</table>"
end

local style = "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}" ..
  "table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;" ..
  "vertical-align:top}th{background:#f3f3f3}h2{margin-top:2em;border-bottom:1px solid #ccc}"

local function page(blocks)
  local out = { "<!DOCTYPE html>", "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Policy book</title>",
    "<style>" .. style .. "</style></head><body>" }
  for _, block in ipairs(blocks) do
    if block.heading then out[#out + 1] = "<h" .. block.heading .. ">" .. html(block.text) .. "</h" .. block.heading .. ">"
    elseif block.list then html_list(out, block.list)
    elseif block.table then html_table(out, block)
    else out[#out + 1] = "<p>" .. html(block.text) .. "</p>" end
  end
  out[#out + 1] = "</body></html>"
  return table.concat(out, "\n") .. "\n"
end

-- about: dir, format, and fired (rule -> count) with counted (over what), or
-- neither.
function core.entry.book(about)
  local blocks = blocks_of(about)
  return about.format == "html" and page(blocks) or markdown(blocks)
end
