-- Runs every adapters/*/<name>_test.lua with stock Lua:
--     lua5.4 tests/lua/adapters_spec.lua [FILTER]
-- GOLDEN=write rewrites the expected files; USHER_SHARED names a folder with
-- recorded vendor payloads, else those tests are skipped.

local root = arg[0]:match "^(.*)/tests/lua/[^/]*$" or "."
package.path = root .. "/tests/lua/?.lua;" .. package.path

local host = require "adapter_host"
local filter = arg[1]
local counts = { passed = 0, failed = 0, skipped = 0 }
local t = { host = host, root = root, shared = os.getenv "USHER_SHARED" or root .. "/../shared" }

local function shown(v)
  return host.json_write(v, "  ")
end

function t.test(name, body)
  if filter and not (t.file .. ": " .. name):find(filter, 1, true) then
    return
  end
  local fine, why = xpcall(body, function(e)
    return type(e) == "table" and shown(e) or debug.traceback(tostring(e), 2)
  end)
  if fine and why == "skip" then
    counts.skipped = counts.skipped + 1
    print("skip  " .. t.file .. ": " .. name)
  elseif fine then
    counts.passed = counts.passed + 1
  else
    counts.failed = counts.failed + 1
    print("FAIL  " .. t.file .. ": " .. name .. "\n      " .. tostring(why):gsub("\n", "\n      "))
  end
end

-- Equal as JSON, keys sorted.
function t.same(have, want, what)
  local a, b = shown(have), shown(want)
  if a ~= b then
    error((what or "values") .. " differ\nhave " .. a .. "\nwant " .. b, 2)
  end
end

-- Every member of want is in have.
function t.has(have, want, path)
  path = path or "value"
  for key, value in host.pairs(want) do
    local there = type(have) == "table" and have[key]
    if type(value) == "table" then
      t.has(there, value, path .. "." .. tostring(key))
    elseif there ~= value then
      error(("%s.%s is %s, not %s"):format(path, tostring(key), shown(there), shown(value)), 2)
    end
  end
end

function t.ok(v, what)
  if not v then
    error(what or "not so", 2)
  end
  return v
end

function t.adapter(path)
  return host.load(root, path)
end

function t.copy(v)
  if type(v) ~= "table" then
    return v
  end
  local out = {}
  for key, value in pairs(v) do
    out[key] = t.copy(value)
  end
  return out
end

function t.read(entry, event, headers, cfg)
  return host.check_events(entry.read(event, headers or {}, cfg or {}))
end

-- golden/<name>.json holds { event, headers, cfg }; golden/<name>.expected.json
-- what read makes of it.
function t.golden(entry, folder, name)
  local given = host.json_read(host.read(("%s/%s/%s.json"):format(root, folder, name)))
  local path = ("%s/%s/%s.expected.json"):format(root, folder, name)
  local have = shown(t.read(entry, given.event, given.headers, given.cfg) or {}) .. "\n"
  if os.getenv "GOLDEN" == "write" then
    host.write(path, have)
  end
  local want = host.read(path)
  if have ~= want then
    error(name .. " differs from its expected file\nhave " .. have .. "\nwant " .. want, 2)
  end
end

function t.golden_names(folder)
  local names = {}
  for _, file in ipairs(host.list(root .. "/" .. folder, "%.json$")) do
    if not file:find "%.expected%.json$" then
      names[#names + 1] = file:match "^(.*)%.json$"
    end
  end
  return names
end

-- --- whole hand-overs -----------------------------------------------------------------

-- All steps of a hand-over, as the engine takes them: answer(request, step)
-- gives each response. The requests in their order, and the last outcome.
function t.walk(entry, one, cfg, answer)
  local sent, kept, last = {}, {}, nil
  for _, step in ipairs(entry.describe().steps) do
    local saved = kept
    for _ = 1, 20 do
      local made = entry.build(step.name, one, cfg, saved)
      if made.outcome then
        last = host.check_outcome(made)
      else
        host.check_request(made)
        sent[#sent + 1] = { step = step.name, request = made }
        last = host.check_outcome(entry.result(step.name, answer(made, step.name), one, cfg, saved))
      end
      if last.outcome ~= "again" then
        break
      end
      saved = last.saved
    end
    if last.outcome ~= "done" then
      return sent, last
    end
    kept = last.saved or kept
  end
  return sent, last
end

-- "POST /tickets" of each of its requests; and the one with that line, or nil.
local function line_of(one)
  return one.request.method .. " " .. one.request.path
end

function t.paths(sent)
  local list = {}
  for i, one in ipairs(sent) do
    list[i] = line_of(one)
  end
  return list
end

function t.sent(sent, line)
  for _, one in ipairs(sent) do
    if line_of(one) == line then
      return one.request
    end
  end
  return nil
end

-- The requests of a hand-over, byte for byte: golden/<name>.txt.
function t.golden_walk(name, sent)
  local out = {}
  for _, one in ipairs(sent) do
    local r = one.request
    local query = r.query and "?" .. host.json_write(r.query) or ""
    out[#out + 1] = ("[%s] %s %s%s\n%s\n"):format(one.step, r.method, r.path, query, r.json and shown(r.json) or "")
  end
  local have, path = table.concat(out, "\n"), ("%s/adapters/helpdesks/golden/%s.txt"):format(root, name)
  if os.getenv "GOLDEN" == "write" then
    host.write(path, have)
  end
  local want = host.read(path)
  if have ~= want then
    error(name .. " differs from its golden file\nhave " .. have .. "\nwant " .. want, 2)
  end
end

-- --- mutations: what hostile or broken senders write -----------------------------

local random = 20260504
local function draw(n)
  random = (random * 1103515245 + 12345) & 0x7fffffff
  return (random >> 8) % n + 1
end

local odd = {
  function()
    return nil
  end,
  function()
    return ""
  end,
  function()
    return "\r\nX-Injected: 1"
  end,
  function()
    return ("x"):rep(draw(5000))
  end,
  function()
    return "<script>alert(1)</script>&amp;%s%d%n"
  end,
  function()
    return 9007199254740993
  end,
  function()
    return -1
  end,
  function()
    return 1e308
  end,
  function()
    return 0.5
  end,
  function()
    return true
  end,
  function()
    return false
  end,
  function()
    return {}
  end,
  function()
    return { "a", 1, { x = 1 } }
  end,
  function()
    return { nil, "behind a hole" }
  end,
  function()
    return { type = "text", text = { "deep" }, id = {}, role = 7 }
  end,
  function()
    local deep = "bottom"
    for _ = 1, 40 do
      deep = { nested = deep }
    end
    return deep
  end,
}

local function places(v, list)
  if type(v) == "table" then
    for key, value in host.pairs(v) do
      list[#list + 1] = { v, key }
      places(value, list)
    end
  end
  return list
end

-- A copy with one to four members changed, dropped, doubled or swapped.
function t.mutate(v)
  local copy = t.copy(v)
  for _ = 1, draw(4) do
    local all = places(copy, {})
    if #all == 0 then
      return copy
    end
    local at, other = all[draw(#all)], all[draw(#all)]
    local how = draw(4)
    if how <= 2 then
      at[1][at[2]] = odd[draw(#odd)]()
    elseif how == 3 then
      at[1][at[2]] = t.copy(other[1][other[2]])
    elseif type(at[2]) == "string" then
      at[1][at[2] .. (draw(2) == 1 and "\n" or "_")] = t.copy(at[1][at[2]])
    end
  end
  return copy
end

-- --- all test files -----------------------------------------------------------------

for _, folder in ipairs { "sources", "helpdesks", "notifiers" } do
  for _, file in ipairs(host.list(root .. "/adapters/" .. folder, "_test%.lua$")) do
    t.file = folder .. "/" .. file
    assert(loadfile(root .. "/adapters/" .. t.file))(t)
  end
end
t.file = "tests/lua/adapters_declare_test.lua"
assert(loadfile(root .. "/" .. t.file))(t)

print(("adapters: %d passed, %d failed, %d skipped"):format(counts.passed, counts.failed, counts.skipped))
os.exit(counts.failed == 0 and counts.passed > 0)
