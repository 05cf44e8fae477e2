-- P13: the customer has gone quiet.
local function at(clock) return "2026-11-16T" .. clock .. (#clock == 5 and ":00Z" or "Z") end
local function quiet(more)
  local t = more or {}
  t[1] = customer { "Where is my parcel from the third", at = at "10:00" }
  t[2] = ai { "It is on its way. Does that help?", at = at "10:01" }
  return conversation(t)
end
local long = "My parcel has been lying at the depot for a whole week now"

cases "P13 wait, then hand over" {
  { "free: a quarter of an hour", quiet { tier = "free" }, { action = "wait", rule = "gone quiet", wait_s = 900 } },
  { "free: after the check-in nothing", quiet { tier = "free", rule_state = { offered = { ["gone quiet"] = 1 } } }, { action = "keep" } },
  { "an open order problem: a quarter of an hour, then a human", quiet { fields = { order_problem = "open" } }, { action = "wait", rule = "gone quiet, with an order in trouble", wait_s = 900 } },
  { "premium: a quarter of an hour, then a human", quiet { tier = "premium" }, { action = "wait", rule = "gone quiet, and promised more", wait_s = 900 } },
  { "by e-mail longer", quiet { channel = "email" }, { action = "wait", rule = "gone quiet, by e-mail" } },
  { "by e-mail, an order in trouble: longer too", quiet { channel = "email", fields = { order_problem = "open" } }, { action = "wait", rule = "gone quiet, by e-mail" } },
  { "by e-mail, a thank you: nothing waits", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it", channel = "email" }, { action = "keep" } },
  { "an order in trouble, a thank you: nothing waits", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it", fields = { order_problem = "open" } }, { action = "keep" } },
  { "a thank you is no silence", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it" }, { action = "keep" } },
}

-- In chats only, for VIPs too, and after the whole quarter: at night nobody is
-- promised anything sooner.
cases "P13 who is promised more" {
  { "premium by e-mail: no follow-up in a quarter of an hour", quiet { tier = "premium", channel = "email" }, { not_rule = "gone quiet, and promised more" } },
  { "a vip: at the latest after it", quiet { tier = "vip" }, function(d)
    local rules = d.would or {}
    rules[#rules + 1] = d.rule
    for _, name in ipairs(rules) do if name == "gone quiet, and promised more" then return true end end
    return false
  end },
  { "a second before the quarter is over",
    conversation { customer { "Where is my parcel from the third", at = at "03:00" }, ai { "It is on its way. Does that help?", at = at "03:01" }, tier = "premium" },
    { not_rule = "gone quiet, and promised more" }, event = "timer.fired", now = at "03:14:59" },
  { "the quarter is over",
    conversation { customer { "Where is my parcel from the third", at = at "03:00" }, ai { "It is on its way. Does that help?", at = at "03:01" }, tier = "premium" },
    { rule = "gone quiet, and promised more" }, event = "timer.fired", now = at "03:15" },
}

-- Whose time has come is played in 62-course_test.lua.
test "P13 premium, not answered when the clock rings: our turn, no follow-up" {
  given = conversation { customer { "Where is my parcel from the third", at = at "10:00" }, tier = "premium" }, event = "timer.fired", now = at "10:18",
  expect = { not_rule = "gone quiet, and promised more" },
}

cases "P13 the session ended after one message" {
  { "of eight words", conversation { customer "one two three four five six seven eight", outcome = "unresolved" }, { action = "escalate", reason = "ai_unresolved", rule = "left after one message", priority = "low" }, event = "session.ended" },
  { "of seven words", conversation { customer "one two three four five six seven", outcome = "unresolved" }, { action = "keep" }, event = "session.ended" },
  { "of two words and a picture", conversation { customer { "see here", attachments = { { name = "a.png" } } }, outcome = "unresolved" }, { action = "escalate" }, event = "session.ended" },
  { "of eight words of thanks", conversation { customer "thanks a lot, that did solve my problem", outcome = "unresolved" }, { action = "keep" }, event = "session.ended" },
  { "of eight words, thought unresolved, and the chat is open", conversation { customer(long), outcome = "unresolved", rule_state = { offered = { ["gone quiet"] = 1 } } }, { action = "keep" } },
  { "long, but resolved", conversation { customer(long), outcome = "resolved_assumed" }, { action = "keep" }, event = "session.ended" },
  { "long, two turns: P2's matter", conversation { customer(long), ai "hm", customer "still there", outcome = "unresolved" }, { action = "keep" }, event = "session.ended" },
  { "a vip's too", conversation { customer(long), tier = "vip", outcome = "unresolved" }, { action = "escalate", rule = "left after one message" }, event = "session.ended" },
}
