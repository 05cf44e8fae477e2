-- What takes its time (P8, P11, P13): the clock is played as the engine runs it.
local function course(name, given, steps)
  test(name) { given = conversation(given), steps = steps }
end
local asks = customer "My question is about the invoice from May"
local waits = { action = "wait" }

course("P8 vip at 10:00: fires at 10:08", { tier = "vip" }, {
  { at = "10:00", asks, expect = { action = "wait", wait_s = 480 } },
  { at = "10:07", expect = "nothing" },
  { at = "10:08", expect = { action = "escalate", reason = "sla_risk", priority = "urgent", group = "vip" } },
})
course("P8 standard at 10:00: fires at 10:58", { tier = "standard" }, {
  { at = "10:00", asks, expect = { action = "wait", wait_s = 3480 } },
  { at = "10:57", expect = "nothing" },
  { at = "10:58", expect = { action = "escalate", reason = "sla_risk", priority = "normal" } },
})
course("P8 resolved at 10:05: cancelled", { tier = "vip" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:05", event = "session.ended", outcome = "resolved_confirmed", expect = { action = "keep" } },
  { at = "10:30", expect = "nothing" },
})
course("P8 another message does not begin the time anew", { tier = "vip" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:06", customer "Are you still looking for it", expect = waits },
  { at = "10:08", expect = { action = "escalate", reason = "sla_risk" } },
})
course("P8 the tier changes on the way: armed anew, once", { tier = "premium" }, {
  { at = "10:00", asks, expect = { rule = "a human in time: premium" } },
  { at = "10:04", tier = "vip", expect = { action = "wait", rule = "a human in time: vip" } },
  { at = "10:11", expect = "nothing" },
  { at = "10:12", expect = { action = "escalate", priority = "urgent" } },
})
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
course("P13 premium: a ticket, low, when the clock rings", { tier = "premium" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It went out yesterday. Does that help?" },
  { at = "10:18", expect = { action = "escalate", reason = "follow_up", priority = "low" } },
})
course("P13 written at 14:59: cancelled, and begun anew", { tier = "free" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", ai "It went out yesterday. Does that help?" },
  { at = "10:14:59", customer "Let me look into my mail", expect = waits },
  { at = "10:15", expect = "nothing" },
  { at = "10:29:59", expect = { action = "offer", rule = "gone quiet" } },
})
course("P13 two timers never both fire", { tier = "premium" }, {
  { at = "10:00", asks, expect = { rule = "a human in time: premium" } },
  { at = "10:15", expect = "nothing" },
  { at = "10:18", expect = { action = "escalate", reason = "sla_risk", priority = "high" } },
  { at = "10:59", expect = "nothing" },
})
course("P13 e-mail: a day", { channel = "email" }, {
  { at = "Mon 10:00", asks, expect = waits },
  { at = "Mon 10:05", ai "It went out yesterday. Does that help?" },
  { at = "Tue 09:59", expect = "nothing" },
  { at = "Tue 10:00", expect = { action = "offer", rule = "gone quiet, by e-mail" } },
})
course("P1 \"agent\", \"agent\": the offer, then a person", {}, {
  { at = "10:00", customer "agent", expect = { action = "offer" } },
  { at = "10:01", ai "I can help you here." },
  { at = "10:02", customer "agent", expect = { action = "escalate", rule = "asked twice, if vaguely" } },
})
