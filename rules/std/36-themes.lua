-- mentions "legal": words of a theme that comes with the language, in eight of
-- them (lexicons/<theme>.txt). What people only say so ("this app is killing
-- me") and what they deny ("this is not about a lawsuit") is told apart, and
-- shown as the near miss it is.

local core = rule_language
local new = core.new_condition

local themes = { "chargeback", "legal", "medical", "press", "privacy", "self_harm", "takeover", "threat" }
local IDIOM_MOST = 8 -- words of the longest saying

-- In danger nobody's no is believed: better ten conversations too many.
local never_denied = { medical = true, self_harm = true, threat = true }

local denial = core.denial
local NO_REACH = 6     -- words between a no and what it denies
local OTHERS_REACH = 3 -- words between somebody and their no
local OBJECT_REACH = 3 -- words from who speaks to who is spoken of
local NEEDLESS_REACH = 6 -- words behind it, "is not needed" among them

-- The saying that covers the position.
local function saying_at(t, at, sayings)
  local first = text.span(t, text.string_at(t, at))
  for from = math.max(first, at - IDIOM_MOST), at do
    local n, count = text.is(t, from, sayings)
    if n and from + count > at then return text.phrase(sayings, n) end
  end
end

-- --- denied ------------------------------------------------------------------------

local function all_small(t, words, from, to)
  for at = from, to do
    if not text.is(t, at, words.small) and not text.is(t, at, words.objects) then return false end
  end
  return true
end

-- Somebody is named at that position whom the customer speaks of: "ich werde Sie".
local function is_object(t, words, at, first)
  for own = at - 1, math.max(first, at - OBJECT_REACH), -1 do
    if text.is(t, own, words.own) then return all_small(t, words, own + 1, at - 1) end
  end
  return false
end

-- Whose no it is says who is named last before it.
local function is_own(t, words, no, first)
  for at = no - 1, math.max(first, no - OTHERS_REACH), -1 do
    if text.is(t, at, words.own) then return true end
    if text.is(t, at, words.others) then return is_object(t, words, at, first) end
  end
  return true
end

-- The no at that position is the customer's own, and none but small words stand
-- between it and what it denies.
local function reaches(t, words, no, set, at, first)
  local stop = denial.ending(t, no, set)
  return stop < at and all_small(t, words, stop + 1, at - 1) and not denial.covered(t, no, words.cannot, first) and
    not denial.covered(t, no, words.bold, first) and is_own(t, words, no, first)
end

local function denied_before(t, words, at, first)
  for _, set in ipairs { words["not"], words.no, words.contracted } do
    local from = set == words.contracted and first + 1 or first
    for _, no in ipairs(denial.places(t, set, math.max(from, at - NO_REACH), at - 1)) do
      if reaches(t, words, no, set, at, first) then return true end
    end
  end
  return false
end

-- "ich verklage Sie nicht", and nothing behind it
local function denied_behind(t, words, at, stop, first, last)
  if at == first or last <= stop or last > stop + NEEDLESS_REACH then return false end
  if not text.is(t, at - 1, words.own) or not text.is(t, last, words.behind) then return false end
  for between = stop + 1, last - 1 do
    if not text.is(t, between, words.others) and not all_small(t, words, between, between) then return false end
  end
  return true
end

-- "not about a lawsuit", "no lawyer", "einen Anwalt brauche ich nicht"
local function is_denied(t, words, at, stop, first, last)
  if denied_before(t, words, at, first) or denied_behind(t, words, at, stop, first, last) then return true end
  for _, needless in ipairs(denial.places(t, words.needless, stop + 1, math.min(last, stop + NEEDLESS_REACH))) do
    if all_small(t, words, stop + 1, needless - 1) then return true end
  end
  return false
end

-- A question denies nothing, nor does what stands under a condition or is taken
-- back behind it.
local function may_deny(said, i, words, at)
  local first, last = text.span(said.tokens, i)
  return not said.texts[i]:find("?", 1, true) and not text.find(said.tokens, words.conditions, first, last) and
    not text.find(said.tokens, words.yet, at, last)
end

-- Every place where the clauses of the message name the theme is denied; a
-- phrase that no clause holds whole is not.
local function all_denied(said, i, theme, at)
  local words = theme.denial
  if not words or not may_deny(said, i, words, at) then return false end
  local t, found = text.tokens(denial.clauses(said.texts[i])), false
  for _, place in ipairs(text.places(t, theme.words) or {}) do
    local first, last = text.span(t, text.string_at(t, place))
    if not (theme.sayings and saying_at(t, place, theme.sayings)) then
      if not is_denied(t, words, place, denial.ending(t, place, theme.words), first, last) then return false end
      found = true
    end
  end
  return found
end

-- --- the word ----------------------------------------------------------------------

-- The first words of the theme that are meant: true, the phrase and the message;
-- else false and what was nearly meant, if anything.
local function search(said, theme)
  local t, near, denied = said.tokens, nil, {}
  for _, at in ipairs(text.places(t, theme.words) or {}) do
    local saying = theme.sayings and saying_at(t, at, theme.sayings)
    local i = text.string_at(t, at)
    local phrase = text.phrase(theme.words, (text.is(t, at, theme.words)))
    if not saying and denied[i] == nil then denied[i] = all_denied(said, i, theme, at) end
    if not saying and not denied[i] then return true, phrase, i end
    near = near or (saying and "only a saying: " .. saying or "denied: " .. phrase)
  end
  return false, near
end

-- Kept with the decision, whatever it is: who wonders later why nobody was told
-- finds that it was seen.
local function keep_near(m, near)
  m.near = m.near or {}
  for _, one in ipairs(m.near) do if one == near then return end end
  m.near[#m.near + 1] = near
end

function mentions(names)
  local place = core.place(2)
  local wanted, known = {}, {}
  for _, name in ipairs(themes) do known[name] = true end
  for i, name in ipairs(core.strings(place, "mentions", names)) do
    if not known[name] then
      core.fail(place, "mentions '" .. name .. "' is none of " .. table.concat(themes, ", ") .. core.hint(name, themes))
    end
    local sections = core.lexicon(name)
    wanted[i] = {
      name = name, words = sections.words, sayings = sections.sayings,
      denial = not never_denied[name] and denial.words() or nil,
    }
  end
  local lists = {}
  for i, theme in ipairs(wanted) do lists[i] = theme.words end
  return new {
    quick = core.may { "says", "customer", text.join(table.unpack(lists)) },
    expr = "mentions " .. core.shown(names),
    check = function(m)
      local said, near = m.customer(), nil
      for _, theme in ipairs(wanted) do
        local hit, phrase, i = search(said, theme)
        if hit then return true, theme.name .. ": " .. phrase, nil, nil, said.list[i].seq end
        near = near or phrase and theme.name .. ", but " .. phrase
      end
      if near then keep_near(m, near) end
      return false, near
    end,
  }
end
core.words.mentions = mentions
