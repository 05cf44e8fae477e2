-- Reading values that somebody else wrote: take.x(v) gives v as an x, or nil
-- when it is none. Nothing here raises an error.

take = {}

local TEXT_MAX = 4096 -- bytes of a value that is no message
local DEPTH_MAX = 4 -- of what is kept as it came
local MEMBERS_MAX = 200 -- of one map
local ATTRIBUTES_MAX = 160 -- of a conversation, with room for our own

-- At most n bytes, never half a character. The second result: it was cut.
function take.clip(s, n)
  if #s <= n then
    return s, false
  end
  while n > 0 do
    local byte = s:byte(n + 1)
    if byte < 0x80 or byte >= 0xC0 then
      break
    end
    n = n - 1
  end
  return s:sub(1, n), true
end

function take.map(v)
  return type(v) == "table" and v or nil
end

-- Text of at least one character; numbers exactly, as people write them.
function take.text(v)
  if type(v) == "string" then
    return v ~= "" and v or nil
  end
  if math.type(v) == "integer" then
    return tostring(v)
  end
  if math.type(v) == "float" and v == v and v - v == 0 then
    local whole = math.tointeger(v)
    return whole and tostring(whole) or ("%.14g"):format(v)
  end
  return nil
end

-- One line, trimmed, at most n bytes: for names, subjects and the like.
function take.line(v, n)
  local s = take.text(v)
  s = s and s:gsub("\u{2028}", " "):gsub("\u{2029}", " "):gsub("[%c ]+", " ")
  s = s and take.clip(text.trim(s), n or 512)
  return s ~= "" and s or nil
end

-- An id: text without control characters, or an exact integer.
function take.id(v, n)
  local s = take.text(v)
  if s == nil or #s > (n or 200) or s:find("%c") then
    return nil
  end
  return s
end

-- An id that is a number, as text: it may be larger than a number here is exact.
function take.digits(v)
  local id = take.id(v)
  return id and id:find "^%d+$" and id or nil
end

-- An integer, also from the digits of a string (ids of vendors whose JSON
-- has them as numbers); 64 bits exactly.
function take.integer(v)
  if type(v) == "string" then
    return v:find "^%-?%d+$" and math.tointeger(v) or nil
  end
  return math.type(v) ~= nil and math.tointeger(v) or nil
end

function take.number(v, low, high)
  if type(v) ~= "number" or v ~= v or (low and v < low) or (high and v > high) then
    return nil
  end
  return v
end

function take.bool(v)
  if type(v) == "boolean" then
    return v
  end
  return nil
end

-- Follow a dotted path; nil when a step is missing.
function take.at(v, path)
  for key in path:gmatch "[^.]+" do
    if type(v) ~= "table" then
      return nil
    end
    v = v[key]
  end
  return v
end

-- Seconds, milliseconds or RFC 3339 to milliseconds. What lies before 2001 or
-- behind 2100 is no time of a conversation.
function take.ms(v)
  local ms
  if type(v) == "string" then
    ms = time.parse(v)
  elseif take.number(v, 1, 1e15) then
    ms = v < 1e11 and math.floor(v * 1000) or math.floor(v)
    ms = math.tointeger(ms)
  end
  if ms and ms >= 978307200000 and ms < 4102444800000 then
    return ms
  end
  return nil
end

-- A language tag in the form of BCP 47, as "de" or "pt-BR".
function take.language(v)
  if type(v) == "string" and #v <= 35 and v:find "^%a%a%a?[-_%w]*$" then
    return (v:gsub("_", "-"))
  end
  return nil
end

-- An address good enough to write to, or nil.
function take.email(v)
  local s = type(v) == "string" and text.trim(v) or ""
  if #s <= 254 and s:find "^[^%s%c\"(),:;<>@%[%]\\]+@[%w%-][%w%.%-]*%.%w+$" and not s:find("..", 1, true) then
    return s
  end
  return nil
end

