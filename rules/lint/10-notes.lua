-- What a policy looks like from outside, for `usher check`, `usher docs` and
-- `usher stubs`. These files run behind the language in a set of their own,
-- never where decisions are made: what they note costs a decision nothing. Here
-- every word is wrapped, so that a condition knows the word, the arguments and
-- the line that made it.

local core = rule_language
local lint = {
  tests = {}, phrases = {}, routing_where = nil,
  context = given and given.lint or {}, -- names of the configuration
}
core.lint = lint

-- The words' own complaints name the line of the policy, not of a wrapper.
local place_of = where
local ours = { ["rules/lint/"] = true, ["rules/author/"] = true }

function where(level)
  level = (level or 1) + 1
  local place = place_of(level)
  while place and ours[place:match("^rules/%a+/") or ""] do
    level = level + 1
    place = place_of(level)
  end
  return place
end

-- Lua's own, and those that are wrapped by hand below.
local left_alone = {}
for name in ([[ assert ipairs select type rawequal rawget rawlen tonumber error getmetatable next pairs pcall rawset
    require setmetatable tostring where xpcall rule modifier routing default ]]):gmatch("%a+") do
  left_alone[name] = true
end

local phrase_words = { says = true, says_now = true, ai_says = true }

-- A list may hold lists, as those that are read from files.
local function flat(into, list)
  if type(list) == "string" then into[#into + 1] = list end
  for _, one in ipairs(type(list) == "table" and list or {}) do flat(into, one) end
  return into
end

-- One object per phrase, made while the rules load: a corpus is measured with
-- them, phrase by phrase.
local function keep_phrases(c, list)
  c.phrases = {}
  for _, phrase in ipairs(flat({}, list)) do
    local one = { shown = phrase, words = text.words(phrase), word = c.word }
    if lint.context.corpus then one.looks = text.phrases { phrase } end
    lint.phrases[#lint.phrases + 1] = one
    one.id = #lint.phrases
    c.phrases[#c.phrases + 1] = one
  end
end

local function note(c, word, args, place)
  if c.word then return end
  c.word, c.args, c.where = word, args, place
  if phrase_words[word] then keep_phrases(c, args[1]) end
end

local function is_condition(value)
  return type(value) == "table" and type(value.test) == "function" and type(value.explain) == "function"
end

-- field "x" gives a table of methods, each of which makes a condition.
local function wrap_methods(subject, word, name, place)
  for method, make in pairs(subject) do
    if type(make) == "function" then
      subject[method] = function(self, ...)
        local c = make(self, ...)
        if is_condition(c) and not c.word then
          note(c, word, table.pack(...), place)
          c.subject, c.method = name, method
        end
        return c
      end
    end
  end
end

local function wrapped(word, make)
  return function(...)
    local result = make(...)
    if is_condition(result) then
      note(result, word, table.pack(...), where(2))
    elseif type(result) == "table" and type(result.test) == "nil" then
      wrap_methods(result, word, (...), where(2))
    end
    return result
  end
end

local words = {}
for name, value in pairs(_ENV) do
  if type(value) == "function" and not left_alone[name] then words[#words + 1] = name end
end
for _, name in ipairs(words) do _ENV[name] = wrapped(name, _ENV[name]) end

local declare_routing = routing
function routing(list)
  lint.routing_where = where(2)
  return declare_routing(list)
end
