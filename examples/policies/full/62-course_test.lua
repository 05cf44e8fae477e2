-- What takes its time (P11, P13): the clock is played as the engine runs it.
local function course(name, given, steps)
  test(name) { given = conversation(given), steps = steps }
end
local asks = customer "My question is about the invoice from May"
local waits = { action = "wait" }

course("P11 ten silent minutes: a ticket at 10:10", { intent = "refund", fields = { order_value_minor = 6000 } }, {
  { at = "10:00", customer "I want a refund", expect = { action = "collect" } },
  { at = "10:09", expect = "nothing" },
  { at = "10:10", expect = { action = "escalate", reason = "incomplete_info", summary = { matches = "did not answer" } } },
})
course("P13 silence 15 minutes, free: check-in, then none", { tier = "free" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It went out yesterday. Does that help?" },
  { at = "10:14", expect = "nothing" },
  { at = "10:15", expect = { action = "offer", rule = "gone quiet" } },
  { at = "11:30", expect = "nothing" },
})
course("P13 an order in trouble: a ticket, low", { fields = { order_problem = "open" } }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It is lost, we are looking for it." },
  { at = "10:15", expect = { action = "escalate", reason = "follow_up", priority = "low" } },
})
course("P13 premium, silent for 15 minutes: a ticket, low", { tier = "premium" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It went out yesterday. Does that help?" },
  { at = "10:14", expect = "nothing" },
  { at = "10:15", expect = { action = "escalate", reason = "follow_up", priority = "low", need = "follow_up" } },
})
course("P13 written at 14:59: cancelled, and begun anew", { tier = "free" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It went out yesterday. Does that help?" },
  { at = "10:14:59", customer "Let me look into my mail", expect = waits },
  { at = "10:15", expect = "nothing" },
  { at = "10:29:59", expect = { action = "offer", rule = "gone quiet" } },
})
course("P1 \"agent\", \"agent\": the offer, then a person", {}, {
  { at = "10:00", customer "agent", expect = { action = "offer" } },
  { at = "10:01", ai "I can help you here." },
  { at = "10:02", customer "agent", expect = { action = "escalate", rule = "asked twice, if vaguely" } },
})
