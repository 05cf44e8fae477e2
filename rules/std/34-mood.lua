-- How the customer feels: points for anger over the newest turns, a mood that
-- falls, thanks. What is quoted (code, the mail that is answered) has no mood.

local core = rule_language
local new = core.new_condition

local TURNS = 3      -- looked at for points
local CALM = 0.2     -- from this score on the newest message takes it all back
local SHOUT_LETTERS, SHOUT_SHARE = 12, 0.7
local MARKS = 3      -- "!!!"

-- Points for a turn. A policy may weigh them anew: frustrated(4, { anger = 1 }).
local weights = {
  very_negative = 2, -- sentiment -0.6 and below
  negative = 1,      -- sentiment -0.3 and below
  shout = 1,         -- at least 12 letters, 70 % of them capitals
  profanity = 1,     -- swear words and insults
  leaving = 2,       -- "cancel everything", "never again"
  marks = 0.5,       -- three or more of ! and ? in a row
  anger = 0,         -- "ridiculous", "useless"
}

-- Said of the whole conversation only: it is the newest message's too.
local function score_of(m, said, i)
  if said.list[i].sentiment then return said.list[i].sentiment end
  local whole = m.c.sentiment and m.c.sentiment.score
  if i < #said.list or not whole then return nil end
  for k = 1, i - 1 do if said.list[k].sentiment then return nil end end
  return whole
end

core.score_of = score_of

-- What the turn from one message to another tells of the mood: the newest score.
local function score_of_turn(m, said, from, to, read)
  for i = to, from, -1 do
    local score = (read or score_of)(m, said, i)
    if score then return score end
  end
end

local function holds(t, set, words, first, last)
  for _, at in ipairs(text.places(t, set, first, last) or {}) do
    if not text.find(t, words.no, math.max(first, at - 2), at - 1) then return true end
  end
end

local function shape_of(said, from, to)
  local shouts, marks = false, false
  for i = from, to do
    local capitals, letters, run = text.shouting(said.texts[i])
    shouts = shouts or letters >= SHOUT_LETTERS and capitals >= SHOUT_SHARE
    marks = marks or run >= MARKS
  end
  return shouts, marks
end

function core.is_loud(s)
  local shouts, marks = shape_of({ texts = { s } }, 1, 1)
  return shouts or marks
end

local function points_of_words(t, first, last, w, words)
  local points = 0
  if holds(t, words.profanity, words, first, last) then points = points + w.profanity end
  if holds(t, words.leaving, words, first, last) then points = points + w.leaving end
  if w.anger > 0 and holds(t, words.anger, words, first, last) then points = points + w.anger end
  return points
end

local function points_of_turn(m, said, from, to, w)
  local score, points = score_of_turn(m, said, from, to), 0
  if score then points = score <= -0.6 and w.very_negative or score <= -0.3 and w.negative or 0 end
  local shouts, marks = shape_of(said, from, to)
  if shouts then points = points + w.shout end
  if marks then points = points + w.marks end
  return points
end

-- The sum, and the message of the turn that gave the most.
local function frustration(m, w, words)
  local said = m.own()
  local to, t = #said.list, said.tokens
  if to == 0 then return 0 end
  -- most customers are calm, all the way
  if not said.loud and not said.rated and not m.c.sentiment and not text.find(t, words.heated) then return 0 end
  local newest = score_of(m, said, to)
  if newest and newest >= CALM then return 0 end
  local starts, n = m.turns(TURNS)
  local heated = text.find(t, words.heated, (text.span(t, starts[n]))) -- most are not
  local sum, seq, most = 0, nil, 0
  for k = 1, n do
    local from = starts[k]
    local points = points_of_turn(m, said, from, to, w)
    if heated then
      points = points + points_of_words(t, (text.span(t, from)), select(2, text.span(t, to)), w, words)
    end
    sum = sum + points
    if points > most then most, seq = points, said.list[to].seq end
    to = from - 1
  end
  return sum, seq
end

