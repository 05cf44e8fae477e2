-- mentions "legal": words of a theme that comes with the language, in eight of
-- them (lexicons/<theme>.txt). What people only say so ("this app is killing
-- me") is told apart, and shown as the near miss it is.

local core = rule_language
local new = core.new_condition

local themes = { "chargeback", "legal", "medical", "press", "privacy", "self_harm", "takeover", "threat" }
local IDIOM_MOST = 8 -- words of the longest saying

-- The saying that covers the position.
local function saying_at(t, at, sayings)
  local first = text.span(t, text.string_at(t, at))
  for from = math.max(first, at - IDIOM_MOST), at do
    local n, count = text.is(t, from, sayings)
    if n and from + count > at then return text.phrase(sayings, n) end
  end
end

-- The first words of the theme that are meant: true, the phrase and the message;
-- else false and the saying that was met, if any.
local function search(t, theme)
  local near
  for _, at in ipairs(text.places(t, theme.words) or {}) do
    local saying = theme.sayings and saying_at(t, at, theme.sayings)
    if not saying then return true, text.phrase(theme.words, (text.is(t, at, theme.words))), text.string_at(t, at) end
    near = near or saying
  end
  return false, near
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
    wanted[i] = { name = name, words = sections.words, sayings = sections.sayings }
  end
  return new {
    expr = "mentions " .. core.shown(names),
    check = function(m)
      local said, near = m.customer(), nil
      for _, theme in ipairs(wanted) do
        local hit, phrase, i = search(said.tokens, theme)
        if hit then return true, theme.name .. ": " .. phrase, nil, nil, said.list[i].seq end
        near = near or phrase and theme.name .. ", but only a saying: " .. phrase
      end
      return false, near
    end,
  }
end
core.words.mentions = mentions
