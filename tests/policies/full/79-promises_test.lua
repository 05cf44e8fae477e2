-- P8 and P13 with the promises, hours and queues of examples/policies/full.conf.lua
-- (a minute in every queue; Europe/Berlin, lunch from 12:00 to 13:30; vip is
-- always there): tests/cli/81-examples.sh puts it beside the policy. Times of
-- day are UTC on 5 January 2026, an hour behind Berlin. S130 S131
local function course(name, given, steps)
  test(name) { given = conversation(given), steps = steps }
end
local asks = customer "My question is about the invoice from May"
local answer = ai "It went out yesterday. Does that help?"
local waits = { action = "wait" }
local nothing = "nothing"

course("P8 vip at 10:00, queue one minute, limit ten: fires at 10:08", { tier = "vip" }, {
  { at = "10:00", asks, expect = { action = "wait", rule = "a human in time: vip", wait_s = 480, timing = "sla", group = "vip" } },
  { at = "10:07", expect = nothing },
  { at = "10:08", expect = { action = "escalate", reason = "sla_risk", priority = "urgent", group = "vip" } },
})
course("P8 resolved at 10:05: cancelled", { tier = "vip" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:05", event = "session.ended", outcome = "resolved_confirmed", expect = { action = "keep" } },
  { at = "10:30", expect = nothing },
})
course("P8 another message does not begin the time anew", { tier = "vip" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:06", customer "Are you still looking for it", expect = waits },
  { at = "10:08", expect = { action = "escalate", reason = "sla_risk" } },
})
course("P8 a vip at night: always there", { tier = "vip" }, {
  { at = "03:00", asks, expect = { wait_s = 480 } },
  { at = "03:08", expect = { action = "escalate", reason = "sla_risk" } },
})
course("P8 the tier changes on the way: armed anew, once", { tier = "standard" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:04", tier = "vip", expect = { action = "wait", rule = "a human in time: vip", wait_s = 240 } },
  { at = "10:07", expect = nothing },
  { at = "10:08", expect = { action = "escalate", priority = "urgent" } },
  { at = "11:30", expect = nothing },
})
course("P8 premium on Friday at 17:50: ten minutes count, the other eight on Monday: 08:38", { tier = "premium" }, {
  { at = "Fri 16:50", asks, expect = waits },
  { at = "Fri 17:05", expect = { action = "wait", rule = "a human in time: premium", timing = "sla" } },
  { at = "2026-01-12T07:37:00Z", expect = nothing },
  { at = "2026-01-12T07:38:00Z", expect = { action = "escalate", reason = "sla_risk", priority = "high" } },
})
course("P8 standard: lunch does not count", { tier = "standard", channel = "email" }, {
  { at = "10:30", asks, expect = { action = "wait", rule = "a human in time: standard" } },
  { at = "12:57", expect = nothing },
  { at = "12:58", expect = { action = "escalate", priority = "normal" } },
})
cases "P8 until when" {
  { "premium: 18 minutes, but 15 of silence come before", conversation { asks, tier = "premium" }, { rule = "gone quiet, and promised more", wait_s = 900, would = { "a human in time: premium" } }, now = "2026-01-05T10:00:00Z" },
  { "free: nothing is promised", conversation { asks, tier = "free" }, { rule = "gone quiet" }, now = "2026-01-05T10:00:00Z" },
  { "asked 9 minutes ago: at once", conversation { customer { "My question is still open", at = "2026-01-05T09:51:00Z" }, tier = "vip" }, { action = "escalate", reason = "sla_risk" }, now = "2026-01-05T10:00:00Z" },
}

course("P13 premium, answered, silent for 15 minutes: a follow-up, and nothing at 10:18", { tier = "premium" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", answer },
  { at = "10:14", expect = nothing },
  { at = "10:15", expect = { action = "escalate", reason = "follow_up", priority = "low" } },
  { at = "10:18", expect = nothing },
})
course("P13 premium, not answered: the promise at 10:18; two timers never both fire", { tier = "premium" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:15", expect = { action = "wait", rule = "a human in time: premium", wait_s = 180 } },
  { at = "10:18", expect = { action = "escalate", reason = "sla_risk", priority = "high" } },
  { at = "10:59", expect = nothing },
})
course("P13 premium, written at 10:10: the promise comes before the silence", { tier = "premium" }, {
  { at = "10:00", asks, expect = waits },
  { at = "10:01", answer },
  { at = "10:10", customer "No, that was another one", expect = { rule = "a human in time: premium", wait_s = 480 } },
  { at = "10:18", expect = { action = "escalate", reason = "sla_risk" } },
})
course("P13 by e-mail: until our next working day ends, holidays and weekends left out", { channel = "email" }, {
  { at = "2026-12-23T10:00:00Z", asks, expect = { action = "wait", rule = "gone quiet, by e-mail" } },
  { at = "2026-12-23T10:05:00Z", answer },
  { at = "2026-12-24T10:59:00Z", expect = nothing },
  { at = "2026-12-24T11:00:00Z", expect = { action = "offer", rule = "gone quiet, by e-mail" } },
})
course("P13 by e-mail on a Friday: Monday evening", { channel = "email" }, {
  { at = "Fri 10:00", asks, expect = waits },
  { at = "2026-01-12T16:59:00Z", expect = nothing },
  { at = "2026-01-12T17:00:00Z", expect = { action = "offer" } },
})
