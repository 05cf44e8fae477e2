-- Rules as pure data. when = { says = { "refund" }, tier = "vip" } is the same
-- as all { says { "refund" }, tier "vip" }: every entry must hold, in the
-- alphabet's order. A word's options stand behind its value: confidence_below =
-- { 0.55, turns = 2 }; a word without a value is = true; all, any and none hold
-- tables of the same kind; field = { name = { at_least = 5 } }.

local core = rule_language
local group_of = core.group_of

-- The conditions of { name = test, ... } about one field, attribute or amount.
local function tests(place, word, subject, spec, into)
  if type(spec) ~= "table" then
    into[#into + 1] = subject:is(spec)
  elseif #spec > 0 then
    into[#into + 1] = subject:one_of(spec)
  else
    for op, limit in pairs(spec) do
      if not subject[op] then core.fail(place, word .. " has no '" .. tostring(op) .. "'" .. core.hint(op, core.names_of(subject))) end
      if (op == "present" or op == "missing") and limit ~= true then core.fail(place, word .. ": " .. op .. " = true expected") end
      into[#into + 1] = subject[op](subject, limit)
    end
  end
end

local function subjects(word, make)
  return function(place, value, into)
    if type(value) ~= "table" or not next(value) or #value > 0 then
      core.fail(place, word .. " = { name = value } or { name = { at_least = 5 } } expected")
    end
    for name, spec in pairs(value) do tests(place, word .. " \"" .. tostring(name) .. "\"", make(name), spec, into) end
  end
end

local function read_amount(place, value, into)
  local about, spec = {}, {}
  if type(value) ~= "table" then core.fail(place, "amount = { field = ..., table = ..., at_least = 5 } expected") end
  for key, one in pairs(value) do
    if core.amount_keys[key] then about[key] = one else spec[key] = one end
  end
  if not next(spec) then core.fail(place, "amount says what it is of, and not what it must be: add at_least = 5") end
  tests(place, "amount", amount(about), spec, into)
end

local read_table

-- Each entry of the table is a condition; a list's entries are tables or words.
local function members(place, word, value)
  local inner = {}
  if type(value) ~= "table" then core.fail(place, word .. " = { ... } expected") end
  if #value > 0 then
    for i, one in ipairs(value) do inner[i] = core.condition(place, one) end
  else
    read_table(place, value, inner)
  end
  return inner
end

local function group(word)
  return function(place, value, into)
    into[#into + 1] = group_of(word, members(place, word, value), place)
  end
end

local readers = {
  all = group("all"), any = group("any"), none = group("none"),
  field = subjects("field", field), attribute = subjects("attribute", attribute), amount = read_amount,
}

-- A word's value as the arguments it is called with.
local function call(place, name, value)
  local word = core.words[name]
  if value == true then return word() end
  if value == false then core.fail(place, name .. " = false says nothing; write none = { " .. name .. " = true }") end
  if type(value) ~= "table" or value.test then return word(value) end
  if core.spread_words[name] then return word(table.unpack(value)) end
  local options
  for key, one in pairs(value) do
    if type(key) == "string" and key ~= "file" then
      options = options or {}
      options[key] = one
    end
  end
  if not options then return word(value) end
  if #value > 1 then core.fail(place, name .. " has one value before its options") end
  return word(value[1], options)
end

function read_table(place, t, into)
  for name, value in pairs(t) do
    if readers[name] then
      readers[name](place, value, into)
    elseif core.words[name] then
      into[#into + 1] = call(place, name, value)
    else
      local known = core.names_of(core.words)
      for reader in pairs(readers) do known[#known + 1] = reader end
      core.fail(place, "when has no word '" .. tostring(name) .. "'" .. core.hint(name, known))
    end
  end
end

function core.condition_of_data(place, t)
  if #t > 0 then core.fail(place, "when is a list: say all { ... } or any { ... } before it") end
  if not next(t) then core.fail(place, "when is empty") end
  local before, inner = core.reading, {}
  core.reading = place
  read_table(place, t, inner)
  core.reading = before
  return #inner == 1 and inner[1] or group_of("all", inner, place)
end
