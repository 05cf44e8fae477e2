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
  { "by e-mail a day", quiet { channel = "email" }, { action = "wait", rule = "gone quiet, by e-mail", wait_s = 86400 } },
  { "by e-mail, an order in trouble: a day too", quiet { channel = "email", fields = { order_problem = "open" } }, { action = "wait", rule = "gone quiet, by e-mail" } },
  { "by e-mail, a thank you: nothing waits", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it", channel = "email" }, { action = "keep" } },
  { "an order in trouble, a thank you: nothing waits", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it", fields = { order_problem = "open" } }, { action = "keep" } },
  { "a thank you is no silence", conversation { customer "Where is it", ai "There.", customer "ah, thanks, found it" }, { action = "keep" } },
}

test "P13 premium, silent for 15 minutes when the clock rings: ticket, low" {
  given = quiet { tier = "premium" }, event = "timer.fired", now = at "10:18",
  expect = { action = "escalate", reason = "follow_up", priority = "low", need = "follow_up" },
}
test "P13 premium, silent for 14 minutes: not yet" {
  given = quiet { tier = "premium" }, event = "timer.fired", now = at "10:14",
  expect = { action = "wait", rule = "a human in time: premium" },
}
test "P13 premium, silent for a second less than 15 minutes: not yet" {
  given = quiet { tier = "premium" }, event = "timer.fired", now = at "10:14:59",
  expect = { action = "wait", rule = "a human in time: premium" },
}
test "P13 premium, silent, and settled as it seems: no follow-up" {
  given = quiet { tier = "premium", outcome = "resolved_assumed" }, event = "timer.fired", now = at "10:18",
  expect = { action = "keep" },
}
test "P13 premium, silent, and the chat was closed: no follow-up" {
  given = quiet { tier = "premium" }, event = "session.ended", now = at "10:18",
  expect = { action = "keep" },
}
test "P13 premium, not answered at all: no follow-up, it is our turn" {
  given = conversation { customer { "Where is my parcel from the third", at = at "10:00" }, tier = "premium" }, event = "timer.fired", now = at "10:18",
  expect = { rule = "a human in time: premium" },
}
test "P13 vip, silent for 15 minutes" {
  given = quiet { tier = "vip" }, event = "timer.fired", now = at "10:15",
  expect = { action = "escalate", reason = "follow_up" },
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