local function shown_json(v, depth)
  if type(v) == "string" then
    return json.encode(v)
  elseif math.type(v) == "integer" or type(v) == "boolean" then
    return tostring(v)
  elseif type(v) == "number" then
    return ("%.14g"):format(v)
  elseif type(v) ~= "table" then
    return "null"
  elseif depth == 0 then
    return "..."
  end
  local out, is_list = {}, v[1] ~= nil
  for key, value in pairs(v) do
    local s = shown_json(value, depth - 1)
    out[#out + 1] = is_list and s or json.encode(tostring(key)) .. ":" .. s
  end
  return (is_list and "[" or "{") .. table.concat(out, ",") .. (is_list and "]" or "}")
end

-- A value as JSON for people: integers exactly, where json.encode refuses
-- those beyond 2^53.
function take.json(v)
  return shown_json(v, 64)
end

local function kept(v, depth)
  if type(v) == "string" then
    return (take.clip(v, TEXT_MAX))
  elseif type(v) == "boolean" or math.type(v) == "integer" then
    return v
  elseif type(v) == "number" then
    return take.number(v, -1e300, 1e300)
  elseif type(v) ~= "table" then
    return nil
  elseif depth == 0 then
    return (take.clip(take.json(v), TEXT_MAX))
  end
  local out, n = {}, 0
  for key, value in pairs(v) do
    n = n + 1
    if n > MEMBERS_MAX then
      break
    end
    if type(key) == "string" then
      key = take.clip(key, 200)
      out[key] = kept(value, depth - 1)
    else
      out[#out + 1] = kept(value, depth - 1)
    end
  end
  return next(out) ~= nil and out or nil
end

-- A copy that is small enough to keep: what lies deeper than four levels
-- becomes its JSON.
function take.kept(v)
  return kept(v, DEPTH_MAX)
end

-- Add the members of map, but those named in known, to attributes.
function take.rest(attributes, map, known)
  local n = 0
  for _ in pairs(attributes) do
    n = n + 1
  end
  for key, value in pairs(map) do
    if type(key) == "string" and not (known and known[key]) and attributes[key] == nil then
      if n >= ATTRIBUTES_MAX then
        attributes.more_left_out = true
        return
      end
      local short = take.clip(key, 200)
      attributes[short] = kept(value, DEPTH_MAX)
      n = n + 1
    end
  end
end

-- nil for an empty table: unknown is absent.
function take.some(map)
  return map ~= nil and next(map) ~= nil and map or nil
end

-- The host of an absolute http(s) URL in lower case, else nil; a URL that
-- hides its host behind a user name has none.
function take.host(url)
  if type(url) ~= "string" or #url > 2048 or url:find "[%c%s\\]" then
    return nil
  end
  local authority = url:match "^[Hh][Tt][Tt][Pp][Ss]?://([^/?#]+)"
  if authority == nil or authority:find("@", 1, true) then
    return nil
  end
  local host = authority:match "^%[[%x:.]+%]" or authority:match "^[%w%-%.]+"
  local port = host and authority:sub(#host + 1)
  if host and (port == "" or port:find "^:%d+$") then
    return host:lower()
  end
  return nil
end

-- Articles that an answer was made of: { id, title, url }, at most 20 of those
-- that have a title or a link. Nil when there are none.
function take.articles(list)
  local articles = {}
  for _, one in ipairs(take.map(list) or {}) do
    local article = type(one) == "table" and take.some {
      title = take.line(one.title, 300),
      url = take.host(one.url) and one.url or nil,
    }
    if article and #articles < 20 then
      article.id = take.id(one.id)
      articles[#articles + 1] = article
    end
  end
  return take.some(articles)
end

function take.has(list, wanted)
  if type(list) == "table" then
    for _, one in ipairs(list) do
      if one == wanted then
        return true
      end
    end
  end
  return false
end

-- A value of somebody else in a message to people: short, quoted, one line.
function take.shown(v)
  if type(v) == "string" then
    local s, cut = take.clip((v:gsub("%c", " ")), 60)
    return "'" .. s .. (cut and "..." or "") .. "'"
  elseif type(v) == "table" then
    return "a table"
  end
  return tostring(v)
end

-- True for the header fields of an automatic answer (RFC 3834 and habit).
function take.automatic(headers)
  if type(headers) ~= "table" then
    return false
  end
  for name, value in pairs(headers) do
    local n = type(name) == "string" and name:lower()
    local s = type(value) == "string" and value:lower()
    if
      n and s
      and (
        (n == "auto-submitted" and s ~= "no")
        or (n == "precedence" and (s == "bulk" or s == "junk" or s == "auto_reply"))
        or n == "x-autoreply"
        or n == "x-autorespond"
        or (n == "x-auto-response-suppress" and s:find("oof", 1, true))
      )
    then
      return true
    end
  end
  return false
end

function take.escape_html(s)
  return (s:gsub("[&<>\"']", {
    ["&"] = "&amp;",
    ["<"] = "&lt;",
    [">"] = "&gt;",
    ['"'] = "&quot;",
    ["'"] = "&#39;",
  }))
end
