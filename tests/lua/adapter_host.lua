-- The sandbox's words for stock Lua, so that adapters can be tested without a
-- build: same names, same strictness (sorted pairs, locked globals, no io, os,
-- load), and the checks that the engine makes of what an adapter returns.
-- HTML and Markdown conversion, folding and graphemes are simplified here.

local host = {}

-- --- files ---------------------------------------------------------------------

function host.read(path)
  local f = assert(io.open(path, "rb"))
  local s = f:read "a"
  f:close()
  return s
end

function host.write(path, s)
  local f = assert(io.open(path, "wb"))
  f:write(s)
  f:close()
end

function host.exists(path)
  local f = io.open(path, "rb")
  if f then
    f:close()
  end
  return f ~= nil
end

-- Names of a folder's files that match, sorted.
function host.list(folder, pattern)
  local names = {}
  local pipe = assert(io.popen("ls -1 '" .. folder .. "' 2>/dev/null", "r"))
  for name in pipe:lines() do
    if name:find(pattern) then
      names[#names + 1] = name
    end
  end
  pipe:close()
  table.sort(names)
  return names
end

-- --- sorted pairs -----------------------------------------------------------------

local function key_before(a, b)
  local x, y = type(a), type(b)
  if x ~= y then
    return x == "number"
  end
  return a < b
end

local function sorted_pairs(t)
  if type(t) ~= "table" then
    error("bad argument #1 to 'pairs' (table expected, got " .. type(t) .. ")", 2)
  end
  local keys = {}
  for key in next, t do
    if type(key) ~= "number" and type(key) ~= "string" and type(key) ~= "boolean" then
      error("pairs: keys must be numbers, strings or booleans", 2)
    end
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == "boolean" or type(b) == "boolean" then
      return tostring(a) < tostring(b)
    end
    return key_before(a, b)
  end)
  local i = 0
  return function()
    i = i + 1
    local key = keys[i]
    if key ~= nil then
      return key, t[key]
    end
  end, t, nil
end
host.pairs = sorted_pairs

-- --- JSON: exact integers, null is absent ---------------------------------------------

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function json_fail(at, what)
  error(("json: %s at byte %d"):format(what, at), 0)
end

