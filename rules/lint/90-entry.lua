-- What the engine asks of these files.

local core = rule_language
local lint = core.lint

local findings, seen

-- One finding; near is the nearest right name where a name is wrong. Conditions
-- that several rules share are told of once.
function lint.report(code, where, message, near)
  local page = lint.codes[code]
  local key = code .. "|" .. tostring(where) .. "|" .. message
  if seen[key] then return end
  seen[key] = true
  findings[#findings + 1] = {
    code = code, severity = page.severity, where = where or "?", title = page.title, message = message,
    fix = near and "did you mean '" .. near .. "'?" or page.fix,
  }
end

-- corpus: what was measured, or nil (see lint.check_corpus); makes: what the
-- helpdesks of the configuration make, or nil
function core.entry.lint(corpus, makes)
  findings, seen = {}, {}
  for _, check in ipairs(lint.checks) do check() end
  if corpus then lint.check_corpus(corpus) end
  if makes then lint.check_makes(makes) end
  return json.list(findings)
end

-- The numbers of the phrases that were said in one conversation.
function core.entry.phrases_in(customer, ai)
  local by_customer, by_ai, found = text.tokens(customer), text.tokens(ai), {}
  for _, phrase in ipairs(lint.phrases) do
    local tokens = phrase.word == "ai_says" and by_ai or by_customer
    if text.find(tokens, phrase.looks) then found[#found + 1] = phrase.id end
  end
  return json.list(found)
end

function core.entry.codes()
  local list = {}
  for i, code in ipairs(lint.code_order) do list[i] = lint.codes[code] end
  return list
end
