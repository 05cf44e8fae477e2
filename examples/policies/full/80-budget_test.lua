-- P12's table. What the others took is told; the budgets are the engine's own.

local angry = conversation { customer "NEVER AGAIN, YOU IDIOTS!!! I AM LEAVING YOU FOR GOOD" }
local asks = conversation { customer "I want to talk to a real person" }

local function held_back(budget)
  return function(d)
    if d.action ~= "offer" then return false, "the action is " .. tostring(d.action) end
    if not d.message or d.message == "" then return false, "the customer is told nothing" end
    return d.budget ~= nil and d.budget.exceeded and d.budget.name == budget, "it is not held back by " .. budget
  end
end
local full = held_back "hand-overs to general"
local share = held_back "a third of the conversations"
local passes = { action = "escalate", reason = "frustration" }

local function others(handed_over, from, to, conversations)
  return { handed_over = handed_over, from = from, to = to, conversations = conversations or 1000 }
end

cases "P12 tokens" {
  { "ten in one second: the tenth passes",            angry, passes, now = "11:00", others = others(9, "11:00", "11:00") },
  { "eleven in one second: the eleventh is an offer", angry, full,   now = "11:00", others = others(10, "11:00", "11:00") },
  { "forty evenly in an hour: the fortieth passes",   angry, passes, now = "11:00", others = others(39, "10:00", "10:58:27") },
  { "a forty-first in the same hour is an offer",     angry, full,   now = "11:00", others = others(40, "10:00", "11:00") },
  { "two minutes later there is one again",           angry, passes, now = "11:02", others = others(40, "10:00", "11:00") },
  { "a direct request as the forty-first",            asks,  { action = "escalate" }, now = "11:00", others = others(40, "10:00", "11:00") },
  { "a VIP as the forty-first", angry:with { tier = "vip" }, { action = "escalate" }, now = "11:00", others = others(40, "10:00", "11:00") },
  { "the decision says how full the bucket was", angry,
    function(d) return d.budget.level >= 0 and d.budget.level < 1, "level is " .. tostring(d.budget.level) end,
    now = "11:00", others = others(40, "10:00", "11:00") },
}

-- Of the conversations one is this one; the hand-overs came slowly enough for
-- the tokens.
cases "P12 a share of the conversations" {
  { "36 % of 49 is no guard",        angry, passes, now = "11:00", others = others(18, "09:30", "10:30", 48) },
  { "36 % of 50 is one",             angry, share,  now = "11:00", others = others(18, "09:30", "10:30", 49) },
  { "34 % of 50 passes",             angry, passes, now = "11:00", others = others(17, "09:30", "10:30", 49) },
  { "what is two hours ago is past", angry, passes, now = "13:00", others = others(18, "09:30", "10:30", 49) },
  { "a direct request passes",       asks,  { action = "escalate" }, now = "11:00", others = others(18, "09:30", "10:30", 49) },
}

-- What is an offer already asks for no token, and becomes nothing but a link.
local vague = conversation { customer "agent" }
cases "P12 an offer" {
  { "while few are handed over",  vague, { action = "offer" }, now = "11:00", others = others(17, "09:30", "10:30", 49) },
  { "without a token",            vague, { action = "offer" }, now = "11:00", others = others(40, "10:00", "11:00") },
  { "36 % of 50: a link instead", vague, { action = "inform", message = { matches = "https://help.shop.example" }, budget = { name = "a third of the conversations", exceeded = true } },
    now = "11:00", others = others(18, "09:30", "10:30", 49) },
  { "in the customer's language", vague:with { language = "de" }, { action = "inform", message = { matches = "shop.example/de" } }, now = "11:00", others = others(18, "09:30", "10:30", 49) },
  { "a VIP's stays an offer",     vague:with { tier = "vip" }, { action = "offer" }, now = "11:00", others = others(18, "09:30", "10:30", 49) },
}
test "P12 in time: a link, and a person when one is asked for" { others = others(18, "09:30", "10:30", 49), steps = {
  { at = "11:00", customer "agent", expect = { action = "inform" } },
  { at = "11:01", customer "a person, please", expect = { action = "escalate" } },
} }

test "P12 who is held back says so, with the share" {
  given = angry, now = "11:00", others = others(18, "09:30", "10:30", 49),
  expect = function(d)
    for _, one in ipairs(d.evidence) do
      if one.signal == "budget \"a third of the conversations\"" then return one.value == "36", "the share is " .. tostring(one.value) end
    end
    return false, "no evidence names the budget"
  end,
}

test "P12 in time: held back, and handed over when it is asked for" { others = others(40, "10:00", "11:00"), steps = {
  { at = "11:00", customer "NEVER AGAIN, YOU IDIOTS!!! I AM LEAVING YOU FOR GOOD", expect = full },
  { at = "11:01", customer "I want to talk to a real person", expect = { action = "escalate" } },
} }
