-- The words of adapters/std: strict declarations, hints, and the helpers that
-- all adapters lean on.
local t = ...

local function fails(source, why)
  local fine, message = pcall(t.host.load_text, t.root, source, "mine.lua")
  t.ok(not fine, "was accepted: " .. source)
  t.ok(tostring(message):find(why, 1, true), "says: " .. tostring(message))
end

local good = [[
  return helpdesk {
    name = "x", needs = {}, carries = { format = "text" }, unique = "none",
    steps = { { name = "create", build = function() end, read = function() end } },
  }
]]
local function with(from, to)
  local at, stop = good:find(from, 1, true)
  return good:sub(1, at - 1) .. to .. good:sub(stop + 1)
end

local function chat(more)
  return 'return source { name = "x", needs = {}, verify = {}, event_key = {}, conversation_key = {}, read = function() end, '
    .. more .. " }"
end

t.test("a good declaration is taken", function()
  t.ok(t.host.load_text(t.root, good, "mine.lua").describe().unique == "none")
end)

for _, case in ipairs {
  { 'return 5', "an adapter returns source { ... }" },
  { 'return { kind = "nothing" }', "an adapter returns source { ... }" },
  { with("needs", "neds"), "helpdesk: unknown key 'neds'; did you mean 'needs'?" },
  { with('name = "x", ', ""), "helpdesk: needs name, a string" },
  { with('name = "x"', "name = 5"), "helpdesk: name must be a string, not a number" },
  { with("needs = {}", 'needs = { token = "secrt" }'), "needs.token: unknown type 'secrt'; did you mean 'secret'?" },
  { with('format = "text"', 'format = "htm"'), "carries.format: unknown 'htm'; did you mean 'html'?" },
  { with('unique = "none"', 'unique = "serach"'), "did you mean 'search'?" },
  { with("read = function() end", "reed = 1"), "steps[1]: unknown key 'reed'; did you mean 'read'?" },
  { with(", read = function() end", ""), "steps[1]: needs build and read" },
  { with("build =", 'after = "note", build ='), "after = 'note' is no earlier step" },
  { with("steps = {", "steps = {}, find = {"), "steps: needs at least one" },
  { with("steps = {", "makes = { { as = \"tiket\" } }, steps = {"), "makes[1].as: unknown 'tiket'; did you mean 'ticket'?" },
  {
    with("steps = {", "makes = { { as = \"ticket\", needs = { \"a|b\" } } }, steps = {"),
    "makes[1]: needs 'a', which is not among needs",
  },
  { with("build =", "find = { build = 1 }, build ="), "steps[1].find:" },
  { with("steps = {", "follow = { batch = 10, build = function() end }, steps = {"), "follow: needs read, a function" },
  { with("steps = {", "follow = { batch = 101, build = function() end, read = function() end }, steps = {"), "follow.batch is 1 to 100" },
  { chat 'answer = "decision"', 'answer = "decision" and respond go together' },
  { chat "respond = function() end", 'answer = "decision" and respond go together' },
  { chat 'answer = "decisoin"', "answer: unknown 'decisoin'; did you mean 'decision'?" },
  { "undeclared = 1\n" .. good, "add local" },
  { "local x = undeclarde\n" .. good, "unknown word 'undeclarde'" },
} do
  t.test("refuses: " .. case[2], function()
    fails(case[1], case[2])
  end)
end

t.test("a step may be repeatable, or have a look-up of its own", function()
  local entry = t.host.load_text(
    t.root,
    [[
      local function of(name) return { build = function(_, _, _) return name end, read = function() return missing() end } end
      local function nothing() end
      return helpdesk {
        name = "x", needs = {}, carries = { format = "text" }, unique = "search", find = of "all",
        steps = {
          { name = "look", build = nothing, read = nothing, repeatable = true },
          { name = "create", build = nothing, read = nothing },
          { name = "note", build = nothing, read = nothing, find = of "note" },
        },
      }
    ]],
    "mine.lua"
  )
  t.same(entry.describe().steps, {
    { name = "look", repeatable = true },
    { name = "create" },
    { name = "note", has_find = true },
  })
  t.ok(entry.find_build({}, {}, {}, "note") == "note" and entry.find_build({}, {}, {}, "create") == "all")
  t.ok(entry.find_build({}, {}, {}) == "all" and entry.find_result({}, {}, {}, {}, "note").outcome == "missing")
end)

t.test("a complaint begins with the file", function()
  fails(with("needs", "neds"), "mine.lua: helpdesk: unknown key 'neds'")
end)

t.test("an error in read that is no refusal goes on as an error", function()
  local entry = t.host.load_text(
    t.root,
    [[return source { name = "x", needs = {}, verify = {}, event_key = {}, conversation_key = {},
        read = function(e) if e.refuse then reject("no: %s", e.refuse) end error("broken") end }]],
    "mine.lua"
  )
  t.same(entry.read({ refuse = "x" }), { reject = "no: x" })
  local fine, why = pcall(entry.read, {})
  t.ok(not fine and why:find("mine.lua:2: broken", 1, true), tostring(why))
end)

-- --- helpers --------------------------------------------------------------------

local probe = t.host.load_text(
  t.root,
  [[return notifier { name = "x", needs = {}, send = function(call)
      return take[call.f](table.unpack(call, 1, call.n)) end }]],
  "probe.lua"
)
local function take(f, ...)
  local call = table.pack(...)
  call.f = f
  return probe.send(call)
end

t.test("take.clip never splits a character", function()
  for n = 0, 12 do
    local s = take("clip", "a\u{e9}\u{20ac}\u{1f600}b", n)
    t.ok(utf8.len(s) and #s <= n)
  end
end)

t.test("take.ms: seconds, milliseconds, text; nothing impossible", function()
  t.ok(take("ms", 1777886127) == 1777886127000 and take("ms", 1777886127123) == 1777886127123)
  t.ok(take("ms", 1777886127.5) == 1777886127500 and take("ms", "2026-05-04T11:15:27+02:00") == 1777886127000)
  for _, v in ipairs { 0, -1, 1e300, "x", "2026-13-01T00:00:00Z", true, {} } do
    t.ok(take("ms", v) == nil, tostring(v))
  end
end)

t.test("take.host: only what a URL really goes to", function()
  t.ok(take("host", "https://Shop.Test:8443/a?b") == "shop.test" and take("host", "http://[::1]:80/") == "[::1]")
  for _, v in ipairs { "https://a@b/", "https:///x", "shop.test", "https://a b/", "https://a\\b/", "file:///etc", "" } do
    t.ok(take("host", v) == nil, v)
  end
end)

t.test("take.email: good enough to write to", function()
  for _, v in ipairs { "a@b.test", "a.b+c@x-y.co.uk", "\u{fc}@b.test" } do
    t.ok(take("email", v) == v, v)
  end
  for _, v in ipairs {
    "a",
    "a@b",
    "a@@b.test",
    "a b@c.test",
    "a@b.test,c@d.test",
    "<a@b.test>",
    "a@b..test",
    "a@b.test\n",
  } do
    t.ok(take("email", v) == nil, v)
  end
end)

t.test("take.id and take.integer keep 64 bits", function()
  t.ok(take("id", 9007199254740993) == "9007199254740993" and take("id", 5.0) == "5")
  t.ok(take("id", "a\nb") == nil and take("id", {}) == nil and take("id", ("x"):rep(201)) == nil)
  t.ok(take("integer", "9223372036854775807") == math.maxinteger)
  t.ok(take("integer", "99999999999999999999") == nil and take("integer", "1.5") == nil and take("integer", 1.5) == nil)
end)