local function read_string(s, at)
  local out = {}
  at = at + 1
  while true do
    local stop = s:find('["\\%c]', at)
    if stop == nil then
      json_fail(at, "unfinished text")
    end
    out[#out + 1] = s:sub(at, stop - 1)
    local c = s:sub(stop, stop)
    if c == '"' then
      return table.concat(out), stop + 1
    elseif c ~= "\\" then
      json_fail(stop, "control character")
    end
    local e = s:sub(stop + 1, stop + 1)
    if e == "u" then
      local code = tonumber(s:match("^%x%x%x%x", stop + 2) or json_fail(stop, "bad escape"), 16)
      at = stop + 6
      if code >= 0xD800 and code < 0xDC00 then
        local low = tonumber(s:match("^\\u(%x%x%x%x)", at) or json_fail(at, "lone surrogate"), 16)
        code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
        at = at + 6
      end
      out[#out + 1] = utf8.char(code)
    else
      out[#out + 1] = escapes[e] or json_fail(stop, "bad escape")
      at = stop + 2
    end
  end
end

local read_value

local function skip_space(s, at)
  return s:find("[^ \t\r\n]", at) or #s + 1
end

local function read_array(s, at, depth)
  local out, n = {}, 0
  at = skip_space(s, at + 1)
  if s:sub(at, at) == "]" then
    return out, at + 1
  end
  while true do
    local value
    value, at = read_value(s, at, depth + 1)
    n = n + 1
    out[n] = value
    at = skip_space(s, at)
    local c = s:sub(at, at)
    if c == "]" then
      return out, at + 1
    elseif c ~= "," then
      json_fail(at, "comma or ] expected")
    end
    at = at + 1
  end
end

local function read_object(s, at, depth)
  local out, seen = {}, {}
  at = skip_space(s, at + 1)
  if s:sub(at, at) == "}" then
    return out, at + 1
  end
  while true do
    at = skip_space(s, at)
    if s:sub(at, at) ~= '"' then
      json_fail(at, "key expected")
    end
    local key
    key, at = read_string(s, at)
    if seen[key] then
      json_fail(at, "duplicate key")
    end
    seen[key] = true
    at = skip_space(s, at)
    if s:sub(at, at) ~= ":" then
      json_fail(at, "colon expected")
    end
    out[key], at = read_value(s, at + 1, depth + 1)
    at = skip_space(s, at)
    local c = s:sub(at, at)
    if c == "}" then
      return out, at + 1
    elseif c ~= "," then
      json_fail(at, "comma or } expected")
    end
    at = at + 1
  end
end

local constants = { ["true"] = true, ["false"] = false }

function read_value(s, at, depth)
  if depth > 64 then
    json_fail(at, "too deep")
  end
  at = skip_space(s, at)
  local c = s:sub(at, at)
  if c == '"' then
    return read_string(s, at)
  elseif c == "{" then
    return read_object(s, at, depth)
  elseif c == "[" then
    return read_array(s, at, depth)
  end
  local word = s:match("^%a+", at)
  if word == "null" then
    return nil, at + 4
  elseif constants[word] ~= nil then
    return constants[word], at + #word
  end
  local digits = s:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at) or json_fail(at, "value expected")
  local n = digits:find "[.eE]" and tonumber(digits) or math.tointeger(tonumber(digits))
  return n or json_fail(at, "number out of range"), at + #digits
end

function host.json_read(s)
  local value, at = read_value(s, 1, 0)
  if skip_space(s, at) <= #s then
    json_fail(at, "text behind the value")
  end
  return value
end

local function quote(s)
  s = s:gsub('[%c"\\]', function(c)
    local short = ({ ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" })[c]
    return short or ("\\u%04x"):format(c:byte())
  end)
  return '"' .. s .. '"'
end

local function number_text(v)
  if math.type(v) == "integer" then
    return tostring(v)
  elseif v == math.floor(v) and math.abs(v) < 1e15 then
    return ("%.1f"):format(v)
  end
  return ("%.14g"):format(v)
end

-- With an indent: one member a line, for people.
function host.json_write(v, indent, front)
  local kind = type(v)
  if kind == "string" then
    return quote(v)
  elseif kind == "number" then
    return number_text(v)
  elseif kind ~= "table" then
    return tostring(v)
  end
  front = front or ""
  local inner = indent and front .. indent or ""
  local out, is_list = {}, #v > 0
  for key, value in sorted_pairs(v) do
    local text = host.json_write(value, indent, inner)
    out[#out + 1] = inner .. (is_list and text or quote(tostring(key)) .. (indent and ": " or ":") .. text)
  end
  local open, close = is_list and "[" or "{", is_list and "]" or "}"
  if not indent or #out == 0 then
    return open .. table.concat(out, ",") .. close
  end
  return open .. "\n" .. table.concat(out, ",\n") .. "\n" .. front .. close
end

-- --- the words -------------------------------------------------------------------------

local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local keep = row[j]
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(row[j] + 1, row[j - 1] + 1, corner + cost)
      corner = keep
    end
  end
  return row[#b]
end

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', nbsp = " ", ["#39"] = "'", apos = "'" }

local text = {}

function text.trim(s)
  return (s:gsub("^[ \t]+", ""):gsub("[ \t]+$", ""))
end

function text.nearest(word, list)
  local best, cost = nil, math.max(2, #word // 3) + 1
  for _, one in ipairs(list) do
    local d = distance(word, one)
    if d < cost then
      best, cost = one, d
    end
  end
  return best
end

function text.html_to_text(s)
  s = s:gsub("<script.->.-</script>", ""):gsub("<style.->.-</style>", "")
  s = s:gsub('<a [^>]-href="(.-)"[^>]*>(.-)</a>', "%2 (%1)")
  s = s:gsub("<br ?/?>", "\n"):gsub("</p>%s*<p>", "\n\n"):gsub("</?%a[^>]*>", "")
  s = s:gsub("&(#?%w+);", function(name)
    return entities[name] or "&" .. name .. ";"
  end)
  return (s:gsub("^%s+", ""):gsub("%s+$", ""))
end

function text.markdown_to_text(s)
  return (s:gsub("%*%*(.-)%*%*", "%1"):gsub("`(.-)`", "%1"):gsub("^#+ ", ""))
end

function text.harmless(s)
  return (s:gsub("[%z\1-\8\11-\31]", ""))
end

function text.clip(s, n)
  local at = utf8.offset(s, n + 1)
  if at == nil or at > #s then
    return s
  end
  return s:sub(1, at - 1), true
end

function text.fold(s)
  return s:lower()
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local base64 = {}

function base64.encode(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    for j = 3, 0, -1 do
      local k = (n >> (6 * j) & 63) + 1
      out[#out + 1] = (j == 1 and not b or j == 0 and not c) and "=" or alphabet:sub(k, k)
    end
  end
  return table.concat(out)
end

function base64.decode(s)
  if #s % 4 ~= 0 or s:find "[^%w+/=]" then
    return nil
  end
  local out = {}
  for quad in s:gmatch "...." do
    local n, pad = 0, 0
    for c in quad:gmatch "." do
      if c == "=" then
        pad = pad + 1
        n = n << 6
      else
        n = n << 6 | (alphabet:find(c, 1, true) - 1)
      end
    end
    out[#out + 1] = string.char(n >> 16 & 255, n >> 8 & 255, n & 255):sub(1, 3 - pad)
  end
  return table.concat(out)
end

-- The sandbox has SHA-256; here any stable 64 hex characters will do.
local digest = {}

function digest.hex_sha256(s)
  local out = {}
  for lane = 1, 4 do
    local h = 0xcbf29ce484222325 + lane
    for i = 1, #s do
      h = (h ~ s:byte(i)) * 0x100000001b3
    end
    out[lane] = ("%016x"):format(h)
  end
  return table.concat(out)
end

local time = {}

local function days_from_civil(y, m, d)
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

function time.parse(s)
  local y, mo, d, h, mi, sec, rest = s:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(.*)$"
  if y == nil then
    return nil
  end
  local fraction, zone = rest:match "^%.(%d+)(.*)$"
  zone = zone or rest
  local ms = fraction and tonumber((fraction .. "000"):sub(1, 3)) or 0
  local sign, oh, om = zone:match "^([+-])(%d%d):(%d%d)$"
  if not (sign or zone == "Z" or zone == "z") or tonumber(mo) > 12 or tonumber(d) > 31 then
    return nil
  end
  local offset = sign and (tonumber(oh) * 60 + tonumber(om)) * (sign == "+" and 60 or -60) or 0
  local day = days_from_civil(math.tointeger(y), math.tointeger(mo), math.tointeger(d))
  return math.tointeger((day * 86400 + h * 3600 + mi * 60 + sec - offset) * 1000 + ms)
end

function time.format(ms)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", ms // 1000)
end

local url = {}

function url.encode(s)
  return (tostring(s):gsub("[^%w%-%._~]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

function url.query(t)
  local out = {}
  for key, value in sorted_pairs(t) do
    out[#out + 1] = url.encode(key) .. "=" .. url.encode(value)
  end
  return table.concat(out, "&")
end

-- The guard over JSON in scripts: nothing beyond 2^53.
local function within(v)
  if type(v) == "number" and (v > 2 ^ 53 or v < -2 ^ 53) then
    error("json: number beyond 2^53", 0)
  elseif type(v) == "table" then
    for _, value in next, v do
      within(value)
    end
  end
  return v
end

local json = {
  decode = function(s)
    return within(host.json_read(s))
  end,
  encode = function(v)
    return host.json_write(within(v))
  end,
}

-- --- a set ---------------------------------------------------------------------------------

local function words()
  local env = {
    assert = assert,
    error = error,
    ipairs = ipairs,
    pairs = sorted_pairs,
    pcall = pcall,
    rawequal = rawequal,
    rawget = rawget,
    rawlen = rawlen,
    rawset = rawset,
    select = select,
    tonumber = tonumber,
    tostring = function(v)
      return (type(v) == "table" or type(v) == "function") and type(v) or tostring(v)
    end,
    type = type,
    xpcall = xpcall,
    next = function(t)
      return next(t)
    end,
    string = string,
    table = table,
    math = { floor = math.floor, type = math.type, tointeger = math.tointeger, max = math.max, min = math.min },
    utf8 = utf8,
    json = json,
    text = text,
    time = time,
    url = url,
    base64 = base64,
    digest = digest,
  }
  env._G = env
  return env
end

local function lock(env)
  return setmetatable({}, {
    __index = function(_, key)
      if env[key] == nil then
        error("unknown word '" .. tostring(key) .. "'", 2)
      end
      return env[key]
    end,
    __newindex = function(_, key)
      error("'" .. tostring(key) .. "' is not declared; add local", 2)
    end,
  })
end

local function run(source, name, env)
  return assert(load(source, "@" .. name, "t", env))()
end

-- Load the words and one adapter's text as the engine does; returns the entry.
function host.load_text(root, source, name)
  local env, entry = words(), nil
  for _, file in ipairs(host.list(root .. "/adapters/std", "^%a+%.lua$")) do
    local value = run(host.read(root .. "/adapters/std/" .. file), "adapters/std/" .. file, env)
    entry = entry or value
  end
  entry.loaded(name, run(source, name, lock(env)))
  entry.finish()
  return entry
end

function host.load(root, path)
  return host.load_text(root, host.read(root .. "/" .. path), path)
end

-- --- what the engine checks --------------------------------------------------------------------

local function complain(path, what)
  error(path .. ": " .. what, 0)
end

-- Plain data only: what can cross the frame.
local function check_plain(v, path, depth, count)
  count.nodes = count.nodes + 1
  if depth > 32 then
    complain(path, "too deep")
  elseif count.nodes > 100000 then
    complain(path, "too many nodes")
  elseif type(v) == "string" then
    if utf8.len(v) == nil then
      complain(path, "invalid UTF-8")
    end
  elseif type(v) == "number" then
    if v ~= v or v == math.huge or v == -math.huge then
      complain(path, "no finite number")
    end
  elseif type(v) == "table" then
    local n = 0
    for key, value in sorted_pairs(v) do
      n = n + 1
      if type(key) == "number" and (math.type(key) ~= "integer" or key ~= n) then
        complain(path, "a list with a hole, or a mixed table")
      elseif type(key) == "string" and #v > 0 then
        complain(path, "a list with named members")
      end
      check_plain(value, path .. "." .. tostring(key), depth + 1, count)
    end
  elseif type(v) ~= "boolean" and v ~= nil then
    complain(path, "a " .. type(v))
  end
end

function host.check_plain(v, what)
  check_plain(v, what or "result", 0, { nodes = 0 })
  return v
end

local function one_of(words_)
  local set = {}
  for word in words_:gmatch "%S+" do
    set[word] = true
  end
  return set
end

local event_types = one_of [[ conversation.started message.created handoff.requested session.ended
  signal.updated feedback.given takeover handback ]]
local event_keys = one_of "type at_ms conversation messages handoff feedback outcome review_required"
local conversation_keys = one_of [[ native_url channel brand language language_confidence urgency customer intent
  sentiment fields attributes ai source_state ]]
local customer_keys = one_of [[ external_id name email email_verified phone tier locale time_zone company country
  more ]]
local message_keys = one_of [[ id index role author at_ms kind text language intent confidence sentiment attachments
  feedback auto ]]
local handoff_keys = one_of "via reason actor summary"
local roles = one_of "customer ai human_agent system"
local kinds = one_of "text attachment action form event note"
local channels = one_of [[ chat mobile help_center email whatsapp sms messenger instagram telegram voice_transcript
  api ]]
local urgencies = one_of "low normal high urgent"
local vias = one_of "customer_request flow action_node tool_call takeover session_end error"
local outcomes = one_of "resolved_confirmed resolved_assumed unresolved abandoned"
local feedbacks = one_of "helpful not_helpful"

local function keys(v, allowed, path)
  if v == nil then
    return
  elseif type(v) ~= "table" then
    complain(path, "a table expected")
  end
  for key in sorted_pairs(v) do
    if not allowed[key] then
      complain(path, "unknown member '" .. tostring(key) .. "'")
    end
  end
end

local function word(v, allowed, path)
  if v ~= nil and not allowed[v] then
    complain(path, "unknown word " .. tostring(v))
  end
end

local function kind_of(v, kind, path)
  if v ~= nil and (math.type(v) or type(v)) ~= kind and not (kind == "number" and type(v) == "number") then
    complain(path, kind .. " expected, got " .. tostring(math.type(v) or type(v)))
  end
end

local function range(v, low, high, path)
  kind_of(v, "number", path)
  if v ~= nil and (v < low or v > high) then
    complain(path, "out of range")
  end
end

local function members(map, path, most)
  local n = 0
  for _ in sorted_pairs(map or {}) do
    n = n + 1
  end
  if n > most then
    complain(path, "more than " .. most .. " members")
  end
end

local function check_message(m, path)
  keys(m, message_keys, path)
  kind_of(m.text, "string", path .. ".text")
  kind_of(m.id, "string", path .. ".id")
  kind_of(m.index, "integer", path .. ".index")
  kind_of(m.at_ms, "integer", path .. ".at_ms")
  if m.text == nil or #m.text > 65536 then
    complain(path .. ".text", "missing or too long")
  end
  if not roles[m.role] then
    complain(path .. ".role", "unknown " .. tostring(m.role))
  end
  word(m.kind, kinds, path .. ".kind")
  word(m.feedback, feedbacks, path .. ".feedback")
  range(m.confidence, 0, 1, path .. ".confidence")
  range(m.sentiment, -1, 1, path .. ".sentiment")
  keys(m.author, one_of "id name", path .. ".author")
  for i, file in ipairs(m.attachments or {}) do
    keys(file, one_of "name mime size url", path .. ".attachments[" .. i .. "]")
    if file.url and not file.url:find "^https?://" then
      complain(path .. ".attachments[" .. i .. "].url", "no http(s) URL")
    end
  end
end

local function check_conversation(c, path)
  keys(c, conversation_keys, path)
  if c == nil then
    return
  end
  word(c.channel, channels, path .. ".channel")
  word(c.urgency, urgencies, path .. ".urgency")
  range(c.sentiment, -1, 1, path .. ".sentiment")
  range(c.language_confidence, 0, 1, path .. ".language_confidence")
  keys(c.customer, customer_keys, path .. ".customer")
  for name, value in sorted_pairs(c.customer or {}) do
    local wanted = name == "more" and "table" or name == "email_verified" and "boolean" or "string"
    kind_of(value, wanted, path .. ".customer." .. name)
  end
  if type(c.intent) == "table" then
    keys(c.intent, one_of "name title confidence", path .. ".intent")
    range(c.intent.confidence, 0, 1, path .. ".intent.confidence")
  end
  members(c.fields, path .. ".fields", 200)
  members(c.attributes, path .. ".attributes", 200)
  for name, value in sorted_pairs(c.fields or {}) do
    if type(value) == "table" then
      complain(path .. ".fields." .. name, "no scalar")
    end
  end
end

-- What model/event takes from source.read: an array of 1 to 64 events.
function host.check_events(events)
  host.check_plain(events, "events")
  if events == nil then
    return events
  elseif type(events.reject) == "string" then
    keys(events, one_of "reject", "events")
    if #events.reject > 1024 or events.reject:find "%c" then
      complain("reject", "too long or with control characters: " .. events.reject)
    end
    return events
  end
  if #events == 0 or #events > 64 then
    complain("events", "1 to 64 expected")
  end
  for i, event in ipairs(events) do
    local path = "events[" .. i .. "]"
    keys(event, event_keys, path)
    if not event_types[event.type] then
      complain(path .. ".type", "unknown " .. tostring(event.type))
    end
    kind_of(event.at_ms, "integer", path .. ".at_ms")
    word(event.feedback, feedbacks, path .. ".feedback")
    word(event.outcome, outcomes, path .. ".outcome")
    keys(event.handoff, handoff_keys, path .. ".handoff")
    word(event.handoff and event.handoff.via, vias, path .. ".handoff.via")
    check_conversation(event.conversation, path .. ".conversation")
    if event.messages and #event.messages > 2500 then
      complain(path .. ".messages", "too many")
    end
    for j, message in ipairs(event.messages or {}) do
      check_message(message, path .. ".messages[" .. j .. "]")
    end
  end
  return events
end

local request_keys = one_of "method path url query headers json form multipart bytes type"
local methods = one_of "GET POST PUT PATCH DELETE"

-- What model/outbound takes; returns the body with the marks replaced, as the
-- engine would write it.
function host.check_request(r, marks)
  host.check_plain(r, "request")
  keys(r, request_keys, "request")
  if not methods[r.method] then
    complain("request.method", tostring(r.method))
  end
  local where = r.url or r.path
  if type(where) ~= "string" or not (r.url or where:sub(1, 1) == "/") then
    complain("request", "needs url, or path with a leading slash")
  end
  if where:find "[%z\1-\32\127-\255#\\]" then
    complain("request.url", "no plain URL: " .. where)
  end
  for name, value in sorted_pairs(r.headers or {}) do
    if tostring(value):find "%c" or name:find "[%c:]" then
      complain("request.headers." .. name, "control character")
    end
  end
  if r.json == nil then
    return nil
  end
  local body = host.json_write(r.json)
  for mark, with in sorted_pairs(marks or {}) do
    local spelled = quote(with):sub(2, -2):gsub("%%", "%%%%")
    body = body:gsub(mark, spelled)
  end
  return body
end

local outcome_keys = {
  done = one_of "outcome id display_id url saved there tickets",
  found = one_of "outcome id display_id url saved ids",
  retry = one_of "outcome after_s",
  refused = one_of "outcome why",
  auth = one_of "outcome why",
  unknown = one_of "outcome why",
  missing = one_of "outcome",
  again = one_of "outcome saved",
}

function host.check_outcome(r)
  host.check_plain(r, "outcome")
  keys(r, outcome_keys[r.outcome] or complain("outcome", "unknown " .. tostring(r.outcome)), "outcome")
  if r.why and (#r.why > 1024 or r.why:find "%c") then
    complain("outcome.why", "too long or with control characters")
  end
  kind_of(r.id, "string", "outcome.id")
  return r
end

return host
