-- Reading documented members of what a sender wrote: absent (or null) is nil,
-- a wrong type is refused by name. For senders who can correct what they send;
-- a vendor's webhook is read with take instead.

want = {}

local function refuse(path, key, must, value)
  reject("%s%s: must be %s, not %s", path, key, must, take.shown(value))
end

function want.text(map, key, path, max)
  local v = map[key]
  if v == nil then
    return nil
  end
  local s = take.text(v)
  if s == nil and v ~= "" then
    refuse(path, key, "text", v)
  end
  if s and #s > (max or 4096) then
    reject("%s%s: is %d bytes long; at most %d", path, key, #s, max or 4096)
  end
  return s
end

function want.line(map, key, path, max)
  return take.line(want.text(map, key, path, max or 512), max)
end

function want.id(map, key, path)
  local v = map[key]
  if v == nil or v == "" then
    return nil
  end
  local s = take.id(v)
  if s == nil or math.type(v) == "float" then
    refuse(path, key, "an id: text of at most 200 characters, or an integer", v)
  end
  return s
end

function want.map(map, key, path)
  local v = map[key]
  if v ~= nil and (type(v) ~= "table" or v[1] ~= nil) then
    refuse(path, key, "an object", v)
  end
  return v
end

function want.list(map, key, path)
  local v = map[key]
  if v ~= nil and (type(v) ~= "table" or (#v == 0 and next(v) ~= nil)) then
    refuse(path, key, "a list", v)
  end
  return v
end

function want.number(map, key, path, low, high)
  local v = map[key]
  if v == nil then
    return nil
  end
  if take.number(v, low, high) == nil then
    refuse(path, key, ("a number from %g to %g"):format(low, high), v)
  end
  return v
end

function want.count(map, key, path)
  local v = map[key]
  if v == nil then
    return nil
  end
  local n = type(v) == "number" and math.tointeger(v)
  if not n or n < 0 or n > 1000000000 then
    refuse(path, key, "a whole number from 0", v)
  end
  return n
end

function want.bool(map, key, path)
  local v = map[key]
  if v ~= nil and type(v) ~= "boolean" then
    refuse(path, key, "true or false", v)
  end
  return v
end

function want.time(map, key, path)
  local v = map[key]
  if v == nil then
    return nil
  end
  local ms = take.ms(v)
  if ms == nil then
    refuse(path, key, "a time: RFC 3339 as 2026-05-04T09:15:27Z, or seconds or milliseconds since 1970", v)
  end
  return ms
end

function want.language(map, key, path)
  local v = map[key]
  if v == nil or v == "" then
    return nil
  end
  local tag = take.language(v)
  if tag == nil then
    refuse(path, key, "a language tag as en or pt-BR", v)
  end
  return tag
end

-- One of the words of a table word -> meaning; the refusal lists `shown`.
function want.word(map, key, path, words, shown)
  local v = map[key]
  if v == nil then
    return nil
  end
  local meaning = words[v]
  if meaning == nil then
    local list = {}
    for word in pairs(words) do
      list[#list + 1] = tostring(word)
    end
    local near = type(v) == "string" and text.nearest(v, list)
    reject(
      "%s%s: unknown %s%s; use %s",
      path,
      key,
      take.shown(v),
      near and " (did you mean '" .. near .. "'?)" or "",
      shown
    )
  end
  return meaning
end

local sentiments = {
  very_negative = -0.9,
  negative = -0.5,
  neutral = 0.0,
  positive = 0.5,
  very_positive = 0.9,
}

-- A number from -1 to 1, {score = that}, or one of five words.
function want.sentiment(map, key, path)
  local v = map[key]
  if type(v) == "table" then
    return want.number(v, "score", path .. key .. ".", -1, 1)
  elseif type(v) == "string" then
    return want.word(map, key, path, sentiments, "a number from -1 to 1, or very_negative to very_positive")
  end
  return want.number(map, key, path, -1, 1)
end

local confidences = { high = 0.9, medium = 0.6, low = 0.3 }

function want.confidence(map, key, path)
  if type(map[key]) == "string" then
    return want.word(map, key, path, confidences, "a number from 0 to 1, or high, medium, low")
  end
  return want.number(map, key, path, 0, 1)
end

local feedbacks = {
  helpful = "helpful",
  not_helpful = "not_helpful",
  up = "helpful",
  down = "not_helpful",
  thumbs_up = "helpful",
  thumbs_down = "not_helpful",
  positive = "helpful",
  negative = "not_helpful",
  [true] = "helpful",
  [false] = "not_helpful",
}

function want.feedback(map, key, path)
  return want.word(map, key, path, feedbacks, "helpful or not_helpful")
end
