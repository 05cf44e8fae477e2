-- What is known beside the conversation: field "order_value_minor", attribute
-- "plan", amount { ... }; each is followed by what it must be, :at_least(50000),
-- :before("2026-01-01"). What is not known fits nothing but :missing().

local core = rule_language
local new = core.new_condition

local DAY_MS = 86400000

-- --- numbers ------------------------------------------------------------------

-- Nothing, a currency's sign or its three letters.
local function is_money(s)
  s = s:gsub("[%s\u{a0}]", "")
  return s:match("^%u%u%u$") ~= nil or not s:find("%w")
end

-- "1.234,50", "1,234.50 EUR", "€ 49.99", "7 500". The last of both separators
-- is the decimal one; one that comes several times, or a comma before exactly
-- three digits, groups thousands; a dot alone is decimal, as in 1.234.
local function number_in(s)
  local before, digits, behind = s:match("^([^%d+-]*)([+-]?%d[%d.,' \u{a0}]*)(%D*)$")
  if not digits or not (is_money(before) and is_money(behind)) then return nil end
  digits = digits:gsub("[^%d.,+-]", ""):gsub("[.,]$", "")
  local dots, commas = select(2, digits:gsub("%.", "")), select(2, digits:gsub(",", ""))
  if dots > 0 and commas > 0 then
    local decimal_comma = digits:find(",[^.]*$") ~= nil
    digits = decimal_comma and digits:gsub("%.", ""):gsub(",", ".") or digits:gsub(",", "")
  elseif commas > 1 or commas == 1 and digits:find(",%d%d%d$") then
    digits = digits:gsub(",", "")
  elseif commas == 1 then
    digits = digits:gsub(",", ".")
  elseif dots > 1 then
    digits = digits:gsub("%.", "")
  end
  return tonumber((digits:gsub("^%+", "")))
end

local function number_of(v)
  if type(v) == "number" then return v end
  if type(v) ~= "string" then return nil end
  return tonumber(v) or number_in(v)
end

-- --- times --------------------------------------------------------------------

-- Milliseconds of the first and the last instant that a text or a number means:
-- a date is a whole day (UTC), a time is itself, a number seconds or
-- milliseconds since 1970.
local function instants(v)
  if type(v) == "number" then
    local ms = v < 100000000000 and v * 1000 or v
    return ms, ms
  end
  if type(v) ~= "string" then return nil end
  local day = v:match("^%s*(%d%d%d%d%-%d%d%-%d%d)%s*$")
  if day then
    local ms = time.parse(day .. "T00:00:00Z")
    return ms, ms and ms + DAY_MS - 1
  end
  local date, clock, zone = v:match("^%s*(%d%d%d%d%-%d%d%-%d%d)[T ](%d%d:%d%d[:%d.]*)%s*(.-)%s*$")
  if not date then return nil end
  if #clock == 5 then clock = clock .. ":00" end
  local ms = time.parse(date .. "T" .. clock .. (zone ~= "" and zone or "Z"))
  return ms, ms
end

local function check_date(place, word, v)
  local first, last = instants(v)
  if type(v) ~= "string" or not first then
    core.fail(place, word .. "(\"2026-01-31\") or (\"2026-01-31T09:00:00Z\") expected, not " .. tostring(v))
  end
  return first, last
end

-- Days between two instants, for the distance.
local function days(ms) return math.abs(ms) // (DAY_MS / 100) / 100 end

-- --- field, attribute -----------------------------------------------------------

local function at_least(a, b) return a >= b end
local function at_most(a, b) return a <= b end
local function above(a, b) return a > b end
local function below(a, b) return a < b end

local quick_ops = {
  [">="] = "at_least", ["<="] = "at_most", [">"] = "above", ["<"] = "below",
  is = "is", present = "present", missing = "missing",
}

-- expr, and read(m) -> value; missing: why there is none, shown as the value.
-- path: where the value stands, as it is (plain) or as something to read.
local function tests_of(expr, read, path, plain)
  local s = {}
  local function quick(op, limit)
    if plain and quick_ops[op] then return { quick_ops[op], limit == nil or limit, table.unpack(path) } end
    if op ~= "missing" then return core.may(core.present(table.unpack(path))) end
  end
  local function make(op, limit, compare)
    return new {
      quick = quick(op, limit),
      expr = expr, op = op, threshold = limit,
      check = function(m)
        local v, why = read(m)
        if v == nil then return op == "missing", why, op ~= "missing" or nil end
        local pass, distance = compare(v, m)
        return pass, v, nil, distance
      end,
    }
  end
  local function numeric(word, op, compare)
    s[word] = function(_, limit)
      if type(limit) ~= "number" then
        core.fail(core.place(2), expr .. ":" .. word .. "(a number) expected, not " .. tostring(limit))
      end
      return make(op, limit, function(v)
        v = number_of(v)
        if not v then return false end
        local pass = compare(v, limit)
        return pass, (not pass) and math.abs(v - limit) or nil
      end)
    end
  end
  numeric("at_least", ">=", at_least)
  numeric("at_most", "<=", at_most)
  numeric("above", ">", above)
  numeric("below", "<", below)
  function s:present() return make("present", nil, function() return true end) end
  function s:missing() return make("missing", nil, function() return false end) end
  return s, make
