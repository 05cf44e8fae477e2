-- The mood where nobody measures it: the source's score of a message where it
-- tells one, else a score from the words, in eight languages. It is coarse: it
-- sees that it gets worse, not how bad it is.

local core = rule_language
local new = core.new_condition

-- What a word adds; the sum is cut to -1 and 1.
local GOOD, BAD, STRONG, LEAVING = 0.3, -0.3, -0.5, -0.6
local LOUD = -0.2 -- more, for bad words in capitals or with "!!!"

local sets -- joined once, when a policy uses one of the words
local function words_of_mood()
  if sets then return sets end
  local mood, anger, thanks = core.lexicon("mood"), core.lexicon("anger"), core.lexicon("thanks")
  sets = {
    { words = text.join(mood.good, thanks.solved, thanks.thanks), weight = GOOD, denied = BAD },
    { words = mood.bad, weight = BAD, denied = 0 },
    { words = text.join(anger.profanity, anger.anger), weight = STRONG, denied = 0 },
    { words = anger.leaving, weight = LEAVING, denied = LEAVING },
    no = anger.no,
  }
  return sets
end

-- Of one message; nil when it holds no such word. "Not good" is bad, "not bad"
-- is nothing.
local function by_words(m, i)
  local own, all = m.own(), words_of_mood()
  local t = own.tokens
  local first, last = text.span(t, i)
  local sum, hits = 0, 0
  for _, set in ipairs(all) do
    for _, at in ipairs(text.places(t, set.words, first, last) or {}) do
      local denied = text.find(t, all.no, math.max(first, at - 2), at - 1)
      sum, hits = sum + (denied and set.denied or set.weight), hits + 1
    end
  end
  if hits == 0 then return nil end
  if sum < 0 and core.is_loud(own.texts[i]) then sum = sum + LOUD end
  -- tenths have no exact binary form
  return math.floor(math.max(-1, math.min(1, sum)) * 100 + 0.5) / 100
end

local function mood_of(m, said, i)
  return core.score_of(m, said, i) or by_words(m, i)
end

-- mood_below(-0.3): of the newest message that shows one.
function mood_below(limit)
  core.between(core.place(2), "mood_below(...)", limit, -1, 1)
  words_of_mood()
  return new {
    expr = "mood_below(" .. tostring(limit) .. ")", op = "<", threshold = limit,
    check = function(m)
      local said = m.customer()
      for i = #said.list, 1, -1 do
        local score = mood_of(m, said, i)
        if score then
          return score < limit, score, nil, score >= limit and score - limit or nil, said.list[i].seq
        end
      end
      return false, nil, true
    end,
  }
end

-- mood_falls(0.6, 4): as falling(0.6, 4), by this score; what shows no mood is
-- in the middle.
local falls = core.fall_word("mood_falls", function(m, said, i) return mood_of(m, said, i) or 0 end)
function mood_falls(drop, count)
  words_of_mood()
  return falls(core.place(2), drop, count)
end

core.words.mood_below, core.words.mood_falls = mood_below, mood_falls
core.spread_words.mood_falls = true
