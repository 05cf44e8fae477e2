-- P8 and P13: what only time tells. A rule that waits decides when its time has
-- come; until then everything above is asked again at each message. So these
-- stand last: a wait holds no other rule up.

local team = require "00-team"

-- P8: how long the AI may try: until the promise to the customer's tier leaves
-- just the time that the group's queue takes, and a minute. The promises, the
-- hours and the queues stand in the configuration.
local promised = {
  { tier = "vip",      priority = "urgent", group = "vip" },
  { tier = "premium",  priority = "high" },
  { tier = "standard", priority = "normal" },
}
local settled = any { thanks(), outcome { "resolved_confirmed", "resolved_assumed" } }

for _, one in ipairs(promised) do
  rule("a human in time: " .. one.tier) {
    owner       = "support-ops",
    description = "The time that the AI may try is over, and it is not settled.",
    when        = all { tier(one.tier), none { settled, event "session.ended" } },
    escalate    = {
      reason = "sla_risk", timing = "sla", priority = one.priority, group = one.group,
      -- Another message changes nothing of what was promised.
      cancel_on = { "resolved", "takeover", "session_ended" },
      next_step = "Answer at once, the promise is near its end: {first_question, 120}",
    },
  }
end

-- P13: the customer has gone quiet. An order in trouble gets a human's follow-up;
-- the others are asked once whether it is settled, and then left in peace.
local open_order = field "order_problem" :is "open"
local quiet = none { settled, event "session.ended" }
local follow_up = {
  reason = "follow_up", priority = "low", need = "follow_up",
  next_step = "Ask whether it is settled: {first_question, 120}",
}

-- The promise is later than that; whichever comes first has the timer. Who was
-- not answered has not gone quiet: that is the promise's matter.
rule "gone quiet, and promised more" {
  owner       = "support-ops",
  description = "Premium customers and VIPs who do not answer the AI any more get a human's follow-up.",
  when        = all { tier(team.premium), quiet, none { channel "email" }, any { none { event "timer.fired" }, silent "15m" } },
  wait        = "15m",
  escalate    = follow_up,
}

rule "gone quiet, with an order in trouble" {
  owner       = "support-ops",
  description = "An order is in trouble, and its owner says no more.",
  when        = all { open_order, quiet, none { channel "email" } },
  wait        = "15m",
  escalate    = follow_up,
}

rule "gone quiet" {
  owner       = "support-ops",
  description = "A quarter of an hour in a chat.",
  when        = all { quiet, none { channel "email" } },
  wait        = "15m",
  offer       = { message = team.in_their_language {
    en = "Are you still there? If it is settled, there is nothing to do; if not, just write.",
    de = "Sind Sie noch da? Wenn es erledigt ist, ist nichts zu tun; wenn nicht, schreiben Sie einfach.",
    es = "¿Sigue ahí? Si está resuelto, no hay nada que hacer; si no, escríbanos.",
  } },
}

rule "gone quiet, by e-mail" {
  owner       = "support-ops",
  description = "In an e-mail, until the end of the next day that we work.",
  when        = all { quiet, channel "email" },
  wait        = { "1 business day", calendar = "support" },
  offer       = { message = "Did that help? If not, just answer this mail." },
}

-- The session ended after one turn, unresolved: worth a ticket when there is
-- something in it.
rule "left after one message" {
  owner       = "support-ops",
  description = "One turn of the customer, with eight words at least or an attachment.",
  when        = all {
    event "session.ended", unresolved(), none { turns(2) }, none { thanks() },
    any { matches "(\\S+\\s+){7}\\S+", function(c) return c.flags ~= nil and c.flags.attachment == true end },
  },
  escalate    = {
    reason = "ai_unresolved", priority = "low",
    next_step = "Answer by e-mail: {first_question, 120}",
  },
}
