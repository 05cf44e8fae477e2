-- Monday 5 January 2026; Berlin is an hour ahead. Tuesday is a holiday.
local function course(name, given, steps) test(name) { given = conversation(given), steps = steps } end
local function until_when(name, tier, intent, word, at, wait_s, rule)
  course("S131 " .. name, { tier = tier, intent = intent },
    { { at = at, customer(word), expect = { action = "wait", wait_s = wait_s, rule = rule, timing = "sla" } } })
end
until_when("vip: ten minutes, less two of queue and one", "vip", nil, "help", "Mon 10:00", 420, "in time")
until_when("vip at night: its calendar is always open", "vip", nil, "help", "Mon 03:00", 420, "in time")
until_when("vip, a group with a short queue", "vip", nil, "night", "Mon 10:00", 510, "in time, at night")
until_when("vip, a queue that nobody knows: that of the default group", "vip", nil, "quiet", "Mon 10:00", 420, "in time, by the usual queue")
until_when("premium, a group that is always there", "premium", nil, "night", "Mon 20:00", 1110, "in time, at night")
until_when("premium about a refund: the routing's queue is longer", "premium", "refund", "help", "Mon 10:00", 540, "in time")
until_when("standard: until the end of the next business day, less queue and a minute", "standard", nil, "quiet", "Mon 10:00", 197820, "in time, by the usual queue")

cases "S131 at the edge" {
  { "a refund's queue takes all of ten minutes: at once", conversation { customer "help", tier = "vip", intent = "refund" },
    { action = "escalate", rule = "in time", group = "busy" }, now = "2026-01-05T10:00:00Z" },
  { "a second before", conversation { customer { "help", at = "2026-01-05T10:00:00Z" }, tier = "vip" }, { action = "wait", wait_s = 1 }, now = "2026-01-05T10:06:59Z" },
  { "at the moment", conversation { customer { "help", at = "2026-01-05T10:00:00Z" }, tier = "vip" }, { action = "escalate" }, now = "2026-01-05T10:07:00Z" },
  { "long after", conversation { customer { "help", at = "2026-01-05T10:00:00Z" }, tier = "vip" }, { action = "escalate" }, now = "2026-01-05T12:00:00Z" },
  { "free: nothing is promised, the rule behind decides", conversation { customer "help", tier = "free" }, { action = "wait", rule = "gone quiet", wait_s = 900 }, now = "2026-01-05T10:00:00Z" },
  { "nobody's tier", conversation { customer "quiet" }, { action = "keep" }, now = "2026-01-05T10:00:00Z" },
}

-- 20 minutes less three: 17 of business time.
course("S131 premium: lunch does not count, and it fires once", { tier = "premium" }, {
  { at = "Mon 10:50", customer "quiet", expect = { action = "wait" } },
  { at = "Mon 12:06", expect = "nothing" },
  { at = "Mon 12:07", expect = { action = "escalate", reason = "sla_risk" } },
  { at = "Mon 15:00", expect = "nothing" },
})
course("S131 premium on the evening before a holiday: Wednesday 09:12", { tier = "premium" }, {
  { at = "Mon 16:55", customer "quiet", expect = { action = "wait" } },
  { at = "Wed 08:11", expect = "nothing" },
  { at = "Wed 08:12", expect = { action = "escalate" } },
})
course("S131 closed: the modifiers have their turn when it acts", { tier = "vip" }, {
  { at = "Mon 20:00", customer "quiet", expect = { action = "wait", timing = "sla" } },
  { at = "Mon 20:07", expect = { action = "escalate", timing = "next_open" } },
})
course("S131 the tier changes: the same rule, another moment, once", { tier = "premium" }, {
  { at = "Mon 10:00", customer "quiet", expect = { wait_s = 1020 } },
  { at = "Mon 10:03", tier = "vip", expect = { action = "wait", wait_s = 240 } },
  { at = "Mon 10:07", expect = { action = "escalate" } },
  { at = "Mon 10:30", expect = "nothing" },
})
course("S131 resolved: nobody is late any more", { tier = "vip" }, {
  { at = "Mon 10:00", customer "quiet", expect = { action = "wait" } },
  { at = "Mon 10:05", event = "session.ended", outcome = "resolved_confirmed" },
  { at = "Mon 11:00", expect = "nothing" },
})
course("P13 what waits behind and comes before has the timer; the promise is kept", { tier = "premium" }, {
  { at = "Mon 10:00", customer "help", expect = { action = "wait", rule = "gone quiet", wait_s = 900, would = { "in time" } } },
  { at = "Mon 10:10", customer "help, please", expect = { action = "wait", rule = "in time", wait_s = 420 } },
  { at = "Mon 10:17", expect = { action = "escalate", rule = "in time" } },
})
course("P13 what does not end its wait leaves it the timer", { tier = "premium" }, {
  { at = "Mon 10:00", customer "help", expect = { rule = "gone quiet" } },
  { at = "Mon 10:05", fields = { order = "1" }, expect = { action = "wait", rule = "gone quiet" } },
  { at = "Mon 10:15", expect = { action = "escalate", rule = "gone quiet" } },
})

-- Business time.
course("P13 four business hours, over lunch", {}, {
  { at = "Mon 09:00", customer "half", expect = { action = "wait", wait_s = 5 * 3600, timing = "wait" } },
  { at = "Mon 13:59", expect = "nothing" },
  { at = "Mon 14:00", expect = { action = "escalate", reason = "late" } },
})
course("P13 four business hours, over a night and a holiday", {}, {
  { at = "Mon 15:00", customer "half", expect = { action = "wait" } },
  { at = "Wed 09:59", expect = "nothing" },
  { at = "Wed 10:00", expect = { action = "escalate" } },
})
course("P13 a wait does not begin anew by itself", {}, {
  { at = "Mon 09:00", customer "half", expect = { action = "wait" } },
  { at = "Mon 12:00", fields = { order = "1" }, expect = { action = "wait" } },
  { at = "Mon 14:00", expect = { action = "escalate" } },
})
course("P13 a day where it is always open: 24 hours", {}, {
  { at = "Mon 09:00", customer "shift", expect = { wait_s = 86400 } },
  { at = "Tue 09:00", expect = { action = "escalate" } },
})

-- No wait begins while a human has the conversation, whatever happens to it.
course("S130 a human wrote, then the session ends: nobody is waited for", {}, {
  { at = "Mon 10:00", customer "stuck", expect = { action = "wait" } },
  { at = "Mon 10:02", agent "I am looking into it." },
  { at = "Mon 10:03", event = "session.ended" },
  { at = "Mon 11:00", expect = "nothing" },
})
course("S130 a human wrote, then the AI again: waits begin again", {}, {
  { at = "Mon 10:00", customer "stuck" },
  { at = "Mon 10:02", agent "I am looking into it." },
  { at = "Mon 10:03", ai "May I help further?" },
  { at = "Mon 10:04", customer "still stuck", expect = { action = "wait" } },
  { at = "Mon 10:14", expect = { action = "escalate" } },
})
course("S130 a human wrote and gave it back: waits begin again", {}, {
  { at = "Mon 10:00", customer "stuck" },
  { at = "Mon 10:02", agent "I am looking into it." },
  { at = "Mon 10:03", event = "handback" },
  { at = "Mon 10:04", customer "still stuck", expect = { action = "wait" } },
  { at = "Mon 10:14", expect = { action = "escalate" } },
})