end

local function dates_of(s, make)
  function s:before(date)
    local first = check_date(core.place(2), "before", date)
    return make("before", date, function(v)
      local _, last = instants(v)
      if not last then return false end
      return last < first, last >= first and days(last - first) or nil
    end)
  end
  function s:after(date)
    local _, last = check_date(core.place(2), "after", date)
    return make("after", date, function(v)
      local first = instants(v)
      if not first then return false end
      return first > last, first <= last and days(first - last) or nil
    end)
  end
  -- no further from this moment than that, before it or behind it
  function s:within(span)
    local limit = core.duration(core.place(2), span) * 1000
    return make("within", span, function(v, m)
      local first, last = instants(v)
      local now = m.facts.now_ms
      if not first or not now then return false end
      local away = now < first and first - now or now > last and now - last or 0
      return away <= limit, away > limit and days(away - limit) or nil
    end)
  end
end

-- named: told each name that a policy asks for
local function subject(word, key, named)
  local function read(c, name) return c[key] and c[key][name] end
  return function(name)
    if type(name) ~= "string" or name == "" then core.fail(core.place(2), word .. " \"a name\" expected") end
    if named then named(name) end
    local expr = word .. " \"" .. name .. "\""
    local s, make = tests_of(expr, function(m) return read(m.c, name) end, { "c", key, name }, true)
    dates_of(s, make)
    function s:is(wanted)
      if wanted == nil then core.fail(core.place(2), expr .. ":is(a value) expected; :missing() asks for none") end
      return make("is", wanted, function(v) return v == wanted end)
    end
    function s:one_of(list)
      local set, shown = {}, {}
      local function add(one)
        if type(one) == "table" then
          for _, inner in ipairs(one) do add(inner) end
        else
          set[one], shown[#shown + 1] = true, tostring(one)
        end
      end
      add(list or {})
      if #shown == 0 then core.fail(core.place(2), expr .. ":one_of { ... } is empty") end
      local one = make("one of", type(list) == "table" and list.file and core.shown(list) or table.concat(shown, ", "),
        function(v) return set[v] == true end)
      one.quick = { "one_of", set, "c", key, name }
      return one
    end
    function s:matches(pattern)
      core.pattern(core.place(2), pattern)
      return make("matches", pattern, function(v) return regex.match(pattern, tostring(v)) ~= nil end)
    end
    return s
  end
end

field = subject("field", "fields")
-- The customer's last ticket is looked up for policies that ask for it.
attribute = subject("attribute", "attributes", function(name) if name:find "^last_ticket_" then core.ask_returns() end end)

-- --- amounts of money ------------------------------------------------------------

-- Currencies whose smallest coin is not a hundredth (ISO 4217).
local digits_of = { JPY = 0, KRW = 0, VND = 0, CLP = 0, ISK = 0, UGX = 0, XAF = 0, XOF = 0, PYG = 0, RWF = 0,
  BHD = 3, IQD = 3, JOD = 3, KWD = 3, LYD = 3, OMR = 3, TND = 3 }

local amount_keys = { field = true, currency = true, table = true, default = true, minor = true }

core.amount_keys = amount_keys

local function check_amount(place, t)
  core.strict(place, "amount", t, amount_keys)
  if type(t.field) ~= "string" then core.fail(place, "amount needs field = \"order_value_minor\": where the number is") end
  if type(t.table) ~= "table" or not next(t.table) then
    core.fail(place, "amount needs table = { EUR = 1, USD = 0.92 }: what one unit of each currency is worth")
  end
  for currency, worth in pairs(t.table) do
    if type(currency) ~= "string" or not currency:match("^%u%u%u$") then
      core.fail(place, "amount's table names currencies, \"EUR\", not '" .. tostring(currency) .. "'")
    end
    if type(worth) ~= "number" or not (worth > 0) then core.fail(place, "amount: what is one " .. currency .. " worth?") end
  end
  if t.default and not t.table[t.default] then core.fail(place, "amount's default '" .. tostring(t.default) .. "' is not in its table") end
end

-- amount { field = "order_value_minor", currency = "currency", table = { EUR = 1,
-- JPY = 0.0062 } } :at_least(500): in whole units of what the table counts in.
-- A field whose name ends in _minor (or minor = true) holds cents, or yen.
function amount(t)
  local place = core.place(2)
  check_amount(place, t)
  local worth, minor = t.table, t.minor
  if minor == nil then minor = t.field:find("_minor$") ~= nil end
  local currency_field = t.currency or "currency"
  return (tests_of("amount \"" .. t.field .. "\"", function(m)
    local fields = m.c.fields or {}
    local v, currency = number_of(fields[t.field]), fields[currency_field] or t.default
    if not v or not currency then return nil end
    currency = tostring(currency):upper()
    if not worth[currency] then return nil, currency .. " is not in the table" end
    if minor then v = v / 10 ^ (digits_of[currency] or 2) end
    return math.floor(v * worth[currency] * 10000 + 0.5) / 10000
  end, { "c", "fields", t.field }))
end