-- frustrated(4): points over the customer's newest three turns.
function frustrated(limit, options)
  local place = core.place(2)
  limit = limit or 4
  core.between(place, "frustrated(...)", limit, 0, 100)
  local w, shown = {}, {}
  core.options(place, "frustrated", options, weights)
  for name, weight in pairs(weights) do
    w[name] = weight
    if options and options[name] then
      w[name] = core.between(place, "frustrated's " .. name, options[name], 0, 100)
      shown[#shown + 1] = name .. " = " .. tostring(options[name])
    end
  end
  local words = core.lexicon("anger")
  words.heated = words.heated or text.join(words.profanity, words.leaving, words.anger)
  words.may_show = words.may_show or core.may(
    { "sign", "own", "loud" }, { "sign", "own", "rated" }, core.present("c", "sentiment"), { "says", "own", words.heated })
  return new {
    quick = limit > 0 and words.may_show or nil,
    expr = "frustrated(" .. tostring(limit) .. (#shown > 0 and ", { " .. table.concat(shown, ", ") .. " }" or "") .. ")",
    op = ">=", threshold = limit, points = w,
    check = function(m)
      local points, seq = frustration(m, w, words)
      return points >= limit, points, nil, points < limit and limit - points or nil, seq
    end,
  }
end
core.words.frustrated = frustrated

-- Within the newest turns the mood fell by so much, and none of them was very
-- bad by itself (that is what points are for). read: the score of a message,
-- where it is not the source's.
function core.fall_word(word, read)
  local quick = not read and core.may({ "sign", "customer", "rated" }, core.present("c", "sentiment")) or nil
  return function(place, drop, count)
    core.between(place, word .. "(drop, turns)", drop, 0, 2)
    count = core.whole(place, word .. "'s turns", count or 4, 2)
    return new {
      quick = quick,
      expr = word .. "(" .. tostring(drop) .. ", " .. count .. ")", op = ">=", threshold = drop,
      check = function(m)
        local said = m.customer()
        if not read and not said.rated and not m.c.sentiment then return false, nil, true end
        local to, now, high = #said.list, nil, nil
        local starts, n = m.turns(count)
        if n < count then return false, nil, true end
        for k = 1, n do
          local from = starts[k]
          local score = score_of_turn(m, said, from, to, read)
          if not score then return false, nil, true end
          now = now or score
          if score <= -0.6 then return false, score end
          high = math.max(high or score, score)
          to = from - 1
        end
        -- tenths have no exact binary form
        local fall = math.floor((high - now) * 1000000 + 0.5) / 1000000
        local pass = fall >= drop and now < CALM
        return pass, fall, nil, fall < drop and drop - fall or nil, said.list[#said.list].seq
      end,
    }
  end
end

-- falling(0.6, 4): by the scores that the source tells.
local falls = core.fall_word("falling")
function falling(drop, count) return falls(core.place(2), drop, count) end
core.words.falling = falling
core.spread_words.falling = true

-- --- thanks --------------------------------------------------------------------------

local MOST_WORDS = 16

local function is_thanks(said, words)
  local i = #said.list
  local t = said.tokens
  local first, last = text.span(t, i)
  if last < first or last - first >= MOST_WORDS or said.texts[i]:find("?", 1, true) then return false end
  if text.find(t, words.contrary, first, last) then return false end
  if text.find(t, words.solved, first, last) or text.find(t, words.thanks, first, math.min(last, first + 2)) then return true end
  local at = first
  while at <= last do -- "ok great": nothing but such words
    local n, count = text.is(t, at, words.filler)
    if not n then n, count = text.is(t, at, words.thanks) end
    if not n then return false end
    at = at + count
  end
  return true
end

-- thanks(): the customer's newest message thanks or says that it is settled.
function thanks()
  local words = core.lexicon("thanks")
  words.may_thank = words.may_thank or core.may(
    { "says", "own", text.join(words.solved, words.thanks), true }, { "begins", "own", words.filler })
  return new {
    quick = words.may_thank,
    expr = "thanks()",
    check = function(m)
      local said = m.own()
      if #said.list == 0 then return false end
      if m.thanks == nil then m.thanks = is_thanks(said, words) end
      local pass = m.thanks
      return pass, nil, nil, nil, said.list[#said.list].seq
    end,
  }
end
core.words.thanks = thanks
